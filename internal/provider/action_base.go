package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/action"
	actionschema "github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
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

// plan is ModifyPlan of every action: it reads the configuration into a model, of which account is the argument, looks
// whether the key has a permission without which the action fails, and makes the checks that the account is asked for. They
// are given the account, "" where it is not known yet.
func (b *actionBase) plan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse, model any, account *types.String, permission string, checks ...func(account string)) {
	defer b.data.sayKeyOnce(&resp.Diagnostics)
	resp.Diagnostics.Append(req.Config.Get(ctx, model)...)
	if b.data == nil || resp.Diagnostics.HasError() {
		return
	}
	b.data.need(ctx, *account, permission, &resp.Diagnostics)
	if len(checks) == 0 || resp.Diagnostics.HasError() || !b.data.canPlan(&resp.Diagnostics) {
		return
	}
	id := ""
	if !account.IsUnknown() && !b.data.noAccount {
		var ok bool
		if id, ok = b.data.account(*account, &resp.Diagnostics); !ok {
			return
		}
	}
	for _, check := range checks {
		check(id)
	}
}

// offered is the check of an action that the API has only with the managed configuration.
func (b *actionBase) offered(ctx context.Context, diags *diag.Diagnostics) func(account string) {
	return func(account string) {
		if account == "" {
			return
		}
		if err := b.data.checkOffered(ctx, account); err != nil {
			diags.Append(failure("This action cannot be used here", err))
		}
	}
}

// begin is how every Invoke begins: it reads the configuration into a model, and says in which account the action works.
func (b *actionBase) begin(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse, model any, account *types.String) (id string, ok bool) {
	resp.Diagnostics.Append(req.Config.Get(ctx, model)...)
	if resp.Diagnostics.HasError() {
		return "", false
	}
	return b.data.scope(*account, &resp.Diagnostics)
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
