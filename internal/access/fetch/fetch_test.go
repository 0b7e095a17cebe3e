package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/access/fetch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a server with one account, a client of it, and a list of what was asked.
type house struct {
	t       *testing.T
	fetcher *fetch.Fetcher
	client  *client.Client

	mu    sync.Mutex
	asked []string
	fails string // what is answered with 500
	hold  chan struct{}

	server http.Handler
	asks   func(what string) // is told of each request before it is made
}

// roundTrip hands requests to a server without a network, and notes them.
func (h *house) roundTrip(server http.Handler) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		what := r.Method + " " + strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/api/accounts/"+mocktest.Account), "/api")
		h.mu.Lock()
		h.asked = append(h.asked, what)
		fails, hold, asks := h.fails == what, h.hold, h.asks
		h.mu.Unlock()
		if asks != nil {
			asks(what)
		}
		if hold != nil {
			select {
			case <-hold:
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}
		w := httptest.NewRecorder()
		if fails {
			w.WriteHeader(http.StatusInternalServerError)
			return w.Result(), nil
		}
		if r.Body == nil {
			r.Body = http.NoBody
		}
		server.ServeHTTP(w, r)
		return w.Result(), nil
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

const worldYAML = `
accounts:
  - id: ` + mocktest.Account + `
    handle: acme
    features: [sso, scim, teams, custom_roles, audit_logs]
    rate_limit_per_minute: 0
    domains: [acme.com, other.example]
    users:
      - {email: owner@acme.com, role: Owner, api_key: pnu_owner}
      - {email: second@acme.com, role: Owner}
      - {email: ada@acme.com, role: Member, api_key: pnu_ada}
      - {email: eve@other.example, role: Member}
    service_accounts: [{name: terraform, role: Owner, api_key: pnb_terraform}]
    workspaces: [{handle: prod, name: Production}]
    directories: [{name: Okta, type: okta scim v2.0}]
`

func newHouse(t *testing.T, key string, publishedOnly bool) *house {
	t.Helper()
	server, err := mockcloud.New(mockcloud.Config{Scenario: mocktest.Scenario(t, worldYAML), PublishedOnly: publishedOnly, Clock: mocktest.NewClock().Now})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, server: server}
	if h.client, err = client.New(client.Config{Endpoint: "http://localhost/api", APIKey: key, Transport: h.roundTrip(server)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.client.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	h.fetcher = fetch.New(h.client)
	return h
}

// took returns the requests since it was last asked, sorted.
func (h *house) took() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := slices.Clone(h.asked)
	slices.Sort(out)
	h.asked = nil
	return out
}

func (h *house) wantRequests(want ...string) {
	h.t.Helper()
	slices.Sort(want)
	if got := h.took(); !slices.Equal(got, want) {
		h.t.Errorf("asked %q, want %q", got, want)
	}
}

func (h *house) world() access.World { return access.World{AccountID: mocktest.Account} }

func (h *house) must(w access.World, err error) access.World {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	return w
}

const (
	integrations = "GET /sso/integrations"
	account      = "GET "
	directories  = "GET /sso/directories"
	members      = "POST /account_memberships/filter"
	roles        = "POST /account_roles/filter"
	me           = "GET /me/"
)

// TestForAsksOnce: what was read in a run is not read again, until something is written.
func TestForAsksOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, mocktest.Terraform, false)
	demote := access.SetRoles{Roles: []access.RoleOf{{Email: "owner@acme.com", RoleID: "00000000-0000-4000-8000-000000000000"}}}
	first := h.must(h.fetcher.For(t.Context(), h.world(), demote))
	details := "GET /account_memberships/" // what decides about the role, where there is a directory
	if len(first.People.Rows) == 1 {
		details += first.People.Rows[0].ID
	}
	h.wantRequests(integrations, roles, members, details)
	if len(first.People.Rows) != 1 || first.People.Rows[0].Email != "owner@acme.com" {
		t.Errorf("people %+v", first.People.Rows)
	}
	h.must(h.fetcher.For(t.Context(), h.world(), demote))
	h.wantRequests()
	h.fetcher.DropPeople(strings.ToUpper(mocktest.Account))
	h.must(h.fetcher.For(t.Context(), h.world(), demote))
	h.wantRequests(details) // the client remembers people and roles, which its own writes correct
	h.fetcher.Drop(strings.ToUpper(mocktest.Account))
	h.must(h.fetcher.For(t.Context(), h.world(), demote))
	h.wantRequests(integrations, members, details) // a directory, say, may have changed people
	h.must(h.fetcher.Fresh(t.Context(), h.world(), demote))
	h.wantRequests(integrations, members, details)
}

// TestForAsksNoMoreThanNeeded: a change that takes nothing from anybody costs a request.
func TestForAsksNoMoreThanNeeded(t *testing.T) {
	t.Parallel()
	h := newHouse(t, mocktest.Terraform, false)
	h.must(h.fetcher.For(t.Context(), h.world(), access.DeleteConnection{ID: "conn_1"}))
	h.wantRequests(integrations)
	h.must(h.fetcher.For(t.Context(), h.world(), access.PutConnection{Name: "new", Domains: []string{"acme.com"}, Activate: true}))
	h.wantRequests(roles, me, members)
	h.must(h.fetcher.For(t.Context(), h.world(), access.DisableDomains{Names: []string{"other.example"}}))
	directory := h.must(h.fetcher.For(t.Context(), h.world(), access.DisableDomains{Names: []string{"other.example"}})).Directories.Or(nil)[0].ID
	h.wantRequests(directories, "GET /sso/directories/"+directory+"/users")
}

