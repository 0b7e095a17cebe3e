package provider_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// prioritiesOf are the priorities of a directory's mappings, by the name of the group.
func prioritiesOf(srv *acctest.Server) map[string]int {
	var rows []struct {
		Match struct {
			GroupName string `json:"group_name"`
		} `json:"match"`
		Priority int `json:"priority"`
	}
	srv.Call(acctest.ServiceKey, http.MethodGet, "/sso/directories/"+srv.DirectoryID()+"/group_role_mappings", nil, &rows)
	out := map[string]int{}
	for _, row := range rows {
		out[row.Match.GroupName] = row.Priority
	}
	return out
}

// renumber makes mappings with priorities, and gives what makes others of them in one run.
func renumber(t *testing.T, srv *acctest.Server, from, to map[string]int) (ops []op) {
	t.Helper()
	const mapping = "prefectsso_group_role_mapping"
	config := func(group string, priority int) map[string]any {
		return map[string]any{"directory_id": srv.DirectoryID(), "match": matchGroup(group), "role": "Auditor", "priority": priority}
	}
	p := inProcess(t, srv)
	for _, group := range slices.Sorted(maps.Keys(from)) {
		o := op{typeName: mapping, prior: p.create(t, mapping, config(group, from[group])).NewState}
		if priority, stays := to[group]; stays {
			o.config = config(group, priority)
		}
		ops = append(ops, o)
	}
	for _, group := range slices.Sorted(maps.Keys(to)) {
		if _, was := from[group]; !was {
			ops = append(ops, op{typeName: mapping, config: config(group, to[group])})
		}
	}
	return ops
}

// applyAll applies all at once, as one run, and gives the errors.
func applyAll(t *testing.T, p *protocol, ops []op) (errors []string) {
	t.Helper()
	r := &run{t: t}
	var workers sync.WaitGroup
	var mu sync.Mutex
	for _, o := range ops {
		workers.Go(func() {
			failed := r.apply(p, o)
			mu.Lock()
			defer mu.Unlock()
			errors = append(errors, failed...)
		})
	}
	workers.Wait()
	return errors
}

// However the numbers of mappings change in one run, with mappings that come and go, each has its own in the end.
func TestMappingsAreRenumbered(t *testing.T) {
	t.Parallel()
	type numbers = map[string]int
	tests := map[string]struct{ from, to numbers }{
		"two swap":              {numbers{"a": 1, "b": 2}, numbers{"a": 2, "b": 1}},
		"three go round":        {numbers{"a": 1, "b": 2, "c": 3}, numbers{"a": 2, "b": 3, "c": 1}},
		"one is put in front":   {numbers{"b": 1, "c": 2, "d": 3, "e": 4}, numbers{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}},
		"one is taken out":      {numbers{"a": 1, "b": 2, "c": 3}, numbers{"b": 1, "c": 2}},
		"one takes another's":   {numbers{"a": 1}, numbers{"b": 1}},
		"turned around":         {numbers{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}, numbers{"a": 5, "b": 4, "c": 3, "d": 2, "e": 1}},
		"swap and come and go":  {numbers{"a": 1, "b": 2, "c": 3}, numbers{"a": 2, "b": 1, "d": 3}},
		"far apart, some below": {numbers{"a": -5, "b": 1000}, numbers{"a": 1000, "b": -5}},
	}
	random := rand.New(rand.NewPCG(20261122, 7))
	for n := range 6 {
		from, to := numbers{}, numbers{}
		for i, at := range random.Perm(9) {
			group := string(rune('a' + at))
			if i < 7 {
				from[group] = i
			}
			if i > 1 {
				to[group] = 10 - i - random.IntN(2)*20
			}
		}
		tests[fmt.Sprintf("random %d", n)] = struct{ from, to numbers }{from, to}
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			ops := renumber(t, srv, test.from, test.to)
			// Nobody has to wait for long; a minute ends a mistake.
			p := inProcessWith(t, func(time.Duration) <-chan time.Time { return time.After(time.Minute) }, sessionOf(srv))
			if errors := applyAll(t, p, ops); len(errors) > 0 {
				t.Errorf("%v → %v: %q", test.from, test.to, errors)
			}
			if got := prioritiesOf(srv); !maps.Equal(got, test.to) {
				t.Errorf("%v → %v, got %v", test.from, test.to, got)
			}
		})
	}
}

