package samlmetadata_test

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// negativeSerial is a certificate whose serial number is negative, as Go refuses it.
func negativeSerial(certificate *x509.Certificate) []byte {
	return replaced(certificate, []byte{0x02, 0x03, 0x00, 0xab}, []byte{0x02, 0x03, 0x80, 0xab})
}

// unreadableName is a certificate whose subject is no PrintableString, as Go refuses it.
func unreadableName(certificate *x509.Certificate) []byte {
	return replaced(certificate, append([]byte{0x13, 0x04}, "good"...), append([]byte{0x13, 0x04}, "g@@d"...))
}

func replaced(certificate *x509.Certificate, old, with []byte) []byte {
	der := bytes.ReplaceAll(certificate.Raw, old, with)
	if bytes.Equal(der, certificate.Raw) {
		panic("the certificate does not have what shall be replaced")
	}
	return der
}

func encode(der []byte) string { return base64.StdEncoding.EncodeToString(der) }

func TestKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := fingerprints(w.good)
	lines := bare(w.good)[:64] + "\r\n\t  " + bare(w.good)[64:]
	const keyValue = `<md:KeyDescriptor><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo></md:KeyDescriptor>`
	for name, test := range map[string]struct {
		keys string
		want []string
		left []samlmetadata.ID
	}{
		"one":                         {signing(w.good), one, nil},
		"two":                         {signing(w.good, w.next), fingerprints(w.good, w.next), nil},
		"no use":                      {descriptor("", bare(w.good)), one, nil},
		"an empty use":                {strings.Replace(descriptor("x", bare(w.good)), `"x"`, `""`, 1), one, nil},
		"the same twice":              {signing(w.good, w.good) + descriptor("", bare(w.good)), one, nil},
		"to sign and to encrypt":      {descriptor("encryption", bare(w.next)) + signing(w.good), one, nil},
		"a use that is none":          {descriptor("both", bare(w.next)) + signing(w.good), one, []samlmetadata.ID{samlmetadata.KeyUseUnknown}},
		"two in one descriptor":       {descriptor("", bare(w.good), bare(w.next)), fingerprints(w.good, w.next), nil},
		"a chain in one descriptor":   {descriptor("", bare(w.underneath), bare(w.authority)), fingerprints(w.underneath), []samlmetadata.ID{samlmetadata.KeyOfIssuer}},
		"a chain the other way round": {descriptor("", bare(w.authority), bare(w.underneath)), fingerprints(w.underneath), []samlmetadata.ID{samlmetadata.KeyOfIssuer}},
		"an authority by itself":      {signing(w.authority, w.underneath), fingerprints(w.authority, w.underneath), nil},
		"broken into lines":           {descriptor("signing", "\n"+lines+"\n"), one, nil},
		"PEM":                         {descriptor("signing", samlmetadata.EncodeCertificate(w.good)), one, nil},
		"PEM, indented":               {descriptor("signing", "\n    "+strings.ReplaceAll(samlmetadata.EncodeCertificate(w.good), "\n", "\r\n    ")), one, nil},
		"base64 without padding":      {descriptor("signing", strings.TrimRight(bare(w.good), "=")), one, nil},
		"a comment in it":             {descriptor("signing", "<!-- x -->"+bare(w.next)) + signing(w.good), one, []samlmetadata.ID{samlmetadata.CertificateUnreadable}},
		"an element in it":            {descriptor("signing", "<x/>"+bare(w.next)) + signing(w.good), one, []samlmetadata.ID{samlmetadata.CertificateUnreadable}},
		"empty beside":                {descriptor("signing", " \n") + signing(w.good), one, []samlmetadata.ID{samlmetadata.CertificateEmpty}},
		"words beside":                {descriptor("signing", "our certificate!") + signing(w.good), one, []samlmetadata.ID{samlmetadata.CertificateUnreadable}},
		"other bytes beside":          {descriptor("signing", "AAAA") + signing(w.good), one, []samlmetadata.ID{samlmetadata.CertificateUnreadable}},
		"cut off beside":              {descriptor("signing", encode(w.next.Raw[:300])) + signing(w.good), one, []samlmetadata.ID{samlmetadata.CertificateUnreadable}},
		"more behind it beside":       {descriptor("signing", encode(append(slices.Clip(w.next.Raw), 0))) + signing(w.good), one, []samlmetadata.ID{samlmetadata.CertificateUnreadable}},
		"a bundle beside":             {descriptor("signing", strings.Repeat(samlmetadata.EncodeCertificate(w.next), 2)) + signing(w.good), one, []samlmetadata.ID{samlmetadata.CertificateBundle}},
		"no X509Data beside":          {keyValue + signing(w.good), one, []samlmetadata.ID{samlmetadata.KeyWithoutCertificate}},
		"no KeyInfo beside":           {"<md:KeyDescriptor/>" + signing(w.good), one, []samlmetadata.ID{samlmetadata.KeyWithoutCertificate}},
		"another namespace beside":    {strings.ReplaceAll(signing(w.next), "2000/09/xmldsig#", "2000/09/other#") + signing(w.good), one, []samlmetadata.ID{samlmetadata.KeyWithoutCertificate}},
		"EC beside":                   {signing(w.ecdsa, w.good), fingerprints(w.ecdsa, w.good), nil},
		"EC alone":                    {signing(w.ecdsa), fingerprints(w.ecdsa), nil},
		"EC on a small curve beside":  {signing(w.smallCurve, w.good), one, []samlmetadata.ID{samlmetadata.KeyTypeUnusable}},
		"Ed25519 beside":              {signing(w.edwards, w.good), one, []samlmetadata.ID{samlmetadata.KeyTypeUnusable}},
		"short beside":                {signing(w.good, w.tiny), one, []samlmetadata.ID{samlmetadata.KeyTooShort}},
		"expired beside":              {signing(w.expired, w.good), one, []samlmetadata.ID{samlmetadata.KeyExpired}},
		"not yet valid beside":        {signing(w.later, w.good), fingerprints(w.later, w.good), []samlmetadata.ID{samlmetadata.KeyNotYetValid}},
		"not yet valid alone":         {signing(w.later), fingerprints(w.later), []samlmetadata.ID{samlmetadata.KeyNotYetValid}},
		"each kind of fault": {
			signing(w.expired, w.tiny, w.smallCurve) + descriptor("", "") + signing(w.good), one,
			[]samlmetadata.ID{samlmetadata.KeyExpired, samlmetadata.KeyTooShort, samlmetadata.KeyTypeUnusable, samlmetadata.CertificateEmpty},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, read(t, entity(test.keys+redirect)), idpSSO, test.want, test.left...)
		})
	}
}

