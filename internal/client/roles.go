package client

import (
	"context"
	"net/http"
	"strings"
)

// AccountRole is a built-in role or one of the account's own.
type AccountRole struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	Permissions  []string `json:"permissions"`
	IsSystemRole bool     `json:"is_system_role"`
}

// Roles knows the account's roles. It reads them once, however many ask at the
// same time, and again only for a role that it does not know.
type Roles struct{ catalog[AccountRole] }

// Roles returns the account's roles; all callers share them.
func (c *Client) Roles(accountID string) *Roles {
	return perAccount(c, c.roles, accountID, func() *Roles {
		return &Roles{catalog[AccountRole]{c: c, accountID: accountID, kind: accountRoleKind}}
	})
}

var accountRoleKind = catalogKind[AccountRole]{
	what: "role",
	id:   func(role AccountRole) string { return role.ID },
	name: func(role AccountRole) string { return role.Name },
	read: readAccountRoles,
}

// perAccount returns the account's value of a map that all callers share.
func perAccount[T any](c *Client, of map[string]T, accountID string, create func() T) T {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := strings.ToLower(accountID)
	value, ok := of[key]
	if !ok {
		value = create()
		of[key] = value
	}
	return value
}

// readAccountRoles reads a page of roles.
//
// POST /api/accounts/{account_id}/account_roles/filter
func readAccountRoles(ctx context.Context, c *Client, accountID string, p page) ([]AccountRole, error) {
	return do[[]AccountRole](ctx, c, call{
		method: http.MethodPost, reads: true,
		path: []string{"accounts", accountID, "account_roles", "filter"},
		body: p, absent: thingOrAccount,
	})
}
