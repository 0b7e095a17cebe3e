package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestDirectory plays what identity providers and people do, one rule of the contract each.
func TestDirectory(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		play func(*synced)
		want map[string]string
	}{
		{"arrives", func(s *synced) { s.push("ann", true) }, map[string]string{"ann": "Member default"}},
		{"arrives inactive", func(s *synced) { s.push("ann", false) }, map[string]string{"ann": "none"}},
		{"arrives, is a member already", func(s *synced) { s.push("admin", true) }, map[string]string{"admin": "Admin manual"}},
		{"leaves", func(s *synced) { s.push("ann", true); s.push("ann", false) }, map[string]string{"ann": "Member default inactive"}},
		{"returns", func(s *synced) { s.push("ann", true); s.push("ann", false); s.push("ann", true) }, map[string]string{"ann": "Member default"}},
		{"leaves with delete", func(s *synced) { s.set(DeprovisionDelete); s.push("ann", true); s.push("ann", false) }, map[string]string{"ann": "none"}},
		{"returns after delete", func(s *synced) {
			s.set(DeprovisionDelete)
			s.push("ann", true)
			s.byHand("ann", func(tx *Tx, id uuid.UUID) error { return tx.SetRole(s.acme, id, AdminRoleID) })
			s.push("ann", false)
			s.push("ann", true)
		}, map[string]string{"ann": "Member default"}},
		{"is deleted", func(s *synced) { s.push("ann", true); s.remove("ann") }, map[string]string{"ann": "Member default inactive free"}},
		{"is deleted and comes back", func(s *synced) { s.push("ann", true); s.remove("ann"); s.push("ann", true) }, map[string]string{"ann": "Member default"}},
		{"has no email", func(s *synced) {
			s.do(func(tx *Tx) error { _, err := tx.AddDirectoryUser(s.dir(tx), person("", true)); return err })
		}, map[string]string{}},
		{"of a foreign domain", func(s *synced) { s.push("ann@c.example", true) }, map[string]string{"ann@c.example": "none"}},
		{"of a foreign domain that becomes ours", func(s *synced) {
			s.push("ann@c.example", true)
			s.do(func(tx *Tx) error { return tx.SetDomains(s.acme, []string{"acme.com", "c.example"}) })
		}, map[string]string{"ann@c.example": "Member default"}},
		{"of a domain that is no longer allowed", func(s *synced) {
			s.push("ann@b.example", true)
			s.allow("acme.com")
		}, map[string]string{"ann@b.example": "Member default inactive free"}},
		{"of a domain that goes and comes", func(s *synced) {
			s.push("ann@b.example", true)
			s.do(func(tx *Tx) error { return tx.SetDomains(s.acme, []string{"acme.com"}) })
			s.do(func(tx *Tx) error { return tx.SetDomains(s.acme, []string{"acme.com", "b.example"}) })
		}, map[string]string{"ann@b.example": "Member default"}},
		{"mapped", func(s *synced) {
			s.mapTo("Admins", AdminRoleID, 1)
			s.push("ann", true)
			s.group("Admins", "ann")
		}, map[string]string{"ann": "Admin mapping"}},
		{"mapping ends", func(s *synced) {
			id := s.mapTo("Admins", AdminRoleID, 1)
			s.push("ann", true)
			s.group("Admins", "ann")
			s.do(func(tx *Tx) error { return tx.DeleteGroupMapping(s.acme, s.directory, id) })
		}, map[string]string{"ann": "Member default"}},
		{"leaves the group", func(s *synced) {
			s.mapTo("Admins", AdminRoleID, 1)
			s.push("ann", true)
			s.group("Admins", "ann")
			s.group("Admins")
		}, map[string]string{"ann": "Member default"}},
		{"the highest priority wins", func(s *synced) {
			s.mapTo("Admins", AdminRoleID, 1)
			s.mapTo("Auditors", s.auditor.ID, 2)
			s.push("ann", true)
			s.group("Admins", "ann")
			s.group("Auditors", "ann")
		}, map[string]string{"ann": "Auditor mapping"}},
		{"the next one counts when it ends", func(s *synced) {
			s.mapTo("Admins", AdminRoleID, 1)
			s.mapTo("Auditors", s.auditor.ID, 2)
			s.push("ann", true)
			s.group("Admins", "ann")
			s.group("Auditors", "ann")
			s.group("Auditors")
		}, map[string]string{"ann": "Admin mapping"}},
		{"a mapping changes its role", func(s *synced) {
			id := s.mapTo("Admins", AdminRoleID, 1)
			s.push("ann", true)
			s.group("Admins", "ann")
			s.do(func(tx *Tx) error {
				_, err := tx.UpdateGroupMapping(s.acme, s.directory, id, GroupMappingChange{RoleID: &s.auditor.ID})
				return err
			})
		}, map[string]string{"ann": "Auditor mapping"}},
		{"by an attribute", func(s *synced) {
			s.push("ann", true)
			s.do(func(tx *Tx) error {
				_, err := tx.AddGroupMapping(s.acme, s.directory, NewGroupMapping{Match: MappingMatch{Attribute: "title", Equals: "engineer"}, RoleID: AdminRoleID, Priority: 7})
				return err
			})
		}, map[string]string{"ann": "Admin mapping"}},
		{"a group is renamed into a mapping", func(s *synced) {
			s.mapTo("Admins", AdminRoleID, 1)
			s.push("ann", true)
			s.group("Others", "ann")
			s.rename("Others", "Admins")
		}, map[string]string{"ann": "Admin mapping"}},
		{"a role by hand stays", func(s *synced) {
			s.push("ann", true)
			s.byHand("ann", func(tx *Tx, id uuid.UUID) error { return tx.SetRole(s.acme, id, AdminRoleID) })
			s.group("Others", "ann")
		}, map[string]string{"ann": "Admin manual"}},
		{"a role by hand comes back after a mapping", func(s *synced) {
			s.push("ann", true)
			s.byHand("ann", func(tx *Tx, id uuid.UUID) error { return tx.SetRole(s.acme, id, s.auditor.ID) })
			s.mapTo("Admins", AdminRoleID, 1)
			s.group("Admins", "ann")
			s.group("Admins")
		}, map[string]string{"ann": "Auditor manual"}},
		{"deactivated by hand, then an unrelated event", func(s *synced) {
			s.push("ann", true)
			s.byHand("ann", func(tx *Tx, id uuid.UUID) error { return tx.SetActive(s.acme, []uuid.UUID{id}, false) })
			s.group("Others", "ann")
		}, map[string]string{"ann": "Member default inactive"}},
		{"removed by hand, then an unrelated event", func(s *synced) {
			s.push("ann", true)
			s.byHand("ann", func(tx *Tx, id uuid.UUID) error { return tx.RemoveMember(s.acme, id) })
			s.group("Others", "ann")
		}, map[string]string{"ann": "none"}},
		{"removed by hand, leaves and returns", func(s *synced) {
			s.push("ann", true)
			s.byHand("ann", func(tx *Tx, id uuid.UUID) error { return tx.RemoveMember(s.acme, id) })
			s.push("ann", false)
			s.push("ann", true)
		}, map[string]string{"ann": "Member default"}},
		{"the last way in leaves", func(s *synced) {
			s.byHand("second", func(tx *Tx, id uuid.UUID) error { return tx.SetRole(s.acme, id, AdminRoleID) })
			s.push("owner", true)
			s.push("owner", false)
		}, map[string]string{"owner": "Owner manual"}},
		{"the last way in is deleted", func(s *synced) {
			s.byHand("second", func(tx *Tx, id uuid.UUID) error { return tx.SetRole(s.acme, id, AdminRoleID) })
			s.set(DeprovisionDelete)
			s.push("owner", true)
			s.remove("owner")
		}, map[string]string{"owner": "Owner manual free"}},
		{"the last way in is mapped down", func(s *synced) {
			s.byHand("second", func(tx *Tx, id uuid.UUID) error { return tx.SetRole(s.acme, id, AdminRoleID) })
			s.push("owner", true)
			s.mapTo("All", MemberRoleID, 1)
			s.group("All", "owner")
		}, map[string]string{"owner": "Owner manual"}},
		{"the last way in by a mapping that ends", func(s *synced) {
			s.push("ann", true)
			id := s.mapTo("Owners", OwnerRoleID, 1)
			s.group("Owners", "ann")
			s.byHand("second", func(tx *Tx, id uuid.UUID) error { return tx.RemoveMember(s.acme, id) })
			s.byHand("owner", func(tx *Tx, id uuid.UUID) error { return tx.RemoveMember(s.acme, id) })
			s.do(func(tx *Tx) error { return tx.DeleteGroupMapping(s.acme, s.directory, id) })
		}, map[string]string{"ann": "Owner manual"}},
		{"a mapping that is for others", func(s *synced) {
			s.push("ann", true)
			s.push("ann", false)
			s.byHand("ann", func(tx *Tx, id uuid.UUID) error { return tx.SetActive(s.acme, []uuid.UUID{id}, true) })
			s.do(func(tx *Tx) error {
				_, err := tx.AddGroupMapping(s.acme, s.directory, NewGroupMapping{Match: MappingMatch{Attribute: "title", Equals: "Chef"}, RoleID: AdminRoleID, Priority: 1})
				return err
			})
		}, map[string]string{"ann": "Member default"}},
		{"the directory goes", func(s *synced) {
			s.mapTo("Admins", AdminRoleID, 1)
			s.push("ann", true)
			s.push("bob", true)
			s.push("bob", false)
			s.group("Admins", "ann", "bob")
			s.do(func(tx *Tx) error { return tx.DeleteDirectory(s.acme, s.directory) })
		}, map[string]string{"ann": "Member default free", "bob": "Member default inactive free"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSynced(t)
			tt.play(s)
			for name, want := range tt.want {
				if got := s.is(name); got != want {
					t.Errorf("%s is %s, want %s", name, got, want)
				}
			}
			checkIndexes(t, s.store.data)
		})
	}
}

