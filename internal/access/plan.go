package access

import "slices"

// Plan is everything that one apply does, as one change: what people lose by one part of it and get back by another they
// do not lose. It is judged as a whole.
type Plan struct{ Changes []Change }

// Apply implements [Change].
func (c Plan) Apply(w World) World {
	before := w.changes
	w = Apply(w, c.Changes...)
	w.changes = append(slices.Clip(before), c)
	return w
}

func (c Plan) needs(w World) []Want { return NeedsReport(c.Changes)(w) }

// teamChange is a change of teams' accesses. Many of them are made on one copy of a world.
type teamChange interface {
	Change
	on(d *draft)
}

func (c PutTeamAccess) on(d *draft)    { d.setTeamAccess(c.TeamID, c.WorkspaceID, c.RoleID) }
func (c DeleteTeamAccess) on(d *draft) { d.setTeamAccess(c.TeamID, c.WorkspaceID, "") }

// mappingChange is a change of a mapping. Many of them are made together, too.
type mappingChange interface {
	Change
	edit(d *draft) (directoryID string, touched []Mapping)
}

func (c PutMapping) edit(d *draft) (directoryID string, touched []Mapping) {
	return c.DirectoryID, d.putMapping(c.DirectoryID, c.Mapping)
}

func (c DeleteMapping) edit(d *draft) (directoryID string, touched []Mapping) {
	return c.DirectoryID, d.deleteMapping(c.DirectoryID, c.ID)
}

// leading returns the changes of a kind at the front.
func leading[T Change](changes []Change) (found []T) {
	for _, c := range changes {
		of, ok := c.(T)
		if !ok {
			break
		}
		found = append(found, of)
	}
	return found
}

// flatten returns changes with those of plans in their places.
func flatten(changes []Change) (all []Change) {
	for _, c := range changes {
		if plan, ok := c.(Plan); ok {
			all = append(all, flatten(plan.Changes)...)
			continue
		}
		all = append(all, c)
	}
	return all
}

// anyOf reports whether one of the changes that a change consists of is of a kind.
func anyOf(c Change, is func(Change) bool) bool {
	return c != nil && slices.ContainsFunc(flatten([]Change{c}), is)
}

// NeedsReport returns which parts of a world are still wanted to say what changes do to each person, in the order in which
// they are made, and to each service account. Who reaches workspaces by themselves it leaves out: [NeedsReach].
func NeedsReport(changes []Change) func(World) []Want {
	var k kinds
	for _, c := range flatten(changes) {
		k.add(c)
	}
	return func(w World) []Want {
		wants := []Want{{Kind: WantAccount}, {Kind: WantIntegrations}, {Kind: WantServiceAccounts}}
		if k.people() {
			wants = append(wants, Want{Kind: WantCaller}, Want{Kind: WantRoles}, Want{Kind: WantEveryone})
		}
		if k.people() || k.teams {
			wants = append(wants, Want{Kind: WantRoles}, Want{Kind: WantTeams}, Want{Kind: WantWorkspaces}, Want{Kind: WantWorkspaceRoles}, Want{Kind: WantEveryone})
		}
		if k.domains || k.connections || k.directories {
			wants = append(wants, Want{Kind: WantDomains})
		}
		if k.routing {
			wants = append(wants, Want{Kind: WantInvitations})
		}
		switch {
		case len(w.Directories.Or(nil)) > 0:
			wants = append(wants, Want{Kind: WantDirectories}) // which tells whether the managed configuration is offered, too
		case !w.Directories.IsMissing():
			wants = append(wants, Want{Kind: WantOffer})
		}
		for _, d := range w.Directories.Or(nil) {
			if d.Settings.IsKnown() {
				wants = append(wants, k.directoryNeeds(d)...)
			}
		}
		return distinct(slices.DeleteFunc(wants, w.has))
	}
}

