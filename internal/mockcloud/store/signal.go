package store

import "sync"

// Changed returns a channel that is closed once something has changed since this call.
// Ask for it before reading, so that no change falls between the two. A waiter need not
// be told that it is no longer waited for, and a slow one holds up no other.
func (s *Store) Changed() <-chan struct{} { return s.changed.next() }

// signal wakes all who wait, once.
type signal struct {
	mu   sync.Mutex
	wake chan struct{} // nil while there is no waiter
}

func (s *signal) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wake == nil {
		s.wake = make(chan struct{})
	}
	return s.wake
}

func (s *signal) raise() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wake != nil {
		close(s.wake)
		s.wake = nil
	}
}
