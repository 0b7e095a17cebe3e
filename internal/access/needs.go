package access

import (
	"slices"
	"strings"
	"time"
)

// Want is a part of a world that is wanted.
type Want struct {
	Kind WantKind
	// DirectoryID is the directory that it is of.
	DirectoryID string
	// Match is whom is asked for, where Kind is WantMatches.
	Match Match
	// Emails are who is asked for, where Kind is WantPeople or WantOwners.
	Emails []string
	// Since is how far back to look, where Kind is WantCreators; zero leaves that to whoever looks.
	Since time.Time
}

// WantKind is what is wanted.
type WantKind string

// What may be wanted. Each fills the part of the world of that name.
const (
	WantAccount         WantKind = "account"
	WantOffer           WantKind = "offer" // whether the managed configuration is offered
	WantCaller          WantKind = "caller"
	WantRoles           WantKind = "roles"
	WantDomains         WantKind = "domains"
	WantIntegrations    WantKind = "integrations" // connections, and which directories there are
	WantDirectories     WantKind = "directories"  // with their settings
	WantUsers           WantKind = "users"        // all of a directory but those who are held
	WantHeld            WantKind = "held"         // those who are
	WantMatches         WantKind = "matches"      // those of a directory whom a mapping is for
	WantMappings        WantKind = "mappings"
	WantGroups          WantKind = "groups"
	WantDirectoryTeams  WantKind = "directory-teams"
	WantTokens          WantKind = "tokens"
	WantPeople          WantKind = "people" // some, by address
	WantBypassing       WantKind = "bypassing"
	WantActivePeople    WantKind = "active-people"
	WantEveryone        WantKind = "everyone"
	WantOwners          WantKind = "owners" // what decides about some people's roles
	WantInvitations     WantKind = "invitations"
	WantServiceAccounts WantKind = "service-accounts"
	WantCreators        WantKind = "creators" // of service accounts
	WantTeams           WantKind = "teams"
	// WantServiceAccountTeams are the teams with service accounts in them.
	WantServiceAccountTeams WantKind = "service-account-teams"
	WantWorkspaces          WantKind = "workspaces"
	// WantUserAccess and WantServiceAccountAccess are who reaches the workspaces by themselves.
	WantUserAccess           WantKind = "user-access"
	WantServiceAccountAccess WantKind = "service-account-access"
	WantWorkspaceRoles       WantKind = "workspace-roles"
)

// Key tells wants from each other.
func (w Want) Key() string {
	since := ""
	if !w.Since.IsZero() {
		since = w.Since.UTC().Format(time.RFC3339Nano)
	}
	return strings.Join(append([]string{string(w.Kind), w.DirectoryID, w.Match.GroupID, w.Match.GroupName, w.Match.Attribute, w.Match.Equals, since}, w.Emails...), "\x00")
}

// fewPeople are asked about one by one; for more, directories are read as a whole.
const fewPeople = 10

// Needs says which parts of a world are still wanted to judge a change as plans do, as far as can be told already: it is
// asked again when they are there, until it wants none. It wants nothing that a change does not depend on.
func Needs(c Change, w World) []Want {
	var out []Want
	seen := map[string]bool{}
	for _, want := range c.needs(w) {
		if key := want.Key(); !seen[key] && !w.has(want) {
			seen[key] = true
			out = append(out, want)
		}
	}
	return out
}

// NeedsAll says which parts of a world are still wanted to know all of it that concerns access: for a report on
// everything that a plan changes. What a review wants is less: [NeedsReview].
func NeedsAll(w World) []Want {
	wants := []Want{
		{Kind: WantAccount},
		{Kind: WantOffer},
		{Kind: WantCaller},
		{Kind: WantRoles},
		{Kind: WantDomains},
		{Kind: WantIntegrations},
		{Kind: WantDirectories},
		{Kind: WantEveryone},
		{Kind: WantInvitations},
		{Kind: WantServiceAccounts},
		{Kind: WantTeams},
		{Kind: WantWorkspaces},
		{Kind: WantUserAccess},
		{Kind: WantServiceAccountAccess},
	}
	for _, d := range w.Directories.Or(nil) {
		for _, kind := range []WantKind{WantUsers, WantHeld, WantMappings, WantGroups, WantTokens} {
			wants = append(wants, Want{Kind: kind, DirectoryID: d.ID})
		}
		for _, m := range d.Mappings.Or(nil) {
			if m.Match.Attribute != "" {
				wants = append(wants, Want{Kind: WantMatches, DirectoryID: d.ID, Match: m.Match})
			}
		}
	}
	return slices.DeleteFunc(wants, w.has)
}

