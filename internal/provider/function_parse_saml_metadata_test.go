package provider

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// newCertificate makes a self-signed certificate that ends then, as PEM.
func newCertificate(t *testing.T, name string, expires time.Time) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: expires.Add(-365 * 24 * time.Hour), NotAfter: expires}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// bare returns a PEM certificate as metadata has it.
func bare(t *testing.T, text string) string {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatal("no PEM")
	}
	return base64.StdEncoding.EncodeToString(block.Bytes)
}

const metadataTemplate = `<?xml version="1.0"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://idp.example/entity"%s>
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    %s
    <md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>
    %s
  </md:IDPSSODescriptor>
</md:EntityDescriptor>`

func keyDescriptor(certificate string) string {
	return "<md:KeyDescriptor use=\"signing\"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n" + certificate + "\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
}

const (
	ssoPost     = `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/post"/>`
	ssoRedirect = `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/>`
)

// The same certificate is the same in any form, and metadata by what it says.
func TestSAMLSpellings(t *testing.T) {
	t.Parallel()
	expires := time.Now().AddDate(1, 0, 0)
	certificate, other := newCertificate(t, "one", expires), newCertificate(t, "two", expires)
	spaced := "\n  " + strings.ReplaceAll(bare(t, certificate), "A", "A\n ") + "\n"
	if certificateKind.Key(certificate) != certificateKind.Key(spaced) || certificateKind.Key(certificate) == certificateKind.Key(other) {
		t.Error("certificates are not compared by what they are")
	}
	document := func(attributes, keys, endpoint string) string {
		return fmt.Sprintf(metadataTemplate, attributes, keys, endpoint)
	}
	one, two := keyDescriptor(bare(t, certificate)), keyDescriptor(bare(t, other))
	first := metadataKind.Key(document("", one+two, ssoPost))
	for name, test := range map[string]struct {
		text string
		same bool
	}{
		"another order":    {document("", two+"\n\n"+one, ssoPost), true},
		"another end":      {document(` validUntil="2020-01-01T00:00:00Z"`, one+two, ssoPost), true},
		"another key":      {document("", one, ssoPost), false},
		"another endpoint": {document("", one+two, ssoRedirect), false},
		"another binding":  {document("", one+two, strings.Replace(ssoPost, "HTTP-POST", "HTTP-Redirect", 1)), false},
		"another demand":   {strings.Replace(document("", one+two, ssoPost), "<md:IDPSSODescriptor ", `<md:IDPSSODescriptor WantAuthnRequestsSigned="true" `, 1), false},
	} {
		if got := metadataKind.Key(test.text) == first; got != test.same {
			t.Errorf("%s: the same %t", name, got)
		}
	}
}

