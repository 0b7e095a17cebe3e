package saml_test

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

// confirmation is a bearer confirmation of an answer, changed.
func confirmation(a *answer, change func(*answer)) string {
	changed := *a
	change(&changed)
	return `<saml:SubjectConfirmation` + optional("Method", changed.method) + `><saml:SubjectConfirmationData` +
		optional("InResponseTo", changed.confirmed) + optional("Recipient", changed.recipient) +
		optional("NotBefore", changed.confirmFrom) + optional("NotOnOrAfter", changed.confirmEnd) + `/></saml:SubjectConfirmation>`
}

func formatted(attribute, format string) string {
	return strings.Replace(attribute, "<saml:Attribute ", `<saml:Attribute NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:`+format+`" `, 1)
}

// habitAttacks have in their harmless form what real identity providers do, and abuse
// that it is let in.
func habitAttacks() []attack {
	const foreign = "https://evil.example.com"
	served := func(w *world, a *answer) {
		w.conn.Serves = func(email string) bool { return strings.HasSuffix(email, "@example.com") }
		a.nameID, a.format = "p1", saml.NameIDPersistent
		a.attributes = attributeXML("mail", "ada@university.example", someone)
	}
	roles := func(_ *world, a *answer) {
		a.attributes += formatted(attributeXML("Role", "offline_access"), "basic") + formatted(attributeXML("Role", "uma_authorization"), "basic") +
			attributeXML("Role", "view-profile")
	}
	lent := func(_ *world, a *answer) {
		a.moreSubject = confirmation(a, func(c *answer) { c.recipient = foreign })
	}
	silent := func(_ *world, a *answer) { a.destination, a.responseIssuer = "", "" }
	spaced := func(_ *world, a *answer) {
		a.nameID = "\n\t " + someone + "\t\n"
		a.attributes = attributeXML("email", " \t\n"+someone+"\n")
	}
	void := func(_ *world, a *answer) {
		a.extensions = `<samlp:Extensions xmlns="" xmlns:xml="http://www.w3.org/XML/1998/namespace"><x/></samlp:Extensions>`
	}
	initiated := func(w *world, _ *answer) { w.conn.AllowIDPInitiated = true }
	return []attack{
		{
			name: "Keycloak's Role several times, and the email twice with another value", want: saml.RepeatedAttributeName, with: roles,
			says: func(_ *world, a *answer) { a.attributes += attributeXML("email", victim) },
		},
		{
			name: "the email twice with the same value, then with another", want: saml.RepeatedAttributeName,
			with: func(_ *world, a *answer) { a.attributes += attributeXML("email", someone) },
			says: func(_ *world, a *answer) { a.attributes += attributeXML("email", victim) },
		},
		{
			name: "the email again in another format", want: saml.ContradictoryValues,
			with: func(_ *world, a *answer) { a.attributes += formatted(attributeXML("email", someone), "basic") },
			says: func(_ *world, a *answer) { a.attributes += formatted(attributeXML("email", victim), "uri") },
		},
		{
			name: "the mapped email again in another format", want: saml.ContradictoryValues,
			with: func(w *world, a *answer) {
				w.conn.Attributes.Email = "e"
				a.attributes = attributeXML("e", someone)
			},
			says: func(_ *world, a *answer) { a.attributes += formatted(attributeXML("e", victim), "basic") },
		},
		{
			name: "the email in another case of its name", want: saml.ContradictoryValues,
			with: func(_ *world, a *answer) { a.attributes += attributeXML("EMAIL", someone) },
			says: func(_ *world, a *answer) { a.attributes += attributeXML("eMail", victim) },
		},
		{
			name: "a mapped name in another case", want: saml.NoEmail,
			with: func(w *world, a *answer) {
				w.conn.Attributes.Email = "E"
				a.attributes = attributeXML("E", someone)
			},
			says: func(_ *world, a *answer) { a.attributes = attributeXML("e", someone) },
		},
		{
			name: "a usual name with a letter that folds to ASCII", want: saml.NoEmail,
			with: func(_ *world, a *answer) { a.nameID, a.format = "p1", saml.NameIDPersistent },
			says: func(_ *world, a *answer) {
				a.attributes = attributeXML("maİl", someone) + attributeXML("emaıl", victim)
			},
		},
		{name: "mail values of two people of a served domain", want: saml.SeveralValues, with: served, says: func(_ *world, a *answer) {
			a.attributes = attributeXML("mail", someone, victim)
		}},
		{name: "mail values of which none is served", want: saml.SeveralValues, with: served, says: func(_ *world, a *answer) {
			a.attributes = attributeXML("mail", "ada@one.example", "ada@two.example")
		}},
		{name: "mail values of two served domains", want: saml.SeveralValues, with: served, says: func(w *world, a *answer) {
			w.conn.Serves = func(string) bool { return true }
			a.attributes = attributeXML("mail", someone, "ada@example.org")
		}, spent: true},
		{name: "two given names", want: saml.SeveralValues, with: served, says: func(_ *world, a *answer) {
			a.attributes += attributeXML("givenName", "Ada", "Augusta")
		}},
		{name: "a space that is not XML's behind the NameID", want: saml.WrongNameID, with: spaced, says: func(_ *world, a *answer) { a.nameID = someone + "\u00a0" }},
		{name: "a line separator before the NameID", want: saml.WrongNameID, with: spaced, says: func(_ *world, a *answer) { a.nameID = "\u2028" + someone }},
		{name: "only white space as the NameID", want: saml.WrongNameID, with: spaced, says: func(_ *world, a *answer) { a.nameID = " \n" }},
		{name: "a space that is not XML's around the email", want: saml.BadEmail, with: spaced, says: func(_ *world, a *answer) {
			a.attributes = attributeXML("email", someone+"\u00a0")
		}},
		{name: "white space in the middle of the email", want: saml.BadAttributeValue, with: spaced, says: func(_ *world, a *answer) {
			a.attributes = attributeXML("email", "ada@\nexample.com")
		}},

		{name: "a second confirmation that alone is in time", want: saml.Expired, with: lent, says: func(_ *world, a *answer) {
			a.confirmEnd = at(-time.Hour)
		}},
		{name: "a second confirmation that has expired", want: saml.WrongRecipient, says: func(_ *world, a *answer) {
			a.moreSubject = confirmation(a, func(c *answer) { c.confirmEnd = at(-time.Hour) })
			a.recipient = foreign
		}, with: lent},
		{name: "a second confirmation lends its request", want: saml.RequestMismatch, with: lent, says: func(_ *world, a *answer) {
			a.moreSubject = confirmation(a, func(c *answer) { c.recipient = foreign })
			a.confirmed = ""
		}},
		{name: "a second confirmation lends its method", want: saml.WrongConfirmation, with: lent, says: func(_ *world, a *answer) {
			a.moreSubject = confirmation(a, func(c *answer) { c.confirmed = "_other" })
			a.method = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
		}},
		{name: "a second confirmation lends its data", want: saml.WrongConfirmation, with: lent, forge: nil, says: func(_ *world, a *answer) {
			a.moreSubject = `<saml:SubjectConfirmation Method="` + a.method + `"/>`
			a.method = ""
		}},
		{name: "nine confirmations", want: saml.WrongConfirmation, says: func(_ *world, a *answer) {
			a.moreSubject = strings.Repeat(confirmation(a, func(*answer) {}), 8)
		}, with: func(_ *world, a *answer) {
			a.moreSubject = strings.Repeat(confirmation(a, func(*answer) {}), 7)
		}},
		{
			name: "replayed by a confirmation that lasts longer", want: saml.ReplayedAssertion, spent: true, relay: "/",
			with: func(w *world, a *answer) { initiated(w, a) },
			says: func(_ *world, a *answer) {
				a.request, a.confirmed, a.conditionsEnd = "", "", at(time.Hour)
				a.moreSubject = confirmation(a, func(c *answer) { c.confirmFrom, c.confirmEnd = at(20*time.Minute), at(time.Hour) })
			},
			meanwhile: func(t *testing.T, w *world, form string, _ *answer) {
				if _, err := w.sp.Accept(w.conn, form, "/"); err != nil {
					t.Fatalf("the first time: %v", err)
				}
				w.now = w.now.Add(30 * time.Minute)
			},
		},

		{name: "an empty Destination", want: saml.WrongDestination, with: silent, forge: func(_ *testing.T, el *etree.Element) *etree.Element {
			el.CreateAttr("Destination", "")
			return el
		}},
		{name: "an empty Issuer", want: saml.WrongIssuer, with: silent, says: func(_ *world, a *answer) { a.responseIssuer = issuerXML("") }},
		{name: "an Issuer of white space", want: saml.WrongIssuer, with: silent, says: func(_ *world, a *answer) { a.responseIssuer = issuerXML(" ") }},
		{name: "a foreign Issuer where there need be none", want: saml.WrongIssuer, with: silent, says: func(_ *world, a *answer) { a.responseIssuer = issuerXML(foreign) }},
		{name: "a foreign Destination where there need be none", want: saml.WrongDestination, with: silent, says: func(_ *world, a *answer) { a.destination = foreign }},
		{name: "an Issuer in another namespace and a foreign one", want: saml.WrongIssuer, with: silent, says: func(_ *world, a *answer) {
			a.responseIssuer = `<x:Issuer xmlns:x="urn:x">` + idpID + `</x:Issuer>` + issuerXML(foreign)
		}},
		{name: "an assertion without an issuer in a response without one", want: saml.WrongIssuer, with: silent, says: func(_ *world, a *answer) { a.issuer = "" }},
		{name: "an empty issuer of the assertion", want: saml.WrongIssuer, with: silent, says: func(_ *world, a *answer) { a.issuer = issuerXML("") }},

		{name: "xmlns=\"\" takes the status out of its namespace", want: saml.StatusNotSuccess, with: void, xml: func(s string) string {
			s = strings.Replace(s, "<samlp:Status>", `<Status xmlns="">`, 1)
			return strings.Replace(s, "</samlp:Status>", "</Status>", 1)
		}},
		{name: "xmlns=\"\" and another assertion in no namespace", want: saml.SeveralAssertions, with: void, xml: replace("<samlp:Status>", `<Assertion xmlns=""/><samlp:Status>`)},
		{
			name: "xmlns=\"\" takes signed conditions out of their namespace", want: saml.InvalidSignature, with: func(_ *world, a *answer) { a.bare = true },
			xml: replace("<Conditions ", `<Conditions xmlns="" `),
		},
		{
			name: "xmlns=\"\" taken out of what was signed", want: saml.InvalidSignature, with: func(_ *world, a *answer) { a.bare = true },
			says: func(_ *world, a *answer) { a.attributes += `<x xmlns=""/>` }, xml: replace(`<x xmlns=""/>`, `<x/>`),
		},
		{name: "xml declared as another namespace", want: saml.BadNamespace, with: void, xml: replace("<samlp:Status>", `<samlp:Status xmlns:xml="http://www.w3.org/XML/1998/namespaces">`)},
		{name: "another prefix for XML's namespace", want: saml.BadNamespace, with: void, xml: replace("<samlp:Status>", `<samlp:Status xmlns:x="http://www.w3.org/XML/1998/namespace">`)},
		{name: "a relative namespace name", want: saml.BadNamespace, with: void, xml: replace("<samlp:Status>", `<samlp:Status xmlns="x">`)},

		{
			name: "a foreign relay state in a login that was started here", want: saml.BadRelayState, with: initiated, relay: foreign,
		},
		{
			name: "a foreign relay state where nobody may start it elsewhere", want: saml.Unsolicited, relay: foreign,
			says: func(_ *world, a *answer) { a.request, a.confirmed = "", "" },
		},
		{name: "groups of 900", want: saml.TooManyGroups, with: func(_ *world, a *answer) {
			a.attributes = attributeXML("email", someone) + attributeXML("groups", numbered(800)...)
		}, says: func(_ *world, a *answer) { a.attributes = attributeXML("groups", numbered(900)...) }},
		says("nobody says when they logged in", saml.NoAuthnStatement, func(a *answer) {
			a.authn = strings.Replace(a.authn, `AuthnInstant="`+at(0)+`"`, "", 1)
		}),
		says("a login that is yet to come", saml.NotYetValid, func(a *answer) {
			a.authn = strings.Replace(a.authn, `AuthnInstant="`+at(0)+`"`, `AuthnInstant="`+at(2*time.Minute)+`"`, 1)
		}),
		says("a login at no time", saml.BadTime, func(a *answer) {
			a.authn = strings.Replace(a.authn, `AuthnInstant="`+at(0)+`"`, `AuthnInstant="now"`, 1)
		}),
	}
}

