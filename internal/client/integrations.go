package client

import (
	"context"
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

// Unwrap returns the answer that said so.
func (e *NotOfferedError) Unwrap() error { return e.Err }

// offered is what people call that which a server may not offer.
var offered = map[string]string{
	featureSSO: "the configuration of identity providers", featureSCIM: "the configuration of directory sync",
	routeBotAccess: "the access of service accounts to workspaces",
}

// Integrations is what the published API tells of an account's connections and
// directories.
type Integrations struct {
	Connections []Connection `json:"connections"`
	Directories []Directory  `json:"directories"`
}

// GetIntegrations reads the account's connections and directories.
//
// GET /api/accounts/{account_id}/sso/integrations
func (c *Client) GetIntegrations(ctx context.Context, accountID string) (*Integrations, error) {
	return do[*Integrations](ctx, c, call{method: http.MethodGet, path: []string{"accounts", accountID, "sso", "integrations"}, feature: featureSSO, absent: thingOrAccount})
}

// SetupURL makes a link to the configuration dashboard, good for five minutes.
// Where single sign-on is configured the answer is a 409.
//
// GET /api/accounts/{account_id}/sso/setup_url
func (c *Client) SetupURL(ctx context.Context, accountID string) (string, error) {
	return do[string](ctx, c, call{method: http.MethodGet, path: []string{"accounts", accountID, "sso", "setup_url"}, feature: featureSSO})
}

// DirectorySetupURL is SetupURL for directory sync.
//
// GET /api/accounts/{account_id}/sso/dsync_setup_url
func (c *Client) DirectorySetupURL(ctx context.Context, accountID string) (string, error) {
	return do[string](ctx, c, call{method: http.MethodGet, path: []string{"accounts", accountID, "sso", "dsync_setup_url"}, feature: featureSCIM})
}
