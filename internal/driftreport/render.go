package driftreport

import (
	"fmt"
	"strings"
)

// maxFacts bounds what a report shows of one resource: a map may hold
// thousands of people.
const maxFacts = 50

// unfinished is said of a plan that failed.
const unfinished = "The plan failed, so it may not show everything."

// text returns the report for a terminal or a log.
func (r *report) text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s", r.title())
	if r.drifted != nil {
		line("\nChanged outside of Terraform:")
	}
	for _, d := range r.drifted {
		line("\n  %s", strings.TrimSpace(printable(d.address)+" "+inBrackets(d.label)))
		for i, f := range d.shown() {
			line("    %s\n      %s\n      %s", f.words(), d.by[i].words(), d.remedies[i])
		}
		if note := d.rest(); note != "" {
			line("    %s", note)
		}
	}
	if r.moved != nil {
		line("\nMoved on by itself, as in ordinary operation:\n")
	}
	for _, d := range r.moved {
		for _, f := range d.facts {
			line("  %s %s", printable(d.address), f.words())
		}
	}
	if r.failed != nil {
		line("\nChecks that do not hold:\n")
	}
	for _, f := range r.failed {
		line("  %s: %s", printable(f.name), printable(f.message))
	}
	if r.planned != nil {
		line("\nPlanned, because the configuration asks for it:\n")
	}
	for _, p := range r.planned {
		line("  %s", printable(p.words()))
	}
	return b.String()
}

// markdown returns the report for a page, such as the summary of a workflow.
func (r *report) markdown() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("### Drift report\n\n%s", r.title())
	if r.drifted != nil {
		line("\n#### Changed outside of Terraform\n\n| What | Change | By whom | What the plan does |\n|---|---|---|---|")
	}
	for _, d := range r.drifted {
		what := code(d.address)
		if d.label != "" {
			what += "<br>" + code(d.label)
		}
		for i, f := range d.shown() {
			change := code(f.words())
			if f.gone {
				change = f.words()
			}
			line("| %s | %s | %s | %s |", what, change, d.by[i].markdown(), escape(d.remedies[i]))
		}
		if note := d.rest(); note != "" {
			line("| %s | %s | | |", what, note)
		}
	}
	if r.moved != nil {
		line("\n#### Moved on by itself, as in ordinary operation\n")
	}
	for _, d := range r.moved {
		for _, f := range d.facts {
			line("- %s %s", code(d.address), code(f.words()))
		}
	}
	if r.failed != nil {
		line("\n#### Checks that do not hold\n")
	}
	for _, f := range r.failed {
		line("- %s: %s", code(f.name), escape(f.message))
	}
	if r.planned != nil {
		line("\n#### Planned, because the configuration asks for it\n")
	}
	for _, p := range r.planned {
		line("- %s", code(p.words()))
	}
	return b.String()
}

func (d drifted) shown() []fact { return d.facts[:min(len(d.facts), maxFacts)] }

// rest returns what the report leaves out of a resource, or that nothing shows.
func (d drifted) rest() string {
	switch {
	case len(d.facts) == 0:
		return "changed, in nothing that shows"
	case len(d.facts) > maxFacts:
		return fmt.Sprintf("… and %d more", len(d.facts)-maxFacts)
	default:
		return ""
	}
}

func (p planned) words() string {
	text := p.action + " " + p.address
	if p.attributes != nil {
		text += ": " + strings.Join(p.attributes, ", ")
	}
	return text
}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return "(" + printable(text) + ")"
}

// code returns a text in a code span. A backtick would end the span, and a pipe the
// cell of a table around it.
func code(text string) string {
	if strings.ContainsAny(text, "`|") {
		return "<code>" + escape(text) + "</code>"
	}
	return "`" + printable(text) + "`"
}

var markdownSpecials = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&#124;", "`", "&#96;", `\`, `\\`, "*", `\*`, "_", `\_`,
	"[", `\[`, "]", `\]`, "#", `\#`, "@", "&#64;", "~", `\~`, "!", `\!`,
)

// escape returns a text that Markdown shows as it is, on one line.
func escape(text string) string { return markdownSpecials.Replace(printable(text)) }
