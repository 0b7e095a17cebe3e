package access

import (
	"cmp"
	"maps"
	"slices"
)

// Judge returns what of the effects a plan should report: findings, in a fixed order.
func Judge(e Effects, p Policy) []Finding {
	j := &judgement{e: e, p: p, took: e.TakesBypass(), accepted: map[string]bool{}, lost: map[lossKey][]FindingPerson{}}
	j.given, j.named = givenRoles(e.Changes), namedInOrOut(e.Changes)
	j.rejections()
	j.againstDirectories()
	wanted := map[string]bool{}
	for _, person := range e.Wanted {
		wanted[person.Key] = true
	}
	for _, person := range e.People {
		if !wanted[person.Key] {
			j.person(person)
		}
	}
	for _, person := range e.Wanted {
		j.person(person)
	}
	j.losses()
	j.roles()
	j.remaining()
	j.tooFew()
	j.ssoEnds()
	j.directories()
	j.gaps()
	j.surplus()
	return j.out
}

type judgement struct {
	e        Effects
	p        Policy
	out      []Finding
	accepted map[string]bool   // acknowledgements that were needed
	given    map[string]string // the roles that the changes give by hand, by the key and the address of people
	named    map[string]bool   // the keys of those whom the changes take out, or let in, by name

	lost                      map[lossKey][]FindingPerson
	demoted, raised, returned []FindingPerson
	took                      bool // bypass:sso, from a user, for certain
	deprovisions              bool
	mayLose                   bool // a user loses bypass:sso, and whether they sign in otherwise is unknown
}

// lossKey is why people lose access, and by what directory.
type lossKey struct {
	cause       Cause
	directoryID string
}

// add adds a finding, and says where it belongs.
func (j *judgement) add(f Finding) {
	f.AccountID = j.e.AccountID
	if f.Attribute == "" {
		f.Attribute = attributeOf(j.own(), f.ID)
	}
	if f.By == (Thing{}) {
		f.By = j.by()
	}
	slices.SortFunc(f.People, func(a, b FindingPerson) int { return cmp.Compare(a.Email, b.Email) })
	j.out = append(j.out, f)
}

// own returns the change that is judged: the last one; those before are what it counts on.
func (j *judgement) own() Change {
	if len(j.e.Changes) == 0 {
		return nil
	}
	return j.e.Changes[len(j.e.Changes)-1]
}

// attributeOf returns the argument that a finding about a change concerns.
func attributeOf(c Change, id ID) string {
	switch c := c.(type) {
	case SetDomains, EnableDomains, DisableDomains:
		return "names"
	case PutConnection, DeactivateConnection, DeleteConnection, FirstLogin:
		return "domains"
	case PutMapping, DeleteMapping:
		return "match"
	case SetRoles:
		return "role"
	case SetActive:
		return "emails"
	case SetSessionPolicy:
		return "auth_expiration_seconds"
	case PutDirectory:
		switch id {
		case DirectoryOffKeepsLeavers:
			return "enabled"
		case DirectoryRemovesLeavers:
			return "deprovision_action"
		case TeamsStopFollowingGroups:
			return "sync_groups_to_teams"
		}
		if c.AllowedDomains != nil {
			return "allowed_domains"
		}
	case DeleteDirectory:
		return "name"
	}
	return ""
}

// by returns what makes the change.
func (j *judgement) by() Thing {
	switch c := j.own().(type) {
	case PutMapping:
		return Thing{Kind: "mapping", ID: c.Mapping.ID, Match: c.Mapping.Match, Priority: c.Mapping.Priority, DirectoryID: c.DirectoryID}
	case DeleteMapping:
		thing := Thing{Kind: "mapping", ID: c.ID, DirectoryID: c.DirectoryID, Deleted: true}
		if m, ok := j.e.before.mapping(c.DirectoryID, c.ID); ok {
			thing.Match, thing.Priority = m.Match, m.Priority
		}
		return thing
	case PutDirectory:
		return j.directory(c.ID, false)
	case DeleteDirectory:
		return j.directory(c.ID, true)
	case PutConnection:
		return Thing{Kind: "connection", ID: c.ID, Name: c.Name}
	case FirstLogin:
		return Thing{Kind: "connection", ID: c.ID}
	case DeactivateConnection:
		return Thing{Kind: "connection", ID: c.ID}
	case DeleteConnection:
		return Thing{Kind: "connection", ID: c.ID, Deleted: true}
	case Plan:
		return Thing{Kind: kindPlan}
	}
	return Thing{}
}

func (j *judgement) directory(id string, ends bool) Thing {
	d, _ := j.e.before.Directory(id)
	return Thing{Kind: "directory", ID: id, Name: d.Name, Deleted: ends}
}

