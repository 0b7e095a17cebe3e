package acctest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// releaseConfig is a connection that is in use, with domains that a configuration renames.
func releaseConfig(issuer, domains, names string) string {
	return requiredProviders + fmt.Sprintf(`
provider "prefectsso" {
  acknowledge_lockout = ["*@acme.com"]
}
%s
resource "prefectsso_identity_provider" "idp" {
  name            = "Corp"
  connection_type = "GenericOIDC"
  domains         = %s
  activation      = "immediate"
  oidc = {
    issuer                   = %q
    client_id                = "prefect"
    client_secret_wo         = %q
    client_secret_wo_version = 1
  }
}
`, domains, names, issuer, acctest.ClientSecret)
}

func oneDomain(label, name, more string) string {
	return fmt.Sprintf("resource \"prefectsso_domain\" %q {\n  name = %q\n%s}\n", label, name, more)
}

// Real Terraform renames domains below the only active connection: single sign-on stays enabled all the time, in
// whichever order Terraform makes the changes, and also where one of them fails in between.
func TestAccDomainRenamedBelowConnection(t *testing.T) {
	t.Parallel()
	const first = "  lifecycle { create_before_destroy = true }\n"
	one := func(name, more string) [2]string {
		return [2]string{oneDomain("a", name, more), "[prefectsso_domain.a.name]"}
	}
	two := func(a, b string) [2]string {
		return [2]string{oneDomain("a", a, "") + oneDomain("b", b, ""), "[prefectsso_domain.a.name, prefectsso_domain.b.name]"}
	}
	whole := func(names string) [2]string {
		return [2]string{"resource \"prefectsso_domains\" \"all\" {\n  names = " + names + "\n}\n", "prefectsso_domains.all.names"}
	}
	for name, test := range map[string]struct {
		before, after [2]string // the domains' resources, and the connection's domains
		args          []string
		fails         bool // the connection's update, once
		warned        bool
		want          []string
	}{
		"one":                          {before: one("acme.com", ""), after: one("acme.io", ""), warned: true, want: []string{"acme.io"}},
		"created first":                {before: one("acme.com", first), after: one("acme.io", first), want: []string{"acme.io"}},
		"one at a time":                {before: one("acme.com", ""), after: one("acme.io", ""), args: []string{"-parallelism=1"}, warned: true, want: []string{"acme.io"}},
		"created first, one at a time": {before: one("acme.com", first), after: one("acme.io", first), args: []string{"-parallelism=1"}, want: []string{"acme.io"}},
		"created first, and it fails":  {before: one("acme.com", first), after: one("acme.io", first), fails: true, want: []string{"acme.io"}},
		"two, one at a time":           {before: two("acme.com", "labs.example"), after: two("acme.io", "labs.io"), args: []string{"-parallelism=1"}, warned: true, want: []string{"acme.io", "labs.io"}},
		"two":                          {before: two("acme.com", "labs.example"), after: two("acme.io", "labs.io"), warned: true, want: []string{"acme.io", "labs.io"}},
		"the whole set":                {before: whole(`["acme.com"]`), after: whole(`["acme.io"]`), warned: true, want: []string{"acme.io"}},
		"in between it fails":          {before: one("acme.com", ""), after: one("acme.io", ""), fails: true, warned: true, want: []string{"acme.io"}},
		"the set, and it fails":        {before: whole(`["acme.com"]`), after: whole(`["acme.io"]`), fails: true, warned: true, want: []string{"acme.io"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.PrivateIssuers).As(acctest.ServiceKey)
			_, issuer := acctest.StartIdP(t, srv)
			d := acctest.NewDir(t, srv)
			d.Write("main.tf", releaseConfig(issuer, test.before[0], test.before[1]))
			d.MustRun("apply", "-input=false", "-auto-approve")
			d.Write("main.tf", releaseConfig(issuer, test.after[0], test.after[1]))
			apply := append([]string{"apply", "-input=false", "-auto-approve"}, test.args...)
			if test.fails {
				srv.Fault(map[string]any{"method": http.MethodPatch, "route": "/api/accounts/{account_id}/sso/connections/{id}", "status": http.StatusInternalServerError, "times": 1})
			}
			output, code := d.Run(apply...)
			if (code != 0) != test.fails {
				t.Fatalf("terraform ended with %d:\n%s", code, output)
			}
			text := strings.Join(strings.Fields(output), " ") // Terraform breaks lines anywhere
			if got := strings.Contains(text, "Domain is being released") && strings.Contains(text, "Corp (conn_"); got != test.warned {
				t.Errorf("warned %t, want %t:\n%s", got, test.warned, output)
			}
			if test.fails {
				old := "acme.com" // not deleted yet
				if test.warned {
					old += "*"
				}
				if got := domainRows(srv); !slices.Contains(got, old) || !slices.Contains(got, "acme.io") {
					t.Errorf("after the failure the domains are %q", got)
				}
				d.MustRun(apply...)
			}
			if got := slices.Sorted(slices.Values(domainRows(srv))); !slices.Equal(got, test.want) {
				t.Errorf("domains %q, want %q", got, test.want)
			}
			if states := connectionStates(t, srv); slices.Contains(states, "inactive") || !slices.Contains(states, "active") || ssoState(srv) != "ENABLED" {
				t.Errorf("the connection was %q, single sign-on is %s", states, ssoState(srv))
			}
			if output, code := d.Run("plan", "-input=false", "-detailed-exitcode"); code != 0 {
				t.Errorf("the next plan is not empty:\n%s", output)
			}
			d.MustRun("destroy", "-input=false", "-auto-approve")
			if got := domainRows(srv); len(got) != 0 {
				t.Errorf("after destroy the account has %q", got)
			}
		})
	}
}

