package store

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
)

// TestOldStateFiles builds what an older version may have written, with rows that its
// fold made one or told apart, and opens it.
func TestOldStateFiles(t *testing.T) {
	t.Parallel()
	w, path := newDurableWorld(t)
	s := &synced{world: w}
	var mike, linked, refused, refusedEntry, one, other uuid.UUID
	s.do(func(tx *Tx) error {
		if err := tx.SetDomains(s.acme, []string{"acme.com"}); err != nil {
			return err
		}
		d, err := tx.AddDirectory(s.acme, DirectoryChange{Name: new("Okta"), Type: new(DirectoryType("okta scim v2.0"))})
		if err != nil {
			return err
		}
		s.directory = d.ID
		user := func(email string, role uuid.UUID) *User {
			// As it was written: nothing was checked.
			u := &User{ID: tx.newID(), ActorID: tx.newID(), Created: tx.stamp(), Email: email, Handle: "h" + tx.newID().String()}
			userTable.Put(tx.db, u)
			if _, err := tx.AddMember(uuid.Nil, s.acme, u, role); err != nil {
				t.Fatal(err)
			}
			return u
		}
		entry := func(email string, of *User) uuid.UUID {
			u := &DirectoryUser{ID: tx.newID(), AccountID: s.acme, DirectoryID: d.ID, Version: 1, Created: tx.stamp()}
			person(email, true).apply(u)
			directoryUserTable.Put(tx.db, u)
			m, err := tx.MembershipOf(s.acme, of.ActorID)
			if err != nil {
				t.Fatal(err)
			}
			next := *m
			next.DirectoryID, next.DirectoryUserID, next.RoleSource = d.ID, u.ID, RoleManual
			membershipTable.Put(tx.db, &next)
			return u.ID
		}
		victim := user("mike@acme.com", OwnerRoleID)
		mike, linked = victim.ID, entry("m\u0130ke@acme.com", victim)
		zero := user("ada\u200b@acme.com", OwnerRoleID)
		refused, refusedEntry = zero.ID, entry("ada\u200b@acme.com", zero)
		one, other = user("strauss@acme.com", OwnerRoleID).ID, user("strau\u00df@acme.com", OwnerRoleID).ID
		user("jos\u00e9@acme.com", OwnerRoleID)
		user("jose\u0301@acme.com", OwnerRoleID)
		i := &Invitation{ID: tx.newID(), AccountID: s.acme, Email: "\u212aim@acme.com", RoleID: MemberRoleID, Status: InvitationPending, Created: tx.stamp()}
		invitationTable.Put(tx.db, i)
		return nil
	})
	s.store = reopen(t, s.store, path)
	checkIndexes(t, s.store.data)

	var found []Finding
	s.view(func(r *Reader) { found = r.Findings() })
	has := func(kind FindingKind, ids ...uuid.UUID) {
		t.Helper()
		if !slices.ContainsFunc(found, func(f Finding) bool {
			return f.Kind == kind && !slices.ContainsFunc(ids, func(id uuid.UUID) bool { return !slices.Contains(f.IDs, id) })
		}) {
			t.Errorf("no finding %s of %v among %+v", kind, ids, found)
		}
	}
	has(FindingLink, mike, linked)
	has(FindingRefused, refused)
	has(FindingRefused, refusedEntry)
	has(FindingAlike, one, other)
	if len(found) != 7 {
		t.Errorf("%d findings, want 7: %+v", len(found), found)
	}

	letsIn := func(email string) (in bool) {
		s.do(func(tx *Tx) error {
			session, _, err := tx.LogIn(ProvenLogin{ConnectionID: s.connected(tx), Subject: "sub of " + email, Email: email})
			in = err == nil && session != nil
			return nil
		})
		s.do(func(tx *Tx) error { tx.SendLoginCode(email); return nil })
		s.view(func(r *Reader) {
			for _, m := range mailTable.All(r.db) {
				in = in || m.LoginCode != "" && address.Same(m.To, email)
			}
		})
		return in
	}
	for _, email := range []string{"mike@acme.com", "m\u0130ke@acme.com", "ada\u200b@acme.com", "strauss@acme.com", "strau\u00df@acme.com", "jos\u00e9@acme.com", "jose\u0301@acme.com"} {
		if letsIn(email) {
			t.Errorf("%+q is let in", email)
		}
	}

	if !letsIn("ada@acme.com") {
		t.Error("the person whom a refused address looks like is kept out")
	}

	// Readable, and what is not about the address can still be changed and ended.
	s.do(func(tx *Tx) error {
		n := person("ada\u200b@acme.com", true)
		n.Title = "Director"
		n.Attributes = json.RawMessage(`{"userName":"ada","title":"Director"}`)
		u, err := tx.UpdateDirectoryUser(s.dir(tx), refusedEntry, n)
		if err == nil && u.Hold != "" {
			t.Errorf("the entry is held: %s", u.Hold)
		}
		return err
	})

	// A corrected entry corrects its person, who keeps membership and role.
	s.do(func(tx *Tx) error {
		_, err := tx.UpdateDirectoryUser(s.dir(tx), refusedEntry, person("ada.l@acme.com", true))
		return err
	})
	if is := s.is("ada.l@acme.com"); is != "Owner manual" {
		t.Errorf("the corrected person is %s", is)
	}
	// The entry that was linked to somebody else lets go of them, with what they had.
	s.do(func(tx *Tx) error {
		_, err := tx.UpdateDirectoryUser(s.dir(tx), linked, person("mike.two@acme.com", true))
		return err
	})
	if is := s.is("mike@acme.com"); is != "Owner manual free" {
		t.Errorf("mike is %s", is)
	}
	if is := s.is("mike.two@acme.com"); is != "Member default" {
		t.Errorf("the other one is %s", is)
	}
	s.do(func(tx *Tx) error { return tx.UpdateUser(other, UserChange{Email: new("straus@acme.com")}) })
	s.do(func(tx *Tx) error { // one of two rows with one identity key
		for _, u := range userByEmail.All(tx.db, address.IdentityKey("jos\u00e9@acme.com"))[1:] {
			if err := tx.UpdateUser(u.ID, UserChange{Email: new("jose.two@acme.com")}); err != nil {
				return err
			}
		}
		return nil
	})
	for _, email := range []string{"ada.l@acme.com", "mike@acme.com", "mike.two@acme.com", "strauss@acme.com", "straus@acme.com", "jos\u00e9@acme.com", "jose.two@acme.com"} {
		if !letsIn(email) {
			t.Errorf("%+q is not let in after the correction", email)
		}
	}
	s.view(func(r *Reader) { found = r.Findings() })
	if len(found) != 1 || found[0].Table != "invitations" {
		t.Errorf("findings after all corrections: %+v", found)
	}
	checkIndexes(t, s.store.data)
}

