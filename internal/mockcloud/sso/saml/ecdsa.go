package saml

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"strings"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// fits reports whether a key is of the kind that a signature method is for.
func fits(key crypto.PublicKey, method string) bool {
	switch method {
	case dsig.RSASHA256SignatureMethod, dsig.RSASHA384SignatureMethod, dsig.RSASHA512SignatureMethod:
		_, ok := key.(*rsa.PublicKey)
		return ok
	case dsig.ECDSASHA256SignatureMethod, dsig.ECDSASHA384SignatureMethod, dsig.ECDSASHA512SignatureMethod:
		k, ok := key.(*ecdsa.PublicKey)
		return ok && (k.Curve == elliptic.P256() || k.Curve == elliptic.P384() || k.Curve == elliptic.P521())
	}
	return false
}

// readable returns a signed element as goxmldsig can check it with a key. XML writes an
// ECDSA signature as its two numbers, each as long as the curve's field (XML Signature
// 6.4.3), and goxmldsig wants the DER of X.509: that is put into a copy. It changes
// nothing of what is signed, which a signature is not part of. No other form is taken,
// DER neither, as each would be another way to write the same signature.
func readable(el, value *etree.Element, key crypto.PublicKey) (*etree.Element, bool) {
	k, ok := key.(*ecdsa.PublicKey)
	if !ok {
		return el, true
	}
	written, ok := text(value)
	if !ok {
		return nil, false
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.Join(strings.Fields(written), ""))
	field := (k.Curve.Params().BitSize + 7) / 8
	if err != nil || len(raw) != 2*field {
		return nil, false
	}
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:field]), new(big.Int).SetBytes(raw[field:])})
	if err != nil {
		return nil, false
	}
	el = el.Copy()
	signature, ok := only(el, nsSignature, "Signature")
	if !ok {
		return nil, false
	}
	if value, ok = only(signature, nsSignature, "SignatureValue"); !ok {
		return nil, false
	}
	value.SetText(base64.StdEncoding.EncodeToString(der))
	return el, true
}
