package saml

import (
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"
)

const (
	algEnveloped  = string(dsig.EnvelopedSignatureAltorithmId)
	algExclusive  = string(dsig.CanonicalXML10ExclusiveAlgorithmId)
	algExclusiveC = string(dsig.CanonicalXML10ExclusiveWithCommentsAlgorithmId)
)

// verifier checks signatures against a connection's certificates at one moment.
type verifier struct {
	trusted []*x509.Certificate
	now     time.Time
}

// verify checks the signature that stands in an element and returns what was
// signed, parsed anew from the canonical bytes whose digest was compared. Only
// that may be read afterwards. Without a signature it gives nil.
func (v verifier) verify(el *etree.Element) (*etree.Element, error) {
	found := children(el, nsSignature, "Signature")
	if len(found) == 0 {
		return nil, nil
	}
	if err := checkShape(found[0], attr(el, "ID")); err != nil {
		return nil, err
	}
	candidates, err := v.candidates(found[0])
	if err != nil {
		return nil, err
	}
	surroundings, err := etreeutils.NSBuildParentContext(el)
	if err != nil {
		return nil, reject(BadNamespace, "The signed element's namespaces cannot be told.")
	}
	detached, err := etreeutils.NSDetatch(surroundings, el)
	if err != nil {
		return nil, reject(TooComplex, "The signed element is too large to check.")
	}
	// The key is chosen by us. Left in, goxmldsig would choose by what the message
	// says, and without it takes no more than one certificate.
	if signature, ok := only(detached, nsSignature, "Signature"); ok {
		for _, info := range children(signature, nsSignature, "KeyInfo") {
			signature.RemoveChild(info)
		}
	}
	value, ok := only(found[0], nsSignature, "SignatureValue")
	if !ok {
		return nil, reject(SignatureShape, "The signature has no value.")
	}
	for _, certificate := range candidates {
		checked, ok := readable(detached, value, certificate.PublicKey)
		if !ok {
			continue
		}
		context := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{certificate}})
		context.Clock = dsig.NewFakeClockAt(v.now)
		if signed, err := context.Validate(checked); err == nil && signed != nil {
			return signed, nil
		}
	}
	return nil, reject(InvalidSignature, "The signature was not made by the identity provider that is configured, or the message was changed afterwards.")
}

// candidates are the certificates that the signature may be from: the embedded
// one if the connection has it, else all that are valid now.
func (v verifier) candidates(signature *etree.Element) ([]*x509.Certificate, error) {
	var embedded []string
	for _, el := range signature.FindElements("./KeyInfo/X509Data/X509Certificate") {
		data, ok := text(el)
		if !ok {
			return nil, reject(SignatureShape, "The signature's certificate has something else in it.")
		}
		embedded = append(embedded, strings.Join(strings.Fields(data), ""))
	}
	known := v.trusted
	if len(embedded) > 0 {
		known = slices.DeleteFunc(slices.Clone(v.trusted), func(c *x509.Certificate) bool {
			return !slices.Contains(embedded, base64.StdEncoding.EncodeToString(c.Raw))
		})
		if len(known) == 0 {
			return nil, reject(ForeignKey, "The message is signed with a certificate that is not one of the connection's. Did the identity provider change it?")
		}
	}
	valid := slices.DeleteFunc(slices.Clone(known), func(c *x509.Certificate) bool {
		return v.now.Before(c.NotBefore) || v.now.After(c.NotAfter)
	})
	if len(valid) == 0 {
		return nil, reject(CertificateExpired, "The identity provider's certificate has expired or is not valid yet. The connection needs the new one.")
	}
	fitting := slices.DeleteFunc(valid, func(c *x509.Certificate) bool { return !fits(c.PublicKey, method(signature)) })
	if len(fitting) == 0 {
		return nil, reject(WrongKeyType, "The message is signed by an algorithm that the identity provider's key is not for.")
	}
	return fitting, nil
}

// method returns the algorithm of a signature whose shape was checked.
func method(signature *etree.Element) string {
	if info, ok := only(signature, nsSignature, "SignedInfo"); ok {
		if method, ok := only(info, nsSignature, "SignatureMethod"); ok {
			return attr(method, "Algorithm")
		}
	}
	return ""
}

