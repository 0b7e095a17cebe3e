package withserver_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

type form = url.Values

// TestLinks: what opening and starting a link shows, in whatever state it is.
func TestLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	t.Run("open", func(t *testing.T) {
		link := w.link(mocktest.Owner, "setup_url")
		v := w.visitor()
		page := v.open(link).says(200, "Set up single sign-on for Acme", "Start")
		for name, want := range map[string]string{
			"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
			"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		} {
			if got := page.header.Get(name); got != want {
				t.Errorf("%s: %s", name, got)
			}
		}
		v.open(link).says(200, "Start") // looking at it does not use it up
		v.send(link, nil).at("/setup/domains", "Which domains?")
		v.open(link).says(410, "already been used", "Yours is still open")
		v.open("/setup/").at("/setup/domains")
		stranger := w.visitor()
		stranger.open(link).says(410, "already been used", "has changed nothing")
		stranger.send(link, nil).says(410, "already been used")
		stranger.open("/setup/domains").says(403, "No setup session is open here")
	})
	t.Run("expired", func(t *testing.T) {
		link := w.link(mocktest.Owner, "setup_url")
		w.clock.Advance(5*time.Minute + time.Second)
		v := w.visitor()
		v.open(link).says(410, "has expired", "Nothing has been changed")
		v.send(link, nil).says(410, "has expired")
		v.open("/setup/").says(403)
	})
	t.Run("unknown", func(t *testing.T) {
		v := w.visitor()
		v.open("/setup/NONSENSE").says(404, "not known")
		v.send("/setup/NONSENSE", nil).says(404, "not known")
		v.open("/setup/a/b").says(404, "no such page")
		v.do(http.MethodPut, "/setup/domains", nil).says(405)
	})
	t.Run("another site's form", func(t *testing.T) {
		link := w.link(mocktest.Owner, "setup_url")
		for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
			w.visitor().do(http.MethodPost, link, nil, header[0], header[1]).says(403, "another page")
		}
		w.visitor().open(link).says(200, "Start")
		w.visitor().do(http.MethodPost, link, nil, "Sec-Fetch-Site", "same-origin", "Origin", "null").at("/setup/domains")
	})
	if got := w.connections(); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// TestCookie: who has no cookie has no session, and scripts do not get it.
func TestCookie(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.visitor()
	v.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer := v.send(w.link(mocktest.Owner, "setup_url"), nil)
	cookie := answer.header.Get("Set-Cookie")
	if answer.status != http.StatusSeeOther || !strings.HasSuffix(cookie, "; Path=/setup/; HttpOnly; SameSite=Lax") {
		t.Errorf("%d %s", answer.status, cookie)
	}
}

// TestSteps goes the whole way, for each protocol.
func TestSteps(t *testing.T) {
	t.Parallel()
	oidc := form{"name": {"Login"}, "issuer": {" " + issuer + " "}, "client_id": {"prefect"}, "client_secret": {"hush-hush"}}
	tests := []struct {
		name, kind string
		values     []string
		details    form
		saved      string
		shows      []string
	}{
		{"OpenID Connect", "OktaOIDC", []string{"/sso/oidc/" + mocktest.Account + "/callback"}, oidc, "Login OktaOIDC validating [acme.com]", []string{issuer, "prefect"}},
		{"a public client", "GenericOIDC", nil, form{"name": {"Login"}, "issuer": {issuer}, "client_id": {"prefect"}}, "Login GenericOIDC validating [acme.com]", nil},
		{
			"SAML by address", "OktaSAML",
			[]string{"/sso/saml/" + mocktest.Account + "/acs", "/sso/saml/" + mocktest.Account + "/metadata"},
			form{"name": {"Login"}, "metadata_url": {metadataURL}},
			"Login OktaSAML validating [acme.com]",
			[]string{"https://idp.example.com/saml", "valid until 1 January 2026"},
		},
		{"SAML pasted", "GenericSAML", nil, form{"name": {"Login"}, "metadata_xml": {metadata(time.Hour)}}, "Login GenericSAML validating [acme.com]", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			v := w.visitor()
			v.send(w.link(mocktest.Admin, "setup_url"), nil).at("/setup/domains", "acme.com", "acme.example")
			v.send("/setup/domains", form{"domain": {"acme.com"}}).at("/setup/provider", "Keycloak")
			v.send("/setup/provider", form{"type": {tt.kind}}).at("/setup/values", tt.values...)
			v.open("/setup/details").at("/setup/details")
			if got := w.connections(); len(got) != 0 {
				t.Fatalf("saved too early: %v", got)
			}
			page := v.send("/setup/details", tt.details).at("/setup/test", append(tt.shows, "Login</strong> is saved", "/login?connection=conn_", "return_to=%2Fsetup%2Ftried%2F")...)
			page.hasNot("hush-hush")
			if got := w.connections(); !slices.Equal(got, []string{tt.saved}) {
				t.Errorf("%v, want %s", got, tt.saved)
			}
			w.Call("GET", mocktest.Root+"/sso/setup_url", mocktest.Owner, nil).Want(409)
			if who := w.who("prefect-cloud.sso-connection.created"); who != "admin@acme.com" {
				t.Errorf("it was %q", who)
			}
			v.open("/setup/done").at("/setup/test") // before the first login
			w.activate()
			v.open("/setup/test").at("/setup/done", "Login</strong> is active", "acme.com")
			v.send("/setup/details", tt.details).at("/setup/done") // too late
		})
	}
}

