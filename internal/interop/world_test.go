//go:build interop

package interop

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

type obj = map[string]any

// The people: ada is a member already, grace is known to the identity provider only.
const (
	ada   = "ada@acme.example"
	grace = "grace@acme.example"
)

// world is a mockcloud that lets identity providers be on this machine, with an account
// whose people log in. Its clock is the real one, which the test sets ahead.
type world struct {
	*mocktest.Server
	t     testing.TB
	clock *clock
	// refusals are the reasons for which logins were refused.
	refusals *refusals
	// connection is the account's only one.
	connection string
}

// refusals hears from the server's log why logins were refused: the audit trail has
// each reason once a minute only.
type refusals struct {
	mu      sync.Mutex
	reasons []string
}

// Enabled implements slog.Handler.
func (r *refusals) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs implements slog.Handler.
func (r *refusals) WithAttrs([]slog.Attr) slog.Handler { return r }

// WithGroup implements slog.Handler.
func (r *refusals) WithGroup(string) slog.Handler { return r }

// Handle implements slog.Handler.
func (r *refusals) Handle(_ context.Context, line slog.Record) error {
	if line.Message != "login rejected" {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	line.Attrs(func(a slog.Attr) bool {
		if a.Key == "reason" {
			r.reasons = append(r.reasons, a.Value.String())
		}
		return true
	})
	return nil
}

// take returns the reasons since it was last called.
func (r *refusals) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.reasons
	r.reasons = nil
	return taken
}

type clock struct {
	mu    sync.Mutex
	ahead time.Duration
	// stood, unless zero, is when it was stopped.
	stood time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stood.IsZero() {
		return time.Now().Add(c.ahead)
	}
	return c.stood.Add(c.ahead)
}

// stop has only the test move the clock from now on.
func (c *clock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stood = time.Now()
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{}, refusals: &refusals{}}
	w.Server = mocktest.Start(t, mockcloud.Config{
		AllowPrivateIssuers: true, Clock: w.clock.Now, Logger: slog.New(w.refusals), Scenario: mocktest.Scenario(t, scenario),
	})
	return w
}

// scenario is the account.
const scenario = `
accounts:
  - id: ` + mocktest.Account + `
    handle: acme
    features: [sso, scim, teams, custom_roles, audit_logs]
    rate_limit_per_minute: 0
    domains: [acme.example]
    users:
      - {email: owner@acme.example, role: Owner, api_key: ` + mocktest.Owner + `}
      - {email: ` + ada + `, first_name: Ada, role: Admin, api_key: ` + mocktest.Member + `}
    service_accounts: [{name: terraform, role: Owner, api_key: ` + mocktest.Terraform + `}]
`

// in is the same world for a subtest.
func (w *world) in(t testing.TB) *world {
	other := *w
	other.t, other.Server = t, w.In(t)
	return &other
}

// api calls a route of the account.
func (w *world) api(method, path string, body any) mocktest.Answer {
	w.t.Helper()
	answer, err := w.Try(method, mocktest.Root+path, mocktest.Terraform, body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer
}

// connect configures the account's connection, and has to succeed.
func (w *world) connect(kind string, settings obj) {
	w.t.Helper()
	body := obj{"name": "opponent", "domains": []string{"acme.example"}, "connection_type": kind}
	for name, value := range settings {
		body[name] = value
	}
	var made mocktest.Row
	w.api(http.MethodPost, "/sso/connections", body).Want(http.StatusCreated).Into(&made)
	w.connection = made.ID
}

// configure changes the connection.
func (w *world) configure(settings obj) {
	w.t.Helper()
	w.api(http.MethodPatch, "/sso/connections/"+w.connection, settings).Want(http.StatusOK)
}

// wantRecent has the account ask for logins of at most so long ago.
func (w *world) wantRecent(seconds any) {
	w.t.Helper()
	w.api(http.MethodPatch, "", obj{"auth_expiration_seconds": seconds}).Want(http.StatusNoContent)
}

// login opens the login page, which sends the visitor on to the opponent.
func (w *world) login(v *acctest.Visitor, email string) *acctest.Page {
	w.t.Helper()
	return v.Open(w.URL + "/login?email=" + url.QueryEscape(email))
}

// someone is who a session is of.
type someone struct {
	ID        string `json:"id"`
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
}

// letIn fails unless the visitor has been logged in as the member with this email, and
// returns who that is.
func (w *world) letIn(v *acctest.Visitor, p *acctest.Page, email string) someone {
	w.t.Helper()
	if p.Status != http.StatusOK || p.URL.Path != "/me" {
		w.t.Fatalf("%s answered %d; refused for %q: %s", p.URL, p.Status, w.refusals.take(), p.Text)
	}
	me := v.Open(w.URL + "/api/me")
	var who someone
	if err := json.Unmarshal([]byte(me.Text), &who); err != nil || me.Status != http.StatusOK {
		w.t.Fatalf("status %d, %v: %s", me.Status, err, me.Text)
	}
	if member := w.MemberNamed(email); who.Email != email || who.ID == "" || member.UserID != who.ID || !member.Active {
		w.t.Fatalf("%+v is not the member %+v", who, member)
	}
	return who
}

// refused fails unless a login was refused, for this reason, and the visitor is nobody.
func (w *world) refused(v *acctest.Visitor, p *acctest.Page, reason string) {
	w.t.Helper()
	w.turnedAway(p, reason)
	if me := v.Open(w.URL + "/api/me"); me.Status != http.StatusUnauthorized {
		w.t.Fatalf("there is a session: %s", me.Text)
	}
}

var referenceOf = regexp.MustCompile(`Reference: <strong><code>([0-9A-Z]{10})</code>`)

// turnedAway is refused for a visitor who still has a session of before.
func (w *world) turnedAway(p *acctest.Page, reason string) {
	w.t.Helper()
	if p.Status != http.StatusForbidden || !strings.HasPrefix(p.URL.String(), w.URL) {
		w.t.Fatalf("%s answered %d, not a refusal for %s: %s", p.URL, p.Status, reason, p.Text)
	}
	if reasons := w.refusals.take(); !slices.Equal(reasons, []string{reason}) {
		w.t.Fatalf("refused for %q, not for %s", reasons, reason)
	}
	// The person is told a reference, by which administrators find the reason.
	reference := referenceOf.FindStringSubmatch(p.Text)
	if reference == nil {
		w.t.Fatalf("the page has no reference: %s", p.Text)
	}
	var kept struct {
		Reason string `json:"reason"`
	}
	w.api(http.MethodGet, "/sso/login_refusals/"+reference[1], nil).Want(http.StatusOK).Into(&kept)
	if kept.Reason != reason {
		w.t.Errorf("the reference leads to %q, not to %s", kept.Reason, reason)
	}
	if trail := w.trail(); !slices.Contains(trail, reason) {
		w.t.Errorf("the audit trail has refusals for %q only, not for %s", trail, reason)
	}
}

// trail returns the reasons that the audit trail has.
func (w *world) trail() (reasons []string) {
	w.t.Helper()
	var page struct {
		Events []struct {
			Payload map[string]string `json:"payload"`
		} `json:"events"`
	}
	w.api(http.MethodPost, "/events/filter", obj{"limit": 200, "filter": obj{
		"event": obj{"name": []string{"prefect-cloud.sso-connection.rejected"}}, "order": "ASC",
	}}).Want(http.StatusOK).Into(&page)
	for _, e := range page.Events {
		reasons = append(reasons, e.Payload["reason"])
	}
	return reasons
}
