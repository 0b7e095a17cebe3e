//go:build interop

package interop

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

const samlpMetadata = "/FederationMetadata/2007-06/FederationMetadata.xml"

// samlpWorld is a world whose people log in at npm's samlp.
type samlpWorld struct {
	*world
	*front
	us      serviceProvider
	program *opponent
	pair    pair
	// person is who is logged in there.
	person, options obj
}

// newSAMLP makes an identity provider, and the connection to it by its metadata. It is
// told the ACS URL, for without that it sends its answers nowhere.
func newSAMLP(t testing.TB, change func(*samlpWorld)) *samlpWorld {
	t.Helper()
	s := &samlpWorld{world: newWorld(t), program: get(t, samlp), pair: pairs().own}
	s.front = newFront(t, s.program)
	s.us = s.serviceProvider()
	s.person = samlpAda()
	s.options = obj{"destination": s.us.ACS, "recipient": s.us.ACS}
	if change != nil {
		change(s)
	}
	s.provide()
	s.connect("GenericSAML", obj{"saml": obj{"idp_metadata_url": s.issuer + samlpMetadata}})
	return s
}

func samlpAda() obj {
	return obj{"id": "auth0|ada", "email": ada, "given_name": "Ada", "family_name": "Lovelace"}
}

func samlpGrace() obj {
	return obj{"id": "auth0|grace", "email": grace, "given_name": "Grace", "family_name": "Hopper"}
}

// in is the same for a subtest.
func (s *samlpWorld) in(t testing.TB) *samlpWorld {
	other := *s
	other.world = s.world.in(t)
	return &other
}

// provide has the identity provider be as it is configured.
func (s *samlpWorld) provide() {
	s.t.Helper()
	options := maps.Clone(s.options)
	options["key"], options["cert"] = s.pair.key, s.pair.certificate
	s.program.must(s.t, obj{"issuer": s.issuer, "acs": s.us.ACS, "person": s.person, "options": options}, &obj{})
}

// paste has the connection know the metadata as text, so that it follows no change of it.
func (s *samlpWorld) paste() {
	s.t.Helper()
	s.configure(obj{"saml": obj{"idp_metadata_xml": acctest.NewVisitor(s.t).Open(s.issuer + samlpMetadata).Text}})
}

// begin goes to the identity provider, which answers at once.
func (s *samlpWorld) begin(v *acctest.Visitor) *acctest.Page {
	s.t.Helper()
	p := s.login(v, ada)
	if strings.HasPrefix(p.URL.String(), s.URL) && p.Field("SAMLRequest") != "" {
		p = p.Submit(nil) // by a form
	}
	if p.Status != http.StatusOK || !strings.HasPrefix(p.URL.String(), s.issuer) {
		s.t.Fatalf("%s answered %d: %s", p.URL, p.Status, p.Text)
	}
	return p
}

// signIn signs in the user who is signed in there.
func (s *samlpWorld) signIn(v *acctest.Visitor) *acctest.Page {
	s.t.Helper()
	return s.begin(v).Submit(nil)
}

// TestSAMLPLogins: whatever samlp signs and however, the member and somebody new are let
// in, and stay the same.
func TestSAMLPLogins(t *testing.T) {
	t.Parallel()
	option := func(name string, value any) func(*samlpWorld) {
		return func(s *samlpWorld) { s.options[name] = value }
	}
	for name, change := range map[string]func(*samlpWorld){
		"the assertion signed":            nil,
		"both signed":                     option("signResponse", true),
		"the response signed":             func(s *samlpWorld) { s.options["signResponse"], s.options["signAssertion"] = true, false },
		"signatures with a prefix":        option("signatureNamespacePrefix", "ds"),
		"attributes without types":        option("typedAttributes", false),
		"attributes without a NameFormat": option("includeAttributeNameFormat", false),
		"a persistent NameID":             option("nameIdentifierFormat", "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"),
		"a session index":                 option("sessionIndex", "_index"),
		"several audiences":               func(s *samlpWorld) { s.options["audience"] = []string{"https://other.example.com", s.us.EntityID} },
		"a short life":                    option("lifetimeInSeconds", 60),
		"more attributes, in groups": func(s *samlpWorld) {
			s.person["more"] = obj{"groups": []string{"engines", "poets"}, "admin": true, "n": 3}
		},
		"requests by a form":               withoutRedirect(t),
		"requests signed, by the redirect": func(s *samlpWorld) { s.options["signed"] = true },
		"requests signed, by a form": func(s *samlpWorld) {
			withoutRedirect(t)(s)
			s.options["signed"] = true
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSAMLP(t, change)
			if s.options["signed"] == true {
				delete(s.options, "signed")
				s.wantSigned(pairs().foreign.bare())
				s.configure(obj{"saml": obj{"sign_authn_requests": true}})
				if p := s.login(acctest.NewVisitor(t), ada); !failed(p) {
					t.Errorf("samlp takes a request by whatever key: %s", p.Text)
				}
				s.wantSigned(certificateIn(t, acctest.NewVisitor(t).Open(s.us.MetadataURL).Text))
			}
			known := s.MemberNamed(ada).UserID
			v := acctest.NewVisitor(t)
			for range 2 {
				if who := s.letIn(v, s.signIn(v), ada); who.ID != known {
					t.Errorf("%+v is not the member %s", who, known)
				}
			}
			more := s.person["more"]
			s.person = samlpGrace()
			s.person["more"] = more
			s.provide()
			v = acctest.NewVisitor(t)
			who := s.letIn(v, s.signIn(v), grace)
			if who.ID == known || who.FirstName != "Grace" || who.LastName != "Hopper" {
				t.Errorf("who is new is %+v", who)
			}
			if reasons := s.refusals.take(); reasons != nil {
				t.Errorf("refused for %q", reasons)
			}
		})
	}
}

