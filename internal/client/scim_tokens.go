package client

import (
	"context"
	"net/http"
	"time"
)

// SCIMToken is a secret with which an identity provider pushes into a
// directory. The secret itself is never read back.
type SCIMToken struct {
	Origin
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Suffix    string     `json:"token_suffix"` // the secret's last four characters
	ExpiresAt *time.Time `json:"expires_at"`   // nil: never
	Run       bool       `json:"run"`          // for one run, an hour at most
	// LastUsedAt is when it last authenticated a request; nil for never. The secret of
	// one that never did is free when it is deleted.
	LastUsedAt *time.Time `json:"last_used_at"`
}

// MaxSCIMTokens is how many live tokens a directory has at most, those for one
// run not counted.
const MaxSCIMTokens = 2

// NewSCIMToken is a token as it is made.
type NewSCIMToken struct {
	Name      string     `json:"name"`
	Token     string     `json:"token,omitempty"` // left out: the server makes one
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	// OldTokenExpiresInSeconds ends the token that is there now so much later.
	// Left out, that one lives on.
	OldTokenExpiresInSeconds *int64 `json:"old_token_expires_in_seconds,omitempty"`
	Run                      bool   `json:"run,omitempty"`
}

// CreatedSCIMToken is the answer to making a token.
type CreatedSCIMToken struct {
	SCIMToken
	// Token is the secret, where the server made it: shown this once.
	Token string `json:"token"`
}

// ListSCIMTokens reads the live tokens of a directory.
//
// GET /api/accounts/{account_id}/sso/directories/{id}/tokens
func (c *Client) ListSCIMTokens(ctx context.Context, accountID, directoryID string) ([]SCIMToken, error) {
	return do[[]SCIMToken](ctx, c, call{method: http.MethodGet, path: directoryPath(accountID, directoryID, "tokens"), feature: featureSCIM, absent: thingOrDirectory})
}

// CreateSCIMToken makes a token. A conflict says that there are MaxSCIMTokens
// already, or that the secret has been used before; ExistingID tells the directory's
// own live token that has it. The key makes the call safe to repeat.
//
// POST /api/accounts/{account_id}/sso/directories/{id}/tokens
func (c *Client) CreateSCIMToken(ctx context.Context, accountID, directoryID, idempotencyKey string, w NewSCIMToken) (*CreatedSCIMToken, error) {
	r := call{
		method: http.MethodPost, path: directoryPath(accountID, directoryID, "tokens"),
		body: w, secrets: []string{w.Token}, idempotencyKey: idempotencyKey, feature: featureSCIM,
	}
	if w.Token == "" { // a secret that the server made is in its answer only: without that the token is of no use
		return do[*CreatedSCIMToken](ctx, c, r)
	}
	return createOnce[CreatedSCIMToken](ctx, c, r)
}

// SCIMTokenCreatedWith returns the id of the live token that this caller made with an Idempotency-Key; "" where there is none, or
// none any more.
//
// GET /api/accounts/{account_id}/sso/directories/{id}/tokens
func (c *Client) SCIMTokenCreatedWith(ctx context.Context, accountID, directoryID, key string) (string, error) {
	return createdID(ctx, c, call{path: directoryPath(accountID, directoryID, "tokens"), feature: featureSCIM, absent: thingOrDirectory}, key)
}

// DeleteSCIMToken ends a token at once; one that is gone is success.
//
// DELETE /api/accounts/{account_id}/sso/directories/{id}/tokens/{token_id}
func (c *Client) DeleteSCIMToken(ctx context.Context, accountID, directoryID, id string) error {
	_, err := c.send(ctx, call{method: http.MethodDelete, path: directoryPath(accountID, directoryID, "tokens", id), absent: goneIsSuccess})
	return err
}
