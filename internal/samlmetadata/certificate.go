package samlmetadata

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"time"
)

// maxCertificate is the most text that is read as one certificate.
const maxCertificate = 64 << 10

// ParseCertificate reads one signing certificate as people paste it: PEM with any
// white space, or the bare base64 of metadata's ds:X509Certificate. Its key has to be
// of a kind that signatures are verified with; whether it has expired is the caller's
// question.
func ParseCertificate(pasted string) (*x509.Certificate, error) {
	der, err := certificateBytes(pasted)
	if err != nil {
		return nil, err
	}
	certificate, err := ParseDER(der)
	if err != nil {
		return nil, err
	}
	if p := unusableKey(certificate.PublicKey); p != nil {
		return nil, reject(p.ID, "The certificate cannot be used: %s: %s.", Name(certificate), p.Message)
	}
	return certificate, nil
}

// ParseDER reads a certificate of any kind of key. Where Go refuses its shell (a
// negative serial number, an extension that is malformed), it has what counts here:
// the key, the validity, the names and the bytes.
func ParseDER(der []byte) (*x509.Certificate, error) {
	certificate, err := x509.ParseCertificate(der)
	if err == nil {
		return certificate, nil
	}
	if certificate, ok := parseShell(der); ok {
		return certificate, nil
	}
	return nil, reject(CertificateUnreadable, "This is not an X.509 certificate.")
}

// certificateBytes takes the armor off a certificate.
func certificateBytes(pasted string) ([]byte, error) {
	pasted = strings.TrimSpace(pasted)
	switch {
	case pasted == "":
		return nil, reject(CertificateEmpty, "The certificate is empty.")
	case strings.Contains(pasted, "PRIVATE KEY-----"):
		return nil, reject(CertificatePrivateKey, "There is a private key in the text. Give the certificate alone, and treat that key as known to others from now on.")
	case strings.Contains(pasted, "-----"):
		return pemBytes(pasted)
	case len(pasted) > maxCertificate:
		return nil, reject(CertificateUnreadable, "The certificate is larger than %d KiB.", maxCertificate>>10)
	}
	bare := strings.Join(strings.Fields(pasted), "")
	der, err := base64.StdEncoding.DecodeString(bare)
	if err != nil {
		der, err = base64.RawStdEncoding.DecodeString(bare)
	}
	if err != nil {
		return nil, reject(CertificateUnreadable, "The certificate is neither PEM (-----BEGIN CERTIFICATE-----) nor base64.")
	}
	return der, nil
}

// pemBytes reads the one PEM block that a text is (RFC 7468). Editors and web forms
// indent it and break its lines with CRs.
func pemBytes(pasted string) ([]byte, error) {
	if strings.Count(pasted, "-----BEGIN ") > 1 {
		return nil, reject(CertificateBundle, "There are several certificates in one text, of which only one would be read. Give them one by one.")
	}
	if len(pasted) > maxCertificate {
		return nil, reject(CertificateUnreadable, "The certificate is larger than %d KiB.", maxCertificate>>10)
	}
	lines := strings.FieldsFunc(pasted, func(r rune) bool { return r == '\n' || r == '\r' })
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	text := strings.Join(lines, "\n") + "\n"
	block, rest := pem.Decode([]byte(text))
	switch {
	case block == nil:
		return nil, reject(CertificateUnreadable, "The certificate's PEM is damaged.")
	case block.Type != "CERTIFICATE" && block.Type != "X509 CERTIFICATE":
		return nil, reject(CertificateUnreadable, "The PEM holds a %s, not a CERTIFICATE.", shown(block.Type))
	case len(bytes.TrimSpace(rest)) > 0 || !strings.HasPrefix(text, "-----BEGIN "):
		return nil, reject(CertificateText, "There is other text around the certificate. Give what stands from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, and nothing else.")
	}
	return block.Bytes, nil
}

// Fingerprint returns the SHA-256 of a certificate in lower-case hex: two pastes of
// one certificate have the same.
func Fingerprint(certificate *x509.Certificate) string {
	sum := sha256.Sum256(certificate.Raw)
	return hex.EncodeToString(sum[:])
}

// EncodeCertificate returns a certificate as PEM.
func EncodeCertificate(certificate *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
}

// Name returns which certificate is meant: the kind of its key, its serial number as
// openssl writes it, and its end.
func Name(certificate *x509.Certificate) string {
	serial := "unknown"
	if certificate.SerialNumber != nil {
		serial = strings.ToUpper(certificate.SerialNumber.Text(16))
		if len(strings.TrimPrefix(serial, "-"))%2 == 1 {
			serial = strings.Replace(serial, strings.TrimPrefix(serial, "-"), "0"+strings.TrimPrefix(serial, "-"), 1)
		}
		const maxSerial = 64
		if len(serial) > maxSerial {
			serial = serial[:maxSerial] + "…"
		}
	}
	return KeyKind(certificate.PublicKey) + " key, serial " + serial + ", ends " + certificate.NotAfter.UTC().Format(time.DateOnly)
}
