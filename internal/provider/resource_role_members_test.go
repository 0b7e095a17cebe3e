package provider_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

func roleMembersConfig(srv *acctest.Server, role, members string, more ...string) string {
	block := fmt.Sprintf("resource \"prefectsso_role_members\" \"r\" {\n  role = %q\n  members = [%s]\n", role, members)
	for _, line := range more {
		block += "  " + line + "\n"
	}
	return srv.Provider() + block + "}\n"
}

func members(emails ...string) knownvalue.Check {
	checks := make([]knownvalue.Check, len(emails))
	for i, email := range emails {
		checks[i] = knownvalue.StringExact(email)
	}
	return knownvalue.SetExact(checks)
}

func TestAccRoleMembers(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, srv *acctest.Server) {
		const address = "prefectsso_role_members.r"
		holds := func(pairs ...string) resource.TestCheckFunc {
			return func(*terraform.State) error {
				for i := 0; i < len(pairs); i += 2 {
					if err := srv.WantRole(pairs[i], pairs[i+1]); err != nil {
						return err
					}
				}
				return nil
			}
		}
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			CheckDestroy: func(*terraform.State) error {
				return holds("ada@acme.com", "Admin", "grace@acme.com", "Admin")(nil)
			},
			Steps: []resource.TestStep{
				{ // admin@acme.com held it and is not among them
					Config: roleMembersConfig(srv, "Admin", `"Ada@acme.com", "grace@acme.com"`),
					ConfigStateChecks: []statecheck.StateCheck{
						statecheck.ExpectKnownValue(address, tfjsonpath.New("members"), members("Ada@acme.com", "grace@acme.com")),
						statecheck.ExpectKnownValue(address, tfjsonpath.New("removed_role"), knownvalue.StringExact("Member")),
					},
					Check: holds("ada@acme.com", "Admin", "grace@acme.com", "Admin", "admin@acme.com", "Member"),
				},
				{
					Config:   roleMembersConfig(srv, "Admin", `"GRACE@acme.com", "ada@acme.com"`),
					PlanOnly: true,
				},
				{
					Config:           roleMembersConfig(srv, "Admin", `"ada@acme.com", "linus@acme.com"`, `removed_role = "Auditor"`),
					ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
					Check:            holds("linus@acme.com", "Admin", "grace@acme.com", "Auditor"),
				},
				{ // somebody is promoted behind Terraform's back: the plan names them, the apply removes them
					PreConfig:        func() { srv.SetRole("grace@acme.com", "Admin") },
					Config:           roleMembersConfig(srv, "Admin", `"ada@acme.com", "linus@acme.com"`),
					ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
					Check:            holds("grace@acme.com", "Member"),
				},
				{ // who holds it is gone behind Terraform's back
					PreConfig: func() {
						srv.RemoveMember("linus@acme.com")
						srv.SetRole("grace@acme.com", "Admin")
					},
					Config:           roleMembersConfig(srv, "Admin", `"ada@acme.com", "grace@acme.com"`),
					ConfigPlanChecks: planned(address, plancheck.ResourceActionNoop),
				},
				{
					ResourceName:                         address,
					ImportState:                          true,
					ImportStateId:                        acctest.AccountID + "/Admin",
					ImportStateVerify:                    true,
					ImportStateVerifyIdentifierAttribute: "role",
				},
			},
		})
	})
}

func TestAccRoleMembersIgnores(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	runSteps(t, resource.TestStep{
		Config: roleMembersConfig(srv, "Owner", `"owner@acme.com", "ada@acme.com"`, `ignore_emails = ["Second.Owner@acme.com"]`, `ignore_directory_managed = true`),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue("prefectsso_role_members.r", tfjsonpath.New("members"), members("owner@acme.com", "ada@acme.com")),
		},
		Check: func(*terraform.State) error { return srv.WantRole("second.owner@acme.com", "Owner") },
	})
}

func TestAccRoleMembersBadInput(t *testing.T) {
	t.Parallel()
	var refused refusals
	for name, test := range map[string]struct {
		role, members, more, want string
	}{
		"nobody's address":    {"Admin", `"nobody@acme.com"`, "", `nobody@acme\.com.*Guard: members-absent`},
		"an unknown role":     {"Boss", `"ada@acme.com"`, "", `Unusable role.*no role "Boss"`},
		"too many removals":   {"Owner", `"owner@acme.com"`, "max_removals = 0", `second\.owner@acme\.com.*Guard: max-removals-exceeded`},
		"the same role twice": {"Member", `"ada@acme.com"`, "", `Guard: removed-role-same`},
		"managed and ignored": {"Admin", `"ada@acme.com"`, `ignore_emails = ["ADA@acme.com"]`, `ada@acme\.com.*Guard: member-managed-and-ignored`},
		"nobody left":         {"Owner", "", "", `Guard: bypass-nobody-left`},
	} {
		srv := acctest.Start(t)
		refused.add(name, resource.TestStep{Config: roleMembersConfig(srv, test.role, test.members, test.more), ExpectError: spread(test.want)}, func() {
			for email, role := range map[string]string{"admin@acme.com": "Admin", "second.owner@acme.com": "Owner", "ada@acme.com": "Member"} {
				if err := srv.WantRole(email, role); err != nil {
					t.Errorf("something was changed all the same: %v", err)
				}
			}
		})
	}
	refused.run(t)
}

func TestAccRoleMembersTooManyHolders(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.Crowd(501, "Collaborator"))
	runSteps(t, resource.TestStep{
		Config:      roleMembersConfig(srv, "Collaborator", `"person00001@acme.com"`),
		ExpectError: spread(`501 people hold the role Collaborator.*prefectsso_member_roles`),
	})
}

// In the plan the removal stands by name, and a person is in no second resource's hands.
func TestAccRoleMembersReservations(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	runSteps(t, resource.TestStep{
		Config: srv.Provider() + `
resource "prefectsso_member_role" "ada" {
  email = "ada@acme.com"
  role  = "Auditor"
}
resource "prefectsso_role_members" "admins" {
  role       = "Admin"
  members    = ["ada@acme.com", "admin@acme.com"]
  depends_on = [prefectsso_member_role.ada]
}`,
		ExpectError: spread(`prefectsso_member_role .*prefectsso_role_members.*Guard: managed-twice`),
	})
}
