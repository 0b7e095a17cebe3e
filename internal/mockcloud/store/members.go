package store

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
)

// MemberSort is an order of members (AccountMembershipSort in the document).
type MemberSort string

// The orders; equal members come oldest first in all of them.
const (
	CreatedAsc      MemberSort = "CREATED_ASC"
	CreatedDesc     MemberSort = "CREATED_DESC"
	LastLoginAsc    MemberSort = "LAST_LOGIN_ASC"
	LastLoginDesc   MemberSort = "LAST_LOGIN_DESC"
	NameAsc         MemberSort = "NAME_ASC"
	NameDesc        MemberSort = "NAME_DESC"
	HandleAsc       MemberSort = "HANDLE_ASC"
	HandleDesc      MemberSort = "HANDLE_DESC"
	EmailAsc        MemberSort = "EMAIL_ASC"
	EmailDesc       MemberSort = "EMAIL_DESC"
	AccountRoleAsc  MemberSort = "ACCOUNT_ROLE_NAME_ASC"
	AccountRoleDesc MemberSort = "ACCOUNT_ROLE_NAME_DESC"
)

// MemberSorts returns all orders.
func MemberSorts() []MemberSort {
	return []MemberSort{
		CreatedAsc, CreatedDesc, LastLoginAsc, LastLoginDesc, NameAsc, NameDesc,
		HandleAsc, HandleDesc, EmailAsc, EmailDesc, AccountRoleAsc, AccountRoleDesc,
	}
}

// MemberFilter says which members are wanted. Of a nil list nothing is asked; an
// empty one matches no member.
type MemberFilter struct {
	// Any wants one criterion to hold instead of all.
	Any bool

	RoleIDs, ActorIDs, UserIDs, NotUserIDs []uuid.UUID
	Emails, Handles                        []string
	EmailLike, HandleLike, NameLike        *string
}

// MemberQuery is a question about an account's members.
type MemberQuery struct {
	// Filters must all hold.
	Filters             []MemberFilter
	OnlyUsers, OnlyBots bool
	Active              *bool
}

// CountMembers says how many members match.
func (r *Reader) CountMembers(accountID uuid.UUID, q MemberQuery) int {
	n := 0
	for range r.match(accountID, q, false) {
		n++
	}
	return n
}

// ListMembers returns one page of the members that match.
func (r *Reader) ListMembers(accountID uuid.UUID, q MemberQuery, sort MemberSort, limit, offset int) []*Membership {
	if limit == 0 {
		return nil
	}
	if sort == CreatedAsc || sort == CreatedDesc {
		return r.page(accountID, q, sort == CreatedDesc, limit, offset)
	}
	rows := slices.Collect(r.match(accountID, q, false))
	r.sort(rows, sort)
	from := min(offset, len(rows))
	return rows[from:min(from+limit, len(rows))]
}

// page walks the members in the order in which they are kept and stops as soon
// as the page is full.
func (r *Reader) page(accountID uuid.UUID, q MemberQuery, newestFirst bool, limit, offset int) []*Membership {
	var out []*Membership
	for m := range r.match(accountID, q, newestFirst) {
		if offset > 0 {
			offset--
			continue
		}
		if out = append(out, m); len(out) == limit {
			break
		}
	}
	return out
}

// match returns the members that a query asks for, in the order of their creation
// or against it.
func (r *Reader) match(accountID uuid.UUID, q MemberQuery, newestFirst bool) iter.Seq[*Membership] {
	tests := make([]func(*Membership) bool, len(q.Filters))
	rows := membershipsByAccount.Get(r.db, accountID)
	for i, f := range q.Filters {
		tests[i] = r.test(f)
		if few, ok := r.candidates(accountID, f); ok && len(few) < len(rows) {
			rows = few
		}
	}
	wanted := func(m *Membership) bool {
		if q.OnlyUsers && !m.IsUser() || q.OnlyBots && m.IsUser() || q.Active != nil && m.Active != *q.Active {
			return false
		}
		for _, test := range tests {
			if !test(m) {
				return false
			}
		}
		return true
	}
	return func(yield func(*Membership) bool) {
		for i := range rows {
			m := rows[i]
			if newestFirst {
				m = rows[len(rows)-1-i]
			}
			if wanted(m) && !yield(m) {
				return
			}
		}
	}
}

// candidates finds the few members that can match a filter which names them, by
// look-up instead of by walking everybody.
func (r *Reader) candidates(accountID uuid.UUID, f MemberFilter) ([]*Membership, bool) {
	if f.Any {
		return nil, false
	}
	var actors []uuid.UUID
	switch {
	case f.ActorIDs != nil:
		actors = f.ActorIDs
	case f.Emails != nil:
		for _, email := range f.Emails {
			for _, u := range userByEmail.All(r.db, address.IdentityKey(email)) {
				actors = append(actors, u.ActorID)
			}
		}
	case f.UserIDs != nil:
		for _, id := range f.UserIDs {
			if u, ok := userTable.Get(r.db, id); ok {
				actors = append(actors, u.ActorID)
			}
		}
	default:
		return nil, false
	}
	found := make([]*Membership, 0, len(actors))
	for _, actor := range actors {
		if m, ok := membershipByActor.Get(r.db, actorIn{accountID, actor}); ok {
			found = append(found, m)
		}
	}
	slices.SortFunc(found, membershipTable.Compare)
	return slices.Compact(found), true
}

