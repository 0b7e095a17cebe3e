//go:build interop

package interop

import (
	"net/http"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// signings are what pysaml2 can sign, in its own arguments.
func signings() map[string]obj {
	return map[string]obj{
		"assertion": with(sha256(), obj{"sign_assertion": true, "sign_response": false}),
		"response":  with(sha256(), obj{"sign_assertion": false, "sign_response": true}),
		"both":      with(sha256(), obj{"sign_assertion": true, "sign_response": true}),
	}
}

// TestPysaml2Logins: whatever pysaml2 signs, by whichever binding it is asked and however
// it calls people, the member and somebody new are let in, and stay the same.
func TestPysaml2Logins(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*pysaml2World)
		then   obj // of the connection
		how    obj
		signed bool
	}{
		"the assertion signed": {how: signings()["assertion"]},
		"the response signed":  {how: signings()["response"]},
		"both signed":          {how: signings()["both"]},
		"SHA-512": {how: obj{
			"sign_assertion": true, "sign_response": true,
			"sign_alg": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "digest_alg": "http://www.w3.org/2001/04/xmlenc#sha512",
		}},
		"requests signed, by the redirect": {how: signings()["assertion"], signed: true, then: obj{"sign_authn_requests": true}},
		"requests signed, by a form, as its metadata wants": {how: signings()["both"], signed: true, change: func(p *pysaml2World) {
			delete(p.endpoints, "redirect")
			p.wantSigned = true
		}},
		"requests by a form": {how: signings()["response"], change: func(p *pysaml2World) { delete(p.endpoints, "redirect") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPysaml2(t, row.change)
			if row.then != nil {
				p.configure(obj{"saml": row.then})
			}
			p.provide() // mockcloud's metadata says by now what its requests are like
			known := p.MemberNamed(ada).UserID
			p.as(pysaml2Ada(), row.how)
			v := acctest.NewVisitor(t)
			for range 2 {
				if who := p.letIn(v, p.signIn(v), ada); who.ID != known {
					t.Errorf("%+v is not the member %s", who, known)
				}
				if asked := p.asked(); asked.Signed != row.signed || asked.ForceAuthn || asked.ACS != p.us.ACS {
					t.Errorf("it was asked %+v", asked)
				}
			}
			// A NameID that is an email address is one in another case, too.
			shouted := pysaml2Ada()
			shouted.name = "ADA@acme.example"
			p.as(shouted, row.how)
			if who := p.letIn(v, p.signIn(v), ada); who.ID != known {
				t.Errorf("shouted, %+v is not the member %s", who, known)
			}
			p.as(pysaml2Grace(), row.how)
			v = acctest.NewVisitor(t)
			who := p.letIn(v, p.signIn(v), grace)
			if who.ID == known || who.FirstName != "Grace" || who.LastName != "Hopper" {
				t.Errorf("who is new is %+v", who)
			}
			if reasons := p.refusals.take(); reasons != nil {
				t.Errorf("refused for %q", reasons)
			}
		})
	}
}

