package access

import "slices"

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

// ownerNeeds returns what is wanted to know whether a mapping gives the roles of the people whose roles change: of few,
// what decides about each; of many, the directories with mappings as a whole.
func ownerNeeds(c SetRoles, d *draft) []Want {
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
	return d.ownersOf(emails, false)
}

// ownersOf returns what is wanted to know what directories decide about people who are managed by one: whether a mapping
// gives the role, and with activity whether they are active there.
func (d *draft) ownersOf(emails []string, activity bool) []Want {
	if len(d.Directories.Or(nil)) == 0 {
		return nil // no directory manages anybody
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
		if activity || len(dir.Mappings.Or(nil)) > 0 {
			wants = append(wants, Want{Kind: WantUsers, DirectoryID: dir.ID})
		}
	}
	return wants
}

func (c SetActive) needs(w World) []Want {
	d := begin(w)
	var ids, emails []string
	for _, id := range c.MembershipIDs {
		p := d.person(id)
		if p != nil && is(p.Active, c.Active) {
			continue
		}
		ids = append(ids, id)
		if p != nil && p.DirectoryID.IsMissing() {
			if user, _ := w.directoryOf(*p); user == "" {
				emails = append(emails, p.Email)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	wants := append([]Want{{Kind: WantIntegrations}}, d.ownersOf(emails, true)...)
	if c.Active {
		return wants
	}
	return append(wants, leavingNeeds(w, ids)...)
}

func (c RemovePeople) needs(w World) []Want { return leavingNeeds(w, c.MembershipIDs) }

// leavingNeeds returns the wants of a change that takes people out by name.
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

// peopleNeeds returns the wants of a change that does something to some of a directory's people. Who else signs in without
// single sign-on matters only where one of them does, and whether it is enforced only where they may stay members then.
func (w World) peopleNeeds(d Directory, mayStay bool, concerns func(DirectoryUser) bool) []Want {
	var emails []string
	members := map[string]bool{}
	for _, u := range d.users() {
		if u.MembershipID != "" && concerns(*u) {
			emails = append(emails, u.Email)
			members[u.MembershipID] = true
		}
	}
	if len(emails) == 0 {
		return nil
	}
	wants := append([]Want{{Kind: WantPeople, Emails: w.unseen(emails)}, {Kind: WantRoles}, {Kind: WantCaller}}, w.elsewhereNeeds()...)
	if !w.someBypass(members) {
		return wants
	}
	wants = append(wants, Want{Kind: WantBypassing})
	if mayStay {
		wants = append(wants, w.enforcementNeeds()...)
	}
	return wants
}

// someBypass reports whether one of some members has a role with bypass:sso, as far as is known already.
func (w World) someBypass(members map[string]bool) bool {
	return w.Roles.IsKnown() && slices.ContainsFunc(w.People.Rows, func(p Person) bool {
		role, known := w.RoleOf(p).Get()
		return members[p.ID] && !is(p.Active, false) && (!known || role.Bypasses())
	})
}

// enforcementNeeds returns the wants of what depends on whether single sign-on is enforced, and on connections where it is:
// the connections say so themselves where they are known.
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

// elsewhereNeeds returns the wants of what may take a person out of a directory: another one may have them, too, and manage
// them then.
func (w World) elsewhereNeeds() (wants []Want) {
	if w.FewDirectories {
		return []Want{{Kind: WantDirectories}}
	}
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

// unseen returns those addresses of which it is not known whose membership they are.
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
