package access

import (
	"fmt"
	"slices"
	"testing"
)

// TestOneEmailInTwoDirectories: of two people with one email address the one who came first becomes the member when the
// domain is allowed, whatever the order of the directories; when it goes, the directory that governs the membership decides
// what becomes of it.
func TestOneEmailInTwoDirectories(t *testing.T) {
	t.Parallel()
	// The first directory keeps who leaves, and gives the role Member; the second one removes, and gives Admin.
	world := func(first, second DirectoryUser) World {
		return office().but(func(w *World) {
			w.Directories = Known([]Directory{
				{ID: "keeps", Settings: Known(DirectorySettings{DefaultRoleID: "Member"}), Users: Known([]DirectoryUser{first}), Held: Known([]DirectoryUser(nil)), Mappings: Known([]Mapping(nil)), Groups: Known([]DirectoryGroup(nil))},
				{ID: "removes", Settings: Known(DirectorySettings{DefaultRoleID: "Admin", RemovesLeavers: true}), Users: Known([]DirectoryUser{second}), Held: Known([]DirectoryUser(nil)), Mappings: Known([]Mapping(nil)), Groups: Known([]DirectoryGroup(nil))},
			})
		})
	}
	user := func(id, email string, held bool, membership string) DirectoryUser {
		return DirectoryUser{ID: id, Email: email, Active: true, Held: held, MembershipID: membership, Groups: Known([]DirectoryGroup(nil))}
	}
	const nia, eve = "nia@new.example", "eve@other.example"
	comes := SetDomains{Names: []string{"acme.com", "other.example", "new.example"}}
	goes := SetDomains{Names: []string{"acme.com"}}
	for name, test := range map[string]struct {
		world  World
		change Change
		who    string
		want   string
	}{
		"comes, the first directory's was first":  {world(user("1", nia, true, ""), user("2", nia, true, "")), comes, nia, "member true active true Member"},
		"comes, the second directory's was first": {world(user("2", nia, true, ""), user("1", nia, true, "")), comes, nia, "member true active true Admin"},
		"goes, the first directory governs":       {world(user("2", eve, false, "m-eve"), user("1", eve, false, "")), goes, eve, "member true active false Member"},
		"goes, the second directory governs":      {world(user("1", eve, false, ""), user("2", eve, false, "m-eve")), goes, eve, "member false active false "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			effects := Compare(test.world, test.change.Apply(test.world)).People
			at := slices.IndexFunc(effects, func(e Effect) bool { return e.Name == test.who })
			if at < 0 {
				t.Fatalf("nothing happens to %s: %+v", test.who, effects)
			}
			e := effects[at]
			active := e.Active.After.Or(true)
			if got := fmt.Sprintf("member %t active %t %s", e.Member.After.Or(false), active, e.Role.After.Or(Role{}).Name); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}
