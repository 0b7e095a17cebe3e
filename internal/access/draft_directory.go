package access

import (
	"cmp"
	"slices"
)

// What a directory's word makes of a membership, as the contract's protocols.md, section 2b, says: one function, settle,
// looks at what is there and not at what happened.

// usersWith finds the directories' people with an address, who came first first.
func (d *draft) usersWith(email string) []*DirectoryUser { return d.pushed[email] }

// users are those of a directory's people who are known, in the order in which they came.
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

// governor finds the directory's person who decides about a membership; nil for none, and where none is known. Both have
// one address.
func (d *draft) governor(p *Person) *DirectoryUser {
	for _, u := range d.usersWith(p.Email) {
		if u.MembershipID != "" && u.MembershipID == p.Key() {
			return u
		}
	}
	return nil
}

// directoryOf finds the directory that a person is of.
func (d *draft) directoryOf(u *DirectoryUser) *Directory { return d.directory(d.from[u]) }

// unlinked is the person without a membership.
func (u DirectoryUser) unlinked() DirectoryUser {
	u.MembershipID, u.RoleSource, u.MappingID = "", "", ""
	u.RoleBefore, u.SourceBefore = Part[string]{}, ""
	return u
}

// present reports whether the directory wants the person to be a member.
func (u *DirectoryUser) present() bool { return u.Active && !u.Held }

// allows reports whether a directory lets people of a domain in.
func (d *draft) allows(dir *Directory, domain string) Part[bool] {
	settings, known := dir.Settings.Get()
	switch {
	case !known:
		return derive(dir.Settings, func(DirectorySettings) bool { return false })
	case settings.AllowedDomains != nil:
		return Known(slices.Contains(settings.AllowedDomains, domain))
	case !d.Domains.IsKnown():
		return derive(d.Domains, func([]Domain) bool { return false })
	}
	return Known(d.isEnabled(domain))
}

// directoriesFollow takes domains that are no longer enabled out of directories, and judges anew who is let in.
func (d *draft) directoriesFollow(removed, added []string) {
	rows, known := d.Directories.Get()
	if !known {
		d.missing(GapDirectories)
		return
	}
	for i := range rows {
		dir := &rows[i]
		if len(removed) > 0 {
			dir.Settings = derive(dir.Settings, func(s DirectorySettings) DirectorySettings {
				if s.AllowedDomains != nil {
					s.AllowedDomains = slices.DeleteFunc(slices.Clone(s.AllowedDomains), func(name string) bool { return slices.Contains(removed, name) })
				}
				return s
			})
		}
		if !dir.Settings.IsKnown() || !dir.Users.IsKnown() {
			d.directoryUntold(dir, removed, added)
			continue
		}
		if !d.Domains.IsKnown() && dir.Settings.value.AllowedDomains == nil {
			// The other domains are not known: what can be said is that those which go are not among them.
			d.holdOut(dir, removed)
			continue
		}
		d.judgeAll(dir)
	}
}

// directoryUntold is what follows where the API does not report whom a directory brought: whoever has a domain that goes
// may be deprovisioned, who has one that comes may be let in again, and people whom nobody knows may come in.
func (d *draft) directoryUntold(dir *Directory, removed, added []string) {
	d.missing(GapDirectoryUsers)
	if len(added) > 0 {
		d.People.Coverage = CoverNobody
	}
	const why = "the API does not report whom the directory brought"
	for i := range d.People.Rows {
		p := &d.People.Rows[i]
		goes, comes := slices.Contains(removed, p.Domain()), slices.Contains(added, p.Domain())
		if of, known := p.DirectoryID.Get(); !goes && !comes || known && of != dir.ID && of != "" || known && of == "" && goes {
			continue
		}
		p.unsureTeams = true
		if comes && is(p.Active, false) || goes && !is(p.Active, false) && !is(d.isLast(p), true) {
			p.Active, p.unsure = Unknown[bool](why), goes
		}
		if !is(d.Offered, false) {
			p.RoleID = Unknown[string](why) // mappings begin and end with it
		}
	}
}

// judgeAll judges anew whom of a directory's people the allowed domains let in.
func (d *draft) judgeAll(dir *Directory) {
	if !dir.Held.IsKnown() && d.widens(dir) {
		d.missing(GapDirectoryUsers)
		d.People.Coverage = CoverNobody // whoever comes in
	}
	for _, u := range dir.users() {
		allowed, known := d.allows(dir, domainOf(u.Email)).Get()
		held := u.Email == "" || !allowed
		if !known || held == u.Held {
			continue
		}
		was := u.present()
		u.Held = held
		arrived := ""
		if u.present() && !was {
			arrived = u.ID
		}
		d.settle(u.Email, arrived, "")
	}
}

