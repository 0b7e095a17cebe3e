package saml

import (
	"container/heap"
	"crypto/sha256"
	"crypto/subtle"
	"sync"
	"time"
)

const (
	// pendingFor is how long a person may take at the identity provider.
	pendingFor = 10 * time.Minute
	maxPending = 5_000
	maxUsed    = 100_000
)

// Logins remembers, for all connections of a server, which requests wait for
// their answer and which assertions were used. It holds a bounded number of
// each: the oldest request gives way to a new one, but a used assertion is never
// forgotten while it could be replayed; when there are too many, logins wait.
type Logins struct {
	clock func() time.Time

	mu      sync.Mutex
	pending shelf[pending]
	used    shelf[struct{}]
}

// NewLogins returns an empty memory. Its clock is also the one that answers are
// judged by.
func NewLogins(clock func() time.Time) *Logins {
	return &Logins{
		clock:   clock,
		pending: newShelf[pending](maxPending),
		used:    newShelf[struct{}](maxUsed),
	}
}

// pending is a request that was sent.
type pending struct {
	connection string
	returnTo   string
	browser    [sha256.Size]byte
	answered   bool
}

// begin remembers a request.
func (l *Logins) begin(id string, p pending) {
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending.expire(now)
	if l.pending.full() {
		l.pending.dropFirst()
	}
	l.pending.put(id, p, now.Add(pendingFor))
}

// find returns the request of a connection, answered or not: finish tells.
func (l *Logins) find(id, connection string) (pending, error) {
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	p, err := l.requested(id, now)
	if err == nil && p.connection != connection {
		return pending{}, unknownRequest()
	}
	return p, err
}

// awaits reports whether a request of a connection has no answer yet.
func (l *Logins) awaits(id, connection string) bool {
	p, err := l.find(id, connection)
	return err == nil && !p.answered
}

// requested needs the lock.
func (l *Logins) requested(id string, now time.Time) (pending, error) {
	l.pending.expire(now)
	p, ok := l.pending.get(id)
	if !ok {
		return pending{}, unknownRequest()
	}
	return p, nil
}

func unknownRequest() error {
	return reject(UnknownRequest, "This login was not started here, or more than %d minutes ago. Start again.", int(pendingFor.Minutes()))
}

func reusedRequest() error {
	return reject(ReusedRequest, "This login was already finished. Start again.")
}

// end ends a request of a connection without a login.
func (l *Logins) end(id, connection string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p, ok := l.pending.get(id); ok && p.connection == connection {
		p.answered = true
		l.pending.replace(id, p)
	}
}

// finish uses up an assertion and, where there is one, the request that it
// answers: both or neither.
func (l *Logins) finish(assertion string, until time.Time, request, connection string) error {
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used.expire(now)
	if _, ok := l.used.get(assertion); ok {
		return reject(ReplayedAssertion, "This answer of the identity provider was already used. Start again.")
	}
	if l.used.full() {
		return reject(Busy, "There are too many logins at once. Try again later.")
	}
	if request != "" {
		p, err := l.requested(request, now)
		if err != nil {
			return err
		}
		if p.connection != connection {
			return unknownRequest()
		}
		if p.answered {
			return reusedRequest()
		}
		p.answered = true
		l.pending.replace(request, p)
	}
	l.used.put(assertion, struct{}{}, until)
	return nil
}

// hashBrowser is what is kept of the secret that a login is bound to.
func hashBrowser(secret string) [sha256.Size]byte { return sha256.Sum256([]byte(secret)) }

func sameBrowser(a, b [sha256.Size]byte) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

// shelf keeps values until their time, and knows which goes first.
type shelf[V any] struct {
	limit int
	byKey map[string]*slot[V]
	order slots[V]
}

type slot[V any] struct {
	key   string
	value V
	until time.Time
}

func newShelf[V any](limit int) shelf[V] {
	return shelf[V]{limit: limit, byKey: map[string]*slot[V]{}}
}

func (s *shelf[V]) full() bool { return len(s.order) >= s.limit }

func (s *shelf[V]) get(key string) (V, bool) {
	if found, ok := s.byKey[key]; ok {
		return found.value, true
	}
	var none V
	return none, false
}

func (s *shelf[V]) put(key string, value V, until time.Time) {
	added := &slot[V]{key: key, value: value, until: until}
	s.byKey[key] = added
	heap.Push(&s.order, added)
}

// replace changes a value that is there, and not its time.
func (s *shelf[V]) replace(key string, value V) {
	if found, ok := s.byKey[key]; ok {
		found.value = value
	}
}

func (s *shelf[V]) expire(now time.Time) {
	for len(s.order) > 0 && !now.Before(s.order[0].until) {
		s.dropFirst()
	}
}

func (s *shelf[V]) dropFirst() {
	if first, ok := heap.Pop(&s.order).(*slot[V]); ok {
		delete(s.byKey, first.key)
	}
}

// slots is a heap, the one that goes first on top.
type slots[V any] []*slot[V]

func (s slots[V]) Len() int           { return len(s) }
func (s slots[V]) Less(i, j int) bool { return s[i].until.Before(s[j].until) }
func (s slots[V]) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }

// Push is for container/heap.
func (s *slots[V]) Push(x any) {
	if added, ok := x.(*slot[V]); ok {
		*s = append(*s, added)
	}
}

// Pop is for container/heap.
func (s *slots[V]) Pop() any {
	old := *s
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*s = old[:len(old)-1]
	return last
}
