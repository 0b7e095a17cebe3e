package provider_test

import (
	"fmt"
	"maps"
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

const teamRoleAddress = "prefectsso_team_workspace_role.crew"

func teamRoleConfig(srv *acctest.Server, team, workspace, role string, more ...string) string {
	block := fmt.Sprintf("resource \"prefectsso_team_workspace_role\" \"crew\" {\n  team = { %s }\n  workspace = %q\n  role = %q\n", team, workspace, role)
	for _, line := range more {
		block += "  " + line + "\n"
	}
	return srv.Provider() + block + "}\n"
}

// teamRoles is an error unless the team has exactly these roles, as pairs of workspace and role.
func teamRoles(srv *acctest.Server, team string, want map[string]string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if got := srv.TeamRoles(team); !maps.Equal(got, want) {
			return fmt.Errorf("the team has the roles %v, want %v", got, want)
		}
		return nil
	}
}

func TestAccTeamWorkspaceRole(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, srv *acctest.Server) {
		crew, other := srv.AddTeam("Crew", "ada@acme.com"), srv.AddTeam("Other")
		id := func(attribute, want string) statecheck.StateCheck {
			return statecheck.ExpectKnownValue(teamRoleAddress, tfjsonpath.New(attribute), knownvalue.StringExact(want))
		}
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			CheckDestroy:             teamRoles(srv, crew, map[string]string{}),
			Steps: []resource.TestStep{
				{
					PreConfig: srv.ResetRequests,
					Config:    teamRoleConfig(srv, `name = "Crew"`, "production", "Viewer"),
					ConfigStateChecks: []statecheck.StateCheck{
						id("team_id", crew), id("workspace_id", srv.WorkspaceID("production")), id("role_id", srv.WorkspaceRoleID("Viewer")),
						id("workspace", "production"), id("role", "Viewer"),
					},
					Check: resource.ComposeTestCheckFunc(teamRoles(srv, crew, map[string]string{"production": "Viewer"}), func(*terraform.State) error {
						if n := srv.Requests().Count(http.MethodPut, "/workspaces/{workspace_id}/team_access/"); n != 1 {
							return fmt.Errorf("a role took %d writes, want 1", n)
						}
						return nil
					}),
				},
				{ // the same workspace and role by their ids are no change
					Config:   teamRoleConfig(srv, `name = "Crew"`, srv.WorkspaceID("production"), srv.WorkspaceRoleID("Viewer")),
					PlanOnly: true,
				},
				{ // the same team by its id replaces nothing
					Config:           teamRoleConfig(srv, `id = "`+crew+`"`, "production", "Viewer"),
					ConfigPlanChecks: planned(teamRoleAddress, plancheck.ResourceActionUpdate),
					Check:            teamRoles(srv, crew, map[string]string{"production": "Viewer"}),
				},
				{
					Config:           teamRoleConfig(srv, `id = "`+crew+`"`, "production", "Developer"),
					ConfigPlanChecks: planned(teamRoleAddress, plancheck.ResourceActionUpdate),
					Check:            teamRoles(srv, crew, map[string]string{"production": "Developer"}),
				},
				{ // changed behind Terraform's back
					PreConfig:        func() { srv.SetTeamRole(crew, "production", "Owner") },
					Config:           teamRoleConfig(srv, `id = "`+crew+`"`, "production", "Developer"),
					ConfigPlanChecks: planned(teamRoleAddress, plancheck.ResourceActionUpdate),
					Check:            teamRoles(srv, crew, map[string]string{"production": "Developer"}),
				},
				{ // taken out behind Terraform's back
					PreConfig:        func() { srv.RemoveTeamRole(crew, "production") },
					Config:           teamRoleConfig(srv, `id = "`+crew+`"`, "production", "Developer"),
					ConfigPlanChecks: planned(teamRoleAddress, plancheck.ResourceActionCreate),
					Check:            teamRoles(srv, crew, map[string]string{"production": "Developer"}),
				},
				{
					ResourceName: teamRoleAddress, ImportState: true, ImportStateVerify: true,
					ImportStateId: crew + "/production", ImportStateVerifyIdentifierAttribute: "team_id",
				},
				{ // another workspace and another team
					Config:           teamRoleConfig(srv, `name = "Other"`, "staging", "Runner"),
					ConfigPlanChecks: planned(teamRoleAddress, plancheck.ResourceActionUpdate),
					Check:            resource.ComposeTestCheckFunc(teamRoles(srv, crew, map[string]string{}), teamRoles(srv, other, map[string]string{"staging": "Runner"})),
				},
				{
					ResourceName: teamRoleAddress, ImportState: true, ImportStateVerify: true,
					ImportStateId: acctest.AccountID + "/Other/staging", ImportStateVerifyIdentifierAttribute: "team_id",
				},
				{ // the team is deleted behind Terraform's back
					PreConfig:          func() { srv.Call(acctest.OwnerKey, http.MethodDelete, "/teams/"+other, nil, nil) },
					Config:             teamRoleConfig(srv, `name = "Other"`, "staging", "Runner"),
					PlanOnly:           true,
					ExpectNonEmptyPlan: true,
				},
			},
		})
	})
}

