package provider_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

func domainConfig(srv *acctest.Server, name string) string {
	return srv.Provider() + "resource \"prefectsso_domain\" \"corp\" {\n  name = \"" + name + "\"\n}\n"
}

func TestAccDomain(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, srv *acctest.Server) {
		const address = "prefectsso_domain.corp"
		srv.SetDomains("other.example")
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			CheckDestroy: func(*terraform.State) error {
				return srv.WantDomains("other.example")
			},
			Steps: []resource.TestStep{
				{
					PreConfig: srv.ResetRequests,
					Config:    domainConfig(srv, "acme.com"),
					ConfigStateChecks: []statecheck.StateCheck{
						statecheck.ExpectKnownValue(address, tfjsonpath.New("name"), knownvalue.StringExact("acme.com")),
						statecheck.ExpectKnownValue(address, tfjsonpath.New("account_id"), knownvalue.StringExact(acctest.AccountID)),
						statecheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringRegexp(regexp.MustCompile(`^[0-9a-f-]{36}$`))),
						statecheck.ExpectKnownValue(address, tfjsonpath.New("created"), knownvalue.NotNull()),
					},
					Check: func(*terraform.State) error { return srv.WantDomains("acme.com", "other.example") },
				},
				{ // the same domain written differently is no change
					Config:   domainConfig(srv, "ACME.com."),
					PlanOnly: true,
				},
				{ // disabled behind Terraform's back: enabled again
					PreConfig:        func() { srv.SetDomains("other.example") },
					Config:           domainConfig(srv, "acme.com"),
					ConfigPlanChecks: planned(address, plancheck.ResourceActionCreate),
					Check:            func(*terraform.State) error { return srv.WantDomains("acme.com", "other.example") },
				},
				{ // somebody else's domain is none of our business
					PreConfig: func() { srv.SetDomains("acme.com", "other.example", "third.example") },
					Config:    domainConfig(srv, "acme.com"),
					PlanOnly:  true,
				},
				{
					PreConfig:                            func() { srv.SetDomains("acme.com", "other.example") },
					ResourceName:                         address,
					ImportState:                          true,
					ImportStateId:                        "Acme.COM",
					ImportStateVerify:                    true,
					ImportStateVerifyIdentifierAttribute: "id",
					ImportStateVerifyIgnore:              []string{"name"},
				},
				{
					ResourceName:                         address,
					ImportState:                          true,
					ImportStateId:                        acctest.AccountID + "/acme.com",
					ImportStateVerify:                    true,
					ImportStateVerifyIdentifierAttribute: "id",
				},
				{ // another domain replaces it
					Config:           domainConfig(srv, "bücher.example"),
					ConfigPlanChecks: planned(address, plancheck.ResourceActionReplace),
					Check:            func(*terraform.State) error { return srv.WantDomains("other.example", "xn--bcher-kva.example") },
				},
			},
		})
	})
}

func TestAccDomainAdoptsWhatIsEnabled(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	srv.SetDomains("acme.com")
	srv.ResetRequests()
	runSteps(t, resource.TestStep{
		Config: domainConfig(srv, "acme.com"),
		Check: func(*terraform.State) error {
			if n := srv.Requests().Count(http.MethodPatch, "/domains"); n != 0 {
				t.Errorf("%d writes for a domain that was enabled already", n)
			}
			return nil
		},
	})
	if got := srv.Domains(); len(got) != 0 {
		t.Errorf("after destroy the account has %v, want none", got)
	}
}

func TestAccDomainSpelledAsConfigured(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	runSteps(t,
		resource.TestStep{
			Config: domainConfig(srv, "Bücher.Example."),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("prefectsso_domain.corp", tfjsonpath.New("name"), knownvalue.StringExact("Bücher.Example.")),
			},
		},
		resource.TestStep{Config: domainConfig(srv, "xn--bcher-kva.example"), PlanOnly: true},
	)
}