// TestMappedRoleIsNotForHands: while a mapping holds, a change of the role names it.
func TestMappedRoleIsNotForHands(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.push("ann", true)
	id := s.mapTo("Admins", AdminRoleID, 1)
	s.group("Admins", "ann")
	err := s.store.Update(s.actor("owner"), func(tx *Tx) error { return tx.SetRole(s.acme, s.id(tx, "ann"), MemberRoleID) })
	var conflict *Conflict
	if !errors.As(err, &conflict) || !strings.Contains(conflict.Reason, id.String()) || !strings.Contains(conflict.Reason, `group "Admins"`) {
		t.Errorf("the refusal is %v", err)
	}
	if err := s.store.Update(Actor{}, func(tx *Tx) error { return tx.DeleteRole(s.acme, s.auditor.ID) }); err != nil {
		t.Errorf("a role that nobody needs: %v", err)
	}
}

// TestNeededRolesStay: a role that a directory will give cannot be deleted.
func TestNeededRolesStay(t *testing.T) {
	t.Parallel()
	for name, need := range map[string]func(*synced){
		"default": func(s *synced) {
			s.do(func(tx *Tx) error {
				_, err := tx.UpdateDirectory(s.acme, s.directory, DirectoryChange{DefaultRoleID: &s.auditor.ID})
				return err
			})
		},
		"mapping": func(s *synced) { s.mapTo("Nobody", s.auditor.ID, 1) },
		"from before": func(s *synced) {
			s.push("ann", true)
			s.byHand("ann", func(tx *Tx, id uuid.UUID) error { return tx.SetRole(s.acme, id, s.auditor.ID) })
			s.mapTo("Admins", AdminRoleID, 1)
			s.group("Admins", "ann")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSynced(t)
			need(s)
			err := s.store.Update(Actor{}, func(tx *Tx) error { return tx.DeleteRole(s.acme, s.auditor.ID) })
			var conflict *Conflict
			if !errors.As(err, &conflict) {
				t.Errorf("deleting it gives %v", err)
			}
		})
	}
}

