package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/access/fetch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/settings"
)

// providerData is what one configured provider hands to its resources and data sources: the client of its account API,
// what the provider block says, and what the resources of a run know of each other.
type providerData struct {
	client    *client.Client // nil while an argument that it needs is unknown
	accountID string         // the account of resources that name none; "" when there is none
	noAccount bool           // it is not known yet which one that is
	unknown   []string       // arguments of the provider block that are not known yet
	policy    access.Policy  // what this run may do to people's access
	world     *fetch.Fetcher // what guards read of accounts; whatever the client writes drops it

	run       *run.Run  // what the resources of this run know of each other
	preflight preflight // what this run has said of its key

	permissionsAreErrors bool // a permission that only the apply needs ends the plan

	allowDisableSSO bool // domains go at once, also those without which single sign-on ends
}

// resourceBase is embedded by every resource: it takes the provider's data from Configure, once for all.
type resourceBase struct {
	data *providerData
}

// Configure implements [resource.ResourceWithConfigure].
func (b *resourceBase) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	b.data = providerDataFrom(req.ProviderData, &resp.Diagnostics)
}

// dataSourceBase is the same for data sources.
type dataSourceBase struct {
	data *providerData
}

// Configure implements [datasource.DataSourceWithConfigure].
func (b *dataSourceBase) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	b.data = providerDataFrom(req.ProviderData, &resp.Diagnostics)
}

// ephemeralBase is the same for ephemeral resources.
type ephemeralBase struct {
	data *providerData
}

// Configure implements [ephemeral.EphemeralResourceWithConfigure].
func (b *ephemeralBase) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	b.data = providerDataFrom(req.ProviderData, &resp.Diagnostics)
}

// providerDataFrom returns nil before the provider is configured, as during validation.
func providerDataFrom(data any, diags *diag.Diagnostics) *providerData {
	if data == nil {
		return nil
	}
	s, ok := data.(*providerData)
	if !ok {
		diags.AddError("Wrong provider data", fmt.Sprintf("A resource of this provider was configured with %T. This is a mistake of the provider; please report it.", data))
		return nil
	}
	return s
}

// ready reports whether requests can be made; if not, the error names the arguments that are missing.
func (p *providerData) ready(diags *diag.Diagnostics) bool {
	if p != nil && p.client != nil {
		return true
	}
	if p == nil {
		diags.AddError("Provider not configured", "Terraform used a resource of this provider before configuring it. Please report this.")
		return false
	}
	diags.AddError("Provider configuration not known yet", fmt.Sprintf("This step needs the account API, but %s of the provider block is only known after apply. Give it a value that is known now, or apply what it depends on first (`terraform apply -target=…`).", english.AndCode(p.unknown)))
	return false
}

// canPlan reports whether a check against the account can be made while planning; if not, it warns that it was left
// out.
func (p *providerData) canPlan(diags *diag.Diagnostics) bool {
	if p == nil {
		return false
	}
	if p.client == nil {
		diags.Append(warns(checkThis, path.Empty(), "Not checked against the account", fmt.Sprintf("%s of the provider block is not known while planning, so this plan could not be checked against the account. The same checks are made when it is applied.", english.AndCode(p.unknown))))
		return false
	}
	return true
}

// account returns the account that a resource or data source belongs to: its own `account_id`, else the provider's.
func (p *providerData) account(own types.String, diags *diag.Diagnostics) (string, bool) {
	id := own.ValueString()
	if id == "" {
		id = p.accountID
	}
	switch {
	case id == "":
		missing := diag.NewAttributeErrorDiagnostic(path.Root("account_id"), "Missing account id", "No account was named. Set the environment variable "+settings.EnvAccountID+", `account_id` in the provider block, or `account_id` here; an address of the API that names the account will do, too, as `prefect cloud login` writes it.")
		diags.Append(keyDiagnostic{missing, errNoAccount})
	case uuid.Validate(id) != nil:
		diags.AddAttributeError(path.Root("account_id"), "Invalid account id", fmt.Sprintf("%q is no UUID.", id))
	default:
		return strings.ToLower(id), true
	}
	return "", false
}

// scope is ready and account in one: what every request needs first.
func (p *providerData) scope(own types.String, diags *diag.Diagnostics) (string, bool) {
	if !p.ready(diags) {
		return "", false
	}
	account, ok := p.account(own, diags)
	if !ok {
		return "", false
	}
	if err := p.preflight.rejection(account); err != nil {
		diags.Append(failure("Could not use the API key", err))
		return "", false
	}
	return account, true
}

// planAccount settles the planned `account_id` of a resource that leaves it to the provider: it is the provider's, it
// shows in the plan, and when the provider moves to another account the resource is replaced.
func (p *providerData) planAccount(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	at := path.Root("account_id")
	var config, prior types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, at, &config)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.GetAttribute(ctx, at, &prior)...)
	}
	if resp.Diagnostics.HasError() || !config.IsNull() || p == nil || p.noAccount {
		return
	}
	id, ok := p.account(config, &resp.Diagnostics)
	if !ok {
		return
	}
	if strings.EqualFold(prior.ValueString(), id) {
		id = prior.ValueString()
	} else if prior.ValueString() != "" {
		resp.RequiresReplace.Append(at)
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, at, id)...)
}

// reserve reserves what a resource of type owner is about to write, all of the keys or none; the error names the resource
// type that has it.
func (p *providerData) reserve(owner, account string, kind run.Kind, at path.Path, diags *diag.Diagnostics, keys ...string) bool {
	conflict := p.run.Written.Reserve(owner, account, kind, keys...)
	if conflict != nil {
		diags.Append(saysManagedTwice(*conflict, owner).error(at))
	}
	return conflict == nil
}

// setState writes a resource's state and its identity, which Terraform wants beside every state.
func setState(ctx context.Context, state *tfsdk.State, identity *tfsdk.ResourceIdentity, model, id any) diag.Diagnostics {
	diags := state.Set(ctx, model)
	diags.Append(identity.Set(ctx, id)...)
	return diags
}

// removeFromState takes a resource that is gone out of the state. The framework wants its identity even then.
func removeFromState(ctx context.Context, resp *resource.ReadResponse, id any) {
	resp.Diagnostics.Append(resp.Identity.Set(ctx, id)...)
	resp.State.RemoveResource(ctx)
}
