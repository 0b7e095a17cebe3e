package account_test

import (
	"slices"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

func botGrant(bot, role string) obj { return obj{"bot_id": bot, "workspace_role_id": role} }

// newBot makes a service account with the role Member.
func newBot(t *testing.T, s *mocktest.Server, name string) (bot mocktest.Row, key string) {
	t.Helper()
	var made struct {
		mocktest.Row
		APIKey struct{ Key string } `json:"api_key"`
	}
	s.Call("POST", root+"/bots/", mocktest.Owner, obj{"name": name}).Want(201).Into(&made)
	return made.Row, made.APIKey.Key
}

func TestBotAccess(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, lab)})
	viewer, runner, owner := workspaceRoleNamed(t, s, "Viewer"), workspaceRoleNamed(t, s, "Runner"), workspaceRoleNamed(t, s, "Owner")
	steward := create(t, s, root+"/workspace_roles/", obj{"name": "Steward", "scopes": []string{"manage_workspace_service_accounts"}, "inherited_role_id": viewer})
	production := workspaces + "/" + workspaceNamed(t, s, "production")
	staging := workspaces + "/" + workspaceNamed(t, s, "staging")
	path := production + "/bot_access"
	ada := s.MemberNamed("ada@acme.com")
	s.Call("POST", production+"/user_access", mocktest.Owner, userGrant(ada.UserID, steward)).Want(200)
	runs, key := newBot(t, s, "runs")
	builds, _ := newBot(t, s, "builds")

	var one mocktest.Row
	s.Call("POST", path+"/", mocktest.Owner, botGrant(runs.ID, viewer)).Want(200,
		`"actor_id":"`+runs.ActorID+`"`, `"bot_id":"`+runs.ID+`"`, `"bot_name":"runs"`, `"workspace_role_id":"`+viewer+`"`).Into(&one)
	if slices.Contains([]string{runs.ID, runs.ActorID}, one.ID) {
		t.Errorf("an id that must be its own: %+v", one)
	}
	var both []mocktest.Row
	s.Call("POST", path, mocktest.Member, []obj{botGrant(builds.ID, viewer), botGrant(runs.ID, viewer)}).Want(200).Into(&both)
	if len(both) != 2 || both[0].ActorID != builds.ActorID || both[1].ID != one.ID {
		t.Fatalf("%+v", both)
	}
	at := path + "/" + one.ID
	walk(t, s, []step{
		{"read", "GET", at, mocktest.Member, nil, 200, says(`"bot_name":"runs"`)},
		{"read without the scope", "GET", at, key, nil, 403, says("see_workspace_service_accounts")},
		{"read as a person's", "GET", production + "/user_access/" + one.ID, "", nil, 404, says("Workspace access not found")},
		{"read in another workspace", "GET", staging + "/bot_access/" + one.ID, "", nil, 404, says("Workspace access not found")},
		{"none", "POST", path, "", []obj{}, 200, says("[]")},
		{"another role", "POST", path + "/", "", botGrant(runs.ID, runner), 200, says(`{"id":"`+one.ID+`"`, `"workspace_role_id":"`+runner+`"`)},
		{"a user", "POST", path, "", botGrant(ada.UserID, viewer), 422, says(`"loc":["body","bot_id"]`, "ada@acme.com", "user_access")},
		{"a service account as a user", "POST", production + "/user_access", "", userGrant(runs.ID, viewer), 422, says(`"loc":["body","user_id"]`, "runs", "bot_access")},
		{"strangers", "POST", path, "", []obj{botGrant(runs.ID, viewer), botGrant(runs.ActorID, viewer), botGrant(runs.ID, nowhere)}, 422, says(
			`"loc":["body",1,"bot_id"]`, `"loc":["body",2,"workspace_role_id"]`)},
		{"all or none", "GET", at, "", nil, 200, says(`"workspace_role_id":"` + runner + `"`)},
		{"a field of users", "POST", path, "", userGrant(ada.UserID, viewer), 422, says(`"loc":["body","bot_id"]`, "missing", `"loc":["body","user_id"]`, "extra_forbidden")},
		{"more than one's own", "POST", path, mocktest.Member, botGrant(runs.ID, owner), 403, says("Owner")},
		{"without the scope", "POST", path, "pnu_grace", botGrant(runs.ID, viewer), 403, says("Missing workspace scope: manage_workspace_service_accounts")},
		{"no workspace", "POST", workspaces + "/" + nowhere + "/bot_access/filter", "", nil, 404, says("Workspace not found")},
		{"a stranger", "POST", path + "/filter", "pnu_globex", nil, 404, says("Account not found")},
		{"by name", "POST", path + "/filter", mocktest.Member, obj{"bots": obj{"name": obj{"like_": "UILD"}}}, 200, says(`[{"id":"` + both[0].ID)},
		{"by id", "POST", path + "/filter", "", obj{"bots": obj{"id": obj{"any_": []string{runs.ID}}}}, 200, says(`[{"id":"` + one.ID)},
		{"by role", "POST", path + "/filter", "", obj{"workspace_accesses": obj{"workspace_role_id": obj{"any_": []string{owner}}}}, 200, says("[]")},
		{"in order, a page", "POST", path + "/filter", "", obj{"sort": "BOT_NAME_DESC", "limit": 1}, 200, says(`[{"id":"` + one.ID)},
		{"in no order", "POST", path + "/filter", "", obj{"sort": "NAME_ASC"}, 422, says(`"loc":["body","sort"]`, "BOT_NAME_ASC")},
		{"its own workspaces", "GET", "/api/me/workspaces", key, nil, 200, says(`"workspace_handle":"production"`)},
		{"its own account", "GET", "/api/me/accounts", key, nil, 200, says(`"account_handle":"acme"`)},
		{"deleted without the scope", "DELETE", at, "pnu_eve", nil, 403, says("manage_workspace_service_accounts")},
		{"deleted as a person's", "DELETE", production + "/user_access/" + one.ID, "", nil, 404, nil},
		{"deleted", "DELETE", at, mocktest.Member, nil, 204, nil},
		{"deleted twice", "DELETE", at, "", nil, 404, nil},
		{"gets in nowhere", "GET", "/api/me/workspaces", key, nil, 200, says("[]")},
		{"the service account goes", "DELETE", root + "/bots/" + builds.ID, "", nil, 204, nil},
		{"its access with it", "POST", path + "/filter", "", nil, 200, says("[]")},
	})
}