// TestLeavingEndsAccess: with the write that says somebody left, sessions through the account's connections end and
// keys open nothing here; other accounts are not touched.
func TestLeavingEndsAccess(t *testing.T) {
	t.Parallel()
	for _, action := range []DeprovisionAction{DeprovisionDeactivate, DeprovisionDelete} {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			s := newSynced(t)
			s.set(action)
			s.push("ann", true)
			var key, here, there string
			s.do(func(tx *Tx) error {
				ann, _ := tx.UserByEmail("ann@acme.com")
				if _, err := tx.AddMember(uuid.Nil, s.globex, ann, MemberRoleID); err != nil {
					return err
				}
				issued, err := tx.AddAPIKey(NewAPIKey{ActorID: ann.ActorID, Name: "laptop"})
				if err != nil {
					return err
				}
				key = issued.Secret
				for account, token := range map[uuid.UUID]*string{s.acme: &here, s.globex: &there} {
					if _, *token, err = tx.AddSession(NewSession{UserID: ann.ID, AccountID: account, ConnectionID: "conn", Expires: start.Add(time.Hour)}); err != nil {
						return err
					}
				}
				return nil
			})
			s.push("ann", false)
			s.view(func(r *Reader) {
				by, err := r.Authenticate(key)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := r.Enter(by, s.acme); err == nil {
					t.Error("the key still opens the account")
				}
				if _, err := r.Enter(by, s.globex); err != nil {
					t.Errorf("the other account: %v", err)
				}
				if _, err := r.Authenticate(here); err == nil {
					t.Error("the session lasts")
				}
				if _, err := r.Authenticate(there); err != nil {
					t.Errorf("the other account's session: %v", err)
				}
			})
		})
	}
}

