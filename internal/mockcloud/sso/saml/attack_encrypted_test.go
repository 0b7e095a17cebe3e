package saml_test

import (
	"strings"
	"testing"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

// TestEncryptedAssertions: what identity providers encrypt by, and what is signed around it.
func TestEncryptedAssertions(t *testing.T) {
	t.Parallel()
	both := []keypair{keys().enc}
	ways := map[string]func(*world, *answer){
		"for the other one of our keys":     sealedFor(sealing{to: []keypair{keys().enc2}}),
		"for four, the last of whom we are": sealedFor(sealing{to: []keypair{keys().foreign, keys().next, keys().idp, keys().enc}}),
		"the key beside what is encrypted":  sealedFor(sealing{beside: true}),
		"a signed response": func(w *world, a *answer) {
			sealedFor(sealing{})(w, a)
			a.sign = "response"
		},
		"both signed": func(w *world, a *answer) {
			sealedFor(sealing{})(w, a)
			a.sign = "both"
		},
		"CBC in a signed response that nobody asked for": func(w *world, a *answer) {
			sealedFor(sealing{content: cbc})(w, a)
			w.conn.AllowIDPInitiated = true
			a.sign, a.request, a.confirmed = "response", "", ""
		},
		"GCM in an unsigned response that nobody asked for": func(w *world, a *answer) {
			sealedFor(sealing{})(w, a)
			w.conn.AllowIDPInitiated = true
			a.request, a.confirmed = "", ""
		},
		"names without a prefix": func(w *world, a *answer) {
			sealedFor(sealing{})(w, a)
			a.bare = true
		},
		"an XML declaration": func(w *world, a *answer) {
			w.decrypts()
			a.encrypt = func(t testing.TB, plain []byte) string {
				return sealing{to: both}.encrypt(t, append([]byte(`<?xml version="1.0" encoding="UTF-8"?>`), plain...))
			}
		},
		"demanded": func(w *world, a *answer) {
			sealedFor(sealing{})(w, a)
			w.conn.WantEncrypted = true
		},
	}
	for _, content := range []string{enc11 + "aes128-gcm", enc11 + "aes192-gcm", gcm, enc + "aes128-cbc", enc + "aes192-cbc", cbc} {
		ways[content] = sealedFor(sealing{content: content})
	}
	for digest := range hashes {
		if strings.Contains(digest, "mgf1") {
			continue
		}
		ways["rsa-oaep-mgf1p "+digest] = sealedFor(sealing{digest: digest})
		for _, mask := range []string{"", "mgf1sha1", "mgf1sha256", "mgf1sha384", "mgf1sha512"} {
			if mask != "" {
				mask = enc11 + mask
			}
			ways["rsa-oaep "+digest+" "+mask] = sealedFor(sealing{transport: enc11 + "rsa-oaep", digest: digest, mask: mask})
		}
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			a := w.newAnswer(w.begin(t))
			way(w, a)
			form := encode(write(t, a.tree(t)))
			login, err := w.accept(form)
			if err != nil || login.Identity.Email != someone || login.Identity.Subject != someone {
				t.Fatalf("%+v, %v (%s)", login, err, saml.ReasonOf(err))
			}
			if again, err := w.accept(form); err == nil {
				t.Errorf("accepted twice: %+v", again)
			}
		})
	}
}

