package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"
	intern "unique"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
)

// eventFile is the state file, as the log reads it. Whoever holds the store's lock
// finds each row there that an entry without event is of: an entry loses its event
// only after the row is written, and is itself gone before the row is.
type eventFile interface {
	Read(table string, fn func(get func(key []byte) []byte) error) error
}

// eventKey orders the rows of a state file as the log orders events.
func eventKey(account uuid.UUID, at EventPosition) []byte {
	key := append(make([]byte, 0, eventKeySize), account[:]...)
	// Flipping the sign puts the times before 1970 before the others.
	key = binary.BigEndian.AppendUint64(key, uint64(at.Occurred.Unix())^1<<63)
	key = binary.BigEndian.AppendUint32(key, uint32(at.Occurred.Nanosecond()))
	return append(key, at.ID[:]...)
}

const eventKeySize = 16 + 8 + 4 + 16

func parseEventKey(key []byte) (account uuid.UUID, at EventPosition, err error) {
	if len(key) != eventKeySize {
		return account, at, fmt.Errorf("%x is no key of an event", key)
	}
	seconds, nanoseconds := binary.BigEndian.Uint64(key[16:]), binary.BigEndian.Uint32(key[24:])
	at.Occurred = time.Unix(int64(seconds^1<<63), int64(nanoseconds)).UTC()
	return uuid.UUID(key[:16]), EventPosition{at.Occurred, uuid.UUID(key[28:])}, nil
}

// written tells that all up to a stamp is in the file.
func (l *eventLog) written(stamp time.Time) {
	for {
		before := l.safe.Load()
		if before != nil && !stamp.After(*before) || l.safe.CompareAndSwap(before, &stamp) {
			return
		}
	}
}

// inFile gives those of the arrivals that are in the file.
func (l *eventLog) inFile(arrived []*Event) []*Event {
	safe := l.safe.Load()
	if safe == nil {
		return nil
	}
	return arrived[:sort.Search(len(arrived), func(i int) bool { return arrived[i].Received.After(*safe) })]
}

// evict leaves events of an account to the file.
func (l *eventLog) evict(events []*Event) {
	if l.file == nil {
		return
	}
	for _, e := range events {
		if at, found := l.find(e.AccountID, e.position()); found {
			l.byAccount[e.AccountID][at] = entry{head: &eventHead{e.position(), e.Received, intern.Make(e.Name)}}
		}
	}
}

// eventReader gives the events of an account, from memory or from the file.
type eventReader struct {
	account uuid.UUID
	get     func(key []byte) []byte
}

// reading runs fn with a reader of an account's events, which is good until fn
// returns.
func (l *eventLog) reading(account uuid.UUID, fn func(eventReader) error) error {
	if l.file == nil {
		return fn(eventReader{account: account})
	}
	if err := l.file.Read(eventTable, func(get func([]byte) []byte) error { return fn(eventReader{account, get}) }); err != nil {
		return fmt.Errorf("the audit trail cannot be read: %w", err)
	}
	return nil
}

// errNoRow says that the file lacks an event.
var errNoRow = errors.New("an event is not in the state file")

// event gives an entry's event.
func (r eventReader) event(e entry) (*Event, error) {
	return r.eventIf(e, func([]byte) bool { return true })
}

// eventIf gives an entry's event, or nil where it would have to be read and its row is
// not likely.
func (r eventReader) eventIf(e entry, likely func(row []byte) bool) (*Event, error) {
	if e.event != nil {
		return e.event, nil
	}
	row := r.get(eventKey(r.account, e.head.EventPosition))
	if row == nil {
		return nil, fmt.Errorf("%w: %s", errNoRow, e.head.ID)
	}
	if !likely(row) {
		return nil, nil
	}
	event := new(Event)
	if err := json.Unmarshal(row, event); err != nil {
		return nil, fmt.Errorf("event %s: %w", e.head.ID, err)
	}
	return event, nil
}

// read gives the events of some of an account's entries.
func (l *eventLog) read(account uuid.UUID, entries []entry) ([]*Event, error) {
	out := make([]*Event, 0, len(entries))
	err := l.reading(account, func(r eventReader) error {
		for _, e := range entries {
			event, err := r.event(e)
			if err != nil {
				return err
			}
			out = append(out, event)
		}
		return nil
	})
	return out, err
}

func (l *eventLog) setName(string) {}

// load takes the events of a state file into an empty log, the last that came whole.
func (l *eventLog) load(rows []journal.Row) error {
	type head struct {
		Received time.Time
		Name     string
	}
	heads, err := decode[head](rows)
	if err != nil {
		return err
	}
	byArrival := make([]int, len(rows))
	for i, row := range rows {
		account, at, err := parseEventKey(row.Key)
		if err != nil {
			return err
		}
		l.byAccount[account] = append(l.byAccount[account], entry{head: &eventHead{at, heads[i].Received, intern.Make(heads[i].Name)}})
		byArrival[i] = i
	}
	slices.SortFunc(byArrival, func(i, j int) int { return heads[i].Received.Compare(heads[j].Received) })
	var latest []journal.Row
	counts := make(map[string]int)
	for _, i := range slices.Backward(byArrival) {
		account := string(rows[i].Key[:len(uuid.UUID{})])
		if counts[account]++; counts[account] <= keptArrivals {
			latest = append(latest, rows[i])
		}
	}
	slices.Reverse(latest)
	events, err := decode[Event](latest)
	if err != nil {
		return err
	}
	for _, e := range events {
		l.arrived[e.AccountID] = append(l.arrived[e.AccountID], e)
		if at, found := l.find(e.AccountID, e.position()); found {
			l.byAccount[e.AccountID][at] = entry{event: e}
		}
	}
	return nil
}

func (l *eventLog) describe() ([]any, error) {
	out := []any{}
	for _, account := range sortedKeys(l.byAccount) {
		events, err := l.read(account, l.kept(account))
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			out = append(out, describe(e))
		}
	}
	return out, nil
}