// TestForIsSharedByWhoAsks: however many ask at the same time, each part is read once.
func TestForIsSharedByWhoAsks(t *testing.T) {
	t.Parallel()
	h := newHouse(t, mocktest.Terraform, false)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := h.fetcher.For(t.Context(), h.world(), access.PutConnection{Name: "new", Domains: []string{"acme.com"}, Activate: true}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	h.wantRequests(integrations, roles, me, members)
}

// TestForDoesNotCacheFailures: what failed is read again, and whoever gives up leaves the others alone.
func TestForDoesNotCacheFailures(t *testing.T) {
	t.Parallel()
	h := newHouse(t, mocktest.Terraform, false)
	delete := access.DeleteConnection{ID: "conn_1"}
	h.hold = make(chan struct{})
	gone, leave := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := h.fetcher.For(gone, h.world(), delete)
		failed <- err
	}()
	leave()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("whoever gave up gets %v", err)
	}
	close(h.hold)
	h.must(h.fetcher.For(t.Context(), h.world(), delete))
	h.must(h.fetcher.For(t.Context(), h.world(), delete))
	if n := len(h.took()); n > 2 {
		t.Errorf("%d requests, want at most one for each that was given up and one that was kept", n)
	}
}

// TestNeedsAll: everything that a review wants is read, and what the API does not report is unknown.
func TestNeedsAll(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		key           string
		publishedOnly bool
		unknown       []string
	}{
		{mocktest.Terraform, false, nil},
		{mocktest.Terraform, true, []string{"settings", "users", "mappings", "tokens", "clients"}},
		{"pnu_ada", false, []string{"offer", "connections"}},
	} {
		t.Run(fmt.Sprint(test.key, test.publishedOnly), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, test.key, test.publishedOnly)
			w := h.must(h.fetcher.Fill(t.Context(), h.world(), access.NeedsAll))
			if len(w.People.Rows) != 4 || w.People.Coverage != access.CoverEveryone || !w.Account.IsKnown() || !w.Roles.IsKnown() {
				t.Errorf("people %+v, account %v, roles %v", w.People, w.Account, w.Roles)
			}
			var unknown []string
			note := func(name string, known bool) {
				if !known {
					unknown = append(unknown, name)
				}
			}
			note("offer", w.Offered.IsKnown())
			note("domains", w.Domains.IsKnown())
			note("connections", w.Connections.IsKnown())
			for _, d := range w.Directories.Or(nil) {
				note("settings", d.Settings.IsKnown())
				note("users", d.Users.IsKnown())
				note("mappings", d.Mappings.IsKnown())
				note("tokens", d.Tokens.IsKnown())
				note("clients", d.Clients.IsKnown())
			}
			if !slices.Equal(unknown, test.unknown) {
				t.Errorf("unknown %q, want %q", unknown, test.unknown)
			}
			if offered, known := w.Offered.Get(); known && offered == test.publishedOnly {
				t.Errorf("the managed configuration is offered: %t", offered)
			}
		})
	}
}

// TestSharedWithResources: what resources and data sources read for themselves and worlds want, too, is read once.
func TestSharedWithResources(t *testing.T) {
	t.Parallel()
	h := newHouse(t, mocktest.Terraform, false)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			found, err := h.fetcher.Integrations(t.Context(), mocktest.Account)
			if err != nil || len(found.Directories) != 1 {
				t.Errorf("integrations %+v, %v", found, err)
			}
			if _, err := h.fetcher.Me(t.Context()); !client.IsForbidden(err) {
				t.Errorf("a service account is %v", err)
			}
			if _, err := h.fetcher.For(t.Context(), h.world(), access.DeleteConnection{ID: "conn_1"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	h.wantRequests(integrations, me)
	h.must(h.fetcher.For(t.Context(), h.world(), access.PutConnection{Name: "new", Domains: []string{"acme.com"}, Activate: true}))
	h.wantRequests(roles, members)
	h.fetcher.DropPeople(mocktest.Account)
	if _, err := h.fetcher.Integrations(t.Context(), mocktest.Account); err != nil {
		t.Error(err)
	}
	h.wantRequests()
	h.fetcher.Drop(mocktest.Account) // something was written: connections may be others now, the key is the same
	if _, err := h.fetcher.Me(t.Context()); !client.IsForbidden(err) {
		t.Errorf("a service account is %v", err)
	}
	if _, err := h.fetcher.Integrations(t.Context(), mocktest.Account); err != nil {
		t.Error(err)
	}
	h.wantRequests(integrations)
	h.must(h.fetcher.Fresh(t.Context(), h.world(), access.DeleteConnection{ID: "conn_1"}))
	h.wantRequests(integrations)
}
