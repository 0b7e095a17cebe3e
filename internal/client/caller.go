package client

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// BotsOfKey reads the service accounts whose key ends like the one in use. The API
// does not say which one it is, so where several do each of them may be it. It needs
// read:bot; without it the answer is a 403.
func (c *Client) BotsOfKey(ctx context.Context, accountID string) ([]Bot, error) {
	bots, err := c.ListBots(ctx, accountID)
	return slices.DeleteFunc(bots, func(b Bot) bool { return !c.mayBelongTo(b) }), err
}

// mayBelongTo reports whether the key in use ends like the bot's.
func (c *Client) mayBelongTo(b Bot) bool {
	const shown = 4
	masked := b.APIKey.MaskedKey
	return masked != nil && len(*masked) >= shown && len(c.apiKey) >= shown &&
		strings.HasSuffix(c.apiKey, (*masked)[len(*masked)-shown:])
}

// MyPermissions reads what the calling actor, a user or a service account, may do in an
// account. Where the account is not there for the key the error is an
// *AccountNotFoundError; a 404 with the account there is a server without the route.
//
// GET /api/me/accounts/{account_id}/permissions
func (c *Client) MyPermissions(ctx context.Context, accountID string) ([]string, error) {
	permissions, err := do[[]string](ctx, c, call{method: http.MethodGet, path: []string{"me", "accounts", accountID, "permissions"}})
	if !IsNotFound(err) {
		return permissions, err
	}
	return nil, c.thingOrAccount(ctx, call{path: []string{"accounts", accountID}}, err)
}

// MyScopes reads what the calling actor, a user or a service account, may do in a
// workspace. Where the actor does not get into it the error is a 404.
//
// GET /api/me/workspaces/{workspace_id}/scopes
func (c *Client) MyScopes(ctx context.Context, workspaceID string) ([]string, error) {
	return do[[]string](ctx, c, call{method: http.MethodGet, path: []string{"me", "workspaces", workspaceID, "scopes"}})
}

// Administers reports whether the API has granted this client something of an account
// that needs administrate:sso, so that the key has it.
func (c *Client) Administers(accountID string) bool {
	_, granted := c.administers.Load(accountID)
	return granted
}

// noteGranted notes what a call that succeeded says of the key: all routes below an
// account's sso need administrate:sso, but for the one that looks at one's own login.
func (c *Client) noteGranted(r call) {
	if len(r.path) > 3 && r.path[0] == "accounts" && r.path[2] == "sso" && r.path[3] != "validate" {
		c.administers.Store(r.account(), true)
	}
}
