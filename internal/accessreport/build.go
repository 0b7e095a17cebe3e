package accessreport

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
)

// built is what a report on one account is made of.
type built struct {
	before, after access.World
	// gap is the account while what is replaced is not there; later, after first logins.
	gap, later access.World
	changes    *resolver
	policy     access.Policy
	names      names
	redact     *redactor
	expiring   []Expiring
	moved      []Moved
	actions    []Action
}

// names are what things are called.
type names struct {
	connections, rooms, roomRoles, teams map[string]string
	givenBy                              map[string][]string
}

func newNames(worlds ...access.World) names {
	n := names{map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}, map[string][]string{}}
	for _, w := range worlds {
		for _, c := range w.Connections.Or(nil) {
			n.connections[c.ID] = c.Name
		}
		for _, room := range w.Workspaces.Or(nil) {
			n.rooms[room.ID] = room.Handle
		}
		for _, role := range w.WorkspaceRoles.Or(nil) {
			n.roomRoles[role.ID] = role.Name
		}
		for _, t := range w.Teams.Or(nil) {
			n.teams[t.ID] = t.Name
		}
	}
	return n
}

func (n names) of(m map[string]string, id string) string { return cmp.Or(m[id], id) }

// The ways of signing in, as sign_in and standing have them.
const (
	signsNotIn   = "not at all"
	signsInAny   = "any way"
	signsWithout = "without single sign-on"
	signsThrough = "through "
	noMember     = "no member"
	notKnownWay  = "not known"
)

// signIn says how a person signs in.
func (n names) signIn(s access.SignIn) string {
	switch s.Method {
	case access.MethodNone:
		return signsNotIn
	case access.MethodAny:
		return signsInAny
	case access.MethodBypass:
		return signsWithout
	}
	return signsThrough + n.of(n.connections, s.ConnectionID)
}

func (n names) reach(rows []access.Reach) (out []Reach) {
	for _, r := range rows {
		out = append(out, Reach{
			Workspace: n.of(n.rooms, r.WorkspaceID), Role: n.of(n.roomRoles, r.RoleID), Via: string(r.Via), Team: n.of(n.teams, r.TeamID),
		})
	}
	return out
}

// account makes the report on an account.
func (b *built) account() Account {
	effects := access.Compare(b.before, b.after)
	a := Account{ID: b.after.AccountID, Expiring: b.expiring, Moved: b.moved, Actions: b.actions}
	if account, known := b.before.Account.Get(); known {
		a.Handle = &account.Handle
	}
	a.Enforced = ShiftOfBool{pointer(effects.Enforced.Before), pointer(effects.Enforced.After)}
	a.Session = ShiftOfInt{effects.AuthExpirationSeconds.Before.Or(nil), effects.AuthExpirationSeconds.After.Or(nil)}
	a.Bypass = ShiftOfInt{count(effects.Bypassing.Before), count(effects.Bypassing.After)}
	a.People = b.people(effects.People)
	later := access.Compare(b.after, b.later)
	a.Later = b.people(later.People)
	a.Invited = b.people(effects.Invited)
	a.Meanwhile = b.meanwhile(a.People)
	a.Unenforced = is(effects.Enforced.Before, true) && is(effects.Enforced.After, true) && is(b.gap.Enforced(), false)
	for _, e := range effects.ServiceAccounts {
		a.ServiceAccounts = append(a.ServiceAccounts, ServiceAccount{
			Name: e.Name, Caller: e.Caller, Gained: b.names.reach(e.Gained().Or(nil)), Lost: b.names.reach(e.Lost().Or(nil)),
		})
	}
	a.Workspaces = b.workspaces(effects)
	for _, d := range effects.Directories {
		a.Directories = append(a.Directories, directoryEffect(d))
	}
	for _, r := range effects.Rejected {
		a.Refused = append(a.Refused, b.refusal(r))
	}
	a.Standing = b.standing()
	a.Findings = b.findings(effects, later, a)
	return a
}

// people says what happens to some, the worst first. Who signs in through a connection that is made anew, and goes by the
// same name, is left out.
func (b *built) people(effects []access.Effect) (out []Person) {
	for _, e := range effects {
		if p := b.person(e); len(p.Kinds) > 0 {
			out = append(out, p)
		}
	}
	sortPeople(out)
	return out
}

