package client

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// Caller is whom the API key belongs to.
type Caller struct {
	// User is set for a user's key.
	User *Me
	// Bots are set for a service account's key: those whose key ends like the
	// one in use. The API does not say which one it is, so where several match
	// each of them may be the caller.
	Bots []Bot
}

// Caller finds out whom the key belongs to. A service account needs read:bot
// for that; without it the answer is a 403.
func (c *Client) Caller(ctx context.Context, accountID string) (Caller, error) {
	me, err := c.Me(ctx)
	if err == nil {
		return Caller{User: me}, nil
	}
	if !IsForbidden(err) { // a service account has no /me
		return Caller{}, err
	}
	bots, err := c.ListBots(ctx, accountID)
	if err != nil {
		return Caller{}, err
	}
	return Caller{Bots: slices.DeleteFunc(bots, func(b Bot) bool { return !c.mayBelongTo(b) })}, nil
}

// mayBelongTo says whether the key in use ends like the bot's.
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