// widens reports whether a directory may let people of more domains in than before.
func (d *draft) widens(dir *Directory) bool {
	old, _ := d.before.Directory(dir.ID)
	was, now := old.Settings.Or(DirectorySettings{}).AllowedDomains, dir.Settings.Or(DirectorySettings{}).AllowedDomains
	switch {
	case now == nil && was == nil:
		return slices.ContainsFunc(d.Domains.Or(nil), func(domain Domain) bool {
			return !slices.ContainsFunc(d.before.Domains.Or(nil), func(other Domain) bool { return other.Name == domain.Name })
		})
	case now == nil || was == nil:
		return now == nil
	}
	return slices.ContainsFunc(now, func(domain string) bool { return !slices.Contains(was, domain) })
}

// holdOut is judgeAll for domains that go, where the others are not known.
func (d *draft) holdOut(dir *Directory, removed []string) {
	for _, u := range dir.users() {
		if !u.Held && slices.Contains(removed, domainOf(u.Email)) {
			u.Held = true
			d.settle(u.Email, "", "")
		}
	}
}

// settle brings the membership of whoever has an address in line with what the directories say. arrived is the
// directory's person who just came or came back: only they are let in. gone is one who just left the directory.
func (d *draft) settle(email, arrived, gone string) {
	people := d.usersWith(email)
	p := d.settled(email, people)
	governor := d.governorOf(people, p)
	if governor == nil {
		if p != nil {
			d.leave(p, gone)
		}
		return
	}
	came := governor.ID == arrived
	if p == nil && !came {
		return // removed by hand
	}
	if p == nil && !d.isAbsent(email) {
		d.missing(GapPeople)
	}
	if p == nil || governor.MembershipID != p.Key() {
		p = d.link(p, governor)
		if p == nil {
			return
		}
	}
	if came {
		p.Active = Known(true)
	}
	d.settleRole(p, governor)
	d.settleTeams(p, governor.Groups)
}

// settled finds the membership that a settling is about; nil for none.
func (d *draft) settled(email string, people []*DirectoryUser) *Person {
	for _, u := range people {
		if p := d.person(u.MembershipID); p != nil {
			return p
		}
	}
	return d.personWith(email)
}

