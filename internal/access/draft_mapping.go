package access

import (
	"slices"
)

// mappingFor finds the mapping that decides about a person's role; one without an id for none.
func (d *draft) mappingFor(u *DirectoryUser) Part[Mapping] {
	dir := d.directoryOf(u)
	mappings, known := dir.Mappings.Get()
	if !known {
		return derive(dir.Mappings, func([]Mapping) Mapping { return Mapping{} })
	}
	for i, m := range mappings {
		if i+1 < len(mappings) && mappings[i+1].Match == m.Match && mappings[i+1].Priority == m.Priority && mappings[i+1].RoleID != m.RoleID {
			if matches, known := d.matches(dir, m, u).Get(); matches || !known {
				return Unknown[Mapping]("two mappings share a match for the moment, and which one is older is not known")
			}
		}
		matches, known := d.matches(dir, m, u).Get()
		if !known {
			return Unknown[Mapping]("whom the mapping is for is not known")
		}
		if matches {
			return Known(m)
		}
	}
	return Known(Mapping{})
}

// matches reports whether a mapping is for a person.
func (d *draft) matches(dir *Directory, m Mapping, u *DirectoryUser) Part[bool] {
	if whom, known := dir.Matches[m.Match].Get(); known && (!u.listedHeld || slices.Contains(whom, u.ID)) {
		return Known(slices.Contains(whom, u.ID))
	}
	if groups, known := u.Groups.Get(); known && m.Match.Attribute == "" {
		return Known(slices.ContainsFunc(groups, func(g DirectoryGroup) bool {
			return g.ID == m.Match.GroupID || g.Name == m.Match.GroupName
		}))
	}
	return d.matched(dir.ID, m, u)
}

// matched tells from the mapping that counted before the change whom the others matched: those that come before it did
// not. It does not tell that of a user with bypass:sso, who keeps their role where they are the last.
func (d *draft) matched(directoryID string, m Mapping, u *DirectoryUser) Part[bool] {
	unknown := Unknown[bool]("whom the mapping is for is not known")
	before, there := d.before.Directory(directoryID)
	was, seen := d.earlier(u.ID)
	if !there || !seen {
		return unknown
	}
	mappings, known := before.Mappings.Get()
	i := slices.IndexFunc(mappings, func(other Mapping) bool { return other.ID == m.ID && other.Match == m.Match })
	if !known || i < 0 || was.MembershipID == "" {
		return unknown
	}
	row, there := d.byKey[was.MembershipID]
	if !there || d.before.mayBypass(row) {
		return unknown
	}
	if was.RoleSource != RoleMapping {
		return Known(false)
	}
	w := slices.IndexFunc(mappings, func(other Mapping) bool { return other.ID == was.MappingID })
	switch {
	case w < 0:
		return unknown
	case w == i:
		return Known(true)
	case compareMappings(mappings[i], mappings[w]) < 0:
		return Known(false)
	}
	return unknown
}

// earlier returns a directory's person as they were before the change.
func (d *draft) earlier(id string) (DirectoryUser, bool) {
	if d.was == nil {
		d.was = map[string]DirectoryUser{}
		for i := range d.before.Directories.Or(nil) {
			for _, u := range d.before.Directories.value[i].users() {
				d.was[u.ID] = *u
			}
		}
	}
	u, ok := d.was[id]
	return u, ok
}

// mayBypass reports whether a person has, or may have, a role with bypass:sso.
func (w World) mayBypass(row int) bool {
	if row >= len(w.People.Rows) {
		return true
	}
	role, known := w.RoleOf(w.People.Rows[row]).Get()
	return !known || role.Bypasses()
}

// mappingsOf finds a directory and its mappings; none where the account has no such directory, or where they are not
// known.
func (d *draft) mappingsOf(id string) (*Directory, []Mapping) {
	dir := d.directory(id)
	if dir == nil && d.Directories.IsKnown() {
		return nil, nil
	}
	if dir == nil || !dir.Mappings.IsKnown() {
		d.missing(GapMappings)
		return nil, nil
	}
	return dir, dir.Mappings.value
}

// editMappings makes changes of mappings, and brings in line whom they are and were for when all are made: what people have
// between them no user is left with.
func (d *draft) editMappings(changes []mappingChange) {
	touched := map[string][]Mapping{}
	var directories []string
	for _, c := range changes {
		id, mappings := c.edit(d)
		if touched[id] == nil && mappings != nil {
			directories = append(directories, id)
		}
		touched[id] = append(touched[id], mappings...)
	}
	for _, id := range directories {
		if dir := d.directory(id); dir != nil {
			d.reconcileMatched(dir, touched[id])
		}
	}
}

