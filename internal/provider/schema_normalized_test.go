package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// Whether the server has a person's domain in Unicode or in ASCII, either spelling manages the person, and changing from
// one to the other is no change.
func TestAccUnicodeDomain(t *testing.T) {
	t.Parallel()
	const unicode, ascii = "ömer@bücher.example", "ömer@xn--bcher-kva.example"
	for name, stored := range map[string]string{"in Unicode": unicode, "in ASCII": ascii} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, unicodeDomain("Member", stored))
			data := fmt.Sprintf(`
data "prefectsso_member" "a" { email = %q }
data "prefectsso_member" "b" { email = %q }
data "prefectsso_members" "a" { domain = "BÜCHER.example" }
data "prefectsso_members" "b" { domain = "xn--bcher-kva.example" }
`, unicode, ascii)
			has := func(role string) resource.TestCheckFunc {
				return func(*terraform.State) error { return srv.WantRole(stored, role) }
			}
			role := knownvalue.StringExact("Member")
			listed := knownvalue.MapExact(map[string]knownvalue.Check{ascii: knownvalue.ObjectPartial(map[string]knownvalue.Check{"role": role})})
			single := func(email string) string { return memberRoleConfig(srv, email, "Admin") }
			imported := func(email string) resource.TestStep {
				return resource.TestStep{
					ResourceName: "prefectsso_member_role.person", ImportState: true, ImportStateId: email,
					ImportStateVerify: true, ImportStateVerifyIgnore: []string{"email"},
				}
			}
			runSteps(
				t,
				resource.TestStep{
					Config: srv.Provider() + data,
					ConfigStateChecks: []statecheck.StateCheck{
						statecheck.ExpectKnownValue("data.prefectsso_member.a", tfjsonpath.New("role"), role),
						statecheck.ExpectKnownValue("data.prefectsso_member.b", tfjsonpath.New("role"), role),
						statecheck.ExpectKnownValue("data.prefectsso_members.a", tfjsonpath.New("members"), listed),
						statecheck.ExpectKnownValue("data.prefectsso_members.b", tfjsonpath.New("members"), listed),
					},
				},
				resource.TestStep{Config: single(unicode), Check: has("Admin")},
				resource.TestStep{Config: single(ascii), PlanOnly: true},
				imported(unicode),
				imported(ascii),
				resource.TestStep{Config: memberRolesConfig(srv, ascii, "Member"), Check: has("Member")},
				resource.TestStep{Config: memberRolesConfig(srv, "ömER@BÜCHER.example", "Member"), PlanOnly: true},
				resource.TestStep{Config: roleMembersConfig(srv, "Admin", fmt.Sprintf("%q", unicode)), Check: has("Admin")},
				resource.TestStep{Config: roleMembersConfig(srv, "Admin", fmt.Sprintf("%q", ascii)), PlanOnly: true},
			)
		})
	}
}

// unicodeDomain returns a scenario of one Owner, the service account and these people.
func unicodeDomain(role string, emails ...string) acctest.Option {
	var people strings.Builder
	for _, email := range emails {
		fmt.Fprintf(&people, "      - {email: %s, role: %s}\n", email, role)
	}
	return acctest.Scenario(fmt.Sprintf(`
accounts:
  - id: %s
    handle: acme
    name: Acme
    features: [sso]
    service_accounts: [{name: terraform, role: Owner, api_key: %s}]
    users:
      - {email: owner@acme.com, role: Owner, api_key: %s}
%s`, acctest.AccountID, acctest.ServiceKey, acctest.OwnerKey, people.String()))
}
