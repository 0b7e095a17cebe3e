package provider_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

const mappingAddress = "prefectsso_group_role_mapping.engineers"

func mappingBlock(srv *acctest.Server, name, match, role string, priority int) string {
	return fmt.Sprintf(`
resource "prefectsso_group_role_mapping" %q {
  directory_id = %q
  match        = { %s }
  role         = %q
  priority     = %d
}
`, name, srv.DirectoryID(), match, role, priority)
}

func mappingConfig(srv *acctest.Server, match, role string, priority int) string {
	return srv.Provider() + mappingBlock(srv, "engineers", match, role, priority)
}

func TestAccGroupRoleMapping(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	const byName, byTitle = `group_name = "Engineers"`, `attribute = "title", equals = "CTO"`
	var group string
	ada := func(role string) resource.TestCheckFunc {
		return func(*terraform.State) error { return srv.WantRole("ada@acme.com", role) }
	}
	status := func(want string) []statecheck.StateCheck {
		return []statecheck.StateCheck{statecheck.ExpectKnownValue(mappingAddress, tfjsonpath.New("status"), knownvalue.StringExact(want))}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		CheckDestroy: func(*terraform.State) error {
			if left := srv.Mappings(); len(left) > 0 {
				return fmt.Errorf("mappings are left over: %v", left)
			}
			return srv.WantRole("ada@acme.com", "Member") // the role from before
		},
		Steps: []resource.TestStep{
			{Config: mappingConfig(srv, byName, "Admin", 10), ConfigStateChecks: status("dangling")},
			{ // the group arrives, and its people get the role
				PreConfig:         func() { group = srv.PushGroup("Engineers", srv.PushUser("ada@acme.com")) },
				Config:            mappingConfig(srv, byName, "Admin", 10),
				ConfigPlanChecks:  emptyPlan(),
				ConfigStateChecks: status("applied"),
				Check:             ada("Admin"),
			},
			{Config: mappingConfig(srv, byName, srv.RoleID("Admin"), 10), PlanOnly: true},
			{
				Config:           mappingConfig(srv, byName, "Auditor", 20),
				ConfigPlanChecks: planned(mappingAddress, plancheck.ResourceActionUpdate),
				Check:            ada("Auditor"),
			},
			{ // the identity provider renames the group
				PreConfig:         func() { srv.RenameGroup(group, "Makers") },
				Config:            mappingConfig(srv, byName, "Auditor", 20),
				ConfigStateChecks: status("dangling"),
				Check:             ada("Member"),
			},
			{
				Config:            mappingConfig(srv, byTitle, "Auditor", 20),
				ConfigPlanChecks:  planned(mappingAddress, plancheck.ResourceActionUpdate),
				ConfigStateChecks: status("applied"),
			},
			{
				PreConfig:         func() { srv.RenameGroup(group, "Engineers") },
				Config:            mappingConfig(srv, byName, "Auditor", 0),
				ConfigPlanChecks:  planned(mappingAddress, plancheck.ResourceActionUpdate),
				ConfigStateChecks: status("applied"),
				Check:             ada("Auditor"),
			},
			{ // changed behind Terraform's back
				PreConfig: func() {
					srv.ChangeMapping(srv.Mappings()[0], map[string]any{"account_role_id": srv.RoleID("Owner"), "priority": 7})
				},
				Config:           mappingConfig(srv, byName, "Auditor", 0),
				ConfigPlanChecks: planned(mappingAddress, plancheck.ResourceActionUpdate),
				Check:            ada("Auditor"),
			},
			{ // deleted behind Terraform's back
				PreConfig:        func() { srv.RemoveMapping(srv.Mappings()[0]) },
				Config:           mappingConfig(srv, byName, "Auditor", 0),
				ConfigPlanChecks: planned(mappingAddress, plancheck.ResourceActionCreate),
				Check:            ada("Auditor"),
			},
			{
				ResourceName: mappingAddress, ImportState: true, ImportStateVerify: true,
				ImportStateIdFunc: func(*terraform.State) (string, error) { return srv.DirectoryID() + "/" + srv.Mappings()[0], nil },
			},
			{
				ResourceName: mappingAddress, ImportState: true, ImportStateVerify: true,
				ImportStateId: "Okta/Engineers",
			},
			{
				ResourceName: mappingAddress, ImportState: true, ImportStateVerify: true,
				ImportStateIdFunc: func(*terraform.State) (string, error) {
					return acctest.AccountID + "/" + srv.DirectoryID() + "/" + srv.Mappings()[0], nil
				},
			},
		},
	})
}

