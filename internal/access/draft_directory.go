package access

import (
	"cmp"
	"slices"
)

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

// mayAllow reports whether a directory may name a domain: one that is enabled, or one being released that it names already.
func (d *draft) mayAllow(dir *Directory, name string) bool {
	return slices.Contains(d.enabled(), name) || d.isEnabled(name) && slices.Contains(dir.Settings.Or(DirectorySettings{}).AllowedDomains, name)
}

// directoriesFollow takes domains that are no longer enabled out of directories, and judges anew who is provisioned.
func (d *draft) directoriesFollow(removed, added []string) {
	rows, known := d.Directories.Get()
	if !known {
		d.missing(GapDirectories)
		return
	}
	var judged []*Directory
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
			d.directoryUnknown(dir, removed, added)
			continue
		}
		judged = append(judged, dir)
	}
	d.judgeAll(judged, removed)
}

// directoryUnknown records what follows where the API does not report whom a directory brought: each user of a domain that goes
// may be deprovisioned, who has one that comes may be provisioned again, and unknown people may be, too.
func (d *draft) directoryUnknown(dir *Directory, removed, added []string) {
	d.missing(GapDirectoryUsers)
	if len(added) > 0 {
		d.People.Coverage, d.strangers = CoverNobody, true
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
		if !is(d.Offered, false) || comes && p.unsure {
			p.RoleID = Unknown[string](why) // mappings begin and end with it
		}
	}
}

// judgeAll judges anew whom the allowed domains of directories let in: first all who no longer are, so that no membership
// passes to a directory that does not want it either; then who is let in, one by one, oldest first.
func (d *draft) judgeAll(directories []*Directory, removed []string) {
	var held, healed []*DirectoryUser
	for _, dir := range directories {
		if !dir.Held.IsKnown() && d.widens(dir) {
			d.missing(GapDirectoryUsers)
			d.People.Coverage, d.strangers = CoverNobody, true
		}
		for _, u := range dir.users() {
			switch hold, known := d.holdNow(dir, u, removed); {
			case !known || hold == u.Held:
			case hold:
				u.Held = true
				held = append(held, u)
			default:
				healed = append(healed, u)
			}
		}
	}
	for _, u := range held {
		d.reconcile(u.Email, "", "")
	}
	slices.SortStableFunc(healed, func(a, b *DirectoryUser) int { return cmp.Compare(a.ID, b.ID) })
	for _, u := range healed {
		u.Held = false
		arrived := ""
		if u.Active {
			arrived = u.ID
		}
		d.reconcile(u.Email, arrived, "")
	}
}

// holdNow reports whether a directory's person is kept out as things are, where that is known. Where the enabled domains
// are not, what can be said is that those which go are not among them.
func (d *draft) holdNow(dir *Directory, u *DirectoryUser, removed []string) (held, known bool) {
	if !d.Domains.IsKnown() && dir.Settings.value.AllowedDomains == nil {
		held = u.Held || slices.Contains(removed, domainOf(u.Email))
		return held, held
	}
	allowed, known := d.allows(dir, domainOf(u.Email)).Get()
	return u.Email == "" || !allowed, known
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
			if !d.mayAllow(dir, name) {
				d.reject(Rejection{Reason: RejectedDomain, Domain: name, DirectoryID: dir.ID})
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
	d.judgeAll([]*Directory{dir}, nil)
}

func (d *draft) newDirectory(c PutDirectory) {
	if d.Directories.IsKnown() {
		d.Directories = Known(append(d.Directories.value, Directory{
			ID: c.Name, Name: c.Name, Settings: Known(c.apply(DirectorySettings{TeamsFromGroups: true})),
			Users: Known([]DirectoryUser(nil)), Held: Known([]DirectoryUser(nil)), Groups: Known([]DirectoryGroup(nil)), Mappings: Known([]Mapping(nil)), Tokens: Known([]Token(nil)), Clients: Known([]SCIMClient(nil)),
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
			d.reconcileTeams(p, u.Groups)
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

// deleteDirectory takes a directory away. No member is deprovisioned: roles that a mapping gave go back to what they were,
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
	for _, u := range d.managed(dir) {
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
			d.reconcile(u.Email, "", "")
		}
	}
}

// managed returns the people of a directory linked to a membership, in the order of the memberships.
func (d *draft) managed(dir *Directory) []*DirectoryUser {
	var found []*DirectoryUser
	for _, u := range dir.users() {
		if d.person(u.MembershipID) != nil {
			found = append(found, u)
		}
	}
	slices.SortFunc(found, func(a, b *DirectoryUser) int { return cmp.Compare(d.byKey[a.MembershipID], d.byKey[b.MembershipID]) })
	return found
}
