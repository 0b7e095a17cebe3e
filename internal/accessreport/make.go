package accessreport

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// make makes the report on a plan.
func (o arguments) make(ctx context.Context, in *input, w *worlds) (*Report, error) {
	r := &Report{Version: Version, FailOn: o.failOn, Missing: in.missing, World: WorldInfo{Source: "api"}}
	r.Plan = PlanInfo{
		TerraformVersion: in.plan.TerraformVersion, Errored: in.plan.Errored, Complete: !in.incomplete(), Destroy: in.plan.Destroys(),
	}
	if !in.plan.Timestamp.IsZero() {
		at := in.plan.Timestamp.UTC()
		r.Plan.Created = &at
	}
	if w.file != nil {
		age := int64(w.now.Sub(w.file.Saved).Seconds())
		r.World = WorldInfo{"file", &w.file.Saved, &age}
	}
	for _, t := range in.things {
		if t.puts() && t.to == "" {
			in.note(unknown{subject: t.Address, attribute: "account_id", why: "which account it is in is not known, so nothing of it is in this report"})
		}
	}
	hide := newRedactor(o.redact, in.sensible)
	for _, id := range in.accounts() {
		a, err := o.account(ctx, in, w, id, hide)
		if err != nil {
			return nil, err
		}
		r.Accounts = append(r.Accounts, a)
	}
	for i, address := range r.Missing {
		r.Missing[i] = hide.text(address)
	}
	for _, u := range in.unknown {
		r.Unknown = append(r.Unknown, Unknown{Account: u.account, Subject: hide.text(u.subject), Attribute: u.attribute, Why: hide.text(u.why)})
	}
	r.judge()
	fillNil(reflect.ValueOf(r).Elem())
	return r, nil
}

// account makes the report on one account.
func (o arguments) account(ctx context.Context, in *input, w *worlds, id string, hide *redactor) (Account, error) {
	rough := in.resolve(id, access.World{}, true)
	needs := access.NeedsReport(rough.withLater())
	if rough.nothing() {
		needs = access.NeedsReport(nil)
	}
	before, err := w.fill(ctx, id, access.World{}, func(w access.World) []access.Want {
		wants := needs(w)
		if rough.wantsDirectoryUsers {
			for _, d := range w.Directories.Or(nil) {
				if d.Users.IsMissing() && d.Settings.IsKnown() {
					wants = append(wants, access.Want{Kind: access.WantUsers, DirectoryID: d.ID})
				}
			}
		}
		return wants
	})
	if err != nil {
		return Account{}, fmt.Errorf("could not read account %s: %w", id, err)
	}
	exact := in.resolve(id, before, false)
	if before, err = o.reach(ctx, w, before, exact); err != nil {
		return Account{}, fmt.Errorf("could not read who reaches the workspaces of account %s: %w", id, err)
	}
	exact.noteParts(before)
	b := &built{changes: exact, redact: hide, policy: in.policy(id)}
	b.moved = each(exact.movedSince(), func(m Moved) Moved {
		return Moved{hide.text(m.Address), hide.text(m.Attribute), hide.text(m.Planned), hide.text(m.Now)}
	})
	b.expiring = each(in.expiring(id, before, w.now, o.within), func(e Expiring) Expiring {
		e.Name, e.Of = hide.name(e.Name), hide.text(e.Of)
		return e
	})
	b.policy.Acknowledged = each(b.policy.Acknowledged, func(entry string) string {
		if domain, all := strings.CutPrefix(entry, "*@"); all {
			return "*@" + hide.name(domain)
		}
		return hide.email(entry)
	})
	b.actions = hide.actions(exact.actions)
	b.before = hide.world(before)
	b.gap = access.Apply(b.before, hide.changes(exact.first)...)
	b.after = b.before
	if !exact.nothing() {
		b.after = access.Plan{Changes: hide.changes(exact.all())}.Apply(b.before)
	}
	b.later = b.after
	if len(exact.later) > 0 {
		b.later = access.Plan{Changes: hide.changes(exact.logins())}.Apply(b.after)
	}
	b.names = newNames(b.later, b.after, b.before)
	for email, addresses := range exact.givenBy {
		b.names.givenBy[hide.email(email)] = each(addresses, hide.text)
	}
	exact.noteGaps(access.Compare(b.before, b.after))
	return b.account(), nil
}

