package access

import (
	"cmp"
	"slices"
)

// What a directory's word makes of a membership, as the contract's protocols.md, section 2b, says: one function, settle,
// looks at what is there and not at what happened.

// usersWith finds the directories' people with an address, who came first first.
func (d *draft) usersWith(email string) []*DirectoryUser { return d.pushed[email] }

// users returns those of a directory's people who are known, in the order in which they came.
func (dir *Directory) users() (found []*DirectoryUser) {
	rows := dir.Users.value
	if !dir.Users.IsKnown() {
		rows = dir.Seen
	}
	for i := range rows {
		found = append(found, &rows[i])
	}
	if held := dir.Held.Or(nil); len(held) > 0 {
		for i := range held {
			found = append(found, &held[i])
		}
		slices.SortStableFunc(found, func(a, b *DirectoryUser) int { return cmp.Compare(a.ID, b.ID) })
	}
	return found
}

// manager finds the directory's person who decides about a membership; nil for none, and where none is known. Both have
// one address.
func (d *draft) manager(p *Person) *DirectoryUser {
	for _, u := range d.usersWith(p.Email) {
		if u.MembershipID != "" && u.MembershipID == p.Key() {
			return u
		}
	}
	return nil
}

// directoryOf finds the directory that a person is of.
func (d *draft) directoryOf(u *DirectoryUser) *Directory { return d.directory(d.from[u]) }

// unlinked returns the person without a membership.
func (u DirectoryUser) unlinked() DirectoryUser {
	u.MembershipID, u.RoleSource, u.MappingID = "", "", ""
	u.RoleBefore, u.SourceBefore = Part[string]{}, ""
	return u
}

// present reports whether the directory wants the person to be a member.
func (u *DirectoryUser) present() bool { return u.Active && !u.Held }

// reconcile brings the membership of the person with an address in line with what the directories say. arrived is the
// directory's person who just came or came back: only they are provisioned. gone is one who just left the directory.
func (d *draft) reconcile(email, arrived, gone string) {
	people := d.usersWith(email)
	p := d.reconciledPerson(email, people)
	manager := d.managerOf(people, p, arrived)
	if p != nil && (manager == nil || manager.MembershipID != p.Key()) && d.mayBeElsewhere(people) {
		d.missing(GapDirectoryUsers)
		const why = "whether another directory governs the membership is not known"
		p.RoleID, p.unsure, p.unsureTeams = Unknown[string](why), true, true
		if !is(p.Active, false) || arrived != "" {
			p.Active = Unknown[bool](why)
		}
		return
	}
	if manager == nil {
		if p != nil {
			d.leave(p, gone)
		}
		return
	}
	came := manager.ID == arrived
	if p == nil && !came {
		return // removed by hand
	}
	if p == nil && !d.isAbsent(email) {
		d.missing(GapPeople)
	}
	if p == nil || manager.MembershipID != p.Key() {
		p = d.link(p, manager)
		if p == nil {
			return
		}
	}
	if came {
		p.Active = Known(true)
	}
	d.reconcileRole(p, manager)
	d.reconcileTeams(p, manager.Groups)
}

// mayBeElsewhere reports whether a person may be in another directory that wants them to be a member: of one not all
// people are known, or not whether it lets them in.
func (d *draft) mayBeElsewhere(people []*DirectoryUser) bool {
	rows := d.Directories.Or(nil)
	return len(rows) > 1 && (slices.ContainsFunc(rows, func(dir Directory) bool { return !dir.Users.IsKnown() || !dir.Held.IsKnown() }) ||
		slices.ContainsFunc(people, func(u *DirectoryUser) bool {
			return u.listedHeld && u.Active && u.Held && !d.allows(d.directoryOf(u), u.Domain()).IsKnown()
		}))
}

// reconciledPerson finds the membership that is to be reconciled; nil for none.
func (d *draft) reconciledPerson(email string, people []*DirectoryUser) *Person {
	for _, u := range people {
		if p := d.person(u.MembershipID); p != nil {
			return p
		}
	}
	return d.personWith(email)
}

// managerOf finds who decides about the membership: who does so already; where there is none, who arrives; else who came
// first.
func (d *draft) managerOf(people []*DirectoryUser, p *Person, arrived string) (first *DirectoryUser) {
	for _, u := range people {
		switch {
		case !u.present():
		case p != nil && u.MembershipID == p.Key(), p == nil && arrived == u.ID:
			return u
		case first == nil:
			first = u
		}
	}
	return first
}

