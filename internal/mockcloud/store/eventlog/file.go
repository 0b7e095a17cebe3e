package eventlog

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
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// File is the state file, as the log reads it. The holder of the store's lock
// finds each row there that an entry without event is of: an entry loses its event
// only after the row is written, and is itself gone before the row is.
type File interface {
	Read(table string, fn func(get func(key []byte) []byte) error) error
}

// rowKey orders the rows of a state file as the log orders events.
func rowKey(account uuid.UUID, at Position) []byte {
	k := append(make([]byte, 0, rowKeySize), account[:]...)
	// Flipping the sign puts the times before 1970 before the others.
	k = binary.BigEndian.AppendUint64(k, uint64(at.Occurred.Unix())^1<<63)
	k = binary.BigEndian.AppendUint32(k, uint32(at.Occurred.Nanosecond()))
	return append(k, at.ID[:]...)
}

const rowKeySize = 16 + 8 + 4 + 16

func parseRowKey(key []byte) (account uuid.UUID, at Position, err error) {
	if len(key) != rowKeySize {
		return account, at, fmt.Errorf("%x is no key of an event", key)
	}
	seconds, nanoseconds := binary.BigEndian.Uint64(key[16:]), binary.BigEndian.Uint32(key[24:])
	at.Occurred = time.Unix(int64(seconds^1<<63), int64(nanoseconds)).UTC()
	return uuid.UUID(key[:16]), Position{at.Occurred, uuid.UUID(key[28:])}, nil
}

// Written tells that all up to a stamp is in the file.
func (l *Log) Written(stamp time.Time) {
	for {
		before := l.safe.Load()
		if before != nil && !stamp.After(*before) || l.safe.CompareAndSwap(before, &stamp) {
			return
		}
	}
}

// inFile returns those of the arrivals that are in the file.
func (l *Log) inFile(arrived []*Event) []*Event {
	safe := l.safe.Load()
	if safe == nil {
		return nil
	}
	return arrived[:sort.Search(len(arrived), func(i int) bool { return arrived[i].Received.After(*safe) })]
}

// LeaveToFile takes out of memory whatever is in the file, for tests and benchmarks.
func (l *Log) LeaveToFile() {
	for _, arrived := range l.arrived {
		l.evict(l.inFile(arrived))
	}
}

// InMemory counts the account's events that memory has whole, for tests.
func (l *Log) InMemory(account uuid.UUID) (whole, all int) {
	entries := l.kept(account)
	for _, e := range entries {
		if e.event != nil {
			whole++
		}
	}
	return whole, len(entries)
}

// evict leaves events of an account to the file.
func (l *Log) evict(events []*Event) {
	if l.file == nil {
		return
	}
	for _, e := range events {
		if at, found := l.find(e.AccountID, e.Position()); found {
			l.byAccount[e.AccountID][at] = entry{head: &head{e.Position(), e.Received, intern.Make(e.Name)}}
		}
	}
}

// reader gives the events of an account, from memory or from the file.
type reader struct {
	account uuid.UUID
	get     func(key []byte) []byte
}

// reading runs fn with a reader of an account's events, which is good until fn
// returns.
func (l *Log) reading(account uuid.UUID, fn func(reader) error) error {
	if l.file == nil {
		return fn(reader{account: account})
	}
	if err := l.file.Read(TableName, func(get func([]byte) []byte) error { return fn(reader{account, get}) }); err != nil {
		return fmt.Errorf("the audit trail cannot be read: %w", err)
	}
	return nil
}

// errNoRow says that the file lacks an event.
var errNoRow = errors.New("an event is not in the state file")

// event returns an entry's event.
func (r reader) event(e entry) (*Event, error) {
	return r.eventIf(e, func([]byte) bool { return true })
}

// eventIf returns an entry's event, or nil where it would have to be read and its row is
// not likely.
func (r reader) eventIf(e entry, likely func(row []byte) bool) (*Event, error) {
	if e.event != nil {
		return e.event, nil
	}
	row := r.get(rowKey(r.account, e.head.Position))
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

// read returns the events of some of an account's entries.
func (l *Log) read(account uuid.UUID, entries []entry) ([]*Event, error) {
	out := make([]*Event, 0, len(entries))
	err := l.reading(account, func(r reader) error {
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

// Load takes the events of a state file into an empty log, the last that came whole.
func (l *Log) Load(rows []journal.Row) error {
	type summary struct {
		Received time.Time
		Name     string
	}
	heads, err := table.Decode[summary](rows)
	if err != nil {
		return err
	}
	byArrival := make([]int, len(rows))
	for i, row := range rows {
		account, at, err := parseRowKey(row.Key)
		if err != nil {
			return err
		}
		l.byAccount[account] = append(l.byAccount[account], entry{head: &head{at, heads[i].Received, intern.Make(heads[i].Name)}})
		byArrival[i] = i
	}
	slices.SortFunc(byArrival, func(i, j int) int { return heads[i].Received.Compare(heads[j].Received) })
	var latest []journal.Row
	counts := make(map[string]int)
	for _, i := range slices.Backward(byArrival) {
		account := string(rows[i].Key[:len(uuid.UUID{})])
		if counts[account]++; counts[account] <= KeptArrivals {
			latest = append(latest, rows[i])
		}
	}
	slices.Reverse(latest)
	events, err := table.Decode[Event](latest)
	if err != nil {
		return err
	}
	for _, e := range events {
		l.arrived[e.AccountID] = append(l.arrived[e.AccountID], e)
		if at, found := l.find(e.AccountID, e.Position()); found {
			l.byAccount[e.AccountID][at] = entry{event: e}
		}
	}
	return nil
}

// Describe returns all events for encoding/json; see table.Describe.
func (l *Log) Describe() ([]any, error) {
	out := []any{}
	for _, account := range table.SortedIDs(l.byAccount) {
		events, err := l.All(account)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			out = append(out, table.Describe(e))
		}
	}
	return out, nil
}
