//go:build interop

package interop

import (
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// TestEncryptedAssertions: there is no key here to decrypt with, which a person is told.
func TestEncryptedAssertions(t *testing.T) {
	t.Parallel()
	certificate := pairs().foreign.certificate
	block, _ := pem.Decode([]byte(certificate))
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(parsed.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	s := newSAMLP(t, func(s *samlpWorld) {
		s.options["encryptionCert"] = certificate
		s.options["encryptionPublicKey"] = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		s.options["encryptionAlgorithm"] = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
	})
	v := acctest.NewVisitor(t)
	s.refused(v, s.signIn(v), "encrypted")
}
