package store

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
)

// newReleased makes a federation whose domains a.example and b.example are being released
// by a connection each.
func newReleased(t tester) *federation {
	t.Helper()
	f := newFederation(t)
	for name, domain := range map[string]string{"one": "a.example", "two": "b.example"} {
		f.must(func(tx *Tx) error {
			if err := f.add(tx, name, oidcFor(domain)); err != nil {
				return err
			}
			_, err := tx.ActivateConnection(f.acme, f.ids[name], false)
			return err
		})
	}
	f.must(func(tx *Tx) error { return tx.SetDomains(f.acme, []string{"acme.com"}) })
	if got := f.domains(); got != "acme.com a.example* b.example*" {
		t.Fatal(got)
	}
	return f
}

// lastDomainEvent is the payload of the newest event about the account's domains.
func (f *federation) lastDomainEvent() map[string]any {
	events := slices.DeleteFunc(f.events(), func(e *eventlog.Event) bool { return !strings.Contains(e.Name, kindDomainNames) })
	return events[len(events)-1].Payload
}

// TestReleaseEvents: the trail tells of a domain that is released, that is kept after
// all, and that went, each by its name.
func TestReleaseEvents(t *testing.T) {
	t.Parallel()
	f := newReleased(t)
	want := func(what string, names ...string) {
		t.Helper()
		var got []string
		if names, ok := f.lastDomainEvent()[what].([]string); ok {
			got = slices.Sorted(slices.Values(names))
		}
		if !slices.Equal(got, names) {
			t.Errorf("%s: %q, want %q", what, got, names)
		}
	}
	want("released", "a.example", "b.example")
	want("removed")
	want("domain_names", "acme.com")
	f.must(func(tx *Tx) error { return tx.SetDomains(f.acme, []string{"acme.com", "a.example"}) })
	want("kept", "a.example")
	want("added")
	f.must(func(tx *Tx) error { return tx.SetDomains(f.acme, []string{"acme.com", "a.example"}) })
	f.must(func(tx *Tx) error { return tx.SetDomains(f.acme, []string{"acme.com"}) }) // goes: two is active
	want("removed", "a.example")
	want("released")
}

// TestReleasesOfOneTransaction: connections that are switched off together let go of
// their domains in one event.
func TestReleasesOfOneTransaction(t *testing.T) {
	t.Parallel()
	f := newReleased(t)
	f.must(func(tx *Tx) error { return tx.UpdateAccount(f.acme, AccountChange{WorkOSConnectionIDs: []string{}}) })
	if got := f.domains(); got != "acme.com" {
		t.Errorf("domains %s", got)
	}
	removed, _ := f.lastDomainEvent()["removed"].([]string)
	if slices.Sort(removed); !slices.Equal(removed, []string{"a.example", "b.example"}) {
		t.Errorf("the event tells of %q", removed)
	}
	checkIndexes(t, f.store.data)
}

// TestReleaseLeavesNoDeadDomain: a connection that is not active loses those domains that
// go at once together with those that are released.
func TestReleaseLeavesNoDeadDomain(t *testing.T) {
	t.Parallel()
	f := newFederation(t)
	f.must(func(tx *Tx) error {
		return errors.Join(f.add(tx, "one", oidcFor("a.example")), f.add(tx, "two", oidcFor("a.example", "b.example", "acme.com")))
	})
	f.must(func(tx *Tx) error { _, err := tx.ActivateConnection(f.acme, f.ids["one"], false); return err })
	f.must(func(tx *Tx) error { return tx.SetDomains(f.acme, []string{"acme.com"}) })
	if got := f.domains(); got != "acme.com a.example*" {
		t.Fatal(got)
	}
	if got := f.states(); !slices.Equal(got, []string{"one active [a.example]", "two validating [acme.com]"}) {
		t.Errorf("%q", got)
	}
}

