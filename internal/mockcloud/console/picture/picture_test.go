package picture

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func stop(key string) []Stop { return []Stop{{Key: key, Label: key, Kind: Plain}} }

func special(key string, kind Kind) []Stop { return []Stop{{Key: key, Label: key, Kind: kind}} }

var columns = []string{"Domain", "Sign-in", "Role", "Workspace"}

// TestCount: who is counted where.
func TestCount(t *testing.T) {
	t.Parallel()
	closed, bypass := special("closed", Closed), special("bypass", Bypass)
	two := append(stop("prod"), stop("staging")...)
	tests := []struct {
		name     string
		journeys []Journey
		limit    int
		want     []string
	}{
		{"nobody", nil, 3, []string{"Domain:", "Sign-in:", "Role:", "Workspace:"}},
		{
			"one whole way",
			[]Journey{{stop("acme"), stop("Okta"), stop("Member"), stop("prod")}},
			3,
			[]string{"Domain: acme=1 acme>Okta=1", "Sign-in: Okta=1 Okta>Member=1", "Role: Member=1 Member>prod=1", "Workspace: prod=1"},
		},
		{
			"several workspaces are one person",
			[]Journey{{stop("acme"), stop("Okta"), stop("Member"), two}},
			3,
			[]string{"Domain: acme=1 acme>Okta=1", "Sign-in: Okta=1 Okta>Member=1", "Role: Member=1 Member>prod=1 Member>staging=1", "Workspace: prod=1 staging=1"},
		},
		{
			"no further",
			[]Journey{{stop("acme"), closed}, {stop("acme"), bypass, stop("Owner"), nil}},
			3,
			[]string{"Domain: acme=2 acme>bypass=1 acme>closed=1", "Sign-in: bypass=1 closed=1 bypass>Owner=1", "Role: Owner=1", "Workspace:"},
		},
		{
			"most people first, then by name",
			[]Journey{{stop("b")}, {stop("c")}, {stop("c")}, {stop("a")}},
			3,
			[]string{"Domain: c=2 a=1 b=1", "Sign-in:", "Role:", "Workspace:"},
		},
		{
			"too many",
			[]Journey{{stop("a"), closed}, {stop("a"), closed}, {stop("b")}, {stop("c"), closed}, {stop("d")}},
			2,
			[]string{"Domain: a=2 b=1 and 2 more=2 a>closed=2 and 2 more>closed=1", "Sign-in: closed=3", "Role:", "Workspace:"},
		},
		{
			"one too many is as short as saying so",
			[]Journey{{stop("a")}, {stop("b")}, {stop("c")}},
			2,
			[]string{"Domain: a=1 b=1 c=1", "Sign-in:", "Role:", "Workspace:"},
		},
		{
			"what is out of the ordinary is never folded",
			[]Journey{{closed}, {stop("a")}, {stop("a")}, {stop("b")}, {stop("c")}},
			1,
			[]string{"Domain: a=2 and 2 more=2 closed=1", "Sign-in:", "Role:", "Workspace:"},
		},
		{
			"folded ones count a person once",
			[]Journey{{append(append(stop("a"), stop("b")...), stop("c")...)}, {stop("a")}},
			1,
			[]string{"Domain: a=2 and 2 more=1", "Sign-in:", "Role:", "Workspace:"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := describe(Count(columns, tt.journeys, nil, tt.limit)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got\n%q\nwant\n%q", got, tt.want)
			}
		})
	}
}

func describe(flow Flow) []string {
	var out []string
	for i, stage := range flow {
		line := stage.Title + ":"
		for _, n := range stage.Nodes {
			line += fmt.Sprintf(" %s=%d", n.Label, n.People)
		}
		for _, e := range stage.Edges {
			line += fmt.Sprintf(" %s>%s=%d", stage.Nodes[e.From].Label, flow[i+1].Nodes[e.To].Label, e.People)
		}
		out = append(out, line)
	}
	return out
}