// The team of a directory group is found by the group's name and by its id, and shows as what it is.
func TestAccTeamWorkspaceRoleOfGroup(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]acctest.Option{"managed": nil, "published only": acctest.PublishedOnly} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := []acctest.Option{acctest.WithDirectory}
			if mode != nil {
				options = append(options, mode)
			}
			srv := acctest.Start(t, options...)
			var group, pushed string
			data := `
data "prefectsso_team" "crew" { id = prefectsso_team_workspace_role.crew.team_id }
data "prefectsso_teams" "synced" { directory_id = "` + srv.DirectoryID() + `" }
`
			of := func(group string) string {
				return teamRoleConfig(srv, `directory_group = "`+group+`"`, "production", "Viewer")
			}
			runSteps(t,
				resource.TestStep{Config: of("Engineers"), ExpectError: spread(`No team of the directory group "Engineers" arrived`)},
				resource.TestStep{
					PreConfig: func() { pushed = srv.PushGroup("Engineers", srv.PushUser("ada@acme.com")) },
					Config:    of("Engineers") + data,
					ConfigStateChecks: []statecheck.StateCheck{
						statecheck.ExpectKnownValue("data.prefectsso_team.crew", tfjsonpath.New("members"), knownvalue.MapSizeExact(1)),
						statecheck.ExpectKnownValue("data.prefectsso_team.crew", tfjsonpath.New("directory_group_id"), knownvalue.NotNull()),
						statecheck.ExpectKnownValue("data.prefectsso_teams.synced", tfjsonpath.New("teams").AtMapKey("Engineers").AtMapKey("people"), knownvalue.Int64Exact(1)),
					},
					Check: func(s *terraform.State) error {
						group = s.RootModule().Resources["data.prefectsso_team.crew"].Primary.Attributes["directory_group_id"]
						return nil
					},
				},
			)
			runSteps(t, // the team is not known while planning, and is the same in the end
				resource.TestStep{Config: teamRoleConfig(srv, `directory_group = terraform_data.group.output`, "production", "Viewer") + `resource "terraform_data" "group" { input = "Engineers" }`},
				resource.TestStep{
					Config:           teamRoleConfig(srv, `directory_group = terraform_data.group.output`, "production", "Developer") + `resource "terraform_data" "group" { input = "` + group + `" }`,
					ConfigPlanChecks: planned(teamRoleAddress, plancheck.ResourceActionUpdate),
				},
			)
			runSteps(t,
				resource.TestStep{Config: of(group)},
				resource.TestStep{ResourceName: teamRoleAddress, ImportState: true, ImportStateId: group + "/production", ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "team_id"},
			)
			runSteps(t, // the group's name changes, and then another group gets it
				resource.TestStep{Config: of("Engineers")},
				resource.TestStep{PreConfig: func() { srv.RenameGroup(pushed, "Makers") }, Config: of("Engineers"), PlanOnly: true},
				resource.TestStep{
					PreConfig: func() { srv.PushGroup("Engineers") }, Config: of("Engineers"), ConfigPlanChecks: planned(teamRoleAddress, plancheck.ResourceActionUpdate),
					Check: func(*terraform.State) error {
						if got := rolesInProduction(srv); !maps.Equal(got, map[string]string{"Engineers": "Viewer"}) {
							return fmt.Errorf("the workspace has %v, want Engineers", got)
						}
						return nil
					},
				},
			)
		})
	}
}

