package provider_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// A plan that would fight a mapping fails, names the mapping and says what to do.
func TestAccPlanFightsAMapping(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	srv.PushGroup("Engineers", srv.PushUser("ada@acme.com"), srv.PushUser("grace@acme.com"))
	id := srv.AddMapping("Engineers", "Admin", 10)
	var refused refusals
	for name, test := range map[string]struct{ config, people, advice string }{
		"member_role": {`
resource "prefectsso_member_role" "x" {
  email = "ada@acme.com"
  role  = "Auditor"
}`, `ada@acme\.com`, "`removed` block"},
		"member_roles": {`
resource "prefectsso_member_roles" "x" {
  roles = { "Ada@acme.com" = "Auditor", "grace@acme.com" = "Member", "owner@acme.com" = "Owner" }
}`, `ada@acme\.com, grace@acme\.com`, "out of `roles`"},
		"role_members gives": {`
resource "prefectsso_role_members" "x" {
  role    = "Auditor"
  members = ["ada@acme.com"]
}`, `ada@acme\.com`, "`ignore_emails`"},
		"role_members takes": {`
resource "prefectsso_role_members" "x" {
  role    = "Admin"
  members = ["grace@acme.com"]
}`, `ada@acme\.com`, "`ignore_emails`"},
	} {
		refused.add(name, resource.TestStep{
			Config: srv.Provider() + test.config, PlanOnly: true,
			ExpectError: spread(id + ` \(group "Engineers"\) of the directory ` + srv.DirectoryID() + ` gives the role of ` + test.people + `, and.*` + test.advice + `.*Guard: role-given-by-mapping`),
		}, nil)
	}
	refused.run(t)
}

// The same role as a mapping gives is no fight; what else decides about a role shows in managed_by.
func TestAccMemberRoleManagedBy(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	srv.PushGroup("Engineers", srv.PushUser("ada@acme.com"))
	srv.PushUser("late@acme.com")
	id := srv.AddMapping("Engineers", "Admin", 10)
	config := func(ada string) string {
		return memberRoleConfig(srv, "ada@acme.com", ada) + `
resource "prefectsso_member_role" "late" {
  email = "late@acme.com"
  role  = "Member"
}
resource "prefectsso_member_role" "grace" {
  email = "grace@acme.com"
  role  = "Auditor"
}`
	}
	by := func(name, want string) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("prefectsso_member_role."+name, tfjsonpath.New("managed_by"), knownvalue.StringExact(want))
	}
	runSteps(t,
		resource.TestStep{
			Config: config("Admin"),
			ConfigStateChecks: []statecheck.StateCheck{
				by("person", "mapping:"+id), by("late", "directory:"+srv.DirectoryID()), by("grace", "manual"),
			},
		},
		resource.TestStep{ResourceName: "prefectsso_member_role.person", ImportState: true, ImportStateId: "ada@acme.com", ImportStateVerify: true},
		resource.TestStep{ // the mapping is given another role, by somebody else
			PreConfig:   func() { srv.ChangeMapping(id, map[string]any{"account_role_id": srv.RoleID("Auditor")}) },
			Config:      config("Admin"),
			ExpectError: spread(id + `.*Guard: role-given-by-mapping`),
		},
		resource.TestStep{ // it ends, and the role from before returns: the plan gives the other one again, and may
			PreConfig:         func() { srv.RemoveMapping(id) },
			Config:            config("Admin"),
			ConfigPlanChecks:  planned("prefectsso_member_role.person", plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{by("person", "manual")},
			Check:             func(*terraform.State) error { return srv.WantRole("ada@acme.com", "Admin") },
		},
	)
}

// Where the server does not tell, managed_by is null: nothing is guessed.
func TestAccMemberRoleManagedByUnknown(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory, acctest.PublishedOnly)
	srv.PushUser("ada@acme.com")
	address := tfjsonpath.New("managed_by")
	runSteps(t, resource.TestStep{
		Config: memberRoleConfig(srv, "ada@acme.com", "Admin") + `
resource "prefectsso_member_role" "grace" {
  email = "grace@acme.com"
  role  = "Auditor"
}`,
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue("prefectsso_member_role.person", address, knownvalue.Null()),
			statecheck.ExpectKnownValue("prefectsso_member_role.grace", address, knownvalue.StringExact("manual")),
		},
	})
}

