// Package mocktest is what the server's own tests share: a server on a port of
// its own and short ways to call it. Nothing but tests imports it.
package mocktest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/published"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scenario"
)

// What the ready-made scenario has.
const (
	Account     = "0c1f1d2e-0000-4000-8000-000000000001"
	Owner       = "pnu_owner"
	SecondOwner = "pnu_second_owner"
	Admin       = "pnu_admin"
	Member      = "pnu_ada"
	Terraform   = "pnb_terraform"
	Root        = "/api/accounts/" + Account
)

// Server is a mockcloud that listens until the test ends.
type Server struct {
	t    testing.TB
	http *http.Client
	URL  string
	Mock *mockcloud.Server
}

// Start starts one.
func Start(t testing.TB, cfg mockcloud.Config) *Server {
	t.Helper()
	mock, err := mockcloud.New(cfg)
	if err != nil {
		t.Fatalf("start mockcloud: %v", err)
	}
	t.Cleanup(func() {
		if err := mock.Close(); err != nil {
			t.Errorf("close mockcloud: %v", err)
		}
	})
	s := Serve(t, mock)
	s.Mock = mock
	return s
}

// Serve is Start for a handler that a test puts together itself.
func Serve(t testing.TB, h http.Handler) *Server {
	t.Helper()
	listener := httptest.NewServer(h)
	t.Cleanup(listener.Close)
	client := listener.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Server{t: t, http: client, URL: listener.URL}
}

// In is the same server for a subtest.
func (s *Server) In(t testing.TB) *Server {
	other := *s
	other.t = t
	return &other
}

// Scenario reads a scenario that has to be right.
func Scenario(t testing.TB, text string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Answer is what came back.
type Answer struct {
	t       testing.TB
	request *http.Request
	Status  int
	Header  http.Header
	Body    string
}

// check compares the answer with what the published document says of it.
func (a Answer) check() error {
	return published.Check(a.request, a.Status, a.Header.Get("Content-Type"), []byte(a.Body))
}

// Call makes a request. What is answered has to be as the published document says.
// A body is a string, sent as it is, or a value that
// becomes JSON; nil is none. Headers are pairs of name and value.
func (s *Server) Call(method, path, key string, body any, headers ...string) Answer {
	s.t.Helper()
	answer, err := s.Try(method, path, key, body, headers...)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	if err := answer.check(); err != nil {
		s.t.Errorf("%s %s does not answer as the document says: %v\n%s", method, path, err, answer.Body)
	}
	return answer
}

// Try is Call for requests that may get no answer.
func (s *Server) Try(method, path, key string, body any, headers ...string) (Answer, error) {
	s.t.Helper()
	var payload io.Reader = http.NoBody
	switch body := body.(type) {
	case nil:
	case string:
		payload = strings.NewReader(body)
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		payload = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, payload)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w, err := s.http.Do(r)
	if err != nil {
		return Answer{}, err
	}
	raw, err := io.ReadAll(w.Body)
	return Answer{t: s.t, request: r, Status: w.StatusCode, Header: w.Header, Body: string(raw)}, errors.Join(err, w.Body.Close())
}

// Want fails the test unless the answer has a status and all the texts.
func (a Answer) Want(status int, texts ...string) Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("status %d, want %d: %s", a.Status, status, a.Body)
	}
	for _, text := range texts {
		if !strings.Contains(a.Body, text) {
			a.t.Errorf("the answer does not say %q: %s", text, a.Body)
		}
	}
	return a
}

// Into reads the answer's JSON.
func (a Answer) Into(v any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.Body), v); err != nil {
		a.t.Fatalf("%v: %s", err, a.Body)
	}
}

// Row is a row of any listing.
type Row struct {
	ID              string   `json:"id"`
	ActorID         string   `json:"actor_id"`
	UserID          string   `json:"user_id"`
	Name            string   `json:"name"`
	Email           string   `json:"email"`
	AccountRoleID   string   `json:"account_role_id"`
	AccountRoleName string   `json:"account_role_name"`
	Active          bool     `json:"active"`
	Permissions     []string `json:"permissions"`
}

// MemberNamed finds a member of the ready-made account by email.
func (s *Server) MemberNamed(email string) Row {
	s.t.Helper()
	var rows []Row
	s.Call(http.MethodPost, Root+"/account_memberships/filter", Owner,
		map[string]any{"account_memberships": map[string]any{"email": map[string]any{"any_": []string{email}}}}).Want(http.StatusOK).Into(&rows)
	if len(rows) != 1 {
		s.t.Fatalf("%d members have the email %s", len(rows), email)
	}
	return rows[0]
}

// RoleNamed finds a role of the ready-made account by name.
func (s *Server) RoleNamed(name string) Row {
	s.t.Helper()
	var rows []Row
	s.Call(http.MethodPost, Root+"/account_roles/filter", Owner,
		map[string]any{"account_roles": map[string]any{"name": map[string]any{"any_": []string{name}}}}).Want(http.StatusOK).Into(&rows)
	if len(rows) != 1 {
		s.t.Fatalf("%d roles are named %s", len(rows), name)
	}
	return rows[0]
}

// Detail is FastAPI's list of what is wrong with a request.
type Detail struct {
	Detail []struct {
		Loc  []any  `json:"loc"`
		Msg  string `json:"msg"`
		Type string `json:"type"`
	} `json:"detail"`
}
