package report

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// MaxShown bounds how many rows of one kind a report shows before it counts the others.
const MaxShown = 50

// Capped returns the first of some rows, and what stands for the others; "" for none.
func Capped[T any](rows []T, atMost int) (shown []T, rest string) {
	if len(rows) <= atMost {
		return rows, ""
	}
	return rows[:atMost], fmt.Sprintf("… and %d more", len(rows)-atMost)
}

// Printable returns a text on one line, without anything that steers a terminal.
func Printable(text string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)), " ")
}

// Code returns a text in a code span of Markdown. A backtick would end the span, a pipe the cell of a table around it,
// and what looks like a tag is safe nowhere.
func Code(text string) string {
	if strings.ContainsAny(text, "`|<>") {
		return "<code>" + Escape(text) + "</code>"
	}
	if text = Printable(text); text == "" {
		return "(empty)"
	}
	return "`" + text + "`"
}

var markdownSpecials = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&#124;", "`", "&#96;", `\`, `\\`, "*", `\*`, "_", `\_`,
	"[", `\[`, "]", `\]`, "#", `\#`, "@", "&#64;", "~", `\~`, "!", `\!`, "://", "&#58;//", "www.", "www&#46;",
)

// Escape returns a text that Markdown shows as it is, on one line: no markup, no mention, no reference, no link.
func Escape(text string) string { return markdownSpecials.Replace(Printable(text)) }

// Clock returns a time as reports have it.
func Clock(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") }
