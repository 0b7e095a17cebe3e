package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
)

var (
	_ resource.ResourceWithConfigure   = &teamWorkspaceRoleResource{}
	_ resource.ResourceWithModifyPlan  = &teamWorkspaceRoleResource{}
	_ resource.ResourceWithImportState = &teamWorkspaceRoleResource{}
	_ resource.ResourceWithIdentity    = &teamWorkspaceRoleResource{}
)

func newTeamWorkspaceRoleResource() resource.Resource { return &teamWorkspaceRoleResource{} }

// teamWorkspaceRoleResource is the role of one team in one workspace. How a team is found is in teams.go.
type teamWorkspaceRoleResource struct {
	resourceBase
}

// Metadata implements [resource.Resource]. The role moves to another team in place, and its identity with it.
func (r *teamWorkspaceRoleResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_team_workspace_role"
	resp.ResourceBehavior.MutableIdentity = true
}

// Schema implements [resource.Resource].
func (r *teamWorkspaceRoleResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The role of one team in one workspace: all its people have it there. With directory sync a group of the identity provider becomes a team, so this is how a group gets access to a workspace. The team itself is not the resource's business.\n\nA team that is in the workspace already is adopted, with a warning if it has another role. Destroying the resource takes the team out of the workspace.\n\nAnother team or workspace is a change in place: the new one gets the role before the old one loses it. A team that is renamed, or whose group is, keeps its role, with a warning to write the new name." + "\n\n**Permission to apply:** the scope `" + client.ScopeManageTeams + "` in the workspace." + worksToday,
		Attributes: map[string]schema.Attribute{
			"account_id": accountIDAttribute(),
			"team":       teamAttribute(),
			"workspace": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The workspace, by its handle or its id.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"role": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The workspace role, by its name exactly as the account has it (`Viewer`, `Runner`, `Developer`, `Owner`, `Worker`, or a custom role), or by its id. It changes in place.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"team_id":      observed("UUID of the team."),
			"workspace_id": observed("UUID of the workspace."),
			"role_id":      schema.StringAttribute{Computed: true, MarkdownDescription: "UUID of the workspace role."},
			"timeouts": timeoutsAttribute(ctx, timeouts.Opts{
				Create:            true,
				CreateDescription: "How long to wait, on a change too, for a team that is not there yet, such as `10m` for a group that the identity provider is about to push. Default: not at all.",
			}),
		},
	}
}

func teamAttribute() schema.SingleNestedAttribute {
	named := func(description string, more ...validator.String) schema.StringAttribute {
		return schema.StringAttribute{
			Optional: true, MarkdownDescription: description,
			Validators: append(more, stringvalidator.LengthAtLeast(1), stringvalidator.ExactlyOneOf(
				path.MatchRoot("team").AtName("id"), path.MatchRoot("team").AtName("name"), path.MatchRoot("team").AtName("directory_group"))),
		}
	}
	return schema.SingleNestedAttribute{
		Required:            true,
		MarkdownDescription: "The team, in exactly one of three ways.",
		Validators:          []validator.Object{objectvalidator.IsRequired()},
		Attributes: map[string]schema.Attribute{
			"id":              named("UUID of the team.", uuidValidator{}),
			"name":            named("Name of the team, exactly as the account has it."),
			"directory_group": named("The directory group that the team is made of, by its name or its id (`directory_group_…`). The name is that of the team, which is the group's unless another team has it; a team that was made by hand is none."),
		},
	}
}

// IdentitySchema implements [resource.ResourceWithIdentity].
func (r *teamWorkspaceRoleResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema("team_id", "UUID of the team.", "workspace_id", "UUID of the workspace.")
}

type teamWorkspaceRoleModel struct {
	AccountID   types.String   `tfsdk:"account_id"`
	Team        *teamRef       `tfsdk:"team"`
	Workspace   types.String   `tfsdk:"workspace"`
	Role        types.String   `tfsdk:"role"`
	TeamID      types.String   `tfsdk:"team_id"`
	WorkspaceID types.String   `tfsdk:"workspace_id"`
	RoleID      types.String   `tfsdk:"role_id"`
	Timeouts    timeouts.Value `tfsdk:"timeouts"`
}

