package client

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// Membership is one row of the account's members: a user's or a service
// account's.
type Membership struct {
	ID              string     `json:"id"`
	ActorID         string     `json:"actor_id"`
	UserID          *string    `json:"user_id"`
	FirstName       *string    `json:"first_name"`
	LastName        *string    `json:"last_name"`
	Handle          *string    `json:"handle"`
	Email           *string    `json:"email"` // null for service accounts
	AccountRoleID   string     `json:"account_role_id"`
	AccountRoleName string     `json:"account_role_name"`
	LastLogin       *time.Time `json:"last_login"`
	Active          bool       `json:"active"`
}

// MembershipQuery says which memberships are wanted. The zero value wants all.
type MembershipQuery struct {
	Filter    *MembershipFilter
	Sort      string // AccountMembershipSort of the API; "" is CREATED_ASC
	OnlyUsers bool
	OnlyBots  bool
	Active    *bool
}

// MembershipFilter narrows a query; all its criteria must hold. An empty
// criterion does not count.
type MembershipFilter struct {
	Emails    []string
	EmailLike string
	RoleIDs   []string
	UserIDs   []string
	ActorIDs  []string
}

// oldestFirst keeps pages stable: who joins comes at the end.
const oldestFirst = "CREATED_ASC"

// membershipCriteria is the part of the body that counting and reading share.
type membershipCriteria struct {
	Memberships *membershipFilterBody `json:"account_memberships,omitempty"`
	OnlyUsers   bool                  `json:"only_users,omitempty"`
	OnlyBots    bool                  `json:"only_bots,omitempty"`
	Active      *bool                 `json:"active,omitempty"`
}

type membershipsBody struct {
	membershipCriteria
	page
	Sort string `json:"sort"`
}

type membershipFilterBody struct {
	Email   *anyOrLike `json:"email,omitempty"`
	RoleID  *anyOrLike `json:"account_role_id,omitempty"`
	UserID  *anyOrLike `json:"user_id,omitempty"`
	ActorID *anyOrLike `json:"actor_id,omitempty"`
}

type anyOrLike struct {
	Any  []string `json:"any_,omitempty"`
	Like string   `json:"like_,omitempty"`
}

func (q MembershipQuery) criteria() membershipCriteria {
	body := membershipCriteria{OnlyUsers: q.OnlyUsers, OnlyBots: q.OnlyBots, Active: q.Active}
	if f := q.Filter; f != nil {
		body.Memberships = &membershipFilterBody{
			Email:   criterion(f.Emails, f.EmailLike),
			RoleID:  criterion(f.RoleIDs, ""),
			UserID:  criterion(f.UserIDs, ""),
			ActorID: criterion(f.ActorIDs, ""),
		}
	}
	return body
}

func criterion(anyOf []string, like string) *anyOrLike {
	if len(anyOf) == 0 && like == "" {
		return nil
	}
	return &anyOrLike{Any: anyOf, Like: like}
}

func (q MembershipQuery) sort() string {
	if q.Sort == "" {
		return oldestFirst
	}
	return q.Sort
}

// ListMemberships reads every membership that matches.
//
// POST /api/accounts/{account_id}/account_memberships/filter
func (c *Client) ListMemberships(ctx context.Context, accountID string, q MembershipQuery) ([]Membership, error) {
	return c.membershipsFrom(ctx, accountID, q, 0)
}

// EachMembership is ListMemberships, one membership after the other: who stops
// early leaves the pages that are left unread. An error is the last thing that
// it gives.
//
// POST /api/accounts/{account_id}/account_memberships/filter
func (c *Client) EachMembership(ctx context.Context, accountID string, q MembershipQuery) iter.Seq2[Membership, error] {
	return eachRow(ctx, "memberships", 0, func(m Membership) string { return m.ID },
		func(ctx context.Context, p page) ([]Membership, error) {
			return c.membershipPage(ctx, accountID, q, p)
		})
}

func (c *Client) membershipsFrom(ctx context.Context, accountID string, q MembershipQuery, offset int) ([]Membership, error) {
	return readPages(ctx, "memberships", offset, func(m Membership) string { return m.ID },
		func(ctx context.Context, p page) ([]Membership, error) {
			rows, err := c.membershipPage(ctx, accountID, q, p)
			if p.Offset == 0 && len(rows) == pageSize && c.watched {
				// Without a count it is shown without one, and an error that lasts ends the next page, too.
				if n, err := c.CountMemberships(ctx, accountID, q); err == nil {
					c.progress.Expect("memberships", n)
				}
			}
			c.progress.Done("memberships", len(rows))
			return rows, err
		})
}

