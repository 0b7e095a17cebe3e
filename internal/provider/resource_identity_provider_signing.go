package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// Whether requests are signed: as `saml.sign_requests` says, else as the identity provider's metadata wants it
// (WantAuthnRequestsSigned, SAML Metadata 2.4.3).

var signRequestsPath = path.Root("saml").AtName("sign_requests")

// configuredSAML reads the saml block as it is configured; nil where there is none or it is not known as a whole.
func configuredSAML(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) *samlModel {
	var object types.Object
	diags.Append(config.GetAttribute(ctx, path.Root("saml"), &object)...)
	if diags.HasError() || object.IsNull() || object.IsUnknown() {
		return nil
	}
	saml := &samlModel{}
	diags.Append(config.GetAttribute(ctx, path.Root("saml"), saml)...)
	if diags.HasError() {
		return nil
	}
	return saml
}

// validateMetadata reports what is wrong with the configured metadata, and what of it is left out.
func (s *samlModel) validateMetadata(now time.Time, diags *diag.Diagnostics) {
	at := path.Root("saml")
	if known(s.MetadataURL) && isEntraWithoutApp(s.MetadataURL.ValueString()) {
		diags.Append(warns(checkThis, at.AtName("metadata_url"), "Metadata of no application", "This is the metadata of the whole tenant of Microsoft Entra ID. An application that has a signing certificate of its own signs with another key, so logins would fail. Add `?appid=<application id>` to the address."))
	}
	if !known(s.MetadataXML.StringValue) || s.MetadataEntityID.IsUnknown() {
		return
	}
	m, err := s.readMetadata(now)
	if err != nil {
		addMetadataError(at.AtName("metadata_xml"), err, diags)
		return
	}
	addMetadataWarnings(at.AtName("metadata_xml"), m.Warnings, diags)
	if m.WantsSignedRequests {
		s.warnUnsigned(diags)
	}
}

// warnUnsigned warns where the identity provider refuses what is configured.
func (s *samlModel) warnUnsigned(diags *diag.Diagnostics) {
	if !s.SignRequests.IsNull() && !s.SignRequests.IsUnknown() && !s.SignRequests.ValueBool() {
		diags.Append(warns(checkThis, signRequestsPath, "The identity provider wants signed requests", "Its metadata says WantAuthnRequestsSigned, so it rejects unsigned requests and logins fail with `sign_requests = false`. Leave `sign_requests` out: it then follows the metadata."))
	}
}

// wantsSigned returns what the metadata of the configuration says, unknown where that is seen only when it is fetched.
func (s *samlModel) wantsSigned(prior *identityProviderModel) types.Bool {
	switch {
	case s.MetadataXML.IsUnknown(), s.MetadataURL.IsUnknown(), s.MetadataEntityID.IsUnknown():
		return types.BoolUnknown()
	case !s.MetadataXML.IsNull():
		m, err := s.readMetadata(time.Time{})
		return types.BoolValue(err == nil && m.WantsSignedRequests) // what is wrong was reported when it was validated
	case s.MetadataURL.IsNull():
		return types.BoolValue(false)
	case prior != nil && prior.SAML != nil && prior.SAML.MetadataURL.Equal(s.MetadataURL) &&
		prior.SAML.MetadataEntityID.Equal(s.MetadataEntityID) && !prior.WantsSigned.IsNull():
		return prior.WantsSigned
	}
	return types.BoolUnknown()
}

// planSigning plans sign_requests where the configuration leaves it out.
func (r *identityProviderResource) planSigning(ctx context.Context, req resource.ModifyPlanRequest, prior *identityProviderModel, resp *resource.ModifyPlanResponse) {
	saml := configuredSAML(ctx, req.Config, &resp.Diagnostics)
	if saml == nil {
		return
	}
	wants := saml.wantsSigned(prior)
	if known := !wants.IsUnknown() && wants.ValueBool(); known && saml.MetadataXML.IsNull() {
		saml.warnUnsigned(&resp.Diagnostics)
	}
	if !saml.SignRequests.IsNull() {
		return
	}
	if prior != nil && !prior.Configurable.IsNull() && !prior.Configurable.ValueBool() && prior.SAML != nil {
		wants = prior.SAML.SignRequests // it cannot be seen
	}
	var planned types.Bool
	resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, signRequestsPath, &planned)...)
	if resp.Diagnostics.HasError() || planned.Equal(wants) {
		return
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, signRequestsPath, wants)...)
	// What is written is read anew, so what comes of it is not known yet. Where nothing changes, suppressNoOp takes this back.
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("certificates"), types.MapUnknown(types.StringType))...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("want_authn_requests_signed"), types.BoolUnknown())...)
}

// chooseSigning writes what the configuration chooses, or null where it leaves that to the metadata.
func (r *identityProviderResource) chooseSigning(ctx context.Context, config tfsdk.Config, write *client.ConnectionWrite, diags *diag.Diagnostics) {
	if write.SAML == nil {
		return
	}
	if configured := configuredSAML(ctx, config, diags); configured != nil {
		write.SAML.SignAuthnRequests = configured.SignRequests.ValueBoolPointer()
	}
}

// warnLeftOut reports what the server left out of metadata that it fetched itself.
func (m *identityProviderModel) warnLeftOut(c *client.Connection, diags *diag.Diagnostics) {
	if c.SAML == nil || m.SAML == nil || m.SAML.MetadataURL.IsNull() {
		return // of metadata_xml the plan has said it
	}
	for _, warning := range c.SAML.IDPMetadataWarnings {
		diags.Append(warns(checkThis, path.Root("saml").AtName("metadata_url"), leftOutSummary, fmt.Sprintf("Of the metadata at %s: %s", m.SAML.MetadataURL.ValueString(), warning)))
	}
}
