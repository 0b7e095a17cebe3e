package saml_test

import (
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	crewjam "github.com/crewjam/saml"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// certificateXML is metadata's ds:X509Certificate, broken into lines as Entra ID and
// Okta do.
func certificateXML(use string, certificates ...*x509.Certificate) string {
	var b strings.Builder
	for _, c := range certificates {
		data := base64.StdEncoding.EncodeToString(c.Raw)
		b.WriteString(`<md:KeyDescriptor` + optional("use", use) + `><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>` +
			"\n  " + data[:64] + "\r\n\t" + data[64:] + "\n" + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`)
	}
	return b.String()
}

const (
	ssoRedirect = `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/saml/sso"/>`
)

func entityXML(attributes, role string) string {
	return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="` + idpID + `"` + attributes + `>` + role + `</md:EntityDescriptor>`
}

func roleXML(inner string) string {
	return `<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" WantAuthnRequestsSigned="true">` + inner + `</md:IDPSSODescriptor>`
}

// Our own metadata is read by another implementation.
func TestServiceProviderMetadata(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.conn.SignRequests, w.conn.NameIDFormat = true, saml.NameIDPersistent
	text, err := w.sp.Metadata(w.conn)
	if err != nil {
		t.Fatal(err)
	}
	var m crewjam.EntityDescriptor
	unmarshal(t, text, &m)
	if m.EntityID != spID || len(m.SPSSODescriptors) != 1 {
		t.Fatalf("%s", text)
	}
	role := m.SPSSODescriptors[0]
	if len(role.AssertionConsumerServices) != 1 || role.AssertionConsumerServices[0].Location != spACS || role.AssertionConsumerServices[0].Binding != crewjam.HTTPPostBinding {
		t.Errorf("consumer services: %+v", role.AssertionConsumerServices)
	}
	if role.AuthnRequestsSigned == nil || !*role.AuthnRequestsSigned || role.WantAssertionsSigned == nil || !*role.WantAssertionsSigned {
		t.Errorf("what is signed: %s", text)
	}
	if !slices.Equal(role.NameIDFormats, []crewjam.NameIDFormat{crewjam.PersistentNameIDFormat}) {
		t.Errorf("formats: %v", role.NameIDFormats)
	}
	if len(role.KeyDescriptors) != 1 || role.KeyDescriptors[0].Use != "signing" {
		t.Fatalf("keys: %+v", role.KeyDescriptors)
	}
	certificate, err := samlmetadata.ParseCertificate(role.KeyDescriptors[0].KeyInfo.X509Data.X509Certificates[0].Data)
	if err != nil || !certificate.Equal(keys().sp.certificate) {
		t.Errorf("certificate: %v", err)
	}
}
