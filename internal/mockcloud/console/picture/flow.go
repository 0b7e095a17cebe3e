package picture

import (
	"cmp"
	"fmt"
	"slices"
)

// Kind is what a stop means for those who come to it.
type Kind string

// The kinds of stops. All but Plain are shown whatever their number.
const (
	Plain   Kind = "plain"
	Bypass  Kind = "bypass"  // on past what others have to go through
	Open    Kind = "open"    // nothing to go through
	Machine Kind = "machine" // for service accounts only
	Lost    Kind = "lost"    // nothing to go to
	Closed  Kind = "closed"  // no further
)

// Stop is where people pass through in a column.
type Stop struct {
	// Key tells stops of a column apart.
	Key, Label string
	Kind       Kind
}

// Journey is the way of a person or a service account: their stops by column. It ends
// with the first column in which there is none.
type Journey [][]Stop

// Crowd is how many they are.
type Crowd struct{ People, ServiceAccounts int }

// Total is all of them.
func (c Crowd) Total() int { return c.People + c.ServiceAccounts }

func (c Crowd) and(other Crowd) Crowd {
	return Crowd{c.People + other.People, c.ServiceAccounts + other.ServiceAccounts}
}

// Node is a stop with the number of those who pass through it.
type Node struct {
	Stop
	Crowd
}

// Edge is from a node of one column to one of the next.
type Edge struct {
	// From and To are the nodes' places in their columns.
	From, To int
	Crowd
}

// Stage is a column with its nodes, most visited first, and the ways to the next.
type Stage struct {
	Title string
	Nodes []Node
	Edges []Edge
}

// Flow is how many go which way, by column.
type Flow []Stage

// foldedKey is the key of the node of those that are too many.
const foldedKey = "\x00more"

// Count counts people and service accounts on their ways through columns with these
// titles. Of each column the stops with the most of them are kept; those beyond most
// become one, at which everybody is counted once however many of them they pass through.
func Count(titles []string, people, serviceAccounts []Journey, limit int) Flow {
	journeys := slices.Concat(people, serviceAccounts)
	flow := make(Flow, len(titles))
	shown := make([]map[string]Stop, len(titles))
	for i, title := range titles {
		flow[i].Title = title
		shown[i] = selectStops(journeys, i, limit)
	}
	nodes := make([]map[string]Crowd, len(titles))
	edges := make([]map[[2]string]Crowd, len(titles))
	for i := range titles {
		nodes[i], edges[i] = make(map[string]Crowd), make(map[[2]string]Crowd)
	}
	for number, journey := range journeys {
		one := Crowd{People: 1}
		if number >= len(people) {
			one = Crowd{ServiceAccounts: 1}
		}
		var before []string
		for i := range titles {
			at := stopsAt(journey, i, shown[i])
			for _, key := range at {
				nodes[i][key] = nodes[i][key].and(one)
				for _, from := range before {
					edge := [2]string{from, key}
					edges[i-1][edge] = edges[i-1][edge].and(one)
				}
			}
			if before = at; len(at) == 0 {
				break
			}
		}
	}
	places := make([]map[string]int, len(titles))
	for i := range titles {
		flow[i].Nodes, places[i] = arrange(nodes[i], shown[i])
	}
	for i := range titles[:max(0, len(titles)-1)] {
		for pair, crowd := range edges[i] {
			flow[i].Edges = append(flow[i].Edges, Edge{From: places[i][pair[0]], To: places[i+1][pair[1]], Crowd: crowd})
		}
		slices.SortFunc(flow[i].Edges, func(a, b Edge) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	}
	return flow
}

// selectStops returns what a column shows: by each stop's key the stop, or the one of those
// that are too many.
func selectStops(journeys []Journey, column, limit int) map[string]Stop {
	visits, stops := make(map[string]int), make(map[string]Stop)
	for _, journey := range journeys {
		for _, key := range stopsAt(journey, column, nil) {
			visits[key]++
		}
		if reaches(journey, column) {
			for _, stop := range journey[column] {
				stops[stop.Key] = stop
			}
		}
	}
	var plain []Stop
	for _, stop := range stops {
		if stop.Kind == Plain {
			plain = append(plain, stop)
		}
	}
	slices.SortFunc(plain, func(a, b Stop) int {
		return cmp.Or(cmp.Compare(visits[b.Key], visits[a.Key]), cmp.Compare(a.Label, b.Label), cmp.Compare(a.Key, b.Key))
	})
	// One that is too many is shown no shorter by saying so.
	if len(plain) > limit+1 {
		rest := plain[limit:]
		folded := Stop{Key: foldedKey, Label: fmt.Sprintf("and %d more", len(rest)), Kind: Plain}
		for _, stop := range rest {
			stops[stop.Key] = folded
		}
	}
	return stops
}

func reaches(journey Journey, column int) bool {
	if column >= len(journey) {
		return false
	}
	return !slices.ContainsFunc(journey[:column+1], func(stops []Stop) bool { return len(stops) == 0 })
}

// stopsAt returns the keys of a journey's stops in a column, each once, as they are
// shown; with nil as they are.
func stopsAt(journey Journey, column int, shown map[string]Stop) []string {
	if !reaches(journey, column) {
		return nil
	}
	var out []string
	for _, stop := range journey[column] {
		key := stop.Key
		if shown != nil {
			key = shown[key].Key
		}
		if !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}

// arrange puts a column's nodes in order: most visited first, then what was folded,
// then what is out of the ordinary.
func arrange(crowds map[string]Crowd, shown map[string]Stop) ([]Node, map[string]int) {
	byKey := make(map[string]Stop, len(crowds))
	for _, stop := range shown {
		byKey[stop.Key] = stop
	}
	nodes := make([]Node, 0, len(crowds))
	for key, crowd := range crowds {
		nodes = append(nodes, Node{Stop: byKey[key], Crowd: crowd})
	}
	rank := func(n Node) int {
		if n.Key == foldedKey {
			return 1
		}
		return map[Kind]int{Plain: 0, Bypass: 2, Open: 3, Machine: 4, Lost: 5, Closed: 6}[n.Kind]
	}
	slices.SortFunc(nodes, func(a, b Node) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Total(), a.Total()), cmp.Compare(a.Label, b.Label), cmp.Compare(a.Key, b.Key))
	})
	places := make(map[string]int, len(nodes))
	for i, n := range nodes {
		places[n.Key] = i
	}
	return nodes, places
}
