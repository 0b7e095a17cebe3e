// Package poll asks until the answer is yes, at growing intervals, and for no longer than it may.
package poll

import (
	"context"
	"time"
)

// Pace is how long to wait before asking again: First, then twice as long each time, up to Max.
type Pace struct{ First, Max time.Duration }

// DefaultPace is that of asking an API for what takes seconds or minutes.
var DefaultPace = Pace{First: 250 * time.Millisecond, Max: 10 * time.Second}

// Until asks until the answer is yes, and for no longer than the limit: with 0, once. That the time is over is no error;
// done is false then.
func Until(ctx context.Context, pace Pace, limit time.Duration, ask func() (bool, error)) (done bool, err error) {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	for interval := pace.First; ; interval = min(2*interval, pace.Max) {
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
