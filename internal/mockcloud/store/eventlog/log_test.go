package eventlog

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

var start = time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)

// TestEventOrder: whatever the order in which events arrive, the trail is by time,
// holds each once, and gives every span of it.
func TestEventOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		changes := new(table.Changes)
		log := New(changes, nil)
		known := map[Position]bool{}
		for range rapid.IntRange(0, 40).Draw(t, "events") {
			e := &Event{Occurred: drawTime(t, "occurred"), ID: uuid.UUID{byte(rapid.IntRange(0, 3).Draw(t, "id"))}}
			log.Add(e)
			known[e.Position()] = true
		}
		since, until := drawTime(t, "since"), drawTime(t, "until")
		within := 0
		for p := range known {
			if !p.Occurred.Before(since) && !p.Occurred.After(until) {
				within++
			}
		}
		events := log.kept(uuid.Nil)
		if !slices.IsSortedFunc(events, func(a, b entry) int { return a.compare(b.position()) }) || len(events) != len(known) {
			t.Fatalf("%d events of %d, or not in order", len(events), len(known))
		}
		if got := log.between(uuid.Nil, since, until); len(got) != within {
			t.Fatalf("%d events from %s to %s, want %d", len(got), since, until, within)
		}
	})
}

func findPage(t *rapid.T, log *Log, q Query) Page {
	t.Helper()
	page, err := log.Find(uuid.Nil, q)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func drawTime(t *rapid.T, label string) time.Time {
	return start.Add(time.Duration(rapid.IntRange(0, 10).Draw(t, label)) * time.Second)
}

// TestEventPagesMeet: the pages of a query are its answer, cut into pieces.
func TestEventPagesMeet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		changes := new(table.Changes)
		log := New(changes, nil)
		for n := range rapid.IntRange(0, 30).Draw(t, "events") {
			log.Add(&Event{
				ID: uuid.UUID{byte(n)}, Occurred: drawTime(t, "occurred"),
				Resource: Resource{ID: fmt.Sprint(rapid.IntRange(0, 5).Draw(t, "resource"))},
			})
		}
		query := Query{
			Since: start, Until: start.Add(time.Minute), OldestFirst: rapid.Bool().Draw(t, "oldest first"),
			Filter: Filter{Distinct: rapid.Bool().Draw(t, "distinct")}, Skip: rapid.IntRange(0, 5).Draw(t, "skip"), Limit: 100,
		}
		whole := findPage(t, log, query)
		var got []*Event
		query.Limit = rapid.IntRange(1, 7).Draw(t, "limit")
		for {
			page := findPage(t, log, query)
			if page.Total != whole.Total {
				t.Fatalf("a page knows of %d events, all pages of %d", page.Total, whole.Total)
			}
			got = append(got, page.Events...)
			if !page.More {
				break
			}
			query.After = new(page.Events[len(page.Events)-1].Position())
		}
		if !slices.Equal(got, whole.Events) {
			t.Fatalf("%d events on pages, %d in all", len(got), len(whole.Events))
		}
	})
}

// TestEventLogIsBounded keeps the latest events and not one more.
func TestEventLogIsBounded(t *testing.T) {
	t.Parallel()
	changes := new(table.Changes)
	log := New(changes, nil)
	const surplus = KeptEvents/5 + 5
	for i := range KeptEvents + surplus {
		if i == KeptEvents+surplus-9 {
			changes.Commit()
		}
		log.Add(&Event{Name: fmt.Sprint(i), Occurred: start.Add(time.Duration(i) * time.Microsecond)})
	}
	events, err := log.All(uuid.Nil)
	if err != nil || len(events) != KeptEvents || events[0].Name != fmt.Sprint(surplus) {
		t.Errorf("%d events from %s on", len(events), events[0].Name)
	}
	if kept := len(log.arrived[uuid.Nil]); kept > 2*KeptArrivals {
		t.Errorf("%d arrivals are at hand", kept)
	}
	log.Add(&Event{Name: "long ago"})
	found := log.between(uuid.Nil, time.Time{}, start.Add(time.Hour))
	if !slices.EqualFunc(found, events, func(at entry, e *Event) bool { return at.event == e }) {
		t.Errorf("%d events are found by time", len(found))
	}
	changes.Undo()
	found = log.between(uuid.Nil, start, start.Add(time.Hour))
	if len(found) != KeptEvents || found[0].event.Name != fmt.Sprint(surplus-9) {
		t.Errorf("after a rollback %d events are found by time, from %s on", len(found), found[0].event.Name)
	}
}

