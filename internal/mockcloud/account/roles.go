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

func roleRoutes() []router.Route {
	const path = root + "/account_roles"
	return []router.Route{
		{Method: http.MethodPost, Path: path + "/filter", Access: router.ByMembers(store.ReadAccountRole), Handle: listRoles},
		{Method: http.MethodGet, Path: path + "/{id}", Access: router.ByMembers(store.ReadAccountRole), Handle: readOne("id", (*store.Reader).Role, toRole)},
		{
			Method: http.MethodPatch, Path: path + "/{id}",
			Access: router.ByMembers(store.UpdateAccountRole).With(store.FeatureCustomRoles), Handle: updateOne("id", readRoleChange, (*store.Tx).UpdateRole),
		},
		{
			Method: http.MethodDelete, Path: path + "/{id}",
			Access: router.ByMembers(store.DeleteAccountRole).With(store.FeatureCustomRoles), Handle: deleteOne("id", (*store.Tx).DeleteRole),
		},
	}
}

// roleBody is AccountRole.
type roleBody struct {
	ID           uuid.UUID          `json:"id"`
	Created      time.Time          `json:"created"`
	Updated      time.Time          `json:"updated"`
	AccountID    *uuid.UUID         `json:"account_id"`
	Name         string             `json:"name"`
	Permissions  []store.Permission `json:"permissions"`
	IsSystemRole bool               `json:"is_system_role"`
}

func toRole(role *store.AccountRole) roleBody {
	return roleBody{
		ID: role.ID, Created: role.Created, Updated: role.Updated, AccountID: orNull(role.AccountID),
		Name: role.Name, Permissions: role.Permissions, IsSystemRole: role.IsBuiltin(),
	}
}

// listRoles is POST /api/accounts/{account_id}/account_roles/filter.
func listRoles(c *router.Call) (*router.Answer, error) {
	type listing struct {
		page
		names []string
	}
	body, err := router.OptionalBody(c, input.Lenient(func(f *input.Fields) listing {
		out := listing{page: readPage(f)}
		input.Optional(f, "account_roles", input.Strict(func(f *input.Fields) struct{} {
			out.names = filterPart(f, "name", func(f *input.Fields) []string { return anyOf(f, input.String) })
			return struct{}{}
		}))
		return out
	}))
	if err != nil {
		return nil, err
	}
	var rows []roleBody
	err = c.View(func(r *store.Reader) error {
		roles := slices.DeleteFunc(r.Roles(c.Account), func(role *store.AccountRole) bool {
			return body.names != nil && !slices.Contains(body.names, role.Name)
		})
		rows = cut(roles, body.page, toRole)
		return nil
	})
	return router.OK(rows), err
}

// readRoleChange is the body of PATCH /api/accounts/{account_id}/account_roles/{id}.
func readRoleChange(f *input.Fields) store.RoleChange {
	return store.RoleChange{
		Name:        input.Optional(f, "name", input.StringUpTo(5000)),
		Permissions: input.Optional(f, "permissions", input.List(input.Enum(store.Permissions()...))),
	}
}
