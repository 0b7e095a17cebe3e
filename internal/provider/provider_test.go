package provider_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// A key that is only known after apply postpones what needs the account, and the apply does all of it.
func TestAccProviderUnknownWhilePlanning(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	provider := func(srv *acctest.Server) string {
		return fmt.Sprintf(`
resource "terraform_data" "key" { input = %q }
provider "prefectsso" {
  endpoint   = %q
  api_key    = terraform_data.key.output
  account_id = %q
}
`, acctest.ServiceKey, srv.URL+"/api", acctest.AccountID)
	}
	runSteps(t, resource.TestStep{
		Config: provider(srv) + `
resource "prefectsso_domains" "all" { names = ["acme.com"] }
resource "prefectsso_member_role" "ada" {
  email = "ada@acme.com"
  role  = "Admin"
}
resource "prefectsso_session_policy" "this" { auth_expiration_seconds = 60 }
resource "prefectsso_scim_directory" "okta" {
  name            = "Okta"
  type            = "okta scim v2.0"
  allowed_domains = prefectsso_domains.all.names
}
resource "prefectsso_scim_token" "okta" {
  directory_id     = prefectsso_scim_directory.okta.id
  name             = "okta"
  token_wo         = "a-secret-0123456789-0123456789-0123456789"
  token_wo_version = 1
}
`,
		ConfigPlanChecks: planned("prefectsso_member_role.ada", plancheck.ResourceActionCreate),
		Check: func(*terraform.State) error {
			if err := srv.WantRole("ada@acme.com", "Admin"); err != nil {
				return err
			}
			return srv.WantDomains("acme.com")
		},
	})
	runSteps(t, resource.TestStep{
		Config:      provider(acctest.Start(t)) + `data "prefectsso_account" "this" {}`,
		ExpectError: spread(`Provider configuration not known yet.*.api_key. of the provider block`),
	})
}

// All mistakes of the provider block come at once, each with what to do.
func TestAccProviderMistakes(t *testing.T) {
	t.Parallel()
	runSteps(t, resource.TestStep{
		Config: `
provider "prefectsso" {
  endpoint    = "http://api.prefect.example/api"
  api_key     = "pnu_x"
  account_id  = "acme"
  max_retries = 99
}
data "prefectsso_account" "this" {}
`,
		ExpectError: spread(`Invalid endpoint.*allow_insecure_http.*Invalid account id.*no UUID.*Number out of range.*max_retries`),
	})
}
