package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// synced is a world with the domains acme.com and b.example and a directory that pushes.
type synced struct {
	*world
	directory string
}

func newSynced(t tester) *synced {
	t.Helper()
	s := &synced{world: newWorld(t)}
	s.do(func(tx *Tx) error {
		if err := tx.SetDomains(s.acme, []string{"acme.com", "b.example"}); err != nil {
			return err
		}
		d, err := tx.AddDirectory(s.acme, DirectoryChange{Name: new("Okta"), Type: new(DirectoryType("okta scim v2.0"))})
		if err == nil {
			s.directory = d.ID
		}
		return err
	})
	return s
}

func (s *synced) do(fn func(*Tx) error) {
	s.t.Helper()
	if err := s.store.Update(Actor{}, fn); err != nil {
		s.t.Fatal(err)
	}
}

func (s *synced) dir(tx *Tx) *Directory {
	d, err := tx.Directory(s.acme, s.directory)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// person is what SCIM says of somebody, by the name before the @ or an address.
func person(name string, active bool) DirectoryUserInput {
	email := name
	if !strings.Contains(email, "@") && email != "" {
		email += "@acme.com"
	}
	attributes, _ := json.Marshal(map[string]any{"userName": name, "active": active, "title": "Engineer"})
	return DirectoryUserInput{
		UserName: name, ExternalID: "ext-" + name, Active: active, Email: email, FirstName: "F-" + name, LastName: "L", Attributes: attributes,
	}
}

// push adds or changes somebody.
func (s *synced) push(name string, active bool) {
	s.t.Helper()
	s.do(func(tx *Tx) error { return s.pushIn(tx, name, active) })
}

func (s *synced) pushIn(tx *Tx, name string, active bool) error {
	if u, ok := tx.DirectoryUserByName(s.directory, name); ok {
		_, err := tx.UpdateDirectoryUser(s.dir(tx), u.ID, person(name, active))
		return err
	}
	_, err := tx.AddDirectoryUser(s.dir(tx), person(name, active))
	return err
}

func (s *synced) remove(name string) {
	s.t.Helper()
	s.do(func(tx *Tx) error {
		u, ok := tx.DirectoryUserByName(s.directory, name)
		if !ok {
			return errors.New("the directory does not know " + name)
		}
		return tx.DeleteDirectoryUser(s.dir(tx), u.ID)
	})
}

// group makes a group with members, or makes its members exactly those.
func (s *synced) group(name string, members ...string) {
	s.t.Helper()
	s.do(func(tx *Tx) error {
		ids := []uuid.UUID{}
		for _, member := range members {
			u, ok := tx.DirectoryUserByName(s.directory, member)
			if !ok {
				return errors.New("the directory does not know " + member)
			}
			ids = append(ids, u.ID)
		}
		if known := tx.DirectoryGroupsByName(s.directory, name); len(known) > 0 {
			_, err := tx.UpdateDirectoryGroup(s.dir(tx), known[0].ID, DirectoryGroupChange{Members: &ids})
			return err
		}
		_, err := tx.AddDirectoryGroup(s.dir(tx), DirectoryGroupChange{DisplayName: &name, Members: &ids})
		return err
	})
}

// mapTo maps a group's name to a role and gives the mapping's id.
func (s *synced) mapTo(group string, role uuid.UUID, priority int) (id uuid.UUID) {
	s.t.Helper()
	s.do(func(tx *Tx) error {
		m, err := tx.AddGroupMapping(s.acme, s.directory, NewGroupMapping{Match: MappingMatch{GroupName: group}, RoleID: role, Priority: priority})
		if err == nil {
			id = m.ID
		}
		return err
	})
	return id
}

// is describes somebody's membership: "Member default", "Admin mapping inactive", or "none".
func (s *synced) is(email string) string {
	s.t.Helper()
	if !strings.Contains(email, "@") {
		email += "@acme.com"
	}
	out := "none"
	s.view(func(r *Reader) {
		u, ok := r.UserByEmail(email)
		if !ok {
			return
		}
		m, err := r.MembershipOf(s.acme, u.ActorID)
		if err != nil {
			return
		}
		out = strings.TrimSpace(r.roleName(m) + " " + string(m.RoleSource))
		if !m.Active {
			out += " inactive"
		}
		if m.DirectoryID == "" {
			out += " free"
		}
	})
	return out
}

func (s *synced) teams(name string) string {
	s.t.Helper()
	var out []string
	s.view(func(r *Reader) {
		u, _ := r.UserByEmail(name + "@acme.com")
		for _, t := range r.TeamsOf(s.acme, u.ActorID) {
			out = append(out, t.Name)
		}
	})
	slices.Sort(out)
	return strings.Join(out, ",")
}

func (s *synced) told(name string) (n int) {
	for _, e := range s.events() {
		if e.Name == "prefect-cloud."+name {
			n++
		}
	}
	return n
}

func (s *synced) set(action DeprovisionAction) {
	s.t.Helper()
	s.do(func(tx *Tx) error {
		_, err := tx.UpdateDirectory(s.acme, s.directory, DirectoryChange{Deprovision: &action})
		return err
	})
}

func (s *synced) allow(domains ...string) {
	s.t.Helper()
	s.do(func(tx *Tx) error {
		_, err := tx.UpdateDirectory(s.acme, s.directory, DirectoryChange{AllowedDomains: Nullable[[]string]{Set: true, Value: &domains}})
		return err
	})
}

// sync switches teams of groups on or off.
func (s *synced) sync(on bool) {
	s.t.Helper()
	s.do(func(tx *Tx) error {
		_, err := tx.UpdateDirectory(s.acme, s.directory, DirectoryChange{SyncGroupsToTeams: &on})
		return err
	})
}

// team finds a team by its name.
func (s *synced) team(name string) (t *Team) {
	s.t.Helper()
	s.view(func(r *Reader) {
		found := r.ListTeams(s.acme, TeamQuery{Names: []string{name}}, NameAsc)
		if len(found) == 0 {
			s.t.Fatalf("there is no team %s", name)
		}
		t = found[0]
	})
	return t
}

// members gives the names of a team's members in order.
func (s *synced) members(team string) string {
	s.t.Helper()
	var names []string
	t := s.team(team)
	s.view(func(r *Reader) {
		for _, m := range r.TeamMembers(t) {
			names = append(names, r.MemberName(m))
		}
	})
	slices.Sort(names)
	return strings.Join(names, " ")
}

func (s *synced) rename(from, to string) {
	s.t.Helper()
	s.do(func(tx *Tx) error {
		_, err := tx.UpdateDirectoryGroup(s.dir(tx), tx.DirectoryGroupsByName(s.directory, from)[0].ID, DirectoryGroupChange{DisplayName: &to})
		return err
	})
}

// byHand changes a membership as an administrator does.
func (s *synced) byHand(name string, change func(*Tx, uuid.UUID) error) {
	s.t.Helper()
	s.do(func(tx *Tx) error { return change(tx, s.id(tx, name)) })
}

func (s *synced) forget(name string) {
	s.do(func(tx *Tx) error {
		if u, ok := tx.DirectoryUserByName(s.directory, name); ok {
			return tx.DeleteDirectoryUser(s.dir(tx), u.ID)
		}
		return nil
	})
}

// place puts somebody whom the directory knows into a group, or takes them out, and makes the group where there is none.
func (s *synced) place(group, name string, in bool) {
	s.do(func(tx *Tx) error {
		known := tx.DirectoryGroupsByName(s.directory, group)
		if len(known) == 0 {
			g, err := tx.AddDirectoryGroup(s.dir(tx), DirectoryGroupChange{DisplayName: &group})
			if err != nil {
				return err
			}
			known = []*DirectoryGroup{g}
		}
		u, ok := tx.DirectoryUserByName(s.directory, name)
		if !ok {
			return nil
		}
		change := DirectoryGroupChange{Remove: []uuid.UUID{u.ID}}
		if in {
			change = DirectoryGroupChange{Add: []uuid.UUID{u.ID}}
		}
		_, err := tx.UpdateDirectoryGroup(s.dir(tx), known[0].ID, change)
		return err
	})
}

func (s *synced) mapping(tx *Tx, priority int) *GroupRoleMapping {
	for _, m := range mappingsByDirectory.Get(tx.db, s.directory) {
		if m.Priority == priority {
			return m
		}
	}
	return nil
}

// mapIf makes a mapping, or changes the one that has the priority.
func (s *synced) mapIf(group string, role uuid.UUID, priority int) {
	s.do(func(tx *Tx) error {
		match := MappingMatch{GroupName: group}
		m := s.mapping(tx, priority)
		if m == nil { // several may be of one group only by a change
			var err error
			nobody := MappingMatch{GroupName: fmt.Sprintf("nobody %d", priority)}
			if m, err = tx.AddGroupMapping(s.acme, s.directory, NewGroupMapping{Match: nobody, RoleID: role, Priority: priority}); err != nil {
				return err
			}
		}
		_, err := tx.UpdateGroupMapping(s.acme, s.directory, m.ID, GroupMappingChange{Match: &match, RoleID: &role})
		return err
	})
}

func (s *synced) unmap(priority int) {
	s.do(func(tx *Tx) error {
		if m := s.mapping(tx, priority); m != nil {
			return tx.DeleteGroupMapping(s.acme, s.directory, m.ID)
		}
		return nil
	})
}

func email(name string) string {
	if strings.Contains(name, "@") {
		return name
	}
	return name + "@acme.com"
}

// try does something by hand and says whether it was let through.
func (s *synced) try(name string, change func(*Tx, uuid.UUID) error) bool {
	return s.store.Update(Actor{}, func(tx *Tx) error {
		u, ok := tx.UserByEmail(email(name))
		if !ok {
			return &NotFound{}
		}
		m, err := tx.MembershipOf(s.acme, u.ActorID)
		if err != nil {
			return err
		}
		return change(tx, m.ID)
	}) == nil
}

// invite makes somebody a Member by hand, unless they are a member.
func (s *synced) invite(name string) {
	s.do(func(tx *Tx) error {
		u, ok := tx.UserByEmail(email(name))
		if !ok {
			var err error
			if u, err = tx.AddUser(NewUser{Email: email(name)}); err != nil {
				return err
			}
		}
		if _, err := tx.MembershipOf(s.acme, u.ActorID); err == nil {
			return nil
		}
		_, err := tx.AddMember(uuid.Nil, s.acme, u, MemberRoleID)
		return err
	})
}

// restart puts a new directory in the place of the old one.
func (s *synced) restart() {
	s.do(func(tx *Tx) error {
		old := s.dir(tx)
		if err := tx.DeleteDirectory(s.acme, s.directory); err != nil {
			return err
		}
		allowed := tx.AllowedDomains(old)
		d, err := tx.AddDirectory(s.acme, DirectoryChange{
			Name: &old.Name, Type: &old.Type, Deprovision: &old.Deprovision, AllowedDomains: Nullable[[]string]{Set: true, Value: &allowed},
		})
		if err == nil {
			s.directory = d.ID
		}
		return err
	})
}

// tied gives the groups whose teams somebody is in.
func (s *synced) tied(name string) string {
	out := []string{}
	s.view(func(r *Reader) {
		u, ok := r.UserByEmail(email(name))
		if !ok {
			return
		}
		for _, t := range r.TeamsOf(s.acme, u.ActorID) {
			if g, err := r.directoryGroup(s.acme, t.DirectoryGroupID); err == nil {
				out = append(out, g.DisplayName)
			}
		}
	})
	slices.Sort(out)
	return fmt.Sprint(out)
}
