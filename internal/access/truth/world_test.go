package truth_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/access/fetch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/account"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

const callersKey = "pnb_the_key_of_the_test"

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
	if chance(t, "some domains", 60) {
		d.Allowed = some(t, "allowed", p.Domains)
	}
	emails := map[string]bool{}
	for j := range number(t, "pushed", 0, 5) {
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
		d.Groups = append(d.Groups, planGroup{Name: pick(t, "group", []string{"Staff", "Ops", "staff"}), Members: some(t, "in group", indexes(len(d.Users)))})
	}
	if p.PublishedOnly {
		return d
	}
	for j := range number(t, "mappings", 0, 3) {
		d.Mappings = append(d.Mappings, planMapping{drawMatch(t, len(d.Groups)), drawRole(t, "mapped role"), 10*j + number(t, "priority", 0, 1)*25})
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
	return "name " + pick(t, "name", []string{"Staff", "Ops", "staff", "Nobody"})
}

// scene is a server in such a world.
type scene struct {
	t       *rapid.T
	clock   *mocktest.Clock
	store   *store.Store
	router  *router.Router
	account uuid.UUID
	client  *client.Client
	fetcher *fetch.Fetcher
	groups  map[string][]uuid.UUID // by directory
}

// trusting takes everything that connections are configured with.
type trusting struct{ identity.Checker }

func (trusting) CheckIssuer(context.Context, string) error { return nil }

// inProcess hands requests to a handler without a network.
type inProcess struct{ handler http.Handler }