// allReads are the permissions of a Member.
const allReads = `"read:account", "read:account_membership", "read:account_role", "read:bot", "read:audit_event",
      "read:workspace", "read:workspace_role", "read:team", "read:invitation", "read:workspace_invitation", "read:sso", "read:billing",
      "read:ip_allowlist", "read:mex-storage", "read:integrations"`

// TestRotatingGrantsAccess: the holder of a service account's key may do in workspaces
// what it may, and so has to be able to give that.
func TestRotatingGrantsAccess(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, `
accounts:
  - id: `+mocktest.Account+`
    handle: acme
    features: [teams, custom_roles]
    custom_roles: [{name: Keeper, permissions: [`+allReads+`, "update:bot"]}]
    users:
      - {email: owner@acme.com, role: Owner, api_key: pnu_owner}
      - {email: keeper@acme.com, role: Keeper, api_key: pnu_keeper}
    workspaces: [{handle: production}]
`)})
	bot, _ := newBot(t, s, "runs")
	rotate := root + "/bots/" + bot.ID + "/rotate_api_key"
	s.Call("POST", rotate, "pnu_keeper", obj{}).Want(201)
	s.Call("POST", workspaces+"/"+workspaceNamed(t, s, "production")+"/bot_access/", mocktest.Owner,
		botGrant(bot.ID, workspaceRoleNamed(t, s, "Owner"))).Want(200)
	s.Call("POST", rotate, "pnu_keeper", obj{}).Want(403, "Owner")
	s.Call("POST", rotate, mocktest.Owner, obj{}).Want(201)
}

// TestWorkspaceMembers: everybody who gets in, each once, whatever the way.
func TestWorkspaceMembers(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, lab)})
	viewer := workspaceRoleNamed(t, s, "Viewer")
	id := workspaceNamed(t, s, "production")
	path := workspaces + "/" + id
	ada, grace, eve := s.MemberNamed("ada@acme.com"), s.MemberNamed("grace@acme.com"), s.MemberNamed("eve@partner.com")
	owner, terraform := s.MemberNamed("owner@acme.com").ActorID, terraformBot(t, s).ActorID
	runs, key := newBot(t, s, "runs")
	builds, _ := newBot(t, s, "builds")
	type actor struct {
		ID, Name, Type string
		Email          *string
	}
	who := func() (ids []string) {
		t.Helper()
		var rows []actor
		s.Call("GET", path+"/access/", mocktest.Owner, nil).Want(200).Into(&rows)
		for _, row := range rows {
			if isUser := row.Type == "user"; isUser != (row.Email != nil) || row.Name == "" && isUser && *row.Email != "owner@acme.com" {
				t.Errorf("%+v", row)
			}
			ids = append(ids, row.ID)
		}
		return ids
	}
	expect := func(what string, more ...string) {
		t.Helper()
		want := append([]string{owner, terraform}, more...) // who may administrate every workspace
		slices.Sort(want)
		got := who()
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	expect("nobody was let in")
	s.Call("POST", path+"/user_access", mocktest.Owner, userGrant(eve.UserID, viewer)).Want(200)
	s.Call("POST", path+"/bot_access", mocktest.Owner, botGrant(runs.ID, viewer)).Want(200)
	expect("directly", eve.ActorID, runs.ActorID)
	team := create(t, s, teams, obj{"name": "Data"})
	s.Call("PUT", path+"/team_access/", mocktest.Owner, []obj{teamGrant(team, viewer)}).Want(200)
	s.Call("PUT", teams+"/"+team+"/members", mocktest.Owner, obj{"members": []obj{
		member("user", ada.UserID), member("service_account", builds.ID), member("service_account", runs.ID),
	}}).Want(200)
	expect("through a team, too", eve.ActorID, runs.ActorID, ada.ActorID, builds.ActorID)
	s.Call("PATCH", members+"/"+ada.ID+"/active", mocktest.Owner, obj{"active": false}).Want(204)
	expect("not who is deactivated", eve.ActorID, runs.ActorID, builds.ActorID)
	s.Call("PATCH", path, mocktest.Owner, obj{"default_workspace_role_id": viewer}).Want(204)
	expect("all members but Collaborators", eve.ActorID, runs.ActorID, builds.ActorID, grace.ActorID)
	walk(t, s, []step{
		{"with one scope of two", "GET", path + "/access", "pnu_eve", nil, 403, says("Missing workspace scope: see_workspace_service_accounts")},
		{"by a service account", "GET", path + "/access/", key, nil, 403, says("see_workspace_service_accounts")},
		{"no workspace", "GET", workspaces + "/" + nowhere + "/access/", "", nil, 404, says("Workspace not found")},
	})
}