// withoutRedirect has the metadata offer no redirect.
func withoutRedirect(t *testing.T) func(*samlpWorld) {
	return func(s *samlpWorld) {
		s.change(samlpMetadata, func(body []byte) []byte {
			return []byte(strings.Replace(string(body), between(t, string(body), `<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"`, "/>"), "", 1))
		})
	}
}

// wantSigned has samlp verify that requests are signed by the key of this certificate.
func (s *samlpWorld) wantSigned(certificate string) {
	s.t.Helper()
	var lines []string
	for rest := certificate; rest != ""; rest = rest[min(64, len(rest)):] {
		lines = append(lines, rest[:min(64, len(rest))])
	}
	s.options["signingCert"] = "-----BEGIN CERTIFICATE-----\n" + strings.Join(lines, "\n") + "\n-----END CERTIFICATE-----\n"
	s.provide()
}

// failed reports whether samlp took a request, sent by a form or not, for none.
func failed(p *acctest.Page) bool {
	if p.Field("SAMLRequest") != "" {
		p = p.Submit(nil)
	}
	return p.Status == http.StatusInternalServerError && strings.HasPrefix(p.Text, "samlp failed")
}

// certificateIn returns the first certificate of a metadata document, as base64.
func certificateIn(t testing.TB, metadata string) string {
	t.Helper()
	found := between(t, metadata, "X509Certificate", "</")
	_, text, _ := strings.Cut(strings.TrimSuffix(found, "</"), ">")
	return strings.Join(strings.Fields(text), "")
}

