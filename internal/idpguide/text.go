package idpguide

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Text is a sentence or a few, with marks: see the package's comment.
type Text string

// Kind is what a part of a text is.
type Kind int

// The kinds of parts.
const (
	Plain Kind = iota
	// Named is a menu, a button or a field of the product.
	Named
	// Code is something to be typed or seen literally.
	Code
	// Link leads to Address.
	Link
	// Placeholder stands for Value.
	Placeholder
)

// Part is a stretch of a text of one kind.
type Part struct {
	Kind    Kind
	Text    string
	Address string
	Value   Value
}

var marks = regexp.MustCompile("\\*\\*([^*]+)\\*\\*|`([^`]+)`|\\[([^\\]]+)\\]\\(([^)\\s]+)\\)|\\{\\{([a-z_]+)\\}\\}")

// Parts returns the text's parts in their order.
func (t Text) Parts() []Part {
	var out []Part
	text := string(t)
	plain := func(s string) {
		if s != "" {
			out = append(out, Part{Kind: Plain, Text: s})
		}
	}
	end := 0
	for _, m := range marks.FindAllStringSubmatchIndex(text, -1) {
		plain(text[end:m[0]])
		end = m[1]
		group := func(n int) string { return text[m[2*n]:m[2*n+1]] }
		switch {
		case m[2] >= 0:
			out = append(out, Part{Kind: Named, Text: group(1)})
		case m[4] >= 0:
			out = append(out, Part{Kind: Code, Text: group(2)})
		case m[6] >= 0:
			out = append(out, Part{Kind: Link, Text: group(3), Address: group(4)})
		default:
			out = append(out, Part{Kind: Placeholder, Value: Value(group(5))})
		}
	}
	plain(text[end:])
	return out
}

// check says what of a text cannot be shown.
func (t Text) check(p Protocol) error {
	if strings.TrimSpace(string(t)) != string(t) || t == "" {
		return fmt.Errorf("the text %q is empty, or has white space around it", t)
	}
	for _, part := range t.Parts() {
		switch part.Kind {
		case Plain:
			if strings.Contains(part.Text, "**") || strings.ContainsAny(part.Text, "`{}[]<>\n") {
				return fmt.Errorf("the text %q has a mark that is not closed, or a character that is none", t)
			}
		case Link:
			if !strings.HasPrefix(part.Address, "https://") {
				return fmt.Errorf("the text %q links to %s, which is not https", t, part.Address)
			}
		case Placeholder:
			if part.Value == SCIMToken || !slices.Contains(p.values(), part.Value) {
				return fmt.Errorf("the text %q has the placeholder %s, which is none of %s", t, part.Value, p.Name())
			}
		}
	}
	return nil
}
