package report

import (
	"fmt"
	"strings"
	"testing"
)

// TestFit: whatever there is too much of, the text fits, ends its folds and says that there is more.
func TestFit(t *testing.T) {
	t.Parallel()
	row := strings.Repeat("x", 1000)
	rows := func(n int, long string) func(int) string {
		return func(atMost int) string {
			var b strings.Builder
			b.WriteString("### Report\n\n" + long + "\n<details><summary>s</summary>\n\n| a |\n|---|\n")
			for i := range min(n, atMost) {
				fmt.Fprintf(&b, "| %d %s |\n", i, row)
			}
			if n > atMost {
				fmt.Fprintf(&b, "| … and %d more |\n", n-atMost)
			}
			b.WriteString("\n</details>\n")
			return b.String()
		}
	}
	for name, test := range map[string]struct {
		render func(int) string
		want   string
		not    string
	}{
		"few rows":               {rows(3, ""), "| 2 x", "more"},
		"many rows":              {rows(1000, ""), "| … and 950 more |", "| 50 x"},
		"many words":             {rows(3, strings.Repeat("word\n", 20_000)), "… and more, which a comment has no room for.", "<details"},
		"one word without a end": {rows(3, strings.Repeat("w", 100_000)), "… and more", "| 0"},
	} {
		got := Fit(200, test.render)
		if len(got) > maxMarkdown || !strings.Contains(got, test.want) || strings.Contains(got, test.not) || strings.Count(got, "<details") != strings.Count(got, "</details>") {
			t.Errorf("%s: %d bytes, which end with %q", name, len(got), got[max(0, len(got)-200):])
		}
	}
	// Cut in the middle of a table, with the fold still open.
	table := Fit(0, func(int) string {
		return "<details><summary>s</summary>\n\n| a |\n|---|\n" + strings.Repeat("| "+row+" |\n", 100) + "\n</details>\n"
	})
	if want := "x |\n\n</details>\n\n\n… and more"; len(table) > maxMarkdown || !strings.Contains(table, want) || !strings.HasPrefix(table, "<details>") {
		t.Errorf("%d bytes, which end with %q", len(table), table[max(0, len(table)-200):])
	}
}
