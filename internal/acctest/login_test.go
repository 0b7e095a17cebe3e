package acctest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
)

// The real terraform configures an OpenID Connect and a SAML provider for two domains; people of both log in at the
// bundled identity provider. Who has not logged in is kept out, unless they bypass single sign-on; and a login that is
// no longer recent keeps nobody in.
func TestAccLogin(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.BundledIdP, acctest.Scenario(`
accounts:
  - id: `+acctest.AccountID+`
    handle: acme
    name: Acme
    features: [sso, audit_logs]
    rate_limit_per_minute: 0
    users:
      - {email: owner@acme.com, first_name: Account, last_name: Owner, role: Owner, api_key: pnu_owner}
      - {email: second.owner@acme.com, first_name: Second, last_name: Owner, role: Owner, api_key: pnu_second_owner}
      - {email: admin@acme.com, first_name: Anna, last_name: Admin, role: Admin, api_key: pnu_admin}
      - {email: ada@acme.com, first_name: Ada, last_name: Lovelace, role: Member, api_key: pnu_ada}
      - {email: linus@acme.example, first_name: Linus, last_name: T, role: Member, api_key: pnu_linus}
    service_accounts: [{name: terraform, role: Owner, api_key: pnb_terraform}]
`))
	d := acctest.NewDir(t, srv)
	d.Setenv("TF_VAR_client_secret", mockcloud.IdPClientSecret)
	d.Write("main.tf", requiredProviders+fmt.Sprintf(`
variable "client_secret" {
  type      = string
  ephemeral = true
}
variable "protect" { default = true }
provider "prefectsso" { lockout_protection = var.protect }
resource "prefectsso_domains" "all" { names = ["acme.com", "acme.example"] }
resource "prefectsso_session_policy" "hour" { auth_expiration_seconds = 3600 }
resource "prefectsso_identity_provider" "oidc" {
  name            = "OpenID Connect"
  connection_type = "GenericOIDC"
  domains         = ["acme.com"]
  oidc = {
    issuer                   = %[1]q
    client_id                = "prefect"
    client_secret_wo         = var.client_secret
    client_secret_wo_version = 1
  }
  depends_on = [prefectsso_domains.all]
}
resource "prefectsso_identity_provider" "saml" {
  name            = "SAML"
  connection_type = "GenericSAML"
  domains         = ["acme.example"]
  saml            = { metadata_url = "%[1]s/saml/metadata" }
  depends_on      = [prefectsso_domains.all]
}
`, srv.IdPURL()))
	d.MustRun("apply", "-input=false", "-auto-approve")

	statuses := func(when string, want map[string]int) {
		t.Helper()
		for key, status := range want {
			if got := srv.Status(key, http.MethodGet, ""); got != status {
				t.Errorf("%s: %s gets %d, want %d", when, key, got, status)
			}
		}
	}
	const in, out = http.StatusOK, http.StatusForbidden
	statuses("before anybody has logged in", map[string]int{acctest.AdminKey: in, "pnu_ada": in, "pnu_linus": in, acctest.OwnerKey: in, acctest.ServiceKey: in})

	logIn(t, srv, "ada@acme.com")
	statuses("after the first login", map[string]int{
		"pnu_ada": in, acctest.AdminKey: out, "pnu_linus": out, acctest.OwnerKey: in, acctest.ServiceKey: in,
	})
	logIn(t, srv, "linus@acme.example")
	statuses("after the first SAML login", map[string]int{"pnu_linus": in, "pnu_ada": in, acctest.AdminKey: out})
	if restricted := srv.Restricted("pnu_ada"); restricted {
		t.Error("ada's session is restricted right after her login")
	}

	output := d.MustRun("apply", "-refresh-only", "-input=false", "-auto-approve")
	if _, code := d.Run("plan", "-input=false", "-detailed-exitcode"); code != 0 {
		t.Errorf("logins are drift:\n%s", output)
	}

	srv.Advance("2h")
	statuses("two hours later", map[string]int{"pnu_ada": out, "pnu_linus": out, acctest.AdminKey: out, acctest.OwnerKey: in, acctest.ServiceKey: in})
	if restricted := srv.Restricted("pnu_ada"); !restricted {
		t.Error("ada's session is not restricted two hours after her login")
	}
	logIn(t, srv, "ada@acme.com")
	statuses("after another login", map[string]int{"pnu_ada": in, "pnu_linus": out})

	if output, code := d.Run("destroy", "-input=false", "-auto-approve"); code == 0 || !strings.Contains(output, "linus@acme.example") {
		t.Errorf("taking the connections away ended with %d, without a word about who is locked out:\n%s", code, output)
	}
	d.MustRun("destroy", "-input=false", "-auto-approve", "-var=protect=false")
	statuses("without single sign-on", map[string]int{"pnu_ada": in, "pnu_linus": in, acctest.AdminKey: in})
}

// logIn walks a person through the login page and the identity provider.
func logIn(t *testing.T, srv *acctest.Server, email string) {
	t.Helper()
	page := acctest.NewVisitor(t).Open(srv.URL + "/login").Submit(url.Values{"email": {email}})
	page = page.Submit(url.Values{"person": {page.Value(email)}})
	if page.URL.Host != mustParse(t, srv.URL).Host {
		page = page.Submit(nil) // SAML's answer is a form that the browser carries over
	}
	page.Says(http.StatusOK, email)
}

func mustParse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
