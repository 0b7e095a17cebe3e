package account_test

import (
	"slices"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// lab is an account with a Collaborator and a workspace of its own, and another
// account with a workspace.
const lab = `
accounts:
  - id: ` + mocktest.Account + `
    handle: acme
    features: [teams, custom_roles]
    workspaces: [{handle: production, name: Production}, {handle: staging, name: Staging}]
    users:
      - {email: owner@acme.com, role: Owner, api_key: pnu_owner}
      - {email: ada@acme.com, first_name: Ada, last_name: Lovelace, api_key: pnu_ada}
      - {email: grace@acme.com, first_name: Grace, last_name: Hopper, api_key: pnu_grace}
      - {email: eve@partner.com, first_name: Eve, role: Collaborator, api_key: pnu_eve}
    service_accounts: [{name: terraform, role: Owner, api_key: pnb_terraform}]
  - id: 0c1f1d2e-0000-4000-8000-000000000002
    handle: globex
    features: [teams]
    workspaces: [{handle: home}]
    users: [{email: owner@globex.com, role: Owner, api_key: pnu_globex}]
`

func userGrant(user, role string) obj { return obj{"user_id": user, "workspace_role_id": role} }
func teamGrant(team, role string) obj { return obj{"team_id": team, "workspace_role_id": role} }

func TestUserAccess(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, lab)})
	ada, grace, eve := s.MemberNamed("ada@acme.com"), s.MemberNamed("grace@acme.com"), s.MemberNamed("eve@partner.com")
	viewer, runner, owner := workspaceRoleNamed(t, s, "Viewer"), workspaceRoleNamed(t, s, "Runner"), workspaceRoleNamed(t, s, "Owner")
	steward := create(t, s, root+"/workspace_roles/", obj{"name": "Steward", "scopes": []string{"manage_workspace_users"}, "inherited_role_id": viewer})
	path := workspaces + "/" + workspaceNamed(t, s, "production") + "/user_access"
	foreign := "/api/accounts/0c1f1d2e-0000-4000-8000-000000000002/workspaces/" + workspaceNamed(t, s, "production") + "/user_access"

	var one mocktest.Row
	s.Call("POST", path+"/", mocktest.Owner, userGrant(ada.UserID, steward)).Want(200,
		`"actor_id":"`+ada.ActorID+`"`, `"user_id":"`+ada.UserID+`"`, `"email":"ada@acme.com"`, `"first_name":"Ada"`, `"handle":"ada"`).Into(&one)
	if one.ID == ada.ID || one.ID == ada.ActorID || one.ID == ada.UserID {
		t.Errorf("an id that must be its own: %+v", one)
	}
	var both []mocktest.Row
	s.Call("POST", path, mocktest.Member, []obj{userGrant(grace.UserID, viewer), userGrant(eve.UserID, viewer)}).Want(200).Into(&both)
	if len(both) != 2 || both[0].UserID != grace.UserID || both[1].UserID != eve.UserID {
		t.Fatalf("%+v", both)
	}
	at := func(r mocktest.Row) string { return path + "/" + r.ID }
	walk(t, s, []step{
		{"read", "GET", at(one), mocktest.Member, nil, 200, says(`"workspace_role_id":"` + steward + `"`)},
		{"read by one without access", "GET", at(one), mocktest.Owner, nil, 200, nil},
		{"none", "POST", path, "", []obj{}, 200, says("[]")},
		{"one in a list", "POST", path, "", []obj{userGrant(grace.UserID, runner)}, 200, says(`[{"id":"`+both[0].ID+`"`, `"workspace_role_id":"`+runner+`"`)},
		{"more than one's own", "POST", path, mocktest.Member, userGrant(grace.UserID, owner), 403, says("Owner")},
		{"without the scope", "POST", path, "pnu_grace", userGrant(grace.UserID, viewer), 403, says("Missing workspace scope: manage_workspace_users")},
		{"strangers", "POST", path, "", []obj{userGrant(grace.UserID, viewer), userGrant(grace.ActorID, viewer), userGrant(ada.UserID, nowhere)}, 422, says(
			`"loc":["body",1,"user_id"]`, `"loc":["body",2,"workspace_role_id"]`)},
		{"all or none", "GET", at(both[0]), "", nil, 200, says(`"workspace_role_id":"` + runner + `"`)},
		{"a stranger", "POST", path, "", userGrant(nowhere, viewer), 422, says(`"loc":["body","user_id"]`)},
		{"left out", "POST", path, "", obj{"user": ada.UserID}, 422, says(`"loc":["body","user_id"]`, `"loc":["body","workspace_role_id"]`, `"loc":["body","user"]`)},
		{"left out in a list", "POST", path, "", []any{userGrant(ada.UserID, viewer), 5}, 422, says(`"loc":["body",1]`, "model_attributes_type")},
		{"unknown", "GET", path + "/" + nowhere, "", nil, 404, says("Workspace access not found")},
		{"no id", "GET", path + "/ada", "", nil, 422, says(`"loc":["path","id"]`)},
		{"of another workspace", "GET", workspaces + "/" + workspaceNamed(t, s, "staging") + "/user_access/" + one.ID, "", nil, 404, says("access not found")},
		{"no workspace", "POST", workspaces + "/" + nowhere + "/user_access/filter", "", nil, 404, says("Workspace not found")},
		{"stranger", "POST", path + "/filter", "pnu_globex", nil, 404, says("Account not found")},
		{"a foreign workspace", "POST", foreign + "/filter", "pnu_globex", nil, 404, says("Workspace not found")},

		{"deleted without the scope", "DELETE", at(both[0]), "pnu_eve", nil, 403, says("manage_workspace_users")},
		{"deleted", "DELETE", at(both[0]), mocktest.Member, nil, 204, nil},
		{"deleted twice", "DELETE", at(both[0]), "", nil, 404, nil},
		{"still a member", "GET", members + "/" + grace.ID, "", nil, 200, nil},
		{"a Collaborator", "DELETE", at(both[1]), "", nil, 204, nil},
		{"is none any more", "GET", members + "/" + eve.ID, "", nil, 404, nil},
	})
}

