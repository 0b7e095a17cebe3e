package idp

import (
	"crypto"
	"crypto/x509"
	"slices"
	"sync"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

// samlState is what the SAML half keeps.
type samlState struct {
	clock func() time.Time

	mu      sync.Mutex
	keys    []samlKey // published
	signer  int       // the one of them that signs
	signing SAMLSigning
	encrypt bool
	// applications are the certificates that requests must be signed with.
	applications []*x509.Certificate
	// last is the last answer, for SAMLReplay.
	last []byte
	// foreign is a key that is published nowhere.
	foreign *samlKey
}

type samlKey struct {
	private     crypto.Signer
	certificate *x509.Certificate
}

// samlKeyLife is how long a certificate is valid: long enough for any demonstration.
const samlKeyLife = 3 * 365 * 24 * time.Hour

func newSAMLKey(name string, now time.Time) (samlKey, error) {
	private, certificate, err := saml.NewKey(name, now.Add(-time.Hour), now.Add(samlKeyLife))
	return samlKey{private, certificate}, err
}

// ready makes the first key when it is needed: it takes a while, and most
// providers in tests speak only OpenID Connect.
func (s *samlState) ready() error {
	if len(s.keys) > 0 {
		return nil
	}
	key, err := newSAMLKey("Test identity provider", s.clock())
	if err != nil {
		return err
	}
	s.keys = []samlKey{key}
	return nil
}

func (s *samlState) published() ([]*x509.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ready(); err != nil {
		return nil, err
	}
	var out []*x509.Certificate
	for _, key := range s.keys {
		out = append(out, key.certificate)
	}
	return out, nil
}

// current returns the key that signs, and what.
func (s *samlState) current() (samlKey, SAMLSigning, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ready(); err != nil {
		return samlKey{}, 0, err
	}
	return s.keys[s.signer], s.signing, nil
}

func (s *samlState) requests() []*x509.Certificate {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.applications
}

// foreignKey makes a key that is published nowhere, once.
func (s *samlState) foreignKey() (samlKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.foreign == nil {
		key, err := newSAMLKey("Test identity provider", s.clock())
		if err != nil {
			return samlKey{}, err
		}
		s.foreign = &key
	}
	return *s.foreign, nil
}

// swap keeps an answer and returns the one before.
func (s *samlState) swap(answer []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.last
	s.last = slices.Clone(answer)
	return before
}

// SAMLCertificates are those that the metadata has, in its order.
func (p *IdP) SAMLCertificates() ([]*x509.Certificate, error) { return p.saml.published() }

// SignSAML says from now on what is signed of answers; at first the assertion.
func (p *IdP) SignSAML(what SAMLSigning) {
	p.saml.mu.Lock()
	defer p.saml.mu.Unlock()
	p.saml.signing = what
}

// RequireSignedRequests refuses SAML requests from now on that were not signed
// with one of these certificates' keys; none at all takes unsigned ones again.
func (p *IdP) RequireSignedRequests(certificates ...*x509.Certificate) {
	p.saml.mu.Lock()
	defer p.saml.mu.Unlock()
	p.saml.applications = slices.Clone(certificates)
}

// A certificate's rollover has three steps, in the order of these methods.

// PublishNextCertificate puts a new certificate into the metadata beside the
// others. The old one still signs.
func (p *IdP) PublishNextCertificate() error {
	p.saml.mu.Lock()
	defer p.saml.mu.Unlock()
	if err := p.saml.ready(); err != nil {
		return err
	}
	key, err := newSAMLKey("Test identity provider", p.saml.clock())
	if err != nil {
		return err
	}
	p.saml.keys = append(p.saml.keys, key)
	return nil
}

// SignWithNextCertificate signs with the newest certificate from now on. The
// others stay in the metadata.
func (p *IdP) SignWithNextCertificate() error {
	p.saml.mu.Lock()
	defer p.saml.mu.Unlock()
	if err := p.saml.ready(); err != nil {
		return err
	}
	p.saml.signer = len(p.saml.keys) - 1
	return nil
}

// WithdrawOldCertificates takes all certificates but the signing one out of the
// metadata.
func (p *IdP) WithdrawOldCertificates() error {
	p.saml.mu.Lock()
	defer p.saml.mu.Unlock()
	if err := p.saml.ready(); err != nil {
		return err
	}
	p.saml.keys = []samlKey{p.saml.keys[p.saml.signer]}
	p.saml.signer = 0
	return nil
}