// What stands in the state stays there while the server has what it says, also after a key of it has ended.
func TestSaysTheSame(t *testing.T) {
	t.Parallel()
	now := time.Now()
	live, over := newCertificate(t, "live", now.AddDate(1, 0, 0)), newCertificate(t, "over", now.AddDate(0, 0, -1))
	foreign := newCertificate(t, "foreign", now.AddDate(1, 0, 0))
	s := &samlModel{MetadataXML: metadataKind.StringValue(fmt.Sprintf(metadataTemplate, "", keyDescriptor(bare(t, live))+keyDescriptor(bare(t, over)), ssoPost))}
	for name, test := range map[string]struct {
		has  []string
		same bool
	}{
		"both":            {[]string{over, live}, true},
		"the live one":    {[]string{live}, true},
		"the ended one":   {[]string{over}, false},
		"none":            {nil, false},
		"another one too": {[]string{live, foreign}, false},
	} {
		server := &client.ConnectionSAML{IDPEntityID: "https://idp.example/entity", IDPSSOURL: "https://idp.example/post"}
		for _, text := range test.has {
			server.IDPCertificates = append(server.IDPCertificates, client.ConnectionCertificate{PEM: text, SHA256: certificateKind.Key(text)})
		}
		if got := s.saysTheSame(server, now); got != test.same {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestValidateMetadata(t *testing.T) {
	t.Parallel()
	live, over := keyDescriptor(bare(t, newCertificate(t, "live", time.Now().AddDate(1, 0, 0)))), keyDescriptor(bare(t, newCertificate(t, "over", time.Now().AddDate(0, 0, -1))))
	document := func(attributes, keys string) *samlModel {
		return &samlModel{MetadataXML: metadataKind.StringValue(fmt.Sprintf(metadataTemplate, attributes, keys, ssoPost))}
	}
	signing := document("", live)
	signing.MetadataXML = metadataKind.StringValue(strings.Replace(signing.MetadataXML.ValueString(), "<md:IDPSSODescriptor ", `<md:IDPSSODescriptor WantAuthnRequestsSigned="true" `, 1))
	with := func(s *samlModel, change func(*samlModel)) *samlModel {
		out := *s
		change(&out)
		return &out
	}
	entra := func(url string) *samlModel { return &samlModel{MetadataURL: types.StringValue(url)} }
	const tenant = "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000001/federationmetadata/2007-06/federationmetadata.xml"
	for name, test := range map[string]struct {
		saml          *samlModel
		errors, warns []string
		id            samlmetadata.ID
	}{
		"in force":                      {saml: document("", live)},
		"one of two ended":              {saml: document("", over+live), warns: []string{leftOutSummary}, id: samlmetadata.KeyExpired},
		"the certificate ended":         {saml: document("", over), errors: []string{"Certificate has expired"}, id: samlmetadata.NoUsableKey},
		"the metadata has ended":        {saml: document(` validUntil="2020-01-01T00:00:00Z"`, live), errors: []string{"Metadata has expired"}, id: samlmetadata.Expired},
		"no key":                        {saml: document("", ""), errors: []string{"Invalid SAML metadata"}, id: samlmetadata.NoUsableKey},
		"another is chosen":             {saml: with(document("", live), func(s *samlModel) { s.MetadataEntityID = types.StringValue("https://other.example") }), errors: []string{"Invalid SAML metadata"}, id: samlmetadata.EntityMissing},
		"which is chosen is not known":  {saml: with(document("", ""), func(s *samlModel) { s.MetadataEntityID = types.StringUnknown() })},
		"signing is wanted":             {saml: signing},
		"signing is wanted and done":    {saml: with(signing, func(s *samlModel) { s.SignRequests = types.BoolValue(true) })},
		"signing is wanted and not":     {saml: with(signing, func(s *samlModel) { s.SignRequests = types.BoolValue(false) }), warns: []string{"The identity provider wants signed requests"}},
		"signing is wanted, perhaps":    {saml: with(signing, func(s *samlModel) { s.SignRequests = types.BoolUnknown() })},
		"Entra's without an app":        {saml: entra(tenant), warns: []string{"Metadata of no application"}},
		"Entra's with an empty app":     {saml: entra(tenant + "?appid="), warns: []string{"Metadata of no application"}},
		"Entra's, in capitals":          {saml: entra(strings.Replace(tenant, "/federationmetadata/", "/FederationMetadata/", 1)), warns: []string{"Metadata of no application"}},
		"Entra's of the US government":  {saml: entra(strings.Replace(tenant, ".com/", ".us/", 1)), warns: []string{"Metadata of no application"}},
		"Entra's with an app":           {saml: entra(tenant + "?appid=1")},
		"Entra's with an app, capitals": {saml: entra(tenant + "?AppID=1")},
		"AD FS's":                       {saml: entra("https://adfs.example/FederationMetadata/2007-06/FederationMetadata.xml")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var diags diag.Diagnostics
			test.saml.validateMetadata(time.Now(), &diags)
			if got := summaries(diags.Errors()); fmt.Sprint(got) != fmt.Sprint(test.errors) {
				t.Errorf("errors %v, want %v", diags.Errors(), test.errors)
			}
			if got := summaries(diags.Warnings()); fmt.Sprint(got) != fmt.Sprint(test.warns) {
				t.Errorf("warnings %v, want %v", diags.Warnings(), test.warns)
			}
			if test.id != "" && !strings.HasSuffix(diags[0].Detail(), "ID: "+string(test.id)) {
				t.Errorf("no %s in %v", test.id, diags)
			}
		})
	}
}

func summaries(diags diag.Diagnostics) []string {
	var out []string
	for _, d := range diags {
		out = append(out, d.Summary())
	}
	return out
}

func TestTenants(t *testing.T) {
	t.Parallel()
	const host = "https://login.microsoftonline.com/"
	for address, of := range map[string]struct {
		v        checked
		rejected bool
	}{
		host + "common/v2.0":                               {oneTenant, true},
		host + "Organizations/v2.0":                        {oneTenant, true},
		host + "consumers/v2.0":                            {oneTenant, true},
		host + "{tenantid}/v2.0":                           {oneTenant, true},
		"https://LOGIN.microsoftonline.us/common":          {oneTenant, true},
		host + "00000000-0000-0000-0000-000000000001/v2.0": {oneTenant, false},
		host + "acme.onmicrosoft.com/v2.0":                 {oneTenant, false},
		"https://idp.example/common/v2.0":                  {oneTenant, false},
		host + "common/federationmetadata/2007-06/x.xml":   {entraByURL, true},
		host + "acme.com/federationmetadata/2007-06/x.xml": {entraByURL, false},
		"https://sts.windows.net/{tenantid}/":              {idpEntity, true},
		" https://idp.example":                             {idpEntity, true},
		"https://idp.example":                              {idpEntity, false},
		"http://idp.example/sso":                           {ssoURL, true},
		"https://a:b@idp.example/sso":                      {ssoURL, true},
		"https://idp.example/sso":                          {ssoURL, false},
		"http://127.0.0.1:8080/sso":                        {ssoURL, false},
	} {
		var resp validator.StringResponse
		of.v.ValidateString(t.Context(), validator.StringRequest{Path: path.Root("x"), ConfigValue: types.StringValue(address)}, &resp)
		if resp.Diagnostics.HasError() != of.rejected {
			t.Errorf("%s: %v, want refused %t", address, resp.Diagnostics, of.rejected)
		}
	}
}

// A private key that was pasted is refused, and stands in no diagnostic, not even in a path.
func TestCertificateDiagnostics(t *testing.T) {
	t.Parallel()
	one := newCertificate(t, "one", time.Now().AddDate(1, 0, 0))
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("obviously made for a test")}))
	secret := base64.StdEncoding.EncodeToString([]byte("obviously made for a test"))
	for name, test := range map[string]struct {
		texts []string
		want  []string
	}{
		"a bundle":        {[]string{one + newCertificate(t, "two", time.Now().AddDate(1, 0, 0))}, []string{"regexall"}},
		"a key":           {[]string{one, key}, []string{"private key"}},
		"a key behind it": {[]string{one + key}, []string{"private key"}},
		"a key twice":     {[]string{key, key + "\n"}, []string{"private key"}},
		"text around":     {[]string{"subject=CN = one\n" + one}, []string{"regexall"}},
		"the same twice":  {[]string{one, bare(t, one)}, []string{certificateKind.Key(one)}},
	} {
		var resp xattr.ValidateAttributeResponse
		certificateKind.SetValue(test.texts).ValidateAttribute(t.Context(), xattr.ValidateAttributeRequest{Path: path.Root("certificates")}, &resp)
		if len(resp.Diagnostics) != len(test.want) {
			t.Errorf("%s: %v", name, resp.Diagnostics)
			continue
		}
		for i, d := range resp.Diagnostics {
			if !strings.Contains(d.Detail(), test.want[i]) || strings.Contains(fmt.Sprintf("%+v", d), secret) || strings.Contains(fmt.Sprintf("%+v", d), "MII") {
				t.Errorf("%s: %+v", name, d)
			}
		}
	}
}
