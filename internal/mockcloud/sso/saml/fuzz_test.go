package saml

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"pgregory.net/rapid"
)

func testElement(t testing.TB, xml string) *etree.Element {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromString(xml); err != nil {
		t.Fatal(err)
	}
	return doc.Root()
}

func testSign(t testing.TB, el *etree.Element, key crypto.Signer, certificate *x509.Certificate) *etree.Element {
	t.Helper()
	context, err := dsig.NewSigningContext(key, [][]byte{certificate.Raw})
	if err != nil {
		t.Fatal(err)
	}
	context.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	signed, err := context.SignEnveloped(el.Copy())
	if err != nil {
		t.Fatal(err)
	}
	body, err := serialize(signed)
	if err != nil {
		t.Fatal(err)
	}
	return testElement(t, string(body))
}

// target is a service provider that an identity provider's answer can be posted
// to any number of times, as if each were the first.
type target struct {
	sp     ServiceProvider
	conn   Connection
	answer []byte
}

// targets are one that expects a signed assertion and one that expects a signed
// response; their keys are made once.
var targets = sync.OnceValue(func() (out []target) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	key, certificate, err := NewKey("idp", now.Add(-time.Hour), now.Add(time.Hour))
	if err != nil {
		panic(err)
	}
	assertion := `<saml:Assertion xmlns:saml="` + nsAssertion + `" ID="_a" Version="2.0"><saml:Issuer>idp</saml:Issuer>` +
		`<saml:Subject><saml:NameID>ada@example.com</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">` +
		`<saml:SubjectConfirmationData Recipient="https://sp/acs" NotOnOrAfter="2026-03-04T12:05:00Z"/></saml:SubjectConfirmation></saml:Subject>` +
		`<saml:Conditions><saml:AudienceRestriction><saml:Audience>sp</saml:Audience></saml:AudienceRestriction></saml:Conditions>` +
		`<saml:AuthnStatement AuthnInstant="2026-03-04T12:00:00Z"/><saml:AttributeStatement><saml:Attribute Name="email"><saml:AttributeValue>ada@example.com</saml:AttributeValue></saml:Attribute>` +
		`<saml:Attribute Name="groups"><saml:AttributeValue>a</saml:AttributeValue><saml:AttributeValue>b</saml:AttributeValue></saml:Attribute>` +
		`</saml:AttributeStatement></saml:Assertion>`
	response := `<samlp:Response xmlns:samlp="` + nsProtocol + `" xmlns:saml="` + nsAssertion + `" ID="_r" Version="2.0" Destination="https://sp/acs">` +
		`<saml:Issuer>idp</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status></samlp:Response>`
	context, err := dsig.NewSigningContext(key, [][]byte{certificate.Raw})
	if err != nil {
		panic(err)
	}
	context.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	for _, signAssertion := range []bool{true, false} {
		outer, inner := etree.NewDocument(), etree.NewDocument()
		if outer.ReadFromString(response) != nil || inner.ReadFromString(assertion) != nil {
			panic("the answer is no XML")
		}
		a, whole := inner.Root(), outer.Root()
		if signAssertion {
			if a, err = context.SignEnveloped(a); err != nil {
				panic(err)
			}
		}
		whole.AddChild(a)
		if !signAssertion {
			if whole, err = context.SignEnveloped(whole); err != nil {
				panic(err)
			}
		}
		body, err := serialize(whole)
		if err != nil {
			panic(err)
		}
		out = append(out, target{
			sp:     ServiceProvider{EntityID: "sp", ACSURL: "https://sp/acs", Logins: NewLogins(func() time.Time { return now })},
			conn:   Connection{ID: "c", IDPEntityID: "idp", Certificates: []*x509.Certificate{certificate}, AllowIDPInitiated: true},
			answer: body,
		})
	}
	return out
})

// post returns who an answer is accepted as, and nil if it is refused.
func (o target) post(body []byte) (*Login, error) {
	sp := o.sp
	sp.Logins = NewLogins(o.sp.Logins.clock)
	return sp.Accept(o.conn, base64.StdEncoding.EncodeToString(body), "")
}

