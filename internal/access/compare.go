package access

import (
	"cmp"
	"slices"
)

// Compare returns what makes the difference between two worlds to each person. What depends on an unknown part is
// unknown.
func Compare(before, after World) Effects {
	out := Effects{
		AccountID: after.AccountID,
		Enforced:  Shift[bool]{before.Enforced(), after.Enforced()},
		Bypassing: Shift[[]Person]{before.bypassing(), after.bypassing()},
		Rejected:  after.rejected[len(before.rejected):],
		Gaps:      after.gaps[len(before.gaps):],
		Everyone:  after.People.covers(CoverActive),
		Changes:   after.changes[len(before.changes):],
		before:    before, after: after,
	}
	seconds := func(a Account) *int64 { return a.AuthExpirationSeconds }
	out.AuthExpirationSeconds = Shift[*int64]{derive(before.Account, seconds), derive(after.Account, seconds)}
	c := comparison{before: newLook(before), after: newLook(after), gaps: out.Gaps}
	out.People = c.people()
	out.Wanted = c.wanted(out.Rejected)
	out.Invited = c.invited()
	out.ServiceAccounts = c.serviceAccounts()
	out.Directories = c.directories()
	return out
}

// bypassing returns the active people whose role has bypass:sso, where all of them are known.
func (w World) bypassing() Part[[]Person] {
	if !w.People.covers(CoverBypassing) {
		return Unknown[[]Person]("not all people are known")
	}
	var found []Person
	for _, p := range w.People.Rows {
		role, known := w.RoleOf(p).Get()
		switch {
		case is(p.Active, false), known && !role.Bypasses():
		case !known || !p.Active.IsKnown():
			return Unknown[[]Person]("a role is not known")
		default:
			found = append(found, p)
		}
	}
	return Known(found)
}

// look is a world with what is asked of it often.
type look struct {
	World
	people     map[string]Person
	managers   map[string]DirectoryUser // by the key of the person
	places     map[string]string        // the directories of the governors, by the key of the person
	routes     map[string]string        // domain → connection
	teams      map[string][]Team        // by actor
	workspaces map[string][]Reach       // by actor
	defaults   []Reach
	all        []Reach
}

func newLook(w World) *look {
	l := &look{
		World: w, people: make(map[string]Person, len(w.People.Rows)), managers: map[string]DirectoryUser{}, places: map[string]string{}, routes: map[string]string{},
		teams: map[string][]Team{}, workspaces: map[string][]Reach{},
	}
	for _, p := range w.People.Rows {
		l.people[p.Key()] = p
	}
	for _, dir := range w.Directories.Or(nil) {
		for _, u := range dir.users() {
			if u.MembershipID != "" {
				l.managers[u.MembershipID], l.places[u.MembershipID] = *u, dir.ID
			}
		}
	}
	for _, c := range w.Connections.Or(nil) {
		for _, domain := range c.Domains {
			if c.State == ConnectionActive {
				l.routes[domain] = c.ID
			}
		}
	}
	for _, t := range w.Teams.Or(nil) {
		for _, actor := range t.Members {
			l.teams[actor] = append(l.teams[actor], t)
		}
	}
	for _, room := range w.Workspaces.Or(nil) {
		l.all = append(l.all, Reach{WorkspaceID: room.ID, Via: ViaRole})
		if room.DefaultRoleID != "" {
			l.defaults = append(l.defaults, Reach{WorkspaceID: room.ID, RoleID: room.DefaultRoleID, Via: ViaDefault})
		}
		for _, a := range append(slices.Clone(room.Users.Or(nil)), room.ServiceAccounts.Or(nil)...) {
			l.workspaces[a.ActorID] = append(l.workspaces[a.ActorID], Reach{WorkspaceID: room.ID, RoleID: a.RoleID, Via: ViaAccess})
		}
	}
	return l
}

