package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
)

var (
	_ resource.ResourceWithConfigure   = &domainsResource{}
	_ resource.ResourceWithModifyPlan  = &domainsResource{}
	_ resource.ResourceWithImportState = &domainsResource{}
	_ resource.ResourceWithIdentity    = &domainsResource{}
)

func newDomainsResource() resource.Resource { return &domainsResource{} }

// domainsResource is the account's whole set of enabled domains.
type domainsResource struct {
	resourceBase
}

// Metadata implements [resource.Resource].
func (r *domainsResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_domains"
}

// Schema implements [resource.Resource].
func (r *domainsResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Exactly the email domains that are enabled for the account's single sign-on: what is not in `names` gets disabled, and what is enabled elsewhere shows as drift. Use `prefectsso_domain` instead where several configurations share an account, never both.\n\nDestroying the resource disables its domains. The last ones of the only active connection are *released*, as with `prefectsso_domain`: they count as gone, and their people go on logging in until the connection names other domains." + permissionToApply(client.PermissionAdministrateSSO) + worksToday,
		Attributes: map[string]schema.Attribute{
			"account_id": accountIDAttribute(),
			"names": schema.SetAttribute{
				CustomType:          normalized.Domain.SetType(),
				ElementType:         types.StringType,
				Required:            true,
				MarkdownDescription: "The domains, such as `acme.com`. Case, a trailing dot and the IDN form make no difference.",
				Validators:          []validator.Set{setvalidator.NoNullValues(), ownDomain{}},
				PlanModifiers:       []planmodifier.Set{normalized.UseStateForEqual(normalized.Domain)},
			},
			"timeouts": domainTimeouts(ctx),
		},
	}
}

// IdentitySchema implements [resource.ResourceWithIdentity].
func (r *domainsResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema("", "")
}

type domainsModel struct {
	AccountID types.String   `tfsdk:"account_id"`
	Names     normalized.Set `tfsdk:"names"`
	Timeouts  timeouts.Value `tfsdk:"timeouts"`
}

// accountIdentity identifies what there is once an account.
type accountIdentity struct {
	AccountID types.String `tfsdk:"account_id"`
}

// fromAPI takes the server's answer. Names keep the spelling that they have where it means the same.
func (m *domainsModel) fromAPI(accountID string, domains []client.Domain) {
	m.AccountID = preserveCase(m.AccountID, accountID)
	names := make([]string, len(domains))
	for i, domain := range domains {
		names[i] = domain.Name
	}
	m.Names = normalized.Domain.SetValueAs(m.Names, names)
}

// ModifyPlan implements [resource.ResourceWithModifyPlan].
func (r *domainsResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer r.data.endPlan(ctx, req, resp, "prefectsso_domains")
	var prior, plan domainsModel
	if !isCreate(req) {
		resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	}
	if isDestroy(req) {
		r.data.checkRemoval(ctx, prior.AccountID, prior.Names.Normalized(), true, path.Root("names"), &resp.Diagnostics)
		return
	}
	r.data.planAccount(ctx, req, resp)
	suppressNoOp(ctx, req, resp, "account_id", "names", "timeouts")
	resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || resp.Plan.Raw.Equal(req.State.Raw) || !r.data.canPlan(&resp.Diagnostics) {
		return
	}
	if plan.AccountID.IsUnknown() || !plan.Names.IsWhollyKnown() {
		notJudged(path.Root("names"), access.LockoutNotChecked, &resp.Diagnostics)
		return
	}
	if isCreate(req) {
		r.warnOfOthers(ctx, &plan, resp)
		return
	}
	if movesAccount(plan.AccountID, prior.AccountID) { // Terraform plans the new one by itself
		r.data.checkRemoval(ctx, prior.AccountID, prior.Names.Normalized(), true, path.Root("names"), &resp.Diagnostics)
		return
	}
	kept := plan.Names.Normalized()
	removed := slices.DeleteFunc(prior.Names.Normalized(), func(name string) bool { return slices.Contains(kept, name) })
	r.data.checkRemoval(ctx, prior.AccountID, removed, false, path.Root("names"), &resp.Diagnostics)
}

