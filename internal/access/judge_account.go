package access

import (
	"maps"
	"slices"
)

// What is judged of the account as a whole, and not person by person.

// remaining judges how many people sign in without single sign-on afterwards. What others of the run take from people
// only warns, since a promotion may be planned later.
func (j *judgement) remaining() {
	if !j.took || j.p.Applying {
		return
	}
	before, known := j.e.Bypassing.Before.Get()
	if !known {
		j.add(Finding{ID: LockoutNotChecked, Severity: Warning, Cause: CauseUnreported})
		return
	}
	holds := map[string]bool{}
	for _, p := range before {
		holds[p.Key()] = true
	}
	mine := j.changedBypass()
	for key, bypasses := range mine {
		holds[key] = bypasses
	}
	for _, p := range j.p.Planned {
		if _, own := mine[p.Key]; !own && p.Bypasses {
			holds[p.Key] = true
		}
	}
	left := func() bool { return slices.Contains(slices.Collect(maps.Values(holds)), true) }
	if !left() {
		f := Finding{ID: BypassNobodyLeft, Severity: j.p.loss()}
		if j.p.Destroying && j.deprovisions {
			f.Severity, f.Rechecked = Warning, true // the directory may be destroyed before
		}
		j.add(f)
		return
	}
	for _, p := range j.p.Planned {
		if !p.Bypasses {
			delete(holds, p.Key)
		}
	}
	maps.DeleteFunc(holds, func(_ string, bypasses bool) bool { return !bypasses })
	switch len(holds) {
	case 0:
		f := Finding{ID: BypassNobodyLeftTogether, Severity: Warning}
		for _, p := range before {
			f.People = append(f.People, FindingPerson{Email: p.Email})
		}
		j.add(f)
	case MinBypassing - 1:
		j.add(Finding{ID: BypassOneLeft, Severity: Warning})
	}
}

// changedBypass returns who gets and who loses bypass:sso by the change, by the key of the person; the one who would be the
// last to lose it and is refused that counts as having lost it.
func (j *judgement) changedBypass() map[string]bool {
	out := map[string]bool{}
	for _, e := range j.e.People {
		if different, known := changed(e.Bypass); known && different {
			out[e.Key] = e.Bypass.After.value
		}
	}
	for _, r := range j.e.Rejected {
		if r.Reason == RejectedLastBypass {
			for _, p := range r.People {
				out[p.Key()] = false
			}
		}
	}
	return out
}

// againstDirectories reports who is activated or deactivated against the word of the directory that manages them: what the
// identity provider pushes next undoes it.
func (j *judgement) againstDirectories() {
	for _, c := range flatten([]Change{j.own()}) {
		c, ok := c.(SetActive)
		if !ok {
			continue
		}
		found := map[string]*Finding{}
		for _, p := range j.e.before.people(c.MembershipIDs) {
			directoryID, active := j.e.before.directoryOf(p)
			wants, told := active.Get()
			directory, _ := j.e.before.Directory(directoryID)
			if directoryID == "" || directory.Off || is(p.Active, c.Active) || told && wants == c.Active {
				continue // one that is switched off takes in no word of the identity provider's
			}
			f := Finding{ID: DirectoryDecidesActivity, Severity: Error, Cause: CauseDirectoryEnded, By: j.directory(directoryID, false)}
			switch {
			case !told:
				f.Severity, f.Cause = Warning, CauseUnreported
			case wants:
				f.Cause = CauseDirectoryActive
			}
			key := directoryID + string(f.Cause)
			if found[key] == nil {
				found[key] = &f
			}
			found[key].People = append(found[key].People, FindingPerson{Email: p.Email})
		}
		for _, key := range slices.Sorted(maps.Keys(found)) {
			j.add(*found[key])
		}
	}
}

// people returns those of some memberships who are known, in the order of the world.
func (w World) people(ids []string) (found []Person) {
	for _, p := range w.People.Rows {
		if slices.Contains(ids, p.ID) {
			found = append(found, p)
		}
	}
	return found
}

// directoryOf returns the directory that manages a person, empty for none, and whether it has them as active.
func (w World) directoryOf(p Person) (id string, active Part[bool]) {
	for _, d := range w.Directories.Or(nil) {
		for _, u := range d.Users.Or(nil) {
			if u.MembershipID != "" && u.MembershipID == p.ID {
				return d.ID, Known(u.Active)
			}
		}
	}
	return p.DirectoryID.Or(""), p.DirectoryActive
}

// takes reports whether routing takes access from anybody who might have it: single sign-on begins, or a domain is no
// longer routed while it goes on.
func (j *judgement) takes() bool { return takesAccess(j.e.before, j.e.after) }

func takesAccess(before, after World) bool {
	if !is(after.Enforced(), true) {
		return false
	}
	if is(before.Enforced(), false) {
		return true
	}
	for _, c := range before.Connections.Or(nil) {
		for _, domain := range c.Domains {
			if c.State == ConnectionActive && is(after.Route(domain), "") {
				return true
			}
		}
	}
	return false
}

// tooFew reports that few people could sign in while an identity provider fails.
func (j *judgement) tooFew() {
	if people, known := j.e.Bypassing.After.Get(); known && j.takes() && len(people) < MinBypassing {
		f := Finding{ID: BypassTooFew, Severity: Warning, Count: len(people)}
		for _, p := range people {
			f.People = append(f.People, FindingPerson{Email: p.Email})
		}
		j.add(f)
	}
}

