package router

import (
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Limiter counts requests of somebody, such as an account, in windows that begin with
// the first request after the last one ended.
type Limiter struct {
	clock func() time.Time

	mu      sync.Mutex
	windows map[uuid.UUID]window
	// sweepAt is with how many windows those that are over are forgotten.
	sweepAt int
}

// fewWindows are so few that none is worth forgetting.
const fewWindows = 1024

type window struct {
	ends time.Time
	used int
}

func newLimiter(clock func() time.Time) *Limiter {
	return &Limiter{clock: clock, windows: make(map[uuid.UUID]window), sweepAt: fewWindows}
}

// Take counts a request; over the limit it returns an Error with Retry-After until the
// window ends, which says whose limit is used up.
func (l *Limiter) Take(of uuid.UUID, limit store.RateLimit, whose string) error {
	if limit.Requests == 0 {
		return nil
	}
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.windows[of]
	if !now.Before(w.ends) {
		w = window{ends: now.Add(limit.Window)}
	}
	if w.used >= limit.Requests {
		return &request.Error{
			Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {seconds(w.ends.Sub(now))}},
			Detail: "The " + whose + "'s rate limit is used up; try again later",
		}
	}
	w.used++
	l.windows[of] = w
	if len(l.windows) >= l.sweepAt {
		maps.DeleteFunc(l.windows, func(_ uuid.UUID, w window) bool { return !now.Before(w.ends) })
		l.sweepAt = fewWindows + 2*len(l.windows)
	}
	return nil
}

func (l *Limiter) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.windows)
}
