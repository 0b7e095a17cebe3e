package samlmetadata

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	asn1tag "golang.org/x/crypto/cryptobyte/asn1"
)

// parseShell reads what counts of a certificate (RFC 5280, 4.1) without judging what
// does not count here: serial number, names, extensions, the signature on it. Trust in
// a metadata key comes from the metadata (SAML Metadata 2.4.1.1).
func parseShell(der []byte) (*x509.Certificate, bool) {
	input := cryptobyte.String(der)
	var outer, tbs, rawTBS, signature cryptobyte.String
	if !input.ReadASN1(&outer, asn1tag.SEQUENCE) || !input.Empty() ||
		!outer.ReadASN1Element(&rawTBS, asn1tag.SEQUENCE) || !outer.SkipASN1(asn1tag.SEQUENCE) ||
		!outer.ReadASN1(&signature, asn1tag.BIT_STRING) || !outer.Empty() {
		return nil, false
	}
	copyOfTBS := rawTBS
	if !copyOfTBS.ReadASN1(&tbs, asn1tag.SEQUENCE) {
		return nil, false
	}
	out := &x509.Certificate{Raw: der, RawTBSCertificate: rawTBS, Version: 1}
	return out, readTBS(tbs, out)
}

// readTBS reads the signed part of a certificate up to its key.
func readTBS(tbs cryptobyte.String, out *x509.Certificate) bool {
	var serial, issuer, subject, validity, key cryptobyte.String
	if !tbs.SkipOptionalASN1(asn1tag.Tag(0).ContextSpecific().Constructed()) ||
		!tbs.ReadASN1(&serial, asn1tag.INTEGER) || !tbs.SkipASN1(asn1tag.SEQUENCE) ||
		!tbs.ReadASN1Element(&issuer, asn1tag.SEQUENCE) || !tbs.ReadASN1(&validity, asn1tag.SEQUENCE) ||
		!tbs.ReadASN1Element(&subject, asn1tag.SEQUENCE) || !tbs.ReadASN1Element(&key, asn1tag.SEQUENCE) {
		return false
	}
	var ok bool
	if out.NotBefore, ok = readTime(&validity); !ok {
		return false
	}
	if out.NotAfter, ok = readTime(&validity); !ok || !validity.Empty() {
		return false
	}
	out.SerialNumber = twosComplement(serial)
	out.RawIssuer, out.RawSubject, out.RawSubjectPublicKeyInfo = issuer, subject, key
	out.Subject, out.Issuer = readName(subject), readName(issuer)
	public, err := x509.ParsePKIXPublicKey(key)
	if err != nil {
		return true // a key of a kind that is not known: left nil, and named so
	}
	out.PublicKey = public
	return true
}

// readTime reads a Time (RFC 5280, 4.1.2.5).
func readTime(in *cryptobyte.String) (at time.Time, ok bool) {
	if in.PeekASN1Tag(asn1tag.UTCTime) {
		return at, in.ReadASN1UTCTime(&at)
	}
	return at, in.ReadASN1GeneralizedTime(&at)
}

// twosComplement reads the content of an INTEGER, also one that is not minimal.
func twosComplement(content []byte) *big.Int {
	n := new(big.Int).SetBytes(content)
	if len(content) > 0 && content[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(content))))
	}
	return n
}

// readName reads a name as far as it can be read; it is for people only.
func readName(der []byte) (name pkix.Name) {
	var sequence pkix.RDNSequence
	if rest, err := asn1.Unmarshal(der, &sequence); err == nil && len(rest) == 0 {
		name.FillFromRDNSequence(&sequence)
	}
	return name
}
