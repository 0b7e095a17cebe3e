package saml_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

const (
	idpID    = "https://idp.example.com/saml/metadata"
	idpSSO   = "https://idp.example.com/saml/sso"
	spID     = "https://cloud.example.com/sso/saml/conn_1"
	spACS    = "https://cloud.example.com/sso/saml/conn_1/acs"
	someone  = "ada@example.com"
	victim   = "root@example.com"
	returnTo = "/account/settings?tab=sso"
)

// start is when all tests take place.
func start() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }

// keypair is a key with its certificate.
type keypair struct {
	key         crypto.Signer
	certificate *x509.Certificate
}

// keys are made once: they cost more than all the rest.
var keys = sync.OnceValue(func() (k struct{ idp, next, foreign, expired, sp, enc, enc2 keypair }) {
	pair := func(name string, from, until time.Time) keypair {
		key, certificate, err := saml.NewKey(name, from, until)
		if err != nil {
			panic(err)
		}
		return keypair{key, certificate}
	}
	from, until := start().AddDate(-1, 0, 0), start().AddDate(1, 0, 0)
	k.idp, k.next = pair("idp", from, until), pair("next", from, until)
	k.foreign, k.sp = pair("idp", from, until), pair("sp", from, until)
	k.enc, k.enc2 = pair("enc", from, until), pair("enc2", from, until)
	k.expired = pair("old", from, start().AddDate(0, 0, -1))
	return k
})

// curves are keys on each curve, with a second one that is not trusted.
var curves = sync.OnceValue(func() map[string]keypair {
	made := map[string]keypair{}
	for name, curve := range map[string]elliptic.Curve{
		"P-224": elliptic.P224(), "P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521(), "foreign": elliptic.P256(),
	} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			panic(err)
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
			NotBefore: start().AddDate(-1, 0, 0), NotAfter: start().AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			panic(err)
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			panic(err)
		}
		made[name] = keypair{key, certificate}
	}
	return made
})

// world is a service provider, a connection and a clock.
type world struct {
	now  time.Time
	sp   *saml.ServiceProvider
	conn saml.Connection
}

func newWorld() *world {
	w := &world{now: start()}
	w.sp = &saml.ServiceProvider{
		EntityID: spID, ACSURL: spACS,
		Key: keys().sp.key, Certificate: keys().sp.certificate,
		Logins: saml.NewLogins(func() time.Time { return w.now }),
	}
	w.conn = saml.Connection{
		ID: "conn_1", IDPEntityID: idpID, SSOURL: idpSSO,
		Certificates: []*x509.Certificate{keys().idp.certificate},
	}
	return w
}

// begin starts a login and returns the request's id.
func (w *world) begin(t testing.TB) string {
	t.Helper()
	request, err := w.sp.AuthnRequest(w.conn, saml.Start{ReturnTo: returnTo, Browser: "cookie"})
	if err != nil {
		t.Fatalf("AuthnRequest: %v", err)
	}
	return request.ID
}

// answer is what the identity provider says. It is put together from text here,
// and not by the library that the code under test uses.
type answer struct {
	world *world

	responseID, assertionID       string
	request, confirmed            string
	version, assertionVersion     string
	destination, recipient        string
	responseIssuer, issuer        string
	status, substatus             string
	nameID, format                string
	audience                      string
	conditionsFrom, conditionsEnd string
	confirmFrom, confirmEnd       string
	method, moreSubject           string
	moreConditions                string
	authn                         string
	attributes                    string
	extensions                    string
	instant                       string

	// sign says what is signed: "response", "assertion" or "both".
	sign     string
	with     keypair
	alg      string
	embedded bool
	// der leaves an ECDSA signature as X.509 writes it, and not as XML does.
	der bool
	// bare writes the assertion's names without a prefix.
	bare bool
	// encrypt, unless nil, makes an EncryptedAssertion of the signed one.
	encrypt func(t testing.TB, assertion []byte) string
}

// newAnswer answers a request in the way that everything is right.
func (w *world) newAnswer(request string) *answer {
	at := func(d time.Duration) string { return w.now.Add(d).Format(time.RFC3339) }
	return &answer{
		world: w, responseID: "_r" + rand.Text(), assertionID: "_a" + rand.Text(),
		request: request, confirmed: request,
		version: "2.0", assertionVersion: "2.0",
		destination: spACS, recipient: spACS,
		responseIssuer: issuerXML(idpID), issuer: issuerXML(idpID),
		status: "urn:oasis:names:tc:SAML:2.0:status:Success",
		nameID: someone, format: saml.NameIDEmail,
		audience:       audienceXML(spID),
		conditionsFrom: at(-time.Minute), conditionsEnd: at(5 * time.Minute),
		confirmEnd: at(5 * time.Minute),
		method:     "urn:oasis:names:tc:SAML:2.0:cm:bearer",
		authn:      `<saml:AuthnStatement AuthnInstant="` + at(0) + `" SessionIndex="_s1"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`,
		attributes: attributeXML("email", someone) + attributeXML("firstName", "Ada") + attributeXML("lastName", "Lovelace") + attributeXML("groups", "engines", "poets"),
		instant:    at(0),
		sign:       "assertion", with: keys().idp, alg: dsig.RSASHA256SignatureMethod, embedded: true,
	}
}

func issuerXML(id string) string { return "<saml:Issuer>" + id + "</saml:Issuer>" }

func audienceXML(id string) string {
	return "<saml:AudienceRestriction><saml:Audience>" + id + "</saml:Audience></saml:AudienceRestriction>"
}

