package saml_test

import (
	"bytes"
	"compress/flate"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

// attack is one way to get in, or one mistake of an identity provider. The same
// answer without it is accepted first, so that the refusal is for this reason.
type attack struct {
	name string
	want saml.Reason
	// with is what the harmless form has as well.
	with func(*world, *answer)
	// says is what the identity provider itself says wrongly, and signs.
	says func(*world, *answer)
	// forge changes the signed answer, xml its bytes, form what is posted.
	forge func(*testing.T, *etree.Element) *etree.Element
	xml   func(string) string
	form  func(string) string
	// meanwhile happens before the answer is posted; it gets the form and the right
	// answer to the same request.
	meanwhile func(t *testing.T, w *world, form string, honest *answer)
	// relay is posted as RelayState in the place of the right one.
	relay string
	// spent reports whether the request cannot be answered rightly afterwards.
	spent bool
	// sealed reports whether the attack uses the login up: it is over once something was
	// decrypted.
	sealed bool
}

// sealedSentence is the one for all that fails after something was decrypted.
const sealedSentence = "The encrypted answer of the identity provider cannot be used."

func TestAttacks(t *testing.T) {
	t.Parallel()
	var attacks []attack
	for _, some := range [][]attack{
		documentAttacks(), wrappingAttacks(), structureAttacks(), signatureAttacks(),
		forgedSignatures(), responseAttacks(), assertionAttacks(), attributeAttacks(), requestAttacks(),
		habitAttacks(), subjectAttacks(), ecdsaAttacks(), encryptionAttacks(), plaintextAttacks(),
	} {
		attacks = append(attacks, some...)
	}
	if len(attacks) < 40 {
		t.Fatalf("only %d attacks", len(attacks))
	}
	names := map[string]bool{}
	for _, a := range attacks {
		if names[a.name] {
			t.Errorf("two attacks are called %q", a.name)
		}
		names[a.name] = true
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			a.harmless(t)
			a.rejected(t)
		})
	}
}

func (a attack) harmless(t *testing.T) {
	t.Helper()
	w := newWorld()
	honest := w.newAnswer(w.begin(t))
	if a.with != nil {
		a.with(w, honest)
	}
	login, err := w.accept(encode(write(t, honest.tree(t))))
	if err != nil {
		t.Fatalf("the harmless form is refused: %v (%s)", err, saml.ReasonOf(err))
	}
	if login.Identity.Email != someone {
		t.Fatalf("the harmless form is of %+v", login.Identity)
	}
}

func (a attack) rejected(t *testing.T) {
	t.Helper()
	w := newWorld()
	request := w.begin(t)
	honest, evil := w.newAnswer(request), w.newAnswer(request)
	if a.with != nil {
		a.with(w, honest)
		a.with(w, evil)
	}
	if a.says != nil {
		a.says(w, evil)
	}
	tree := evil.tree(t)
	if a.forge != nil {
		tree = a.forge(t, tree)
	}
	text := string(write(t, tree))
	if a.xml != nil {
		changed := a.xml(text)
		if changed == text {
			t.Fatal("the attack changes nothing")
		}
		text = changed
	}
	form := encode([]byte(text))
	if a.form != nil {
		form = a.form(form)
	}
	if a.meanwhile != nil {
		a.meanwhile(t, w, form, honest)
	}
	relay := returnTo
	if a.relay != "" {
		relay = a.relay
	}
	login, err := w.sp.Accept(w.conn, form, relay)
	if login != nil || err == nil {
		t.Fatalf("accepted as %+v", login)
	}
	if got := saml.ReasonOf(err); got != a.want {
		t.Fatalf("refused as %q, want %q: %v", got, a.want, err)
	}
	if sentence := err.Error(); !strings.HasSuffix(sentence, ".") && !strings.HasSuffix(sentence, "?") {
		t.Errorf("this is no sentence: %s", sentence)
	}
	if a.sealed {
		if err.Error() != sealedSentence {
			t.Errorf("this tells more than that it cannot be used: %s", err)
		}
		if _, err := w.accept(encode(write(t, honest.tree(t)))); saml.ReasonOf(err) != saml.ReusedRequest {
			t.Errorf("the login goes on: %v", err)
		}
	}
	if a.spent {
		return
	}
	// A caller who posts rubbish must not use up the person's own login.
	if _, err := w.accept(encode(write(t, honest.tree(t)))); err != nil {
		t.Errorf("after the attack, the right answer is refused: %v", err)
	}
}

