package router

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// TestLimiter: each has a limit of their own, and what is over is forgotten.
func TestLimiter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)
	l := newLimiter(func() time.Time { return now })
	limit := store.RateLimit{Requests: 2, Window: time.Minute}
	one, other := uuid.New(), uuid.New()
	for range limit.Requests {
		if err := l.Take(one, limit, "account"); err != nil {
			t.Fatal(err)
		}
	}
	var refused *request.Error
	if err := l.Take(one, limit, "account"); !errors.As(err, &refused) || refused.Status != http.StatusTooManyRequests || refused.Header.Get("Retry-After") != "60" {
		t.Errorf("%v", err)
	}
	if err := l.Take(other, limit, "account"); err != nil {
		t.Error(err)
	}
	for range 100 * fewWindows {
		now = now.Add(time.Second)
		if err := l.Take(uuid.New(), limit, "account"); err != nil {
			t.Fatal(err)
		}
		if len(l.windows) > 2*fewWindows {
			t.Fatalf("%d windows are kept, and 60 are not over", len(l.windows))
		}
	}
}