// who returns the name of the actor who made the only event of a kind.
func (w *world) who(event string) string {
	w.t.Helper()
	var state struct {
		Events []struct {
			Name    string
			Related []struct{ Name, Role string }
		}
	}
	w.Call("GET", "/_mockcloud/snapshot", "", nil).Want(200).Into(&state)
	var out []string
	for _, e := range state.Events {
		for _, related := range e.Related {
			if e.Name == event && related.Role == "actor" {
				out = append(out, related.Name)
			}
		}
	}
	return strings.Join(out, ", ")
}

func (w *world) activate() {
	w.t.Helper()
	var rows []mocktest.Row
	w.Call("GET", mocktest.Root+"/sso/connections", mocktest.Owner, nil).Want(200).Into(&rows)
	w.Call("POST", mocktest.Root+"/sso/connections/"+rows[0].ID+"/activate", mocktest.Owner, nil).Want(200)
}

// TestRefusals: what cannot be taken is said plainly, at its field, and is not saved.
func TestRefusals(t *testing.T) {
	t.Parallel()
	named := func(f form) form {
		if !f.Has("name") {
			f.Set("name", "Login")
		}
		return f
	}
	tests := []struct {
		name, kind string
		details    form
		says       []string
	}{
		{"nothing, OpenID Connect", "OktaOIDC", form{"name": {" "}}, []string{"Give the connection a name.", "Enter the issuer.", "Enter the client id.", `<a href="#client_id">`, `aria-describedby="issuer-hint issuer-where issuer-problem"`, `aria-invalid="true"`, "<title>Error: "}},
		{"an issuer that does not answer", "OktaOIDC", form{"issuer": {"https://other.example"}, "client_id": {"typed"}}, []string{`<a href="#issuer">The issuer https://other.example does not answer.</a>`, `value="typed"`}},
		{"a long client id", "OktaOIDC", form{"issuer": {issuer}, "client_id": {strings.Repeat("x", 300)}}, []string{`<a href="#client_id">String should have at most 255 characters.</a>`}},
		{"nothing, SAML", "OktaSAML", form{}, []string{`<a href="#metadata_url">Give the metadata's address, or choose another way.</a>`}},
		{"both", "OktaSAML", form{"metadata_url": {metadataURL}, "metadata_xml": {"<a/>"}}, []string{`<a href="#metadata_xml">Give the address of the metadata or the metadata itself, not both.</a>`}},
		{"an address with nothing", "OktaSAML", form{"metadata_url": {"https://other.example"}}, []string{`<a href="#metadata_url">Nothing is at https://other.example.</a>`}},
		{"what is no metadata", "OktaSAML", form{"metadata_xml": {"<html><b>Sign in</b></html>"}}, []string{`<a href="#metadata_xml">`, `aria-describedby="metadata_xml-hint metadata_xml-problem"`, "<html><b>Sign in</b></html>"}},
		{"a document type", "OktaSAML", form{"metadata_xml": {`<!DOCTYPE a><a/>`}}, []string{"DOCTYPE"}},
		{"an expired certificate", "OktaSAML", form{"metadata_xml": {metadata(-time.Hour)}}, []string{`<a href="#metadata_xml">`, "expired"}},
		{"a name that is taken", "OktaSAML", form{"name": {"Taken"}, "metadata_url": {metadataURL}}, []string{`<a href="#name">A connection named Taken exists already.</a>`}},
	}
	w := newWorld(t)
	w.Call("POST", mocktest.Root+"/sso/connections", mocktest.Owner, map[string]any{
		"name": "Taken", "connection_type": "GenericOIDC", "oidc": map[string]any{},
	}).Want(201)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := w.started()
			v.to(store.ConnectionType(tt.kind))
			page := v.send("/setup/details", named(tt.details)).says(422, tt.says...)
			if page.path != "/setup/details" {
				t.Errorf("at %s", page.path)
			}
			if got := w.connections(); !slices.Equal(got, []string{"Taken GenericOIDC draft []"}) {
				t.Errorf("%v", got)
			}
		})
	}
}

