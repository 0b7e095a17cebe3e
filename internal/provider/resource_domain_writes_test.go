package provider_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// The plan says that single sign-on ends where nothing is released: on a server as today's Prefect Cloud, and where the
// provider block asks for it. There the domain is gone at once.
func TestDomainThatEndsSingleSignOn(t *testing.T) {
	t.Parallel()
	const ssoEnds = "Single sign-on would end"
	for name, test := range map[string]struct {
		options []acctest.Option
		block   map[string]any
		ssoEnds bool
	}{
		"managed":          {},
		"managed, at once": {block: map[string]any{"allow_disable_sso": true}, ssoEnds: true},
		"published only":   {options: []acctest.Option{acctest.PublishedOnly}, ssoEnds: true},
	} {
		for typeName, config := range map[string][2]map[string]any{
			"prefectsso_domain":  {{"name": "acme.com"}, {"name": "acme.io"}},
			"prefectsso_domains": {{"names": []string{"acme.com"}}, {"names": []string{"acme.io"}}},
		} {
			t.Run(name+"/"+typeName, func(t *testing.T) {
				t.Parallel()
				srv := acctest.Start(t, append(test.options, acctest.BundledIdP)...).As(acctest.ServiceKey)
				srv.SetDomains("acme.com")
				configureByHand(t, srv, "Corp")
				srv.Advance("31m") // while that session lasts, only its test logins go through the connection
				logIn(t, srv, "ada@acme.com")
				block := sessionOf(srv)
				for name, value := range test.block {
					block[name] = value
				}
				p := inProcessAs(t, block)
				made := p.create(t, typeName, config[0])
				for what, after := range map[string]map[string]any{"changed": config[1], "destroyed": nil} {
					plan, _ := inProcessAs(t, block).change(t, typeName, made.NewState, after)
					noErrors(t, plan.Diagnostics)
					if got := slices.Contains(summaries(plan.Diagnostics), ssoEnds); got != test.ssoEnds {
						t.Errorf("%s: %q, want %t", what, summaries(plan.Diagnostics), test.ssoEnds)
					}
				}
				p = inProcessAs(t, block) // another run
				done, err := p.server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{TypeName: typeName, PriorState: made.NewState, PlannedState: p.null(t, p.resourceType(typeName)), Config: p.null(t, p.resourceType(typeName))})
				if err != nil {
					t.Fatal(err)
				}
				noErrors(t, done.Diagnostics)
				if got := slices.Contains(summaries(done.Diagnostics), "Domain is being released"); got == test.ssoEnds {
					t.Errorf("the apply says %q", summaries(done.Diagnostics))
				}
				if left := srv.Domains(); (len(left) == 0) != test.ssoEnds || (integrations(srv)[0].State == "active") == test.ssoEnds {
					t.Errorf("%q is left, the connection is %s", left, integrations(srv)[0].State)
				}
				account := p.readData(t, "prefectsso_account", nil)["domain_names"]
				if !account.Equal(stringSet()) {
					t.Errorf("the account has %s", account)
				}
			})
		}
	}
}

// logIn walks a person through the login page and the identity provider.
func logIn(t *testing.T, srv *acctest.Server, email string) {
	t.Helper()
	page := acctest.NewVisitor(t).Open(srv.URL + "/login").Submit(url.Values{"email": {email}})
	page.Submit(url.Values{"person": {page.Value(email)}}).Says(http.StatusOK, email)
}

func summaries(diagnostics []*tfprotov6.Diagnostic) (out []string) {
	for _, d := range diagnostics {
		out = append(out, d.Summary)
	}
	return out
}

// Where others write all the time, the change ends with its timeout, and the error names them.
func TestDomainTimeout(t *testing.T) {
	t.Parallel()
	soon := map[string]tftypes.Value{
		"create": tftypes.NewValue(tftypes.String, "500ms"),
		"update": tftypes.NewValue(tftypes.String, nil), "delete": tftypes.NewValue(tftypes.String, nil),
	}
	srv := acctest.Start(t)
	srv.As(acctest.SecondOwnerKey).SetDomains("foreign.example")
	srv.Fault(map[string]any{"method": http.MethodPatch, "route": "/api/accounts/{account_id}/domains", "status": http.StatusPreconditionFailed})
	for typeName, config := range map[string]map[string]any{
		"prefectsso_domain":  {"name": "acme.com", "timeouts": soon},
		"prefectsso_domains": {"names": []string{"acme.com"}, "timeouts": soon},
	} {
		p := inProcess(t, srv)
		plan, given, null := p.plan(t, typeName, config)
		done, err := p.server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{TypeName: typeName, PriorState: null, PlannedState: plan.PlannedState, Config: given})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(errorsOf(done.Diagnostics), "; ")
		for _, word := range []string{"second.owner@acme.com", "`timeouts`", "acme.com"} {
			if !strings.Contains(got, word) {
				t.Errorf("%s: %q lacks %q", typeName, got, word)
			}
		}
	}
}

// Timeouts are no change of the account, and do not come between an import and an empty plan.
func TestAccDomainTimeouts(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	one := func(of, timeouts string) string {
		body := map[string]string{"prefectsso_domain": "name = \"acme.com\"", "prefectsso_domains": "names = [\"acme.com\"]"}[of]
		return srv.Provider() + "resource \"" + of + "\" \"a\" {\n  " + body + "\n" + timeouts + "}\n"
	}
	for _, typeName := range []string{"prefectsso_domain", "prefectsso_domains"} {
		const given = "  timeouts = { create = \"10m\", delete = \"1m\" }\n"
		address := typeName + ".a"
		runSteps(t,
			resource.TestStep{Config: one(typeName, "")},
			resource.TestStep{ResourceName: address, ImportState: true, ImportStateId: map[string]string{"prefectsso_domain": "acme.com", "prefectsso_domains": acctest.AccountID}[typeName], ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "account_id"},
			resource.TestStep{
				PreConfig: srv.ResetRequests, Config: one(typeName, given), ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
				Check: func(*terraform.State) error {
					if n := srv.Requests().Writes(); n != 0 {
						t.Errorf("%s: %d writes for other timeouts", typeName, n)
					}
					return nil
				},
			},
		)
	}
}
