package saml_test

import (
	"bytes"
	"crypto/x509"
	"encoding/xml"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"testing"
	"time"

	crewjam "github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// applications knows service providers by their metadata.
type applications map[string]*crewjam.EntityDescriptor

// GetServiceProvider is for crewjam's identity provider.
func (a applications) GetServiceProvider(_ *http.Request, id string) (*crewjam.EntityDescriptor, error) {
	if found, ok := a[id]; ok {
		return found, nil
	}
	return nil, os.ErrNotExist
}

// An identity provider that others wrote understands our metadata and requests,
// and we its metadata and answers. Its clock is the real one.
func TestInteroperatesWithAnotherIdentityProvider(t *testing.T) {
	t.Parallel()
	address := func(s string) url.URL {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return *u
	}
	key, certificate, err := saml.NewKey("idp", time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	known := applications{}
	provider := &crewjam.IdentityProvider{
		Key: key, Certificate: certificate, MetadataURL: address(idpID), SSOURL: address(idpSSO),
		ServiceProviderProvider: known, SignatureMethod: dsig.RSASHA256SignatureMethod,
	}
	theirs, err := xml.Marshal(provider.Metadata())
	if err != nil {
		t.Fatal(err)
	}
	m, err := samlmetadata.Read(bytes.NewReader(theirs), samlmetadata.Options{Now: time.Now()})
	if err != nil {
		t.Fatalf("their metadata: %v", err)
	}
	conn := saml.Connection{ID: "conn_1", IDPEntityID: m.EntityID, Certificates: m.Certificates, NameIDFormat: saml.NameIDPersistent}
	conn.Binding, conn.SSOURL = saml.Binding(m.SSO.Binding), m.SSO.Location
	if m.EntityID != idpID || len(m.Certificates) != 1 || !m.Certificates[0].Equal(certificate) || conn.SSOURL != idpSSO {
		t.Fatalf("their metadata: %+v", m)
	}
	sp := &saml.ServiceProvider{
		EntityID: spID, ACSURL: spACS, Key: keys().sp.key, Certificate: keys().sp.certificate, Logins: saml.NewLogins(time.Now),
	}
	ours, err := sp.Metadata(conn)
	if err != nil {
		t.Fatal(err)
	}
	var descriptor crewjam.EntityDescriptor
	unmarshal(t, ours, &descriptor)
	known[spID] = &descriptor

	request, err := sp.AuthnRequest(conn, saml.Start{ReturnTo: returnTo})
	if err != nil {
		t.Fatal(err)
	}
	received, err := crewjam.NewIdpAuthnRequest(provider, httptest.NewRequestWithContext(t.Context(), http.MethodGet, request.URL, nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := received.Validate(); err != nil {
		t.Fatalf("our request: %v", err)
	}
	session := &crewjam.Session{
		ID: "s", NameID: "u1", NameIDFormat: saml.NameIDPersistent, Index: "i", UserEmail: someone, Groups: []string{"a", "b"},
		CustomAttributes: []crewjam.Attribute{{Name: "email", Values: []crewjam.AttributeValue{{Type: "xs:string", Value: someone}}}},
	}
	if err := (crewjam.DefaultAssertionMaker{}).MakeAssertion(received, session); err != nil {
		t.Fatal(err)
	}
	form, err := received.PostBinding()
	if err != nil {
		t.Fatal(err)
	}
	if form.URL != spACS || form.RelayState != returnTo {
		t.Fatalf("posted to %s with %q", form.URL, form.RelayState)
	}
	login, err := sp.Accept(conn, form.SAMLResponse, form.RelayState)
	if err != nil {
		t.Fatalf("their answer: %v", err)
	}
	if id := login.Identity; id.Subject != "u1" || id.Email != someone || id.Issuer != idpID {
		t.Errorf("identity: %+v", id)
	}
}

// What the tests here call a right answer is one for crewjam's service provider as
// well. It judges by the real time.
func TestOurAnswersAreGoodForAnotherServiceProvider(t *testing.T) {
	t.Parallel()
	key, certificate, err := saml.NewKey("idp", time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	acs, err := url.Parse(spACS)
	if err != nil {
		t.Fatal(err)
	}
	m, err := samlmetadata.ReadText(entityXML("", roleXML(certificateXML("signing", certificate)+ssoRedirect)), samlmetadata.Options{Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	var theirs crewjam.EntityDescriptor
	unmarshal(t, []byte(entityXML("", roleXML(certificateXML("signing", m.Certificates...)+ssoRedirect))), &theirs)
	for _, sign := range []string{"assertion", "response", "both"} {
		w := newWorld()
		w.now = time.Now().UTC()
		w.conn.Certificates = []*x509.Certificate{certificate}
		a := w.newAnswer(w.begin(t))
		a.sign, a.with, a.instant = sign, keypair{key, certificate}, w.now.Format(time.RFC3339)
		text := write(t, a.tree(t))
		sp := &crewjam.ServiceProvider{EntityID: spID, AcsURL: *acs, IDPMetadata: &theirs}
		assertion, err := sp.ParseXMLResponse(text, []string{a.request}, *acs)
		if err != nil {
			var refused *crewjam.InvalidResponseError
			if errors.As(err, &refused) {
				err = refused.PrivateErr
			}
			t.Fatalf("%s: %v", sign, err)
		}
		login, err := w.accept(encode(text))
		if err != nil {
			t.Fatalf("%s, ours: %v", sign, err)
		}
		lastName := ""
		for _, attribute := range assertion.AttributeStatements[0].Attributes {
			if attribute.Name == "lastName" {
				lastName = attribute.Values[0].Value
			}
		}
		if id := login.Identity; assertion.Subject.NameID.Value != id.Subject || lastName == "" || lastName != id.LastName {
			t.Errorf("%s: %+v is not %+v", sign, assertion.Subject.NameID, id)
		}
	}
}