func TestAccTeamWorkspaceRoleBadInput(t *testing.T) {
	t.Parallel()
	var refused refusals
	for name, test := range map[string]struct {
		team, workspace, role, key, more, want string
	}{
		"no such team":          {team: `name = "Nobody"`, want: `Could not find team.*no team "Nobody".*it has Crew`},
		"no such team's id":     {team: `id = "0c1f1d2e-0000-4000-8000-0000000000ff"`, want: `Could not find team.*it has Crew`},
		"a group on its way":    {team: `directory_group = "Engineers"`, want: `Could not find team.*No team of the directory group "Engineers" arrived.*no such team at all`},
		"a team made by hand":   {team: `directory_group = "Crew"`, want: `Could not find team.*directory group "Crew"`},
		"waited in vain":        {team: `name = "Late"`, more: `timeouts = { create = "1s" }`, want: `Could not find team.*within 1s`},
		"no team":               {team: ``, want: `No attribute specified when one .and only one. of`},
		"two teams":             {team: `name = "Crew", directory_group = "Crew"`, want: `2 attributes specified when one .and only one. of`},
		"no team id":            {team: `id = "Crew"`, want: `"Crew" is no UUID`},
		"no such workspace":     {workspace: "prod", want: `Unusable workspace.*no workspace "prod".*production, staging`},
		"no such role":          {role: "Boss", want: `Unusable role.*no workspace role "Boss".*Developer.*Viewer`},
		"a role of the account": {role: "Admin", want: `Unusable role.*no workspace role "Admin"`},
		"no permission":         {key: "pnu_ada", want: `manage_workspace_teams`},
	} {
		srv := acctest.Start(t)
		crew := srv.AddTeam("Crew")
		or := func(text, fallback string) string {
			if text == "" {
				return fallback
			}
			return text
		}
		team := test.team
		if team == "" && name != "no team" {
			team = `name = "Crew"`
		}
		refused.add(name, resource.TestStep{
			Config: srv.ProviderAs(or(test.key, acctest.ServiceKey)) + fmt.Sprintf("resource \"prefectsso_team_workspace_role\" \"x\" {\n  team = { %s }\n  workspace = %q\n  role = %q\n  %s\n}",
				team, or(test.workspace, "production"), or(test.role, "Viewer"), test.more),
			ExpectError: spread(test.want),
		}, func() {
			if roles := srv.TeamRoles(crew); len(roles) > 0 {
				t.Errorf("the team has roles: %v", roles)
			}
		})
	}
	refused.run(t)
}

// Two resources for one team in one workspace fail instead of fighting; a role that was there is adopted with a warning.
func TestAccTeamWorkspaceRoleOnce(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	crew := srv.AddTeam("Crew")
	srv.SetTeamRole(crew, "production", "Owner")
	runSteps(t, resource.TestStep{
		Config: teamRoleConfig(srv, `name = "Crew"`, "production", "Viewer") + `
resource "prefectsso_team_workspace_role" "again" {
  team       = { id = "` + crew + `" }
  workspace  = "production"
  role       = "Developer"
  depends_on = [prefectsso_team_workspace_role.crew]
}`,
		ExpectError: spread(`Guard: managed-twice`),
	})
}