// mapping finds a mapping of a directory.
func (w World) mapping(directoryID, id string) (Mapping, bool) {
	d, _ := w.Directory(directoryID)
	rows := d.Mappings.Or(d.SeenMappings)
	at := slices.IndexFunc(rows, func(m Mapping) bool { return m.ID == id })
	if at < 0 {
		return Mapping{}, false
	}
	return rows[at], true
}

// givenRoles returns the roles that changes give by hand, by the key and the address of people.
func givenRoles(changes []Change) map[string]string {
	roles := map[string]string{}
	for _, c := range flatten(changes) {
		if c, ok := c.(SetRoles); ok {
			for _, r := range c.Roles {
				for _, key := range []string{r.MembershipID, r.Email} {
					if key != "" {
						roles[key] = r.RoleID
					}
				}
			}
		}
	}
	return roles
}

// namedInOrOut returns the keys of the people whom changes activate, deactivate or remove.
func namedInOrOut(changes []Change) map[string]bool {
	keys := map[string]bool{}
	for _, c := range flatten(changes) {
		var ids []string
		switch c := c.(type) {
		case SetActive:
			ids = c.MembershipIDs
		case RemovePeople:
			ids = c.MembershipIDs
		}
		for _, id := range ids {
			keys[id] = true
		}
	}
	return keys
}

// rejections reports what the API would not do.
func (j *judgement) rejections() {
	mapped := map[Thing][]FindingPerson{}
	for _, r := range j.e.Rejected {
		switch r.Reason {
		case RejectedCaller:
			p := r.People[0]
			f := Finding{ID: CallerRemoved, Severity: Error, People: []FindingPerson{{Email: p.Email, Caller: true}}}
			if to := cmp.Or(j.given[p.Key()], j.given[p.Email]); to != "" {
				f.ID, f.Cause = CallerDemoted, CauseRoleChange
				f.People[0].From, f.People[0].To = j.e.before.RoleOf(p).Or(Role{}).Name, j.e.before.Role(to).Or(Role{}).Name
			}
			j.add(f)
		case RejectedMapping:
			m, _ := j.e.before.mapping(r.DirectoryID, r.MappingID)
			by := Thing{Kind: "mapping", ID: r.MappingID, Match: m.Match, Priority: m.Priority, DirectoryID: r.DirectoryID}
			mapped[by] = append(mapped[by], FindingPerson{Email: r.People[0].Email})
		case RejectedRouted:
			j.add(Finding{ID: DomainRoutedElsewhere, Severity: Warning, Names: []string{r.Domain}})
		}
	}
	for _, by := range slices.SortedFunc(maps.Keys(mapped), func(a, b Thing) int { return cmp.Compare(a.ID, b.ID) }) {
		j.add(Finding{ID: RoleGivenByMapping, Severity: Error, By: by, People: mapped[by]})
	}
}

// person judges what happens to one person.
func (j *judgement) person(e Effect) {
	byHand := cmp.Or(j.given[e.Key], j.given[e.Name]) != "" || j.named[e.Key]
	from, to := e.Role.Before.Or(Role{}), e.Role.After.Or(Role{})
	person := FindingPerson{Email: e.Name, From: from.Name, To: to.Name, Caller: e.Caller}
	unknown := e.EarlierRole && !e.Role.After.IsKnown()
	if unknown {
		person.To = ""
		j.returned = append(j.returned, person)
	}
	loses, sure := e.LosesAccess().Get()
	if is(e.Bypass.Before, false) && is(e.Bypass.After, true) && !byHand && is(e.Member.Before, true) {
		j.raised = append(j.raised, person)
	}
	j.deprovisions = j.deprovisions || e.Deprovisioned
	demoted, _ := e.Demoted().Get()
	if j.isRemoval() || j.named[e.Key] {
		return // it was decided, by name
	}
	if _, acknowledged := j.p.acknowledges(e.Name); !sure && !e.Deprovisioned && !acknowledged && is(e.Bypass.Before, true) && is(e.Bypass.After, false) {
		j.mayLose = true
	}
	switch {
	case e.Caller && e.Deprovisioned:
		j.callerDeprovisioned(e, person)
	case e.Caller && loses && !demoted:
		j.callerLockedOut(person)
	case e.Caller && demoted && !byHand:
		j.add(Finding{ID: CallerDemoted, Severity: Error, People: []FindingPerson{person}, Cause: j.roleCause()})
	case loses || e.Deprovisioned:
		j.lose(e, person)
	case demoted && !byHand && is(e.Active.After, true):
		j.demoted = append(j.demoted, person)
	}
	if e.Caller && is(j.e.Enforced.Before, false) && e.SignIn.After.Or(SignIn{}).Method == MethodConnection {
		j.add(Finding{ID: CallerNeedsLogin, Severity: Warning, People: []FindingPerson{person}})
	}
}

// isRemoval reports whether the change takes people out by name.
func (j *judgement) isRemoval() bool {
	switch j.own().(type) {
	case RemovePeople, SetActive:
		return true
	}
	return false
}

