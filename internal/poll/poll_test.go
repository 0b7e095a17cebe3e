package poll_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/poll"
)

func TestUntil(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	pace := poll.Pace{First: time.Second, Max: 3 * time.Second}
	for name, test := range map[string]struct {
		limit  time.Duration
		yesAt  int // the number of the question that is answered with yes
		failAt int
		stopAt int // the number of the question during which the run is interrupted
		asked  []time.Duration
		done   bool
		err    error
	}{
		"at once":        {limit: 0, yesAt: 1, asked: []time.Duration{0}, done: true},
		"once, then no":  {limit: 0, asked: []time.Duration{0}},
		"ever slower":    {limit: time.Minute, yesAt: 5, asked: []time.Duration{0, time.Second, 3 * time.Second, 6 * time.Second, 9 * time.Second}, done: true},
		"time is over":   {limit: 5 * time.Second, asked: []time.Duration{0, time.Second, 3 * time.Second}},
		"an error":       {limit: time.Minute, failAt: 2, asked: []time.Duration{0, time.Second}, err: broken},
		"an interrupt":   {limit: time.Minute, stopAt: 2, asked: []time.Duration{0, time.Second}, err: context.Canceled},
		"negative limit": {limit: -time.Second, asked: []time.Duration{0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				began := time.Now()
				var asked []time.Duration
				done, err := poll.Until(ctx, pace, test.limit, func() (bool, error) {
					asked = append(asked, time.Since(began))
					switch len(asked) {
					case test.stopAt:
						cancel()
					case test.failAt:
						return false, broken
					}
					return len(asked) == test.yesAt, nil
				})
				if done != test.done || !errors.Is(err, test.err) || !slices.Equal(asked, test.asked) {
					t.Errorf("asked at %v, done %t, %v; want %v, %t, %v", asked, done, err, test.asked, test.done, test.err)
				}
			})
		})
	}
}
