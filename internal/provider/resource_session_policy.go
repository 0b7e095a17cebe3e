package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
)

var (
	_ resource.ResourceWithConfigure   = &sessionPolicyResource{}
	_ resource.ResourceWithModifyPlan  = &sessionPolicyResource{}
	_ resource.ResourceWithImportState = &sessionPolicyResource{}
	_ resource.ResourceWithIdentity    = &sessionPolicyResource{}
)

func newSessionPolicyResource() resource.Resource { return &sessionPolicyResource{} }

// sessionPolicyResource is how long a login to the account counts as recent.
type sessionPolicyResource struct {
	resourceBase
}

// Metadata implements [resource.Resource].
func (r *sessionPolicyResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_session_policy"
}

// Schema implements [resource.Resource].
func (r *sessionPolicyResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "How long a login through single sign-on counts as recent. There is one policy an account. Destroying the resource forgets it and leaves the policy as it is." + permissionToApply(client.PermissionUpdateAccount) + worksToday,
		Attributes: map[string]schema.Attribute{
			"account_id": accountIDAttribute(),
			"auth_expiration_seconds": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "For how many seconds a login counts as recent; people log in again after that. Left out: until their session ends.",
				Validators:          []validator.Int64{int64validator.AtLeast(1)},
			},
		},
	}
}

// IdentitySchema implements [resource.ResourceWithIdentity].
func (r *sessionPolicyResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema("", "")
}

type sessionPolicyModel struct {
	AccountID             types.String `tfsdk:"account_id"`
	AuthExpirationSeconds types.Int64  `tfsdk:"auth_expiration_seconds"`
}

// fromAPI takes the server's answer.
func (m *sessionPolicyModel) fromAPI(a *client.Account) {
	m.AccountID = preserveCase(m.AccountID, a.ID)
	m.AuthExpirationSeconds = types.Int64PointerValue(a.AuthExpirationSeconds)
}

// ModifyPlan implements [resource.ResourceWithModifyPlan].
func (r *sessionPolicyResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer r.data.endPlan(ctx, req, resp, "prefectsso_session_policy")
	if !isDestroy(req) {
		r.data.planAccount(ctx, req, resp)
		suppressNoOp(ctx, req, resp, "account_id", "auth_expiration_seconds")
	}
}

// Create implements [resource.Resource].
func (r *sessionPolicyResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m sessionPolicyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if account, ok := r.write(ctx, &m, &resp.Diagnostics); ok {
		resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, accountIdentity{types.StringValue(account)})...)
	}
}

// Update implements [resource.Resource].
func (r *sessionPolicyResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m sessionPolicyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if account, ok := r.write(ctx, &m, &resp.Diagnostics); ok {
		resp.Diagnostics.Append(setUpdated(ctx, req, resp, &m, accountIdentity{types.StringValue(account)})...)
	}
}

// write sends the planned policy, and leaves the plan in the model: the answer has no body.
func (r *sessionPolicyResource) write(ctx context.Context, m *sessionPolicyModel, diags *diag.Diagnostics) (account string, ok bool) {
	account, ok = r.data.scope(m.AccountID, diags)
	at := path.Root("auth_expiration_seconds")
	if !ok || diags.HasError() || !r.data.reserve("prefectsso_session_policy", account, run.SessionPolicy, at, diags, "of the account") {
		return "", false
	}
	if err := r.data.client.SetAuthExpiration(ctx, account, m.AuthExpirationSeconds.ValueInt64Pointer()); err != nil {
		diags.Append(failureAt(at, "Could not set session policy", err))
		return "", false
	}
	m.AccountID = preserveCase(m.AccountID, account)
	return account, true
}

// Read implements [resource.Resource].
func (r *sessionPolicyResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer r.data.endRead(ctx, resp)
	var m sessionPolicyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	id, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	account, err := r.data.client.GetAccount(ctx, id)
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read session policy", err))
		return
	}
	m.fromAPI(account)
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, accountIdentity{types.StringValue(id)})...)
}

// Delete implements [resource.Resource]: the policy stays as it is.
func (r *sessionPolicyResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {
}

// ImportState implements [resource.ResourceWithImportState]: `<account_id>`.
func (r *sessionPolicyResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if account, ok := r.data.importByAccount(ctx, req, resp); ok {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, accountIdentity{types.StringValue(account)})...)
	}
}