type teamWorkspaceRoleIdentity struct {
	AccountID   types.String `tfsdk:"account_id"`
	TeamID      types.String `tfsdk:"team_id"`
	WorkspaceID types.String `tfsdk:"workspace_id"`
}

func (m *teamWorkspaceRoleModel) identity(accountID string) teamWorkspaceRoleIdentity {
	return teamWorkspaceRoleIdentity{types.StringValue(accountID), m.TeamID, m.WorkspaceID}
}

// key returns what the resource claims.
func (m *teamWorkspaceRoleModel) key() string {
	return teamInWorkspace(m.TeamID.ValueString(), m.WorkspaceID.ValueString())
}

// fromAPI takes what the server says. The team stays as it is written, workspace and role keep the form of it.
func (m *teamWorkspaceRoleModel) fromAPI(accountID string, team client.TeamAccess, workspace client.Workspace, role client.WorkspaceRole) {
	m.AccountID = preserveCase(m.AccountID, accountID)
	m.Workspace = types.StringValue(inForm(m.Workspace.ValueString(), workspace.ID, workspace.Handle))
	m.Role = types.StringValue(inForm(m.Role.ValueString(), team.RoleID, role.Name))
	m.TeamID, m.WorkspaceID, m.RoleID = types.StringValue(team.TeamID), types.StringValue(workspace.ID), types.StringValue(team.RoleID)
}

// ModifyPlan implements [resource.ResourceWithModifyPlan].
func (r *teamWorkspaceRoleResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var found []managed
	defer func() { r.data.endPlan(ctx, req, resp, "prefectsso_team_workspace_role", found...) }()
	if isDestroy(req) {
		var prior teamWorkspaceRoleModel
		resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
		r.data.needScope(ctx, prior.WorkspaceID, client.ScopeManageTeams, &resp.Diagnostics)
		return
	}
	r.data.planAccount(ctx, req, resp)
	if unknownObject(ctx, resp, "team") {
		if !isCreate(req) {
			moves(ctx, resp, "team_id", types.StringUnknown())
			moves(ctx, resp, "workspace_id", types.StringUnknown())
		}
		return
	}
	var plan teamWorkspaceRoleModel
	var prior *teamWorkspaceRoleModel
	resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	if !isCreate(req) {
		prior = &teamWorkspaceRoleModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, prior)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	r.planNames(ctx, &plan, prior, resp)
	suppressNoOp(ctx, req, resp, "account_id", "team", "workspace", "role", "timeouts", "team_id", "workspace_id")
	if !changes(ctx, req, resp, "role") {
		keepState(ctx, req, resp, "role_id")
	}
	if isCreate(req) || changes(ctx, req, resp, "role") || changes(ctx, req, resp, "team_id") || changes(ctx, req, resp, "workspace_id") {
		if prior != nil {
			resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root("workspace_id"), &plan.WorkspaceID)...)
		}
		r.data.needScope(ctx, plan.WorkspaceID, client.ScopeManageTeams, &resp.Diagnostics)
	}
	if prior == nil && known(plan.TeamID) && known(plan.WorkspaceID) { // the plan itself leaves them to the apply
		found = []managed{{kind: run.TeamRole, keys: exactly(plan.key())}}
	}
}

// moves plans that the role goes to another team or workspace, which it does in place: the new one gets it before the old
// one loses it, so that nothing is lost where the new one cannot be found.
func moves(ctx context.Context, resp *resource.ModifyPlanResponse, name string, id types.String) {
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), id)...)
}

