// Package trial keeps the test logins of the configuration dashboard: those that were
// begun, by the handle in the path that they lead back to, and what came of them, by a key
// that only the browser is told which brought the identity provider's answer.
//
// A test login is judged like any other and changes nothing: it creates no session, user or
// membership, and its connection stays as it is. When the person has seen what arrived, they
// can finish it as the connection's first login.
//
// All of it is in memory, bounded, and gone after a while: it has values of people.
package trial

import (
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Prefix begins the paths that test logins lead back to. A login that leads there creates
// no session, whether the test is known or not.
const Prefix = "/setup/tried/"

const (
	// lasts is how long a test can be begun, and how long what came of it is kept. A login
	// may take ten minutes at the identity provider.
	lasts = 30 * time.Minute
	// MaxAge is how long after a test its login may still be finished.
	MaxAge   = 10 * time.Minute
	maxTests = 1_000
	maxKept  = 200
	// maxOwn is how many tests and how many results one setup session has.
	maxOwn = 20
)

// Test is a test login that was begun.
type Test struct {
	// SetupID is the setup link in whose session it was begun.
	SetupID uuid.UUID
	// ConnectionID and Version say what was tested: the connection as it was.
	ConnectionID string
	Version      time.Time
}

// Attribute is what an identity provider said of a person.
type Attribute struct {
	Name string
	// For says what it is used for: "email", "first_name", "last_name", "subject" or
	// nothing.
	For    string
	Values []string
}

// Result is what came of a test.
type Result struct {
	Test
	At time.Time
	// Reason and Sentence say why a login of people would be refused; empty where it would
	// not.
	Reason, Sentence string
	Attributes       []Attribute
	// Login is what the identity provider vouches for, nil where it was refused before that.
	Login *store.ProvenLogin
	// Outcome is what the login would do, nil where it was refused.
	Outcome *Outcome
}

// Outcome is what a login would do.
type Outcome struct {
	// Email is that of the person in the account.
	Email string
	// New reports whether they would become a member by it; Role is theirs.
	New  bool
	Role string
	// Activates reports whether the connection would become active.
	Activates bool
}

// Tests are a server's. Use New.
type Tests struct {
	clock func() time.Time

	mu      sync.Mutex
	begun   shelf[Test]
	results shelf[Result]
}

// New returns none.
func New(clock func() time.Time) *Tests {
	return &Tests{
		clock:   clock,
		begun:   shelf[Test]{limit: maxTests, owner: func(t Test) uuid.UUID { return t.SetupID }},
		results: shelf[Result]{limit: maxKept, owner: func(r Result) uuid.UUID { return r.SetupID }},
	}
}

// Begin remembers a test and returns the path that its login has to lead back to. The
// same test has the same path while it lasts.
func (t *Tests) Begin(test Test) (returnTo string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock()
	t.begun.expire(now)
	for key, known := range t.begun.byKey {
		if known.value.SetupID == test.SetupID && known.value.ConnectionID == test.ConnectionID && known.value.Version.Equal(test.Version) {
			return Prefix + key
		}
	}
	return Prefix + t.begun.put(test, now)
}

// Is reports whether a login leads back to a test, known or not.
func Is(returnTo string) bool { return strings.HasPrefix(returnTo, Prefix) }

// Find returns the test that a login leads back to.
func (t *Tests) Find(returnTo string) (Test, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begun.expire(t.clock())
	handle, ok := strings.CutPrefix(returnTo, Prefix)
	known, there := t.begun.byKey[handle]
	return known.value, ok && there
}

// Keep keeps a result and returns the path of the page that shows it.
func (t *Tests) Keep(r Result) (path string) {
	r.Attributes = bounded(r.Attributes)
	t.mu.Lock()
	defer t.mu.Unlock()
	r.At = t.clock()
	t.results.expire(r.At)
	return Prefix + t.results.put(r, r.At)
}

// Result returns a result to the session whose it is.
func (t *Tests) Result(key string, setup uuid.UUID) (Result, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.results.expire(t.clock())
	known, ok := t.results.byKey[key]
	if !ok || known.value.SetupID != setup {
		return Result{}, false
	}
	return known.value, true
}

// Take is Result for finishing the login: of several requests at once one gets it. It
// cannot be taken again unless PutBack says that the login was not finished.
func (t *Tests) Take(key string, setup uuid.UUID) (Result, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.results.expire(t.clock())
	known, ok := t.results.byKey[key]
	if !ok || known.taken || known.value.SetupID != setup {
		return Result{}, false
	}
	known.taken = true
	t.results.byKey[key] = known
	return known.value, true
}

// Drop forgets a result whose login was finished: it has values of a person.
func (t *Tests) Drop(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.results.byKey, key)
}

// PutBack undoes Take, where the result is kept still.
func (t *Tests) PutBack(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known, ok := t.results.byKey[key]; ok {
		known.taken = false
		t.results.byKey[key] = known
	}
}

// IsStale reports whether a result is too old for its login to be finished.
func (t *Tests) IsStale(r Result) bool { return t.clock().Sub(r.At) >= MaxAge }

// bounded keeps what a page can show.
func bounded(attributes []Attribute) []Attribute {
	const (
		maxAttributes = 100
		maxValues     = 20
		maxValue      = 400
		maxName       = 200
	)
	out := make([]Attribute, 0, min(len(attributes), maxAttributes))
	for _, a := range attributes[:min(len(attributes), maxAttributes)] {
		kept := Attribute{Name: cut(a.Name, maxName), For: a.For}
		for _, value := range a.Values[:min(len(a.Values), maxValues)] {
			kept.Values = append(kept.Values, cut(value, maxValue))
		}
		if left := len(a.Values) - len(kept.Values); left > 0 {
			kept.Values = append(kept.Values, "…")
		}
		out = append(out, kept)
	}
	return out
}

func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}

// shelf keeps values for a time, the oldest of which make room, those of the same owner
// first. Its keys cannot be guessed.
type shelf[V any] struct {
	limit int
	owner func(V) uuid.UUID
	byKey map[string]kept[V]
	byAge []string
}

type kept[V any] struct {
	value V
	until time.Time
	// taken reports whether Take has returned it.
	taken bool
}

func (s *shelf[V]) put(v V, now time.Time) (key string) {
	if s.byKey == nil {
		s.byKey = make(map[string]kept[V])
	}
	own := make([]string, 0, maxOwn)
	for _, other := range s.byAge {
		if there, ok := s.byKey[other]; ok && s.owner(there.value) == s.owner(v) {
			own = append(own, other)
		}
	}
	if len(own) >= maxOwn {
		delete(s.byKey, own[0])
		s.byAge = slices.DeleteFunc(s.byAge, func(other string) bool { return other == own[0] })
	}
	for len(s.byAge) >= s.limit {
		s.dropOldest()
	}
	key = rand.Text()
	s.byKey[key] = kept[V]{value: v, until: now.Add(lasts)}
	s.byAge = append(s.byAge, key)
	return key
}

func (s *shelf[V]) expire(now time.Time) {
	for len(s.byAge) > 0 {
		if oldest, there := s.byKey[s.byAge[0]]; there && now.Before(oldest.until) {
			return
		}
		s.dropOldest()
	}
}

func (s *shelf[V]) dropOldest() {
	delete(s.byKey, s.byAge[0])
	s.byAge = s.byAge[1:]
}
