package saml_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	crewjam "github.com/crewjam/saml"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
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
	ssoPOST     = `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.com/saml/post"/>`
	ssoSOAP     = `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="https://idp.example.com/saml/soap"/>`
)

func entityXML(attributes, role string) string {
	return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="` + idpID + `"` + attributes + `>` + role + `</md:EntityDescriptor>`
}

func roleXML(inner string) string {
	return `<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" WantAuthnRequestsSigned="true">` + inner + `</md:IDPSSODescriptor>`
}

func TestParseMetadata(t *testing.T) {
	t.Parallel()
	k := keys()
	formats := `<md:NameIDFormat>` + saml.NameIDEmail + `</md:NameIDFormat><md:NameIDFormat> ` + saml.NameIDPersistent + ` </md:NameIDFormat>`
	role := roleXML(certificateXML("signing", k.expired.certificate, k.idp.certificate) + certificateXML("", k.next.certificate, k.idp.certificate) +
		certificateXML("encryption", k.foreign.certificate) + formats + ssoSOAP + ssoPOST + ssoRedirect)
	entity := entityXML(` validUntil="2026-04-01T00:00:00Z"`, role)
	for name, text := range map[string]string{
		"alone":             entity,
		"byte order mark":   "\xef\xbb\xbf" + entity,
		"declared":          `<?xml version="1.0" encoding="utf-8"?>` + "\n" + entity,
		"comments":          "<!-- ours -->" + strings.ReplaceAll(entity, "<md:KeyDescriptor", "<!-- key --><md:KeyDescriptor"),
		"alone in a list":   `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">` + entity + `</md:EntitiesDescriptor>`,
		"default namespace": strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(entity, "xmlns:md=", "xmlns="), "<md:", "<"), "</md:", "</"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := saml.ParseMetadata([]byte(text), start())
			if err != nil {
				t.Fatalf("ParseMetadata: %v", err)
			}
			if m.EntityID != idpID || !m.WantsSignedRequests {
				t.Errorf("%+v", m)
			}
			if binding, location := m.Preferred(); binding != saml.Redirect || location != idpSSO {
				t.Errorf("preferred: %s %s", binding, location)
			}
			if len(m.SSO) != 2 || m.SSO[saml.POST] != "https://idp.example.com/saml/post" {
				t.Errorf("sso: %v", m.SSO)
			}
			if !slices.Equal(m.NameIDFormats, []string{saml.NameIDEmail, saml.NameIDPersistent}) {
				t.Errorf("formats: %v", m.NameIDFormats)
			}
			if m.ValidUntil == nil || !m.ValidUntil.Equal(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)) {
				t.Errorf("valid until %v", m.ValidUntil)
			}
			want := []string{saml.Fingerprint(k.expired.certificate), saml.Fingerprint(k.idp.certificate), saml.Fingerprint(k.next.certificate)}
			var got []string
			for _, c := range m.Certificates {
				got = append(got, saml.Fingerprint(c))
			}
			if !slices.Equal(got, want) {
				t.Errorf("certificates %v, want %v", got, want)
			}
		})
	}
}

func TestParseMetadataWithPOSTOnly(t *testing.T) {
	t.Parallel()
	m, err := saml.ParseMetadata([]byte(entityXML("", roleXML(certificateXML("", keys().idp.certificate)+ssoPOST))), start())
	if err != nil {
		t.Fatal(err)
	}
	if binding, location := m.Preferred(); binding != saml.POST || location != "https://idp.example.com/saml/post" {
		t.Errorf("preferred: %s %s", binding, location)
	}
}

