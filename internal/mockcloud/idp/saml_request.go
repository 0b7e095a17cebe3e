package idp

import (
	"bytes"
	"compress/flate"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/beevik/etree"
	crewjam "github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"
)

// authnRequest is what a request asks for (SAML Core 3.4.1). Without an id
// the login was not requested.
type authnRequest struct {
	id           string
	issuer       string
	acs          string
	nameIDFormat string
	relayState   string
}

const (
	// maxInflated bounds what a deflated request may become.
	maxInflated = 64 << 10
	// requestLife is how old a request may be, and how far clocks may be apart.
	requestLife = 10 * time.Minute
)

// readAuthnRequest reads a request in the redirect binding (in the query, even
// when the page is answered) or in the POST binding (in the form).
func (p *IdP) readAuthnRequest(r *http.Request) (authnRequest, error) {
	var none authnRequest
	encoded, relayState, byRedirect := r.URL.Query().Get("SAMLRequest"), r.URL.Query().Get("RelayState"), true
	if r.URL.RawQuery == "" {
		encoded, relayState, byRedirect = r.PostFormValue("SAMLRequest"), r.PostFormValue("RelayState"), false
	}
	if encoded == "" {
		return none, errors.New("there is no SAMLRequest")
	}
	message, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return none, errors.New("the SAMLRequest is not base64")
	}
	if byRedirect {
		if message, err = inflate(message); err != nil {
			return none, err
		}
	}
	if err := p.checkSigned(r.URL.RawQuery, message, byRedirect); err != nil {
		return none, err
	}
	var m crewjam.AuthnRequest
	if err := xml.Unmarshal(message, &m); err != nil {
		return none, errors.New("it is not an AuthnRequest")
	}
	if err := p.checkAuthnRequest(&m); err != nil {
		return none, err
	}
	request := authnRequest{id: m.ID, issuer: m.Issuer.Value, acs: m.AssertionConsumerServiceURL, relayState: relayState}
	if m.NameIDPolicy != nil && m.NameIDPolicy.Format != nil {
		request.nameIDFormat = *m.NameIDPolicy.Format
	}
	if _, err := request.nameID(Person{}); err != nil {
		return none, err
	}
	return request, nil
}

func inflate(message []byte) ([]byte, error) {
	out, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(message)), maxInflated+1))
	if err != nil {
		return nil, errors.New("the SAMLRequest is not deflated, as the redirect binding has it")
	}
	if len(out) > maxInflated {
		return nil, fmt.Errorf("the SAMLRequest is larger than %d KiB", maxInflated>>10)
	}
	return out, nil
}

func (p *IdP) checkAuthnRequest(m *crewjam.AuthnRequest) error {
	age := p.clock().Sub(m.IssueInstant)
	switch {
	case m.ID == "" || m.Version != "2.0":
		return errors.New("it is not SAML 2.0 or has no ID")
	case m.Issuer == nil || m.Issuer.Value == "":
		return errors.New("it does not say who asks (Issuer)")
	case m.Destination != "" && m.Destination != p.SAMLSSOURL():
		return errors.New("it is for another identity provider (Destination)")
	case m.AssertionConsumerServiceURL == "":
		return errors.New("it does not say where the answer goes (AssertionConsumerServiceURL)")
	case m.ProtocolBinding != "" && m.ProtocolBinding != crewjam.HTTPPostBinding:
		return errors.New("answers are only sent by POST (ProtocolBinding)")
	case m.IsPassive != nil && *m.IsPassive:
		return errors.New("there are no sessions here: every login asks who it is (IsPassive)")
	case age > requestLife || age < -requestLife:
		return errors.New("it is too old, or the clocks are apart (IssueInstant)")
	}
	return nil
}

// checkSigned looks at the signature where requests must be signed: in the query
// (SAML Bindings 3.4.4.1) or in the message (3.5.4).
func (p *IdP) checkSigned(query string, message []byte, byRedirect bool) error {
	certificates := p.saml.requests()
	if len(certificates) == 0 {
		return nil
	}
	if !byRedirect {
		doc := etree.NewDocument()
		if err := doc.ReadFromBytes(message); err != nil || doc.Root() == nil {
			return errors.New("it is not XML")
		}
		context := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: certificates})
		context.Clock = dsig.NewFakeClockAt(p.clock())
		if _, err := context.Validate(doc.Root()); err != nil {
			return errors.New("it is not signed with the application's key")
		}
		return nil
	}
	// The signature is over the parameters as they stand in the query, in this
	// order whatever theirs.
	raw := map[string]string{}
	for part := range strings.SplitSeq(query, "&") {
		if name, _, ok := strings.Cut(part, "="); ok {
			raw[name] = part
		}
	}
	signed := raw["SAMLRequest"]
	if relayState, ok := raw["RelayState"]; ok {
		signed += "&" + relayState
	}
	signed += "&" + raw["SigAlg"]
	values, err := url.ParseQuery(query)
	if err != nil || values.Get("SigAlg") != dsig.RSASHA256SignatureMethod {
		return errors.New("it is not signed with RSA-SHA256")
	}
	signature, err := base64.StdEncoding.DecodeString(values.Get("Signature"))
	if err != nil {
		return errors.New("its signature is not base64")
	}
	for _, certificate := range certificates {
		if certificate.CheckSignature(x509.SHA256WithRSA, []byte(signed), signature) == nil {
			return nil
		}
	}
	return errors.New("it is not signed with the application's key")
}
