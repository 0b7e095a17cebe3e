package truth_test

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"
)

// plan is a random world as it was drawn: it prints what a failing world is like.
type plan struct {
	PublishedOnly bool
	Domains       []string
	People        []planPerson
	Invited       []string
	Connections   []planConnection
	Directories   []planDirectory
	Teams         [][]int // of people
	Workspaces    []planWorkspace
	Hands         []string // what somebody did by hand, once all was pushed
}

type planPerson struct {
	Email, Role string
	Inactive    bool
}

type planConnection struct {
	Domains []string
	State   string // "draft", "validating", "active", "inactive"
	SAML    bool   // drawn where people log in for real
}

type planDirectory struct {
	Allowed   []string // nil: all
	Default   string
	Removes   bool
	Teams     bool
	Off       bool
	Users     []planUser
	Groups    []planGroup
	Mappings  []planMapping
	MapsFirst bool // mappings are made before people come
}

type planUser struct {
	Email, Title string
	Inactive     bool
}

type planGroup struct {
	Name    string
	Members []int
}

type planMapping struct {
	Match    string // "group 0", "name Staff", "title a"
	Role     string
	Priority int
}

type planWorkspace struct {
	Default string
	Users   []int // people who have an access of their own
	Teams   []int // teams that do, the directories' after the others
}

var (
	allDomains = []string{"a.example", "b.example", "c.example", "d.example"}
	allRoles   = []string{"Owner", "Admin", "Member", "Collaborator", "Auditor", "Breaker"}
	titles     = []string{"x", "y"}
)

func pick[T any](t *rapid.T, name string, from []T) T { return rapid.SampledFrom(from).Draw(t, name) }

func chance(t *rapid.T, name string, percent int) bool {
	return rapid.IntRange(1, 100).Draw(t, name) > 100-percent
}

func number(t *rapid.T, name string, from, to int) int { return rapid.IntRange(from, to).Draw(t, name) }

func some[T any](t *rapid.T, name string, of []T) []T {
	out := []T{}
	for i, v := range of {
		if chance(t, fmt.Sprintf("%s %d", name, i), 50) {
			out = append(out, v)
		}
	}
	return out
}

func indexes(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// role is drawn so that there often are few with bypass:sso.
func drawRole(t *rapid.T, name string) string {
	return pick(t, name, []string{"Member", "Member", "Owner", "Admin", "Collaborator", "Auditor", "Breaker", "Member"})
}

func drawPlan(t *rapid.T, publishedOnly bool) plan {
	p := plan{PublishedOnly: publishedOnly, Domains: some(t, "domain", allDomains)}
	if chance(t, "most domains", 60) {
		p.Domains = slices.Clone(allDomains[:3])
	}
	for i := range number(t, "people", 1, 8) {
		p.People = append(p.People, planPerson{
			Email: fmt.Sprintf("p%d@%s", i, pick(t, "domain of person", allDomains)), Role: drawRole(t, "role"), Inactive: chance(t, "inactive", 15),
		})
	}
	if chance(t, "invited", 20) {
		p.Invited = []string{"invited@" + pick(t, "domain of invited", allDomains)}
	}
	free := slices.Clone(p.Domains)
	for range number(t, "connections", 0, 3) {
		c := planConnection{State: pick(t, "state", []string{"active", "active", "active", "validating", "inactive", "draft"})}
		if c.State != "draft" {
			c.Domains = some(t, "served", free)
		}
		if c.State == "active" {
			free = slices.DeleteFunc(free, func(name string) bool { return slices.Contains(c.Domains, name) })
		}
		p.Connections = append(p.Connections, c)
	}
	for i := range pick(t, "directories", []int{0, 1, 1, 2}) {
		p.Directories = append(p.Directories, drawDirectory(t, i, p))
	}
	teams := number(t, "teams", 0, 2)
	for range teams {
		p.Teams = append(p.Teams, some(t, "in team", indexes(len(p.People))))
	}
	for _, d := range p.Directories {
		if d.Teams {
			teams += len(d.Groups)
		}
	}
	for range number(t, "workspaces", 1, 2) {
		p.Workspaces = append(p.Workspaces, planWorkspace{
			Default: pick(t, "default", []string{"", "", "", "Viewer"}),
			Users:   some(t, "own access", indexes(len(p.People))), Teams: some(t, "team access", indexes(teams)),
		})
	}
	for range number(t, "hands", 0, 3) {
		p.Hands = append(p.Hands, pick(t, "hand", []string{"role", "remove", "off", "on"}))
	}
	return p
}

func drawDirectory(t *rapid.T, i int, p plan) planDirectory {
	d := planDirectory{
		Default: pick(t, "default role", []string{"Member", "Member", "Owner", "Auditor"}), Removes: chance(t, "removes", 40), Teams: chance(t, "sync", 50),
		Off: chance(t, "off", 15), MapsFirst: chance(t, "maps first", 50),
	}
	if chance(t, "some domains", 40) {
		d.Allowed = some(t, "allowed", p.Domains)
	}
	emails := map[string]bool{}
	for j := range number(t, "pushed", 1, 5) {
		u := planUser{Email: fmt.Sprintf("n%d%d@%s", i, j, pick(t, "domain of pushed", allDomains)), Title: pick(t, "title", titles), Inactive: chance(t, "left", 15)}
		if chance(t, "already there", 60) {
			u.Email = pick(t, "who", p.People).Email
		}
		if chance(t, "in another directory", 20) && i > 0 && len(p.Directories[0].Users) > 0 {
			u.Email = pick(t, "whom", p.Directories[0].Users).Email
		}
		if !emails[u.Email] {
			emails[u.Email] = true
			d.Users = append(d.Users, u)
		}
	}
	for range number(t, "groups", 0, 3) {
		d.Groups = append(d.Groups, planGroup{Name: pick(t, "group", []string{"Staff", "Staff", "Ops", "Ops", "staff"}), Members: some(t, "in group", indexes(len(d.Users)))})
	}
	if p.PublishedOnly {
		return d
	}
	for range number(t, "mappings", 0, 4) {
		d.Mappings = append(d.Mappings, planMapping{drawMatch(t, len(d.Groups)), drawRole(t, "mapped role"), pick(t, "priority", []int{10, 20, 20, 30})})
	}
	return d
}

func drawMatch(t *rapid.T, groups int) string {
	if groups > 0 && chance(t, "by group", 40) {
		return fmt.Sprintf("group %d", number(t, "which", 0, groups-1))
	}
	if chance(t, "by title", 40) {
		return "title " + pick(t, "title", titles)
	}
	return "name " + pick(t, "name", []string{"Staff", "Staff", "Staff", "Ops", "Ops", "Ops", "staff", "Nobody"})
}
