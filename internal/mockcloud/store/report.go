package store

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// FindingKind says what is wrong with rows of an older state file.
type FindingKind string

// What there may be: a row whose address or userName is refused now, rows of people who
// could be taken for each other, and a membership that a directory's entry for another
// address was linked to.
const (
	FindingRefused FindingKind = "refused"
	FindingAlike   FindingKind = "alike"
	FindingLink    FindingKind = "link"
)

// Finding is what an older version let in and this one would not. Such rows can be read
// and corrected, and sign no user in.
type Finding struct {
	Kind FindingKind `json:"kind"`
	// Table and IDs are the rows: of a link the membership, the user and the
	// directory's user.
	Table string      `json:"table"`
	IDs   []uuid.UUID `json:"ids"`
	// Addresses are the rows' addresses or userNames, in their order.
	Addresses []string `json:"addresses"`
	// Reason names no address.
	Reason string `json:"reason"`
}

// Findings returns everything that an older version let in and this one would not.
func (r *Reader) Findings() []Finding {
	found := slices.Concat(r.refusedRows(), r.rowsAlike(), r.linksByFold())
	slices.SortFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Kind, b.Kind), bytes.Compare(a.IDs[0][:], b.IDs[0][:]))
	})
	return found
}

func (r *Reader) refusedRows() (out []Finding) {
	add := func(table string, id uuid.UUID, text string, err error) {
		if err != nil {
			out = append(out, Finding{FindingRefused, table, []uuid.UUID{id}, []string{text}, err.Error()})
		}
	}
	for id, u := range userTable.All(r.db) {
		add(userTable.Name(), id, u.Email, address.Check(u.Email))
	}
	for id, i := range invitationTable.All(r.db) {
		if i.Status == InvitationPending {
			add(invitationTable.Name(), id, i.Email, address.Check(i.Email))
		}
	}
	for id, u := range directoryUserTable.All(r.db) {
		add(directoryUserTable.Name(), id, u.UserName, address.CheckUserName(u.UserName))
		if u.Email != u.UserName {
			add(directoryUserTable.Name(), id, u.Email, address.Check(u.Email))
		}
	}
	return out
}

// rowsAlike lists those of one kind who could be taken for each other, or are one person
// by the identity key.
func (r *Reader) rowsAlike() (out []Finding) {
	add := func(table, what string, ids []uuid.UUID, texts []string) {
		if len(ids) > 1 {
			out = append(out, Finding{FindingAlike, table, ids, texts, "the " + what + " of one could be taken for that of the other"})
		}
	}
	for key := range sharedKeys(r.db, usersAlike, userByEmail) {
		ids, texts := listed(slices.Concat(userByEmail.All(r.db, key), usersAlike.Get(r.db, key)),
			func(u *User) (uuid.UUID, string) { return u.ID, u.Email })
		add(userTable.Name(), "email address", ids, texts)
	}
	for key := range sharedKeys(r.db, directoryUsersNamedAlike, directoryUserByName) {
		ids, texts := listed(slices.Concat(directoryUserByName.All(r.db, key), directoryUsersNamedAlike.Get(r.db, key)),
			func(u *DirectoryUser) (uuid.UUID, string) { return u.ID, u.UserName })
		add(directoryUserTable.Name(), "userName", ids, texts)
	}
	ofInvitation := func(i *Invitation) (uuid.UUID, string) { return i.ID, i.Email }
	for key := range invitationsAlike.Keys(r.db) {
		rows := slices.Concat(invitationsByEmail.Get(r.db, key), invitationsAlike.Get(r.db, key))
		if !slices.ContainsFunc(rows, func(i *Invitation) bool { return !address.Same(i.Email, rows[0].Email) }) {
			continue // one person may be invited to the account and to several workspaces
		}
		ids, texts := listed(rows, ofInvitation)
		add(invitationTable.Name(), "email address", ids, texts)
	}
	for place := range invitationPending.Shared(r.db) {
		ids, texts := listed(invitationPending.All(r.db, place), ofInvitation)
		add(invitationTable.Name(), "email address", ids, texts)
	}
	for key := range directoryUsersMailedAlike.Keys(r.db) {
		rows := slices.Concat(directoryUsersByEmail.Get(r.db, key), directoryUsersMailedAlike.Get(r.db, key))
		if !slices.ContainsFunc(rows, func(u *DirectoryUser) bool { return !address.Same(u.Email, rows[0].Email) }) {
			continue // several directories may know one person
		}
		ids, texts := listed(rows, func(u *DirectoryUser) (uuid.UUID, string) { return u.ID, u.Email })
		add(directoryUserTable.Name(), "email address", ids, texts)
	}
	return out
}

// sharedKeys are the keys that several rows may have.
func sharedKeys[K comparable, V any](db *table.DB, alike *table.GroupIndex[K, V], byIdentity *table.UniqueIndex[K, V]) map[K]struct{} {
	out := make(map[K]struct{})
	for key := range alike.Keys(db) {
		out[key] = struct{}{}
	}
	for key := range byIdentity.Shared(db) {
		out[key] = struct{}{}
	}
	return out
}

// listed takes rows apart, each once and in the order of their ids.
func listed[V any](rows []*V, of func(*V) (uuid.UUID, string)) (ids []uuid.UUID, texts []string) {
	byID := make(map[uuid.UUID]string, len(rows))
	for _, row := range rows {
		id, text := of(row)
		byID[id] = text
	}
	ids = slices.SortedFunc(maps.Keys(byID), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	for _, id := range ids {
		texts = append(texts, byID[id])
	}
	return ids, texts
}

func (r *Reader) linksByFold() (out []Finding) {
	for _, m := range membershipTable.All(r.db) {
		of, ok := directoryUserTable.Get(r.db, m.DirectoryUserID)
		u := userTable.Row(r.db, m.UserID)
		if !ok || u == nil || u.Email == of.Email || !linkedByFold(of.Email, u) {
			continue
		}
		out = append(out, Finding{
			FindingLink, membershipTable.Name(),
			[]uuid.UUID{m.ID, u.ID, of.ID},
			[]string{u.Email, u.Email, of.Email},
			"a directory's entry for another email address is linked to this member",
		})
	}
	return out
}
