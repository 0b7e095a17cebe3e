package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestByEmailRequests holds the numbers: N reads of one person each, in an
// account of M people, cost at most N + 4 requests, and at most P + 4 where
// they come ten at a time and P is up to 28.
func TestByEmailRequests(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 10} {
		for _, n := range []int{1, 2, 3, 4, 20, 100, 250} {
			for _, m := range []int{100, 200, 201, 1000, 5600, 10000} {
				if n > m {
					continue
				}
				t.Run(fmt.Sprintf("workers=%d/N=%d/M=%d", workers, n, m), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						api := &fakeAPI{latency: 50 * time.Millisecond}
						api.populate(m)
						members := newTestClient(t, inProcess{api}).Members(testAccount)
						inParallel(workers, n, func(i int) {
							i = i * m / n // all over the account
							member, err := members.ByEmail(t.Context(), personEmail(i))
							if err != nil || *member.Email != personEmail(i) {
								t.Errorf("person %d: %+v, %v", i, member, err)
							}
						})
						got, pages := len(api.seen()), pagesOf(m)
						if got > n+4 {
							t.Errorf("%d requests, more than N + 4", got)
						}
						if (workers == 10 && pages <= 28 || pages == 1) && got > pages+4 {
							t.Errorf("%d requests, more than P + 4 = %d", got, pages+4)
						}
					})
				})
			}
		}
	}
}

// TestByEmailRounds shows the order of requests that the rules make.
func TestByEmailRounds(t *testing.T) {
	t.Parallel()
	const (
		lookup = "POST /account_memberships/filter"
		count  = "POST /account_memberships/count"
	)
	for name, c := range map[string]struct {
		people, workers, reads int
		want                   []string
	}{
		"one":                           {1000, 1, 1, []string{lookup}},
		"two in turn":                   {1000, 1, 2, []string{lookup, lookup}},
		"a small account is listed":     {100, 1, 50, []string{lookup, lookup, count, lookup}},
		"ten at once":                   {10000, 10, 10, []string{lookup, lookup}},
		"the listing starts with 20":    {1000, 10, 30, []string{lookup, lookup, count, lookup, lookup, lookup, lookup, lookup}},
		"a listing is too dear for now": {10000, 10, 20, []string{lookup, lookup, count, lookup}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &fakeAPI{latency: 20 * time.Millisecond}
				api.populate(c.people)
				members := newTestClient(t, inProcess{api}).Members(testAccount)
				inParallel(c.workers, c.reads, func(i int) {
					if _, err := members.ByEmail(t.Context(), personEmail(i)); err != nil {
						t.Error(err)
					}
				})
				if got := api.seen(); strings.Join(got, "\n") != strings.Join(c.want, "\n") {
					t.Errorf("requests:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
				}
			})
		})
	}
}

// TestByEmailRoundTrips: however many are asked for ten at a time, they are there after three round trips.
func TestByEmailRoundTrips(t *testing.T) {
	t.Parallel()
	for _, latency := range []time.Duration{50 * time.Millisecond, 2 * time.Second} {
		t.Run(latency.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &fakeAPI{latency: latency}
				api.populate(250)
				members := newTestClient(t, inProcess{api}).Members(testAccount)
				start := time.Now()
				inParallel(10, 250, func(i int) {
					if _, err := members.ByEmail(t.Context(), personEmail(i)); err != nil {
						t.Error(err)
					}
				})
				if took := time.Since(start); took >= 3*latency+20*time.Millisecond {
					t.Errorf("took %s, which is more than three times %s", took, latency)
				}
				if got := len(api.seen()); got != 5 { // two lookups, count, two pages
					t.Errorf("%d requests, want 5", got)
				}
			})
		})
	}
}

// TestByEmailAloneIsNotDelayed: gathering is for those who have company.
func TestByEmailAloneIsNotDelayed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{}
		api.populate(10000)
		members := newTestClient(t, inProcess{api}).Members(testAccount)
		start := time.Now()
		for i := range 20 {
			if _, err := members.ByEmail(t.Context(), personEmail(i)); err != nil {
				t.Fatal(err)
			}
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("20 reads in turn waited %s", waited)
		}
	})
}