// checkShape takes only signatures of the shape that SAML Core 5.4 prescribes:
// one reference, to the element around the signature, by its id, enveloped, with
// exclusive canonicalization.
func checkShape(signature *etree.Element, id string) error {
	parts := signature.ChildElements()
	if len(parts) < 2 || len(parts) > 3 || !bareText(signature) ||
		!is(parts[0], nsSignature, "SignedInfo") || !is(parts[1], nsSignature, "SignatureValue") ||
		len(parts) == 3 && !is(parts[2], nsSignature, "KeyInfo") {
		return reject(SignatureShape, "The signature does not have exactly its own parts.")
	}
	if _, ok := text(parts[1]); !ok {
		return reject(SignatureShape, "The signature's value has something else in it.")
	}
	info := parts[0].ChildElements()
	if len(children(parts[0], nsSignature, "Reference")) > 1 {
		return reject(SeveralReferences, "The signature covers several things; only the message itself may be signed.")
	}
	if len(info) != 3 || !bareText(parts[0]) || !is(info[0], nsSignature, "CanonicalizationMethod") ||
		!is(info[1], nsSignature, "SignatureMethod") || !is(info[2], nsSignature, "Reference") {
		return reject(SignatureShape, "The signature does not say exactly what it covers and how.")
	}
	if alg := attr(info[0], "Algorithm"); alg != algExclusive && alg != algExclusiveC {
		return reject(UnknownAlgorithm, "The signature's canonicalization is %s; only exclusive canonicalization is taken.", shown(alg))
	}
	if err := checkSignatureMethod(attr(info[1], "Algorithm")); err != nil {
		return err
	}
	return checkReference(info[2], id)
}

func checkSignatureMethod(alg string) error {
	switch alg {
	case dsig.RSASHA256SignatureMethod, dsig.RSASHA384SignatureMethod, dsig.RSASHA512SignatureMethod,
		dsig.ECDSASHA256SignatureMethod, dsig.ECDSASHA384SignatureMethod, dsig.ECDSASHA512SignatureMethod:
		return nil
	case dsig.RSASHA1SignatureMethod, dsig.ECDSASHA1SignatureMethod,
		"http://www.w3.org/2000/09/xmldsig#dsa-sha1", "http://www.w3.org/2001/04/xmldsig-more#rsa-md5":
		return reject(WeakAlgorithm, "The message is signed with SHA-1 or MD5. Set the identity provider to RSA-SHA256.")
	}
	if strings.Contains(alg, "#hmac-") {
		return reject(SymmetricAlgorithm, "The message is signed with a shared key (HMAC), which anyone who has the certificate could do.")
	}
	return reject(UnknownAlgorithm, "The signature algorithm %s is not taken. Set the identity provider to RSA-SHA256.", shown(alg))
}

func checkReference(reference *etree.Element, id string) error {
	if uri := attr(reference, "URI"); id == "" || uri != "#"+id {
		return reject(WrongReference, "The signature is not for the element that it stands in.")
	}
	parts := reference.ChildElements()
	if len(parts) != 3 || !bareText(reference) || !is(parts[0], nsSignature, "Transforms") ||
		!is(parts[1], nsSignature, "DigestMethod") || !is(parts[2], nsSignature, "DigestValue") {
		return reject(SignatureShape, "The signature's reference does not have exactly its own parts.")
	}
	transforms := parts[0].ChildElements()
	if len(transforms) != 2 || !bareText(parts[0]) || attr(transforms[0], "Algorithm") != algEnveloped ||
		attr(transforms[1], "Algorithm") != algExclusive && attr(transforms[1], "Algorithm") != algExclusiveC {
		return reject(SignatureShape, "The signature's transforms are not exactly enveloped-signature and exclusive canonicalization.")
	}
	for _, transform := range transforms {
		for _, child := range transform.ChildElements() {
			if !is(transform, nsSignature, "Transform") || !is(child, nsExcC14N, "InclusiveNamespaces") {
				return reject(SignatureShape, "The signature's transforms do more than they may.")
			}
		}
	}
	switch alg := attr(parts[1], "Algorithm"); alg {
	case "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#sha384", "http://www.w3.org/2001/04/xmlenc#sha512":
	case "http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2001/04/xmldsig-more#md5":
		return reject(WeakAlgorithm, "The message's digest is SHA-1 or MD5. Set the identity provider to SHA-256.")
	default:
		return reject(UnknownAlgorithm, "The digest algorithm %s is not taken. Set the identity provider to SHA-256.", shown(alg))
	}
	if value, ok := text(parts[2]); !ok || strings.TrimSpace(value) == "" {
		return reject(SignatureShape, "The signature has no digest.")
	}
	return nil
}
