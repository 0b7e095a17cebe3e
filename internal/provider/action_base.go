package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/action"
	actionschema "github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// Actions do one thing to what there is, and keep nothing in the state. What they do to a thing twice, they do once: one
// that is done already is success, and says so.

// actionBase has what all actions need.
type actionBase struct {
	data *providerData
}

// Configure implements [action.ActionWithConfigure].
func (b *actionBase) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	b.data = providerDataFrom(req.ProviderData, &resp.Diagnostics)
}

// plan looks while planning whether the key may do what an action does; account is the argument's.
func (b *actionBase) plan(ctx context.Context, account types.String, resp *action.ModifyPlanResponse) {
	if b.data != nil && !resp.Diagnostics.HasError() {
		b.data.need(ctx, account, client.PermissionAdministrateSSO, &resp.Diagnostics)
	}
	b.data.sayKeyOnce(&resp.Diagnostics)
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
