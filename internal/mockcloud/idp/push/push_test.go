package push_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/people"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/push"
)

// must is for what a test's story takes for granted.
func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) leave(name string) {
	s.t.Helper()
	_, err := s.Leave(name + "@acme.com")
	s.must(err)
}

func (s *scene) failing(fail func(r *http.Request, body string) (int, http.Header, bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = fail
}

// first fails the first requests and no others.
func first(n, status int, header http.Header) func(*http.Request, string) (int, http.Header, bool) {
	return func(*http.Request, string) (int, http.Header, bool) {
		if n--; n < 0 {
			return 0, nil, false
		}
		return status, header, false
	}
}

// TestConnect: everybody who works there arrives, and who has left is not made,
// but deactivated where the endpoint knows them.
func TestConnect(t *testing.T) {
	t.Parallel()
	s := newScene(t, "gone", "known")
	s.leave("gone")
	s.leave("known")
	s.users["u0"] = map[string]any{"id": "u0", "userName": "known@acme.com", "active": true}
	s.join("ada", "Staff", "Math")
	s.join("grace", "Staff")
	s.connect(push.Okta)
	s.idle()
	if state := s.state(); state != "(known) ada grace Math:ada Staff:ada,grace" {
		t.Error(state)
	}
	status := s.push.Status()
	if status.State != push.Idle || status.Endpoint != endpoint || status.Style != push.Okta || status.LastSuccess == nil || status.LastError != nil {
		t.Errorf("%+v", status)
	}
	s.push.Disconnect()
	s.join("late")
	if err := s.push.Idle(t.Context()); !errors.Is(err, push.ErrNotConnected) || s.push.Status().State != push.NotConnected || len(s.took()) != 0 {
		t.Errorf("%v, %+v", err, s.push.Status())
	}
}

// TestOrder: what happens to one person arrives in its order, and none of it is
// left out, however fast it happens.
func TestOrder(t *testing.T) {
	t.Parallel()
	s := newScene(t, "ada")
	s.connect(push.Okta)
	s.idle()
	hold := make(chan struct{})
	s.failing(func(*http.Request, string) (int, http.Header, bool) {
		<-hold
		return 0, nil, false
	})
	for range 3 {
		s.leave("ada")
		_, err := s.Return("ada@acme.com")
		s.must(err)
	}
	s.join("grace")
	s.leave("grace")
	close(hold)
	var active []string
	for _, request := range s.idle() {
		if strings.HasPrefix(request, "PATCH /Users/u1 ") {
			_, value, _ := strings.Cut(request, `"active":`)
			active = append(active, strings.TrimRight(value, "}]"))
		}
	}
	if !slices.Equal(active, []string{"false", "true", "false", "true", "false", "true"}) || s.state() != "(grace) ada" {
		t.Errorf("%v, %s", active, s.state())
	}
}

// TestLeaversFirst: no leaver keeps access because others are arriving.
func TestLeaversFirst(t *testing.T) {
	t.Parallel()
	s := newScene(t, "ada")
	s.connect(push.Entra)
	s.idle()
	begun, hold := make(chan struct{}, 1000), make(chan struct{})
	s.failing(func(*http.Request, string) (int, http.Header, bool) {
		begun <- struct{}{}
		<-hold
		return 0, nil, false
	})
	for i := range 50 {
		s.join(fmt.Sprintf("person%d", i))
	}
	<-begun // the first of them is being looked up
	s.leave("ada")
	close(hold)
	requests := s.idle()
	if at := slices.IndexFunc(requests, func(r string) bool { return strings.HasPrefix(r, "PATCH /Users/u1 ") }); at < 0 || at > 2 {
		t.Errorf("the leaver was request %d of %d", at, len(requests))
	}
}

// TestRetries: what can work later is tried again, ever later, and given up in
// the end; what cannot is given up at once.
func TestRetries(t *testing.T) {
	t.Parallel()
	after := func(value string) http.Header { return http.Header{"Retry-After": {value}} }
	ms := func(values ...int) (out []time.Duration) {
		for _, v := range values {
			out = append(out, time.Duration(v)*time.Millisecond)
		}
		return out
	}
	for name, tt := range map[string]struct {
		fail  func(*http.Request, string) (int, http.Header, bool)
		waits []time.Duration
		fails string // empty: it works in the end
	}{
		"500 twice":         {first(2, 500, nil), ms(250, 500), ""},
		"503 without end":   {first(100, 503, nil), ms(250, 500, 1000, 2000, 4000, 8000, 16000), "503"},
		"429 with seconds":  {first(2, 429, after("7")), ms(7000, 7000), ""},
		"429 with a date":   {first(1, 429, after("Sun, 01 Mar 2026 12:00:09 GMT")), ms(9000), ""},
		"429 with nonsense": {first(1, 429, after("soon")), ms(250), ""},
		"429 with a month":  {first(1, 429, after("2592000")), ms(300000), ""},
		"400":               {first(1, 400, nil), nil, "the endpoint answered 400: told to"},
		"501":               {first(1, 501, nil), nil, "501"},
		"a redirect":        {first(1, 307, http.Header{"Location": {"http://127.0.0.1:2/elsewhere"}}), nil, "307"},
		"no answer, then some": {func() func(*http.Request, string) (int, http.Header, bool) {
			n := 0
			return func(*http.Request, string) (int, http.Header, bool) { n++; return 0, nil, n < 3 }
		}(), ms(250, 500), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.connect(push.Entra)
			s.failing(tt.fail)
			s.join("ada")
			err := s.push.Idle(t.Context())
			if !slices.Equal(s.waits, tt.waits) {
				t.Errorf("waits %v, want %v", s.waits, tt.waits)
			}
			status := s.push.Status()
			if tt.fails == "" {
				if err != nil || s.state() != "ada" || status.Failed != 0 {
					t.Errorf("%v: %s, %+v", err, s.state(), status)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.fails) || status.Failed != 1 || status.State != push.Idle || status.LastError.What != "ada@acme.com" {
				t.Errorf("%v: %+v", err, status)
			}
			if _, err := s.push.Wait(t.Context(), "ada-1"); err == nil || s.push.Of("ada-1") != "failed" {
				t.Errorf("%v, %s", err, s.push.Of("ada-1"))
			}
			s.failing(nil)
			s.must(s.push.Resync())
			s.idle()
			if s.state() != "ada" || s.push.Status().Failed != 0 {
				t.Errorf("after a resync: %s, %+v", s.state(), s.push.Status())
			}
		})
	}
}

// TestOneFailsOthersGoOn: a group goes ahead without a member who cannot be made
// yet, and gets them when they are there.
func TestOneFailsOthersGoOn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.join("ada", "Staff")
	s.join("bad", "Staff")
	s.join("grace", "Staff")
	bad, before := 0, ""
	s.failing(func(r *http.Request, body string) (int, http.Header, bool) {
		if !strings.Contains(body+r.URL.RawQuery, "bad") {
			return 0, nil, false
		}
		if bad++; bad == 3 { // by now all else is done
			before = fmt.Sprint(len(s.users), " users, ", len(membersOf(s.groups["d3"])), " members")
		}
		if bad <= 3 {
			return 500, nil, false
		}
		return 0, nil, false
	})
	s.connect(push.Okta)
	_, err := s.push.Wait(t.Context(), "bad-1", groupID(s, "Staff"))
	s.must(err)
	if before != "2 users, 2 members" || s.state() != "ada bad grace Staff:ada,bad,grace" {
		t.Errorf("before: %s; after: %s", before, s.state())
	}
}

