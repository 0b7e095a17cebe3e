package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

// setUp gives an account's fresh link, asked for by a person.
func (f *federation) setUp(person string) (secret string) {
	f.t.Helper()
	if err := f.store.Update(f.actor(person), func(tx *Tx) (err error) {
		secret, err = tx.AddSetupLink(f.acme, SetupSSO)
		return err
	}); err != nil {
		f.t.Fatal(err)
	}
	return secret
}

func (f *federation) start(secret string) (session string, err error) {
	f.t.Helper()
	err = f.store.Update(Actor{}, func(tx *Tx) (err error) {
		_, session, err = tx.StartSetup(secret)
		return err
	})
	checkIndexes(f.t, f.store.data)
	return session, err
}

// inSession runs a change in a session.
func (f *federation) inSession(session string, do func(*Tx, *SetupLink) error) error {
	return f.store.Update(Actor{}, func(tx *Tx) error {
		l, _, err := tx.SetupSession(session)
		if err != nil {
			return err
		}
		return do(tx, l)
	})
}

func save(name string, change ConnectionChange) func(*Tx, *SetupLink) error {
	return func(tx *Tx, l *SetupLink) error {
		_, err := tx.SaveSetup(l, change.named(name))
		return err
	}
}

// TestSetupLinkIsGoodOnce: for one session, which no link opens and no link's secret is.
func TestSetupLinkIsGoodOnce(t *testing.T) {
	t.Parallel()
	f := newFederation(t)
	secret := f.setUp("owner")
	session, err := f.start(secret)
	if err != nil {
		t.Fatal(err)
	}
	var conflict *Conflict
	if _, err := f.start(secret); !errors.As(err, &conflict) {
		t.Errorf("started again: %v", err)
	}
	var missing *NotFound
	if _, err := f.start(session); !errors.As(err, &missing) {
		t.Errorf("a session started one: %v", err)
	}
	f.view(func(r *Reader) {
		if _, state, err := r.SetupLink(secret); err != nil || state != SetupLinkUsed {
			t.Errorf("%v %v", state, err)
		}
		if _, _, err := r.SetupSession(secret); !errors.As(err, &missing) {
			t.Errorf("a link is a session: %v", err)
		}
		l, by, err := r.SetupSession(session)
		if err != nil || by != f.actor("owner") || l.AccountID != f.acme || !l.Expires.Equal(l.Started.Add(30*time.Minute)) {
			t.Errorf("%+v %+v %v", l, by, err)
		}
	})
	f.must(func(tx *Tx) error { return tx.DeleteAccount(f.acme) })
	if err := f.inSession(session, func(*Tx, *SetupLink) error { return nil }); !errors.As(err, &missing) {
		t.Errorf("the session outlives the account: %v", err)
	}
}

