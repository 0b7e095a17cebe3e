package store

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
)

// lookAlikes are addresses that could be taken for another's, or are refused for their
// characters, by the address of the person whom they could become.
var lookAlikes = map[string]string{
	"m\u0130ke@acme.com":                      "mike@acme.com",
	"mi\u0307ke@acme.com":                     "mike@acme.com",
	"\u212aim@acme.com":                       "kim@acme.com",
	"amy\u200b@acme.com":                      "amy@acme.com",
	"a\u00admy@acme.com":                      "amy@acme.com",
	"amy@\uff41cme.com":                       "amy@acme.com",
	"amy@acme\u3002com":                       "amy@acme.com",
	"amy@acme\uff0ecom":                       "amy@acme.com",
	"amy@ac\u200bme.com":                      "amy@acme.com",
	"JOS\u00c9@acme.com":                      "jos\u00e9@acme.com",
	"JOSE\u0301@acme.com":                     "jos\u00e9@acme.com",
	"strau\u00df@acme.com":                    "strauss@acme.com",
	"\u017fue@acme.com":                       "sue@acme.com",
	"\uff41my@acme.com":                       "amy@acme.com",
	"ada@\u212aim.acme.com":                   "ada@kim.acme.com",
	"ste\ufb03@acme.com":                      "steffi@acme.com",
	"gre\u0301ta\u00e9@a.com":                 "gr\u00e9ta\u00e9@a.com", // some composed, some not
	"\u03bd\u03af\u03ba\u03bf\u03c2@acme.com": "\u03bd\u03af\u03ba\u03bf\u03c3@acme.com",
}

// samePeople are other spellings of one address.
var samePeople = map[string]string{
	"MIKE@ACME.COM":         "mike@acme.com",
	"jose\u0301@acme.com":   "jos\u00e9@acme.com",
	"ada@XN--MNCHEN-3YA.de": "ada@m\u00fcnchen.de",
	"ada@MU\u0308NCHEN.de":  "ada@m\u00fcnchen.de",
	"ada@R3---X.com":        "ada@r3---x.com",
}

// otherPeople look like somebody, but no folding makes them one.
var otherPeople = map[string]string{
	"\u0430my@acme.com":  "amy@acme.com", // a Cyrillic a
	"m\u0131ke@acme.com": "mike@acme.com",
}

// doors are the ways by which an address comes in. Each says whether it let one in.
var doors = map[string]func(*synced, string) error{
	"SCIM create, active": func(s *synced, email string) error {
		return s.store.Update(Actor{}, func(tx *Tx) error { _, err := tx.AddDirectoryUser(s.dir(tx), person(email, true)); return err })
	},
	"SCIM create, inactive": func(s *synced, email string) error {
		return s.store.Update(Actor{}, func(tx *Tx) error { _, err := tx.AddDirectoryUser(s.dir(tx), person(email, false)); return err })
	},
	"SCIM create, email only": func(s *synced, email string) error {
		return s.store.Update(Actor{}, func(tx *Tx) error {
			n := person("new", true)
			n.Email = email
			_, err := tx.AddDirectoryUser(s.dir(tx), n)
			return err
		})
	},
	"SCIM change": func(s *synced, email string) error {
		s.push("new@acme.com", true)
		return s.store.Update(Actor{}, func(tx *Tx) error {
			u, _ := tx.DirectoryUserByName(s.directory, "new@acme.com")
			_, err := tx.UpdateDirectoryUser(s.dir(tx), u.ID, person(email, true))
			return err
		})
	},
	"invitation": func(s *synced, email string) error {
		return s.store.Update(s.actor("owner"), func(tx *Tx) error {
			_, err := tx.Invite(NewInvitation{AccountID: s.acme, Email: email, RoleID: MemberRoleID})
			return err
		})
	},
	"login": func(s *synced, email string) error {
		return s.store.Update(Actor{}, func(tx *Tx) error {
			_, _, err := tx.LogIn(ProvenLogin{ConnectionID: s.connected(tx), Subject: "somebody else", Email: email})
			return err
		})
	},
	"one's own user": func(s *synced, email string) error {
		return s.store.Update(Actor{}, func(tx *Tx) error {
			u, err := tx.AddUser(NewUser{Email: "new@elsewhere.example"})
			if err != nil {
				return err
			}
			return tx.UpdateUser(u.ID, UserChange{Email: &email})
		})
	},
	"a new user": func(s *synced, email string) error {
		return s.store.Update(Actor{}, func(tx *Tx) error { _, err := tx.AddUser(NewUser{Email: email}); return err })
	},
}