// planNames finds out what names stand for: what is another spelling of the same thing is no change, and what the account
// does not have fails here. Of a new resource it leaves the ids that it found in the model, and not in the plan.
func (r *teamWorkspaceRoleResource) planNames(ctx context.Context, plan, prior *teamWorkspaceRoleModel, resp *resource.ModifyPlanResponse) {
	before := teamWorkspaceRoleModel{}
	if prior != nil {
		before = *prior
	}
	sameTeam := plan.Team.equal(before.Team)
	if sameTeam && plan.Workspace.Equal(before.Workspace) && plan.Role.Equal(before.Role) && (known(plan.Team.ID) || r.data == nil || r.data.client == nil) {
		return
	}
	if plan.AccountID.IsUnknown() || !r.data.canPlan(&resp.Diagnostics) {
		return
	}
	account := plan.AccountID.ValueString()
	// same puts the prior value back where the id is the same, and says so.
	same := func(name, id string, beforeID types.String, prior attr.Value) bool {
		if before.TeamID.IsNull() || !strings.EqualFold(id, beforeID.ValueString()) {
			return false
		}
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), prior)...)
		return true
	}
	switch {
	case plan.Workspace.Equal(before.Workspace):
	case known(plan.Workspace):
		workspace, ok := resolve(ctx, r.data.client.Workspaces(account).Resolve, plan.Workspace, path.Root("workspace"), "Unusable workspace", &resp.Diagnostics)
		switch {
		case !ok || same("workspace", workspace.ID, before.WorkspaceID, before.Workspace):
		case prior != nil:
			moves(ctx, resp, "workspace_id", types.StringValue(workspace.ID))
		default:
			plan.WorkspaceID = types.StringValue(workspace.ID)
		}
	case prior != nil:
		moves(ctx, resp, "workspace_id", types.StringUnknown())
	}
	if known(plan.Role) && !plan.Role.Equal(before.Role) {
		if role, ok := resolve(ctx, r.data.client.WorkspaceRoles(account).Resolve, plan.Role, path.Root("role"), "Unusable role", &resp.Diagnostics); ok {
			same("role", role.ID, before.RoleID, before.Role)
			resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("role_id"), role.ID)...)
		}
	}
	if !sameTeam || !known(plan.Team.ID) {
		r.planTeam(ctx, account, plan, prior, resp)
	}
}

// planTeam looks for the team that is written. One that the resource has already stays, whatever it is called by now.
func (r *teamWorkspaceRoleResource) planTeam(ctx context.Context, account string, plan, prior *teamWorkspaceRoleModel, resp *resource.ModifyPlanResponse) {
	move := func(id types.String) {
		if prior != nil {
			moves(ctx, resp, "team_id", id)
		}
	}
	if !plan.Team.known() {
		move(types.StringUnknown())
		return
	}
	at := plan.Team.at(path.Root("team"))
	team, err := r.data.findTeam(ctx, account, plan.Team, 0)
	var absent *noTeamError
	if errors.As(err, &absent) && prior != nil && plan.Team.equal(prior.Team) {
		// The configuration is the same: the team that there was has changed.
		if team, there, lookErr := r.data.lookUpTeam(ctx, account, &teamRef{ID: prior.TeamID}); there {
			warnOfChangedTeam(at, prior, team, &resp.Diagnostics)
			return
		} else if lookErr != nil {
			err = lookErr
		}
	}
	switch {
	case errors.As(err, &absent):
		move(types.StringUnknown())
		if wait, _ := plan.Timeouts.Create(ctx, 0); wait == 0 {
			resp.Diagnostics.Append(saysTeamAbsent(absent).warning(at))
		}
	case err != nil:
		resp.Diagnostics.Append(failureAt(at, "Could not look up team", err))
	case prior == nil:
		plan.TeamID = types.StringValue(team.ID)
	case !strings.EqualFold(team.ID, prior.TeamID.ValueString()):
		move(types.StringValue(team.ID))
		if plan.Team.equal(prior.Team) {
			resp.Diagnostics.Append(saysTeamNameTaken(plan.Team.text(), team.ID, prior.TeamID.ValueString()).warning(at))
		}
	}
}

