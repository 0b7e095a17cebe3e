package access

import "slices"

func (c SetDomains) needs(w World) []Want {
	return append([]Want{{Kind: WantDomains}}, domainNeeds(c, w, c.DisableSSO, func(name string) bool {
		return w.Domains.IsKnown() && !slices.Contains(c.Names, name)
	})...)
}

func (c EnableDomains) needs(World) []Want { return nil }

func (c DisableDomains) needs(w World) []Want {
	return domainNeeds(c, w, c.DisableSSO, func(name string) bool { return slices.Contains(c.Names, name) })
}

// domainNeeds returns the wants of a change that takes domains out: whom directories would deprovision, and who could sign
// in no more.
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
		wants = append(wants, w.peopleNeeds(d, true, func(u DirectoryUser) bool { return !u.Held && goes(domainOf(u.Email)) })...)
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

// routingNeeds returns the wants of a change of domain routing. It wants people only where the change takes access from
// a person.
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
