package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
)

// reopen closes a store and opens its file again.
func reopen(t *testing.T, s *Store, path string) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return openAt(t, path)
}

func openAt(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(path, Options{Clock: func() time.Time { return start }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// newDurableWorld is a world whose store has a file.
func newDurableWorld(t *testing.T) (*world, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.db")
	s := openAt(t, path)
	if !s.Blank() {
		t.Error("a new file is not blank")
	}
	return seedWorld(t, s), path
}

func snapshot(t *testing.T, s *Store) (text string) {
	t.Helper()
	if err := s.View(func(r *Reader) error {
		state, err := r.Snapshot()
		if err != nil {
			return err
		}
		raw, err := json.MarshalIndent(state, "", " ")
		text = string(raw)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return text
}

// TestStateComesBack: rows, indexes, events, stamps, the clock and the source of
// ids are the same after a restart, and so is what follows.
func TestStateComesBack(t *testing.T) {
	t.Parallel()
	w, path := newDurableWorld(t)
	s := w.store
	for range 3 {
		if err := s.Update(w.actor("owner"), func(tx *Tx) error {
			if err := tx.SetDomains(w.acme, []string{"acme.com", "b.example"}); err != nil {
				return err
			}
			return tx.SetActive(w.acme, []uuid.UUID{w.id(tx, "ada")}, false)
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.AdvanceClock(time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	before, rows, events, state := snapshot(t, s), s.data.db.Rows(), w.events(), s.serverState()
	again := reopen(t, s, path)
	if again.Blank() {
		t.Error("the file is blank")
	}
	if after := snapshot(t, again); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if !reflect.DeepEqual(again.data.db.Rows(), rows) {
		t.Error("the rows differ")
	}
	w.store = again
	if len(events) == 0 || !slices.EqualFunc(w.events(), events, func(a, b *eventlog.Event) bool { return a.Position() == b.Position() }) {
		t.Errorf("%d events, before %d", len(w.events()), len(events))
	}
	if again.serverState() != state {
		t.Errorf("%+v, before %+v", again.serverState(), state)
	}
	checkIndexes(t, again.data)
	if who, err := authenticate(again, "pnb_secret_of_the_bot"); err != nil || who.Name != "bot" {
		t.Errorf("the key opens nothing: %+v, %v", who, err)
	}
	if ahead := again.Clock().Now().Sub(start); ahead != 3*time.Hour {
		t.Errorf("the clock is ahead by %s", ahead)
	}
}

func authenticate(s *Store, secret string) (a Actor, err error) {
	err = s.View(func(r *Reader) error { a, err = r.Authenticate(secret); return err })
	return a, err
}

// TestIDsAreRepeatable: two servers go on from copies of one file alike.
func TestIDsAreRepeatable(t *testing.T) {
	t.Parallel()
	w, path := newDurableWorld(t)
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "copy.db")
	for _, suffix := range []string{"", ".key"} {
		raw, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(other+suffix, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var states []string
	for _, path := range []string{path, other} {
		w.store = openAt(t, path)
		if err := w.store.Update(w.actor("owner"), func(tx *Tx) error {
			return tx.SetDomains(w.acme, []string{"a.example", "b.example"})
		}); err != nil {
			t.Fatal(err)
		}
		states = append(states, snapshot(t, w.store))
	}
	if states[0] != states[1] {
		t.Errorf("%s\n%s", states[0], states[1])
	}
	ids := newIDSource()
	seen := make(map[uuid.UUID]bool)
	for range 1000 {
		id := ids.next()
		if id.Version() != 4 || id.Variant() != uuid.RFC4122 || seen[id] {
			t.Fatalf("%s: version %d, variant %s", id, id.Version(), id.Variant())
		}
		seen[id] = true
	}
}

// TestFailedUpdateWritesNothing: neither an error nor an Update that changes
// nothing touches the file.
func TestFailedUpdateWritesNothing(t *testing.T) {
	t.Parallel()
	w, path := newDurableWorld(t)
	read := func() string {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	before := read()
	changedMind := errors.New("the caller changes its mind")
	if err := w.store.Update(w.actor("owner"), func(tx *Tx) error {
		if err := tx.SetDomains(w.acme, []string{"acme.com"}); err != nil {
			return err
		}
		return changedMind
	}); !errors.Is(err, changedMind) {
		t.Fatal(err)
	}
	if read() != before {
		t.Error("a failed Update wrote something")
	}
	// The stamps and ids that the failed one has used up are noted once.
	quiet := func() {
		if err := w.store.Update(w.actor("owner"), func(tx *Tx) error { return tx.SetDomains(w.acme, nil) }); err != nil {
			t.Fatal(err)
		}
	}
	quiet()
	before = read()
	if quiet(); read() != before {
		t.Error("an Update without changes wrote something")
	}
}

// TestResetPersists: what was there before a reset does not come back.
func TestResetPersists(t *testing.T) {
	t.Parallel()
	w, path := newDurableWorld(t)
	if err := errors.Join(
		w.store.AdvanceClock(time.Hour),
		w.store.Update(w.actor("owner"), func(tx *Tx) error { return tx.SetDomains(w.acme, []string{"acme.com"}) }),
		w.store.Reset(func(tx *Tx) error {
			_, err := tx.AddAccount(NewAccount{Name: "Fresh", Handle: "fresh"})
			return err
		}),
	); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, w.store)
	again := reopen(t, w.store, path)
	if after := snapshot(t, again); after != before || strings.Contains(after, "acme") || !strings.Contains(after, "fresh") {
		t.Errorf("%s", after)
	}
	if !again.Clock().Now().Equal(start) {
		t.Errorf("the clock says %s", again.Clock().Now())
	}
	checkIndexes(t, again.data)
}

// TestManyWriters: all that concurrent writers were told is kept.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	w, path := newDurableWorld(t)
	owner := w.actor("owner")
	const writers, each = 16, 20
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			for n := range each {
				err := w.store.Update(owner, func(tx *Tx) error {
					_, err := tx.AddRole(NewRole{AccountID: w.acme, Name: fmt.Sprintf("role %d %d", i, n)})
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
		group.Go(func() { snapshot(t, w.store) })
	}
	group.Wait()
	before := snapshot(t, w.store)
	again := reopen(t, w.store, path)
	if n := len(rolesByAccount.Get(again.data.db, w.acme)); n != writers*each+1 {
		t.Errorf("%d roles", n)
	}
	if snapshot(t, again) != before {
		t.Error("the state differs")
	}
	checkIndexes(t, again.data)
}

// TestGoesBack: what could not be written is no longer shown.
func TestGoesBack(t *testing.T) {
	t.Parallel()
	w, path := newDurableWorld(t)
	before := snapshot(t, w.store)
	file := w.store.journal
	w.store.journal = nil // a change that the file does not get
	if err := w.store.Update(w.actor("owner"), func(tx *Tx) error { return tx.SetDomains(w.acme, []string{"acme.com"}) }); err != nil {
		t.Fatal(err)
	}
	w.store.journal = file
	if snapshot(t, w.store) == before {
		t.Fatal("nothing was changed")
	}
	w.store.goBack(errors.New("disk full"))
	if after := snapshot(t, w.store); after != before {
		t.Errorf("%s", after)
	}
	checkIndexes(t, w.store.data)
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	var unavailable *Unavailable
	for name, err := range map[string]error{
		"update": w.store.Update(Actor{}, func(*Tx) error { t.Error("it ran"); return nil }),
		"clock":  w.store.AdvanceClock(time.Hour),
		"reset":  w.store.Reset(func(*Tx) error { return nil }),
	} {
		if !errors.As(err, &unavailable) || !errors.Is(err, journal.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := snapshot(t, openAt(t, path)); after != before {
		t.Errorf("%s", after)
	}
}

// TestUnknownTable: a file with a table that this version does not know has more
// in it than can be kept.
func TestUnknownTable(t *testing.T) {
	t.Parallel()
	w, path := newDurableWorld(t)
	if err := errors.Join(
		w.store.journal.Append(journal.Batch{Changes: []journal.Change{{Table: "robots", Key: []byte("1"), Value: []byte("{}")}}})(),
		w.store.Close(),
	); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "robots") {
		t.Errorf("%v", err)
	}
}

func TestAdvanceClock(t *testing.T) {
	t.Parallel()
	s := New(Options{Clock: func() time.Time { return start }})
	for _, tt := range []struct {
		by time.Duration
		ok bool
	}{{0, false}, {-time.Second, false}, {maxOffset + 1, false}, {time.Hour, true}, {maxOffset, false}, {maxOffset - time.Hour, true}, {1, false}} {
		var invalid *Invalid
		if err := s.AdvanceClock(tt.by); tt.ok != (err == nil) || !tt.ok && !errors.As(err, &invalid) {
			t.Errorf("%s: %v", tt.by, err)
		}
	}
	if ahead := s.Clock().Now().Sub(start); ahead != maxOffset {
		t.Errorf("ahead by %s", ahead)
	}
}
