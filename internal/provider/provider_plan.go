package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// planning is what the plans of a resource type have in common.
type planning struct {
	// permission is the one of the account without which what is planned cannot be applied; "" where that is not known of the
	// type alone.
	permission string
	// unsent are the arguments whose change alone sends nothing.
	unsent []string
	// stays reports that a destruction sends nothing.
	stays bool
}

// endPlan ends a resource's ModifyPlan: it finds out whether the key may do what is planned, says once what is wrong with
// the key, and says in errors how to destroy all the same.
func (p *providerData) endPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, of planning) {
	if p != nil && of.permission != "" && !resp.Diagnostics.HasError() && of.sends(req, resp) {
		var account types.String
		if isDestroy(req) {
			resp.Diagnostics.Append(req.State.GetAttribute(ctx, accountIDPath, &account)...)
		} else {
			resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, accountIDPath, &account)...)
		}
		p.need(ctx, account, of.permission, &resp.Diagnostics)
	}
	p.sayKeyOnce(&resp.Diagnostics)
	adviseDestroy(req, resp)
}

// sends reports whether applying a plan writes something. What is only watched here is never written.
func (of planning) sends(req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) bool {
	if isCreate(req) {
		return true
	}
	var before, after map[string]tftypes.Value
	if req.State.Raw.As(&before) != nil || configuredByHand(before) {
		return false
	}
	if isDestroy(req) {
		return !of.stays
	}
	if resp.Plan.Raw.As(&after) != nil {
		return false
	}
	for name, attribute := range resp.Plan.Schema.GetAttributes() {
		argument := attribute.IsRequired() || attribute.IsOptional()
		if argument && !slices.Contains(of.unsent, name) && !after[name].Equal(before[name]) {
			return true
		}
	}
	return false
}

// configuredByHand reports whether a state is of something that a person configured, and that is only watched.
func configuredByHand(state map[string]tftypes.Value) bool {
	var configurable *bool
	value, there := state["configurable"]
	return there && value.IsKnown() && value.As(&configurable) == nil && configurable != nil && !*configurable
}
