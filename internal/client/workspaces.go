package client

import (
	"context"
	"net/http"
)

// UserAccess is a user's own access to a workspace.
type UserAccess struct {
	ID      string `json:"id"`
	ActorID string `json:"actor_id"`
	RoleID  string `json:"workspace_role_id"`
}

// ListUserAccess reads which users get into a workspace by themselves.
//
// POST /api/accounts/{account_id}/workspaces/{workspace_id}/user_access/filter
func (c *Client) ListUserAccess(ctx context.Context, accountID, workspaceID string) ([]UserAccess, error) {
	return readPages(ctx, "users of a workspace", 0, func(a UserAccess) string { return a.ID },
		func(ctx context.Context, p page) ([]UserAccess, error) {
			return do[[]UserAccess](ctx, c, call{
				method: http.MethodPost, reads: true,
				path: []string{"accounts", accountID, "workspaces", workspaceID, "user_access", "filter"}, body: p,
			})
		})
}

// Workspace is a workspace of an account.
type Workspace struct {
	ID     string `json:"id"`
	Handle string `json:"handle"`
	Name   string `json:"name"`
	// DefaultRoleID is the workspace role of all members but Collaborators; nil for none.
	DefaultRoleID *string `json:"default_workspace_role_id"`
}

// WorkspaceRole is what its holder may do in a workspace: a built-in role, or one
// of the account's own.
type WorkspaceRole struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Workspaces knows the account's workspaces, by id and by handle, as Roles
// knows its roles.
type Workspaces struct{ catalog[Workspace] }

// Workspaces returns the account's workspaces; all callers share them.
func (c *Client) Workspaces(accountID string) *Workspaces {
	return perAccount(c, c.workspaces, accountID, func() *Workspaces {
		return &Workspaces{catalog[Workspace]{c: c, accountID: accountID, kind: workspaceKind}}
	})
}

var workspaceKind = catalogKind[Workspace]{
	what: "workspace",
	id:   func(w Workspace) string { return w.ID },
	name: func(w Workspace) string { return w.Handle },
	read: readWorkspaces,
}

// readWorkspaces reads a page of workspaces.
//
// POST /api/accounts/{account_id}/workspaces/filter
func readWorkspaces(ctx context.Context, c *Client, accountID string, p page) ([]Workspace, error) {
	return do[[]Workspace](ctx, c, call{
		method: http.MethodPost, reads: true, path: []string{"accounts", accountID, "workspaces", "filter"}, body: p, absent: thingOrAccount,
	})
}

// WorkspaceRoles knows the roles that people and teams can have in a workspace,
// as Roles knows those in the account.
type WorkspaceRoles struct{ catalog[WorkspaceRole] }

// WorkspaceRoles returns the account's workspace roles; all callers share them.
func (c *Client) WorkspaceRoles(accountID string) *WorkspaceRoles {
	return perAccount(c, c.workspaceRoles, accountID, func() *WorkspaceRoles {
		return &WorkspaceRoles{catalog[WorkspaceRole]{c: c, accountID: accountID, kind: workspaceRoleKind}}
	})
}

var workspaceRoleKind = catalogKind[WorkspaceRole]{
	what: "workspace role",
	id:   func(role WorkspaceRole) string { return role.ID },
	name: func(role WorkspaceRole) string { return role.Name },
	read: readWorkspaceRoles,
}

// readWorkspaceRoles reads a page of workspace roles.
//
// POST /api/accounts/{account_id}/workspace_roles/filter
func readWorkspaceRoles(ctx context.Context, c *Client, accountID string, p page) ([]WorkspaceRole, error) {
	return do[[]WorkspaceRole](ctx, c, call{
		method: http.MethodPost, reads: true, path: []string{"accounts", accountID, "workspace_roles", "filter"}, body: p, absent: thingOrAccount,
	})
}