// A resource that takes over from another one in the same run keeps the team in the workspace.
func TestAccTeamWorkspaceRoleMovesBetweenResources(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	crew := srv.AddTeam("Crew")
	role := func(name string) string {
		return srv.Provider() + `
resource "prefectsso_team_workspace_role" "` + name + `" {
  team      = { name = "Crew" }
  workspace = "production"
  role      = "Viewer"
}`
	}
	runSteps(t,
		resource.TestStep{Config: role("old")},
		resource.TestStep{Config: role("new"), Check: teamRoles(srv, crew, map[string]string{"production": "Viewer"})},
	)
}

func TestAccTeamDataSources(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, srv *acctest.Server) {
		crew := srv.AddTeam("Crew", "ada@acme.com", "grace@acme.com")
		srv.SetTeamRole(crew, "production", "Viewer")
		var bots []struct{ ID string }
		srv.Call(acctest.OwnerKey, http.MethodPost, "/bots/filter", map[string]any{}, &bots)
		srv.Call(acctest.OwnerKey, http.MethodPut, "/teams/"+crew+"/members", map[string]any{"members": []map[string]string{{"member_id": bots[0].ID, "member_type": "service_account"}}}, nil)
		at := func(address string, at tfjsonpath.Path, check knownvalue.Check) statecheck.StateCheck {
			return statecheck.ExpectKnownValue("data."+address, at, check)
		}
		runSteps(t, resource.TestStep{
			Config: srv.Provider() + `
data "prefectsso_team" "crew" { name = "Crew" }
data "prefectsso_team" "by_id" { id = data.prefectsso_team.crew.id }
data "prefectsso_teams" "all" {}
data "prefectsso_teams" "synced" { directory_id = "directory_01KABCDEFGHJKMNPQRSTVWXYZ0" }
`,
			ConfigStateChecks: []statecheck.StateCheck{
				at("prefectsso_team.crew", tfjsonpath.New("id"), knownvalue.StringExact(crew)),
				at("prefectsso_team.crew", tfjsonpath.New("directory_group_id"), knownvalue.Null()),
				at("prefectsso_team.crew", tfjsonpath.New("members").AtMapKey("ada@acme.com").AtMapKey("name"), knownvalue.StringExact("Ada Lovelace")),
				at("prefectsso_team.crew", tfjsonpath.New("members"), knownvalue.MapSizeExact(2)),
				at("prefectsso_team.crew", tfjsonpath.New("service_accounts"), knownvalue.MapPartial(map[string]knownvalue.Check{"terraform": knownvalue.NotNull()})),
				at("prefectsso_team.crew", tfjsonpath.New("workspaces").AtMapKey("production").AtMapKey("role"), knownvalue.StringExact("Viewer")),
				at("prefectsso_team.by_id", tfjsonpath.New("name"), knownvalue.StringExact("Crew")),
				at("prefectsso_teams.all", tfjsonpath.New("teams").AtMapKey("Crew").AtMapKey("people"), knownvalue.Int64Exact(2)),
				at("prefectsso_teams.synced", tfjsonpath.New("teams"), knownvalue.MapSizeExact(0)),
			},
		}, resource.TestStep{
			Config: srv.Provider() + `data "prefectsso_team" "x" { name = "Nobody" }`, ExpectError: spread(`Could not find team.*no team "Nobody".*it has Crew`),
		})
	})
}

// A plan without teams is named, at the data source and at the resource.
func TestAccTeamsOutsideThePlan(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.Crowd(1, "Member"))
	runSteps(t,
		resource.TestStep{Config: srv.Provider() + `data "prefectsso_teams" "all" {}`, ExpectError: spread(`does not have the feature "teams".*Enterprise plan`)},
	)
}
