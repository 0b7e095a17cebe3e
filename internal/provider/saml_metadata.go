package provider

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// maxMetadata bounds what is read of SAML metadata; real documents have some kilobytes.
const maxMetadata = 1 << 20

// samlMetadata is what a service provider needs of an identity provider's metadata (SAML 2.0 Metadata, section 2.4.3).
type samlMetadata struct {
	EntityID      string
	SSOURL        string // HTTP-Redirect where there is one, else HTTP-POST
	Certificates  []*x509.Certificate
	NameIDFormats []string
	ValidUntil    time.Time // zero for no end
}

type entityDescriptor struct {
	XMLName    xml.Name
	EntityID   string          `xml:"entityID,attr"`
	ValidUntil string          `xml:"validUntil,attr"`
	IDPs       []idpDescriptor `xml:"urn:oasis:names:tc:SAML:2.0:metadata IDPSSODescriptor"`
}

type idpDescriptor struct {
	Keys []struct {
		Use          string   `xml:"use,attr"`
		Certificates []string `xml:"KeyInfo>X509Data>X509Certificate"`
	} `xml:"KeyDescriptor"`
	NameIDFormats []string `xml:"NameIDFormat"`
	SSO           []struct {
		Binding  string `xml:"Binding,attr"`
		Location string `xml:"Location,attr"`
	} `xml:"SingleSignOnService"`
}

// parseSAMLMetadata reads one identity provider's metadata. Its errors are sentences for the person who pasted it.
func parseSAMLMetadata(text string, now time.Time) (samlMetadata, error) {
	var out samlMetadata
	if len(text) > maxMetadata {
		return out, fmt.Errorf("the metadata has %d bytes; more than %d are not read", len(text), maxMetadata)
	}
	if err := refuseDoctype(text); err != nil {
		return out, err
	}
	var entity entityDescriptor
	if err := xml.Unmarshal([]byte(text), &entity); err != nil {
		return out, fmt.Errorf("the metadata is no XML: %w", err)
	}
	switch {
	case entity.XMLName.Local == "EntitiesDescriptor":
		return out, errors.New("the metadata lists several entities; give the EntityDescriptor of the one identity provider")
	case entity.XMLName.Local != "EntityDescriptor":
		return out, fmt.Errorf("the XML is <%s>, not a SAML <EntityDescriptor>", entity.XMLName.Local)
	case entity.EntityID == "":
		return out, errors.New("the metadata names no entityID")
	case len(entity.IDPs) != 1:
		return out, fmt.Errorf("the metadata has %d IDPSSODescriptor; exactly one is needed: take the metadata of the identity provider, not of a service provider", len(entity.IDPs))
	}
	idp := entity.IDPs[0]
	out.EntityID, out.NameIDFormats = entity.EntityID, idp.NameIDFormats
	for i := range out.NameIDFormats {
		out.NameIDFormats[i] = strings.TrimSpace(out.NameIDFormats[i])
	}
	for _, binding := range []string{"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"} {
		for _, sso := range idp.SSO {
			if out.SSOURL == "" && sso.Binding == binding {
				out.SSOURL = sso.Location
			}
		}
	}
	if out.SSOURL == "" {
		return out, errors.New("the metadata has no SingleSignOnService with the HTTP-Redirect or HTTP-POST binding, so nobody could be sent to log in")
	}
	for _, key := range idp.Keys {
		for _, encoded := range key.Certificates {
			if key.Use == "encryption" {
				continue
			}
			certificate, err := parseCertificate(encoded)
			if err != nil {
				return out, fmt.Errorf("a certificate in the metadata: %w", err)
			}
			out.Certificates = append(out.Certificates, certificate)
		}
	}
	if len(out.Certificates) == 0 {
		return out, errors.New("the metadata has no signing certificate, so no login could be verified")
	}
	if entity.ValidUntil != "" {
		until, err := time.Parse(time.RFC3339Nano, entity.ValidUntil)
		if err != nil {
			return out, fmt.Errorf("the metadata's validUntil %q is no time", entity.ValidUntil)
		}
		if out.ValidUntil = until; !now.Before(until) {
			return out, fmt.Errorf("the metadata was valid until %s; fetch it anew from the identity provider", until.Format(time.RFC3339))
		}
	}
	return out, nil
}

// refuseDoctype keeps document types, and with them entities, away from the parser.
func refuseDoctype(text string) error {
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the metadata is no XML: %w", err)
		}
		if directive, ok := token.(xml.Directive); ok && bytes.HasPrefix(bytes.ToUpper(directive), []byte("DOCTYPE")) {
			return errors.New("the metadata has a DOCTYPE, which SAML metadata never needs and attacks use; remove it or fetch the metadata anew")
		}
	}
}

// parseCertificate reads a certificate as PEM, or as the bare base64 that metadata has. White space makes no difference.
func parseCertificate(text string) (*x509.Certificate, error) {
	var der []byte
	if block, _ := pem.Decode([]byte(strings.TrimSpace(text))); block != nil {
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("the PEM block is a %s, not a CERTIFICATE", block.Type)
		}
		der = block.Bytes
	} else {
		decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		if err != nil {
			return nil, errors.New("it is neither PEM (-----BEGIN CERTIFICATE-----) nor base64")
		}
		der = decoded
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("it is no X.509 certificate: %w", err)
	}
	return certificate, nil
}

// fingerprint is the SHA-256 of a certificate, in hex as the API writes it.
func fingerprint(certificate *x509.Certificate) string {
	sum := sha256.Sum256(certificate.Raw)
	return hex.EncodeToString(sum[:])
}

// summary is what two documents share that mean the same identity provider: its names and its certificates, whatever
// their order and white space.
func (m samlMetadata) summary() string {
	prints := make([]string, len(m.Certificates))
	for i, certificate := range m.Certificates {
		prints[i] = fingerprint(certificate)
	}
	return summarize(m.EntityID, m.SSOURL, prints)
}

func summarize(entityID, ssoURL string, fingerprints []string) string {
	slices.Sort(fingerprints)
	return strings.Join(append([]string{entityID, ssoURL}, slices.Compact(fingerprints)...), " ")
}

var (
	// certificateSpelling compares certificates by their fingerprint.
	certificateSpelling = &spelling{"certificate", func(text string) (string, error) {
		certificate, err := parseCertificate(text)
		if err != nil {
			return "", err
		}
		return fingerprint(certificate), nil
	}}
	// metadataSpelling compares metadata by what a login needs of it.
	metadataSpelling = &spelling{"SAML metadata", func(text string) (string, error) {
		// Whether it has expired is judged when it is written, not when it is compared.
		metadata, err := parseSAMLMetadata(text, time.Time{})
		if err != nil {
			return "", err
		}
		return metadata.summary(), nil
	}}
)
