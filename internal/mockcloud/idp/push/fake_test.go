package push_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/people"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/push"
)

const (
	endpoint = "http://127.0.0.1:1/scim/v2.0/opaque"
	token    = "token-0123456789"
)

// fake is a SCIM endpoint that understands what the products send and nothing
// else. It is an http.RoundTripper, so that no test needs the network.
type fake struct {
	t *testing.T

	mu     sync.Mutex
	token  string
	users  map[string]map[string]any
	groups map[string]map[string]any
	next   int
	// requests are those that came, as "POST /Users {…}".
	requests []string
	// fail, unless nil, may answer a request in the endpoint's place; with lost the
	// endpoint does as it is asked and the answer gets lost.
	fail func(r *http.Request, body string) (status int, header http.Header, lost bool)
}

// scene is a directory, an endpoint, and a Pusher between them, whose time only
// passes while it waits.
type scene struct {
	*fake
	*people.Directory
	push *push.Pusher

	clock sync.Mutex
	now   time.Time
	waits []time.Duration
}

func newScene(t *testing.T, who ...string) *scene {
	t.Helper()
	s := &scene{
		fake:      &fake{t: t, token: token, users: map[string]map[string]any{}, groups: map[string]map[string]any{}},
		Directory: people.New(), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	}
	s.push = push.New(push.Config{
		Directory: s.Directory, Transport: s.fake,
		Now: s.time, After: s.later,
	})
	t.Cleanup(s.push.Disconnect)
	for _, name := range who {
		s.join(name)
	}
	return s
}

func (s *scene) time() time.Time {
	s.clock.Lock()
	defer s.clock.Unlock()
	return s.now
}

// later lets the time pass at once.
func (s *scene) later(d time.Duration) <-chan time.Time {
	s.clock.Lock()
	defer s.clock.Unlock()
	s.now, s.waits = s.now.Add(d), append(s.waits, d)
	fired := make(chan time.Time, 1)
	fired <- s.now
	return fired
}

// join adds somebody with a subject that tests can name.
func (s *scene) join(name string, groups ...string) {
	s.t.Helper()
	if err := s.Set(people.Person{
		Subject: name + "-1", Email: name + "@acme.com", FirstName: strings.ToUpper(name[:1]) + name[1:], LastName: "X", Groups: groups,
	}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) connect(style push.Style) {
	s.t.Helper()
	s.connectTo(push.Target{Endpoint: endpoint, Token: token, Style: style})
}

func (s *scene) connectTo(target push.Target) {
	s.t.Helper()
	if err := s.push.Connect(target); err != nil {
		s.t.Fatal(err)
	}
}

// idle waits until all is delivered and returns the requests that this took.
func (s *scene) idle() []string {
	s.t.Helper()
	if err := s.push.Idle(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	return s.took()
}

func (f *fake) took() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.requests
	f.requests = nil
	return out
}

// state returns in one line who is active and who is in which group.
func (f *fake) state() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, u := range f.users {
		name, _, _ := strings.Cut(fmt.Sprint(u["userName"]), "@")
		if u["active"] != true {
			name = "(" + name + ")"
		}
		out = append(out, name)
	}
	slices.Sort(out)
	var groups []string
	for _, g := range f.groups {
		var members []string
		for _, id := range slices.Sorted(maps.Keys(membersOf(g))) {
			name := "?"
			if u, ok := f.users[id]; ok {
				name, _, _ = strings.Cut(fmt.Sprint(u["userName"]), "@")
			}
			members = append(members, name)
		}
		slices.Sort(members)
		groups = append(groups, fmt.Sprintf("%v:%s", g["displayName"], strings.Join(members, ",")))
	}
	slices.Sort(groups)
	return strings.Join(append(out, groups...), " ")
}

func membersOf(g map[string]any) map[string]bool {
	out, _ := g["members"].(map[string]bool)
	return out
}

// RoundTrip implements http.RoundTripper.
func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	body := ""
	if r.Body != nil {
		content, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(content)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/scim/v2.0/opaque")
	line := r.Method + " " + path
	if r.URL.RawQuery != "" {
		query, err := url.QueryUnescape(r.URL.RawQuery)
		if err != nil {
			return nil, err
		}
		line += "?" + query
	}
	f.requests = append(f.requests, strings.TrimSpace(line+" "+body))
	w := httptest.NewRecorder()
	if f.fail != nil {
		status, header, lost := f.fail(r, body)
		switch {
		case lost:
			f.answer(w, r, path, body)
			return nil, io.ErrUnexpectedEOF
		case status != 0:
			maps.Copy(w.Header(), header)
			f.reject(w, status, "told to")
			return w.Result(), nil
		}
	}
	f.answer(w, r, path, body)
	return w.Result(), nil
}

func (f *fake) reject(w http.ResponseWriter, status int, detail string) {
	f.write(w, status, map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:Error"}, "status": fmt.Sprint(status), "detail": detail})
}

func (f *fake) write(w http.ResponseWriter, status int, body any) {
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		f.t.Error(err)
	}
}

