package mockcloud_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// tryout is a connection of an office that is being set up in the dashboard.
type tryout struct {
	*office
	*browser
	connection string
	page       page
}

// trying gets a browser's setup session as far as the page of the test login.
func (o *office) trying(protocol string, details url.Values) *tryout {
	o.t.Helper()
	b := o.browser()
	o.open(b)
	o.save(b, protocol, details)
	var rows []obj
	o.api("GET", "/sso/connections", mocktest.Terraform, nil).Want(http.StatusOK).Into(&rows)
	if len(rows) != 1 {
		o.t.Fatalf("%v", rows)
	}
	t := &tryout{office: o, browser: b, connection: id(rows[0])}
	t.page = b.get("/setup/test").want(o.t, http.StatusOK, "Nobody logs in through it yet")
	return t
}

// open exchanges a setup link for a session.
func (o *office) open(b *browser) {
	o.t.Helper()
	var link string
	o.api("GET", "/sso/setup_url", mocktest.Owner, nil).Want(http.StatusOK).Into(&link)
	b.submit(b.get(link), nil).want(o.t, http.StatusOK, "Which domains?")
}

func (o *office) save(b *browser, protocol string, details url.Values) {
	o.t.Helper()
	b.submit(b.get("/setup/domains"), url.Values{"domain": {protocol + ".example"}}).want(o.t, http.StatusOK, "Which identity provider?")
	kind := map[string]string{"oidc": "GenericOIDC", "saml": "GenericSAML"}[protocol]
	b.submit(b.get("/setup/provider"), url.Values{"type": {kind}}).want(o.t, http.StatusOK)
	all := url.Values{
		"name": {"Login"}, "issuer": {o.Mock.IdPURL()}, "client_id": {"prefect"}, "client_secret": {mockcloud.IdPClientSecret},
		"metadata_url": {o.Mock.IdPURL() + "/saml/metadata"},
	}
	for name, value := range details {
		all[name] = value
	}
	b.submit(b.get("/setup/details"), all).want(o.t, http.StatusOK, "Try a login")
}

// start goes to the identity provider for a test login.
func (o *tryout) start() page {
	o.t.Helper()
	_, rest, ok := strings.Cut(o.browser.get("/setup/test").body, `href="/login?`)
	if !ok {
		o.t.Fatal("there is no test login")
	}
	query, _, _ := strings.Cut(rest, `"`)
	return o.get("/login?" + strings.ReplaceAll(query, "&amp;", "&"))
}

// snapshot is all of the server's state.
func (o *office) snapshot() string {
	o.t.Helper()
	answer, err := o.Try("GET", "/_mockcloud/snapshot", "", nil)
	if err != nil {
		o.t.Fatal(err)
	}
	return answer.Body
}

var newcomers = map[string]string{"oidc": "new@oidc.example", "saml": "admin@saml.example"}

// TestTestLogin: a test login shows to the person what arrived and changes nothing at
// all; when they say so it becomes the connection's first login.
func TestTestLogin(t *testing.T) {
	t.Parallel()
	for protocol, email := range newcomers {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t).trying(protocol, nil)
			before := o.snapshot()
			tried := o.choose(o.start(), email).want(t, http.StatusOK, "The test login works", email, "What is read of you", "Activate single sign-on")
			if !strings.HasPrefix(tried.url.Path, "/setup/tried/") || o.token() != "" || o.state(o.connection) != "validating" {
				t.Errorf("%s, %q, %s", tried.url, o.token(), o.state(o.connection))
			}
			if after := o.snapshot(); after != before {
				t.Errorf("the test changed something:\n%s\n%s", before, after)
			}
			o.browser.get(tried.url.Path).want(t, http.StatusOK, email) // it can be read again

			done := o.submit(tried, nil).want(t, http.StatusOK, "Single sign-on is active")
			if done.url.Path != "/setup/done" || o.token() == "" || o.state(o.connection) != "active" {
				t.Errorf("%s, %q, %s", done.url, o.token(), o.state(o.connection))
			}
			o.browser.get("/me").want(t, http.StatusOK, "You are logged in as <strong>"+email)
			o.submit(tried, nil).want(t, http.StatusOK, "Single sign-on is active") // once is enough
			o.browser.get(tried.url.Path).want(t, http.StatusOK, "Single sign-on is active")
		})
	}
}