func TestFilterUserAccess(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, lab)})
	ada, grace, eve := s.MemberNamed("ada@acme.com"), s.MemberNamed("grace@acme.com"), s.MemberNamed("eve@partner.com")
	viewer, worker := workspaceRoleNamed(t, s, "Viewer"), workspaceRoleNamed(t, s, "Worker")
	path := workspaces + "/" + workspaceNamed(t, s, "production") + "/user_access"
	s.Call("POST", path, mocktest.Owner, []obj{userGrant(grace.UserID, worker), userGrant(eve.UserID, viewer), userGrant(ada.UserID, viewer)}).Want(200)

	f := func(name string, filter obj) obj { return obj{name: filter} }
	anyOf := func(ids ...string) obj { return obj{"any_": ids} }
	tests := map[string]struct {
		body any
		want []string
	}{
		"all":          {nil, []string{"grace", "eve", "ada"}},
		"newest first": {obj{"sort": "CREATED_DESC", "limit": 2}, []string{"ada", "eve"}},
		"page":         {obj{"limit": 1, "offset": 1}, []string{"eve"}},
		"by name":      {obj{"sort": "NAME_ASC"}, []string{"ada", "eve", "grace"}},
		"by email":     {obj{"sort": "EMAIL_DESC"}, []string{"grace", "eve", "ada"}},
		"by handle":    {obj{"sort": "HANDLE_ASC"}, []string{"ada", "eve", "grace"}},
		"role":         {f("workspace_accesses", obj{"workspace_role_id": anyOf(worker)}), []string{"grace"}},
		"actor":        {f("workspace_accesses", obj{"actor_id": anyOf(ada.ActorID, ada.UserID)}), []string{"ada"}},
		"user":         {f("users", obj{"id": anyOf(eve.UserID)}), []string{"eve"}},
		"not user":     {f("users", obj{"id": obj{"not_any_": []string{eve.UserID}}}), []string{"grace", "ada"}},
		"email":        {f("users", obj{"email": anyOf("EVE@partner.com")}), []string{"eve"}},
		"handle":       {f("users", obj{"handle": obj{"like_": "A"}}), []string{"grace", "ada"}},
		"name":         {obj{"users": obj{"name": obj{"like_": "hop"}}, "workspace_accesses": obj{"workspace_role_id": anyOf(viewer)}}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rows []struct {
				Handle string `json:"handle"`
			}
			s.In(t).Call("POST", path+"/filter", mocktest.Member, tt.body).Want(200).Into(&rows)
			var got []string
			for _, row := range rows {
				got = append(got, row.Handle)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
	walk(t, s, []step{
		{"a Worker sees nobody", "POST", path + "/filter", "pnu_grace", nil, 403, says("Missing workspace scope: see_workspace_users")},
		{"sort", "POST", path + "/filter", "", obj{"sort": "LAST_LOGIN_ASC"}, 422, says(`"loc":["body","sort"]`)},
		{"criterion", "POST", path + "/filter", "", f("workspace_accesses", obj{"user_id": anyOf()}), 422, says(`"loc":["body","workspace_accesses","user_id"]`)},
	})
}

func TestTeamAccess(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, lab)})
	ada := s.MemberNamed("ada@acme.com")
	viewer, owner := workspaceRoleNamed(t, s, "Viewer"), workspaceRoleNamed(t, s, "Owner")
	data, ops := create(t, s, teams, obj{"name": "Data"}), create(t, s, teams, obj{"name": "Ops"})
	s.Call("PUT", teams+"/"+data+"/members", mocktest.Owner, obj{"members": []obj{member("user", ada.UserID)}}).Want(200)
	production := workspaces + "/" + workspaceNamed(t, s, "production")
	path := production + "/team_access"
	walk(t, s, []step{
		{"by a member", "PUT", path + "/", mocktest.Member, []obj{}, 403, says("Missing workspace scope: manage_workspace_teams")},
		{"let in", "PUT", path + "/", "", []obj{teamGrant(data, viewer), teamGrant(ops, viewer)}, 200, says(`"team_id":"`+data+`"`, `"team_id":"`+ops+`"`, `"workspace_role_id":"`+viewer+`"`)},
		{"its members see", "POST", production + "/user_access/filter", mocktest.Member, nil, 200, says("[]")},
		{"but manage nothing", "POST", path + "/filter", mocktest.Member, nil, 403, says("manage_workspace_teams")},
		{"another role", "PUT", path, "", []obj{teamGrant(data, owner)}, 200, says(`"workspace_role_id":"` + owner + `"`)},
		{"its members own", "POST", path + "/filter", mocktest.Member, nil, 200, says(`"team_name":"Data"`, `"team_name":"Ops"`)},
		{"page", "POST", path + "/filter", "", obj{"limit": 1, "offset": 1}, 200, says(`"team_name":"Ops"`)},
		{"not a list", "PUT", path, "", teamGrant(data, owner), 422, says(`"loc":["body"]`, "list_type")},
		{"strangers", "PUT", path, "", []obj{teamGrant(data, nowhere), teamGrant(nowhere, viewer)}, 422, says(`"loc":["body",0,"workspace_role_id"]`, `"loc":["body",1,"team_id"]`)},
		{"left out", "PUT", path, "", []obj{{"team": data}}, 422, says(`"loc":["body",0,"team_id"]`, `"loc":["body",0,"team"]`)},
		{"stranger", "PUT", path, "pnu_globex", []obj{}, 404, says("Account not found")},
		{"taken out", "DELETE", path + "/" + data, mocktest.Member, nil, 204, nil},
		{"its members are out", "POST", production + "/user_access/filter", mocktest.Member, nil, 403, says("see_workspace_users")},
		{"taken out twice", "DELETE", path + "/" + data, "", nil, 404, says("team access not found")},
		{"no team", "DELETE", path + "/data", "", nil, 422, says(`"loc":["path","team_id"]`)},
		{"the team ends", "DELETE", teams + "/" + ops, "", nil, 204, nil},
		{"and its access", "POST", path + "/filter", "", nil, 200, says("[]")},
	})
}

