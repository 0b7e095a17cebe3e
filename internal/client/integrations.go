package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// NotOfferedError says that the server does not have a route: the managed
// configuration, as today's Prefect Cloud, where identity providers and directories
// are configured in a browser, or what is younger than the server.
type NotOfferedError struct {
	AccountID string
	Feature   string // what is missing: the configuration of "sso" or "scim", or "bot_access"
	Err       *APIError
}

// Error implements error.
func (e *NotOfferedError) Error() string {
	return fmt.Sprintf("the server of account %s does not offer %s over its API", e.AccountID, offered[e.Feature])
}

// Unwrap gives the answer that said so.
func (e *NotOfferedError) Unwrap() error { return e.Err }

// offered is what people call that which a server may not offer.
var offered = map[string]string{
	featureSSO: "the configuration of identity providers", featureSCIM: "the configuration of directory sync",
	routeBotAccess: "the access of service accounts to workspaces",
}

// explainOffered finds out what a 404 or 405 of a list means: where the account
// itself can be read, and its plan has the feature, it is the route that is
// missing.
func (c *Client) explainOffered(ctx context.Context, accountID, feature string, err error) error {
	var refusal *APIError
	if !errors.As(err, &refusal) || refusal.Status != http.StatusNotFound && refusal.Status != http.StatusMethodNotAllowed {
		return c.explainForbidden(ctx, accountID, feature, err)
	}
	account, readErr := c.GetAccount(ctx, accountID)
	switch {
	case IsNotFound(readErr):
		return &AccountNotFoundError{AccountID: accountID, Err: readErr}
	case readErr != nil:
		return err
	case account.lacks(feature):
		return &PlanLimitError{Feature: feature, AccountID: accountID, Err: refusal}
	}
	return &NotOfferedError{AccountID: accountID, Feature: feature, Err: refusal}
}

// Integrations is what the published API tells of an account's connections and
// directories.
type Integrations struct {
	OrganizationID *string      `json:"organization_id"`
	Connections    []Connection `json:"connections"`
	Directories    []Directory  `json:"directories"`
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
