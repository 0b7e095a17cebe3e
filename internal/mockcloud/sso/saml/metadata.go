package saml

import (
	"bytes"
	"crypto/x509"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
	crewjam "github.com/crewjam/saml"
)

// Binding is how a request travels (SAML Bindings 3.4, 3.5).
type Binding string

// The bindings that requests are sent by.
const (
	Redirect Binding = crewjam.HTTPRedirectBinding
	POST     Binding = crewjam.HTTPPostBinding
)

// Metadata is what an identity provider's metadata says (SAML Metadata 2.3, 2.4.3).
type Metadata struct {
	EntityID string
	// SSO are the places to send people to, by binding.
	SSO map[Binding]string
	// Certificates are those that sign, in their order, each once. At least one is
	// valid now; during a rollover there are two or more.
	Certificates []*x509.Certificate
	// NameIDFormats are the offered ones, in their order.
	NameIDFormats []string
	// WantsSignedRequests says that unsigned requests are refused there.
	WantsSignedRequests bool
	// ValidUntil is when to fetch it anew; nil where it does not say.
	ValidUntil *time.Time
}

// Preferred gives the place to send people to: by redirect, which needs no form,
// where both are offered.
func (m *Metadata) Preferred() (Binding, string) {
	if location, ok := m.SSO[Redirect]; ok {
		return Redirect, location
	}
	return POST, m.SSO[POST]
}

// metadataBounds let an identity provider's own metadata in, and no federation's.
func metadataBounds() bounds {
	return bounds{bytes: 1 << 20, depth: 32, elements: 5000, comments: true}
}

// ParseMetadata reads the metadata of one identity provider. A signature on it is
// not looked at: trust comes from who pasted it, or from https.
func ParseMetadata(data []byte, now time.Time) (*Metadata, error) {
	// Entra ID's federation metadata begins with a byte order mark.
	root, err := parse(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), metadataBounds())
	if err != nil {
		return nil, err
	}
	m := &Metadata{SSO: map[Binding]string{}}
	entity, err := m.entity(root, now)
	if err != nil {
		return nil, err
	}
	m.EntityID = attr(entity, "entityID")
	if err := checkEntityID(m.EntityID); err != nil {
		return nil, err
	}
	roles := children(entity, nsMetadata, "IDPSSODescriptor")
	if len(roles) != 1 {
		return nil, refuse(NoIdentityProvider, "The metadata of %s describes no identity provider (no single IDPSSODescriptor). Is it a service provider's?", shown(m.EntityID))
	}
	if err := m.validity(roles[0], now); err != nil {
		return nil, err
	}
	if !slices.Contains(strings.Fields(attr(roles[0], "protocolSupportEnumeration")), nsProtocol) {
		return nil, refuse(NoIdentityProvider, "The identity provider %s does not speak SAML 2.0.", shown(m.EntityID))
	}
	if err := m.endpoints(roles[0]); err != nil {
		return nil, err
	}
	if err := m.certificates(roles[0], now); err != nil {
		return nil, err
	}
	for _, el := range children(roles[0], nsMetadata, "NameIDFormat") {
		if format, ok := text(el); ok && strings.TrimSpace(format) != "" {
			m.NameIDFormats = append(m.NameIDFormats, strings.TrimSpace(format))
		}
	}
	wants := attr(roles[0], "WantAuthnRequestsSigned")
	m.WantsSignedRequests = wants == "true" || wants == "1"
	return m, nil
}

// entity finds the one EntityDescriptor.
func (m *Metadata) entity(root *etree.Element, now time.Time) (*etree.Element, error) {
	entity := root
	switch {
	case is(root, nsMetadata, "EntityDescriptor"):
	case is(root, nsMetadata, "EntitiesDescriptor"):
		if err := m.validity(root, now); err != nil {
			return nil, err
		}
		found := children(root, nsMetadata, "EntityDescriptor")
		if len(found) != 1 || len(children(root, nsMetadata, "EntitiesDescriptor")) > 0 {
			return nil, refuse(SeveralEntities, "The metadata does not describe exactly one entity; give the metadata of the one identity provider alone.")
		}
		entity = found[0]
	default:
		return nil, refuse(NotMetadata, "This is XML, but not SAML metadata: its outermost element is %s.", shown(root.FullTag()))
	}
	return entity, m.validity(entity, now)
}