// TestPysaml2Refused: what pysaml2 can be told to answer, or answers by itself, and
// mockcloud refuses.
func TestPysaml2Refused(t *testing.T) {
	t.Parallel()
	p := newPysaml2(t, nil)
	signed := signings()["assertion"]
	person := func(change func(*pysaml2Person)) pysaml2Person {
		who := pysaml2Ada()
		change(&who)
		return who
	}
	for name, row := range map[string]struct {
		want string
		who  pysaml2Person
		how  obj
	}{
		"SHA-1, as it signs by itself": {"weak_algorithm", pysaml2Ada(), obj{"sign_assertion": true, "sign_response": false}},
		"SHA-1 of the response":        {"weak_algorithm", pysaml2Ada(), obj{"sign_assertion": false, "sign_response": true}},
		"SHA-1 as the digest": {"weak_algorithm", pysaml2Ada(), with(signed, obj{
			"digest_alg": "http://www.w3.org/2000/09/xmldsig#sha1",
		})},
		"nothing signed":        {"unsigned", pysaml2Ada(), obj{"sign_assertion": false, "sign_response": false}},
		"another audience":      {"audience", pysaml2Ada(), with(signed, obj{"sp_entity_id": "https://other.example.com/sp"})},
		"another destination":   {"destination", pysaml2Ada(), with(signed, obj{"destination": "https://other.example.com/acs"})},
		"another request":       {"unknown_request", pysaml2Ada(), with(signed, obj{"in_response_to": "_another"})},
		"a transient NameID":    {"name_id_format", person(func(p *pysaml2Person) { p.name, p.format = "_t", formatTransient }), signed},
		"another issuer":        {"issuer", pysaml2Ada(), with(signed, obj{"issuer": "https://evil.example.com/idp"})},
		"two email addresses":   {"several_values", person(func(p *pysaml2Person) { p.attributes["mail"] = []string{ada, grace} }), signed},
		"another domain":        {"domain_not_served", person(func(p *pysaml2Person) { p.attributes["mail"] = "ada@elsewhere.example" }), signed},
		"no email":              {"no_email", person(func(p *pysaml2Person) { p.name, p.format, p.attributes = "ada-1", formatPersistent, obj{} }), signed},
		"an email in brackets":  {"bad_email", person(func(p *pysaml2Person) { p.attributes["mail"] = "Ada <" + ada + ">" }), signed},
		"a NameID of one space": {"name_id", person(func(p *pysaml2Person) { p.name = " " }), signed},
	} {
		t.Run(name, func(t *testing.T) {
			p := p.in(t)
			p.as(row.who, row.how)
			v := acctest.NewVisitor(t)
			p.refused(v, p.signIn(v), row.want)
		})
	}
	p.as(pysaml2Ada(), signed)
	v := acctest.NewVisitor(t)
	p.letIn(v, p.signIn(v), ada)

	// The other address of the two is of no domain of the connection.
	p.as(person(func(p *pysaml2Person) { p.attributes["mail"] = []string{"ada@university.example", ada} }), signed)
	p.letIn(v, p.signIn(v), ada)
}

// TestPysaml2Tampered: answers changed after they were signed.
func TestPysaml2Tampered(t *testing.T) {
	t.Parallel()
	for signing, how := range signings() {
		t.Run(signing, func(t *testing.T) {
			t.Parallel()
			p := newPysaml2(t, nil)
			p.as(pysaml2Ada(), how)
			p.tamper(t, signing, ada, p.begin)
		})
	}
}

// TestPysaml2Wrapped: an answer whose signed assertion is moved aside for another one.
func TestPysaml2Wrapped(t *testing.T) {
	t.Parallel()
	p := newPysaml2(t, nil)
	p.as(pysaml2Grace(), signings()["assertion"])
	for name, row := range map[string]struct {
		want string
		how  func(forged, signed string) string
	}{
		"beside":        {"several_assertions", func(forged, signed string) string { return forged + signed }},
		"behind":        {"several_assertions", func(forged, signed string) string { return signed + forged }},
		"in extensions": {"several_assertions", func(forged, signed string) string { return "<ns0:Extensions>" + signed + "</ns0:Extensions>" + forged }},
		"in the signature": {"several_assertions", func(forged, signed string) string {
			return strings.Replace(forged, "</ns1:Issuer>", "</ns1:Issuer><ns2:Signature xmlns:ns2=\"http://www.w3.org/2000/09/xmldsig#\"><ns2:Object>"+signed+"</ns2:Object></ns2:Signature>", 1)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p := p.in(t)
			v := acctest.NewVisitor(t)
			p.refused(v, post(t, p.begin(v), func(xml string) string {
				signed := element(t, xml, "Assertion")
				forged := strings.Replace(signed, element(t, signed, "Signature"), "", 1)
				forged = strings.NewReplacer(grace, "owner@acme.example", "grace-1", "owner-1", ` ID="id-`, ` ID="id-x`).Replace(forged)
				return strings.Replace(xml, signed, row.how(forged, signed), 1)
			}), row.want)
		})
	}
}

// TestPysaml2Replay: an answer counts once, for the one who began.
func TestPysaml2Replay(t *testing.T) {
	t.Parallel()
	p := newPysaml2(t, nil)
	v := acctest.NewVisitor(t)
	page := p.begin(v)
	p.letIn(v, page.Submit(nil), ada)
	p.turnedAway(page.Submit(nil), "replayed_assertion")
	thief := acctest.NewVisitor(t)
	p.refused(thief, thief.Post(p.us.ACS, map[string][]string{"SAMLResponse": {page.Field("SAMLResponse")}}), "replayed_assertion")
	// The request of another login.
	other := p.begin(thief)
	p.turnedAway(v.Post(p.us.ACS, map[string][]string{"SAMLResponse": {other.Field("SAMLResponse")}}), "browser_mismatch")
}

