package provider_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// startDomains returns an account of two Owners, and of one person for each of two domains.
func startDomains(t *testing.T) *acctest.Server {
	t.Helper()
	return acctest.Start(t, acctest.PrivateIssuers, acctest.Scenario(`
accounts:
  - id: `+acctest.AccountID+`
    handle: acme
    name: Acme
    features: [sso]
    domains: [acme.com, b.example]
    users:
      - {email: owner@acme.com, role: Owner, api_key: `+acctest.OwnerKey+`}
      - {email: two@acme.com, role: Owner}
      - {email: ada@acme.com, role: Admin, api_key: pnu_ada}
      - {email: bob@b.example, role: Admin, api_key: pnu_bob}
    service_accounts: [{name: terraform, role: Owner, api_key: `+acctest.ServiceKey+`}]
`))
}

// connectionConfig returns a connection's configuration.
func connectionConfig(issuer, name, activation string, domains ...string) map[string]any {
	return map[string]any{
		"name": name, "connection_type": "GenericOIDC", "domains": domains, "activation": activation, "take_over_domains": false,
		"oidc": map[string]any{"issuer": issuer, "client_id": "prefect"},
	}
}

// The table of plans of one connection: who signs in no more, at once or at the first login.
func TestGuardLoginPlans(t *testing.T) {
	t.Parallel()
	const connection = "prefectsso_identity_provider"
	at := func(id, severity string, people ...string) []finding {
		return []finding{{ID: id, Severity: severity, At: "domains", People: people}}
	}
	bobLater := at("people-lose-access-at-first-login", "warning", "bob@b.example")
	for name, test := range map[string]struct {
		provider      map[string]any
		before, after string // how it is activated; no before: it is made
		domains       []string
		off           bool // somebody has switched it off
		want          []finding
	}{
		"active at once": {
			after: "immediate", domains: []string{"acme.com"},
			want: at("people-lose-access", "error", "bob@b.example"),
		},
		"active at the first login": {after: "none", domains: []string{"acme.com"}, want: bobLater},
		"active at the first login, acknowledged": {
			provider: map[string]any{"acknowledge_lockout": []string{"bob@b.example", "ada@acme.com"}},
			after:    "none", domains: []string{"acme.com"},
		},
		"active at the first login, and nobody loses": {after: "none", domains: []string{"acme.com", "b.example"}},
		"active at the first login, of the caller's domain not": {
			provider: map[string]any{"api_key": "pnu_bob"},
			after:    "none", domains: []string{"acme.com"},
			want: at("caller-locked-out-at-first-login", "warning", "bob@b.example"),
		},
		"active at once, and of the caller's domain": {
			provider: map[string]any{"api_key": "pnu_ada"},
			after:    "immediate", domains: []string{"acme.com", "b.example"},
			want: at("caller-needs-login", "warning", "ada@acme.com"),
		},
		"active at once, by one who bypasses it": {
			provider: map[string]any{"api_key": acctest.OwnerKey},
			after:    "immediate", domains: []string{"acme.com", "b.example"},
		},
		"changed, and not active yet":            {before: "none", after: "none", domains: []string{"acme.com"}, want: bobLater},
		"changed, and switched off":              {before: "none", after: "none", domains: []string{"acme.com"}, off: true},
		"active already: nobody loses once more": {before: "immediate", after: "none", domains: []string{"acme.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := startDomains(t)
			_, issuer := acctest.StartIdP(t, srv)
			block := map[string]any{"endpoint": srv.URL + "/api", "api_key": acctest.ServiceKey, "account_id": acctest.AccountID}
			for name, value := range test.provider {
				block[name] = value
			}
			config := connectionConfig(issuer, "Corp", test.after, test.domains...)
			if test.before == "" {
				plan, _, _ := inProcessAs(t, block).plan(t, connection, config)
				wantFindings(t, plan.Diagnostics, test.want...)
				return
			}
			block["lockout_protection"] = false // to get there
			made := inProcessAs(t, block).create(t, connection, connectionConfig(issuer, "Corp", test.before, test.domains...))
			delete(block, "lockout_protection")
			if test.off {
				srv.Call(acctest.OwnerKey, http.MethodPatch, "/sso/connections/"+connections(srv)[0].ID, map[string]any{"state": "inactive"}, nil)
			}
			p := inProcessAs(t, block)
			config["name"] = "Other"
			plan, _ := p.change(t, connection, p.read(t, connection, made.NewState, made.NewIdentity).NewState, config)
			wantFindings(t, plan.Diagnostics, test.want...)
		})
	}
}

// A connection that is replaced by one which nothing makes active ends, and with it the logins of its domains; its
// successor that is made active at once goes on with them.
func TestGuardLoginReplaced(t *testing.T) {
	t.Parallel()
	const connection = "prefectsso_identity_provider"
	srv := startDomains(t)
	_, issuer := acctest.StartIdP(t, srv)
	block := map[string]any{"endpoint": srv.URL + "/api", "api_key": acctest.ServiceKey, "account_id": acctest.AccountID, "lockout_protection": false}
	inProcessAs(t, block).create(t, connection, connectionConfig(issuer, "Corp", "immediate", "acme.com"))
	made := inProcessAs(t, block).create(t, connection, connectionConfig(issuer, "Branch", "immediate", "b.example"))
	delete(block, "lockout_protection")
	for activation, want := range map[string][]finding{
		"none":      {{ID: "people-lose-access", Severity: "error", At: "domains", People: []string{"bob@b.example"}}},
		"immediate": nil,
	} {
		config := connectionConfig(issuer, "Branch", activation, "b.example")
		config["connection_type"] = "OktaOIDC"
		p := inProcessAs(t, block)
		plan, _ := p.change(t, connection, p.read(t, connection, made.NewState, made.NewIdentity).NewState, config)
		wantFindings(t, plan.Diagnostics, want...)
		if errors := errorsOf(plan.Diagnostics); len(errors) != len(want) {
			t.Errorf("activation %s: errors %q", activation, errors)
		}
	}
}