func (f *fake) answer(w http.ResponseWriter, r *http.Request, path, body string) {
	if r.Header.Get("Authorization") != "Bearer "+f.token {
		f.reject(w, http.StatusUnauthorized, "unknown token "+r.Header.Get("Authorization"))
		return
	}
	var sent map[string]any
	if body != "" {
		if err := json.Unmarshal([]byte(body), &sent); err != nil || r.Header.Get("Content-Type") != "application/scim+json" || sent["schemas"] == nil {
			f.t.Errorf("%s %s: %v, %v: %s", r.Method, path, err, r.Header, body)
		}
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	all, key := f.users, "userName"
	if parts[0] == "Groups" {
		all, key = f.groups, "displayName"
	}
	if len(parts) == 1 {
		f.answerAll(w, r, all, key, sent)
		return
	}
	one, ok := all[parts[1]]
	if !ok {
		f.reject(w, http.StatusNotFound, "no such resource")
		return
	}
	switch r.Method {
	case http.MethodGet:
		f.write(w, http.StatusOK, shown(one, false))
	case http.MethodDelete:
		delete(all, parts[1])
		for _, g := range f.groups {
			delete(membersOf(g), parts[1])
		}
		w.WriteHeader(http.StatusNoContent)
	case http.MethodPut:
		if sent["id"] != parts[1] || key != "userName" {
			f.t.Errorf("a PUT of %v at %s", sent["id"], path)
		}
		all[parts[1]] = sent
		f.write(w, http.StatusOK, shown(sent, false))
	case http.MethodPatch:
		operations, _ := sent["Operations"].([]any)
		for _, op := range operations {
			f.patch(one, op)
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// shown is a resource as it is answered.
func shown(one map[string]any, withoutMembers bool) map[string]any {
	out := maps.Clone(one)
	delete(out, "password")
	if _, group := one["members"]; group {
		var members []any
		for _, id := range slices.Sorted(maps.Keys(membersOf(one))) {
			members = append(members, map[string]any{"value": id})
		}
		out["members"] = members
	}
	if withoutMembers {
		delete(out, "members")
	}
	return out
}

var equality = regexp.MustCompile(`^(userName|displayName) eq (".*")$`)

func (f *fake) answerAll(w http.ResponseWriter, r *http.Request, all map[string]map[string]any, key string, sent map[string]any) {
	find := func(value string) (found []any) {
		for _, id := range slices.Sorted(maps.Keys(all)) {
			if strings.EqualFold(fmt.Sprint(all[id][key]), value) {
				found = append(found, shown(all[id], r.URL.Query().Get("excludedAttributes") == "members"))
			}
		}
		return found
	}
	if r.Method == http.MethodGet {
		filter := equality.FindStringSubmatch(r.URL.Query().Get("filter"))
		var value string
		if filter == nil || filter[1] != key || json.Unmarshal([]byte(filter[2]), &value) != nil {
			f.t.Errorf("GET %s", r.URL)
		}
		found := find(value)
		f.write(w, http.StatusOK, map[string]any{"totalResults": len(found), "Resources": found})
		return
	}
	if key == "userName" && len(find(fmt.Sprint(sent[key]))) > 0 {
		f.reject(w, http.StatusConflict, "there is one already")
		return
	}
	f.next++
	sent["id"] = fmt.Sprintf("%s%d", strings.ToLower(key[:1]), f.next)
	if key == "displayName" {
		sent["members"] = map[string]bool{}
	}
	all[fmt.Sprint(sent["id"])] = sent
	f.write(w, http.StatusCreated, shown(sent, false))
}

var memberPath = regexp.MustCompile(`^members\[value eq "(.*)"\]$`)

// patch does one operation. What it does not know is a mistake of the test's.
func (f *fake) patch(one map[string]any, op any) {
	o, _ := op.(map[string]any)
	path, _ := o["path"].(string)
	values := map[string]any{path: o["value"]}
	if path == "" {
		values, _ = o["value"].(map[string]any)
	}
	kind := strings.ToLower(fmt.Sprint(o["op"]))
	for path, value := range values {
		if text, ok := value.(string); ok && path == "active" {
			value = text == "True"
		}
		filtered := memberPath.FindStringSubmatch(path)
		list, _ := value.([]any)
		switch {
		case path == "members" || filtered != nil:
			for _, m := range list {
				m, _ := m.(map[string]any)
				membersOf(one)[fmt.Sprint(m["value"])] = true
				if kind == "remove" {
					delete(membersOf(one), fmt.Sprint(m["value"]))
				}
			}
			if filtered != nil {
				delete(membersOf(one), filtered[1])
			}
		case path == "id":
			if value != one["id"] {
				f.t.Errorf("another id: %v", value)
			}
		case kind == "remove":
			set(one, path, nil)
		default:
			set(one, path, value)
		}
	}
}

// set sets an attribute by one of the paths that are sent.
func set(one map[string]any, path string, value any) {
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	within, name := one, path
	sub := func(key, rest string) {
		inner, ok := one[key].(map[string]any)
		if !ok {
			inner = map[string]any{}
			one[key] = inner
		}
		within, name = inner, rest
	}
	if rest, ok := strings.CutPrefix(path, enterprise+":"); ok {
		sub(enterprise, rest)
	} else if rest, ok := strings.CutPrefix(path, "name."); ok {
		sub("name", rest)
	} else if path == `emails[type eq "work"].value` {
		one["emails"] = []any{map[string]any{"type": "work", "primary": true, "value": value}}
		return
	}
	if value == nil {
		delete(within, name)
		return
	}
	within[name] = value
}