// has reports whether a part is there, or was asked for in vain.
func (w World) has(want Want) bool {
	dir, _ := w.Directory(want.DirectoryID)
	switch want.Kind {
	case WantAccount:
		return !w.Account.IsMissing()
	case WantOffer:
		return !w.Offered.IsMissing()
	case WantCaller:
		return !w.Caller.IsMissing()
	case WantRoles:
		return !w.Roles.IsMissing()
	case WantDomains:
		return !w.Domains.IsMissing()
	case WantIntegrations:
		return !w.Connections.IsMissing()
	case WantDirectories:
		return w.Directories.state == partUnknown || w.Directories.IsKnown() && !slices.ContainsFunc(w.Directories.value, func(d Directory) bool { return d.Settings.IsMissing() })
	case WantUsers:
		return !dir.Users.IsMissing()
	case WantHeld:
		return !dir.Held.IsMissing()
	case WantMatches:
		return !dir.Matches[want.Match].IsMissing()
	case WantMappings:
		return !dir.Mappings.IsMissing()
	case WantGroups:
		return !dir.Groups.IsMissing()
	case WantDirectoryTeams:
		return !dir.Teams.IsMissing() || !w.Teams.IsMissing() && !dir.Groups.IsMissing()
	case WantTokens:
		return !dir.Tokens.IsMissing()
	case WantBypassing:
		return w.People.covers(CoverBypassing)
	case WantActivePeople:
		return w.People.covers(CoverActive)
	case WantEveryone:
		return w.People.covers(CoverEveryone)
	case WantPeople, WantOwners:
		return len(want.Emails) == 0
	case WantInvitations:
		return !w.Invitations.IsMissing()
	case WantServiceAccounts:
		return !w.ServiceAccounts.IsMissing()
	case WantTeams:
		return !w.Teams.IsMissing()
	case WantServiceAccountTeams:
		return !w.ServiceAccountTeams.IsMissing() || !w.Teams.IsMissing()
	case WantWorkspaces:
		return !w.Workspaces.IsMissing()
	case WantUserAccess:
		return !w.lacksAccess(func(room Workspace) bool { return room.Users.IsMissing() })
	case WantServiceAccountAccess:
		return !w.lacksAccess(func(room Workspace) bool { return room.ServiceAccounts.IsMissing() })
	case WantWorkspaceRoles:
		return !w.WorkspaceRoles.IsMissing()
	case WantCreators:
		return !slices.ContainsFunc(w.ServiceAccounts.Or(nil), func(s ServiceAccount) bool { return s.Creator.IsMissing() })
	}
	return true
}

// lacksAccess reports whether who reaches a workspace has not been asked for.
func (w World) lacksAccess(lacks func(Workspace) bool) bool {
	return slices.ContainsFunc(w.Workspaces.Or(nil), lacks)
}

func (c SetDomains) needs(w World) []Want {
	return append([]Want{{Kind: WantDomains}}, domainNeeds(c, w, c.DisableSSO, func(name string) bool {
		return w.Domains.IsKnown() && !slices.Contains(c.Names, name)
	})...)
}

func (c EnableDomains) needs(World) []Want { return nil }

func (c DisableDomains) needs(w World) []Want {
	return domainNeeds(c, w, c.DisableSSO, func(name string) bool { return slices.Contains(c.Names, name) })
}

// domainNeeds are those of a change that takes domains out: whom directories would deprovision, and who could sign in no
// more.
func domainNeeds(c Change, w World, disableSSO bool, goes func(domain string) bool) []Want {
	wants := []Want{{Kind: WantIntegrations}}
	if !w.Connections.IsMissing() {
		wants = append(wants, w.enforcementNeeds()...)
	}
	if len(w.Directories.Or(nil)) > 0 {
		wants = append(wants, Want{Kind: WantDirectories})
	}
	for _, d := range w.Directories.Or(nil) {
		if d.Settings.IsKnown() {
			wants = append(wants, Want{Kind: WantUsers, DirectoryID: d.ID})
		}
		wants = append(wants, w.peopleNeeds(d, func(u DirectoryUser) bool { return !u.Held && goes(domainOf(u.Email)) })...)
	}
	if !disableSSO && w.leavesNoRoute(goes) {
		wants = append(wants, Want{Kind: WantOffer}) // whether the domains are released, or go at once
	}
	return append(wants, routingNeeds(c, w)...)
}

