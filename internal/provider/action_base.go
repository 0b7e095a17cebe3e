package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/action"
	actionschema "github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// Actions do one thing to what there is, and keep nothing in the state. What they do to a thing twice, they do once: one
// that is done already is success, and says so.

// actionBase has what all actions need, and is all of a plan that most have.
type actionBase struct {
	data *providerData
	// permission is the one that doing it takes.
	permission string
	// published reports whether the API that Prefect publishes has it; else it is a part of the managed configuration.
	published bool
}

// ofSSO is of what administrators of single sign-on do with the managed configuration.
var ofSSO = actionBase{permission: client.PermissionAdministrateSSO}

// Configure implements [action.ActionWithConfigure].
func (b *actionBase) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	b.data = providerDataFrom(req.ProviderData, &resp.Diagnostics)
}

// ModifyPlan implements [action.ActionWithModifyPlan]: it looks whether the server offers what the action does, and whether
// the key may do it.
func (b *actionBase) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	defer b.data.sayKeyOnce(&resp.Diagnostics)
	var argument types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("account_id"), &argument)...)
	if resp.Diagnostics.HasError() || argument.IsUnknown() || !b.data.canPlan(&resp.Diagnostics) {
		return
	}
	account, ok := b.data.account(argument, &resp.Diagnostics)
	if !ok {
		return
	}
	if !b.published {
		if err := b.data.checkOffered(ctx, account); err != nil {
			resp.Diagnostics.Append(failure("This action cannot be used here", err))
			return
		}
	}
	b.data.need(ctx, types.StringValue(account), b.permission, &resp.Diagnostics)
}

// said tells Terraform how far an action is.
func said(resp *action.InvokeResponse, message string) {
	resp.SendProgress(action.InvokeProgressEvent{Message: message})
}

// actionAccount is the `account_id` of every action.
func actionAccount() actionschema.StringAttribute {
	return actionschema.StringAttribute{Optional: true, MarkdownDescription: "UUID of the account. Default: the provider's `account_id`."}
}

// actionText is a required argument that is not empty.
func actionText(description string) actionschema.StringAttribute {
	return actionschema.StringAttribute{Required: true, MarkdownDescription: description, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}}
}
