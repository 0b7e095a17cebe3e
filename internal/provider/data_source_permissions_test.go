package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

func TestAccPermissions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		key, actorType string
		actor          knownvalue.Check
		has            string
	}{
		"a user":            {acctest.OwnerKey, "user", knownvalue.StringExact("owner@acme.com"), "bypass:sso"},
		"a member":          {"pnu_ada", "user", knownvalue.StringExact("ada@acme.com"), "read:account"},
		"a service account": {acctest.ServiceKey, "service_account", knownvalue.StringExact("terraform"), "administrate:sso"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t)
			const address = "data.prefectsso_permissions.mine"
			runSteps(t, resource.TestStep{
				Config: srv.ProviderAs(test.key) + `data "prefectsso_permissions" "mine" {}`,
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("actor_type"), knownvalue.StringExact(test.actorType)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("actor_name"), test.actor),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("permissions"), knownvalue.SetPartial([]knownvalue.Check{knownvalue.StringExact(test.has)})),
				},
			})
		})
	}
}
