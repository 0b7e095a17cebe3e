package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/fixedseed"
)

func TestMain(m *testing.M) {
	fixedseed.Set()
	goleak.VerifyTestMain(m)
}

const (
	testAccount = "0c1f1d2e-0000-4000-8000-000000000001"
	testKey     = "pnu_canary/+key"
	accountPath = "/api/accounts/" + testAccount
)

// inProcess hands requests to a handler without a network, so that tests can
// run in a synctest bubble, where hours pass in no time.
type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	t.handler.ServeHTTP(recorder, req)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

// roundTripFunc is a transport made of a function.
type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

var testPort atomic.Uint32

// newTestClient makes a client that talks to transport, and closes it when the
// test ends.
func newTestClient(t testing.TB, transport http.RoundTripper, change ...func(*Config)) *Client {
	t.Helper()
	// An endpoint of its own, because writers of one account wait for each
	// other in the whole process.
	cfg := Config{Endpoint: fmt.Sprintf("http://localhost:%d/api", testPort.Add(1)), APIKey: testKey, MaxRetries: 6, Transport: transport}
	for _, f := range change {
		f(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.identity.known.Store(true) // what it fakes is the account API
	return c
}

// newNetworkClient makes a client of a server on loopback whose backoff lasts
// microseconds.
func newNetworkClient(t testing.TB, handler http.Handler, change ...func(*Config)) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c := newTestClient(t, nil, append([]func(*Config){func(cfg *Config) { cfg.Endpoint = server.URL + "/api" }}, change...)...)
	c.retry.base, c.retry.maxWait, c.retry.pause = time.Microsecond, time.Microsecond, time.Microsecond
	return c
}

// fakeAPI behaves like the parts of the API that the client uses, and counts.
type fakeAPI struct {
	latency time.Duration
	etags   bool

	mu       sync.Mutex
	requests []string // "GET /domains", without the account
	features []string
	domains  []string
	releases map[string]bool // domains that are released where they are left out, true while they are
	revision int
	people   []Membership
	byEmail  map[string][]int
	indexed  int
	roles    []AccountRole
	// before runs ahead of each request; true says that it has answered.
	before func(f *fakeAPI, w http.ResponseWriter, r *http.Request) bool
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.latency > 0 && sleep(r.Context(), f.latency) != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	route := strings.TrimPrefix(r.URL.Path, accountPath)
	f.requests = append(f.requests, r.Method+" "+route)
	if f.before != nil && f.before(f, w, r) {
		return
	}
	switch {
	case r.Method == http.MethodGet && route == "":
		answer(w, http.StatusOK, map[string]any{"id": testAccount, "features": f.features})
	case r.Method == http.MethodGet && route == "/domains":
		f.getDomains(w)
	case r.Method == http.MethodPatch && route == "/domains":
		f.patchDomains(w, r)
	case r.Method == http.MethodPost && route == "/account_roles/filter":
		answer(w, http.StatusOK, f.roles)
	case r.Method == http.MethodPost && route == "/account_memberships/filter":
		f.filterMembers(w, r)
	case r.Method == http.MethodPost && route == "/account_memberships/count":
		answer(w, http.StatusOK, len(f.people))
	case r.Method == http.MethodPatch && strings.HasPrefix(route, "/account_memberships/"):
		f.patchMember(w, r, strings.TrimPrefix(route, "/account_memberships/"))
	default:
		answer(w, http.StatusNotFound, map[string]string{"detail": "Not Found"})
	}
}

func (f *fakeAPI) getDomains(w http.ResponseWriter) {
	rows := make([]Domain, 0, len(f.domains))
	for _, name := range f.domains {
		rows = append(rows, Domain{ID: "id-" + name, Name: name, Releasing: f.releases[name]})
	}
	if f.etags {
		w.Header().Set("ETag", f.etag())
	}
	answer(w, http.StatusOK, rows)
}

func (f *fakeAPI) etag() string { return fmt.Sprintf(`"%d"`, f.revision) }

func (f *fakeAPI) patchDomains(w http.ResponseWriter, r *http.Request) {
	if match := r.Header.Get("If-Match"); match != "" && match != f.etag() {
		answer(w, http.StatusPreconditionFailed, map[string]string{"detail": "changed meanwhile"})
		return
	}
	var body struct {
		DomainNames []string `json:"domain_names"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.DomainNames == nil {
		answer(w, http.StatusUnprocessableEntity, map[string]string{"detail": "domain_names is wanted"})
		return
	}
	names := body.DomainNames
	for name := range f.releases {
		listed := slices.Contains(names, name)
		if f.releases[name] = !listed; !listed && slices.Contains(f.domains, name) && r.URL.Query().Get("allow_disable_sso") != "true" {
			names = append(names, name)
		}
	}
	f.setDomains(names...)
	w.WriteHeader(http.StatusNoContent)
}

func (f *fakeAPI) setDomains(names ...string) {
	f.domains = names
	f.revision++
}

func (f *fakeAPI) filterMembers(w http.ResponseWriter, r *http.Request) {
	var body membershipsBody
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		answer(w, http.StatusUnprocessableEntity, map[string]string{"detail": err.Error()})
		return
	}
	rows := f.people
	if body.Memberships != nil && body.Memberships.Email != nil {
		if len(body.Memberships.Email.Any) > pageSize {
			answer(w, http.StatusUnprocessableEntity, map[string]string{"detail": "more addresses than rows in a page"})
			return
		}
		rows = f.withEmails(body.Memberships.Email.Any)
	}
	from := min(body.Offset, len(rows))
	answer(w, http.StatusOK, rows[from:min(from+body.Limit, len(rows))])
}

// withEmails finds people in the order of the listing. The index is made anew
// when people came or went.
func (f *fakeAPI) withEmails(emails []string) []Membership {
	if f.indexed != len(f.people) {
		f.byEmail, f.indexed = map[string][]int{}, len(f.people)
		for i, m := range f.people {
			if m.Email != nil {
				key := strings.ToLower(*m.Email)
				f.byEmail[key] = append(f.byEmail[key], i)
			}
		}
	}
	var found []int
	for _, email := range emails {
		found = append(found, f.byEmail[strings.ToLower(email)]...)
	}
	slices.Sort(found)
	rows := make([]Membership, 0, len(found))
	for _, i := range slices.Compact(found) {
		rows = append(rows, f.people[i])
	}
	return rows
}

func (f *fakeAPI) patchMember(w http.ResponseWriter, r *http.Request, id string) {
	var body struct {
		AccountRoleID string `json:"account_role_id"`
	}
	at := slices.IndexFunc(f.people, func(m Membership) bool { return m.ID == id })
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || at < 0 {
		answer(w, http.StatusNotFound, map[string]string{"detail": "Membership not found"})
		return
	}
	f.people[at].AccountRoleID = body.AccountRoleID
	w.WriteHeader(http.StatusNoContent)
}

// seen returns the requests so far and forgets them.
func (f *fakeAPI) seen() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := f.requests
	f.requests = nil
	return seen
}

func (f *fakeAPI) populate(n int) {
	role := "role-member"
	for i := range n {
		email := personEmail(i)
		f.people = append(f.people, Membership{
			ID: fmt.Sprintf("membership-%05d", i), ActorID: fmt.Sprintf("actor-%05d", i),
			Email: &email, AccountRoleID: role, AccountRoleName: "Member", Active: true,
		})
	}
}

// personEmail spells the address as the server keeps it, not as a key.
func personEmail(i int) string { return fmt.Sprintf("Person%05d@acme.com", i) }

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that is gone needs no answer
}

// inParallel runs work 0..n-1 on so many workers, as Terraform walks a graph.
func inParallel(workers, n int, work func(i int)) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range next {
				work(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