func attributeXML(name string, values ...string) string {
	s := `<saml:Attribute Name="` + name + `">`
	for _, value := range values {
		s += `<saml:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">` + value + `</saml:AttributeValue>`
	}
	return s + `</saml:Attribute>`
}

// optional returns an XML attribute, or nothing for an empty value.
func optional(name, value string) string {
	if value == "" {
		return ""
	}
	return fmt.Sprintf(" %s=%q", name, value)
}

func (a *answer) assertionXML() string {
	return `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"` +
		optional("ID", a.assertionID) + optional("Version", a.assertionVersion) + optional("IssueInstant", a.instant) + ">" + a.issuer +
		`<saml:Subject><saml:NameID` + optional("Format", a.format) + `>` + a.nameID + `</saml:NameID>` +
		`<saml:SubjectConfirmation` + optional("Method", a.method) + `><saml:SubjectConfirmationData` +
		optional("InResponseTo", a.confirmed) + optional("Recipient", a.recipient) +
		optional("NotBefore", a.confirmFrom) + optional("NotOnOrAfter", a.confirmEnd) +
		`/></saml:SubjectConfirmation>` + a.moreSubject + `</saml:Subject>` +
		`<saml:Conditions` + optional("NotBefore", a.conditionsFrom) + optional("NotOnOrAfter", a.conditionsEnd) + `>` +
		a.audience + a.moreConditions + `</saml:Conditions>` + a.authn +
		`<saml:AttributeStatement>` + a.attributes + `</saml:AttributeStatement></saml:Assertion>`
}

// tree returns the whole answer, signed.
func (a *answer) tree(t testing.TB) *etree.Element {
	t.Helper()
	substatus := ""
	if a.substatus != "" {
		substatus = `<samlp:StatusCode Value="` + a.substatus + `"/>`
	}
	response := read(t, `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"`+
		optional("ID", a.responseID)+optional("Version", a.version)+optional("IssueInstant", a.instant)+
		optional("Destination", a.destination)+optional("InResponseTo", a.request)+`>`+a.responseIssuer+a.extensions+
		`<samlp:Status><samlp:StatusCode Value="`+a.status+`">`+substatus+`</samlp:StatusCode></samlp:Status></samlp:Response>`)
	text := a.assertionXML()
	if a.bare {
		text = strings.NewReplacer("<saml:", "<", "</saml:", "</", "xmlns:saml=", "xmlns=").Replace(text)
	}
	assertion := read(t, text)
	if a.sign == "assertion" || a.sign == "both" {
		assertion = a.signed(t, assertion)
	}
	if a.encrypt != nil {
		assertion = read(t, a.encrypt(t, write(t, assertion)))
	}
	response.AddChild(assertion)
	if a.sign == "response" || a.sign == "both" {
		response = a.signed(t, response)
	}
	return response
}

// signed puts a signature after the issuer, where SAML's schema wants it.
func (a *answer) signed(t testing.TB, el *etree.Element) *etree.Element {
	t.Helper()
	var chain [][]byte
	if a.embedded {
		chain = [][]byte{a.with.certificate.Raw}
	}
	context, err := dsig.NewSigningContext(a.with.key, chain)
	if err != nil {
		t.Fatal(err)
	}
	context.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	if err := context.SetSignatureMethod(a.alg); err != nil {
		t.Fatal(err)
	}
	// Canonicalizing changes what it is given.
	signature, err := context.ConstructSignature(el.Copy(), true)
	if err != nil {
		t.Fatal(err)
	}
	if key, ok := a.with.key.Public().(*ecdsa.PublicKey); ok && !a.der {
		value := find(t, signature, "SignatureValue")
		value.SetText(asXML(t, value.Text(), key))
	}
	if !a.embedded {
		signature.RemoveChild(find(t, signature, "KeyInfo"))
	}
	after := 0
	if issuer := el.SelectElement("Issuer"); issuer != nil {
		after = issuer.Index() + 1
	}
	el.InsertChildAt(after, signature)
	return el
}

// asXML writes an ECDSA signature as XML does (XML Signature 6.4.3).
func asXML(t testing.TB, der string, key *ecdsa.PublicKey) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(der)
	if err != nil {
		t.Fatal(err)
	}
	var numbers struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(raw, &numbers); err != nil {
		t.Fatal(err)
	}
	field := (key.Params().BitSize + 7) / 8
	value := make([]byte, 2*field)
	numbers.R.FillBytes(value[:field])
	numbers.S.FillBytes(value[field:])
	return base64.StdEncoding.EncodeToString(value)
}

// accept posts an answer.
func (w *world) accept(form string) (*saml.Login, error) {
	return w.sp.Accept(w.conn, form, returnTo)
}

func read(t testing.TB, xml string) *etree.Element {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromString(xml); err != nil {
		t.Fatalf("%v in %s", err, xml)
	}
	return doc.Root()
}

func write(t testing.TB, el *etree.Element) []byte {
	t.Helper()
	doc := etree.NewDocument()
	doc.SetRoot(el.Copy())
	var b bytes.Buffer
	if _, err := doc.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encode(xml []byte) string { return base64.StdEncoding.EncodeToString(xml) }

// find returns the first element of that local name below another.
func find(t testing.TB, el *etree.Element, tag string) *etree.Element {
	t.Helper()
	found := el.FindElement(".//" + tag)
	if found == nil {
		t.Fatalf("no %s in %s", tag, write(t, el))
	}
	return found
}
