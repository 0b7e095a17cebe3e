package provider

import (
	"context"
	"sync"
	"time"
)

// underway is what resources of this run are about to change or end. Where one of them is in a create's way, as when a
// list shifts by one or a key of a for_each is renamed, the create lets it go first. For what this run has not come to
// nobody waits: with one resource at a time, Terraform begins it only afterwards.
type underway struct {
	after func(time.Duration) <-chan time.Time // time.After, but for tests
	mu    sync.Mutex
	steps map[string]*step // by id; kept when they are over
}

// step is one change of a thing.
type step struct {
	end  chan struct{}
	once sync.Once
}

func (s *step) over() { s.once.Do(func() { close(s.end) }) }

func (s *step) isOver() bool {
	select {
	case <-s.end:
		return true
	default:
		return false
	}
}

func newUnderway(after func(time.Duration) <-chan time.Time) *underway {
	return &underway{after: after, steps: map[string]*step{}}
}

// begin notes that the thing of this id is about to be changed or ended, in the plan that Terraform makes just before it,
// and again when it comes to that; the function that it returns says that this is over.
func (u *underway) begin(id string) (over func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	s, ok := u.steps[id]
	if !ok || s.isOver() {
		s = &step{end: make(chan struct{})}
		u.steps[id] = s
	}
	return s.over
}

// await waits until what was begun with the thing of this id is over, and for no longer than patience. It reports
// whether that is so; false also where nothing was begun.
func (u *underway) await(ctx context.Context, id string) bool {
	u.mu.Lock()
	s, ok := u.steps[id]
	u.mu.Unlock()
	if !ok {
		return false
	}
	select {
	case <-s.end:
		return true
	case <-u.after(patience):
	case <-ctx.Done():
	}
	return false
}
