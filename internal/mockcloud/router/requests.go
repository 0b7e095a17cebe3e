package router

import (
	"cmp"
	"slices"
	"sync"
)

// Requests counts what came in, by method and route.
type Requests struct {
	mu     sync.Mutex
	counts map[counted]int
}

type counted struct{ method, route string }

// RequestCount is how often a route was called.
type RequestCount struct {
	Method, Route string
	Count         int
}

func newRequests() *Requests { return &Requests{counts: make(map[counted]int)} }

func (q *Requests) count(method, route string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.counts[counted{method, route}]++
}

// List gives the counts, ordered by route and method.
func (q *Requests) List() []RequestCount {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := make([]RequestCount, 0, len(q.counts))
	for key, n := range q.counts {
		out = append(out, RequestCount{Method: key.method, Route: key.route, Count: n})
	}
	slices.SortFunc(out, func(a, b RequestCount) int {
		return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.Method, b.Method))
	})
	return out
}

// Reset forgets all counts.
func (q *Requests) Reset() {
	q.mu.Lock()
	defer q.mu.Unlock()
	clear(q.counts)
}
