package accessreport

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// What text and Markdown share: a report as sections of rows.

// style is how a form shows what comes from a plan or an account: set sets a name apart from the words around it, say shows
// words. Both make it safe there.
type style struct{ set, say func(string) string }

type section struct {
	title string
	rows  []row
	open  bool // it is worth reading before the others
}

type row struct {
	name  string
	facts []string
}

// phrases are what happens to people, in the singular and in the plural.
var phrases = map[Kind][2]string{
	LosesAccess: {"loses access", "lose access"}, Deprovisioned: {"is deprovisioned", "are deprovisioned"}, LeavesAccount: {"leaves the account", "leave the account"},
	LosesBypass: {"no longer signs in without single sign-on", "no longer sign in without single sign-on"}, RoleDown: {"gets a role that may do less", "get a role that may do less"},
	RoleOther: {"gets a role that may do other things", "get a role that may do other things"}, EarlierRole: {"gets back the role from before a mapping", "get back the role from before a mapping"},
	RoleUp: {"gets a role that may do more", "get a role that may do more"}, GainsBypass: {"signs in without single sign-on from now on", "sign in without single sign-on from now on"},
	LosesWorkspaces: {"loses workspaces", "lose workspaces"}, OtherSignIn: {"signs in in another way", "sign in in another way"}, GainsWorkspaces: {"reaches more workspaces", "reach more workspaces"},
	OtherWorkspaces: {"reaches workspaces in another way", "reach workspaces in another way"}, JoinsAccount: {"joins the account", "join the account"}, GainsAccess: {"gains access", "gain access"},
	OtherActivity: {"is activated or deactivated", "are activated or deactivated"}, PerhapsSomething: {"may be concerned, which is not known", "may be concerned, which is not known"},
}

func phrase(kind Kind, n int) string {
	if n == 1 {
		return phrases[kind][0]
	}
	return phrases[kind][1]
}

// headline says in a line what the plan does to an account's people.
func (r *Report) headline(a Account) string {
	counts := map[Kind]int{}
	for _, p := range a.People {
		for _, kind := range p.Kinds {
			counts[kind]++
		}
	}
	var parts []string
	for _, kind := range kindOrder {
		if n := counts[kind]; n > 0 {
			parts = append(parts, english.Count(n, "person")+" "+phrase(kind, n))
		}
	}
	if n := len(a.Meanwhile); n > 0 {
		parts = append(parts, are(n, "person")+" without something during the apply")
	}
	if a.Unenforced {
		parts = append(parts, "single sign-on is not enforced for a moment")
	}
	if n := len(a.Later); n > 0 {
		parts = append(parts, fmt.Sprintf("the first login through a connection then concerns %s", english.Count(n, "person")))
	}
	if n := len(a.ServiceAccounts); n > 0 {
		parts = append(parts, english.Count(n, "service account")+" "+map[bool]string{true: "reaches", false: "reach"}[n == 1]+" other workspaces")
	}
	if n := len(a.Actions); n > 0 {
		parts = append(parts, are(n, "action")+" invoked")
	}
	switch {
	case parts != nil:
		return english.And(parts)
	case a.changes():
		return "something changes, and for no person who is a member now"
	}
	switch {
	case !r.Plan.Complete:
		return "in what the plan has, nothing concerns a person"
	case len(r.Unknown) > 0:
		return "nothing that is known changes for anybody"
	}
	return "nothing changes for anybody"
}