func (c *Client) membershipPage(ctx context.Context, accountID string, q MembershipQuery, p page) ([]Membership, error) {
	return do[[]Membership](ctx, c, call{
		method: http.MethodPost, reads: true,
		path: []string{"accounts", accountID, "account_memberships", "filter"},
		body: membershipsBody{membershipCriteria: q.criteria(), page: p, Sort: q.sort()}, absent: thingOrAccount,
	})
}

// MembershipDetails is what only the read of a single membership tells.
type MembershipDetails struct {
	ID          string    `json:"id"`
	DirectoryID *string   `json:"directory_id"` // the directory that brought the person, if any
	Created     time.Time `json:"created"`
}

// GetMembershipDetails reads one user's membership.
//
// GET /api/accounts/{account_id}/account_memberships/{id}
func (c *Client) GetMembershipDetails(ctx context.Context, accountID, membershipID string) (MembershipDetails, error) {
	return do[MembershipDetails](ctx, c, call{
		method: http.MethodGet, path: []string{"accounts", accountID, "account_memberships", membershipID}, absent: thingOrAccount,
	})
}

// CountMemberships counts the memberships that match.
//
// POST /api/accounts/{account_id}/account_memberships/count
func (c *Client) CountMemberships(ctx context.Context, accountID string, q MembershipQuery) (int, error) {
	return do[int](ctx, c, call{
		method: http.MethodPost, reads: true,
		path: []string{"accounts", accountID, "account_memberships", "count"},
		body: q.criteria(), absent: thingOrAccount,
	})
}

// UpdateMembershipRole gives a member another account role. It leaves the
// cache of Members alone: use Members.SetRole where that is in use.
//
// PATCH /api/accounts/{account_id}/account_memberships/{id}
func (c *Client) UpdateMembershipRole(ctx context.Context, accountID, membershipID, roleID string) error {
	_, err := c.send(ctx, call{
		method: http.MethodPatch,
		path:   []string{"accounts", accountID, "account_memberships", membershipID},
		body: struct {
			AccountRoleID string `json:"account_role_id"`
		}{roleID},
	})
	return err
}

// SetMembershipsActive deactivates members, or lets them in again: up to [SetActiveAtOnce] of them, all or, if one
// cannot be, none. It leaves the cache of Members alone: use Members.SetActive where that is in use.
//
// POST /api/accounts/{account_id}/account_memberships/set_active
func (c *Client) SetMembershipsActive(ctx context.Context, accountID string, membershipIDs []string, active bool) error {
	_, err := c.send(ctx, call{
		method: http.MethodPost, repeatable: true, // who is so already stays so
		path: []string{"accounts", accountID, "account_memberships", "set_active"},
		body: struct {
			MembershipIDs []string `json:"membership_ids"`
			Active        bool     `json:"active"`
		}{membershipIDs, active},
	})
	return err
}

// SetActiveAtOnce is how many members one request activates or deactivates.
const SetActiveAtOnce = 200

// EndSessions logs a member out: all sessions that came through the account's connections end. It returns how many.
//
// POST /api/accounts/{account_id}/sso/members/{membership_id}/end_sessions
func (c *Client) EndSessions(ctx context.Context, accountID, membershipID string) (int, error) {
	answer, err := do[struct {
		Ended int `json:"ended"`
	}](ctx, c, call{
		method: http.MethodPost, repeatable: true, // what has ended does not end again
		path: []string{"accounts", accountID, "sso", "members", membershipID, "end_sessions"}, absent: thingOrExtension, feature: featureSSO,
	})
	return answer.Ended, err
}

// DeleteMembership takes a member out of the account, with all accesses to
// workspaces and places in teams; one that is gone is success. It leaves the
// cache of Members alone.
//
// DELETE /api/accounts/{account_id}/account_memberships/{id}
func (c *Client) DeleteMembership(ctx context.Context, accountID, membershipID string) error {
	_, err := c.send(ctx, call{
		method: http.MethodDelete, path: []string{"accounts", accountID, "account_memberships", membershipID}, absent: goneIsSuccess,
	})
	return err
}