// warnOfOthers says in the plan what taking over an account's domains disables: there is no prior state that could show
// it.
func (r *domainsResource) warnOfOthers(ctx context.Context, m *domainsModel, resp *resource.ModifyPlanResponse) {
	domains, err := r.data.client.ListDomains(ctx, m.AccountID.ValueString())
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read domains", err))
		return
	}
	kept := m.Names.Normalized()
	var others []string
	for _, domain := range domains {
		if !slices.Contains(kept, domain.Name) {
			others = append(others, domain.Name)
		}
	}
	if len(others) > 0 {
		resp.Diagnostics.Append(diagnosticFrom(access.Finding{ID: access.DomainsReplaced, Severity: access.Warning, Names: others}, path.Root("names")))
		r.data.checkRemoval(ctx, m.AccountID, others, false, path.Root("names"), &resp.Diagnostics)
	}
}

// Create implements [resource.Resource].
func (r *domainsResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m domainsModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	ctx, cancel := within(ctx, m.Timeouts.Create, &resp.Diagnostics)
	defer cancel()
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	r.write(ctx, account, &m, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, accountIdentity{types.StringValue(account)})...)
}

// write makes the account's set the planned one and takes over the answer.
func (r *domainsResource) write(ctx context.Context, account string, m *domainsModel, diags *diag.Diagnostics) {
	at := path.Root("names")
	if !r.data.reserve("prefectsso_domains", account, run.Domain, at, diags, "") {
		return
	}
	domains, releasing, err := r.data.client.SetDomains(ctx, account, m.Names.Normalized(), r.data.disableOptions()...)
	if err != nil {
		diags.Append(r.data.domainFailure(ctx, account, at, "Could not set domains", err))
		return
	}
	r.data.warnOfReleasing(ctx, account, at, releasing, diags)
	m.fromAPI(account, domains)
}

// Read implements [resource.Resource].
func (r *domainsResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer r.data.endRead(ctx, resp)
	var m domainsModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	domains, err := r.data.client.ListDomains(ctx, account)
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read domains", err))
		return
	}
	m.fromAPI(account, domains)
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, accountIdentity{types.StringValue(account)})...)
}

// Update implements [resource.Resource].
func (r *domainsResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m domainsModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	ctx, cancel := within(ctx, m.Timeouts.Update, &resp.Diagnostics)
	defer cancel()
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	r.write(ctx, account, &m, &resp.Diagnostics)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(setUpdated(ctx, req, resp, &m, accountIdentity{types.StringValue(account)})...)
	}
}

// Delete implements [resource.Resource]: it disables the domains of the state, not what others enabled since.
func (r *domainsResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m domainsModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	ctx, cancel := within(ctx, m.Timeouts.Delete, &resp.Diagnostics)
	defer cancel()
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	defer r.data.run.Written.Deleting()()
	var mine []string
	for _, name := range m.Names.Normalized() {
		if !r.data.run.Written.IsReserved(account, run.Domain, name) {
			mine = append(mine, name)
		}
	}
	if len(mine) > 0 && !r.data.recheck(ctx, r.data.removal(account, mine, path.Root("names")), &resp.Diagnostics) {
		return
	}
	releasing, err := r.data.client.DisableDomains(ctx, account, mine, r.data.disableOptions()...)
	if err != nil {
		resp.Diagnostics.Append(r.data.domainFailure(ctx, account, path.Root("names"), "Could not disable domains", err))
	}
	r.data.warnOfReleasing(ctx, account, path.Root("names"), releasing, &resp.Diagnostics)
}

// ImportState implements [resource.ResourceWithImportState]: `<account_id>`.
func (r *domainsResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if account, ok := r.data.importByAccount(ctx, req, resp); ok {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("names"), normalized.Domain.SetValue(nil))...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, accountIdentity{types.StringValue(account)})...)
	}
}
