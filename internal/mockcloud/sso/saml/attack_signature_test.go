package saml_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"testing"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

func signatureAttacks() []attack {
	both := func(_ *world, a *answer) { a.sign = "both" }
	response := func(_ *world, a *answer) { a.sign = "response" }
	bare := func(_ *world, a *answer) { a.embedded = false }
	remove := func(path string) func(*testing.T, *etree.Element) *etree.Element {
		return func(t *testing.T, el *etree.Element) *etree.Element {
			found := el.FindElement(path)
			if found == nil {
				t.Fatalf("no %s", path)
			}
			found.Parent().RemoveChild(found)
			return el
		}
	}
	return []attack{
		{name: "not signed", want: saml.Unsigned, says: func(_ *world, a *answer) { a.sign = "" }},
		{name: "signature stripped from the assertion", want: saml.Unsigned, forge: remove("./Assertion/Signature")},
		{name: "signature stripped from the response", want: saml.Unsigned, with: response, forge: remove("./Signature")},
		{name: "name changed in a signed assertion", want: saml.InvalidSignature, xml: replace(someone, victim)},
		{name: "name changed in a signed response", want: saml.InvalidSignature, with: response, xml: replace(someone, victim)},
		{
			name: "status changed in a signed response", want: saml.InvalidSignature, with: response,
			says: func(_ *world, a *answer) { a.status = "urn:oasis:names:tc:SAML:2.0:status:Responder" }, xml: replace("status:Responder", "status:Success"),
		},
		{name: "bad response signature, good assertion signature", want: saml.InvalidSignature, with: both, xml: replace(`<samlp:Status>`, `<samlp:Status a="">`)},
		{
			name: "good response signature, bad assertion signature", want: saml.InvalidSignature,
			with: func(_ *world, a *answer) { a.sign = "both" }, says: func(_ *world, a *answer) { a.sign = "" },
			forge: func(t *testing.T, el *etree.Element) *etree.Element {
				w := newWorld()
				other := find(t, w.newAnswer("x").tree(t), "Assertion")
				signature, _ := apart(other)
				assertion := find(t, el, "Assertion")
				find(t, signature, "Reference").CreateAttr("URI", "#"+assertion.SelectAttrValue("ID", ""))
				assertion.InsertChildAt(1, signature)
				return w.newAnswer("x").signed(t, el)
			},
		},
		{name: "foreign key, embedded", want: saml.ForeignKey, says: func(_ *world, a *answer) { a.with = keys().foreign }},
		{name: "foreign key, not embedded", want: saml.InvalidSignature, with: bare, says: func(_ *world, a *answer) { a.with = keys().foreign }},
		{name: "foreign key under the right certificate", want: saml.InvalidSignature, says: func(_ *world, a *answer) {
			a.with = keypair{keys().foreign.key, keys().idp.certificate}
		}},
		{
			name: "foreign key as an RSA key value", want: saml.InvalidSignature, with: bare, says: func(_ *world, a *answer) { a.with = keys().foreign },
			forge: func(t *testing.T, el *etree.Element) *etree.Element {
				find(t, el, "Signature").AddChild(read(t, `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>`))
				return el
			},
		},
		{name: "our own key", want: saml.ForeignKey, says: func(_ *world, a *answer) { a.with = keys().sp }},
		{
			name: "key withdrawn after a rollover", want: saml.ForeignKey,
			with: func(w *world, a *answer) {
				w.conn.Certificates = append(w.conn.Certificates, keys().next.certificate)
			},
			meanwhile: func(_ *testing.T, w *world, _ string, _ *answer) {
				w.conn.Certificates = []*x509.Certificate{keys().next.certificate}
			}, spent: true,
		},
		{
			name: "expired certificate", want: saml.CertificateExpired,
			with: func(w *world, _ *answer) {
				w.conn.Certificates = append(w.conn.Certificates, keys().expired.certificate)
			},
			says: func(_ *world, a *answer) { a.with = keys().expired },
		},
		{
			name: "certificate expires", want: saml.CertificateExpired, says: func(_ *world, a *answer) {
				a.conditionsEnd, a.confirmEnd = "2100-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
			},
			meanwhile: func(_ *testing.T, w *world, _ string, _ *answer) { w.now = w.now.AddDate(2, 0, 0) }, spent: true,
		},
		{name: "SHA-1", want: saml.WeakAlgorithm, says: func(_ *world, a *answer) { a.alg = dsig.RSASHA1SignatureMethod }},
	}
}

// resigned is a signature that the identity provider's own key made over
// something that it should not have.
func resigned(change func(t *testing.T, signature *etree.Element)) func(*testing.T, *etree.Element) *etree.Element {
	return func(t *testing.T, response *etree.Element) *etree.Element {
		signature := find(t, response, "Signature")
		change(t, signature)
		info := find(t, signature, "SignedInfo").Copy()
		info.CreateAttr("xmlns:ds", dsig.Namespace)
		canonical, err := dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("").Canonicalize(info)
		if err != nil {
			t.Fatal(err)
		}
		digest := sha256.Sum256(canonical)
		value, err := keys().idp.key.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		find(t, signature, "SignatureValue").SetText(base64.StdEncoding.EncodeToString(value))
		return response
	}
}

