package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// inBothModes runs an acceptance test against the managed API and against what today's Prefect Cloud offers.
func inBothModes(t *testing.T, test func(t *testing.T, srv *acctest.Server)) {
	t.Helper()
	t.Run("managed", func(t *testing.T) {
		t.Parallel()
		test(t, acctest.Start(t))
	})
	t.Run("published only", func(t *testing.T) {
		t.Parallel()
		test(t, acctest.Start(t, acctest.PublishedOnly))
	})
}

// runSteps runs steps with the real terraform. After each that applies, and as all that one with PlanOnly does, the harness
// plans twice, without a refresh and with one, and wants both plans empty.
func runSteps(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: steps})
}

func emptyPlan() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

func planned(address string, action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
}
