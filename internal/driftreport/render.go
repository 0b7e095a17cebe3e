package driftreport

import (
	"fmt"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// maxFacts bounds what a report shows of one resource: a map may hold
// thousands of people.
const maxFacts = report.MaxShown

// list shows the first rows of a list, at most so many, and how many more there are.
func list[T any](rows []T, atMost int, show func(T), note func(rest string)) {
	shown, rest := report.Capped(rows, atMost)
	for _, row := range shown {
		show(row)
	}
	if rest != "" {
		note(rest)
	}
}

// movedOn is what moved on by itself.
type movedOn struct{ address, words string }

func (r *found) steps() (steps []movedOn) {
	for _, d := range r.moved {
		for _, f := range d.facts {
			steps = append(steps, movedOn{d.address, f.words()})
		}
	}
	return steps
}

// unfinished is said of a plan that failed.
const unfinished = "The plan failed, so it may not show everything."

// text returns the report for a terminal or a log.
func (r *found) text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s", r.title())
	if r.drifted != nil {
		line("\nChanged outside of Terraform:")
	}
	list(r.drifted, report.MaxShown, func(d drifted) {
		line("\n  %s", strings.TrimSpace(report.Printable(d.address)+" "+inBrackets(d.label)))
		for i, f := range d.shown(maxFacts) {
			line("    %s\n      %s\n      %s", f.words(), d.by[i].words(), d.remedies[i])
		}
		if note := d.rest(maxFacts); note != "" {
			line("    %s", note)
		}
	}, func(rest string) { line("\n  %s", rest) })
	if r.moved != nil {
		line("\nMoved on by itself, as in ordinary operation:\n")
	}
	list(r.steps(), report.MaxShown, func(s movedOn) { line("  %s %s", report.Printable(s.address), s.words) }, func(rest string) { line("  %s", rest) })
	if r.failed != nil {
		line("\nChecks that do not hold:\n")
	}
	list(r.failed, report.MaxShown, func(f failure) { line("  %s: %s", report.Printable(f.name), report.Printable(f.message)) }, func(rest string) { line("  %s", rest) })
	if r.planned != nil {
		line("\nPlanned, because the configuration asks for it:\n")
	}
	list(r.planned, report.MaxShown, func(p planned) { line("  %s", report.Printable(p.words())) }, func(rest string) { line("  %s", rest) })
	return b.String()
}

// markdown returns the report for a page, such as the summary of a workflow, or for a comment.
func (r *found) markdown() string { return report.Fit(report.MaxShown, r.markdownOf) }

func (r *found) markdownOf(atMost int) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("### Drift report\n\n%s", r.title())
	if r.drifted != nil {
		line("\n#### Changed outside of Terraform\n\n| What | Change | By whom | What the plan does |\n|---|---|---|---|")
	}
	list(r.drifted, atMost, func(d drifted) {
		what := report.Code(d.address)
		if d.label != "" {
			what += "<br>" + report.Code(d.label)
		}
		for i, f := range d.shown(atMost) {
			change := report.Code(f.words())
			if f.gone {
				change = f.words()
			}
			line("| %s | %s | %s | %s |", what, change, d.by[i].markdown(), report.Escape(d.remedies[i]))
		}
		if note := d.rest(atMost); note != "" {
			line("| %s | %s | | |", what, note)
		}
	}, func(rest string) { line("| %s | | | |", rest) })
	if r.moved != nil {
		line("\n#### Moved on by itself, as in ordinary operation\n")
	}
	list(r.steps(), atMost, func(s movedOn) { line("- %s %s", report.Code(s.address), report.Code(s.words)) }, func(rest string) { line("- %s", rest) })
	if r.failed != nil {
		line("\n#### Checks that do not hold\n")
	}
	list(r.failed, atMost, func(f failure) { line("- %s: %s", report.Code(f.name), report.Escape(f.message)) }, func(rest string) { line("- %s", rest) })
	if r.planned != nil {
		line("\n#### Planned, because the configuration asks for it\n")
	}
	list(r.planned, atMost, func(p planned) { line("- %s", report.Code(p.words())) }, func(rest string) { line("- %s", rest) })
	return b.String()
}

// shown returns at most so many facts.
func (d drifted) shown(atMost int) []fact { return d.facts[:min(len(d.facts), atMost)] }

// rest returns what the report leaves out of a resource, or that nothing shows.
func (d drifted) rest(atMost int) string {
	switch {
	case len(d.facts) == 0:
		return "changed, in nothing that shows"
	case len(d.facts) > atMost:
		return fmt.Sprintf("… and %d more", len(d.facts)-atMost)
	default:
		return ""
	}
}

func (p planned) words() string {
	text := p.action + " " + p.address
	if p.attributes != nil {
		names, rest := report.Capped(p.attributes, report.MaxShown)
		text += strings.TrimSuffix(": "+strings.Join(names, ", ")+" "+rest, " ")
	}
	return text
}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return "(" + report.Printable(text) + ")"
}
