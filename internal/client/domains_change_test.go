package client

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestManyWriters: writers of several processes, which share no lock, change the list
// at once; no change is lost, with ETags and without.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	const writers = 8
	for _, etags := range []bool{true, false} {
		for _, latency := range []time.Duration{time.Millisecond, 50 * time.Millisecond, 2 * time.Second} {
			t.Run(fmt.Sprintf("etags=%t/latency=%s", etags, latency), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					api := &fakeAPI{etags: etags, latency: latency, domains: []string{"old.com", "kept.com"}}
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
					defer cancel()
					start := time.Now()
					inParallel(writers, writers, func(i int) {
						client := newTestClient(t, inProcess{api})
						if i == 0 {
							if _, err := client.DisableDomains(ctx, testAccount, []string{"old.com"}); err != nil {
								t.Error(err)
							}
							return
						}
						if _, _, err := client.EnableDomain(ctx, testAccount, fmt.Sprintf("d%d.com", i)); err != nil {
							t.Error(err)
						}
					})
					want := []string{"d1.com", "d2.com", "d3.com", "d4.com", "d5.com", "d6.com", "d7.com", "kept.com"}
					if got := slices.Sorted(slices.Values(api.domains)); !slices.Equal(got, want) {
						t.Errorf("domains %q, want %q", got, want)
					}
					t.Logf("%d writers took %d requests in %s", writers, len(api.seen()), time.Since(start))
				})
			})
		}
	}
}

// TestStaleWriteIsNotSent: without an ETag a write that a rate limit held up does not
// go over what others wrote meanwhile.
func TestStaleWriteIsNotSent(t *testing.T) {
	t.Parallel()
	for name, strike := range map[string]func(http.ResponseWriter){
		"rate limit": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusTooManyRequests)
		},
		"gateway": func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &fakeAPI{domains: []string{"a.com"}}
				struck := false
				api.before = func(f *fakeAPI, w http.ResponseWriter, r *http.Request) bool {
					if r.Method != http.MethodPatch || struck {
						return false
					}
					struck = true
					f.setDomains("a.com", "foreign.com")
					strike(w)
					return true
				}
				if _, _, err := newTestClient(t, inProcess{api}).EnableDomain(t.Context(), testAccount, "b.com"); err != nil {
					t.Fatal(err)
				}
				if want := []string{"a.com", "foreign.com", "b.com"}; !slices.Equal(api.domains, want) {
					t.Errorf("domains %q, want %q", api.domains, want)
				}
			})
		})
	}
}

// TestWriteThatNeverPasses: retries of a write without an ETag are counted, too.
func TestWriteThatNeverPasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var writes atomic.Int32
		api := &fakeAPI{before: func(_ *fakeAPI, w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPatch {
				return false
			}
			writes.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}}
		_, _, err := newTestClient(t, inProcess{api}, func(cfg *Config) { cfg.MaxRetries = 3 }).EnableDomain(t.Context(), testAccount, "b.com")
		if !hasStatus(err, http.StatusServiceUnavailable) || writes.Load() != 4 {
			t.Errorf("%d writes: %v", writes.Load(), err)
		}
	})
}

// TestReleasingDomains: a domain that is being released counts as gone, and enabling
// it again keeps it; asked for, it goes at once.
func TestReleasingDomains(t *testing.T) {
	t.Parallel()
	for _, etags := range []bool{true, false} {
		t.Run(fmt.Sprintf("etags=%t", etags), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &fakeAPI{etags: etags, domains: []string{"a.com", "last.com"}, releases: map[string]bool{"last.com": false}}
				client := newTestClient(t, inProcess{api})
				ctx := t.Context()
				check := func(what string, err error, releasing, want []string) {
					t.Helper()
					listed, listErr := client.ListDomains(ctx, testAccount)
					if err != nil || listErr != nil || !slices.Equal(domainNames(listed), want) {
						t.Errorf("%s: %q, want %q; %v, %v", what, domainNames(listed), want, err, listErr)
					}
					if wanted := api.releases["last.com"]; slices.Contains(releasing, "last.com") != wanted && releasing != nil {
						t.Errorf("%s: releasing %q", what, releasing)
					}
				}
				releasing, err := client.DisableDomains(ctx, testAccount, []string{"last.com"})
				check("disabled", err, releasing, []string{"a.com"})
				api.seen()
				releasing, err = client.DisableDomains(ctx, testAccount, []string{"last.com"})
				if requests := api.seen(); len(requests) != 1 {
					t.Errorf("disabling it again: %q", requests)
				}
				check("disabled again", err, releasing, []string{"a.com"})
				_, _, err = client.EnableDomain(ctx, testAccount, "b.com")
				check("another enabled", err, []string{"last.com"}, []string{"a.com", "b.com"})
				_, already, err := client.EnableDomain(ctx, testAccount, "last.com")
				check("enabled again", err, nil, []string{"a.com", "b.com", "last.com"})
				if already || api.releases["last.com"] {
					t.Error("it is still being released")
				}
				_, releasing, err = client.SetDomains(ctx, testAccount, []string{"b.com"})
				check("set", err, releasing, []string{"b.com"})
				_, releasing, err = client.SetDomains(ctx, testAccount, []string{"b.com"}, AllowDisableSSO)
				check("set at once", err, nil, []string{"b.com"})
				if len(releasing) != 0 || !slices.Equal(api.domains, []string{"b.com"}) {
					t.Errorf("%q is left, releasing %q", api.domains, releasing)
				}
			})
		})
	}
}

// BenchmarkManyWriters says how many requests and how much time eight writers take.
func BenchmarkManyWriters(b *testing.B) {
	for _, etags := range []bool{true, false} {
		b.Run(fmt.Sprintf("etags=%t", etags), func(b *testing.B) {
			requests := 0
			for range b.N {
				api := &fakeAPI{etags: etags, latency: time.Millisecond}
				inParallel(8, 8, func(i int) {
					if _, _, err := newTestClient(b, inProcess{api}).EnableDomain(b.Context(), testAccount, fmt.Sprintf("d%d.com", i)); err != nil {
						b.Error(err)
					}
				})
				if len(api.domains) != 8 {
					b.Errorf("%d domains", len(api.domains))
				}
				requests += len(api.seen())
			}
			b.ReportMetric(float64(requests)/float64(b.N), "requests/op")
		})
	}
}
