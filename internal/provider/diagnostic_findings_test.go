package provider_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// finding is what tests assert of a diagnostic that a rule produced: no sentence.
type finding struct {
	ID       string   // of the last line of its detail
	Severity string   // "error" or "warning"
	At       string   // the attribute, as in `role` or `roles["ada@acme.com"]`
	People   []string // the addresses in its detail, each once, sorted
}

// fails and warns are findings.
func fails(id, at string, people ...string) finding { return finding{id, "error", at, people} }
func warns(id, at string, people ...string) finding { return finding{id, "warning", at, people} }

// String shows a finding in one line.
func (f finding) String() string {
	return f.Severity + ": " + f.ID + " at " + f.At + " [" + strings.Join(f.People, " ") + "]"
}

var (
	guardLine = regexp.MustCompile(`\n\nGuard: ([a-z-]+)$`)
	address   = regexp.MustCompile(`[\p{L}\p{N}._%+-]+@[\p{L}\p{N}.-]+[\p{L}\p{N}]`)
)

// findingsOf returns the diagnostics that rules produced, in their order; those without an id are left out.
func findingsOf(diagnostics []*tfprotov6.Diagnostic) (found []finding) {
	for _, d := range diagnostics {
		id := guardLine.FindStringSubmatch(d.Detail)
		if id == nil {
			continue
		}
		f := finding{ID: id[1], Severity: strings.ToLower(d.Severity.String())}
		f.At = attributeText(d.Attribute)
		f.People = address.FindAllString(guardLine.ReplaceAllString(d.Detail, ""), -1)
		slices.Sort(f.People)
		f.People = slices.Compact(f.People)
		found = append(found, f)
	}
	return found
}

// attributeText writes a path as a configuration does.
func attributeText(at *tftypes.AttributePath) string {
	var text strings.Builder
	for _, step := range at.Steps() { // none of nil
		switch step := step.(type) {
		case tftypes.AttributeName:
			if text.Len() > 0 {
				text.WriteByte('.')
			}
			text.WriteString(string(step))
		case tftypes.ElementKeyValue:
			fmt.Fprintf(&text, "[%s]", tftypes.Value(step))
		default:
			fmt.Fprintf(&text, "[%q]", step)
		}
	}
	return text.String()
}

// wantFindings asserts which findings there are, in any order.
func wantFindings(t testing.TB, diagnostics []*tfprotov6.Diagnostic, want ...finding) {
	t.Helper()
	text := func(all []finding) string {
		lines := make([]string, len(all))
		for i, f := range all {
			lines[i] = f.String()
		}
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	}
	if got, wanted := text(findingsOf(diagnostics)), text(want); got != wanted {
		t.Errorf("findings are\n%s\nwant\n%s", got, wanted)
		for _, d := range diagnostics {
			t.Logf("%s: %s\n%s", d.Severity, d.Summary, d.Detail)
		}
	}
}