func TestAbsenceIsConfirmed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{}
		api.populate(150)
		members := newTestClient(t, inProcess{api}).Members(testAccount)
		for i := range 10 { // enough for the listing
			if _, err := members.ByEmail(t.Context(), personEmail(i)); err != nil {
				t.Fatal(err)
			}
		}
		api.seen()

		const email = "Nobody@acme.com"
		var absent *NotMemberError
		for range 2 { // the second time, too: absence is not remembered
			_, err := members.ByEmail(t.Context(), email)
			if !errors.As(err, &absent) || absent.Email != email || !IsNotFound(err) {
				t.Fatalf("got %v", err)
			}
			if got := len(api.seen()); got != 1 {
				t.Errorf("%d requests to confirm, want 1", got)
			}
		}

		joined := "nobody@acme.com"
		api.mu.Lock()
		api.people = append(api.people, Membership{ID: "new", Email: &joined})
		api.mu.Unlock()
		if member, err := members.ByEmail(t.Context(), email); err != nil || member.ID != "new" {
			t.Errorf("after joining: %+v, %v", member, err)
		}
	})
}

// TestListingReadsOn: the listing has more pages than the count promised.
func TestListingReadsOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{}
		api.populate(650)
		api.before = func(f *fakeAPI, w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/count") {
				answer(w, http.StatusOK, 150)
				return true
			}
			return false
		}
		members := newTestClient(t, inProcess{api}).Members(testAccount)
		for i := range 3 {
			if _, err := members.ByEmail(t.Context(), personEmail(i)); err != nil {
				t.Fatal(err)
			}
		}
		api.seen()
		if _, err := members.ByEmail(t.Context(), personEmail(649)); err != nil {
			t.Fatal(err)
		}
		if got := api.seen(); len(got) != 0 {
			t.Errorf("the last person cost %q, though the listing has her", got)
		}
	})
}

func TestSharedErrorAndLeavingAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{latency: time.Second}
		api.populate(1000)
		members := newTestClient(t, inProcess{api}).Members(testAccount)

		// Three wait for one person; the first, who began the request, leaves.
		leaving, leave := context.WithCancel(t.Context())
		errs := make(chan error, 3)
		go func() { _, err := members.ByEmail(leaving, personEmail(7)); errs <- err }()
		synctest.Wait()
		for range 2 {
			go func() { _, err := members.ByEmail(t.Context(), personEmail(7)); errs <- err }()
		}
		synctest.Wait()
		leave()
		synctest.Wait()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Errorf("who left got %v", err)
		}
		for range 2 {
			if err := <-errs; err != nil {
				t.Errorf("who stayed got %v", err)
			}
		}
		if got := len(api.seen()); got != 1 {
			t.Errorf("%d requests, want the shared one", got)
		}

		// A refusal reaches everybody of the round.
		api.mu.Lock()
		api.before = func(_ *fakeAPI, w http.ResponseWriter, _ *http.Request) bool {
			answer(w, http.StatusForbidden, map[string]string{"detail": "read:account_membership is missing"})
			return true
		}
		api.mu.Unlock()
		inParallel(5, 5, func(i int) {
			if _, err := members.ByEmail(t.Context(), personEmail(100+i)); !IsForbidden(err) {
				t.Errorf("got %v, want 403", err)
			}
		})
	})
}

// TestNoCallerWaits: a request ends with the last who waits for it, and those
// who come afterwards are served.
func TestNoCallerWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{latency: time.Hour}
		api.populate(10)
		client := newTestClient(t, inProcess{api}, func(cfg *Config) { cfg.RequestTimeout = 2 * time.Hour })
		members := client.Members(testAccount)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := members.ByEmail(ctx, personEmail(1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		synctest.Wait()
		if waited := time.Since(start); waited != time.Second {
			t.Errorf("the request outlived its last reader by %s", waited-time.Second)
		}
		if transport, ok := client.http.HTTPClient.Transport.(*attempts); !ok || len(transport.slots) != 0 {
			t.Error("the abandoned request still holds a slot")
		}
		if _, err := members.ByEmail(t.Context(), personEmail(1)); err != nil {
			t.Errorf("the next reader got %v", err)
		}

		failed := make(chan error)
		go func() { _, err := members.ByEmail(t.Context(), personEmail(2)); failed <- err }()
		synctest.Wait()
		client.Close()
		if err := <-failed; !errors.Is(err, ErrClosed) {
			t.Errorf("closing the client gave %v", err)
		}
	})
}

