package account_test

import (
	"slices"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

const teams = root + "/teams"

// nowhere is an id that nothing has.
const nowhere = "0c1f1d2e-0000-4000-8000-00000000ffff"

// create makes something and returns its id.
func create(t *testing.T, s *mocktest.Server, path string, body any) string {
	t.Helper()
	var made mocktest.Row
	s.Call("POST", path, mocktest.Owner, body).Want(201, `"account_id":"`+mocktest.Account+`"`).Into(&made)
	return made.ID
}

// workspaceNamed finds a workspace of the ready-made account by its handle.
func workspaceNamed(t *testing.T, s *mocktest.Server, handle string) string {
	t.Helper()
	var rows []mocktest.Row
	s.Call("POST", root+"/workspaces/filter", mocktest.Owner,
		obj{"workspaces": obj{"handle": obj{"any_": []string{handle}}}}).Want(200).Into(&rows)
	if len(rows) != 1 {
		t.Fatalf("%d workspaces have the handle %s", len(rows), handle)
	}
	return rows[0].ID
}

// workspaceRoleNamed finds a workspace role by its name.
func workspaceRoleNamed(t *testing.T, s *mocktest.Server, name string) string {
	t.Helper()
	var rows []mocktest.Row
	s.Call("POST", root+"/workspace_roles/filter", mocktest.Owner,
		obj{"workspace_roles": obj{"name": obj{"any_": []string{name}}}}).Want(200).Into(&rows)
	if len(rows) != 1 {
		t.Fatalf("%d workspace roles are named %s", len(rows), name)
	}
	return rows[0].ID
}

func terraformBot(t *testing.T, s *mocktest.Server) mocktest.Row {
	t.Helper()
	var bots []mocktest.Row
	s.Call("POST", root+"/bots/filter", mocktest.Owner, nil).Want(200).Into(&bots)
	if len(bots) != 1 {
		t.Fatalf("%d service accounts", len(bots))
	}
	return bots[0]
}

func member(kind, id string) obj { return obj{"member_type": kind, "member_id": id} }

func TestTeams(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	ada, bot := s.MemberNamed("ada@acme.com"), terraformBot(t, s)
	id := create(t, s, teams+"/", obj{"name": "Data", "description": "Pipes"})
	create(t, s, teams, obj{"name": "Ops", "description": nil})
	at := teams + "/" + id
	walk(t, s, []step{
		{"read", "GET", at, mocktest.Member, nil, 200, says(`"name":"Data"`, `"description":"Pipes"`, `"workos_directory_group_id":null`, `"memberships":[]`, `"workspaces":[]`)},
		{"no description", "POST", teams + "/", "", obj{"name": "Plain"}, 201, says(`"description":""`)},
		{"a name that exists", "POST", teams + "/", "", obj{"name": "Data", "description": "Lakes"}, 201, says(`"id":"`+id+`"`, `"description":"Lakes"`)},
		{"that says nothing more", "POST", teams, "", obj{"name": "Data"}, 201, says(`"id":"`+id+`"`, `"description":"Lakes"`)},
		{"that says it again", "POST", teams + "/", "", obj{"name": "Data", "description": "Pipes"}, 201, says(`"id":"`+id+`"`, `"description":"Pipes"`)},
		{"name left out", "POST", teams + "/", "", obj{"title": "Data"}, 422, says(`"loc":["body","name"]`, "missing", `"loc":["body","title"]`, "extra_forbidden")},
		{"no name", "POST", teams + "/", "", obj{"name": ""}, 422, says(`"loc":["body","name"]`, "value_error")},
		{"group on creation", "POST", teams + "/", "", obj{"name": "X", "workos_directory_group_id": "directory_group_1"}, 422, says(`"loc":["body","workos_directory_group_id"]`, "extra_forbidden")},
		{"by a member", "POST", teams + "/", mocktest.Member, obj{"name": "Mine"}, 403, says("create:team")},

		{"rename", "PUT", at, mocktest.Terraform, obj{"name": "Data 2"}, 200, says(`"id":"`+id+`"`, `"name":"Data 2"`, `"description":"Pipes"`)},
		{"the rest stays", "GET", at, "", nil, 200, says(`"name":"Data 2"`, `"description":"Pipes"`)},
		{"take away", "PUT", at, "", obj{"name": "Data 2", "description": nil}, 200, nil},
		{"taken away", "GET", at, "", nil, 200, says(`"description":null`)},
		{"renamed to another's", "PUT", at, "", obj{"name": "Ops"}, 409, says("Ops exists already")},
		{"renamed to nothing", "PUT", at, "", obj{"description": "x"}, 422, says(`"loc":["body","name"]`, "missing")},
		{"tied to no group", "PUT", at, "", obj{"name": "Data 2", "workos_directory_group_id": "directory_group_1"}, 422, says(`"loc":["body","workos_directory_group_id"]`, "directory_group_1")},
		{"untied", "PUT", at, "", obj{"name": "Data 2", "workos_directory_group_id": nil}, 200, nil},
		{"renamed by a member", "PUT", at, mocktest.Member, obj{"name": "Mine"}, 403, says("update:team")},

		{"add", "PUT", at + "/members", "", obj{"members": []obj{member("user", ada.UserID), member("service_account", bot.ID)}}, 200, says(`"id":"`+id+`"`, `"id":"`+ada.ActorID+`"`, `"id":"`+bot.ActorID+`"`)},
		{"nobody is taken out", "PUT", at + "/members", "", obj{"members": []obj{}}, 200, nil},
		{"added", "GET", at, "", nil, 200, says(
			`{"id":"`+ada.ActorID+`","handle":"ada","name":"Ada Lovelace","email":"ada@acme.com","type":"user"}`,
			`{"id":"`+bot.ActorID+`","handle":"terraform","name":"terraform","email":null,"type":"service_account"}`)},
		{"in the membership", "GET", members + "/" + ada.ID, "", nil, 200, says(`"teams":[{"id":"` + id + `","name":"Data 2"}]`)},
		{"strangers", "PUT", at + "/members", "", obj{"members": []obj{member("user", ada.UserID), member("user", ada.ActorID), member("service_account", ada.UserID)}}, 422, says(
			`"loc":["body","members",1,"member_id"]`, `"loc":["body","members",2,"member_id"]`)},
		{"of no kind", "PUT", at + "/members", "", obj{"members": []obj{member("robot", bot.ID)}}, 422, says(`"loc":["body","members",0,"member_type"]`, "'user' or 'service_account'")},
		{"of nothing", "PUT", at + "/members", "", obj{}, 422, says(`"loc":["body","members"]`, "missing")},
		{"to no team", "PUT", teams + "/" + nowhere + "/members", "", obj{"members": []obj{}}, 404, says("Team not found")},
		{"added by a member", "PUT", at + "/members", mocktest.Member, obj{"members": []obj{}}, 403, says("update:team")},
		{"removed by user id", "DELETE", at + "/members/" + ada.UserID, "", nil, 404, says("Team member not found")},
		{"removed", "DELETE", at + "/members/" + ada.ActorID, "", nil, 204, nil},
		{"removed twice", "DELETE", at + "/members/" + ada.ActorID, "", nil, 404, nil},
		{"no actor", "DELETE", at + "/members/ada", "", nil, 422, says(`"loc":["path","actor_id"]`)},

		{"unknown", "GET", teams + "/" + nowhere, "", nil, 404, says("Team not found")},
		{"no id", "GET", teams + "/data", "", nil, 422, says(`"loc":["path","id"]`)},
		{"deleted by a member", "DELETE", at, mocktest.Member, nil, 403, says("delete:team")},
		{"deleted", "DELETE", at, "", nil, 204, nil},
		{"deleted twice", "DELETE", at, "", nil, 404, nil},
		{"gone", "PUT", at, "", obj{"name": "Data"}, 404, says("Team not found")},
	})
}

func TestFilterTeams(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	ada, grace, bot := s.MemberNamed("ada@acme.com"), s.MemberNamed("grace@acme.com"), terraformBot(t, s)
	production, staging := workspaceNamed(t, s, "production"), workspaceNamed(t, s, "staging")
	viewer, runner := workspaceRoleNamed(t, s, "Viewer"), workspaceRoleNamed(t, s, "Runner")
	names := []string{"web", "Data", "ops"}
	ids := map[string]string{}
	for _, name := range names {
		ids[name] = create(t, s, teams, obj{"name": name})
	}
	for name, who := range map[string][]obj{
		"web": {member("user", ada.UserID)}, "Data": {member("user", ada.UserID), member("user", grace.UserID)},
		"ops": {member("service_account", bot.ID)},
	} {
		s.Call("PUT", teams+"/"+ids[name]+"/members", mocktest.Owner, obj{"members": who}).Want(200)
	}
	grants := func(of ...string) (out []obj) {
		for i := 0; i < len(of); i += 2 {
			out = append(out, obj{"team_id": ids[of[i]], "workspace_role_id": of[i+1]})
		}
		return out
	}
	s.Call("PUT", root+"/workspaces/"+production+"/team_access/", mocktest.Owner, grants("web", viewer, "Data", runner)).Want(200)
	s.Call("PUT", root+"/workspaces/"+staging+"/team_access/", mocktest.Owner, grants("web", runner)).Want(200)

	f := func(filter obj) obj { return obj{"teams": filter} }
	anyOf := func(values ...string) obj { return obj{"any_": values} }
	tests := map[string]struct {
		body any
		want []string
	}{
		"all":             {nil, names},
		"by name":         {obj{"sort": "NAME_ASC"}, []string{"Data", "ops", "web"}},
		"by name, down":   {obj{"sort": "NAME_DESC"}, []string{"web", "ops", "Data"}},
		"newest first":    {obj{"sort": "CREATED_DESC", "limit": 2}, []string{"ops", "Data"}},
		"page":            {obj{"sort": "CREATED_ASC", "limit": 1, "offset": 1}, []string{"Data"}},
		"id":              {f(obj{"id": anyOf(ids["ops"], nowhere)}), []string{"ops"}},
		"name":            {f(obj{"name": anyOf("Data", "web")}), []string{"web", "Data"}},
		"part of it":      {f(obj{"name": obj{"like_": "DAT"}}), []string{"Data"}},
		"directory":       {f(obj{"directory_id": anyOf("directory_1")}), nil},
		"workspace":       {f(obj{"workspace_id": anyOf(staging)}), []string{"web"}},
		"role":            {f(obj{"workspace_role_id": anyOf(runner)}), []string{"web", "Data"}},
		"member":          {f(obj{"member_id": anyOf(grace.ActorID, bot.ActorID)}), []string{"Data", "ops"}},
		"member by user":  {f(obj{"member_id": anyOf(grace.UserID)}), nil},
		"user":            {obj{"users": obj{"email": obj{"like_": "GRACE"}}}, []string{"Data"}},
		"user's id":       {obj{"users": obj{"id": anyOf(ada.UserID)}}, []string{"web", "Data"}},
		"other users":     {obj{"users": obj{"id": obj{"not_any_": []string{ada.UserID}}}}, []string{"Data"}},
		"user and name":   {obj{"users": obj{"name": obj{"like_": "love"}}, "teams": obj{"name": anyOf("web")}}, []string{"web"}},
		"service account": {obj{"bots": obj{"name": obj{"like_": "terra"}}}, []string{"ops"}},
		"its id":          {obj{"bots": obj{"id": anyOf(bot.ID)}}, []string{"ops"}},
		"both":            {obj{"bots": obj{"id": anyOf(bot.ID)}, "users": obj{"id": anyOf(ada.UserID)}}, nil},
		"none":            {f(obj{"id": obj{"any_": []string{}}}), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rows []mocktest.Row
			s.In(t).Call("POST", teams+"/filter", mocktest.Member, tt.body).Want(200).Into(&rows)
			var got []string
			for _, row := range rows {
				got = append(got, row.Name)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
	s.Call("GET", teams+"/"+ids["web"], mocktest.Member, nil).Want(200,
		`{"workspace_id":"`+production+`","workspace_handle":"production","workspace_role_id":"`+viewer+`","workspace_role_name":"Viewer"}`)
	walk(t, s, []step{
		{"sort", "POST", teams + "/filter", "", obj{"sort": "EMAIL_ASC"}, 422, says(`"loc":["body","sort"]`, "'NAME_ASC', 'NAME_DESC'")},
		{"member", "POST", teams + "/filter", "", f(obj{"member_id": anyOf("ada")}), 422, says(`"loc":["body","teams","member_id","any_",0]`, "uuid_parsing")},
		{"criterion", "POST", teams + "/filter", "", obj{"bots": obj{"email": obj{}}}, 422, says(`"loc":["body","bots","email"]`, "extra_forbidden")},
		{"operator", "POST", teams + "/filter", "", obj{"users": obj{"name": anyOf("x")}}, 422, says(`"loc":["body","users","name","any_"]`, "extra_forbidden")},
	})
}

// TestTeamsNeedTheirPlan and are of one account only.
func TestTeamsNeedTheirPlan(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, `
accounts:
  - id: `+mocktest.Account+`
    handle: acme
    features: [teams]
    workspaces: [{handle: production}]
    users: [{email: owner@acme.com, role: Owner, api_key: pnu_owner}]
  - id: 0c1f1d2e-0000-4000-8000-000000000002
    handle: small
    plan: hobby
    workspaces: [{handle: home}]
    users: [{email: owner@small.com, role: Owner, api_key: pnu_small}]
`)})
	const small = "/api/accounts/0c1f1d2e-0000-4000-8000-000000000002"
	id := create(t, s, teams+"/", obj{"name": "Data"})
	stranger := s.MemberNamed("owner@acme.com")
	var rooms []mocktest.Row
	s.Call("POST", small+"/workspaces/filter", "pnu_small", nil).Want(200).Into(&rooms)
	if len(rooms) != 1 {
		t.Fatalf("%d workspaces", len(rooms))
	}
	home := rooms[0].ID
	walk(t, s, []step{
		{"plan", "POST", small + "/teams/", "pnu_small", obj{"name": "Data"}, 403, says("teams", "Enterprise plan")},
		{"plan, read", "POST", small + "/teams/filter", "pnu_small", nil, 403, says("Enterprise plan")},
		{"plan, access", "POST", small + "/workspaces/" + home + "/team_access/filter", "pnu_small", nil, 403, says("teams", "Enterprise plan")},
		{"plan, roles", "POST", small + "/workspace_roles/", "pnu_small", obj{"name": "Clerk"}, 403, says("custom_roles", "Enterprise plan")},
		{"built-in roles without", "POST", small + "/workspace_roles/filter", "pnu_small", nil, 200, says("Viewer")},
		{"stranger", "GET", teams + "/" + id, "pnu_small", nil, 404, says("Account not found")},
		{"through the own account", "GET", small + "/teams/" + id, "pnu_small", nil, 403, nil},
		{"a foreign user", "PUT", teams + "/" + id + "/members", "", obj{"members": []obj{member("user", nowhere)}}, 422, says(`"loc":["body","members",0,"member_id"]`)},
		{"an own one", "PUT", teams + "/" + id + "/members", "", obj{"members": []obj{member("user", stranger.UserID)}}, 200, nil},
		{"no key", "GET", teams + "/" + id, "pnu_none", nil, 401, nil},
	})
}