// A mapping that comes between plan and apply: the server's refusal is told like the plan's.
func TestMappingComesBetweenPlanAndApply(t *testing.T) {
	t.Parallel()
	for typeName, config := range map[string]map[string]any{
		"prefectsso_member_role":  {"email": "ada@acme.com", "role": "Auditor"},
		"prefectsso_member_roles": {"roles": map[string]string{"ada@acme.com": "Auditor"}},
		"prefectsso_role_members": {"role": "Auditor", "members": []string{"ada@acme.com"}},
	} {
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			srv.PushGroup("Engineers", srv.PushUser("ada@acme.com"))
			p := inProcess(t, srv)
			plan, given, null := p.plan(t, typeName, config)
			noErrors(t, plan.Diagnostics)
			id := srv.AddMapping("Engineers", "Member", 10)
			done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{
				TypeName: typeName, PriorState: null, PlannedState: plan.PlannedState, Config: given, PlannedPrivate: plan.PlannedPrivate,
			})
			if err != nil {
				t.Fatal(err)
			}
			at := map[string]string{"prefectsso_member_role": "role", "prefectsso_member_roles": "roles", "prefectsso_role_members": "members"}
			wantFindings(t, done.Diagnostics, fails("role-given-by-mapping", at[typeName], "ada@acme.com"))
			if len(done.Diagnostics) != 1 || !strings.Contains(done.Diagnostics[0].Detail, id) {
				t.Errorf("got %+v, want the mapping %s", done.Diagnostics, id)
			}
		})
	}
}

// Destroying what should reset a role that a mapping gives leaves the role to the mapping, and does not get stuck.
func TestAccMemberRoleResetUnderAMapping(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	srv.PushGroup("Engineers", srv.PushUser("ada@acme.com"))
	srv.AddMapping("Engineers", "Admin", 10)
	runSteps(t, resource.TestStep{Config: memberRoleConfig(srv, "ada@acme.com", "Admin", `on_destroy = "reset"`)})
	if err := srv.WantRole("ada@acme.com", "Admin"); err != nil {
		t.Error(err)
	}
}

// A directory that the same run made counts: whoever it brings is not taken for somebody whom people manage.
func TestOwnershipAfterADirectoryCame(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	srv.SetDomains("acme.com")
	p := inProcess(t, srv)
	p.create(t, "prefectsso_member_role", map[string]any{"email": "ada@acme.com", "role": "Admin"}) // asks, and finds none
	p.create(t, "prefectsso_scim_directory", map[string]any{"name": "Okta", "type": "okta scim v2.0"})
	var token struct{ Token string }
	var row struct {
		Endpoint string `json:"scim_endpoint"`
	}
	srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/directories/"+srv.DirectoryID()+"/tokens", map[string]any{"name": "t"}, &token)
	srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/directories/"+srv.DirectoryID(), nil, &row)
	srv.SCIMTo(row.Endpoint, token.Token, http.MethodPost, "/Users", acctest.ActiveUser("late@acme.com"), nil)
	done := p.create(t, "prefectsso_member_role", map[string]any{"email": "late@acme.com", "role": "Member"})
	got := p.object(t, p.resourceType("prefectsso_member_role"), done.NewState)["managed_by"]
	if want := tftypes.NewValue(tftypes.String, "directory:"+srv.DirectoryID()); !got.Equal(want) {
		t.Errorf("managed by %s, want %s", got, want)
	}
}

// For many people directories are read as a whole, and a mapping is named once.
func TestManyPeopleFightAMapping(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	const people = 30
	ids, roles := make([]string, people), map[string]string{}
	for i := range people {
		email := fmt.Sprintf("person%02d@acme.com", i)
		ids[i], roles[email] = srv.PushUser(email), "Auditor"
	}
	srv.PushGroup("Engineers", ids[:25]...)
	id := srv.AddMapping("Engineers", "Admin", 10)
	srv.ResetRequests()
	plan, _, _ := inProcess(t, srv).plan(t, "prefectsso_member_roles", map[string]any{"roles": roles})
	if len(plan.Diagnostics) != 1 {
		t.Fatalf("got %+v, want one error", plan.Diagnostics)
	}
	if detail := plan.Diagnostics[0].Detail; !strings.Contains(detail, id) || !strings.Contains(detail, "person00@acme.com, ") || !strings.Contains(detail, "and 5 more") {
		t.Errorf("got %s", detail)
	}
	counts := srv.Requests()
	if n := counts.Count(http.MethodGet, "/account_memberships/{id}"); n > 0 || counts.Total > 8 {
		t.Errorf("%d people took %d requests, %d of them one by one: %+v", people, counts.Total, n, counts.Routes)
	}
}

// In an account without directories nobody is asked about, however many change.
func TestOwnershipWithoutDirectories(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.Crowd(20, "Member"))
	p := inProcess(t, srv)
	srv.ResetRequests()
	for i := range 5 {
		p.create(t, "prefectsso_member_role", map[string]any{"email": fmt.Sprintf("person%05d@acme.com", i+1), "role": "Admin"})
	}
	if n := srv.Requests().Count(http.MethodGet, "/sso/integrations"); n != 1 {
		t.Errorf("directories were asked for %d times, want 1", n)
	}
	if n := srv.Requests().Count(http.MethodGet, "/account_memberships/{id}"); n != 0 {
		t.Errorf("%d people were asked about, want 0", n)
	}
}
