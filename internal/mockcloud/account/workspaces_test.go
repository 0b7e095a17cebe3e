package account_test

import (
	"slices"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

const workspaces = root + "/workspaces"

func TestWorkspaces(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	ada := s.MemberNamed("ada@acme.com")
	viewer, owner := workspaceRoleNamed(t, s, "Viewer"), workspaceRoleNamed(t, s, "Owner")
	id := create(t, s, workspaces+"/", obj{"name": "Lab", "handle": "lab"})
	at := workspaces + "/" + id
	walk(t, s, []step{
		{"read", "GET", at, mocktest.Member, nil, 200, says(`"name":"Lab"`, `"handle":"lab"`, `"description":""`, `"default_workspace_role_id":null`, `"is_public":false`)},
		{"handle taken", "POST", workspaces + "/", "", obj{"name": "Lab", "handle": "staging"}, 409, says("staging exists already")},
		{"bad handle", "POST", workspaces + "/", "", obj{"name": "Lab", "handle": "The Lab"}, 422, says(`"loc":["body","handle"]`, "value_error")},
		{"left out", "POST", workspaces + "/", "", obj{"slug": "lab"}, 422, says(`"loc":["body","name"]`, `"loc":["body","handle"]`, `"loc":["body","slug"]`)},
		{"by a member", "POST", workspaces + "/", mocktest.Member, obj{"name": "Mine", "handle": "mine"}, 403, says("create:workspace")},
		{"all", "POST", workspaces + "/filter", mocktest.Member, nil, 200, says("production", "staging", "lab")},
		{"by handle", "POST", workspaces + "/filter", "", obj{"workspaces": obj{"handle": obj{"any_": []string{"lab"}}}}, 200, says(`[{"id":"` + id)},
		{"by id", "POST", workspaces + "/filter", "", obj{"workspaces": obj{"id": obj{"any_": []string{nowhere}}}}, 200, says("[]")},
		{"bad filter", "POST", workspaces + "/filter", "", obj{"workspaces": obj{"name": obj{}}}, 422, says(`"loc":["body","workspaces","name"]`, "extra_forbidden")},

		{"changed by a member", "PATCH", at, mocktest.Member, obj{"name": "Mine"}, 403, says("Missing workspace scope: write_workspace_settings")},
		{"change", "PATCH", at, "", obj{"name": "Laboratory", "handle": nil, "description": nil, "default_workspace_role_id": viewer}, 204, nil},
		{"changed", "GET", at, "", nil, 200, says(`"name":"Laboratory"`, `"handle":"lab"`, `"description":null`, `"default_workspace_role_id":"`+viewer+`"`)},
		{"a handle that is taken", "PATCH", at, "", obj{"handle": "staging"}, 409, nil},
		{"a default role of nowhere", "PATCH", at, "", obj{"default_workspace_role_id": nowhere}, 422, says(`"loc":["body","default_workspace_role_id"]`)},
		{"unknown field", "PATCH", at, "", obj{"is_public": true}, 422, says(`"loc":["body","is_public"]`, "extra_forbidden")},
		{"by a Viewer", "PATCH", at, mocktest.Member, obj{"name": "Mine"}, 403, says("write_workspace_settings")},
		{"make an Owner", "POST", at + "/user_access/", "", obj{"user_id": ada.UserID, "workspace_role_id": owner}, 200, nil},
		{"by its Owner", "PATCH", at, mocktest.Member, obj{"name": "Ada's"}, 204, nil},
		{"not the others", "PATCH", workspaces + "/" + workspaceNamed(t, s, "staging"), mocktest.Member, obj{"name": "Ada's"}, 403, says("write_workspace_settings")},

		{"unknown", "GET", workspaces + "/" + nowhere, "", nil, 404, says("Workspace not found")},
		{"unknown, changed", "PATCH", workspaces + "/" + nowhere, "", obj{}, 404, says("Workspace not found")},
		{"no id", "GET", workspaces + "/lab", "", nil, 422, says(`"loc":["path","workspace_id"]`, "uuid_parsing")},
		{"no id, deleted", "DELETE", workspaces + "/lab", "", nil, 422, says(`"loc":["path","workspace_id"]`)},
		{"deleted by another", "DELETE", at, "pnu_grace", nil, 403, says("manage_workspace_settings")},
		{"deleted by its Owner", "DELETE", at, mocktest.Member, nil, 204, nil},
		{"gone", "GET", at, "", nil, 404, nil},
	})
}

// TestWorkspaceRedirect leads members, and only them, to the workspace.
func TestWorkspaceRedirect(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	id := workspaceNamed(t, s, "production")
	answer := s.Call("GET", "/api/workspaces/"+id, mocktest.Terraform, nil).Want(307)
	if answer.Header.Get("Location") != workspaces+"/"+id || answer.Body != "" {
		t.Errorf("to %q with %q", answer.Header.Get("Location"), answer.Body)
	}
	s.Call("GET", "/api/workspaces/"+nowhere, mocktest.Terraform, nil).Want(404, "Workspace not found")
	s.Call("GET", "/api/workspaces/lab", mocktest.Terraform, nil).Want(422, `"loc":["path","workspace_id"]`)
	s.Call("GET", "/api/workspaces/"+id, "pnu_nobody", nil).Want(401)
	s.Call("DELETE", members+"/"+s.MemberNamed("ada@acme.com").ID, mocktest.Owner, nil).Want(204)
	s.Call("GET", "/api/workspaces/"+id, mocktest.Member, nil).Want(404, "Workspace not found")
}

func TestWorkspaceRoles(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	path := root + "/workspace_roles"
	viewer, worker := workspaceRoleNamed(t, s, "Viewer"), workspaceRoleNamed(t, s, "Worker")
	id := create(t, s, path+"/", obj{"name": "Steward", "scopes": []string{"manage_workspace_users", "see_blocks"}, "inherited_role_id": viewer})
	at := path + "/" + id
	names := func(filter obj) (out []string) {
		var rows []mocktest.Row
		s.Call("POST", path+"/filter", mocktest.Member, filter).Want(200).Into(&rows)
		for _, row := range rows {
			out = append(out, row.Name)
		}
		return out
	}
	builtin := []string{"Viewer", "Runner", "Developer", "Owner", "Worker"}
	for _, tt := range []struct {
		filter any
		want   []string
	}{{nil, append(slices.Clone(builtin), "Steward")}, {true, builtin}, {false, []string{"Steward"}}} {
		if got := names(obj{"workspace_roles": obj{"is_global": tt.filter}}); !slices.Equal(got, tt.want) {
			t.Errorf("is_global %v: %v, want %v", tt.filter, got, tt.want)
		}
	}
	walk(t, s, []step{
		{"read", "GET", at, mocktest.Member, nil, 200, says(`"scopes":["manage_workspace_users","see_blocks"]`, `"permissions":["manage_workspace_users","see_blocks"]`, `"inherited_role_id":"`+viewer+`"`, `"description":""`)},
		{"built-in", "GET", path + "/" + worker, "", nil, 200, says(`"account_id":null`, `"scopes":[]`, `"inherited_role_id":null`)},
		{"name taken", "POST", path + "/", "", obj{"name": "Owner"}, 409, says("Owner exists already")},
		{"description", "POST", path + "/", "", obj{"name": "Clerk", "description": string(make([]byte, 141))}, 422, says(`"loc":["body","description"]`, "string_too_long")},
		{"scopes", "POST", path + "/", "", obj{"name": "Clerk", "scopes": []any{"see_blocks", 5}}, 422, says(`"loc":["body","scopes",1]`, "string_type")},
		{"inherits from nothing", "POST", path + "/", "", obj{"name": "Clerk", "inherited_role_id": nowhere}, 422, says(`"loc":["body","inherited_role_id"]`)},
		{"inherits from a custom one", "POST", path + "/", "", obj{"name": "Clerk", "inherited_role_id": id}, 422, says(`"loc":["body","inherited_role_id"]`)},
		{"by a member", "POST", path + "/", mocktest.Member, obj{"name": "Clerk"}, 403, says("create:workspace_role")},
		{"change", "PATCH", at, "", obj{"name": "Clerk", "description": "Keeps order", "scopes": []string{}, "inherited_role_id": nil}, 204, nil},
		{"changed", "GET", at, "", nil, 200, says(`"name":"Clerk"`, `"description":"Keeps order"`, `"scopes":[]`, `"inherited_role_id":null`)},
		{"nothing", "PATCH", at, "", obj{"name": nil, "description": nil}, 204, nil},
		{"nothing changed", "GET", at, "", nil, 200, says(`"name":"Clerk"`, `"description":"Keeps order"`)},
		{"null scopes", "PATCH", at, "", obj{"scopes": nil}, 422, says(`"loc":["body","scopes"]`, "list_type")},
		{"changed by a member", "PATCH", at, mocktest.Member, obj{}, 403, says("update:workspace_role")},
		{"built-in stays as it is", "PATCH", path + "/" + viewer, "", obj{"name": "Peeper"}, 409, says("built-in")},
		{"built-in stays", "DELETE", path + "/" + viewer, "", nil, 409, says("built-in")},
		{"unknown", "GET", path + "/" + nowhere, "", nil, 404, says("Workspace role not found")},
		{"deleted by a member", "DELETE", at, mocktest.Member, nil, 403, says("delete:workspace_role")},
		{"deleted", "DELETE", at, "", nil, 204, nil},
		{"gone", "GET", at, "", nil, 404, nil},
	})
}
