package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// Open returns a store that keeps its state in a file, and finds again what the
// file has. Close it in the end.
//
// An Update returns once its changes are on the disk. Others see them a little
// earlier, since they are in memory already; but no Update returns before what it
// saw is on the disk, too. A write that fails is the last one: the store goes back
// to what the file has and refuses every further Update as Unavailable.
func Open(path string, options Options) (*Store, error) {
	s := New(options)
	key, keyed, err := stateKey(path, options.StateKey)
	if err != nil {
		return nil, unusable(path, err)
	}
	if _, gone := os.Stat(path); errors.Is(gone, fs.ErrNotExist) && keyed && options.StateKey == "" && options.Logger != nil {
		options.Logger.Warn("there is a key file and no state file: a new state begins", "file", path)
	}
	if s.journal, err = journal.Open(path, journal.Options{
		Keyed: keyed, New: options.StateNew, Failed: s.goBack, Logger: options.Logger,
	}); err != nil {
		return nil, err
	}
	if err := s.unlock(path, key); err != nil {
		_ = s.journal.Close() // nothing was written; why it cannot be used says more
		return nil, unusable(path, err)
	}
	return s, nil
}

func unusable(path string, err error) error {
	return fmt.Errorf("state file %s cannot be used: %w", path, err)
}

// unlock takes over what the file has. Its secrets want a key, which is made for a file
// that is new.
func (s *Store) unlock(path, key string) error {
	if key == "" {
		isNew, err := s.journal.Empty()
		if err != nil {
			return err
		}
		if key, err = newStateKey(path, isNew); err != nil {
			return err
		}
	}
	var err error
	if s.sealer, err = newSealer(key); err != nil {
		return err
	}
	return s.load()
}

// Blank reports whether nothing was ever put into the store.
func (s *Store) Blank() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.data.lastStamp.IsZero()
}

// Close lets writes under way come to their end and closes the file.
func (s *Store) Close() error {
	if s.journal == nil {
		return nil
	}
	return s.journal.Close()
}

// writable reports whether an Update may begin.
func (s *Store) writable() error {
	if s.journal == nil {
		return nil
	}
	return unavailable(s.journal.Err())
}

// queuing is how a batch is queued: to be written now (Append), or later (Queue).
type queuing func(*journal.Journal, journal.Batch) (wait func() error)

// keep queues what a transaction changed, and what the server has to remember
// besides. What it gives waits until that, and all before it, is on the disk.
func (s *Store) keep(b journal.Batch, queue queuing) (wait func() error) {
	if s.journal == nil {
		return func() error { return nil }
	}
	if state := s.serverState(); b.Reset || state != s.kept {
		if err := table.Encode(&b, serverTable, []byte(serverStateKey), state); err != nil {
			return func() error { return err }
		}
		s.kept = state
	}
	s.sealer.seal(b.Changes)
	kept := queue(s.journal, b)
	events, stamp := s.data.events, s.data.lastStamp
	return func() error {
		if err := kept(); err != nil {
			return unavailable(err)
		}
		events.Written(stamp)
		return nil
	}
}

func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return &Unavailable{Cause: err}
}

// batch is what the journal has to keep of the transaction; an empty one where there is
// no journal.
func (s *Store) batch(d *data) (journal.Batch, error) {
	if s.journal == nil {
		return journal.Batch{}, nil
	}
	return d.db.Write()
}

// serverState is what a server has to remember besides its rows.
type serverState struct {
	LastStamp   time.Time
	ClockOffset time.Duration
	IDs         idSource
}

// Where the file has it: a table of one row.
const (
	serverTable    = "server"
	serverStateKey = "state"
)

func (s *Store) serverState() serverState {
	return serverState{LastStamp: s.data.lastStamp, ClockOffset: s.clock.Offset(), IDs: s.data.ids}
}

// newData returns tables that have what is built in, with events that go by the journal.
func (s *Store) newData() *data {
	if s.journal == nil {
		return newData(nil)
	}
	return newData(s.journal)
}

// load puts what the file has in the place of everything.
func (s *Store) load() error {
	d := s.newData()
	state := serverState{IDs: d.ids}
	tables := d.contents()
	if err := s.journal.Load(func(name string, rows []journal.Row) error {
		if name == serverTable {
			return json.Unmarshal(rows[0].Value, &state)
		}
		t, ok := tables[name]
		if !ok {
			return fmt.Errorf("it has a table %s, which this version of mockcloud does not know", name)
		}
		rows, err := s.sealer.open(name, rows)
		if err != nil {
			return err
		}
		return t.Load(rows)
	}); err != nil {
		return err
	}
	d.lastStamp, d.ids = state.LastStamp, state.IDs
	s.clock.offset.Store(int64(state.ClockOffset))
	s.data, s.kept = d, state
	return nil
}

// goBack is told that a write failed. What is not in the file must not be shown
// any longer. Should the file be unreadable as well, memory has to do.
func (s *Store) goBack(error) {
	s.begin()
	defer s.end()
	_ = s.load()
}

// Clock is the time outside, and by how much the server is ahead of it.
type Clock struct {
	outside func() time.Time
	offset  atomic.Int64
}

// Now is the server's time.
func (c *Clock) Now() time.Time { return c.outside().Add(c.Offset()) }

// Offset is by how much the server is ahead.
func (c *Clock) Offset() time.Duration { return time.Duration(c.offset.Load()) }

// maxOffset is far enough for any expiry, and near enough for years of four
// digits, as RFC 3339 has them.
const maxOffset = 100 * 365 * 24 * time.Hour

// AdvanceClock moves the server's time ahead. It never goes back: stamps of rows
// would lie in the future.
func (s *Store) AdvanceClock(by time.Duration) error {
	kept, err := s.advanceClock(by)
	if err != nil {
		return err
	}
	return s.finish(kept)
}

func (s *Store) advanceClock(by time.Duration) (kept func() error, err error) {
	s.begin()
	defer s.end()
	if err := s.writable(); err != nil {
		return nil, err
	}
	if by <= 0 || by > maxOffset-s.clock.Offset() {
		return nil, invalid("the clock goes forward only, and at most 100 years", "advance")
	}
	s.clock.offset.Add(int64(by))
	return s.keep(journal.Batch{}, (*journal.Journal).Append), nil
}

// idSource makes the ids of a store. That it is part of the state makes ids
// repeatable: two servers that go on from copies of one file give the same ids.
type idSource struct {
	Seed string
	Made uint64
}

func newIDSource() idSource {
	return idSource{Seed: rand.Text()}
}

// next returns a UUID of version 4: to those who do not know the seed it is random.
func (s *idSource) next() uuid.UUID {
	s.Made++
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(s.Seed), s.Made))
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80 // RFC 9562, section 4.1
	return id
}
