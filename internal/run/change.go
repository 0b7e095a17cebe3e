package run

import (
	"context"
	"sync"
	"time"
)

// Changes are the things that resources of this run have begun to change or delete. Where one of them is in a create's
// way, as when a key of a for_each is renamed, the create lets it go first. For what this run has not come to nothing
// waits, planned or not: it may come only afterwards, and not at all.
type Changes struct {
	after func(time.Duration) <-chan time.Time
	ended broadcast

	mu     sync.Mutex
	things map[string]*underway // by id; kept when they have ended
}

// underway is a change that has begun, and the sign of its end.
type underway struct{ over bool }

func newChanges(after func(time.Duration) <-chan time.Time) *Changes {
	return &Changes{after: after, things: map[string]*underway{}}
}

// Begin notes that the thing of this id is being changed or deleted. The function that it returns says that this is over;
// more calls of it do nothing.
func (c *Changes) Begin(id string) (end func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	thing, ok := c.things[id]
	if !ok || thing.over {
		thing = &underway{}
		c.things[id] = thing
	}
	return func() {
		c.mu.Lock()
		thing.over = true
		c.mu.Unlock()
		c.ended.change()
	}
}

// Await waits until what was begun with the thing of this id is over, for [Timeout] at most. It reports whether that is
// so; false also where nothing was begun.
func (c *Changes) Await(ctx context.Context, id string) bool {
	c.mu.Lock()
	thing, begun := c.things[id]
	c.mu.Unlock()
	if !begun {
		return false
	}
	timeout := c.after(Timeout)
	for {
		changed := c.ended.changed()
		c.mu.Lock()
		over := thing.over
		c.mu.Unlock()
		if over {
			return true
		}
		select {
		case <-changed:
		case <-timeout:
			return false
		case <-ctx.Done():
			return false
		}
	}
}