// A number that nobody gives up is waited for, and the error says how long. Others swap theirs meanwhile.
func TestMappingPriorityStaysTaken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ from, to, want map[string]int }{
		"a change":        {map[string]int{"a": 1}, map[string]int{"a": 9}, map[string]int{"a": 1}},
		"a new one":       {nil, map[string]int{"a": 9}, map[string]int{}},
		"beside a circle": {map[string]int{"a": 1, "b": 2, "c": 3}, map[string]int{"a": 9, "b": 3, "c": 2}, map[string]int{"a": 1, "b": 3, "c": 2}},
		"after a circle":  {map[string]int{"a": 1, "b": 2}, map[string]int{"a": 9, "b": 1}, map[string]int{"a": 1, "b": 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			srv.AddMapping("Sales", "Auditor", 9)
			ops := renumber(t, srv, test.from, test.to)
			quiet := make(chan time.Time)
			p := inProcessWith(t, func(d time.Duration) <-chan time.Time {
				if d != 10*time.Second {
					t.Errorf("it waits %s", d)
				}
				return quiet
			}, sessionOf(srv))
			first := make(chan []string)
			go func() { first <- applyAll(t, p, ops[:1]) }()
			if len(ops) > 2 {
				if errors := applyAll(t, p, ops[1:]); len(errors) > 0 {
					t.Errorf("the others: %q", errors)
				}
				ops = ops[:1]
			}
			close(quiet)
			errors := append(<-first, applyAll(t, p, ops[1:])...)
			if len(errors) != len(ops) || !strings.Contains(errors[0], `(group "Sales")`) || !strings.Contains(errors[0], "has the priority 9 already, and in 10s no other resource of this run moved it") {
				t.Errorf("errors %q", errors)
			}
			test.want["Sales"] = 9
			if got := prioritiesOf(srv); !maps.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// A mapping that stepped aside has its number from before again where the one that was to move does not.
func TestMappingStepsBack(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	numbers := map[string]int{"a": 1, "b": 2}
	ops := renumber(t, srv, numbers, map[string]int{"a": 2, "b": 1})
	target, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	var holds atomic.Bool // the requests with which a wants to have 2
	released := make(chan struct{})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if holds.Load() && strings.Contains(string(body), `"priority":2`) {
			select {
			case <-released:
			case <-r.Context().Done():
			}
		}
		r.Body, r.Host = io.NopCloser(bytes.NewReader(body)), target.Host
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	waits, quiet := make(chan struct{}, 9), make(chan time.Time)
	p := inProcessWith(t, func(time.Duration) <-chan time.Time {
		waits <- struct{}{}
		return quiet
	}, map[string]any{"endpoint": front.URL + "/api", "api_key": acctest.ServiceKey, "account_id": acctest.AccountID})

	a, b := make(chan []string, 1), make(chan []string, 1)
	go func() { a <- applyAll(t, p, ops[:1]) }()
	<-waits // for the number of b
	holds.Store(true)
	go func() { b <- applyAll(t, p, ops[1:]) }()
	<-waits // aside, for the number of a
	if got := prioritiesOf(srv); !maps.Equal(got, map[string]int{"a": 1, "b": 0}) {
		t.Errorf("aside: %v", got)
	}
	holds.Store(false)
	close(quiet)
	if errors := <-b; len(errors) != 1 || !strings.Contains(errors[0], "has the priority 1 already") {
		t.Errorf("b: %q", errors)
	}
	if got := prioritiesOf(srv); !maps.Equal(got, numbers) {
		t.Errorf("after that: %v", got)
	}
	close(released)
	if errors := <-a; len(errors) != 1 || !strings.Contains(errors[0], "has the priority 2 already") {
		t.Errorf("a: %q", errors)
	}
}

// With Terraform itself: a list of groups is turned around and gets a new first one, in one apply.
func TestAccGroupRoleMappingRenumbered(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	d := acctest.NewDir(t, srv)
	for _, groups := range [][]string{{"a", "b", "c", "d"}, {"new", "d", "c", "b", "a"}} {
		d.Write("main.tf", fmt.Sprintf(`
terraform {
  required_providers {
    prefectsso = { source = "prefectsso/prefectsso" }
  }
}

resource "prefectsso_group_role_mapping" "ranked" {
  for_each     = { for rank, group in ["%s"] : group => rank }
  directory_id = %q
  match        = { group_name = each.key }
  role         = "Auditor"
  priority     = 100 - each.value
}`, strings.Join(groups, `", "`), srv.DirectoryID()))
		d.MustRun("apply", "-input=false", "-auto-approve")
		want := map[string]int{}
		for rank, group := range groups {
			want[group] = 100 - rank
		}
		if got := prioritiesOf(srv); !maps.Equal(got, want) {
			t.Errorf("priorities %v, want %v", got, want)
		}
		d.MustRun("plan", "-input=false", "-detailed-exitcode")
	}
}