// TestTestLoginIsTheirs: what arrived is shown to the browser that brought it, in the
// session in which the test was begun.
func TestTestLoginIsTheirs(t *testing.T) {
	t.Parallel()
	for protocol, email := range newcomers {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t).trying(protocol, nil)
			// Somebody is led to log in for a test that another one began.
			victim := o.office.browser()
			for _, came := range []page{
				victim.choose(o.start(), email),
				victim.choose(victim.get("/login?connection="+o.connection+"&return_to="+url.QueryEscape(o.handle())), email),
			} {
				if strings.Contains(came.body, "What is read of you") || strings.Contains(came.body, "Activate") {
					t.Errorf("%s", came.body)
				}
			}
			if victim.token() != "" || o.state(o.connection) != "validating" {
				t.Errorf("%q, %s", victim.token(), o.state(o.connection))
			}
			o.browser.get("/setup/test").want(t, http.StatusOK, "Log in to test it")

			tried := o.choose(o.start(), email).want(t, http.StatusOK, "The test login works")
			stranger := o.office.browser()
			stranger.get(tried.url.Path).want(t, http.StatusForbidden, "No setup session is open here")
			other := newOffice(t).trying(protocol, nil)
			other.browser.get(tried.url.Path).want(t, http.StatusOK, "Log in to test it")
			action, values := o.form(tried)
			stranger.send(http.MethodPost, action, values, "same-origin").want(t, http.StatusForbidden)
			values.Set("token", "wrong")
			o.send(http.MethodPost, action, values, "same-origin").want(t, http.StatusForbidden, "another session")
			o.send(http.MethodPost, action, values, "cross-site").want(t, http.StatusForbidden, "another page")
			if o.state(o.connection) != "validating" {
				t.Error("it was activated")
			}
		})
	}
}

// handle is the path that the session's test logins lead back to.
func (o *tryout) handle() string {
	o.t.Helper()
	_, rest, _ := strings.Cut(o.browser.get("/setup/test").body, "return_to=")
	handle, _, _ := strings.Cut(rest, `"`)
	path, err := url.QueryUnescape(handle)
	if err != nil || !strings.HasPrefix(path, "/setup/tried/") {
		o.t.Fatal(path, err)
	}
	return path
}

// TestTestLoginRefused: a test says why people would be refused, what did arrive, and what
// to do at this identity provider.
func TestTestLoginRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, protocol, email string
		mode                  idp.Mode
		details               url.Values
		says                  []string
	}{
		{"a claim that does not come", "oidc", "new@oidc.example", idp.Honest, url.Values{"map_email": {"mail"}}, []string{"has to send the claim", "new@oidc.example", "<code>given_name</code>", "Allow the client the scope"}},
		{"an attribute that does not come", "saml", "admin@saml.example", idp.Honest, url.Values{"map_email": {"mail"}}, []string{"no email address", "<code>NameID</code>", "admin@saml.example", "Have the identity provider send the address"}},
		{"a subject that does not come", "saml", "admin@saml.example", idp.Honest, url.Values{"map_email": {""}, "map_subject": {"uid"}}, []string{"uid", "admin@saml.example"}},
		{"another domain, OpenID Connect", "oidc", "stranger@elsewhere.example", idp.Honest, nil, []string{"not for the domain of stranger@elsewhere.example", "<code>email</code>"}},
		{"another domain, SAML", "saml", "stranger@elsewhere.example", idp.Honest, nil, []string{"not for the domain of stranger@elsewhere.example"}},
		{"unverified", "oidc", "new@oidc.example", idp.ClaimsUnverified, nil, []string{"not verified"}},
		{"another audience", "saml", "admin@saml.example", idp.SAMLOtherAudience, nil, []string{"entity id again", "admin@saml.example"}},
		{"unsigned", "saml", "admin@saml.example", idp.SAMLUnsigned, nil, []string{"is signed", "Nothing is shown of the answer"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t).trying(tt.protocol, tt.details)
			before := o.snapshot()
			o.idp.Misbehave(tt.mode)
			tried := o.choose(o.start(), tt.email).want(t, http.StatusOK, append(tt.says, "The test login was refused", "Nobody was logged in")...)
			if strings.Contains(tried.body, "/setup/activate") || o.token() != "" {
				t.Errorf("%s", tried.body)
			}
			if after := o.snapshot(); after != before {
				t.Errorf("the test changed something:\n%s\n%s", before, after)
			}
		})
	}
}