// One apply of a new domain is one read, one write and one read back, beside what the plan asks once a run: what the key may do.
func TestAccDomainRequests(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	s := inProcess(t, srv)
	srv.ResetRequests()
	s.create(t, "prefectsso_domain", map[string]any{"name": "acme.com"})
	got := srv.Requests()
	if get, patch := got.Count(http.MethodGet, "/domains"), got.Count(http.MethodPatch, "/domains"); get != 2 || patch != 1 || got.Total != 4 {
		t.Errorf("creating a domain took %d GET, %d PATCH, %d requests in all; want 2, 1, 4", get, patch, got.Total)
	}
}

func TestAccDomainTwoResourcesForOne(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	runSteps(t,
		resource.TestStep{
			Config: srv.Provider() + `
resource "prefectsso_domain" "a" { name = "acme.com" }
resource "prefectsso_domain" "b" {
  name       = "ACME.com"
  depends_on = [prefectsso_domain.a]
}`,
			ExpectError: regexp.MustCompile(`(?s)Two resources manage one thing.*domain acme\.com is managed by a\s+prefectsso_domain`),
		},
		resource.TestStep{
			Config: srv.Provider() + `
resource "prefectsso_domain" "a" { name = "third.example" }
resource "prefectsso_domains" "all" {
  names      = ["acme.com", "third.example"]
  depends_on = [prefectsso_domain.a]
}`,
			ExpectError: regexp.MustCompile(`(?s)Two resources manage one thing.*prefectsso_domain.*prefectsso_domains`),
		},
	)
}

// A domain that moves to another resource in one run stays enabled, whichever resource goes first.
func TestAccDomainMovesBetweenResources(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	is := func(*terraform.State) error { return srv.WantDomains("acme.com") }
	one := func(name string) resource.TestStep {
		return resource.TestStep{Config: srv.Provider() + `resource "prefectsso_domain" "` + name + `" { name = "acme.com" }`, Check: is}
	}
	all := resource.TestStep{Config: srv.Provider() + `resource "prefectsso_domains" "all" { names = ["acme.com"] }`, Check: is}
	runSteps(t, one("old"), one("new"), all, one("last"))
	if got := srv.Domains(); len(got) != 0 {
		t.Errorf("after destroy the account has %v, want none", got)
	}
}

func TestAccDomainBadInput(t *testing.T) {
	t.Parallel()
	const elsewhere = `
accounts:
  - id: ` + acctest.AccountID + `
    handle: acme
    name: Acme
    features: [sso]
    users: [{email: owner@acme.com, first_name: Account, last_name: Owner, role: Owner, api_key: pnu_owner}]
    service_accounts: [{name: terraform, role: Owner, api_key: pnb_terraform}, {name: reader, role: Member, api_key: pnb_reader}]
  - handle: other
    name: Other
    features: [sso]
    domains: [taken.example]
    users: [{email: owner@taken.example, first_name: Other, last_name: Owner, role: Owner, api_key: pnu_other}]
  - id: 0c1f1d2e-0000-4000-8000-000000000009
    handle: hobby
    name: Hobby
    features: []
    users: [{email: hobby@hobby.example, first_name: Hobby, last_name: Owner, role: Owner, api_key: pnu_hobby}]
`
	var refused refusals
	for name, test := range map[string]struct {
		domain, key, account, want string
	}{
		"a URL":              {domain: "https://acme.com", want: `Invalid email domain.*is a URL`},
		"an address":         {domain: "ada@acme.com", want: `Invalid email domain.*holds an "@"`},
		"one part":           {domain: "acme", want: `Invalid email domain.*single part`},
		"a public suffix":    {domain: "co.uk", want: `Public suffix`},
		"webmail":            {domain: "Gmail.com", want: `Public email provider`},
		"another account's":  {domain: "taken.example", want: `Could not enable domain.*409`},
		"no permission":      {domain: "acme.com", key: "pnb_reader", want: `Could not enable domain.*administrate:sso`},
		"an unknown key":     {domain: "acme.com", key: "pnu_nobody", want: `PREFECT_API_KEY.*Guard: key-rejected`},
		"no such account":    {domain: "acme.com", account: "0c1f1d2e-0000-4000-8000-0000000000ff", want: `account_id.*Guard: key-rejected`},
		"a plan without SSO": {domain: "acme.com", key: "pnu_hobby", account: "0c1f1d2e-0000-4000-8000-000000000009", want: `Could not enable domain.*Enterprise plan`},
		"an account id":      {domain: "acme.com", account: "acme", want: `Invalid id.*no UUID`},
		"an underscore":      {domain: "ac_me.com", want: `Invalid email domain.*underscore`},
	} {
		srv := acctest.Start(t, acctest.Scenario(elsewhere))
		key, account := test.key, ""
		if key == "" {
			key = acctest.ServiceKey
		}
		if test.account != "" {
			account = "account_id = \"" + test.account + "\""
		}
		refused.add(name, resource.TestStep{
			Config:      srv.ProviderAs(key) + "resource \"prefectsso_domain\" \"x\" {\n  name = \"" + test.domain + "\"\n" + account + "\n}",
			ExpectError: spread(test.want),
		}, func() {
			if got := srv.Domains(); len(got) != 0 {
				t.Errorf("the account has %v after a refused apply", got)
			}
		})
	}
	refused.run(t)
}