// signIn returns how a person signs in.
func (l *look) signIn(p Person) Part[SignIn] {
	if is(p.Active, false) {
		return Known(SignIn{Method: MethodNone})
	}
	if !p.Active.IsKnown() {
		// A person who could not sign in while active cannot in any case.
		active := p
		active.Active = Known(true)
		if signIn := l.signIn(active); is(derive(signIn, func(s SignIn) Method { return s.Method }), MethodNone) {
			return signIn
		}
		return Unknown[SignIn](p.Active.why)
	}
	enforced, known := l.Enforced().Get()
	if known && !enforced {
		return Known(SignIn{Method: MethodAny})
	}
	role := l.RoleOf(p)
	if known && role.IsKnown() && role.value.Bypasses() {
		return Known(SignIn{Method: MethodBypass})
	}
	if !known || !l.Connections.IsKnown() {
		return Unknown[SignIn]("connections")
	}
	id, routed := l.routes[p.Domain()]
	switch {
	case !role.IsKnown():
		return Unknown[SignIn]("role")
	case !routed:
		return Known(SignIn{Method: MethodNone})
	}
	return Known(SignIn{MethodConnection, id})
}

// reach returns the ways by which an actor with a role reaches workspaces, in a fixed order. Its own accesses are those
// of holder.
func (l *look) reach(actor, holder string, role Part[Role]) Part[[]Reach] {
	if !l.Workspaces.IsKnown() || !l.Teams.IsKnown() {
		return Unknown[[]Reach]("workspaces")
	}
	r, known := role.Get()
	if !known {
		return Unknown[[]Reach]("role")
	}
	if r.Has(PermissionAdministrateWorkspace) {
		return Known(l.all)
	}
	out := slices.Clone(l.workspaces[holder])
	for _, t := range l.teams[actor] {
		for _, a := range t.Access {
			out = append(out, Reach{a.WorkspaceID, a.RoleID, ViaTeam, t.ID})
		}
	}
	if r.Name != roleCollaborator {
		out = append(out, l.defaults...)
	}
	slices.SortFunc(out, func(a, b Reach) int {
		return cmp.Or(cmp.Compare(a.WorkspaceID, b.WorkspaceID), cmp.Compare(a.Via, b.Via), cmp.Compare(a.TeamID, b.TeamID), cmp.Compare(a.RoleID, b.RoleID))
	})
	return Known(slices.Compact(out))
}

// reachOf returns the ways by which a person reaches workspaces.
func (l *look) reachOf(p Person) Part[[]Reach] {
	switch {
	case is(p.Active, false):
		return derive(l.reach(p.ActorID, p.ActorID, l.RoleOf(p)), func([]Reach) []Reach { return nil })
	case !p.Active.IsKnown():
		return Unknown[[]Reach](p.Active.why)
	case p.unsureTeams && !is(derive(l.RoleOf(p), func(r Role) bool { return r.Has(PermissionAdministrateWorkspace) }), true):
		return Unknown[[]Reach]("teams")
	}
	if !is(derive(l.Workspaces, func(rows []Workspace) bool {
		return !slices.ContainsFunc(rows, func(w Workspace) bool { return !w.Users.IsKnown() })
	}), true) {
		return Unknown[[]Reach]("workspaces")
	}
	return l.reach(p.ActorID, p.ActorID, l.RoleOf(p))
}

type comparison struct {
	before, after *look
	gaps          []Gap
}

// people compares all people of both worlds. One who goes and comes back is one person.
func (c *comparison) people() (out []Effect) {
	back := map[string]Person{} // by address
	for _, p := range c.after.People.Rows {
		if _, there := c.before.people[p.Key()]; !there {
			back[p.Email] = p
		}
	}
	for _, before := range c.before.People.Rows {
		after, stays := c.after.people[before.Key()]
		if returning, returned := back[before.Email]; !stays && returned {
			after, stays = returning, true
			delete(back, before.Email)
		}
		if e := c.person(before, true, after, stays); !e.nothing() {
			out = append(out, e)
		}
	}
	for _, p := range c.after.People.Rows {
		if _, comes := back[p.Email]; comes && p.Key() == back[p.Email].Key() {
			out = append(out, c.person(Person{}, false, p, true))
		}
	}
	return out
}

