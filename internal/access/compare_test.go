package access

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// TestCompareReach: through what people reach workspaces, and what changes of that.
func TestCompareReach(t *testing.T) {
	t.Parallel()
	w := office().push(DirectorySettings{TeamsFromGroups: true}, nil, pushed("dee", "acme.com", "staff")).but(func(w *World) {
		w.Teams = Known([]Team{
			{ID: "t-staff", Name: "Staff", GroupID: "g-staff", Members: []string{"a-dee"}, Access: []TeamAccess{{WorkspaceID: "w1", RoleID: "Viewer"}}},
			{ID: "t-hand", Name: "Hand", Members: []string{"a-eve", "a-bot"}, Access: []TeamAccess{{WorkspaceID: "w1", RoleID: "Runner"}}},
		})
		w.Workspaces = Known([]Workspace{
			{ID: "w1", Users: Known([]ActorAccess{{"a-dee", "Developer"}}), ServiceAccounts: Known([]ActorAccess(nil))},
			{ID: "w2", DefaultRoleID: "Viewer", Users: Known([]ActorAccess(nil)), ServiceAccounts: Known([]ActorAccess(nil))},
		})
		w.ServiceAccounts = Known([]ServiceAccount{{ID: "bot", ActorID: "a-bot", Name: "runner", RoleName: "Member"}})
	})
	team := Reach{"w1", "Runner", ViaTeam, "t-hand"}
	for name, test := range map[string]struct {
		change Change
		who    string
		gained []Reach
		lost   []Reach
	}{
		"a team gets in":       {PutTeamAccess{"t-hand", "w2", "Owner"}, "eve@other.example", []Reach{{"w2", "Owner", ViaTeam, "t-hand"}}, nil},
		"a team has less":      {PutTeamAccess{"t-hand", "w1", "Viewer"}, "eve@other.example", []Reach{{"w1", "Viewer", ViaTeam, "t-hand"}}, []Reach{team}},
		"a team is taken out":  {DeleteTeamAccess{"t-hand", "w1"}, "eve@other.example", nil, []Reach{team}},
		"a service account":    {DeleteTeamAccess{"t-hand", "w1"}, "runner", nil, []Reach{team}},
		"a role reaches all":   {SetRoles{[]RoleOf{{MembershipID: "m-eve", RoleID: "Admin"}}}, "eve@other.example", []Reach{{"w1", "", ViaRole, ""}, {"w2", "", ViaRole, ""}}, []Reach{team, {"w2", "Viewer", ViaDefault, ""}}},
		"a Collaborator":       {SetRoles{[]RoleOf{{MembershipID: "m-eve", RoleID: "Collaborator"}}}, "eve@other.example", nil, []Reach{{"w2", "Viewer", ViaDefault, ""}}},
		"somebody deactivated": {SetActive{MembershipIDs: []string{"m-eve"}}, "eve@other.example", nil, []Reach{team, {"w2", "Viewer", ViaDefault, ""}}},
		"somebody removed":     {RemovePeople{[]string{"m-eve"}}, "eve@other.example", nil, []Reach{team, {"w2", "Viewer", ViaDefault, ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			effects := Compare(w, test.change.Apply(w))
			all := append(slices.Clone(effects.People), effects.ServiceAccounts...)
			at := slices.IndexFunc(all, func(e Effect) bool { return e.Name == test.who })
			if at < 0 {
				t.Fatalf("nothing happens to %s", test.who)
			}
			for what, is := range map[string][2][]Reach{"gained": {all[at].Gained().Or(nil), test.gained}, "lost": {all[at].Lost().Or(nil), test.lost}} {
				if len(is[0])+len(is[1]) > 0 && !reflect.DeepEqual(is[0], is[1]) {
					t.Errorf("%s %v, want %v", what, is[0], is[1])
				}
			}
		})
	}
}

// TestCompareUnknown: what depends on an unknown part is unknown, and never "nobody".
func TestCompareUnknown(t *testing.T) {
	t.Parallel()
	effect := func(w World, c Change, who string) (Effect, []Gap) {
		effects := Compare(w, c.Apply(w))
		at := slices.IndexFunc(effects.People, func(e Effect) bool { return e.Name == who })
		if at < 0 {
			return Effect{}, effects.Gaps
		}
		return effects.People[at], effects.Gaps
	}
	t.Run("connections", func(t *testing.T) {
		t.Parallel()
		_, gaps := effect(office().but(func(w *World) { w.Connections = Unknown[[]Connection]("x") }), DeleteConnection{"okta"}, "dee@acme.com")
		if !slices.Contains(gaps, GapConnections) {
			t.Errorf("gaps %v", gaps)
		}
	})
	t.Run("directory people", func(t *testing.T) {
		t.Parallel()
		w := office().push(DirectorySettings{}, nil).but(func(w *World) {
			w.Directories.value[0].Settings, w.Directories.value[0].Users = Unknown[DirectorySettings]("x"), Unknown[[]DirectoryUser]("x")
			for i := range w.People.Rows {
				w.People.Rows[i].DirectoryID = Part[string]{}
			}
			w.Connections.value[0].Domains = []string{"acme.com", "other.example"}
			w.Offered = Known(false) // so that no mapping gives anybody a role
		})
		e, gaps := effect(w, DisableDomains{Names: []string{"acme.com"}}, "dee@acme.com")
		if !is(e.LosesAccess(), true) || e.Active.After.IsKnown() || !slices.Contains(gaps, GapDirectoryUsers) {
			t.Errorf("no connection serves dee any more, and whether a directory deprovisions them is not known: %+v, gaps %v", e, gaps)
		}
		e, _ = effect(w, DisableDomains{Names: []string{"acme.com"}}, "ada@acme.com")
		if e.LosesAccess().IsKnown() {
			t.Errorf("ada bypasses single sign-on, and a directory may deprovision them: %v", e.LosesAccess())
		}
	})
	t.Run("somebody who is not known", func(t *testing.T) {
		t.Parallel()
		_, gaps := effect(office().but(func(w *World) { w.People = People{} }), RemovePeople{[]string{"m-dee"}}, "dee@acme.com")
		if !slices.Contains(gaps, GapPeople) {
			t.Errorf("gaps %v", gaps)
		}
	})
}

// TestApplyCopies: no change alters the world that it is applied to.
func TestApplyCopies(t *testing.T) {
	t.Parallel()
	world := func() World {
		return office().push(DirectorySettings{TeamsFromGroups: true, AllowedDomains: []string{"acme.com"}}, []Mapping{{ID: "map", Match: Match{GroupName: "Staff"}, RoleID: "Admin"}},
			pushed("dee", "acme.com", "staff").mappedBy("map", Known("Member"))).but(func(w *World) {
			w.Teams = Known([]Team{{ID: "t", Name: "Staff", GroupID: "g-staff", Members: []string{"a-dee"}, Access: []TeamAccess{{WorkspaceID: "w1", RoleID: "Viewer"}}}})
			w.Workspaces = Known([]Workspace{{ID: "w1", Users: Known([]ActorAccess{{"a-dee", "Viewer"}})}})
		})
	}
	yes, domains := true, []string{"other.example"}
	for _, c := range []Change{
		SetDomains{Names: domains},
		EnableDomains{Names: []string{"new.example"}},
		DisableDomains{Names: []string{"acme.com"}, DisableSSO: true},
		PutConnection{ID: "okta", Domains: domains, Activate: true},
		DeactivateConnection{"okta"},
		DeleteConnection{"okta"},
		PutDirectory{ID: "dir", Off: &yes, RemovesLeavers: &yes, AllowedDomains: &domains},
		DeleteDirectory{"dir"},
		PutMapping{"dir", Mapping{ID: "map", Match: Match{GroupName: "Ops"}, RoleID: "Owner"}},
		DeleteMapping{"dir", "map"},
		SetRoles{[]RoleOf{{MembershipID: "m-ada", RoleID: "Member"}}},
		SetActive{MembershipIDs: []string{"m-cy"}},
		RemovePeople{[]string{"m-dee"}},
		PutTeamAccess{"t", "w1", "Owner"},
		DeleteTeamAccess{"t", "w1"},
		SetSessionPolicy{},
	} {
		t.Run(fmt.Sprintf("%T", c), func(t *testing.T) {
			t.Parallel()
			w := world()
			after := c.Apply(w)
			if !reflect.DeepEqual(w, world()) {
				t.Errorf("the world before is another one:\n%+v", w)
			}
			if len(after.Changes()) != 1 {
				t.Errorf("changes %v", after.Changes())
			}
		})
	}
}

// BenchmarkCompare is a change of one in ten of 10,000 people.
func BenchmarkCompare(b *testing.B) {
	w := office()
	w.People.Rows = w.People.Rows[:2:2]
	var c SetRoles
	for i := range 10000 {
		p := member(fmt.Sprintf("p%d", i), "acme.com", "Member")
		w.People.Rows = append(w.People.Rows, p)
		if i%10 == 0 {
			c.Roles = append(c.Roles, RoleOf{MembershipID: p.ID, RoleID: "Admin"})
		}
	}
	for b.Loop() {
		Judge(Compare(w, c.Apply(w)), Policy{Protect: true})
	}
}