// TestEventsPushedOut: the file keeps as many events as the log shows.
func TestEventsPushedOut(t *testing.T) {
	t.Parallel()
	changes := new(table.Changes)
	log := New(changes, nil)
	entries := make([]entry, KeptEvents)
	for i := range entries {
		entries[i].event = &Event{Occurred: start.Add(time.Duration(i) * time.Millisecond)}
	}
	log.byAccount[uuid.Nil] = entries
	for _, tt := range []struct {
		name     string
		occurred time.Time
		gone     Position
	}{
		{"latest", start.Add(time.Hour), entries[0].position()},
		{"in between", start.Add(1500 * time.Microsecond), entries[1].position()},
		{"too old", start.Add(-time.Hour), Position{}}, // is not even written
	} {
		e := &Event{ID: uuid.New(), Occurred: tt.occurred}
		log.Add(e)
		b, err := changes.Write()
		if err != nil {
			t.Fatal(err)
		}
		changes.Commit()
		if tt.gone == (Position{}) {
			if len(b.Changes) != 0 {
				t.Errorf("%s: %+v", tt.name, b.Changes)
			}
			continue
		}
		if len(b.Changes) != 2 || string(b.Changes[0].Key) != string(rowKey(uuid.Nil, e.Position())) || b.Changes[0].Value == nil ||
			string(b.Changes[1].Key) != string(rowKey(uuid.Nil, tt.gone)) || b.Changes[1].Value != nil {
			t.Errorf("%s: %+v", tt.name, b.Changes)
		}
		if slices.ContainsFunc(log.kept(uuid.Nil), func(e entry) bool { return e.position() == tt.gone }) {
			t.Errorf("%s: the event that is gone from the file is shown", tt.name)
		}
	}
}

// TestEventKeys: the file's order is the log's.
func TestEventKeys(t *testing.T) {
	t.Parallel()
	at := func(year int, nanoseconds int) Position {
		return Position{ID: uuid.New(), Occurred: time.Date(year, 1, 1, 0, 0, 0, nanoseconds, time.UTC)}
	}
	positions := []Position{at(1, 0), at(1969, 5), at(1970, 0), at(1970, 1), at(2026, 999_999_999), at(9999, 0)}
	account := uuid.New()
	for i, p := range positions {
		key := rowKey(account, p)
		if of, back, err := parseRowKey(key); of != account || back != p || err != nil {
			t.Errorf("%s comes back as %s of %s, %v", p.Occurred, back.Occurred, of, err)
		}
		if i > 0 && string(rowKey(account, positions[i-1])) >= string(key) {
			t.Errorf("%s does not come before %s", positions[i-1].Occurred, p.Occurred)
		}
	}
	if _, _, err := parseRowKey([]byte("short")); err == nil {
		t.Error("a short key was taken")
	}
}

// fakeFile has rows that nothing should have put there.
type fakeFile map[string]string

func (f fakeFile) Read(_ string, fn func(func([]byte) []byte) error) error {
	return fn(func(key []byte) []byte {
		if row, ok := f[string(key)]; ok {
			return []byte(row)
		}
		return nil
	})
}

// TestUnreadableEvents: an event that the file does not have, or not as an event, is
// an error.
func TestUnreadableEvents(t *testing.T) {
	t.Parallel()
	missing, broken := &Event{ID: uuid.UUID{1}, Occurred: start}, &Event{ID: uuid.UUID{2}, Occurred: start}
	for says, e := range map[string]*Event{"not in the state file": missing, "unexpected end": broken} {
		log := New(new(table.Changes), fakeFile{string(rowKey(uuid.Nil, broken.Position())): "{"})
		log.Add(e)
		log.evict([]*Event{e})
		if _, err := log.All(uuid.Nil); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v", err)
		}
	}
}