// TestCountServiceAccounts: they are counted beside people, at the same stops and on the
// same ways.
func TestCountServiceAccounts(t *testing.T) {
	t.Parallel()
	key := special("By key", Machine)
	flow := Count(columns,
		[]Journey{{stop("acme"), stop("Okta"), stop("Member"), stop("prod")}, {stop("acme"), special("closed", Closed)}},
		[]Journey{{special("Service accounts", Machine), key, stop("Member"), stop("prod")}, {special("Service accounts", Machine), key, stop("Owner"), stop("prod")}}, 3)
	var got []string
	for i, stage := range flow {
		for _, n := range stage.Nodes {
			got = append(got, fmt.Sprintf("%s %d+%d", n.Label, n.People, n.ServiceAccounts))
		}
		for _, e := range stage.Edges {
			got = append(got, fmt.Sprintf("%s>%s %d+%d", stage.Nodes[e.From].Label, flow[i+1].Nodes[e.To].Label, e.People, e.ServiceAccounts))
		}
	}
	want := []string{
		"acme 2+0", "Service accounts 0+2", "acme>Okta 1+0", "acme>closed 1+0", "Service accounts>By key 0+2",
		"Okta 1+0", "By key 0+2", "closed 1+0", "Okta>Member 1+0", "By key>Member 0+1", "By key>Owner 0+1",
		"Member 1+1", "Owner 0+1", "Member>prod 1+1", "Owner>prod 0+1", "prod 1+2",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// TestDraw: nothing overlaps and nothing is lost, whatever there is to draw.
func TestDraw(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		people := rapid.SliceOfN(rapid.Custom(drawJourney), 0, 60).Draw(t, "people")
		serviceAccounts := rapid.SliceOfN(rapid.Custom(drawJourney), 0, 20).Draw(t, "service accounts")
		limit := rapid.IntRange(1, 8).Draw(t, "most")
		flow := Count(columns, people, serviceAccounts, limit)
		d := Draw(flow)

		var taken []Rect
		for _, box := range d.Boxes {
			taken = append(taken, box.Rect)
			if textWidth(box.Text) > box.W-2*padding {
				t.Errorf("%q does not fit", box.Text)
			}
			if box.NameY() < box.Y+textH || box.ServiceAccountsY() > box.Bottom()-6 || box.PeopleY() < box.NameY()+textH ||
				(box.People > 0 && box.ServiceAccounts > 0) != (box.ServiceAccountsY() >= box.PeopleY()+textH) {
				t.Errorf("the texts of %+v are at %d, %d and %d", box, box.NameY(), box.PeopleY(), box.ServiceAccountsY())
			}
		}
		for _, line := range d.Lines {
			taken = append(taken, line.Number)
		}
		for i, a := range taken {
			if a.X < 0 || a.Y < titleH || a.Right() > d.Width || a.Bottom() > d.Height {
				t.Fatalf("%+v is not within %d by %d", a, d.Width, d.Height)
			}
			for _, b := range taken[:i] {
				if a.X < b.Right() && b.X < a.Right() && a.Y < b.Bottom() && b.Y < a.Bottom() {
					t.Fatalf("%+v overlaps %+v", a, b)
				}
			}
		}
		for i, stage := range flow {
			plain := 0
			for _, n := range stage.Nodes {
				if n.Kind == Plain {
					plain++
				}
			}
			if plain > limit+1 {
				t.Errorf("%s has %d boxes", stage.Title, plain)
			}
			if i == 0 {
				continue
			}
			arrived := make([]Crowd, len(stage.Nodes))
			for _, e := range flow[i-1].Edges {
				arrived[e.To] = arrived[e.To].and(e.Crowd)
			}
			for n, node := range stage.Nodes {
				// Who comes from several stops is on several lines.
				if arrived[n].People < node.People || arrived[n].ServiceAccounts < node.ServiceAccounts {
					t.Errorf("%+v came to %s on lines for %+v", node.Crowd, node.Label, arrived[n])
				}
			}
		}
		if got, want := len(d.Boxes), len(slices.Concat(nodes(flow)...)); got != want {
			t.Errorf("%d boxes, want %d", got, want)
		}
	})
}

func nodes(flow Flow) (out [][]Node) {
	for _, stage := range flow {
		out = append(out, stage.Nodes)
	}
	return out
}

func drawJourney(t *rapid.T) Journey {
	var journey Journey
	for column := range rapid.IntRange(0, len(columns)).Draw(t, "columns") {
		var stops []Stop
		for range rapid.IntRange(0, 3).Draw(t, "stops") {
			key := rapid.IntRange(0, 25).Draw(t, "stop")
			kind := Plain
			if key > 23 {
				kind = Closed
			}
			stops = append(stops, Stop{Key: fmt.Sprint(key), Label: fmt.Sprint("Label ", column, " ", key), Kind: kind})
		}
		journey = append(journey, stops)
	}
	return journey
}

func TestShorten(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"acme.com", "acme.com"},
		{"", ""},
		{"a-very-long-domain-name.example.com", "a-very-l…mple.com"},
		{"A workspace with a long name", "A workspace wit…"},
		{"WWWWWWWWWWWWWWWWWWWW", "WWWWW…WWWWW"},
		{"株式会社プリフェクト東京本社", "株式会社…ト東京本社"},
	}
	for _, tt := range tests {
		got := shorten(tt.text, 164)
		if got != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.text, got, tt.want)
		}
		if textWidth(got) > 164 {
			t.Errorf("%q is %d wide", got, textWidth(got))
		}
	}
}

func TestThousands(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567", -5000: "-5,000", -500: "-500"} {
		if got := Thousands(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
}
