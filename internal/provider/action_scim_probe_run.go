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
	"github.com/hashicorp/terraform-plugin-framework/resource"
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

func newSCIMProbeRunAction() action.Action { return &scimProbeRunAction{ofSSO} }

// scimProbeRunAction probes provisioning once, and keeps no result. It has a token made for the run: Terraform keeps the
// arguments of an action in the plan, and the framework takes no write-only ones.
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

// Metadata implements [action.Action].
func (a *scimProbeRunAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_scim_probe_run"
}

// Schema implements [action.Action]. Its arguments are those of the resource, with the same meaning.
func (a *scimProbeRunAction) Schema(ctx context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	var probe resource.SchemaResponse
	(&scimProbeResource{}).Schema(ctx, resource.SchemaRequest{}, &probe)
	says := func(name string) string { return probe.Schema.Attributes[name].GetMarkdownDescription() }
	resp.Schema = actionschema.Schema{
		MarkdownDescription: "Probes provisioning once, as `prefectsso_scim_probe` does when it is created, and keeps nothing in the state: a canary arrives over SCIM, gets its roles, leaves, and is removed in every case. It fails where something is not as expected, and says what. The probe has a token made for itself and ends it; where the server does not make tokens, use the resource." + "\n\n**Permission to apply:** `" + client.PermissionAdministrateSSO + "` and `" + client.PermissionDeleteMembership + "`." + missingToday,
		Attributes: map[string]actionschema.Attribute{
			"account_id":   actionAccount(),
			"directory_id": actionText("Id of the directory, `directory_…`."),
			"email_domain": actionschema.StringAttribute{CustomType: normalized.Domain.StringType(), Required: true, MarkdownDescription: says("email_domain")},
			"groups": actionschema.SetAttribute{
				ElementType: types.StringType, Optional: true, MarkdownDescription: says("groups"),
				Validators: []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
			},
			"expected_role": actionschema.StringAttribute{Optional: true, MarkdownDescription: says("expected_role"), Validators: []validator.String{stringvalidator.LengthAtLeast(1)}},
			"expected_workspace_roles": actionschema.MapAttribute{
				ElementType: types.StringType, Optional: true, MarkdownDescription: says("expected_workspace_roles"), Validators: []validator.Map{mapvalidator.NoNullValues()},
			},
			"max_seconds": actionschema.Int64Attribute{Optional: true, MarkdownDescription: says("max_seconds"), Validators: []validator.Int64{int64validator.Between(1, probeLimit)}},
		},
	}
}

// ModifyPlan implements [action.ActionWithModifyPlan].
func (a *scimProbeRunAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	a.actionBase.ModifyPlan(ctx, req, resp)
	var m scimProbeRunModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || a.data == nil || a.data.client == nil || m.AccountID.IsUnknown() {
		return
	}
	if account, ok := a.data.account(m.AccountID, &resp.Diagnostics); ok {
		a.data.need(ctx, types.StringValue(account), client.PermissionDeleteMembership, &resp.Diagnostics)
		a.data.planProbe(ctx, types.StringValue(account), m.probe(), &resp.Diagnostics)
	}
}

// probe returns the arguments as the resource has them.
func (m *scimProbeRunModel) probe() *scimProbeModel {
	if m.MaxSeconds.IsNull() {
		m.MaxSeconds = types.Int64Value(probeSeconds)
	}
	return &scimProbeModel{
		AccountID: m.AccountID, SCIMEndpoint: types.StringNull(), EmailDomain: m.EmailDomain, Groups: m.Groups,
		ExpectedRole: m.ExpectedRole, ExpectedWorkspaceRoles: m.ExpectedWorkspaceRoles, MaxSeconds: m.MaxSeconds,
	}
}

// Invoke implements [action.Action].
func (a *scimProbeRunAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var m scimProbeRunModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	account, ok := a.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	directory, err := a.data.client.GetDirectory(ctx, account, m.DirectoryID.ValueString())
	var token *client.CreatedSCIMToken
	if err == nil {
		token, err = a.data.client.CreateSCIMToken(ctx, account, directory.ID, uuid.NewString(), client.NewSCIMToken{Name: "terraform probe", Run: true})
	}
	if err != nil {
		resp.Diagnostics.Append(failureAt(path.Root("directory_id"), "Could not make probe", err))
		return
	}
	defer func() { // also where the run is interrupted
		if err := a.data.client.DeleteSCIMToken(context.WithoutCancel(ctx), account, directory.ID, token.ID); err != nil {
			resp.Diagnostics.Append(warns(noAction, path.Root("directory_id"), "SCIM token of the probe lives on", reason(err)+" It ends by itself within an hour."))
		}
	}()
	probe := m.probe()
	probe.SCIMEndpoint = types.StringValue(directory.SCIMEndpoint)
	p := a.data.prepareProbe(ctx, account, probe, probeCredentials{token: types.StringValue(token.Token)}, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	said(resp, fmt.Sprintf("The canary is %s. It has %s to arrive, and as long to leave.", p.Canary.Name, p.Limit))
	result := scimprobe.Run(ctx, p)
	reportProbe(p.Canary, result, true, &resp.Diagnostics)
	if !resp.Diagnostics.HasError() {
		said(resp, fmt.Sprintf("Provisioning is healthy: access came after %d ms, and ended after %d ms. The canary is gone.", millisecondsOrNull(result.Provision).ValueInt64(), millisecondsOrNull(result.Deprovision).ValueInt64()))
	}
}
