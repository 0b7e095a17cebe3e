package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// The table of plans: what is served before and after, and the exact diagnostics.
func TestGuardAssessServed(t *testing.T) {
	t.Parallel()
	person := func(name, domain string) client.Membership {
		email, user := name+"@"+domain, "u-"+name
		return client.Membership{ID: "m-" + name, Email: &email, UserID: &user, Active: true}
	}
	owner, second := person("owner", "acme.com"), person("second", "acme.com")
	ada, bob := person("ada", "acme.com"), person("bob", "other.example")
	people := []client.Membership{owner, second, ada, bob}
	two, one := []client.Membership{owner, second}, []client.Membership{owner}

	for name, test := range map[string]struct {
		before, after served
		guard         guard
		caller        string
		holders       []client.Membership
		later         bool
		takes         bool
		want          []string // "error: …" or "warning: …", parts of the text
	}{
		"the first connection serves everybody": {
			after: served{"a": {"acme.com", "other.example"}}, guard: guard{protect: true}, holders: two, takes: true,
		},
		"the first connection leaves one out": {
			after: served{"a": {"acme.com"}}, guard: guard{protect: true}, holders: two, takes: true,
			want: []string{"error: People would lose access|1 person of account A|bob@other.example"},
		},
		"protection off": {
			after: served{"a": {"acme.com"}}, holders: two, takes: true,
			want: []string{"warning: People would lose access"},
		},
		"the first login through the first connection leaves one out": {
			after: served{"a": {"acme.com"}}, guard: guard{protect: true, acknowledged: map[string]bool{"ada@acme.com": true}}, holders: two, later: true, takes: true,
			want: []string{"warning: People would lose access at the first login|1 person of account A|bob@other.example"},
		},
		"the first login leaves oneself out": {
			after: served{"a": {"acme.com"}}, guard: guard{protect: true}, caller: "u-bob", holders: two, later: true, takes: true,
			want: []string{"warning: This would lock yourself out at the first login|bob@other.example"},
		},
		"acknowledged": {
			after: served{"a": {"acme.com"}}, guard: guard{protect: true, acknowledged: map[string]bool{"*@other.example": true}}, holders: two, takes: true,
		},
		"acknowledged without need": {
			after: served{"a": {"acme.com", "other.example"}}, guard: guard{protect: true, acknowledged: map[string]bool{"bob@other.example": true}}, holders: two, takes: true,
			want: []string{"warning: Acknowledged without need|bob@other.example"},
		},
		"oneself": {
			after: served{"a": {"acme.com"}}, caller: "u-bob", holders: two, takes: true,
			want: []string{"error: This would lock yourself out|bob@other.example"},
		},
		"a key that needs a login from now on": {
			after: served{"a": {"acme.com", "other.example"}}, guard: guard{protect: true}, caller: "u-bob", holders: two, takes: true,
			want: []string{"warning: This key will need a login|bob@other.example|After this change"},
		},
		"a key that needed a login before": {
			before: served{"a": {"acme.com", "other.example"}}, after: served{"a": {"other.example"}, "b": {}}, guard: guard{acknowledged: map[string]bool{"ada@acme.com": true}}, caller: "u-bob", holders: two, takes: true,
		},
		"one who bypasses": {
			after: served{"a": {"acme.com", "other.example"}}, guard: guard{protect: true}, holders: one, takes: true,
			want: []string{"warning: Few people could still get in|1 person"},
		},
		"who had no access loses none": {
			before: served{"a": {"acme.com"}, "b": {"third.example"}}, after: served{"a": {"acme.com"}}, guard: guard{protect: true}, holders: two, takes: true,
		},
		"a domain is no longer served": {
			before: served{"a": {"acme.com", "other.example"}}, after: served{"a": {"other.example"}}, guard: guard{protect: true}, holders: two, takes: true,
			want: []string{"error: People would lose access|1 person|ada@acme.com"},
		},
		"a domain moves":            {before: served{"a": {"acme.com"}}, after: served{"b": {"acme.com"}}, holders: two},
		"single sign-on ends":       {before: served{"a": {"acme.com"}}, after: served{}, holders: two},
		"one more domain is served": {before: served{"a": {"acme.com"}}, after: served{"a": {"acme.com", "other.example"}}, holders: two},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.after.takesFrom(test.before); got != test.takes {
				t.Fatalf("takes access: %t, want %t", got, test.takes)
			}
			if !test.takes {
				return
			}
			var diags diag.Diagnostics
			test.guard.assessServed(test.before, test.after, people, accountNow{accountID: "A", caller: test.caller, holders: test.holders}, servedChange{at: path.Root("domains"), later: test.later, accepted: map[string]bool{}}, &diags)
			if len(diags) != len(test.want) {
				t.Fatalf("diagnostics %v, want %q", diags, test.want)
			}
			for i, want := range test.want {
				text := strings.ToLower(diags[i].Severity().String()) + ": " + diags[i].Summary() + " " + diags[i].Detail()
				for _, part := range strings.Split(want, "|") {
					if !strings.Contains(text, part) {
						t.Errorf("diagnostic %q, want %q in it", text, part)
					}
				}
			}
		})
	}
}

func TestServedWithout(t *testing.T) {
	t.Parallel()
	now := served{"a": {"x.example", "y.example"}, "b": {"x.example"}}
	now.without("x.example")
	if len(now) != 1 || !now.has("y.example") || now.has("x.example") {
		t.Errorf("left %v", now)
	}
}