func TestMyWorkspaces(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, lab)})
	ada, eve := s.MemberNamed("ada@acme.com"), s.MemberNamed("eve@partner.com")
	viewer := workspaceRoleNamed(t, s, "Viewer")
	production, staging := workspaceNamed(t, s, "production"), workspaceNamed(t, s, "staging")
	const mine = "/api/me/workspaces"
	for _, id := range []string{production, staging} {
		s.Call("POST", workspaces+"/"+id+"/user_access", mocktest.Owner, userGrant(eve.UserID, viewer)).Want(200)
	}
	s.Call("POST", workspaces+"/"+production+"/user_access", mocktest.Owner, userGrant(ada.UserID, viewer)).Want(200)
	s.Call("PATCH", workspaces+"/"+production, mocktest.Owner, obj{"description": nil}).Want(204)
	walk(t, s, []step{
		{"all", "GET", mine, "pnu_eve", nil, 200, says(`"workspace_handle":"production"`, `"workspace_handle":"staging"`, `"account_handle":"acme"`, `"workspace_description":""`)},
		{"an Owner's", "GET", mine, "", nil, 200, says("production", "staging")},
		{"nobody's", "GET", mine, "pnu_grace", nil, 200, says("[]")},
		{"a service account's", "GET", mine, mocktest.Terraform, nil, 200, says("production", "staging")},
		{"leave", "DELETE", mine + "/" + staging, "pnu_eve", nil, 204, nil},
		{"left twice", "DELETE", mine + "/" + staging, "pnu_eve", nil, 404, says("Workspace access not found")},
		{"still a member", "GET", root, "pnu_eve", nil, 200, nil},
		{"leave the last", "DELETE", mine + "/" + production, "pnu_eve", nil, 204, nil},
		{"no member any more", "GET", root, "pnu_eve", nil, 404, says("Account not found")},
		{"leave as a Member", "DELETE", mine + "/" + production, mocktest.Member, nil, 204, nil},
		{"a member as before", "GET", root, mocktest.Member, nil, 200, nil},
		{"no access to leave", "DELETE", mine + "/" + production, "", nil, 404, says("Workspace access not found")},
		{"no id", "DELETE", mine + "/production", "", nil, 422, says(`"loc":["path","workspace_id"]`)},
		{"by a service account", "DELETE", mine + "/" + production, mocktest.Terraform, nil, 403, says("for users")},
	})
	s.Call("PATCH", workspaces+"/"+staging, mocktest.Owner, obj{"default_workspace_role_id": viewer}).Want(204)
	s.Call("GET", mine, "pnu_grace", nil).Want(200, `"workspace_handle":"staging"`)
}
