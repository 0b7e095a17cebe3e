// Package store holds all state of the server and every rule about it. It knows
// no HTTP: callers hand it values and get values or one of the typed errors in
// errors.go back.
//
// Rows are immutable. A change copies a row, alters the copy and puts it in the
// place of the old one, so whoever read a row keeps what they read. Rows are
// handed out as pointers and must not be written to; lists of rows are the
// store's own and are good only inside the transaction that read them.
//
// All reads happen in View, all changes in Update. An Update is one transaction:
// what it changed and the audit events that tell of it become visible together,
// or, if it fails, not at all. Every put and delete leaves a change behind (table,
// key, old row, new row); undoing them backwards is the rollback.
package store

import (
	"sync"
	"time"

	"github.com/google/uuid"
)

// Options are what a store takes from outside, so that tests decide about time
// and ids.
type Options struct {
	// Clock gives the time; nil means time.Now.
	Clock func() time.Time
	// NewID gives ids for new rows and events; nil means random ones.
	NewID func() uuid.UUID
}

// Store is the state of all accounts. Use New.
type Store struct {
	clock func() time.Time
	newID func() uuid.UUID

	mu   sync.RWMutex
	data *data
}

// New gives a store that has the built-in roles and nothing else.
func New(options Options) *Store {
	if options.Clock == nil {
		options.Clock = time.Now
	}
	if options.NewID == nil {
		options.NewID = uuid.New
	}
	return &Store{clock: options.Clock, newID: options.NewID, data: newData()}
}

// View runs fn on a state that does not change while it runs.
func (s *Store) View(fn func(*Reader) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return fn(&Reader{data: s.data, clock: s.clock})
}

// Update runs fn as one transaction in the name of an actor. If fn returns an
// error or panics, nothing that it did stays.
func (s *Store) Update(by Actor, fn func(*Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run(s.data, by, fn)
}

// Reset puts the state that seed makes in the place of everything. No events are
// kept of seeding: it describes what was there before anyone looked.
func (s *Store) Reset(seed func(*Tx) error) error {
	fresh := newData()
	fresh.seeding = true
	if err := s.run(fresh, Actor{}, seed); err != nil {
		return err
	}
	fresh.seeding = false
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = fresh
	return nil
}

func (s *Store) run(d *data, by Actor, fn func(*Tx) error) error {
	tx := &Tx{Reader: Reader{data: d, clock: s.clock}, by: by, newID: s.newID}
	committed := false
	defer func() {
		if !committed {
			tx.rollback()
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	tx.commit()
	committed = true
	return nil
}

// Reader reads one consistent state. It is valid only inside View or Update.
type Reader struct {
	data  *data
	clock func() time.Time
}

// Now is the time by the store's clock.
func (r *Reader) Now() time.Time { return r.clock().UTC() }

// Tx is a transaction: a Reader that also changes.
type Tx struct {
	Reader
	by      Actor
	newID   func() uuid.UUID
	changes []undoer
	events  []*Event
	forget  []uuid.UUID // accounts whose audit trail goes with them
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
	return now
}

// id is the given id, or a new one where none is given.
func (tx *Tx) id(given uuid.UUID) uuid.UUID {
	if given != uuid.Nil {
		return given
	}
	return tx.newID()
}

func (tx *Tx) commit() {
	for _, e := range tx.events {
		tx.data.events.add(e)
	}
	for _, account := range tx.forget {
		delete(tx.data.events.byAccount, account)
	}
}

func (tx *Tx) rollback() {
	for i := len(tx.changes) - 1; i >= 0; i-- {
		tx.changes[i].undo()
	}
}
