package client

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// DirectoryUser is a person as a directory pushed them, and what became of them
// in the account.
type DirectoryUser struct {
	ID        string           `json:"id"`     // "directory_user_…"
	IDPID     string           `json:"idp_id"` // the identity provider's id of the person
	Username  string           `json:"username"`
	Email     *string          `json:"email"`
	FirstName *string          `json:"first_name"`
	LastName  *string          `json:"last_name"`
	State     string           `json:"state"` // DirectoryUserActive, "suspended" or "inactive"
	Groups    []DirectoryGroup `json:"groups"`

	AccountMembershipID *string `json:"account_membership_id"`
	RoleSource          *string `json:"role_source"` // one of the RoleSource constants
	MappingID           *string `json:"mapping_id"`  // the mapping that gives the role
	HeldReason          *string `json:"held_reason"` // why they are in no membership
}

// DirectoryUserActive is the state of a person who may be a member, as far as the directory decides.
const DirectoryUserActive = "active"

// Why a member that a directory manages has the role.
const (
	RoleSourceDefault = "default" // the directory made the membership
	RoleSourceMapping = "mapping" // a group role mapping matches
	RoleSourceManual  = "manual"  // given by hand
)

// DirectoryGroup is a group as a directory pushed it.
type DirectoryGroup struct {
	ID      string     `json:"id"`     // "directory_group_…"
	IDPID   string     `json:"idp_id"` // the identity provider's id of the group
	Name    string     `json:"name"`
	Created *time.Time `json:"created_at"`
	Updated *time.Time `json:"updated_at"`
}

// DirectoryUserQuery says which people of a directory are wanted.
type DirectoryUserQuery struct {
	Filter string // a SCIM filter over the SCIM resource; "" for all
	Held   bool   // people who are held, instead of those who are not
}

// ListDirectoryUsers reads the people of a directory, oldest first.
//
// GET /api/accounts/{account_id}/sso/directories/{id}/users
func (c *Client) ListDirectoryUsers(ctx context.Context, accountID, directoryID string, q DirectoryUserQuery) ([]DirectoryUser, error) {
	query := url.Values{}
	if q.Filter != "" {
		query.Set("filter", q.Filter)
	}
	if q.Held {
		query.Set("held", "true")
	}
	return listInDirectory[DirectoryUser](ctx, c, accountID, directoryID, "users", query)
}

// ListDirectoryGroups reads the groups of a directory, oldest first: all, or
// those of exactly this name.
//
// GET /api/accounts/{account_id}/sso/directories/{id}/groups
func (c *Client) ListDirectoryGroups(ctx context.Context, accountID, directoryID, name string) ([]DirectoryGroup, error) {
	query := url.Values{}
	if name != "" {
		query.Set("filter", "displayName eq "+scimQuote(name))
	}
	groups, err := listInDirectory[DirectoryGroup](ctx, c, accountID, directoryID, "groups", query)
	return slices.DeleteFunc(groups, func(g DirectoryGroup) bool {
		return name != "" && g.Name != name // the filter compares without case
	}), err
}

// ListMatchedUsers reads the people whom a mapping with this match is for. What
// it cannot tell, because the names of two groups differ in case at most, it
// does not guess: told is false then.
func (c *Client) ListMatchedUsers(ctx context.Context, accountID, directoryID string, match MappingMatch) (users []DirectoryUser, reported bool, err error) {
	filter := match.Attribute + " eq " + scimQuote(match.Equals)
	switch {
	case match.Equals == "true" || match.Equals == "false": // of a boolean, or of a text that reads like one
		filter += " or " + match.Attribute + " eq " + match.Equals
	case match.Attribute == "":
		groups, err := listInDirectory[DirectoryGroup](ctx, c, accountID, directoryID, "groups", url.Values{})
		if err != nil {
			return nil, false, err
		}
		at := slices.IndexFunc(groups, func(g DirectoryGroup) bool { return g.ID == match.GroupID || g.Name == match.GroupName })
		if at < 0 {
			return nil, true, nil // dangling: it applies to no user
		}
		name := groups[at].Name
		for i, other := range groups {
			if i != at && strings.EqualFold(other.Name, name) && (match.GroupID != "" || other.Name != name) { //nolint:forbidigo // names of groups
				return nil, false, nil
			}
		}
		filter = "groups.display eq " + scimQuote(name)
	}
	users, err = c.ListDirectoryUsers(ctx, accountID, directoryID, DirectoryUserQuery{Filter: filter})
	return users, err == nil, err
}

func listInDirectory[T any](ctx context.Context, c *Client, accountID, directoryID, what string, query url.Values) ([]T, error) {
	return readAfter("directory "+what, query, func(query url.Values) (rowsAfter[T], error) {
		page, err := do[rowsAfter[T]](ctx, c, call{method: http.MethodGet, path: directoryPath(accountID, directoryID, what), query: query, feature: featureSCIM, absent: thingOrDirectory})
		c.progress.Done("directory "+what, len(page.Data))
		return page, err
	})
}
