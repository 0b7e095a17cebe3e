package provider

import (
	"context"
	"time"
)

// pace is how long to wait before asking again: first, then twice as long each time, up to most.
type pace struct{ first, most time.Duration }

// await asks until the answer is yes, at growing intervals, and for no longer than atMost: with 0, once. That the time is
// over is no error; done is false then.
func await(ctx context.Context, atMost time.Duration, ask func() (bool, error)) (done bool, err error) {
	return awaitAt(ctx, pace{250 * time.Millisecond, 10 * time.Second}, atMost, ask)
}

// awaitAt is await at a pace of one's own.
func awaitAt(ctx context.Context, every pace, atMost time.Duration, ask func() (bool, error)) (done bool, err error) {
	deadline := time.NewTimer(atMost)
	defer deadline.Stop()
	for interval := every.first; ; interval = min(2*interval, every.most) {
		if done, err = ask(); done || err != nil {
			return done, err
		}
		next := time.NewTimer(interval)
		select {
		case <-next.C:
		case <-deadline.C:
			next.Stop()
			return false, nil
		case <-ctx.Done():
			next.Stop()
			return false, ctx.Err()
		}
	}
}
