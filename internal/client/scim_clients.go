package client

import (
	"context"
	"net/http"
	"time"
)

// SCIMClient is an OAuth 2.0 client with which an identity provider gets itself
// access tokens for a directory. Its secrets are never read back.
type SCIMClient struct {
	Origin
	ID            string             `json:"id"` // the client_id, too
	Name          string             `json:"name"`
	TokenEndpoint string             `json:"token_endpoint"`
	Secrets       []SCIMClientSecret `json:"secrets"` // the live ones, newest first
}

// SCIMClientSecret is one of a client's live secrets.
type SCIMClientSecret struct {
	Suffix    string     `json:"suffix"` // the last four characters
	Created   time.Time  `json:"created"`
	ExpiresAt *time.Time `json:"expires_at"` // nil: never
	// LastUsedAt is when it last got an access token; nil for never. Deleted with its
	// client, one that was never used may be brought again.
	LastUsedAt *time.Time `json:"last_used_at"`
}

// MaxSCIMClientSecrets is how many live secrets a client has at most.
const MaxSCIMClientSecrets = 2

// NewSCIMClient is a client as it is made.
type NewSCIMClient struct {
	Name   string `json:"name"`
	Secret string `json:"client_secret,omitempty"` // left out: the server makes one
}

// SCIMClientRotation gives a client another secret.
type SCIMClientRotation struct {
	Name   *string `json:"name,omitempty"` // left out: it keeps its name
	Secret string  `json:"client_secret,omitempty"`
	// OldSecretExpiresInSeconds ends the secrets that are there now so much later.
	// Left out, they live on.
	OldSecretExpiresInSeconds *int64 `json:"old_secret_expires_in_seconds,omitempty"`
}

// CreatedSCIMClient is the answer to making a secret.
type CreatedSCIMClient struct {
	SCIMClient
	// Secret is shown this once, where the server made it.
	Secret string `json:"client_secret"`
}

// ListSCIMClients reads the clients of a directory.
//
// GET /api/accounts/{account_id}/sso/directories/{id}/clients
func (c *Client) ListSCIMClients(ctx context.Context, accountID, directoryID string) ([]SCIMClient, error) {
	return do[[]SCIMClient](ctx, c, call{method: http.MethodGet, path: directoryPath(accountID, directoryID, "clients"), feature: featureSCIM, absent: thingOrDirectory})
}

// GetSCIMClient reads a client of a directory.
//
// GET /api/accounts/{account_id}/sso/directories/{id}/clients/{client_id}
func (c *Client) GetSCIMClient(ctx context.Context, accountID, directoryID, id string) (*SCIMClient, error) {
	return do[*SCIMClient](ctx, c, call{method: http.MethodGet, path: directoryPath(accountID, directoryID, "clients", id), feature: featureSCIM, absent: thingOrAccount})
}

// CreateSCIMClient makes a client. A conflict says that the directory has one of
// the name, or that the secret has been used before; ExistingID tells what of the
// directory's own is in the way. The key makes the call safe to repeat.
//
// POST /api/accounts/{account_id}/sso/directories/{id}/clients
func (c *Client) CreateSCIMClient(ctx context.Context, accountID, directoryID, idempotencyKey string, w NewSCIMClient) (*CreatedSCIMClient, error) {
	r := call{
		method: http.MethodPost, path: directoryPath(accountID, directoryID, "clients"),
		body: w, secrets: []string{w.Secret}, idempotencyKey: idempotencyKey, feature: featureSCIM,
	}
	if w.Secret == "" { // a secret that the server made is in its answer only: without that the client is of no use
		return do[*CreatedSCIMClient](ctx, c, r)
	}
	return createOnce[CreatedSCIMClient](ctx, c, r)
}

// SCIMClientCreatedWith returns the id of the client that this caller made with an Idempotency-Key; "" where there is none, or
// none any more.
//
// GET /api/accounts/{account_id}/sso/directories/{id}/clients
func (c *Client) SCIMClientCreatedWith(ctx context.Context, accountID, directoryID, key string) (string, error) {
	return createdID(ctx, c, call{path: directoryPath(accountID, directoryID, "clients"), feature: featureSCIM, absent: thingOrDirectory}, key)
}

// RotateSCIMClient gives a client another secret. A conflict says that there are
// MaxSCIMClientSecrets already, or that the secret has been used before; then
// ExistingID tells whose of the directory it is. The key makes the call safe to repeat.
//
// POST /api/accounts/{account_id}/sso/directories/{id}/clients/{client_id}/rotate
func (c *Client) RotateSCIMClient(ctx context.Context, accountID, directoryID, id, idempotencyKey string, w SCIMClientRotation) (*CreatedSCIMClient, error) {
	return do[*CreatedSCIMClient](ctx, c, call{
		method: http.MethodPost, path: directoryPath(accountID, directoryID, "clients", id, "rotate"),
		body: w, secrets: []string{w.Secret}, idempotencyKey: idempotencyKey, feature: featureSCIM, absent: thingOrDirectory,
	})
}

// DeleteSCIMClient ends a client with its secrets and access tokens at once; one
// that is gone is success.
//
// DELETE /api/accounts/{account_id}/sso/directories/{id}/clients/{client_id}
func (c *Client) DeleteSCIMClient(ctx context.Context, accountID, directoryID, id string) error {
	_, err := c.send(ctx, call{method: http.MethodDelete, path: directoryPath(accountID, directoryID, "clients", id), absent: goneIsSuccess})
	return err
}
