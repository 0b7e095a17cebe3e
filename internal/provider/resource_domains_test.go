package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

func domainsConfig(srv *acctest.Server, names string) string {
	return srv.Provider() + "resource \"prefectsso_domains\" \"all\" {\n  names = [" + names + "]\n}\n"
}

func TestAccDomains(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, srv *acctest.Server) {
		const address = "prefectsso_domains.all"
		srv.SetDomains("old.example")
		has := func(names ...string) resource.TestCheckFunc {
			return func(*terraform.State) error { return srv.WantDomains(names...) }
		}
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			CheckDestroy:             func(*terraform.State) error { return srv.WantDomains() },
			Steps: []resource.TestStep{
				{
					Config: domainsConfig(srv, `"acme.com", "Bücher.example"`),
					ConfigStateChecks: []statecheck.StateCheck{
						statecheck.ExpectKnownValue(address, tfjsonpath.New("names"), knownvalue.SetExact([]knownvalue.Check{
							knownvalue.StringExact("acme.com"), knownvalue.StringExact("Bücher.example"),
						})),
					},
					Check: has("acme.com", "xn--bcher-kva.example"),
				},
				{
					Config:   domainsConfig(srv, `"xn--bcher-kva.EXAMPLE", "Acme.Com."`),
					PlanOnly: true,
				},
				{
					Config:           domainsConfig(srv, `"acme.com", "new.example"`),
					ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
					Check:            has("acme.com", "new.example"),
				},
				{ // one more behind Terraform's back: drift, and gone after the apply
					PreConfig:        func() { srv.SetDomains("acme.com", "new.example", "sneaky.example") },
					Config:           domainsConfig(srv, `"acme.com", "new.example"`),
					ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
					Check:            has("acme.com", "new.example"),
				},
				{ // all gone behind Terraform's back
					PreConfig:        func() { srv.SetDomains() },
					Config:           domainsConfig(srv, `"acme.com", "new.example"`),
					ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
					Check:            has("acme.com", "new.example"),
				},
				{
					ResourceName:                         address,
					ImportState:                          true,
					ImportStateId:                        acctest.AccountID,
					ImportStateVerify:                    true,
					ImportStateVerifyIdentifierAttribute: "account_id",
				},
			},
		})
	})
}

func TestAccDomainsBadInput(t *testing.T) {
	t.Parallel()
	var refused refusals
	for name, test := range map[string]struct{ names, want string }{
		"twice":           {`"acme.com", "ACME.com."`, `The same email domain twice.*both mean acme\.com`},
		"a malformed one": {`"acme.com", "http://x.example"`, `Invalid email domain.*is a URL`},
		"webmail":         {`"acme.com", "outlook.com"`, `Public email provider`},
		"null":            {`"acme.com", null`, `(?i)null`},
		"an import id":    {},
	} {
		srv := acctest.Start(t)
		step := resource.TestStep{Config: domainsConfig(srv, test.names), ExpectError: spread(test.want)}
		if test.names == "" {
			step = resource.TestStep{
				Config: domainsConfig(srv, `"acme.com"`), ResourceName: "prefectsso_domains.all",
				ImportState: true, ImportStateId: "acme", ExpectError: spread(`Invalid import id.*UUID`),
			}
		}
		refused.add(name, step, func() {
			if got := srv.Domains(); len(got) != 0 {
				t.Errorf("the account has %v after a refused apply", got)
			}
		})
	}
	refused.run(t)
}

func TestAccDomainsPlanWarnsOfOthers(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	srv.SetDomains("acme.com", "forgotten.example")
	p := inProcess(t, srv)
	warnings := p.planWarnings(t, "prefectsso_domains", map[string]any{"names": []string{"acme.com"}})
	if len(warnings) != 1 || !spread(`not in .names.: forgotten\.example`).MatchString(warnings[0]) {
		t.Errorf("the plan warns %q, want one warning that names forgotten.example", warnings)
	}
}
