package provider_test

import (
	"slices"
	"strings"
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

// refusals are configurations that are refused. They share a working directory, one step each in the order of their names,
// since one of its own for each would start terraform four times more.
type refusals struct{ all []refusal }

type refusal struct {
	name  string
	step  resource.TestStep
	after func() // what holds afterwards; nil for nothing more
}

func (r *refusals) add(name string, step resource.TestStep, after func()) {
	r.all = append(r.all, refusal{name, step, after})
}

func (r *refusals) run(t *testing.T) {
	t.Helper()
	slices.SortFunc(r.all, func(a, b refusal) int { return strings.Compare(a.name, b.name) })
	steps := make([]resource.TestStep, len(r.all))
	for i, one := range r.all {
		steps[i] = one.step
		steps[i].PreConfig = func() { t.Logf("step %d: %s", i+1, one.name) }
	}
	runSteps(t, steps...)
	for _, one := range r.all {
		if one.after != nil {
			one.after()
		}
	}
}

func emptyPlan() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

func planned(address string, action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
}
