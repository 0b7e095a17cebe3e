package provider

import (
	"cmp"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

// identityProviderModel is a connection as Terraform sees it. Its mapping to and from the API is pure.
type identityProviderModel struct {
	ID                   types.String       `tfsdk:"id"`
	AccountID            types.String       `tfsdk:"account_id"`
	Name                 types.String       `tfsdk:"name"`
	ConnectionType       types.String       `tfsdk:"connection_type"`
	Domains              normalized.Set     `tfsdk:"domains"`
	OIDC                 *oidcModel         `tfsdk:"oidc"`
	SAML                 *samlModel         `tfsdk:"saml"`
	AttributeMapping     *attributeMapModel `tfsdk:"attribute_mapping"`
	Activation           types.String       `tfsdk:"activation"`
	TakeOverDomains      types.Bool         `tfsdk:"take_over_domains"`
	State                types.String       `tfsdk:"state"`
	RedirectURI          types.String       `tfsdk:"redirect_uri"`
	JWKSURI              types.String       `tfsdk:"jwks_uri"`
	ACSURL               types.String       `tfsdk:"acs_url"`
	SPEntityID           types.String       `tfsdk:"sp_entity_id"`
	SPMetadataURL        types.String       `tfsdk:"sp_metadata_url"`
	Certificates         types.Map          `tfsdk:"certificates"`
	WantsSigned          types.Bool         `tfsdk:"want_authn_requests_signed"`
	Configurable         types.Bool         `tfsdk:"configurable"`
	UnverifiedAttributes types.Set          `tfsdk:"unverified_attributes"`
	Created              types.String       `tfsdk:"created"`
	CreatedBy            types.String       `tfsdk:"created_by"`
	Timeouts             timeouts.Value     `tfsdk:"timeouts"`
}

type oidcModel struct {
	Issuer                types.String `tfsdk:"issuer"`
	ClientID              types.String `tfsdk:"client_id"`
	ClientSecretWO        types.String `tfsdk:"client_secret_wo"`
	ClientSecretWOVersion types.Int64  `tfsdk:"client_secret_wo_version"`
	Scopes                types.Set    `tfsdk:"scopes"`
	AuthMethod            types.String `tfsdk:"token_endpoint_auth_method"`
}

type samlModel struct {
	MetadataXML       normalized.String `tfsdk:"metadata_xml"`
	MetadataURL       types.String      `tfsdk:"metadata_url"`
	MetadataEntityID  types.String      `tfsdk:"metadata_entity_id"`
	EntityID          types.String      `tfsdk:"entity_id"`
	SSOURL            types.String      `tfsdk:"sso_url"`
	Certificates      normalized.Set    `tfsdk:"certificates"`
	NameIDFormat      types.String      `tfsdk:"name_id_format"`
	SignRequests      types.Bool        `tfsdk:"sign_requests"`
	AllowIDPInitiated types.Bool        `tfsdk:"allow_idp_initiated"`
	WantEncrypted     types.Bool        `tfsdk:"want_assertions_encrypted"`
}

type attributeMapModel struct {
	Subject   types.String `tfsdk:"subject"`
	Email     types.String `tfsdk:"email"`
	FirstName types.String `tfsdk:"first_name"`
	LastName  types.String `tfsdk:"last_name"`
	Groups    types.String `tfsdk:"groups"`
}

// toWrite returns the whole connection as a create sends it. The secret comes from the configuration: the plan has
// none.
func (m *identityProviderModel) toWrite(secret types.String) client.ConnectionWrite {
	domains := m.Domains.Normalized()
	w := client.ConnectionWrite{
		Name: m.Name.ValueStringPointer(), ConnectionType: m.ConnectionType.ValueString(), Domains: &domains,
		AttributeMapping: m.AttributeMapping.toAPI(),
	}
	if m.OIDC != nil {
		w.OIDC = &client.ConnectionOIDCWrite{
			Issuer: m.OIDC.Issuer.ValueString(), ClientID: m.OIDC.ClientID.ValueString(),
			ClientSecret: secret.ValueString(), Scopes: stringsOf(m.OIDC.Scopes),
			TokenEndpointAuthMethod: m.OIDC.AuthMethod.ValueStringPointer(),
		}
	}
	if m.SAML != nil {
		w.SAML = m.SAML.toAPI()
	}
	return w
}

// changes returns what an update sends: the parts that differ from the prior state. The secret goes along only with a
// new version.
func (m *identityProviderModel) changes(prior *identityProviderModel, secret types.String) (w client.ConnectionWrite, any bool) {
	all := m.toWrite(secret)
	if !m.Name.Equal(prior.Name) {
		w.Name, any = all.Name, true
	}
	if !slices.Equal(m.Domains.Normalized(), prior.Domains.Normalized()) {
		w.Domains, any = all.Domains, true
	}
	if m.OIDC != nil && (prior.OIDC == nil || !m.OIDC.equal(prior.OIDC)) {
		w.OIDC, any = all.OIDC, true
		if prior.OIDC != nil && m.OIDC.ClientSecretWOVersion.Equal(prior.OIDC.ClientSecretWOVersion) {
			w.OIDC.ClientSecret = ""
		}
		if w.OIDC.Scopes == nil && prior.OIDC != nil && !prior.OIDC.Scopes.IsNull() {
			scopes := defaultScopes() // else the server keeps those that it has
			w.OIDC.Scopes = &scopes
		}
	}
	if m.SAML != nil && (prior.SAML == nil || !m.sameSAML(prior)) {
		w.SAML, any = all.SAML, true
	}
	if !m.AttributeMapping.equal(prior.AttributeMapping) {
		w.AttributeMapping, any = cmp.Or(all.AttributeMapping, &client.AttributeMapping{}), true
	}
	return w, any
}

func (o *oidcModel) equal(other *oidcModel) bool {
	return o.Issuer.Equal(other.Issuer) && o.ClientID.Equal(other.ClientID) && o.Scopes.Equal(other.Scopes) &&
		o.ClientSecretWOVersion.Equal(other.ClientSecretWOVersion) && o.AuthMethod.Equal(other.AuthMethod)
}

func (s *samlModel) equal(other *samlModel) bool {
	return s.MetadataXML.Equal(other.MetadataXML) && s.MetadataURL.Equal(other.MetadataURL) && s.MetadataEntityID.Equal(other.MetadataEntityID) && s.EntityID.Equal(other.EntityID) &&
		s.SSOURL.Equal(other.SSOURL) && s.Certificates.Equal(other.Certificates) && s.NameIDFormat.Equal(other.NameIDFormat) &&
		s.SignRequests.Equal(other.SignRequests) && s.AllowIDPInitiated.Equal(other.AllowIDPInitiated) &&
		s.WantEncrypted.Equal(other.WantEncrypted)
}

// sameSAML reports whether the SAML block is as it was. Signing that is planned as unknown follows the metadata, and so it
// did before where it is as the metadata wants it.
func (m *identityProviderModel) sameSAML(prior *identityProviderModel) bool {
	now := *m.SAML
	if now.SignRequests.IsUnknown() && prior.SAML.SignRequests.Equal(prior.WantsSigned) {
		now.SignRequests = prior.SAML.SignRequests
	}
	return now.equal(prior.SAML)
}

func (a *attributeMapModel) equal(other *attributeMapModel) bool {
	if a == nil || other == nil {
		return a == other
	}
	return a.Subject.Equal(other.Subject) && a.Email.Equal(other.Email) && a.FirstName.Equal(other.FirstName) && a.LastName.Equal(other.LastName) && a.Groups.Equal(other.Groups)
}

func (s *samlModel) toAPI() *client.ConnectionSAMLWrite {
	w := &client.ConnectionSAMLWrite{
		IDPMetadataXML: s.MetadataXML.ValueString(), IDPMetadataURL: s.MetadataURL.ValueString(),
		IDPMetadataEntityID: s.MetadataEntityID.ValueString(),
		IDPEntityID:         s.EntityID.ValueString(), IDPSSOURL: s.SSOURL.ValueString(),
		NameIDFormat: s.NameIDFormat.ValueStringPointer(), SignAuthnRequests: s.SignRequests.ValueBoolPointer(),
		AllowIDPInitiated: s.AllowIDPInitiated.ValueBoolPointer(), WantAssertionsEncrypted: s.WantEncrypted.ValueBoolPointer(),
	}
	if !s.Certificates.IsNull() {
		pems := s.Certificates.Written()
		w.IDPCertificates = &pems
	}
	return w
}

func (a *attributeMapModel) toAPI() *client.AttributeMapping {
	if a == nil {
		return nil
	}
	return &client.AttributeMapping{
		Subject: a.Subject.ValueStringPointer(), Email: a.Email.ValueStringPointer(), FirstName: a.FirstName.ValueStringPointer(),
		LastName: a.LastName.ValueStringPointer(), Groups: a.Groups.ValueStringPointer(),
	}
}

// fromAPI takes the server's answer. What the configuration writes in another form keeps it while it means the same;
// what has drifted takes the server's value.
func (m *identityProviderModel) fromAPI(accountID string, c *client.Connection) diag.Diagnostics {
	m.ID = types.StringValue(c.ID)
	m.AccountID = preserveCase(m.AccountID, accountID)
	m.Name = types.StringValue(c.Name)
	m.ConnectionType = types.StringValue(c.ConnectionType)
	m.State = types.StringValue(c.State)
	m.Configurable = types.BoolValue(true)
	m.Created, m.CreatedBy = originFromAPI(c.Origin)
	m.UnverifiedAttributes = types.SetValueMust(types.StringType, nil)
	m.Activation = textOr(m.Activation, activationNone)
	m.TakeOverDomains = types.BoolValue(m.TakeOverDomains.ValueBool())
	m.Domains = normalized.Domain.SetValueAs(m.Domains, connectionDomains(c))
	m.RedirectURI, m.ACSURL, m.SPEntityID, m.SPMetadataURL = types.StringNull(), types.StringNull(), types.StringNull(), types.StringNull()
	m.JWKSURI = types.StringNull()
	m.WantsSigned = types.BoolNull()
	expiries := map[string]attr.Value{}
	if m.OIDC = oidcFromAPI(m.OIDC, c.OIDC); c.OIDC != nil {
		m.RedirectURI, m.JWKSURI = textOrNull(c.OIDC.RedirectURI), textOrNull(c.OIDC.JWKSURI)
	}
	if m.SAML = samlFromAPI(m.SAML, c.SAML); c.SAML != nil {
		m.ACSURL, m.SPEntityID, m.SPMetadataURL = textOrNull(c.SAML.ACSURL), textOrNull(c.SAML.SPEntityID), textOrNull(c.SAML.SPMetadataURL)
		m.WantsSigned = types.BoolValue(c.SAML.WantAuthnRequestsSigned)
		for _, certificate := range c.SAML.IDPCertificates {
			expiries[certificate.SHA256] = types.StringValue(certificate.NotAfter.UTC().Format(time.RFC3339))
		}
	}
	m.AttributeMapping = mappingFromAPI(m.AttributeMapping, c.AttributeMapping)
	var diags diag.Diagnostics
	m.Certificates, diags = types.MapValue(types.StringType, expiries)
	return diags
}

// defaultScopes returns the scopes of a connection that names none, as the server has them.
func defaultScopes() []string { return []string{"openid", "email", "profile"} }

func oidcFromAPI(prior *oidcModel, c *client.ConnectionOIDC) *oidcModel {
	if c == nil {
		return nil
	}
	out := &oidcModel{
		Issuer: types.StringValue(c.Issuer), ClientID: types.StringValue(c.ClientID),
		ClientSecretWO: types.StringNull(), ClientSecretWOVersion: types.Int64Null(), Scopes: types.SetNull(types.StringType),
		AuthMethod: stringOrNull(c.TokenEndpointAuthMethod),
	}
	if prior != nil {
		out.ClientSecretWOVersion = prior.ClientSecretWOVersion
	}
	isDefault := prior == nil || prior.Scopes.IsNull() // nobody asked for any: the server's default ones are no drift
	if scopes := slices.Sorted(slices.Values(c.Scopes)); !isDefault || len(scopes) > 0 && !slices.Equal(scopes, slices.Sorted(slices.Values(defaultScopes()))) {
		out.Scopes = setOf(scopes)
	}
	return out
}

func samlFromAPI(prior *samlModel, c *client.ConnectionSAML) *samlModel {
	if c == nil {
		return nil
	}
	out := &samlModel{
		MetadataXML: metadataKind.StringNull(), MetadataURL: types.StringNull(), MetadataEntityID: types.StringNull(),
		EntityID: types.StringNull(), SSOURL: types.StringNull(),
		Certificates: certificateKind.SetNull(),
		NameIDFormat: stringOrNull(c.NameIDFormat),
		SignRequests: types.BoolValue(c.SignAuthnRequests), AllowIDPInitiated: types.BoolValue(c.AllowIDPInitiated),
		WantEncrypted: types.BoolValue(c.WantAssertionsEncrypted),
	}
	switch {
	case prior != nil && !prior.MetadataXML.IsNull() && prior.saysTheSame(c, time.Now()):
		out.MetadataXML, out.MetadataEntityID = prior.MetadataXML, stringOrNull(c.IDPMetadataEntityID)
	case prior != nil && !prior.MetadataXML.IsNull():
		// Drifted: without a value here the plan shows that the configured metadata is written again.
	case c.IDPMetadataURL != nil && *c.IDPMetadataURL != "":
		out.MetadataURL, out.MetadataEntityID = types.StringValue(*c.IDPMetadataURL), stringOrNull(c.IDPMetadataEntityID)
	default:
		out.EntityID, out.SSOURL = textOrNull(c.IDPEntityID), textOrNull(c.IDPSSOURL)
		out.Certificates = certificatesFromAPI(prior, c.IDPCertificates)
	}
	return out
}

// certificatesFromAPI keeps the form in which a certificate is written.
func certificatesFromAPI(prior *samlModel, certificates []client.ConnectionCertificate) normalized.Set {
	written := map[string]string{}
	if prior != nil {
		for _, text := range prior.Certificates.Written() {
			written[certificateKind.Key(text)] = text
		}
	}
	texts := make([]string, len(certificates))
	for i, certificate := range certificates {
		texts[i] = cmp.Or(written[certificate.SHA256], certificate.PEM)
	}
	return certificateKind.SetValue(texts)
}

func mappingFromAPI(prior *attributeMapModel, c client.AttributeMapping) *attributeMapModel {
	out := &attributeMapModel{stringOrNull(c.Subject), stringOrNull(c.Email), stringOrNull(c.FirstName), stringOrNull(c.LastName), stringOrNull(c.Groups)}
	if prior == nil && out.equal(&attributeMapModel{}) {
		return nil // nothing is mapped, and the configuration has no block for it
	}
	return out
}
