package console

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/console/picture"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// concern is something that needs attention.
type concern struct {
	Text string
	// Path is where it shows, below the account's root.
	Path string
	// Grave reports whether people cannot sign in, or soon will not.
	Grave bool
}

// tile is a number with what it counts.
type tile struct {
	Number, Title, Path string
}

// overviewPage is an account at one glance.
type overviewPage struct {
	SSO      store.SSOState
	SCIM     store.SCIMState
	Concerns []concern
	Tiles    []tile
	Access   access
	Trail    trail
}

// overview is GET /console/{account}/.
func overview(l *look, _ *http.Request) (string, any, error) {
	newest, err := l.latest(10)
	if err != nil {
		return "", nil, err
	}
	census := l.census()
	p := overviewPage{SSO: l.SSOState(l.account), SCIM: l.SCIMState(l.account), Access: l.access(census), Trail: newest}
	p.Concerns = append(p.Concerns, l.concernsOfPeople(census)...)
	p.Concerns = append(p.Concerns, l.concernsOfSignOn()...)
	p.Concerns = append(p.Concerns, l.concernsOfDirectories()...)
	counted := func(n int, one, many, path string) tile {
		name := many
		if n == 1 {
			name = one
		}
		return tile{picture.Thousands(n), name, path}
	}
	p.Tiles = []tile{
		counted(census.active, "active person", "active people", "people"),
		counted(census.out, "cannot sign in", "cannot sign in", "people?show="+onlyOut),
		counted(census.bypass, "bypasses sign-on", "bypass sign-on", "people?show="+onlyBypass),
		counted(census.inactive, "deactivated", "deactivated", "people?show="+onlyInactive),
		counted(census.bots, "service account", "service accounts", "people?show="+onlyBots),
		counted(len(l.Domains(l.account.ID)), "domain", "domains", "sign-on"),
		counted(len(l.Connections(l.account.ID)), "connection", "connections", "sign-on"),
		counted(len(l.Directories(l.account.ID)), "directory", "directories", "directories"),
		counted(len(l.workspaces), "workspace", "workspaces", ""),
	}
	return "Overview", p, nil
}

// census has the counts of all members.
type census struct {
	active, inactive, out, bypass, bots int
	journeys, botJourneys               []picture.Journey
	byEntry                             map[string]int
	entries                             map[string]picture.Stop
}

// census counts the members and notes the way of each active one: from the email's
// domain through how they sign in, by their role, to the workspaces. Service accounts
// have no domain, and come by their keys.
func (l *look) census() census {
	c := census{byEntry: make(map[string]int), entries: make(map[string]picture.Stop)}
	for _, m := range l.members() {
		switch {
		case !m.IsUser():
			c.bots++
			if m.Active {
				machine := func(label string) []picture.Stop {
					return []picture.Stop{{Key: label, Label: label, Kind: picture.Machine}}
				}
				c.botJourneys = append(c.botJourneys, append(picture.Journey{machine("Service accounts"), machine("By key")}, l.rooms(m)...))
			}
			continue
		case !m.Active:
			c.inactive++
			continue
		}
		c.active++
		if l.bypasses(m) {
			c.bypass++
		}
		in := l.entry(m)
		c.byEntry[in.Key]++
		c.entries[in.Key] = in.Stop
		domain := l.domain(m)
		journey := picture.Journey{{plain(domain, domain)}, {in.Stop}}
		if in.Kind == picture.Closed {
			c.out++
		} else {
			journey = append(journey, l.rooms(m)...)
		}
		c.journeys = append(c.journeys, journey)
	}
	return c
}

func plain(key, label string) picture.Stop {
	return picture.Stop{Key: key, Label: label, Kind: picture.Plain}
}