// What is destroyed below a connection that stays is gone for Terraform and released on the server; another key may
// not take it, putting it back keeps it, and allow_disable_sso lets it go at once.
func TestAccDomainDestroyedBelowConnection(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.PrivateIssuers).As(acctest.ServiceKey)
	_, issuer := acctest.StartIdP(t, srv)
	d := acctest.NewDir(t, srv)
	apply := func(block string) string {
		t.Helper()
		d.Write("main.tf", block)
		return d.MustRun("apply", "-input=false", "-auto-approve")
	}
	with := releaseConfig(issuer, oneDomain("a", "acme.com", ""), `["acme.com"]`)
	with = strings.Replace(with, `activation `, "depends_on      = [prefectsso_domain.a]\n  activation ", 1)
	without := releaseConfig(issuer, "", `["acme.com"]`)
	apply(with)
	if output := apply(without); !strings.Contains(output, "Domain is being released") {
		t.Errorf("nothing says so:\n%s", output)
	}
	if got := domainRows(srv); !slices.Equal(got, []string{"acme.com*"}) {
		t.Errorf("domains %q", got)
	}
	if output, code := d.Run("plan", "-input=false", "-detailed-exitcode"); code != 0 {
		t.Errorf("the next plan is not empty:\n%s", output)
	}
	apply(with)
	if got := domainRows(srv); !slices.Equal(got, []string{"acme.com"}) {
		t.Errorf("put back, the domains are %q", got)
	}
	output := apply(strings.Replace(without, "acknowledge_lockout", "allow_disable_sso   = true\n  acknowledge_lockout", 1))
	if got := domainRows(srv); len(got) != 0 || !strings.Contains(output, "Single sign-on would end") || ssoState(srv) == "ENABLED" {
		t.Errorf("domains %q, single sign-on %s:\n%s", got, ssoState(srv), output)
	}
}

// Eight configurations add a domain each at the same moment, each with a Terraform of its own: none is lost.
func TestAccDomainsOfManyRuns(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]acctest.Option{"managed": nil, "published only": {acctest.PublishedOnly}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, options...).As(acctest.ServiceKey)
			var runs []*acctest.Running
			var want []string
			srv.Fault(map[string]any{"route": "/api/accounts/{account_id}/domains", "latency_ms": 50})
			for i := range 8 {
				d := acctest.NewDir(t, srv)
				domain := fmt.Sprintf("d%d.example", i)
				want = append(want, domain)
				d.Write("main.tf", requiredProviders+oneDomain("own", domain, ""))
				runs = append(runs, d.Start("apply", "-input=false", "-auto-approve"))
			}
			for _, run := range runs {
				if output, code := run.Wait(); code != 0 {
					t.Errorf("terraform ended with %d:\n%s", code, output)
				}
			}
			got := domainRows(srv)
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("domains %q, want %q", got, want)
			}
			t.Logf("%d writes for %d domains", srv.Requests().Count(http.MethodPatch, "/domains"), len(want))
		})
	}
}

// domainRows are the account's domains; a star marks what is being released.
func domainRows(srv *acctest.Server) (out []string) {
	var rows []struct {
		Name      string `json:"name"`
		Releasing bool   `json:"releasing"`
	}
	srv.Call(acctest.ServiceKey, http.MethodGet, "/domains", nil, &rows)
	for _, row := range rows {
		if row.Releasing {
			row.Name += "*"
		}
		out = append(out, row.Name)
	}
	return out
}

func ssoState(srv *acctest.Server) string {
	var account struct {
		State string `json:"sso_state"`
	}
	srv.Call(acctest.ServiceKey, http.MethodGet, "/", nil, &account)
	return account.State
}

// connectionStates are all states that the audit trail has of connections.
func connectionStates(t *testing.T, srv *acctest.Server) (out []string) {
	t.Helper()
	var found struct {
		Events []struct {
			Payload struct {
				State json.RawMessage `json:"state"`
			} `json:"payload"`
		} `json:"events"`
	}
	srv.Call(acctest.ServiceKey, http.MethodPost, "/events/filter", map[string]any{"filter": map[string]any{"event": map[string]any{"prefix": []string{"prefect-cloud.sso-connection."}}}}, &found)
	for _, event := range found.Events {
		var now string
		var change struct{ From, To string }
		if json.Unmarshal(event.Payload.State, &now) != nil && json.Unmarshal(event.Payload.State, &change) != nil {
			t.Fatalf("state %s", event.Payload.State)
		}
		out = append(out, now+change.To)
	}
	return out
}
