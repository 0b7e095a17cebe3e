package provider

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

var (
	// certificateKind compares certificates by their fingerprint. What is pasted may be a private key, so it
	// stands in no diagnostic.
	certificateKind = &normalized.Kind{Name: "certificate", Hidden: true, Normalize: func(text string) (string, error) {
		certificate, err := samlmetadata.ParseCertificate(text)
		if err != nil {
			return "", certificateAdvice(err)
		}
		return samlmetadata.Fingerprint(certificate), nil
	}}
	// metadataKind compares metadata by what a login needs of it, whatever the day. What cannot be read without the
	// entity that is chosen beside it is only equal to itself; what is wrong with it is said where both are known.
	metadataKind = &normalized.Kind{Name: "SAML metadata", Normalize: func(text string) (string, error) {
		m, err := samlmetadata.ReadText(text, samlmetadata.Options{})
		if err != nil {
			return text, nil
		}
		prints := m.Fingerprints()
		slices.Sort(prints)
		return strings.Join(append([]string{m.EntityID, m.SSO.Location, m.SSO.Binding, fmt.Sprint(m.WantsSignedRequests)}, prints...), " "), nil
	}}
)

// certificateAdvice adds to a refused certificate what Terraform can do about it.
func certificateAdvice(err error) error {
	switch samlmetadata.IDOf(err) {
	case samlmetadata.CertificateBundle, samlmetadata.CertificateText:
		return fmt.Errorf("%w To split a bundle, write\n\n  certificates = regexall(\"(?s)-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\", file(\"bundle.pem\"))", err)
	}
	return err
}

// problemDetail returns a problem's sentence with its id on a line of its own.
func problemDetail(sentence string, id samlmetadata.ID) string {
	return english.Sentence(sentence) + "\n\nID: " + string(id)
}

// addMetadataError reports metadata that was refused.
func addMetadataError(at path.Path, err error, diags *diag.Diagnostics) {
	summary := "Invalid SAML metadata"
	var invalid *samlmetadata.Error
	if errors.As(err, &invalid) {
		expired := !slices.ContainsFunc(invalid.Because, func(p samlmetadata.Problem) bool { return p.ID != samlmetadata.KeyExpired })
		switch {
		case invalid.ID == samlmetadata.Expired:
			summary = "Metadata has expired"
		case invalid.ID == samlmetadata.NoUsableKey && len(invalid.Because) > 0 && expired:
			summary = "Certificate has expired"
		}
	}
	diags.AddAttributeError(at, summary, problemDetail(err.Error(), samlmetadata.IDOf(err)))
}

// addMetadataWarnings reports what of metadata was left out.
func addMetadataWarnings(at path.Path, problems []samlmetadata.Problem, diags *diag.Diagnostics) {
	for _, p := range problems {
		diags.Append(warns(checkThis, at, leftOutSummary, problemDetail(p.Message, p.ID)))
	}
}

const leftOutSummary = "Not all of the metadata is used"

// readMetadata reads the metadata that a model has.
func (s *samlModel) readMetadata(now time.Time) (*samlmetadata.Metadata, error) {
	return samlmetadata.ReadText(s.MetadataXML.ValueString(), samlmetadata.Options{EntityID: s.MetadataEntityID.ValueString(), Now: now})
}

// saysTheSame reports whether the server has what the metadata says. A certificate that has ended may be missing there:
// the server leaves those out that had ended when it read the metadata.
func (s *samlModel) saysTheSame(c *client.ConnectionSAML, now time.Time) bool {
	m, err := s.readMetadata(time.Time{})
	if err != nil || m.EntityID != c.IDPEntityID || m.SSO.Location != c.IDPSSOURL {
		return false
	}
	there := map[string]bool{}
	for _, certificate := range c.IDPCertificates {
		there[certificate.SHA256] = true
	}
	problems := m.Fingerprints()
	for i, certificate := range m.Certificates {
		if !there[problems[i]] && now.Before(certificate.NotAfter) {
			return false
		}
		delete(there, problems[i])
	}
	return len(there) == 0
}
