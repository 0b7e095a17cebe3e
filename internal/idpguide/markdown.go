package idpguide

import (
	"fmt"
	"strings"
)

// Markdown returns the text as Markdown. A placeholder becomes the value's name in
// angle brackets, as in `<ACS URL>`.
func (t Text) Markdown() string {
	var b strings.Builder
	for _, part := range t.Parts() {
		switch part.Kind {
		case Named:
			b.WriteString("**" + escape(part.Text) + "**")
		case Code:
			b.WriteString("`" + part.Text + "`")
		case Link:
			b.WriteString("[" + escape(part.Text) + "](" + part.Address + ")")
		case Placeholder:
			b.WriteString("`<" + part.Value.Name() + ">`")
		default:
			b.WriteString(escape(part.Text))
		}
	}
	return b.String()
}

// escape keeps Markdown from reading marks into a text that has none.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "<", "&lt;", "|", `\|`).Replace(s)
}

// Markdown returns the guide as a part of a document: its headings are of that level and
// below.
func (g *Guide) Markdown(level int) string {
	var b strings.Builder
	heading := func(below int, text string) {
		fmt.Fprintf(&b, "%s %s\n\n", strings.Repeat("#", level+below), escape(text))
	}
	heading(0, g.Title())
	if len(g.Before) > 0 {
		heading(1, "Before you begin")
		for _, t := range g.Before {
			b.WriteString("- " + t.Markdown() + "\n")
		}
		b.WriteString("\n")
	}
	heading(1, g.Place)
	for i, s := range g.Steps {
		s.markdown(&b, i+1)
	}
	if len(g.Bring) > 0 {
		heading(1, "What to bring back")
		b.WriteString("| what | where it is |\n|---|---|\n")
		for _, in := range g.Bring {
			fmt.Fprintf(&b, "| %s | %s |\n", in.Input.Name(), in.From.Markdown())
		}
		b.WriteString("\n")
	}
	if len(g.Attributes) > 0 {
		heading(1, "What to send of a person")
		fmt.Fprintf(&b, "| what | from | name |\n|---|---|---|\n")
		for _, a := range g.Attributes {
			fmt.Fprintf(&b, "| %s | %s | `%s` |\n", a.For.Name(), escape(a.There), a.Send)
		}
		b.WriteString("\n")
	}
	if len(g.Elsewhere) > 0 {
		heading(1, "At other products")
		for _, e := range g.Elsewhere {
			fmt.Fprintf(&b, "- %s: %s\n", escape(e.Product), e.Text.Markdown())
		}
		b.WriteString("\n")
	}
	if len(g.Pitfalls) > 0 {
		heading(1, "What commonly goes wrong")
		for _, p := range g.Pitfalls {
			fmt.Fprintf(&b, "- %s %s\n", p.Seen.Markdown(), p.Do.Markdown())
		}
		b.WriteString("\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func (s Step) markdown(b *strings.Builder, number int) {
	indent := strings.Repeat(" ", len(fmt.Sprint(number))+2)
	fmt.Fprintf(b, "%d. %s\n\n", number, escape(s.Title))
	for _, t := range s.Do {
		b.WriteString(indent + "- " + t.Markdown() + "\n")
	}
	for _, c := range s.Copy {
		fmt.Fprintf(b, "%s- %s: the %s", indent, escape(c.As), c.Value.Name())
		if c.Note != "" {
			b.WriteString(". " + c.Note.Markdown())
		}
		b.WriteString("\n")
	}
	for _, t := range s.Then {
		b.WriteString(indent + "- " + t.Markdown() + "\n")
	}
	b.WriteString("\n")
}
