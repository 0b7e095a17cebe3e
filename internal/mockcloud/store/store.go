// Package store holds all state of the server and every rule about it. It knows
// no HTTP: callers hand it values and get values or one of the typed errors in
// errors.go back.
//
// Rows are immutable. A change copies a row, alters the copy and puts it in the
// place of the old one, so a reader keeps the row that it read. Rows are
// handed out as pointers and must not be written to; lists of rows are the
// store's own and are good only inside the transaction that read them.
//
// All reads happen in View, all changes in Update. An Update is one transaction:
// what it changed and the audit events that tell of it become visible together,
// or, if it fails, not at all. Package table notes every put and delete, so
// that a rollback undoes them.
//
// Each table is declared once, beside the type of its rows: its name in state files, its
// indexes, and with which rows its own are deleted.
//
// A store lives in memory. One that Open gives also keeps a journal of all changes
// in a file: see there for what that promises. Of the audit trail it then has only the
// last events in memory, and reads the others from the file.
package store

import (
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// Options are what a store takes from outside, so that tests decide about time
// and ids.
type Options struct {
	// Clock gives the time; nil means time.Now.
	Clock func() time.Time
	// NewID gives ids for new rows and events; nil means random ones.
	NewID func() uuid.UUID
	// StateKey encrypts the secrets in a state file; empty means a key file beside it.
	StateKey string
	// StateNew begins anew where the state file is empty or damaged; what was there is
	// kept under another name. One that has a state is refused.
	StateNew bool
	// Logger is told when a state file is not as it should be; nil for none.
	Logger *slog.Logger
}

// Store is the state of all accounts. Use New.
type Store struct {
	clock   Clock
	newID   func() uuid.UUID // nil for the data's own
	journal *journal.Journal // nil for a store in memory only
	sealer  *sealer          // of the journal's secrets

	// mu is held for whole transactions; step, besides, while one changes something. busy
	// is the account whose transaction lets reads of others in meanwhile.
	mu   sync.RWMutex
	step sync.RWMutex
	busy uuid.UUID
	data *data
	kept serverState // what the journal has of it

	changed signal
}

// New returns a store that has the built-in roles and nothing else.
func New(options Options) *Store {
	if options.Clock == nil {
		options.Clock = time.Now
	}
	return &Store{clock: Clock{outside: options.Clock}, newID: options.NewID, data: newData(nil)}
}

// Clock is the store's: the time outside, moved by AdvanceClock.
func (s *Store) Clock() *Clock { return &s.clock }

// View runs fn on a state that does not change while it runs.
func (s *Store) View(fn func(*Reader) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return fn(s.reader())
}

// Update runs fn as one transaction in the name of an actor. If fn returns an
// error or panics, nothing that it did stays.
func (s *Store) Update(by Actor, fn func(*Tx) error) error {
	kept, err := s.update(by, fn, (*journal.Journal).Append)
	if err != nil {
		return err
	}
	return s.finish(kept)
}

// finish waits until a change is kept and then tells those who wait for one.
func (s *Store) finish(kept func() error) error {
	if err := kept(); err != nil {
		return err
	}
	s.changed.raise()
	return nil
}

func (s *Store) update(by Actor, fn func(*Tx) error, queue queuing) (kept func() error, err error) {
	s.begin()
	defer s.end()
	if err := s.writable(); err != nil {
		return nil, err
	}
	b, err := s.run(&Tx{Reader: *s.reader(), by: by, store: s}, fn)
	if err != nil {
		return nil, err
	}
	return s.keep(b, queue), nil
}

// Reset puts the state that seed makes in the place of everything. No events are
// kept of seeding: it describes what was there before anyone looked. The clock
// goes back to the time outside.
func (s *Store) Reset(seed func(*Tx) error) error {
	fresh := s.newData()
	fresh.seeding = true
	b, err := s.run(&Tx{Reader: *fresh.reader(s.clock.outside)}, func(tx *Tx) error {
		tx.newSecret(signing)
		return seed(tx)
	})
	if err != nil {
		return err
	}
	fresh.seeding = false
	kept, err := s.replace(fresh, b)
	if err != nil {
		return err
	}
	return s.finish(kept)
}

func (s *Store) replace(fresh *data, b journal.Batch) (kept func() error, err error) {
	s.begin()
	defer s.end()
	if err := s.writable(); err != nil {
		return nil, err
	}
	s.data = fresh
	s.clock.offset.Store(0)
	b.Reset = true
	return s.keep(b, (*journal.Journal).Append), nil
}

// run runs fn as one transaction and gives what the journal has to keep of it.
func (s *Store) run(tx *Tx, fn func(*Tx) error) (journal.Batch, error) {
	if tx.newID = s.newID; tx.newID == nil {
		tx.newID = tx.data.ids.next
	}
	committed := false
	defer func() {
		if committed {
			tx.db.Commit()
		} else {
			tx.db.Undo()
		}
	}()
	if err := fn(tx); err != nil {
		return journal.Batch{}, err
	}
	var b journal.Batch
	var err error
	tx.aside(func() { b, err = s.batch(tx.data) })
	committed = err == nil
	return b, err
}

// Reader reads one consistent state. It is valid only inside View or Update.
type Reader struct {
	data  *data
	db    *table.DB
	clock func() time.Time
}

// Now is the time by the store's clock, and never before anything that is in the
// store: what was just created is not in the future.
func (r *Reader) Now() time.Time {
	now := r.clock().UTC()
	if now.Before(r.data.lastStamp) {
		return r.data.lastStamp
	}
	return now
}

// LastStamp is the time of the latest change in what is read. Whatever comes later
// has a later one.
func (r *Reader) LastStamp() time.Time { return r.data.lastStamp }

// Tx is a transaction: a Reader that also changes.
type Tx struct {
	Reader
	by    Actor
	newID func() uuid.UUID
	// store is whose it is, account the one that it is about alone; neither where it is
	// about all, or about a state that is not in use yet.
	store   *Store
	account uuid.UUID
	stamps  int
	// recorded are the events of this transaction, for what may change once more in it.
	recorded map[changedThing]*eventlog.Event
	// createKey is of the Idempotency-Key that the change was asked for with; zero for none.
	createKey secretHash
}

// stamp is the time for a row that is created or changed now. Stamps grow with
// every call, so that an order by creation is always the order of creation, also
// under a clock that stands still. The resolution is the wire's.
func (tx *Tx) stamp() time.Time {
	now := tx.Now().Truncate(time.Microsecond)
	if !now.After(tx.data.lastStamp) {
		now = tx.data.lastStamp.Add(time.Microsecond)
	}
	tx.data.lastStamp = now
	tx.breathe()
	return now
}

// id is the given id, or a new one where none is given.
func (tx *Tx) id(given uuid.UUID) uuid.UUID {
	if given != uuid.Nil {
		return given
	}
	return tx.newID()
}
