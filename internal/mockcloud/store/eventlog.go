package store

import (
	"bytes"
	"cmp"
	"slices"
	"sort"
	"sync/atomic"
	"time"
	intern "unique"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
)

// eventTable is the event log's name among the tables.
const eventTable = "events"

// eventLog keeps the latest events of each account, oldest first. With a state file
// only those that came last are in memory, and of all others what most searches ask
// for: eventlog_file.go reads them.
type eventLog struct {
	byAccount map[uuid.UUID][]entry
	// arrived has the last that came, in the order of their coming, for those who
	// watch: events from outside may have occurred long before.
	arrived map[uuid.UUID][]*Event

	file eventFile // nil for a log in memory only
	// safe is the stamp up to which the file has everything; nil for nothing yet.
	safe atomic.Pointer[time.Time]
}

// entry is an event in the log: itself or, where only the file has it, its head.
type entry struct {
	event *Event
	head  *eventHead
}

// eventHead is what most searches ask for.
type eventHead struct {
	EventPosition
	received time.Time
	name     intern.Handle[string] // few names are of many events
}

func (e entry) position() EventPosition {
	if e.event != nil {
		return e.event.position()
	}
	return e.head.EventPosition
}

func (e entry) received() time.Time {
	if e.event != nil {
		return e.event.Received
	}
	return e.head.received
}

func (e entry) name() string {
	if e.event != nil {
		return e.event.Name
	}
	return e.head.name.Value()
}

func (e entry) compare(p EventPosition) int { return e.position().compare(p) }

func newEventLog(file eventFile) *eventLog {
	return &eventLog{byAccount: make(map[uuid.UUID][]entry), arrived: make(map[uuid.UUID][]*Event), file: file}
}

// keptArrivals is how many of the last that came are at hand.
const keptArrivals = 1000

// arrive puts an event among those at hand. What was there long enough leaves, and
// with it what only the file needs to have.
func (l *eventLog) arrive(e *Event) {
	arrived := l.arrived[e.AccountID]
	// As in add.
	if surplus := len(arrived) - keptArrivals; surplus >= keptArrivals {
		gone := arrived[:surplus]
		if l.file != nil {
			gone = l.inFile(gone)
		}
		if len(gone) >= keptArrivals {
			arrived = slices.Clone(arrived[len(gone):])
			l.evict(gone)
		}
	}
	l.arrived[e.AccountID] = append(arrived, e)
}

// since gives what came after a time, in the order of its coming.
func (l *eventLog) since(account uuid.UUID, after time.Time) ([]*Event, error) {
	arrived := l.arrived[account]
	if len(arrived) > 0 && !arrived[0].Received.After(after) {
		return slices.Clone(arrived[sort.Search(len(arrived), func(i int) bool { return arrived[i].Received.After(after) }):]), nil
	}
	// It may reach further back than what is at hand.
	var came []entry
	for _, e := range l.kept(account) {
		if e.received().After(after) {
			came = append(came, e)
		}
	}
	slices.SortFunc(came, func(a, b entry) int { return a.received().Compare(b.received()) })
	return l.read(account, came)
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

// kept gives the account's events, oldest first. The slice is the log's own.
func (l *eventLog) kept(account uuid.UUID) []entry {
	entries := l.byAccount[account]
	return entries[max(0, len(entries)-keptEvents):]
}

// between gives the account's events of a span, both ends included. The slice is
// the log's own.
func (l *eventLog) between(account uuid.UUID, since, until time.Time) []entry {
	entries := l.kept(account)
	from := sort.Search(len(entries), func(i int) bool { return !entries[i].position().Occurred.Before(since) })
	to := sort.Search(len(entries), func(i int) bool { return entries[i].position().Occurred.After(until) })
	return entries[from:max(from, to)]
}

// find says where an account's event is, or would be.
func (l *eventLog) find(account uuid.UUID, at EventPosition) (int, bool) {
	return slices.BinarySearchFunc(l.byAccount[account], at, entry.compare)
}

// add puts an event into its place. One that is there already, sent once more, is
// kept once.
func (l *eventLog) add(tx *Tx, e *Event) {
	entries := l.byAccount[e.AccountID]
	// Dropping surplus only now and then makes it cost next to nothing. Not all of
	// it goes, so that a rollback finds again what was pushed out.
	if surplus := len(entries) - keptEvents; surplus >= keptEvents/5 {
		entries = slices.Clone(entries[surplus/2:])
		l.byAccount[e.AccountID] = entries
	}
	at := len(entries)
	if at > 0 && entries[at-1].compare(e.position()) >= 0 {
		var known bool
		if at, known = l.find(e.AccountID, e.position()); known {
			return
		}
	}
	if oldest := len(entries) - keptEvents; oldest >= 0 && at <= oldest {
		return // older than all that is kept
	}
	entries = slices.Insert(entries, at, entry{event: e})
	l.byAccount[e.AccountID] = entries
	l.arrive(e)
	added := eventAdded{log: l, event: e}
	if surplus := len(entries) - keptEvents; surplus > 0 {
		added.pushedOut = entries[surplus-1]
	}
	tx.changes = append(tx.changes, added)
}

// forget drops an account's events.
func (l *eventLog) forget(tx *Tx, account uuid.UUID) {
	tx.changes = append(tx.changes, eventsForgotten{l, account, l.byAccount[account], l.arrived[account]})
	delete(l.byAccount, account)
	delete(l.arrived, account)
}

// eventAdded is the change that one more event is.
type eventAdded struct {
	log   *eventLog
	event *Event
	// pushedOut is the event that is one too many now; empty for none.
	pushedOut entry
}

func (c eventAdded) undo() {
	account := c.event.AccountID
	// Changes are undone backwards, so it is the last that came, unless too many came
	// in one transaction.
	if arrived := c.log.arrived[account]; len(arrived) > 0 && arrived[len(arrived)-1] == c.event {
		c.log.arrived[account] = arrived[:len(arrived)-1]
	}
	if at, found := c.log.find(account, c.event.position()); found {
		c.log.byAccount[account] = slices.Delete(c.log.byAccount[account], at, at+1)
	}
}

func (c eventAdded) write(b *journal.Batch) error {
	err := put(b, eventTable, eventKey(c.event.AccountID, c.event.position()), c.event)
	if c.pushedOut != (entry{}) {
		b.Changes = append(b.Changes, journal.Change{Table: eventTable, Key: eventKey(c.event.AccountID, c.pushedOut.position())})
	}
	return err
}

// eventsForgotten is the change that a deleted account leaves.
type eventsForgotten struct {
	log     *eventLog
	account uuid.UUID
	entries []entry
	arrived []*Event
}

func (c eventsForgotten) undo() {
	c.log.byAccount[c.account], c.log.arrived[c.account] = c.entries, c.arrived
}

func (c eventsForgotten) write(b *journal.Batch) error {
	for _, e := range c.entries {
		b.Changes = append(b.Changes, journal.Change{Table: eventTable, Key: eventKey(c.account, e.position())})
	}
	return nil
}
