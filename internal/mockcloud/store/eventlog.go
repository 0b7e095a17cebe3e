package store

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
)

// eventTable is the event log's name among the tables.
const eventTable = "events"

// eventLog keeps the latest events of each account, in the order in which they
// were recorded.
type eventLog struct{ trails map[uuid.UUID]*trail }

// trail is one account's events. They are numbered as they come; first is the
// number of the oldest that is in memory.
type trail struct {
	first  uint64
	events []*Event
}

func newEventLog() eventLog { return eventLog{trails: make(map[uuid.UUID]*trail)} }

// of gives the account's events, oldest first. The slice is the log's own.
func (l *eventLog) of(account uuid.UUID) []*Event {
	t, ok := l.trails[account]
	if !ok {
		return nil
	}
	return t.events[max(0, len(t.events)-keptEvents):]
}

func (l *eventLog) add(tx *Tx, e *Event) {
	t, ok := l.trails[e.AccountID]
	if !ok {
		t = &trail{}
		l.trails[e.AccountID] = t
	}
	// Dropping the surplus only now and then makes it cost next to nothing.
	if surplus := len(t.events) - keptEvents; surplus >= keptEvents/10 {
		t.first += uint64(surplus)
		t.events = slices.Clone(t.events[surplus:])
	}
	tx.changes = append(tx.changes, eventAdded{trail: t, event: e, number: t.first + uint64(len(t.events))})
	t.events = append(t.events, e)
}

// forget drops an account's events.
func (l *eventLog) forget(tx *Tx, account uuid.UUID) {
	if t, ok := l.trails[account]; ok {
		tx.changes = append(tx.changes, eventsForgotten{log: l, account: account, trail: t})
		delete(l.trails, account)
	}
}

// eventAdded is the change that one more event is.
type eventAdded struct {
	trail  *trail
	event  *Event
	number uint64
}

func (c eventAdded) undo() { c.trail.events = c.trail.events[:len(c.trail.events)-1] }

// write also takes the event away that is now one too many.
func (c eventAdded) write(b *journal.Batch) error {
	if c.number >= keptEvents {
		b.Changes = append(b.Changes, journal.Change{Table: eventTable, Key: eventKey(c.event.AccountID, c.number-keptEvents)})
	}
	return put(b, eventTable, eventKey(c.event.AccountID, c.number), c.event)
}

// eventsForgotten is the change that a deleted account leaves.
type eventsForgotten struct {
	log     *eventLog
	account uuid.UUID
	trail   *trail
}

func (c eventsForgotten) undo() { c.log.trails[c.account] = c.trail }

func (c eventsForgotten) write(b *journal.Batch) error {
	for i := range c.trail.events {
		b.Changes = append(b.Changes, journal.Change{Table: eventTable, Key: eventKey(c.account, c.trail.first+uint64(i))})
	}
	return nil
}

// eventKey keeps an account's events together and in order.
func eventKey(account uuid.UUID, number uint64) []byte {
	return binary.BigEndian.AppendUint64(account[:], number)
}

func (l *eventLog) setName(string) {}

// load takes an account's events as they were written, in the order of keys.
func (l *eventLog) load(rows []journal.Row) error {
	events, err := decode[Event](rows)
	if err != nil {
		return err
	}
	for i, e := range events {
		key := rows[i].Key
		if len(key) != len(e.AccountID)+8 {
			return fmt.Errorf("event %x has no number", key)
		}
		t, ok := l.trails[e.AccountID]
		if !ok {
			t = &trail{first: binary.BigEndian.Uint64(key[len(e.AccountID):])}
			l.trails[e.AccountID] = t
		}
		t.events = append(t.events, e)
	}
	return nil
}

func (l *eventLog) describe() []any {
	out := []any{}
	for _, account := range sortedKeys(l.trails) {
		for _, e := range l.of(account) {
			out = append(out, describe(e))
		}
	}
	return out
}