// TestAddressesMove: a new address is the same person where this account is their only one, else somebody else's.
func TestAddressesMove(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		also func(*synced)
		want map[string]string
	}{
		{"of this account only", func(*synced) {}, map[string]string{"ann": "none", "anna": "Member default"}},
		{"of another account too", func(s *synced) {
			s.do(func(tx *Tx) error {
				ann, _ := tx.UserByEmail("ann@acme.com")
				_, err := tx.AddMember(uuid.Nil, s.globex, ann, MemberRoleID)
				return err
			})
		}, map[string]string{"ann": "Member default inactive free", "anna": "Member default"}},
		{"somebody has it", func(s *synced) {
			s.do(func(tx *Tx) error { _, err := tx.AddUser(NewUser{Email: "anna@acme.com"}); return err })
		}, map[string]string{"ann": "Member default inactive free", "anna": "Member default"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSynced(t)
			s.push("ann", true)
			tt.also(s)
			s.do(func(tx *Tx) error {
				u, _ := tx.DirectoryUserByName(s.directory, "ann")
				next := person("ann", true)
				next.Email = "anna@acme.com"
				_, err := tx.UpdateDirectoryUser(s.dir(tx), u.ID, next)
				return err
			})
			for name, want := range tt.want {
				if got := s.is(name); got != want {
					t.Errorf("%s is %s, want %s", name, got, want)
				}
			}
		})
	}
}

