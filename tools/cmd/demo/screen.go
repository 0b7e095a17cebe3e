package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"
)

// ANSI sequences; used only where a terminal shows them.
const (
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	reset  = "\x1b[0m"
)

// screen is where a person follows the story.
type screen struct {
	w     io.Writer
	color bool
	steps int
}

// newScreen writes to a file, in color if that is a terminal that shows it and
// nobody asked for none (https://no-color.org).
func newScreen(f *os.File) *screen {
	return &screen{w: f, color: wantsColor(term.IsTerminal(int(f.Fd())), os.Getenv("NO_COLOR"), os.Getenv("TERM"))}
}

func wantsColor(terminal bool, noColor, term string) bool {
	return terminal && noColor == "" && term != "dumb"
}

// headline opens a step.
func (s *screen) headline(format string, args ...any) {
	s.steps++
	s.line("")
	s.line(s.paint(bold, fmt.Sprintf("%d. %s", s.steps, fmt.Sprintf(format, args...))))
}

// command shows what a step runs.
func (s *screen) command(words ...string) {
	s.line(s.paint(dim, "   $ "+strings.Join(words, " ")))
}

// request shows a call of the account API that a step makes.
func (s *screen) request(method, route string) {
	s.line(s.paint(dim, "   > "+method+" "+route))
}

// output shows what came of it, with changes in their usual colors.
func (s *screen) output(lines ...string) {
	for _, line := range lines {
		s.line(s.paint(changeColor(line), strings.TrimRight("     "+line, " ")))
	}
}

func (s *screen) line(text string) {
	// A screen that is gone (a closed pipe) is no reason to stop clearing up.
	_, _ = fmt.Fprintln(s.w, text)
}

func (s *screen) paint(color, text string) string {
	if !s.color || color == "" {
		return text
	}
	return color + text + reset
}

// changeColor is the color of a line of a plan, by the sign it starts with.
func changeColor(line string) string {
	switch trimmed := strings.TrimLeft(line, " "); {
	case strings.HasPrefix(trimmed, "+ "):
		return green
	case strings.HasPrefix(trimmed, "~ "):
		return yellow
	case strings.HasPrefix(trimmed, "- "):
		return red
	}
	return ""
}

// noise starts the paragraphs of Terraform's output that a reader can do without.
var noise = []string{
	"Terraform used the selected providers",
	"Terraform will perform the following actions",
	"  # data.", // read again, once what they depend on is done
	"Saved the plan to",
	"Note: You didn't use the -out option",
	"Note: Objects have changed outside of Terraform",
	"Unless you have made equivalent changes",
	"Terraform detected the following changes made outside",
	"Terraform has compared your real infrastructure",
	"─────",
}

// readable trims Terraform's output to what says something: no legends, no
// progress, no values that nobody knows yet, and never two empty lines.
func readable(output string) []string {
	var shown []string
	for paragraph := range strings.SplitSeq(output, "\n\n") {
		var lines []string
		for line := range strings.SplitSeq(paragraph, "\n") {
			if !progress(line) && strings.TrimSpace(line) != "" {
				lines = append(lines, strings.TrimRight(line, " \r"))
			}
		}
		if len(lines) == 0 || startsWithAny(lines[0], noise) || len(lines) == 1 && lines[0] == "Changes to Outputs:" {
			continue
		}
		if len(shown) > 0 && strings.TrimSpace(lines[0]) != "}" {
			shown = append(shown, "")
		}
		shown = append(shown, lines...)
	}
	return shown
}

// installed picks from the output of terraform init what it came to; the rest
// is advice about a lock file that ends with the demo.
func installed(output string) []string {
	var shown []string
	for line := range strings.SplitSeq(output, "\n") {
		if startsWithAny(line, []string{"- Installed ", "Terraform has been successfully"}) {
			shown = append(shown, line)
		}
	}
	return shown
}

// progress tells lines that only show that something goes on.
func progress(line string) bool {
	return strings.HasSuffix(line, "= (known after apply)") ||
		strings.HasSuffix(line, "-> (known after apply)") ||
		strings.HasSuffix(line, " hidden)") ||
		strings.Contains(line, ": Refreshing state...") ||
		strings.Contains(line, ": Reading...") ||
		strings.Contains(line, ": Read complete after ") ||
		strings.HasSuffix(line, ": Creating...") ||
		strings.Contains(line, ": Modifying...") ||
		strings.Contains(line, ": Destroying...")
}

func startsWithAny(line string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(line, p) })
}

// table lines up two columns.
func table(rows [][2]string) []string {
	width := 0
	for _, row := range rows {
		width = max(width, len(row[0]))
	}
	lines := make([]string, len(rows))
	for i, row := range rows {
		lines[i] = fmt.Sprintf("%-*s  %s", width, row[0], row[1])
	}
	return lines
}