// test returns the check of one filter. What a service account does not have (a
// user id, an email, a handle, a name) matches nothing, as null does in SQL.
func (r *Reader) test(f MemberFilter) func(*Membership) bool {
	var criteria []func(*Membership, *User) bool
	add := func(asked bool, holds func(*Membership, *User) bool) {
		if asked {
			criteria = append(criteria, holds)
		}
	}
	byID := func(ids []uuid.UUID, of func(*Membership) uuid.UUID) {
		set := setOf(ids)
		add(ids != nil, func(m *Membership, _ *User) bool {
			_, in := set[of(m)]
			return in
		})
	}
	byID(f.RoleIDs, func(m *Membership) uuid.UUID { return m.RoleID })
	byID(f.ActorIDs, func(m *Membership) uuid.UUID { return m.ActorID })
	add(f.UserIDs != nil || f.NotUserIDs != nil, userIDs(f))
	byText := func(anyOf []string, like *string, key, part func(string) string, of func(*User) string) {
		set := setOf(mapped(anyOf, key))
		add(anyOf != nil || like != nil, func(_ *Membership, u *User) bool {
			if u == nil {
				return false
			}
			_, in := set[key(of(u))]
			return (anyOf == nil || in) && (like == nil || strings.Contains(part(of(u)), part(*like)))
		})
	}
	byText(f.Emails, f.EmailLike, address.IdentityKey, address.Fold, func(u *User) string { return u.Email })
	byText(f.Handles, f.HandleLike, fold.Text, fold.Text, func(u *User) string { return u.Handle })
	add(f.NameLike != nil, func(_ *Membership, u *User) bool {
		return u != nil && (like(f.NameLike, u.FirstName) || like(f.NameLike, u.LastName))
	})
	return func(m *Membership) bool {
		user := userTable.Row(r.db, m.UserID)
		for _, holds := range criteria {
			if holds(m, user) == f.Any {
				return f.Any
			}
		}
		return !f.Any || len(criteria) == 0
	}
}

// userIDs is one criterion of two lists, both of which must hold.
func userIDs(f MemberFilter) func(*Membership, *User) bool {
	in, out := setOf(f.UserIDs), setOf(f.NotUserIDs)
	return func(m *Membership, _ *User) bool {
		_, wanted := in[m.UserID]
		_, unwanted := out[m.UserID]
		return m.IsUser() && (f.UserIDs == nil || wanted) && !unwanted
	}
}

func setOf[T comparable](values []T) map[T]struct{} {
	set := make(map[T]struct{}, len(values))
	for _, v := range values {
		set[v] = struct{}{}
	}
	return set
}

func mapped(values []string, by func(string) string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = by(v)
	}
	return out
}

// sort puts members in an order other than that of their creation. What a member
// does not have comes last, whichever way the order goes.
func (r *Reader) sort(rows []*Membership, by MemberSort) {
	text := func(of func(*User) string) func(*Membership) string {
		return func(m *Membership) string {
			if u := userTable.Row(r.db, m.UserID); u != nil {
				return fold.Text(of(u))
			}
			return ""
		}
	}
	var key func(*Membership) string
	switch by {
	case LastLoginAsc, LastLoginDesc:
		key = text(func(u *User) string {
			if u.LastLogin.IsZero() {
				return ""
			}
			return u.LastLogin.Format("2006-01-02T15:04:05.000000")
		})
	case NameAsc, NameDesc:
		key = text(func(u *User) string { return strings.TrimSpace(u.FirstName + " " + u.LastName) })
	case HandleAsc, HandleDesc:
		key = text(func(u *User) string { return u.Handle })
	case EmailAsc, EmailDesc:
		key = text(func(u *User) string { return address.IdentityKey(u.Email) })
	default:
		key = func(m *Membership) string { return fold.Text(roleTable.Row(r.db, m.RoleID).Name) }
	}
	type keyed struct {
		row *Membership
		key string
	}
	pairs := make([]keyed, len(rows))
	for i, m := range rows {
		pairs[i] = keyed{m, key(m)}
	}
	direction := 1
	if strings.HasSuffix(string(by), "_DESC") {
		direction = -1
	}
	slices.SortStableFunc(pairs, func(a, b keyed) int {
		if a.key != "" && b.key != "" {
			return direction * cmp.Compare(a.key, b.key)
		}
		return cmp.Compare(min(len(b.key), 1), min(len(a.key), 1))
	})
	for i, pair := range pairs {
		rows[i] = pair.row
	}
}