// TestSAMLPHabits: what samlp does unless it is told otherwise, and mockcloud refuses.
func TestSAMLPHabits(t *testing.T) {
	t.Parallel()
	s := newSAMLP(t, nil)
	s.paste()
	for name, row := range map[string]struct {
		want   string
		change func(options obj)
	}{
		// The audience, which is no address.
		"its own Destination":       {"destination", func(o obj) { delete(o, "destination") }},
		"no Recipient":              {"recipient", func(o obj) { delete(o, "recipient") }},
		"SHA-1":                     {"weak_algorithm", func(o obj) { o["signatureAlgorithm"], o["digestAlgorithm"] = "rsa-sha1", "sha1" }},
		"SHA-1 as the digest":       {"weak_algorithm", func(o obj) { o["digestAlgorithm"] = "sha1" }},
		"nothing signed":            {"unsigned", func(o obj) { o["signAssertion"] = false }},
		"another audience":          {"audience", func(o obj) { o["audience"] = "https://other.example.com" }},
		"the ACS URL as audience":   {"audience", func(o obj) { o["audience"] = s.us.ACS }},
		"another request":           {"unknown_request", func(o obj) { o["inResponseTo"] = "_another" }},
		"a transient NameID":        {"name_id_format", func(o obj) { o["nameIdentifierFormat"] = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient" }},
		"a foreign key's signature": {"foreign_key", func(o obj) { o["foreign"] = true }},
		"a status that is no success": {"status", func(o obj) {
			o["samlStatusCode"] = "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			changed := s.in(t)
			changed.options = maps.Clone(s.options)
			row.change(changed.options)
			if changed.options["foreign"] == true {
				delete(changed.options, "foreign")
				changed.pair = pairs().foreign
			}
			changed.provide()
			v := acctest.NewVisitor(t)
			changed.refused(v, changed.signIn(v), row.want)
		})
	}
	s.provide()
	v := acctest.NewVisitor(t)
	s.letIn(v, s.signIn(v), ada)
}

// TestSAMLPTampered: answers changed after they were signed, or used otherwise than they
// were meant.
func TestSAMLPTampered(t *testing.T) {
	t.Parallel()
	for signing, options := range map[string]obj{
		"assertion": {}, "response": {"signResponse": true, "signAssertion": false}, "both": {"signResponse": true},
	} {
		t.Run(signing, func(t *testing.T) {
			t.Parallel()
			s := newSAMLP(t, func(s *samlpWorld) { maps.Copy(s.options, options) })
			s.tamper(t, signing, "auth0|ada", s.begin)
		})
	}
}

// TestSAMLPReplay: an answer counts once, and in the browser that began.
func TestSAMLPReplay(t *testing.T) {
	t.Parallel()
	s := newSAMLP(t, nil)
	v, thief := acctest.NewVisitor(t), acctest.NewVisitor(t)
	page := s.begin(v)
	s.letIn(v, page.Submit(nil), ada)
	s.turnedAway(page.Submit(nil), "replayed_assertion")

	// The thief has the victim post an answer of their own.
	s.person = samlpGrace()
	s.provide()
	theirs := s.login(thief, grace)
	s.turnedAway(v.Post(s.us.ACS, map[string][]string{
		"SAMLResponse": {theirs.Field("SAMLResponse")}, "RelayState": {theirs.Field("RelayState")},
	}), "browser_mismatch")
	s.refused(thief, theirs.Submit(nil), "replayed_assertion")
}

// TestSAMLPInitiated: logins that begin at samlp count only where they are allowed, and
// once the person agreed.
func TestSAMLPInitiated(t *testing.T) {
	t.Parallel()
	s := newSAMLP(t, func(s *samlpWorld) {
		s.options["audience"], s.options["RelayState"] = s.us.EntityID, "https://evil.example.com/"
	})
	begin := func(v *acctest.Visitor) *acctest.Page { return v.Open(s.issuer + "/samlp") }
	v := acctest.NewVisitor(t)
	s.refused(v, begin(v).Submit(nil), "unsolicited")

	s.configure(obj{"saml": obj{"allow_idp_initiated": true}})
	page := begin(v)
	asked := page.Submit(nil)
	if me := v.Open(s.URL + "/api/me"); me.Status != http.StatusUnauthorized {
		t.Errorf("there is a session before the person agreed: %s", me.Text)
	}
	known := s.MemberNamed(ada).UserID
	if who := s.letIn(v, asked.Submit(nil), ada); who.ID != known {
		t.Errorf("%+v is not the member %s", who, known)
	}
	s.turnedAway(page.Submit(nil), "replayed_assertion")
	// One that answers a request stays bound to it.
	v = acctest.NewVisitor(t)
	s.refused(v, post(t, s.begin(v), func(xml string) string {
		return strings.Replace(xml, between(t, xml, ` InResponseTo="`, `"`), "", 1)
	}), "request_mismatch")
}

// TestSAMLPKeyRotation: two certificates at once, then the new one alone, where somebody
// pastes the metadata.
func TestSAMLPKeyRotation(t *testing.T) {
	t.Parallel()
	s := newSAMLP(t, nil)
	old, next := pairs().own, pairs().next
	signIn := func(with pair) (*acctest.Visitor, *acctest.Page) {
		s.pair = with
		s.provide()
		v := acctest.NewVisitor(t)
		return v, s.signIn(v)
	}
	s.paste()
	v, p := signIn(old)
	id := s.letIn(v, p, ada).ID
	v, p = signIn(next)
	s.refused(v, p, "foreign_key")

	// It announces its next key beside the old one.
	s.pair = old
	s.provide()
	s.change(samlpMetadata, func(body []byte) []byte { return []byte(announced(t, string(body), old, next)) })
	s.paste()
	for _, with := range []pair{old, next, old} {
		v, p = signIn(with)
		if who := s.letIn(v, p, ada); who.ID != id {
			t.Errorf("%+v is not %s", who, id)
		}
	}
	// Then the old one is gone.
	s.change(samlpMetadata, nil)
	s.pair = next
	s.provide()
	s.paste()
	v, p = signIn(old)
	s.refused(v, p, "foreign_key")
	v, p = signIn(next)
	s.letIn(v, p, ada)
}

// announced has another key beside the one in samlp's metadata.
func announced(t testing.TB, metadata string, one, other pair) string {
	t.Helper()
	descriptor := between(t, metadata, "<KeyDescriptor", "</KeyDescriptor>")
	return strings.Replace(metadata, descriptor, descriptor+strings.Replace(descriptor, one.bare(), other.bare(), 1), 1)
}