// TestDirectoryDuplicates: userName is one person's, an email address one active person's.
func TestDirectoryDuplicates(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.push("ann", true)
	same := person("other", true)
	same.Email = "ANN@acme.com"
	name := person("ANN", false)
	inactive := same
	inactive.Active = false
	for what, try := range map[string]func(*Tx) error{
		"userName": func(tx *Tx) error { _, err := tx.AddDirectoryUser(s.dir(tx), name); return err },
		"email":    func(tx *Tx) error { _, err := tx.AddDirectoryUser(s.dir(tx), same); return err },
		"email at reactivation": func(tx *Tx) error {
			u, err := tx.AddDirectoryUser(s.dir(tx), inactive)
			if err != nil {
				return fmt.Errorf("an inactive one may have it: %w", err)
			}
			_, err = tx.UpdateDirectoryUser(s.dir(tx), u.ID, same)
			return err
		},
	} {
		err := s.store.Update(Actor{}, try)
		var duplicate *Duplicate
		if !errors.As(err, &duplicate) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestTwoDirectories: who came first decides, and the other takes over when they go.
func TestTwoDirectories(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.push("ann", true)
	var second *Directory
	s.do(func(tx *Tx) error {
		var err error
		if second, err = tx.AddDirectory(s.acme, DirectoryChange{Name: new("Entra"), Type: new(DirectoryType("azure scim v2.0"))}); err != nil {
			return err
		}
		u, err := tx.AddDirectoryUser(second, person("ann", true))
		if err == nil && tx.HeldReason(u) == "" {
			t.Error("the second one is not held")
		}
		return err
	})
	governs := func() string { return s.member("ann").DirectoryID }
	if governs() != s.directory {
		t.Errorf("%s governs", governs())
	}
	s.push("ann", false)
	if governs() != second.ID || s.is("ann") != "Member default" {
		t.Errorf("%s governs, ann is %s", governs(), s.is("ann"))
	}
	s.do(func(tx *Tx) error { return tx.DeleteDirectory(s.acme, second.ID) })
	if got := s.is("ann"); got != "Member default free" {
		t.Errorf("ann is %s", got)
	}
}

// TestHeldPeopleAreNotTold: no event tells of who is held, until they heal.
func TestHeldPeopleAreNotTold(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.push("ann@c.example", true)
	s.push("ann@c.example", false)
	s.group("Data", "ann@c.example")
	if n := s.told("directory-user.created") + s.told("directory-user.updated"); n != 0 {
		t.Errorf("%d events tell of somebody who is held", n)
	}
	s.push("ann@c.example", true)
	s.do(func(tx *Tx) error { return tx.SetDomains(s.acme, []string{"acme.com", "c.example"}) })
	if n := s.told("directory-user.created"); n != 1 {
		t.Errorf("%d events tell that somebody came", n)
	}
	s.view(func(r *Reader) {
		ann, _ := r.UserByEmail("ann@c.example")
		if n := len(r.TeamsOf(s.acme, ann.ActorID)); n != 1 {
			t.Errorf("the groups from before gave %d teams", n)
		}
	})
}

// TestUnchangedKeepsVersion: what changes nothing keeps the version and tells nothing.
func TestUnchangedKeepsVersion(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.push("ann", true)
	s.group("Data", "ann")
	events := len(s.events())
	s.push("ann", true)
	s.group("Data", "ann")
	s.do(func(tx *Tx) error {
		g := tx.DirectoryGroupsByName(s.directory, "Data")[0]
		_, err := tx.UpdateDirectoryGroup(s.dir(tx), g.ID, DirectoryGroupChange{Add: []uuid.UUID{uuid.New()}, Remove: []uuid.UUID{uuid.New()}})
		return err
	})
	s.view(func(r *Reader) {
		u, _ := r.DirectoryUserByName(s.directory, "ann")
		if g := r.DirectoryGroupsByName(s.directory, "Data")[0]; u.Version != 1 || g.Version != 1 {
			t.Errorf("versions %d and %d", u.Version, g.Version)
		}
	})
	if n := len(s.events()); n != events {
		t.Errorf("%d events tell of nothing", n-events)
	}
}