func TestByEmails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{latency: 50 * time.Millisecond}
		api.populate(10000)
		members := newTestClient(t, inProcess{api}).Members(testAccount)
		emails := []string{"nobody@acme.com", " PERSON00000@ACME.COM "}
		for i := range 9998 {
			emails = append(emails, personEmail(i))
		}
		start := time.Now()
		found, err := members.ByEmails(t.Context(), emails)
		if err != nil || len(found) != 9998 {
			t.Fatalf("%d found, %v", len(found), err)
		}
		if _, ok := found["nobody@acme.com"]; ok {
			t.Error("nobody was found")
		}
		if got := len(api.seen()); got != 50 {
			t.Errorf("%d requests for 9,999 people, want 50", got)
		}
		if took := time.Since(start); took != 250*time.Millisecond {
			t.Errorf("took %s: 50 requests in five rows of ten at 50 ms are 250 ms", took)
		}
		if _, err := members.ByEmail(t.Context(), personEmail(9997)); err != nil || len(api.seen()) != 0 {
			t.Errorf("a later single read was not answered from memory (%v)", err)
		}
	})
}

// TestBothSpellings: whether the server has a person's domain in Unicode or in
// ASCII, they are found by either form, in one request.
func TestBothSpellings(t *testing.T) {
	t.Parallel()
	const written, ascii = "ömeR@bücher.example", "ömer@xn--bcher-kva.example"
	for _, stored := range []string{written, ascii} {
		for _, asked := range []string{written, ascii} {
			t.Run(stored+" as "+asked, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					api := &fakeAPI{people: []Membership{{ID: "other"}, {ID: "ömer", Email: &stored}}}
					members := newTestClient(t, inProcess{api}).Members(testAccount)
					single, err := members.ByEmail(t.Context(), asked)
					if err != nil || single.ID != "ömer" || len(api.seen()) != 1 {
						t.Errorf("ByEmail gave %+v, %v", single, err)
					}
					found, err := members.Refetch(t.Context(), asked)
					if err != nil || found[ascii].ID != "ömer" || len(api.seen()) != 1 {
						t.Errorf("Refetch gave %+v, %v", found, err)
					}
					if err := members.SetRole(t.Context(), single, AccountRole{ID: "role-admin"}); err != nil {
						t.Fatal(err)
					}
					api.seen()
					found, err = members.ByEmails(t.Context(), []string{written, ascii})
					if err != nil || len(found) != 1 || found[ascii].AccountRoleID != "role-admin" || len(api.seen()) != 0 {
						t.Errorf("memory gave %+v, %v", found, err)
					}
				})
			})
		}
	}
}

// TestBothSpellingsFit: a request has up to 200 addresses, which the fake
// insists on.
func TestBothSpellingsFit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{latency: 50 * time.Millisecond}
		emails := make([]string, 350)
		for i := range emails {
			emails[i] = fmt.Sprintf("person%03d@%s", i, []string{"bücher.example", "acme.com"}[i%2])
			api.people = append(api.people, Membership{ID: emails[i], Email: &emails[i]})
		}
		found, err := newTestClient(t, inProcess{api}).Members(testAccount).ByEmails(t.Context(), emails)
		if got := len(api.seen()); err != nil || len(found) != len(emails) || got != 3 {
			t.Errorf("%d of %d found in %d requests, want 3 for 525 addresses (%v)", len(found), len(emails), got, err)
		}
		members := newTestClient(t, inProcess{api}).Members(testAccount)
		inParallel(len(emails), len(emails), func(i int) {
			if member, err := members.ByEmail(t.Context(), emails[i]); err != nil || member.ID != emails[i] {
				t.Errorf("%s: %+v, %v", emails[i], member, err)
			}
		})
	})
}

func TestSetRoleCorrectsMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		admin := AccountRole{ID: "role-admin", Name: "Admin"}
		api := &fakeAPI{}
		api.populate(10)
		members := newTestClient(t, inProcess{api}).Members(testAccount)
		member, err := members.ByEmail(t.Context(), personEmail(3))
		if err != nil {
			t.Fatal(err)
		}
		api.seen()
		if err := members.SetRole(t.Context(), member, admin); err != nil {
			t.Fatal(err)
		}
		if got := api.seen(); len(got) != 1 || got[0] != "PATCH /account_memberships/membership-00003" {
			t.Errorf("a role change cost %q", got)
		}
		if member, err = members.ByEmail(t.Context(), personEmail(3)); err != nil || member.AccountRoleName != "Admin" || member.AccountRoleID != admin.ID {
			t.Errorf("memory says %+v, %v", member, err)
		}

		// Somebody else changes it: Refetch sees that, and so does memory.
		api.mu.Lock()
		api.people[3].AccountRoleID = "role-owner"
		api.mu.Unlock()
		found, err := members.Refetch(t.Context(), personEmail(3), "nobody@acme.com")
		if err != nil || len(found) != 1 || found[EmailKey(personEmail(3))].AccountRoleID != "role-owner" {
			t.Errorf("refetched %+v, %v", found, err)
		}
		if member, err = members.ByEmail(t.Context(), personEmail(3)); err != nil || member.AccountRoleID != "role-owner" {
			t.Errorf("memory says %+v, %v", member, err)
		}

		// Somebody has left: Refetch takes them out of memory.
		api.mu.Lock()
		api.people = append(api.people[:3:3], api.people[4:]...)
		api.mu.Unlock()
		if found, err = members.Refetch(t.Context(), personEmail(3)); err != nil || len(found) != 0 {
			t.Errorf("refetched %+v, %v", found, err)
		}
		if _, err = members.ByEmail(t.Context(), personEmail(3)); !IsNotFound(err) {
			t.Errorf("got %v", err)
		}
	})
}