// rooms is the part of a member's way that is inside the account: the role and the
// workspaces.
func (l *look) rooms(m *store.Membership) picture.Journey {
	var rooms []picture.Stop
	for _, w := range l.MayEnter(m) {
		rooms = append(rooms, plain(w.ID.String(), w.Name))
	}
	if rooms == nil {
		rooms = []picture.Stop{{Key: "none", Label: "No workspace", Kind: picture.Lost}}
	}
	role := l.roles[m.RoleID]
	return picture.Journey{{plain(role.ID.String(), role.Name)}, rooms}
}

// maxBoxes is how many boxes of a kind a column of the picture has.
const maxBoxes = 7

// access is the picture of who signs in how.
type access struct {
	Drawing picture.Drawing
	// Summary is the same in a sentence.
	Summary string
	// Steps say it as tables.
	Steps []step
}

// step is the ways from one column to the next.
type step struct {
	From, To string
	Lines    []picture.Line
}

func (l *look) access(c census) access {
	flow := picture.Count([]string{"Email domain", "Sign-in", "Role", "Workspace"}, c.journeys, c.botJourneys, maxBoxes)
	a := access{Drawing: picture.Draw(flow), Summary: c.summary(flow)}
	lines := a.Drawing.Lines
	for i, stage := range flow[:len(flow)-1] {
		n := len(stage.Edges)
		a.Steps = append(a.Steps, step{stage.Title, flow[i+1].Title, lines[:n]})
		lines = lines[n:]
	}
	return a
}

// summary returns in a sentence how many people sign in which way.
func (c census) summary(flow picture.Flow) string {
	bots := ""
	if n := len(c.botJourneys); n > 0 {
		bots = " " + plural(n, "service account authenticates with its key.", "service accounts authenticate with their keys.")
	}
	if c.active == 0 {
		return "No people are active in this account." + bots
	}
	var parts []string
	for _, n := range flow[1].Nodes {
		if n.People == 0 {
			continue
		}
		people := picture.Thousands(n.People)
		switch n.Kind {
		case picture.Bypass:
			parts = append(parts, people+" bypassing single sign-on")
		case picture.Open:
			parts = append(parts, people+" without being asked for a login")
		case picture.Closed:
			parts = append(parts, people+" not at all")
		default:
			parts = append(parts, people+" through "+n.Label)
		}
	}
	return "How " + plural(c.active, "active person signs in", "active people sign in") + ": " + strings.Join(parts, ", ") + "." + bots
}

func (l *look) concernsOfPeople(c census) (out []concern) {
	if c.out > 0 {
		out = append(out, concern{
			Text: plural(c.out, "active person is", "active people are") + " unable to sign in: no active connection serves their domain.",
			Path: "people?show=" + onlyOut, Grave: true,
		})
	}
	if l.enforced && c.bypass < 2 {
		out = append(out, concern{
			Text: fmt.Sprintf("Only %s could sign in if the identity provider failed.", plural(c.bypass, "person", "people")),
			Path: "people?show=" + onlyBypass, Grave: true,
		})
	}
	return out
}

func (l *look) concernsOfSignOn() (out []concern) {
	for _, d := range l.Domains(l.account.ID) {
		c, routed := l.ActiveConnectionFor(d.Name)
		switch {
		case l.enforced && !routed:
			out = append(out, concern{Text: "No active connection serves the domain " + d.Name + ".", Path: "sign-on"})
		case routed && d.Releasing:
			out = append(out, concern{Text: "The domain " + d.Name + " was disabled and is released as soon as the connection " + c.Name + " no longer lists it.", Path: "sign-on"})
		}
	}
	for _, c := range l.Connections(l.account.ID) {
		switch c.State {
		case store.ConnectionValidating:
			out = append(out, concern{Text: "The connection " + c.Name + " waits for its first login.", Path: "sign-on"})
		case store.ConnectionDraft:
			out = append(out, concern{Text: "The connection " + c.Name + " is not complete.", Path: "sign-on"})
		}
		for _, cert := range l.certificates(c) {
			if cert.Near {
				out = append(out, concern{
					Text: "A certificate of the connection " + c.Name + " " + cert.Left + ".", Path: "sign-on", Grave: true,
				})
			}
		}
	}
	return out
}