// warnOfChangedTeam says why the team of the resource cannot be found as it is written.
func warnOfChangedTeam(at path.Path, prior *teamWorkspaceRoleModel, team client.Team, diags *diag.Diagnostics) {
	if known(prior.Team.DirectoryGroup) && team.DirectoryGroupID == nil {
		diags.Append(saysTeamFollowsNoGroup(team.Name, prior.Workspace.ValueString(), prior.Team.text()).warning(at))
		return
	}
	diags.Append(saysTeamRenamed(prior.Team.text(), team.Name).warning(at))
}

// resolve finds what a name or id stands for; what is not there is an error on the attribute.
func resolve[T any](ctx context.Context, find func(context.Context, string) (T, error), written types.String, at path.Path, summary string, diags *diag.Diagnostics) (T, bool) {
	found, err := find(ctx, written.ValueString())
	if err != nil {
		diags.Append(failureAt(at, summary, err))
	}
	return found, err == nil
}

// Create implements [resource.Resource].
func (r *teamWorkspaceRoleResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m teamWorkspaceRoleModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	wait, diags := m.Timeouts.Create(ctx, 0)
	resp.Diagnostics.Append(diags...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if ok && !resp.Diagnostics.HasError() && r.write(ctx, account, &m, nil, wait, &resp.Diagnostics) {
		resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, m.identity(account))...)
	}
}

// write gives the team its role, takes the one that had it before out of the workspace, and takes over the answer. It says
// whether there is something to keep in the state.
func (r *teamWorkspaceRoleResource) write(ctx context.Context, account string, m, prior *teamWorkspaceRoleModel, wait time.Duration, diags *diag.Diagnostics) bool {
	workspace, workspaceOK := resolve(ctx, r.data.client.Workspaces(account).Resolve, m.Workspace, path.Root("workspace"), "Unusable workspace", diags)
	role, roleOK := resolve(ctx, r.data.client.WorkspaceRoles(account).Resolve, m.Role, path.Root("role"), "Unusable role", diags)
	if !workspaceOK || !roleOK {
		return false
	}
	at := m.Team.at(path.Root("team"))
	ref := m.Team
	if known(m.TeamID) { // as planned, whatever it is called by now
		ref, wait = &teamRef{ID: m.TeamID}, 0
	}
	team, err := r.data.findTeam(ctx, account, ref, wait)
	if err != nil {
		diags.Append(failureAt(at, "Could not find team", err))
		return false
	}
	m.TeamID, m.WorkspaceID = types.StringValue(team.ID), types.StringValue(workspace.ID)
	if !r.data.reserve("prefectsso_team_workspace_role", account, run.TeamRole, at, diags, m.key()) {
		return false
	}
	if prior == nil || m.key() != prior.key() {
		r.warnOfAdoption(team, workspace, role, diags)
	}
	access, err := r.data.client.SetTeamAccess(ctx, account, workspace.ID, team.ID, role.ID)
	if prior == nil && client.IsUncertain(err) { // with this error, Terraform marks it as tainted
		m.fromAPI(account, client.TeamAccess{TeamID: team.ID, RoleID: role.ID}, workspace, role)
		diags.Append(saysOutcomeUnknown("role of the team", english.ErrorSentence(lastAnswer(err))).failure())
		return true
	}
	if err != nil {
		diags.Append(failureAt(path.Root("role"), "Could not give the team its role", err))
		return false
	}
	if prior != nil && m.key() != prior.key() && !r.leave(ctx, account, prior, diags) {
		return false // the state keeps the old one, and the next apply takes it out
	}
	m.fromAPI(account, access, workspace, role)
	return true
}

// warnOfAdoption says that the team had another role in the workspace before this resource.
func (r *teamWorkspaceRoleResource) warnOfAdoption(team client.Team, workspace client.Workspace, role client.WorkspaceRole, diags *diag.Diagnostics) {
	at := slices.IndexFunc(team.Workspaces, func(w client.TeamWorkspace) bool { return w.WorkspaceID == workspace.ID })
	if at >= 0 && team.Workspaces[at].RoleID != role.ID {
		diags.Append(saysTeamAdopted(team.Name, team.Workspaces[at].RoleName, workspace.Handle, role.Name).warning(path.Root("role")))
	}
}

