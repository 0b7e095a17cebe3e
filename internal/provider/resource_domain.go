package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
)

var (
	_ resource.ResourceWithConfigure   = &domainResource{}
	_ resource.ResourceWithModifyPlan  = &domainResource{}
	_ resource.ResourceWithImportState = &domainResource{}
	_ resource.ResourceWithIdentity    = &domainResource{}
)

func newDomainResource() resource.Resource { return &domainResource{} }

// domainResource is one enabled email domain; the account's other domains are not its business.
type domainResource struct {
	resourceBase
}

// Metadata implements [resource.Resource].
func (r *domainResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_domain"
}

// Schema implements [resource.Resource].
func (r *domainResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "One email domain that is enabled for the account's single sign-on. The account's other domains are left alone, so several configurations can each look after their own; use `prefectsso_domains` instead where one configuration owns the whole set, never both.\n\nA domain that is enabled already is adopted, with a warning. Destroying the resource disables the domain.\n\nThe last domain of the only active connection is not taken away but *released*: its people go on logging in until the connection names it no more, so that a domain can be renamed below a connection that is in use, in any order and in one apply. To Terraform it is gone, and the apply warns which connection still names it. `allow_disable_sso = true` in the provider block takes it away at once. Today's Prefect Cloud always does; there the plan warns that single sign-on would end." + permissionToApply(client.PermissionAdministrateSSO) + worksToday,
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "UUID of the enabled domain.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"account_id": accountIDAttribute(),
			"name": schema.StringAttribute{
				CustomType:          normalized.Domain.StringType(),
				Required:            true,
				MarkdownDescription: "The domain, such as `acme.com`. Case, a trailing dot and the IDN form make no difference. Changing it replaces the resource.",
				Validators:          []validator.String{ownDomain{}},
				PlanModifiers:       []planmodifier.String{normalized.UseStateForEqual(normalized.Domain), stringplanmodifier.RequiresReplace()},
			},
			"created": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "When the domain was enabled, RFC 3339.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"timeouts": domainTimeouts(ctx),
		},
	}
}

// IdentitySchema implements [resource.ResourceWithIdentity].
func (r *domainResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema("name", "The domain, lower-case, IDN names in their ASCII form.")
}

type domainModel struct {
	ID        types.String      `tfsdk:"id"`
	AccountID types.String      `tfsdk:"account_id"`
	Name      normalized.String `tfsdk:"name"`
	Created   types.String      `tfsdk:"created"`
	Timeouts  timeouts.Value    `tfsdk:"timeouts"`
}

type domainIdentity struct {
	AccountID types.String `tfsdk:"account_id"`
	Name      types.String `tfsdk:"name"`
}

// fromAPI takes the server's answer. The name keeps its spelling where that means the same.
func (m *domainModel) fromAPI(accountID string, d client.Domain) {
	m.ID = types.StringValue(d.ID)
	m.AccountID = preserveCase(m.AccountID, accountID)
	if m.Name.Normalized() != d.Name {
		m.Name = normalized.Domain.StringValue(d.Name)
	}
	m.Created = timeOrNull(d.Created)
}

func (m *domainModel) identity(accountID string) domainIdentity {
	return domainIdentity{types.StringValue(accountID), types.StringValue(m.Name.Normalized())}
}

// ModifyPlan implements [resource.ResourceWithModifyPlan].
func (r *domainResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer r.data.endPlan(ctx, req, resp, "prefectsso_domain")
	if !isDestroy(req) {
		r.data.planAccount(ctx, req, resp)
		suppressNoOp(ctx, req, resp, "account_id", "name", "timeouts")
	}
	if isCreate(req) || resp.Diagnostics.HasError() {
		return
	}
	var prior, plan domainModel
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	moves := isDestroy(req)
	if !moves {
		resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
		moves = movesAccount(plan.AccountID, prior.AccountID) || !plan.Name.Equal(prior.Name)
	}
	if moves {
		r.data.checkRemoval(ctx, prior.AccountID, []string{prior.Name.Normalized()}, true, path.Root("name"), &resp.Diagnostics)
	}
}

// Create implements [resource.Resource].
func (r *domainResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m domainModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	ctx, cancel := within(ctx, m.Timeouts.Create, &resp.Diagnostics)
	defer cancel()
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	if !r.data.reserve("prefectsso_domain", account, run.Domain, path.Root("name"), &resp.Diagnostics, m.Name.Normalized()) {
		return
	}
	domain, already, err := r.data.client.EnableDomain(ctx, account, m.Name.Normalized())
	if keepUncertain(ctx, "domain", err, r.data.domainAnswer(ctx, account), req, resp) {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity(account))...)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(r.data.domainFailure(ctx, account, path.Root("name"), "Could not enable domain", err))
		return
	}
	if already {
		resp.Diagnostics.Append(warns(noAction, path.Root("name"), "Domain was enabled already", fmt.Sprintf("%s was enabled in this account before. It now belongs to this resource: destroying the resource disables it.", domain.Name)))
	}
	m.fromAPI(account, domain)
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, m.identity(account))...)
}

// Read implements [resource.Resource].
func (r *domainResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer r.data.endRead(ctx, resp)
	var m domainModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	domains, err := r.data.client.ListDomains(ctx, account)
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read domain", err))
		return
	}
	for _, domain := range domains {
		if domain.Name == m.Name.Normalized() {
			m.fromAPI(account, domain)
			resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, m.identity(account))...)
			return
		}
	}
	resp.Diagnostics.Append(warns(checkThis, path.Empty(), "Domain is gone", fmt.Sprintf("%s is no longer enabled in account %s, or is being released: it was disabled outside of Terraform. It is taken out of the state; as long as the configuration has it, the plan enables it again.", m.Name.ValueString(), account)))
	removeFromState(ctx, resp, m.identity(account))
}

// Update implements [resource.Resource]. Every argument that can change replaces the resource, so there is nothing to
// send; the plan is what is there.
func (r *domainResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m domainModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(setUpdated(ctx, req, resp, &m, m.identity(m.AccountID.ValueString()))...)
	}
}

// Delete implements [resource.Resource].
func (r *domainResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m domainModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	ctx, cancel := within(ctx, m.Timeouts.Delete, &resp.Diagnostics)
	defer cancel()
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	defer r.data.run.Written.Deleting()()
	if r.data.run.Written.IsReserved(account, run.Domain, m.Name.Normalized()) {
		resp.Diagnostics.Append(warns(noAction, path.Empty(), "Domain stays enabled", fmt.Sprintf("Another resource of this run manages %s now, so it was not disabled.", m.Name.ValueString())))
		return
	}
	if !r.data.recheck(ctx, r.data.removal(account, []string{m.Name.Normalized()}, path.Root("name")), &resp.Diagnostics) {
		return
	}
	releasing, err := r.data.client.DisableDomains(ctx, account, []string{m.Name.Normalized()}, r.data.disableOptions()...)
	if err != nil {
		resp.Diagnostics.Append(r.data.domainFailure(ctx, account, path.Root("name"), "Could not disable domain", err))
	}
	r.data.warnOfReleasing(ctx, account, path.Root("name"), releasing, &resp.Diagnostics)
}

// ImportState implements [resource.ResourceWithImportState]: `<name>` or `<account_id>/<name>`.
func (r *domainResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	account, name, ok := r.data.importByName(ctx, "name", req, resp)
	if ok {
		m := domainModel{Name: normalized.Domain.StringValue(name)}
		resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity(account))...)
	}
}