// subjectAttacks are about the attribute that says who somebody is.
func subjectAttacks() []attack {
	mapped := func(w *world, a *answer) {
		w.conn.Attributes.Subject = "employee"
		a.nameID, a.format = "_t1", saml.NameIDTransient
		a.attributes += attributeXML("employee", "e-1")
	}
	return []attack{
		{name: "a transient NameID without the subject's attribute", want: saml.NoSubject, with: mapped, says: func(_ *world, a *answer) {
			a.attributes = attributeXML("email", someone)
		}},
		{name: "the subject's attribute is empty", want: saml.NoSubject, with: mapped, says: func(_ *world, a *answer) {
			a.attributes = attributeXML("email", someone) + attributeXML("employee", " ")
		}},
		{name: "the subject's attribute has no value", want: saml.NoSubject, with: mapped, says: func(_ *world, a *answer) {
			a.attributes = attributeXML("email", someone) + attributeXML("employee")
		}},
		{name: "the subject's attribute twice", want: saml.RepeatedAttributeName, with: mapped, says: func(_ *world, a *answer) {
			a.attributes += attributeXML("employee", "e-2")
		}},
		{name: "the subject's attribute twice by two formats", want: saml.ContradictoryValues, with: mapped, says: func(_ *world, a *answer) {
			a.attributes += formatted(attributeXML("employee", "e-2"), "basic")
		}},
		{name: "two values of the subject's attribute", want: saml.SeveralValues, with: mapped, says: func(_ *world, a *answer) {
			a.attributes = attributeXML("email", someone) + attributeXML("employee", "e-1", "e-2")
		}},
		{name: "the subject's attribute in another case", want: saml.NoSubject, with: mapped, says: func(_ *world, a *answer) {
			a.attributes = attributeXML("email", someone) + attributeXML("Employee", "e-1")
		}},
		{name: "the subject's attribute only as a friendly name", want: saml.NoSubject, with: mapped, says: func(_ *world, a *answer) {
			a.attributes = attributeXML("email", someone) + strings.Replace(attributeXML("x", "e-1"), "Name=", `FriendlyName="employee" Name=`, 1)
		}},
		{name: "an element in the subject's attribute", want: saml.BadAttributeValue, with: mapped, says: func(_ *world, a *answer) {
			a.attributes = attributeXML("email", someone) + attributeXML("employee", "e<saml:x/>-1")
		}},
		{name: "a control character in the subject's attribute", want: saml.BadAttributeValue, with: mapped, says: func(_ *world, a *answer) {
			a.attributes = attributeXML("email", someone) + attributeXML("employee", "e&#x9;1")
		}},
		{name: "the subject's attribute beside the assertion", want: saml.NoSubject, with: mapped, says: func(_ *world, a *answer) {
			a.attributes = attributeXML("email", someone)
			a.extensions = "<samlp:Extensions><saml:AttributeStatement>" + attributeXML("employee", "e-1") + "</saml:AttributeStatement></samlp:Extensions>"
		}},
	}
}

