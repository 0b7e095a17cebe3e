package samlmetadata_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// now is when the tests read.
var now = time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)

const (
	idpID    = "https://idp.example"
	idpSSO   = "https://idp.example/sso"
	redirect = `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/>`
	post     = `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/post"/>`
	soap     = `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="https://idp.example/soap"/>`
	artifact = `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact" Location="https://idp.example/artifact"/>`
)

// spec is what a certificate of the tests is made of.
type spec struct {
	key              crypto.Signer
	name             string
	serial           int64
	notBefore, after time.Time
	ca               bool
	issuer           *x509.Certificate
	issuerKey        crypto.Signer
}

func (s spec) make(t testing.TB) *x509.Certificate {
	t.Helper()
	if s.notBefore.IsZero() {
		s.notBefore = now.AddDate(-1, 0, 0)
	}
	if s.after.IsZero() {
		s.after = now.AddDate(5, 0, 0)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(s.serial), Subject: pkix.Name{CommonName: s.name}, NotBefore: s.notBefore, NotAfter: s.after,
		IsCA: s.ca, BasicConstraintsValid: s.ca,
	}
	issuer, issuerKey := template, s.key
	if s.issuer != nil {
		issuer, issuerKey = s.issuer, s.issuerKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, s.key.Public(), issuerKey)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// world has the keys of all tests, made once.
type world struct {
	rsa, other, short                    *rsa.PrivateKey
	ec, small                            *ecdsa.PrivateKey
	ed                                   ed25519.PrivateKey
	good, next, expired, later, ecdsa    *x509.Certificate
	smallCurve                           *x509.Certificate
	tiny, edwards, authority, underneath *x509.Certificate
}

var makeWorld = sync.OnceValues(func() (w *world, err error) {
	w = &world{}
	if w.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return nil, err
	}
	if w.other, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return nil, err
	}
	if w.short, err = rsa.GenerateKey(rand.Reader, 1024); err != nil {
		return nil, err
	}
	if w.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	if w.small, err = ecdsa.GenerateKey(elliptic.P224(), rand.Reader); err != nil {
		return nil, err
	}
	_, w.ed, err = ed25519.GenerateKey(rand.Reader)
	return w, err
})

func newWorld(t testing.TB) *world {
	t.Helper()
	keys, err := makeWorld()
	if err != nil {
		t.Fatal(err)
	}
	w := *keys
	w.good = spec{key: w.rsa, name: "good", serial: 0xabc1}.make(t)
	w.next = spec{key: w.other, name: "next", serial: 0xabc2}.make(t)
	w.expired = spec{key: w.rsa, name: "expired", serial: 0xabc3, notBefore: now.AddDate(-2, 0, 0), after: now.AddDate(0, 0, -1)}.make(t)
	w.later = spec{key: w.other, name: "later", serial: 0xabc4, notBefore: now.AddDate(0, 1, 0)}.make(t)
	w.ecdsa = spec{key: w.ec, name: "ec", serial: 0xabc5}.make(t)
	w.smallCurve = spec{key: w.small, name: "small", serial: 0xabca}.make(t)
	w.tiny = spec{key: w.short, name: "tiny", serial: 0xabc6}.make(t)
	w.edwards = spec{key: w.ed, name: "ed", serial: 0xabc7}.make(t)
	w.authority = spec{key: w.other, name: "authority", serial: 0xabc8, ca: true}.make(t)
	w.underneath = spec{key: w.rsa, name: "underneath", serial: 0xabc9, issuer: w.authority, issuerKey: w.other}.make(t)
	return &w
}

func bare(certificate *x509.Certificate) string {
	return base64.StdEncoding.EncodeToString(certificate.Raw)
}

// descriptor is a KeyDescriptor with a text in each X509Certificate.
func descriptor(use string, texts ...string) string {
	if use != "" {
		use = ` use="` + use + `"`
	}
	var b strings.Builder
	for _, text := range texts {
		b.WriteString("<ds:X509Certificate>" + text + "</ds:X509Certificate>")
	}
	return `<md:KeyDescriptor` + use + `><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>` + b.String() + `</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`
}

func signing(certificates ...*x509.Certificate) string {
	var b strings.Builder
	for _, certificate := range certificates {
		b.WriteString(descriptor("signing", bare(certificate)))
	}
	return b.String()
}

func role(inner string) string {
	return `<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` + inner + `</md:IDPSSODescriptor>`
}

func entityOf(id, attributes, inner string) string {
	return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="` + id + `"` + attributes + `>` + inner + `</md:EntityDescriptor>`
}

func entity(inner string) string { return entityOf(idpID, "", role(inner)) }

func group(attributes, inner string) string {
	return `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"` + attributes + `>` + inner + `</md:EntitiesDescriptor>`
}

const serviceProvider = `<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example/acs" index="0"/></md:SPSSODescriptor>`

func read(t *testing.T, text string) *samlmetadata.Metadata {
	t.Helper()
	m, err := samlmetadata.Read(strings.NewReader(text), samlmetadata.Options{Now: now})
	if err != nil {
		t.Fatalf("%s: %v", samlmetadata.IDOf(err), err)
	}
	return m
}

func ids(problems []samlmetadata.Problem) []samlmetadata.ID {
	out := []samlmetadata.ID{}
	for _, p := range problems {
		out = append(out, p.ID)
	}
	return out
}

func fingerprints(certificates ...*x509.Certificate) []string {
	out := []string{}
	for _, certificate := range certificates {
		out = append(out, samlmetadata.Fingerprint(certificate))
	}
	return out
}

// expect compares what counts.
func expect(t *testing.T, m *samlmetadata.Metadata, url string, certificates []string, warnings ...samlmetadata.ID) {
	t.Helper()
	if m.EntityID != idpID || m.SSO.Location != url || !slices.Equal(m.Fingerprints(), certificates) {
		t.Errorf("entity %q, endpoint %q, certificates %v; want %v", m.EntityID, m.SSO.Location, m.Fingerprints(), certificates)
	}
	if got := ids(m.Warnings); !slices.Equal(got, warnings) && len(got)+len(warnings) > 0 {
		t.Errorf("warnings %v, want %v", m.Warnings, warnings)
	}
}