// title says in a line what the report comes to.
func (r *Report) title() string {
	switch {
	case r.Result == ResultIncomplete && r.Plan.Errored:
		return "Incomplete: the plan failed, so this report lacks what was refused and all that depends on it."
	case r.Result == ResultIncomplete:
		return "Incomplete: the plan leaves out a part of the configuration, and this report with it."
	case len(r.Accounts) == 0 && len(r.Unknown) == 0:
		return "The plan is about no account: nothing changes for anybody."
	case r.Result == ResultNothing:
		return "Nothing changes for anybody."
	}
	if !slices.ContainsFunc(r.Accounts, Account.changes) && r.Result == ResultChanges {
		return "Something is not known; nothing that is known changes for anybody."
	}
	var errors, warnings int
	for _, a := range r.Accounts {
		for _, f := range a.Findings {
			if f.Severity == string(access.Error) {
				errors++
			} else {
				warnings++
			}
		}
	}
	switch {
	case errors+warnings == 0:
		return "The plan changes something for people."
	case warnings == 0:
		return "The plan changes something for people: " + english.Count(errors, "error") + "."
	case errors == 0:
		return "The plan changes something for people: " + english.Count(warnings, "warning") + "."
	}
	return fmt.Sprintf("The plan changes something for people: %s and %s.", english.Count(errors, "error"), english.Count(warnings, "warning"))
}

// notes are what has to be known to read the report.
func (r *Report) notes() (notes []string) {
	if r.Plan.Destroy {
		notes = append(notes, report.NoDrift)
	}
	if r.World.Saved != nil {
		age := time.Duration(*r.World.AgeSeconds) * time.Second
		old := english.Count(int(age.Hours()/24), "day")
		switch {
		case age < time.Hour:
			old = english.Count(int(age.Minutes()), "minute")
		case age < 48*time.Hour:
			old = english.Count(int(age.Hours()), "hour")
		}
		notes = append(notes, fmt.Sprintf("What the account is like comes from a file that is %s old (%s).", old, report.Clock(*r.World.Saved)))
	}
	return notes
}

// name returns what people call the account.
func (a Account) name(in style) string {
	if a.Handle != nil && *a.Handle != "" {
		return in.set(*a.Handle) + " (" + in.set(a.ID) + ")"
	}
	return in.set(a.ID)
}

func (a Account) sections(in style) (out []section) {
	add := func(title string, open bool, rows []row) {
		if len(rows) > 0 {
			out = append(out, section{title, rows, open})
		}
	}
	add("The account", true, a.general())
	for _, kind := range kindOrder {
		var rows []row
		for _, p := range a.People {
			if len(p.Kinds) > 0 && p.Kinds[0] == kind {
				rows = append(rows, p.row(in))
			}
		}
		add(english.Capitalize(english.Count(len(rows), "person")+" "+phrase(kind, len(rows))), slices.Index(kindOrder, kind) <= slices.Index(kindOrder, RoleDown), rows)
	}
	add("Meanwhile, while a thing is replaced", true, rowsOf(a.Meanwhile, func(i Interruption) row {
		var facts []string
		for _, kind := range i.Kinds {
			facts = append(facts, phrase(kind, 1)+", until it is made anew")
		}
		return row{in.set(i.Email), facts}
	}))
	add("Later, with the first login through a connection", false, rowsOf(a.Later, func(p Person) row { return p.row(in) }))
	add("Invitations, once they are accepted", false, rowsOf(a.Invited, func(p Person) row { return p.row(in) }))
	add("Service accounts", false, rowsOf(a.ServiceAccounts, func(s ServiceAccount) row {
		facts := slices.Concat(reaches("gains", s.Gained, in), reaches("loses", s.Lost, in))
		if s.Caller {
			facts = append(facts, "its key is the one in use")
		}
		return row{in.set(s.Name), facts}
	}))
	add("Workspaces", false, rowsOf(a.Workspaces, func(w Workspace) row { return w.row(in) }))
	add("Directories", true, rowsOf(a.Directories, func(d Directory) row { return d.row(in) }))
	add("Actions", true, rowsOf(a.Actions, func(a Action) row { return a.row(in) }))
	add("Expires soon", false, rowsOf(a.Expiring, func(e Expiring) row {
		of := ""
		if e.Of != "" {
			of = " of " + in.set(e.Of)
		}
		return row{in.set(e.Name), []string{kindNames[e.Kind] + of + ": " + inDays(e)}}
	}))
	add("Other by now than when the plan was made", true, rowsOf(a.Moved, func(m Moved) row {
		return row{in.set(m.Address), []string{in.set(m.Attribute) + ": " + in.set(m.Planned) + " in the plan, " + in.set(m.Now) + " now"}}
	}))
	return out
}

