package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// TestAnyDirectoryHistory lets an identity provider and people change things in any order and holds the account
// against a model of it after each step.
func TestAnyDirectoryHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newSynced(t)
		m := newModel()
		teams := map[string]uuid.UUID{}
		for range rapid.IntRange(30, 60).Draw(t, "steps") {
			name := rapid.SampledFrom(m.names).Draw(t, "name")
			group := rapid.SampledFrom([]string{"G1", "G2"}).Draw(t, "group")
			role := rapid.SampledFrom([]uuid.UUID{OwnerRoleID, AdminRoleID, MemberRoleID}).Draw(t, "role")
			yes := rapid.Bool().Draw(t, "yes")
			priority := rapid.IntRange(1, 3).Draw(t, "priority")
			steps := map[string]func(){
				"push":   func() { s.push(name, yes); m.push(name, yes) },
				"forget": func() { s.forget(name); m.forget(name) },
				"place":  func() { s.place(group, name, yes); m.place(group, name, yes) },
				"map":    func() { s.mapIf(group, role, priority); m.mapTo(group, role, priority) },
				"unmap":  func() { s.unmap(priority); m.unmap(priority) },
				"role": func() {
					m.setRole(name, role, s.try(name, func(tx *Tx, id uuid.UUID) error { return tx.SetRole(s.acme, id, role) }))
				},
				"active": func() {
					m.setActive(name, yes, s.try(name, func(tx *Tx, id uuid.UUID) error { return tx.SetActive(s.acme, []uuid.UUID{id}, yes) }))
				},
				"remove": func() {
					m.remove(name, s.try(name, func(tx *Tx, id uuid.UUID) error { return tx.RemoveMember(s.acme, id) }))
				},
				"invite":  func() { s.invite(name); m.invite(name) },
				"action":  func() { s.set(actionIf(yes)); m.erases = yes },
				"domains": func() { s.allow(domainsIf(yes)...); m.allow(yes) },
				"restart": func() { s.restart(); m.restart() },
				"teams":   func() { s.sync(yes); m.unsynced = !yes },
			}
			what := rapid.SampledFrom(slices.Sorted(maps.Keys(steps))).Draw(t, "what")
			steps[what]()
			for _, name := range m.names {
				if got, want := s.is(name)+" "+s.tied(name), m.is(name); got != want {
					t.Fatalf("after %s of %s (%s, yes %v) %s is %q, want %q", what, name, group, yes, name, got, want)
				}
			}
			s.keepsTeams(t, teams)
			s.tellsWhy(t)
			checkIndexes(t, s.store.data)
		}
	})
}

// keepsTeams checks that every group has a team while teams are made of groups, and always the same one.
func (s *synced) keepsTeams(t tester, teams map[string]uuid.UUID) {
	t.Helper()
	s.do(func(tx *Tx) error {
		for _, g := range tx.DirectoryGroups(s.directory) {
			team, has := teamByGroup.Get(tx.db, g.VendorID())
			if has != s.dir(tx).SyncGroupsToTeams {
				t.Fatalf("%s has a team: %v", g.DisplayName, has)
			}
			if !has {
				continue
			}
			if first, known := teams[g.VendorID()]; known && first != team.ID {
				t.Fatalf("%s has another team: %s", g.DisplayName, team.Name)
			}
			teams[g.VendorID()] = team.ID
		}
		return nil
	})
}

// tellsWhy checks that each person whom the directory wants as a member is one, or there is a reason why not.
func (s *synced) tellsWhy(t tester) {
	t.Helper()
	s.view(func(r *Reader) {
		for _, u := range r.DirectoryUsers(s.directory) {
			if _, member := r.MembershipOfDirectoryUser(u); u.Active && member == (r.HeldReason(u) != "") {
				t.Fatalf("%s is a member by the directory: %v, and held for %q", u.UserName, member, r.HeldReason(u))
			}
		}
	})
}

func actionIf(erases bool) DeprovisionAction {
	if erases {
		return DeprovisionDelete
	}
	return DeprovisionDeactivate
}

