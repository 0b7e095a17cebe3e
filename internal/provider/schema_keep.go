package provider

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
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

// setUpdated is setState for Update. Where the API by now says something else than the plan did, because it was changed
// elsewhere between plan and apply, the state keeps what was planned, as Terraform demands, and a warning says what it is;
// the next refresh reads it. An update that failed leaves what is true.
func setUpdated(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse, model, id any) diag.Diagnostics {
	diags := setState(ctx, &resp.State, resp.Identity, model, id)
	if resp.Diagnostics.HasError() {
		return diags
	}
	attributes := req.Plan.Schema.GetAttributes()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		var planned, got attr.Value
		diags.Append(req.Plan.GetAttribute(ctx, path.Root(name), &planned)...)
		diags.Append(resp.State.GetAttribute(ctx, path.Root(name), &got)...)
		if diags.HasError() {
			return diags
		}
		if !whollyKnown(ctx, planned) || semanticallyEqual(ctx, planned, got, &diags) {
			continue
		}
		diags.Append(resp.State.SetAttribute(ctx, path.Root(name), planned)...)
		diags.Append(saysChangedSincePlan(name, planned, got, !attributes[name].IsSensitive()).warning(path.Root(name)))
	}
	return diags
}

// whollyKnown reports whether a value and all that is in it is known.
func whollyKnown(ctx context.Context, v attr.Value) bool {
	raw, err := v.ToTerraformValue(ctx)
	return err == nil && raw.IsFullyKnown()
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
