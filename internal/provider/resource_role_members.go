package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

var (
	_ resource.ResourceWithConfigure   = &roleMembersResource{}
	_ resource.ResourceWithModifyPlan  = &roleMembersResource{}
	_ resource.ResourceWithImportState = &roleMembersResource{}
	_ resource.ResourceWithIdentity    = &roleMembersResource{}
)

func newRoleMembersResource() resource.Resource { return &roleMembersResource{} }

// roleMembersLeaveOut is how people whose role a mapping gives are left out.
const roleMembersLeaveOut = "Let `members` name exactly those of them to whom the mapping gives this role, or put them into `ignore_emails`."

// roleMembersResource is exactly which people hold an account role. What it does with them is in role_members.go.
type roleMembersResource struct {
	resourceBase
}

// Metadata implements [resource.Resource].
func (r *roleMembersResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_role_members"
}

// Schema implements [resource.Resource].
func (r *roleMembersResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: fmt.Sprintf("Exactly which people hold an account role: who is in `members` gets it, who holds it and is not gets `removed_role`. The state holds all people who have the role, so a plan names whom it removes. Service accounts are not its business. People are followed by their membership: where the identity provider changes an address, a plan says the new one and removes nobody, and the written one goes on standing for that person until the new one is written in its place.\n\nIt is for roles that few people hold, such as `Owner`; with more than %d holders use `prefectsso_member_roles`. Destroying the resource removes it from the state and leaves all roles as they are.", maxHolders) + permissionToGive + worksToday,
		Attributes: map[string]schema.Attribute{
			"account_id": accountIDAttribute(),
			"role": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The account role, by its name exactly as the account has it, or by its id. Changing it replaces the resource.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"members": schema.SetAttribute{
				CustomType:          normalized.Email.SetType(),
				ElementType:         types.StringType,
				Required:            true,
				MarkdownDescription: "Email addresses of all who hold the role; the case of A to Z, and whether the domain is in Unicode or ASCII, makes no difference.",
				Validators:          []validator.Set{setvalidator.NoNullValues()},
				PlanModifiers:       []planmodifier.Set{normalized.UseStateForEqual(normalized.Email)},
			},
			"ignore_emails": schema.SetAttribute{
				CustomType:          normalized.Email.SetType(),
				ElementType:         types.StringType,
				Optional:            true,
				MarkdownDescription: "People who may hold the role or not: they are neither shown nor removed, such as a break-glass account.",
				Validators:          []validator.Set{setvalidator.NoNullValues()},
				PlanModifiers:       []planmodifier.Set{normalized.UseStateForEqual(normalized.Email)},
			},
			"ignore_directory_managed": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(false),
				MarkdownDescription: "Leave out people whom a directory brought: their role is the directory's business. It costs a request a holder. Default `false`.",
			},
			"removed_role": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(resetRole),
				MarkdownDescription: "The role of people who are removed, by name or id. Default `" + resetRole + "`.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"max_removals": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "A plan that removes more people than this is an error. Default: no limit.",
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
			},
		},
	}
}

// IdentitySchema implements [resource.ResourceWithIdentity].
func (r *roleMembersResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema("role", "The account role, by name or id.")
}

type roleMembersModel struct {
	AccountID              types.String   `tfsdk:"account_id"`
	Role                   types.String   `tfsdk:"role"`
	Members                normalized.Set `tfsdk:"members"`
	IgnoreEmails           normalized.Set `tfsdk:"ignore_emails"`
	IgnoreDirectoryManaged types.Bool     `tfsdk:"ignore_directory_managed"`
	RemovedRole            types.String   `tfsdk:"removed_role"`
	MaxRemovals            types.Int64    `tfsdk:"max_removals"`
}

type roleMembersIdentity struct {
	AccountID types.String `tfsdk:"account_id"`
	Role      types.String `tfsdk:"role"`
}

func (m *roleMembersModel) identity(accountID string) roleMembersIdentity {
	return roleMembersIdentity{types.StringValue(accountID), m.Role}
}

// fromAPI takes the server's holders of the role; before is who was behind the written addresses. Addresses keep the spelling
// that they have.
func (m *roleMembersModel) fromAPI(accountID string, holders []client.Membership, before people) {
	m.AccountID = preserveCase(m.AccountID, accountID)
	emails, _ := m.shownAs(holders, before)
	slices.Sort(emails)
	// The server may have one address twice, with its domain in Unicode and in ASCII.
	m.Members = normalized.Email.SetValueAs(m.Members, slices.Compact(emails))
	m.IgnoreDirectoryManaged = types.BoolValue(m.IgnoreDirectoryManaged.ValueBool())
	m.RemovedRole = types.StringValue(cmp.Or(m.RemovedRole.ValueString(), resetRole))
}

