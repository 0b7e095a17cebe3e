package provider_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// With Terraform itself: it marks a create with an unknown outcome as tainted, keeps the key of the request, and the next
// apply replaces what was made. `terraform untaint` would keep it, so no more than that is said.
func TestAccUncertainCreates(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	line := newLine(t, srv)
	kinds := allMade(srv, "")[1:] // all but the connection, which needs an identity provider
	before := map[string][]string{}
	for _, m := range kinds {
		before[m.typeName] = m.ids(srv, nil)
	}
	config := strings.ReplaceAll(srv.Provider("max_retries = 1"), srv.URL, line.url) + fmt.Sprintf(`
resource "prefectsso_scim_directory" "a" {
  name = "Entra"
  type = "azure scim v2.0"
}
resource "prefectsso_scim_token" "a" {
  directory_id     = %[1]q
  name             = "okta"
  token_wo         = %[2]q
  token_wo_version = 1
}
resource "prefectsso_scim_client" "a" {
  directory_id      = %[1]q
  name              = "ping"
  secret_wo         = %[3]q
  secret_wo_version = 1
}
resource "prefectsso_group_role_mapping" "a" {
  directory_id = %[1]q
  match        = { group_name = "Staff" }
  role         = "Auditor"
  priority     = 1
}
`, srv.DirectoryID(), scimSecret(1), scimSecret(2))
	first := map[string][]string{}
	var replaced []plancheck.PlanCheck
	for _, m := range kinds {
		replaced = append(replaced, plancheck.ExpectResourceAction(m.typeName+".a", plancheck.ResourceActionReplace))
	}
	runSteps(t,
		resource.TestStep{
			PreConfig: func() { line.breaks(creates(lost, 0), questions(dropped)) },
			Config:    config, ExpectError: acctest.Finding("outcome-unknown"),
		},
		resource.TestStep{
			PreConfig: func() {
				line.breaks()
				for _, m := range kinds {
					if first[m.typeName] = m.ids(srv, before[m.typeName]); len(first[m.typeName]) != 1 {
						t.Errorf("%s: made %v", m.typeName, first[m.typeName])
					}
				}
			},
			Config: config, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: replaced},
			Check: func(*terraform.State) error {
				for _, m := range kinds {
					if now := m.ids(srv, before[m.typeName]); len(now) != 1 || slices.Equal(now, first[m.typeName]) {
						return fmt.Errorf("%s: first %v, now %v", m.typeName, first[m.typeName], now)
					}
				}
				return nil
			},
		},
	)
	for _, m := range kinds {
		if left := m.ids(srv, before[m.typeName]); len(left) > 0 {
			t.Errorf("%s: left over are %v", m.typeName, left)
		}
	}
}
