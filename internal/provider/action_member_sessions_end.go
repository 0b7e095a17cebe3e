package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/action"
	actionschema "github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/access/fetch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

var (
	_ action.ActionWithConfigure  = (*memberSessionsEndAction)(nil)
	_ action.ActionWithModifyPlan = (*memberSessionsEndAction)(nil)
)

func newMemberSessionsEndAction() action.Action { return &memberSessionsEndAction{} }

// memberSessionsEndAction logs a person out.
type memberSessionsEndAction struct {
	actionBase
}

type memberSessionsEndModel struct {
	AccountID types.String      `tfsdk:"account_id"`
	Email     normalized.String `tfsdk:"email"`
}

// Metadata implements [action.Action].
func (a *memberSessionsEndAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_member_sessions_end"
}

// Schema implements [action.Action].
func (a *memberSessionsEndAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = actionschema.Schema{
		MarkdownDescription: "Ends a person's sessions that came through the account's connections, as when a laptop was stolen: the person has to sign in again, and so do their API keys where single sign-on is enforced, because such a key works only while its owner is signed in. Sessions of other accounts, and those without single sign-on, last. A person without sessions is success.\n\nIt does not keep anybody out: deactivate the person first (`prefectsso_members_deactivate`, or at the identity provider) where that is meant. With Prefect Cloud's API people can end only their own sessions." + missingToday,
		Attributes: map[string]actionschema.Attribute{
			"account_id": actionAccount(),
			"email": actionschema.StringAttribute{
				CustomType: normalized.Email.StringType(), Required: true,
				MarkdownDescription: "Email address of the member; the case of A to Z, and whether the domain is in Unicode or ASCII, makes no difference.",
			},
		},
	}
}

// ModifyPlan implements [action.ActionWithModifyPlan].
func (a *memberSessionsEndAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	var m memberSessionsEndModel
	a.plan(ctx, req, resp, &m, &m.AccountID, client.PermissionAdministrateSSO, a.offered(ctx, &resp.Diagnostics), func(account string) {
		if account == "" || !known(m.Email.StringValue) {
			return
		}
		at := path.Root("email")
		member, err := a.data.client.Members(account).ByEmail(ctx, m.Email.ValueString())
		var absent *client.NotMemberError
		switch {
		case errors.As(err, &absent) && absent.LooksLike != "":
			resp.Diagnostics.Append(saysAddressLooksAlike(absent).error(at))
		case errors.As(err, &absent):
			resp.Diagnostics.Append(saysMembersAbsent("email", []string{m.Email.Normalized()}, account).warning(at))
		case err != nil:
			resp.Diagnostics.Append(failureAt(at, "Could not look up member", err))
		default:
			a.warnOfOwn(ctx, account, fetch.Person(member), &resp.Diagnostics)
		}
	})
}

// warnOfOwn says where the sessions are those of the owner of the API key in use, which works only with one.
func (a *memberSessionsEndAction) warnOfOwn(ctx context.Context, account string, p access.Person, diags *diag.Diagnostics) {
	w, err := a.data.world.Fill(ctx, access.World{AccountID: account}, func(w access.World) (wants []access.Want) {
		if w.Caller.IsMissing() {
			wants = append(wants, access.Want{Kind: access.WantCaller})
		}
		if w.Roles.IsMissing() {
			wants = append(wants, access.Want{Kind: access.WantRoles})
		}
		return wants
	})
	if err != nil {
		diags.Append(failure("Could not check who keeps access", err))
		return
	}
	if caller := w.Caller.Or(access.Caller{}).UserID; caller == "" || caller != p.UserID || w.RoleOf(p).Or(access.Role{}).Bypasses() {
		return
	}
	diags.Append(diagnosticFrom(access.Finding{
		ID: access.CallerNeedsLogin, Severity: access.Warning, AccountID: account, People: []access.FindingPerson{{Email: p.Email, Caller: true}},
	}, path.Root("email")))
}

// Invoke implements [action.Action].
func (a *memberSessionsEndAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var m memberSessionsEndModel
	account, ok := a.begin(ctx, req, resp, &m, &m.AccountID)
	if !ok {
		return
	}
	at, email := path.Root("email"), m.Email.Normalized()
	rows, err := a.data.client.Members(account).Refetch(ctx, email) // what the plan read may be old by now
	if err != nil {
		resp.Diagnostics.Append(failureAt(at, "Could not look up member", err))
		return
	}
	member, there := rows[email]
	if !there {
		resp.Diagnostics.Append(saysMembersStillAbsent("email", []string{email}, account).error(at))
		return
	}
	ended, err := a.data.client.EndSessions(ctx, account, member.ID)
	switch {
	case err != nil:
		resp.Diagnostics.Append(failureAt(at, "Could not end sessions", err))
	case ended == 0:
		said(resp, fmt.Sprintf("%s had no session that came through a connection of this account: there was nothing to end.", email))
	default:
		said(resp, fmt.Sprintf("%s of %s %s ended.", english.Count(ended, "session"), email, map[bool]string{true: "has", false: "have"}[ended == 1]))
	}
}
