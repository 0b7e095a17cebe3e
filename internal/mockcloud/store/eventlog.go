package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"sort"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
)

// eventTable is the event log's name among the tables.
const eventTable = "events"

// eventLog keeps the latest events of each account, oldest first.
type eventLog struct {
	byAccount map[uuid.UUID][]*Event
	// arrived has the last that came, in the order of their coming, for those who
	// watch: events from outside may have occurred long before.
	arrived map[uuid.UUID][]*Event
}

func newEventLog() eventLog {
	return eventLog{byAccount: make(map[uuid.UUID][]*Event), arrived: make(map[uuid.UUID][]*Event)}
}

// keptArrivals is how many of the last that came are at hand.
const keptArrivals = 1000

func (l *eventLog) arrive(e *Event) {
	arrived := l.arrived[e.AccountID]
	// As in add.
	if len(arrived) >= 2*keptArrivals {
		arrived = slices.Clone(arrived[keptArrivals:])
	}
	l.arrived[e.AccountID] = append(arrived, e)
}

// since gives what came after a time, in the order of its coming.
func (l *eventLog) since(account uuid.UUID, after time.Time) []*Event {
	arrived := l.arrived[account]
	if len(arrived) > 0 && !arrived[0].Received.After(after) {
		return slices.Clone(arrived[sort.Search(len(arrived), func(i int) bool { return arrived[i].Received.After(after) }):])
	}
	// It may reach further back than what is at hand.
	var out []*Event
	for _, e := range l.kept(account) {
		if e.Received.After(after) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b *Event) int { return a.Received.Compare(b.Received) })
	return out
}

// EventPosition is an event's place in its account's trail: by time, and by id
// where two happened at once.
type EventPosition struct {
	Occurred time.Time
	ID       uuid.UUID
}

func (e *Event) position() EventPosition { return EventPosition{e.Occurred, e.ID} }

func (p EventPosition) compare(q EventPosition) int {
	return cmp.Or(p.Occurred.Compare(q.Occurred), bytes.Compare(p.ID[:], q.ID[:]))
}

func comparePosition(e *Event, p EventPosition) int { return e.position().compare(p) }

// kept gives the account's events, oldest first. The slice is the log's own.
func (l *eventLog) kept(account uuid.UUID) []*Event {
	events := l.byAccount[account]
	return events[max(0, len(events)-keptEvents):]
}

// between gives the account's events of a span, both ends included. The slice is
// the log's own.
func (l *eventLog) between(account uuid.UUID, since, until time.Time) []*Event {
	events := l.kept(account)
	from := sort.Search(len(events), func(i int) bool { return !events[i].Occurred.Before(since) })
	to := sort.Search(len(events), func(i int) bool { return events[i].Occurred.After(until) })
	return events[from:max(from, to)]
}

// add puts an event into its place. One that is there already, sent once more, is
// kept once.
func (l *eventLog) add(tx *Tx, e *Event) {
	events := l.byAccount[e.AccountID]
	// Dropping surplus only now and then makes it cost next to nothing. Not all of
	// it goes, so that a rollback finds again what was pushed out.
	if surplus := len(events) - keptEvents; surplus >= keptEvents/5 {
		events = slices.Clone(events[surplus/2:])
	}
	at := len(events)
	if at > 0 && comparePosition(events[at-1], e.position()) >= 0 {
		var known bool
		if at, known = slices.BinarySearchFunc(events, e.position(), comparePosition); known {
			return
		}
	}
	if oldest := len(events) - keptEvents; oldest >= 0 && at <= oldest {
		return // older than all that is kept
	}
	events = slices.Insert(events, at, e)
	l.byAccount[e.AccountID] = events
	l.arrive(e)
	added := eventAdded{log: l, event: e}
	if surplus := len(events) - keptEvents; surplus > 0 {
		added.pushedOut = events[surplus-1]
	}
	tx.changes = append(tx.changes, added)
}

// forget drops an account's events.
func (l *eventLog) forget(tx *Tx, account uuid.UUID) {
	tx.changes = append(tx.changes, eventsForgotten{log: l, account: account, events: l.byAccount[account]})
	delete(l.byAccount, account)
	delete(l.arrived, account)
}

// eventAdded is the change that one more event is.
type eventAdded struct {
	log   *eventLog
	event *Event
	// pushedOut is the event that is one too many now; nil for none.
	pushedOut *Event
}

func (c eventAdded) undo() {
	// Changes are undone backwards, so it is the last that came, unless too many came
	// in one transaction.
	if arrived := c.log.arrived[c.event.AccountID]; len(arrived) > 0 && arrived[len(arrived)-1] == c.event {
		c.log.arrived[c.event.AccountID] = arrived[:len(arrived)-1]
	}
	events := c.log.byAccount[c.event.AccountID]
	if at, found := slices.BinarySearchFunc(events, c.event.position(), comparePosition); found {
		c.log.byAccount[c.event.AccountID] = slices.Delete(events, at, at+1)
	}
}

func (c eventAdded) write(b *journal.Batch) error {
	err := put(b, eventTable, eventKey(c.event), c.event)
	if c.pushedOut != nil {
		b.Changes = append(b.Changes, journal.Change{Table: eventTable, Key: eventKey(c.pushedOut)})
	}
	return err
}

// eventsForgotten is the change that a deleted account leaves.
type eventsForgotten struct {
	log     *eventLog
	account uuid.UUID
	events  []*Event
}

func (c eventsForgotten) undo() { c.log.byAccount[c.account] = c.events }

func (c eventsForgotten) write(b *journal.Batch) error {
	for _, e := range c.events {
		b.Changes = append(b.Changes, journal.Change{Table: eventTable, Key: eventKey(e)})
	}
	return nil
}

// eventKey orders the rows of a state file as the log orders events.
func eventKey(e *Event) []byte {
	key := slices.Clone(e.AccountID[:])
	// Flipping the sign puts the times before 1970 before the others.
	key = binary.BigEndian.AppendUint64(key, uint64(e.Occurred.Unix())^1<<63)
	key = binary.BigEndian.AppendUint32(key, uint32(e.Occurred.Nanosecond()))
	return append(key, e.ID[:]...)
}

func (l *eventLog) setName(string) {}

func (l *eventLog) load(rows []journal.Row) error {
	events, err := decode[Event](rows)
	if err != nil {
		return err
	}
	for _, e := range events {
		l.byAccount[e.AccountID] = append(l.byAccount[e.AccountID], e)
	}
	return nil
}

func (l *eventLog) describe() []any {
	out := []any{}
	for _, account := range sortedKeys(l.byAccount) {
		for _, e := range l.kept(account) {
			out = append(out, describe(e))
		}
	}
	return out
}
