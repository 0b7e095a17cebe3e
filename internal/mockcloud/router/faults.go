package router

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Fault is something that goes wrong on purpose. Its zero fields ask for nothing.
type Fault struct {
	ID uuid.UUID
	// Method and Route say which requests it is for; empty or "*" is all. A route
	// that ends in "*" is all that begin with what is before it.
	Method, Route string

	// Status is answered instead of the route's own answer, with RetryAfter.
	Status     int
	RetryAfter time.Duration
	// Latency passes before anything else happens.
	Latency time.Duration
	// Drop closes the connection without an answer.
	Drop bool
	// Truncate closes it in the middle of the answer's body.
	Truncate bool
	// AfterWrite lets the handler run before Status or Drop take effect: the
	// change is made and the caller does not learn of it.
	AfterWrite bool

	// Times is how often it strikes before it is gone; 0 is for ever.
	Times int
	// Probability is how likely it strikes; Seed makes the dice repeatable.
	Probability float64
	Seed        uint64
	// Struck counts how often it has.
	Struck int
}

// answers says whether the fault does more than delay.
func (f Fault) answers() bool { return f.Status != 0 || f.Drop || f.Truncate }

// needsHandler says whether the route's handler runs under this fault.
func (f Fault) needsHandler() bool { return f.AfterWrite || f.Status == 0 && !f.Drop }

// reply is what is answered instead of the route's own answer.
func (f Fault) reply(failure func(status int, detail string) Reply) Reply {
	out := failure(f.Status, fmt.Sprintf("Injected fault: %d %s", f.Status, http.StatusText(f.Status)))
	if f.RetryAfter > 0 {
		out.Header.Set("Retry-After", seconds(f.RetryAfter))
	}
	return out
}

// Matches says whether the fault is for requests of a route.
func (f Fault) Matches(method, route string) bool {
	anyMethod := f.Method == "" || f.Method == "*"
	prefix, many := strings.CutSuffix(f.Route, "*")
	anyRoute := f.Route == "" || many && strings.HasPrefix(route, prefix)
	return (anyMethod || strings.EqualFold(f.Method, method)) &&
		(anyRoute || strings.TrimSuffix(f.Route, "/") == strings.TrimSuffix(route, "/"))
}

// Faults are those that are set, in the order in which they were added.
type Faults struct {
	mu  sync.Mutex
	set []*armed
}

type armed struct {
	Fault
	dice *rand.Rand
}

func newFaults() *Faults { return &Faults{} }

// Add sets a fault.
func (s *Faults) Add(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set = append(s.set, &armed{Fault: f, dice: rand.New(rand.NewPCG(f.Seed, f.Seed))})
}

// List gives the faults that can still strike.
func (s *Faults) List() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Fault, len(s.set))
	for i, f := range s.set {
		out[i] = f.Fault
	}
	return out
}

// Clear takes all faults away.
func (s *Faults) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set = nil
}

// hit gives what goes wrong with a request: all delays that strike, and the
// first fault that strikes with more than that.
func (s *Faults) hit(method, route string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out Fault
	left := s.set[:0]
	for _, f := range s.set {
		if f.Matches(method, route) && (!out.answers() || !f.answers()) && f.dice.Float64() < f.Probability {
			f.Struck++
			latency := out.Latency + f.Latency
			if f.answers() {
				out = f.Fault
			}
			out.Latency = latency
		}
		if f.Times == 0 || f.Struck < f.Times {
			left = append(left, f)
		}
	}
	clear(s.set[len(left):])
	s.set = left
	return out
}
