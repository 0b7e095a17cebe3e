package published

import "slices"

// conflicting are the operations that may answer 409. The document lists no such
// status: each of them is this project's decision, and the guide says when.
var conflicting = []string{
	"PATCH /api/accounts/{account_id}",
	"PATCH /api/accounts/{account_id}/domains",
	"PUT /api/accounts/{account_id}/teams/{id}",
	"DELETE /api/accounts/{account_id}/teams/{id}",
	"PUT /api/accounts/{account_id}/teams/{id}/members",
	"DELETE /api/accounts/{account_id}/teams/{team_id}/members/{actor_id}",
	"PATCH /api/accounts/{account_id}/account_memberships/{id}",
	"DELETE /api/accounts/{account_id}/account_memberships/{id}",
	"PATCH /api/accounts/{account_id}/account_memberships/{id}/active",
	"POST /api/accounts/{account_id}/account_memberships/set_active",
	"PATCH /api/accounts/{account_id}/account_roles/{id}",
	"DELETE /api/accounts/{account_id}/account_roles/{id}",
	"GET /api/accounts/{account_id}/sso/setup_url",
	"GET /api/accounts/{account_id}/sso/dsync_setup_url",
	"POST /api/accounts/{account_id}/bots/",
	"PATCH /api/accounts/{account_id}/bots/{id}",
	"DELETE /api/accounts/{account_id}/bots/{id}",
	"DELETE /api/accounts/{account_id}/bots/{id}/delete_bot_api_key/{api_key_id}",
	"POST /api/accounts/{account_id}/invitations/",
	"POST /api/accounts/{account_id}/invitations/{id}/revoke",
	"POST /api/invitations/{id}/accept",
	"POST /api/invitations/{id}/reject",
	"POST /api/accounts/{account_id}/workspaces/",
	"PATCH /api/accounts/{account_id}/workspaces/{workspace_id}",
	"POST /api/accounts/{account_id}/workspace_roles/",
	"PATCH /api/accounts/{account_id}/workspace_roles/{id}",
	"DELETE /api/accounts/{account_id}/workspace_roles/{id}",
	"DELETE /api/accounts/{account_id}/workspaces/{workspace_id}/user_access/{id}",
	"POST /api/accounts/{account_id}/workspaces/{workspace_id}/invitations/",
	"POST /api/accounts/{account_id}/workspaces/{workspace_id}/invitations/{id}/revoke",
	"DELETE /api/me/accounts/{account_id}",
	"PATCH /api/users/{id}",
	"DELETE /api/users/{id}",
}

// Conflicting returns the operations that may answer 409.
func Conflicting() []string { return slices.Clone(conflicting) }