func rowsOf[T any](all []T, of func(T) row) (rows []row) {
	for _, one := range all {
		rows = append(rows, of(one))
	}
	return rows
}

// general says what changes for the account as a whole.
func (a Account) general() (rows []row) {
	say := func(of *bool, yes, no string) string {
		switch {
		case of == nil:
			return "not known"
		case *of:
			return yes
		}
		return no
	}
	number := func(n *int64, none string) string {
		if n == nil {
			return none
		}
		return fmt.Sprint(*n)
	}
	if before, after := say(a.Enforced.Before, "enforced", "not enforced"), say(a.Enforced.After, "enforced", "not enforced"); before != after {
		rows = append(rows, row{"single sign-on", []string{before + " → " + after}})
	}
	if before, after := number(a.Bypass.Before, "not known"), number(a.Bypass.After, "not known"); before != after {
		rows = append(rows, row{"people who sign in without single sign-on", []string{before + " → " + after}})
	}
	if before, after := number(a.Session.Before, "as long as the session"), number(a.Session.After, "as long as the session"); before != after {
		rows = append(rows, row{"seconds for which a login counts as recent", []string{before + " → " + after}})
	}
	return rows
}

// row says what happens to a person.
func (p Person) row(in style) row {
	var facts []string
	shift := func(what string, s ShiftOfText, unknown string) {
		before, after := text(s.Before, in), text(s.After, in)
		if before != after {
			facts = append(facts, fmt.Sprintf("%s %s → %s", what, before, after))
		}
		if why := p.Unknown[unknown]; why != "" && s.After == nil {
			facts = append(facts, what+" is not known: "+in.say(why))
		}
	}
	switch {
	case slices.Contains(p.Kinds, Deprovisioned):
		facts = append(facts, "a directory ends their access")
	case slices.Contains(p.Kinds, JoinsAccount):
		facts = append(facts, "becomes a member")
	}
	if slices.Contains(p.Kinds, LeavesAccount) {
		facts = append(facts, "the membership ends")
	} else if slices.Contains(p.Kinds, JoinsAccount) {
		shift("role", ShiftOfText{nil, p.Role.After}, "role")
	} else {
		shift("role", p.Role, "role")
	}
	if before, after := p.Active.Before, p.Active.After; before != nil && after != nil && *before != *after && !slices.Contains(p.Kinds, JoinsAccount) && !slices.Contains(p.Kinds, LeavesAccount) {
		facts = append(facts, map[bool]string{true: "is activated", false: "is deactivated"}[*after])
	}
	shift("signs in", p.SignIn, "sign_in")
	facts = slices.Concat(facts, reaches("gains", p.Gained, in), reaches("loses", p.Lost, in))
	if why := p.Unknown["workspaces"]; why != "" {
		facts = append(facts, "which workspaces they reach is not known: "+in.say(why))
	}
	if p.RoleFrom != nil && *p.RoleFrom == string(access.RoleMapping) && slices.ContainsFunc(p.Kinds, func(k Kind) bool { return k == RoleUp || k == RoleDown || k == RoleOther }) {
		facts = append(facts, "by a group role mapping")
	}
	if len(p.By) > 0 {
		shown, rest := report.Capped(p.By, 3)
		names := make([]string, len(shown))
		for i, address := range shown {
			names[i] = in.set(address)
		}
		facts = append(facts, strings.TrimSuffix("by "+strings.Join(names, ", ")+" "+rest, " "))
	}
	if p.Caller {
		facts = append(facts, "the API key in use is theirs")
	}
	return row{in.set(p.Email), facts}
}