func pointer[T any](p access.Part[T]) *T {
	if value, known := p.Get(); known {
		return &value
	}
	return nil
}

func count(p access.Part[[]access.Person]) *int64 {
	rows, known := p.Get()
	if !known {
		return nil
	}
	n := int64(len(rows))
	return &n
}

// person says what happens to a person.
func (b *built) person(e access.Effect) Person {
	p := Person{
		Email: e.Name, Caller: e.Caller, Deprovisioned: e.Deprovisioned, Unknown: map[string]string{},
		Member: ShiftOfBool{pointer(e.Member.Before), pointer(e.Member.After)}, Active: ShiftOfBool{pointer(e.Active.Before), pointer(e.Active.After)},
		Bypass: ShiftOfBool{pointer(e.Bypass.Before), pointer(e.Bypass.After)},
	}
	way := func(s access.Part[access.SignIn]) *string {
		if value, known := s.Get(); known {
			text := b.names.signIn(value)
			return &text
		}
		return nil
	}
	role := func(r access.Part[access.Role]) *string {
		if value, known := r.Get(); known {
			return &value.Name
		}
		return nil
	}
	if roleDiffers(e.Role) {
		p.By = b.names.givenBy[e.Name]
	}
	p.SignIn = ShiftOfText{way(e.SignIn.Before), way(e.SignIn.After)}
	p.Role = ShiftOfText{role(e.Role.Before), role(e.Role.After)}
	if source, known := e.Source.Get(); known && source != "" {
		text := string(source)
		p.RoleFrom = &text
	}
	p.Gained, p.Lost = b.names.reach(e.Gained().Or(nil)), b.names.reach(e.Lost().Or(nil))
	noteUnknown(p.Unknown, "member", e.Member)
	noteUnknown(p.Unknown, "active", e.Active)
	noteUnknown(p.Unknown, "sign_in", e.SignIn)
	noteUnknown(p.Unknown, "role", e.Role)
	noteUnknown(p.Unknown, "bypasses_sso", e.Bypass)
	noteUnknown(p.Unknown, "workspaces", e.Reach)
	p.Kinds = kindsOf(e, p)
	return p
}

func noteUnknown[T any](into map[string]string, name string, s access.Shift[T]) {
	for _, p := range []access.Part[T]{s.Before, s.After} {
		if !p.IsKnown() && !p.IsMissing() {
			into[name] = because(p.Why())
		}
	}
}

// because says why something is not known, where package access says only what it depends on.
func because(why string) string {
	switch why {
	case "connections", "workspaces", "teams", "directories":
		return "the API does not report all " + why
	case "role":
		return "the role is not known"
	case "":
		return "the API does not report it"
	}
	return why
}

