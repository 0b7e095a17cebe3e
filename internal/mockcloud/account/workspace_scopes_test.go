package account_test

import (
	"slices"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// TestWorkspaceScopes: what includes what, and that all that is referred to is there.
func TestWorkspaceScopes(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	type scope struct {
		Name, Title    string
		FeatureGroup   string   `json:"feature_group"`
		IncludesScopes []string `json:"includes_scopes"`
		SeeScope       *string  `json:"see_scope"`
	}
	var rows []scope
	s.Call("GET", "/api/workspace_scopes", mocktest.Member, nil).Want(200).Into(&rows)
	byName, titles := make(map[string]scope), make(map[string]string)
	for _, row := range rows {
		if before, twice := titles[row.Title]; twice || row.FeatureGroup == "" {
			t.Errorf("%s: the title %q is that of %q, the group %q", row.Name, row.Title, before, row.FeatureGroup)
		}
		byName[row.Name], titles[row.Title] = row, row.Name
	}
	for _, row := range rows {
		for _, other := range row.IncludesScopes {
			if _, ok := byName[other]; !ok || other == row.Name {
				t.Errorf("%s includes %s", row.Name, other)
			}
		}
		if row.SeeScope != nil && byName[*row.SeeScope].Name == "" {
			t.Errorf("%s is seen by %s", row.Name, *row.SeeScope)
		}
	}
	for name, want := range map[string][]string{
		"see_flows": {}, "manage_deployments": {"see_deployments", "run_deployments", "write_deployments"},
		"write_variables": {"see_variables"}, "manage_workspace_teams": {}, "manage_workspace_users": {"see_workspace_users"},
	} {
		if got := byName[name].IncludesScopes; !slices.Equal(got, want) {
			t.Errorf("%s includes %v, want %v", name, got, want)
		}
	}
	if see := byName["manage_workspace_teams"].SeeScope; see != nil {
		t.Errorf("teams are seen by %s", *see)
	}
}

// TestMyScopes: one's own scopes, of a person and of a service account.
func TestMyScopes(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, lab)})
	keeper := create(t, s, root+"/workspace_roles/", obj{"name": "Keeper", "scopes": []string{"manage_workspace_service_accounts", "a_scope_of_another_day"}})
	id := workspaceNamed(t, s, "production")
	path := workspaces + "/" + id
	bot, key := newBot(t, s, "runs")
	s.Call("POST", path+"/bot_access", mocktest.Owner, botGrant(bot.ID, keeper)).Want(200)
	s.Call("POST", path+"/user_access", mocktest.Owner, userGrant(s.MemberNamed("ada@acme.com").UserID, workspaceRoleNamed(t, s, "Viewer"))).Want(200)
	mine := "/api/me/workspaces/" + id
	has := func(scope string) string { return mine + "/has_scope?scope=" + scope }
	walk(t, s, []step{
		{"a service account's", "GET", mine + "/scopes", key, nil, 200, says(`["manage_workspace_service_accounts","see_workspace_service_accounts","a_scope_of_another_day"]`)},
		{"a Viewer's", "GET", mine + "/scopes/", mocktest.Member, nil, 200, says(`["see_workspace_users"]`)},
		{"an Owner's", "GET", mine + "/scopes", "", nil, 200, says(`"see_flows"`, `"manage_webhooks"`)},
		{"of one who is not in", "GET", mine + "/scopes", "pnu_grace", nil, 200, says("[]")},
		{"a stranger's", "GET", mine + "/scopes", "pnu_globex", nil, 404, says("Workspace not found")},
		{"has what is included", "GET", has("see_workspace_service_accounts"), key, nil, 200, says("true")},
		{"has not", "GET", has("see_workspace_users"), key, nil, 200, says("false")},
		{"an Owner has", "GET", has("manage_acls"), "", nil, 200, says("true")},
		{"not a scope", "GET", has("fly"), key, nil, 422, says(`"loc":["query","scope"]`, "enum")},
		{"which", "GET", mine + "/has_scope", key, nil, 422, says(`"loc":["query","scope"]`, "missing")},
		{"what is included can be used", "POST", path + "/bot_access/filter", key, nil, 200, says(`"bot_name":"runs"`)},
		{"by whoever may manage", "POST", path + "/bot_access/", key, botGrant(bot.ID, keeper), 200, nil},
		{"not more than one's own", "POST", path + "/bot_access/", key, botGrant(bot.ID, workspaceRoleNamed(t, s, "Viewer")), 403, says("see_workspace_users")},
	})
}

// TestUsage: the limits are those that the account shows, and nothing is in use.
func TestUsage(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	shown, limits := map[string]any{}, map[string]any{}
	s.Call("GET", root, mocktest.Member, nil).Want(200).Into(&shown)
	s.Call("GET", root+"/usage_limits", mocktest.Member, nil).Want(200, `"orchestration_rate_limit":5000`).Into(&limits)
	both := 0
	for name, limit := range limits {
		if of, in := shown[name]; in {
			both++
			if of != limit {
				t.Errorf("%s is %v, in the account %v", name, limit, of)
			}
		}
	}
	if both < 6 {
		t.Errorf("only %d limits are the account's, too", both)
	}
	s.Call("GET", root+"/usage/", mocktest.Member, nil).Want(200, `"name":"Production","automations":0`, `"id":"`+workspaceNamed(t, s, "staging")+`"`)
}
