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
	idp     *provider              // nil where nobody logs in for real
}

// trusting takes everything that connections are configured with.
type trusting struct{ identity.Checker }

func (trusting) CheckIssuer(context.Context, string, store.ClientAuth) ([]string, error) {
	return nil, nil
}

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

var quiet = slog.New(slog.DiscardHandler)

func newScene(t *rapid.T, p plan) *scene { return newSceneAt(t, p, mocktest.NewClock(), nil) }

// newSceneAt makes a scene whose connections lead to an identity provider, unless that is nil.
func newSceneAt(t *rapid.T, p plan, clock *mocktest.Clock, idp *provider) *scene {
	s := &scene{t: t, clock: clock, groups: map[string][]uuid.UUID{}, idp: idp}
	ids := 0
	s.store = store.New(store.Options{Clock: s.clock.Now, NewID: func() uuid.UUID {
		ids++
		return uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%d", ids))
	}})
	s.must(s.store.Reset(func(tx *store.Tx) error { return s.seed(tx, p) }))
	s.byHand(p)
	s.router = router.New(router.Options{Store: s.store, Logger: quiet, Clock: s.clock.Now})
	s.router.Add(account.Routes(account.Options{ETags: !p.PublishedOnly})...)
	if !p.PublishedOnly {
		s.router.Add(identity.Routes(trusting{}, nil)...)
	}
	if s.idp != nil {
		s.mountLogins()
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
		for _, email := range everyAddress() {
			if u, ok := r.UserByEmail(email); ok {
				out[u.Email] = u.ID
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
		if c, ok := tx.ActiveConnectionFor(domainOf(email)); ok && c.AccountID == s.account {
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
