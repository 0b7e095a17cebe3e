package provider_test

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// teamAs returns the argument team in one of its three ways.
func teamAs(way string, value any) map[string]tftypes.Value {
	team := map[string]tftypes.Value{}
	for _, name := range []string{"id", "name", "directory_group"} {
		team[name] = tftypes.NewValue(tftypes.String, nil)
	}
	team[way] = tftypes.NewValue(tftypes.String, value)
	return team
}

// The table of teams that change under a role, or are written otherwise: what is planned, what is said, and who has the
// role after the apply. No plan replaces the resource, so nobody loses a role for a team that cannot be found.
func TestTeamRoleMoves(t *testing.T) {
	t.Parallel()
	const typeName = "prefectsso_team_workspace_role"
	group := teamAs("directory_group", "Eng")
	rename := func(srv *acctest.Server, id string) { srv.RenameGroup(id, "Eng2") }
	off := func(srv *acctest.Server, _ string) {
		srv.Call(acctest.OwnerKey, http.MethodPatch, "/sso/directories/"+srv.DirectoryID(), map[string]any{"sync_groups_to_teams": false}, nil)
	}
	for name, test := range map[string]struct {
		arrange func(srv *acctest.Server, groupID string) // after the role was given to the team of the group Eng
		team    any                                       // as written now
		role    string
		warns   string // the id of the only warning of the plan
		changes bool
		fails   string // a part of the apply's error
		has     string // the only team that is in the workspace then
	}{
		"as it was":                   {nil, group, "Viewer", "", false, "", "Eng"},
		"the group is renamed":        {rename, group, "Viewer", "team-renamed", false, "", "Eng2"},
		"renamed, and another role":   {rename, group, "Developer", "team-renamed", true, "", "Eng2"},
		"renamed, and written so":     {rename, teamAs("directory_group", "Eng2"), "Viewer", "", true, "", "Eng2"},
		"the group's name goes on":    {func(srv *acctest.Server, id string) { rename(srv, id); srv.PushGroup("Eng") }, group, "Viewer", "team-name-taken", true, "", "Eng"},
		"groups make no teams now":    {off, group, "Viewer", "team-follows-no-group", false, "", "Eng"},
		"no more teams, another role": {off, group, "Developer", "team-follows-no-group", true, "", "Eng"},
		"another team":                {nil, teamAs("name", "Crew"), "Viewer", "", true, "", "Crew"},
		"the same team by its name":   {nil, teamAs("name", "Eng"), "Viewer", "", true, "", "Eng"},
		"a team that is not there":    {nil, teamAs("directory_group", "Sales"), "Viewer", "team-absent", true, `No team of the directory group "Sales" arrived`, "Eng"},
		"not known which team":        {nil, teamAs("name", tftypes.UnknownValue), "Viewer", "", true, "", "Crew"},
		"not known how it is named":   {nil, tftypes.UnknownValue, "Viewer", "", true, "", "Crew"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			srv.AddTeam("Crew")
			groupID := srv.PushGroup("Eng", srv.PushUser("ada@acme.com"))
			config := map[string]any{"team": group, "workspace": "production", "role": "Viewer"}
			before := inProcess(t, srv).create(t, typeName, config)
			if test.arrange != nil {
				test.arrange(srv, groupID)
			}
			p := inProcess(t, srv)
			prior := p.read(t, typeName, before.NewState, before.NewIdentity)
			config["team"], config["role"] = test.team, test.role
			plan, given := p.change(t, typeName, prior.NewState, config)
			noErrors(t, plan.Diagnostics)
			var want []finding
			if test.warns != "" {
				want = []finding{warns(test.warns, "team.directory_group")}
			}
			wantFindings(t, plan.Diagnostics, want...)
			if len(plan.Diagnostics) != len(want) {
				t.Errorf("the plan says %+v", plan.Diagnostics)
			}
			typ := p.resourceType(typeName)
			if changes := !equalStates(t, typ, plan.PlannedState, prior.NewState); changes != test.changes || len(plan.RequiresReplace) > 0 {
				t.Errorf("changes: %t, want %t; replaces: %s", changes, test.changes, plan.RequiresReplace)
			}
			if strings.HasPrefix(name, "not known") { // it is by the time of the apply, when Terraform plans again
				config["team"] = teamAs("name", "Crew")
				plan, given = p.change(t, typeName, prior.NewState, config)
			}
			if test.changes {
				done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{
					TypeName: typeName, PriorState: prior.NewState, PlannedState: plan.PlannedState, Config: given,
					PlannedPrivate: plan.PlannedPrivate, PlannedIdentity: plan.PlannedIdentity,
				})
				if err != nil {
					t.Fatal(err)
				}
				if test.fails == "" {
					noErrors(t, done.Diagnostics)
				} else if len(done.Diagnostics) != 1 || !strings.Contains(done.Diagnostics[0].Detail, test.fails) || !equalStates(t, typ, done.NewState, prior.NewState) {
					t.Errorf("got %+v, want the error %q and the state as it was", done.Diagnostics, test.fails)
				}
			}
			has := test.role
			if test.fails != "" {
				has = "Viewer"
			}
			if got := rolesInProduction(srv); !maps.Equal(got, map[string]string{test.has: has}) {
				t.Errorf("the workspace has %v, want %s", got, test.has)
			}
		})
	}
}

func equalStates(t *testing.T, typ tftypes.Type, a, b *tfprotov6.DynamicValue) bool {
	t.Helper()
	one, err := a.Unmarshal(typ)
	if err != nil {
		t.Fatal(err)
	}
	other, err := b.Unmarshal(typ)
	if err != nil {
		t.Fatal(err)
	}
	return one.Equal(other)
}

// rolesInProduction returns the roles in the workspace by the name of the team.
func rolesInProduction(srv *acctest.Server) map[string]string {
	var rows []struct {
		Name       string `json:"name"`
		Workspaces []struct {
			Role string `json:"workspace_role_name"`
		} `json:"workspaces"`
	}
	srv.Call(acctest.OwnerKey, http.MethodPost, "/teams/filter", map[string]any{}, &rows)
	roles := map[string]string{}
	for _, row := range rows {
		for _, w := range row.Workspaces {
			roles[row.Name] = w.Role
		}
	}
	return roles
}

// The second of two resources for one team and workspace is found also where neither of them writes.
func TestTwoTeamRolesOfOneTeam(t *testing.T) {
	t.Parallel()
	const typeName = "prefectsso_team_workspace_role"
	srv := acctest.Start(t)
	crew := srv.AddTeam("Crew")
	config := map[string]any{"team": teamAs("name", "Crew"), "workspace": "production", "role": "Viewer"}
	first := inProcess(t, srv).create(t, typeName, config).NewState
	again := map[string]any{"team": teamAs("id", crew), "workspace": "production", "role": "Developer"}
	second := inProcess(t, srv).create(t, typeName, again).NewState

	p := inProcess(t, srv)
	plan, _ := p.change(t, typeName, second, nil)
	noErrors(t, plan.Diagnostics)
	plan, _ = p.change(t, typeName, first, config)
	noErrors(t, plan.Diagnostics) // the other one is on its way out
	plan, _ = p.change(t, typeName, second, again)
	wantFindings(t, plan.Diagnostics, warns("managed-twice", "team.id"))
}
