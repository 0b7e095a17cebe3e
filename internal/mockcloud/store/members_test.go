package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// crowd gives a world with more people, some of whom logged in, and its rows.
func crowd(t tester) (*world, []*Membership) {
	w := newWorld(t)
	err := w.store.Update(Actor{}, func(tx *Tx) error {
		for i := range 12 {
			u, err := tx.AddUser(NewUser{
				Email: fmt.Sprintf("Person%d@acme.com", i), FirstName: fmt.Sprintf("First%d", i%5), LastName: fmt.Sprintf("Last%d", i%3),
			})
			if err != nil {
				return err
			}
			if i%3 == 0 {
				seen := *u
				seen.LastLogin = start.Add(time.Duration(i%4) * time.Hour)
				userTable.Put(tx.db, &seen)
			}
			m, err := tx.AddMember(uuid.Nil, w.acme, u, []uuid.UUID{MemberRoleID, AdminRoleID, w.auditor.ID}[i%3])
			if err != nil {
				return err
			}
			if err := tx.SetActive(w.acme, []uuid.UUID{m.ID}, i%4 != 0); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var rows []*Membership
	for _, m := range membershipTable.All(w.store.data.db) {
		if m.AccountID == w.acme {
			rows = append(rows, m)
		}
	}
	slices.SortFunc(rows, membershipTable.Compare)
	return w, rows
}

// plain is the filter written down as plainly as possible: one criterion after
// the other, over all members.
func plain(d *data, m *Membership, f MemberFilter) bool {
	u := userTable.Row(d.db, m.UserID)
	var verdicts []bool
	if f.RoleIDs != nil {
		verdicts = append(verdicts, slices.Contains(f.RoleIDs, m.RoleID))
	}
	if f.ActorIDs != nil {
		verdicts = append(verdicts, slices.Contains(f.ActorIDs, m.ActorID))
	}
	if f.UserIDs != nil || f.NotUserIDs != nil {
		verdicts = append(verdicts, u != nil && (f.UserIDs == nil || slices.Contains(f.UserIDs, u.ID)) && !slices.Contains(f.NotUserIDs, m.UserID))
	}
	equalFold := func(to string) func(string) bool { return func(s string) bool { return strings.EqualFold(s, to) } }
	contains := func(s, part string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(part)) }
	if f.Emails != nil || f.EmailLike != nil {
		verdicts = append(verdicts, u != nil && (f.Emails == nil || slices.ContainsFunc(f.Emails, equalFold(u.Email))) &&
			(f.EmailLike == nil || contains(u.Email, *f.EmailLike)))
	}
	if f.Handles != nil || f.HandleLike != nil {
		verdicts = append(verdicts, u != nil && (f.Handles == nil || slices.ContainsFunc(f.Handles, equalFold(u.Handle))) &&
			(f.HandleLike == nil || contains(u.Handle, *f.HandleLike)))
	}
	if f.NameLike != nil {
		verdicts = append(verdicts, u != nil && (contains(u.FirstName, *f.NameLike) || contains(u.LastName, *f.NameLike)))
	}
	if f.Any {
		return len(verdicts) == 0 || slices.Contains(verdicts, true)
	}
	return !slices.Contains(verdicts, false)
}

// TestMembersLikeAModel compares listings and counts with the plain filter.
func TestMembersLikeAModel(t *testing.T) {
	t.Parallel()
	w, rows := crowd(t)
	ids := func(of func(*Membership) uuid.UUID) *rapid.Generator[[]uuid.UUID] {
		all := []uuid.UUID{uuid.New()}
		for _, m := range rows {
			if id := of(m); id != uuid.Nil {
				all = append(all, id)
			}
		}
		return maybe(rapid.SliceOfN(rapid.SampledFrom(all), 0, 4))
	}
	texts := []string{"Person1@acme.com", "PERSON2@ACME.COM", "owner@acme.com", "nobody@acme.com", "person3-acme", "person1", "owner"}
	parts := []string{"person1", "ACME", "First1", "last2", "", "zzz"}
	like := func(t *rapid.T, name string) *string {
		if rapid.Bool().Draw(t, name+"?") {
			return nil
		}
		part := rapid.SampledFrom(parts).Draw(t, name)
		return &part
	}
	roles := ids(func(m *Membership) uuid.UUID { return m.RoleID })
	actors := ids(func(m *Membership) uuid.UUID { return m.ActorID })
	users := ids(func(m *Membership) uuid.UUID { return m.UserID })
	words := maybe(rapid.SliceOfN(rapid.SampledFrom(texts), 0, 4))
	rapid.Check(t, func(t *rapid.T) {
		f := MemberFilter{
			Any: rapid.Bool().Draw(t, "any"), RoleIDs: roles.Draw(t, "roles"), ActorIDs: actors.Draw(t, "actors"),
			UserIDs: users.Draw(t, "users"), NotUserIDs: users.Draw(t, "not users"),
			Emails: words.Draw(t, "emails"), Handles: words.Draw(t, "handles"),
			EmailLike: like(t, "email"), HandleLike: like(t, "handle"), NameLike: like(t, "name"),
		}
		q := MemberQuery{
			Filters:   []MemberFilter{f},
			OnlyUsers: rapid.Bool().Draw(t, "only users"), OnlyBots: rapid.Bool().Draw(t, "only bots"),
		}
		if rapid.Bool().Draw(t, "active?") {
			active := rapid.Bool().Draw(t, "active")
			q.Active = &active
		}
		var want []*Membership
		for _, m := range rows {
			if plain(w.store.data, m, f) && (!q.OnlyUsers || m.IsUser()) && (!q.OnlyBots || !m.IsUser()) &&
				(q.Active == nil || *q.Active == m.Active) {
				want = append(want, m)
			}
		}
		by := rapid.SampledFrom(MemberSorts()).Draw(t, "sort")
		limit, offset := rapid.IntRange(0, 20).Draw(t, "limit"), rapid.IntRange(0, 20).Draw(t, "offset")
		w.view(func(r *Reader) {
			if n := r.CountMembers(w.acme, q); n != len(want) {
				t.Fatalf("count %d, want %d", n, len(want))
			}
			slices.SortStableFunc(want, plainOrder(r, by))
			page := want[min(offset, len(want)):min(offset+limit, len(want))]
			if got := r.ListMembers(w.acme, q, by, limit, offset); !slices.Equal(got, page) {
				t.Fatalf("%s: %d rows, want %d", by, len(got), len(page))
			}
		})
	})
}

func maybe[T any](g *rapid.Generator[[]T]) *rapid.Generator[[]T] {
	return rapid.OneOf(rapid.Just[[]T](nil), g)
}

// plainOrder is the document's orders, with nothing last.
func plainOrder(r *Reader, by MemberSort) func(a, b *Membership) int {
	text := func(m *Membership) string {
		u := userTable.Row(r.db, m.UserID)
		switch {
		case strings.HasPrefix(string(by), "ACCOUNT_ROLE"):
			return strings.ToLower(roleTable.Row(r.db, m.RoleID).Name)
		case u == nil:
			return ""
		case strings.HasPrefix(string(by), "NAME"):
			return strings.ToLower(strings.TrimSpace(u.FirstName + " " + u.LastName))
		case strings.HasPrefix(string(by), "HANDLE"):
			return u.Handle
		case strings.HasPrefix(string(by), "EMAIL"):
			return strings.ToLower(u.Email)
		case u.LastLogin.IsZero():
			return ""
		}
		return u.LastLogin.Format(time.RFC3339)
	}
	return func(a, b *Membership) int {
		switch by {
		case CreatedAsc:
			return membershipTable.Compare(a, b)
		case CreatedDesc:
			return membershipTable.Compare(b, a)
		}
		x, y := text(a), text(b)
		switch {
		case x == y:
			return 0
		case x == "":
			return 1
		case y == "":
			return -1
		case strings.HasSuffix(string(by), "_DESC"):
			return cmp.Compare(y, x)
		}
		return cmp.Compare(x, y)
	}
}