// TestWriteDuringRead: an answer that was on its way before a write does not
// bring the old role back.
func TestWriteDuringRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var slow atomic.Bool
		api := &fakeAPI{}
		api.populate(10)
		delayed := roundTripFunc(func(req *http.Request) (*http.Response, error) {
			resp, err := inProcess{api}.RoundTrip(req)
			if slow.Load() && req.Method == http.MethodPost {
				return resp, errors.Join(err, sleep(req.Context(), time.Second))
			}
			return resp, err
		})
		members := newTestClient(t, delayed).Members(testAccount)
		found, err := members.Refetch(t.Context(), personEmail(1))
		if err != nil {
			t.Fatal(err)
		}
		slow.Store(true)
		done := make(chan error)
		go func() { _, err := members.Refetch(t.Context(), personEmail(1)); done <- err }()
		synctest.Wait() // the read has its answer, and is on its way back
		if err := members.SetRole(t.Context(), found[EmailKey(personEmail(1))], AccountRole{ID: "role-admin", Name: "Admin"}); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if member, err := members.ByEmail(t.Context(), personEmail(1)); err != nil || member.AccountRoleName != "Admin" {
			t.Errorf("memory says %s, %v", member.AccountRoleName, err)
		}
	})
}

// TestOwnWritesKeepApart: an own write corrects what it wrote, and not what another one wrote before that somebody else has
// changed since.
func TestOwnWritesKeepApart(t *testing.T) {
	t.Parallel()
	members := newTestClient(t, inProcess{&fakeAPI{}}).Members(testAccount)
	email := "ada@acme.com"
	row := Membership{ID: "m", Email: &email, AccountRoleID: "member", Active: true}
	members.merge(members.tick(), []Membership{row})
	began := members.tick()
	members.mu.Lock()
	members.wrote(email, func(w *ownWrite, at uint64) { w.role, w.roleAt = AccountRole{ID: "admin"}, at })
	members.mu.Unlock()
	if got := members.merge(began, []Membership{row})[email]; got.AccountRoleID != "admin" || !got.Active {
		t.Errorf("a read from before the write says %+v", got)
	}
	row.AccountRoleID = "owner" // somebody else's doing
	members.merge(members.tick(), []Membership{row})
	members.mu.Lock()
	members.wrote(email, func(w *ownWrite, at uint64) { w.active, w.activeAt = false, at })
	got := members.known[email]
	members.mu.Unlock()
	if got.AccountRoleID != "owner" || got.Active {
		t.Errorf("memory says %+v", got)
	}
}

func TestSetRoleFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{}
		api.populate(10)
		members := newTestClient(t, inProcess{api}).Members(testAccount)
		member, err := members.ByEmail(t.Context(), personEmail(1))
		if err != nil {
			t.Fatal(err)
		}
		gone := member
		gone.ID = "membership-gone"
		if err := members.SetRole(t.Context(), gone, AccountRole{ID: "role-admin"}); !IsNotFound(err) {
			t.Errorf("got %v", err)
		}
		api.seen()
		if _, err := members.ByEmail(t.Context(), personEmail(1)); err != nil || len(api.seen()) != 1 {
			t.Errorf("after a failed write the server was not asked again (%v)", err)
		}
	})
}

// TestFirstRowWins: two users with one email cannot be; if they are, the
// answer does not depend on luck.
func TestFirstRowWins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{}
		api.populate(2)
		twin := personEmail(0)
		api.people = append(api.people, Membership{ID: "twin", Email: &twin}, Membership{ID: "bot"})
		members := newTestClient(t, inProcess{api}).Members(testAccount)
		if member, err := members.ByEmail(t.Context(), twin); err != nil || member.ID != "membership-00000" {
			t.Errorf("got %+v, %v", member, err)
		}
	})
}
