package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

var (
	_ resource.ResourceWithConfigure  = &setupLinkResource{}
	_ resource.ResourceWithModifyPlan = &setupLinkResource{}
	_ resource.ResourceWithIdentity   = &setupLinkResource{}
)

// The values of kind.
const (
	setupSSO           = "sso"
	setupDirectorySync = "directory_sync"
)

func newSetupLinkResource() resource.Resource { return &setupLinkResource{} }

// setupLinkResource is a link to the configuration dashboard, for the person who configures what the API does not offer.
type setupLinkResource struct {
	resourceBase
}

// Metadata implements [resource.Resource].
func (r *setupLinkResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_setup_link"
}

// Schema implements [resource.Resource].
func (r *setupLinkResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A link to the page on which a person configures single sign-on or directory sync. It is dead after five minutes, which is why it may stand in the state, marked sensitive: the one exception to this provider's rule that no secret does. Where it is configured already there is no link: `url` is null and `configured` is true. Destroying the resource forgets it." + permissionToApply(client.PermissionAdministrateSSO) + worksToday,
		Attributes: map[string]schema.Attribute{
			"account_id": accountIDAttribute(),
			"kind": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "What to configure: `" + setupSSO + "` or `" + setupDirectorySync + "`. Changing it replaces the resource.",
				Validators:          []validator.String{stringvalidator.OneOf(setupSSO, setupDirectorySync)},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"triggers": schema.MapAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				MarkdownDescription: "Any values; when they change there is a new link.",
				PlanModifiers:       []planmodifier.Map{mapplanmodifier.RequiresReplace()},
			},
			"url": schema.StringAttribute{
				Computed: true, Sensitive: true,
				MarkdownDescription: "The link, good for five minutes and for one use; null where it is configured already.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"configured": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether it was configured already when the link was asked for.",
			},
		},
	}
}

// IdentitySchema implements [resource.ResourceWithIdentity].
func (r *setupLinkResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema("kind", "sso or directory_sync.")
}

type setupLinkModel struct {
	AccountID  types.String `tfsdk:"account_id"`
	Kind       types.String `tfsdk:"kind"`
	Triggers   types.Map    `tfsdk:"triggers"`
	URL        types.String `tfsdk:"url"`
	Configured types.Bool   `tfsdk:"configured"`
}

type setupLinkIdentity struct {
	AccountID types.String `tfsdk:"account_id"`
	Kind      types.String `tfsdk:"kind"`
}

// ModifyPlan implements [resource.ResourceWithModifyPlan].
func (r *setupLinkResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer r.data.endPlan(ctx, req, resp, "prefectsso_setup_link")
	if !isDestroy(req) {
		r.data.planAccount(ctx, req, resp)
		suppressNoOp(ctx, req, resp, "account_id", "kind", "triggers")
	}
}

// Create implements [resource.Resource].
func (r *setupLinkResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m setupLinkModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	ask := r.data.client.SetupURL
	if m.Kind.ValueString() == setupDirectorySync {
		ask = r.data.client.DirectorySetupURL
	}
	link, err := ask(ctx, account)
	if err != nil && !client.IsConflict(err) { // a conflict says that it is configured, which is what was wanted
		resp.Diagnostics.Append(failureAt(path.Root("kind"), "Could not make setup link", err))
		return
	}
	m.AccountID = preserveCase(m.AccountID, account)
	m.URL, m.Configured = textOrNull(link), types.BoolValue(err != nil)
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, setupLinkIdentity{types.StringValue(account), m.Kind})...)
}

// Read implements [resource.Resource]. Nothing can be read of a link; what the state has is what was given.
func (r *setupLinkResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m setupLinkModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, setupLinkIdentity{m.AccountID, m.Kind})...)
}

// Update implements [resource.Resource]. Every argument replaces the resource, so there is nothing to send.
func (r *setupLinkResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m setupLinkModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(setUpdated(ctx, req, resp, &m, setupLinkIdentity{m.AccountID, m.Kind})...)
}

// Delete implements [resource.Resource]: the link dies by itself.
func (r *setupLinkResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {
}
