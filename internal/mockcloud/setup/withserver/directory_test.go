package withserver_test

import (
	"encoding/json"
	"html"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

var valueOf = regexp.MustCompile(`id="(endpoint|scim-token)" readonly value="([^"]*)"`)

// values returns what a page shows to be copied, by the field's id.
func (s shown) values() map[string]string {
	out := make(map[string]string)
	for _, found := range valueOf.FindAllStringSubmatch(s.body, -1) {
		out[found[1]] = html.UnescapeString(found[2])
	}
	return out
}

// directories lists the account's as "name type state".
func (w *world) directories() []string {
	w.t.Helper()
	var body struct {
		Directories []struct{ Name, Type, State string }
	}
	w.Call("GET", mocktest.Root+"/sso/integrations", mocktest.Owner, nil).Want(200).Into(&body)
	out := []string{}
	for _, d := range body.Directories {
		out = append(out, d.Name+" "+d.Type+" "+d.State)
	}
	return out
}

// scim calls a SCIM endpoint.
func (w *world) scim(method, address, token string, body any) mocktest.Answer {
	w.t.Helper()
	path, ours := strings.CutPrefix(address, w.URL)
	if !ours {
		w.t.Fatalf("%s is not this server's", address)
	}
	return w.Call(method, path, token, body, "Content-Type", "application/scim+json")
}

// TestDirectorySteps goes the whole way, as far as the first people: also on a server
// that has no more than today's Prefect Cloud.
func TestDirectorySteps(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, kind    string
		publishedOnly bool
		proposed      string
		says          []string
	}{
		{"Okta", "okta scim v2.0", false, "Okta", []string{"SCIM connector base URL", "Authorization (Bearer)", "userName"}},
		{"Entra ID", "azure scim v2.0", false, "Microsoft Entra ID", []string{"Tenant URL", "Secret token", "Provisioning"}},
		{"another one", "generic scim v2.0", false, "Directory", []string{"SCIM endpoint", "Bearer token", "your directory"}},
		{"published only", "onelogin scim v2.0", true, "OneLogin", []string{"into OneLogin", "SCIM Bearer Token"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorldWith(t, mockcloud.Config{PublishedOnly: tt.publishedOnly})
			v := w.visitor()
			link := w.link(mocktest.Admin, "dsync_setup_url")
			v.open(link).says(200, "Set up directory sync for Acme", "four steps", "Nothing changes for users until the directory pushes").hasNot("six steps")
			v.send(link, nil).at("/setup/directory", "Step 1 of 4", "Microsoft Entra ID", "Set up directory sync for", "<title>Which directory? – directory sync for Acme</title>")
			v.send("/setup/directory", form{"type": {tt.kind}}).at("/setup/name", `value="`+tt.proposed+`"`)
			if got := w.directories(); len(got) != 0 {
				t.Fatalf("made too early: %v", got)
			}
			page := v.send("/setup/name", form{"name": {" People "}}).says(200, append(tt.says, "Copy these values", "Step 3 of 4", "People</strong> has been created", "<strong>acme.com</strong>, <strong>acme.example</strong>", "Copy it now:</strong> it is not stored")...)
			shown := page.values()
			if got := w.directories(); !slices.Equal(got, []string{"People " + tt.kind + " validating"}) || len(shown["scim-token"]) < 30 {
				t.Errorf("%v %v", got, shown)
			}
			if page.header.Get("Cache-Control") != "no-store" {
				t.Error("the page with the token may be stored")
			}
			for _, event := range []string{"prefect-cloud.directory.created", "prefect-cloud.scim-token.created"} {
				if who := w.who(event); who != "admin@acme.com" {
					t.Errorf("%s by %q", event, who)
				}
			}
			w.Call("GET", mocktest.Root+"/sso/dsync_setup_url", mocktest.Owner, nil).Want(409)

			// The token is shown once, and the directory made once.
			v.open("/setup/endpoint").at("/setup/endpoint", shown["endpoint"], "shown once", "cannot be shown again", "Copy this value").hasNot(shown["scim-token"], `id="scim-token"`)
			v.send("/setup/name", form{"name": {"Again"}}).at("/setup/status", "has not called yet", "none yet").hasNot(shown["scim-token"])
			v.open("/setup/directory").at("/setup/status")
			v.open("/setup/").at("/setup/status")

			w.scim("GET", shown["endpoint"]+"/Users", "wrong", nil).Want(401)
			v.open("/setup/status").at("/setup/status", "has not called yet")
			w.scim("GET", shown["endpoint"]+"/Users", shown["scim-token"], nil).Want(200)
			v.open("/setup/status").at("/setup/status", "the directory pushes", "1 January 2026, 12:00 UTC", "none yet")
			for name, active := range map[string]bool{"new@acme.com": true, "old@acme.com": false} {
				w.scim("POST", shown["endpoint"]+"/Users", shown["scim-token"], map[string]any{
					"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": name, "active": active,
				}).Want(201)
			}
			w.scim("POST", shown["endpoint"]+"/Groups", shown["scim-token"], map[string]any{
				"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": "Platform",
			}).Want(201)
			v.open("/setup/status").at("/setup/status", "1 active, 1 inactive", "<dt>Groups</dt><dd>1</dd>", "you can close this page")
			if row := w.MemberNamed("new@acme.com"); !row.Active {
				t.Errorf("%+v", row)
			}
		})
	}
}

