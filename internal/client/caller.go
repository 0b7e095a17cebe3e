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

// MyPermissions reads what the calling user may do in an account. A service
// account gets 403.
//
// GET /api/me/accounts/{account_id}/permissions
func (c *Client) MyPermissions(ctx context.Context, accountID string) ([]string, error) {
	return do[[]string](ctx, c, call{method: http.MethodGet, path: []string{"me", "accounts", accountID, "permissions"}})
}
