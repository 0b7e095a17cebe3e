package acctest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
)

// logInByCode signs somebody in with a code from a mail, as those may who bypass single sign-on.
func logInByCode(t *testing.T, srv *acctest.Server, email string) {
	t.Helper()
	post := func(path string, form url.Values) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close() // the status is all that counts
		return resp.StatusCode
	}
	post("/login/code", url.Values{"email": {email}})
	resp, err := http.Get(srv.URL + "/_mockcloud/outbox")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	var mails []struct {
		To   string `json:"to"`
		Code string `json:"login_code"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&mails); err != nil || len(mails) == 0 || mails[len(mails)-1].To != email {
		t.Fatalf("no mail to %s: %v, %v", email, mails, err)
	}
	if got := post("/login/verify", url.Values{"email": {email}, "code": {mails[len(mails)-1].Code}}); got != http.StatusOK {
		t.Fatalf("%s does not get in by the code: %d", email, got)
	}
}

// What the guide on break glass promises: the drill is asked for until somebody does it, the last ways past the identity
// provider are not taken away, and when it is down they lead in, for others too, and back.
func TestAccGuideBreakGlass(t *testing.T) {
	t.Parallel()
	blocks := commands(t, "break-glass", 4)
	srv := acctest.Start(t, acctest.BundledIdP, acctest.Behind(100*24*time.Hour), acctest.Scenario(`
accounts:
  - id: `+acctest.AccountID+`
    handle: acme
    name: Acme
    rate_limit_per_minute: 0
    users:
      - {email: owner@acme.com, first_name: Account, last_name: Owner, role: Owner, api_key: pnu_owner}
      - {email: second.owner@acme.com, first_name: Second, last_name: Owner, role: Owner, api_key: pnu_second_owner}
      - {email: break-glass@acme-emergency.example, first_name: Break, last_name: Glass, role: Member, api_key: pnu_break_glass}
      - {email: ada@acme.com, first_name: Ada, last_name: Lovelace, role: Member, api_key: pnu_ada}
    service_accounts: [{name: terraform, role: Owner, api_key: `+acctest.ServiceKey+`}]
`))
	d := acctest.NewDir(t, srv)
	for name, content := range configuration(t, filepath.Join(acctest.Root(t), "examples", "guides", "break-glass")) {
		d.Write(name, content)
	}
	answered(d)
	d.Setenv("TF_VAR_issuer", srv.IdPURL())
	d.Setenv("TF_VAR_client_secret", mockcloud.IdPClientSecret)
	const in, out = http.StatusOK, http.StatusForbidden
	statuses := func(when string, want map[string]int) {
		t.Helper()
		for key, status := range want {
			if got := srv.Status(key, http.MethodGet, ""); got != status {
				t.Errorf("%s: %s gets %d, want %d", when, key, got, status)
			}
		}
	}
	drill := func(when string, wanted bool) {
		t.Helper()
		if output := d.MustRun("plan", "-input=false"); strings.Contains(output, "Check block assertion failed") != wanted {
			t.Errorf("%s: the drill is asked for: %v, want %v:\n%s", when, !wanted, wanted, output)
		}
	}
	d.MustRun("apply")
	logIn(t, srv, "ada@acme.com") // the first login: from here on single sign-on is enforced
	drill("before the first drill", true)
	logInByCode(t, srv, "break-glass@acme-emergency.example")
	drill("when it is 100 days old", true)
	srv.Advance("2400h")
	statuses("no login is recent, and the identity provider is down", map[string]int{"pnu_ada": out, "pnu_break_glass": in, "pnu_owner": in, acctest.ServiceKey: in})
	logInByCode(t, srv, "break-glass@acme-emergency.example")
	drill("after another one", false)
	if output, code := d.Run("plan", "-input=false", "-var=owners=[]"); code == 0 || !acctest.Finding("max-removals-exceeded").MatchString(output) {
		t.Errorf("taking both Owners out: %d\n%s", code, output)
	}

	mustShell(t, d, blocks[0])
	statuses("ada is on duty", map[string]int{"pnu_ada": in})
	mustShell(t, d, blocks[1])
	statuses("it is over", map[string]int{"pnu_ada": out, "pnu_break_glass": in})

	mustShell(t, d, blocks[2])
	statuses("without single sign-on", map[string]int{"pnu_ada": in})
	mustShell(t, d, blocks[3])
}
