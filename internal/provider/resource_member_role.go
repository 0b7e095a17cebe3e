package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
)

var (
	_ resource.ResourceWithConfigure   = &memberRoleResource{}
	_ resource.ResourceWithModifyPlan  = &memberRoleResource{}
	_ resource.ResourceWithImportState = &memberRoleResource{}
	_ resource.ResourceWithIdentity    = &memberRoleResource{}
)

// The values of on_destroy, and the role that "reset" leaves behind.
const (
	onDestroyForget = "forget"
	onDestroyReset  = "reset"
	resetRole       = "Member"
)

// memberRoleLeaveOut is how somebody whose role a mapping gives is left out.
const memberRoleLeaveOut = "Take this resource out of the configuration (a `removed` block, or `terraform state rm`), or give `role` the value that the mapping gives."

func newMemberRoleResource() resource.Resource { return &memberRoleResource{} }

// memberRoleResource is the account role of one person. The membership itself comes and goes without it.
type memberRoleResource struct {
	resourceBase
}

// Metadata implements [resource.Resource].
func (r *memberRoleResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_member_role"
	resp.ResourceBehavior.MutableIdentity = true // the identity provider changes a person's address
}

// Schema implements [resource.Resource].
func (r *memberRoleResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The account role of one person. The person's membership is adopted, never made or removed: people come by invitation, by a first login or from a directory. For more than some dozens of people use `prefectsso_member_roles`, which is one resource for all of them.\n\nDestroying the resource forgets the person and leaves the role as it is, unless `on_destroy` says otherwise." + permissionToGive + worksToday,
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "UUID of the account membership.",
			},
			"account_id": accountIDAttribute(),
			"email": schema.StringAttribute{
				CustomType:          normalized.Email.StringType(),
				Required:            true,
				MarkdownDescription: "The person's email address; the case of A to Z, and whether the domain is in Unicode or ASCII, makes no difference. José and JOSÉ are two people. Another person's address replaces the resource; the new address of the same person does not.\n\nThe resource follows the person by their membership: where the identity provider changes the address, a plan says the new one, and the role stays managed until it is written here.",
				PlanModifiers:       []planmodifier.String{normalized.UseStateForEqual(normalized.Email)},
			},
			"role": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The account role, by its name exactly as the account has it (`Owner`, `Admin`, `Member`, or a custom role), or by its id.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"on_destroy": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(onDestroyForget),
				MarkdownDescription: "What destroying the resource does: `forget` (default) leaves the role as it is, `reset` makes it `" + resetRole + "`.",
				Validators:          []validator.String{stringvalidator.OneOf(onDestroyForget, onDestroyReset)},
			},
			"user_id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "UUID of the user.",
			},
			"actor_id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "UUID of the actor, by which audit events and the access of workspaces name the user.",
			},
			"active": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether the membership is active. A deactivated person keeps the role but has no access.",
			},
			"managed_by": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "What decides about the role: `manual` (people do), `directory:<id>` (the default role of the directory that brought the person) or `mapping:<id>` (a `prefectsso_group_role_mapping`; a plan that would give another role fails). Null where the server does not tell: today's Prefect Cloud of people whom a directory brought, and a key that may not see directories. It is asked for when the role changes, here or behind Terraform's back, not at each refresh, which would cost a request a person.",
			},
			"timeouts": timeoutsAttribute(ctx, timeouts.Opts{
				Create:            true,
				CreateDescription: "How long to wait for a person who is not a member yet, such as `10m`. Default: not at all.",
			}),
		},
	}
}

// IdentitySchema implements [resource.ResourceWithIdentity].
func (r *memberRoleResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema("email", "The person's email address, lower-case and with the domain in its ASCII form.")
}

