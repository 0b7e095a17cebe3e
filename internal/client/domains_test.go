package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	getDomains   = "GET /domains"
	patchDomains = "PATCH /domains"
)

func TestDomainRequests(t *testing.T) {
	t.Parallel()
	enable := func(name string) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error {
			d, _, err := c.EnableDomain(ctx, testAccount, name)
			if err == nil && d.Name != strings.ToLower(name) {
				err = fmt.Errorf("got %+v", d)
			}
			return err
		}
	}
	disable := func(name string) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error {
			_, err := c.DisableDomains(ctx, testAccount, []string{name})
			return err
		}
	}
	set := func(names ...string) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error {
			_, _, err := c.SetDomains(ctx, testAccount, names)
			return err
		}
	}
	for name, c := range map[string]struct {
		do       func(context.Context, *Client) error
		requests []string
		domains  []string
	}{
		"enable":                  {enable("C.com"), []string{getDomains, patchDomains, getDomains}, []string{"a.com", "b.com", "c.com"}},
		"enable what is there":    {enable("B.com"), []string{getDomains}, []string{"a.com", "b.com"}},
		"disable":                 {disable("A.COM."), []string{getDomains, patchDomains, getDomains}, []string{"b.com"}},
		"disable what is absent":  {disable("c.com"), []string{getDomains}, []string{"a.com", "b.com"}},
		"set":                     {set("b.com", "C.com", "c.com."), []string{getDomains, patchDomains, getDomains}, []string{"b.com", "c.com"}},
		"set what is there":       {set("B.com", "a.com"), []string{getDomains}, []string{"a.com", "b.com"}},
		"set nothing":             {set(), []string{getDomains, patchDomains, getDomains}, []string{}},
		"an international domain": {set("Bücher.example"), []string{getDomains, patchDomains, getDomains}, []string{"xn--bcher-kva.example"}},
	} {
		for _, etags := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/etags=%t", name, etags), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					api := &fakeAPI{etags: etags, domains: []string{"a.com", "b.com"}}
					if err := c.do(t.Context(), newTestClient(t, inProcess{api})); err != nil {
						t.Fatal(err)
					}
					if got := api.seen(); !slices.Equal(got, c.requests) {
						t.Errorf("requests %q, want %q", got, c.requests)
					}
					if !slices.Equal(api.domains, c.domains) {
						t.Errorf("domains %q, want %q", api.domains, c.domains)
					}
				})
			})
		}
	}
}

func TestEnableDomainReportsWhetherItWrote(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{etags: true}
		client := newTestClient(t, inProcess{api})
		for _, want := range []bool{false, true} {
			d, already, err := client.EnableDomain(t.Context(), testAccount, "acme.com")
			if err != nil || already != want || d.ID != "id-acme.com" {
				t.Errorf("got %+v, already %t, %v", d, already, err)
			}
		}
	})
}

// TestForeignWriters: somebody changes the list between a read and a write.
// With ETags nothing is lost; without them the own change still gets there.
func TestForeignWriters(t *testing.T) {
	t.Parallel()
	for _, etags := range []bool{true, false} {
		t.Run(fmt.Sprintf("etags=%t", etags), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &fakeAPI{etags: etags, domains: []string{"a.com"}}
				writes := 0
				api.before = func(f *fakeAPI, _ http.ResponseWriter, r *http.Request) bool {
					switch {
					case r.Method == http.MethodPatch:
						if writes++; writes <= 2 && etags {
							f.setDomains(append(f.domains, fmt.Sprintf("foreign%d.com", writes))...)
						}
					case writes == 1 && !etags:
						f.setDomains("a.com", "foreign1.com") // their write went over ours
						writes++
					}
					return false
				}
				if _, already, err := newTestClient(t, inProcess{api}).EnableDomain(t.Context(), testAccount, "b.com"); err != nil || already {
					t.Fatalf("already %t, %v", already, err)
				}
				want := []string{"a.com", "foreign1.com", "b.com"}
				if etags {
					want = []string{"a.com", "foreign1.com", "foreign2.com", "b.com"}
				}
				if !slices.Equal(api.domains, want) {
					t.Errorf("domains %q, want %q", api.domains, want)
				}
			})
		})
	}
}