// TestReleaseKeepsLogins: people of a released domain get in as before, by login and
// by directory, until their connection has another domain.
func TestReleaseKeepsLogins(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.push("ann", true)
	var id string
	s.do(func(tx *Tx) error {
		c, err := tx.AddConnection(s.acme, oidcFor("acme.com").named("one"))
		if err != nil {
			return err
		}
		id = c.ID
		_, err = tx.ActivateConnection(s.acme, id, false)
		return err
	})
	s.allow("acme.com", "b.example")
	role := func() (out string) {
		s.view(func(r *Reader) {
			u, found := r.UserByEmail("ann@acme.com")
			if !found {
				t.Fatal("nobody is left")
			}
			m, err := r.MembershipOf(s.acme, u.ActorID)
			if err != nil {
				t.Fatal(err)
			}
			out = map[bool]string{true: "in", false: "out"}[m.Active]
			c, served := r.ConnectionForLogin("ann@acme.com")
			if served != m.Active || served && c.ID != id {
				t.Errorf("active %t, served by %+v", m.Active, c)
			}
			a, err := r.Account(s.acme)
			if err != nil || r.SSOState(a) != SSOEnabled || !r.EnforcesSSO(s.acme) {
				t.Errorf("single sign-on is %s, %v", r.SSOState(a), err)
			}
		})
		return out
	}
	s.do(func(tx *Tx) error { return tx.SetDomains(s.acme, []string{"b.example"}) })
	if got := role(); got != "in" {
		t.Errorf("while it is released: %s", got)
	}
	s.do(func(tx *Tx) error { // a directory keeps what it allows already
		_, err := tx.UpdateDirectory(s.acme, s.directory, DirectoryChange{AllowedDomains: Nullable[[]string]{Set: true, Value: &[]string{"b.example", "acme.com"}}})
		return err
	})
	err := s.store.Update(Actor{}, func(tx *Tx) error {
		_, err := tx.AddDirectory(s.acme, DirectoryChange{Name: new("Other"), Type: new(DirectoryType("okta scim v2.0")), AllowedDomains: Nullable[[]string]{Set: true, Value: &[]string{"acme.com"}}})
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "allowed_domains") {
		t.Errorf("another directory was given the domain: %v", err)
	}
	s.do(func(tx *Tx) error {
		_, err := tx.UpdateConnection(s.acme, id, oidcFor("b.example"))
		return err
	})
	if got := role(); got != "out" {
		t.Errorf("after the release: %s", got)
	}
	s.view(func(r *Reader) {
		d, err := r.Directory(s.acme, s.directory)
		if err != nil || !slices.Equal(d.AllowedDomains, []string{"b.example"}) {
			t.Errorf("%v: %q", err, d.AllowedDomains)
		}
	})
}

// TestReleaseSurvivesRestart: a state file keeps what is being released; one from
// before has no such field, and nothing in it is.
func TestReleaseSurvivesRestart(t *testing.T) {
	t.Parallel()
	w, path := newDurableWorld(t)
	err := w.store.Update(w.actor("owner"), func(tx *Tx) error {
		if err := tx.SetDomains(w.acme, []string{"acme.com", "b.example"}); err != nil {
			return err
		}
		c, err := tx.AddConnection(w.acme, oidcFor("acme.com").named("one"))
		if err != nil {
			return err
		}
		_, err = tx.ActivateConnection(w.acme, c.ID, false)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(snapshot(t, w.store), `"Releasing"`) {
		t.Error("a domain that stays is written with the field, so that older files differ")
	}
	if err := w.store.Update(w.actor("owner"), func(tx *Tx) error { return tx.SetDomains(w.acme, []string{"b.example"}) }); err != nil {
		t.Fatal(err)
	}
	var before, after []Domain
	read := func(s *Store, into *[]Domain) {
		_ = s.View(func(r *Reader) error { // it reads what is there
			for _, d := range r.Domains(w.acme) {
				*into = append(*into, *d)
			}
			return nil
		})
	}
	read(w.store, &before)
	read(reopen(t, w.store, path), &after)
	if len(after) != 2 || !after[0].Releasing || after[1].Releasing || !reflect.DeepEqual(before, after) {
		t.Errorf("%+v, before %+v", after, before)
	}
}
