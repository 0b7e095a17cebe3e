package client

import (
	"context"
	"net/http"
)

// Workspace is a workspace of an account.
type Workspace struct {
	ID     string `json:"id"`
	Handle string `json:"handle"`
	Name   string `json:"name"`
	// DefaultRoleID is the workspace role of all members but Collaborators; nil for none.
	DefaultRoleID *string `json:"default_workspace_role_id"`
}

// WorkspaceRole is what somebody may do in a workspace: a built-in role, or one
// of the account's own.
type WorkspaceRole struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Workspaces knows the account's workspaces, by id and by handle, as Roles
// knows its roles.
type Workspaces struct{ catalog[Workspace] }

// Workspaces gives the account's workspaces; all callers share them.
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
		method: http.MethodPost, reads: true, path: []string{"accounts", accountID, "workspaces", "filter"}, body: p,
	})
}

// WorkspaceRoles knows the roles that people and teams can have in a workspace,
// as Roles knows those in the account.
type WorkspaceRoles struct{ catalog[WorkspaceRole] }

// WorkspaceRoles gives the account's workspace roles; all callers share them.
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
		method: http.MethodPost, reads: true, path: []string{"accounts", accountID, "workspace_roles", "filter"}, body: p,
	})
}
