package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/action"
	actionschema "github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

var (
	_ action.ActionWithConfigure  = (*memberSessionsTerminateAction)(nil)
	_ action.ActionWithModifyPlan = (*memberSessionsTerminateAction)(nil)
)

func newMemberSessionsTerminateAction() action.Action { return &memberSessionsTerminateAction{ofSSO} }

// memberSessionsTerminateAction ends a person's logins through the account's connections.
type memberSessionsTerminateAction struct {
	actionBase
}

type memberSessionsTerminateModel struct {
	AccountID types.String      `tfsdk:"account_id"`
	Email     normalized.String `tfsdk:"email"`
}

// Metadata implements [action.Action].
func (a *memberSessionsTerminateAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_member_sessions_terminate"
}

// Schema implements [action.Action].
func (a *memberSessionsTerminateAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = actionschema.Schema{
		MarkdownDescription: "Ends a person's sessions that began by a login through the account's single sign-on, as when a laptop was lost: the person signs in once more, and until then neither a browser nor a personal API key reaches the account where it enforces single sign-on. The membership stays active. Sessions of other accounts last, and so do those without single sign-on, of people whose role bypasses it: `prefectsso_members_deactivate` shuts these out." + permissionToApply(client.PermissionAdministrateSSO) + missingToday,
		Attributes: map[string]actionschema.Attribute{
			"account_id": actionAccount(),
			"email": actionschema.StringAttribute{
				CustomType: normalized.Email.StringType(), Required: true,
				MarkdownDescription: "Email address of the member.",
			},
		},
	}
}

// ModifyPlan implements [action.ActionWithModifyPlan].
func (a *memberSessionsTerminateAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	a.actionBase.ModifyPlan(ctx, req, resp)
	var m memberSessionsTerminateModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || a.data == nil || a.data.client == nil || m.AccountID.IsUnknown() || m.Email.IsUnknown() {
		return
	}
	if account, ok := a.data.account(m.AccountID, &resp.Diagnostics); ok {
		if _, err := a.data.client.Members(account).ByEmail(ctx, m.Email.Normalized()); err != nil {
			resp.Diagnostics.Append(failureAt(path.Root("email"), "Could not find the member", err))
		}
	}
}

// Invoke implements [action.Action].
func (a *memberSessionsTerminateAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var m memberSessionsTerminateModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	account, ok := a.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	const summary = "Could not terminate the sessions"
	if err := a.data.checkOffered(ctx, account); err != nil {
		resp.Diagnostics.Append(failure(summary, err))
		return
	}
	member, err := a.data.client.Members(account).ByEmail(ctx, m.Email.Normalized())
	ended := 0
	if err == nil {
		ended, err = a.data.client.TerminateSessions(ctx, account, member.ID)
	}
	if err != nil {
		resp.Diagnostics.Append(failureAt(path.Root("email"), summary, err))
		return
	}
	said(resp, fmt.Sprintf("Ended %s of %s.", english.Count(ended, "session"), m.Email.ValueString()))
}
