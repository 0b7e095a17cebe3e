package driftreport

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// found is what a plan says, made for people.
type found struct {
	drifted []drifted
	moved   []drifted // took the next step on their own, as they do in ordinary operation
	planned []planned
	failed  []failure // checks
	errored bool      // the plan is one that failed, and may not be whole
	destroy bool      // the plan is one to destroy, which has no drift
}

// drifted is a resource that changed behind Terraform's back, or an output that did
// because of the data sources that it reads.
type drifted struct {
	address, resource, label string // label tells people what it is: an email, a domain
	facts                    []fact
	remedies                 []string  // what the plan does about each fact
	by                       []culprit // who it was, of each fact
	reads                    []string  // the data sources of an output
}

// accepted is what a plan does that changes nothing about a fact.
const accepted = "the plan accepts it"

// typedFact is a fact with the type of its resource.
type typedFact struct {
	fact
	resource string
}

// planned is what the configuration asks for beyond mending drift.
type planned struct {
	address, action string
	attributes      []string // those that an update changes
}

// failure is a check that does not hold.
type failure struct{ name, message string }

func newReport(p *report.Plan) *found {
	r := &found{errored: p.Errored, destroy: p.Destroys()}
	plans := map[string]report.Change{}
	for _, rc := range p.ResourceChanges {
		if rc.Mode != report.DataMode && rc.Deposed == "" {
			plans[rc.Address] = rc.Change
		}
	}
	mended := map[string]map[string]bool{} // by address, the places that drifted
	for _, rc := range p.ResourceDrift {
		if rc.Mode == report.DataMode || rc.Deposed != "" || rc.Change.Does("no-op") { // a no-op is a thing that moved to another address
			continue
		}
		d := newDrifted(rc, plans, p.Errored)
		mended[rc.Address] = map[string]bool{}
		for _, f := range d.facts {
			mended[rc.Address][f.place()] = true
		}
		changed, moved := d.split()
		if moved.facts != nil {
			r.moved = append(r.moved, moved)
		}
		if changed.facts != nil || moved.facts == nil {
			r.drifted = append(r.drifted, changed)
		}
	}
	for _, rc := range p.ResourceChanges {
		if rc.Mode == report.DataMode || rc.Change.Does("no-op") {
			continue
		}
		if one, further := newPlanned(rc, mended[rc.Address]); further {
			r.planned = append(r.planned, one)
		}
	}
	r.addOutputs(p)
	for _, c := range p.Checks {
		r.failed = append(r.failed, failures(c)...)
	}
	return r
}

func newDrifted(rc report.ResourceChange, plans map[string]report.Change, errored bool) drifted {
	was, _ := rc.Change.Before.(map[string]any)
	now, _ := rc.Change.After.(map[string]any)
	d := drifted{address: rc.Address, resource: rc.Type, label: label(rc.Change)}
	if rc.Change.Does("delete") {
		d.facts = []fact{{gone: true, was: was}}
	} else {
		for _, diff := range differences(rc.Change) {
			d.facts = append(d.facts, fact{difference: diff, was: was, now: now})
		}
	}
	then, planned := plans[rc.Address]
	next := map[string]difference{}
	for _, diff := range differences(then) {
		next[diff.place()] = diff
	}
	d.by = make([]culprit, len(d.facts))
	for _, f := range d.facts {
		words := accepted // by a plan that only refreshes
		switch {
		case planned:
			words = remedy(typedFact{f, rc.Type}, then, next)
		case errored:
			words = "the plan failed before it came to this"
		}
		d.remedies = append(d.remedies, words)
	}
	return d
}

// label returns the attribute by which people know a thing.
func label(c report.Change) string {
	was, _ := c.Before.(map[string]any)
	for _, name := range []string{"email", "name", "role", "kind"} {
		if text, ok := was[name].(string); ok && !report.Covers(report.Shade(c.BeforeSensitive, name)) {
			return text
		}
	}
	return ""
}

