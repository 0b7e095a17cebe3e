package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestReviewReach: each way into a workspace shows, by itself and beside others, and what is not known is no empty answer.
func TestReviewReach(t *testing.T) {
	t.Parallel()
	world := func() World {
		w := office()
		w.WorkspaceRoles = Known([]WorkspaceRole{{"w1", "Viewer"}, {"w2", "Developer"}})
		w.Workspaces = Known([]Workspace{
			{ID: "p", Handle: "production", ServiceAccounts: Known([]ActorAccess{{"b1", "w1"}, {"b2", "w2"}})},
			{ID: "s", Handle: "staging", ServiceAccounts: Known([]ActorAccess(nil))},
		})
		w.Teams = Part[[]Team]{}
		w.ServiceAccountTeams = Known([]Team{
			{Name: "Data", Members: []string{"a1"}, Access: []TeamAccess{{"s", "w3", "staging", "Runner"}, {"p", "w4", "production", "Owner"}}},
			{Name: "Ops", Members: []string{"a1", "a2"}, Access: []TeamAccess{{WorkspaceID: "s", RoleID: "w1"}}},
			{Name: "Idle", Members: []string{"a1"}},
		})
		return w
	}
	for name, test := range map[string]struct {
		bot, role string
		change    func(*World)
		want      string
	}{
		"directly and by teams": {"b1", "Member", nil, "production:Viewer map[Data:Owner] - false; staging:- map[Data:Runner Ops:Viewer] - false"},
		"nowhere":               {"b3", "Member", nil, ""},
		"by its account role":   {"b3", "Owner", nil, "production:- map[] - true; staging:- map[] - true"},
		"by default":            {"b3", "Member", func(w *World) { w.Workspaces.value[1].DefaultRoleID = "w1" }, "staging:- map[] Viewer false"},
		"a Collaborator":        {"b3", "Collaborator", func(w *World) { w.Workspaces.value[1].DefaultRoleID = "w1" }, ""},
		"a role that is gone": {"b2", "Member", func(w *World) {
			w.WorkspaceRoles, w.ServiceAccountTeams = Known([]WorkspaceRole(nil)), Known([]Team(nil))
		}, "production:w2 map[] - false"},
		"no workspaces":         {"b1", "Owner", func(w *World) { w.Workspaces, w.ServiceAccountTeams = Known([]Workspace(nil)), Part[[]Team]{} }, ""},
		"all teams are known":   {"b2", "Member", func(w *World) { w.Teams, w.ServiceAccountTeams = w.ServiceAccountTeams, Part[[]Team]{} }, "production:Developer map[] - false; staging:- map[Ops:Viewer] - false"},
		"workspaces not known":  {"b1", "Owner", func(w *World) { w.Workspaces = Unknown[[]Workspace]("x") }, "null"},
		"one of them not known": {"b1", "Owner", func(w *World) { w.Workspaces.value[1].ServiceAccounts = Unknown[[]ActorAccess]("x") }, "null"},
		"teams not known":       {"b1", "Owner", func(w *World) { w.ServiceAccountTeams = Unknown[[]Team]("x") }, "null"},
		"roles not known":       {"b1", "Owner", func(w *World) { w.WorkspaceRoles = Unknown[[]WorkspaceRole]("x") }, "null"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world()
			if test.change != nil {
				test.change(&w)
			}
			w.ServiceAccounts = Known([]ServiceAccount{{ID: test.bot, ActorID: "a" + test.bot[1:], Name: test.bot, RoleName: test.role}})
			reached, known := Review(w, Limits{Now: reviewTime}).ServiceAccounts[test.bot].Workspaces.Get()
			orNone := func(s string) string {
				if s == "" {
					return "-"
				}
				return s
			}
			var lines []string
			for _, handle := range slices.Sorted(maps.Keys(reached)) {
				how := reached[handle]
				lines = append(lines, fmt.Sprintf("%s:%s %v %s %t", handle, orNone(how.Role), how.Teams, orNone(how.DefaultRole), how.Administrates))
			}
			got := strings.Join(lines, "; ")
			if !known {
				got = "null"
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if (w.WhyUnreachable() == "") != known {
				t.Errorf("known is %t, and why not is %q", known, w.WhyUnreachable())
			}
		})
	}
}

// TestNeedsReview: a review wants no more than it needs, and what the API does not report is asked for no further.
func TestNeedsReview(t *testing.T) {
	t.Parallel()
	read := func() World { // everything that is wanted at first
		return World{
			AccountID: "acme", Account: Known(Account{}), Roles: Known([]Role(nil)), Domains: Known([]Domain(nil)), People: People{Coverage: CoverEveryone},
			Offered: Known(true), Directories: Known([]Directory(nil)), ServiceAccounts: Known([]ServiceAccount(nil)),
		}
	}
	rooms := func(w World, rooms ...Workspace) World {
		w.ServiceAccounts = Known([]ServiceAccount{{ID: "b", Creator: Known(Creator{})}})
		w.Workspaces = Known(rooms)
		return w
	}
	since := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		world World
		want  []WantKind
	}{
		"nothing is known":  {World{AccountID: "acme"}, []WantKind{WantAccount, WantRoles, WantEveryone, WantDomains, WantServiceAccounts, WantDirectories}},
		"nothing is there":  {read(), nil},
		"a directory":       {read().but(func(w *World) { w.Directories = Known([]Directory{{ID: "d", Settings: Known(DirectorySettings{})}}) }), []WantKind{WantUsers, WantMappings, WantTokens}},
		"is not offered":    {read().but(func(w *World) { w.Offered, w.Directories = Known(false), Unknown[[]Directory]("x") }), []WantKind{WantIntegrations}},
		"a service account": {read().but(func(w *World) { w.ServiceAccounts = Known([]ServiceAccount{{ID: "b"}}) }), []WantKind{WantCreators, WantWorkspaces}},
		"no workspaces":     {rooms(read()), nil},
		"a workspace":       {rooms(read(), Workspace{ID: "w"}), []WantKind{WantServiceAccountAccess}},
		"is not reported":   {rooms(read(), Workspace{ID: "w", ServiceAccounts: Unknown[[]ActorAccess]("x")}), nil},
		"no role":           {rooms(read(), Workspace{ID: "w", ServiceAccounts: Known([]ActorAccess(nil))}), []WantKind{WantServiceAccountTeams}},
		"a role":            {rooms(read(), Workspace{ID: "w", ServiceAccounts: Known([]ActorAccess{{"b", "r"}})}), []WantKind{WantServiceAccountTeams, WantWorkspaceRoles}},
		"a default role":    {rooms(read(), Workspace{ID: "w", DefaultRoleID: "r", ServiceAccounts: Known([]ActorAccess(nil))}), []WantKind{WantServiceAccountTeams, WantWorkspaceRoles}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []WantKind
			for _, want := range NeedsReview(since)(test.world) {
				got = append(got, want.Kind)
				if (want.Kind == WantCreators) != want.Since.Equal(since) {
					t.Errorf("%s looks back to %v", want.Kind, want.Since)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("wants %q, want %q", got, test.want)
			}
		})
	}
}

func BenchmarkReview(b *testing.B) {
	w := office()
	w.People.Rows = nil
	var users []DirectoryUser
	for i := range 10000 {
		name := fmt.Sprintf("person%d", i)
		w.People.Rows = append(w.People.Rows, member(name, "acme.com", "Member"))
		users = append(users, pushed(name, "acme.com"))
	}
	w.Directories = Known([]Directory{{ID: "dir", Name: "Okta", Users: Known(users)}})
	for b.Loop() {
		Review(w, Limits{Now: reviewTime})
	}
}
