package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/action"
	actionschema "github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

var (
	_ action.ActionWithConfigure  = (*identityProviderRefreshAction)(nil)
	_ action.ActionWithModifyPlan = (*identityProviderRefreshAction)(nil)
)

func newIdentityProviderRefreshAction() action.Action { return &identityProviderRefreshAction{} }

// identityProviderRefreshAction has the server fetch a connection's SAML metadata now.
type identityProviderRefreshAction struct {
	actionBase
}

type identityProviderRefreshModel struct {
	AccountID types.String `tfsdk:"account_id"`
	ID        types.String `tfsdk:"id"`
}

// Metadata implements [action.Action].
func (a *identityProviderRefreshAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_identity_provider_refresh"
}

// Schema implements [action.Action].
func (a *identityProviderRefreshAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = actionschema.Schema{
		MarkdownDescription: "Has the server fetch the SAML metadata of a connection from its `metadata_url` now, as when an identity provider has announced a new certificate. Metadata that cannot be taken over changes nothing, and the action fails and says why." + missingToday,
		Attributes: map[string]actionschema.Attribute{
			"account_id": actionAccount(),
			"id":         actionText("Id of the connection, `conn_…`: that of a `prefectsso_identity_provider` whose `saml.metadata_url` is set."),
		},
	}
}

// ModifyPlan implements [action.ActionWithModifyPlan].
func (a *identityProviderRefreshAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	var m identityProviderRefreshModel
	a.plan(ctx, req, resp, &m, &m.AccountID, client.PermissionAdministrateSSO, a.offered(ctx, &resp.Diagnostics))
}

// Invoke implements [action.Action].
func (a *identityProviderRefreshAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var m identityProviderRefreshModel
	account, ok := a.begin(ctx, req, resp, &m, &m.AccountID)
	if !ok {
		return
	}
	at := path.Root("id")
	connection, err := a.data.client.GetConnection(ctx, account, m.ID.ValueString()) // tells what a server without it cannot
	if err == nil && connection.SAML != nil && connection.SAML.IDPMetadataURL != nil {
		connection, err = a.data.client.RefreshConnection(ctx, account, m.ID.ValueString())
	}
	switch {
	case err != nil:
		resp.Diagnostics.Append(failureAt(at, "Could not refresh the metadata", err))
	case connection.SAML == nil || connection.SAML.IDPMetadataURL == nil:
		resp.Diagnostics.AddAttributeError(at, "No metadata to refresh", fmt.Sprintf("The connection %s has no metadata_url: its configuration is only changed where it is written.", connection.Name))
	case connection.SAML.MetadataError != nil:
		resp.Diagnostics.AddAttributeError(at, "Metadata was not taken over", fmt.Sprintf("The metadata of the connection %s could not be taken over, and nothing was changed: %s", connection.Name, *connection.SAML.MetadataError))
	default:
		said(resp, fmt.Sprintf("The metadata of %s is up to date. The identity provider signs with %s.", connection.Name, certificatesUntil(connection.SAML.IDPCertificates)))
	}
}

// certificatesUntil says until when certificates are valid.
func certificatesUntil(certificates []client.ConnectionCertificate) string {
	texts := make([]string, len(certificates))
	for i, c := range certificates {
		texts[i] = "a certificate until " + c.NotAfter.UTC().Format("2006-01-02")
	}
	if len(texts) == 0 {
		return "no certificate that can be used"
	}
	return strings.Join(texts, " and ")
}