// TestTestLoginOutdated: what is activated is what was tested, a short while ago.
func TestTestLoginOutdated(t *testing.T) {
	t.Parallel()
	t.Run("changed", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t).trying("oidc", nil)
		tried := o.choose(o.start(), "new@oidc.example").want(t, http.StatusOK, "Activate")
		o.clock.Advance(time.Second)
		o.save(o.browser, "oidc", url.Values{"client_id": {"other"}})
		o.browser.get(tried.url.Path).want(t, http.StatusOK, "changed since")
		o.submit(tried, nil).want(t, http.StatusUnprocessableEntity, "changed since the test login")
		if o.token() != "" || o.state(o.connection) != "validating" {
			t.Errorf("%q %s", o.token(), o.state(o.connection))
		}
		o.submit(o.choose(o.start(), "new@oidc.example"), nil).want(t, http.StatusOK, "Single sign-on is active")
	})
	t.Run("long ago", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t).trying("oidc", nil)
		tried := o.choose(o.start(), "new@oidc.example").want(t, http.StatusOK, "Activate")
		o.clock.Advance(10 * time.Minute)
		o.submit(tried, nil).want(t, http.StatusUnprocessableEntity, "too long ago", "Log in to test it")
		if o.token() != "" || o.state(o.connection) != "validating" {
			t.Errorf("%q %s", o.token(), o.state(o.connection))
		}
	})
	t.Run("deactivated meanwhile", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t).trying("oidc", nil)
		tried := o.choose(o.start(), "ada@oidc.example").want(t, http.StatusOK, "Activate")
		ada := o.MemberNamed("ada@oidc.example").ID
		o.api("PATCH", "/account_memberships/"+ada+"/active", mocktest.Owner, obj{"active": false}).Want(http.StatusNoContent)
		o.submit(tried, nil).want(t, http.StatusUnprocessableEntity, "deactivated")
		if o.token() != "" || o.state(o.connection) != "validating" {
			t.Errorf("%q %s", o.token(), o.state(o.connection))
		}
	})
	t.Run("a test that nobody began", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t).trying("oidc", nil)
		b := o.office.browser()
		b.choose(b.get("/login?connection="+o.connection+"&return_to=/setup/tried/ABCDEF"), "new@oidc.example").want(t, http.StatusGone, "test login is over")
		if b.token() != "" || o.state(o.connection) != "validating" {
			t.Errorf("%q %s", b.token(), o.state(o.connection))
		}
	})
}

// TestNobodyLogsInMeanwhile: while somebody sets a connection up, their colleagues are not
// sent there; afterwards the first login activates it as ever.
func TestNobodyLogsInMeanwhile(t *testing.T) {
	t.Parallel()
	o := newOffice(t).trying("oidc", nil)
	colleague := o.office.browser()
	colleague.get("/login?email=ada@oidc.example").want(t, http.StatusNotFound, "No connection")
	o.clock.Advance(31 * time.Minute)
	colleague.login("ada@oidc.example").want(t, http.StatusOK, "You are logged in")
	if state := o.state(o.connection); state != "active" {
		t.Error(state)
	}
}
