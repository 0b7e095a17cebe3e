package run

import (
	"slices"
	"testing"
)

func TestPlannedReservations(t *testing.T) {
	t.Parallel()
	all := func(string) bool { return true }
	but := func(spared string) func(string) bool { return func(key string) bool { return key != spared } }
	type step struct {
		holder, owner, account string
		kind                   Kind
		keys                   []string
		takes                  func(string) bool
		changes                bool
		want                   Conflict // the zero one for none
	}
	for name, steps := range map[string][]step{
		"different things":  {{"h1", "a", "1", Domain, []string{"x"}, nil, true, Conflict{}}, {"h2", "b", "1", Domain, []string{"y"}, nil, true, Conflict{}}},
		"different kinds":   {{"h1", "a", "1", Domain, []string{"x"}, nil, true, Conflict{}}, {"h2", "b", "1", MemberRole, []string{"x"}, nil, true, Conflict{}}},
		"other accounts":    {{"h1", "a", "1", Domain, []string{"x"}, nil, true, Conflict{}}, {"h2", "b", "2", Domain, []string{"x"}, nil, true, Conflict{}}},
		"neither changes":   {{"h1", "a", "1", Domain, []string{"x"}, nil, false, Conflict{}}, {"h2", "b", "1", Domain, []string{"x"}, nil, false, Conflict{Domain, "x", "a", false}}},
		"the first changes": {{"h1", "a", "1", Domain, []string{"x"}, nil, true, Conflict{}}, {"h2", "b", "1", Domain, []string{"x"}, nil, false, Conflict{Domain, "x", "a", true}}},
		"the later changes": {{"h1", "a", "1", Domain, []string{"x"}, nil, false, Conflict{}}, {"h2", "b", "1", Domain, []string{"x"}, nil, true, Conflict{Domain, "x", "a", true}}},
		"planned twice":     {{"h1", "a", "1", Domain, []string{"x"}, nil, false, Conflict{}}, {"h1", "a", "1", Domain, []string{"x"}, nil, true, Conflict{}}},
		"another thing at the second time": {
			{"h1", "a", "1", Domain, []string{"x"}, nil, true, Conflict{}},
			{"h1", "a", "1", Domain, []string{"y"}, nil, true, Conflict{}},
			{"h2", "b", "1", Domain, []string{"x"}, nil, true, Conflict{}},
		},
		"changed by the second time only": {
			{"h1", "a", "1", Domain, []string{"x"}, nil, false, Conflict{}},
			{"h2", "b", "1", Domain, []string{"x"}, nil, false, Conflict{Domain, "x", "a", false}},
			{"h1", "a", "1", Domain, []string{"x"}, nil, true, Conflict{Domain, "x", "b", true}},
		},
		"all of a kind, later": {{"h1", "a", "1", Domain, []string{"x", "y"}, nil, true, Conflict{}}, {"h2", "b", "1", Domain, []string{""}, all, true, Conflict{Domain, "x", "a", true}}},
		"all of a kind, first": {{"h1", "a", "1", Domain, []string{""}, all, true, Conflict{}}, {"h2", "b", "1", Domain, []string{"x", "y"}, nil, true, Conflict{Domain, "x", "a", true}}},
		"all of a kind, twice": {{"h1", "a", "1", Domain, []string{""}, all, true, Conflict{}}, {"h2", "b", "1", Domain, []string{""}, all, false, Conflict{Domain, "", "a", true}}},
		"all but one":          {{"h1", "a", "1", Domain, []string{"z"}, but("x"), true, Conflict{}}, {"h2", "b", "1", Domain, []string{"x"}, nil, true, Conflict{}}},
		"what changes is named before what does not": {
			{"h1", "a", "1", Domain, []string{"x"}, nil, false, Conflict{}},
			{"h2", "b", "1", Domain, []string{"y"}, nil, true, Conflict{}},
			{"h3", "c", "1", Domain, []string{"x", "y"}, nil, false, Conflict{Domain, "y", "b", true}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newPlannedReservations()
			for i, s := range steps {
				got := r.Reserve(s.account, s.kind, Planned{
					Holder: s.holder, Owner: s.owner, Keys: func() []string { return slices.Clone(s.keys) }, Takes: s.takes, Changes: s.changes,
				})
				if got == nil {
					got = &Conflict{}
				}
				if *got != s.want {
					t.Errorf("reservation %d: %+v, want %+v", i, *got, s.want)
				}
			}
		})
	}
}

// The keys of a resource that is the only one of its kind are never asked for.
func TestPlannedKeysAreLazy(t *testing.T) {
	t.Parallel()
	r, asked := newPlannedReservations(), 0
	keys := func() []string { asked++; return []string{"x"} }
	for range 3 {
		r.Reserve("1", MemberRole, Planned{Holder: "h1", Owner: "a", Keys: keys})
	}
	if asked != 0 {
		t.Errorf("asked %d times", asked)
	}
	if r.Reserve("1", MemberRole, Planned{Holder: "h2", Owner: "b", Keys: keys}) == nil || asked != 2 {
		t.Errorf("asked %d times, want twice and a conflict", asked)
	}
}