// logins returns the first logins that the apply does not wait for.
func (c changes) logins() (out []access.Change) {
	for _, login := range c.later {
		out = append(out, login)
	}
	return out
}

// withLater returns what the apply does, and what follows it.
func (c changes) withLater() []access.Change { return slices.Concat(c.all(), c.logins()) }

// reach reads who reaches the workspaces that the plan touches: all of them where somebody's membership or role changes,
// else those in which teams get or lose a role.
func (o arguments) reach(ctx context.Context, w *worlds, before access.World, r *resolver) (access.World, error) {
	rooms, known := before.Workspaces.Get()
	if !known {
		return before, nil
	}
	touched, teams := map[string]bool{}, map[string]bool{}
	all := func() {
		for _, room := range rooms {
			touched[room.ID] = true
		}
	}
	for _, c := range r.all() {
		switch c := c.(type) {
		case access.PutTeamAccess:
			touched[c.WorkspaceID], teams[c.TeamID] = true, true
		case access.DeleteTeamAccess:
			touched[c.WorkspaceID], teams[c.TeamID] = true, true
		case access.PutDirectory:
			if c.ID == "" { // a new one has no users
				continue
			}
			all()
		case access.DeleteDirectory:
			all()
		}
	}
	wholes := [][]access.Change{r.all()}
	if len(r.first) > 0 {
		wholes = append(wholes, r.first)
	}
	if len(r.later) > 0 {
		wholes = append(wholes, r.withLater())
	}
	for _, changes := range wholes {
		if len(touched) == len(rooms) {
			break
		}
		for _, e := range access.Compare(before, access.Plan{Changes: changes}.Apply(before)).People {
			if differs(e.Member) || differs(e.Active) || roleDiffers(e.Role) {
				all()
			}
		}
	}
	before.Workspaces = access.Known(slices.DeleteFunc(slices.Clone(rooms), func(room access.Workspace) bool { return !touched[room.ID] }))
	inTeam := slices.ContainsFunc(before.Teams.Or(nil), func(t access.Team) bool {
		return teams[t.ID] && slices.ContainsFunc(before.ServiceAccounts.Or(nil), func(s access.ServiceAccount) bool { return slices.Contains(t.Members, s.ActorID) })
	})
	return w.fill(ctx, before.AccountID, before, access.NeedsReach(inTeam))
}

func differs(s access.Shift[bool]) bool {
	before, knownBefore := s.Before.Get()
	after, knownAfter := s.After.Get()
	return !knownBefore || !knownAfter || before != after
}

func roleDiffers(s access.Shift[access.Role]) bool {
	before, knownBefore := s.Before.Get()
	after, knownAfter := s.After.Get()
	return !knownBefore || !knownAfter || before.ID != after.ID
}

// policy returns how the provider blocks of an account want it judged, as the apply will.
func (in *input) policy(account string) access.Policy {
	p := access.Policy{}
	blocks := false
	for _, t := range in.everything() {
		if t.from != account && t.to != account {
			continue
		}
		blocks = true
		p.Protect = p.Protect || t.options.protect
		p.Acknowledged = append(p.Acknowledged, t.options.acknowledged...)
	}
	p.Protect = p.Protect || !blocks
	slices.Sort(p.Acknowledged)
	p.Acknowledged = slices.Compact(p.Acknowledged)
	return p
}