// ModifyPlan implements [resource.ResourceWithModifyPlan].
func (r *roleMembersResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer r.data.endPlan(ctx, req, resp, "prefectsso_role_members")
	if isDestroy(req) {
		return
	}
	r.data.planAccount(ctx, req, resp)
	suppressNoOp(ctx, req, resp, "account_id", "role", "members", "ignore_emails", "ignore_directory_managed", "removed_role", "max_removals")
	var plan roleMembersModel
	resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || resp.Plan.Raw.Equal(req.State.Raw) || !r.data.canPlan(&resp.Diagnostics) {
		return
	}
	at := path.Root("members")
	if !plan.known() {
		notJudged(at, access.LockoutNotChecked, &resp.Diagnostics)
		return
	}
	work := r.data.work(ctx, plan.AccountID.ValueString(), &plan, peopleIn(ctx, req.Private, &resp.Diagnostics), &resp.Diagnostics)
	if work == nil {
		return
	}
	if len(work.absent) > 0 {
		resp.Diagnostics.Append(saysMembersAbsent("members", work.absent, plan.AccountID.ValueString()).warning(at))
	}
	if isCreate(req) && len(work.removed) > 0 {
		resp.Diagnostics.Append(saysRoleMembersReplaced(plan.Role.ValueString(), work.removedEmails(), plan.RemovedRole.ValueString()).warning(at))
	}
	r.data.checkRoles(ctx, plan.AccountID.ValueString(), work.changes(), roleGuard{func(string) path.Path { return at }, roleMembersLeaveOut}, &resp.Diagnostics)
}

// known reports whether everything that decides over people has a value.
func (m *roleMembersModel) known() bool {
	return !m.AccountID.IsUnknown() && !m.Role.IsUnknown() && m.Members.IsWhollyKnown() &&
		m.IgnoreEmails.IsWhollyKnown() && !m.IgnoreDirectoryManaged.IsUnknown() &&
		!m.RemovedRole.IsUnknown() && !m.MaxRemovals.IsUnknown()
}

// Create implements [resource.Resource].
func (r *roleMembersResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m roleMembersModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	if is, ok := r.data.write(ctx, account, &m, nil, nil, &resp.Diagnostics); ok {
		resp.Diagnostics.Append(is.keep(ctx, resp.Private)...)
		resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, m.identity(account))...)
	}
}

// Update implements [resource.Resource].
func (r *roleMembersResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m, prior roleMembersModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	before := peopleIn(ctx, req.Private, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	if is, ok := r.data.write(ctx, account, &m, &prior, before, &resp.Diagnostics); ok {
		resp.Diagnostics.Append(is.keep(ctx, resp.Private)...)
		resp.Diagnostics.Append(setUpdated(ctx, req, resp, &m, m.identity(account))...)
	}
}

// Read implements [resource.Resource].
func (r *roleMembersResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer r.data.endRead(ctx, resp)
	var m roleMembersModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	role, err := r.data.client.Roles(account).Resolve(ctx, m.Role.ValueString())
	var gone *client.UnknownNameError
	if imported := m.RemovedRole.IsNull(); errors.As(err, &gone) && !imported {
		resp.Diagnostics.Append(saysRoleGone(gone).warning(path.Root("role")))
		removeFromState(ctx, resp, m.identity(account))
		return
	}
	if err != nil {
		resp.Diagnostics.Append(failureAt(path.Root("role"), "Could not read role", err))
		return
	}
	before := peopleIn(ctx, req.Private, &resp.Diagnostics)
	holders, err := r.data.holders(ctx, account, role, &m, before)
	if err != nil {
		resp.Diagnostics.Append(failureAt(path.Root("members"), "Could not read who holds the role", err))
		return
	}
	is, moves, err := r.data.followHolders(ctx, account, &m, holders, before)
	if err != nil {
		resp.Diagnostics.Append(failureAt(path.Root("members"), "Could not read who holds the role", err))
		return
	}
	r.data.reportMoves(moves, path.Root("members"), account, &resp.Diagnostics)
	if !maps.Equal(is, before) {
		resp.Diagnostics.Append(is.keep(ctx, resp.Private)...)
	}
	m.fromAPI(account, holders, before)
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, m.identity(account))...)
}

// Delete implements [resource.Resource]: everybody's role stays as it is.
func (r *roleMembersResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {
}

// ImportState implements [resource.ResourceWithImportState]: `<role>` or `<account_id>/<role>`.
func (r *roleMembersResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	account, role, ok := r.data.importByName(ctx, "role", req, resp)
	if !ok {
		return
	}
	none := normalized.Email.SetValue(nil)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("members"), none)...)
	m := roleMembersModel{Role: types.StringValue(role)}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity(account))...)
}
