package provider_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// What the provider itself spends on a plan without changes of a large prefectsso_member_roles map: validation, refresh
// and plan, over the plugin protocol in process.
func BenchmarkMemberRolesPlanInProcess(b *testing.B) {
	for _, people := range []int{1000, 10000} {
		b.Run(fmt.Sprintf("%d people", people), func(b *testing.B) {
			srv := acctest.Start(b, acctest.Crowd(people, "Member"))
			roles := map[string]string{}
			for i := range people {
				roles[fmt.Sprintf("person%05d@acme.com", i+1)] = "Member"
			}
			const typeName = "prefectsso_member_roles"
			p := inProcess(b, srv)
			created := p.create(b, typeName, map[string]any{"roles": roles})
			ctx := context.Background()
			config := p.value(b, p.resourceType(typeName), map[string]any{"roles": roles})
			for b.Loop() {
				p := inProcess(b, srv)
				valid, err := p.server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: typeName, Config: config})
				if err != nil {
					b.Fatal(err)
				}
				noErrors(b, valid.Diagnostics)
				read := p.read(b, typeName, created.NewState, created.NewIdentity)
				plan, err := p.server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{TypeName: typeName, PriorState: read.NewState, ProposedNewState: read.NewState, Config: config, PriorIdentity: read.NewIdentity})
				if err != nil {
					b.Fatal(err)
				}
				noErrors(b, plan.Diagnostics)
			}
		})
	}
}
