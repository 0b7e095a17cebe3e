package account

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func membershipRoutes() []router.Route {
	const path = root + "/account_memberships"
	read, update, remove := router.ByMembers(store.ReadAccountMembership),
		router.ByMembers(store.UpdateAccountMembership), router.ByMembers(store.DeleteAccountMembership)
	return []router.Route{
		{Method: http.MethodPost, Path: path + "/filter", Access: read, Handle: listMemberships},
		{Method: http.MethodPost, Path: path + "/count", Access: read, Handle: countMemberships},
		{Method: http.MethodGet, Path: path + "/by-user/{user_id}", Access: read, Handle: readMembershipOfUser},
		{Method: http.MethodGet, Path: path + "/by-bot/{bot_id}", Access: read, Handle: readMembershipOfBot},
		{Method: http.MethodGet, Path: path + "/{id}", Access: read, Handle: readMembership},
		{Method: http.MethodPatch, Path: path + "/{id}", Access: update, Handle: updateMembership},
		{Method: http.MethodDelete, Path: path + "/{id}", Access: remove, Handle: deleteOne("id", (*store.Tx).RemoveMember)},
		{Method: http.MethodPatch, Path: path + "/{id}/active", Access: update, Handle: setMembershipActive},
		{Method: http.MethodPost, Path: path + "/set_active", Access: update, Handle: setMembershipsActive},
	}
}

// membershipRow is AccountMembershipsResponse: one row of a listing.
type membershipRow struct {
	ID              uuid.UUID  `json:"id"`
	ActorID         uuid.UUID  `json:"actor_id"`
	UserID          *uuid.UUID `json:"user_id"`
	FirstName       *string    `json:"first_name"`
	LastName        *string    `json:"last_name"`
	Handle          *string    `json:"handle"`
	Email           *string    `json:"email"`
	AccountRoleName string     `json:"account_role_name"`
	AccountRoleID   uuid.UUID  `json:"account_role_id"`
	LastLogin       *time.Time `json:"last_login"`
	Active          bool       `json:"active"`
}

// membershipBody is AccountMemberSummaryResponse: one member with everything.
type membershipBody struct {
	ID              uuid.UUID     `json:"id"`
	Created         time.Time     `json:"created"`
	Updated         time.Time     `json:"updated"`
	ActorID         uuid.UUID     `json:"actor_id"`
	AccountID       uuid.UUID     `json:"account_id"`
	UserID          *uuid.UUID    `json:"user_id"`
	Handle          string        `json:"handle"`
	FirstName       *string       `json:"first_name"`
	LastName        *string       `json:"last_name"`
	Email           *string       `json:"email"`
	AccountRoleID   uuid.UUID     `json:"account_role_id"`
	AccountRoleName string        `json:"account_role_name"`
	DirectoryID     *string       `json:"directory_id"`
	Timezone        *string       `json:"timezone"`
	Teams           []teamSummary `json:"teams"`
	Active          bool          `json:"active"`
}

// teamSummary is TeamSummary.
type teamSummary struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

func toMembershipRow(r *store.Reader, m *store.Membership) (membershipRow, error) {
	role, err := r.Role(m.AccountID, m.RoleID)
	if err != nil {
		return membershipRow{}, err
	}
	row := membershipRow{
		ID: m.ID, ActorID: m.ActorID, AccountRoleName: role.Name, AccountRoleID: role.ID, Active: m.Active,
	}
	if !m.IsUser() {
		return row, nil
	}
	user, err := r.User(m.UserID)
	if err != nil {
		return membershipRow{}, err
	}
	row.UserID, row.FirstName, row.LastName = &user.ID, &user.FirstName, &user.LastName
	row.Handle, row.Email, row.LastLogin = &user.Handle, &user.Email, instant(user.LastLogin)
	return row, nil
}

func toMembershipBody(r *store.Reader, m *store.Membership) (membershipBody, error) {
	row, err := toMembershipRow(r, m)
	if err != nil {
		return membershipBody{}, err
	}
	body := membershipBody{
		ID: m.ID, Created: m.Created, Updated: m.Updated, ActorID: m.ActorID, AccountID: m.AccountID,
		UserID: row.UserID, FirstName: row.FirstName, LastName: row.LastName, Email: row.Email,
		AccountRoleID: row.AccountRoleID, AccountRoleName: row.AccountRoleName,
		DirectoryID: orNull(m.DirectoryID), Teams: []teamSummary{}, Active: m.Active,
	}
	for _, t := range r.TeamsOf(m.AccountID, m.ActorID) {
		body.Teams = append(body.Teams, teamSummary{ID: t.ID, Name: t.Name})
	}
	// A service account has no handle of its own; its name takes the place.
	body.Handle = r.MemberName(m)
	if u, err := r.User(m.UserID); err == nil {
		body.Handle, body.Timezone = u.Handle, u.Settings.DefaultTimezone
	}
	return body, nil
}

