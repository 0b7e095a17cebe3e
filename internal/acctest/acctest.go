// Package acctest holds what acceptance tests share: a mockcloud on a port of its own for each test, the provider as
// Terraform's test harness wants it, changes behind Terraform's back, and counts of the requests that were made.
package acctest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scenario"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/provider"
)

// What the scenarios of the tests have in common: the account, and keys of a service account and of two Owners.
const (
	AccountID      = "0c1f1d2e-0000-4000-8000-000000000001"
	ServiceKey     = "pnb_terraform"
	OwnerKey       = "pnu_owner"
	SecondOwnerKey = "pnu_second_owner"
	AdminKey       = "pnu_admin"
)

// Server is a running mockcloud.
type Server struct {
	URL string // as http://127.0.0.1:PORT
	t   testing.TB
	web *http.Client // of its own: a server of another test that closes breaks the requests of the default one
	key string       // whose key looks and changes behind Terraform's back

	mock *mockcloud.Server
}

// As is the same server seen with another person's key.
func (s *Server) As(key string) *Server {
	other := *s
	other.key = key
	return &other
}

// Option changes what Start starts.
type Option func(testing.TB, *mockcloud.Config)

// PublishedOnly makes the server behave like today's Prefect Cloud.
func PublishedOnly(_ testing.TB, cfg *mockcloud.Config) { cfg.PublishedOnly = true }

// PrivateIssuers lets the server fetch from loopback, where tests run their identity providers.
func PrivateIssuers(_ testing.TB, cfg *mockcloud.Config) { cfg.AllowPrivateIssuers = true }

// Scenario starts with this YAML instead of the ready-made scenario.
func Scenario(yaml string) Option {
	return func(t testing.TB, cfg *mockcloud.Config) {
		t.Helper()
		parsed, err := scenario.Parse("test.yaml", []byte(yaml))
		if err != nil {
			t.Fatalf("scenario: %v", err)
		}
		cfg.Scenario = parsed
	}
}

// Behind has the server's clock go, behind by so much.
func Behind(by time.Duration) Option {
	return func(_ testing.TB, cfg *mockcloud.Config) {
		cfg.Clock = func() time.Time { return time.Now().Add(-by) }
	}
}

// BundledIdP starts the server's own identity provider, whose people are the scenario's users.
func BundledIdP(_ testing.TB, cfg *mockcloud.Config) { cfg.IdP = true }

// Crowd is a scenario of one Owner, the service account and many people who hold one role, without a rate limit.
func Crowd(people int, role string) Option {
	return Scenario(fmt.Sprintf(`
accounts:
  - id: %s
    handle: acme
    name: Acme
    features: [sso]
    rate_limit_per_minute: 0
    users: [{email: owner@acme.com, first_name: Account, last_name: Owner, role: Owner, api_key: %s}]
    service_accounts: [{name: terraform, role: Owner, api_key: %s}]
    generate: {members: %d, domain: acme.com, role: %s}
`, AccountID, OwnerKey, ServiceKey, people, role))
}

// Start runs a mockcloud until the test ends. The test fails when anything asked it for a route that it does not have,
// but for the reads by which the provider finds out what today's Prefect Cloud does not offer.
func Start(t testing.TB, options ...Option) *Server {
	t.Helper()
	var cfg mockcloud.Config
	for _, option := range options {
		option(t, &cfg)
	}
	mock, err := mockcloud.New(cfg)
	if err != nil {
		t.Fatalf("mockcloud: %v", err)
	}
	listener := httptest.NewServer(mock)
	s := &Server{URL: listener.URL, t: t, web: listener.Client(), key: OwnerKey, mock: mock}
	t.Cleanup(func() {
		for _, route := range s.Requests().Routes {
			probe := cfg.PublishedOnly && route.Method == http.MethodGet // finds out what the server does not offer
			if route.Route == "unknown" && !probe {
				t.Errorf("%d %s requests went to routes that mockcloud does not have", route.Count, route.Method)
			}
		}
		listener.Close()
		if err := mock.Close(); err != nil {
			t.Errorf("close mockcloud: %v", err)
		}
	})
	return s
}