type memberRoleModel struct {
	ID        types.String      `tfsdk:"id"`
	AccountID types.String      `tfsdk:"account_id"`
	Email     normalized.String `tfsdk:"email"`
	Role      types.String      `tfsdk:"role"`
	OnDestroy types.String      `tfsdk:"on_destroy"`
	UserID    types.String      `tfsdk:"user_id"`
	ActorID   types.String      `tfsdk:"actor_id"`
	Active    types.Bool        `tfsdk:"active"`
	ManagedBy types.String      `tfsdk:"managed_by"`
	Timeouts  timeouts.Value    `tfsdk:"timeouts"`
}

type memberRoleIdentity struct {
	AccountID types.String `tfsdk:"account_id"`
	Email     types.String `tfsdk:"email"`
}

// fromAPI takes the server's answer. The address keeps its spelling; the role keeps its form, id or name.
func (m *memberRoleModel) fromAPI(accountID string, row client.Membership) {
	m.ID = types.StringValue(row.ID)
	m.AccountID = preserveCase(m.AccountID, accountID)
	m.Role = types.StringValue(roleInForm(m.Role.ValueString(), row))
	m.UserID, m.ActorID = stringOrNull(row.UserID), textOrNull(row.ActorID)
	m.Active = types.BoolValue(row.Active)
	if m.OnDestroy.ValueString() == "" {
		m.OnDestroy = types.StringValue(onDestroyForget)
	}
}

// equal reports whether what the server decides about is the same.
func (m *memberRoleModel) equal(o memberRoleModel) bool {
	return m.ID == o.ID && m.AccountID == o.AccountID && m.Role == o.Role && m.OnDestroy == o.OnDestroy && m.UserID == o.UserID &&
		m.ActorID == o.ActorID && m.Active == o.Active && m.ManagedBy == o.ManagedBy
}

func (m *memberRoleModel) identity(accountID string) memberRoleIdentity {
	return memberRoleIdentity{types.StringValue(accountID), types.StringValue(m.Email.Normalized())}
}

// ModifyPlan implements [resource.ResourceWithModifyPlan].
func (r *memberRoleResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer r.data.endPlan(ctx, req, resp, "prefectsso_member_role")
	if isDestroy(req) {
		r.planDestroy(ctx, req, resp)
		return
	}
	if r.data.plansNothing(req) {
		return
	}
	r.data.planAccount(ctx, req, resp)
	r.planAddress(ctx, req, resp)
	r.planRole(ctx, req, resp)
	suppressNoOp(ctx, req, resp, "account_id", "email", "role", "on_destroy", "timeouts")
	keepState(ctx, req, resp, "id", "user_id", "actor_id", "active")
	if !changes(ctx, req, resp, "role") {
		keepState(ctx, req, resp, "managed_by")
	}
}

// planDestroy looks whether the key may reset the role, where that is to be done.
func (r *memberRoleResource) planDestroy(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var prior memberRoleModel
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	if prior.OnDestroy.ValueString() == onDestroyReset {
		r.data.need(ctx, prior.AccountID, client.PermissionUpdateMembership, &resp.Diagnostics)
	}
}

// planRole checks a role that changes, and what the change does to people's access. A role that is the same by id and
// by name stays as the state has it.
func (r *memberRoleResource) planRole(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var plan, prior memberRoleModel
	resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	if !isCreate(req) {
		resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	}
	if resp.Diagnostics.HasError() || plan.Role.Equal(prior.Role) || !r.data.canPlan(&resp.Diagnostics) {
		return
	}
	if !known(plan.Role) || !known(plan.Email.StringValue) || plan.AccountID.IsUnknown() {
		notJudged(path.Root("role"), access.LockoutNotChecked, &resp.Diagnostics)
		return
	}
	account := plan.AccountID.ValueString()
	roles := r.data.client.Roles(account)
	role, err := roles.Resolve(ctx, plan.Role.ValueString())
	if err != nil {
		resp.Diagnostics.Append(failureAt(path.Root("role"), "Unusable role", err))
		return
	}
	member, _, err := r.follow(ctx, account, plan.Email, prior)
	var absent *client.NotMemberError
	switch {
	case errors.As(err, &absent) && absent.LooksLike != "":
		resp.Diagnostics.Append(saysAddressLooksAlike(absent).error(path.Root("email")))
		return
	case errors.As(err, &absent):
		if wait, _ := plan.Timeouts.Create(ctx, 0); wait == 0 {
			resp.Diagnostics.Append(saysMemberAbsent(plan.Email.ValueString(), account).warning(path.Root("email")))
		}
		return
	case err != nil:
		resp.Diagnostics.Append(failureAt(path.Root("email"), "Could not look up member", err))
		return
	}
	if member.AccountRoleID == role.ID {
		if !isCreate(req) && roleInForm(prior.Role.ValueString(), member) == prior.Role.ValueString() {
			resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("role"), prior.Role)...)
		}
		return
	}
	at := func(string) path.Path { return path.Root("role") }
	r.data.checkRoles(ctx, account, []roleChange{{member, role}}, roleGuard{at, memberRoleLeaveOut}, &resp.Diagnostics)
}

