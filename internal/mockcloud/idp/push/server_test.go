package push_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/people"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/push"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// cloud is the server's own SCIM endpoint, over real connections.
type cloud struct {
	t         testing.TB
	state     *store.Store
	account   uuid.UUID
	directory *store.Directory
	client    *store.SCIMClient
	url       string

	mu     sync.Mutex
	writes []string // requests that are no GET, with the status they got
}

const cloudToken, cloudSecret = "a-token-of-more-than-32-characters", "a-client-secret+/of-more-than-32-characters"

func newCloud(t testing.TB) *cloud {
	t.Helper()
	c := &cloud{t: t, state: store.New(store.Options{})}
	err := c.state.Reset(func(tx *store.Tx) error {
		a, err := tx.AddAccount(store.NewAccount{Handle: "acme", Name: "Acme", Features: store.Features()})
		if err != nil {
			return err
		}
		c.account = a.ID
		owner, err := tx.AddUser(store.NewUser{Email: "owner@acme.com"})
		if err != nil {
			return err
		}
		if _, err := tx.AddMember(uuid.Nil, a.ID, owner, store.OwnerRoleID); err != nil {
			return err
		}
		if err := tx.SetDomains(a.ID, []string{"acme.com"}); err != nil {
			return err
		}
		name, kind := "people", store.DirectoryType("generic scim v2.0")
		if c.directory, err = tx.AddDirectory(a.ID, store.DirectoryChange{Name: &name, Type: &kind}); err != nil {
			return err
		}
		if c.client, _, err = tx.AddSCIMClient(a.ID, c.directory.ID, store.NewSCIMClient{Name: "push", Secret: cloudSecret}); err != nil {
			return err
		}
		_, _, err = tx.AddSCIMToken(a.ID, c.directory.ID, store.NewSCIMToken{Name: "push", Token: cloudToken})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	rt := router.New(router.Options{Store: c.state, Clock: time.Now, Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(rt.Close)
	scim.New(scim.Options{Store: c.state, Logger: slog.New(slog.DiscardHandler), Clients: true}).Mount(rt)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &statusWriter{ResponseWriter: w}
		rt.ServeHTTP(seen, r)
		if r.Method != http.MethodGet {
			c.mu.Lock()
			c.writes = append(c.writes, fmt.Sprint(r.Method, " ", r.URL.Path, " ", seen.status))
			c.mu.Unlock()
		}
	}))
	t.Cleanup(server.Close)
	c.url = scim.Endpoint(server.URL, c.directory.Endpoint)
	return c
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (c *cloud) written() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.writes
	c.writes = nil
	return out
}

// members returns who is in the account through the directory, and in which team.
func (c *cloud) members() string {
	c.t.Helper()
	var out []string
	if err := c.state.View(func(r *store.Reader) error {
		for _, u := range r.DirectoryUsers(c.directory.ID) {
			m, ok := r.MembershipOfDirectoryUser(u)
			name, _, _ := strings.Cut(u.Email, "@")
			switch {
			case !ok:
				name += "?"
			case !m.Active:
				name = "(" + name + ")"
			}
			out = append(out, name)
		}
		for _, t := range r.ListTeams(c.account, store.TeamQuery{}, store.CreatedAsc) {
			var names []string
			for _, m := range r.TeamMembers(t) {
				name, _, _ := strings.Cut(r.MemberName(m), "@")
				names = append(names, name)
			}
			slices.Sort(names)
			out = append(out, t.Name+":"+strings.Join(names, ","))
		}
		return nil
	}); err != nil {
		c.t.Fatal(err)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// TestServer pushes to the server's own endpoint: every request of each style is
// understood, the account follows, and what was written reads back as it was, so
// that a resync finds nothing to repair.
func TestServer(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]struct {
		style push.Style
		query string
		after string // of the removal for good
	}{
		"entra":               {push.Entra, "", "linus Crew:"},
		"entra with its flag": {push.Entra, "?aadOptscim062020", "linus Crew:"},
		"okta":                {push.Okta, "", "(ada) linus Crew:"},
		"okta with PUT":       {push.OktaPUT, "", "(ada) linus Crew:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, d := newCloud(t), people.New()
			p := push.New(push.Config{Directory: d})
			t.Cleanup(p.Disconnect)
			expect := func(want string, err error) {
				t.Helper()
				if err == nil {
					err = p.Idle(t.Context())
				}
				if got := c.members(); err != nil || !slices.Equal(words(got), words(want)) {
					t.Fatalf("%v: %s, want %s\n%s", err, got, want, strings.Join(c.written(), "\n"))
				}
				for _, line := range c.written() {
					if status := line[len(line)-3:]; status[0] != '2' {
						t.Error(line)
					}
				}
			}
			_, err := d.Join(
				people.Person{Email: "ada@acme.com", FirstName: "Ada", LastName: "Lovelace", Title: "Countess", Department: "R&D", Groups: []string{"Staff"}},
				people.Person{Email: "linus@acme.com", FirstName: "Linus"},
			)
			if err != nil {
				t.Fatal(err)
			}
			expect("ada linus Staff:ada", p.Connect(push.Target{Endpoint: c.url + target.query, Token: cloudToken, Style: target.style}))
			_, err = d.AddMembers("Staff", "linus@acme.com")
			expect("ada linus Staff:ada,linus", err)
			_, err = d.Change("ada@acme.com", people.Change{Title: pointer(""), LastName: pointer("King"), Department: pointer("Math")})
			expect("ada linus Staff:ada,linus", err)
			_, err = d.Leave("ada@acme.com")
			expect("(ada) linus Staff:ada,linus", err)
			_, err = d.Return("ada@acme.com")
			expect("ada linus Staff:ada,linus", err)
			_, err = d.RemoveMembers("Staff", "linus@acme.com")
			expect("ada linus Staff:ada", err)
			_, err = d.RenameGroup("Staff", "Crew")
			expect("ada linus Crew:ada", err)
			_, err = d.Change("linus@acme.com", people.Change{Email: pointer("torvalds@acme.com")})
			expect("ada torvalds Crew:ada", err)
			_, err = d.Change("torvalds@acme.com", people.Change{Email: pointer("linus@acme.com")})
			expect("ada linus Crew:ada", err)
			expect("ada linus Crew:ada", p.Resync())
			c.written()
			expect("ada linus Crew:ada", p.Resync())
			if writes := c.written(); len(writes) != 0 {
				t.Errorf("a resync with nothing to repair wrote: %v", writes)
			}
			ada, err := d.Find("ada@acme.com")
			d.Remove(ada.Subject)
			expect(target.after, err)
			_, err = d.DeleteGroup("Crew")
			expect(strings.TrimSuffix(target.after, " Crew:"), err)
		})
	}
}

func words(s string) []string { return slices.Sorted(slices.Values(strings.Fields(s))) }

// TestServerImport: many people and groups at once.
func TestServerImport(t *testing.T) {
	t.Parallel()
	c, d := newCloud(t), people.New()
	p := push.New(push.Config{Directory: d})
	t.Cleanup(p.Disconnect)
	for i := range 500 {
		if _, err := d.Join(people.Person{Email: fmt.Sprintf("p%03d@acme.com", i), Groups: []string{fmt.Sprintf("Group %02d", i%20)}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Connect(push.Target{Endpoint: c.url, Token: cloudToken, Style: push.Okta}); err != nil {
		t.Fatal(err)
	}
	if err := p.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := words(c.members()); len(got) != 500+2*20 || !strings.Contains(c.members(), "19:p019,p039,p059") {
		t.Errorf("%d: %v", len(got), got)
	}
}

// TestServerByClient: a client gets one access token for many requests, another one when that has ended with its secret,
// and waits in quarantine once it is no client any more.
func TestServerByClient(t *testing.T) {
	t.Parallel()
	c, d := newCloud(t), people.New()
	p := push.New(push.Config{Directory: d})
	t.Cleanup(p.Disconnect)
	target := push.Target{Endpoint: c.url, Style: push.Okta, ClientID: c.client.ID.String(), ClientSecret: cloudSecret}
	join := func(name string) error {
		if _, err := d.Join(people.Person{Email: name + "@acme.com"}); err != nil {
			t.Fatal(err)
		}
		return p.Idle(t.Context())
	}
	asked := func() (n int) {
		for _, line := range c.written() {
			if strings.Contains(line, "/oauth/token ") {
				n++
			}
		}
		return n
	}
	rotate := func(secret string) {
		t.Helper()
		if err := c.state.Update(store.Actor{}, func(tx *store.Tx) error {
			now := time.Duration(0)
			_, _, err := tx.RotateSCIMClient(c.account, c.directory.ID, c.client.ID, store.ClientRotation{Secret: secret, OldExpiresIn: &now})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Connect(target); err != nil {
		t.Fatal(err)
	}
	if err := join("ada"); err != nil {
		t.Fatal(err)
	}
	if err := join("linus"); err != nil || c.members() != "ada linus" {
		t.Fatalf("%s, %v", c.members(), err)
	}
	if n := asked(); n != 1 {
		t.Errorf("%d access tokens for two people", n)
	}
	rotate("next-" + cloudSecret)
	var waits *push.Quarantined
	if err := join("grace"); !errors.As(err, &waits) || !strings.Contains(err.Error(), "invalid_client") || strings.Contains(err.Error(), cloudSecret) {
		t.Errorf("after its secret has ended: %v", err)
	}
	target.ClientSecret = "next-" + cloudSecret
	if err := p.Connect(target); err != nil {
		t.Fatal(err)
	}
	if err := p.Idle(t.Context()); err != nil || c.members() != "ada grace linus" {
		t.Errorf("with the next secret: %s, %v", c.members(), err)
	}
	// The access token ends, the client does not.
	if err := c.state.AdvanceClock(2 * time.Hour); err != nil {
		t.Fatal(err)
	}
	asked()
	if err := join("marie"); err != nil || c.members() != "ada grace linus marie" || asked() != 1 {
		t.Errorf("after an hour: %s, %v", c.members(), err)
	}
}
