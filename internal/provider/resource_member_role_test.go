package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

func memberRoleConfig(srv *acctest.Server, email, role string, more ...string) string {
	block := fmt.Sprintf("resource \"prefectsso_member_role\" \"person\" {\n  email = %q\n  role = %q\n", email, role)
	for _, line := range more {
		block += "  " + line + "\n"
	}
	return srv.Provider() + block + "}\n"
}

func TestAccMemberRole(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, srv *acctest.Server) {
		const address = "prefectsso_member_role.person"
		ada, _ := srv.Member("ada@acme.com")
		is := func(role string) resource.TestCheckFunc {
			return func(*terraform.State) error { return srv.WantRole("ada@acme.com", role) }
		}
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			CheckDestroy:             func(*terraform.State) error { return srv.WantRole("grace@acme.com", "Admin") },
			Steps: []resource.TestStep{
				{
					PreConfig: srv.ResetRequests,
					Config:    memberRoleConfig(srv, "Ada@Acme.com", "Admin"),
					ConfigStateChecks: []statecheck.StateCheck{
						statecheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringExact(ada.ID)),
						statecheck.ExpectKnownValue(address, tfjsonpath.New("user_id"), knownvalue.StringExact(ada.UserID)),
						statecheck.ExpectKnownValue(address, tfjsonpath.New("email"), knownvalue.StringExact("Ada@Acme.com")),
						statecheck.ExpectKnownValue(address, tfjsonpath.New("role"), knownvalue.StringExact("Admin")),
						statecheck.ExpectKnownValue(address, tfjsonpath.New("on_destroy"), knownvalue.StringExact("forget")),
						statecheck.ExpectKnownValue(address, tfjsonpath.New("active"), knownvalue.Bool(true)),
					},
					Check: resource.ComposeTestCheckFunc(is("Admin"), func(*terraform.State) error {
						if n := srv.Requests().Count(http.MethodPatch, "/account_memberships/{id}"); n != 1 {
							return fmt.Errorf("a role change took %d writes, want 1", n)
						}
						return nil
					}),
				},
				{ // the address in another spelling is no change
					Config:   memberRoleConfig(srv, "ada@ACME.com", "Admin"),
					PlanOnly: true,
				},
				{ // nor is the same role by its id
					Config:   memberRoleConfig(srv, "ada@acme.com", srv.RoleID("Admin")),
					PlanOnly: true,
				},
				{
					Config:           memberRoleConfig(srv, "ada@acme.com", "Auditor"),
					ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
					Check:            is("Auditor"),
				},
				{ // changed behind Terraform's back
					PreConfig:        func() { srv.SetRole("ada@acme.com", "Owner") },
					Config:           memberRoleConfig(srv, "ada@acme.com", "Auditor"),
					ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
					Check:            is("Auditor"),
				},
				{
					ResourceName:      address,
					ImportState:       true,
					ImportStateId:     "ada@acme.com",
					ImportStateVerify: true,
					// The state keeps the spelling of the first configuration.
					ImportStateVerifyIgnore: []string{"email"},
				},
				{
					ResourceName:            address,
					ImportState:             true,
					ImportStateId:           acctest.AccountID + "/ADA@acme.com",
					ImportStateVerify:       true,
					ImportStateVerifyIgnore: []string{"email"},
				},
				{ // somebody else replaces it; the first one keeps the role
					Config:           memberRoleConfig(srv, "grace@acme.com", "Admin"),
					ConfigPlanChecks: planned(address, plancheck.ResourceActionReplace),
					Check:            is("Auditor"),
				},
				{ // removed from the account behind Terraform's back: the plan goes on
					PreConfig:   func() { srv.RemoveMember("ada@acme.com") },
					Config:      memberRoleConfig(srv, "ada@acme.com", "Auditor"),
					ExpectError: spread(`Could not find member.*ada@acme\.com is not a member`),
				},
				{
					Config: memberRoleConfig(srv, "grace@acme.com", "Admin"),
				},
			},
		})
	})
}

func TestAccMemberRoleDeletedBehindItsBack(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, srv *acctest.Server) {
		runSteps(t,
			resource.TestStep{Config: memberRoleConfig(srv, "ada@acme.com", "Admin")},
			resource.TestStep{
				PreConfig:          func() { srv.RemoveMember("ada@acme.com") },
				Config:             memberRoleConfig(srv, "ada@acme.com", "Admin"),
				PlanOnly:           true,
				ExpectNonEmptyPlan: true,
			},
		)
	})
}

func TestAccMemberRoleByID(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	id := srv.RoleID("Admin")
	runSteps(t,
		resource.TestStep{
			Config: memberRoleConfig(srv, "ada@acme.com", id),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("prefectsso_member_role.person", tfjsonpath.New("role"), knownvalue.StringExact(id)),
			},
		},
		resource.TestStep{
			PreConfig:        func() { srv.SetRole("ada@acme.com", "Member") },
			Config:           memberRoleConfig(srv, "ada@acme.com", id),
			ConfigPlanChecks: planned("prefectsso_member_role.person", plancheck.ResourceActionUpdate),
			Check:            func(*terraform.State) error { return srv.WantRole("ada@acme.com", "Admin") },
		},
	)
}