// noteParts notes what the API does not report of the account.
func (r *resolver) noteParts(w access.World) {
	note := func(subject, why string, isKnown, isMissing bool) {
		if !isKnown && !isMissing {
			r.unsure(unknown{subject: subject, why: why})
		}
	}
	note("connections", w.Connections.Why(), w.Connections.IsKnown(), w.Connections.IsMissing())
	note("domains", w.Domains.Why(), w.Domains.IsKnown(), w.Domains.IsMissing())
	note("directories", w.Directories.Why(), w.Directories.IsKnown(), w.Directories.IsMissing())
	note("invitations", w.Invitations.Why(), w.Invitations.IsKnown(), w.Invitations.IsMissing())
	note("service accounts", w.ServiceAccounts.Why(), w.ServiceAccounts.IsKnown(), w.ServiceAccounts.IsMissing())
	note("teams", w.Teams.Why(), w.Teams.IsKnown(), w.Teams.IsMissing())
	note("workspaces", w.Workspaces.Why(), w.Workspaces.IsKnown(), w.Workspaces.IsMissing())
	for _, d := range w.Directories.Or(nil) {
		note("the directory "+d.Name, d.Settings.Why(), d.Settings.IsKnown(), d.Settings.IsMissing())
	}
	for _, room := range w.Workspaces.Or(nil) {
		note("who reaches the workspace "+room.Handle, room.Users.Why(), room.Users.IsKnown(), room.Users.IsMissing())
	}
}

// gapWords say what a change depended on and is not known.
var gapWords = map[access.Gap]string{
	access.GapRoles: "which roles the account has", access.GapPeople: "who is a member", access.GapBypassing: "who has bypass:sso", access.GapDomains: "which domains are enabled",
	access.GapConnections: "which connections there are", access.GapDirectories: "what directories are configured to do", access.GapDirectoryUsers: "whom directories brought",
	access.GapGroups: "which groups directories have", access.GapMappings: "which mappings there are", access.GapMatches: "whom mappings are for", access.GapTeams: "who is in which team",
	access.GapOffer: "whether the API offers the managed configuration",
}

// noteGaps notes what the changes depended on and is not known: others than those in the report may be concerned.
func (r *resolver) noteGaps(e access.Effects) {
	for _, gap := range e.Gaps {
		r.unsure(unknown{subject: gapWords[gap], why: "the plan depends on it, and the API does not report it: it may concern others than those in this report"})
	}
}

// judge says what the report comes to.
func (r *Report) judge() {
	r.Result, r.ExitCode = ResultNothing, report.ExitNothing
	for _, a := range r.Accounts {
		if a.changes() {
			r.Result, r.ExitCode = ResultChanges, report.ExitChanges
		}
	}
	if len(r.Unknown) > 0 && r.Result == ResultNothing { // it may be something
		r.Result, r.ExitCode = ResultChanges, report.ExitChanges
	}
	for _, a := range r.Accounts {
		for _, f := range a.Findings {
			if r.FailOn == failOnWarning || r.FailOn == failOnError && f.Severity == string(access.Error) {
				r.Result, r.ExitCode = ResultFinding, report.ExitFinding
			}
		}
	}
	if !r.Plan.Complete {
		r.Result, r.ExitCode = ResultIncomplete, report.ExitError
	}
}

// changes reports whether something changes for somebody.
func (a Account) changes() bool {
	return len(a.People)+len(a.Meanwhile)+len(a.Later)+len(a.Invited)+len(a.ServiceAccounts)+len(a.Directories)+len(a.Refused) > 0 || a.Unenforced ||
		slices.ContainsFunc(a.Actions, func(one Action) bool { return one.Concerns }) ||
		!reflect.DeepEqual(a.Session.Before, a.Session.After) || !reflect.DeepEqual(a.Enforced.Before, a.Enforced.After)
}

// fillNil makes empty lists and maps of those that are nil, so that JSON has no null in their place.
func fillNil(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fillNil(v.Field(i))
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			fillNil(v.Index(i))
		}
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
	}
}