// remedy returns what a planned change, given with its differences by place, does
// about a fact.
func remedy(f typedFact, then report.Change, differences map[string]difference) string {
	next, changes := differences[f.place()]
	switch {
	case f.personLeft() && !then.Does("delete") && (then.Does("create") || changes):
		return "the plan gives the role again, which fails until the person is back"
	case then.Does("create") && then.Does("delete"):
		return "the plan replaces it"
	case then.Does("create"):
		return "the plan creates it again"
	case then.Does("delete"):
		return "the plan deletes it"
	case then.Does("forget"):
		return "the plan stops managing it"
	case !changes:
		return accepted
	case next.unknown:
		return "the plan sets it anew"
	case reflect.DeepEqual(next.after, f.before):
		return "the plan sets it back"
	case f.hidden || next.hidden:
		return "the plan changes it"
	default:
		return "the plan makes it " + shown(next.after)
	}
}

// newPlanned returns a planned change but for what only mends; further is false
// where nothing else is left of it.
func newPlanned(rc report.ResourceChange, mended map[string]bool) (one planned, further bool) {
	one = planned{address: rc.Address, action: rc.Change.Verb()}
	if !rc.Change.Does("update") {
		return one, mended == nil
	}
	for _, d := range differences(rc.Change) {
		if !d.unknown && !mended[d.place()] {
			one.attributes = append(one.attributes, d.path)
		}
	}
	one.attributes = slices.Compact(one.attributes)
	return one, mended == nil || one.attributes != nil
}

// failures returns the problems of a check that does not hold.
func failures(c report.Check) []failure {
	var out []failure
	for _, instance := range c.Instances {
		if instance.Status != report.CheckFails && instance.Status != report.CheckError {
			continue
		}
		if instance.Problems == nil {
			out = append(out, failure{instance.Address.ToDisplay, "it could not be decided"})
		}
		for _, problem := range instance.Problems {
			out = append(out, failure{instance.Address.ToDisplay, problem.Message})
		}
	}
	if out == nil && (c.Status == report.CheckFails || c.Status == report.CheckError) {
		out = []failure{{c.Address.ToDisplay, "it could not be decided"}}
	}
	return out
}

// facts returns all that changed and is shown, for looking up who did it.
func (r *found) facts() []typedFact {
	var out []typedFact
	for _, d := range r.drifted {
		for _, f := range d.shown(maxFacts) {
			out = append(out, typedFact{f, d.resource})
		}
	}
	return out
}

// name lets the report say who did what.
func (r *found) name(l lookup) {
	for _, d := range r.drifted {
		for i, f := range d.shown(maxFacts) {
			if d.by[i] = l.who(typedFact{f, d.resource}); d.reads != nil {
				d.by[i] = unknownCulprit("it comes from " + strings.Join(d.reads, ", ") + ", and no planned change explains it")
			}
		}
	}
}

// words returns what happened.
func (f fact) words() string {
	if f.gone {
		return "is gone"
	}
	return f.difference.words()
}

// personLeft says that a role lost its person, whom no plan brings back.
func (f typedFact) personLeft() bool {
	switch f.resource {
	case "prefectsso_member_role":
		return f.gone
	case "prefectsso_member_roles":
		return f.attr == "roles" && f.key != "" && f.after == nil && !f.hidden
	default:
		return false
	}
}

// title returns in a line what was found, and in another one what the plan cannot tell.
func (r *found) title() string {
	if r.destroy {
		return r.summary() + " " + report.NoDrift
	}
	return r.summary()
}

func (r *found) summary() string {
	count := func(n int, one, many string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %s", n, many)
	}
	var parts []string
	if n := len(r.drifted); n > 0 {
		parts = append(parts, count(n, "thing", "things")+" changed outside of Terraform")
	}
	checks := map[string]bool{}
	for _, f := range r.failed {
		checks[f.name] = true
	}
	if n := len(checks); n > 0 {
		parts = append(parts, count(n, "check does not hold", "checks do not hold"))
	}
	if n := len(r.planned); n > 0 {
		parts = append(parts, count(n, "change is planned", "changes are planned"))
	}
	what := strings.Join(parts, ", ") + "."
	switch {
	case r.errored && parts == nil:
		return unfinished
	case r.errored:
		return what + " " + unfinished
	case parts != nil:
		return what
	case r.moved != nil:
		return "Nothing changed outside of Terraform beyond ordinary operation, and nothing is planned."
	default:
		return "Nothing changed outside of Terraform, and nothing is planned."
	}
}