func (i inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	i.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

func newScene(t *rapid.T, p plan) *scene {
	s := &scene{t: t, clock: mocktest.NewClock(), groups: map[string][]uuid.UUID{}}
	ids := 0
	s.store = store.New(store.Options{Clock: s.clock.Now, NewID: func() uuid.UUID {
		ids++
		return uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%d", ids))
	}})
	s.must(s.store.Reset(func(tx *store.Tx) error { return s.seed(tx, p) }))
	s.byHand(p)
	s.router = router.New(router.Options{Store: s.store, Logger: slog.New(slog.DiscardHandler), Clock: s.clock.Now})
	s.router.Add(account.Routes(account.Options{ETags: !p.PublishedOnly})...)
	if !p.PublishedOnly {
		s.router.Add(identity.Routes(trusting{})...)
	}
	c, err := client.New(client.Config{Endpoint: "http://localhost/api", APIKey: callersKey, Transport: inProcess{s.router}})
	s.must(err)
	s.client, s.fetcher = c, fetch.New(c)
	return s
}

func (s *scene) close() {
	s.client.Close()
	s.router.Close()
	s.must(s.store.Close())
}

func (s *scene) must(err error) {
	if err != nil {
		s.t.Fatalf("the world cannot be made: %v", err)
	}
}

func (s *scene) update(fn func(tx *store.Tx) error) error { return s.store.Update(store.Actor{}, fn) }

// roleID finds a role by its name.
func roleID(r *store.Reader, account uuid.UUID, name string) uuid.UUID {
	role, ok := r.RoleNamed(account, name)
	if !ok {
		panic("no role " + name)
	}
	return role.ID
}

func (s *scene) seed(tx *store.Tx, p plan) error {
	a, err := tx.AddAccount(store.NewAccount{Name: "ACME", Handle: "acme", Features: store.Features()})
	if err != nil {
		return err
	}
	s.account = a.ID
	for name, permissions := range map[string][]store.Permission{
		"Auditor": {store.ReadAccount, store.ReadAuditEvent}, "Breaker": {store.ReadAccount, store.BypassSSO},
	} {
		if _, err := tx.AddRole(store.NewRole{AccountID: s.account, Name: name, Permissions: permissions}); err != nil {
			return err
		}
	}
	if _, _, err := tx.AddBot(store.NewBot{AccountID: s.account, Name: "terraform", RoleID: store.OwnerRoleID, Secret: callersKey}); err != nil {
		return err
	}
	if err := tx.SetDomains(s.account, p.Domains); err != nil {
		return err
	}
	var people []*store.Membership
	for _, who := range p.People {
		m, err := s.seedPerson(tx, who)
		if err != nil {
			return err
		}
		people = append(people, m)
	}
	for i, c := range p.Connections {
		if err := s.seedConnection(tx, i, c); err != nil {
			return err
		}
	}
	for i, d := range p.Directories {
		if err := s.seedDirectory(tx, i, d); err != nil {
			return err
		}
	}
	for _, email := range p.Invited {
		if _, err := tx.Invite(store.NewInvitation{AccountID: s.account, Email: email, RoleID: store.MemberRoleID}); err != nil {
			return err
		}
	}
	return s.seedRooms(tx, p, people)
}

func (s *scene) seedPerson(tx *store.Tx, who planPerson) (*store.Membership, error) {
	u, err := tx.AddUser(store.NewUser{Email: who.Email})
	if err != nil {
		return nil, err
	}
	return tx.AddMember(uuid.Nil, s.account, u, roleID(&tx.Reader, s.account, who.Role))
}

func (s *scene) seedConnection(tx *store.Tx, i int, c planConnection) error {
	name, issuer, id, kind := fmt.Sprintf("c%d", i), "https://idp.example", "client", store.ConnectionType("GenericOIDC")
	made, err := tx.AddConnection(s.account, store.ConnectionChange{
		Name: &name, Type: &kind, Domains: &c.Domains, OIDC: &store.OIDCChange{Issuer: &issuer, ClientID: &id},
	})
	if err != nil || len(c.Domains) == 0 {
		return err
	}
	switch c.State {
	case "active":
		_, err = tx.ActivateConnection(s.account, made.ID, true)
	case "inactive":
		_, err = tx.UpdateConnection(s.account, made.ID, store.ConnectionChange{Deactivate: true})
	}
	return err
}

func (s *scene) seedDirectory(tx *store.Tx, i int, p planDirectory) error {
	name, kind, action := fmt.Sprintf("dir%d", i), store.DirectoryType("okta scim v2.0"), store.DeprovisionDeactivate
	if p.Removes {
		action = store.DeprovisionDelete
	}
	role := roleID(&tx.Reader, s.account, p.Default)
	change := store.DirectoryChange{Name: &name, Type: &kind, DefaultRoleID: &role, Deprovision: &action, SyncGroupsToTeams: &p.Teams}
	if p.Allowed != nil {
		change.AllowedDomains = store.Nullable[[]string]{Set: true, Value: &p.Allowed}
	}
	d, err := tx.AddDirectory(s.account, change)
	if err != nil {
		return err
	}
	maps := func() error {
		for _, m := range p.Mappings {
			if strings.HasPrefix(m.Match, "group ") != p.MapsFirst || !p.MapsFirst { // groups have to be there
				if err := s.seedMapping(tx, d, m); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if p.MapsFirst {
		if err := maps(); err != nil {
			return err
		}
	}
	var ids []uuid.UUID
	for _, u := range p.Users {
		pushed, err := tx.AddDirectoryUser(d, input(u))
		if err != nil {
			return err
		}
		ids = append(ids, pushed.ID)
	}
	for _, g := range p.Groups {
		var members []uuid.UUID
		for _, i := range g.Members {
			members = append(members, ids[i])
		}
		made, err := tx.AddDirectoryGroup(d, store.DirectoryGroupChange{DisplayName: &g.Name, Members: &members})
		if err != nil {
			return err
		}
		s.groups[d.ID] = append(s.groups[d.ID], made.ID)
	}
	if !p.MapsFirst {
		if err := maps(); err != nil {
			return err
		}
	}
	for i, u := range p.Users {
		if u.Inactive {
			left := input(u)
			left.Active = false
			if _, err := tx.UpdateDirectoryUser(d, ids[i], left); err != nil {
				return err
			}
		}
	}
	if p.Off {
		off := store.DirectoryUnlinked
		_, err = tx.UpdateDirectory(s.account, d.ID, store.DirectoryChange{State: &off})
	}
	return err
}

func input(u planUser) store.DirectoryUserInput {
	attributes, _ := json.Marshal(map[string]any{"userName": u.Email, "active": true, "title": u.Title})
	return store.DirectoryUserInput{UserName: u.Email, Active: true, Email: u.Email, Title: u.Title, Attributes: attributes}
}

func (s *scene) seedMapping(tx *store.Tx, d *store.Directory, m planMapping) error {
	_, err := tx.AddGroupMapping(s.account, d.ID, store.NewGroupMapping{
		Match: store.MappingMatch(s.match(&tx.Reader, d.ID, m.Match)), RoleID: roleID(&tx.Reader, s.account, m.Role), Priority: m.Priority,
	})
	if _, taken := err.(*store.Conflict); taken {
		return nil // one priority, or one match, twice
	}
	return err
}

// match is a match as it was drawn.
func (s *scene) match(r *store.Reader, directory, text string) access.Match {
	kind, what, _ := strings.Cut(text, " ")
	switch kind {
	case "group":
		var n int
		_, _ = fmt.Sscan(what, &n)
		if ids := s.groups[directory]; n < len(ids) {
			if g, err := r.DirectoryGroup(directory, ids[n]); err == nil {
				return access.Match{GroupID: g.VendorID()}
			}
		}
		return access.Match{GroupName: "Gone"}
	case "title":
		return access.Match{Attribute: "title", Equals: what}
	}
	return access.Match{GroupName: what}
}

func (s *scene) seedRooms(tx *store.Tx, p plan, people []*store.Membership) error {
	for i, members := range p.Teams {
		team, err := tx.AddTeam(store.NewTeam{AccountID: s.account, Name: fmt.Sprintf("team%d", i)})
		if err != nil {
			return err
		}
		for _, n := range members {
			if _, err := tx.Membership(s.account, people[n].ID); err != nil {
				continue // a directory has removed them
			}
			if err := tx.AddTeamMember(s.account, team.ID, store.NewTeamMember{UserID: people[n].UserID}); err != nil {
				return err
			}
		}
	}
	teams := slices.Clone(tx.ListTeams(s.account, store.TeamQuery{}, store.CreatedAsc))
	for i, w := range p.Workspaces {
		room, err := tx.AddWorkspace(store.NewWorkspace{AccountID: s.account, Handle: fmt.Sprintf("w%d", i), Name: "W"})
		if err != nil {
			return err
		}
		if w.Default != "" {
			role := store.WorkspaceRoleID(w.Default)
			if err := tx.UpdateWorkspace(s.account, room.ID, store.WorkspaceChange{DefaultRoleID: store.Nullable[uuid.UUID]{Set: true, Value: &role}}); err != nil {
				return err
			}
		}
		for _, n := range w.Users {
			if _, err := tx.Membership(s.account, people[n].ID); err != nil {
				continue
			}
			if _, err := tx.SetUserAccess(s.account, room.ID, people[n].UserID, store.WorkspaceRoleID("Viewer")); err != nil {
				return err
			}
		}
		for _, n := range w.Teams {
			if n < len(teams) {
				if _, err := tx.SetTeamAccess(s.account, room.ID, teams[n].ID, store.WorkspaceRoleID("Runner")); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// byHand does what people do by hand, as far as the account lets them.
func (s *scene) byHand(p plan) {
	for i, who := range p.People {
		if who.Inactive {
			s.attempt(who.Email, func(tx *store.Tx, m *store.Membership) error {
				return tx.SetActive(s.account, []uuid.UUID{m.ID}, false)
			})
		}
		if i >= len(p.Hands) {
			continue
		}
		s.attempt(who.Email, func(tx *store.Tx, m *store.Membership) error {
			switch p.Hands[i] {
			case "role":
				return tx.SetRole(s.account, m.ID, store.AdminRoleID)
			case "remove":
				return tx.RemoveMember(s.account, m.ID)
			}
			return tx.SetActive(s.account, []uuid.UUID{m.ID}, p.Hands[i] == "on")
		})
	}
}

func (s *scene) attempt(email string, what func(*store.Tx, *store.Membership) error) {
	_ = s.update(func(tx *store.Tx) error { // what the account refuses was not done
		u, ok := tx.UserByEmail(email)
		if !ok {
			return nil
		}
		m, err := tx.MembershipOf(s.account, u.ActorID)
		if err != nil {
			return nil
		}
		return what(tx, m)
	})
}

// call makes a request as the test's service account.
func (s *scene) call(method, path string, body any) (status int, answer string) {
	return s.callAs(callersKey, method, "/api/accounts/"+s.account.String()+path, body)
}

func (s *scene) callAs(key, method, path string, body any) (status int, answer string) {
	payload := ""
	if body != nil {
		raw, err := json.Marshal(body)
		s.must(err)
		payload = string(raw)
	}
	r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(payload))
	r.Header.Set("Authorization", "Bearer "+key)
	w := httptest.NewRecorder()
	s.router.ServeHTTP(w, r)
	raw, err := io.ReadAll(w.Result().Body)
	s.must(err)
	return w.Code, string(raw)
}

// fact is what the router answers to a person, and what the account says of them.
type fact struct {
	Member, Active, SignsIn bool
	Role, RoleID            string
	Workspaces              string
}

// facts looks at everybody, after a login of each.
func (s *scene) facts() map[string]fact {
	out := map[string]fact{}
	for email, userID := range s.everybody() {
		var f fact
		token := s.logIn(email, userID)
		s.must(s.store.View(func(r *store.Reader) error {
			u, err := r.User(userID)
			if err != nil {
				return err
			}
			m, err := r.MembershipOf(s.account, u.ActorID)
			if err != nil {
				return nil // no member
			}
			role, err := r.Role(s.account, m.RoleID)
			if err != nil {
				return err
			}
			f.Member, f.Active, f.Role, f.RoleID = true, m.Active, role.Name, m.RoleID.String()
			return nil
		}))
		status, _ := s.callAs(token, http.MethodGet, "/api/accounts/"+s.account.String(), nil)
		f.SignsIn = status == http.StatusOK
		status, answer := s.callAs(token, http.MethodGet, "/api/me/workspaces", nil)
		if status != http.StatusOK {
			s.t.Fatalf("%s does not read their workspaces: %d %s", email, status, answer)
		}
		var rooms []struct {
			ID string `json:"workspace_id"`
		}
		s.must(json.Unmarshal([]byte(answer), &rooms))
		var ids []string
		for _, room := range rooms {
			ids = append(ids, room.ID)
		}
		slices.Sort(ids)
		f.Workspaces = strings.Join(ids, " ")
		out[email] = f
	}
	return out
}

func (s *scene) everybody() map[string]uuid.UUID {
	out := map[string]uuid.UUID{}
	s.must(s.store.View(func(r *store.Reader) error {
		for i := range 8 {
			for _, domain := range allDomains {
				for _, local := range []string{fmt.Sprintf("p%d", i), fmt.Sprintf("n0%d", i), fmt.Sprintf("n1%d", i)} {
					if u, ok := r.UserByEmail(local + "@" + domain); ok {
						out[u.Email] = u.ID
					}
				}
			}
		}
		return nil
	}))
	return out
}

// logIn records a login: through the connection that routes the person's domain, else one without single sign-on.
func (s *scene) logIn(email string, userID uuid.UUID) (token string) {
	s.must(s.update(func(tx *store.Tx) (err error) {
		login := store.NewSession{UserID: userID, Expires: s.clock.Now().Add(time.Hour)}
		if c, ok := tx.ActiveConnectionFor(email[strings.LastIndex(email, "@")+1:]); ok && c.AccountID == s.account {
			login.AccountID, login.ConnectionID = s.account, c.ID
		}
		_, token, err = tx.AddSession(login)
		return err
	}))
	return token
}

// world reads the world as the provider can.
func (s *scene) world() access.World {
	w, err := fetch.New(s.client).Fill(context.Background(), access.World{AccountID: s.account.String()}, access.NeedsAll)
	s.must(err)
	return w
}
