package provider

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

func oidcConnection() *identityProviderModel {
	return &identityProviderModel{
		Name: types.StringValue("Okta"), ConnectionType: types.StringValue("OktaOIDC"), Domains: normalized.Domain.SetValue([]string{"Acme.com"}),
		OIDC: &oidcModel{
			Issuer: types.StringValue("https://idp.example"), ClientID: types.StringValue("c"),
			ClientSecretWOVersion: types.Int64Value(1), Scopes: types.SetNull(types.StringType),
		},
	}
}

func TestIdentityProviderToWrite(t *testing.T) {
	t.Parallel()
	w := oidcConnection().toWrite(types.StringValue("s3cret"))
	if *w.Name != "Okta" || (*w.Domains)[0] != "acme.com" || w.OIDC.ClientSecret != "s3cret" || w.SAML != nil || w.OIDC.Scopes != nil {
		t.Errorf("written %+v, %+v", w, w.OIDC)
	}
}

// An update sends what differs; the secret goes along only with a new version.
func TestIdentityProviderChanges(t *testing.T) {
	t.Parallel()
	secret := types.StringValue("s3cret")
	for name, test := range map[string]struct {
		change func(*identityProviderModel)
		check  func(client.ConnectionWrite) bool
		none   bool
	}{
		"nothing":          {change: func(*identityProviderModel) {}, none: true},
		"a name":           {change: func(m *identityProviderModel) { m.Name = types.StringValue("Other") }, check: func(w client.ConnectionWrite) bool { return *w.Name == "Other" && w.OIDC == nil && w.Domains == nil }},
		"the same domains": {change: func(m *identityProviderModel) { m.Domains = normalized.Domain.SetValue([]string{"acme.COM"}) }, none: true},
		"domains":          {change: func(m *identityProviderModel) { m.Domains = normalized.Domain.SetValue([]string{"b.example"}) }, check: func(w client.ConnectionWrite) bool { return (*w.Domains)[0] == "b.example" && w.OIDC == nil }},
		"an issuer": {change: func(m *identityProviderModel) { m.OIDC.Issuer = types.StringValue("https://b.example") }, check: func(w client.ConnectionWrite) bool {
			return w.OIDC.ClientSecret == "" && w.OIDC.Issuer == "https://b.example"
		}},
		"a secret": {change: func(m *identityProviderModel) { m.OIDC.ClientSecretWOVersion = types.Int64Value(2) }, check: func(w client.ConnectionWrite) bool { return w.OIDC.ClientSecret == "s3cret" }},
		"a mapping": {change: func(m *identityProviderModel) {
			m.AttributeMapping = &attributeMapModel{Email: types.StringValue("mail")}
		}, check: func(w client.ConnectionWrite) bool { return *w.AttributeMapping.Email == "mail" && w.OIDC == nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prior, m := oidcConnection(), oidcConnection()
			test.change(m)
			w, any := m.changes(prior, secret)
			if any == test.none || any && !test.check(w) {
				t.Errorf("changes %t, %+v", any, w)
			}
		})
	}
}

func TestIdentityProviderFromAPI(t *testing.T) {
	t.Parallel()
	m := oidcConnection()
	diags := m.fromAPI(someAccount, &client.Connection{
		ID: "conn_1", Name: "Okta", ConnectionType: "OktaOIDC", State: "active",
		Domains: []client.ConnectionDomain{{Domain: "acme.com"}, {Domain: "new.example"}},
		OIDC:    &client.ConnectionOIDC{Issuer: "https://elsewhere.example", ClientID: "c", Scopes: []string{"profile", "email", "openid"}, RedirectURI: "https://sp.example/cb"},
	})
	if diags.HasError() {
		t.Fatal(diags)
	}
	if !m.Domains.Equal(normalized.Domain.SetValue([]string{"Acme.com", "new.example"})) || m.OIDC.Issuer.ValueString() != "https://elsewhere.example" ||
		m.OIDC.ClientSecretWOVersion.ValueInt64() != 1 || !m.OIDC.Scopes.IsNull() || m.RedirectURI.ValueString() != "https://sp.example/cb" ||
		!m.Configurable.ValueBool() || m.SAML != nil || m.AttributeMapping != nil || m.Activation.ValueString() != activationNone {
		t.Errorf("model %+v, %+v", m, m.OIDC)
	}
}

// Metadata that the server still has keeps its form; when the server has drifted it is gone from the state, so that the
// plan writes it again.
func TestIdentityProviderMetadataDrift(t *testing.T) {
	t.Parallel()
	certificate := newCertificate(t, "idp", time.Now().AddDate(1, 0, 0))
	metadata := strings.Replace(metadataTemplate, "%s", "", 1)
	metadata = strings.Replace(metadata, "%s", keyDescriptor(bare(t, certificate)), 1)
	metadata = strings.Replace(metadata, "%s", ssoPost, 1)
	prior := &samlModel{MetadataXML: metadataKind.StringValue(metadata), Certificates: certificateKind.SetNull()}
	server := &client.ConnectionSAML{
		IDPEntityID: "https://idp.example/entity", IDPSSOURL: "https://idp.example/post",
		IDPCertificates: []client.ConnectionCertificate{{PEM: certificate, SHA256: certificateKind.Key(certificate)}},
	}
	if got := samlFromAPI(prior, server); !got.MetadataXML.Equal(prior.MetadataXML) || !got.EntityID.IsNull() {
		t.Errorf("metadata in force became %s, entity id %s", got.MetadataXML, got.EntityID)
	}
	server.IDPSSOURL = "https://attacker.example/sso"
	if got := samlFromAPI(prior, server); !got.MetadataXML.IsNull() {
		t.Error("metadata that the server no longer has stays in the state")
	}
}

func TestWarnOfExpiry(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	var diags diag.Diagnostics
	warnOfExpiry(types.MapValueMust(types.StringType, map[string]attr.Value{
		"aaaa": types.StringValue("2026-12-10T00:00:00Z"), "bbbb": types.StringValue("2027-12-10T00:00:00Z"),
	}), now, &diags)
	if diags.WarningsCount() != 1 || !strings.Contains(diags.Warnings()[0].Detail(), "18 days") {
		t.Errorf("warnings %v, want one of 18 days", diags)
	}
}

// Nobody can log in through a connection that was switched off, so nobody waits for it.
func TestActivateSwitchedOff(t *testing.T) {
	t.Parallel()
	m := oidcConnection()
	m.Activation, m.State = types.StringValue(activationFirstLogin), types.StringValue(client.ConnectionInactive)
	var diags diag.Diagnostics
	if (&identityProviderResource{}).activate(t.Context(), "A", m, time.Hour, &diags) {
		t.Error("there is a new answer")
	}
	if len(diags) != 1 || diags[0].Summary() != "Identity provider is switched off" {
		t.Errorf("diagnostics %v", diags)
	}
}
