package picture

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Measures of a drawing.
const (
	margin    = 8
	titleH    = 36 // above the boxes
	boxW      = 208
	boxMinH   = 48
	textH     = 16 // of a number in a box
	boxGap    = 14 // between boxes of a column
	columnGap = 96
	slotH     = 20 // each line has one at both of its ends
	padding   = 10
	labelGap  = 6 // between a box and the number of a line from it
	digitW    = 8
	maxStroke = 10
)

// Rect is a part of a drawing.
type Rect struct{ X, Y, W, H int }

// Right is where it ends to the right.
func (r Rect) Right() int { return r.X + r.W }

// Bottom is where it ends below.
func (r Rect) Bottom() int { return r.Y + r.H }

// Baseline is where a small text in the middle of the height stands.
func (r Rect) Baseline() int { return r.Y + r.H/2 + 4 }

// Box is where a node is drawn. Its text is shortened to fit.
type Box struct {
	Rect
	Node
	Text string
}

// TextX is where its texts begin.
func (b Box) TextX() int { return b.X + padding }

// NameY is where its name stands.
func (b Box) NameY() int { return b.Y + b.H/2 - 3 - b.more()/2 }

// PeopleY is where the number of its people stands.
func (b Box) PeopleY() int { return b.NameY() + 18 }

// ServiceAccountsY is where the number of its service accounts stands: below that of
// its people, if it has any.
func (b Box) ServiceAccountsY() int { return b.PeopleY() + b.more() }

// more is how much higher than others a node has to be that has a number of people and
// one of service accounts.
func (n Node) more() int {
	if n.People > 0 && n.ServiceAccounts > 0 {
		return textH
	}
	return 0
}

// Line is where an edge is drawn: a path from box to box and the number at its
// beginning.
type Line struct {
	Edge
	Path   string
	Stroke int
	Kind   Kind
	// Number is where the number of those on it stands.
	Number Rect
	// FromLabel and ToLabel are what the line connects.
	FromLabel, ToLabel string
}

// Heading is a column's title.
type Heading struct {
	X, Y int
	Text string
}

// Drawing is a flow that is laid out.
type Drawing struct {
	Width, Height int
	Headings      []Heading
	Boxes         []Box
	Lines         []Line
}

// Draw lays a flow out.
func Draw(flow Flow) Drawing {
	d := Drawing{Width: 2 * margin, Height: titleH + 2*margin}
	if len(flow) == 0 {
		return d
	}
	d.Width += len(flow)*boxW + (len(flow)-1)*columnGap
	heights := make([][]int, len(flow))
	tallest := 0
	for i := range flow {
		heights[i] = boxHeights(flow, i)
		tallest = max(tallest, columnHeight(heights[i]))
	}
	d.Height += tallest
	columns := make([][]Box, len(flow))
	for i, stage := range flow {
		x := margin + i*(boxW+columnGap)
		d.Headings = append(d.Headings, Heading{X: x, Y: margin + titleH/2, Text: stage.Title})
		y := margin + titleH + (tallest-columnHeight(heights[i]))/2
		for n, node := range stage.Nodes {
			box := Box{Rect{x, y, boxW, heights[i][n]}, node, shorten(node.Label, boxW-2*padding)}
			columns[i] = append(columns[i], box)
			y = box.Bottom() + boxGap
		}
		d.Boxes = append(d.Boxes, columns[i]...)
	}
	largest := 1
	for _, stage := range flow {
		for _, e := range stage.Edges {
			largest = max(largest, e.Total())
		}
	}
	for i := range flow[:len(flow)-1] {
		d.Lines = append(d.Lines, connect(flow[i].Edges, columns[i], columns[i+1], largest)...)
	}
	return d
}

// boxHeights makes room for a column's boxes and for the lines on either side.
func boxHeights(flow Flow, column int) []int {
	in, out := make([]int, len(flow[column].Nodes)), make([]int, len(flow[column].Nodes))
	for _, e := range flow[column].Edges {
		out[e.From]++
	}
	if column > 0 {
		for _, e := range flow[column-1].Edges {
			in[e.To]++
		}
	}
	heights := make([]int, len(in))
	for n := range heights {
		heights[n] = max(boxMinH+flow[column].Nodes[n].more(), slotH*max(in[n], out[n]))
	}
	return heights
}

func columnHeight(heights []int) int {
	total := boxGap * max(0, len(heights)-1)
	for _, h := range heights {
		total += h
	}
	return total
}

// connect draws the lines between two columns. Those that leave a box leave it in the
// order of where they go, so that they cross as little as they can.
func connect(edges []Edge, from, to []Box, largest int) []Line {
	out := slots(edges, from, func(e Edge) (int, int) { return e.From, e.To })
	in := slots(edges, to, func(e Edge) (int, int) { return e.To, e.From })
	lines := make([]Line, len(edges))
	for i, e := range edges {
		a, b := from[e.From], to[e.To]
		x1, y1, x2, y2 := a.Right(), out[i], b.X, in[i]
		middle := (x1 + x2) / 2
		kind := b.Kind
		if kind == Plain {
			kind = a.Kind
		}
		lines[i] = Line{
			Edge: e, Kind: kind, FromLabel: a.Label, ToLabel: b.Label,
			Path:   fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, middle, y1, middle, y2, x2, y2),
			Stroke: 1 + (maxStroke-1)*e.Total()/largest,
			Number: Rect{x1 + labelGap, y1 - slotH/2, digitW * len(Thousands(e.Total())), slotH},
		}
	}
	return lines
}

// slots returns for each edge its height at the boxes on one of its sides.
func slots(edges []Edge, boxes []Box, ends func(Edge) (here, there int)) []int {
	at := make([][]int, len(boxes))
	for i, e := range edges {
		here, _ := ends(e)
		at[here] = append(at[here], i)
	}
	heights := make([]int, len(edges))
	for n, list := range at {
		slices.SortFunc(list, func(i, j int) int {
			_, a := ends(edges[i])
			_, b := ends(edges[j])
			return cmp.Compare(a, b)
		})
		for k, i := range list {
			heights[i] = boxes[n].Y + boxes[n].H*(2*k+1)/(2*len(list))
		}
	}
	return heights
}

// Thousands writes a number as people read it: 10,000.
func Thousands(n int) string {
	s := fmt.Sprint(n)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// shorten cuts a text to a width and says so by an ellipsis: at the end, but names of
// one word, such as domains, in the middle, as they differ at their ends.
func shorten(text string, width int) string {
	if textWidth(text) <= width {
		return text
	}
	head, tail := []rune(text), []rune(nil)
	if !strings.Contains(text, " ") {
		half := len(head) / 2
		head, tail = head[:half], head[half:]
	}
	for textWidth(string(head)+"…"+string(tail)) > width {
		if len(tail) > len(head) {
			tail = tail[1:]
		} else {
			head = head[:len(head)-1]
		}
	}
	return string(head) + "…" + string(tail)
}

// textWidth estimates how wide a text is: nothing here knows the reader's font. It
// is rather too wide than too narrow.
func textWidth(text string) int {
	width := 0
	for _, r := range text {
		switch {
		case r >= 0x1100: // from Hangul on there are wide ones
			width += 16
		case r == 'W' || r == 'M' || r == '@' || r == 'm' || r == 'w' || r == '…':
			width += 14
		case r >= 'A' && r <= 'Z':
			width += 11
		case r == 'i' || r == 'l' || r == 'j' || r == '.' || r == ',' || r == '\'' || r == ':' || r == '|':
			width += 5
		default:
			width += 9
		}
	}
	return width
}