func groupID(s *scene, name string) string {
	s.t.Helper()
	for _, g := range s.Groups() {
		if g.Name == name {
			return g.ID
		}
	}
	s.t.Fatalf("no group %s", name)
	return ""
}

// TestLostAnswers: nothing is made twice when the endpoint did what it was asked
// and the answer was lost.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for _, style := range push.Styles() {
		s := newScene(t)
		s.connect(style)
		lost := map[string]bool{}
		s.failing(func(r *http.Request, _ string) (int, http.Header, bool) {
			retried := lost[r.Method+r.URL.Path]
			lost[r.Method+r.URL.Path] = true
			return 0, nil, !retried
		})
		s.join("ada", "Staff")
		s.idle()
		_, err := s.RemoveMembers("Staff", "ada@acme.com")
		s.must(err)
		s.leave("ada")
		s.idle()
		if state := s.state(); state != "(ada) Staff:" {
			t.Errorf("%s: %s", style, state)
		}
	}
}

// TestTakenOver: the removal of somebody, or of a group, that comes late does not
// hit who has the address or the name by now.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	for _, style := range push.Styles() {
		s := newScene(t)
		s.join("ada", "Staff")
		s.connect(style)
		s.idle()
		failed := map[string]bool{}
		s.failing(func(r *http.Request, _ string) (int, http.Header, bool) {
			if retried := failed[r.URL.Path]; retried || r.Method == http.MethodGet || !strings.HasSuffix(r.URL.Path, "1") && !strings.HasSuffix(r.URL.Path, "2") {
				return 0, nil, false
			}
			failed[r.URL.Path] = true
			return 500, nil, false
		})
		_, err := s.DeleteGroup("Staff")
		s.must(err)
		s.Remove("ada-1")
		_, err = s.Join(people.Person{Email: "ada@acme.com", FirstName: "Another", Groups: []string{"Staff"}})
		s.must(err)
		s.idle()
		if state := s.state(); len(failed) == 0 || state != "ada Staff:ada" {
			t.Errorf("%s: %s, %v", style, state, failed)
		}
		s.must(s.push.Resync())
		for _, request := range s.idle() {
			if !strings.HasPrefix(request, "GET ") {
				t.Errorf("%s: left to be repaired: %s", style, request)
			}
		}
	}
}

