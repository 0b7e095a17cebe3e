package driftreport

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/golden"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// The whole of a report in both forms. The plan is made by hand: what no server
// would say, such as names with markup in them, is in it, too.
func TestReports(t *testing.T) {
	t.Parallel()
	file, err := os.Open(filepath.Join("testdata", "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() }) // it was only read
	p, err := report.Read(Name, file)
	if err != nil {
		t.Fatal(err)
	}
	r := newReport(p)
	at := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	for n, d := range r.drifted {
		for i := range d.by {
			d.by[i] = []culprit{
				{actors: []actor{{"eve|`x`@acme.com", at}}, certain: true},
				{actors: []actor{{"terraform (service account)", at}}},
				unknownCulprit("the trail <b>ends</b>"),
				{actors: []actor{{"eve@acme.com", at}, {"bob@acme.com", at}}},
			}[(i+n)%4]
		}
	}
	for name, got := range map[string]string{"report.txt": r.text(), "report.md": r.markdown()} {
		golden.Check(t, filepath.Join("testdata", name), got)
		if strings.Contains(got, "canary") {
			t.Errorf("a sensitive value stands in %s:\n%s", name, got)
		}
	}
}

func TestRemedy(t *testing.T) {
	t.Parallel()
	role := fact{difference: difference{path: "role", attr: "role", before: "Admin", after: "Member"}}
	added := fact{difference: difference{path: "members", attr: "members", key: "b", after: "b", element: true}}
	inMap := fact{difference: difference{path: `roles["a@x.io"]`, attr: "roles", key: "a@x.io", before: "Member"}}
	for name, tc := range map[string]struct {
		f    fact
		then string
		want string
	}{
		"mended":          {role, `{"actions":["update"],"before":{"role":"Member"},"after":{"role":"Admin"}}`, "the plan sets it back"},
		"something third": {role, `{"actions":["update"],"before":{"role":"Member"},"after":{"role":"Owner"}}`, `the plan makes it "Owner"`},
		"accepted":        {role, `{"actions":["no-op"],"before":{"role":"Member"},"after":{"role":"Member"}}`, "the plan accepts it"},
		"made anew":       {role, `{"actions":["update"],"before":{"role":"Member"},"after":{},"after_unknown":{"role":true}}`, "the plan sets it anew"},
		"sensitive":       {role, `{"actions":["update"],"before":{"role":"Member"},"after":{"role":"x"},"after_sensitive":{"role":true}}`, "the plan changes it"},
		"replaced":        {role, `{"actions":["delete","create"],"before":{},"after":{}}`, "the plan replaces it"},
		"deleted":         {role, `{"actions":["delete"],"before":{}}`, "the plan deletes it"},
		"forgotten":       {role, `{"actions":["forget"],"before":{}}`, "the plan stops managing it"},
		"created":         {fact{gone: true}, `{"actions":["create"],"after":{}}`, "the plan creates it again"},
		"a person":        {fact{gone: true, was: map[string]any{"email": "a@x.io"}}, `{"actions":["create"],"after":{"email":"a@x.io"}}`, "the plan gives the role again, which fails until the person is back"},
		"one of many":     {inMap, `{"actions":["update"],"before":{"roles":{}},"after":{"roles":{"a@x.io":"Member"}}}`, "the plan gives the role again, which fails until the person is back"},
		"one given up":    {inMap, `{"actions":["no-op"],"before":{"roles":{}},"after":{"roles":{}}}`, "the plan accepts it"},
		"an element":      {added, `{"actions":["update"],"before":{"members":["a","b"]},"after":{"members":["a"]}}`, "the plan sets it back"},
		"another element": {added, `{"actions":["update"],"before":{"members":["a","b"]},"after":{"members":["b"]}}`, "the plan accepts it"},
	} {
		then := decodeChange(t, tc.then)
		next := map[string]difference{}
		for _, d := range differences(then) {
			next[d.place()] = d
		}
		resource := "prefectsso_domain"
		switch {
		case tc.f.was != nil:
			resource = "prefectsso_member_role"
		case tc.f.attr == "roles":
			resource = "prefectsso_member_roles"
		}
		if got := remedy(typedFact{tc.f, resource}, then, next); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

// What happens by itself is told apart from what somebody did, attribute by attribute.
func TestWhatMovesByItself(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		resource, attr, from, to string
		drift                    bool
	}{
		{"prefectsso_group_role_mapping", "status", "dangling", "applied", false},
		{"prefectsso_group_role_mapping", "status", "applied", "dangling", true},
		{"prefectsso_scim_directory", "state", "validating", "linked", false},
		{"prefectsso_scim_directory", "state", "linked", "unlinked", true},
		{"prefectsso_scim_directory", "state", "unlinked", "linked", true},
		{"prefectsso_identity_provider", "state", "validating", "active", false},
		{"prefectsso_identity_provider", "state", "draft", "active", false},
		{"prefectsso_identity_provider", "state", "active", "inactive", true},
		{"prefectsso_identity_provider", "state", "inactive", "active", true},
		{"prefectsso_identity_provider", "name", "draft", "active", true},
		{"another_thing", "state", "draft", "active", true},
	} {
		want := report.ExitNothing
		if tc.drift {
			want = report.ExitChanges
		}
		got := command(t, nil, planOf(t, object{"resource_drift": []object{changed(tc.resource, object{tc.attr: tc.from}, object{tc.attr: tc.to})}}))
		if got.code != want || strings.Contains(got.out, "\nMoved on by itself, as in ordinary operation:\n") == tc.drift || strings.Contains(got.out, "by whom") != tc.drift {
			t.Errorf("%+v: %+v", tc, got)
		}
	}
	both := command(t, nil, planOf(t, object{"resource_drift": []object{
		changed("prefectsso_identity_provider", object{"state": "draft", "name": "a"}, object{"state": "active", "name": "b"}),
	}}))
	for _, want := range []string{"1 thing changed outside of Terraform.", `name: "a" → "b"`, `prefectsso_identity_provider.this state: "draft" → "active"`} {
		if both.code != report.ExitChanges || strings.Count(both.out, want) != 1 {
			t.Errorf("%q is not once in %+v", want, both)
		}
	}
}
