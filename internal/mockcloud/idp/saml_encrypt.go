package idp

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
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
	"github.com/crewjam/saml/xmlenc"
)

// EncryptSAML says whether assertions are encrypted from now on, for the key in the
// application's metadata. That is fetched at its entity id, as that of the server is
// there.
func (p *IdP) EncryptSAML(yes bool) {
	p.saml.mu.Lock()
	defer p.saml.mu.Unlock()
	p.saml.encrypt = yes
}

func (s *samlState) encrypts() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.encrypt
}

// putSAML is PUT /saml/settings: {"encrypt_assertions":true}.
func (p *IdP) putSAML(w http.ResponseWriter, r *http.Request) {
	var given struct {
		Encrypt *bool `json:"encrypt_assertions"`
	}
	if err := json.NewDecoder(r.Body).Decode(&given); err != nil || given.Encrypt == nil {
		fail(w, http.StatusUnprocessableEntity, `The body has to be like {"encrypt_assertions":true}`)
		return
	}
	p.EncryptSAML(*given.Encrypt)
	w.WriteHeader(http.StatusNoContent)
}

// encryptionCertificate returns the certificate that assertions for an application are
// encrypted for; nil where they are not encrypted.
func (p *IdP) encryptionCertificate(request authnRequest) (*x509.Certificate, error) {
	if !p.saml.encrypts() {
		return nil, nil
	}
	at, err := url.Parse(request.issuer)
	acs, acsErr := url.Parse(request.acs)
	// The consumer URL is known to be one of ours, and nothing else is ever fetched.
	if err != nil || acsErr != nil || origin(at) != origin(acs) {
		return nil, errors.New("the application's metadata is not where its consumer URL is, so its key cannot be had")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := p.outside.Do(r)
	if err != nil {
		return nil, fmt.Errorf("fetch the application's metadata: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // all that is wanted has been read
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxRequest))
	if err != nil {
		return nil, fmt.Errorf("fetch the application's metadata: %w", err)
	}
	var metadata crewjam.EntityDescriptor
	if err := xml.Unmarshal(body, &metadata); err != nil {
		return nil, fmt.Errorf("read the application's metadata: %w", err)
	}
	for _, role := range metadata.SPSSODescriptors {
		for _, key := range role.KeyDescriptors {
			if key.Use != "encryption" || len(key.KeyInfo.X509Data.X509Certificates) == 0 {
				continue
			}
			der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(key.KeyInfo.X509Data.X509Certificates[0].Data), ""))
			if err != nil {
				return nil, fmt.Errorf("read the application's certificate: %w", err)
			}
			return x509.ParseCertificate(der)
		}
	}
	return nil, errors.New("the application's metadata has no key for encryption")
}

// encrypted puts an assertion into an EncryptedAssertion (SAML Core 2.3.4), by AES-GCM and
// RSA-OAEP.
func encrypted(assertion *etree.Element, to *x509.Certificate) (*etree.Element, error) {
	doc := etree.NewDocument()
	doc.SetRoot(assertion)
	plain, err := doc.WriteToBytes()
	if err != nil {
		return nil, err
	}
	method := xmlenc.OAEP()
	method.BlockCipher, method.DigestMethod = xmlenc.AES256GCM, xmlenc.SHA1
	data, err := method.Encrypt(to, plain, nil)
	if err != nil {
		return nil, err
	}
	data.CreateAttr("Type", "http://www.w3.org/2001/04/xmlenc#Element")
	out := etree.NewElement("saml:EncryptedAssertion")
	out.CreateAttr("xmlns:saml", "urn:oasis:names:tc:SAML:2.0:assertion")
	out.AddChild(data)
	return out, nil
}
