package normalized

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
)

// EqualModifier is the plan modifier that UseStateForEqual returns.
type EqualModifier struct{ kind *Kind }

var (
	_ planmodifier.String = EqualModifier{}
	_ planmodifier.Set    = EqualModifier{}
	_ planmodifier.Map    = EqualModifier{}
)

// UseStateForEqual returns a plan modifier that plans the prior state's value where the configuration means the same, so
// that writing a value in another form is no change. A RequiresReplace that follows it then compares what is left.
func UseStateForEqual(kind *Kind) EqualModifier { return EqualModifier{kind} }

// Description implements [planmodifier.Describer].
func (m EqualModifier) Description(context.Context) string {
	return "An equal " + m.kind.Name + " in another spelling is no change."
}

// MarkdownDescription implements [planmodifier.Describer].
func (m EqualModifier) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

// PlanModifyString implements [planmodifier.String].
func (m EqualModifier) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if differ(req.PlanValue, req.StateValue) && m.kind.Key(req.PlanValue.ValueString()) == m.kind.Key(req.StateValue.ValueString()) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifySet implements [planmodifier.Set].
func (m EqualModifier) PlanModifySet(ctx context.Context, req planmodifier.SetRequest, resp *planmodifier.SetResponse) {
	plan, state := Set{req.PlanValue, m.kind}, Set{req.StateValue, m.kind}
	if !differ(plan, state) || !plan.IsWhollyKnown() {
		return
	}
	equal, diags := plan.SetSemanticEquals(ctx, state)
	resp.Diagnostics.Append(diags...)
	if equal {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifyMap implements [planmodifier.Map].
func (m EqualModifier) PlanModifyMap(ctx context.Context, req planmodifier.MapRequest, resp *planmodifier.MapResponse) {
	plan, state := Map{req.PlanValue, m.kind}, Map{req.StateValue, m.kind}
	if !differ(plan, state) || !plan.IsWhollyKnown() {
		return
	}
	equal, diags := plan.MapSemanticEquals(ctx, state)
	resp.Diagnostics.Append(diags...)
	if equal {
		resp.PlanValue = req.StateValue
	}
}

// differ reports whether both sides have a value, and not the same one.
func differ(plan, state attr.Value) bool {
	return !plan.IsUnknown() && !plan.IsNull() && !state.IsNull() && !plan.Equal(state)
}