// encryptionAttacks are refused before anything is decrypted.
func encryptionAttacks() []attack {
	with := sealedFor(sealing{})
	sealedBy := func(s sealing) func(*world, *answer) { return sealedFor(s) }
	texts := func(old, new string) func(*world, *answer) {
		return sealedFor(sealing{text: replace(old, new)})
	}
	initiated := func(s sealing) func(*world, *answer) {
		return func(w *world, a *answer) {
			sealedFor(s)(w, a)
			w.conn.AllowIDPInitiated = true
			a.request, a.confirmed = "", ""
		}
	}
	return []attack{
		{name: "encryption: RSA 1.5", want: saml.WeakAlgorithm, with: with, says: sealedBy(sealing{transport: enc + "rsa-1_5"})},
		{name: "encryption: Triple DES", want: saml.UnknownAlgorithm, with: with, says: texts(gcm, enc+"tripledes-cbc")},
		{name: "encryption: no algorithm", want: saml.UnknownAlgorithm, with: with, says: texts(gcm, "")},
		{name: "encryption: a key that is encrypted by a block cipher", want: saml.UnknownAlgorithm, with: with, says: texts(enc+"rsa-oaep-mgf1p", cbc)},
		{name: "encryption: a mask of SHA-224", want: saml.UnknownAlgorithm, with: with, says: sealedBy(sealing{transport: enc11 + "rsa-oaep", mask: enc11 + "mgf1sha224"})},
		{name: "encryption: a mask where there can be none", want: saml.UnknownAlgorithm, with: with, says: sealedBy(sealing{mask: enc11 + "mgf1sha256"})},
		{name: "encryption: RIPEMD", want: saml.UnknownAlgorithm, with: sealedFor(sealing{digest: enc + "sha256"}), says: sealedFor(sealing{digest: enc + "sha256", text: replace(enc+"sha256", enc+"ripemd160")})},
		{name: "encryption: five keys", want: saml.EncryptionShape, with: with, says: sealedBy(sealing{to: []keypair{keys().idp, keys().next, keys().foreign, keys().enc2, keys().enc}})},
		{name: "encryption: no key", want: saml.EncryptionShape, with: with, says: sealedBy(sealing{to: []keypair{}})},
		{name: "encryption: two ciphertexts", want: saml.EncryptionShape, with: with, says: texts("</saml:EncryptedAssertion>", `<xenc:EncryptedData xmlns:xenc="`+enc+`"/></saml:EncryptedAssertion>`)},
		{name: "encryption: a ciphertext elsewhere", want: saml.EncryptionShape, with: with, says: func(w *world, a *answer) {
			sealedFor(sealing{text: func(s string) string {
				from, to := strings.LastIndex(s, "<xenc:CipherValue>"), strings.LastIndex(s, "</xenc:CipherData>")
				return s[:from] + `<xenc:CipherReference URI="https://evil.example.com/"/>` + s[to:]
			}})(w, a)
		}},
		{name: "encryption: an element in the ciphertext", want: saml.EncryptionShape, with: with, says: texts("</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>", "<x/></xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>")},
		{name: "encryption: content and not an element", want: saml.EncryptionShape, with: with, says: texts(enc+"Element", enc+"Content")},
		{name: "encryption: something encrypted outside", want: saml.UnexpectedStructure, with: with, says: func(_ *world, a *answer) {
			a.extensions = `<samlp:Extensions><xenc:EncryptedData xmlns:xenc="` + enc + `"/></samlp:Extensions>`
		}},
		{name: "encryption: two encrypted assertions", want: saml.SeveralAssertions, with: with, forge: func(t *testing.T, response *etree.Element) *etree.Element {
			response.AddChild(find(t, response, "EncryptedAssertion").Copy())
			return response
		}},
		{name: "encryption: a plain assertion beside", want: saml.SeveralAssertions, with: with, forge: func(t *testing.T, response *etree.Element) *etree.Element {
			w := newWorld()
			response.AddChild(find(t, w.newAnswer("x").tree(t), "Assertion"))
			return response
		}},
		{name: "encryption: the issuer of the unsigned response is foreign", want: saml.WrongIssuer, with: with, says: func(_ *world, a *answer) { a.responseIssuer = issuerXML("https://evil.example.com") }},
		{name: "encryption: the unsigned response has no issuer", want: saml.WrongIssuer, with: with, says: func(_ *world, a *answer) { a.responseIssuer = "" }},
		{name: "encryption: the unsigned response has no destination", want: saml.WrongDestination, with: with, says: func(_ *world, a *answer) { a.destination = "" }},
		{name: "encryption: a request that is not there", want: saml.UnknownRequest, with: with, says: func(_ *world, a *answer) { a.request = "_other" }},
		{name: "encryption: nobody asked", want: saml.Unsolicited, with: with, says: func(_ *world, a *answer) { a.request = "" }},
		{name: "encryption: another connection's request", want: saml.UnknownRequest, with: with, meanwhile: func(_ *testing.T, w *world, _ string, _ *answer) { w.conn.ID = "conn_2" }, spent: true},
		{name: "encryption: an answered request", want: saml.ReusedRequest, with: with, meanwhile: func(t *testing.T, w *world, _ string, honest *answer) {
			if _, err := w.accept(encode(write(t, honest.tree(t)))); err != nil {
				t.Fatal(err)
			}
		}, spent: true},
		{name: "encryption: CBC that nobody asked for", want: saml.WeakAlgorithm, with: initiated(sealing{}), says: initiated(sealing{content: cbc})},
		{
			name: "encryption: another ciphertext in a signed response", want: saml.InvalidSignature,
			with: func(w *world, a *answer) {
				with(w, a)
				a.sign = "both"
			},
			forge: func(t *testing.T, response *etree.Element) *etree.Element {
				old := find(t, response, "EncryptedAssertion")
				w := newWorld()
				other := w.newAnswer("x")
				with(w, other)
				response.InsertChildAt(old.Index(), find(t, other.tree(t), "EncryptedAssertion"))
				response.RemoveChild(old)
				return response
			},
		},
		{name: "encryption: demanded, and not there", want: saml.NotEncrypted, with: func(w *world, a *answer) {
			with(w, a)
			w.conn.WantEncrypted = true
		}, says: func(_ *world, a *answer) { a.encrypt = nil }},
	}
}