// TestWriteWhoseAnswerIsLost: the write happened, its answer did not come, its
// repetition fails with 412, and the next read settles it.
func TestWriteWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for _, etags := range []bool{true, false} {
		t.Run(fmt.Sprintf("etags=%t", etags), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &fakeAPI{etags: etags, domains: []string{"a.com"}}
				lost := false
				api.before = func(f *fakeAPI, w http.ResponseWriter, r *http.Request) bool {
					if r.Method != http.MethodPatch || lost {
						return false
					}
					lost = true
					f.setDomains("a.com", "b.com")
					w.WriteHeader(http.StatusServiceUnavailable)
					return true
				}
				if _, already, err := newTestClient(t, inProcess{api}).EnableDomain(t.Context(), testAccount, "b.com"); err != nil || already {
					t.Fatalf("already %t, %v", already, err)
				}
				if !slices.Equal(api.domains, []string{"a.com", "b.com"}) {
					t.Errorf("domains %q", api.domains)
				}
			})
		})
	}
}

func TestLostWrite(t *testing.T) {
	t.Parallel()
	for _, etags := range []bool{true, false} {
		t.Run(fmt.Sprintf("etags=%t", etags), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &fakeAPI{etags: etags, latency: 10 * time.Millisecond}
				api.before = func(f *fakeAPI, _ http.ResponseWriter, r *http.Request) bool {
					if etags == (r.Method == http.MethodPatch) {
						f.setDomains("foreign.com")
					}
					return false
				}
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				begun := time.Now()
				_, _, err := newTestClient(t, inProcess{api}).SetDomains(ctx, testAccount, []string{"b.com"})
				var lost *LostWriteError
				if !errors.As(err, &lost) || !slices.Equal(lost.Domains, []string{"b.com"}) || !lost.Since.Equal(begun) {
					t.Fatalf("got %v", err)
				}
				if took := time.Since(begun); lost.Waited != 5*time.Minute || took < lost.Waited || took > lost.Waited+lookUpTimeout { // it looks once more
					t.Errorf("gave up after %s, says %s", took, lost.Waited)
				}
				writes := slices.DeleteFunc(api.seen(), func(r string) bool { return r != patchDomains })
				if len(writes) < 20 || len(writes) > 2000 || lost.Tries-len(writes) > 1 {
					t.Errorf("%d writes, says %d", len(writes), lost.Tries)
				}
			})
		})
	}
}

// TestWritersInOneProcess: twenty at once, over two clients, without ETags.
func TestWritersInOneProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{latency: 10 * time.Millisecond}
		one := newTestClient(t, inProcess{api})
		other := newTestClient(t, inProcess{api}, func(cfg *Config) { cfg.Endpoint = one.base })
		clients := []*Client{one, other}
		inParallel(20, 20, func(i int) {
			if _, _, err := clients[i%2].EnableDomain(t.Context(), testAccount, fmt.Sprintf("d%02d.com", i)); err != nil {
				t.Error(err)
			}
		})
		if len(api.domains) != 20 {
			t.Errorf("%d domains of 20: %q", len(api.domains), api.domains)
		}
		if got := len(api.seen()); got != 60 {
			t.Errorf("%d requests, want 60", got)
		}
	})
}

