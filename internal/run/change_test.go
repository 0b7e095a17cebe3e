package run

import (
	"context"
	"testing"
	"time"
)

// TestChanges: a create waits for what this run has begun, and for nothing else.
func TestChanges(t *testing.T) {
	t.Parallel()
	timeout := make(chan time.Time)
	asked := make(chan time.Duration, 1)
	c := newChanges(func(d time.Duration) <-chan time.Time {
		asked <- d
		return timeout
	})
	await := func(ctx context.Context, id string) chan bool {
		came := make(chan bool, 1)
		go func() { came <- c.Await(ctx, id) }()
		return came
	}

	if <-await(t.Context(), "a") {
		t.Error("waited for what was never begun")
	}

	planned := c.Begin("a")
	waiting := await(t.Context(), "a")
	if d := <-asked; d != Timeout {
		t.Errorf("the timeout is %v, want %v", d, Timeout)
	}
	begun := c.Begin("a")
	select {
	case <-waiting:
		t.Error("did not wait until it was over")
	default:
	}
	begun()
	if !<-waiting {
		t.Error("what was planned and then done is over, and was not taken for that")
	}
	planned() // does no harm
	if came := await(t.Context(), "a"); !<-came {
		t.Error("what is over was not taken for that")
	}
	<-asked

	c.Begin("a") // another change of it
	waiting = await(t.Context(), "a")
	<-asked
	timeout <- time.Time{}
	if <-waiting {
		t.Error("what never ended was taken for over")
	}

	ctx, cancel := context.WithCancel(t.Context())
	waiting = await(ctx, "a")
	<-asked
	cancel()
	if <-waiting {
		t.Error("what was given up was taken for over")
	}
}
