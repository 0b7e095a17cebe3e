package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// read, write and create are the three kinds of call that the policy tells
// apart. No endpoint of this package creates yet.
var (
	readCall   = call{method: http.MethodPost, path: []string{"things", "filter"}, reads: true}
	writeCall  = call{method: http.MethodPatch, path: []string{"things"}, body: map[string]int{"a": 1}}
	createCall = call{method: http.MethodPost, path: []string{"things"}, body: map[string]int{"a": 1}}
)

// failing answers with status for the first n attempts and then with 200.
func failing(n int, status int, header ...string) (http.Handler, *atomic.Int32) {
	var attempts atomic.Int32
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if int(attempts.Add(1)) > n {
			answer(w, http.StatusOK, map[string]string{})
			return
		}
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		answer(w, status, map[string]string{"detail": "no"})
	}), &attempts
}

func TestRetryByStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status             int
		idempotent, create int32 // attempts until the last answer
	}{
		{200, 1, 1},
		{400, 1, 1},
		{401, 1, 1},
		{403, 1, 1},
		{404, 1, 1},
		{408, 1, 1},
		{409, 1, 1},
		{411, 1, 1},
		{412, 1, 1},
		{413, 1, 1},
		{422, 1, 1},
		{429, 4, 4},
		{500, 1, 1},
		{501, 1, 1},
		{502, 4, 1},
		{503, 4, 1},
		{504, 4, 1},
	} {
		for kind, r := range map[string]call{
			"GET": {method: http.MethodGet, path: []string{"things"}}, "PUT": {method: http.MethodPut, path: []string{"things"}},
			"DELETE": {method: http.MethodDelete, path: []string{"things"}}, "PATCH": writeCall, "read": readCall, "create": createCall,
		} {
			t.Run(fmt.Sprintf("%d/%s", c.status, kind), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					want := c.idempotent
					if kind == "create" {
						want = c.create
					}
					handler, attempts := failing(1000, c.status)
					client := newTestClient(t, inProcess{handler}, func(cfg *Config) { cfg.MaxRetries = 3 })
					_, err := client.send(t.Context(), r)
					if got := attempts.Load(); got != want {
						t.Errorf("%d attempts, want %d", got, want)
					}
					var apiError *APIError
					if c.status == http.StatusOK {
						if err != nil {
							t.Errorf("got %v", err)
						}
					} else if !errors.As(err, &apiError) || apiError.Status != c.status || apiError.Attempts != int(want) {
						t.Errorf("got %#v, want the last answer", err)
					}
				})
			})
		}
	}
}

func TestRetryByError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err                error
		report             func(context.Context) // what the transport tells of its connection
		idempotent, create int32
	}{
		"broken connection":      {io.ErrUnexpectedEOF, gotConnection, 4, 1},
		"transport of strangers": {io.ErrUnexpectedEOF, func(context.Context) {}, 4, 1},
		"never connected":        {errors.New("no route to host"), askedForConnection, 4, 4},
	} {
		for kind, r := range map[string]call{"PATCH": writeCall, "read": readCall, "create": createCall} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					want := c.idempotent
					if kind == "create" {
						want = c.create
					}
					var attempts atomic.Int32
					client := newTestClient(t, roundTripFunc(func(req *http.Request) (*http.Response, error) {
						attempts.Add(1)
						c.report(req.Context())
						return nil, c.err
					}), func(cfg *Config) { cfg.MaxRetries = 3 })
					_, err := client.send(t.Context(), r)
					var failure *ConnectionError
					if !errors.As(err, &failure) || !errors.Is(err, c.err) || failure.Attempts != int(want) || attempts.Load() != want {
						t.Errorf("got %v after %d attempts, want %d", err, attempts.Load(), want)
					}
				})
			})
		}
	}
}

func TestRetriesEndInSuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler, attempts := failing(6, http.StatusServiceUnavailable)
		client := newTestClient(t, inProcess{handler})
		if _, err := client.send(t.Context(), writeCall); err != nil || attempts.Load() != 7 {
			t.Errorf("got %v after %d attempts", err, attempts.Load())
		}
	})
}

func TestRetryAfterIsKept(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		header func() []string
		wait   time.Duration
	}{
		"seconds":        {429, func() []string { return []string{"Retry-After", "7"} }, 7 * time.Second},
		"seconds on 503": {503, func() []string { return []string{"Retry-After", "7"} }, 7 * time.Second},
		"date":           {429, func() []string { return []string{"Retry-After", httpDate(9 * time.Second)} }, 9 * time.Second},
		"date on another clock": {429, func() []string {
			return []string{"Retry-After", httpDate(time.Hour + 5*time.Second), "Date", httpDate(time.Hour)}
		}, 5 * time.Second},
		"date that has passed":   {503, func() []string { return []string{"Retry-After", httpDate(-time.Hour)} }, 0},
		"nothing, but 429":       {429, func() []string { return nil }, time.Second},
		"nonsense":               {429, func() []string { return []string{"Retry-After", "soon"} }, time.Second},
		"an hour is two minutes": {429, func() []string { return []string{"Retry-After", "3600"} }, 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handler, _ := failing(1, c.status, c.header()...)
				client := newTestClient(t, inProcess{handler})
				start := time.Now()
				if _, err := client.send(t.Context(), readCall); err != nil {
					t.Fatal(err)
				}
				if waited := time.Since(start); waited < c.wait || waited > c.wait+backoffBase {
					t.Errorf("waited %s, want %s and a little jitter", waited, c.wait)
				}
			})
		})
	}
}