// governorOf finds who decides about the membership: who does so already, else who came first.
func (d *draft) governorOf(people []*DirectoryUser, p *Person) (first *DirectoryUser) {
	for _, u := range people {
		if !u.present() {
			continue
		}
		if p != nil && u.MembershipID == p.Key() {
			return u
		}
		if first == nil {
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
	if old := d.governor(p); old != nil {
		d.endMapping(p, old)
		source = cmp.Or(old.RoleSource, RoleManual)
		*old = old.unlinked()
	}
	u.MembershipID, u.RoleSource = p.Key(), source
	p.DirectoryID = Known(dir.ID)
	return p
}

// leave ends the access of a member whose directory no longer wants them to have it, by the directory's action.
func (d *draft) leave(p *Person, gone string) {
	u := d.governor(p)
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
	d.settleRole(p, u)
	d.settleTeams(p, u.Groups)
}

// release takes a membership out of a directory's hands, without ending it.
func (d *draft) release(p *Person, u *DirectoryUser) {
	d.endMapping(p, u)
	*u = u.unlinked()
	p.DirectoryID = Known("")
	d.settleTeams(p, Known([]DirectoryGroup(nil)))
}

// settleRole gives a member the role that a mapping says, or the one from before where none does any more.
func (d *draft) settleRole(p *Person, u *DirectoryUser) {
	mapping, known := d.mappingFor(u).Get()
	switch {
	case !known:
		p.RoleID = Unknown[string]("whom the mappings of the directory match is not known")
		d.missing(GapMatches)
	case mapping.ID == "":
		d.endMapping(p, u)
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

// endMapping gives a member the role from before a mapping. The last with bypass:sso keeps theirs.
func (d *draft) endMapping(p *Person, u *DirectoryUser) {
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

// mappingFor finds the mapping that decides about a person's role; one without an id for none.
func (d *draft) mappingFor(u *DirectoryUser) Part[Mapping] {
	dir := d.directoryOf(u)
	mappings, known := dir.Mappings.Get()
	if !known {
		return derive(dir.Mappings, func([]Mapping) Mapping { return Mapping{} })
	}
	for _, m := range mappings {
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
// not. It does not tell that of somebody with bypass:sso, who keeps their role where they are the last.
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

// earlier is a directory's person as they were before the change.
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

// mayBypass reports whether somebody has, or may have, a role with bypass:sso.
func (w World) mayBypass(row int) bool {
	if row >= len(w.People.Rows) {
		return true
	}
	role, known := w.RoleOf(w.People.Rows[row]).Get()
	return !known || role.Bypasses()
}

// settleTeams puts a member into the teams of their groups and out of other groups' teams.
func (d *draft) settleTeams(p *Person, of Part[[]DirectoryGroup]) {
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

func (d *draft) directory(id string) *Directory {
	rows, known := d.Directories.Get()
	if !known {
		d.missing(GapDirectories)
		return nil
	}
	if i := slices.IndexFunc(rows, func(dir Directory) bool { return dir.ID == id }); i >= 0 {
		return &rows[i]
	}
	return nil
}

func (d *draft) putDirectory(c PutDirectory) {
	if c.ID == "" {
		d.newDirectory(c)
		return
	}
	dir := d.directory(c.ID)
	if dir == nil {
		return
	}
	if c.AllowedDomains != nil && d.Domains.IsKnown() {
		for _, name := range *c.AllowedDomains {
			if !d.isEnabled(name) {
				d.refuse(Refusal{Reason: RefusedDomain, Domain: name, DirectoryID: dir.ID})
				return
			}
		}
	}
	if c.Off != nil {
		dir.Off = *c.Off
	}
	old := dir.Settings
	dir.Settings = derive(dir.Settings, func(s DirectorySettings) DirectorySettings { return c.apply(s) })
	if !old.IsKnown() {
		d.missing(GapDirectories)
		return
	}
	if was, now := old.value.TeamsFromGroups, dir.Settings.value.TeamsFromGroups; was != now {
		d.syncTeams(dir, now)
	}
	if c.AllowedDomains == nil {
		return
	}
	if !dir.Users.IsKnown() {
		d.missing(GapDirectoryUsers)
		return
	}
	d.judgeAll(dir)
}

func (d *draft) newDirectory(c PutDirectory) {
	if d.Directories.IsKnown() {
		d.Directories = Known(append(d.Directories.value, Directory{
			ID: c.Name, Name: c.Name, Settings: Known(c.apply(DirectorySettings{TeamsFromGroups: true})),
			Users: Known([]DirectoryUser(nil)), Held: Known([]DirectoryUser(nil)), Groups: Known([]DirectoryGroup(nil)), Mappings: Known([]Mapping(nil)), Tokens: Known([]Token(nil)),
		}))
	}
}

// apply puts what a change says into the place of a directory's settings.
func (c PutDirectory) apply(s DirectorySettings) DirectorySettings {
	if c.DefaultRoleID != nil {
		s.DefaultRoleID = *c.DefaultRoleID
	}
	if c.RemovesLeavers != nil {
		s.RemovesLeavers = *c.RemovesLeavers
	}
	if c.TeamsFromGroups != nil {
		s.TeamsFromGroups = *c.TeamsFromGroups
	}
	if c.AllowedDomains != nil {
		s.AllowedDomains = slices.Clone(*c.AllowedDomains)
	}
	return s
}

// syncTeams makes teams of a directory's groups, or leaves their teams to people.
func (d *draft) syncTeams(dir *Directory, on bool) {
	if !d.Teams.IsKnown() {
		d.missing(GapTeams)
		return
	}
	groups, known := dir.Groups.Get()
	if !known {
		d.missing(GapGroups)
		return
	}
	for _, g := range groups {
		i := slices.IndexFunc(d.Teams.value, func(t Team) bool { return t.GroupID == g.ID })
		switch {
		case !on && i >= 0:
			d.Teams.value[i].GroupID = ""
		case on && i < 0:
			d.makeTeam(dir, g)
		}
	}
}

// makeTeam gives a group its team. A group remembers the one that it had before, which the API does not tell: as long as
// there is a team that could be it, who is in which of them is not known.
func (d *draft) makeTeam(dir *Directory, g DirectoryGroup) {
	team := Team{ID: g.ID, Name: g.Name, GroupID: g.ID}
	unsure := func(t Team) bool { return t.GroupID == "" && len(t.Access) > 0 }
	candidates := slices.ContainsFunc(d.Teams.value, unsure)
	d.Teams = Known(append(d.Teams.value, team))
	for _, u := range dir.users() {
		p := d.person(u.MembershipID)
		if p == nil {
			continue
		}
		groups, known := u.Groups.Get()
		if !known {
			p.unsureTeams = true
			continue
		}
		if slices.ContainsFunc(groups, func(other DirectoryGroup) bool { return other.ID == g.ID }) {
			p.unsureTeams = p.unsureTeams || candidates
			d.settleTeams(p, u.Groups)
		}
	}
	if !candidates {
		return
	}
	for i := range d.People.Rows {
		p := &d.People.Rows[i]
		if slices.ContainsFunc(d.Teams.value, func(t Team) bool { return unsure(t) && slices.Contains(t.Members, p.ActorID) }) {
			p.unsureTeams = true
		}
	}
}

// deleteDirectory takes a directory away. Nobody is deprovisioned: roles that a mapping gave go back to what they were,
// teams become ones that people look after.
func (d *draft) deleteDirectory(id string) {
	dir := d.directory(id)
	if dir == nil {
		return
	}
	for i := range d.Teams.Or(nil) {
		team := &d.Teams.value[i]
		if slices.ContainsFunc(dir.Groups.Or(nil), func(g DirectoryGroup) bool { return g.ID == team.GroupID }) {
			team.GroupID = ""
		}
	}
	if !dir.Users.IsKnown() {
		d.missing(GapDirectoryUsers)
	}
	var gone []DirectoryUser
	for _, u := range d.governed(dir) {
		gone = append(gone, *u)
		if p := d.person(u.MembershipID); p != nil {
			d.release(p, u)
		}
	}
	for _, u := range dir.users() {
		gone = append(gone, *u)
	}
	d.Directories = Known(slices.DeleteFunc(d.Directories.value, func(other Directory) bool { return other.ID == id }))
	d.index()
	for i := range d.People.Rows {
		if is(d.People.Rows[i].DirectoryID, id) {
			d.People.Rows[i].DirectoryID = Known("")
		}
	}
	if len(d.Directories.value) > 0 {
		for _, u := range gone {
			d.settle(u.Email, "", "")
		}
	}
}

// governed are the people of a directory who govern a membership, in the order of the memberships.
func (d *draft) governed(dir *Directory) []*DirectoryUser {
	var found []*DirectoryUser
	for _, u := range dir.users() {
		if d.person(u.MembershipID) != nil {
			found = append(found, u)
		}
	}
	slices.SortFunc(found, func(a, b *DirectoryUser) int { return cmp.Compare(d.byKey[a.MembershipID], d.byKey[b.MembershipID]) })
	return found
}

func (d *draft) putMapping(directoryID string, m Mapping) {
	dir := d.directory(directoryID)
	if dir == nil {
		return
	}
	rows, known := dir.Mappings.Get()
	if !known {
		d.missing(GapMappings)
		return
	}
	if m.ID == "" {
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
	d.settleMatched(dir, matches)
}

func (d *draft) deleteMapping(directoryID, id string) {
	dir := d.directory(directoryID)
	if dir == nil {
		return
	}
	rows, known := dir.Mappings.Get()
	if !known {
		d.missing(GapMappings)
		return
	}
	var ended []Mapping
	dir.Mappings = Known(slices.DeleteFunc(rows, func(old Mapping) bool {
		if old.ID == id {
			ended = append(ended, old)
		}
		return old.ID == id
	}))
	d.settleMatched(dir, ended)
}

// settleMatched brings everybody in line whom mappings are or were for. In which order the API does that is not known for
// those of groups, and matters where everybody with bypass:sso would lose it: one of them keeps it then.
func (d *draft) settleMatched(dir *Directory, mappings []Mapping) {
	id := dir.ID
	var whom []string // user ids
	for _, u := range dir.users() {
		if slices.ContainsFunc(mappings, func(m Mapping) bool { return d.maySettle(dir, m, u) }) {
			whom = append(whom, u.ID)
		}
	}
	if !dir.Users.IsKnown() && slices.ContainsFunc(mappings, func(m Mapping) bool { return !dir.Matches[m.Match].IsKnown() }) {
		d.missing(GapMatches)
	}
	run := func(d *draft) {
		dir := d.directory(id)
		for _, u := range dir.users() {
			if slices.Contains(whom, u.ID) {
				d.settle(u.Email, "", "")
			}
		}
	}
	trial := begin(d.World)
	trial.before, trial.unrefused = d.before, true
	run(trial)
	lost, gained := d.bypassShift(trial)
	run(d)
	if holders := d.before.holders(); len(lost) > 0 && len(holders) <= len(lost) && len(lost)+len(gained) > 1 {
		one := Refusal{Reason: RefusedLastBypass}
		for _, key := range lost {
			p := d.person(key)
			one.People = append(one.People, *p)
			p.RoleID = Unknown[string]("one of several keeps bypass:sso, and which one is not known")
		}
		d.refuse(one)
	}
}

// maySettle reports whether the API looks at a person anew when a mapping begins, changes or ends: those whom it is for,
// and with an attribute everybody.
func (d *draft) maySettle(dir *Directory, m Mapping, u *DirectoryUser) bool {
	if m.Match.Attribute != "" {
		return true
	}
	matches, known := d.matches(dir, m, u).Get()
	return matches || !known
}

// bypassShift are the keys of those who lose and gain bypass:sso where nobody is refused it.
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

// holders are the active people whose role has bypass:sso.
func (w World) holders() (found []Person) {
	for _, p := range w.People.Rows {
		if role, known := w.RoleOf(p).Get(); known && role.Bypasses() && is(p.Active, true) {
			found = append(found, p)
		}
	}
	return found
}
