package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// The account of every case, and who is in it. The colleague is a service account too: single sign-on, which a case
// may switch on, does not keep it out.
const (
	AccountID    = "0c1f1d2e-0000-4000-8000-000000000001"
	ServiceKey   = "pnb_terraform"
	colleagueKey = "pnb_colleague"

	probedEndpoint = "probed"
	probedToken    = "probed-directory-token-0123456789"
)

// people are who may be given roles. The two Owners beside them stay what they are.
var people = []string{"ada@acme.com", "grace@acme.com", "linus@acme.com", "edsger@acme.com", "barbara@acme.com", "donald@acme.com"}

// Scenario returns what mockcloud starts with, in YAML.
func (c *Case) Scenario() string {
	return fmt.Sprintf(`
accounts:
  - id: %s
    handle: acme
    name: Acme
    features: [sso, scim, teams, custom_roles, audit_logs]
    rate_limit_per_minute: %d
    domains: [acme.com, others.example]
    users:
      - {email: owner@acme.com, first_name: Account, last_name: Owner, role: Owner, api_key: pnu_owner}
      - {email: second.owner@acme.com, first_name: Second, last_name: Owner, role: Owner, api_key: pnu_second_owner}
      - {email: ada@acme.com, first_name: Ada, last_name: Lovelace, role: Member}
      - {email: grace@acme.com, first_name: Grace, last_name: Hopper, role: Member}
      - {email: linus@acme.com, first_name: Linus, last_name: Torvalds, role: Admin}
      - {email: edsger@acme.com, first_name: Edsger, last_name: Dijkstra, role: Auditor}
      - {email: barbara@acme.com, first_name: Barbara, last_name: Liskov, role: Inspector}
      - {email: donald@acme.com, first_name: Donald, last_name: Knuth, role: Member}
    service_accounts:
      - {name: terraform, role: Owner, api_key: %s}
      - {name: colleague, role: Owner, api_key: %s}
    custom_roles:
      - {name: Auditor, permissions: ["read:account"]}
      - {name: Inspector, permissions: ["read:account"]}
    workspaces:
      - {handle: production, name: Production}
      - {handle: staging, name: Staging}
    teams:
      - {name: Crew, users: [ada@acme.com], workspaces: {staging: Viewer}}
      - {name: Ops, users: [grace@acme.com]}
    directories:
      - name: Probed
        type: okta scim v2.0
        endpoint: %s
        token: %s
        allowed_domains: [acme.com]
        clients: [{name: probed-client, secret: probed-client-secret-0123456789abcdef}]
        group_role_mappings: [{group_name: Probed, role: Auditor, priority: 1}]
`, AccountID, c.RateLimit, ServiceKey, colleagueKey, probedEndpoint, probedToken)
}

// API is the server, as the colleague and the faults reach it.
type API struct {
	URL    string
	Client *http.Client
}

// refused is an answer that is no success.
type refused struct {
	status int
	text   string
}

func (e *refused) Error() string { return e.text }

// call makes a request below the account as the colleague.
func (a *API) call(method, path string, body, out any) error {
	return a.do(method, "/api/accounts/"+AccountID+path, body, out)
}

func (a *API) do(method, path string, body, out any) error {
	var payload io.Reader = http.NoBody
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, a.URL+path, payload)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+colleagueKey)
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.Client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end below
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode == http.StatusTooManyRequests { // the account's limit is the colleague's, too
		time.Sleep(time.Second) // by the bubble's clock: the real Terraform plays no case with a limit
		return a.do(method, path, body, out)
	}
	if resp.StatusCode/100 != 2 {
		return &refused{resp.StatusCode, fmt.Sprintf("%s %s: %d %s", method, path, resp.StatusCode, answer)}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// Fault makes the server misbehave, as the control API describes it.
func (a *API) Fault(f Fault) error { return a.do(http.MethodPost, "/_mockcloud/faults", f, nil) }

// ClearFaults ends all misbehavior.
func (a *API) ClearFaults() error { return a.do(http.MethodDelete, "/_mockcloud/faults", nil, nil) }

// Advance moves the server's clock ahead.
func (a *API) Advance(by time.Duration) error {
	return a.do(http.MethodPost, "/_mockcloud/clock", map[string]any{"advance": by.String()}, nil)
}

// untroubled does something while nothing goes wrong, and has the rest go wrong afterwards.
func (a *API) untroubled(f func() error) error {
	var set []struct {
		Fault
		Struck int `json:"struck"`
	}
	if err := a.do(http.MethodGet, "/_mockcloud/faults", nil, &set); err != nil {
		return err
	}
	if err := a.ClearFaults(); err != nil {
		return err
	}
	err := f()
	for _, left := range set {
		left.Times -= left.Struck
		err = errors.Join(err, a.Fault(left.Fault))
	}
	return err
}
