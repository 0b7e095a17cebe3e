package provider_test

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

func TestAccAuditEvents(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, srv *acctest.Server) {
		srv.SetRole("ada@acme.com", "Admin")
		srv.As(acctest.SecondOwnerKey).SetDomains("acme.com")
		events := func(name string, checks ...knownvalue.Check) statecheck.StateCheck {
			return statecheck.ExpectKnownValue("data.prefectsso_audit_events."+name, tfjsonpath.New("events"), knownvalue.ListExact(checks))
		}
		event := func(name, resourceName, actor string) knownvalue.Check {
			return knownvalue.ObjectPartial(map[string]knownvalue.Check{
				"name":          knownvalue.StringExact(name),
				"resource_name": knownvalue.StringExact(resourceName),
				"actor_name":    knownvalue.StringExact(actor),
				"follows":       knownvalue.Null(),
			})
		}
		const membership, domains = "prefect-cloud.account-membership.updated", "prefect-cloud.account-domain-names.updated"
		role := event(membership, "ada@acme.com", "owner@acme.com")
		names := event(domains, "Acme", "second.owner@acme.com")
		runSteps(t, resource.TestStep{
			Config: srv.Provider() + `
data "prefectsso_audit_events" "all" {}
data "prefectsso_audit_events" "newest" { limit = 1 }
data "prefectsso_audit_events" "exact" { names = ["` + membership + `"] }
data "prefectsso_audit_events" "prefix" { names = ["prefect-cloud.account-domain-names.*"] }
data "prefectsso_audit_events" "no_prefix" { names = ["account-membership.updated"] }
data "prefectsso_audit_events" "unheard" { names = ["prefect-cloud.incident.declared"] }
data "prefectsso_audit_events" "actor" { actor = "second.owner@acme.com" }
data "prefectsso_audit_events" "nobody" { actor = "grace@acme.com" }
data "prefectsso_audit_events" "resource" { resource = "ada@acme.com" }
data "prefectsso_audit_events" "by_id" { resource = data.prefectsso_audit_events.resource.events[0].resource_id }
data "prefectsso_audit_events" "long" { since = "` + time.Now().AddDate(0, -2, 0).UTC().Format(time.RFC3339) + `" }
data "prefectsso_audit_events" "past" {
  since = "2020-01-01T00:00:00Z"
  until = "2020-02-01T00:00:00Z"
}
`,
			ConfigStateChecks: []statecheck.StateCheck{
				events("all", names, role), events("newest", names), events("exact", role), events("prefix", names),
				events("no_prefix"), events("unheard"), events("actor", names), events("nobody"), events("resource", role), events("by_id", role),
				events("long", names, role), events("past"),
			},
		})
	})
}

func TestAccAuditEventsBadInput(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	var refused refusals
	for name, test := range map[string]struct{ key, argument, want string }{
		"no time":         {acctest.ServiceKey, `since = "yesterday"`, `Invalid time.*RFC 3339`},
		"a future span":   {acctest.ServiceKey, `since = "2999-01-01T00:00:00Z"`, `A time in the future.*has passed`},
		"an empty name":   {acctest.ServiceKey, `names = [""]`, `Invalid event name.*empty`},
		"an inverse span": {acctest.ServiceKey, "since = \"2026-02-01T00:00:00Z\"\nuntil = \"2026-01-01T00:00:00Z\"", `Empty span.*not before`},
		"too many":        {acctest.ServiceKey, `limit = 50000`, `limit`},
	} {
		refused.add(name, resource.TestStep{Config: srv.ProviderAs(test.key) + "data \"prefectsso_audit_events\" \"x\" {\n" + test.argument + "\n}", ExpectError: spread(test.want)}, nil)
	}
	refused.run(t)
}

func TestAccAuditEventsRejected(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.Scenario(`
accounts:
  - id: `+acctest.AccountID+`
    handle: acme
    name: Acme
    features: [sso, audit_logs, custom_roles]
    users: [{email: owner@acme.com, first_name: Account, last_name: Owner, role: Owner, api_key: pnu_owner}]
    custom_roles: [{name: Narrow, permissions: ["read:account"]}]
    service_accounts: [{name: narrow, role: Narrow, api_key: pnb_narrow}]
  - id: 0c1f1d2e-0000-4000-8000-000000000009
    handle: hobby
    name: Hobby
    features: []
    users: [{email: hobby@hobby.example, first_name: Hobby, last_name: Owner, role: Owner, api_key: pnu_hobby}]
`))
	runSteps(t, resource.TestStep{Config: srv.ProviderAs("pnb_narrow") + `data "prefectsso_audit_events" "x" {}`, ExpectError: spread(`Could not read audit events.*read:audit_event`)})
	runSteps(t, resource.TestStep{
		Config:      srv.ProviderAs("pnu_hobby") + `data "prefectsso_audit_events" "x" { account_id = "0c1f1d2e-0000-4000-8000-000000000009" }`,
		ExpectError: spread(`Could not read audit events.*audit_logs.*Enterprise plan`),
	})
}