// callerDeprovisioned is about the owner of the API key in use. Where the plan destroys the domain, the directory may be
// destroyed before it; who then keeps the membership may still sign in no more.
func (j *judgement) callerDeprovisioned(e Effect, person FindingPerson) {
	f := Finding{ID: CallerDeprovisioned, Severity: Error, People: []FindingPerson{person}, Cause: j.deprovisionCause(e), By: j.directory(e.DirectoryID, false), Names: j.domainsTaken()}
	if j.p.Destroying {
		f.Severity, f.Rechecked = Warning, true
		if j.routingTakes(e) {
			j.callerLockedOut(person)
		}
	}
	j.add(f)
}

// routingTakes reports whether a person could not sign in afterwards also if they stayed a member.
func (j *judgement) routingTakes(e Effect) bool {
	before, known := e.SignIn.Before.Get()
	return known && (before.Method == MethodAny || before.Method == MethodConnection) && is(j.e.after.Enforced(), true) && is(j.e.after.Route(domainOf(e.Name)), "")
}

func (j *judgement) callerLockedOut(person FindingPerson) {
	f := Finding{ID: CallerLockedOut, Severity: Error, People: []FindingPerson{person}, Names: []string{domainOf(person.Email)}}
	if j.p.AtFirstLogin {
		f.ID, f.Severity = CallerLockedOutAtFirstLogin, Warning
	}
	j.add(f)
}

// lose notes a person who loses access, unless that was acknowledged.
func (j *judgement) lose(e Effect, person FindingPerson) {
	if entry, ok := j.p.acknowledges(e.Name); ok {
		j.accepted[entry] = true
		return
	}
	key := lossKey{cause: CauseNotRouted}
	switch {
	case e.Deprovisioned:
		if j.p.Destroying && j.routingTakes(e) { // whatever becomes of the directory
			j.lost[key] = append(j.lost[key], person)
		}
		key = lossKey{j.deprovisionCause(e), e.DirectoryID}
	case e.SignIn.Before.Or(SignIn{}).Method == MethodBypass:
		key.cause = CauseBypassLost
	}
	j.lost[key] = append(j.lost[key], person)
}

func (j *judgement) deprovisionCause(e Effect) Cause {
	switch j.own().(type) {
	case PutDirectory:
		return CauseDomainNotAllowed
	case Plan:
		if j.e.after.enables(domainOf(e.Name)) {
			return CauseDomainNotAllowed
		}
	}
	return CauseDomainDisabled
}

// roleCause returns why roles become others.
func (j *judgement) roleCause() Cause {
	switch j.own().(type) {
	case SetRoles:
		return CauseRoleChange
	case DeleteDirectory:
		return CauseDirectoryDeleted
	}
	return CauseMapping
}

// losses reports who loses access.
func (j *judgement) losses() {
	keys := slices.SortedFunc(maps.Keys(j.lost), func(a, b lossKey) int {
		return cmp.Or(cmp.Compare(a.cause, b.cause), cmp.Compare(a.directoryID, b.directoryID))
	})
	for _, key := range keys {
		f := Finding{ID: PeopleLoseAccess, Severity: j.p.loss(), Cause: key.cause, People: j.lost[key]}
		if j.p.AtFirstLogin {
			f.ID = PeopleLoseAccessAtFirstLogin
		}
		if key.cause == CauseDomainDisabled || key.cause == CauseDomainNotAllowed {
			f.By = j.directory(key.directoryID, false)
			f.Names = j.domainsTaken()
			if j.p.Destroying {
				f.Severity, f.Rechecked = Warning, true // the directory may be destroyed before
			}
		}
		j.add(f)
	}
}

// domainsTaken returns the domains that the change disables.
func (j *judgement) domainsTaken() []string {
	switch c := j.own().(type) {
	case DisableDomains:
		return slices.Clone(c.Names)
	case SetDomains:
		var names []string
		for _, d := range j.e.before.Domains.Or(nil) {
			if !slices.Contains(c.Names, d.Name) {
				names = append(names, d.Name)
			}
		}
		return names
	case Plan:
		return j.e.before.domainsMissing(j.e.after)
	}
	return nil
}

// domainsMissing returns the domains that are enabled and are not in another world.
func (w World) domainsMissing(other World) (names []string) {
	for _, d := range w.Domains.Or(nil) {
		if !d.Releasing && !other.enables(d.Name) {
			names = append(names, d.Name)
		}
	}
	return names
}

// roles reports whose roles mappings change.
func (j *judgement) roles() {
	for _, f := range []Finding{
		{ID: PeopleDemoted, People: j.demoted}, {ID: EarlierRolesReturn, People: j.returned}, {ID: PeopleBypassSSO, People: j.raised},
	} {
		if len(f.People) > 0 {
			f.Severity, f.Cause = Warning, j.roleCause()
			j.add(f)
		}
	}
}