// ways of signing in that are words of this report, and no names.
var ways = []string{signsNotIn, signsInAny, signsWithout, noMember, notKnownWay}

func text(value *string, in style) string {
	switch {
	case value == nil:
		return "not known"
	case *value == "":
		return "none"
	case slices.Contains(ways, *value):
		return *value
	case strings.HasPrefix(*value, signsThrough):
		return signsThrough + in.set(strings.TrimPrefix(*value, signsThrough))
	}
	return in.set(*value)
}

// reaches says which ways into workspaces come or go.
func reaches(verb string, rows []Reach, in style) (facts []string) {
	shown, rest := report.Capped(rows, 10)
	for _, r := range shown {
		how := ""
		switch access.Via(r.Via) {
		case access.ViaRole:
			how = "by the account role"
		case access.ViaTeam:
			how = "as " + in.set(r.Role) + " through team " + in.set(r.Team)
		case access.ViaDefault:
			how = "as " + in.set(r.Role) + ", as all members"
		default:
			how = "as " + in.set(r.Role)
		}
		facts = append(facts, verb+" "+in.set(r.Workspace)+" "+how)
	}
	if rest != "" {
		facts = append(facts, rest+" workspaces")
	}
	return facts
}

func (w Workspace) row(in style) row {
	var facts []string
	for _, one := range []struct {
		what  string
		names []string
		of    string
	}{
		{"gained by", w.Gained, "person"},
		{"lost by", w.Lost, "person"},
		{"reached otherwise by", w.Otherwise, "person"},
		{"gained by", w.GainedServiceAccounts, "service account"},
		{"lost by", w.LostServiceAccounts, "service account"},
	} {
		if len(one.names) == 0 {
			continue
		}
		shown, rest := report.Capped(slices.Sorted(slices.Values(one.names)), 20)
		names := make([]string, len(shown))
		for i, name := range shown {
			names[i] = in.set(name)
		}
		facts = append(facts, fmt.Sprintf("%s %s: %s", one.what, english.Count(len(one.names), one.of), strings.TrimSuffix(strings.Join(names, ", ")+" "+rest, " ")))
	}
	return row{in.set(w.Handle), facts}
}

// directoryWords say what a directory becomes.
var directoryWords = map[string]string{
	"deleted":         "is deleted: its people stay members, roles from its mappings end, its teams are looked after by hand",
	"switched-off":    "is switched off: people who leave at the identity provider keep their access",
	"removes-leavers": "removes the membership of people who leave from now on",
	"teams-untied":    "its teams no longer follow their groups",
	"domains-dropped": "no longer allows domains that are disabled",
}

func (d Directory) row(in style) row {
	var facts []string
	for _, kind := range d.Kinds {
		facts = append(facts, directoryWords[kind])
	}
	if len(d.Names) > 0 {
		shown, rest := report.Capped(d.Names, 20)
		names := make([]string, len(shown))
		for i, name := range shown {
			names[i] = in.set(name)
		}
		facts = append(facts, strings.TrimSuffix("this is about "+strings.Join(names, ", ")+" "+rest, " "))
	}
	return row{in.set(d.Name), append(facts, "it has "+english.Count(d.Users, "active user"))}
}

// unknownRows say what could not be known.
func (r *Report) unknownRows(in style) []row {
	return rowsOf(r.Unknown, func(u Unknown) row {
		what := in.set(u.Subject)
		if u.Attribute != "" {
			what += " " + in.set(u.Attribute)
		}
		return row{what, []string{in.say(cmp.Or(u.Why, "the API does not report it"))}}
	})
}

// missingRows say what the configuration has and the plan lacks.
func (r *Report) missingRows(in style) []row {
	return rowsOf(r.Missing, func(address string) row { return row{in.set(address), nil} })
}