func TestAccDomainServerTrouble(t *testing.T) {
	t.Parallel()
	const route = "/api/accounts/{account_id}/domains"
	for name, test := range map[string]struct {
		fault map[string]any
		want  string // "" means that it works all the same
	}{
		"a write that fails twice":                {fault: map[string]any{"method": "PATCH", "route": route, "status": 503, "times": 2}},
		"a write whose answer is lost":            {fault: map[string]any{"method": "PATCH", "route": route, "drop": true, "after_write": true, "times": 1}},
		"a write whose answer is an error":        {fault: map[string]any{"method": "PATCH", "route": route, "status": 502, "after_write": true, "times": 1}},
		"a rate limit":                            {fault: map[string]any{"route": "*", "status": 429, "retry_after_s": 1, "times": 2}},
		"a truncated answer":                      {fault: map[string]any{"method": "GET", "route": route, "truncate": true, "times": 1}},
		"a server that never recovers":            {fault: map[string]any{"method": "PATCH", "route": route, "status": 503}, want: `Could not enable domain.*503`},
		"answers that are truncated all the time": {fault: map[string]any{"method": "GET", "route": route, "truncate": true, "times": 4}, want: `Could not enable domain`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t)
			srv.Fault(test.fault)
			step := resource.TestStep{Config: srv.Provider("max_retries = 3") + `resource "prefectsso_domain" "x" { name = "acme.com" }`}
			if test.want != "" {
				step.ExpectError = spread(test.want)
			}
			runSteps(t, step)
		})
	}
}

// spread lets a pattern match over the line breaks and frames that Terraform puts into messages.
func spread(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`(?s)` + regexp.MustCompile(` `).ReplaceAllString(pattern, `[\s│]+`))
}

// A domain goes, and a directory that refers to it follows, in one plan; everything goes in another one.
func TestAccDomainsDroppedWithADirectory(t *testing.T) {
	t.Parallel()
	const one = "resource \"prefectsso_domain\" \"acme\" {\n  name = \"acme.com\"\n}\n"
	for name, test := range map[string]struct{ both, bothAllowed, one, oneAllowed string }{
		"the whole set": {
			`resource "prefectsso_domains" "x" { names = ["acme.com", "acme.example"] }`, `prefectsso_domains.x.names`,
			`resource "prefectsso_domains" "x" { names = ["acme.com"] }`, `prefectsso_domains.x.names`,
		},
		"one by one": {
			one + "resource \"prefectsso_domain\" \"x\" {\n  name = \"acme.example\"\n}\n", `[prefectsso_domain.acme.name, prefectsso_domain.x.name]`,
			one, `[prefectsso_domain.acme.name]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			config := func(domains, allowed string) string {
				return srv.Provider() + domains + `
resource "prefectsso_scim_directory" "d" {
  name            = "Second"
  type            = "okta scim v2.0"
  allowed_domains = ` + allowed + `
}`
			}
			runSteps(t,
				resource.TestStep{Config: config(test.both, test.bothAllowed)},
				resource.TestStep{
					Config: config(test.one, test.oneAllowed),
					Check:  func(*terraform.State) error { return srv.WantDomains("acme.com") },
				},
			)
			if err := srv.WantDomains(); err != nil {
				t.Error(err)
			}
		})
	}
}
