package console_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/console"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// TestWalls: who may look, and what is refused to all.
func TestWalls(t *testing.T) {
	t.Parallel()
	open := newWorld(t, console.Options{}).seed(people)
	locked := newWorld(t, console.Options{Token: "s3cret"}).seed(people)
	const overview = console.Prefix + "acme/"
	basic := func(password string) []string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("anybody", password)
		return []string{"Authorization", r.Header.Get("Authorization")}
	}
	tests := []struct {
		name, method, path string
		server             *world
		headers            []string
		status             int
		says               string
	}{
		{"open", "GET", overview, open, nil, 200, "Who can sign in, and how"},
		{"typed by hand", "GET", overview, open, []string{"Sec-Fetch-Site", "none"}, 200, "Acme"},
		{"from its own page", "GET", overview, open, []string{"Sec-Fetch-Site", "same-origin"}, 200, "Acme"},
		{"from another site", "GET", overview, open, []string{"Sec-Fetch-Site", "cross-site"}, 403, "opened by another one"},
		{"from another port", "GET", overview, open, []string{"Sec-Fetch-Site", "same-site"}, 403, "opened by another one"},
		{"from another origin", "GET", overview, open, []string{"Origin", "http://evil.example"}, 403, "opened by another one"},
		{"the stream from another site", "GET", overview + "stream", open, []string{"Sec-Fetch-Site", "cross-site"}, 403, "opened by another one"},
		{"another host", "GET", overview, open, []string{"Host", "evil.example"}, 421, "host name"},
		{"without the token", "GET", overview, locked, nil, 401, "control token"},
		{"the list of accounts without the token", "GET", console.Prefix, locked, nil, 401, "control token"},
		{"the stream without the token", "GET", overview + "stream", locked, nil, 401, "control token"},
		{"no page without the token", "GET", overview + "nothing", locked, nil, 401, "control token"},
		{"another token", "GET", overview, locked, basic("s3cre"), 401, "control token"},
		{"the token as a password", "GET", overview, locked, basic("s3cret"), 200, "Acme"},
		{"the token as a bearer token", "GET", overview, locked, []string{"Authorization", "Bearer s3cret"}, 200, "Acme"},
		{"the look without the token", "GET", console.Prefix + "style.css", locked, nil, 200, ":root"},
		{"the script without the token", "GET", console.Prefix + "console.js", locked, nil, 200, "EventSource"},
		{"a form", "POST", overview, open, nil, 405, "only shows"},
		{"a deletion", "DELETE", overview + "people", open, nil, 405, "only shows"},
		{"no page", "GET", overview + "nothing", open, nil, 404, "no such page"},
		{"no account", "GET", console.Prefix + "globex/", open, nil, 404, "Account not found"},
		{"no member", "GET", overview + "people/0c1f1d2e-0000-4000-8000-00000000ffff", open, nil, 404, "membership not found"},
		{"no id", "GET", overview + "people/ada", open, nil, 404, "membership not found"},
		{"no stream", "GET", console.Prefix + "globex/stream", open, nil, 404, "Account not found"},
		{"the address alone", "GET", "/", open, nil, 303, ""},
		{"the only account", "GET", console.Prefix, open, nil, 303, ""},
		{"only the head", "HEAD", overview, open, nil, 200, ""},
		{"only the head of the stream", "HEAD", overview + "stream", open, nil, 200, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			answer, err := tt.server.In(t).Try(tt.method, tt.path, "", nil, tt.headers...)
			if err != nil {
				t.Fatal(err)
			}
			answer.Want(tt.status, tt.says)
			if tt.status == http.StatusMisdirectedRequest {
				return
			}
			for name, want := range map[string]string{"Cache-Control": "no-store", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff"} {
				if got := answer.Header.Get(name); got != want {
					t.Errorf("%s is %q", name, got)
				}
			}
			if policy := answer.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
				t.Errorf("the policy is %q", policy)
			}
			if asked := answer.Header.Get("WWW-Authenticate"); (asked != "") != (tt.status == http.StatusUnauthorized) {
				t.Errorf("it asks for %q", asked)
			}
		})
	}
}