// TestConflict: a user whom the query did not find, and who cannot be made, is a
// failure with the endpoint's reason.
func TestConflict(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.connect(push.Entra)
	s.failing(func(r *http.Request, _ string) (int, http.Header, bool) {
		if r.Method == http.MethodPost {
			return http.StatusConflict, nil, false
		}
		return 0, nil, false
	})
	s.join("ada")
	if err := s.push.Idle(t.Context()); err == nil || !strings.Contains(err.Error(), "ada@acme.com: the endpoint answered 409: told to") {
		t.Error(err)
	}
	if requests := s.took(); len(requests) != 4 {
		t.Errorf("%v", requests)
	}
}

// TestQuarantine: a token that is refused stops everything; the next one goes on
// where the last one stopped, and nothing is lost.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	s := newScene(t, "ada")
	s.connect(push.Okta)
	s.idle()
	s.mu.Lock()
	s.token = "another-token-0123456789"
	s.mu.Unlock()
	s.leave("ada")
	_, err := s.push.Wait(t.Context(), "ada-1")
	var quarantined *push.Quarantined
	if !errors.As(err, &quarantined) || strings.Contains(err.Error(), token) {
		t.Fatalf("%v", err)
	}
	s.join("grace")
	status := s.push.Status()
	if status.State != push.Quarantine || status.Pending != 2 || strings.Contains(fmt.Sprintf("%+v %+v", status, *status.LastError), token) {
		t.Errorf("%+v, %+v", status, status.LastError)
	}
	if err := s.push.Idle(t.Context()); !errors.As(err, &quarantined) {
		t.Error(err)
	}
	if requests := s.took(); len(requests) != 1 {
		t.Errorf("a refused token was tried again: %v", requests)
	}
	s.must(s.push.Resync())
	if err := s.push.Idle(t.Context()); !errors.As(err, &quarantined) || len(s.took()) != 1 {
		t.Errorf("a resync asks once more: %v", err)
	}
	s.connectTo(push.Target{Endpoint: endpoint, Token: "another-token-0123456789", Style: push.Okta})
	s.idle()
	if s.state() != "(ada) grace" || s.push.Status().State != push.Idle {
		t.Errorf("%s, %+v", s.state(), s.push.Status())
	}
}