func TestAccGroupRoleMappingBadInput(t *testing.T) {
	t.Parallel()
	const byName = `group_name = "Engineers"`
	var refused refusals
	for name, test := range map[string]struct {
		match, role, directory, key, want string
	}{
		"no match":               {match: " ", want: `No attribute specified when one .and only one. of`},
		"two matches":            {match: byName + `, attribute = "title", equals = "CTO"`, want: `2 attributes specified when one .and only one. of`},
		"half an attribute":      {match: `attribute = "title"`, want: `match.equals.*must be specified when.*match.attribute`},
		"equals without":         {match: byName + `, equals = "CTO"`, want: `match.attribute.*must be specified when.*match.equals`},
		"an empty name":          {match: `group_name = ""`, want: `must be between 1 and 1024`},
		"a name for an id":       {match: `group_id = "Engineers"`, want: `is the id of a directory group`},
		"no id of a group":       {match: `group_id = "directory_group_x"`, want: `Could not create group role mapping.*26 characters`},
		"no such attribute":      {match: `attribute = "shoe", equals = "9"`, want: `Could not create group role mapping.*not an attribute of SCIM users`},
		"an unknown role":        {role: "Boss", want: `Unusable role.*no role "Boss".*Admin`},
		"a name for a directory": {directory: "Okta", want: `is the id of a directory`},
		"no such directory":      {directory: "directory_01KABCDEFGHJKMNPQRSTVWXYZ0", want: `Could not create group role mapping.*Directory not found`},
		"no permission":          {key: "pnu_ada", want: `administrate:sso`},
	} {
		srv := acctest.Start(t, acctest.WithDirectory)
		or := func(text, fallback string) string {
			if text == "" {
				return fallback
			}
			return text
		}
		refused.add(name, resource.TestStep{
			Config: srv.ProviderAs(or(test.key, acctest.ServiceKey)) + fmt.Sprintf("resource \"prefectsso_group_role_mapping\" \"x\" {\n  directory_id = %q\n  match = { %s }\n  role = %q\n  priority = 1\n}",
				or(test.directory, srv.DirectoryID()), or(test.match, byName), or(test.role, "Admin")),
			ExpectError: spread(test.want),
		}, func() {
			if left := srv.Mappings(); len(left) > 0 {
				t.Errorf("mappings are left over: %v", left)
			}
		})
	}
	refused.run(t)
}

// An import names the directory and the mapping by id or by name, and says what there is.
func TestAccGroupRoleMappingImportBadInput(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	srv.AddMapping("Sales", "Auditor", 1)
	srv.AddMapping("Engineers", "Auditor", 2)
	// Several have one match only by a change.
	srv.ChangeMapping(srv.AddMapping("Twins", "Admin", 3), map[string]any{"match": map[string]any{"group_name": "Engineers"}})
	for id, want := range map[string]string{
		"Sales":          "The import id is `<directory_id>/<id>`",
		"Entra/Sales":    `no directory "Entra" \(it has Okta\)`,
		"Okta/Ops/Prod":  `has a part more than .*begins with "Okta", which is no UUID.*named by its id`,
		"Okta/Makers":    `no mapping "Makers" \(it has .*group "Sales"`,
		"Okta/Engineers": `2 mappings for "Engineers".*by its id`,
		"Okta/0c1f1d2e-0000-4000-8000-0000000000ff": `Cannot import non-existent remote object`,
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			runSteps(t, resource.TestStep{
				Config: mappingConfig(srv, `group_name = "Sales"`, "Auditor", 1), ResourceName: mappingAddress,
				ImportState: true, ImportStateId: id, ExpectError: spread(want),
			})
		})
	}
}

// A mapping whose match is there already is never taken over: the error names it, and how to import it. Equal priorities
// are no mistake.
func TestAccGroupRoleMappingExists(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	id := srv.AddMapping("Engineers", "Auditor", 10)
	exists := `Group role mapping exists already.*` + id + `.*terraform import prefectsso_group_role_mapping.*` + acctest.AccountID + "/" + srv.DirectoryID() + "/" + id
	runSteps(t,
		resource.TestStep{Config: mappingConfig(srv, `group_name = "Engineers"`, "Admin", 11), ExpectError: spread(exists)},
		resource.TestStep{Config: mappingConfig(srv, `group_name = "Sales"`, "Admin", 10), ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(mappingAddress, tfjsonpath.New("created"), knownvalue.NotNull()),
			statecheck.ExpectKnownValue(mappingAddress, tfjsonpath.New("created_by"), knownvalue.StringExact(srv.ServiceActor())),
		}},
	)
	if left := srv.Mappings(); len(left) != 1 || left[0] != id {
		t.Errorf("mappings %v, want %s", left, id)
	}
}

