package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	bolterrors "go.etcd.io/bbolt/errors"
	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
)

// trailOf gives a store with one account, and its id, in a file or, without path, in
// memory.
func trailOf(t tester, path string) (*Store, uuid.UUID) {
	t.Helper()
	options := Options{Clock: func() time.Time { return start }, StateKey: "a key of these tests"}
	s := New(options)
	if path != "" {
		var err error
		if s, err = Open(path, options); err != nil {
			t.Fatal(err)
		}
	}
	account := uuid.UUID{1}
	if s.Blank() {
		if err := s.Reset(func(tx *Tx) error {
			_, err := tx.AddAccount(NewAccount{ID: account, Name: "Acme", Handle: "acme"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	return s, account
}

// leaveToFile takes out of memory whatever is in the file.
func (s *Store) leaveToFile() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data.events.LeaveToFile()
}

// inMemory counts the account's events that memory has whole.
func (s *Store) inMemory(account uuid.UUID) (whole, all int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.data.events.InMemory(account)
}

// asked gives the answers to queries as text.
func asked(t tester, s *Store, account uuid.UUID, queries []eventlog.Query, since []time.Time) string {
	t.Helper()
	var out []any
	if err := s.View(func(r *Reader) error {
		for _, q := range queries {
			page, err := r.FindEvents(account, q)
			if err != nil {
				return err
			}
			out = append(out, page)
		}
		for _, after := range since {
			came, err := r.EventsSince(account, after)
			if err != nil {
				return err
			}
			out = append(out, came)
		}
		all, err := r.Events(account)
		if err != nil {
			return err
		}
		snapshot, err := r.Snapshot()
		out = append(out, all, snapshot[eventlog.TableName])
		return err
	}); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What the events of these tests are made of.
var (
	someNames = []string{"flow.run", "flow.Ended", "deployment.paused"}
	someIDs   = []string{"run.1", "run.12", `a "quoted" one`, "<b>&</b>", "jürgen", "snow☃man", "back\\slash", "line\u2028end"}
	someRoles = []string{"actor", "owner"}
	someWords = []string{"run", `+"QUOTED\" o"`, "-paused", "JÜRGEN", "+12 flow", `"<b>"`, "☃", "+", "5", "note-3", "2028"}
)

func drawEvent(t *rapid.T) eventlog.Event {
	resource := func(role string) eventlog.Resource {
		return eventlog.Resource{
			ID: rapid.SampledFrom(someIDs).Draw(t, "resource"), Name: rapid.SampledFrom(someIDs).Draw(t, "resource's name"), Role: role,
			More: map[string]string{"team": rapid.SampledFrom(someIDs).Draw(t, "label")},
		}
	}
	e := eventlog.Event{
		ID: uuid.UUID{byte(rapid.IntRange(0, 200).Draw(t, "id"))}, Name: rapid.SampledFrom(someNames).Draw(t, "name"),
		Occurred: drawTime(t, "occurred").In(time.FixedZone("", 3600)), Resource: resource(""),
		Payload: map[string]any{"n": rapid.IntRange(0, 9).Draw(t, "n"), "note": rapid.SampledFrom(someIDs).Draw(t, "note")},
	}
	if rapid.Bool().Draw(t, "has a related one") {
		e.Related = []eventlog.Resource{resource(rapid.SampledFrom(someRoles).Draw(t, "role"))}
	}
	return e
}

func drawQuery(t *rapid.T) eventlog.Query {
	some := func(label string, from []string) []string {
		if rapid.Bool().Draw(t, "any "+label) {
			return nil
		}
		return rapid.SliceOfN(rapid.SampledFrom(from), 0, 2).Draw(t, label)
	}
	resource := func() eventlog.ResourceFilter {
		f := eventlog.ResourceFilter{IDs: some("ids", someIDs), Prefixes: some("prefixes", []string{"run", "r", "<", "j"}), Roles: some("roles", someRoles)}
		if labels := some("labels", someIDs); labels != nil {
			f.Labels = map[string][]string{"team": labels}
		}
		return f
	}
	q := eventlog.Query{
		Since: drawTime(t, "since"), Until: start.Add(time.Minute), OldestFirst: rapid.Bool().Draw(t, "oldest first"),
		Skip: rapid.IntRange(0, 2).Draw(t, "skip"), Limit: rapid.IntRange(0, 20).Draw(t, "limit"),
		Filter: eventlog.Filter{
			Names: some("names", someNames), Prefixes: some("name prefixes", []string{"flow", "deploy"}),
			ExcludedNames: some("excluded", someNames), Distinct: rapid.Bool().Draw(t, "distinct"),
		},
	}
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		f := resource()
		q.Filter.Resource = &f
	case 1:
		q.Filter.Related = []eventlog.ResourceFilter{resource()}
	case 2:
		q.Filter.AnyResource = []eventlog.ResourceFilter{resource(), resource()}
	case 3:
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(someWords), 1, 2).Draw(t, "text"), " ")
		q.Filter.Text = &text
	}
	return q
}

// TestFileAnswersAsMemory: whatever happens, a store that has its events in a file
// says the same of them as one that has them in memory.
func TestFileAnswersAsMemory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		path := filepath.Join(dir, fmt.Sprint(runs, ".db"))
		inMemory, account := trailOf(t, "")
		inFile, _ := trailOf(t, path)
		defer func() {
			if err := inFile.Close(); err != nil {
				t.Error(err)
			}
		}()
		undone := errors.New("the caller changes its mind")
		stamps := []time.Time{{}}
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			events := rapid.SliceOfN(rapid.Custom(drawEvent), 0, 5).Draw(t, "events")
			var then error
			forgets := rapid.IntRange(0, 9).Draw(t, "forgets the account") == 0
			if rapid.IntRange(0, 3).Draw(t, "is undone") == 0 || forgets {
				then = undone
			}
			for _, s := range []*Store{inMemory, inFile} {
				if err := s.Update(Actor{}, func(tx *Tx) error {
					err := tx.ReceiveEvents(account, append([]eventlog.Event(nil), events...))
					if forgets {
						err = errors.Join(err, tx.DeleteAccount(account))
					}
					return errors.Join(err, then)
				}); !errors.Is(err, then) {
					t.Fatal(err)
				}
				// Stamps that were used up for nothing are kept with the next Update.
				if err := s.Update(Actor{}, func(*Tx) error { return nil }); err != nil {
					t.Fatal(err)
				}
			}
			switch rapid.IntRange(0, 3).Draw(t, "afterwards") {
			case 0:
				inFile.leaveToFile()
			case 1:
				if err := inFile.Close(); err != nil {
					t.Fatal(err)
				}
				inFile, _ = trailOf(t, path)
				inFile.leaveToFile()
			}
			stamps = append(stamps, inMemory.data.lastStamp)
			queries := rapid.SliceOfN(rapid.Custom(drawQuery), 1, 5).Draw(t, "queries")
			if got, want := asked(t, inFile, account, queries, stamps), asked(t, inMemory, account, queries, stamps); got != want {
				t.Fatalf("%+v\nfrom the file:   %s\nfrom memory: %s", queries, got, want)
			}
		}
	})
}

