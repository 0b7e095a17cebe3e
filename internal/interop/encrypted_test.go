//go:build interop

package interop

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// encryption is the certificate that mockcloud's metadata has assertions encrypted for.
func (w *world) encryption(us serviceProvider) string {
	w.t.Helper()
	_, after, found := strings.Cut(acctest.NewVisitor(w.t).Open(us.MetadataURL).Text, `use="encryption"`)
	if !found {
		w.t.Fatal("the metadata has no key for encryption")
	}
	der, err := base64.StdEncoding.DecodeString(certificateIn(w.t, after))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// samlpEncrypts are samlp's options by which it encrypts for a certificate.
func samlpEncrypts(t testing.TB, certificate, algorithm string) obj {
	t.Helper()
	block, _ := pem.Decode([]byte(certificate))
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(parsed.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return obj{
		"encryptionCert": certificate, "encryptionPublicKey": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		"encryptionAlgorithm": algorithm, "disallowEncryptionWithInsecureAlgorithm": false, "warnOnInsecureEncryptionAlgorithm": false,
	}
}

const (
	gcm = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
	cbc = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
	des = "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"
)

// swapped has the first letters of the ciphertext of the assertion changed.
func swapped(t testing.TB) func(string) string {
	return func(xml string) string {
		at := strings.LastIndex(xml, "CipherValue>") // of its end
		start := strings.LastIndex(xml[:at], "CipherValue>") + len("CipherValue>") + 20
		letter := "A"
		if xml[start:start+1] == letter {
			letter = "B"
		}
		return xml[:start] + letter + xml[start+1:]
	}
}

// TestSAMLPEncrypted: assertions that samlp encrypts for mockcloud's key, and for others.
func TestSAMLPEncrypted(t *testing.T) {
	t.Parallel()
	s := newSAMLP(t, nil)
	key := s.encryption(s.us)
	known := s.MemberNamed(ada).UserID
	for name, row := range map[string]struct {
		certificate, algorithm string
		options                obj
		change                 func(string) string
		want                   string // empty where the login is fine
	}{
		"AES-GCM":                         {certificate: key, algorithm: gcm},
		"AES-CBC":                         {certificate: key, algorithm: cbc},
		"AES-GCM, signed around it":       {certificate: key, algorithm: gcm, options: obj{"signResponse": true}},
		"signed around it only":           {certificate: key, algorithm: gcm, options: obj{"signResponse": true, "signAssertion": false}},
		"Triple DES":                      {certificate: key, algorithm: des, want: "unknown_algorithm"},
		"for another key":                 {certificate: pairs().foreign.certificate, algorithm: gcm, want: "encrypted_assertion"},
		"nothing signed":                  {certificate: key, algorithm: gcm, options: obj{"signAssertion": false}, want: "encrypted_assertion"},
		"another audience":                {certificate: key, algorithm: gcm, options: obj{"audience": "https://other.example.com"}, want: "encrypted_assertion"},
		"SHA-1 inside":                    {certificate: key, algorithm: gcm, options: obj{"signatureAlgorithm": "rsa-sha1", "digestAlgorithm": "sha1"}, want: "encrypted_assertion"},
		"one letter of the ciphertext":    {certificate: key, algorithm: gcm, change: swapped(t), want: "encrypted_assertion"},
		"one letter, in CBC":              {certificate: key, algorithm: cbc, change: swapped(t), want: "encrypted_assertion"},
		"one letter, signed around it":    {certificate: key, algorithm: gcm, options: obj{"signResponse": true}, change: swapped(t), want: "invalid_signature"},
		"another Destination around it":   {certificate: key, algorithm: gcm, options: obj{"destination": "https://other.example.com"}, want: "destination"},
		"another request than it answers": {certificate: key, algorithm: gcm, options: obj{"inResponseTo": "_another"}, want: "unknown_request"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			s.options = with(with(s.options, samlpEncrypts(t, row.certificate, row.algorithm)), row.options)
			s.provide()
			v := acctest.NewVisitor(t)
			p := s.begin(v)
			if row.change != nil {
				p = post(t, p, row.change)
			} else {
				p = p.Submit(nil)
			}
			if row.want != "" {
				s.refused(v, p, row.want)
			} else if who := s.letIn(v, p, ada); who.ID != known {
				t.Errorf("%+v is not the member %s", who, known)
			}
		})
	}

	// Nobody's request names it, and anybody could have put it together.
	s.configure(obj{"saml": obj{"allow_idp_initiated": true}})
	s.options["audience"] = s.us.EntityID
	options := s.options
	s.options = with(options, samlpEncrypts(t, key, cbc))
	s.provide()
	v := acctest.NewVisitor(t)
	s.refused(v, v.Open(s.issuer+"/samlp").Submit(nil), "weak_algorithm")
	s.options = with(options, samlpEncrypts(t, key, gcm))
	s.provide()
	if who := s.letIn(v, v.Open(s.issuer+"/samlp").Submit(nil).Submit(nil), ada); who.ID != known {
		t.Errorf("%+v is not the member %s", who, known)
	}
}

// TestPysaml2Encrypted: assertions that pysaml2 encrypts by the key in mockcloud's
// metadata; what it takes by itself is refused.
func TestPysaml2Encrypted(t *testing.T) {
	t.Parallel()
	p := newPysaml2(t, nil)
	p.encryption(p.us)
	known := p.MemberNamed(ada).UserID
	encrypted := func(signing string, cipher obj) obj {
		how := with(signings()[signing], obj{"encrypt_assertion": true, "encrypt_assertion_self_contained": true})
		if cipher != nil {
			how["cipher"] = cipher
		}
		return how
	}
	strong := func() obj { return obj{"msg_enc": gcm, "key_type": "aes-256"} }
	for name, row := range map[string]struct {
		how    obj
		change func(string) string
		want   string
	}{
		"the assertion signed":          {how: encrypted("assertion", strong())},
		"the response signed":           {how: encrypted("response", strong())},
		"both signed":                   {how: encrypted("both", strong())},
		"AES-CBC":                       {how: encrypted("both", obj{"msg_enc": cbc, "key_type": "aes-256"})},
		"Triple DES, as by itself":      {how: encrypted("both", nil), want: "unknown_algorithm"},
		"RSA 1.5":                       {how: encrypted("both", with(strong(), obj{"key_enc": "http://www.w3.org/2001/04/xmlenc#rsa-1_5"})), want: "weak_algorithm"},
		"nothing signed":                {how: with(encrypted("assertion", strong()), obj{"sign_assertion": false}), want: "encrypted_assertion"},
		"one letter of the ciphertext":  {how: encrypted("assertion", strong()), change: swapped(t), want: "encrypted_assertion"},
		"SHA-1 inside, as it signs":     {how: with(encrypted("assertion", strong()), obj{"sign_alg": "http://www.w3.org/2000/09/xmldsig#rsa-sha1", "digest_alg": "http://www.w3.org/2000/09/xmldsig#sha1"}), want: "encrypted_assertion"},
		"the response signed by SHA-1":  {how: with(encrypted("response", strong()), obj{"sign_alg": "http://www.w3.org/2000/09/xmldsig#rsa-sha1", "digest_alg": "http://www.w3.org/2000/09/xmldsig#sha1"}), want: "weak_algorithm"},
		"a letter, signed around it":    {how: encrypted("response", strong()), change: swapped(t), want: "invalid_signature"},
		"another destination around it": {how: with(encrypted("assertion", strong()), obj{"destination": "https://other.example.com"}), want: "destination"},
	} {
		t.Run(name, func(t *testing.T) {
			p := p.in(t)
			p.as(pysaml2Ada(), row.how)
			v := acctest.NewVisitor(t)
			page := p.begin(v)
			if row.change != nil {
				page = post(t, page, row.change)
			} else {
				page = page.Submit(nil)
			}
			if row.want != "" {
				p.refused(v, page, row.want)
			} else if who := p.letIn(v, page, ada); who.ID != known {
				t.Errorf("%+v is not the member %s", who, known)
			}
		})
	}
	// Where encryption is wanted, what comes without it is refused.
	p.configure(obj{"saml": obj{"want_assertions_encrypted": true}})
	p.as(pysaml2Ada(), signings()["both"])
	v := acctest.NewVisitor(t)
	p.refused(v, p.signIn(v), "not_encrypted")
	p.as(pysaml2Ada(), encrypted("both", strong()))
	p.letIn(v, p.signIn(v), ada)
	if me := v.Open(p.URL + "/api/me"); me.Status != http.StatusOK {
		t.Error("there is no session")
	}
}