// kindsOf says what happens to a person in words that stay the same.
func kindsOf(e access.Effect, p Person) (kinds []Kind) {
	note := func(yes bool, kind Kind) {
		if yes && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	was, stays := e.Member.Before.Or(true), e.Member.After.Or(true)
	note(e.LosesAccess().Or(false), LosesAccess)
	note(e.Deprovisioned, Deprovisioned)
	note(was && !stays, LeavesAccount)
	note(is(e.Bypass.Before, true) && is(e.Bypass.After, false), LosesBypass)
	before, knownBefore := e.Role.Before.Get()
	after, knownAfter := e.Role.After.Get()
	if was && stays && knownBefore && knownAfter && before.ID != after.ID {
		switch less, more := before.Demotes(after), after.Demotes(before); {
		case less == more:
			note(true, RoleOther)
		case less:
			note(true, RoleDown)
		default:
			note(true, RoleUp)
		}
	}
	note(e.EarlierRole, EarlierRole)
	note(is(e.Bypass.Before, false) && is(e.Bypass.After, true), GainsBypass)
	gained, lost := e.Gained().Or(nil), e.Lost().Or(nil)
	onlyGained, onlyLost := without(gained, reached(e.Reach.Before)), without(lost, reached(e.Reach.After))
	note(len(onlyLost) > 0, LosesWorkspaces)
	if was, now := p.SignIn.Before, p.SignIn.After; was != nil && now != nil && !slices.Contains(kinds, GainsBypass) && !slices.Contains(kinds, LosesBypass) {
		note(*was != *now && *was != signsNotIn && *now != signsNotIn, OtherSignIn)
	}
	note(len(onlyGained) > 0, GainsWorkspaces)
	note(len(gained)+len(lost) > 0 && len(onlyGained)+len(onlyLost) == 0, OtherWorkspaces)
	note(!was && stays, JoinsAccount)
	note(e.GainsAccess().Or(false), GainsAccess)
	note(differs(e.Active) && e.Active.Before.IsKnown() && e.Active.After.IsKnown() && len(kinds) == 0, OtherActivity)
	note(len(p.Unknown) > 0, PerhapsSomething)
	slices.SortFunc(kinds, func(a, b Kind) int { return cmp.Compare(slices.Index(kindOrder, a), slices.Index(kindOrder, b)) })
	return kinds
}

func reached(p access.Part[[]access.Reach]) map[string]bool {
	out := map[string]bool{}
	for _, r := range p.Or(nil) {
		out[r.WorkspaceID] = true
	}
	return out
}

// sortPeople puts the worst first.
func sortPeople(people []Person) {
	rank := func(p Person) int {
		if len(p.Kinds) == 0 {
			return len(kindOrder)
		}
		return slices.Index(kindOrder, p.Kinds[0])
	}
	slices.SortStableFunc(people, func(a, b Person) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Email, b.Email)) })
}

var kindOrder = []Kind{
	LosesAccess, Deprovisioned, LeavesAccount, LosesBypass, RoleDown, RoleOther, EarlierRole, PerhapsSomething, LosesWorkspaces, GainsBypass, RoleUp, OtherSignIn,
	GainsWorkspaces, OtherWorkspaces, JoinsAccount, GainsAccess, OtherActivity,
}

// meanwhile says who is without something while a thing is replaced, and has it again afterwards.
func (b *built) meanwhile(people []Person) (out []Interruption) {
	if len(b.changes.first) == 0 {
		return nil
	}
	finally := map[string][]Kind{}
	for _, p := range people {
		finally[p.Email] = p.Kinds
	}
	for _, e := range access.Compare(b.before, b.gap).People {
		p := b.person(e)
		var kinds []Kind
		for _, kind := range p.Kinds {
			switch kind {
			case LosesAccess, Deprovisioned, LeavesAccount, LosesBypass, RoleDown, EarlierRole, LosesWorkspaces:
				if !slices.Contains(finally[p.Email], kind) {
					kinds = append(kinds, kind)
				}
			}
		}
		if kinds != nil {
			out = append(out, Interruption{Email: p.Email, Kinds: kinds, Replaced: b.changes.replaced})
		}
	}
	return out
}

// workspaces says workspace by workspace who reaches it and did not, or the other way round.
func (b *built) workspaces(effects access.Effects) (out []Workspace) {
	found := map[string]*Workspace{}
	in := func(id string) *Workspace {
		if found[id] == nil {
			found[id] = &Workspace{Handle: b.names.of(b.names.rooms, id)}
		}
		return found[id]
	}
	each := func(all []access.Effect, gained, lost, otherwise func(*Workspace, string)) {
		for _, e := range all {
			if !e.Reach.Before.IsKnown() || !e.Reach.After.IsKnown() {
				continue
			}
			before, after := reached(e.Reach.Before), reached(e.Reach.After)
			changed := map[string]bool{}
			for _, r := range slices.Concat(e.Gained().Or(nil), e.Lost().Or(nil)) {
				changed[r.WorkspaceID] = true
			}
			for id := range changed {
				switch {
				case !before[id]:
					gained(in(id), e.Name)
				case !after[id]:
					lost(in(id), e.Name)
				default:
					otherwise(in(id), e.Name)
				}
			}
		}
	}
	each(effects.People,
		func(w *Workspace, name string) { w.Gained = append(w.Gained, name) },
		func(w *Workspace, name string) { w.Lost = append(w.Lost, name) },
		func(w *Workspace, name string) { w.Otherwise = append(w.Otherwise, name) })
	each(effects.ServiceAccounts,
		func(w *Workspace, name string) { w.GainedServiceAccounts = append(w.GainedServiceAccounts, name) },
		func(w *Workspace, name string) { w.LostServiceAccounts = append(w.LostServiceAccounts, name) },
		func(*Workspace, string) {})
	for _, id := range sorted(found) {
		out = append(out, *found[id])
	}
	slices.SortFunc(out, func(a, b Workspace) int { return cmp.Compare(a.Handle, b.Handle) })
	return out
}

