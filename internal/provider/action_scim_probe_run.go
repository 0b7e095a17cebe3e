package provider

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	actionschema "github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/scimprobe"
)

var (
	_ action.ActionWithConfigure  = (*scimProbeRunAction)(nil)
	_ action.ActionWithModifyPlan = (*scimProbeRunAction)(nil)
)

func newSCIMProbeRunAction() action.Action { return &scimProbeRunAction{} }

// scimProbeRunAction proves that provisioning works, as prefectsso_scim_probe does, and keeps no result.
type scimProbeRunAction struct {
	actionBase
}

type scimProbeRunModel struct {
	AccountID              types.String      `tfsdk:"account_id"`
	DirectoryID            types.String      `tfsdk:"directory_id"`
	EmailDomain            normalized.String `tfsdk:"email_domain"`
	Groups                 types.Set         `tfsdk:"groups"`
	ExpectedRole           types.String      `tfsdk:"expected_role"`
	ExpectedWorkspaceRoles types.Map         `tfsdk:"expected_workspace_roles"`
	MaxSeconds             types.Int64       `tfsdk:"max_seconds"`
}

// probe returns what the resource would have of the same arguments.
func (m *scimProbeRunModel) probe(account string) *scimProbeModel {
	p := &scimProbeModel{
		AccountID: types.StringValue(account), EmailDomain: m.EmailDomain, Groups: m.Groups,
		ExpectedRole: m.ExpectedRole, ExpectedWorkspaceRoles: m.ExpectedWorkspaceRoles, MaxSeconds: m.MaxSeconds,
	}
	if account == "" {
		p.AccountID = types.StringUnknown()
	}
	if p.MaxSeconds.IsNull() {
		p.MaxSeconds = types.Int64Value(probeSeconds)
	}
	return p
}

// Metadata implements [action.Action].
func (a *scimProbeRunAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_scim_probe_run"
}

// Schema implements [action.Action].
func (a *scimProbeRunAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	notEmpty := stringvalidator.LengthAtLeast(1)
	resp.Schema = actionschema.Schema{
		MarkdownDescription: "Makes the probe of `prefectsso_scim_probe` once, and keeps no result: a canary arrives over SCIM, becomes a member with the expected roles, and goes again, user and membership. Where something is not as expected, the action fails and says what. Unlike the resource it leaves nothing to destroy, so it suits a check by hand, or one after each change of a directory. It needs no secret: it makes itself a token for one run, as an ephemeral `prefectsso_scim_token` does, and ends it. Where the API makes none, as that of Prefect Cloud today, `prefectsso_scim_probe` probes with a token of yours.\n\n" +
			"It needs an API key with `administrate:sso` that may read and delete members, and read teams for `expected_workspace_roles`. No canary may get a role that bypasses single sign-on." + missingToday,
		Attributes: map[string]actionschema.Attribute{
			"account_id":   actionAccount(),
			"directory_id": actionText("Id of the directory, `directory_…`. The probe calls it with a token of its own, which ends with it."),
			"email_domain": actionschema.StringAttribute{
				CustomType: normalized.Domain.StringType(), Required: true,
				MarkdownDescription: "Domain of the canary's address: an enabled one, among the directory's `allowed_domains`.",
			},
			"groups": actionschema.SetAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Names of groups of the directory that the canary joins. They have to exist: the identity provider pushes them.",
				Validators:          []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(notEmpty)},
			},
			"expected_role": actionschema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The account role that the canary has to get, by name or id. Without it any will do.",
				Validators:          []validator.String{notEmpty},
			},
			"expected_workspace_roles": actionschema.MapAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Workspace, by handle or id → workspace role, by name or id, that teams have to give the canary there, and no other one.",
				Validators:          []validator.Map{mapvalidator.NoNullValues()},
			},
			"max_seconds": actionschema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: fmt.Sprintf("How long access may take to come, and how long to end, 1 to 300. Default %d.", probeSeconds),
				Validators:          []validator.Int64{int64validator.Between(1, 300)},
			},
		},
	}
}

// ModifyPlan implements [action.ActionWithModifyPlan].
func (a *scimProbeRunAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	var m scimProbeRunModel
	a.plan(ctx, req, resp, &m, &m.AccountID, client.PermissionDeleteMembership, a.offered(ctx, &resp.Diagnostics), func(account string) {
		a.prober().check(ctx, m.probe(account), &resp.Diagnostics)
	})
}

// prober is the resource, which knows how to prepare a probe.
func (a *scimProbeRunAction) prober() *scimProbeResource {
	return &scimProbeResource{resourceBase{a.data}}
}

// Invoke implements [action.Action]. No message and no error has the token in it.
func (a *scimProbeRunAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var m scimProbeRunModel
	account, ok := a.begin(ctx, req, resp, &m, &m.AccountID)
	if !ok {
		return
	}
	at, id := path.Root("directory_id"), m.DirectoryID.ValueString()
	// The list tells a directory that is not there from a server that offers none.
	_, err := a.data.client.ListSCIMTokens(ctx, account, id)
	var directory *client.Directory
	if err == nil {
		directory, err = a.data.client.GetDirectory(ctx, account, id)
	}
	var token *client.CreatedSCIMToken
	if err == nil {
		token, err = a.data.client.CreateSCIMToken(ctx, account, id, uuid.NewString(), client.NewSCIMToken{Name: "probe", Run: true})
	}
	if err != nil {
		resp.Diagnostics.Append(failureAt(at, "Could not make probe", err))
		return
	}
	defer func() { // also where the run was interrupted
		if err := a.data.client.DeleteSCIMToken(context.WithoutCancel(ctx), account, id, token.ID); err != nil {
			resp.Diagnostics.Append(warns(noAction, at, "SCIM token of the probe lives on", reason(err)+" It ends by itself within an hour."))
		}
	}()
	probe := m.probe(account)
	probe.SCIMEndpoint = types.StringValue(directory.SCIMEndpoint)
	p := a.prober().prepare(ctx, account, probe, probeCredentials{token: types.StringValue(token.Token)}, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	said(resp, fmt.Sprintf("The probe pushes the canary %s, and waits up to %s for its access to come, and as long for it to end.", p.Canary.Name, p.Limit))
	result := scimprobe.Run(ctx, p)
	reportProbe(p.Canary, result, true, personTakesCanary, &resp.Diagnostics)
	if result.Err != nil || result.Left != nil || result.Differences != nil {
		return
	}
	said(resp, fmt.Sprintf("Provisioning is healthy: the canary had all that is expected after %d ms, and its access had ended %d ms after it was deactivated. It is gone again.", result.Provision.Milliseconds(), result.Deprovision.Milliseconds()))
}