// plaintextAttacks are refused after something was decrypted: all by one answer.
func plaintextAttacks() []attack {
	with := sealedFor(sealing{})
	plain := func(change func(string) string) func(*world, *answer) {
		return func(w *world, a *answer) {
			w.decrypts()
			a.encrypt = func(t testing.TB, assertion []byte) string {
				changed := change(string(assertion))
				if changed == string(assertion) {
					t.Fatal("the attack changes nothing")
				}
				return sealing{to: []keypair{keys().enc}}.encrypt(t, []byte(changed))
			}
		}
	}
	evil := func(w *world) string {
		a := w.newAnswer("x")
		a.nameID, a.attributes, a.assertionID = victim, attributeXML("email", victim), "_evil"
		return a.assertionXML()
	}
	inEvil := func(place func(evil, signed string) string) func(*world, *answer) {
		return func(w *world, a *answer) {
			wrapper := evil(w)
			plain(func(signed string) string { return place(wrapper, signed) })(w, a)
		}
	}
	var all []attack
	for name, says := range map[string]func(*world, *answer){
		"for another's key":       sealedFor(sealing{to: []keypair{keys().foreign}}),
		"for the key that signs":  sealedFor(sealing{to: []keypair{keys().sp}}),
		"a key that is too short": sealedFor(sealing{key: make([]byte, 16)}),
		"nothing":                 plain(func(string) string { return "" }),
		"no XML":                  plain(func(string) string { return "ada@example.com" }),
		"half an assertion":       plain(func(s string) string { return s[:len(s)/2] }),
		"two assertions":          plain(func(s string) string { return s + s }),
		"a response around": plain(func(s string) string {
			return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">` + s + `</samlp:Response>`
		}),
		"another element":       plain(func(s string) string { return "<x>" + s + "</x>" }),
		"another namespace":     plain(func(s string) string { return strings.Replace(s, "SAML:2.0:assertion", "SAML:1.0:assertion", 1) }),
		"a DOCTYPE":             plain(prefixed("<!DOCTYPE x>")),
		"an entity":             plain(func(s string) string { return `<!DOCTYPE x [<!ENTITY a "b">]>` + strings.Replace(s, someone, "&a;", 1) }),
		"a comment in the name": plain(replace("ada@example", "ada@<!---->example")),
		"an instruction":        plain(replace("ada@example", "ada@<?x?>example")),
		"the name changed":      plain(replace(someone, victim)),
		"the signed one within an evil one": inEvil(func(evil, signed string) string {
			return strings.Replace(evil, "</saml:Issuer>", "</saml:Issuer>"+signed, 1)
		}),
		"the signed one in the advice of an evil one": inEvil(func(evil, signed string) string {
			return strings.Replace(evil, "</saml:Conditions>", "</saml:Conditions><saml:Advice>"+signed+"</saml:Advice>", 1)
		}),
		"an evil one within the signed one": inEvil(func(evil, signed string) string {
			return strings.Replace(signed, "</ds:KeyInfo>", "</ds:KeyInfo><ds:Object>"+evil+"</ds:Object>", 1)
		}),
		"an evil one before the signed one": inEvil(func(evil, signed string) string { return evil + signed }),
		"the signature on an evil one": inEvil(func(evil, signed string) string {
			from, to := strings.Index(signed, "<ds:Signature"), strings.Index(signed, "</ds:Signature>")+len("</ds:Signature>")
			return strings.Replace(evil, "</saml:Issuer>", "</saml:Issuer>"+signed[from:to], 1)
		}),
		"an id twice": plain(replace("<saml:Subject>", `<saml:Subject ID="_evil" xml:id="_evil">`)),
		"encrypted again": plain(func(s string) string {
			return strings.Replace(s, "<saml:Subject>", "<saml:Subject><saml:EncryptedID/>", 1)
		}),
		"an encrypted assertion again": plain(func(string) string {
			return `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"/>`
		}),
		"not signed":        func(_ *world, a *answer) { a.sign = "" },
		"a foreign key":     func(_ *world, a *answer) { a.with = keys().foreign },
		"SHA-1":             func(_ *world, a *answer) { a.alg = dsig.RSASHA1SignatureMethod },
		"expired":           func(_ *world, a *answer) { a.confirmEnd = "2026-03-04T11:00:00Z" },
		"another issuer":    func(_ *world, a *answer) { a.issuer = issuerXML("https://evil.example.com") },
		"no audience":       func(_ *world, a *answer) { a.audience = "" },
		"another recipient": func(_ *world, a *answer) { a.recipient = "https://evil.example.com" },
		"another request":   func(_ *world, a *answer) { a.confirmed = "_other" },
		"a transient name":  func(_ *world, a *answer) { a.format = saml.NameIDTransient },
		"no email":          func(_ *world, a *answer) { a.attributes, a.format = "", saml.NameIDPersistent },
		"two emails":        func(_ *world, a *answer) { a.attributes += attributeXML("email", victim) },
		"as large as nobody is": func(_ *world, a *answer) {
			a.attributes += attributeXML("groups", strings.Fields(strings.Repeat("group ", 1000))...)
		},
	} {
		all = append(all, attack{name: "decrypted: " + name, want: saml.Undecipherable, with: with, says: says, spent: true, sealed: true})
	}
	return all
}

