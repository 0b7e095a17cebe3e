package access

import (
	"cmp"
	"maps"
	"slices"
)

// draft is a copy of a world while a change is made on it.
type draft struct {
	World
	// before is the world as it was: what it says of mappings tells whom they match.
	before *World
	// byKey and byEmail find people in People.Rows.
	byKey, byEmail map[string]int
	// pushed finds directories' people by address, who came first first; from finds the directory of one.
	pushed map[string][]*DirectoryUser
	from   map[*DirectoryUser]string
	// was is what directories' people were before the change, by id; made when it is asked for.
	was map[string]DirectoryUser
	// another is where a user with bypass:sso was found last in People.Rows: when the next user is asked about, that one is likely
	// to have it still.
	another int
	// acceptAll makes role changes that the API would reject for the last user with bypass:sso, too.
	acceptAll bool
}

// change makes a change on a copy of a world.
func change(w World, c Change, make func(*draft)) World {
	d := begin(w)
	make(d)
	d.People.Rows = slices.DeleteFunc(d.People.Rows, func(p Person) bool { return p.removed })
	d.changes = append(slices.Clip(d.changes), c)
	return d.World
}

// begin copies what a change may alter.
func begin(w World) *draft {
	before := w
	w.Domains = derive(w.Domains, slices.Clone[[]Domain])
	w.Connections = derive(w.Connections, slices.Clone[[]Connection])
	w.Directories = derive(w.Directories, func(rows []Directory) []Directory {
		rows = slices.Clone(rows)
		for i := range rows {
			rows[i].Users = derive(rows[i].Users, slices.Clone[[]DirectoryUser])
			rows[i].Held = derive(rows[i].Held, slices.Clone[[]DirectoryUser])
			rows[i].Seen = slices.Clone(rows[i].Seen)
			rows[i].Mappings = derive(rows[i].Mappings, func(rows []Mapping) []Mapping {
				return slices.SortedFunc(slices.Values(rows), compareMappings)
			})
			rows[i].Groups = derive(rows[i].Groups, slices.Clone[[]DirectoryGroup])
			rows[i].Matches = maps.Clone(rows[i].Matches)
		}
		return rows
	})
	w.People.Rows = slices.Clone(w.People.Rows)
	w.Teams = derive(w.Teams, func(rows []Team) []Team {
		rows = slices.Clone(rows)
		for i := range rows {
			rows[i].Members, rows[i].Access = slices.Clone(rows[i].Members), slices.Clone(rows[i].Access)
		}
		return rows
	})
	w.Workspaces = derive(w.Workspaces, slices.Clone[[]Workspace])
	w.rejected, w.gaps, w.deprovisioned = slices.Clip(w.rejected), slices.Clip(w.gaps), slices.Clip(w.deprovisioned)
	d := &draft{World: w, before: &before}
	d.unhold()
	d.index()
	return d
}

// unhold finds those whom their directory's allowed domains do not keep out: the API lists people as held, too, whose
// membership was removed or another directory manages.
func (d *draft) unhold() {
	for i := range d.Directories.Or(nil) {
		dir := &d.Directories.value[i]
		for j := range dir.Held.Or(nil) {
			u := &dir.Held.value[j]
			u.listedHeld = true
			if u.Email != "" && is(d.allows(dir, u.Domain()), true) {
				u.Held = false
			}
		}
	}
}

func (d *draft) index() {
	d.byKey, d.byEmail = make(map[string]int, len(d.People.Rows)), make(map[string]int, len(d.People.Rows))
	for i, p := range d.People.Rows {
		if !p.removed {
			d.byKey[p.Key()], d.byEmail[p.Email] = i, i
		}
	}
	d.pushed, d.from = map[string][]*DirectoryUser{}, map[*DirectoryUser]string{}
	for i := range d.Directories.Or(nil) {
		dir := &d.Directories.value[i]
		for _, u := range dir.users() {
			d.from[u] = dir.ID
			if u.Email != "" {
				d.pushed[u.Email] = append(d.pushed[u.Email], u)
			}
		}
	}
	if len(d.Directories.Or(nil)) > 1 {
		for _, people := range d.pushed {
			slices.SortStableFunc(people, func(a, b *DirectoryUser) int { return cmp.Compare(a.ID, b.ID) })
		}
	}
}