// What a plan says in warnings: a group that has not arrived, a match that another mapping has.
func TestGroupRoleMappingPlanWarnings(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	srv.PushGroup("Engineers", srv.PushUser("ada@acme.com"))
	srv.AddMapping("Sales", "Auditor", 10)
	match := func(attribute, value string) map[string]tftypes.Value {
		out := map[string]tftypes.Value{}
		for _, name := range []string{"group_id", "group_name", "attribute", "equals"} {
			out[name] = tftypes.NewValue(tftypes.String, nil)
		}
		out[attribute] = tftypes.NewValue(tftypes.String, value)
		return out
	}
	for name, test := range map[string]struct {
		match    map[string]tftypes.Value
		priority int
		want     []finding
	}{
		"nothing":               {match("group_name", "Engineers"), 1, nil},
		"a group on its way":    {match("group_name", "Makers"), 1, []finding{warns("group-not-arrived", "match.group_name")}},
		"a group in other case": {match("group_name", "engineers"), 1, []finding{warns("group-not-arrived", "match.group_name")}},
		"an id of no group":     {match("group_id", "directory_group_01KABCDEFGHJKMNPQRSTVWXYZ0"), 1, []finding{warns("group-absent", "match.group_id")}},
		"an equal priority":     {match("group_name", "Engineers"), 10, nil},
		"a match is taken":      {match("group_name", "Sales"), 1, []finding{warns("mapping-match-taken", "match"), warns("group-not-arrived", "match.group_name")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, _, _ := inProcess(t, srv).plan(t, "prefectsso_group_role_mapping", map[string]any{
				"directory_id": srv.DirectoryID(), "match": test.match, "role": "Admin", "priority": test.priority,
			})
			wantFindings(t, plan.Diagnostics, test.want...)
		})
	}
}

// What is not known while planning postpones the checks, also where it is a whole nested attribute.
func TestUnknownWhilePlanning(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	for typeName, config := range map[string]map[string]any{
		"prefectsso_group_role_mapping":  {"directory_id": tftypes.UnknownValue, "match": tftypes.UnknownValue, "role": tftypes.UnknownValue, "priority": tftypes.UnknownValue},
		"prefectsso_team_workspace_role": {"team": tftypes.UnknownValue, "workspace": tftypes.UnknownValue, "role": tftypes.UnknownValue},
	} {
		plan, _, _ := inProcess(t, srv).plan(t, typeName, config)
		if len(plan.Diagnostics) > 0 {
			t.Errorf("%s: %+v", typeName, plan.Diagnostics[0])
		}
	}
}

// On a server that behaves like today's Prefect Cloud nothing can be mapped: the plan says what a person does instead.
func TestAccGroupRoleMappingPublishedOnly(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory, acctest.PublishedOnly)
	unknown := srv.Provider() + `
resource "terraform_data" "directory" { input = "` + srv.DirectoryID() + `" }
resource "prefectsso_group_role_mapping" "x" {
  directory_id = terraform_data.directory.output
  match        = { group_name = "Engineers" }
  role         = "Admin"
  priority     = 1
}`
	runSteps(t,
		resource.TestStep{Config: mappingConfig(srv, `group_name = "Engineers"`, "Admin", 1), ExpectError: spread(`Group role mappings cannot be used here.*under Members.*prefectsso_team_workspace_role`)},
		resource.TestStep{Config: unknown, PlanOnly: true, ExpectError: spread(`Group role mappings cannot be used here.*under Members.*prefectsso_member_role`)},
	)
}

// An account whose plan has no directory sync: the error names the plan.
func TestAccGroupRoleMappingPlanLimit(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.Crowd(1, "Member"))
	runSteps(t, resource.TestStep{
		Config: srv.Provider() + `
resource "prefectsso_group_role_mapping" "x" {
  directory_id = "directory_01KABCDEFGHJKMNPQRSTVWXYZ0"
  match        = { group_name = "Engineers" }
  role         = "Admin"
  priority     = 1
}`,
		ExpectError: spread(`does not have the feature "scim".*Enterprise plan`),
	})
}
