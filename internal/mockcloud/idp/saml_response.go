package idp

import (
	"crypto/rand"
	"crypto/x509"
	"time"

	"github.com/beevik/etree"
	crewjam "github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"
)

// assertionLife is how long an answer can be used.
const assertionLife = 5 * time.Minute

// samlResponse makes an answer (SAML Profiles 4.1.4.2), signed.
func (p *IdP) samlResponse(person Person, request authnRequest) ([]byte, error) {
	name, err := request.nameID(person)
	if err != nil {
		return nil, err
	}
	key, signing, err := p.saml.current()
	if err != nil {
		return nil, err
	}
	response := p.unsignedResponse(person, request, name)
	p.bendSAML(response)
	s := signer{key: key, method: dsig.RSASHA256SignatureMethod, what: signing}
	if err := p.bendSAMLSigner(&s); err != nil {
		return nil, err
	}
	if s.encryptFor, err = p.encryptionCertificate(request); err != nil {
		return nil, err
	}
	tree, err := s.sign(response)
	if err != nil {
		return nil, err
	}
	p.bendSAMLTree(tree)
	doc := etree.NewDocument()
	doc.SetRoot(tree)
	out, err := doc.WriteToBytes()
	if err != nil {
		return nil, err
	}
	return p.bendSAMLBytes(out), nil
}

// samlRefusal returns the answer that a person may not log in (SAML Core 3.2.2.2), signed as a
// whole.
func (p *IdP) samlRefusal(person Person, request authnRequest) ([]byte, error) {
	key, _, err := p.saml.current()
	if err != nil {
		return nil, err
	}
	response := p.unsignedResponse(person, request, &crewjam.NameID{})
	response.Assertion = nil
	response.Status.StatusCode = crewjam.StatusCode{
		Value: crewjam.StatusResponder, StatusCode: &crewjam.StatusCode{Value: crewjam.StatusRequestDenied},
	}
	tree := response.Element()
	s := signer{key: key, method: dsig.RSASHA256SignatureMethod, what: SignResponse}
	if err := s.envelop(tree); err != nil {
		return nil, err
	}
	doc := etree.NewDocument()
	doc.SetRoot(tree)
	return doc.WriteToBytes()
}

func (p *IdP) unsignedResponse(person Person, request authnRequest, name *crewjam.NameID) *crewjam.Response {
	now := p.clock().UTC().Truncate(time.Millisecond)
	issuer := crewjam.Issuer{Value: p.SAMLEntityID()}
	assertion := &crewjam.Assertion{
		ID:           "_" + rand.Text(),
		Version:      "2.0",
		IssueInstant: now,
		Issuer:       issuer,
		Subject: &crewjam.Subject{
			NameID: name,
			SubjectConfirmations: []crewjam.SubjectConfirmation{{
				Method: "urn:oasis:names:tc:SAML:2.0:cm:bearer",
				SubjectConfirmationData: &crewjam.SubjectConfirmationData{
					InResponseTo: request.id,
					Recipient:    request.acs,
					NotOnOrAfter: now.Add(assertionLife),
				},
			}},
		},
		Conditions: &crewjam.Conditions{
			NotBefore:            now.Add(-time.Minute),
			NotOnOrAfter:         now.Add(assertionLife),
			AudienceRestrictions: []crewjam.AudienceRestriction{{Audience: crewjam.Audience{Value: request.issuer}}},
		},
		AuthnStatements: []crewjam.AuthnStatement{{
			AuthnInstant: now,
			SessionIndex: "_" + rand.Text(),
			AuthnContext: crewjam.AuthnContext{AuthnContextClassRef: &crewjam.AuthnContextClassRef{
				Value: "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified",
			}},
		}},
		AttributeStatements: []crewjam.AttributeStatement{{Attributes: samlAttributes(person)}},
	}
	return &crewjam.Response{
		ID:           "_" + rand.Text(),
		InResponseTo: request.id,
		Version:      "2.0",
		IssueInstant: now,
		Destination:  request.acs,
		Issuer:       &issuer,
		Status:       crewjam.Status{StatusCode: crewjam.StatusCode{Value: crewjam.StatusSuccess}},
		Assertion:    assertion,
	}
}

func samlAttributes(person Person) []crewjam.Attribute {
	out := []crewjam.Attribute{samlAttribute("email", person.Email)}
	if person.FirstName != "" {
		out = append(out, samlAttribute("firstName", person.FirstName))
	}
	if person.LastName != "" {
		out = append(out, samlAttribute("lastName", person.LastName))
	}
	if len(person.Groups) > 0 {
		out = append(out, samlAttribute("groups", person.Groups...))
	}
	return out
}

func samlAttribute(name string, values ...string) crewjam.Attribute {
	a := crewjam.Attribute{Name: name, NameFormat: "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"}
	for _, value := range values {
		a.Values = append(a.Values, crewjam.AttributeValue{Type: "xs:string", Value: value})
	}
	return a
}

// signer signs answers.
type signer struct {
	key    samlKey
	method string
	what   SAMLSigning
	// nothing leaves the signatures out.
	nothing bool
	// encryptFor encrypts the assertion, unless it is nil.
	encryptFor *x509.Certificate
}

// sign returns the answer as XML: the assertion is signed first, as the response's
// signature is over it, too.
func (s signer) sign(response *crewjam.Response) (*etree.Element, error) {
	assertion := response.Assertion.Element()
	response.Assertion = nil
	tree := response.Element()
	if s.what != SignResponse && !s.nothing {
		if err := s.envelop(assertion); err != nil {
			return nil, err
		}
	}
	if s.encryptFor != nil {
		var err error
		if assertion, err = encrypted(assertion, s.encryptFor); err != nil {
			return nil, err
		}
	}
	tree.AddChild(assertion)
	if s.what != SignAssertion && !s.nothing {
		if err := s.envelop(tree); err != nil {
			return nil, err
		}
	}
	return tree, nil
}

// envelop puts a signature into an element, after its issuer (SAML Core 2.3.3).
func (s signer) envelop(el *etree.Element) error {
	context, err := dsig.NewSigningContext(s.key.private, [][]byte{s.key.certificate.Raw})
	if err != nil {
		return err
	}
	context.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	if err := context.SetSignatureMethod(s.method); err != nil {
		return err
	}
	// A copy, as canonicalizing changes what it is given.
	signature, err := context.ConstructSignature(el.Copy(), true)
	if err != nil {
		return err
	}
	after := 0
	if issuer := el.SelectElement("Issuer"); issuer != nil {
		after = issuer.Index() + 1
	}
	el.InsertChildAt(after, signature)
	return nil
}