// connected gives an active connection for all of the account's domains.
func (s *synced) connected(tx *Tx) string {
	s.t.Helper()
	if known := tx.Connections(s.acme); len(known) > 0 {
		return known[0].ID
	}
	names := []string{}
	for _, d := range tx.Domains(s.acme) {
		names = append(names, d.Name)
	}
	c := &Connection{ID: "conn_" + ulid(tx.newID()), AccountID: s.acme, Name: "idp", State: ConnectionActive, Domains: names, Created: tx.stamp()}
	connectionTable.Put(tx.db, c)
	return c.ID
}

func newTakeover(t *testing.T, victim string) *synced {
	s := newSynced(t)
	s.do(func(tx *Tx) error {
		if err := tx.SetDomains(s.acme, []string{"acme.com", "kim.acme.com", "a.com", "münchen.de", "r3---x.com"}); err != nil {
			return err
		}
		u, err := tx.AddUser(NewUser{Email: victim, FirstName: "The", LastName: "Victim"})
		if err != nil {
			return err
		}
		_, err = tx.AddMember(uuid.Nil, s.acme, u, OwnerRoleID)
		return err
	})
	return s
}

// victim gives everything that the account has of somebody, as text.
func (s *synced) victim(email string) (out string) {
	s.t.Helper()
	s.view(func(r *Reader) {
		u, ok := r.UserByEmail(email)
		if !ok || len(userByEmail.All(r.db, address.IdentityKey(email))) != 1 {
			s.t.Fatalf("%+q is not one user", email)
		}
		m, err := r.MembershipOf(s.acme, u.ActorID)
		if err != nil {
			s.t.Fatal(err)
		}
		raw, err := json.Marshal([]any{u, m, identitiesByUser.Get(r.db, u.ID), sessionsByUser.Get(r.db, u.ID), r.TeamsOf(s.acme, u.ActorID)})
		if err != nil {
			s.t.Fatal(err)
		}
		out = string(raw)
	})
	return out
}

// TestNobodyTakesSomebodyOver: by no door does a look-alike become, or come to be beside,
// the person whom it looks like.
func TestNobodyTakesSomebodyOver(t *testing.T) {
	t.Parallel()
	for door, try := range doors {
		t.Run(door, func(t *testing.T) {
			t.Parallel()
			for email, victim := range lookAlikes {
				s := newTakeover(t, victim)
				before, users := s.victim(victim), len(userTable.List(s.store.data.db))
				err := try(s, email)
				if err == nil {
					t.Errorf("%+q comes in beside %+q", email, victim)
				}
				var duplicate *Duplicate
				if errors.As(err, &duplicate) && duplicate.Other != "" {
					t.Errorf("the directory is told of %+q, who is none of its people", duplicate.Other)
				}
				if after := s.victim(victim); after != before {
					t.Errorf("%+q changed %+q: %s, before %s", email, victim, after, before)
				}
				if n := len(userTable.List(s.store.data.db)) - users; door != "SCIM change" && n != 0 {
					t.Errorf("%+q made %d users", email, n)
				}
			}
		})
	}
}

func TestOtherPeopleAreOthers(t *testing.T) {
	t.Parallel()
	for door, try := range doors {
		for email, victim := range otherPeople {
			s := newTakeover(t, victim)
			if door == "login" { // a directory decides whom a login lets in
				s.do(func(tx *Tx) error {
					_, err := tx.UpdateDirectory(s.acme, s.directory, DirectoryChange{State: new(DirectoryUnlinked)})
					return err
				})
			}
			before := s.victim(victim)
			if err := try(s, email); err != nil {
				t.Errorf("%s: %+q does not come in: %v", door, email, err)
			}
			if after := s.victim(victim); after != before {
				t.Errorf("%s: %+q changed %+q", door, email, victim)
			}
		}
	}
}

// TestSpellingsOfOneAddress: the directory's word reaches the person in any spelling, and
// a second entry in another spelling is a double.
func TestSpellingsOfOneAddress(t *testing.T) {
	t.Parallel()
	for spelling, email := range samePeople {
		s := newTakeover(t, email)
		if err := doors["SCIM create, active"](s, spelling); err != nil {
			t.Errorf("%+q: %v", spelling, err)
		}
		s.view(func(r *Reader) {
			u, _ := r.UserByEmail(email)
			if m, err := r.MembershipOf(s.acme, u.ActorID); err != nil || m.DirectoryID != s.directory {
				t.Errorf("%+q is not linked to %+q: %+v, %v", spelling, email, m, err)
			}
		})
		var duplicate *Duplicate
		if err := doors["SCIM create, active"](s, email); !errors.As(err, &duplicate) || duplicate.Alike {
			t.Errorf("%+q beside %+q: %v", email, spelling, err)
		}
	}
}

