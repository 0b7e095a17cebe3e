package idp

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"time"

	crewjam "github.com/crewjam/saml"
)

// SAMLSigning is what is signed of a SAML answer.
type SAMLSigning int

// What can be signed.
const (
	SignAssertion SAMLSigning = iota
	SignResponse
	SignBoth
)

const samlProtocol = "urn:oasis:names:tc:SAML:2.0:protocol"

func registerSAML(p *IdP, _ Config) error {
	p.saml = &samlState{clock: p.clock}
	p.modes = append(p.modes, samlModes()...)
	p.handle("GET", "/saml/metadata", p.samlMetadata)
	p.handle("GET", "/saml/sso", p.samlSSO)
	p.handle("POST", "/saml/sso", p.form(p.samlSSO))
	p.handle("PUT", "/saml/settings", p.guarded(p.putSAML))
	p.handle("GET", "/saml/start", p.samlStart)
	p.handle("POST", "/saml/start", p.form(p.samlStart))
	return nil
}

// SAMLEntityID is the provider's name, which is where its metadata is, too.
func (p *IdP) SAMLEntityID() string { return p.url("/saml/metadata") }

// SAMLSSOURL is where requests are sent to, by redirect or by POST.
func (p *IdP) SAMLSSOURL() string { return p.url("/saml/sso") }

// SAMLStartURL is where a login begins that no application asked for (SAML
// Profiles 4.1.5): the answer goes to the consumer URL of the application of
// that entity id, with that relay state.
func (p *IdP) SAMLStartURL(entityID, acs, relayState string) string {
	query := url.Values{"sp": {entityID}, "acs": {acs}}
	if relayState != "" {
		query.Set("RelayState", relayState)
	}
	return p.url("/saml/start") + "?" + query.Encode()
}

// samlMetadata serves SAML Metadata 2.4.3, with all certificates that are
// published at the moment.
func (p *IdP) samlMetadata(w http.ResponseWriter, _ *http.Request) {
	certificates, err := p.saml.published()
	if err != nil {
		p.problem(w, http.StatusInternalServerError, "The provider has no key: "+err.Error())
		return
	}
	wantsSigned := p.saml.requests() != nil
	role := crewjam.IDPSSODescriptor{WantAuthnRequestsSigned: &wantsSigned}
	role.ProtocolSupportEnumeration = samlProtocol
	role.NameIDFormats = []crewjam.NameIDFormat{crewjam.EmailAddressNameIDFormat, crewjam.PersistentNameIDFormat}
	for _, certificate := range certificates {
		role.KeyDescriptors = append(role.KeyDescriptors, crewjam.KeyDescriptor{
			Use: "signing",
			KeyInfo: crewjam.KeyInfo{X509Data: crewjam.X509Data{X509Certificates: []crewjam.X509Certificate{
				{Data: base64.StdEncoding.EncodeToString(certificate.Raw)},
			}}},
		})
	}
	for _, binding := range []string{crewjam.HTTPRedirectBinding, crewjam.HTTPPostBinding} {
		role.SingleSignOnServices = append(role.SingleSignOnServices, crewjam.Endpoint{Binding: binding, Location: p.SAMLSSOURL()})
	}
	body, err := xml.MarshalIndent(crewjam.EntityDescriptor{
		EntityID:          p.SAMLEntityID(),
		ValidUntil:        p.clock().UTC().Add(7 * 24 * time.Hour),
		IDPSSODescriptors: []crewjam.IDPSSODescriptor{role},
	}, "", "  ")
	if err != nil {
		p.problem(w, http.StatusInternalServerError, "The metadata could not be created: "+err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/samlmetadata+xml")
	_, _ = w.Write(p.bendSAMLMetadata(append([]byte(xml.Header), body...))) // fails only when the caller is gone
}

// samlSSO takes a request, by redirect or by POST, and the page's answer to it
// (SAML Profiles 4.1.3). The request goes along in the page, and is checked again
// with its answer, so nothing is kept for those who never answer.
func (p *IdP) samlSSO(w http.ResponseWriter, r *http.Request) {
	request, err := p.readAuthnRequest(r)
	if err != nil {
		p.problem(w, http.StatusBadRequest, "The application's request is not understood: "+err.Error()+".")
		return
	}
	page := question{Application: request.issuer, Action: p.SAMLSSOURL()}
	if r.URL.RawQuery != "" {
		page.Action += "?" + r.URL.RawQuery
	} else {
		page.Hidden = []hidden{{"SAMLRequest", r.PostFormValue("SAMLRequest")}, {"RelayState", request.relayState}}
	}
	p.samlAsk(w, r, page, request)
}

// samlStart begins a login that no application asked for.
func (p *IdP) samlStart(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	request := authnRequest{issuer: query.Get("sp"), acs: query.Get("acs"), relayState: query.Get("RelayState")}
	if request.issuer == "" {
		p.problem(w, http.StatusBadRequest, "The link does not say which application to log in to (sp).")
		return
	}
	p.samlAsk(w, r, question{Application: request.issuer, Action: p.url("/saml/start") + "?" + r.URL.RawQuery}, request)
}

// samlAsk shows the page that asks who is logging in, or reads its answer.
func (p *IdP) samlAsk(w http.ResponseWriter, r *http.Request, page question, request authnRequest) {
	acs, ok := p.mayRedirectTo(request.acs)
	if !ok {
		p.problem(w, http.StatusBadRequest, "The application wants its answer at an address (AssertionConsumerServiceURL) that this identity provider does not know.")
		return
	}
	const choosing = "choosing" // tells the page's own form from an application's
	page.Hidden = append(page.Hidden, hidden{choosing, "1"})
	if r.Method == http.MethodGet || r.PostFormValue(choosing) == "" {
		p.ask(w, page)
		return
	}
	person, problem := p.chosen(r)
	if problem != "" {
		page.Problem = problem
		p.ask(w, page)
		return
	}
	respond := p.samlResponse
	if person.Left {
		respond = p.samlRefusal
	}
	response, err := respond(person, request)
	if err != nil {
		p.problem(w, http.StatusInternalServerError, "The answer could not be created: "+err.Error())
		return
	}
	w.Header().Set("Content-Security-Policy", policy(origin(acs)))
	// With same-origin, browsers would post the answer as from nowhere (Origin: null).
	w.Header().Set("Referrer-Policy", "origin")
	p.render(w, http.StatusOK, "saml_answer.html", struct {
		Application, ACS, Response, RelayState string
		Left                                   bool
	}{request.issuer, request.acs, base64.StdEncoding.EncodeToString(response), request.relayState, person.Left})
}

// nameID is how the person is called in an answer: as the request asks, else by
// email address (SAML Core 3.4.1.1).
func (r authnRequest) nameID(person Person) (*crewjam.NameID, error) {
	switch crewjam.NameIDFormat(r.nameIDFormat) {
	case "", crewjam.UnspecifiedNameIDFormat, crewjam.EmailAddressNameIDFormat:
		return &crewjam.NameID{Format: string(crewjam.EmailAddressNameIDFormat), Value: person.Email}, nil
	case crewjam.PersistentNameIDFormat:
		return &crewjam.NameID{Format: string(crewjam.PersistentNameIDFormat), Value: person.Subject}, nil
	}
	return nil, fmt.Errorf("the NameID format %q is not offered", r.nameIDFormat)
}