// Create implements [resource.Resource].
func (r *memberRoleResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m memberRoleModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	wait, diags := m.Timeouts.Create(ctx, 0)
	resp.Diagnostics.Append(diags...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	if !r.assign(ctx, account, &m, memberRoleModel{}, wait, &resp.Diagnostics) {
		return
	}
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, m.identity(account))...)
}

// assign gives the person the planned role and takes over the answer; prior is what the state has, if it has. It says
// whether there is something to keep in the state, which is so also when only reading back failed.
func (r *memberRoleResource) assign(ctx context.Context, account string, m *memberRoleModel, prior memberRoleModel, wait time.Duration, diags *diag.Diagnostics) bool {
	if !r.data.reserve("prefectsso_member_role", account, run.MemberRole, path.Root("email"), diags, m.Email.Normalized()) {
		return false
	}
	role, err := r.data.client.Roles(account).Resolve(ctx, m.Role.ValueString())
	if err != nil {
		diags.Append(failureAt(path.Root("role"), "Unusable role", err))
		return false
	}
	members := r.data.client.Members(account)
	var member client.Membership
	if known(prior.ID) {
		member, _, err = r.follow(ctx, account, m.Email, prior)
	} else {
		member, err = waitForMember(ctx, members, m.Email.Normalized(), wait)
	}
	if err != nil {
		diags.Append(failureAt(path.Root("email"), "Could not find member", err))
		return false
	}
	address := m.Email.Normalized()
	if member.Email != nil && !client.SameEmail(*member.Email, address) { // of a person who is followed
		address = client.EmailKey(*member.Email)
		if !r.data.reserve("prefectsso_member_role", account, run.MemberRole, path.Root("email"), diags, address) {
			return false
		}
	}
	if member.AccountRoleID != role.ID {
		if err := r.data.setRole(ctx, account, roleChange{member, role}); err != nil {
			diags.Append(r.data.roleFailure(ctx, account, path.Root("role"), "Could not change role", member, memberRoleLeaveOut, err))
			return false
		}
		member.AccountRoleID, member.AccountRoleName = role.ID, role.Name
		if now, err := members.Refetch(ctx, address); err != nil {
			diags.Append(warns(noAction, path.Empty(), "Role not read back", "The role was changed, but reading it back failed; the next plan reads it again. "+reason(err)))
		} else if row, there := now[address]; there {
			member = row
		}
	}
	wanted := m.Role.ValueString()
	m.fromAPI(account, member)
	r.observeOwner(ctx, account, m, member, diags)
	if m.Role.ValueString() != wanted {
		diags.Append(saysRoleChangedElsewhere(m.Email.ValueString(), role.Name, member.AccountRoleName).error(path.Root("role")))
	}
	return true
}

// observeOwner finds out what decides about the role.
func (r *memberRoleResource) observeOwner(ctx context.Context, account string, m *memberRoleModel, member client.Membership, diags *diag.Diagnostics) {
	var err error
	if m.ManagedBy, err = r.data.managedBy(ctx, account, member); err != nil {
		diags.Append(warns(noAction, path.Empty(), "Not known who decides about the role", fmt.Sprintf("Reading what decides about the role of %s failed, so `managed_by` is null. %s", m.Email.ValueString(), reason(err))))
	}
}

