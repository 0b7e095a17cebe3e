package run

import (
	"testing"
)

func TestReservations(t *testing.T) {
	t.Parallel()
	type take struct {
		owner, account string
		kind           Kind
		keys           []string
		ok             bool
	}
	for name, takes := range map[string][]take{
		"different keys": {{"a", "1", Domain, []string{"x"}, true}, {"a", "1", Domain, []string{"y"}, true}},
		"one key twice":  {{"a", "1", Domain, []string{"x"}, true}, {"b", "1", Domain, []string{"x"}, false}},
		"other accounts": {{"a", "1", Domain, []string{"x"}, true}, {"b", "2", Domain, []string{"x"}, true}},
		"other kinds":    {{"a", "1", Domain, []string{"x"}, true}, {"b", "1", MemberRole, []string{"x"}, true}},
		"all after one":  {{"a", "1", Domain, []string{"x"}, true}, {"b", "1", Domain, []string{""}, false}},
		"one after all":  {{"a", "1", Domain, []string{""}, true}, {"b", "1", Domain, []string{"x"}, false}},
		"all or nothing": {{"a", "1", Domain, []string{"x"}, true}, {"b", "1", Domain, []string{"y", "x"}, false}, {"c", "1", Domain, []string{"y"}, true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReservations()
			for i, step := range takes {
				conflict := r.Reserve(step.owner, step.account, step.kind, step.keys...)
				if (conflict == nil) != step.ok {
					t.Errorf("reservation %d: %+v, want it to pass: %t", i, conflict, step.ok)
				}
				if conflict != nil && conflict.Owner != takes[0].owner {
					t.Errorf("reservation %d: %s has it, want %s", i, conflict.Owner, takes[0].owner)
				}
			}
		})
	}
}

// TestTheSameOwnerIsNamedEachTime: of several owners the first by name is.
func TestTheSameOwnerIsNamedEachTime(t *testing.T) {
	t.Parallel()
	for range 50 {
		r := newReservations()
		for _, owner := range []string{"resource_d", "resource_a", "resource_c", "resource_b"} {
			r.Reserve(owner, "1", Domain, owner+".example")
		}
		if conflict := r.Reserve("resource_e", "1", Domain, ""); conflict == nil || conflict.Owner != "resource_a" {
			t.Fatalf("got %+v", conflict)
		}
	}
}
