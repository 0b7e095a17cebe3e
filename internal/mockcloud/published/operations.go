package published

import "github.com/google/uuid"

// Operation is one operation of the document.
type Operation struct {
	Method, Path string
	// Status is that of success.
	Status int
	// answer has the type of success's body; nil where there is none.
	answer any
}

// Open reports whether the document allows any answer to the operation, so that
// what it is was for this project to decide.
func (o Operation) Open() bool {
	_, open := o.answer.(anything)
	return open
}

// String names the operation, as "GET /api/me/".
func (o Operation) String() string { return o.Method + " " + o.Path }

// anything is an answer of which the document says nothing, with what this project
// decided that it is; nil where that is no body.
type anything struct{ decided any }

// oneOf is an answer of one of several types.
type oneOf []any

// Operations are all that the document has, in its order.
func Operations() []Operation {
	return []Operation{
		{"GET", "/api/accounts/permissions", 200, []permission{}},
		{"GET", "/api/accounts/{account_id}", 200, account{}},
		{"PATCH", "/api/accounts/{account_id}", 204, nil},
		{"DELETE", "/api/accounts/{account_id}", 204, nil},
		{"GET", "/api/accounts/{account_id}/settings", 200, anything{settings{}}},
		{"PATCH", "/api/accounts/{account_id}/settings", 204, nil},
		{"GET", "/api/accounts/{account_id}/domains", 200, anything{[]domain{}}},
		{"PATCH", "/api/accounts/{account_id}/domains", 204, nil},
		{"POST", "/api/accounts/{account_id}/teams/", 201, team{}},
		{"GET", "/api/accounts/{account_id}/teams/{id}", 200, team{}},
		{"PUT", "/api/accounts/{account_id}/teams/{id}", 200, anything{team{}}},
		{"DELETE", "/api/accounts/{account_id}/teams/{id}", 204, nil},
		{"POST", "/api/accounts/{account_id}/teams/filter", 200, []team{}},
		{"PUT", "/api/accounts/{account_id}/teams/{id}/members", 200, anything{team{}}},
		{"DELETE", "/api/accounts/{account_id}/teams/{team_id}/members/{actor_id}", 204, nil},
		{"POST", "/api/accounts/{account_id}/account_memberships/filter", 200, []membershipRow{}},
		{"POST", "/api/accounts/{account_id}/account_memberships/count", 200, 0},
		{"GET", "/api/accounts/{account_id}/account_memberships/by-user/{user_id}", 200, membership{}},
		{"GET", "/api/accounts/{account_id}/account_memberships/by-bot/{bot_id}", 200, membership{}},
		{"GET", "/api/accounts/{account_id}/account_memberships/{id}", 200, membership{}},
		{"PATCH", "/api/accounts/{account_id}/account_memberships/{id}", 204, nil},
		{"DELETE", "/api/accounts/{account_id}/account_memberships/{id}", 204, nil},
		{"PATCH", "/api/accounts/{account_id}/account_memberships/{id}/active", 204, nil},
		{"POST", "/api/accounts/{account_id}/account_memberships/set_active", 204, nil},
		{"GET", "/api/accounts/{account_id}/account_roles/{id}", 200, accountRole{}},
		{"PATCH", "/api/accounts/{account_id}/account_roles/{id}", 204, nil},
		{"DELETE", "/api/accounts/{account_id}/account_roles/{id}", 204, nil},
		{"POST", "/api/accounts/{account_id}/account_roles/filter", 200, []accountRole{}},
		{"GET", "/api/accounts/{account_id}/sso/setup_url", 200, ""},
		{"GET", "/api/accounts/{account_id}/sso/dsync_setup_url", 200, ""},
		{"POST", "/api/accounts/{account_id}/sso/validate", 204, nil},
		{"GET", "/api/accounts/{account_id}/sso/integrations", 200, integrations{}},
		{"DELETE", "/api/accounts/{account_id}/sso/integrations/{integration_id}", 204, nil},
		{"POST", "/api/accounts/{account_id}/bots/", 201, newBot{}},
		{"GET", "/api/accounts/{account_id}/bots/{id}", 200, bot{}},
		{"PATCH", "/api/accounts/{account_id}/bots/{id}", 204, nil},
		{"DELETE", "/api/accounts/{account_id}/bots/{id}", 204, nil},
		{"POST", "/api/accounts/{account_id}/bots/filter", 200, []bot{}},
		{"POST", "/api/accounts/{account_id}/bots/{id}/rotate_api_key", 201, newBot{}},
		{"GET", "/api/accounts/{account_id}/bots/{id}/read_bot_api_keys", 200, botKeys{}},
		{"DELETE", "/api/accounts/{account_id}/bots/{id}/delete_bot_api_key/{api_key_id}", 200, anything{botKeys{}}},
		{"POST", "/api/accounts/{account_id}/invitations/", 201, []invitation{}},
		{"GET", "/api/accounts/{account_id}/invitations/{id}", 200, invitation{}},
		{"POST", "/api/accounts/{account_id}/invitations/filter", 200, []invitation{}},
		{"POST", "/api/accounts/{account_id}/invitations/count", 200, 0},
		{"POST", "/api/accounts/{account_id}/invitations/{id}/revoke", 204, nil},
		{"POST", "/api/accounts/{account_id}/workspaces/", 201, workspace{}},
		{"GET", "/api/accounts/{account_id}/workspaces/{workspace_id}", 200, workspace{}},
		{"PATCH", "/api/accounts/{account_id}/workspaces/{workspace_id}", 204, nil},
		{"DELETE", "/api/accounts/{account_id}/workspaces/{workspace_id}", 204, nil},
		{"POST", "/api/accounts/{account_id}/workspaces/filter", 200, []workspace{}},
		{"GET", "/api/workspaces/{workspace_id}", 307, anything{}},
		{"POST", "/api/accounts/{account_id}/workspace_roles/", 201, workspaceRole{}},
		{"PATCH", "/api/accounts/{account_id}/workspace_roles/{id}", 204, nil},
		{"DELETE", "/api/accounts/{account_id}/workspace_roles/{id}", 204, nil},
		{"GET", "/api/accounts/{account_id}/workspace_roles/{id}", 200, workspaceRole{}},
		{"POST", "/api/accounts/{account_id}/workspace_roles/filter", 200, []workspaceRole{}},
		{"POST", "/api/accounts/{account_id}/workspaces/{workspace_id}/user_access/", 200, oneOf{userAccess{}, []userAccess{}}},
		{"POST", "/api/accounts/{account_id}/workspaces/{workspace_id}/user_access/filter", 200, []userAccess{}},
		{"GET", "/api/accounts/{account_id}/workspaces/{workspace_id}/user_access/{id}", 200, userAccess{}},
		{"DELETE", "/api/accounts/{account_id}/workspaces/{workspace_id}/user_access/{id}", 204, nil},
		{"PUT", "/api/accounts/{account_id}/workspaces/{workspace_id}/team_access/", 200, []teamAccess{}},
		{"POST", "/api/accounts/{account_id}/workspaces/{workspace_id}/team_access/filter", 200, []teamAccessRow{}},
		{"DELETE", "/api/accounts/{account_id}/workspaces/{workspace_id}/team_access/{team_id}", 204, nil},
		{"GET", "/api/me/", 200, me{}},
		{"GET", "/api/me/sessions", 200, []session{}},
		{"POST", "/api/me/sessions/filter", 200, []session{}},
		{"POST", "/api/me/sessions/{session_id}/terminate", 200, anything{session{}}},
		{"GET", "/api/me/api_keys", 200, []apiKey{}},
		{"POST", "/api/me/api_keys/filter", 200, anything{[]apiKey{}}},
		{"GET", "/api/me/accounts", 200, []myAccount{}},
		{"GET", "/api/me/organizations", 200, []myOrganization{}},
		{"GET", "/api/me/accounts/{account_id}/permissions", 200, []permission{}},
		{"GET", "/api/me/accounts/has_permission", 200, []uuid.UUID{}},
		{"GET", "/api/me/accounts/{account_id}/has_permission", 200, false},
		{"DELETE", "/api/me/accounts/{account_id}", 204, nil},
		{"GET", "/api/me/workspaces", 200, []myWorkspace{}},
		{"DELETE", "/api/me/workspaces/{workspace_id}", 204, nil},
		{"GET", "/api/users/{id}", 200, user{}},
		{"PATCH", "/api/users/{id}", 204, nil},
		{"DELETE", "/api/users/{id}", 204, nil},
		{"POST", "/api/users/{id}/api_keys", 201, newAPIKey{}},
		{"GET", "/api/users/{id}/api_keys", 200, []apiKey{}},
		{"GET", "/api/users/{id}/api_keys/{api_key_id}", 200, apiKey{}},
		{"DELETE", "/api/users/{id}/api_keys/{api_key_id}", 204, nil},
		{"POST", "/api/invitations/{id}/accept", 204, nil},
		{"POST", "/api/invitations/{id}/reject", 204, nil},
		{"POST", "/api/accounts/{account_id}/events", 204, nil},
		{"POST", "/api/accounts/{account_id}/events/filter", 200, eventPage{}},
		{"GET", "/api/accounts/{account_id}/events/filter/next", 200, eventPage{}},
		{"POST", "/api/accounts/{account_id}/workspaces/{workspace_id}/bot_access/", 200, oneOf{botAccess{}, []botAccess{}}},
		{"POST", "/api/accounts/{account_id}/workspaces/{workspace_id}/bot_access/filter", 200, []botAccess{}},
		{"GET", "/api/accounts/{account_id}/workspaces/{workspace_id}/bot_access/{id}", 200, botAccess{}},
		{"DELETE", "/api/accounts/{account_id}/workspaces/{workspace_id}/bot_access/{id}", 204, nil},
		{"GET", "/api/accounts/{account_id}/workspaces/{workspace_id}/access/", 200, []actorAccess{}},
		{"GET", "/api/workspace_scopes", 200, []workspaceScope{}},
		{"POST", "/api/accounts/{account_id}/workspaces/{workspace_id}/invitations/", 201, workspaceInvitation{}},
		{"GET", "/api/accounts/{account_id}/workspaces/{workspace_id}/invitations/{id}", 200, workspaceInvitation{}},
		{"POST", "/api/accounts/{account_id}/workspaces/{workspace_id}/invitations/filter", 200, []workspaceInvitation{}},
		{"POST", "/api/accounts/{account_id}/workspaces/{workspace_id}/invitations/{id}/revoke", 204, nil},
		{"GET", "/api/accounts/{account_id}/usage_limits", 200, usageLimits{}},
		{"GET", "/api/accounts/{account_id}/usage", 200, []workspaceUsage{}},
		{"GET", "/api/me/workspaces/{workspace_id}/scopes", 200, []string{}},
		{"GET", "/api/me/workspaces/{workspace_id}/has_scope", 200, false},
	}
}