// flood sends n events that the account has not had yet, in Updates of some each.
func flood(s *Store, account uuid.UUID, n int) error {
	for n > 0 {
		events := make([]eventlog.Event, min(n, 500))
		for i := range events {
			events[i] = eventlog.Event{ID: uuid.New(), Name: "flood", Occurred: start, Resource: eventlog.Resource{ID: fmt.Sprint("drop.", n-i)}}
		}
		if err := s.Update(Actor{}, func(tx *Tx) error { return tx.ReceiveEvents(account, events) }); err != nil {
			return err
		}
		n -= len(events)
	}
	return nil
}

// TestEventsLeaveMemory: an event that is in the file and has not come lately is in
// the file only, also after a restart, and those who watch get all the same.
func TestEventsLeaveMemory(t *testing.T) {
	t.Parallel()
	const all = 6 * eventlog.KeptArrivals
	path := filepath.Join(t.TempDir(), "state.db")
	s, account := trailOf(t, path)
	check := func(when string, most int) {
		t.Helper()
		if whole, n := s.inMemory(account); whole > most || whole < eventlog.KeptArrivals || n != all {
			t.Errorf("%s: memory has %d of %d events", when, whole, n)
		}
		for _, behind := range []int{0, 10, eventlog.KeptArrivals / 2, 3 * eventlog.KeptArrivals, all} {
			after := s.data.lastStamp.Add(-time.Duration(behind) * time.Microsecond) // of which each event has one
			if err := s.View(func(r *Reader) error {
				came, err := r.EventsSince(account, after)
				if len(came) != behind {
					t.Errorf("%s: %d events came since %d were to come", when, len(came), behind)
				}
				return err
			}); err != nil {
				t.Error(err)
			}
		}
	}
	if err := flood(s, account, all); err != nil {
		t.Fatal(err)
	}
	check("at once", 2*eventlog.KeptArrivals+500)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, _ = trailOf(t, path)
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	check("after a restart", eventlog.KeptArrivals)

	inMemory, _ := trailOf(t, "")
	if err := flood(inMemory, account, all); err != nil {
		t.Fatal(err)
	}
	if whole, n := inMemory.inMemory(account); whole != n || n != all {
		t.Errorf("without a file memory has %d of %d events", whole, n)
	}
}