// TestKeysAreNamed: whoever reads a warning or an error finds the key by it.
func TestKeysAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := signing(w.smallCurve, w.tiny, w.expired) + descriptor("", "")
	_, err := samlmetadata.Read(strings.NewReader(entity(keys+redirect)), samlmetadata.Options{Now: now})
	rejectedAs(t, "nothing usable", err, samlmetadata.NoUsableKey)
	var rejected *samlmetadata.Error
	if !errors.As(err, &rejected) || len(rejected.Because) != 4 {
		t.Fatalf("%+v", rejected)
	}
	for i, wants := range [][]string{
		{"EC P-224", "ABCA", "2032-01-02"}, {"RSA 1024", "ABC6", "2032-01-02", "2048"}, {"RSA 2048", "ABC3", "2027-01-01"}, {"4"},
	} {
		for _, want := range wants {
			if !strings.Contains(rejected.Because[i].Message, want) || !strings.Contains(err.Error(), want) {
				t.Errorf("key %d: no %q in %q", i, want, rejected.Because[i].Message)
			}
		}
	}
	m := read(t, entity(keys+signing(w.good)+redirect))
	if got := ids(m.Warnings); !slices.Equal(got, ids(rejected.Because)) {
		t.Errorf("%v", got)
	}
}

func TestManyKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := read(t, entity(strings.Repeat(descriptor("", "AAAA"), 10)+strings.Repeat(signing(w.good), 100)+redirect))
	if len(m.Certificates) != 1 || m.Warnings[len(m.Warnings)-1].ID != samlmetadata.TooManyKeys || len(m.Warnings) != 11 {
		t.Errorf("%d certificates, %v", len(m.Certificates), ids(m.Warnings))
	}
}

// TestTimeIsAnArgument: without one a document says the same on every day.
func TestTimeIsAnArgument(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := entityOf(idpID, ` validUntil="2001-01-01T00:00:00Z"`, role(signing(w.expired, w.later, w.good)+redirect))
	m, err := samlmetadata.ReadText(text, samlmetadata.Options{})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, m, idpSSO, fingerprints(w.expired, w.later, w.good))
	if m.ValidUntil.Year() != 2001 {
		t.Errorf("until %v", m.ValidUntil)
	}
}

