package mockcloud

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/fetch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// checker is an identity.Checker that goes by what logins go by.
type checker struct {
	fetch *fetch.Client
	oidc  *oidc.RelyingParty
	clock func() time.Time
}

var (
	_ identity.Checker         = checker{}
	_ identity.MetadataFetcher = checker{}
)

// CheckIssuer implements identity.Checker.
func (c checker) CheckIssuer(ctx context.Context, issuer string, auth store.ClientAuth) ([]string, error) {
	hosts, err := c.oidc.Discover(ctx, issuer, oidc.ClientAuth(auth))
	var refusal *oidc.Refusal
	if errors.As(err, &refusal) && refusal.Reason == oidc.ClientAuthUnsupported {
		return nil, &identity.ClientAuthRefused{Err: err}
	}
	return hosts, err
}

// FetchMetadata implements identity.Checker. A federation's metadata is read as it
// comes; only the chosen entity is kept.
func (c checker) FetchMetadata(ctx context.Context, url, entityID string) (identity.Metadata, error) {
	m, _, err := c.RefetchMetadata(ctx, identity.MetadataSource{URL: url, EntityID: entityID})
	return m, err
}

// RefetchMetadata implements identity.MetadataFetcher.
func (c checker) RefetchMetadata(ctx context.Context, source identity.MetadataSource) (out identity.Metadata, changed bool, err error) {
	known := fetch.Validators{ETag: source.ETag, LastModified: source.LastModified}
	now, changed, err := c.fetch.StreamChanged(ctx, source.URL, known, samlmetadata.MaxAggregate, func(document io.Reader) error {
		m, err := samlmetadata.Read(document, samlmetadata.Options{EntityID: source.EntityID, Now: c.clock(), MaxBytes: samlmetadata.MaxAggregate})
		if err == nil {
			out = toMetadata(m)
		}
		return err
	})
	out.ETag, out.LastModified = now.ETag, now.LastModified
	return out, changed, err
}

// ParseMetadata implements identity.Checker.
func (c checker) ParseMetadata(xml, entityID string) (identity.Metadata, error) {
	m, err := samlmetadata.ReadText(xml, samlmetadata.Options{EntityID: entityID, Now: c.clock()})
	if err != nil {
		return identity.Metadata{}, err
	}
	return toMetadata(m), nil
}

func toMetadata(m *samlmetadata.Metadata) identity.Metadata {
	out := identity.Metadata{
		EntityID: m.EntityID, SSOURL: m.SSO.Location, SSOBinding: store.RedirectBinding, WantsSignedRequests: m.WantsSignedRequests,
		ValidUntil: m.ValidUntil, CacheDuration: m.CacheDuration,
	}
	if m.SSO.Binding == samlmetadata.HTTPPOST {
		out.SSOBinding = store.POSTBinding
	}
	for _, cert := range m.Certificates {
		out.Certificates = append(out.Certificates, toCertificate(cert))
	}
	for _, warning := range m.Warnings {
		out.Warnings = append(out.Warnings, warning.Message)
	}
	return out
}

// ParseCertificate implements identity.Checker.
func (c checker) ParseCertificate(text string) (store.Certificate, error) {
	cert, err := samlmetadata.ParseCertificate(text)
	if err != nil {
		return store.Certificate{}, err
	}
	return toCertificate(cert), nil
}

// CheckSSOURL implements identity.Checker.
func (c checker) CheckSSOURL(url string) error { return samlmetadata.CheckSSOURL(url) }

func toCertificate(cert *x509.Certificate) store.Certificate {
	return store.Certificate{DER: cert.Raw, NotAfter: cert.NotAfter.UTC(), SHA256: samlmetadata.Fingerprint(cert)}
}