func TestResignedSignaturesAreGood(t *testing.T) {
	t.Parallel()
	w := newWorld()
	tree := resigned(func(*testing.T, *etree.Element) {})(t, w.newAnswer(w.begin(t)).tree(t))
	if _, err := w.accept(encode(write(t, tree))); err != nil {
		t.Fatalf("a signature made anew is refused, so its attacks show nothing: %v", err)
	}
}

func forgedSignatures() []attack {
	algorithm := func(tag, value string) func(*testing.T, *etree.Element) *etree.Element {
		return resigned(func(t *testing.T, signature *etree.Element) { find(t, signature, tag).CreateAttr("Algorithm", value) })
	}
	transform := func(xml string) func(*testing.T, *etree.Element) *etree.Element {
		return resigned(func(t *testing.T, signature *etree.Element) {
			transforms := find(t, signature, "Transforms")
			transforms.InsertChildAt(1, read(t, xml))
		})
	}
	return []attack{
		{name: "SHA-1 digest under a SHA-256 signature", want: saml.WeakAlgorithm, forge: algorithm("DigestMethod", "http://www.w3.org/2000/09/xmldsig#sha1")},
		{name: "HMAC with the certificate as the key", want: saml.SymmetricAlgorithm, forge: func(t *testing.T, response *etree.Element) *etree.Element {
			signature := find(t, response, "Signature")
			find(t, signature, "SignatureMethod").CreateAttr("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
			mac := hmac.New(sha256.New, keys().idp.certificate.Raw)
			mac.Write(write(t, find(t, signature, "SignedInfo")))
			find(t, signature, "SignatureValue").SetText(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
			return response
		}},
		{name: "HMAC-SHA1", want: saml.SymmetricAlgorithm, forge: algorithm("SignatureMethod", "http://www.w3.org/2000/09/xmldsig#hmac-sha1")},
		{name: "MD5", want: saml.WeakAlgorithm, forge: algorithm("SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#rsa-md5")},
		{name: "unknown algorithm", want: saml.UnknownAlgorithm, forge: algorithm("SignatureMethod", "urn:none")},
		{name: "unknown digest", want: saml.UnknownAlgorithm, forge: algorithm("DigestMethod", "urn:none")},
		{name: "inclusive canonicalization", want: saml.UnknownAlgorithm, forge: algorithm("CanonicalizationMethod", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315")},
		{name: "two references", want: saml.SeveralReferences, forge: resigned(func(t *testing.T, signature *etree.Element) {
			reference := find(t, signature, "Reference")
			second := reference.Copy()
			second.CreateAttr("URI", "#_other")
			reference.Parent().InsertChildAt(reference.Index(), second)
		})},
		{name: "reference to the whole document", want: saml.WrongReference, forge: resigned(func(t *testing.T, signature *etree.Element) {
			find(t, signature, "Reference").CreateAttr("URI", "")
		})},
		{name: "reference to another element", want: saml.WrongReference, forge: resigned(func(t *testing.T, signature *etree.Element) {
			find(t, signature, "Reference").CreateAttr("URI", "#_other")
		})},
		{name: "reference by XPointer", want: saml.WrongReference, forge: resigned(func(t *testing.T, signature *etree.Element) {
			find(t, signature, "Reference").CreateAttr("URI", "#xpointer(/)")
		})},
		{name: "XPath transform", want: saml.SignatureShape, forge: transform(`<ds:Transform xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>false()</ds:XPath></ds:Transform>`)},
		{name: "XSLT transform", want: saml.SignatureShape, forge: transform(`<ds:Transform xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>`)},
		{name: "no transforms", want: saml.SignatureShape, forge: resigned(func(t *testing.T, signature *etree.Element) {
			transforms := find(t, signature, "Transforms")
			transforms.Parent().RemoveChild(transforms)
		})},
		{name: "empty digest", want: saml.SignatureShape, forge: resigned(func(t *testing.T, signature *etree.Element) {
			find(t, signature, "DigestValue").SetText("")
		})},
		{name: "object in the signature", want: saml.SignatureShape, forge: resigned(func(t *testing.T, signature *etree.Element) {
			signature.AddChild(read(t, `<ds:Object xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>`))
		})},
		{name: "two SignedInfo", want: saml.SignatureShape, forge: resigned(func(t *testing.T, signature *etree.Element) {
			signature.InsertChildAt(1, find(t, signature, "SignedInfo").Copy())
		})},
		{name: "two digests", want: saml.SignatureShape, forge: resigned(func(t *testing.T, signature *etree.Element) {
			digest := find(t, signature, "DigestValue")
			digest.Parent().AddChild(digest.Copy())
		})},
		{name: "two signatures", want: saml.MisplacedSignature, forge: func(t *testing.T, response *etree.Element) *etree.Element {
			signature := find(t, response, "Signature")
			signature.Parent().AddChild(signature.Copy())
			return response
		}},
		{name: "signature elsewhere", want: saml.MisplacedSignature, forge: func(t *testing.T, response *etree.Element) *etree.Element {
			signature, assertion := apart(find(t, response, "Assertion"))
			find(t, assertion, "Subject").AddChild(signature)
			return response
		}},
		{name: "signature in another namespace", want: saml.MisplacedSignature, forge: func(t *testing.T, response *etree.Element) *etree.Element {
			find(t, response, "Signature").CreateAttr("xmlns:ds", "urn:x")
			return response
		}},
		{name: "detached: the assertion has no id", want: saml.WrongReference, says: func(_ *world, a *answer) { a.assertionID = "" }},
	}
}