func TestDomainErrors(t *testing.T) {
	t.Parallel()
	reject := func(status int, detail string) func(*fakeAPI, http.ResponseWriter, *http.Request) bool {
		return func(_ *fakeAPI, w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/domains") {
				return false
			}
			answer(w, status, map[string]string{"detail": detail})
			return true
		}
	}
	for name, c := range map[string]struct {
		api      *fakeAPI
		is       func(error) bool
		text     string
		requests int
	}{
		"taken elsewhere": {&fakeAPI{before: reject(409, "acme.com is enabled in another account")}, IsConflict, "another account", 1},
		"gone":            {&fakeAPI{before: reject(404, "Account not found")}, IsNotFound, "Account not found", 2},
		"plan": {
			&fakeAPI{before: reject(403, "Enterprise only"), features: []string{"teams"}},
			func(err error) bool { return IsPlanLimit(err) && IsForbidden(err) }, `does not have the feature "sso": GET`, 2,
		},
		"permission": {
			&fakeAPI{before: reject(403, "administrate:sso is missing"), features: []string{"sso"}},
			func(err error) bool { return !IsPlanLimit(err) && IsForbidden(err) }, "administrate:sso is missing", 2,
		},
		"features are not told": {
			&fakeAPI{before: reject(403, "administrate:sso is missing")},
			func(err error) bool { return !IsPlanLimit(err) && IsForbidden(err) }, "administrate:sso is missing", 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := newTestClient(t, inProcess{c.api})
				_, listErr := client.ListDomains(t.Context(), testAccount)
				_, _, enableErr := client.EnableDomain(t.Context(), testAccount, "acme.com")
				_, disableErr := client.DisableDomains(t.Context(), testAccount, []string{"acme.com"})
				for _, err := range []error{listErr, enableErr, disableErr} {
					if err == nil || !c.is(err) || !strings.Contains(err.Error(), c.text) {
						t.Errorf("got %v", err)
					}
				}
				if got := len(c.api.seen()); got != 3*c.requests {
					t.Errorf("%d requests, want %d", got, 3*c.requests)
				}
			})
		})
	}
}

func TestDomainNamesAreCheckedBeforeAnyRequest(t *testing.T) {
	t.Parallel()
	api := &fakeAPI{}
	client := newTestClient(t, inProcess{api})
	var wrong *DomainError
	if _, _, err := client.EnableDomain(t.Context(), testAccount, "acme"); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
	if _, err := client.DisableDomains(t.Context(), testAccount, []string{"*.acme.com"}); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
	if _, _, err := client.SetDomains(t.Context(), testAccount, []string{"acme.com", ""}); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
	if got := api.seen(); len(got) != 0 {
		t.Errorf("sent %q", got)
	}
}

func TestWaitingWriterGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{latency: time.Minute}
		client := newTestClient(t, inProcess{api}, func(cfg *Config) { cfg.RequestTimeout = time.Hour })
		first := make(chan error)
		go func() { _, _, err := client.EnableDomain(t.Context(), testAccount, "a.com"); first <- err }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := client.DisableDomains(ctx, testAccount, []string{"a.com"}); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
		if err := <-first; err != nil {
			t.Error(err)
		}
	})
}

// Over all tries no answer tells: a look says whether the domain is enabled, and where that fails, too, the outcome is unknown.
func TestWriteThatNobodyAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ made, look, uncertain bool }{
		"made": {made: true, look: true}, "not made": {look: true}, "nobody knows": {made: true, uncertain: true},
	} {
		for _, etags := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, etags=%t", name, etags), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					api := &fakeAPI{etags: etags, domains: []string{"a.com"}}
					written := false
					api.before = func(f *fakeAPI, w http.ResponseWriter, r *http.Request) bool {
						if r.Method == http.MethodPatch {
							if test.made {
								f.setDomains("a.com", "b.com")
							}
							written = true
						} else if !written || test.look {
							return false
						}
						w.WriteHeader(http.StatusServiceUnavailable)
						return true
					}
					d, already, err := newTestClient(t, inProcess{api}).EnableDomain(t.Context(), testAccount, "b.com")
					switch {
					case IsUncertain(err) != test.uncertain:
						t.Errorf("got %v", err)
					case test.made && test.look && (err != nil || already || d.Name != "b.com"):
						t.Errorf("got %v, already %t, %v", d, already, err)
					case !test.made && err == nil:
						t.Error("it was not made, and that is no error")
					}
				})
			})
		}
	}
}
