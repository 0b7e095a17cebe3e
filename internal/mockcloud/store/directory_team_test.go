package store

import (
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestGroupTeams: groups are teams, with their names and their people.
func TestGroupTeams(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.push("ann", true)
	s.push("bob", true)
	s.group("Data", "ann", "bob")
	s.group("Web", "ann")
	if got := s.teams("ann"); got != "Data,Web" {
		t.Errorf("ann is in %s", got)
	}
	s.push("bob", false)
	if got := s.teams("bob"); got != "Data" {
		t.Errorf("bob, who left, is in %q: teams are kept", got)
	}
	s.rename("Web", "Data")
	if got := s.teams("ann"); got != "Data,Data (2)" {
		t.Errorf("after two groups have one name ann is in %s", got)
	}
	s.group("Data", "bob")
	if got := s.teams("ann"); got != "Data (2)" {
		t.Errorf("out of the first ann is in %q", got)
	}
	s.remove("bob")
	if got := s.teams("bob"); got != "" {
		t.Errorf("bob, who is gone, is in %q", got)
	}
	s.do(func(tx *Tx) error {
		return tx.DeleteDirectoryGroup(s.dir(tx), tx.DirectoryGroupsByName(s.directory, "Data")[1].ID)
	})
	s.view(func(r *Reader) {
		if n := len(r.ListTeams(s.acme, TeamQuery{}, NameAsc)); n != 1 {
			t.Errorf("%d teams are left, want the other group's", n)
		}
	})
	s.sync(false)
	s.view(func(r *Reader) {
		if r.ListTeams(s.acme, TeamQuery{}, NameAsc)[0].isTied() {
			t.Error("the team is still the directory's")
		}
	})
}

// TestTiedTeam: a team that is tied by hand takes the group's name and people.
func TestTiedTeam(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.sync(false)
	s.push("ann", true)
	s.group("Data", "ann")
	members := []NewTeamMember{{UserID: s.actor("ada").UserID}, {BotID: s.actor("bot").BotID}}
	s.do(func(tx *Tx) error {
		team, err := tx.AddTeam(NewTeam{AccountID: s.acme, Name: "Ours"})
		if err != nil {
			return err
		}
		for _, who := range members {
			if err := tx.AddTeamMember(s.acme, team.ID, who); err != nil {
				return err
			}
		}
		group := tx.DirectoryGroupsByName(s.directory, "Data")[0].VendorID()
		return tx.UpdateTeam(s.acme, team.ID, TeamChange{Name: "Ours", DirectoryGroupID: Nullable[string]{Set: true, Value: &group}})
	})
	s.view(func(r *Reader) {
		team := r.ListTeams(s.acme, TeamQuery{}, NameAsc)[0]
		var names []string
		for _, m := range r.TeamMembers(team) {
			names = append(names, r.MemberName(m))
		}
		if got := team.Name + ": " + strings.Join(names, " "); got != "Data: bot ann@acme.com" {
			t.Errorf("the team is %s", got)
		}
	})
}

// TestTeamsAgain: groups that are teams again have the teams from before, with the groups' people and names; teams that
// are people's are left to them.
func TestTeamsAgain(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	for _, name := range []string{"ann", "bob", "cy"} {
		s.push(name, true)
	}
	first := map[string]uuid.UUID{}
	for _, name := range []string{"Kept", "Renamed", "Deleted", "Moved", "Freed"} {
		s.group(name, "ann", "bob")
		first[name] = s.team(name).ID
	}
	byHand := func(tx *Tx, name, rename string, group Nullable[string]) error {
		return tx.UpdateTeam(s.acme, first[name], TeamChange{Name: rename, DirectoryGroupID: group})
	}
	s.do(func(tx *Tx) error { return byHand(tx, "Freed", "Freed", Nullable[string]{Set: true}) })
	s.sync(false)
	s.group("Other", "bob")
	ada := NewTeamMember{UserID: s.actor("ada").UserID}
	s.do(func(tx *Tx) error {
		if err := tx.AddTeamMember(s.acme, first["Kept"], ada); err != nil {
			return err
		}
		if err := byHand(tx, "Renamed", "Ours", Nullable[string]{}); err != nil {
			return err
		}
		if err := tx.DeleteTeam(s.acme, first["Deleted"]); err != nil {
			return err
		}
		if _, err := tx.AddTeam(NewTeam{AccountID: s.acme, Name: "Deleted"}); err != nil {
			return err
		}
		other := tx.DirectoryGroupsByName(s.directory, "Other")[0].VendorID()
		return byHand(tx, "Moved", "Moved", Nullable[string]{Set: true, Value: &other})
	})
	s.group("Kept", "ann", "cy")
	if got := s.members("Kept"); got != "ada@acme.com ann@acme.com bob@acme.com" {
		t.Errorf("while people look after the team, it is %s", got)
	}
	want := map[string]string{
		"Kept": "ann@acme.com cy@acme.com", "Renamed": "ann@acme.com bob@acme.com", "Other": "bob@acme.com", "Moved": "ann@acme.com bob@acme.com",
		"Deleted": "", "Deleted (2)": "ann@acme.com bob@acme.com",
		"Freed": "ann@acme.com bob@acme.com", "Freed (2)": "ann@acme.com bob@acme.com",
	}
	for range 2 {
		s.sync(true)
		s.view(func(r *Reader) {
			if n := len(r.ListTeams(s.acme, TeamQuery{}, NameAsc)); n != len(want) {
				t.Errorf("there are %d teams, want %d", n, len(want))
			}
		})
		for name, members := range want {
			if got := s.members(name); got != members {
				t.Errorf("the team %s is %s, want %s", name, got, members)
			}
		}
		for name, id := range map[string]uuid.UUID{
			"Kept": first["Kept"], "Renamed": first["Renamed"], "Other": first["Moved"], "Freed": first["Freed"],
		} {
			if s.team(name).ID != id {
				t.Errorf("%s is another team", name)
			}
		}
		for _, name := range []string{"Deleted", "Freed"} {
			if s.team(name).isTied() || !s.team(name+" (2)").isTied() {
				t.Errorf("the directory took the team %s over", name)
			}
		}
		s.sync(false)
	}
}

// TestTeamsOutliveDirectory: the members of a team stay in it when its directory is deleted.
func TestTeamsOutliveDirectory(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.push("ann", true)
	s.push("bob", true)
	s.push("bob", false)
	s.group("Data", "ann", "bob")
	s.do(func(tx *Tx) error { return tx.DeleteDirectory(s.acme, s.directory) })
	for _, name := range []string{"ann", "bob"} {
		if got := s.teams(name); got != "Data" {
			t.Errorf("%s is in %q, want Data: deleting a directory takes nobody's access", name, got)
		}
	}
	s.view(func(r *Reader) {
		for _, team := range r.ListTeams(s.acme, TeamQuery{}, NameAsc) {
			if team.isTied() {
				t.Errorf("the team %s is still the directory's", team.Name)
			}
		}
	})
	checkIndexes(t, s.store.data)
}
