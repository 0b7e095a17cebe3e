package provider_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// memberRolesConfig takes email, role, email, role, …
func memberRolesConfig(srv *acctest.Server, pairs ...string) string {
	var lines strings.Builder
	for pair := range slices.Chunk(pairs, 2) {
		fmt.Fprintf(&lines, "    %q = %q\n", pair[0], pair[1])
	}
	return srv.Provider() + "resource \"prefectsso_member_roles\" \"team\" {\n  roles = {\n" + lines.String() + "  }\n}\n"
}

func TestAccMemberRoles(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, srv *acctest.Server) {
		const address = "prefectsso_member_roles.team"
		are := func(pairs ...string) resource.TestCheckFunc {
			return func(*terraform.State) error {
				for pair := range slices.Chunk(pairs, 2) {
					if err := srv.WantRole(pair[0], pair[1]); err != nil {
						return err
					}
				}
				return nil
			}
		}
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			CheckDestroy: func(*terraform.State) error {
				return srv.WantRole("linus@acme.com", "Admin")
			},
			Steps: []resource.TestStep{
				{
					PreConfig: srv.ResetRequests,
					Config:    memberRolesConfig(srv, "Ada@acme.com", "Admin", "grace@acme.com", "Auditor", "linus@acme.com", "Member"),
					ConfigStateChecks: []statecheck.StateCheck{
						statecheck.ExpectKnownValue(address, tfjsonpath.New("roles"), knownvalue.MapExact(map[string]knownvalue.Check{
							"Ada@acme.com":   knownvalue.StringExact("Admin"),
							"grace@acme.com": knownvalue.StringExact("Auditor"),
							"linus@acme.com": knownvalue.StringExact("Member"),
						})),
					},
					Check: resource.ComposeTestCheckFunc(are("ada@acme.com", "Admin", "grace@acme.com", "Auditor"), func(*terraform.State) error {
						if n := srv.Requests().Count(http.MethodPatch, "/account_memberships/{id}"); n != 2 {
							return fmt.Errorf("two changes took %d writes", n)
						}
						return nil
					}),
				},
				{
					Config:   memberRolesConfig(srv, "ADA@acme.com", "Admin", "Grace@acme.com", "Auditor", "linus@acme.com", "Member"),
					PlanOnly: true,
				},
				{
					Config:           memberRolesConfig(srv, "ada@acme.com", "Member", "grace@acme.com", "Auditor", "linus@acme.com", "Admin"),
					ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
					Check:            are("ada@acme.com", "Member", "linus@acme.com", "Admin"),
				},
				{ // changed behind Terraform's back
					PreConfig:        func() { srv.SetRole("grace@acme.com", "Owner") },
					Config:           memberRolesConfig(srv, "ada@acme.com", "Member", "grace@acme.com", "Auditor", "linus@acme.com", "Admin"),
					ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
					Check:            are("grace@acme.com", "Auditor"),
				},
				{ // taken out of the map: forgotten, the role stays
					Config:           memberRolesConfig(srv, "grace@acme.com", "Auditor", "linus@acme.com", "Admin"),
					ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
					Check:            are("ada@acme.com", "Member"),
				},
				{ // removed from the account behind Terraform's back: drift that the plan shows, and the apply cannot mend
					PreConfig:          func() { srv.RemoveMember("grace@acme.com") },
					Config:             memberRolesConfig(srv, "grace@acme.com", "Auditor", "linus@acme.com", "Admin"),
					PlanOnly:           true,
					ExpectNonEmptyPlan: true,
				},
				{
					Config:           memberRolesConfig(srv, "linus@acme.com", "Admin"),
					ConfigPlanChecks: emptyPlan(),
				},
			},
		})
	})
}

func TestAccMemberRolesImport(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, srv *acctest.Server) {
		everybody := memberRolesConfig(srv, "owner@acme.com", "Owner", "second.owner@acme.com", "Owner", "admin@acme.com", "Admin",
			"ada@acme.com", "Member", "grace@acme.com", "Member", "linus@acme.com", "Member")
		runSteps(t,
			resource.TestStep{Config: everybody},
			resource.TestStep{
				ResourceName:                         "prefectsso_member_roles.team",
				ImportState:                          true,
				ImportStateId:                        acctest.AccountID,
				ImportStateVerify:                    true,
				ImportStateVerifyIdentifierAttribute: "account_id",
			},
		)
	})
}

func TestAccMemberRolesBadInput(t *testing.T) {
	t.Parallel()
	var refused refusals
	for name, test := range map[string]struct {
		pairs []string
		want  string
	}{
		"nobody's address":    {[]string{"ada@acme.com", "Admin", "nobody@acme.com", "Admin"}, `nobody@acme\.com.*Guard: members-absent`},
		"an unknown role":     {[]string{"ada@acme.com", "Admin", "grace@acme.com", "Boss"}, `Unusable role.*no role "Boss".*Admin, .*Owner`},
		"one person twice":    {[]string{"ada@acme.com", "Admin", "ADA@acme.com", "Member"}, `The same email address twice`},
		"a malformed address": {[]string{"ada@acme.com", "Admin", "grace", "Member"}, `Invalid email address.*no "@"`},
		"the last two Owners": {[]string{"ada@acme.com", "Admin", "owner@acme.com", "Member", "second.owner@acme.com", "Member"}, `Guard: bypass-nobody-left`},
	} {
		srv := acctest.Start(t)
		refused.add(name, resource.TestStep{Config: memberRolesConfig(srv, test.pairs...), ExpectError: spread(test.want)}, func() {
			if err := srv.WantRole("ada@acme.com", "Member"); err != nil {
				t.Errorf("something was changed all the same: %v", err)
			}
		})
	}
	refused.run(t)
}

// The two Owners change places with two Members: possible only when the promotions go first.
func TestAccMemberRolesPromotionsFirst(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	runSteps(t, resource.TestStep{
		Config: memberRolesConfig(srv, "owner@acme.com", "Member", "second.owner@acme.com", "Member", "ada@acme.com", "Owner", "grace@acme.com", "Owner"),
		Check: func(*terraform.State) error {
			return srv.As("pnu_ada").WantRole("owner@acme.com", "Member")
		},
	})
}

// When a change in the middle fails, the state says what is true, and the next apply does the rest.
func TestAccMemberRolesHalfDone(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	roles := []string{"ada@acme.com", "Admin", "grace@acme.com", "Admin", "linus@acme.com", "Admin"}
	srv.Fault(map[string]any{"method": "PATCH", "route": "/api/accounts/{account_id}/account_memberships/{id}", "status": 500, "times": 1})
	runSteps(t,
		resource.TestStep{Config: memberRolesConfig(srv, roles...), ExpectError: spread(`Could not change role of`)},
		resource.TestStep{
			Config: memberRolesConfig(srv, roles...),
			Check: func(*terraform.State) error {
				for _, email := range []string{"ada@acme.com", "grace@acme.com", "linus@acme.com"} {
					if err := srv.WantRole(email, "Admin"); err != nil {
						return err
					}
				}
				return nil
			},
		},
	)
}