func TestAccMemberRoleOnDestroy(t *testing.T) {
	t.Parallel()
	for onDestroy, want := range map[string]string{"forget": "Admin", "reset": "Member"} {
		t.Run(onDestroy, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t)
			runSteps(t, resource.TestStep{Config: memberRoleConfig(srv, "ada@acme.com", "Admin", `on_destroy = "`+onDestroy+`"`)})
			if err := srv.WantRole("ada@acme.com", want); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAccMemberRoleWaitsInVain(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	runSteps(t, resource.TestStep{
		Config:      memberRoleConfig(srv, "late@acme.com", "Admin", `timeouts = { create = "1s" }`),
		ExpectError: spread(`Could not find member.*did not become a member.*within 1s`),
	})
}

func TestAccMemberRoleBadInput(t *testing.T) {
	t.Parallel()
	var refused refusals
	for name, test := range map[string]struct {
		email, role, key, more, want string
	}{
		"nobody's address":      {email: "nobody@acme.com", role: "Admin", want: `Could not find member.*nobody@acme\.com is not a member`},
		"no address":            {email: "ada", role: "Admin", want: `Invalid email address.*no "@"`},
		"an unknown role":       {email: "ada@acme.com", role: "Boss", want: `Unusable role.*no role "Boss".*Admin, .*Auditor.*Owner`},
		"a role in other case":  {email: "ada@acme.com", role: "admin", want: `Unusable role.*no role "admin"`},
		"an unknown on_destroy": {email: "ada@acme.com", role: "Admin", more: `on_destroy = "delete"`, want: `on_destroy`},
		"no permission":         {email: "grace@acme.com", role: "Admin", key: "pnu_ada", want: `Could not change role.*update:account_membership`},
		"more than one has":     {email: "grace@acme.com", role: "Owner", key: acctest.AdminKey, want: `Could not change role.*bypass:sso`},
		"oneself":               {email: "owner@acme.com", role: "Member", key: acctest.OwnerKey, want: `owner@acme\.com.*Guard: caller-demoted`},
	} {
		srv := acctest.Start(t)
		key := test.key
		if key == "" {
			key = acctest.ServiceKey
		}
		refused.add(name, resource.TestStep{
			Config:      srv.ProviderAs(key) + fmt.Sprintf("resource \"prefectsso_member_role\" \"x\" {\n  email = %q\n  role = %q\n  %s\n}", test.email, test.role, test.more),
			ExpectError: spread(test.want),
		}, func() {
			if err := srv.WantRole("ada@acme.com", "Member"); err != nil {
				t.Error(err)
			}
		})
	}
	refused.run(t)
}

// The last one who signs in without single sign-on is not demoted: by the plan and, with protection off, by the apply.
func TestAccMemberRoleLastOwner(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	srv.SetRole("second.owner@acme.com", "Member")
	runSteps(t, resource.TestStep{
		Config: srv.Provider() + `resource "prefectsso_member_role" "x" {
  email = "owner@acme.com"
  role  = "Member"
}`,
		ExpectError: spread(`Guard: bypass-nobody-left`),
	})
	p := inProcessWith(t, func(time.Duration) <-chan time.Time {
		expired := make(chan time.Time, 1)
		expired <- time.Time{}
		return expired
	}, map[string]any{"endpoint": srv.URL + "/api", "api_key": acctest.ServiceKey, "account_id": acctest.AccountID, "lockout_protection": false})
	r := &run{t: t}
	errors := r.apply(p, op{typeName: "prefectsso_member_role", config: map[string]any{"email": "owner@acme.com", "role": "Member"}})
	if len(errors) != 1 || !strings.Contains(errors[0], "owner@acme.com") || !strings.HasSuffix(errors[0], "\n\nGuard: bypass-nobody-left") {
		t.Errorf("got %q", errors)
	}
	if err := srv.WantRole("owner@acme.com", "Owner"); err != nil {
		t.Error(err)
	}
}

func TestAccMemberRoleTwoResourcesForOne(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	runSteps(t, resource.TestStep{
		Config: srv.Provider() + `
resource "prefectsso_member_role" "ada" {
  email = "ada@acme.com"
  role  = "Admin"
}
resource "prefectsso_member_roles" "all" {
  roles      = { "ADA@acme.com" = "Member", "grace@acme.com" = "Admin" }
  depends_on = [prefectsso_member_role.ada]
}`,
		ExpectError: spread(`ada@acme\.com is managed by a prefectsso_member_role.*prefectsso_member_roles.*Guard: managed-twice`),
	})
	if err := srv.WantRole("grace@acme.com", "Member"); err != nil {
		t.Error(err)
	}
}

// A person who moves from one resource to another in one run keeps the new role, whichever resource goes first.
func TestAccMemberRoleMovesBetweenResources(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	role := func(name string) string {
		return srv.Provider() + `
resource "prefectsso_member_role" "` + name + `" {
  email      = "ada@acme.com"
  role       = "Admin"
  on_destroy = "reset"
}`
	}
	is := func(*terraform.State) error { return srv.WantRole("ada@acme.com", "Admin") }
	runSteps(t,
		resource.TestStep{Config: role("old"), Check: is},
		resource.TestStep{Config: role("new"), Check: is},
		resource.TestStep{Config: srv.Provider() + `resource "prefectsso_member_roles" "all" { roles = { "ada@acme.com" = "Admin" } }`, Check: is},
	)
}