// leavesNoRoute reports whether no active connection has a domain left without those which go.
func (w World) leavesNoRoute(goes func(domain string) bool) bool {
	active := false
	for _, c := range w.Connections.Or(nil) {
		if c.State != ConnectionActive {
			continue
		}
		active = true
		if slices.ContainsFunc(c.Domains, func(name string) bool { return !goes(name) }) {
			return false
		}
	}
	return active
}

// peopleNeeds are those of a change that does something to some of a directory's people.
func (w World) peopleNeeds(d Directory, concerns func(DirectoryUser) bool) []Want {
	var emails []string
	for _, u := range d.users() {
		if u.MembershipID != "" && concerns(*u) {
			emails = append(emails, u.Email)
		}
	}
	if len(emails) == 0 {
		return nil
	}
	wants := []Want{{Kind: WantPeople, Emails: w.unseen(emails)}, {Kind: WantRoles}, {Kind: WantCaller}, {Kind: WantBypassing}}
	return append(append(wants, w.elsewhereNeeds()...), w.enforcementNeeds()...)
}

// enforcementNeeds are those of what depends on whether single sign-on is enforced, and on connections where it is: the
// connections say so themselves where they are known.
func (w World) enforcementNeeds() []Want {
	if w.Connections.IsKnown() {
		return nil
	}
	wants := []Want{{Kind: WantAccount}}
	if enforced, known := w.Enforced().Get(); known && enforced {
		wants = append(wants, Want{Kind: WantIntegrations})
	}
	return wants
}

// elsewhereNeeds are those of what may take somebody out of a directory: another one may have them, too, and govern them
// then.
func (w World) elsewhereNeeds() (wants []Want) {
	rows := w.Directories.Or(nil)
	if len(rows) < 2 {
		return nil
	}
	for _, d := range rows {
		wants = append(wants, Want{Kind: WantUsers, DirectoryID: d.ID}, Want{Kind: WantHeld, DirectoryID: d.ID})
		if settings, known := d.Settings.Get(); known && settings.AllowedDomains == nil {
			wants = append(wants, Want{Kind: WantDomains})
		}
	}
	return wants
}

// unseen are those addresses of which it is not known whose membership they are.
func (w World) unseen(emails []string) []string {
	if w.People.covers(CoverEveryone) {
		return nil
	}
	seen := make(map[string]bool, len(w.People.Rows)+len(w.People.Looked))
	for _, p := range w.People.Rows {
		seen[p.Email] = true
	}
	for _, email := range w.People.Looked {
		seen[email] = true
	}
	var out []string
	for _, email := range emails {
		if !seen[email] {
			seen[email] = true
			out = append(out, email)
		}
	}
	slices.Sort(out)
	return out
}

// routingNeeds are those of a change of domain routing. It wants people only where the change takes access from somebody.
func routingNeeds(c Change, w World) []Want {
	wants := []Want{{Kind: WantIntegrations}}
	if !w.Connections.IsKnown() {
		return wants
	}
	// People are left out: routing does not depend on them.
	routing := World{AccountID: w.AccountID, Account: w.Account, Offered: w.Offered, Domains: w.Domains, Connections: w.Connections, Directories: Known([]Directory(nil))}
	if takesAccess(routing, c.Apply(routing)) {
		wants = append(wants, Want{Kind: WantRoles}, Want{Kind: WantCaller}, Want{Kind: WantActivePeople})
	}
	return wants
}

func (c PutConnection) needs(w World) []Want        { return routingNeeds(c, w) }
func (c DeactivateConnection) needs(w World) []Want { return routingNeeds(c, w) }
func (c DeleteConnection) needs(w World) []Want     { return routingNeeds(c, w) }
func (c FirstLogin) needs(w World) []Want           { return routingNeeds(c, w) }

