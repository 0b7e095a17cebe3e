package provider

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
)

// suppressNoOp ends a resource's ModifyPlan: where the planned arguments are those of the prior state, nothing changes, so
// what the framework marked as unknown because the configuration was written differently gets its value back.
func suppressNoOp(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, arguments ...string) {
	if req.State.Raw.IsNull() || resp.Plan.Raw.IsNull() {
		return
	}
	if slices.ContainsFunc(arguments, func(name string) bool { return changes(ctx, req, resp, name) }) {
		return
	}
	resp.Plan.Raw = req.State.Raw
}

// plansNothing reports that a plan leaves a resource of this provider's account as it is. That is so of nearly all of the
// many that a plan refreshes, and cheaper to see before a plan is decoded than after.
func (p *providerData) plansNothing(req resource.ModifyPlanRequest) bool {
	if p == nil || p.noAccount || p.accountID == "" || req.State.Raw.IsNull() || !req.Plan.Raw.Equal(req.State.Raw) {
		return false
	}
	var attributes map[string]tftypes.Value
	var account string
	err := req.State.Raw.As(&attributes)
	return err == nil && attributes["account_id"].As(&account) == nil && strings.EqualFold(account, p.accountID)
}

// movesAccount reports whether a resource goes to another account, which replaces it. An account that is not known yet
// decides nothing. What the schema's plan modifiers want replaced is not in ModifyPlan's RequiresReplace, so plan and
// prior state are compared.
func movesAccount(plan, prior basetypes.StringValue) bool {
	return known(plan) && known(prior) && !plan.Equal(prior)
}

// isDestroy reports whether the plan is to destroy the resource.
func isDestroy(req resource.ModifyPlanRequest) bool { return req.Plan.Raw.IsNull() }

// isCreate reports whether the plan is to create the resource.
func isCreate(req resource.ModifyPlanRequest) bool { return req.State.Raw.IsNull() }

// known reports whether a string has a value that can be checked.
func known(v basetypes.StringValue) bool { return !v.IsNull() && !v.IsUnknown() }

// unknownObject reports whether a nested attribute is unknown as a whole, which no model can hold.
func unknownObject(ctx context.Context, resp *resource.ModifyPlanResponse, name string) bool {
	var object basetypes.ObjectValue
	resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root(name), &object)...)
	return object.IsUnknown()
}

// adviseDestroy ends a resource's ModifyPlan: its errors say how to destroy all the same. Terraform makes a normal plan
// before the plan of a destroy, and any error of that one ends it; `-refresh=false` leaves it out.
func adviseDestroy(req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if isDestroy(req) {
		return // the error is about the destroy itself
	}
	for i, d := range resp.Diagnostics {
		if d.Severity() != diag.SeverityError {
			continue
		}
		detail := access.AddParagraph(d.Detail(), destroyAdvice)
		if at, ok := d.(diag.DiagnosticWithPath); ok {
			resp.Diagnostics[i] = diag.NewAttributeErrorDiagnostic(at.Path(), d.Summary(), detail)
		} else {
			resp.Diagnostics[i] = diag.NewErrorDiagnostic(d.Summary(), detail)
		}
	}
}