// IdPURL is where the bundled identity provider is.
func (s *Server) IdPURL() string { return s.mock.IdPURL() }

// IdP is the bundled identity provider, whose people come and go.
func (s *Server) IdP() *idp.IdP { return s.mock.IdP() }

// Advance moves the server's clock ahead, such as by "24h".
func (s *Server) Advance(by string) {
	s.t.Helper()
	s.do("", http.MethodPost, "/_mockcloud/clock", map[string]any{"advance": by}, nil)
}

// Restricted reports whether all sessions of a key's user are kept out of their accounts.
func (s *Server) Restricted(key string) bool {
	s.t.Helper()
	var sessions []struct {
		Restricted bool `json:"restricted"`
	}
	s.do(key, http.MethodGet, "/api/me/sessions", nil, &sessions)
	for _, session := range sessions {
		if !session.Restricted {
			return false
		}
	}
	return true
}

// Factories serve the provider to the test harness, in process.
func Factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"prefectsso": providerserver.NewProtocol6WithError(provider.New("test")()),
	}
}

// Provider is a provider block for this server with the service account's key, and further arguments.
func (s *Server) Provider(arguments ...string) string {
	return s.ProviderAs(ServiceKey, arguments...)
}

// ProviderAs is Provider with another key.
func (s *Server) ProviderAs(key string, arguments ...string) string {
	block := fmt.Sprintf("provider \"prefectsso\" {\n  endpoint = %q\n  api_key = %q\n  account_id = %q\n", s.URL+"/api", key, AccountID)
	for _, argument := range arguments {
		block += "  " + argument + "\n"
	}
	return block + "}\n"
}

// Call makes a request as another caller than Terraform, and decodes the answer into out unless that is nil. The path is
// below the account. Any answer but 2xx fails the test.
func (s *Server) Call(key, method, path string, body, out any) {
	s.t.Helper()
	s.do(key, method, "/api/accounts/"+AccountID+path, body, out)
}

// Push makes a user or group at a directory's SCIM endpoint, as its identity provider does.
func (s *Server) Push(endpoint, token, path string, resource any) {
	s.t.Helper()
	s.do(token, http.MethodPost, strings.TrimPrefix(endpoint, s.URL)+path, resource, nil)
}

// Status is the answer's status to a request below the account.
func (s *Server) Status(key, method, path string) int {
	s.t.Helper()
	return s.StatusIn(AccountID, key, method, path)
}

// StatusIn is Status below another account.
func (s *Server) StatusIn(account, key, method, path string) int {
	s.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, s.URL+"/api/accounts/"+account+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	resp, err := s.web.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = resp.Body.Close() // the status is all that counts
	return resp.StatusCode
}

func (s *Server) do(key, method, path string, body, out any) {
	s.t.Helper()
	var payload io.Reader = http.NoBody
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			s.t.Fatalf("encode body of %s: %v", path, err)
		}
		payload = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, s.URL+path, payload)
	if err != nil {
		s.t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.web.Do(req)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end or given up on below
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	if resp.StatusCode/100 != 2 {
		s.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, answer)
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			s.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
}

// Domains are the account's enabled domains, as the server has them.
func (s *Server) Domains() []string {
	s.t.Helper()
	var rows []struct {
		Name string `json:"name"`
	}
	s.Call(s.key, http.MethodGet, "/domains", nil, &rows)
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = row.Name
	}
	return names
}

// SetDomains makes these the account's enabled domains, behind Terraform's back.
func (s *Server) SetDomains(names ...string) {
	s.t.Helper()
	s.Call(s.key, http.MethodPatch, "/domains", map[string]any{"domain_names": append([]string{}, names...)}, nil)
}

// Member is what the server says of one person.
type Member struct {
	ID       string `json:"id"`
	UserID   string `json:"user_id"`
	Email    string `json:"email"`
	Role     string `json:"account_role_name"`
	RoleID   string `json:"account_role_id"`
	IsActive bool   `json:"active"`
}