// link puts a membership under a directory's word, and makes it where there is none. One that was there keeps its role.
func (d *draft) link(p *Person, u *DirectoryUser) *Person {
	dir := d.directoryOf(u)
	if p == nil {
		role := derive(dir.Settings, func(s DirectorySettings) string { return s.DefaultRoleID })
		d.People.Rows = append(d.People.Rows, Person{
			ActorID: u.Email, Email: u.Email, Active: Known(true), RoleID: role, DirectoryID: Known(dir.ID),
		})
		d.byKey[u.Email], d.byEmail[u.Email] = len(d.People.Rows)-1, len(d.People.Rows)-1
		u.MembershipID, u.RoleSource = u.Email, RoleDefault
		return d.person(u.Email)
	}
	source := RoleManual
	if old := d.manager(p); old != nil {
		d.restoreRole(p, old)
		source = cmp.Or(old.RoleSource, RoleManual)
		*old = old.unlinked()
	}
	u.MembershipID, u.RoleSource = p.Key(), source
	p.DirectoryID = Known(dir.ID)
	return p
}

// leave ends the access of a member whose directory no longer wants them to have it, by the directory's action.
func (d *draft) leave(p *Person, gone string) {
	u := d.manager(p)
	if u == nil {
		return // no directory has a word in it
	}
	dir := d.directoryOf(u)
	if !is(p.Active, false) {
		removes := dir.Settings.Or(DirectorySettings{}).RemovesLeavers
		switch d.mayLose(p) {
		case yes:
			d.deprovisioned = append(d.deprovisioned, p.Key())
			if removes {
				d.drop(p.Key())
				return
			}
			p.Active = Known(false)
		case perhaps:
			p.Active, p.unsure, p.unsureTeams = Unknown[bool](notKnown), removes, true
		}
	}
	if u.Held || u.ID == gone {
		d.release(p, u)
		return
	}
	d.reconcileRole(p, u)
	d.reconcileTeams(p, u.Groups)
}

// release takes a membership out of a directory's hands, without ending it.
func (d *draft) release(p *Person, u *DirectoryUser) {
	d.restoreRole(p, u)
	*u = u.unlinked()
	p.DirectoryID = Known("")
	d.reconcileTeams(p, Known([]DirectoryGroup(nil)))
}

// reconcileRole gives a member the role that a mapping says, or the one from before where none does any more.
func (d *draft) reconcileRole(p *Person, u *DirectoryUser) {
	mapping, known := d.mappingFor(u).Get()
	switch {
	case !known:
		p.RoleID = Unknown[string]("whom the mappings of the directory match is not known")
		d.missing(GapMatches)
	case mapping.ID == "":
		d.restoreRole(p, u)
	case u.MappingID == mapping.ID && is(p.RoleID, mapping.RoleID):
	default:
		role := d.given(p, mapping.RoleID)
		if !is(role, mapping.RoleID) && role.IsKnown() {
			return // what may not be is tried again when the directory next says something of the person
		}
		if u.RoleSource != RoleMapping {
			u.RoleBefore, u.SourceBefore = p.RoleID, u.RoleSource
		}
		u.RoleSource, u.MappingID, p.RoleID = RoleMapping, mapping.ID, role
	}
}

// restoreRole gives a member the role from before a mapping. The last with bypass:sso keeps theirs.
func (d *draft) restoreRole(p *Person, u *DirectoryUser) {
	if u.RoleSource != RoleMapping {
		return
	}
	before, known := u.RoleBefore.Get()
	source := u.SourceBefore
	if !known {
		p.RoleID = Unknown[string]("the API does not report the role from before a mapping")
	} else if role := d.given(p, before); is(role, before) || !role.IsKnown() {
		p.RoleID = role
	} else {
		source = RoleManual
	}
	u.RoleSource, u.MappingID, u.RoleBefore, u.SourceBefore = source, "", Part[string]{}, ""
}

// reconcileTeams puts a member into the teams of their groups and out of other groups' teams.
func (d *draft) reconcileTeams(p *Person, of Part[[]DirectoryGroup]) {
	groups, known := of.Get()
	if !known {
		p.unsureTeams = true
		return
	}
	for i := range d.Teams.Or(nil) {
		team := &d.Teams.value[i]
		wanted := slices.ContainsFunc(groups, func(g DirectoryGroup) bool { return g.ID == team.GroupID })
		switch in := slices.Contains(team.Members, p.ActorID); {
		case team.GroupID == "":
		case wanted && !in:
			team.Members = append(team.Members, p.ActorID)
		case !wanted && in:
			team.Members = slices.DeleteFunc(team.Members, func(id string) bool { return id == p.ActorID })
		}
	}
}