// TestCiphertextBitByBit: whatever bit is changed, the answer is the same, and the login is over.
func TestCiphertextBitByBit(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.decrypts()
	sentence := ""
	flip := func(bit int) func([]byte) {
		return func(value []byte) { value[bit/8%len(value)] ^= 1 << (bit % 8) }
	}
	tried := 0
	for bit := 0; bit < 8*2400; bit += 1409 {
		for _, s := range []sealing{{content: gcm, into: flip(bit)}, {content: cbc, into: flip(bit)}, {content: gcm, intoKey: flip(bit)}, {content: cbc, intoKey: flip(bit)}} {
			s.to = []keypair{keys().enc}
			request := w.begin(t)
			honest, evil := w.newAnswer(request), w.newAnswer(request)
			evil.encrypt = s.encrypt
			_, err := w.accept(encode(write(t, evil.tree(t))))
			if saml.ReasonOf(err) != saml.Undecipherable || sentence != "" && err.Error() != sentence {
				t.Fatalf("bit %d of %s: %v (%s)", bit, s.content, err, saml.ReasonOf(err))
			}
			sentence = err.Error()
			if tried++; tried%8 != 0 {
				continue
			}
			if _, err := w.accept(encode(write(t, honest.tree(t)))); saml.ReasonOf(err) != saml.ReusedRequest {
				t.Fatalf("bit %d of %s: the login goes on: %v", bit, s.content, err)
			}
		}
	}
	if tried < 50 {
		t.Errorf("only %d", tried)
	}
}