// validity keeps the earliest validUntil and refuses one that has passed.
func (m *Metadata) validity(el *etree.Element, now time.Time) error {
	value := attr(el, "validUntil")
	if value == "" {
		return nil
	}
	until, err := parseTime(value)
	if err != nil {
		return refuse(BadTime, "The metadata's validUntil %s is no time.", shown(value))
	}
	if !now.Before(until) {
		return refuse(MetadataExpired, "The metadata expired on %s; get it anew from the identity provider.", until.UTC().Format(time.RFC3339))
	}
	if m.ValidUntil == nil || until.Before(*m.ValidUntil) {
		m.ValidUntil = &until
	}
	return nil
}

func (m *Metadata) endpoints(role *etree.Element) error {
	for _, el := range children(role, nsMetadata, "SingleSignOnService") {
		binding := Binding(attr(el, "Binding"))
		if binding != Redirect && binding != POST {
			continue
		}
		if _, taken := m.SSO[binding]; taken {
			continue
		}
		location := strings.TrimSpace(attr(el, "Location"))
		if err := CheckSSOURL(location); err != nil {
			return err
		}
		m.SSO[binding] = location
	}
	if len(m.SSO) == 0 {
		return refuse(NoSSOURL, "The metadata of %s has no single sign-on URL for HTTP-Redirect or HTTP-POST.", shown(m.EntityID))
	}
	return nil
}

func (m *Metadata) certificates(role *etree.Element, now time.Time) error {
	known := map[string]bool{}
	var expired *x509.Certificate
	valid := false
	for _, descriptor := range children(role, nsMetadata, "KeyDescriptor") {
		if use := attr(descriptor, "use"); use != "" && use != "signing" {
			continue
		}
		for _, el := range descriptor.FindElements("./KeyInfo/X509Data/X509Certificate") {
			data, ok := text(el)
			if !ok || el.NamespaceURI() != nsSignature {
				return refuse(BadCertificate, "A certificate in the metadata has something else in it.")
			}
			certificate, err := ParseCertificate(data)
			if err != nil {
				return err
			}
			if fingerprint := Fingerprint(certificate); !known[fingerprint] {
				known[fingerprint] = true
				m.Certificates = append(m.Certificates, certificate)
			}
			if now.After(certificate.NotAfter) {
				expired = certificate
			} else {
				valid = true
			}
		}
	}
	if len(m.Certificates) == 0 {
		return refuse(NoCertificate, "The metadata of %s has no signing certificate.", shown(m.EntityID))
	}
	if !valid {
		return refuse(CertificateExpired, "The signing certificate in the metadata of %s expired on %s.", shown(m.EntityID), expired.NotAfter.UTC().Format(time.RFC3339))
	}
	return nil
}

// checkEntityID holds to SAML Core 8.3.6.
func checkEntityID(id string) error {
	const longest = 1024
	if id == "" || len(id) > longest || strings.TrimSpace(id) != id {
		return refuse(NoEntityID, "There is no entity id of 1 to %d characters without white space around it.", longest)
	}
	return nil
}

// CheckSSOURL tells whether people may be sent there: https, or http on this
// machine itself.
func CheckSSOURL(location string) error {
	u, err := url.Parse(location)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return refuse(BadSSOURL, "The single sign-on URL %s is no absolute URL.", shown(location))
	case u.User != nil || u.Fragment != "":
		return refuse(BadSSOURL, "The single sign-on URL must not have a user or a fragment in it.")
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	}
	return refuse(BadSSOURL, "The single sign-on URL %s does not begin with https://.", shown(location))
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// parseTime reads an xs:dateTime, which SAML has in UTC (SAML Core 1.3.3).
func parseTime(value string) (time.Time, error) {
	return time.Parse(time.RFC3339Nano, value)
}
