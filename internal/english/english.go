// Package english puts names, numbers and errors into sentences: "a, b and c", "2 people", a text that begins with a
// capital and ends with a full stop. It knows nothing of what the sentences are about.
package english

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxNamed is how many names Some gives before it counts the others.
const MaxNamed = 20

// And returns "a, b and c".
func And(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// AndCode returns "`a`, `b` and `c`", for names of a configuration.
func AndCode(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "`" + name + "`"
	}
	return And(quoted)
}

// Some returns up to MaxNamed of the names, sorted, and how many more there are.
func Some(names []string) string {
	sorted := slices.Sorted(slices.Values(names))
	if len(sorted) <= MaxNamed {
		return strings.Join(sorted, ", ")
	}
	return strings.Join(sorted[:MaxNamed], ", ") + ", and " + strconv.Itoa(len(sorted)-MaxNamed) + " more"
}

// Count returns a number of things: "1 person", "2 people", "3 domains". A word without a plural of its own takes an s.
func Count(n int, word string) string { return strconv.Itoa(n) + " " + Plural(n, word) }

// Plural returns the word for so many: "person" for 1, "people" for 2.
func Plural(n int, word string) string {
	switch {
	case n == 1:
		return word
	case word == "person":
		return "people"
	default:
		return word + "s"
	}
}

// Sentence returns the text with a capital at its start and a full stop at its end.
func Sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return text
	}
	text = Capitalize(text)
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// Capitalize returns the text with a capital at its start.
func Capitalize(text string) string {
	if text == "" {
		return text
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// ErrorSentence returns the error's text as a sentence.
func ErrorSentence(err error) string { return Sentence(err.Error()) }