// TestEventsStayUntilWritten: what is only queued is still in memory, and what could
// not be written is gone; the rest is there.
func TestEventsStayUntilWritten(t *testing.T) {
	t.Parallel()
	s, account := trailOf(t, filepath.Join(t.TempDir(), "state.db"))
	if err := flood(s, account, 3); err != nil {
		t.Fatal(err)
	}
	var waits []func() error
	for range 2 {
		wait, err := s.update(Actor{}, func(tx *Tx) error {
			return tx.ReceiveEvents(account, []eventlog.Event{{ID: uuid.New(), Occurred: start, Resource: eventlog.Resource{ID: "queued"}}})
		}, (*journal.Journal).Append)
		if err != nil {
			t.Fatal(err)
		}
		waits = append(waits, wait)
		s.leaveToFile() // no waiter has been told yet that it is written
	}
	if whole, all := s.inMemory(account); whole != 2 || all != 5 {
		t.Errorf("memory has %d of %d events", whole, all)
	}
	for _, wait := range waits {
		if err := wait(); err != nil {
			t.Fatal(err)
		}
	}
	s.leaveToFile()
	if whole, all := s.inMemory(account); whole != 0 || all != 5 {
		t.Errorf("memory has %d of %d events", whole, all)
	}
	before := asked(t, s, account, nil, nil)
	file := s.journal
	s.journal = nil // a change that the file does not get
	if err := flood(s, account, 2); err != nil {
		t.Fatal(err)
	}
	s.journal = file
	s.goBack(errors.New("disk full"))
	if after := asked(t, s, account, nil, nil); after != before {
		t.Errorf("before %s\nafter %s", before, after)
	}
	s.leaveToFile()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.data.events.Written(s.data.lastStamp)
	s.leaveToFile()
	if err := s.View(func(r *Reader) error {
		for name, ask := range map[string]func() error{
			"find":     func() error { _, err := r.FindEvents(account, eventlog.Query{Until: start, Limit: 1}); return err },
			"since":    func() error { _, err := r.EventsSince(account, time.Time{}); return err },
			"all":      func() error { _, err := r.Events(account); return err },
			"snapshot": func() error { _, err := r.Snapshot(); return err },
		} {
			if err := ask(); !errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
				t.Errorf("%s: a file that cannot be read says %v", name, err)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestReadersBesideWriters: a reader who reads while events come, are written and leave
// memory sees each that was acknowledged.
func TestReadersBesideWriters(t *testing.T) {
	t.Parallel()
	s, account := trailOf(t, filepath.Join(t.TempDir(), "state.db"))
	const writers, each = 2, 3 * eventlog.KeptArrivals
	var acknowledged atomic.Int64
	var writing, reading sync.WaitGroup
	ended := make(chan struct{})
	for range writers {
		writing.Go(func() {
			for range each / 100 {
				if err := flood(s, account, 100); err != nil {
					t.Error(err)
					return
				}
				acknowledged.Add(100)
			}
		})
		reading.Go(func() {
			for over := false; !over; {
				select {
				case <-ended:
					over = true
				default:
				}
				sure := acknowledged.Load()
				if err := s.View(func(r *Reader) error {
					page, err := r.FindEvents(account, eventlog.Query{Until: start, Filter: eventlog.Filter{Resource: &eventlog.ResourceFilter{Prefixes: []string{"drop."}}}})
					if int64(page.Total) < sure {
						t.Errorf("%d events of %d", page.Total, sure)
					}
					return err
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writing.Wait()
	close(ended)
	reading.Wait()
	if whole, all := s.inMemory(account); all != writers*each || whole > 2*eventlog.KeptArrivals+1000 {
		t.Errorf("memory has %d of %d events", whole, all)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