// person finds a person by key; nil for none.
func (d *draft) person(key string) *Person {
	if i, ok := d.byKey[key]; ok && key != "" {
		return &d.People.Rows[i]
	}
	return nil
}

// personWith finds a person by address; nil for none.
func (d *draft) personWith(email string) *Person {
	if i, ok := d.byEmail[email]; ok && email != "" {
		return &d.People.Rows[i]
	}
	return nil
}

// isAbsent reports whether no member has the address, for certain.
func (d *draft) isAbsent(email string) bool {
	return d.People.covers(CoverEveryone) || slices.Contains(d.People.Looked, email)
}

func (d *draft) reject(r Rejection) { d.rejected = append(d.rejected, r) }

// missing notes that the change depends on something that is not known.
func (d *draft) missing(g Gap) {
	if !slices.Contains(d.gaps, g) {
		d.gaps = append(d.gaps, g)
	}
}

// bypasses reports whether a person is active and has a role with bypass:sso.
func (d *draft) bypasses(p *Person) Part[bool] {
	role := d.RoleOf(*p)
	if is(p.Active, false) {
		return Known(false)
	}
	if r, known := role.Get(); known && !r.Bypasses() {
		return Known(false)
	}
	if !role.IsKnown() || !p.Active.IsKnown() {
		return Unknown[bool]("the role is not known")
	}
	return Known(true)
}

// isLast reports whether a person is the only active user whose role has bypass:sso. Service accounts do not count.
func (d *draft) isLast(p *Person) Part[bool] {
	own, known := d.bypasses(p).Get()
	if known && !own {
		return Known(false)
	}
	unsure := !known || !d.People.covers(CoverBypassing)
	for n := range d.People.Rows {
		i := (d.another + n) % len(d.People.Rows)
		other := &d.People.Rows[i]
		if other.removed || other.Key() == p.Key() {
			continue
		}
		switch bypasses, known := d.bypasses(other).Get(); {
		case bypasses:
			d.another = i
			return Known(false)
		case !known:
			unsure = true
		}
	}
	if unsure {
		return Unknown[bool]("who else has bypass:sso is not known")
	}
	return Known(true)
}

// answer is whether the API does something, where that may not be known.
type answer uint8

const (
	no answer = iota
	yes
	perhaps
)

// mayLose reports whether the API lets a user lose bypass:sso, and notes it where it does not.
func (d *draft) mayLose(p *Person) answer {
	last, known := d.isLast(p).Get()
	switch {
	case d.acceptAll, known && !last:
		return yes
	case known:
		d.reject(Rejection{Reason: RejectedLastBypass, People: []Person{*p}})
		return no
	}
	d.missing(GapBypassing)
	return perhaps
}

// notKnown is what is said of what depends on who else has bypass:sso.
const notKnown = "who else has bypass:sso is not known"

// drop ends a person's membership with all that hangs on it.
func (d *draft) drop(key string) {
	p := d.person(key)
	if p == nil {
		return
	}
	actor := p.ActorID
	if u := d.manager(p); u != nil {
		*u = u.unlinked()
	}
	for i := range d.Teams.Or(nil) {
		team := &d.Teams.value[i]
		team.Members = slices.DeleteFunc(team.Members, func(id string) bool { return id == actor })
	}
	own := func(a ActorAccess) bool { return a.ActorID == actor }
	for i := range d.Workspaces.Or(nil) {
		workspace := &d.Workspaces.value[i]
		workspace.Users = derive(workspace.Users, func(rows []ActorAccess) []ActorAccess {
			return slices.DeleteFunc(slices.Clone(rows), own)
		})
	}
	p.removed = true
	delete(d.byKey, key)
	delete(d.byEmail, p.Email)
}

func (d *draft) setRoles(roles []RoleOf) {
	gives := func(r RoleOf) bool { return d.Role(r.RoleID).Or(Role{}).Bypasses() }
	for _, promotions := range []bool{true, false} {
		for _, r := range roles {
			if gives(r) == promotions {
				d.setRole(r)
			}
		}
	}
}