// TestSaveSetup: a session makes one connection and changes it until it is in use;
// no other one is touched.
func TestSaveSetup(t *testing.T) {
	t.Parallel()
	type saving struct {
		name   string
		change ConnectionChange
	}
	tests := []struct {
		name    string
		saves   []saving
		between func(*federation, *Tx) error // before the last one
		refused bool
		states  []string
	}{
		{name: "once", saves: []saving{{"one", oidcFor("a.example")}}, states: []string{"one validating [a.example]"}},
		{name: "again", saves: []saving{{"one", oidcFor("a.example")}, {"two", oidcFor("b.example")}}, states: []string{"two validating [b.example]"}},
		{name: "by another protocol, with the same name", saves: []saving{{"one", oidcFor("a.example")}, {"one", samlFor("a.example")}}, states: []string{"one validating [a.example]"}},
		{
			name: "beside a draft", saves: []saving{{"one", oidcFor("a.example")}},
			between: func(f *federation, tx *Tx) error { return f.add(tx, "draft", oidcFor()) },
			states:  []string{"draft draft []", "one validating [a.example]"},
		},
		{
			name: "beside another one", saves: []saving{{"one", oidcFor("a.example")}}, refused: true,
			between: func(f *federation, tx *Tx) error { return f.add(tx, "other", oidcFor("b.example")) },
			states:  []string{"other validating [b.example]"},
		},
		{
			name: "in use", saves: []saving{{"one", oidcFor("a.example")}, {"two", samlFor("a.example")}}, refused: true,
			between: func(f *federation, tx *Tx) error { return tx.ConnectionLoggedIn(tx.Connections(f.acme)[0].ID) },
			states:  []string{"one active [a.example]"},
		},
		{
			name: "switched off", saves: []saving{{"one", oidcFor("a.example")}, {"two", oidcFor("a.example")}}, refused: true,
			between: func(f *federation, tx *Tx) error {
				_, err := tx.UpdateConnection(f.acme, tx.Connections(f.acme)[0].ID, ConnectionChange{Deactivate: true})
				return err
			},
			states: []string{"one inactive [a.example]"},
		},
		{
			name: "removed", saves: []saving{{"one", oidcFor("a.example")}, {"two", oidcFor("a.example")}},
			between: func(f *federation, tx *Tx) error { return tx.DeleteConnection(f.acme, tx.Connections(f.acme)[0].ID) },
			states:  []string{"two validating [a.example]"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFederation(t)
			session, err := f.start(f.setUp("owner"))
			if err != nil {
				t.Fatal(err)
			}
			for i, s := range tt.saves {
				last := i == len(tt.saves)-1
				if last && tt.between != nil {
					f.must(func(tx *Tx) error { return tt.between(f, tx) })
				}
				err := f.inSession(session, save(s.name, s.change))
				var conflict *Conflict
				if refused := errors.As(err, &conflict); refused != (last && tt.refused) || err != nil && !refused {
					t.Fatalf("%s: %v", s.name, err)
				}
			}
			checkIndexes(t, f.store.data)
			if got := f.states(); !slices.Equal(got, tt.states) {
				t.Errorf("%v, want %v", got, tt.states)
			}
		})
	}
}

// TestChooseInSetup: another choice is to be saved, the same one is not.
func TestChooseInSetup(t *testing.T) {
	t.Parallel()
	f := newFederation(t)
	session, err := f.start(f.setUp("owner"))
	if err != nil {
		t.Fatal(err)
	}
	choose := func(kind ConnectionType, domains ...string) {
		t.Helper()
		if err := f.inSession(session, func(tx *Tx, l *SetupLink) error {
			tx.ChooseInSetup(l, domains, kind)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	isSaved := func() (saved bool) {
		t.Helper()
		f.view(func(r *Reader) {
			l, _, err := r.SetupSession(session)
			if err != nil {
				t.Fatal(err)
			}
			saved = l.Saved
		})
		return saved
	}
	choose("OktaOIDC", "a.example")
	if err := f.inSession(session, save("one", oidcFor("a.example"))); err != nil || !isSaved() {
		t.Fatalf("not saved: %v", err)
	}
	if choose("OktaOIDC", "a.example"); !isSaved() {
		t.Error("the same choice is another one")
	}
	if choose("OktaOIDC", "b.example"); isSaved() {
		t.Error("another choice is saved already")
	}
}

// TestSetupNeedsTheRight: a session ends with the right of the user who asked for the link.
func TestSetupNeedsTheRight(t *testing.T) {
	t.Parallel()
	f := newFederation(t)
	session, err := f.start(f.setUp("admin"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.inSession(session, func(*Tx, *SetupLink) error { return nil }); err != nil {
		t.Fatal(err)
	}
	f.must(func(tx *Tx) error {
		l, _, err := tx.SetupSession(session)
		if err != nil {
			return err
		}
		next := *l
		next.AskedBy = uuid.New()
		setupLinkTable.Put(tx.db, &next)
		return nil
	})
	var forbidden *Forbidden
	if err := f.inSession(session, func(*Tx, *SetupLink) error { return nil }); !errors.As(err, &forbidden) {
		t.Errorf("nobody's session goes on: %v", err)
	}
}