// TestChoicesRefused: the first steps take only what they offer.
func TestChoicesRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.started()
	v.open("/setup/details").at("/setup/domains") // no step can be skipped
	v.send("/setup/domains", form{}).says(422, `<a href="#domain-0">Choose at least one domain.</a>`)
	v.send("/setup/domains", form{"domain": {"evil.example"}}).says(422, "Choose at least one domain.").hasNot("evil.example")
	v.send("/setup/domains", form{"domain": {"acme.com"}}).at("/setup/provider")
	v.open("/setup/details").at("/setup/provider")
	v.send("/setup/provider", form{"type": {"MagicLink"}}).says(422, `<a href="#provider-0">Choose an identity provider.`)
	v.send("/setup/provider", form{"type": {"OktaOIDC"}, "token": {"wrong"}}).says(403, "belongs to another session")
	v.open("/setup/details").at("/setup/provider")
	other := w.started()
	other.send("/setup/domains", form{"domain": {"acme.com"}, "token": {v.token}}).says(403, "belongs to another session")

	w.Call("PATCH", mocktest.Root+"/domains", mocktest.Owner, map[string]any{"domain_names": []string{}}).Want(204)
	w.started().open("/setup/domains").at("/setup/domains", "No domain is enabled").hasNot("<form")
	v.send("/setup/provider", form{"type": {"OktaOIDC"}}).at("/setup/values")
	v.send("/setup/details", form{"name": {"Login"}, "issuer": {issuer}, "client_id": {"a"}}).says(422, "<li>The domain acme.com is not enabled in this account")
	if got := w.connections(); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// TestChangeOfMind: until somebody logged in, what was saved can be changed.
func TestChangeOfMind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.started()
	v.to("OktaOIDC")
	v.send("/setup/details", form{"name": {"Login"}, "issuer": {issuer}, "client_id": {"one"}, "client_secret": {"hush-hush"}}).at("/setup/test")
	v.open("/setup/details").at("/setup/details", `value="Login"`, `value="one"`, "One is saved.").hasNot("hush-hush")
	v.send("/setup/details", form{"name": {"Login"}, "issuer": {issuer}, "client_id": {"two"}}).at("/setup/test", "two")
	w.Call("GET", mocktest.Root+"/sso/connections", mocktest.Owner, nil).Want(200, `"client_secret_set":true`, `"client_id":"two"`)

	v.send("/setup/domains", form{"domain": {"acme.com", "acme.example"}}).at("/setup/provider")
	v.open("/setup/test").at("/setup/details") // the domains are not saved yet
	v.send("/setup/details", form{"name": {"Login"}, "issuer": {issuer}, "client_id": {"two"}}).at("/setup/test")
	v.send("/setup/provider", form{"type": {"OktaSAML"}}).at("/setup/values")
	v.open("/setup/details").at("/setup/details", `value="Okta"`)
	v.send("/setup/details", form{"name": {"Login"}, "metadata_url": {metadataURL}}).at("/setup/test")
	if got := w.connections(); !slices.Equal(got, []string{"Login OktaSAML validating [acme.com acme.example]"}) {
		t.Errorf("%v", got)
	}
	v.send("/setup/details", form{"name": {"Renamed"}, "metadata_url": {metadataURL}, "metadata_xml": {metadata(time.Hour)}}).at("/setup/test")
	v.open("/setup/details").at("/setup/details", "Saved: the metadata of <code>https://idp.example.com/saml</code>").hasNot(metadataURL)
	v.send("/setup/details", form{"name": {"Login"}}).at("/setup/test", "valid until")
}

// TestSessionExpires: by time, and with the right of the user who asked for the link.
func TestSessionExpires(t *testing.T) {
	t.Parallel()
	details := form{"name": {"Login"}, "issuer": {issuer}, "client_id": {"a"}}
	tests := []struct {
		name string
		do   func(*world)
		says string
	}{
		{"half an hour", func(w *world) { w.clock.Advance(30*time.Minute + time.Second) }, "A session lasts 30 minutes."},
		{"the right", func(w *world) {
			w.Call("PATCH", mocktest.Root+"/account_memberships/"+w.MemberNamed("admin@acme.com").ID, mocktest.Owner,
				map[string]any{"account_role_id": w.RoleNamed("Member").ID}).Want(204)
		}, "Missing permission: administrate:sso."},
		{"the membership", func(w *world) {
			w.Call("DELETE", mocktest.Root+"/account_memberships/"+w.MemberNamed("admin@acme.com").ID, mocktest.Owner, nil).Want(204)
		}, "no member of the account any more"},
		{"the account", func(w *world) { w.Call("DELETE", mocktest.Root, mocktest.Owner, nil).Want(204) }, "No setup session is open here"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			v := w.visitor()
			v.send(w.link(mocktest.Admin, "setup_url"), nil).at("/setup/domains")
			v.to("OktaOIDC")
			tt.do(w)
			v.send("/setup/details", details).says(403, tt.says)
			v.open("/setup/").says(403, tt.says)
			if strings.Contains(w.Call("GET", "/_mockcloud/snapshot", "", nil).Body, `"conn_`) {
				t.Error("it was saved")
			}
		})
	}
}

// TestTwoSessions: only one of them sets the account up.
func TestTwoSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.started(), w.started()
	one.to("OktaOIDC")
	two.to("OktaSAML")
	one.send("/setup/details", form{"name": {"One"}, "issuer": {issuer}, "client_id": {"a"}}).at("/setup/test")
	two.send("/setup/details", form{"name": {"Two"}, "metadata_url": {metadataURL}}).says(422, "Single sign-on is set up already")
	if got := w.connections(); !slices.Equal(got, []string{"One OktaOIDC validating [acme.com]"}) {
		t.Errorf("%v", got)
	}
}