// TestOldLinksLetNobodyIn: who was linked by the old fold comes with another address than
// their own.
func TestOldLinksLetNobodyIn(t *testing.T) {
	t.Parallel()
	s := newTakeover(t, "mike@acme.com")
	err := s.store.Update(Actor{}, func(tx *Tx) error {
		u, _ := tx.UserByEmail("mike@acme.com")
		c := s.connected(tx)
		link := &LinkedIdentity{ID: tx.newID(), Created: tx.stamp(), ConnectionID: c, Subject: "attacker", UserID: u.ID}
		identityTable.Put(tx.db, link)
		_, _, err := tx.LogIn(ProvenLogin{ConnectionID: c, Subject: "attacker", Email: "m\u0130ke@acme.com"})
		return err
	})
	var refused *LoginRefused
	if !errors.As(err, &refused) || refused.Reason != LoginLookAlike {
		t.Errorf("%v", err)
	}
}

// TestDeprovisioningOfOldEntries: ending an entry of an older file never ends what
// somebody else has.
func TestDeprovisioningOfOldEntries(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*synced, *Tx, uuid.UUID) error{
		"deactivated": func(s *synced, tx *Tx, id uuid.UUID) error {
			_, err := tx.UpdateDirectoryUser(s.dir(tx), id, person("m\u0130ke@acme.com", false))
			return err
		},
		"deleted": func(s *synced, tx *Tx, id uuid.UUID) error { return tx.DeleteDirectoryUser(s.dir(tx), id) },
		"domains": func(s *synced, tx *Tx, _ uuid.UUID) error {
			return tx.SetDomains(s.acme, []string{"b.example", "acme.com"})
		},
	} {
		s := newTakeover(t, "mike@acme.com")
		s.do(func(tx *Tx) error {
			u, _ := tx.UserByEmail("mike@acme.com")
			m, err := tx.MembershipOf(s.acme, u.ActorID)
			if err != nil {
				return err
			}
			row := &DirectoryUser{ID: tx.newID(), AccountID: s.acme, DirectoryID: s.directory, Version: 1, Created: tx.stamp()}
			person("m\u0130ke@acme.com", true).apply(row)
			directoryUserTable.Put(tx.db, row)
			next := *m
			next.DirectoryID, next.DirectoryUserID, next.RoleSource = s.directory, row.ID, RoleManual
			membershipTable.Put(tx.db, &next)
			return end(s, tx, row.ID)
		})
		s.view(func(r *Reader) {
			u, _ := r.UserByEmail("mike@acme.com")
			if m, err := r.MembershipOf(s.acme, u.ActorID); err != nil || !m.Active || m.RoleID != OwnerRoleID {
				t.Errorf("%s: mike's membership is %+v, %v", name, m, err)
			}
		})
	}
}
