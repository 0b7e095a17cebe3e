package sso

import (
	"context"
	"errors"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

var _ identity.Checker = (*SSO)(nil)

// CheckIssuer implements identity.Checker.
func (s *SSO) CheckIssuer(ctx context.Context, issuer string) error {
	err := s.parties.Discover(ctx, issuer)
	var refusal *oidc.Refusal
	if errors.As(err, &refusal) {
		return errors.New(refusal.Sentence)
	}
	return err
}

// FetchMetadata implements identity.Checker.
func (s *SSO) FetchMetadata(ctx context.Context, url string) ([]byte, error) {
	document, err := s.Fetch.Get(ctx, url)
	if err != nil {
		return nil, err
	}
	return document.Body, nil
}

// ParseMetadata implements identity.Checker.
func (s *SSO) ParseMetadata(xml []byte) (identity.Metadata, error) {
	parsed, err := saml.ParseMetadata(xml, s.Clock())
	if err != nil {
		return identity.Metadata{}, err
	}
	binding, location := parsed.Preferred()
	out := identity.Metadata{EntityID: parsed.EntityID, SSOURL: location, SSOBinding: store.RedirectBinding}
	if binding == saml.POST {
		out.SSOBinding = store.POSTBinding
	}
	for _, certificate := range parsed.Certificates {
		out.Certificates = append(out.Certificates, store.Certificate{
			DER: certificate.Raw, NotAfter: certificate.NotAfter, SHA256: saml.Fingerprint(certificate),
		})
	}
	return out, nil
}

// ParseCertificate implements identity.Checker.
func (s *SSO) ParseCertificate(text string) (store.Certificate, error) {
	certificate, err := saml.ParseCertificate(text)
	if err != nil {
		return store.Certificate{}, err
	}
	return store.Certificate{DER: certificate.Raw, NotAfter: certificate.NotAfter, SHA256: saml.Fingerprint(certificate)}, nil
}

// CheckSSOURL implements identity.Checker.
func (s *SSO) CheckSSOURL(url string) error { return saml.CheckSSOURL(url) }
