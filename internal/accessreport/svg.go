package accessreport

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// The measures of the picture, in pixels.
const (
	svgWidth  = 860
	svgLeft   = 260 // where the bar of before is
	svgRight  = 580 // where the bar of after is
	svgBar    = 20
	svgHeight = 240 // of the bars of an account
	svgLeast  = 22  // the height of a part, so that its label has room
	svgHead   = 92  // above the bars of an account
	svgFoot   = 28
)

// svg returns a picture of how people sign in before and after, account by account.
func (r *Report) svg() string {
	var b strings.Builder
	top := 44
	for _, a := range r.Accounts {
		top = a.draw(&b, top, r.headline(a))
	}
	if len(r.Accounts) == 0 {
		top += 20
	}
	title := r.title()
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="%s" font-family="system-ui, sans-serif" font-size="13">`+"\n"+
		`<title>Access report: how people sign in before and after</title>`+"\n"+`<desc>%s</desc>`+"\n"+`<rect width="100%%" height="100%%" fill="#ffffff"/>`+"\n"+
		`<text x="20" y="28" font-size="15" font-weight="600" fill="#1f2328">%s</text>`+"\n",
		svgWidth, top, svgWidth, top, xml(title), xml(title), xml(fit(title, 110))) + b.String() + "</svg>\n"
}

// xml returns a text that XML takes, on one line.
func xml(text string) string { return html.EscapeString(report.Printable(text)) }

// fit shortens a text.
func fit(text string, atMost int) string {
	if runes := []rune(text); len(runes) > atMost {
		return string(runes[:atMost-1]) + "…"
	}
	return text
}

// part is a way of signing in with how many people have it, and where it is drawn.
type part struct {
	way       string
	people    int
	y, height float64
	out       float64 // how much of it flows have taken
}

// color returns the color of a way: red for no access, amber for what single sign-on does not reach.
func color(way string) string {
	switch way {
	case signsNotIn:
		return "#cf222e"
	case signsWithout:
		return "#bf8700"
	case signsInAny:
		return "#6e7781"
	case noMember:
		return "#d0d7de"
	case notKnownWay:
		return "#8250df"
	}
	return "#1a7f37"
}

// rank puts ways in an order: those who sign in above those who do not.
func rank(way string) int {
	return slices.Index([]string{signsInAny, signsWithout, "", notKnownWay, signsNotIn, noMember}, map[bool]string{true: "", false: way}[strings.HasPrefix(way, signsThrough)])
}

// parts stacks how many people have which way.
func parts(flows []Flow, way func(Flow) string, top float64) []*part {
	total, counts := 0, map[string]int{}
	for _, f := range flows {
		counts[way(f)] += f.People
		total += f.People
	}
	var all []*part
	for name, people := range counts {
		all = append(all, &part{way: name, people: people})
	}
	slices.SortFunc(all, func(a, b *part) int { return cmp.Or(cmp.Compare(rank(a.way), rank(b.way)), cmp.Compare(a.way, b.way)) })
	room := float64(svgHeight - svgLeast*len(all))
	for _, p := range all {
		p.y, p.height = top, svgLeast+max(0, room)*float64(p.people)/float64(total)
		top += p.height + 2
	}
	return all
}

func (a Account) draw(b *strings.Builder, top int, headline string) (bottom int) {
	name := a.ID
	if a.Handle != nil && *a.Handle != "" {
		name = *a.Handle
	}
	fmt.Fprintf(b, `<text x="20" y="%d" font-weight="600" fill="#1f2328">%s</text>`+"\n", top+18, xml(fit("Account "+name, 100)))
	fmt.Fprintf(b, `<text x="20" y="%d" fill="#59636e">%s</text>`+"\n", top+38, xml(fit(english.Capitalize(headline)+".", 125)))
	if len(a.Standing) == 0 {
		fmt.Fprintf(b, `<text x="20" y="%d" fill="#59636e">How people sign in does not depend on this plan.</text>`+"\n", top+58)
		return top + 76
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end" fill="#59636e">before</text><text x="%d" y="%d" fill="#59636e">after</text>`+"\n", svgLeft+svgBar, top+74, svgRight, top+74)
	y := float64(top + svgHead)
	before := parts(a.Standing, func(f Flow) string { return f.From }, y)
	after := parts(a.Standing, func(f Flow) string { return f.To }, y)
	find := func(all []*part, way string) *part {
		return all[slices.IndexFunc(all, func(p *part) bool { return p.way == way })]
	}
	flows := slices.Clone(a.Standing)
	slices.SortFunc(flows, func(f, g Flow) int {
		return cmp.Or(cmp.Compare(find(before, f.From).y, find(before, g.From).y), cmp.Compare(find(after, f.To).y, find(after, g.To).y))
	})
	for _, f := range flows {
		from, to := find(before, f.From), find(after, f.To)
		left, right := from.height*float64(f.People)/float64(from.people), to.height*float64(f.People)/float64(to.people)
		y1, y2 := from.y+from.out, to.y+to.out
		from.out, to.out = from.out+left, to.out+right
		opacity := "0.25"
		if f.From != f.To {
			opacity = "0.6"
		}
		middle := float64(svgLeft+svgBar+svgRight) / 2
		fmt.Fprintf(b, `<path d="M%d %.1f C%.1f %.1f %.1f %.1f %d %.1f L%d %.1f C%.1f %.1f %.1f %.1f %d %.1f Z" fill="%s" fill-opacity="%s"><title>%s</title></path>`+"\n",
			svgLeft+svgBar, y1, middle, y1, middle, y2, svgRight, y2, svgRight, y2+right, middle, y2+right, middle, y1+left, svgLeft+svgBar, y1+left,
			color(f.To), opacity, xml(english.Count(f.People, "person")+": "+f.From+" → "+f.To))
	}
	end := y
	for _, p := range before {
		fmt.Fprintf(b, `<rect x="%d" y="%.1f" width="%d" height="%.1f" fill="%s"/><text x="%d" y="%.1f" text-anchor="end" fill="#1f2328">%s</text>`+"\n",
			svgLeft, p.y, svgBar, p.height, color(p.way), svgLeft-8, p.y+p.height/2+5, xml(label(p)))
		end = max(end, p.y+p.height)
	}
	for _, p := range after {
		fmt.Fprintf(b, `<rect x="%d" y="%.1f" width="%d" height="%.1f" fill="%s"/><text x="%d" y="%.1f" fill="#1f2328">%s</text>`+"\n",
			svgRight, p.y, svgBar, p.height, color(p.way), svgRight+svgBar+8, p.y+p.height/2+5, xml(label(p)))
		end = max(end, p.y+p.height)
	}
	return int(end) + svgFoot
}

func label(p *part) string { return fmt.Sprintf("%s: %d", fit(p.way, 30), p.people) }