// Read implements [resource.Resource].
func (r *memberRoleResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer r.data.endRead(ctx, resp)
	var m memberRoleModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	member, moved, err := r.follow(ctx, account, m.Email, m)
	var absent *client.NotMemberError
	var reassigned *reassignedError
	switch {
	case errors.As(err, &absent):
		resp.Diagnostics.Append(saysMemberGone(m.Email.ValueString(), account).warning(path.Root("email")))
		removeFromState(ctx, resp, m.identity(account))
		return
	case errors.As(err, &reassigned):
		resp.Diagnostics.Append(saysAddressReassigned(m.Email.ValueString(), account).warning(path.Root("email")))
		removeFromState(ctx, resp, m.identity(account))
		return
	case err != nil:
		resp.Diagnostics.Append(failure("Could not read role of member", err))
		return
	case moved != nil:
		r.data.run.Moves.Note(account, m.Email.Normalized(), client.EmailKey(*member.Email))
		resp.Diagnostics.Append(saysAddressChanged(m.Email.ValueString(), *member.Email, moved.taken).warning(path.Root("email")))
	}
	before := m
	m.fromAPI(account, member)
	if !m.Role.Equal(before.Role) {
		r.observeOwner(ctx, account, &m, member, &resp.Diagnostics)
	}
	if m.equal(before) {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity(account))...) // the state is there already
		return
	}
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, m.identity(account))...)
}

// Update implements [resource.Resource].
func (r *memberRoleResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m, prior memberRoleModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	if r.assign(ctx, account, &m, prior, 0, &resp.Diagnostics) {
		resp.Diagnostics.Append(setUpdated(ctx, req, resp, &m, m.identity(account))...)
	}
}

// Delete implements [resource.Resource].
func (r *memberRoleResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m memberRoleModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() || m.OnDestroy.ValueString() != onDestroyReset {
		return
	}
	address := m.Email.Normalized()
	taken := func() bool { return r.data.run.Written.IsReserved(account, run.MemberRole, address) }
	if taken() {
		return // another resource of this run gives the person their role
	}
	role, err := r.data.client.Roles(account).Resolve(ctx, resetRole)
	if err != nil {
		resp.Diagnostics.Append(failure("Could not reset role", err))
		return
	}
	members := r.data.client.Members(account)
	member, moved, err := r.follow(ctx, account, m.Email, m)
	var absent *client.NotMemberError
	var reassigned *reassignedError
	switch {
	case errors.As(err, &absent), errors.As(err, &reassigned):
		return
	case moved != nil:
		if address = client.EmailKey(*member.Email); taken() {
			return
		}
	}
	if err == nil && member.AccountRoleID != role.ID {
		err = r.data.setRoles(ctx, account, []roleChange{{member, role}}, func(ctx context.Context, _ []roleChange) error {
			// Held no longer than this, for it keeps others from making claims, also those whose promotion may be waited for.
			defer r.data.run.Written.Deleting()()
			if taken() {
				return nil
			}
			return members.SetRole(ctx, member, role)
		})
	}
	if mapping := r.data.mappingBehind(ctx, account, member, err); mapping != nil {
		resp.Diagnostics.Append(saysRoleNotReset(mapping, m.Email.ValueString(), member.AccountRoleName).warning(path.Empty()))
		return
	}
	if err != nil && !client.IsNotFound(err) {
		resp.Diagnostics.Append(roleRejection(path.Empty(), "Could not reset role", err))
	}
}

// ImportState implements [resource.ResourceWithImportState]: `<email>` or `<account_id>/<email>`.
func (r *memberRoleResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	account, email, ok := r.data.importByName(ctx, "email", req, resp)
	if ok {
		m := memberRoleModel{Email: normalized.Email.StringValue(email)}
		resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity(account))...)
	}
}