func domainsIf(all bool) []string {
	if all {
		return []string{"acme.com", "b.example"}
	}
	return []string{"acme.com"}
}

// model is the account as simple as it can be said: a few people, what the directory says of them, and why they
// have their roles.
type model struct {
	names    []string
	members  []*modelMember // in the order of joining
	people   []*modelPerson // in the order of arrival
	groups   map[string][]string
	mappings map[int]modelMapping
	erases   bool // a person who leaves is removed, not deactivated
	narrow   bool // b.example is not allowed
	unsynced bool // groups have no teams
}

type modelMember struct {
	name, source, sourceBefore string
	role, before               uuid.UUID

	active, linked bool
}

type modelPerson struct {
	name         string
	active, held bool
}

type modelMapping struct {
	group string
	role  uuid.UUID
}

func newModel() *model {
	return &model{
		names: []string{"owner", "second", "ada", "ann", "bob@b.example"},
		members: []*modelMember{
			{name: "owner", role: OwnerRoleID, active: true},
			{name: "second", role: OwnerRoleID, active: true},
			{name: "ada", role: MemberRoleID, active: true},
		},
		groups:   map[string][]string{},
		mappings: map[int]modelMapping{},
	}
}

func (m *model) member(name string) *modelMember {
	for _, member := range m.members {
		if member.name == name {
			return member
		}
	}
	return nil
}

func (m *model) person(name string) *modelPerson {
	for _, p := range m.people {
		if p.name == name {
			return p
		}
	}
	return nil
}

func (m *model) holds(name string) bool { return m.narrow && strings.HasSuffix(name, "@b.example") }

// last says whether somebody is the only active Owner.
func (m *model) last(x *modelMember) bool {
	n := 0
	for _, member := range m.members {
		if member.active && member.role == OwnerRoleID {
			n++
		}
	}
	return x.active && x.role == OwnerRoleID && n == 1
}

func (m *model) mayHave(x *modelMember, role uuid.UUID) bool {
	return role == OwnerRoleID || !m.last(x)
}

func (m *model) reconcile(name string, arrived bool) {
	p, x := m.person(name), m.member(name)
	if p != nil && p.active && !p.held {
		if x == nil {
			if !arrived {
				return
			}
			x = &modelMember{name: name, role: MemberRoleID, source: "default"}
			m.members = append(m.members, x)
			x.active = true
		}
		x.linked = true
		x.source = cmp.Or(x.source, "manual")
		x.active = x.active || arrived
		m.reconcileRole(x)
		return
	}
	if x == nil || !x.linked {
		return
	}
	if x.active && !m.last(x) {
		x.active = false
		if m.erases {
			m.drop(x)
			return
		}
	}
	if p == nil || p.held {
		m.endMapping(x)
		x.linked = false
		return
	}
	m.reconcileRole(x)
}

func (m *model) drop(x *modelMember) {
	m.members = slices.DeleteFunc(m.members, func(y *modelMember) bool { return x == y })
}

func (m *model) reconcileRole(x *modelMember) {
	for _, priority := range []int{3, 2, 1} {
		mapping, there := m.mappings[priority]
		if !there || !slices.Contains(m.groups[mapping.group], x.name) {
			continue
		}
		if !m.mayHave(x, mapping.role) {
			return
		}
		if x.source != "mapping" {
			x.before, x.sourceBefore = x.role, x.source
		}
		x.role, x.source = mapping.role, "mapping"
		return
	}
	m.endMapping(x)
}

func (m *model) endMapping(x *modelMember) {
	if x.source != "mapping" {
		return
	}
	x.source = "manual"
	if m.mayHave(x, x.before) {
		x.role, x.source = x.before, x.sourceBefore
	}
}

func (m *model) push(name string, active bool) {
	p := m.person(name)
	if p == nil {
		p = &modelPerson{name: name}
		m.people = append(m.people, p)
	}
	was := p.active && !p.held
	changed := p.active != active
	p.active, p.held = active, m.holds(name)
	if changed {
		m.reconcile(name, !was && p.active && !p.held)
	}
}

