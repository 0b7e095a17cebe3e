package account

import (
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// inWorkspace is where the routes of one workspace begin.
const inWorkspace = root + "/workspaces/{workspace_id}"

func workspaceRoutes() []router.Route {
	const path, mine = root + "/workspaces", "/api/me/workspaces"
	read := router.ByMembers(store.ReadWorkspace)
	return []router.Route{
		{Method: http.MethodPost, Path: path + "/", Access: router.ByMembers(store.CreateWorkspace), Handle: createWorkspace},
		{Method: http.MethodPost, Path: path + "/filter", Access: read, Handle: listWorkspaces},
		{Method: http.MethodGet, Path: inWorkspace, Access: read, Handle: readOne("workspace_id", (*store.Reader).Workspace, toWorkspace)},
		{Method: http.MethodPatch, Path: inWorkspace, Access: router.ByWorkspace(store.WriteWorkspaceSettings), Handle: updateWorkspace},
		{Method: http.MethodDelete, Path: inWorkspace, Access: router.ByWorkspace(store.ManageWorkspaceSettings), Handle: deleteWorkspace},
		{Method: http.MethodGet, Path: "/api/workspaces/{workspace_id}", Access: router.ByAnyActor(), Handle: findWorkspace},
		{Method: http.MethodGet, Path: mine, Access: router.ByAnyActor(), Handle: listMyWorkspaces},
		{Method: http.MethodDelete, Path: mine + "/{workspace_id}", Access: router.ByUsers(), Handle: leaveWorkspace},
	}
}

// workspaceBody is Workspace.
type workspaceBody struct {
	ID                     uuid.UUID  `json:"id"`
	Created                time.Time  `json:"created"`
	Updated                time.Time  `json:"updated"`
	AccountID              uuid.UUID  `json:"account_id"`
	Name                   string     `json:"name"`
	Description            *string    `json:"description"`
	Handle                 string     `json:"handle"`
	DefaultWorkspaceRoleID *uuid.UUID `json:"default_workspace_role_id"`
	IsPublic               bool       `json:"is_public"`
}

func toWorkspace(w *store.Workspace) workspaceBody {
	return workspaceBody{
		ID: w.ID, Created: w.Created, Updated: w.Updated, AccountID: w.AccountID, Name: w.Name,
		Description: w.Description, Handle: w.Handle, DefaultWorkspaceRoleID: orNull(w.DefaultRoleID),
	}
}

// readDescription reads a description that is empty unless given and that null
// takes away.
func readDescription(f *input.Fields) *string {
	if given := input.Nullable(f, "description", input.StringUpTo(5000)); given.Set {
		return given.Value
	}
	return new(string)
}

// createWorkspace is POST /api/accounts/{account_id}/workspaces/.
func createWorkspace(c *router.Call) (*router.Answer, error) {
	wanted, err := router.Body(c, input.Strict(func(f *input.Fields) store.NewWorkspace {
		return store.NewWorkspace{
			AccountID:   c.Account,
			Name:        input.Required(f, "name", input.StringUpTo(5000)),
			Handle:      input.Required(f, "handle", input.StringUpTo(5000)),
			Description: readDescription(f),
		}
	}))
	if err != nil {
		return nil, err
	}
	var out workspaceBody
	err = c.Update(func(tx *store.Tx) error {
		w, err := tx.AddWorkspace(wanted)
		if err != nil {
			return err
		}
		out = toWorkspace(w)
		return nil
	})
	return router.Created(out), err
}

// listWorkspaces is POST /api/accounts/{account_id}/workspaces/filter.
func listWorkspaces(c *router.Call) (*router.Answer, error) {
	type listing struct {
		page
		ids     []uuid.UUID
		handles []string
	}
	body, err := router.OptionalBody(c, input.Lenient(func(f *input.Fields) listing {
		out := listing{page: readPage(f)}
		input.Optional(f, "workspaces", input.Strict(func(f *input.Fields) struct{} {
			out.ids = filterPart(f, "id", anyID)
			out.handles = filterPart(f, "handle", func(f *input.Fields) []string { return anyOf(f, input.String) })
			return struct{}{}
		}))
		return out
	}))
	if err != nil {
		return nil, err
	}
	var rows []workspaceBody
	err = c.View(func(r *store.Reader) error {
		found := slices.DeleteFunc(slices.Clone(r.Workspaces(c.Account)), func(w *store.Workspace) bool {
			return body.ids != nil && !slices.Contains(body.ids, w.ID) ||
				body.handles != nil && !slices.Contains(body.handles, w.Handle)
		})
		rows = cut(found, body.page, toWorkspace)
		return nil
	})
	return router.OK(rows), err
}

// updateWorkspace is PATCH /api/accounts/{account_id}/workspaces/{workspace_id}.
// Null for what a workspace cannot be without leaves it as it is.
func updateWorkspace(c *router.Call) (*router.Answer, error) {
	text := input.StringUpTo(5000)
	change, err := router.Body(c, input.Strict(func(f *input.Fields) store.WorkspaceChange {
		return store.WorkspaceChange{
			Name:          input.Optional(f, "name", text),
			Handle:        input.Optional(f, "handle", text),
			Description:   input.Nullable(f, "description", text),
			DefaultRoleID: input.Nullable(f, "default_workspace_role_id", input.UUID),
		}
	}))
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error { return tx.UpdateWorkspace(c.Account, c.Workspace, change) }))
}

// deleteWorkspace is DELETE /api/accounts/{account_id}/workspaces/{workspace_id}.
func deleteWorkspace(c *router.Call) (*router.Answer, error) {
	return router.Done(c.Update(func(tx *store.Tx) error { return tx.DeleteWorkspace(c.Account, c.Workspace) }))
}

// findWorkspace is GET /api/workspaces/{workspace_id}.
func findWorkspace(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("workspace_id")
	if err != nil {
		return nil, err
	}
	location := ""
	err = c.View(func(r *store.Reader) error {
		w, err := r.FindWorkspace(c.Actor, id)
		if err != nil {
			return err
		}
		location = "/api/accounts/" + w.AccountID.String() + "/workspaces/" + w.ID.String()
		return nil
	})
	return router.Redirect(location), err
}

// myWorkspaceBody is UserWorkspaceResponse.
type myWorkspaceBody struct {
	AccountID            uuid.UUID `json:"account_id"`
	AccountName          string    `json:"account_name"`
	AccountHandle        string    `json:"account_handle"`
	WorkspaceID          uuid.UUID `json:"workspace_id"`
	WorkspaceName        string    `json:"workspace_name"`
	WorkspaceDescription string    `json:"workspace_description"`
	WorkspaceHandle      string    `json:"workspace_handle"`
}

// listMyWorkspaces is GET /api/me/workspaces.
func listMyWorkspaces(c *router.Call) (*router.Answer, error) {
	out := []myWorkspaceBody{}
	err := eachOfMine(c, func(r *store.Reader, m *store.Membership, a *store.Account, _ *store.AccountRole) {
		for _, w := range r.MayEnter(m) {
			row := myWorkspaceBody{
				AccountID: a.ID, AccountName: a.Name, AccountHandle: a.Handle,
				WorkspaceID: w.ID, WorkspaceName: w.Name, WorkspaceHandle: w.Handle,
			}
			if w.Description != nil {
				row.WorkspaceDescription = *w.Description
			}
			out = append(out, row)
		}
	})
	return router.OK(out), err
}

// leaveWorkspace is DELETE /api/me/workspaces/{workspace_id}.
func leaveWorkspace(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("workspace_id")
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error { return tx.LeaveWorkspace(id) }))
}
