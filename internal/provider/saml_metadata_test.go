package provider

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// newCertificate makes a self-signed certificate that ends then, as PEM.
func newCertificate(t *testing.T, name string, ends time.Time) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: ends.Add(-365 * 24 * time.Hour), NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// bare is a PEM certificate as metadata has it.
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

func TestParseSAMLMetadata(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	one := bare(t, newCertificate(t, "one", now.AddDate(1, 0, 0)))
	two := bare(t, newCertificate(t, "two", now.AddDate(2, 0, 0)))

	t.Run("two certificates, both bindings", func(t *testing.T) {
		t.Parallel()
		got, err := parseSAMLMetadata(fmt.Sprintf(metadataTemplate, "", keyDescriptor(one)+keyDescriptor(two), ssoPost+ssoRedirect), now)
		if err != nil {
			t.Fatal(err)
		}
		if got.EntityID != "https://idp.example/entity" || got.SSOURL != "https://idp.example/sso" || len(got.Certificates) != 2 ||
			len(got.NameIDFormats) != 1 || got.NameIDFormats[0] != "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress" {
			t.Errorf("got %+v", got)
		}
	})
	for name, test := range map[string]struct{ text, want string }{
		"no XML":               {"{}", "no XML"},
		"cut off":              {fmt.Sprintf(metadataTemplate, "", keyDescriptor(one), ssoPost)[:300], "no XML"},
		"HTML":                 {"<html><body>Sign in</body></html>", "not a SAML <EntityDescriptor>"},
		"a DOCTYPE":            {`<!DOCTYPE x [<!ENTITY a "b">]>` + fmt.Sprintf(metadataTemplate, "", keyDescriptor(one), ssoPost), "DOCTYPE"},
		"too large":            {strings.Repeat(" ", maxMetadata+1), "not read"},
		"several entities":     {`<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"/>`, "several entities"},
		"no sign-on address":   {fmt.Sprintf(metadataTemplate, "", keyDescriptor(one), ""), "SingleSignOnService"},
		"no certificate":       {fmt.Sprintf(metadataTemplate, "", "", ssoPost), "no signing certificate"},
		"a broken certificate": {fmt.Sprintf(metadataTemplate, "", keyDescriptor("AAAA"), ssoPost), "X.509"},
		"expired":              {fmt.Sprintf(metadataTemplate, ` validUntil="2026-01-01T00:00:00Z"`, keyDescriptor(one), ssoPost), "valid until 2026-01-01"},
		"a service provider's": {`<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"><SPSSODescriptor/></EntityDescriptor>`, "not of a service provider"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := parseSAMLMetadata(test.text, now); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
		})
	}
}

// The same certificate is the same in any form, and metadata by what it says.
func TestSAMLSpellings(t *testing.T) {
	t.Parallel()
	ends := time.Now().AddDate(1, 0, 0)
	certificate, other := newCertificate(t, "one", ends), newCertificate(t, "two", ends)
	spaced := "\n  " + strings.ReplaceAll(bare(t, certificate), "A", "A\n ") + "\n"
	if certificateSpelling.key(certificate) != certificateSpelling.key(spaced) || certificateSpelling.key(certificate) == certificateSpelling.key(other) {
		t.Error("certificates are not compared by what they are")
	}
	one := fmt.Sprintf(metadataTemplate, "", keyDescriptor(bare(t, certificate))+keyDescriptor(bare(t, other)), ssoPost)
	two := fmt.Sprintf(metadataTemplate, "", keyDescriptor(bare(t, other))+"\n\n"+keyDescriptor(bare(t, certificate)), ssoPost)
	if metadataSpelling.key(one) != metadataSpelling.key(two) {
		t.Errorf("metadata in another order is another: %q and %q", metadataSpelling.key(one), metadataSpelling.key(two))
	}
}

func FuzzParseSAMLMetadata(f *testing.F) {
	f.Add(metadataTemplate)
	f.Add(`<!DOCTYPE a><a/>`)
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = parseSAMLMetadata(text, time.Time{}) // it must not panic; either answer is fine
	})
}

func TestFreshMetadata(t *testing.T) {
	t.Parallel()
	live, over := bare(t, newCertificate(t, "live", time.Now().AddDate(1, 0, 0))), bare(t, newCertificate(t, "over", time.Now().AddDate(0, 0, -1)))
	for name, test := range map[string]struct{ attributes, keys, want string }{
		"in force":                {"", keyDescriptor(live), ""},
		"one of two ended":        {"", keyDescriptor(over) + keyDescriptor(live), ""},
		"the certificate ended":   {"", keyDescriptor(over), "Certificate has expired"},
		"the metadata has ended":  {` validUntil="2020-01-01T00:00:00Z"`, keyDescriptor(live), "Metadata has expired"},
		"malformed: not our case": {"", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var resp validator.StringResponse
			freshMetadata{}.ValidateString(context.Background(), validator.StringRequest{
				Path: path.Root("metadata_xml"), ConfigValue: types.StringValue(fmt.Sprintf(metadataTemplate, test.attributes, test.keys, ssoPost)),
			}, &resp)
			switch errs := resp.Diagnostics.Errors(); {
			case test.want == "" && len(errs) > 0, test.want != "" && (len(errs) != 1 || errs[0].Summary() != test.want):
				t.Errorf("errors %v, want %q", errs, test.want)
			}
		})
	}
}