func (c PutDirectory) needs(w World) []Want {
	if c.ID == "" {
		return nil
	}
	wants := []Want{{Kind: WantDirectories}}
	d, known := w.Directory(c.ID)
	if !known || !d.Settings.IsKnown() {
		return wants
	}
	if c.AllowedDomains != nil {
		allowed := *c.AllowedDomains
		if allowed == nil {
			wants = append(wants, Want{Kind: WantDomains})
		}
		wants = append(wants, Want{Kind: WantUsers, DirectoryID: c.ID})
		wants = append(wants, w.peopleNeeds(d, func(u DirectoryUser) bool {
			return allowed != nil && !u.Held && !slices.Contains(allowed, domainOf(u.Email))
		})...)
		if was := d.Settings.value.AllowedDomains; allowed == nil || was != nil && slices.ContainsFunc(allowed, func(domain string) bool { return !slices.Contains(was, domain) }) {
			wants = append(wants, Want{Kind: WantHeld, DirectoryID: c.ID})
		}
		var arrive []string
		for _, u := range d.users() {
			if u.Held && (allowed == nil || slices.Contains(allowed, domainOf(u.Email))) {
				arrive = append(arrive, u.Email)
			}
		}
		wants = append(wants, Want{Kind: WantPeople, Emails: w.unseen(arrive)})
	}
	if c.TeamsFromGroups != nil && !*c.TeamsFromGroups && d.Settings.value.TeamsFromGroups {
		wants = append(wants, Want{Kind: WantDirectoryTeams, DirectoryID: c.ID})
	}
	return wants
}

func (c DeleteDirectory) needs(w World) []Want {
	wants := []Want{{Kind: WantDirectories}, {Kind: WantMappings, DirectoryID: c.ID}}
	d, known := w.Directory(c.ID)
	if !known || len(d.Mappings.Or(nil)) == 0 {
		return wants
	}
	wants = append(wants, Want{Kind: WantUsers, DirectoryID: c.ID})
	return append(wants, w.peopleNeeds(d, func(u DirectoryUser) bool { return u.RoleSource == RoleMapping })...)
}

func (c PutMapping) needs(w World) []Want {
	matches := []Match{c.Mapping.Match}
	if old, ok := w.mapping(c.DirectoryID, c.Mapping.ID); ok {
		matches = append(matches, old.Match)
	}
	return mappingNeeds(c, w, c.DirectoryID, matches)
}

func (c DeleteMapping) needs(w World) []Want {
	var matches []Match
	if old, ok := w.mapping(c.DirectoryID, c.ID); ok {
		matches = append(matches, old.Match)
	}
	return mappingNeeds(c, w, c.DirectoryID, matches)
}

// mappingNeeds are those of a mapping that begins, changes or ends: the mappings, whom they are and were for, and who
// those are. Of the other mappings of the directory it wants to know whom they match only where one of them may count.
func mappingNeeds(c Change, w World, directoryID string, matches []Match) []Want {
	wants := []Want{{Kind: WantIntegrations}}
	d, known := w.Directory(directoryID)
	if !known {
		return wants
	}
	wants = append(wants, Want{Kind: WantMappings, DirectoryID: directoryID})
	for _, m := range matches {
		if !d.Users.IsKnown() || m.Attribute != "" {
			wants = append(wants, Want{Kind: WantMatches, DirectoryID: directoryID, Match: m})
		}
	}
	concerned := w
	concerned.Directories = Known([]Directory{d}) // nobody leaves the directory
	wants = append(wants, concerned.peopleNeeds(d, func(DirectoryUser) bool { return true })...)
	wants = append(wants, w.managedElsewhereNeeds(d)...)
	for _, want := range wants {
		if !w.has(want) {
			return wants
		}
	}
	if !d.Users.IsKnown() && slices.ContainsFunc(matches, func(m Match) bool { return !d.Matches[m].IsKnown() }) {
		return wants // the API does not report whom it is for, and the others do not tell
	}
	after := c.Apply(w)
	if !slices.Contains(after.gaps[len(w.gaps):], GapMatches) {
		return wants
	}
	for _, m := range d.Mappings.Or(nil) {
		if want := (Want{Kind: WantMatches, DirectoryID: directoryID, Match: m.Match}); !w.has(want) {
			return append(wants, want) // one after the other: the first may be enough
		}
	}
	return wants
}

