package client

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
)

// heard is a progress.Counter that remembers.
type heard struct {
	mu             sync.Mutex
	expected, done map[string]int
}

func (h *heard) Expect(kind string, n int) { h.add(&h.expected, kind, n) }
func (h *heard) Done(kind string, n int)   { h.add(&h.done, kind, n) }

func (h *heard) add(to *map[string]int, kind string, n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if *to == nil {
		*to = map[string]int{}
	}
	(*to)[kind] += n
}

// TestProgress: who watches learns how many members there are, and pays a request for it where they are many; who does not,
// pays nothing.
func TestProgress(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		people  int
		watched bool
		counts  int // requests for it
		want    string
	}{
		{450, true, 1, "map[memberships:450] map[memberships:450]"},
		{200, true, 1, "map[memberships:200] map[memberships:200]"},
		{7, true, 0, "map[] map[memberships:7]"},
		{450, false, 0, "map[] map[]"},
	} {
		var h heard
		api := &fakeAPI{}
		api.populate(test.people)
		counts := 0
		api.before = func(_ *fakeAPI, _ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == accountPath+"/account_memberships/count" {
				counts++
			}
			return false
		}
		c := newTestClient(t, inProcess{api}, func(cfg *Config) {
			if test.watched {
				cfg.Progress = &h
			}
		})
		rows, err := c.ListMemberships(t.Context(), testAccount, MembershipQuery{})
		if got := fmt.Sprint(h.expected, h.done); err != nil || len(rows) != test.people || counts != test.counts || got != test.want {
			t.Errorf("of %d people, watched: %t: %s and %d counts, want %s and %d; %v", test.people, test.watched, got, counts, test.want, test.counts, err)
		}
	}
}

// TestProgressWithoutCount: a count that cannot be had costs the listing nothing.
func TestProgressWithoutCount(t *testing.T) {
	t.Parallel()
	var h heard
	api := &fakeAPI{}
	api.populate(450)
	api.before = func(_ *fakeAPI, w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != accountPath+"/account_memberships/count" {
			return false
		}
		answer(w, http.StatusForbidden, map[string]string{"detail": "no"})
		return true
	}
	rows, err := newTestClient(t, inProcess{api}, func(cfg *Config) { cfg.Progress = &h }).ListMemberships(t.Context(), testAccount, MembershipQuery{})
	if err != nil || len(rows) != 450 || h.expected != nil || h.done["memberships"] != 450 {
		t.Errorf("%d rows, %+v, %v", len(rows), h.done, err)
	}
}

// TestProgressOfLookups: of people who are looked up by their addresses it is known how many they are.
func TestProgressOfLookups(t *testing.T) {
	t.Parallel()
	var h heard
	api := &fakeAPI{}
	api.populate(450)
	emails := []string{}
	for i := range 300 {
		emails = append(emails, fmt.Sprintf("person%05d@acme.com", i))
	}
	_, err := newTestClient(t, inProcess{api}, func(cfg *Config) { cfg.Progress = &h }).Members(testAccount).ByEmails(t.Context(), slices.Clone(emails))
	if err != nil || h.expected["people"] != 300 || h.done["people"] != 300 {
		t.Errorf("%v %v, %v", h.expected, h.done, err)
	}
}