// Where the account does not tell who its people are, only what happens at once is refused.
func TestGuardLoginPlansUnreadable(t *testing.T) {
	t.Parallel()
	srv := startDomains(t)
	srv.Fault(map[string]any{"method": http.MethodPost, "route": "/api/accounts/{account_id}/account_memberships/filter", "status": http.StatusForbidden})
	for activation, want := range map[string][]finding{
		"immediate": nil, // an error of the client, which no rule made
		"none":      {{ID: "lockout-not-checked", Severity: "warning", At: "domains"}},
	} {
		plan, _, _ := inProcess(t, srv).plan(t, "prefectsso_identity_provider", connectionConfig("https://idp.example", "Corp", activation, "acme.com"))
		wantFindings(t, plan.Diagnostics, want...)
		if errors := errorsOf(plan.Diagnostics); len(errors) != 1-len(want) {
			t.Errorf("activation %s: errors %q", activation, errors)
		}
	}
}

// Whoever is refused for want of a login is told to log in, not to get a permission.
func TestLoginIsAskedFor(t *testing.T) {
	t.Parallel()
	srv := startDomains(t)
	_, issuer := acctest.StartIdP(t, srv)
	config := connectionConfig(issuer, "Corp", "immediate", "acme.com", "b.example")
	p := inProcessAs(t, map[string]any{"endpoint": srv.URL + "/api", "api_key": "pnu_ada", "account_id": acctest.AccountID})
	p.create(t, "prefectsso_identity_provider", config)
	config["name"] = "Other"
	plan, _, _ := p.plan(t, "prefectsso_identity_provider", config)
	wantFindings(t, plan.Diagnostics, finding{ID: "lockout-not-checked", Severity: "error", At: "domains"})
	errors := errorsOf(plan.Diagnostics)
	if len(errors) != 1 || !strings.Contains(errors[0], "requires a recent login through its single sign-on: log in at "+srv.URL+"/login") || !strings.Contains(errors[0], "the owner of the key has to log in through single sign-on") {
		t.Errorf("errors %q", errors)
	}
}

// A connection counts on those that were planned before it while it is planned, and on what is there when it is applied.
func TestGuardLoginsOfOneRun(t *testing.T) {
	t.Parallel()
	const connection = "prefectsso_identity_provider"
	srv := startDomains(t)
	_, issuer := acctest.StartIdP(t, srv)
	one := func(domains ...string) map[string]any {
		return connectionConfig(issuer, "one", "immediate", domains...)
	}
	two := connectionConfig(issuer, "two", "immediate", "b.example")
	two["take_over_domains"] = true
	made := inProcess(t, srv).create(t, connection, one("acme.com", "b.example")).NewState
	rejected := func(what string, diagnostics []*tfprotov6.Diagnostic) {
		t.Helper()
		t.Log(what)
		wantFindings(t, diagnostics, finding{ID: "people-lose-access", Severity: "error", At: "domains", People: []string{"bob@b.example"}})
	}
	apply := func(p *protocol, plan *tfprotov6.PlanResourceChangeResponse, prior, given *tfprotov6.DynamicValue) []*tfprotov6.Diagnostic {
		t.Helper()
		done, err := p.server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{TypeName: connection, PriorState: prior, PlannedState: plan.PlannedState, Config: given})
		if err != nil {
			t.Fatal(err)
		}
		return done.Diagnostics
	}

	p := inProcess(t, srv)
	narrowed, _ := p.change(t, connection, made, one("acme.com"))
	rejected("one, planned alone", narrowed.Diagnostics)
	taking, _, _ := p.plan(t, connection, two)
	noErrors(t, taking.Diagnostics)
	narrowed, without := p.change(t, connection, made, one("acme.com"))
	noErrors(t, narrowed.Diagnostics)
	ended, _ := p.change(t, connection, made, nil)
	noErrors(t, ended.Diagnostics) // single sign-on ends

	rejected("one, applied before the other", apply(p, narrowed, made, without))
	if domains := connections(srv)[0].Domains; len(domains) != 2 {
		t.Errorf("one was changed to %v", domains)
	}
	p = inProcess(t, srv) // another run, in which it waits for the other
	taking, given, null := p.plan(t, connection, two)
	noErrors(t, apply(p, taking, null, given))
	narrowed, without = p.change(t, connection, made, one("acme.com"))
	noErrors(t, apply(p, narrowed, made, without))
	for _, c := range connections(srv) {
		if len(c.Domains) != 1 || c.State != "active" {
			t.Errorf("left is %+v", c)
		}
	}

	// Of two that begin together, the first keeps out the people of the other until that is there.
	srv = startDomains(t)
	p = inProcess(t, srv)
	first, _, _ := p.plan(t, connection, one("acme.com"))
	rejected("the first of two", first.Diagnostics)
	second, given, null := p.plan(t, connection, two)
	noErrors(t, second.Diagnostics)
	// The second of two, applied before the first.
	wantFindings(t, apply(p, second, null, given), finding{ID: "people-lose-access", Severity: "error", At: "domains", People: []string{"ada@acme.com"}})
	if left := connections(srv); len(left) != 0 {
		t.Errorf("made %v", left)
	}
}