// wanted compares people whose role the API rejects because they are the last with bypass:sso as if they were not.
func (c *comparison) wanted(rejected []Rejection) (out []Effect) {
	seen := map[string]bool{}
	for _, r := range rejected {
		for i := range r.To {
			key := r.People[i].Key()
			before, was := c.before.people[key]
			if r.Reason != RejectedLastBypass || r.To[i] == "" || !was || seen[key] {
				continue
			}
			seen[key] = true
			after := r.People[i]
			after.RoleID = Known(r.To[i])
			out = append(out, c.person(before, true, after, true))
		}
	}
	return out
}

// person compares one person.
func (c *comparison) person(before Person, was bool, after Person, stays bool) Effect {
	either := before
	if !was {
		either = after
	}
	key := either.Key()
	e := Effect{
		Key: key, Name: cmp.Or(either.Email, either.Handle, either.ID), Caller: c.before.isCaller(either) || c.after.isCaller(either),
		Member: Shift[bool]{Known(was), Known(stays)}, Deprovisioned: slices.Contains(c.after.deprovisioned[len(c.before.deprovisioned):], key),
	}
	e.Active.Before, e.SignIn.Before, e.Role.Before, e.Bypass.Before, e.Reach.Before = c.before.facts(before, was)
	e.Active.After, e.SignIn.After, e.Role.After, e.Bypass.After, e.Reach.After = c.after.facts(after, stays)
	if slices.Contains(c.gaps, GapConnections) && !e.Bypass.After.Or(false) && e.SignIn.After.IsKnown() && e.SignIn.After.value.Method != MethodNone {
		e.SignIn.After = Unknown[SignIn]("the connections after the change are not known")
	}
	if after.unsure {
		e.Member.After = Unknown[bool](after.Active.why)
	}
	if !stays && c.after.strangers && !c.before.strangers {
		const why = "whether they come in again is not known"
		e.Member.After, e.Active.After, e.SignIn.After = Unknown[bool](why), Unknown[bool](why), Unknown[SignIn](why)
		e.Role.After, e.Bypass.After, e.Reach.After = Unknown[Role](why), Unknown[bool](why), Unknown[[]Reach](why)
	}
	e.DirectoryID = either.DirectoryID.Or(c.before.places[before.Key()])
	mapped := was && c.before.managers[before.Key()].RoleSource == RoleMapping
	manager, managed := c.after.managers[after.Key()]
	if stays && managed {
		e.Source, e.MappingID = Known(manager.RoleSource), manager.MappingID
	}
	e.EarlierRole = stays && mapped && manager.RoleSource != RoleMapping
	return e
}

// facts returns what a world says of a person who may not be in it.
func (l *look) facts(p Person, there bool) (active Part[bool], signIn Part[SignIn], role Part[Role], bypass Part[bool], reach Part[[]Reach]) {
	if !there {
		return Known(false), Known(SignIn{Method: MethodNone}), Known(Role{}), Known(false), derive(l.Workspaces, func([]Workspace) []Reach { return nil })
	}
	role = l.RoleOf(p)
	bypass = derive(role, Role.Bypasses)
	switch {
	case is(p.Active, false):
		bypass = Known(false)
	case !p.Active.IsKnown() && !is(bypass, false):
		bypass = Unknown[bool](p.Active.why)
	}
	return p.Active, l.signIn(p), role, bypass, l.reachOf(p)
}

// invited compares how people who are invited would sign in once they have accepted.
func (c *comparison) invited() (out []Effect) {
	for _, i := range c.after.Invitations.Or(nil) {
		p := Person{Email: i.Email, Active: Known(true), RoleID: Known(i.RoleID)}
		e := Effect{
			Key: i.ID, Name: i.Email, Member: Shift[bool]{Known(false), Known(false)}, Active: Shift[bool]{Known(true), Known(true)},
			SignIn: Shift[SignIn]{c.before.signIn(p), c.after.signIn(p)},
		}
		if !sameOrBothUnknown(e.SignIn) {
			out = append(out, e)
		}
	}
	return out
}

