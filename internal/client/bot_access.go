package client

import (
	"context"
	"net/http"
)

// routeBotAccess is the part of a path below which the access of service accounts is.
const routeBotAccess = "bot_access"

// BotAccess is what a service account may do in a workspace, given to it directly.
type BotAccess struct {
	ID     string `json:"id"`
	BotID  string `json:"bot_id"`
	RoleID string `json:"workspace_role_id"`
}

// ListBotAccess reads which service accounts get into a workspace directly. Where the
// workspace is there and the route is not, as on an older server, the error is a
// *NotOfferedError.
//
// POST /api/accounts/{account_id}/workspaces/{workspace_id}/bot_access/filter
func (c *Client) ListBotAccess(ctx context.Context, accountID, workspaceID string) ([]BotAccess, error) {
	return readPages(ctx, "service accounts of a workspace", 0, func(a BotAccess) string { return a.ID },
		func(ctx context.Context, p page) ([]BotAccess, error) {
			return do[[]BotAccess](ctx, c, call{
				method: http.MethodPost, reads: true,
				path: []string{"accounts", accountID, "workspaces", workspaceID, routeBotAccess, "filter"}, body: p, absent: accessOrWorkspace,
			})
		})
}

// GetWorkspace reads one workspace.
//
// GET /api/accounts/{account_id}/workspaces/{workspace_id}
func (c *Client) GetWorkspace(ctx context.Context, accountID, workspaceID string) (Workspace, error) {
	return do[Workspace](ctx, c, call{method: http.MethodGet, path: []string{"accounts", accountID, "workspaces", workspaceID}, absent: thingOrAccount})
}