// TestShells: certificates that Go refuses, because of what does not count here.
func TestShells(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, der := range map[string][]byte{"a negative serial": negativeSerial(w.good), "an odd name": unreadableName(w.good)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := x509.ParseCertificate(der); err == nil {
				t.Fatal("Go reads it; the case shows nothing")
			}
			got, err := samlmetadata.ParseCertificate(encode(der))
			if err != nil {
				t.Fatal(err)
			}
			if !w.rsa.PublicKey.Equal(got.PublicKey) || !got.NotBefore.Equal(w.good.NotBefore) || !got.NotAfter.Equal(w.good.NotAfter) || !bytes.Equal(got.Raw, der) {
				t.Errorf("%+v", got)
			}
			if name == "a negative serial" && (got.SerialNumber.Sign() >= 0 || got.Subject.CommonName != "good") {
				t.Errorf("serial %v, subject %v", got.SerialNumber, got.Subject)
			}
			m := read(t, entity(descriptor("signing", encode(der))+redirect))
			expect(t, m, idpSSO, []string{samlmetadata.Fingerprint(got)})
		})
	}
	// A key of an unknown kind keeps its name and is left out.
	unheardOf := replaced(w.ecdsa, []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01}, []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x7f})
	m := read(t, entity(descriptor("", encode(unheardOf))+signing(w.good)+redirect))
	expect(t, m, idpSSO, fingerprints(w.good), samlmetadata.KeyTypeUnusable)
	if !strings.Contains(m.Warnings[0].Message, "ABC5") {
		t.Errorf("not named: %v", m.Warnings)
	}
}

func TestParseCertificate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := samlmetadata.EncodeCertificate(w.good)
	for name, pasted := range map[string]string{
		"PEM": text, "CRLF": strings.ReplaceAll(text, "\n", "\r\n"), "indented": "\n\n    " + strings.ReplaceAll(text, "\n", "\n    "),
		"base64": bare(w.good), "base64 in lines": " " + bare(w.good)[:100] + "\r\n\t" + bare(w.good)[100:] + "\n", "PEM with white space": "  " + text + "\n\n",
		"an old label": strings.ReplaceAll(text, " CERTIFICATE", " X509 CERTIFICATE"),
	} {
		got, err := samlmetadata.ParseCertificate(pasted)
		if err != nil || !got.Equal(w.good) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// An expired one is read: whether that matters is the caller's question.
	if _, err := samlmetadata.ParseCertificate(bare(w.expired)); err != nil {
		t.Errorf("expired: %v", err)
	}
	block := func(label string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: []byte("obviously made for a test")}))
	}
	for name, test := range map[string]struct {
		pasted string
		want   samlmetadata.ID
	}{
		"nothing":                   {" ", samlmetadata.CertificateEmpty},
		"words":                     {"the certificate", samlmetadata.CertificateUnreadable},
		"a bundle":                  {text + samlmetadata.EncodeCertificate(w.next), samlmetadata.CertificateBundle},
		"the same twice":            {text + text, samlmetadata.CertificateBundle},
		"a bundle of which one bad": {text + block("CERTIFICATE"), samlmetadata.CertificateBundle},
		"half":                      {text[:200], samlmetadata.CertificateUnreadable},
		"a key":                     {block("PRIVATE KEY"), samlmetadata.CertificatePrivateKey},
		"a key of RSA":              {block("RSA PRIVATE KEY"), samlmetadata.CertificatePrivateKey},
		"a key behind":              {text + block("EC PRIVATE KEY"), samlmetadata.CertificatePrivateKey},
		"a key before":              {block("ENCRYPTED PRIVATE KEY") + text, samlmetadata.CertificatePrivateKey},
		"text before":               {"Certificate:\n    Data:\n" + text, samlmetadata.CertificateText},
		"text behind":               {text + "ours", samlmetadata.CertificateText},
		"a request":                 {block("CERTIFICATE REQUEST"), samlmetadata.CertificateUnreadable},
		"a damaged block":           {"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----", samlmetadata.CertificateUnreadable},
		"other bytes":               {"AAAA", samlmetadata.CertificateUnreadable},
		"too large":                 {strings.Repeat("A", 1<<20), samlmetadata.CertificateUnreadable},
		"too large in PEM":          {"-----BEGIN CERTIFICATE-----\n" + strings.Repeat("A", 1<<20) + "\n-----END CERTIFICATE-----", samlmetadata.CertificateUnreadable},
		"a short key":               {bare(w.tiny), samlmetadata.KeyTooShort},
		"an EC key":                 {bare(w.smallCurve), samlmetadata.KeyTypeUnusable},
		"an Ed25519 key":            {bare(w.edwards), samlmetadata.KeyTypeUnusable},
	} {
		_, err := samlmetadata.ParseCertificate(test.pasted)
		rejectedAs(t, name, err, test.want)
	}
}
