package accessreport

import (
	"fmt"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// text returns the report for a terminal or a log.
func (r *Report) text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	set := report.Printable
	in := style{set, set}
	line("%s", r.title())
	for _, note := range r.notes() {
		line("%s", note)
	}
	list := func(title string, rows []row) {
		if len(rows) == 0 {
			return
		}
		line("\n%s:\n", title)
		shown, rest := report.Capped(rows, report.MaxShown)
		for _, row := range shown {
			line("  %s", row.name)
			for _, fact := range row.facts {
				line("    %s", fact)
			}
		}
		if rest != "" {
			line("  %s", rest)
		}
	}
	list("In the configuration and not in the plan", r.missingRows(in))
	for _, a := range r.Accounts {
		line("\nAccount %s: %s.", a.name(in), r.headline(a))
		for _, f := range a.Findings {
			when := ""
			if f.Later {
				when = " at the first login through a connection"
			}
			line("\n  %s%s: %s [%s]", strings.ToUpper(f.Severity), when, set(f.Summary), f.ID) //nolint:forbidigo // a word of this report
			line("    %s", set(f.Message))
		}
		for _, s := range a.sections(in) {
			list(s.title, s.rows)
		}
	}
	list("Not known", r.unknownRows(in))
	return b.String()
}
