package console

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/console/picture"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
)

// member is a row of the people's page.
type member struct {
	ID          uuid.UUID
	Name, Email string
	IsUser      bool
	Active      bool
	Role        string
	// RoleWhy is why they have the role.
	RoleWhy    string
	Entry      entry
	Workspaces string
	LastLogin  time.Time
}

func (l *look) member(m *store.Membership) member {
	row := member{
		ID: m.ID, Email: l.MemberName(m), IsUser: m.IsUser(), Active: m.Active,
		Role: l.roles[m.RoleID].Name, RoleWhy: l.roleWhy(m), Entry: l.entry(m), Workspaces: summary(l.grants(m)),
	}
	if u, err := l.User(m.UserID); err == nil {
		row.Name, row.LastLogin = strings.TrimSpace(u.FirstName+" "+u.LastName), u.LastLogin
	}
	return row
}

// choice is an entry of a list to choose from.
type choice struct {
	Value, Title string
	Chosen       bool
}

// The people that the page may be asked for, besides all.
const (
	onlyOut      = "out"
	onlyBypass   = "bypass"
	onlyInactive = "inactive"
	onlyBots     = "bots"
)

// peoplePage is the people's page.
type peoplePage struct {
	Query        string
	Shows, Roles []choice
	Rows         []member
	Leaf         leaf
}

// people is GET /console/{account}/people: page by page those who match a search.
func people(l *look, r *http.Request) (string, any, error) {
	query := r.URL.Query()
	p := peoplePage{Query: strings.TrimSpace(query.Get("q"))}
	show, role := query.Get("show"), query.Get("role")
	p.Shows = choices(show, "", "All people", onlyOut, "Cannot sign in", onlyBypass, "Bypass single sign-on", onlyInactive, "Deactivated", onlyBots, "Service accounts")
	p.Roles = choices(role, "", "Any role")
	for _, has := range l.Roles(l.account.ID) {
		p.Roles = append(p.Roles, choices(role, has.ID.String(), has.Name)...)
	}
	var q store.MemberQuery
	if id, err := uuid.Parse(role); err == nil {
		q.Filters = []store.MemberFilter{{RoleIDs: []uuid.UUID{id}}}
	}
	found := l.ListMembers(l.account.ID, q, store.EmailAsc, l.CountMembers(l.account.ID, q), 0)
	words := strings.Fields(fold.Text(p.Query))
	found = slices.DeleteFunc(found, func(m *store.Membership) bool { return !l.isShown(m, show) || !l.hasWords(m, words) })
	var from, to int
	p.Leaf, from, to = leafOf(r, len(found))
	for _, m := range found[from:to] {
		p.Rows = append(p.Rows, l.member(m))
	}
	return "People", p, nil
}

func choices(chosen string, pairs ...string) (out []choice) {
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, choice{pairs[i], pairs[i+1], pairs[i] == chosen})
	}
	return out
}

// hasWords reports whether all words are in a member's email address or names.
func (l *look) hasWords(m *store.Membership, words []string) bool {
	if len(words) == 0 {
		return true
	}
	text := l.MemberName(m)
	if u, err := l.User(m.UserID); err == nil {
		text += " " + u.FirstName + " " + u.LastName
	}
	text = fold.Text(text)
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}

func (l *look) isShown(m *store.Membership, show string) bool {
	switch show {
	case onlyOut:
		return m.Active && l.entry(m).Kind == picture.Closed
	case onlyBypass:
		return m.Active && m.IsUser() && l.bypasses(m)
	case onlyInactive:
		return !m.Active
	case onlyBots:
		return !m.IsUser()
	}
	return true
}

// apiKey is a key without its secret.
type apiKey struct {
	Name, Masked string
	Created      time.Time
	Expires      time.Time
}

// personPage is the page of one member.
type personPage struct {
	member
	Joined time.Time
	// Directory is the name of the one that decides about the membership, empty for none.
	Directory string
	Grants    []grant
	Teams     []string
	Groups    []string
	Keys      []apiKey
	Sessions  []session
	Events    []entryView
}

// person is GET /console/{account}/people/{id}: one member, and why they may do what
// they may.
func person(l *look, r *http.Request) (string, any, error) {
	id, err := input.PathID("id", r.PathValue("id"))
	if err != nil {
		return "", nil, &store.NotFound{What: "Account membership"}
	}
	m, err := l.Membership(l.account.ID, id)
	if err != nil {
		return "", nil, err
	}
	p := personPage{member: l.member(m), Joined: m.Created, Grants: l.grants(m), Groups: l.groups(m)}
	if m.DirectoryID != "" {
		p.Directory = l.directoryName(m.DirectoryID)
	}
	for _, t := range l.TeamsOf(l.account.ID, m.ActorID) {
		p.Teams = append(p.Teams, t.Name)
	}
	for _, k := range l.Keys(m.ActorID) {
		p.Keys = append(p.Keys, apiKey{k.Name, k.Masked, k.Created, k.Expiration})
	}
	for _, s := range l.Sessions(m.UserID) {
		p.Sessions = append(p.Sessions, l.session(s))
	}
	concerns := []string{"prefect-cloud.account-membership." + m.ID.String()}
	if m.IsUser() {
		concerns = append(concerns, "prefect-cloud.user."+m.UserID.String())
	} else {
		concerns = append(concerns, "prefect-cloud.service-account."+m.BotID.String())
	}
	found, err := l.FindEvents(l.account.ID, eventlog.Query{
		Until: forever, Limit: 20, Filter: eventlog.Filter{AnyResource: []eventlog.ResourceFilter{{IDs: concerns}}},
	})
	if err != nil {
		return "", nil, err
	}
	p.Events = l.events(found.Events)
	return p.Email, p, nil
}
