package store

import (
	"encoding/json"
	"errors"
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

// TestCodesGoToTheirPerson: a look-alike is sent no code, and is signed in by none.
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