func (m *model) forget(name string) {
	m.people = slices.DeleteFunc(m.people, func(p *modelPerson) bool { return p.name == name })
	for group, in := range m.groups {
		m.groups[group] = slices.DeleteFunc(in, func(n string) bool { return n == name })
	}
	m.reconcile(name, false)
}

func (m *model) place(group, name string, in bool) {
	if m.person(name) == nil || slices.Contains(m.groups[group], name) == in {
		return
	}
	if in {
		m.groups[group] = append(m.groups[group], name)
	} else {
		m.groups[group] = slices.DeleteFunc(m.groups[group], func(n string) bool { return n == name })
	}
	m.reconcile(name, false)
}

func (m *model) mapTo(group string, role uuid.UUID, priority int) {
	old := m.mappings[priority]
	next := modelMapping{group, role}
	if old == next {
		return
	}
	m.mappings[priority] = next
	m.reconcileAll(slices.Concat(m.groups[old.group], m.groups[group]))
}

func (m *model) unmap(priority int) {
	old, there := m.mappings[priority]
	if !there {
		return
	}
	delete(m.mappings, priority)
	m.reconcileAll(m.groups[old.group])
}

func (m *model) reconcileAll(names []string) {
	done := map[string]bool{}
	for _, name := range names {
		if !done[name] {
			done[name] = true
			m.reconcile(name, false)
		}
	}
}

// By hand: ok says whether it was let through, and the model that it should have been.
func (m *model) setRole(name string, role uuid.UUID, ok bool) {
	x := m.member(name)
	if want := x != nil && (x.role == role || x.source != "mapping" && m.mayHave(x, role)); want != ok {
		panic(fmt.Sprintf("the role of %s: %v", name, ok))
	}
	if !ok || x.role == role {
		return
	}
	x.role = role
	if x.source != "" {
		x.source = "manual"
	}
}

func (m *model) setActive(name string, active, ok bool) {
	x := m.member(name)
	if want := x != nil && (active || !m.last(x)); want != ok {
		panic(fmt.Sprintf("activity of %s: %v", name, ok))
	}
	if ok {
		x.active = active
	}
}

func (m *model) remove(name string, ok bool) {
	x := m.member(name)
	if want := x != nil && !m.last(x); want != ok {
		panic(fmt.Sprintf("removal of %s: %v", name, ok))
	}
	if ok {
		m.drop(x)
	}
}

func (m *model) invite(name string) {
	if m.member(name) == nil {
		m.members = append(m.members, &modelMember{name: name, role: MemberRoleID, active: true})
	}
}

func (m *model) allow(all bool) {
	m.narrow = !all
	for _, p := range m.people {
		was := p.held
		p.held = m.holds(p.name)
		if was != p.held {
			m.reconcile(p.name, p.active && was)
		}
	}
}

func (m *model) restart() {
	for _, x := range slices.Clone(m.members) {
		if x.linked {
			m.endMapping(x)
			x.linked = false
		}
	}
	m.unsynced = false
	m.people, m.groups, m.mappings = nil, map[string][]string{}, map[int]modelMapping{}
}

// is says what synced.is and synced.tied do.
func (m *model) is(name string) string {
	x := m.member(name)
	if x == nil {
		return "none []"
	}
	out := map[uuid.UUID]string{OwnerRoleID: "Owner", AdminRoleID: "Admin", MemberRoleID: "Member"}[x.role]
	if x.source != "" {
		out += " " + x.source
	}
	if !x.active {
		out += " inactive"
	}
	teams := []string{}
	if x.linked {
		for group, in := range m.groups {
			if !m.unsynced && slices.Contains(in, name) {
				teams = append(teams, group)
			}
		}
	} else {
		out += " free"
	}
	slices.Sort(teams)
	return out + " " + fmt.Sprint(teams)
}