// ssoEnds reports that single sign-on ends because the last domain that is routed goes at once.
func (j *judgement) ssoEnds() {
	if !is(j.e.Enforced.Before, true) || !is(j.e.Enforced.After, false) {
		return
	}
	names, cause := j.domainsTaken(), CauseNotReleased
	switch c := j.own().(type) {
	case DisableDomains:
		if c.DisableSSO {
			cause = CauseDisableSSO
		}
	case SetDomains:
		if c.DisableSSO {
			cause = CauseDisableSSO
		}
	case Plan:
		if !j.e.after.domainlessConnection(j.e.before) {
			cause = CauseConnectionEnds
		}
	default:
		return // the connection's own change ends it, and says so
	}
	j.add(Finding{ID: SSOEnds, Severity: Warning, Cause: cause, Names: names})
}

// domainlessConnection reports whether a connection that was active before is there and has no domain any more.
func (w World) domainlessConnection(before World) bool {
	return slices.ContainsFunc(w.Connections.Or(nil), func(c Connection) bool {
		return len(c.Domains) == 0 && slices.ContainsFunc(before.Connections.Or(nil), func(was Connection) bool { return was.ID == c.ID && was.State == ConnectionActive })
	})
}

// directories reports what directories become for their people.
func (j *judgement) directories() {
	for _, d := range j.e.Directories {
		by := Thing{Kind: "directory", ID: d.ID, Name: d.Name, Deleted: d.Deleted}
		for _, f := range []struct {
			wanted bool
			Finding
		}{
			{d.Deleted, Finding{ID: DirectoryDeletedKeepsPeople}},
			{d.SwitchedOff, Finding{ID: DirectoryOffKeepsLeavers}},
			{d.RemovesLeavers, Finding{ID: DirectoryRemovesLeavers}},
			{d.Untied != nil, Finding{ID: TeamsStopFollowingGroups, Names: d.Untied}},
			{d.Dropped != nil, Finding{ID: DomainAllowedByDirectory, Names: d.Dropped}},
		} {
			if f.wanted {
				f.Severity, f.By, f.Count = Warning, by, d.ActiveUsers
				j.add(f.Finding)
			}
		}
	}
}

// gaps reports what could not be checked.
func (j *judgement) gaps() {
	has := func(gaps ...Gap) bool {
		return slices.ContainsFunc(gaps, func(g Gap) bool { return slices.Contains(j.e.Gaps, g) })
	}
	notChecked := func(id ID, cause Cause) { j.add(Finding{ID: id, Severity: Warning, Cause: cause}) }
	switch {
	case j.mayLose, has(GapConnections) && (j.mayEnforce() || !is(j.e.Enforced.Before, false)): // else every member signs in
		j.add(Finding{ID: LockoutNotChecked, Severity: j.p.loss(), Cause: CauseUnreported, Reason: j.e.before.Connections.why})
	case has(GapPeople, GapRoles):
		notChecked(LockoutNotChecked, CauseUnreported)
	}
	unknownDirectories := has(GapDirectories, GapDirectoryUsers)
	if unknownDirectories && j.mayDeprovision() {
		notChecked(DeprovisioningNotChecked, CauseUnreported)
	}
	switch {
	case has(GapMatches):
		notChecked(RolesNotChecked, CauseTwins)
	case has(GapMappings), unknownDirectories && j.changesMappings():
		notChecked(RolesNotChecked, CauseUnreported)
	}
	if has(GapOffer) {
		notChecked(SSOEndNotChecked, CauseUnreported)
	}
}

// changesMappings reports whether mappings begin, change or end by the change: with a directory, those that it has.
func (j *judgement) changesMappings() bool {
	return anyOf(j.own(), func(c Change) bool {
		switch c := c.(type) {
		case PutMapping, DeleteMapping:
			return true
		case DeleteDirectory:
			d, _ := j.e.before.Directory(c.ID)
			return len(d.Mappings.Or([]Mapping{{}})) > 0
		}
		return false
	})
}

// mayDeprovision reports whether a directory whose people are unknown may deprovision a member: not where domains
// go of which no active member has an address.
func (j *judgement) mayDeprovision() bool {
	return anyOf(j.own(), func(c Change) bool {
		switch c.(type) {
		case DisableDomains, SetDomains:
			taken := j.domainsTaken()
			return !j.e.Everyone || slices.ContainsFunc(j.e.before.People.Rows, func(p Person) bool {
				return !is(p.Active, false) && slices.Contains(taken, p.Domain())
			})
		case PutDirectory:
			return true
		}
		return false
	})
}

// mayEnforce reports whether the change may begin single sign-on.
func (j *judgement) mayEnforce() bool {
	return anyOf(j.own(), func(c Change) bool {
		switch c.(type) {
		case PutConnection, FirstLogin:
			return true
		}
		return false
	})
}

// surplus names the acknowledgements that the change did not need. What the others of the plan need is not known here.
func (j *judgement) surplus() {
	if j.p.AtFirstLogin || !j.takes() && !j.deprovisions && len(j.accepted) == 0 || j.roleCause() == CauseRoleChange {
		return
	}
	f := Finding{ID: AcknowledgementSurplus, Severity: Warning}
	for _, entry := range slices.Sorted(slices.Values(j.p.Acknowledged)) {
		if !j.accepted[entry] {
			f.Names = append(f.Names, entry)
		}
	}
	if len(f.Names) > 0 {
		j.add(f)
	}
}