// managedElsewhereNeeds are those of members who are in a directory that does not govern them: another one may.
func (w World) managedElsewhereNeeds(d Directory) []Want {
	if len(w.Directories.Or(nil)) < 2 {
		return nil
	}
	pushed := map[string]bool{}
	for _, u := range d.users() {
		if u.MembershipID == "" && u.Email != "" {
			pushed[u.Email] = true
		}
	}
	var emails []string
	for _, p := range w.People.Rows {
		if pushed[p.Email] && p.DirectoryID.IsMissing() {
			emails = append(emails, p.Email)
		}
	}
	if len(emails) == 0 {
		return nil
	}
	if len(emails) > fewPeople {
		return w.elsewhereNeeds()
	}
	slices.Sort(emails)
	return []Want{{Kind: WantOwners, Emails: emails}}
}

func (c SetRoles) needs(w World) []Want {
	if len(c.Roles) == 0 {
		return nil
	}
	wants := []Want{{Kind: WantIntegrations}, {Kind: WantRoles}}
	d := begin(w)
	var emails []string
	bypassed, demoted := false, false
	for _, r := range c.Roles {
		p := d.person(r.MembershipID)
		if p == nil {
			p = d.personWith(r.Email)
		}
		if p == nil {
			emails = append(emails, r.Email)
			continue
		}
		if is(p.RoleID, r.RoleID) {
			continue
		}
		from, knownFrom := w.RoleOf(*p).Get()
		to, knownTo := w.Role(r.RoleID).Get()
		if knownFrom && knownTo {
			demoted = demoted || from.Demotes(to)
			bypassed = bypassed || from.Bypasses() && !to.Bypasses() && is(p.Active, true)
		}
	}
	wants = append(wants, Want{Kind: WantPeople, Emails: w.unseen(emails)})
	switch {
	case bypassed:
		wants = append(append(wants, Want{Kind: WantCaller}, Want{Kind: WantBypassing}), w.enforcementNeeds()...)
	case demoted:
		wants = append(wants, Want{Kind: WantCaller})
	}
	return append(wants, ownerNeeds(c, d)...)
}

// ownerNeeds are what is wanted to know whether a mapping gives the roles of the people whose roles change: of few, what
// decides about each; of many, the directories with mappings as a whole.
func ownerNeeds(c SetRoles, d *draft) []Want {
	if len(d.Directories.Or(nil)) == 0 {
		return nil // nobody's role is a directory's
	}
	var emails []string
	for _, r := range c.Roles {
		p := d.person(r.MembershipID)
		if p == nil {
			p = d.personWith(r.Email)
		}
		if p != nil && !is(p.RoleID, r.RoleID) && p.DirectoryID.IsMissing() {
			emails = append(emails, p.Email)
		}
	}
	if len(emails) == 0 {
		return nil
	}
	if len(emails) <= fewPeople {
		slices.Sort(emails)
		return []Want{{Kind: WantOwners, Emails: emails}}
	}
	wants := []Want{{Kind: WantDirectories}}
	for _, dir := range d.Directories.value {
		if !dir.Settings.IsKnown() {
			continue
		}
		wants = append(wants, Want{Kind: WantMappings, DirectoryID: dir.ID})
		if len(dir.Mappings.Or(nil)) > 0 {
			wants = append(wants, Want{Kind: WantUsers, DirectoryID: dir.ID})
		}
	}
	return wants
}

func (c SetActive) needs(w World) []Want {
	if c.Active {
		return nil
	}
	return leavingNeeds(w, c.MembershipIDs)
}

func (c RemovePeople) needs(w World) []Want { return leavingNeeds(w, c.MembershipIDs) }

// leavingNeeds are those of a change that takes people out by name.
func leavingNeeds(w World, ids []string) []Want {
	wants := []Want{{Kind: WantRoles}, {Kind: WantCaller}}
	d := begin(w)
	for _, id := range ids {
		if p := d.person(id); p == nil || !is(d.bypasses(p), false) {
			return append(wants, Want{Kind: WantBypassing})
		}
	}
	return wants
}

func (c PutTeamAccess) needs(World) []Want    { return nil }
func (c DeleteTeamAccess) needs(World) []Want { return nil }
func (c SetSessionPolicy) needs(World) []Want { return nil }
