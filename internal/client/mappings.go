package client

import (
	"context"
	"net/http"
)

// GroupRoleMapping gives people of a directory an account role while it matches
// them. Of several that match, the one with the highest priority counts, and of
// equal priorities the one whose match sorts first.
type GroupRoleMapping struct {
	Origin
	ID            string       `json:"id"`
	Match         MappingMatch `json:"match"`
	AccountRoleID string       `json:"account_role_id"`
	Priority      int64        `json:"priority"`
	Status        string       `json:"status"` // "applied" or MappingDangling
}

// MappingDangling is the status of a mapping whose group has not arrived.
const MappingDangling = "dangling"

// MappingMatch is whom a mapping is for, in one of three ways: a group by its
// id, groups by their exact name, or a SCIM attribute that equals a value.
type MappingMatch struct {
	GroupID   string `json:"group_id,omitempty"` // "directory_group_…"
	GroupName string `json:"group_name,omitempty"`
	Attribute string `json:"attribute,omitempty"`
	Equals    string `json:"equals,omitempty"`
}

// GroupRoleMappingWrite is a mapping as it is written. Nil and empty fields are
// left out: a PATCH leaves them as they are.
type GroupRoleMappingWrite struct {
	Match         *MappingMatch `json:"match,omitempty"`
	AccountRoleID string        `json:"account_role_id,omitempty"`
	Priority      *int64        `json:"priority,omitempty"`
}

// ListGroupRoleMappings reads the mappings of a directory. Where the server does
// not offer the managed configuration the error is a *NotOfferedError.
//
// GET /api/accounts/{account_id}/sso/directories/{id}/group_role_mappings
func (c *Client) ListGroupRoleMappings(ctx context.Context, accountID, directoryID string) ([]GroupRoleMapping, error) {
	return do[[]GroupRoleMapping](ctx, c, call{method: http.MethodGet, path: mappingPath(accountID, directoryID), feature: featureSCIM, absent: thingOrDirectory})
}

// GetGroupRoleMapping reads one mapping.
//
// GET /api/accounts/{account_id}/sso/directories/{id}/group_role_mappings/{mapping_id}
func (c *Client) GetGroupRoleMapping(ctx context.Context, accountID, directoryID, id string) (*GroupRoleMapping, error) {
	return do[*GroupRoleMapping](ctx, c, call{method: http.MethodGet, path: mappingPath(accountID, directoryID, id), feature: featureSCIM, absent: thingOrAccount})
}

// CreateGroupRoleMapping makes a mapping and gives its role to whom it matches.
// A conflict says that there is one with this match. The key makes the call safe
// to repeat.
//
// POST /api/accounts/{account_id}/sso/directories/{id}/group_role_mappings
func (c *Client) CreateGroupRoleMapping(ctx context.Context, accountID, directoryID, idempotencyKey string, w GroupRoleMappingWrite) (*GroupRoleMapping, error) {
	return createOnce[GroupRoleMapping](ctx, c, call{
		method: http.MethodPost, path: mappingPath(accountID, directoryID), body: w, idempotencyKey: idempotencyKey, feature: featureSCIM,
	})
}

// GroupRoleMappingCreatedWith returns the id of the mapping that this caller made with an Idempotency-Key; "" where there is none, or
// none any more.
//
// GET /api/accounts/{account_id}/sso/directories/{id}/group_role_mappings
func (c *Client) GroupRoleMappingCreatedWith(ctx context.Context, accountID, directoryID, key string) (string, error) {
	return createdID(ctx, c, call{path: mappingPath(accountID, directoryID), feature: featureSCIM, absent: thingOrDirectory}, key)
}

// UpdateGroupRoleMapping changes what w holds. The match may be another mapping's,
// so that two can swap theirs.
//
// PATCH /api/accounts/{account_id}/sso/directories/{id}/group_role_mappings/{mapping_id}
func (c *Client) UpdateGroupRoleMapping(ctx context.Context, accountID, directoryID, id string, w GroupRoleMappingWrite) (*GroupRoleMapping, error) {
	return do[*GroupRoleMapping](ctx, c, call{method: http.MethodPatch, path: mappingPath(accountID, directoryID, id), body: w})
}

// DeleteGroupRoleMapping ends a mapping; one that is gone is success. Those to
// whom no other one gives a role have theirs from before again.
//
// DELETE /api/accounts/{account_id}/sso/directories/{id}/group_role_mappings/{mapping_id}
func (c *Client) DeleteGroupRoleMapping(ctx context.Context, accountID, directoryID, id string) error {
	_, err := c.send(ctx, call{method: http.MethodDelete, path: mappingPath(accountID, directoryID, id), absent: goneIsSuccess})
	return err
}

func mappingPath(accountID, directoryID string, more ...string) []string {
	return directoryPath(accountID, append([]string{directoryID, "group_role_mappings"}, more...)...)
}