// TestPages: what the pages show, and that they show no secret and no markup of
// people's.
func TestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, console.Options{}).acme()
	member := func(email string) string {
		t.Helper()
		found := regexp.MustCompile(`people/[0-9a-f-]{36}"><bdi>` + regexp.QuoteMeta(email)).FindString(w.page("people?q=" + email).Body)
		path, _, _ := strings.Cut(found, `"`)
		return path
	}
	tests := []struct {
		name, path string
		says       []string
		not        []string
	}{
		{"overview", "", []string{
			`<bdi>Acme</bdi> <span class="soft">(acme)</span>`, "enterprise", "ENABLED", "1 active person is unable to sign in", "Only 1 person could sign in", "serves the domain dormant.example",
			"certificate of the connection Okta expires in 12 days", "1 person who is held", "token …6789 of the directory Okta directory expires in 5 days",
			`mapping group &#34;Not yet&#34;`, "3 through Okta, 2 through Entra ID, 1 bypassing single sign-on, 1 not at all",
			`<title id="picture-title">`, "<caption>From Role to Workspace</caption>", `data-stream="/console/acme/stream?after=`,
		}, nil},
		{"single sign-on", "sign-on", []string{
			"https://acme.okta.example/saml", "expires in 12 days", "0123456789abcdef…", "https://login.example/tenant", "client client, with a secret", "no active connection",
		}, []string{"0123456789abcdef0"}},
		{"directories", "directories", []string{
			"OAuth clients", "<bdi>oauth</bdi>", "<code>…efgh</code>", "<code>…abcd</code>, expires: ", "expires in 2 days",
			"Okta directory", "validating", "okta scim v2.0", "3 active, 0 inactive", "…6789", "expires in 5 days", "waits for its group", "applied",
			"visitor@elsewhere.example", "not among the directory&#39;s allowed domains",
		}, nil},
		{"people", "people", []string{
			"1 to 9 of 9", "default of the directory Okta directory", "mapping of the directory Okta directory: group &#34;Administrators&#34;", "assigned manually",
			"the connection Entra ID serves acme.example", "no active connection serves elsewhere.example", "the role Owner bypasses single sign-on",
			"the membership is deactivated", "service accounts are exempt", "&lt;b&gt;Pat&lt;/b&gt;",
		}, nil},
		{"people by name", "people?q=lovelace+ADA", []string{"1 to 1 of 1", "ada@acme.com"}, []string{"grace@"}},
		{"nobody", "people?q=nobody", []string{"None", "No member matches"}, []string{"ada@"}},
		{"kept out", "people?show=out", []string{"1 to 1 of 1", "partner@elsewhere.example"}, []string{"ada@", "gone@"}},
		{"bypass", "people?show=bypass", []string{"1 to 1 of 1", "owner@acme.com"}, []string{"terraform"}},
		{"deactivated", "people?show=inactive", []string{"1 to 1 of 1", "gone@acme.com"}, nil},
		{"service accounts", "people?show=bots", []string{"1 to 1 of 1", "terraform", "By its key"}, nil},
		{"a person", member("ada@acme.com"), []string{
			"Ada Lovelace", "by the team Engineers", "Developer", "directly", "Viewer", "the connection Okta serves acme.com",
			"a code by mail", "192.0.2.2", "did not come through a connection", "a recent login through", "<b>logged in</b>",
		}, nil},
		{"an Owner", member("owner@acme.com"), []string{"the role Owner administrates all workspaces", "pnu_...cdef"}, nil},
		{"a pushed person", member("marie@acme.com"), []string{"Okta directory", "Administrators"}, nil},
		{"a service account", member("terraform"), []string{"service account", "pnb_...3210"}, []string{"Last login"}},
		{"sessions", "sessions", []string{"1 to 2 of 2", "192.0.2.1", "Firefox", "a code by mail"}, nil},
		{"audit trail", "events", []string{"sso-connection <b>created</b>", "account-membership <b>updated</b>", "role source: mapping", "Member → Admin"}, nil},
		{"a search", "events?q=%2Bsso-connection+%2BOkta", []string{"1 to 2 of 2", "Okta"}, []string{"data-stream", "Entra"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			page := w.page(tt.path)
			page.Want(http.StatusOK, tt.says...)
			for _, text := range append(secrets, append(tt.not, "<b>Pat</b>", "style=", "ZgotmplZ", "no value")...) {
				if strings.Contains(page.Body, text) {
					t.Errorf("the page says %q", text)
				}
			}
		})
	}
	if log := w.log.String(); log != "" {
		t.Errorf("the log says %s", log)
	}
}

// TestManyPeople: a page of thousands is no longer than any other, and the pages are
// the whole.
func TestManyPeople(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short leaves out pages of thousands of people")
	}
	w := newWorld(t, console.Options{}).crowd()
	row := regexp.MustCompile(`<th scope="row"><a href="/console/acme/people/([0-9a-f-]{36})">`)
	seen := make(map[string]bool)
	for page := 1; page <= 202; page++ {
		rows := row.FindAllStringSubmatch(w.page(fmt.Sprint("people?page=", page)).Body, -1)
		if len(rows) > 50 {
			t.Fatalf("page %d has %d rows", page, len(rows))
		}
		for _, found := range rows {
			seen[found[1]] = true
		}
	}
	if len(seen) != 10_061 {
		t.Errorf("%d people are on the pages", len(seen))
	}
	w.page("people?page=99999").Want(http.StatusOK, "10,051 to 10,061 of 10,061")
	w.page("people?page=-1").Want(http.StatusOK, "1 to 50 of 10,061", `href="?page=2"`)
	w.page("people?q=person0&show=").Want(http.StatusOK, `href="?page=2&amp;q=person0&amp;show="`)
	w.page("").Want(http.StatusOK, "10,061", "and 13 more", "10,061 without being asked for a login")
}

// TestSeveralAccounts: the first page lets choose.
func TestSeveralAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, console.Options{}).seed("accounts:\n  - {handle: acme, name: Acme}\n  - {handle: globex, name: Globex}\n")
	w.get(console.Prefix).Want(http.StatusOK, `href="/console/acme/"`, `href="/console/globex/"`)
	if err := w.store.Reset(func(*store.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	w.get(console.Prefix).Want(http.StatusOK, "no account")
}

// TestInServer: a whole server has the console at its address, asks for its control
// token there, and lets streams go when it drains.
func TestInServer(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{ControlToken: "s3cret", PublishedOnly: true})
	s.Call(http.MethodGet, "/", "", nil).Want(http.StatusSeeOther)
	s.Call(http.MethodGet, console.Prefix+"acme/", "", nil).Want(http.StatusUnauthorized)
	s.Call(http.MethodGet, console.Prefix+"acme/", "s3cret", nil).Want(http.StatusOK, "Acme")
	s.Mock.Drain()
	s.Call(http.MethodGet, console.Prefix+"acme/stream", "s3cret", nil).Want(http.StatusOK, "audit trail of acme")
}
