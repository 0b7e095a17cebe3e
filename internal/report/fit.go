package report

import "strings"

// maxMarkdown is how many bytes a report in Markdown has at most: GitHub takes 65,536 characters in a comment.
const maxMarkdown = 60_000

// Fit returns a report in Markdown that fits into a comment. render writes it with at most so many rows of each list and a
// count in the place of the others; it is asked for ever fewer until that fits.
func Fit(rows int, render func(atMost int) string) string {
	text := ""
	for ; ; rows /= 2 {
		if text = render(rows); len(text) <= maxMarkdown || rows == 0 {
			break
		}
	}
	if len(text) <= maxMarkdown {
		return text
	}
	const rest = "\n\n… and more, which a comment has no room for.\n" // no rows, and long all the same
	kept := text[:maxMarkdown-len(rest)-room]
	cut := kept[:strings.LastIndex(kept, "\n")+1]
	return cut + closing(cut) + rest
}

// room is what closing takes at most.
const room = 100

// closing ends the folds that a text leaves open. Folds are not nested.
func closing(text string) string {
	return strings.Repeat("\n</details>\n", max(0, strings.Count(text, "<details")-strings.Count(text, "</details>")))
}
