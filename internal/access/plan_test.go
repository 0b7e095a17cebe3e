package access

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// TestPlanIsJudgedAsAWhole: what one part of a plan takes and another one gives back nobody loses, and what the parts do
// together no part does alone.
func TestPlanIsJudgedAsAWhole(t *testing.T) {
	t.Parallel()
	w := office()
	moved := []Change{DeleteConnection{"okta"}, PutConnection{Name: "Entra", Domains: []string{"acme.com"}, Activate: true}}
	gone := []Change{PutConnection{ID: "okta", Domains: []string{"other.example"}}}
	for name, test := range map[string]struct {
		changes []Change
		want    string
	}{
		"moved to another connection": {moved, ""},
		"taken away":                  {gone, "people-lose-access"},
		"taken away, but from who bypasses": {append(gone, SetRoles{[]RoleOf{
			{Email: "cy@acme.com", MembershipID: "m-cy", RoleID: "Owner"}, {Email: "dee@acme.com", MembershipID: "m-dee", RoleID: "Owner"},
		}}), ""},
	} {
		var ids []string
		for _, f := range Judge(Compare(w, Plan{test.changes}.Apply(w)), Policy{Protect: true}) {
			if f.Severity == Error {
				ids = append(ids, string(f.ID))
			}
		}
		if got := strings.Join(ids, " "); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// TestMappingsThatChangeTogether: swapping the matches of two mappings ends as it is to end, whatever people have between.
func TestMappingsThatChangeTogether(t *testing.T) {
	t.Parallel()
	staff, ops := Mapping{ID: "a", Match: Match{GroupName: "Staff"}, RoleID: "Admin", Priority: 1}, Mapping{ID: "b", Match: Match{GroupName: "Ops"}, RoleID: "Member", Priority: 2}
	w := office().push(DirectorySettings{}, nil, pushed("ada", "acme.com", "staff"))
	w = Apply(w, SetRoles{[]RoleOf{{MembershipID: "m-ada", RoleID: "Admin"}}}, PutMapping{"dir", staff}, PutMapping{"dir", ops})
	staff.Match, ops.Match = ops.Match, staff.Match
	after := Apply(w, PutMapping{"dir", staff}, PutMapping{"dir", ops})
	for _, p := range after.People.Rows {
		if p.Email == "ada@acme.com" && !is(p.RoleID, "Member") {
			t.Errorf("ada has %v", p.RoleID)
		}
	}
	if len(after.gaps) > 0 || len(after.Changes()) != 5 {
		t.Errorf("gaps %v after %v", after.gaps, after.Changes())
	}
}

// TestWorldsAreKept: a world comes out of JSON as it went in, with what is known, unknown and not read.
func TestWorldsAreKept(t *testing.T) {
	t.Parallel()
	w := office().push(DirectorySettings{AllowedDomains: []string{}}, []Mapping{{ID: "a", Match: Match{Attribute: "title", Equals: "a\x00\"b"}, RoleID: "Admin"}}, pushed("ada", "acme.com", "staff"))
	w.Directories.value[0].Matches = map[Match]Part[[]string]{{Attribute: "title", Equals: "x"}: Known([]string{"u"}), {GroupName: "g"}: Unknown[[]string]("twins")}
	w.Invitations, w.Teams = Unknown[[]Invitation]("no permission"), Part[[]Team]{}
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	var again World
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(w, again) {
		t.Errorf("%+v\nbecame\n%+v", w, again)
	}
	var p Part[int]
	for _, bad := range []string{`{"known":1,"unknown":"x"}`, `[]`, `{"known":"x"}`} {
		if json.Unmarshal([]byte(bad), &p) == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
