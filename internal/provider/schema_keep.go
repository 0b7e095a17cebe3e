package provider

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// An update leaves most computed attributes as they are, so a plan keeps their values: what refers to them stays known, and
// a reader sees only what changes. Those that others can change until the apply, too, such as the state of a connection,
// are kept the same way; setUpdated then holds what the plan said.

// changes reports whether an update gives an argument another value, which may not be known yet.
func changes(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, name string) bool {
	if req.State.Raw.IsNull() || resp.Plan.Raw.IsNull() {
		return false
	}
	var planned, prior attr.Value
	resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root(name), &planned)...)
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root(name), &prior)...)
	return resp.Diagnostics.HasError() || !planned.Equal(prior)
}

// keepState plans that computed attributes keep the values of the state, where an update does not decide them. Those that
// are planned already, and those that the state does not know, are left alone.
func keepState(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, names ...string) {
	if req.State.Raw.IsNull() || resp.Plan.Raw.IsNull() {
		return
	}
	for _, name := range names {
		var planned, prior attr.Value
		resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root(name), &planned)...)
		resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root(name), &prior)...)
		if resp.Diagnostics.HasError() {
			return
		}
		if planned.IsUnknown() && !prior.IsNull() {
			resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), prior)...)
		}
	}
}

// setUpdated is setState for Update, as holdPlanned has it. An update that failed leaves what is true.
func setUpdated(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse, model, id any) diag.Diagnostics {
	diags := setState(ctx, &resp.State, resp.Identity, model, id)
	if !resp.Diagnostics.HasError() {
		diags.Append(holdPlanned(ctx, req.Plan, &resp.State)...)
	}
	return diags
}

// setCreated is the same for Create: what was made may be read only after its answer was lost, and be changed by then.
func setCreated(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse, model, id any) diag.Diagnostics {
	diags := setState(ctx, &resp.State, resp.Identity, model, id)
	if !resp.Diagnostics.HasError() {
		diags.Append(holdPlanned(ctx, req.Plan, &resp.State)...)
	}
	return diags
}

// holdPlanned has the state keep what was planned where the API by now says something else, because it was changed
// elsewhere meanwhile: Terraform demands that. A warning says what it is; the next refresh reads it.
func holdPlanned(ctx context.Context, plan tfsdk.Plan, state *tfsdk.State) (diags diag.Diagnostics) {
	attributes := plan.Schema.GetAttributes()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		var planned, got attr.Value
		diags.Append(plan.GetAttribute(ctx, path.Root(name), &planned)...)
		diags.Append(state.GetAttribute(ctx, path.Root(name), &got)...)
		if diags.HasError() {
			return diags
		}
		if planned = fillUnknown(ctx, planned, got); planned.IsUnknown() || semanticallyEqual(ctx, planned, got, &diags) {
			continue
		}
		diags.Append(state.SetAttribute(ctx, path.Root(name), planned)...)
		diags.Append(saysChangedSincePlan(name, planned, got, !attributes[name].IsSensitive()).warning(path.Root(name)))
	}
	return diags
}

// fillUnknown returns a planned value with what the plan did not know in it taken from the one that it came to; unknown
// where that has another shape.
func fillUnknown(ctx context.Context, planned, got attr.Value) attr.Value {
	if planned.Equal(got) {
		return got
	}
	kind := planned.Type(ctx)
	unknown, err := kind.ValueFromTerraform(ctx, tftypes.NewValue(kind.TerraformType(ctx), tftypes.UnknownValue))
	if err != nil {
		return got
	}
	raw, err := planned.ToTerraformValue(ctx)
	if err != nil || raw.IsFullyKnown() {
		return planned
	}
	is, err := got.ToTerraformValue(ctx)
	if err != nil {
		return unknown
	}
	filled, err := tftypes.Transform(raw, func(at *tftypes.AttributePath, v tftypes.Value) (tftypes.Value, error) {
		if v.IsKnown() {
			return v, nil
		}
		found, _, err := tftypes.WalkAttributePath(is, at)
		if value, ok := found.(tftypes.Value); ok {
			return value, err
		}
		return v, err
	})
	if err != nil {
		return unknown
	}
	value, err := kind.ValueFromTerraform(ctx, filled)
	if err != nil {
		return unknown
	}
	return value
}

// semanticallyEqual reports whether two values are equal, or mean the same as their type has it.
func semanticallyEqual(ctx context.Context, a, b attr.Value, diags *diag.Diagnostics) bool {
	if a.Equal(b) {
		return true
	}
	equal, found := false, diag.Diagnostics(nil)
	switch a := a.(type) {
	case basetypes.StringValuableWithSemanticEquals:
		if b, ok := b.(basetypes.StringValuable); ok {
			equal, found = a.StringSemanticEquals(ctx, b)
		}
	case basetypes.SetValuableWithSemanticEquals:
		if b, ok := b.(basetypes.SetValuable); ok {
			equal, found = a.SetSemanticEquals(ctx, b)
		}
	case basetypes.MapValuableWithSemanticEquals:
		if b, ok := b.(basetypes.MapValuable); ok {
			equal, found = a.MapSemanticEquals(ctx, b)
		}
	}
	diags.Append(found...)
	return equal
}
