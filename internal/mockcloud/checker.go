package mockcloud

import (
	"context"
	"crypto/x509"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/fetch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// checker is an identity.Checker that goes by what logins go by.
type checker struct {
	fetch *fetch.Client
	oidc  *oidc.RelyingParty
	clock func() time.Time
}

var _ identity.Checker = checker{}

// CheckIssuer implements identity.Checker.
func (c checker) CheckIssuer(ctx context.Context, issuer string) error {
	return c.oidc.Discover(ctx, issuer)
}

// FetchMetadata implements identity.Checker.
func (c checker) FetchMetadata(ctx context.Context, url string) ([]byte, error) {
	document, err := c.fetch.Get(ctx, url)
	if err != nil {
		return nil, err
	}
	return document.Body, nil
}

// ParseMetadata implements identity.Checker.
func (c checker) ParseMetadata(xml []byte) (identity.Metadata, error) {
	m, err := saml.ParseMetadata(xml, c.clock())
	if err != nil {
		return identity.Metadata{}, err
	}
	binding, location := m.Preferred()
	out := identity.Metadata{EntityID: m.EntityID, SSOURL: location, SSOBinding: store.RedirectBinding}
	if binding == saml.POST {
		out.SSOBinding = store.POSTBinding
	}
	for _, cert := range m.Certificates {
		out.Certificates = append(out.Certificates, toCertificate(cert))
	}
	return out, nil
}

// ParseCertificate implements identity.Checker.
func (c checker) ParseCertificate(text string) (store.Certificate, error) {
	cert, err := saml.ParseCertificate(text)
	if err != nil {
		return store.Certificate{}, err
	}
	return toCertificate(cert), nil
}

// CheckSSOURL implements identity.Checker.
func (c checker) CheckSSOURL(url string) error { return saml.CheckSSOURL(url) }

func toCertificate(cert *x509.Certificate) store.Certificate {
	return store.Certificate{DER: cert.Raw, NotAfter: cert.NotAfter.UTC(), SHA256: saml.Fingerprint(cert)}
}
