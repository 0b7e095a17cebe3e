package store

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
)

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// world is a store with one account, acme, and another one, globex.
type world struct {
	t       tester
	store   *Store
	acme    uuid.UUID
	globex  uuid.UUID
	auditor *AccountRole
}

var start = time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)

// newWorld has owner@ and second@ (Owners), admin@, ada@ and the Owner bot in
// acme. Its clock stands still.
func newWorld(t tester) *world {
	t.Helper()
	return seedWorld(t, New(Options{Clock: func() time.Time { return start }}))
}

func seedWorld(t tester, s *Store) *world {
	t.Helper()
	w := &world{t: t, store: s}
	err := w.store.Reset(func(tx *Tx) error {
		acme, err := tx.AddAccount(NewAccount{Name: "ACME", Handle: "acme", Features: Features()})
		if err != nil {
			return err
		}
		globex, err := tx.AddAccount(NewAccount{Name: "Globex", Handle: "globex", Features: Features()})
		if err != nil {
			return err
		}
		w.acme, w.globex = acme.ID, globex.ID
		if w.auditor, err = tx.AddRole(NewRole{AccountID: w.acme, Name: "Auditor", Permissions: []Permission{ReadAccount}}); err != nil {
			return err
		}
		for _, p := range []struct {
			name string
			role uuid.UUID
		}{{"owner", OwnerRoleID}, {"second", OwnerRoleID}, {"admin", AdminRoleID}, {"ada", MemberRoleID}} {
			u, err := tx.AddUser(NewUser{Email: p.name + "@acme.com", FirstName: strings.ToUpper(p.name)})
			if err != nil {
				return err
			}
			if _, err := tx.AddMember(uuid.Nil, w.acme, u, p.role); err != nil {
				return err
			}
		}
		_, _, err = tx.AddBot(NewBot{AccountID: w.acme, Name: "bot", RoleID: OwnerRoleID, Secret: "pnb_secret_of_the_bot"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) view(fn func(*Reader)) {
	w.t.Helper()
	if err := w.store.View(func(r *Reader) error { fn(r); return nil }); err != nil {
		w.t.Fatal(err)
	}
}

// actor gives a person of acme, by the name before the @, or the bot.
func (w *world) actor(name string) (a Actor) {
	w.t.Helper()
	w.view(func(r *Reader) {
		if name == "bot" {
			b := r.Bots(w.acme)[0]
			a = Actor{ActorID: b.ActorID, BotID: b.ID, Name: b.Name}
			return
		}
		u, ok := r.UserByEmail(name + "@acme.com")
		if !ok {
			w.t.Fatalf("nobody is called %s", name)
		}
		a = Actor{ActorID: u.ActorID, UserID: u.ID, Name: u.Email}
	})
	return a
}

func (w *world) member(name string) (m *Membership) {
	w.t.Helper()
	actor := w.actor(name)
	w.view(func(r *Reader) {
		var err error
		if m, err = r.MembershipOf(w.acme, actor.ActorID); err != nil {
			w.t.Fatalf("%s: %v", name, err)
		}
	})
	return m
}

func (w *world) events() []*eventlog.Event {
	return w.eventsOf(w.acme)
}

func (w *world) eventsOf(account uuid.UUID) (out []*eventlog.Event) {
	w.t.Helper()
	if err := w.store.View(func(r *Reader) (err error) { out, err = r.Events(account); return err }); err != nil {
		w.t.Fatal(err)
	}
	return out
}

// id finds a member inside a transaction.
func (w *world) id(tx *Tx, name string) uuid.UUID {
	for _, m := range membershipsByAccount.Get(tx.db, w.acme) {
		if n := tx.MemberName(m); n == name || n == name+"@acme.com" {
			return m.ID
		}
	}
	w.t.Fatalf("no member %s", name)
	return uuid.Nil
}

// checkIndexes compares every index with one that is built afresh.
func checkIndexes(t tester, d *data) {
	t.Helper()
	if err := d.db.Check(); err != nil {
		t.Errorf("%v", err)
	}
}
