package acctest

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/progress"
)

// Heard is a progress.Counter that remembers what it is told.
type Heard struct {
	mu             sync.Mutex
	expected, done map[string]int
}

var _ progress.Counter = &Heard{}

// Expect implements progress.Counter.
func (h *Heard) Expect(kind string, n int) { h.add(&h.expected, kind, n) }

// Done implements progress.Counter.
func (h *Heard) Done(kind string, n int) { h.add(&h.done, kind, n) }

func (h *Heard) add(to *map[string]int, kind string, n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if *to == nil {
		*to = map[string]int{}
	}
	(*to)[kind] += n
}

// Want wants to have been told of these kinds, and of all that was to come that it is done. "memberships 10001" is so many of
// them, "teams" any number.
func (h *Heard) Want(t testing.TB, kinds ...string) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	var told []string
	for kind, n := range h.done {
		told = append(told, kind, fmt.Sprintf("%s %d", kind, n))
	}
	for kind, n := range h.expected {
		if h.done[kind] != n {
			t.Errorf("of %d %s %d are done", n, kind, h.done[kind])
		}
	}
	for _, kind := range kinds {
		if !slices.Contains(told, kind) {
			t.Errorf("nothing was told of %s, only %v", kind, h.done)
		}
	}
}