// same fails unless a login, if there is one, is the one that was signed.
func same(t testing.TB, body []byte, login *Login, err error) {
	t.Helper()
	if (login == nil) == (err == nil) {
		t.Fatalf("both or neither: %v, %v", login, err)
	}
	if login == nil {
		if ReasonOf(err) == "" {
			t.Fatalf("a refusal without a reason: %v", err)
		}
		return
	}
	id := login.Identity
	if id.Subject != "ada@example.com" || id.Email != "ada@example.com" || id.Issuer != "idp" {
		t.Fatalf("accepted as %+v:\n%s", id, body)
	}
}

func TestTargetsAcceptTheirAnswer(t *testing.T) {
	t.Parallel()
	for _, o := range targets() {
		login, err := o.post(o.answer)
		if err != nil {
			t.Fatal(err)
		}
		same(t, o.answer, login, err)
	}
}

// Whatever is done to a signed answer, it never becomes somebody else's.
func TestChangedResponsesNeverNameAnotherPerson(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		o := targets()[rapid.IntRange(0, 1).Draw(rt, "target")]
		seed := rapid.Uint64().Draw(rt, "seed")
		random := rand.New(rand.NewPCG(seed, 1))
		body := bytes.Clone(o.answer)
		if rapid.Bool().Draw(rt, "tree") {
			body = shuffled(t, body, random)
		} else {
			flipped(body, random)
		}
		login, err := o.post(body)
		same(t, body, login, err)
	})
}

// flipped changes a few bytes.
func flipped(body []byte, random *rand.Rand) {
	for range 1 + random.IntN(4) {
		at := random.IntN(len(body))
		switch random.IntN(3) {
		case 0:
			body[at] ^= 1 << random.IntN(8)
		case 1:
			body[at] = body[random.IntN(len(body))]
		default:
			body[at] = "<>/&\"'= :x"[random.IntN(10)]
		}
	}
}

// shuffled moves, copies, removes and renames elements, and says root in the place
// of ada.
func shuffled(t testing.TB, body []byte, random *rand.Rand) []byte {
	t.Helper()
	root := testElement(t, string(body))
	for range 1 + random.IntN(6) {
		all := append([]*etree.Element{root}, root.FindElements("//*")...)
		from, to := all[random.IntN(len(all))], all[random.IntN(len(all))]
		switch random.IntN(6) {
		case 0:
			to.InsertChildAt(random.IntN(len(to.Child)+1), from.Copy())
		case 1:
			if from != root && !within(to, from) {
				from.Parent().RemoveChild(from)
				to.AddChild(from)
			}
		case 2:
			if from != root {
				from.Parent().RemoveChild(from)
			}
		case 3:
			from.Tag, from.Space = to.Tag, to.Space
		case 4:
			if id := to.SelectAttrValue("ID", ""); id != "" {
				from.CreateAttr("ID", id)
			} else {
				from.CreateAttr("ID", "_new")
			}
		default:
			for _, el := range from.FindElements(".//*") {
				if strings.Contains(el.Text(), "ada") {
					el.SetText("root@example.com")
				}
			}
		}
	}
	out, err := serialize(root)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func within(el, ancestor *etree.Element) bool {
	for ; el != nil; el = el.Parent() {
		if el == ancestor {
			return true
		}
	}
	return false
}

func FuzzAccept(f *testing.F) {
	for _, o := range targets() {
		f.Add(o.answer)
		f.Add(bytes.ReplaceAll(o.answer, []byte("ada@"), []byte("root@")))
	}
	f.Add([]byte(`<!DOCTYPE x>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, o := range targets() {
			login, err := o.post(body)
			same(t, body, login, err)
		}
	})
}

func BenchmarkAccept(b *testing.B) {
	for i, name := range []string{"assertion", "response"} {
		b.Run(name, func(b *testing.B) {
			o := targets()[i]
			b.ReportAllocs()
			for b.Loop() {
				if _, err := o.post(o.answer); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