func replace(old, new string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, new, 1) }
}

func prefixed(prefix string) func(string) string {
	return func(s string) string { return prefix + s }
}

func documentAttacks() []attack {
	const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>`
	const stranger = "<samlp:Extensions>%</samlp:Extensions>"
	inExtensions := func(s string) func(*world, *answer) {
		return func(_ *world, a *answer) { a.extensions = strings.Replace(stranger, "%", s, 1) }
	}
	return []attack{
		{name: "DOCTYPE", want: saml.Doctype, xml: prefixed(`<!DOCTYPE Response>`)},
		{name: "entity bomb", want: saml.Doctype, xml: func(s string) string { return bomb + strings.Replace(s, someone, "&b;", 1) }},
		{name: "external entity", want: saml.Doctype, xml: prefixed(`<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>`)},
		{name: "undefined entity", want: saml.MalformedXML, xml: replace(someone, "&x;")},
		{name: "processing instruction splits the NameID", want: saml.ProcessingInstruction, xml: replace(">"+someone, ">"+someone+`<?x?>.evil.com`)},
		{name: "processing instruction splits an attribute value", want: saml.ProcessingInstruction, xml: replace(`xs:string">`+someone, `xs:string">`+someone+`<?x?>.evil.com`)},
		{name: "second XML declaration", want: saml.ProcessingInstruction, xml: replace("<samlp:Status>", `<?xml version="1.0"?><samlp:Status>`)},
		{
			name: "comment splits the NameID", want: saml.Comment,
			says: func(_ *world, a *answer) { a.nameID = someone + ".evil.com" }, xml: replace(someone+".evil.com", someone+"<!---->.evil.com"),
		},
		{
			name: "comment splits an attribute value", want: saml.Comment,
			says: func(_ *world, a *answer) { a.attributes = attributeXML("email", someone+".evil.com") }, xml: replace(someone+".evil.com", someone+"<!-- -->.evil.com"),
		},
		{name: "comment in the digest", want: saml.Comment, xml: replace("DigestValue>", "DigestValue><!--AAAA-->")},
		{name: "nested too deep", want: saml.TooDeep, says: inExtensions(strings.Repeat("<samlp:x>", 40) + strings.Repeat("</samlp:x>", 40))},
		{name: "too many elements", want: saml.TooComplex, says: inExtensions(strings.Repeat("<samlp:x/>", 1000))},
		{name: "too many namespace prefixes", want: saml.TooComplex, xml: func(s string) string {
			var b strings.Builder
			for _, c := range "abcdefghijklmnopqrstuvwyzABCDEFGHIJKLMN" {
				b.WriteString(" xmlns:" + string(c) + `="urn:x"`)
			}
			return strings.Replace(s, "<samlp:Status>", "<samlp:Status"+b.String()+">", 1)
		}},
		{name: "too large", want: saml.TooLarge, says: func(_ *world, a *answer) { a.attributes += attributeXML("x", strings.Repeat("x", 256<<10)) }},
		{name: "too large before it is decoded", want: saml.TooLarge, form: func(s string) string { return s + strings.Repeat("\n", 1<<20) }},
		{name: "not base64", want: saml.NotBase64, form: func(s string) string { return "<" + s }},
		{name: "empty", want: saml.NotBase64, form: func(string) string { return "" }},
		{name: "deflate bomb", want: saml.MalformedXML, form: func(string) string { return encode(deflateBomb(64)) }},
		{name: "deflated answer", want: saml.MalformedXML, xml: func(s string) string { return string(deflated([]byte(s))) }},
		{name: "two outermost elements", want: saml.MalformedXML, xml: func(s string) string { return s + s }},
		{name: "text after the end", want: saml.MalformedXML, xml: func(s string) string { return s + "x" }},
		{name: "cut off", want: saml.MalformedXML, xml: func(s string) string { return strings.TrimSuffix(s, "</samlp:Response>") }},
		{name: "tags that cross", want: saml.MalformedXML, xml: replace("</saml:NameID></saml:Subject>", "</saml:Subject></saml:NameID>"), forge: func(t *testing.T, el *etree.Element) *etree.Element {
			subject := find(t, el, "Subject")
			subject.RemoveChild(find(t, subject, "SubjectConfirmation"))
			return el
		}},
		{name: "name with two colons", want: saml.MalformedXML, xml: func(s string) string { return strings.ReplaceAll(s, "samlp:Status>", "samlp:x:Status>") }},
		{name: "another encoding", want: saml.MalformedXML, xml: prefixed(`<?xml version="1.0" encoding="UTF-7"?>`)},
		{name: "invalid UTF-8", want: saml.MalformedXML, xml: replace(someone, "\xff")},
		{name: "the same XML attribute twice", want: saml.RepeatedAttribute, xml: replace(` Version="2.0"`, ` Version="2.0" Version="2.0"`)},
		{
			name: "the same XML attribute by two prefixes", want: saml.RepeatedAttribute,
			xml: replace("<samlp:Status>", `<samlp:Status xmlns:a="urn:x" xmlns:b="urn:x" a:i="1" b:i="2">`),
		},
		{name: "void canonicalization by a relative namespace", want: saml.BadNamespace, xml: replace("<samlp:Status>", `<samlp:Status xmlns:ns="1">`)},
		{name: "prefix taken away", want: saml.BadNamespace, xml: replace("<samlp:Status>", `<samlp:Status xmlns:x="">`)},
		{name: "prefix that is not declared", want: saml.BadNamespace, xml: replace("<samlp:Status>", `<samlp:Status x:a="">`)},
		{name: "reserved prefix declared", want: saml.BadNamespace, xml: replace("<samlp:Status>", `<samlp:Status xmlns:xml="urn:x">`)},
		{name: "reserved namespace declared", want: saml.BadNamespace, xml: replace("<samlp:Status>", `<samlp:Status xmlns:x="http://www.w3.org/2000/xmlns/">`)},
	}
}

func deflated(data []byte) []byte {
	body, end := deflatedParts(data)
	return append(body, end...)
}

// deflateBomb returns so many MiB of zeros, deflated. One is compressed and repeated, which
// takes a fraction of the time: a flushed part needs nothing of what came before it.
func deflateBomb(mib int) []byte {
	body, end := deflatedParts(make([]byte, 1<<20))
	return append(bytes.Repeat(body, mib), end...)
}

// deflatedParts returns data, deflated, and the empty block that ends a stream.
func deflatedParts(data []byte) (body, end []byte) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		panic(err)
	}
	if _, err := w.Write(data); err != nil {
		panic(err)
	}
	if err := w.Flush(); err != nil {
		panic(err)
	}
	flushed := b.Len()
	if err := w.Close(); err != nil {
		panic(err)
	}
	return bytes.Clone(b.Bytes()[:flushed]), b.Bytes()[flushed:]
}

// evilTwin returns an unsigned copy that says to be somebody else.
func evilTwin(t *testing.T, el *etree.Element) *etree.Element {
	t.Helper()
	evil := el.Copy()
	if signature := evil.SelectElement("Signature"); signature != nil {
		evil.RemoveChild(signature)
	}
	evil.CreateAttr("ID", "_evil")
	find(t, evil, "NameID").SetText(victim)
	find(t, evil, "AttributeValue").SetText(victim)
	return evil
}

// apart takes an element's signature out of it.
func apart(el *etree.Element) (signature, rest *etree.Element) {
	signature = el.SelectElement("Signature")
	el.RemoveChild(signature)
	return signature, el
}

// wrappingAttacks are XML signature wrapping as numbered by SAML Raider, after
// Somorovsky and others, "On Breaking SAML", 2012.
func wrappingAttacks() []attack {
	signedResponse := func(_ *world, a *answer) { a.sign = "response" }
	wrap := func(change func(t *testing.T, response, assertion, evil *etree.Element)) func(*testing.T, *etree.Element) *etree.Element {
		return func(t *testing.T, response *etree.Element) *etree.Element {
			assertion := find(t, response, "Assertion")
			change(t, response, assertion, evilTwin(t, assertion))
			return response
		}
	}
	return []attack{
		{name: "XSW1", want: saml.SeveralAssertions, with: signedResponse, forge: func(t *testing.T, response *etree.Element) *etree.Element {
			evil := evilTwin(t, response)
			signature, original := apart(response)
			signature.AddChild(original)
			evil.InsertChildAt(1, signature)
			return evil
		}},
		{name: "XSW2", want: saml.SeveralAssertions, with: signedResponse, forge: func(t *testing.T, response *etree.Element) *etree.Element {
			evil := evilTwin(t, response)
			signature, original := apart(response)
			evil.InsertChildAt(1, original)
			evil.InsertChildAt(2, signature)
			return evil
		}},
		{name: "XSW3", want: saml.SeveralAssertions, forge: wrap(func(_ *testing.T, response, assertion, evil *etree.Element) {
			response.InsertChildAt(assertion.Index(), evil)
		})},
		{name: "XSW4", want: saml.SeveralAssertions, forge: wrap(func(_ *testing.T, response, assertion, evil *etree.Element) {
			response.RemoveChild(assertion)
			evil.AddChild(assertion)
			response.AddChild(evil)
		})},
		{name: "XSW5", want: saml.SeveralAssertions, forge: wrap(func(_ *testing.T, response, assertion, evil *etree.Element) {
			signature, original := apart(assertion)
			evil.InsertChildAt(1, signature)
			response.InsertChildAt(original.Index(), evil)
		})},
		{name: "XSW6", want: saml.SeveralAssertions, forge: wrap(func(_ *testing.T, response, assertion, evil *etree.Element) {
			signature, original := apart(assertion)
			response.RemoveChild(original)
			signature.AddChild(original)
			evil.InsertChildAt(1, signature)
			response.AddChild(evil)
		})},
		{name: "XSW7", want: saml.SeveralAssertions, forge: wrap(func(_ *testing.T, response, _, evil *etree.Element) {
			extensions := etree.NewElement("samlp:Extensions")
			extensions.AddChild(evil)
			response.InsertChildAt(1, extensions)
		})},
		{name: "XSW8", want: saml.SeveralAssertions, forge: wrap(func(_ *testing.T, response, assertion, evil *etree.Element) {
			signature, original := apart(assertion)
			response.RemoveChild(original)
			object := etree.NewElement("ds:Object")
			object.AddChild(original)
			signature.AddChild(object)
			evil.InsertChildAt(1, signature)
			response.AddChild(evil)
		})},
		{name: "wrapped under another name", want: saml.UnexpectedStructure, forge: wrap(func(_ *testing.T, response, assertion, evil *etree.Element) {
			signature, original := apart(assertion)
			original.Tag = "assertion"
			evil.InsertChildAt(1, signature)
			response.AddChild(evil)
		})},
		{name: "wrapped in another namespace", want: saml.UnexpectedStructure, forge: wrap(func(_ *testing.T, response, assertion, evil *etree.Element) {
			response.RemoveChild(assertion)
			evil.CreateAttr("xmlns:saml", "urn:oasis:names:tc:SAML:2.0:assertion#")
			evil.InsertChildAt(1, assertion.SelectElement("Signature"))
			response.AddChild(evil)
		})},
		{name: "the signature alone on an evil twin", want: saml.WrongReference, forge: wrap(func(_ *testing.T, response, assertion, evil *etree.Element) {
			signature, original := apart(assertion)
			response.RemoveChild(original)
			evil.InsertChildAt(1, signature)
			response.AddChild(evil)
		})},
		{name: "an evil twin of the same id", want: saml.InvalidSignature, forge: wrap(func(_ *testing.T, response, assertion, evil *etree.Element) {
			signature, original := apart(assertion)
			response.RemoveChild(original)
			evil.CreateAttr("ID", original.SelectAttrValue("ID", ""))
			evil.InsertChildAt(1, signature)
			response.AddChild(evil)
		})},
	}
}

func structureAttacks() []attack {
	return []attack{
		{name: "two assertions, both signed", want: saml.SeveralAssertions, forge: func(t *testing.T, response *etree.Element) *etree.Element {
			w := newWorld()
			second := w.newAnswer("x")
			second.nameID = victim
			response.AddChild(find(t, second.tree(t), "Assertion"))
			return response
		}},
		{name: "the response has the assertion's id", want: saml.DuplicateID, says: func(_ *world, a *answer) { a.responseID = a.assertionID }},
		{name: "an id twice by xml:id", want: saml.DuplicateID, forge: func(t *testing.T, response *etree.Element) *etree.Element {
			find(t, response, "Status").CreateAttr("xml:id", find(t, response, "Assertion").SelectAttrValue("ID", ""))
			return response
		}},
		{name: "an id twice in another case", want: saml.DuplicateID, forge: func(t *testing.T, response *etree.Element) *etree.Element {
			find(t, response, "Status").CreateAttr("Id", find(t, response, "Assertion").SelectAttrValue("ID", ""))
			return response
		}},
		{name: "a response in the response", want: saml.NestedResponse, says: func(_ *world, a *answer) {
			a.extensions = `<samlp:Extensions><samlp:Response/></samlp:Extensions>`
		}},
		{name: "the assertion not directly in the response", want: saml.UnexpectedStructure, forge: func(t *testing.T, response *etree.Element) *etree.Element {
			assertion := find(t, response, "Assertion")
			response.RemoveChild(assertion)
			find(t, response, "Status").AddChild(assertion)
			return response
		}},
		{name: "another message", want: saml.NotAResponse, xml: func(s string) string { return strings.ReplaceAll(s, "samlp:Response", "samlp:LogoutResponse") }},
		{name: "another protocol's response", want: saml.NotAResponse, xml: replace("SAML:2.0:protocol", "SAML:1.0:protocol")},
		{name: "no assertion", want: saml.NoAssertion, forge: func(t *testing.T, response *etree.Element) *etree.Element {
			response.RemoveChild(find(t, response, "Assertion"))
			return response
		}},
		{name: "encrypted assertion, and no key", want: saml.Encrypted, forge: func(t *testing.T, response *etree.Element) *etree.Element {
			response.RemoveChild(find(t, response, "Assertion"))
			response.AddChild(read(t, sealing{to: []keypair{keys().enc}}.encrypt(t, []byte("<x/>"))))
			return response
		}},
		{name: "encrypted assertion beside a plain one", want: saml.SeveralAssertions, says: func(_ *world, a *answer) { a.extensions = `<saml:EncryptedAssertion/>` }},
		{name: "encrypted name", want: saml.Encrypted, says: func(_ *world, a *answer) { a.moreConditions = `<saml:EncryptedID/>` }},
		{name: "encrypted attribute", want: saml.Encrypted, says: func(_ *world, a *answer) { a.attributes += `<saml:EncryptedAttribute/>` }},
	}
}
