package mockcloud_test

import (
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// operation is one of the published operations, with who may do it and how it is
// tried.
type operation struct {
	// name is "GET /api/me/".
	name string
	// needs is what the caller needs, for readers of the guide.
	needs string
	// outcomes has a letter for each of callers: y where the call goes through, 1, 3
	// or 4 where it is answered 401, 403 or 404.
	outcomes string
	// call returns the ids in the path (and, after "?", the query) and the body of a
	// call that goes through. It makes before what there has to be.
	call func(*stage) (ids []string, body any)
	// unless, where it is not empty, is in the answer of a call that goes as far as
	// it can: what it is about cannot be there yet.
	unless string
	// by is the key of the one who the call is for, where it is none of the callers.
	by string
}

// caller is somebody who tries everything.
type caller struct{ name, key string }

var callers = []caller{
	{"Owner", mocktest.Owner},
	{"Admin", mocktest.Admin},
	{"Member", mocktest.Member},
	{"Collaborator", "pnu_guest"},
	{"Auditor", "pnu_auditor"},
	{"Service account", "pnb_helper"},
	{"Another account's Owner", "pnu_globex"},
	{"No key", ""},
}

// Whom an operation is for, where it is not decided by a permission.
const (
	anybody   = "a key"
	oneself   = "a user, for oneself"
	theScope  = " in the workspace"
	openToAll = "yyyyyyy1"
	forPeople = "yyyyy3y1"
)

func needing(permission string) string { return "`" + permission + "`" }

func scope(scope string) string { return "`" + scope + "`" + theScope }

// plain is a call that needs nothing, with a body or without.
func plain(body any) func(*stage) ([]string, any) {
	return func(*stage) ([]string, any) { return nil, body }
}

// on is a call about things that are made or found first.
func on(body any, things ...func(*stage) string) func(*stage) ([]string, any) {
	return func(s *stage) ([]string, any) {
		var ids []string
		for _, thing := range things {
			ids = append(ids, thing(s))
		}
		return ids, body
	}
}

// with is on, where the body tells of what was made, too.
func with(body func(*stage) any, things ...func(*stage) string) func(*stage) ([]string, any) {
	return func(s *stage) ([]string, any) {
		ids, _ := on(nil, things...)(s)
		return ids, body(s)
	}
}

func operations() []operation {
	const account = "/api/accounts/{account_id}"
	own := func(s *stage) string { return s.own(s.person()) }
	linus, bot, role := (*stage).linus, (*stage).bot, (*stage).role
	team, workspace := (*stage).team, (*stage).workspace
	linusUser := func(s *stage) string { return s.MemberNamed("linus@acme.com").UserID }
	linusActor := func(s *stage) string { return s.MemberNamed("linus@acme.com").ActorID }
	invited := func(s *stage) string { return s.invite("newcomer@acme.com") }
	linusAccess := func(s *stage) string { return s.letIn("linus@acme.com", "Viewer") }
	botAccess := func(s *stage) string { return s.letBotIn(s.bot(), "Viewer") }
	workspaceInvited := func(s *stage) string { return s.inviteToWorkspace("newcomer@acme.com") }
	teamInside := func(s *stage) string {
		team := s.team()
		s.letTeamIn(team)
		return team
	}
	code := func(s *stage) string { return "?invite_code=" + url.QueryEscape(s.inviteCode()) }
	anID := func(*stage) string { return uuid.NewString() }
	rotating := func(s *stage) string {
		var keys struct {
			Rotating []obj `json:"rotating_keys"`
		}
		bot := s.bot()
		s.as("POST", "/bots/"+bot+"/rotate_api_key", obj{"old_key_expires_in_seconds": 3600})
		s.Call("GET", mocktest.Root+"/bots/"+bot+"/read_bot_api_keys", mocktest.Owner, nil).Want(200).Into(&keys)
		return id(keys.Rotating[0])
	}
	event := func() obj {
		return obj{"id": uuid.NewString(), "occurred": time.Now(), "event": "x", "resource": obj{"prefect.resource.id": "x"}}
	}
	nextPage := func(s *stage) string {
		s.as("POST", "/events", []obj{event(), event()})
		_, query, _ := strings.Cut(text(s.as("POST", "/events/filter", obj{"limit": 1}), "next_page"), "?")
		return "?" + query
	}
	inside := func(s *stage) string {
		for email, key := range map[string]string{
			"owner@acme.com": mocktest.Owner, "admin@acme.com": mocktest.Admin, "ada@acme.com": mocktest.Member, "auditor@acme.com": "pnu_auditor",
		} {
			if key == s.caller {
				s.letIn(email, "Viewer")
			}
		}
		return s.workspace()
	}
	member := func(s *stage) any {
		return obj{"members": []obj{{"member_id": linusUser(s), "member_type": "user"}}}
	}
	return []operation{
		{name: "GET /api/accounts/permissions", needs: anybody, outcomes: openToAll, call: plain(nil)},
		{name: "GET " + account, needs: needing("read:account"), outcomes: "yyyyyy41", call: plain(nil)},
		{name: "PATCH " + account, needs: needing("update:account"), outcomes: "yy333341", call: plain(obj{"name": "New"})},
		{name: "DELETE " + account, needs: needing("delete:account"), outcomes: "yy333341", call: plain(nil)},
		{name: "GET " + account + "/settings", needs: needing("read:account"), outcomes: "yyyyyy41", call: plain(nil)},
		{name: "PATCH " + account + "/settings", needs: needing("update:account"), outcomes: "yy333341", call: plain(obj{"ai_log_summaries": true})},
		{name: "GET " + account + "/domains", needs: needing("read:account"), outcomes: "yyyyyy41", call: plain(nil)},
		{name: "PATCH " + account + "/domains", needs: needing("administrate:sso"), outcomes: "yy333341", call: plain(obj{"domain_names": []string{"a.example"}})},
		{name: "GET " + account + "/usage_limits", needs: needing("read:account"), outcomes: "yyyyyy41", call: plain(nil)},
		{name: "GET " + account + "/usage", needs: needing("read:account"), outcomes: "yyyyyy41", call: plain(nil)},

		{name: "POST " + account + "/teams/", needs: needing("create:team"), outcomes: "yy333341", call: plain(obj{"name": "New"})},
		{name: "GET " + account + "/teams/{id}", needs: needing("read:team"), outcomes: "yyyy3y41", call: on(nil, team)},
		{name: "PUT " + account + "/teams/{id}", needs: needing("update:team"), outcomes: "yy333341", call: on(obj{"name": "New"}, team)},
		{name: "DELETE " + account + "/teams/{id}", needs: needing("delete:team"), outcomes: "yy333341", call: on(nil, (*stage).teamWithLinus)},
		{name: "POST " + account + "/teams/filter", needs: needing("read:team"), outcomes: "yyyy3y41", call: plain(nil)},
		{name: "PUT " + account + "/teams/{id}/members", needs: needing("update:team"), outcomes: "yy333341", call: with(member, team)},
		{name: "DELETE " + account + "/teams/{team_id}/members/{actor_id}", needs: needing("update:team"), outcomes: "yy333341", call: on(nil, (*stage).teamWithLinus, linusActor)},

		{name: "POST " + account + "/account_memberships/filter", needs: needing("read:account_membership"), outcomes: "yyyyyy41", call: plain(nil)},
		{name: "POST " + account + "/account_memberships/count", needs: needing("read:account_membership"), outcomes: "yyyyyy41", call: plain(nil)},
		{name: "GET " + account + "/account_memberships/by-user/{user_id}", needs: needing("read:account_membership"), outcomes: "yyyyyy41", call: on(nil, linusUser)},
		{name: "GET " + account + "/account_memberships/by-bot/{bot_id}", needs: needing("read:account_membership"), outcomes: "yyyyyy41", call: on(nil, bot)},
		{name: "GET " + account + "/account_memberships/{id}", needs: needing("read:account_membership"), outcomes: "yyyyyy41", call: on(nil, linus)},
		{name: "PATCH " + account + "/account_memberships/{id}", needs: needing("update:account_membership"), outcomes: "yy333341", call: with(func(s *stage) any { return obj{"account_role_id": s.role()} }, linus)},
		{name: "DELETE " + account + "/account_memberships/{id}", needs: needing("delete:account_membership"), outcomes: "yy333341", call: on(nil, linus)},
		{name: "PATCH " + account + "/account_memberships/{id}/active", needs: needing("update:account_membership"), outcomes: "yy333341", call: on(obj{"active": false}, linus)},
		{name: "POST " + account + "/account_memberships/set_active", needs: needing("update:account_membership"), outcomes: "yy333341", call: with(func(s *stage) any {
			return obj{"membership_ids": []string{s.linus()}, "active": false}
		})},

		{name: "GET " + account + "/account_roles/{id}", needs: needing("read:account_role"), outcomes: "yyyyyy41", call: on(nil, role)},
		{name: "PATCH " + account + "/account_roles/{id}", needs: needing("update:account_role"), outcomes: "yy333341", call: on(obj{"name": "Scribe"}, role)},
		{name: "DELETE " + account + "/account_roles/{id}", needs: needing("delete:account_role"), outcomes: "yy333341", call: on(nil, role)},
		{name: "POST " + account + "/account_roles/filter", needs: needing("read:account_role"), outcomes: "yyyyyy41", call: plain(nil)},

		{name: "GET " + account + "/sso/setup_url", needs: needing("administrate:sso"), outcomes: "yy333341", call: plain(nil)},
		{name: "GET " + account + "/sso/dsync_setup_url", needs: needing("administrate:sso"), outcomes: "yy333341", call: plain(nil)},
		{name: "POST " + account + "/sso/validate", needs: needing("read:account") + ", and a recent login", outcomes: "yyyyyy41", call: plain(nil), unless: "/login?"},
		{name: "GET " + account + "/sso/integrations", needs: needing("administrate:sso"), outcomes: "yy333341", call: plain(nil)},
		{name: "DELETE " + account + "/sso/integrations/{integration_id}", needs: needing("administrate:sso"), outcomes: "yy333341", call: on(nil, anID), unless: "Integration not found"},

		{name: "POST " + account + "/bots/", needs: needing("create:bot"), outcomes: "yy333341", call: plain(obj{"name": "new"})},
		{name: "GET " + account + "/bots/{id}", needs: needing("read:bot"), outcomes: "yyyy3y41", call: on(nil, bot)},
		{name: "PATCH " + account + "/bots/{id}", needs: needing("update:bot"), outcomes: "yy333341", call: on(obj{"name": "new"}, bot)},
		{name: "DELETE " + account + "/bots/{id}", needs: needing("delete:bot"), outcomes: "yy333341", call: on(nil, bot)},
		{name: "POST " + account + "/bots/filter", needs: needing("read:bot"), outcomes: "yyyy3y41", call: plain(nil)},
		{name: "POST " + account + "/bots/{id}/rotate_api_key", needs: needing("update:bot"), outcomes: "yy333341", call: on(obj{"old_key_expires_in_seconds": 60}, bot)},
		{name: "GET " + account + "/bots/{id}/read_bot_api_keys", needs: needing("read:bot"), outcomes: "yyyy3y41", call: on(nil, bot)},
		{name: "DELETE " + account + "/bots/{id}/delete_bot_api_key/{api_key_id}", needs: needing("update:bot"), outcomes: "yy333341", call: on(nil, bot, rotating)},

		{name: "POST " + account + "/invitations/", needs: needing("create:invitation"), outcomes: "yy333341", call: with(func(s *stage) any {
			return []obj{{"email": "newcomer@acme.com", "account_role_id": s.RoleNamed("Member").ID}}
		})},
		{name: "GET " + account + "/invitations/{id}", needs: needing("read:invitation"), outcomes: "yyyy3y41", call: on(nil, invited)},
		{name: "POST " + account + "/invitations/filter", needs: needing("read:invitation"), outcomes: "yyyy3y41", call: plain(nil)},
		{name: "POST " + account + "/invitations/count", needs: needing("read:invitation"), outcomes: "yyyy3y41", call: plain(nil)},
		{name: "POST " + account + "/invitations/{id}/revoke", needs: needing("update:invitation"), outcomes: "yy333341", call: on(nil, invited)},
		{name: "POST /api/invitations/{id}/accept", needs: "to be invited, and the code from the mail", outcomes: "33333331", by: "pnu_newcomer", call: on(nil, invited, code)},
		{name: "POST /api/invitations/{id}/reject", needs: "to be invited, and the code from the mail", outcomes: "33333331", by: "pnu_newcomer", call: on(nil, invited, code)},

		{name: "POST " + account + "/workspaces/", needs: needing("create:workspace"), outcomes: "yy333341", call: plain(obj{"name": "New", "handle": "new"})},
		{name: "GET " + account + "/workspaces/{workspace_id}", needs: needing("read:workspace"), outcomes: "yyyy3y41", call: on(nil, workspace)},
		{name: "PATCH " + account + "/workspaces/{workspace_id}", needs: scope("write_workspace_settings"), outcomes: "yy333341", call: on(obj{"name": "New"}, workspace)},
		{name: "DELETE " + account + "/workspaces/{workspace_id}", needs: scope("manage_workspace_settings"), outcomes: "yy333341", call: on(nil, workspace)},
		{name: "POST " + account + "/workspaces/filter", needs: needing("read:workspace"), outcomes: "yyyy3y41", call: plain(nil)},
		{name: "GET /api/workspaces/{workspace_id}", needs: anybody, outcomes: "yyyyyy41", call: on(nil, workspace)},
		{name: "POST " + account + "/workspace_roles/", needs: needing("create:workspace_role"), outcomes: "yy333341", call: plain(obj{"name": "New", "scopes": []string{}})},
		{name: "PATCH " + account + "/workspace_roles/{id}", needs: needing("update:workspace_role"), outcomes: "yy333341", call: on(obj{"name": "New", "scopes": []string{}}, (*stage).newWorkspaceRole)},
		{name: "DELETE " + account + "/workspace_roles/{id}", needs: needing("delete:workspace_role"), outcomes: "yy333341", call: on(nil, (*stage).newWorkspaceRole)},
		{name: "GET " + account + "/workspace_roles/{id}", needs: needing("read:workspace_role"), outcomes: "yyyy3y41", call: on(nil, (*stage).newWorkspaceRole)},
		{name: "POST " + account + "/workspace_roles/filter", needs: needing("read:workspace_role"), outcomes: "yyyy3y41", call: plain(nil)},
		{name: "GET /api/workspace_scopes", needs: anybody, outcomes: openToAll, call: plain(nil)},
		{name: "POST " + account + "/workspaces/{workspace_id}/user_access/", needs: scope("manage_workspace_users"), outcomes: "yy333341", call: with(func(s *stage) any {
			return obj{"user_id": s.MemberNamed("linus@acme.com").UserID, "workspace_role_id": s.workspaceRole("Viewer")}
		}, workspace)},
		{name: "POST " + account + "/workspaces/{workspace_id}/user_access/filter", needs: scope("see_workspace_users"), outcomes: "yy3y3341", call: on(nil, workspace)},
		{name: "GET " + account + "/workspaces/{workspace_id}/user_access/{id}", needs: scope("see_workspace_users"), outcomes: "yy3y3341", call: on(nil, workspace, linusAccess)},
		{name: "DELETE " + account + "/workspaces/{workspace_id}/user_access/{id}", needs: scope("manage_workspace_users"), outcomes: "yy333341", call: on(nil, workspace, linusAccess)},
		{name: "PUT " + account + "/workspaces/{workspace_id}/team_access/", needs: scope("manage_workspace_teams"), outcomes: "yy333341", call: with(func(s *stage) any {
			return []obj{{"team_id": s.team(), "workspace_role_id": s.workspaceRole("Viewer")}}
		}, workspace)},
		{name: "POST " + account + "/workspaces/{workspace_id}/team_access/filter", needs: scope("manage_workspace_teams"), outcomes: "yy333341", call: on(nil, workspace)},
		{name: "DELETE " + account + "/workspaces/{workspace_id}/team_access/{team_id}", needs: scope("manage_workspace_teams"), outcomes: "yy333341", call: on(nil, workspace, teamInside)},

		{name: "POST " + account + "/workspaces/{workspace_id}/bot_access/", needs: scope("manage_workspace_service_accounts"), outcomes: "yy333341", call: with(func(s *stage) any {
			return []obj{{"bot_id": s.bot(), "workspace_role_id": s.workspaceRole("Viewer")}}
		}, workspace)},
		{name: "POST " + account + "/workspaces/{workspace_id}/bot_access/filter", needs: scope("see_workspace_service_accounts"), outcomes: "yy333341", call: on(nil, workspace)},
		{name: "GET " + account + "/workspaces/{workspace_id}/bot_access/{id}", needs: scope("see_workspace_service_accounts"), outcomes: "yy333341", call: on(nil, workspace, botAccess)},
		{name: "DELETE " + account + "/workspaces/{workspace_id}/bot_access/{id}", needs: scope("manage_workspace_service_accounts"), outcomes: "yy333341", call: on(nil, workspace, botAccess)},
		{name: "GET " + account + "/workspaces/{workspace_id}/access/", needs: "`see_workspace_users` and `see_workspace_service_accounts`" + theScope, outcomes: "yy333341", call: on(nil, workspace)},
		{name: "POST " + account + "/workspaces/{workspace_id}/invitations/", needs: needing("create:workspace_invitation"), outcomes: "yy333341", call: on(obj{"email": "newcomer@acme.com"}, workspace)},
		{name: "GET " + account + "/workspaces/{workspace_id}/invitations/{id}", needs: needing("read:workspace_invitation"), outcomes: "yyyy3y41", call: on(nil, workspace, workspaceInvited)},
		{name: "POST " + account + "/workspaces/{workspace_id}/invitations/filter", needs: needing("read:workspace_invitation"), outcomes: "yyyy3y41", call: on(nil, workspace)},
		{name: "POST " + account + "/workspaces/{workspace_id}/invitations/{id}/revoke", needs: needing("update:workspace_invitation"), outcomes: "yy333341", call: on(nil, workspace, workspaceInvited)},

		{name: "GET /api/me/", needs: oneself, outcomes: forPeople, call: plain(nil)},
		{name: "GET /api/me/sessions", needs: oneself, outcomes: forPeople, call: plain(nil)},
		{name: "POST /api/me/sessions/filter", needs: oneself, outcomes: forPeople, call: plain(nil)},
		{name: "POST /api/me/sessions/{session_id}/terminate", needs: oneself, outcomes: forPeople, call: on(nil, anID), unless: "Session not found"},
		{name: "GET /api/me/api_keys", needs: oneself, outcomes: forPeople, call: plain(nil)},
		{name: "POST /api/me/api_keys/filter", needs: oneself, outcomes: forPeople, call: plain(nil)},
		{name: "GET /api/me/accounts", needs: anybody, outcomes: openToAll, call: plain(nil)},
		{name: "GET /api/me/organizations", needs: anybody, outcomes: openToAll, call: plain(nil)},
		{name: "GET /api/me/accounts/{account_id}/permissions", needs: anybody, outcomes: "yyyyyy41", call: plain(nil)},
		{name: "GET /api/me/accounts/has_permission", needs: anybody, outcomes: openToAll, call: on(nil, func(*stage) string { return "?permission=read:account" })},
		{name: "GET /api/me/accounts/{account_id}/has_permission", needs: anybody, outcomes: "yyyyyy41", call: on(nil, func(*stage) string { return "?permission=read:account" })},
		{name: "DELETE /api/me/accounts/{account_id}", needs: oneself, outcomes: "yyyyy341", call: plain(nil)},
		{name: "GET /api/me/workspaces", needs: anybody, outcomes: openToAll, call: plain(nil)},
		{name: "GET /api/me/workspaces/{workspace_id}/scopes", needs: anybody, outcomes: "yyyyyy41", call: on(nil, workspace)},
		{name: "GET /api/me/workspaces/{workspace_id}/has_scope", needs: anybody, outcomes: "yyyyyy41", call: on(nil, workspace, func(*stage) string { return "?scope=see_workspace_users" })},
		{name: "DELETE /api/me/workspaces/{workspace_id}", needs: oneself, outcomes: "yyyyy341", call: on(nil, inside)},

		{name: "GET /api/users/{id}", needs: oneself, outcomes: forPeople, call: on(nil, own)},
		{name: "PATCH /api/users/{id}", needs: oneself, outcomes: forPeople, call: on(obj{"first_name": "New"}, own)},
		{name: "DELETE /api/users/{id}", needs: oneself, outcomes: forPeople, call: on(nil, own)},
		{name: "POST /api/users/{id}/api_keys", needs: oneself, outcomes: forPeople, call: on(obj{"name": "new"}, own)},
		{name: "GET /api/users/{id}/api_keys", needs: oneself, outcomes: forPeople, call: on(nil, own)},
		{name: "GET /api/users/{id}/api_keys/{api_key_id}", needs: oneself, outcomes: forPeople, call: on(nil, own, (*stage).ownKey)},
		{name: "DELETE /api/users/{id}/api_keys/{api_key_id}", needs: oneself, outcomes: forPeople, call: on(nil, own, (*stage).ownKey)},

		{name: "POST " + account + "/events", needs: needing("create:audit_event"), outcomes: "yy333341", call: func(*stage) ([]string, any) { return nil, []obj{event()} }},
		{name: "POST " + account + "/events/filter", needs: needing("read:audit_event"), outcomes: "yyyyyy41", call: plain(nil)},
		{name: "GET " + account + "/events/filter/next", needs: needing("read:audit_event"), outcomes: "yyyyyy41", call: on(nil, nextPage)},
	}
}