// ecdsaAttacks are about signatures by keys on elliptic curves.
func ecdsaAttacks() []attack {
	on := func(curve, alg string) func(*world, *answer) {
		return func(w *world, a *answer) {
			w.conn.Certificates = append(w.conn.Certificates, curves()[curve].certificate)
			a.with, a.alg = curves()[curve], alg
		}
	}
	p256 := on("P-256", dsig.ECDSASHA256SignatureMethod)
	value := func(change func(raw []byte) []byte) func(*testing.T, *etree.Element) *etree.Element {
		return func(t *testing.T, el *etree.Element) *etree.Element {
			value := find(t, el, "SignatureValue")
			raw, err := base64.StdEncoding.DecodeString(value.Text())
			if err != nil {
				t.Fatal(err)
			}
			value.SetText(base64.StdEncoding.EncodeToString(change(raw)))
			return el
		}
	}
	method := func(alg string) func(*testing.T, *etree.Element) *etree.Element {
		return func(t *testing.T, el *etree.Element) *etree.Element {
			find(t, el, "SignatureMethod").CreateAttr("Algorithm", alg)
			return el
		}
	}
	attacks := []attack{
		{name: "ECDSA, written in DER", want: saml.InvalidSignature, with: p256, says: func(_ *world, a *answer) { a.der = true }},
		{name: "ECDSA, changed afterwards", want: saml.InvalidSignature, with: p256, xml: replace(someone, victim)},
		{name: "ECDSA, one bit of the signature", want: saml.InvalidSignature, with: p256, forge: value(func(raw []byte) []byte {
			raw[10] ^= 1
			return raw
		})},
		{name: "ECDSA, too short", want: saml.InvalidSignature, with: p256, forge: value(func(raw []byte) []byte { return raw[:63] })},
		{name: "ECDSA, too long", want: saml.InvalidSignature, with: p256, forge: value(func(raw []byte) []byte { return append(raw, 0) })},
		{name: "ECDSA, longer by zeros", want: saml.InvalidSignature, with: p256, forge: value(func(raw []byte) []byte {
			return append(append(append([]byte{0}, raw[:32]...), 0), raw[32:]...)
		})},
		{name: "ECDSA, all zeros", want: saml.InvalidSignature, with: p256, forge: value(func([]byte) []byte { return make([]byte, 64) })},
		{name: "ECDSA, empty", want: saml.InvalidSignature, with: p256, forge: value(func([]byte) []byte { return nil })},
		{name: "ECDSA, the numbers' places changed", want: saml.InvalidSignature, with: p256, forge: value(func(raw []byte) []byte {
			return append(append([]byte{}, raw[32:]...), raw[:32]...)
		})},
		{name: "ECDSA by a foreign key, embedded", want: saml.ForeignKey, with: p256, says: func(_ *world, a *answer) { a.with = curves()["foreign"] }},
		{name: "ECDSA by a foreign key", want: saml.InvalidSignature, with: p256, says: func(_ *world, a *answer) {
			a.with, a.embedded = curves()["foreign"], false
		}},
		{name: "ECDSA on another curve than the connection's", want: saml.InvalidSignature, with: p256, says: func(_ *world, a *answer) {
			a.with, a.embedded = curves()["P-384"], false
		}},
		{name: "ECDSA where the connection has only an RSA key", want: saml.WrongKeyType, forge: method(dsig.ECDSASHA256SignatureMethod)},
		{name: "RSA where the key is on a curve", want: saml.WrongKeyType, with: p256, forge: method(dsig.RSASHA256SignatureMethod)},
		{name: "RSA by the certificate of a key on a curve", want: saml.WrongKeyType, with: p256, says: func(w *world, a *answer) {
			w.conn.Certificates = []*x509.Certificate{curves()["P-256"].certificate}
			a.with, a.alg = keypair{keys().idp.key, curves()["P-256"].certificate}, dsig.RSASHA256SignatureMethod
		}, spent: true},
		{name: "another hash than was signed", want: saml.InvalidSignature, with: p256, forge: method(dsig.ECDSASHA512SignatureMethod)},
		{name: "ECDSA with SHA-1", want: saml.WeakAlgorithm, with: p256, says: func(_ *world, a *answer) { a.alg = dsig.ECDSASHA1SignatureMethod }},
		{name: "ECDSA on a small curve", want: saml.WrongKeyType, with: p256, says: func(w *world, a *answer) {
			w.conn.Certificates = append(w.conn.Certificates, curves()["P-224"].certificate)
			a.with = curves()["P-224"]
		}},
	}
	for curve, key := range curves() {
		if curve == "foreign" || curve == "P-224" {
			continue
		}
		for hash, alg := range map[string]string{
			"SHA-256": dsig.ECDSASHA256SignatureMethod, "SHA-384": dsig.ECDSASHA384SignatureMethod, "SHA-512": dsig.ECDSASHA512SignatureMethod,
		} {
			size := (key.key.Public().(*ecdsa.PublicKey).Params().BitSize + 7) / 8 //nolint:forcetypeassert // made above
			attacks = append(attacks, attack{
				name: curve + " with " + hash + ", cut to another field", want: saml.InvalidSignature, with: on(curve, alg),
				forge: value(func(raw []byte) []byte { return append(append([]byte{}, raw[:size-1]...), raw[size:2*size-1]...) }),
			})
		}
	}
	return attacks
}