// TestPysaml2Initiated: logins that begin there count only where they are allowed, and
// once the person agreed.
func TestPysaml2Initiated(t *testing.T) {
	t.Parallel()
	p := newPysaml2(t, nil)
	begin := func(v *acctest.Visitor) *acctest.Page {
		return v.Open(p.endpoints["redirect"] + "?RelayState=https://evil.example.com/")
	}
	v := acctest.NewVisitor(t)
	p.refused(v, begin(v).Submit(nil), "unsolicited")
	p.configure(obj{"saml": obj{"allow_idp_initiated": true}})
	page := begin(v)
	asked := page.Submit(nil)
	if me := v.Open(p.URL + "/api/me"); me.Status != http.StatusUnauthorized {
		t.Errorf("there is a session before the person agreed: %s", me.Text)
	}
	known := p.MemberNamed(ada).UserID
	if who := p.letIn(v, asked.Submit(nil), ada); who.ID != known {
		t.Errorf("%+v is not the member %s", who, known)
	}
	p.turnedAway(page.Submit(nil), "replayed_assertion")
}

// TestPysaml2RecentLogin: what counts is when the person logged in there.
func TestPysaml2RecentLogin(t *testing.T) {
	t.Parallel()
	p := newPysaml2(t, nil)
	p.wantRecent(3600)
	v := acctest.NewVisitor(t)
	p.letIn(v, p.signIn(v), ada)
	if !p.asked().ForceAuthn {
		t.Error("the request does not ask for a new login")
	}
	p.site.mu.Lock()
	p.site.loggedInAgo = 3601
	p.site.mu.Unlock()
	v = acctest.NewVisitor(t)
	p.refused(v, p.signIn(v), "login_not_recent")
	p.wantRecent(nil)
	p.letIn(v, p.signIn(v), ada)
}

// TestPysaml2KeyRotation: two certificates at once, then the new one alone, where somebody
// pastes the metadata.
func TestPysaml2KeyRotation(t *testing.T) {
	t.Parallel()
	p := newPysaml2(t, nil)
	old, next := pairs().own, pairs().next
	signIn := func(with pair, announced ...pair) (*acctest.Visitor, *acctest.Page) {
		p.pair, p.announced = with, announced
		p.provide()
		v := acctest.NewVisitor(t)
		return v, p.signIn(v)
	}
	paste := func() {
		p.configure(obj{"saml": obj{"idp_metadata_xml": acctest.NewVisitor(t).Open(p.entityID).Text}})
	}
	paste()
	v, page := signIn(old)
	id := p.letIn(v, page, ada).ID
	v, page = signIn(next)
	p.refused(v, page, "foreign_key")
	signIn(old, next)
	paste()
	for _, with := range []pair{old, next} {
		v, page = signIn(with, old, next)
		if who := p.letIn(v, page, ada); who.ID != id {
			t.Errorf("%+v is not %s", who, id)
		}
	}
	signIn(next)
	paste()
	v, page = signIn(old)
	p.refused(v, page, "foreign_key")
	v, page = signIn(next)
	p.letIn(v, page, ada)
}

// TestPysaml2MetadataByHand: its metadata as text, and as parts, are the same connection.
func TestPysaml2MetadataByHand(t *testing.T) {
	t.Parallel()
	p := newPysaml2(t, nil)
	metadata := acctest.NewVisitor(t).Open(p.entityID).Text
	for name, settings := range map[string]obj{
		"text":  {"idp_metadata_xml": metadata},
		"parts": {"idp_entity_id": p.entityID, "idp_sso_url": p.endpoints["redirect"], "idp_certificates": []string{p.pair.certificate}},
		"bare":  {"idp_entity_id": p.entityID, "idp_sso_url": p.endpoints["redirect"], "idp_certificates": []string{p.pair.bare()}},
	} {
		p.configure(obj{"saml": settings})
		var saved struct {
			SAML struct {
				EntityID     string   `json:"idp_entity_id"`
				SSOURL       string   `json:"idp_sso_url"`
				Certificates []obj    `json:"idp_certificates"`
				Warnings     []string `json:"idp_metadata_warnings"`
			} `json:"saml"`
		}
		p.api(http.MethodGet, "/sso/connections/"+p.connection, nil).Want(http.StatusOK).Into(&saved)
		if saved.SAML.EntityID != p.entityID || saved.SAML.SSOURL != p.endpoints["redirect"] || len(saved.SAML.Certificates) != 1 || len(saved.SAML.Warnings) != 0 {
			t.Errorf("%s: %+v", name, saved.SAML)
		}
		v := acctest.NewVisitor(t)
		page := p.signIn(v)
		if t.Failed() {
			t.Fatal(name)
		}
		p.letIn(v, page, ada)
	}
}
