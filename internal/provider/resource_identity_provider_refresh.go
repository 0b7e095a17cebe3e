package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// Metadata by URL is followed by the server: it fetches it again when logins need that. An update fetches it, too, so
// that a rollover at the identity provider can be carried over by an apply.

var metadataURLPath = path.Root("saml").AtName("metadata_url")

// usesMetadataURL reports whether the server fetches the identity provider's metadata.
func (m *identityProviderModel) usesMetadataURL() bool {
	return m.SAML != nil && !m.SAML.MetadataURL.IsNull()
}

// planRefresh plans what is known only after the metadata was fetched again, where the update fetches it.
func (r *identityProviderResource) planRefresh(ctx context.Context, req resource.ModifyPlanRequest, prior *identityProviderModel, resp *resource.ModifyPlanResponse) {
	if resp.Diagnostics.HasError() || prior == nil || !prior.Configurable.ValueBool() || resp.Plan.Raw.Equal(req.State.Raw) {
		return
	}
	configured := configuredSAML(ctx, req.Config, &resp.Diagnostics)
	if configured == nil || configured.MetadataURL.IsNull() {
		return
	}
	if configured.SignRequests.IsNull() {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, signRequestsPath, types.BoolUnknown())...)
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("certificates"), types.MapUnknown(types.StringType))...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("want_authn_requests_signed"), types.BoolUnknown())...)
}

// refreshMetadata has the server fetch the metadata again where it comes from a URL, and takes over what it has then.
func (r *identityProviderResource) refreshMetadata(ctx context.Context, account string, m *identityProviderModel, diags *diag.Diagnostics) {
	if !m.usesMetadataURL() {
		return
	}
	connection, err := r.data.client.RefreshConnection(ctx, account, m.ID.ValueString())
	if err != nil {
		diags.Append(failureAt(metadataURLPath, "Could not fetch the metadata again", err))
		return
	}
	diags.Append(m.fromAPI(account, connection)...)
	m.warnLeftOut(connection, diags)
	m.reportMetadataError(connection, diags)
}

// reportMetadataError reports why the server could not take over what it fetched. Logins go on with what it has; only
// metadata of another identity provider is an error, as that does not pass by itself.
func (m *identityProviderModel) reportMetadataError(c *client.Connection, diags *diag.Diagnostics) {
	if c.SAML == nil || c.SAML.MetadataError == nil {
		return
	}
	url := m.SAML.MetadataURL.ValueString()
	id := client.MetadataUnreachable
	if c.SAML.MetadataErrorID != nil {
		id = *c.SAML.MetadataErrorID
	}
	if id == client.MetadataAnotherEntity {
		diags.AddAttributeError(metadataURLPath, "Metadata of another identity provider", problemDetail(fmt.Sprintf("%s describes another identity provider than before, so nothing was taken over from it and logins go on as they did. %s If it moved on purpose, set `metadata_entity_id` to the new entity id: its users then become other people here unless its subjects are the same. Otherwise ask the identity provider's administrator.", url, english.Sentence(*c.SAML.MetadataError)), client.MetadataAnotherEntity))
		return
	}
	diags.Append(warns(actionNeeded, metadataURLPath, "Metadata could not be updated", problemDetail(fmt.Sprintf("The server could not update what it knows of the metadata at %s; logins go on with the keys that it has. %s It tries again when somebody logs in, and at the next update.", url, english.Sentence(*c.SAML.MetadataError)), samlmetadata.ID(id))))
}
