package client

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"
)

// Account is what the provider reads of an account.
type Account struct {
	ID                    string     `json:"id"`
	Name                  string     `json:"name"`
	Handle                string     `json:"handle"`
	PlanType              string     `json:"plan_type"`
	PlanTier              *string    `json:"plan_tier"`
	Status                string     `json:"status"`
	SSOState              string     `json:"sso_state"`
	SCIMState             string     `json:"scim_state"`
	Features              []string   `json:"features"`
	AuthExpirationSeconds *int64     `json:"auth_expiration_seconds"`
	WorkOSOrganizationID  *string    `json:"workos_organization_id"`
	Created               *time.Time `json:"created"`
	Updated               *time.Time `json:"updated"`
}

// Me is the user whose key is in use.
type Me struct {
	ID        string `json:"id"`
	Handle    string `json:"handle"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Email     string `json:"email"`
}

// GetAccount reads an account.
//
// GET /api/accounts/{account_id}
func (c *Client) GetAccount(ctx context.Context, accountID string) (*Account, error) {
	return do[*Account](ctx, c, call{method: http.MethodGet, path: []string{"accounts", accountID}})
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

// explainForbidden turns a 403 into a *PlanLimitError where the account's
// features, read afresh, lack the one that the call needs. It costs a request
// only after a 403, and never looks at the message. Where the account cannot
// be read or does not list its features the 403 stays as it is.
func (c *Client) explainForbidden(ctx context.Context, accountID, feature string, err error) error {
	var refusal *APIError
	if !IsForbidden(err) || !errors.As(err, &refusal) {
		return err
	}
	account, readErr := c.GetAccount(ctx, accountID)
	if readErr != nil || !account.lacks(feature) {
		return err
	}
	return &PlanLimitError{Feature: feature, AccountID: accountID, Err: refusal}
}

// explainNested is explainForbidden for what has a route of its own in the
// account. Its 404 means that it is gone, or that the account is not there for
// this key, and then nothing is known of it. The account tells which, asked
// only after a 404.
func (c *Client) explainNested(ctx context.Context, accountID, feature string, err error) error {
	return c.explainForbidden(ctx, accountID, feature, c.explainNotFound(ctx, accountID, err))
}

// explainDeletion takes it for success that what was deleted is gone.
func (c *Client) explainDeletion(ctx context.Context, accountID string, err error) error {
	if err = c.explainNotFound(ctx, accountID, err); IsNotFound(err) {
		return nil
	}
	return err
}

func (c *Client) explainNotFound(ctx context.Context, accountID string, err error) error {
	if !IsNotFound(err) {
		return err
	}
	_, readErr := c.GetAccount(ctx, accountID)
	switch {
	case readErr == nil || IsForbidden(readErr): // the account is there
		return err
	case IsNotFound(readErr):
		return &AccountNotFoundError{AccountID: accountID, Err: readErr}
	}
	return readErr
}

// lacks says whether the account lists its features and this one is not among
// them.
func (a *Account) lacks(feature string) bool {
	return a != nil && a.Features != nil && !slices.Contains(a.Features, feature)
}
