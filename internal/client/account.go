package client

import (
	"context"
	"net/http"
	"slices"
)

// Account is what the provider reads of an account.
type Account struct {
	ID                    string   `json:"id"`
	Name                  string   `json:"name"`
	Handle                string   `json:"handle"`
	PlanType              string   `json:"plan_type"`
	PlanTier              *string  `json:"plan_tier"`
	SSOState              string   `json:"sso_state"`
	SCIMState             string   `json:"scim_state"`
	Features              []string `json:"features"`
	AuthExpirationSeconds *int64   `json:"auth_expiration_seconds"`
}

// Me is the user whose key is in use.
type Me struct {
	ID    string `json:"id"`
	Email string `json:"email"`
}

// GetAccount reads an account. Where it is not there for the key the error is an
// *AccountNotFoundError.
//
// GET /api/accounts/{account_id}
func (c *Client) GetAccount(ctx context.Context, accountID string) (*Account, error) {
	return do[*Account](ctx, c, call{method: http.MethodGet, path: []string{"accounts", accountID}, absent: account})
}

// SetAuthExpiration says for how many seconds a login counts as recent; nil
// means until the session ends.
//
// PATCH /api/accounts/{account_id}
func (c *Client) SetAuthExpiration(ctx context.Context, accountID string, seconds *int64) error {
	_, err := c.send(ctx, call{
		method: http.MethodPatch, path: []string{"accounts", accountID},
		body: struct {
			AuthExpirationSeconds *int64 `json:"auth_expiration_seconds"`
		}{seconds},
	})
	return err
}

// Me reads who the key belongs to. A service account gets 403.
//
// GET /api/me/
func (c *Client) Me(ctx context.Context) (*Me, error) {
	return do[*Me](ctx, c, call{method: http.MethodGet, path: []string{"me", "/"}})
}

// lacks reports whether the account lists its features and this one is not
// among them.
func (a *Account) lacks(feature string) bool {
	return a != nil && a.Features != nil && !slices.Contains(a.Features, feature)
}
