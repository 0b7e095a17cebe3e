// Package run holds what the resources of one Terraform run know of each other. Terraform makes, changes and deletes
// resources side by side and in an order of its own, and tells none of them what the others do: who manages a thing, who
// is about to lose the last role that bypasses single sign-on, and what is about to go away is said here.
//
// A run is one configured provider: one walk of Terraform. Nothing of it outlives the process, and nothing is seen of
// other runs, aliases and states. Nothing here waits for what has not begun, or for longer than [Timeout].
package run

import (
	"sync"
	"time"
)

// Timeout is how long one resource waits for what another one of the run has begun, or may do.
const Timeout = 30 * time.Second

// Run is what the resources of one run share. It is safe for concurrent use.
type Run struct {
	// Written are the things that resources of this run have written, or are about to write.
	Written *Reservations
	// Planned are the things that resources of this run are going to manage, as far as they are planned.
	Planned *PlannedReservations
	// Moves are the people whom this run has found to go by another address than the written one.
	Moves *Moves
	// Ends are the directories and mappings that this run is going to delete, as far as it has planned that.
	Ends *Ends
	// Expired are the tokens that this run has found to have expired.
	Expired *Noted
	// Connections are those that are to be active after this run.
	Connections *Connections
	// Underway are the things that this run has begun to delete, and the mappings that it has begun to change.
	Underway *Changes

	after func(time.Duration) <-chan time.Time
	mu    sync.Mutex
	locks map[string]*BypassLock // by account
}

// New makes a run. after is time.After, but for tests.
func New(after func(time.Duration) <-chan time.Time) *Run {
	return &Run{
		Written: newReservations(), Planned: newPlannedReservations(), Moves: &Moves{}, Ends: &Ends{}, Expired: &Noted{}, Connections: newConnections(), Underway: newChanges(after),
		after: after, locks: map[string]*BypassLock{},
	}
}

// BypassLock returns the lock of an account under which roles that bypass single sign-on are taken from people. Account
// ids are in lower case here, as everywhere in the provider.
func (r *Run) BypassLock(accountID string) *BypassLock {
	r.mu.Lock()
	defer r.mu.Unlock()
	lock, ok := r.locks[accountID]
	if !ok {
		lock = newBypassLock(r.after)
		r.locks[accountID] = lock
	}
	return lock
}

// broadcast wakes all who wait for something to change. The zero value is ready.
type broadcast struct {
	mu   sync.Mutex
	next chan struct{}
}

// changed returns a channel that is closed at the next change. Who asks before looking at what may change misses none.
func (b *broadcast) changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}

// change wakes all who wait.
func (b *broadcast) change() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}
