// Package eventlog keeps the audit trail of each account: the latest events, oldest first,
// found by what they are about.
//
// A log lives in memory. One with a state file has only those events in memory that came
// last, and of all others what most searches ask for; it reads them from the file. What
// is added or forgotten is a step of a transaction, and can be undone.
package eventlog

import (
	"slices"
	"sort"
	"sync/atomic"
	"time"
	intern "unique"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// KeptEvents is how many audit events an account keeps.
const KeptEvents = 100_000

// TableName is the log's name in state files and snapshots.
const TableName = "events"

// Log keeps the latest events of each account, oldest first. Use New.
type Log struct {
	changes *table.Changes

	byAccount map[uuid.UUID][]entry
	// arrived has the last that came, in the order of their coming, for those who
	// watch: events from outside may have occurred long before.
	arrived map[uuid.UUID][]*Event

	file File // nil for a log in memory only
	// safe is the stamp up to which the file has everything; nil for nothing yet.
	safe atomic.Pointer[time.Time]
}

// entry is an event in the log: itself or, where only the file has it, its head.
type entry struct {
	event *Event
	head  *head
}

// head is what most searches ask for.
type head struct {
	Position
	received time.Time
	name     intern.Handle[string] // few names are of many events
}

func (e entry) position() Position {
	if e.event != nil {
		return e.event.Position()
	}
	return e.head.Position
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

func (e entry) compare(p Position) int { return e.position().compare(p) }

// New returns a log without events, which notes among the changes what is added and
// forgotten. It goes by a state file, or by nil for a log in memory only.
func New(changes *table.Changes, file File) *Log {
	return &Log{changes: changes, byAccount: make(map[uuid.UUID][]entry), arrived: make(map[uuid.UUID][]*Event), file: file}
}

// KeptArrivals is how many of the last that came are at hand.
const KeptArrivals = 1000

// arrive puts an event among those at hand. What was there long enough leaves, and
// with it what only the file needs to have.
func (l *Log) arrive(e *Event) {
	arrived := l.arrived[e.AccountID]
	// As in Add.
	if surplus := len(arrived) - KeptArrivals; surplus >= KeptArrivals {
		gone := arrived[:surplus]
		if l.file != nil {
			gone = l.inFile(gone)
		}
		if len(gone) >= KeptArrivals {
			arrived = slices.Clone(arrived[len(gone):])
			l.evict(gone)
		}
	}
	l.arrived[e.AccountID] = append(arrived, e)
}

// Since returns what came to an account after a time, in the order of its coming.
func (l *Log) Since(account uuid.UUID, after time.Time) ([]*Event, error) {
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

// All returns the account's events, oldest first.
func (l *Log) All(account uuid.UUID) ([]*Event, error) { return l.read(account, l.kept(account)) }

// Named returns the account's events of a span that have a name, oldest first. Both ends
// of the span are included.
func (l *Log) Named(account uuid.UUID, name string, since, until time.Time) ([]*Event, error) {
	var found []entry
	for _, e := range l.between(account, since, until) {
		if e.name() == name {
			found = append(found, e)
		}
	}
	return l.read(account, found)
}

// kept returns the account's events, oldest first. The slice is the log's own.
func (l *Log) kept(account uuid.UUID) []entry {
	entries := l.byAccount[account]
	return entries[max(0, len(entries)-KeptEvents):]
}

// between returns the account's events of a span, both ends included. The slice is
// the log's own.
func (l *Log) between(account uuid.UUID, since, until time.Time) []entry {
	entries := l.kept(account)
	from := sort.Search(len(entries), func(i int) bool { return !entries[i].position().Occurred.Before(since) })
	to := sort.Search(len(entries), func(i int) bool { return entries[i].position().Occurred.After(until) })
	return entries[from:max(from, to)]
}

// find says where an account's event is, or would be.
func (l *Log) find(account uuid.UUID, at Position) (int, bool) {
	return slices.BinarySearchFunc(l.byAccount[account], at, entry.compare)
}

// Add puts an event into its place. One that is there already, sent once more, is
// kept once.
func (l *Log) Add(e *Event) {
	entries := l.byAccount[e.AccountID]
	// Dropping surplus only now and then makes it cost next to nothing. Not all of
	// it goes, so that a rollback finds again what was pushed out.
	if surplus := len(entries) - KeptEvents; surplus >= KeptEvents/5 {
		entries = slices.Clone(entries[surplus/2:])
		l.byAccount[e.AccountID] = entries
	}
	at := len(entries)
	if at > 0 && entries[at-1].compare(e.Position()) >= 0 {
		var known bool
		if at, known = l.find(e.AccountID, e.Position()); known {
			return
		}
	}
	if oldest := len(entries) - KeptEvents; oldest >= 0 && at <= oldest {
		return // older than all that is kept
	}
	entries = slices.Insert(entries, at, entry{event: e})
	l.byAccount[e.AccountID] = entries
	l.arrive(e)
	step := added{log: l, event: e}
	if surplus := len(entries) - KeptEvents; surplus > 0 {
		step.pushedOut = entries[surplus-1]
	}
	l.changes.Note(step)
}

// Forget drops an account's events.
func (l *Log) Forget(account uuid.UUID) {
	l.changes.Note(forgotten{l, account, l.byAccount[account], l.arrived[account]})
	delete(l.byAccount, account)
	delete(l.arrived, account)
}

// added is the change that one more event is.
type added struct {
	log   *Log
	event *Event
	// pushedOut is the event that is one too many now; empty for none.
	pushedOut entry
}

func (c added) Undo() {
	account := c.event.AccountID
	// Changes are undone backwards, so it is the last that came, unless too many came
	// in one transaction.
	if arrived := c.log.arrived[account]; len(arrived) > 0 && arrived[len(arrived)-1] == c.event {
		c.log.arrived[account] = arrived[:len(arrived)-1]
	}
	if at, found := c.log.find(account, c.event.Position()); found {
		c.log.byAccount[account] = slices.Delete(c.log.byAccount[account], at, at+1)
	}
}

func (c added) Write(b *journal.Batch) error {
	err := table.Encode(b, TableName, rowKey(c.event.AccountID, c.event.Position()), c.event)
	if c.pushedOut != (entry{}) {
		b.Changes = append(b.Changes, journal.Change{Table: TableName, Key: rowKey(c.event.AccountID, c.pushedOut.position())})
	}
	return err
}

// forgotten is the change that a deleted account leaves.
type forgotten struct {
	log     *Log
	account uuid.UUID
	entries []entry
	arrived []*Event
}

func (c forgotten) Undo() {
	c.log.byAccount[c.account], c.log.arrived[c.account] = c.entries, c.arrived
}

func (c forgotten) Write(b *journal.Batch) error {
	for _, e := range c.entries {
		b.Changes = append(b.Changes, journal.Change{Table: TableName, Key: rowKey(c.account, e.position())})
	}
	return nil
}
