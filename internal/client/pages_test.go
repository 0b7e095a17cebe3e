package client

import (
	"context"
	"errors"
	"strconv"
	"testing"
)

func TestReadPages(t *testing.T) {
	t.Parallel()
	// rows numbers the rows from a on, as a server sends them that has so many.
	rows := func(a, b int) []int {
		var all []int
		for i := a; i < b; i++ {
			all = append(all, i)
		}
		return all
	}
	for name, c := range map[string]struct {
		send  func(p page) []int
		rows  int
		pages int
		ends  bool
	}{
		"nothing":           {func(page) []int { return nil }, 0, 1, true},
		"a short page":      {func(page) []int { return rows(0, 7) }, 7, 1, true},
		"just a page":       {func(p page) []int { return rows(p.Offset, 200) }, 200, 2, true},
		"three pages":       {func(p page) []int { return rows(p.Offset, min(p.Offset+p.Limit, 450)) }, 450, 3, true},
		"rows that moved":   {func(p page) []int { return rows(max(0, p.Offset-5), min(p.Offset+p.Limit, 300)) }, 300, 2, true},
		"offset is ignored": {func(page) []int { return rows(0, 200) }, 0, 2, false},
		"limit is ignored":  {func(p page) []int { return rows(p.Offset, 1000) }, 1000, 2, true},
		"no end":            {func(p page) []int { return rows(p.Offset, p.Offset+200) }, 0, maxPages, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pages := 0
			got, err := readPages(t.Context(), "things", 0, strconv.Itoa, func(_ context.Context, p page) ([]int, error) {
				pages++
				return c.send(p), nil
			})
			var endless *EndlessPageError
			if c.ends != (err == nil) || !c.ends && (!errors.As(err, &endless) || endless.Pages != c.pages) {
				t.Errorf("got %v", err)
			}
			if len(got) != c.rows || pages != c.pages {
				t.Errorf("%d rows in %d pages, want %d in %d", len(got), pages, c.rows, c.pages)
			}
		})
	}
}

func TestListMembershipsReadsAllPages(t *testing.T) {
	t.Parallel()
	api := &fakeAPI{}
	api.populate(450)
	members, err := newTestClient(t, inProcess{api}).ListMemberships(t.Context(), testAccount, MembershipQuery{})
	if err != nil || len(members) != 450 || members[449].ID != "membership-00449" {
		t.Errorf("%d members, %v", len(members), err)
	}
	if got := len(api.seen()); got != 3 {
		t.Errorf("%d requests", got)
	}
}