// putMapping makes or changes a mapping, and returns what it is and was.
func (d *draft) putMapping(directoryID string, m Mapping) []Mapping {
	dir, rows := d.mappingsOf(directoryID)
	if dir == nil {
		return nil
	}
	if m.ID == "" {
		if at := slices.IndexFunc(rows, func(other Mapping) bool { return other.Match == m.Match }); at >= 0 {
			d.reject(Rejection{Reason: RejectedMatch, DirectoryID: directoryID, MappingID: rows[at].ID})
			return nil
		}
		m.ID = "new mapping of " + m.Match.kind() + " " + m.Match.GroupID + m.Match.GroupName + m.Match.Attribute + " " + m.Match.Equals
	}
	matches := []Mapping{m}
	rows = slices.DeleteFunc(rows, func(old Mapping) bool {
		if old.ID == m.ID {
			matches = append(matches, old)
		}
		return old.ID == m.ID
	})
	dir.Mappings = Known(slices.SortedFunc(slices.Values(append(rows, m)), compareMappings))
	return matches
}

// deleteMapping ends a mapping, and returns what it was.
func (d *draft) deleteMapping(directoryID, id string) (deleted []Mapping) {
	dir, rows := d.mappingsOf(directoryID)
	if dir == nil {
		return nil
	}
	dir.Mappings = Known(slices.DeleteFunc(rows, func(old Mapping) bool {
		if old.ID == id {
			deleted = append(deleted, old)
		}
		return old.ID == id
	}))
	return deleted
}

// reconcileMatched brings everybody in line whom mappings are or were for. In which order the API does that is not known for
// those of groups, and matters where everybody with bypass:sso would lose it: one of them keeps it then.
func (d *draft) reconcileMatched(dir *Directory, mappings []Mapping) {
	id := dir.ID
	var whom []string // user ids
	for _, u := range dir.users() {
		if slices.ContainsFunc(mappings, func(m Mapping) bool { return d.mayReconcile(dir, m, u) }) {
			whom = append(whom, u.ID)
		}
	}
	if !dir.Users.IsKnown() && slices.ContainsFunc(mappings, func(m Mapping) bool { return !dir.Matches[m.Match].IsKnown() }) {
		d.missing(GapMatches)
	}
	if len(whom) == 0 {
		return
	}
	run := func(d *draft) {
		dir := d.directory(id)
		for _, u := range dir.users() {
			if slices.Contains(whom, u.ID) {
				d.reconcile(u.Email, "", "")
			}
		}
	}
	trial := begin(d.World)
	trial.before, trial.acceptAll = d.before, true
	run(trial)
	lost, gained := d.bypassShift(trial)
	run(d)
	if len(lost) > 0 && len(lost)+len(gained) > 1 && len(d.before.holders()) <= len(lost) {
		one := Rejection{Reason: RejectedLastBypass}
		for _, key := range lost {
			p := d.person(key)
			one.People = append(one.People, *p)
			one.To = append(one.To, trial.person(key).RoleID.Or(""))
			p.RoleID = Unknown[string]("one of several keeps bypass:sso, and which one is not known")
		}
		d.reject(one)
	}
}

// mayReconcile reports whether the API looks at a person anew when a mapping begins, changes or ends: those whom it is for.
func (d *draft) mayReconcile(dir *Directory, m Mapping, u *DirectoryUser) bool {
	matches, known := d.matches(dir, m, u).Get()
	return matches || !known
}

// bypassShift returns the keys of those who lose and gain bypass:sso where none is refused it.
func (d *draft) bypassShift(after *draft) (lost, gained []string) {
	for i := range d.People.Rows {
		p := &d.People.Rows[i]
		then := after.person(p.Key())
		had := is(d.bypasses(p), true)
		has := then != nil && !is(after.bypasses(then), false)
		switch {
		case had && !has:
			lost = append(lost, p.Key())
		case !had && has:
			gained = append(gained, p.Key())
		}
	}
	return lost, gained
}

// holders returns the active people whose role has bypass:sso.
func (w World) holders() (found []Person) {
	for _, p := range w.People.Rows {
		if role, known := w.RoleOf(p).Get(); known && role.Bypasses() && is(p.Active, true) {
			found = append(found, p)
		}
	}
	return found
}
