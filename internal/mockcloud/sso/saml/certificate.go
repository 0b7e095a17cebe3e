package saml

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"strings"
	"time"
)

// minKeyBits is the smallest RSA key that a signature is believed of.
const minKeyBits = 2048

// ParseCertificate reads one signing certificate as people paste it: PEM, or the
// bare base64 of metadata's ds:X509Certificate, with any white space. Expired
// ones are read too: whether that matters is the caller's question. Only RSA keys
// are taken, as goxmldsig does not read the ECDSA signatures of XML Signature
// (6.4.3, r and s side by side).
func ParseCertificate(pasted string) (*x509.Certificate, error) {
	der, err := certificateBytes(pasted)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, refuse(BadCertificate, "This is not an X.509 certificate.")
	}
	key, ok := certificate.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, refuse(CertificateUnusable, "The certificate of %s has no RSA key; only RSA signatures are supported.", shown(certificate.Subject.CommonName))
	}
	if bits := key.N.BitLen(); bits < minKeyBits {
		return nil, refuse(CertificateUnusable, "The certificate of %s has a key of %d bits; at least %d are needed.", shown(certificate.Subject.CommonName), bits, minKeyBits)
	}
	return certificate, nil
}

func certificateBytes(pasted string) ([]byte, error) {
	const longest = 64 << 10
	if len(pasted) > longest {
		return nil, refuse(TooLarge, "The certificate is larger than %d KiB.", longest>>10)
	}
	pasted = strings.TrimSpace(pasted)
	if !strings.Contains(pasted, "-----") {
		der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(pasted), ""))
		if err != nil || len(der) == 0 {
			return nil, refuse(BadCertificate, "The certificate is neither PEM nor base64.")
		}
		return der, nil
	}
	// Editors and web forms indent PEM or break its lines with CRs.
	lines := strings.FieldsFunc(pasted, func(r rune) bool { return r == '\n' || r == '\r' })
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	block, rest := pem.Decode([]byte(strings.Join(lines, "\n") + "\n"))
	switch {
	case block == nil:
		return nil, refuse(BadCertificate, "The certificate's PEM is damaged.")
	case block.Type != "CERTIFICATE":
		return nil, refuse(BadCertificate, "The PEM holds a %s, not a CERTIFICATE.", shown(block.Type))
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, refuse(BadCertificate, "There is more than one certificate; give them one by one.")
	}
	return block.Bytes, nil
}

// Fingerprint gives the SHA-256 of a certificate in lower-case hex: two pastes of
// one certificate have the same.
func Fingerprint(certificate *x509.Certificate) string {
	sum := sha256.Sum256(certificate.Raw)
	return hex.EncodeToString(sum[:])
}

// EncodeCertificate gives a certificate as PEM.
func EncodeCertificate(certificate *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
}

// NewKey makes a key pair with a self-signed certificate for signing messages.
// Trust in it comes from metadata, not from who signed it (SAML Metadata 2.4.1.1).
func NewKey(commonName string, notBefore, notAfter time.Time) (crypto.Signer, *x509.Certificate, error) {
	key, err := rsa.GenerateKey(rand.Reader, minKeyBits)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: commonName},
		NotBefore:    notBefore,
		NotAfter:     notAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	return key, certificate, nil
}
