package client

import (
	"context"
	"net/http"
	"time"
)

// Directory is a directory that pushes people and groups over SCIM: the
// vendor's object, which is all that the published API shows, and what the
// managed configuration adds to it.
type Directory struct {
	Origin
	ID       string            `json:"id"` // "directory_…"
	Name     string            `json:"name"`
	Type     string            `json:"type"`
	State    string            `json:"state"`
	Metadata DirectoryMetadata `json:"metadata"`

	DefaultAccountRoleID string     `json:"default_account_role_id"`
	DeprovisionAction    string     `json:"deprovision_action"`
	SyncGroupsToTeams    bool       `json:"sync_groups_to_teams"`
	AllowedDomains       []string   `json:"allowed_domains"` // nil: all that are enabled
	SCIMEndpoint         string     `json:"scim_endpoint"`
	LastSyncedAt         *time.Time `json:"last_synced_at"`
}

// DirectoryMetadata counts what a directory holds.
type DirectoryMetadata struct {
	Users struct {
		Active   int64 `json:"active"`
		Inactive int64 `json:"inactive"`
	} `json:"users"`
	Groups int64 `json:"groups"`
}

// The states of a directory that can be written.
const (
	DirectoryLinked   = "linked"
	DirectoryUnlinked = "unlinked"
)

// DirectoryTypes returns the types that push over SCIM: those that can be made.
func DirectoryTypes() []string {
	return []string{
		"azure scim v2.0", "cyberark scim v2.0", "generic scim v2.0", "jump cloud scim v2.0", "okta scim v2.0",
		"onelogin scim v2.0", "pingfederate scim v2.0", "rippling scim v2.0", "sailpoint scim v2.0",
	}
}

// DirectoryWrite is a directory as it is written. Nil and empty fields are left
// out: a PATCH leaves them as they are.
type DirectoryWrite struct {
	Name                 string `json:"name,omitempty"`
	Type                 string `json:"type,omitempty"`
	State                string `json:"state,omitempty"` // not when it is made
	DefaultAccountRoleID string `json:"default_account_role_id,omitempty"`
	DeprovisionAction    string `json:"deprovision_action,omitempty"`
	SyncGroupsToTeams    *bool  `json:"sync_groups_to_teams,omitempty"`
	// AllowedDomains points at a nil slice, which is written as null, to allow
	// all domains that are enabled.
	AllowedDomains *[]string `json:"allowed_domains,omitempty"`
}

// ListDirectories reads the account's directories. Where the server does not
// offer the managed configuration the error is a *NotOfferedError.
//
// GET /api/accounts/{account_id}/sso/directories
func (c *Client) ListDirectories(ctx context.Context, accountID string) ([]Directory, error) {
	return do[[]Directory](ctx, c, call{method: http.MethodGet, path: directoryPath(accountID), feature: featureSCIM, absent: routeOrAccount})
}

// GetDirectory reads one directory.
//
// GET /api/accounts/{account_id}/sso/directories/{id}
func (c *Client) GetDirectory(ctx context.Context, accountID, id string) (*Directory, error) {
	return do[*Directory](ctx, c, call{method: http.MethodGet, path: directoryPath(accountID, id), feature: featureSCIM, absent: thingOrAccount})
}

// CreateDirectory makes a directory. The key makes the call safe to repeat: the
// same key and body give the first answer again.
//
// POST /api/accounts/{account_id}/sso/directories
func (c *Client) CreateDirectory(ctx context.Context, accountID, idempotencyKey string, w DirectoryWrite) (*Directory, error) {
	return createOnce[Directory](ctx, c, call{
		method: http.MethodPost, path: directoryPath(accountID), body: w, idempotencyKey: idempotencyKey, feature: featureSCIM,
	})
}

// DirectoryCreatedWith returns the id of the directory that this caller made with an Idempotency-Key; "" where there is none, or
// none any more.
//
// GET /api/accounts/{account_id}/sso/directories
func (c *Client) DirectoryCreatedWith(ctx context.Context, accountID, key string) (string, error) {
	return createdID(ctx, c, call{path: directoryPath(accountID), feature: featureSCIM, absent: routeOrAccount}, key)
}

// UpdateDirectory changes what w holds.
//
// PATCH /api/accounts/{account_id}/sso/directories/{id}
func (c *Client) UpdateDirectory(ctx context.Context, accountID, id string, w DirectoryWrite) (*Directory, error) {
	return do[*Directory](ctx, c, call{method: http.MethodPatch, path: directoryPath(accountID, id), body: w})
}

// DeleteDirectory removes a directory; one that is gone is success. No member is
// deprovisioned.
//
// DELETE /api/accounts/{account_id}/sso/directories/{id}
func (c *Client) DeleteDirectory(ctx context.Context, accountID, id string) error {
	_, err := c.send(ctx, call{method: http.MethodDelete, path: directoryPath(accountID, id), absent: goneIsSuccess})
	return err
}

func directoryPath(accountID string, more ...string) []string {
	return append([]string{"accounts", accountID, "sso", "directories"}, more...)
}
