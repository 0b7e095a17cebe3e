package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The waits between attempts.
const (
	backoffBase = 250 * time.Millisecond
	backoffCap  = 10 * time.Second
	// retryAfterCap bounds what a server can make the client wait at once.
	retryAfterCap = 2 * time.Minute
	// defaultPause is how long a 429 without Retry-After stops the client.
	defaultPause = time.Second
)

// retryPolicy is the client's one answer to "again?" and "when?".
//
// A call that may be repeated without harm (GET, PUT, PATCH, DELETE and a POST
// that only reads) is repeated on 429, 502, 503, 504 and on connection errors,
// an attempt that ran out of time or an answer that broke off included. Any
// other POST is repeated only on 429 and when nothing had been sent. No other
// status is ever repeated.
//
// A call that goes stale is left to its caller: see call.staleAfter.
//
// Waits grow with full jitter; Retry-After (RFC 9110, section 10.2.3) comes
// before them. A 429 shuts the gate that every attempt of the client passes.
type retryPolicy struct {
	base, maxWait time.Duration // of the backoff
	pause         time.Duration // after a 429 without Retry-After
	gate          gate
	log           func(ctx context.Context, level Level, msg string, fields map[string]any)
}

func newRetryPolicy(log func(context.Context, Level, string, map[string]any)) *retryPolicy {
	return &retryPolicy{base: backoffBase, maxWait: backoffCap, pause: defaultPause, log: log}
}

// callState travels in the context of a call through all its attempts.
type callState struct {
	idempotent bool
	keyed      bool // by an Idempotency-Key
	attempts   int
	retryAfter time.Duration // what the last answer asked for, uncapped
	staleAfter time.Time     // when it must not be sent any more; such a call is sent once
	took       time.Duration // the last attempt
	doubt      doubt
	redact     redactor // knows what the call sends
}

// doubt is what the attempts of a call leave open of what it writes.
type doubt struct {
	written  bool // an attempt may have written, and no answer tells
	underway bool // an attempt without an answer may still be worked on
}

// note takes over how an attempt ended that may have reached the server: err is nil after an answer. Below 500 an answer
// tells; those of a gateway do not tell whether the server has done with the request.
func (d *doubt) note(status int, err error) {
	gateway := status == http.StatusBadGateway || status == http.StatusGatewayTimeout
	d.written = d.written || err != nil || status >= http.StatusInternalServerError
	d.underway = d.underway || err != nil || gateway
}

type callStateKey struct{}

func withCallState(ctx context.Context, state *callState) context.Context {
	return context.WithValue(ctx, callStateKey{}, state)
}

// callStateOf returns the state of the call that ctx belongs to; a context
// from elsewhere gets the careful one, which repeats little.
func callStateOf(ctx context.Context) *callState {
	if state, ok := ctx.Value(callStateKey{}).(*callState); ok {
		return state
	}
	return &callState{}
}

// check implements retryablehttp.CheckRetry.
func (p *retryPolicy) check(ctx context.Context, resp *http.Response, err error) (bool, error) {
	retry := false
	if state := callStateOf(ctx); !state.staleAfter.IsZero() && state.attempts > 0 {
		if err != nil && ctx.Err() != nil {
			return false, ctx.Err()
		}
		return false, nil
	}
	if err != nil {
		var failed *attemptError
		retry = errors.As(err, &failed) && !failed.permanent && (callStateOf(ctx).idempotent || !failed.sent)
	} else {
		retry = retryStatus(resp.StatusCode, callStateOf(ctx))
	}
	// An answer that needs no repetition counts even when the caller gave up
	// at that moment: what was written was written.
	if (retry || err != nil) && ctx.Err() != nil {
		return false, ctx.Err()
	}
	return retry, nil
}

// retryStatus reports whether an answer is worth another attempt. After a 500
// only what a key protects is repeated: the key finds what was made before it.
func retryStatus(status int, state *callState) bool {
	switch status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return state.idempotent
	}
	return state.keyed && status >= http.StatusInternalServerError
}

// backoff implements retryablehttp.Backoff. Its bounds come from the policy,
// not from retryablehttp.
func (p *retryPolicy) backoff(_, _ time.Duration, attempt int, resp *http.Response) time.Duration {
	if resp != nil {
		if asked, ok := retryAfter(resp.Header, time.Now()); ok {
			// The jitter spreads those who were told the same time.
			return min(asked, retryAfterCap) + fullJitter(p.base, p.maxWait, 0)
		}
	}
	return fullJitter(p.base, p.maxWait, attempt)
}

// fullJitter picks a wait between nothing and base doubled attempt times, most
// at the most.
func fullJitter(base, maxWait time.Duration, attempt int) time.Duration {
	ceiling := base
	for range attempt {
		if ceiling >= maxWait {
			break
		}
		ceiling *= 2
	}
	return rand.N(min(ceiling, maxWait) + 1)
}

// retryAfter reads a Retry-After header, in seconds or as an HTTP-date. A date
// is compared with the server's own clock where the answer tells it.
func retryAfter(header http.Header, now time.Time) (time.Duration, bool) {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return max(0, at.Sub(now)), true
}

// observe notes what an answer asks for, and stops the client after a 429.
func (p *retryPolicy) observe(ctx context.Context, resp *http.Response) {
	asked, given := retryAfter(resp.Header, time.Now())
	callStateOf(ctx).retryAfter = asked
	if resp.StatusCode != http.StatusTooManyRequests {
		return
	}
	pause := p.pause
	if given {
		pause = min(asked, retryAfterCap)
	}
	if p.gate.shut(time.Now().Add(pause)) {
		p.log(ctx, LevelWarn, "rate limit reached, requests pause", map[string]any{"pause_ms": pause.Milliseconds()})
	}
}

// gate holds every attempt back until a time has come.
type gate struct {
	mu    sync.Mutex
	until time.Time
}

// shut closes the gate until then, and says if that is later than before.
func (g *gate) shut(until time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !until.After(g.until) {
		return false
	}
	g.until = until
	return true
}

func (g *gate) left() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Until(g.until)
}

// wait returns when the gate is open or ctx has ended.
func (g *gate) wait(ctx context.Context) error {
	for left := g.left(); left > 0; left = g.left() {
		if err := sleep(ctx, left); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// sleep waits for d, or less if ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
