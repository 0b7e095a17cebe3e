package idp

import (
	"crypto/rand"
	"sync"
	"time"
)

// expiring keeps values behind random names for a while. It never grows beyond
// maxGrants: the oldest make room.
type expiring[V any] struct {
	clock func() time.Time

	mu     sync.Mutex
	values map[string]entry[V]
	order  []string // by age; may name some that are gone
}

type entry[V any] struct {
	value   V
	expires time.Time
}

// add keeps a value and returns its name.
func (e *expiring[V]) add(value V, life time.Duration) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.values == nil {
		e.values = make(map[string]entry[V])
	}
	for len(e.order) >= maxGrants {
		delete(e.values, e.order[0])
		e.order = e.order[1:]
	}
	name := rand.Text()
	e.values[name] = entry[V]{value: value, expires: e.clock().Add(life)}
	e.order = append(e.order, name)
	return name
}

// get returns the value behind a name, unless it has expired.
func (e *expiring[V]) get(name string) (V, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	found, ok := e.values[name]
	if !ok || !e.clock().Before(found.expires) {
		var zero V
		return zero, false
	}
	return found.value, true
}

// take is get that also removes the value, so that it can be used once.
func (e *expiring[V]) take(name string) (V, bool) {
	value, ok := e.get(name)
	if !ok {
		return value, false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ok = e.values[name]; !ok { // another took it in between
		var zero V
		return zero, false
	}
	delete(e.values, name)
	return value, true
}