func directoryEffect(d access.DirectoryEffect) Directory {
	out := Directory{Name: d.Name, Users: d.ActiveUsers, Names: slices.Concat(d.Untied, d.Dropped)}
	for _, kind := range []struct {
		name string
		yes  bool
	}{
		{"deleted", d.Deleted}, {"switched-off", d.SwitchedOff}, {"removes-leavers", d.RemovesLeavers}, {"teams-untied", d.Untied != nil}, {"domains-dropped", d.Dropped != nil},
	} {
		if kind.yes {
			out.Kinds = append(out.Kinds, kind.name)
		}
	}
	return out
}

func (b *built) refusal(r access.Rejection) Refusal {
	out := Refusal{Reason: string(r.Reason), About: cmp.Or(r.Domain, r.MappingID)}
	if r.ConnectionID != "" {
		out.About = fmt.Sprintf("%s (%s)", out.About, b.names.of(b.names.connections, r.ConnectionID))
	}
	for _, p := range r.People {
		out.People = append(out.People, p.Email)
	}
	return out
}

// standing counts how many people go from which way of signing in to which.
func (b *built) standing() (out []Flow) {
	way := func(s access.Standing) string {
		if signIn, known := s.SignIn.Get(); known {
			return b.names.signIn(signIn)
		}
		return notKnownWay
	}
	after := map[string]string{}
	for _, s := range b.after.Standings() {
		after[s.Person.Email] = way(s)
	}
	flows := map[Flow]int{}
	seen := map[string]bool{}
	for _, s := range b.before.Standings() {
		seen[s.Person.Email] = true
		flows[Flow{From: way(s), To: cmp.Or(after[s.Person.Email], noMember)}]++
	}
	for email, to := range after {
		if !seen[email] {
			flows[Flow{From: noMember, To: to}]++
		}
	}
	for flow, people := range flows {
		flow.People = people
		out = append(out, flow)
	}
	slices.SortFunc(out, func(a, c Flow) int {
		return cmp.Or(cmp.Compare(c.People, a.People), cmp.Compare(a.From, c.From), cmp.Compare(a.To, c.To))
	})
	return out
}

// findings judges everything together.
func (b *built) findings(effects, later access.Effects, a Account) (out []Finding) {
	for _, f := range b.changes.findings {
		f.Names = b.redact.namesOf(f.Names)
		out = append(out, finding(f, false))
	}
	if !b.changes.nothing() {
		for _, f := range access.Judge(effects, b.policy) {
			out = append(out, finding(f, false))
		}
	}
	if len(b.changes.later) > 0 {
		policy := b.policy
		policy.AtFirstLogin = true
		for _, f := range access.Judge(later, policy) {
			out = append(out, finding(f, true))
		}
	}
	out = append(out, ownFindings(a, out)...)
	slices.SortStableFunc(out, func(a, c Finding) int { return cmp.Compare(rankOf(a.Severity), rankOf(c.Severity)) })
	return out
}

func rankOf(severity string) int {
	if severity == string(access.Error) {
		return 0
	}
	return 1
}

func finding(f access.Finding, later bool) Finding {
	return Finding{ID: string(f.ID), Severity: string(f.Severity), Later: later, Summary: f.Summary(), Message: f.Message(), People: f.Emails()}
}

// without returns the ways into workspaces that are not among some.
func without(rows []access.Reach, ids map[string]bool) []access.Reach {
	return slices.DeleteFunc(slices.Clone(rows), func(r access.Reach) bool { return ids[r.WorkspaceID] })
}
