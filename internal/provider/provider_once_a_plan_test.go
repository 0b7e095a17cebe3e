package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// Whose key is in use and what is integrated is asked for once a plan, by however many resources, data sources and
// guards, whether the server offers the managed configuration or not, for a user's key and a service account's.
func TestAccAskedOnceAPlan(t *testing.T) {
	t.Parallel()
	for mode, options := range map[string][]acctest.Option{"managed": nil, "published only": {acctest.PublishedOnly}} {
		for whose, key := range map[string]string{"a user's key": acctest.OwnerKey, "a service account's key": acctest.ServiceKey} {
			t.Run(mode+", "+whose, func(t *testing.T) {
				t.Parallel()
				srv := acctest.Start(t, append(options, acctest.WithDirectory, acctest.BundledIdP)...)
				configureByHand(t, srv, "Corp")
				adopted := ""
				if mode == "published only" {
					adopted = fmt.Sprintf(`
resource "prefectsso_identity_provider" "corp" {
  name            = "Corp"
  connection_type = "GenericOIDC"
  domains         = ["acme.com"]
  oidc            = { issuer = %q, client_id = "prefect" }
}
resource "prefectsso_scim_directory" "okta" {
  name = "Okta"
  type = "okta scim v2.0"
}`, srv.IdPURL())
				}
				config := func(role string, domains ...string) string {
					return `
terraform {
  required_providers {
    prefectsso = { source = "prefectsso/prefectsso" }
  }
}
locals { people = ["second.owner@acme.com", "ada@acme.com", "grace@acme.com"] }
data "prefectsso_identity_providers" "all" { count = 3 }
data "prefectsso_scim_directories" "all" { count = 3 }
data "prefectsso_permissions" "mine" { count = 3 }
resource "prefectsso_member_role" "person" {
  for_each = toset(local.people)
  email    = each.value
  role     = "` + role + `"
}
resource "prefectsso_domain" "more" {
  for_each = toset(["` + strings.Join(domains, `", "`) + `"])
  name     = each.value
}` + adopted
				}
				d := acctest.NewDir(t, srv)
				d.Setenv("PREFECT_API_KEY", key)
				d.Write("main.tf", config("Admin", "a.example", "b.example", "c.example"))
				d.MustRun("apply", "-input=false", "-auto-approve")
				d.Write("main.tf", config("Member", "c.example"))
				srv.ResetRequests()
				d.MustRun("plan", "-input=false")
				got := srv.Requests()
				for route, count := range map[string]int{
					"GET /api/me/": 1, "GET /api/accounts/{account_id}/sso/integrations": 1,
				} {
					asked := 0
					for _, row := range got.Routes {
						if row.Method+" "+row.Route == route {
							asked += row.Count
						}
					}
					if asked != count {
						t.Errorf("%s was asked %d times, want %d: %+v", route, asked, count, got.Routes)
					}
				}
				if got.Count(http.MethodPost, "/account_memberships/filter") == 0 {
					t.Errorf("the plan looked at nobody: %+v", got.Routes)
				}
			})
		}
	}
}