// Member looks a member up; ok is false when the person is no member.
func (s *Server) Member(email string) (m Member, ok bool) {
	s.t.Helper()
	var rows []Member
	s.Call(s.key, http.MethodPost, "/account_memberships/filter", map[string]any{"account_memberships": map[string]any{"email": map[string]any{"any_": []string{email}}}}, &rows)
	if len(rows) == 0 {
		return Member{}, false
	}
	return rows[0], true
}

// Members are all members, service accounts too.
func (s *Server) Members() []Member {
	s.t.Helper()
	const page = 200
	var all []Member
	for {
		var rows []Member
		s.Call(s.key, http.MethodPost, "/account_memberships/filter", map[string]any{"limit": page, "offset": len(all)}, &rows)
		if all = append(all, rows...); len(rows) < page {
			return all
		}
	}
}

// RoleID is the id of an account role.
func (s *Server) RoleID(name string) string {
	s.t.Helper()
	var rows []struct {
		ID string `json:"id"`
	}
	s.Call(s.key, http.MethodPost, "/account_roles/filter", map[string]any{"account_roles": map[string]any{"name": map[string]any{"any_": []string{name}}}}, &rows)
	if len(rows) != 1 {
		s.t.Fatalf("%d roles are named %q", len(rows), name)
	}
	return rows[0].ID
}

// SetRole gives a member a role behind Terraform's back.
func (s *Server) SetRole(email, role string) {
	s.t.Helper()
	m, ok := s.Member(email)
	if !ok {
		s.t.Fatalf("%s is no member", email)
	}
	s.Call(s.key, http.MethodPatch, "/account_memberships/"+m.ID, map[string]any{"account_role_id": s.RoleID(role)}, nil)
}

// RemoveMember removes a member from the account behind Terraform's back.
func (s *Server) RemoveMember(email string) {
	s.t.Helper()
	m, ok := s.Member(email)
	if !ok {
		s.t.Fatalf("%s is no member", email)
	}
	s.Call(s.key, http.MethodDelete, "/account_memberships/"+m.ID, nil, nil)
}

// Requests are the requests since the start or the last reset.
type Requests struct {
	Total  int `json:"total"`
	Routes []struct {
		Method string `json:"method"`
		Route  string `json:"route"`
		Count  int    `json:"count"`
	} `json:"routes"`
}

// Count is how many requests went to a route, given by its pattern below the account.
func (r Requests) Count(method, route string) int {
	for _, row := range r.Routes {
		if row.Method == method && row.Route == "/api/accounts/{account_id}"+route {
			return row.Count
		}
	}
	return 0
}

// Writes is how many requests changed something, or tried to.
func (r Requests) Writes() int {
	writes := 0
	for _, row := range r.Routes {
		switch row.Method {
		case http.MethodPut, http.MethodPatch, http.MethodDelete:
			writes += row.Count
		}
	}
	return writes
}

// Requests asks the server what it was asked.
func (s *Server) Requests() Requests {
	s.t.Helper()
	var out Requests
	s.do("", http.MethodGet, "/_mockcloud/requests", nil, &out)
	return out
}

// ResetRequests starts counting afresh.
func (s *Server) ResetRequests() {
	s.t.Helper()
	s.do("", http.MethodPost, "/_mockcloud/requests/reset", map[string]any{}, nil)
}

// Fault makes the server misbehave, as the control API describes it.
func (s *Server) Fault(fault map[string]any) {
	s.t.Helper()
	s.do("", http.MethodPost, "/_mockcloud/faults", fault, nil)
}

// ClearFaults ends all misbehavior.
func (s *Server) ClearFaults() {
	s.t.Helper()
	s.do("", http.MethodDelete, "/_mockcloud/faults", nil, nil)
}

// WantDomains is an error unless the account has exactly these domains, in any order.
func (s *Server) WantDomains(want ...string) error {
	s.t.Helper()
	got := s.Domains()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("the account has the domains %v, want %v", got, want)
	}
	return nil
}

// WantRole is an error unless a member holds exactly this role.
func (s *Server) WantRole(email, role string) error {
	s.t.Helper()
	m, ok := s.Member(email)
	switch {
	case !ok:
		return fmt.Errorf("%s is no member", email)
	case m.Role != role:
		return fmt.Errorf("%s is %s, want %s", email, m.Role, role)
	}
	return nil
}
