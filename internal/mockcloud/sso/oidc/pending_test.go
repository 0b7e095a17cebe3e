package oidc_test

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
)

// TestAbandonedLoginsLeaveNoGrowth begins far more logins than are kept, and
// finds none beyond the bound.
func TestAbandonedLoginsLeaveNoGrowth(t *testing.T) {
	t.Parallel()
	const limit, abandoned = 500, 10_000
	w := start(t, options{})
	rp, err := oidc.New(oidc.Config{Fetch: w.Fetcher(), Clock: w.clock.Now, MaxPending: limit})
	if err != nil {
		t.Fatal(err)
	}
	w.RelyingParty = rp
	oldest := w.begin(t)
	answer := w.answer(t, oldest)
	for range limit {
		w.begin(t)
	}
	full := w.Pending()
	for range abandoned {
		w.begin(t)
	}
	if full != limit || w.Pending() != limit {
		t.Errorf("%d and then %d logins are kept, want %d", full, w.Pending(), limit)
	}
	_, err = w.Finish(t.Context(), w.find, oldest.BrowserSecret, answer)
	rejected(t, err, oidc.StateUnknown)
	if _, err := w.login(t); err != nil {
		t.Errorf("a login after the flood: %v", err)
	}
}

// TestExpiredLoginsGoByThemselves: below the bound, time clears them.
func TestExpiredLoginsGoByThemselves(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	for range 100 {
		w.begin(t)
	}
	w.clock.advance(20 * time.Minute)
	w.begin(t)
	if n := w.Pending(); n != 1 {
		t.Errorf("%d logins are kept, want 1", n)
	}
}

// TestRandomCallbacks: whatever a callback has in it, it is refused, and nothing
// panics. Some of them carry a real state.
func TestRandomCallbacks(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	rapid.Check(t, func(rt *rapid.T) {
		begun := w.begin(t)
		callback := url.Values{}
		for range rapid.IntRange(0, 6).Draw(rt, "parameters") {
			name := rapid.OneOf(rapid.SampledFrom([]string{"state", "code", "iss", "error", "error_description"}), rapid.String()).Draw(rt, "name")
			callback.Add(name, string(rapid.SliceOf(rapid.Byte()).Draw(rt, "value")))
		}
		if rapid.Bool().Draw(rt, "with a real state") {
			u, err := url.Parse(begun.AuthURL)
			if err != nil {
				rt.Fatal(err)
			}
			callback.Set("state", u.Query().Get("state"))
		}
		_, err := w.Finish(t.Context(), w.find, begun.BrowserSecret, callback)
		var refusal *oidc.Refusal
		if !errors.As(err, &refusal) {
			rt.Fatalf("%v: %v", callback, err)
		}
	})
}

// BenchmarkFinish is the server's own share of a login, and the test provider's
// with it: both run here, over real connections.
func BenchmarkFinish(b *testing.B) {
	for _, alg := range []string{"RS256", "ES256"} {
		b.Run(alg, func(b *testing.B) {
			w := start(b, options{alg: alg})
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				begun := w.begin(b)
				answer := w.answer(b, begun)
				b.StartTimer()
				if _, err := w.Finish(b.Context(), w.find, begun.BrowserSecret, answer); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
