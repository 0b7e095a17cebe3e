package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// NotOfferedError says that the server has no managed configuration, as today's
// Prefect Cloud: identity providers are configured in a browser there.
type NotOfferedError struct {
	AccountID string
	Err       *APIError
}

// Error implements error.
func (e *NotOfferedError) Error() string {
	return fmt.Sprintf("the server of account %s does not offer the configuration of identity providers over its API", e.AccountID)
}

// Unwrap gives the answer that said so.
func (e *NotOfferedError) Unwrap() error { return e.Err }

// explainConnection finds out what a 404 or 405 of the connections' list means:
// where the account itself can be read it is the route that is missing.
func (c *Client) explainConnection(ctx context.Context, accountID string, err error) error {
	var refusal *APIError
	if !errors.As(err, &refusal) || refusal.Status != http.StatusNotFound && refusal.Status != http.StatusMethodNotAllowed {
		return c.explainForbidden(ctx, accountID, featureSSO, err)
	}
	if _, readErr := c.GetAccount(ctx, accountID); readErr != nil {
		return err
	}
	return &NotOfferedError{AccountID: accountID, Err: refusal}
}

// Integrations is what the published API tells of an account's connections and
// directories.
type Integrations struct {
	OrganizationID *string      `json:"organization_id"`
	Connections    []Connection `json:"connections"`
	Directories    []Directory  `json:"directories"`
}

// Directory is a directory as the published API tells of it.
type Directory struct {
	ID    string `json:"id"` // "directory_…"
	Name  string `json:"name"`
	Type  string `json:"type"`
	State string `json:"state"`
}

// GetIntegrations reads the account's connections and directories.
//
// GET /api/accounts/{account_id}/sso/integrations
func (c *Client) GetIntegrations(ctx context.Context, accountID string) (*Integrations, error) {
	found, err := do[*Integrations](ctx, c, call{method: http.MethodGet, path: []string{"accounts", accountID, "sso", "integrations"}})
	return found, c.explainForbidden(ctx, accountID, featureSSO, err)
}

// SetupURL makes a link to the configuration dashboard, good for five minutes.
// Where single sign-on is configured the answer is a 409.
//
// GET /api/accounts/{account_id}/sso/setup_url
func (c *Client) SetupURL(ctx context.Context, accountID string) (string, error) {
	link, err := do[string](ctx, c, call{method: http.MethodGet, path: []string{"accounts", accountID, "sso", "setup_url"}})
	return link, c.explainForbidden(ctx, accountID, featureSSO, err)
}

// DirectorySetupURL is SetupURL for directory sync.
//
// GET /api/accounts/{account_id}/sso/dsync_setup_url
func (c *Client) DirectorySetupURL(ctx context.Context, accountID string) (string, error) {
	link, err := do[string](ctx, c, call{method: http.MethodGet, path: []string{"accounts", accountID, "sso", "dsync_setup_url"}})
	return link, c.explainForbidden(ctx, accountID, featureSCIM, err)
}
