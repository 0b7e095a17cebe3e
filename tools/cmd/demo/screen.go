package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/stage"
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

// command shows what a step runs, quoted for a shell.
func (s *screen) command(words ...string) {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = stage.Quote(word)
	}
	s.shell(strings.Join(quoted, " "))
}

// shell shows a line for a shell.
func (s *screen) shell(line string) { s.line(s.paint(dim, "   $ "+line)) }

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