// TestDirectoryRefusals: what cannot be taken is said plainly, and makes nothing.
func TestDirectoryRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v, other := w.startedSync(), w.startedSync()
	v.open("/setup/name").at("/setup/directory") // no step can be skipped
	v.open("/setup/status").at("/setup/directory")
	v.open("/setup/domains").at("/setup/directory") // nor onto the other way
	v.send("/setup/details", form{"name": {"x"}}).at("/setup/directory")
	v.send("/setup/directory", form{"type": {"workday"}}).says(422, `<a href="#directory-0">Choose a directory.`, "<title>Error: ")
	v.send("/setup/directory", form{"type": {"okta scim v2.0"}, "token": {"wrong"}}).says(403, "belongs to another session")
	v.send("/setup/directory", form{"type": {"okta scim v2.0"}}).at("/setup/name")
	v.send("/setup/name", form{"name": {" "}}).says(422, `<a href="#name">Give the directory a name.</a>`, `aria-invalid="true"`)
	v.send("/setup/name", form{"name": {strings.Repeat("x", 256)}}).says(422, `<a href="#name">String should have at most 255 characters.</a>`)
	sso := w.started()
	sso.open("/setup/directory").at("/setup/domains")
	sso.send("/setup/name", form{"name": {"x"}}).at("/setup/domains")
	if got := w.directories(); len(got) != 0 {
		t.Fatalf("%v", got)
	}

	other.send("/setup/directory", form{"type": {"okta scim v2.0"}}).at("/setup/name")
	other.send("/setup/name", form{"name": {"First"}}).says(200, "First</strong> has been created")
	v.send("/setup/name", form{"name": {"Second"}}).says(422, `<a href="#name">Directory sync is set up already`)
	if got := w.directories(); !slices.Equal(got, []string{"First okta scim v2.0 validating"}) {
		t.Errorf("%v", got)
	}

	// Somebody removes it: the session may begin anew.
	var all struct{ Directories []mocktest.Row }
	w.Call("GET", mocktest.Root+"/sso/integrations", mocktest.Owner, nil).Want(200).Into(&all)
	w.Call("PATCH", mocktest.Root+"/sso/directories/"+all.Directories[0].ID, mocktest.Owner, map[string]any{"state": "unlinked"}).Want(200)
	other.open("/setup/status").at("/setup/status", "was switched off")
	w.Call("DELETE", mocktest.Root+"/sso/integrations/"+all.Directories[0].ID, mocktest.Owner, nil).Want(204)
	other.open("/setup/").at("/setup/name")
	other.send("/setup/name", form{"name": {"Second"}}).says(200, "Second</strong> has been created", "Copy it now")
}

// TestDirectoryDomains: people who cannot be provisioned yet are named.
func TestDirectoryDomains(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Call("PATCH", mocktest.Root+"/domains", mocktest.Owner, map[string]any{"domain_names": []string{}}).Want(204)
	v := w.startedSync()
	v.send("/setup/directory", form{"type": {"okta scim v2.0"}}).at("/setup/name")
	v.send("/setup/name", form{"name": {"Okta"}}).says(200, "No domain is enabled in this account yet")
}

// TestDirectorySessionExpires: by time, and with the right and the plan of the user who asked.
func TestDirectorySessionExpires(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		do   func(*world)
		says string
	}{
		"half an hour": {func(w *world) { w.clock.Advance(30*time.Minute + time.Second) }, "A session lasts 30 minutes."},
		"the right": {func(w *world) {
			w.Call("PATCH", mocktest.Root+"/account_memberships/"+w.MemberNamed("admin@acme.com").ID, mocktest.Owner,
				map[string]any{"account_role_id": w.RoleNamed("Member").ID}).Want(204)
		}, "Missing permission: administrate:sso."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			v := w.visitor()
			v.send(w.link(mocktest.Admin, "dsync_setup_url"), nil).at("/setup/directory")
			v.send("/setup/directory", form{"type": {"okta scim v2.0"}}).at("/setup/name")
			tt.do(w)
			v.send("/setup/name", form{"name": {"Okta"}}).says(403, tt.says)
			if got := w.directories(); len(got) != 0 {
				t.Errorf("%v", got)
			}
		})
	}
}

// TestTokenIsNotStored: the secret that the page shows is nowhere in the state.
func TestTokenIsNotStored(t *testing.T) {
	t.Parallel()
	log := &mocktest.Log{}
	w := newWorldWith(t, mockcloud.Config{Logger: slog.New(slog.NewJSONHandler(log, nil))})
	v := w.startedSync()
	v.send("/setup/directory", form{"type": {"okta scim v2.0"}}).at("/setup/name")
	token := v.send("/setup/name", form{"name": {"Okta"}}).says(200).values()["scim-token"]
	var state map[string]json.RawMessage
	w.Call(http.MethodGet, "/_mockcloud/snapshot", "", nil).Want(200).Into(&state)
	for table, rows := range state {
		if strings.Contains(string(rows), token) {
			t.Errorf("it is in %s", table)
		}
	}
	if token == "" || strings.Contains(log.String(), token) {
		t.Error("it is in the log, or there is none")
	}
}