// TestRotation: the token changes while a push runs, and no request fails.
func TestRotation(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.connect(push.Entra)
	rejected := false
	s.failing(func(r *http.Request, _ string) (int, http.Header, bool) {
		// Both are good for a while; the fake itself knows one.
		switch r.Header.Get("Authorization") {
		case "Bearer " + token, "Bearer next-" + token:
			r.Header.Set("Authorization", "Bearer "+token)
		default:
			rejected = true
		}
		return 0, nil, false
	})
	for i := range 100 {
		s.join(fmt.Sprintf("person%d", i))
		if i == 50 {
			s.connectTo(push.Target{Endpoint: endpoint, Token: "next-" + token, Style: push.Entra})
		}
	}
	if requests := s.idle(); rejected || s.push.Status().LastError != nil || len(requests) != 200 {
		t.Errorf("%v, %d requests, %+v", rejected, len(requests), s.push.Status())
	}
}

// TestResync repairs what was changed behind its back, and leaves alone who never
// came from here.
func TestResync(t *testing.T) {
	t.Parallel()
	for _, style := range push.Styles() {
		s := newScene(t)
		s.join("ada", "Staff")
		s.join("grace", "Staff")
		s.join("linus", "Staff")
		s.join("gone")
		s.connect(style)
		s.idle()
		s.leave("gone")
		s.idle()
		s.mu.Lock()
		for _, u := range s.users {
			switch u["userName"] {
			case "ada@acme.com":
				u["active"], u["title"] = false, "Hacked"
			case "grace@acme.com":
				u["userName"] = "other@acme.com"
			case "linus@acme.com":
				delete(s.users, fmt.Sprint(u["id"]))
			case "gone@acme.com":
				u["active"] = true
			}
		}
		s.users["x"] = map[string]any{"id": "x", "userName": "canary@acme.com", "active": true}
		for _, g := range s.groups {
			g["displayName"] = "Hacked"
			g["members"] = map[string]bool{"x": true}
		}
		s.mu.Unlock()
		s.must(s.push.Resync())
		s.idle()
		if state := s.state(); state != "(gone) ada canary grace linus Staff:ada,grace,linus" {
			t.Errorf("%s: %s", style, state)
		}
		s.must(s.push.Resync())
		for _, request := range s.idle() {
			if !strings.HasPrefix(request, "GET ") {
				t.Errorf("%s: nothing is to be repaired, but: %s", style, request)
			}
		}
	}
}

// TestNewEndpoint: another endpoint gets everything from the start, and what the
// first had to get is given up.
func TestNewEndpoint(t *testing.T) {
	t.Parallel()
	s := newScene(t, "ada")
	hold := make(chan struct{})
	s.failing(func(r *http.Request, _ string) (int, http.Header, bool) {
		select {
		case <-hold:
		case <-r.Context().Done():
			return 0, nil, true
		}
		return 0, nil, false
	})
	s.connectTo(push.Target{Endpoint: endpoint + "-old", Token: token, Style: push.Okta})
	waited := make(chan error)
	go func() {
		_, err := s.push.Wait(context.WithoutCancel(t.Context()), "ada-1")
		waited <- err
	}()
	go close(hold)
	s.push.Disconnect()
	if err := <-waited; err != nil && !errors.Is(err, push.ErrNotConnected) {
		t.Error(err)
	}
	s.failing(nil)
	s.took()
	s.connect(push.Okta)
	if requests := s.idle(); len(requests) == 0 || s.state() != "ada" {
		t.Errorf("%v: %s", requests, s.state())
	}
}

// TestManyMembers: a large group arrives in requests of a hundred.
func TestManyMembers(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for i := range 250 {
		s.join(fmt.Sprintf("person%03d", i), "Staff")
	}
	s.connect(push.Entra)
	patches := 0
	for _, request := range s.idle() {
		if strings.HasPrefix(request, "PATCH /Groups/") {
			patches++
		}
	}
	if patches != 3 || len(membersOf(s.groups["d251"])) != 250 {
		t.Errorf("%d requests, %d members", patches, len(membersOf(s.groups["d251"])))
	}
}