// TestTheDirectoryIsToldItsOwn: a 409 names the other spelling where it is the directory's.
func TestTheDirectoryIsToldItsOwn(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.push("jos\u00e9@acme.com", true)
	for door, try := range map[string]func(*synced, string) error{"create": doors["SCIM create, active"], "inactive": doors["SCIM create, inactive"], "change": doors["SCIM change"]} {
		var duplicate *Duplicate
		if err := try(s, "JOS\u00c9@acme.com"); !errors.As(err, &duplicate) || !duplicate.Alike || duplicate.Other != "jos\u00e9@acme.com" {
			t.Errorf("%s: %v", door, err)
		}
	}
	if is := s.is("jos\u00e9@acme.com"); is != "Member default" {
		t.Errorf("Jos\u00e9 is %s", is)
	}
}

// TestInvitersAreToldTheirOwn: who is refused an invitation is told of the other spelling
// only where the account knows it.
func TestInvitersAreToldTheirOwn(t *testing.T) {
	t.Parallel()
	s := newTakeover(t, "mike@acme.com")
	s.do(func(tx *Tx) error { _, err := tx.AddUser(NewUser{Email: "kimi@elsewhere.example"}); return err })
	for email, told := range map[string]string{"m\u0130ke@acme.com": "mike@acme.com", "kim\u0130@elsewhere.example": ""} {
		var conflict *Conflict
		if err := doors["invitation"](s, email); !errors.As(err, &conflict) {
			t.Errorf("%+q: %v", email, err)
		} else if says := strings.Contains(conflict.Reason, "mike@") || strings.Contains(conflict.Reason, "kimi@"); says != (told != "") {
			t.Errorf("%+q: %s", email, conflict.Reason)
		}
	}
}

// TestCodesGoToTheirPerson: a look-alike is sent no code, and lets nobody in with one.
func TestCodesGoToTheirPerson(t *testing.T) {
	t.Parallel()
	for email, victim := range lookAlikes {
		s := newTakeover(t, victim)
		s.do(func(tx *Tx) error { tx.SendLoginCode(email); return nil })
		s.view(func(r *Reader) {
			if len(mailTable.List(r.db)) != 0 {
				t.Errorf("%+q is sent a code of %+q", email, victim)
			}
		})
		s.do(func(tx *Tx) error { tx.SendLoginCode(victim); return nil })
		code := ""
		s.view(func(r *Reader) {
			for _, m := range mailTable.All(r.db) {
				code = m.LoginCode
			}
		})
		s.do(func(tx *Tx) error {
			if session, _, err := tx.LogInByCode(email, code, "", ""); session != nil || err != nil {
				t.Errorf("%+q is let in with a code of %+q: %v", email, victim, err)
			}
			if session, _, err := tx.LogInByCode(victim, code, "", ""); session == nil || err != nil {
				t.Errorf("%+q is not let in: %v", victim, err)
			}
			return nil
		})
	}
}

// TestMappingsGoByTheIdentityKey: an attribute that names people matches that person only.
func TestMappingsGoByTheIdentityKey(t *testing.T) {
	t.Parallel()
	for email, victim := range lookAlikes {
		attributes, err := json.Marshal(map[string]any{"userName": email, "emails": []any{map[string]any{"value": email, "type": "work"}}})
		if err != nil {
			t.Fatal(err)
		}
		for _, attribute := range []string{"userName", "emails", "emails.value", "urn:ietf:params:scim:schemas:core:2.0:User:userName", `USERNAME`} {
			match := MappingMatch{Attribute: attribute, Equals: victim}
			if match.holds(&DirectoryUser{Attributes: attributes}) {
				t.Errorf("%s eq %+q matches %+q", attribute, victim, email)
			}
			match.Equals = email
			if !match.holds(&DirectoryUser{Attributes: attributes}) {
				t.Errorf("%s eq %+q does not match itself", attribute, email)
			}
		}
	}
}

// TestMembersByEmail: the filters of the account API find by the identity key.
func TestMembersByEmail(t *testing.T) {
	t.Parallel()
	for email, victim := range lookAlikes {
		s := newTakeover(t, victim)
		count := func(f MemberFilter) (n int) {
			s.view(func(r *Reader) { n = r.CountMembers(s.acme, MemberQuery{Filters: []MemberFilter{f}}) })
			return n
		}
		for _, any := range []bool{false, true} {
			if n := count(MemberFilter{Any: any, Emails: []string{email}}); n != 0 {
				t.Errorf("any_ %+q finds %+q", email, victim)
			}
			if n := count(MemberFilter{Any: any, Emails: []string{victim}}); n != 1 {
				t.Errorf("any_ %+q finds %d", victim, n)
			}
		}
		if n := count(MemberFilter{EmailLike: &email}); n != 0 {
			t.Errorf("like_ %+q finds %+q", email, victim)
		}
	}
}

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