func (d *draft) setRole(r RoleOf) {
	p := d.person(r.MembershipID)
	if p == nil {
		p = d.personWith(r.Email)
	}
	if p == nil {
		if !d.isAbsent(r.Email) {
			d.missing(GapPeople)
		}
		return
	}
	if is(p.RoleID, r.RoleID) {
		return
	}
	before := p.RoleID.Or("")
	from, to := d.RoleOf(*p), d.Role(r.RoleID)
	if !from.IsKnown() || !to.IsKnown() {
		d.missing(GapRoles)
	}
	if d.isCaller(*p) && from.IsKnown() && from.value.Demotes(to.Or(Role{})) {
		d.reject(Rejection{Reason: RejectedCaller, People: []Person{*p}})
		return
	}
	u := d.manager(p)
	if u != nil && u.RoleSource == RoleMapping {
		d.reject(Rejection{Reason: RejectedMapping, People: []Person{*p}, DirectoryID: p.DirectoryID.Or(""), MappingID: u.MappingID})
		return
	}
	if u != nil && !p.RoleID.IsKnown() {
		d.missing(GapMatches) // a mapping may give it, and then it stays
		return
	}
	p.RoleID = d.given(p, r.RoleID)
	if is(p.RoleID, before) {
		return
	}
	if u != nil {
		u.RoleSource = RoleManual
	}
}

// given returns the role that a person has when they are given another one.
func (d *draft) given(p *Person, roleID string) Part[string] {
	if role, known := d.Role(roleID).Get(); known && role.Bypasses() {
		return Known(roleID)
	}
	switch d.mayLose(p) {
	case no:
		d.rejected[len(d.rejected)-1].To = []string{roleID}
		return p.RoleID
	case perhaps:
		return Unknown[string](notKnown)
	}
	return Known(roleID)
}

func (d *draft) setActive(ids []string, active bool) {
	trial, unsure := begin(d.World), false
	var leaving []Person // those who lose bypass:sso by it: the last one is refused with all others
	for _, id := range ids {
		p := trial.person(id)
		if p == nil && !d.People.covers(CoverEveryone) {
			d.missing(GapPeople)
		}
		unsure = unsure || p != nil && p.unsure // whether all of them are members decides about all
		if p == nil || is(p.Active, active) {
			continue
		}
		if d.isCaller(*p) {
			d.reject(Rejection{Reason: RejectedCaller, People: []Person{*p}})
			return
		}
		if !active {
			last, known := trial.isLast(p).Get()
			if known && last {
				d.reject(Rejection{Reason: RejectedLastBypass, People: append(leaving, *p)})
				return
			}
			if is(trial.bypasses(p), true) {
				leaving = append(leaving, *p)
			}
			unsure = unsure || !known
		}
		p.Active = Known(active)
	}
	if unsure {
		d.missing(GapBypassing)
		for _, id := range ids {
			if p := trial.person(id); p != nil {
				p.Active = Unknown[bool](notKnown)
			}
		}
	}
	trial.gaps = d.gaps
	d.World = trial.World
}

func (d *draft) removePeople(ids []string) {
	for _, id := range ids {
		p := d.person(id)
		switch {
		case p == nil && !d.People.covers(CoverEveryone):
			d.missing(GapPeople)
		case p == nil:
		case d.isCaller(*p):
			d.reject(Rejection{Reason: RejectedCaller, People: []Person{*p}})
		default:
			switch d.mayLose(p) {
			case yes:
				d.drop(id)
			case perhaps:
				p.Active, p.unsure, p.unsureTeams = Unknown[bool](notKnown), true, true
			}
		}
	}
}

func (d *draft) setTeamAccess(teamID, workspaceID, roleID string) {
	rows, known := d.Teams.Get()
	if !known {
		d.missing(GapTeams)
		return
	}
	for i := range rows {
		if rows[i].ID != teamID {
			continue
		}
		rows[i].Access = slices.DeleteFunc(rows[i].Access, func(a TeamAccess) bool { return a.WorkspaceID == workspaceID })
		if roleID != "" {
			rows[i].Access = append(rows[i].Access, TeamAccess{WorkspaceID: workspaceID, RoleID: roleID})
		}
	}
}