// NeedsReach returns which parts of a world are still wanted to say who reaches its workspaces in which ways: of service
// accounts only where that is asked for.
func NeedsReach(serviceAccounts bool) func(World) []Want {
	return func(w World) []Want {
		wants := []Want{{Kind: WantUserAccess}}
		if serviceAccounts {
			wants = append(wants, Want{Kind: WantServiceAccountAccess})
		}
		return slices.DeleteFunc(wants, w.has)
	}
}

// kinds are what changes are about.
type kinds struct {
	domains, connections, directories, mappings, roles, activity, teams bool
	// routing reports that domains may come to be routed otherwise.
	routing bool

	matches map[string][]Match // whom mappings that begin are for, by directory
}

func (k *kinds) add(c Change) {
	switch c := c.(type) {
	case EnableDomains:
		k.domains = true
	case SetDomains, DisableDomains:
		k.domains, k.routing = true, true
	case PutConnection, DeactivateConnection, DeleteConnection, FirstLogin:
		k.connections, k.routing = true, true
	case PutDirectory:
		k.directories = k.directories || c.ID != "" // a new one has no users
	case DeleteDirectory:
		k.directories = true
	case PutMapping:
		k.mappings = true
		if k.matches == nil {
			k.matches = map[string][]Match{}
		}
		k.matches[c.DirectoryID] = append(k.matches[c.DirectoryID], c.Mapping.Match)
	case DeleteMapping:
		k.mappings = true
	case SetRoles, RemovePeople:
		k.roles = true
	case SetActive:
		k.roles, k.activity = true, true
	case PutTeamAccess, DeleteTeamAccess:
		k.teams = true
	}
}

// people reports whether the changes may do something to people's memberships or logins.
func (k kinds) people() bool {
	return k.domains || k.connections || k.directories || k.mappings || k.roles
}

// directoryNeeds returns what is wanted of a directory.
func (k kinds) directoryNeeds(d Directory) []Want {
	wants := []Want{{Kind: WantTokens, DirectoryID: d.ID}}
	if !k.domains && !k.directories && !k.mappings && !k.roles {
		return wants
	}
	wants = append(wants, Want{Kind: WantMappings, DirectoryID: d.ID})
	if k.domains || k.directories {
		wants = append(wants, Want{Kind: WantHeld, DirectoryID: d.ID})
	}
	if k.directories {
		wants = append(wants, Want{Kind: WantGroups, DirectoryID: d.ID})
	}
	if k.domains || k.directories || k.activity || len(d.Mappings.Or(nil)) > 0 || len(k.matches[d.ID]) > 0 {
		wants = append(wants, Want{Kind: WantUsers, DirectoryID: d.ID})
	}
	if !k.domains && !k.directories && !k.mappings {
		return wants
	}
	for _, m := range d.Mappings.Or(nil) {
		if m.Match.Attribute != "" {
			wants = append(wants, Want{Kind: WantMatches, DirectoryID: d.ID, Match: m.Match})
		}
	}
	for _, match := range k.matches[d.ID] {
		if match.Attribute != "" || d.Users.state == partUnknown {
			wants = append(wants, Want{Kind: WantMatches, DirectoryID: d.ID, Match: match})
		}
	}
	return wants
}

func distinct(wants []Want) []Want {
	seen := map[string]bool{}
	return slices.DeleteFunc(wants, func(want Want) bool {
		key := want.Key()
		defer func() { seen[key] = true }()
		return seen[key]
	})
}

// Standing is how a person stands in an account.
type Standing struct {
	Person Person
	Role   Part[Role]
	SignIn Part[SignIn]
}

// Standings returns how all people of a world who are known stand in it.
func (w World) Standings() []Standing {
	l := newLook(w)
	out := make([]Standing, len(w.People.Rows))
	for i, p := range w.People.Rows {
		out[i] = Standing{p, w.RoleOf(p), l.signIn(p)}
	}
	return out
}
