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

func workspaceRoleRoutes() []router.Route {
	const path = root + "/workspace_roles"
	read := router.ByMembers(store.ReadWorkspaceRole)
	return []router.Route{
		{
			Method: http.MethodPost, Path: path + "/",
			Access: router.ByMembers(store.CreateWorkspaceRole).With(store.FeatureCustomRoles), Handle: createWorkspaceRole,
		},
		{Method: http.MethodPost, Path: path + "/filter", Access: read, Handle: listWorkspaceRoles},
		{Method: http.MethodGet, Path: path + "/{id}", Access: read, Handle: readOne("id", (*store.Reader).WorkspaceRole, toWorkspaceRole)},
		{
			Method: http.MethodPatch, Path: path + "/{id}",
			Access: router.ByMembers(store.UpdateWorkspaceRole).With(store.FeatureCustomRoles), Handle: updateOne("id", readWorkspaceRoleChange, (*store.Tx).UpdateWorkspaceRole),
		},
		{
			Method: http.MethodDelete, Path: path + "/{id}",
			Access: router.ByMembers(store.DeleteWorkspaceRole).With(store.FeatureCustomRoles), Handle: deleteOne("id", (*store.Tx).DeleteWorkspaceRole),
		},
	}
}

// workspaceRoleBody is WorkspaceRole. Permissions is the old name of scopes.
type workspaceRoleBody struct {
	ID              uuid.UUID     `json:"id"`
	Created         time.Time     `json:"created"`
	Updated         time.Time     `json:"updated"`
	AccountID       *uuid.UUID    `json:"account_id"`
	Name            string        `json:"name"`
	Description     string        `json:"description"`
	Permissions     []store.Scope `json:"permissions"`
	Scopes          []store.Scope `json:"scopes"`
	InheritedRoleID *uuid.UUID    `json:"inherited_role_id"`
}

func toWorkspaceRole(role *store.WorkspaceRole) workspaceRoleBody {
	scopes := append([]store.Scope{}, role.Scopes...)
	return workspaceRoleBody{
		ID: role.ID, Created: role.Created, Updated: role.Updated, AccountID: orNull(role.AccountID),
		Name: role.Name, Description: role.Description, Permissions: scopes, Scopes: scopes,
		InheritedRoleID: orNull(role.InheritedRoleID),
	}
}

func readScope(v input.Value) store.Scope { return store.Scope(input.String(v)) }

// createWorkspaceRole is POST /api/accounts/{account_id}/workspace_roles/.
func createWorkspaceRole(c *router.Call) (*router.Answer, error) {
	wanted, err := router.Body(c, input.Strict(func(f *input.Fields) store.NewWorkspaceRole {
		out := store.NewWorkspaceRole{
			AccountID:   c.Account,
			Name:        input.Required(f, "name", input.StringUpTo(5000)),
			Description: input.Default(f, "description", input.StringUpTo(140), ""),
			Scopes:      input.Default(f, "scopes", input.List(readScope), nil),
		}
		if from := input.Optional(f, "inherited_role_id", input.UUID); from != nil {
			out.InheritedRoleID = *from
		}
		return out
	}))
	if err != nil {
		return nil, err
	}
	var out workspaceRoleBody
	err = c.Update(func(tx *store.Tx) error {
		role, err := tx.AddWorkspaceRole(wanted)
		if err != nil {
			return err
		}
		out = toWorkspaceRole(role)
		return nil
	})
	return router.Created(out), err
}

// listWorkspaceRoles is POST /api/accounts/{account_id}/workspace_roles/filter.
func listWorkspaceRoles(c *router.Call) (*router.Answer, error) {
	type listing struct {
		page
		names   []string
		builtin *bool
	}
	body, err := router.OptionalBody(c, input.Lenient(func(f *input.Fields) listing {
		out := listing{page: readPage(f)}
		input.Optional(f, "workspace_roles", input.Strict(func(f *input.Fields) struct{} {
			out.names = filterPart(f, "name", func(f *input.Fields) []string { return anyOf(f, input.String) })
			out.builtin = input.Optional(f, "is_global", input.Bool)
			return struct{}{}
		}))
		return out
	}))
	if err != nil {
		return nil, err
	}
	var rows []workspaceRoleBody
	err = c.View(func(r *store.Reader) error {
		roles := slices.DeleteFunc(r.WorkspaceRoles(c.Account), func(role *store.WorkspaceRole) bool {
			return body.names != nil && !slices.Contains(body.names, role.Name) ||
				body.builtin != nil && *body.builtin != role.IsBuiltin()
		})
		rows = cut(roles, body.page, toWorkspaceRole)
		return nil
	})
	return router.OK(rows), err
}

// readWorkspaceRoleChange is the body of PATCH /api/accounts/{account_id}/workspace_roles/{id}.
func readWorkspaceRoleChange(f *input.Fields) store.WorkspaceRoleChange {
	return store.WorkspaceRoleChange{
		Name:            input.Optional(f, "name", input.StringUpTo(5000)),
		Description:     input.Optional(f, "description", input.StringUpTo(140)),
		Scopes:          input.Default(f, "scopes", input.List(readScope), nil),
		InheritedRoleID: input.Nullable(f, "inherited_role_id", input.UUID),
	}
}
