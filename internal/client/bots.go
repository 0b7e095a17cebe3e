package client

import (
	"context"
	"net/http"
	"time"
)

// Bot is a service account.
type Bot struct {
	ID              string     `json:"id"`
	ActorID         string     `json:"actor_id"`
	Name            string     `json:"name"`
	AccountRoleName string     `json:"account_role_name"`
	APIKey          BotKey     `json:"api_key"`
	Created         *time.Time `json:"created"`
}

// BotKey is what the API tells of a service account's key.
type BotKey struct {
	ID         string     `json:"id"`
	MaskedKey  *string    `json:"masked_key"` // ends with the key's last four characters
	Expiration *time.Time `json:"expiration"` // nil: never
}

// ListBots reads the account's service accounts.
//
// POST /api/accounts/{account_id}/bots/filter
func (c *Client) ListBots(ctx context.Context, accountID string) ([]Bot, error) {
	return readPages(ctx, "service accounts", 0, func(b Bot) string { return b.ID },
		func(ctx context.Context, p page) ([]Bot, error) {
			return do[[]Bot](ctx, c, call{
				method: http.MethodPost, reads: true,
				path: []string{"accounts", accountID, "bots", "filter"},
				body: p, absent: thingOrAccount,
			})
		})
}