func TestParseMetadataRefuses(t *testing.T) {
	t.Parallel()
	k := keys()
	good := certificateXML("signing", k.idp.certificate) + ssoRedirect
	entity := entityXML("", roleXML(good))
	list := func(inner, attributes string) string {
		return `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"` + attributes + `>` + inner + `</md:EntitiesDescriptor>`
	}
	location := func(url string) string {
		return entityXML("", roleXML(certificateXML("", k.idp.certificate)+strings.Replace(ssoRedirect, "https://idp.example.com/saml/sso", url, 1)))
	}
	tests := map[string]struct {
		text string
		want saml.Reason
	}{
		"empty":                      {"", saml.MalformedXML},
		"not XML":                    {"hello", saml.MalformedXML},
		"JSON":                       {`{"issuer":"x"}`, saml.MalformedXML},
		"HTML":                       {"<html><body>Sign in<br></body></html>", saml.MalformedXML},
		"XHTML":                      {"<html><body>Sign in</body></html>", saml.NotMetadata},
		"DOCTYPE":                    {"<!DOCTYPE html>" + entity, saml.Doctype},
		"entities":                   {`<!DOCTYPE x [<!ENTITY a "b">]>` + entity, saml.Doctype},
		"processing instruction":     {`<?xml-stylesheet href="x"?>` + entity, saml.ProcessingInstruction},
		"too large":                  {entity + strings.Repeat(" ", 1<<20), saml.TooLarge},
		"too deep":                   {strings.Repeat("<a>", 100), saml.TooDeep},
		"too many elements":          {entityXML("", strings.Repeat("<md:x/>", 6000)), saml.TooComplex},
		"service provider":           {entityXML("", `<md:SPSSODescriptor/>`), saml.NoIdentityProvider},
		"two roles":                  {entityXML("", roleXML(good)+roleXML(good)), saml.NoIdentityProvider},
		"SAML 1.1":                   {strings.ReplaceAll(entity, "SAML:2.0:protocol", "SAML:1.1:protocol"), saml.NoIdentityProvider},
		"no entity id":               {strings.Replace(entity, idpID, "", 1), saml.NoEntityID},
		"entity id too long":         {strings.Replace(entity, idpID, strings.Repeat("x", 1025), 1), saml.NoEntityID},
		"two entities":               {list(entity+entity, ""), saml.SeveralEntities},
		"no entities":                {list("", ""), saml.SeveralEntities},
		"nested entities":            {list(list(entity, "")+entity, ""), saml.SeveralEntities},
		"no SSO URL":                 {entityXML("", roleXML(certificateXML("", k.idp.certificate)+ssoSOAP)), saml.NoSSOURL},
		"SSO URL over http":          {location("http://idp.example.com/sso"), saml.BadSSOURL},
		"SSO URL a script":           {location("javascript:alert(1)"), saml.BadSSOURL},
		"SSO URL relative":           {location("/sso"), saml.BadSSOURL},
		"SSO URL with a user":        {location("https://a:b@idp.example.com/sso"), saml.BadSSOURL},
		"SSO URL with a fragment":    {location("https://idp.example.com/sso#x"), saml.BadSSOURL},
		"no certificate":             {entityXML("", roleXML(ssoRedirect)), saml.NoCertificate},
		"only to encrypt":            {entityXML("", roleXML(certificateXML("encryption", k.idp.certificate)+ssoRedirect)), saml.NoCertificate},
		"expired certificate":        {entityXML("", roleXML(certificateXML("signing", k.expired.certificate)+ssoRedirect)), saml.CertificateExpired},
		"damaged certificate":        {strings.Replace(entity, "MII", "MMM", 1), saml.BadCertificate},
		"certificate with a comment": {strings.Replace(entity, "MII", "<!-- x -->MII", 1), saml.BadCertificate},
		"expired":                    {entityXML(` validUntil="2026-03-04T12:00:00Z"`, roleXML(good)), saml.MetadataExpired},
		"list expired":               {list(entity, ` validUntil="2020-01-01T00:00:00Z"`), saml.MetadataExpired},
		"role expired":               {strings.Replace(entity, "WantAuthn", `validUntil="2020-01-01T00:00:00Z" WantAuthn`, 1), saml.MetadataExpired},
		"validUntil is no time":      {entityXML(` validUntil="soon"`, roleXML(good)), saml.BadTime},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := saml.ParseMetadata([]byte(test.text), start())
			if m != nil || saml.ReasonOf(err) != test.want {
				t.Fatalf("got %+v, %q, %v; want %q", m, saml.ReasonOf(err), err, test.want)
			}
		})
	}
}

func TestParseCertificateTakesWhatPeoplePaste(t *testing.T) {
	t.Parallel()
	certificate := keys().idp.certificate
	text := saml.EncodeCertificate(certificate)
	bare := base64.StdEncoding.EncodeToString(certificate.Raw)
	for name, pasted := range map[string]string{
		"PEM":                  text,
		"CRLF":                 strings.ReplaceAll(text, "\n", "\r\n"),
		"indented":             "\n\n    " + strings.ReplaceAll(text, "\n", "\n    "),
		"base64":               bare,
		"base64 in lines":      " " + bare[:100] + "\r\n\t" + bare[100:] + "\n",
		"PEM with white space": "  " + text + "\n\n",
	} {
		got, err := saml.ParseCertificate(pasted)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if saml.Fingerprint(got) != saml.Fingerprint(certificate) {
			t.Errorf("%s: another certificate", name)
		}
	}
}

func TestParseCertificateRefuses(t *testing.T) {
	t.Parallel()
	text := saml.EncodeCertificate(keys().idp.certificate)
	for name, test := range map[string]struct {
		pasted string
		want   saml.Reason
	}{
		"nothing":     {" ", saml.BadCertificate},
		"words":       {"the certificate", saml.BadCertificate},
		"two":         {text + text, saml.BadCertificate},
		"half":        {text[:200], saml.BadCertificate},
		"a key":       {string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})), saml.BadCertificate},
		"other bytes": {"AAAA", saml.BadCertificate},
		"too large":   {strings.Repeat("A", 1<<20), saml.TooLarge},
		"small key":   {smallKey(t), saml.CertificateUnusable},
		"ECDSA key":   {ecdsaKey(t), saml.CertificateUnusable},
	} {
		if _, err := saml.ParseCertificate(test.pasted); saml.ReasonOf(err) != test.want {
			t.Errorf("%s: %q, %v; want %q", name, saml.ReasonOf(err), err, test.want)
		}
	}
}

func smallKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	return selfSigned(t, key.Public(), key)
}

func ecdsaKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return selfSigned(t, key.Public(), key)
}

func selfSigned(t *testing.T, public, private any) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: start(), NotAfter: start().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
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
	certificate, err := saml.ParseCertificate(role.KeyDescriptors[0].KeyInfo.X509Data.X509Certificates[0].Data)
	if err != nil || !certificate.Equal(keys().sp.certificate) {
		t.Errorf("certificate: %v", err)
	}
}