// Read implements [resource.Resource].
func (r *teamWorkspaceRoleResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer r.data.endRead(ctx, resp)
	var m teamWorkspaceRoleModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	rows, err := r.data.client.ListTeamAccess(ctx, account, m.WorkspaceID.ValueString())
	at := slices.IndexFunc(rows, func(a client.TeamAccess) bool { return strings.EqualFold(a.TeamID, m.TeamID.ValueString()) })
	switch {
	case client.IsNotFound(err), err == nil && at < 0:
		resp.Diagnostics.Append(warns(checkThis, path.Empty(), "Team is not in the workspace", fmt.Sprintf("The team %s has no role in the workspace %s any more: it was taken out, or one of the two was deleted, outside of Terraform. The role is removed from the state; as long as the configuration has it, the plan gives it again.", m.TeamID.ValueString(), m.Workspace.ValueString())))
		removeFromState(ctx, resp, m.identity(account))
		return
	case err != nil:
		resp.Diagnostics.Append(failure("Could not read role of team", err))
		return
	}
	workspace, err := r.data.client.Workspaces(account).Resolve(ctx, m.WorkspaceID.ValueString())
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read workspace", err))
		return
	}
	role, err := r.data.client.WorkspaceRoles(account).Resolve(ctx, rows[at].RoleID)
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read role of team", err))
		return
	}
	m.fromAPI(account, rows[at], workspace, role)
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, m.identity(account))...)
}

// Update implements [resource.Resource].
func (r *teamWorkspaceRoleResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m, prior teamWorkspaceRoleModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	wait, diags := m.Timeouts.Create(ctx, 0)
	resp.Diagnostics.Append(diags...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if ok && !resp.Diagnostics.HasError() && r.write(ctx, account, &m, &prior, wait, &resp.Diagnostics) {
		resp.Diagnostics.Append(setUpdated(ctx, req, resp, &m, m.identity(account))...)
	}
}

// Delete implements [resource.Resource].
func (r *teamWorkspaceRoleResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m teamWorkspaceRoleModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if ok && !resp.Diagnostics.HasError() {
		r.leave(ctx, account, &m, &resp.Diagnostics)
	}
}

// leave takes the team out of the workspace, unless another resource of this run gives it a role there.
func (r *teamWorkspaceRoleResource) leave(ctx context.Context, account string, m *teamWorkspaceRoleModel, diags *diag.Diagnostics) bool {
	defer r.data.run.Written.Deleting()()
	if r.data.run.Written.IsReserved(account, run.TeamRole, m.key()) {
		return true
	}
	if err := r.data.client.RemoveTeamAccess(ctx, account, m.WorkspaceID.ValueString(), m.TeamID.ValueString()); err != nil {
		diags.Append(failure("Could not take the team out of the workspace", err))
		return false
	}
	return true
}

// ImportState implements [resource.ResourceWithImportState]: `<team id or name>/<workspace id or handle>`, with
// `<account_id>/` in front or not.
func (r *teamWorkspaceRoleResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	account, names, ok := r.data.importByNames(ctx, []string{"team_id", "workspace_id"}, req, resp)
	if !ok {
		return
	}
	m := teamWorkspaceRoleModel{Team: teamFromText(names[0]), Workspace: types.StringValue(names[1])}
	team, err := r.data.findTeam(ctx, account, m.Team, 0)
	if err != nil {
		resp.Diagnostics.Append(failure("Could not import role of team", err))
	}
	workspace, err := r.data.client.Workspaces(account).Resolve(ctx, names[1])
	if err != nil {
		resp.Diagnostics.Append(failure("Could not import role of team", err))
	}
	if resp.Diagnostics.HasError() {
		return
	}
	m.TeamID, m.WorkspaceID = types.StringValue(team.ID), types.StringValue(workspace.ID)
	for _, value := range []struct {
		name string
		of   any
	}{{"team", m.Team}, {"workspace", m.Workspace}, {"team_id", m.TeamID}, {"workspace_id", m.WorkspaceID}} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(value.name), value.of)...)
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity(account))...)
}
