package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// keepEqual plans the prior state's value where the configuration means the same, so that writing a name differently
// is no change. A RequiresReplace that follows it then compares what is left.
type keepEqual struct {
	spelling *spelling
}

var (
	_ planmodifier.String = keepEqual{}
	_ planmodifier.Set    = keepEqual{}
	_ planmodifier.Map    = keepEqual{}
)

// Description implements [planmodifier.Describer].
func (k keepEqual) Description(context.Context) string {
	return "An equal " + k.spelling.name + " in another spelling is no change."
}

// MarkdownDescription implements [planmodifier.Describer].
func (k keepEqual) MarkdownDescription(ctx context.Context) string { return k.Description(ctx) }

// PlanModifyString implements [planmodifier.String].
func (k keepEqual) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if !comparable(req.PlanValue, req.StateValue) {
		return
	}
	if k.spelling.key(req.PlanValue.ValueString()) == k.spelling.key(req.StateValue.ValueString()) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifySet implements [planmodifier.Set].
func (k keepEqual) PlanModifySet(ctx context.Context, req planmodifier.SetRequest, resp *planmodifier.SetResponse) {
	if !comparable(req.PlanValue, req.StateValue) || !allKnown(req.PlanValue.Elements()) {
		return
	}
	equal, diags := spelledSetValue{req.PlanValue, k.spelling}.SetSemanticEquals(ctx, spelledSetValue{req.StateValue, k.spelling})
	resp.Diagnostics.Append(diags...)
	if equal {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifyMap implements [planmodifier.Map].
func (k keepEqual) PlanModifyMap(ctx context.Context, req planmodifier.MapRequest, resp *planmodifier.MapResponse) {
	if !comparable(req.PlanValue, req.StateValue) {
		return
	}
	for _, element := range req.PlanValue.Elements() {
		if element.IsUnknown() {
			return
		}
	}
	equal, diags := spelledMapValue{req.PlanValue, k.spelling}.MapSemanticEquals(ctx, spelledMapValue{req.StateValue, k.spelling})
	resp.Diagnostics.Append(diags...)
	if equal {
		resp.PlanValue = req.StateValue
	}
}

// comparable says whether both sides have a value to compare.
func comparable(plan, state attr.Value) bool {
	return !plan.IsUnknown() && !plan.IsNull() && !state.IsNull()
}

func allKnown(elements []attr.Value) bool {
	for _, element := range elements {
		if element.IsUnknown() {
			return false
		}
	}
	return true
}

// settle ends a resource's ModifyPlan: where the planned arguments are those of the prior state, nothing changes, so
// what the framework marked as unknown because the configuration was written differently gets its value back.
func settle(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, arguments ...string) {
	if req.State.Raw.IsNull() || resp.Plan.Raw.IsNull() {
		return
	}
	for _, name := range arguments {
		var planned, prior attr.Value
		resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root(name), &planned)...)
		resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root(name), &prior)...)
		if resp.Diagnostics.HasError() || !planned.Equal(prior) {
			return
		}
	}
	resp.Plan.Raw = req.State.Raw
}

// movesAccount says whether a resource goes to another account, which replaces it. An account that is not known yet
// decides nothing. What the schema's plan modifiers want replaced is not in ModifyPlan's RequiresReplace, so plan and
// prior state are compared.
func movesAccount(plan, prior basetypes.StringValue) bool {
	return known(plan) && known(prior) && !plan.Equal(prior)
}

// isDestroy says whether the plan is to destroy the resource.
func isDestroy(req resource.ModifyPlanRequest) bool { return req.Plan.Raw.IsNull() }

// isCreate says whether the plan is to create the resource.
func isCreate(req resource.ModifyPlanRequest) bool { return req.State.Raw.IsNull() }

// known says whether a string has a value that can be checked.
func known(v basetypes.StringValue) bool { return !v.IsNull() && !v.IsUnknown() }

// unknownObject says whether a nested attribute is unknown as a whole, which no model can hold.
func unknownObject(ctx context.Context, resp *resource.ModifyPlanResponse, name string) bool {
	var object basetypes.ObjectValue
	resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root(name), &object)...)
	return object.IsUnknown()
}
