package router

import (
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// limiter counts each account's requests in windows that begin with the first
// request after the last one ended.
type limiter struct {
	clock func() time.Time

	mu      sync.Mutex
	windows map[uuid.UUID]window
}

type window struct {
	ends time.Time
	used int
}

func newLimiter(clock func() time.Time) *limiter {
	return &limiter{clock: clock, windows: make(map[uuid.UUID]window)}
}

// take counts a request, or refuses it until the window ends.
func (l *limiter) take(account uuid.UUID, limit store.RateLimit) error {
	if limit.Requests == 0 {
		return nil
	}
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.windows[account]
	if !now.Before(w.ends) {
		w = window{ends: now.Add(limit.Window)}
	}
	if w.used >= limit.Requests {
		return &request.Error{
			Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {seconds(w.ends.Sub(now))}},
			Detail: "The account's rate limit is used up; try again later",
		}
	}
	w.used++
	l.windows[account] = w
	return nil
}

func (l *limiter) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.windows)
}