// serviceAccounts compares what service accounts reach.
func (c *comparison) serviceAccounts() (out []Effect) {
	known := func(l *look) bool {
		return is(derive(l.Workspaces, func(rows []Workspace) bool {
			return !slices.ContainsFunc(rows, func(w Workspace) bool { return !w.ServiceAccounts.IsKnown() })
		}), true)
	}
	reach := func(l *look, s ServiceAccount) Part[[]Reach] {
		rows := l.Roles.Or(nil)
		at := slices.IndexFunc(rows, func(r Role) bool { return r.ID == s.RoleID || s.RoleID == "" && r.Name == s.RoleName })
		if at < 0 || !known(l) {
			return Unknown[[]Reach]("workspaces")
		}
		return l.reach(s.ActorID, s.ID, Known(rows[at]))
	}
	for _, s := range c.after.ServiceAccounts.Or(nil) {
		yes := Shift[bool]{Known(true), Known(true)}
		e := Effect{Key: s.ID, Name: s.Name, Member: yes, Active: yes, Reach: Shift[[]Reach]{reach(c.before, s), reach(c.after, s)}}
		caller, known := c.after.Caller.Get()
		e.Caller = known && slices.Contains(caller.ServiceAccountIDs, s.ID)
		if e.Reach.Before.IsKnown() && e.Reach.After.IsKnown() && !slices.Equal(e.Reach.Before.value, e.Reach.After.value) {
			out = append(out, e)
		}
	}
	return out
}

// directories compares directories, as far as it concerns their people.
func (c *comparison) directories() (out []DirectoryEffect) {
	for _, before := range c.before.Directories.Or(nil) {
		after, there := c.after.Directory(before.ID)
		e := DirectoryEffect{ID: before.ID, Name: before.Name, ActiveUsers: before.ActiveUsers, Deleted: !there}
		if there {
			was, now := before.Settings.Or(DirectorySettings{}), after.Settings.Or(DirectorySettings{})
			e.SwitchedOff = after.Off && !before.Off
			e.RemovesLeavers = now.RemovesLeavers && !was.RemovesLeavers
			if was.TeamsFromGroups && !now.TeamsFromGroups {
				for _, t := range c.before.teamsOf(before) {
					e.Untied = append(e.Untied, t.Name)
				}
			}
			for _, domain := range was.AllowedDomains {
				if !slices.Contains(now.AllowedDomains, domain) && !c.after.enables(domain) {
					e.Dropped = append(e.Dropped, domain)
				}
			}
		}
		if e.Deleted || e.SwitchedOff || e.RemovesLeavers || e.Untied != nil || e.Dropped != nil {
			out = append(out, e)
		}
	}
	return out
}

// teamsOf returns the teams that are made of a directory's groups.
func (w World) teamsOf(dir Directory) []Team {
	if teams, known := dir.Teams.Get(); known {
		return teams
	}
	var found []Team
	for _, t := range w.Teams.Or(nil) {
		if slices.ContainsFunc(dir.Groups.Or(nil), func(g DirectoryGroup) bool { return g.ID == t.GroupID }) {
			found = append(found, t)
		}
	}
	return found
}

// enables reports whether a domain is enabled, as far as is known: one that a change disables is not.
func (w World) enables(domain string) bool {
	if rows, known := w.Domains.Get(); known {
		return slices.ContainsFunc(rows, func(d Domain) bool { return d.Name == domain && !d.Releasing })
	}
	for _, c := range flatten(w.changes) {
		switch c := c.(type) {
		case DisableDomains:
			if slices.Contains(c.Names, domain) {
				return false
			}
		case SetDomains:
			return slices.Contains(c.Names, domain)
		}
	}
	return true
}
