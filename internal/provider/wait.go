package provider

import (
	"context"
	"time"
)

// await asks until the answer is yes, at growing intervals, and for no longer than atMost: with 0, once. That the time is
// over is no error; done is false then.
func await(ctx context.Context, atMost time.Duration, ask func() (bool, error)) (done bool, err error) {
	deadline := time.NewTimer(atMost)
	defer deadline.Stop()
	for interval := 250 * time.Millisecond; ; interval = min(2*interval, 10*time.Second) {
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