func httpDate(in time.Duration) string {
	return time.Now().Add(in).UTC().Format(http.TimeFormat)
}

func TestCappedRetryAfterIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler, _ := failing(1000, 429, "Retry-After", "3600")
		client := newTestClient(t, inProcess{handler}, func(cfg *Config) { cfg.MaxRetries = 1 })
		_, err := client.send(t.Context(), readCall)
		if err == nil || !strings.Contains(err.Error(), "it asked to wait 1h0m0s, and the client waits 2m0s at most (2 attempts)") {
			t.Errorf("got %v", err)
		}
	})
}

// TestOne429PausesEverybody: calls that have nothing to do with the one that
// was refused wait, too, and start when the time has come.
func TestOne429PausesEverybody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler, attempts := failing(1, 429, "Retry-After", "30")
		client := newTestClient(t, inProcess{handler})
		first := make(chan error)
		go func() { _, err := client.send(t.Context(), readCall); first <- err }()
		synctest.Wait()

		start := time.Now()
		inParallel(20, 20, func(int) {
			if _, err := client.send(t.Context(), writeCall); err != nil {
				t.Error(err)
			}
			if waited := time.Since(start); waited != 30*time.Second {
				t.Errorf("another call waited %s", waited)
			}
		})
		if err := <-first; err != nil {
			t.Error(err)
		}
		if got := attempts.Load(); got != 22 {
			t.Errorf("%d attempts, want 22", got)
		}
	})
}

// TestGateShutsWhileInLine: who waits for a slot when the 429 comes does not
// slip through with it.
func TestGateShutsWhileInLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var attempts atomic.Int32
		start := time.Now()
		client := newTestClient(t, roundTripFunc(func(req *http.Request) (*http.Response, error) {
			handler, _ := failing(0, 200)
			if attempts.Add(1) == 1 {
				handler, _ = failing(1, 429, "Retry-After", "60")
				if err := sleep(req.Context(), time.Second); err != nil {
					return nil, err
				}
			} else if early := time.Minute + time.Second - time.Since(start); early > 0 {
				t.Errorf("an attempt started %s too early", early)
			}
			return inProcess{handler}.RoundTrip(req)
		}), func(cfg *Config) { cfg.MaxConcurrentRequests = 1 })
		inParallel(5, 5, func(int) {
			if _, err := client.send(t.Context(), readCall); err != nil {
				t.Error(err)
			}
		})
	})
}

func TestCancellationEndsEveryWait(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handler func() http.Handler
		slots   int
	}{
		"backoff": {func() http.Handler { h, _ := failing(1000, 503, "Retry-After", "100"); return h }, 10},
		"pause":   {func() http.Handler { h, _ := failing(1000, 429, "Retry-After", "100"); return h }, 10},
		"a slow answer": {func() http.Handler {
			return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		}, 10},
		"a slot": {func() http.Handler {
			return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := newTestClient(t, inProcess{c.handler()}, func(cfg *Config) {
					cfg.MaxConcurrentRequests, cfg.RequestTimeout = c.slots, time.Hour
				})
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(3*time.Second, cancel)
				start := time.Now()
				inParallel(2, 2, func(int) {
					if _, err := client.send(ctx, readCall); !errors.Is(err, context.Canceled) {
						t.Errorf("got %v", err)
					}
				})
				if waited := time.Since(start); waited != 3*time.Second {
					t.Errorf("the wait ended %s after the cancellation", waited-3*time.Second)
				}
			})
		})
	}
}

// TestAttemptTimeout: the limit of one attempt is not the caller's; the call
// goes on unless it could have changed something twice.
func TestAttemptTimeout(t *testing.T) {
	t.Parallel()
	for kind, c := range map[string]struct {
		call call
		want int32
	}{"PATCH": {writeCall, 3}, "read": {readCall, 3}, "create": {createCall, 1}} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var attempts atomic.Int32
				client := newTestClient(t, inProcess{http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					attempts.Add(1)
					<-r.Context().Done()
				})}, func(cfg *Config) { cfg.MaxRetries = 2 })
				_, err := client.send(t.Context(), c.call)
				var failure *ConnectionError
				if !errors.As(err, &failure) || !failure.Timeout || !strings.Contains(err.Error(), "within 30s") || errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
				if got := attempts.Load(); got != c.want {
					t.Errorf("%d attempts, want %d", got, c.want)
				}
			})
		})
	}
}

func TestConcurrencyIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		client := newTestClient(t, roundTripFunc(func(req *http.Request) (*http.Response, error) {
			for n := now.Add(1); n > most.Load(); {
				most.Store(n)
			}
			defer now.Add(-1)
			if err := sleep(req.Context(), time.Second); err != nil {
				return nil, err
			}
			handler, _ := failing(0, 200)
			return inProcess{handler}.RoundTrip(req)
		}), func(cfg *Config) { cfg.MaxConcurrentRequests = 4 })
		start := time.Now()
		inParallel(40, 40, func(int) {
			if _, err := client.send(t.Context(), readCall); err != nil {
				t.Error(err)
			}
		})
		if most.Load() != 4 || time.Since(start) != 10*time.Second {
			t.Errorf("%d at once, %s in all", most.Load(), time.Since(start))
		}
	})
}

func TestFullJitter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base := time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "base"))
		most := time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "most"))
		attempt := rapid.IntRange(0, 200).Draw(t, "attempt")
		got := fullJitter(base, most, attempt)
		if got < 0 || got > most || attempt == 0 && got > base {
			t.Fatalf("fullJitter(%s, %s, %d) = %s", base, most, attempt, got)
		}
	})
}
