package accessreport

import (
	"fmt"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// markdown returns the report for a comment on a pull request, folded, and with a count in the place of what is too much.
func (r *Report) markdown() string { return report.Fit(200, r.markdownOf) }

// marks stand before findings.
var marks = map[string]string{string(access.Error): "🛑", string(access.Warning): "⚠️"}

func (r *Report) markdownOf(atMost int) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	in := style{report.Code, report.Escape}
	line("### Access report\n\n**%s**", r.title())
	for _, note := range r.notes() {
		line("\n%s", note)
	}
	table := func(s section, first, second string) {
		if len(s.rows) == 0 {
			return
		}
		open := ""
		if s.open {
			open = " open"
		}
		shown, rest := report.Capped(s.rows, atMost)
		line("\n<details%s><summary>%s</summary>\n\n| %s | %s |\n|---|---|", open, s.title, first, second)
		for _, row := range shown {
			line("| %s | %s |", row.name, strings.Join(row.facts, "<br>"))
		}
		if rest != "" {
			line("| %s | |", rest)
		}
		line("\n</details>")
	}
	table(section{"In the configuration and not in the plan", r.missingRows(in), true}, "What", "")
	for _, a := range r.Accounts {
		line("\n#### Account %s\n\n%s.", a.name(in), english.Capitalize(r.headline(a)))
		shown, rest := report.Capped(a.Findings, max(atMost, 5))
		for _, f := range shown {
			when := ""
			if f.Later {
				when = " at the first login through a connection"
			}
			line("\n%s **%s**%s (`%s`)<br>%s", marks[f.Severity], report.Escape(f.Summary), when, f.ID, report.Escape(f.Message))
		}
		if rest != "" {
			line("\n%s findings", rest)
		}
		for _, s := range a.sections(in) {
			table(s, "Who or what", "Before and after")
		}
	}
	table(section{title: "Not known", rows: r.unknownRows(in), open: true}, "What", "Why")
	return b.String()
}
