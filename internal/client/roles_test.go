package client

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func testRoles() []AccountRole {
	return []AccountRole{
		{ID: "aaaaaaaa-0000-4000-8000-000000000001", Name: "Owner", IsSystemRole: true, Permissions: []string{"bypass:sso"}},
		{ID: "aaaaaaaa-0000-4000-8000-000000000002", Name: "Member", IsSystemRole: true},
		{ID: "aaaaaaaa-0000-4000-8000-000000000003", Name: "Auditor"},
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ask, want string
	}{
		"name":           {"Auditor", "Auditor"},
		"id":             {"aaaaaaaa-0000-4000-8000-000000000002", "Member"},
		"id in capitals": {"AAAAAAAA-0000-4000-8000-000000000002", "Member"},
		"name is exact":  {"auditor", ""},
		"unknown id":     {"aaaaaaaa-0000-4000-8000-000000000009", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := &fakeAPI{roles: testRoles()}
			role, err := newTestClient(t, inProcess{api}).Roles(testAccount).Resolve(t.Context(), c.ask)
			var unknown *UnknownNameError
			if c.want != "" && (err != nil || role.Name != c.want) {
				t.Errorf("got %+v, %v", role, err)
			}
			if c.want == "" && (!errors.As(err, &unknown) || !slices.Equal(unknown.Existing, []string{"Auditor", "Member", "Owner"})) {
				t.Errorf("got %+v, %v", role, err)
			}
			if got := len(api.seen()); got != 1 {
				t.Errorf("%d listings: the first one is fresh", got)
			}
		})
	}
}

func TestRolesAreReadOnceAndAgainForAnUnknownOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{roles: testRoles(), latency: time.Second}
		client := newTestClient(t, inProcess{api})
		inParallel(20, 20, func(int) {
			roles, err := client.Roles(testAccount).List(t.Context())
			if err != nil || len(roles) != 3 || roles[0].Name != "Owner" {
				t.Errorf("got %+v, %v", roles, err)
			}
			if _, err := client.Roles(testAccount).Resolve(t.Context(), "Member"); err != nil {
				t.Error(err)
			}
		})
		if got := len(api.seen()); got != 1 {
			t.Errorf("%d listings, want 1", got)
		}

		api.mu.Lock()
		api.roles = append(api.roles, AccountRole{ID: "new", Name: "Billing"})
		api.mu.Unlock()
		inParallel(20, 20, func(int) {
			if role, err := client.Roles(testAccount).Resolve(t.Context(), "Billing"); err != nil || role.ID != "new" {
				t.Errorf("got %+v, %v", role, err)
			}
		})
		// Who asks while a listing is under way needs one that began later.
		if got := len(api.seen()); got > 2 {
			t.Errorf("%d more listings for twenty questions, want 2 at most", got)
		}

		if _, err := client.Roles(testAccount).Resolve(t.Context(), "Nobody"); err == nil {
			t.Error("found a role that is not there")
		}
		if got := len(api.seen()); got != 1 {
			t.Errorf("%d listings for an unknown role, want 1", got)
		}
	})
}

// TestResolveIsNotContentWithAnOldListing: a listing that was under way before
// the question may have missed a role that was made in between.
func TestResolveIsNotContentWithAnOldListing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{roles: testRoles()}
		slow := roundTripFunc(func(req *http.Request) (*http.Response, error) {
			resp, err := inProcess{api}.RoundTrip(req)
			return resp, errors.Join(err, sleep(req.Context(), time.Second))
		})
		roles := newTestClient(t, slow).Roles(testAccount)
		first := make(chan error)
		go func() { _, err := roles.List(t.Context()); first <- err }()
		synctest.Wait()
		api.mu.Lock()
		api.roles = append(api.roles, AccountRole{ID: "new", Name: "Billing"})
		api.mu.Unlock()
		if role, err := roles.Resolve(t.Context(), "Billing"); err != nil || role.ID != "new" {
			t.Errorf("got %+v, %v", role, err)
		}
		if err := <-first; err != nil {
			t.Error(err)
		}
		if got := len(api.seen()); got != 2 {
			t.Errorf("%d listings, want 2", got)
		}
	})
}

func TestRolesErrorIsSharedAndNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{roles: testRoles(), latency: time.Second}
		api.before = func(_ *fakeAPI, w http.ResponseWriter, _ *http.Request) bool {
			answer(w, http.StatusForbidden, map[string]string{"detail": "read:account_role is missing"})
			return true
		}
		roles := newTestClient(t, inProcess{api}).Roles(testAccount)
		inParallel(5, 5, func(int) {
			if _, err := roles.Resolve(t.Context(), "Owner"); !IsForbidden(err) {
				t.Errorf("got %v", err)
			}
		})
		if got := len(api.seen()); got != 1 {
			t.Errorf("%d requests, want 1", got)
		}
		api.mu.Lock()
		api.before = nil
		api.mu.Unlock()
		if _, err := roles.Resolve(t.Context(), "Owner"); err != nil {
			t.Errorf("got %v", err)
		}
	})
}

func TestLeavingAListing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &fakeAPI{roles: testRoles(), latency: 10 * time.Second}
		client := newTestClient(t, inProcess{api})
		roles := client.Roles(testAccount)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		stayed := make(chan error)
		left := make(chan error)
		go func() { _, err := roles.List(ctx); left <- err }()
		synctest.Wait()
		go func() { _, err := roles.List(t.Context()); stayed <- err }()
		if err := <-left; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who left got %v", err)
		}
		if err := <-stayed; err != nil || time.Since(start) != 10*time.Second {
			t.Errorf("who stayed got %v after %s", err, time.Since(start))
		}

		// Nobody stays: the request ends, and closing ends one, too.
		other := client.Roles("other")
		alone, leave := context.WithCancel(t.Context())
		go func() { _, err := other.List(alone); left <- err }()
		synctest.Wait()
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		go func() { _, err := other.List(t.Context()); left <- err }()
		synctest.Wait()
		client.Close()
		if err := <-left; !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
}