// listMemberships is POST /api/accounts/{account_id}/account_memberships/filter.
func listMemberships(c *router.Call) (*router.Answer, error) {
	type listing struct {
		page
		query store.MemberQuery
		sort  *store.MemberSort
	}
	body, err := router.OptionalBody(c, input.Lenient(func(f *input.Fields) listing {
		return listing{
			page: readPage(f), query: readMemberQuery(f, "account_memberships"),
			sort: input.Optional(f, "sort", input.Enum(store.MemberSorts()...)),
		}
	}))
	if err != nil {
		return nil, err
	}
	sort := store.CreatedAsc
	if body.sort != nil {
		sort = *body.sort
	}
	rows := []membershipRow{}
	err = c.View(func(r *store.Reader) error {
		for _, m := range r.ListMembers(c.Account, body.query, sort, body.limit, body.offset) {
			row, err := toMembershipRow(r, m)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return nil
	})
	return router.OK(rows), err
}

// countMemberships is POST /api/accounts/{account_id}/account_memberships/count.
// The document names its filter twice; both have to hold.
func countMemberships(c *router.Call) (*router.Answer, error) {
	query, err := router.OptionalBody(c, input.Lenient(func(f *input.Fields) store.MemberQuery {
		return readMemberQuery(f, "account_memberships", "filter")
	}))
	if err != nil {
		return nil, err
	}
	n := 0
	err = c.View(func(r *store.Reader) error {
		n = r.CountMembers(c.Account, query)
		return nil
	})
	return router.OK(n), err
}

func readMemberQuery(f *input.Fields, filters ...string) store.MemberQuery {
	q := store.MemberQuery{
		OnlyUsers: input.Default(f, "only_users", input.Bool, false),
		OnlyBots:  input.Default(f, "only_bots", input.Bool, false),
		Active:    input.Optional(f, "active", input.Bool),
	}
	for _, name := range filters {
		if filter := input.Optional(f, name, input.Strict(readMemberFilter)); filter != nil {
			q.Filters = append(q.Filters, *filter)
		}
	}
	return q
}

// readMemberFilter reads AccountMembershipFilter.
func readMemberFilter(f *input.Fields) store.MemberFilter {
	var out store.MemberFilter
	out.Any = input.Default(f, "operator", input.Enum("and_", "or_"), "and_") == "or_"
	out.RoleIDs = filterPart(f, "account_role_id", anyID)
	out.ActorIDs = filterPart(f, "actor_id", anyID)
	readUserCriteria(f, "user_id", &out)
	return out
}

// readUserFilter reads UserFilter, as a filter of the people's memberships.
func readUserFilter(f *input.Fields) store.MemberFilter {
	var out store.MemberFilter
	readUserCriteria(f, "id", &out)
	return out
}

// readUserCriteria reads what can be asked about people; the name of the
// criterion for their ids is not the same everywhere.
func readUserCriteria(f *input.Fields, id string, out *store.MemberFilter) {
	out.UserIDs = filterPart(f, id, func(f *input.Fields) []uuid.UUID {
		out.NotUserIDs = input.OptionalList(f, "not_any_", input.List(input.UUID))
		return anyID(f)
	})
	out.Emails = filterPart(f, "email", func(f *input.Fields) []string {
		out.EmailLike = like(f)
		return anyOf(f, input.String)
	})
	out.Handles = filterPart(f, "handle", func(f *input.Fields) []string {
		out.HandleLike = like(f)
		return anyOf(f, input.String)
	})
	out.NameLike = filterPart(f, "name", like)
}

// readMembership is GET /api/accounts/{account_id}/account_memberships/{id}.
// Those of service accounts are not found here, as the document says.
func readMembership(c *router.Call) (*router.Answer, error) {
	return oneMembership(c, "id", func(r *store.Reader, id uuid.UUID) (*store.Membership, error) {
		m, err := r.Membership(c.Account, id)
		if err == nil && !m.IsUser() {
			return nil, &store.NotFound{What: "Account membership"}
		}
		return m, err
	})
}

// readMembershipOfUser is GET /api/accounts/{account_id}/account_memberships/by-user/{user_id}.
func readMembershipOfUser(c *router.Call) (*router.Answer, error) {
	return oneMembership(c, "user_id", func(r *store.Reader, id uuid.UUID) (*store.Membership, error) {
		return r.MembershipOfUser(c.Account, id)
	})
}

// readMembershipOfBot is GET /api/accounts/{account_id}/account_memberships/by-bot/{bot_id}.
func readMembershipOfBot(c *router.Call) (*router.Answer, error) {
	return oneMembership(c, "bot_id", func(r *store.Reader, id uuid.UUID) (*store.Membership, error) {
		return r.MembershipOfBot(c.Account, id)
	})
}

func oneMembership(c *router.Call, name string, find func(*store.Reader, uuid.UUID) (*store.Membership, error)) (*router.Answer, error) {
	id, err := c.ID(name)
	if err != nil {
		return nil, err
	}
	var out membershipBody
	err = c.View(func(r *store.Reader) error {
		m, err := find(r, id)
		if err != nil {
			return err
		}
		out, err = toMembershipBody(r, m)
		return err
	})
	return router.OK(out), err
}

// updateMembership is PATCH /api/accounts/{account_id}/account_memberships/{id}.
func updateMembership(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, err
	}
	role, err := router.Body(c, input.Strict(func(f *input.Fields) uuid.UUID {
		return input.Required(f, "account_role_id", input.UUID)
	}))
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error { return tx.SetRole(c.Account, id, role) }))
}

// setMembershipActive is PATCH /api/accounts/{account_id}/account_memberships/{id}/active.
func setMembershipActive(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, err
	}
	active, err := router.Body(c, input.Strict(func(f *input.Fields) bool {
		return input.Required(f, "active", input.Bool)
	}))
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error {
		return tx.SetActive(c.Account, []uuid.UUID{id}, active)
	}))
}

// setMembershipsActive is POST /api/accounts/{account_id}/account_memberships/set_active:
// all of them or, if one cannot be, none.
func setMembershipsActive(c *router.Call) (*router.Answer, error) {
	type bulk struct {
		ids    []uuid.UUID
		active bool
	}
	body, err := router.Body(c, input.Strict(func(f *input.Fields) bulk {
		return bulk{
			ids:    input.Required(f, "membership_ids", input.ListOf(input.UUID, 1, 200)),
			active: input.Required(f, "active", input.Bool),
		}
	}))
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error {
		return tx.SetActive(c.Account, body.ids, body.active)
	}))
}
