package setup

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/idpguide"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// The ways to enter the identity provider's configuration.
const (
	byAddress = "url"
	byFile    = "file"
	byText    = "paste"
	byHand    = "hand"
	asSaved   = "keep"
)

// samlSide is the form's part about a SAML identity provider.
type samlSide struct {
	Way string
	// MetadataURL, MetadataXML and MetadataEntityID are for metadata; the last chooses one of
	// several identity providers, which Offered lists once they are known.
	MetadataURL, MetadataXML, MetadataEntityID string
	Offered                                    []string
	// FromFile is the file whose text stands in MetadataXML, so that it need not be chosen
	// again.
	FromFile string
	// EntityID, SSOURL and Certificates are given by hand.
	EntityID, SSOURL, Certificates string
	SavedEntityID                  string
}

// savedSide returns the form's part as it is saved.
func savedSide(s *store.SAML) samlSide {
	out := samlSide{
		Way: asSaved, MetadataURL: s.MetadataURL, MetadataEntityID: s.MetadataEntityID,
		EntityID: s.EntityID, SSOURL: s.SSOURL, SavedEntityID: s.EntityID,
	}
	if s.MetadataURL != "" {
		out.Way = byAddress
	}
	for _, c := range s.Certificates {
		out.Certificates += pemOf(c.DER)
	}
	return out
}

// firstWay returns the way that suits the product best.
func (g guided) firstWay() string {
	if len(g.Bring) > 0 && g.Bring[0].Input == idpguide.InputMetadataFile {
		return byFile
	}
	return byAddress
}

// samlBody is the same as a part of the API's body.
type samlBody struct {
	MetadataXML      string   `json:"idp_metadata_xml,omitempty"`
	MetadataURL      string   `json:"idp_metadata_url,omitempty"`
	MetadataEntityID string   `json:"idp_metadata_entity_id,omitempty"`
	EntityID         string   `json:"idp_entity_id,omitempty"`
	SSOURL           string   `json:"idp_sso_url,omitempty"`
	Certificates     []string `json:"idp_certificates,omitempty"`
}

// read takes the form, and returns what to save of it by the way that was chosen.
func (s *samlSide) read(v *visit, saved bool) (*samlBody, []problem) {
	before := *s
	s.MetadataURL, s.MetadataXML, s.MetadataEntityID = v.text("metadata_url"), v.text("metadata_xml"), v.text("metadata_entity_id")
	s.EntityID, s.SSOURL, s.Certificates = v.text("entity_id"), v.text("sso_url"), v.text("certificate")
	s.FromFile = v.text("from_file")
	given := v.text("way")
	if s.Way = given; !slices.Contains([]string{byAddress, byFile, byText, byHand, asSaved}, given) || given == asSaved && !saved {
		if s.MetadataURL != "" && s.MetadataXML != "" && s.MetadataURL != before.MetadataURL {
			s.Way = byText
			return nil, []problem{{"metadata_xml", "Give the address of the metadata or the metadata itself, not both."}}
		}
		s.Way = s.guessedWay(v, saved)
	}
	switch s.Way {
	case asSaved:
		return &samlBody{}, nil
	case byFile:
		return s.readFile(v)
	case byText:
		if s.MetadataXML == "" {
			return nil, []problem{{"metadata_xml", "Paste the metadata, from “<” to “>”."}}
		}
		return &samlBody{MetadataXML: s.MetadataXML, MetadataEntityID: s.MetadataEntityID}, nil
	case byHand:
		return s.readHand(v)
	}
	if s.MetadataURL == "" {
		return nil, []problem{{"metadata_url", "Give the metadata's address, or choose another way."}}
	}
	return &samlBody{MetadataURL: s.MetadataURL, MetadataEntityID: s.MetadataEntityID}, nil
}

// guessedWay returns the way of a form in which none is selected.
func (s *samlSide) guessedWay(v *visit, saved bool) string {
	_, uploaded := v.file("metadata_file")
	switch {
	case uploaded:
		return byFile
	case s.MetadataXML != "":
		return byText
	case s.MetadataURL != "":
		return byAddress
	case s.EntityID+s.SSOURL+s.Certificates != "":
		return byHand
	case saved:
		return asSaved
	}
	return byAddress
}

// readFile reads the metadata from an uploaded file. Its text is put into the form, so that
// the file need not be chosen again when another field has to be corrected.
func (s *samlSide) readFile(v *visit) (*samlBody, []problem) {
	reject := func(format string, args ...any) (*samlBody, []problem) {
		return nil, []problem{{"metadata_file", fmt.Sprintf(format, args...)}}
	}
	file, ok := v.file("metadata_file")
	switch {
	case !ok:
		return reject("Choose the file with the metadata.")
	case len(bytes.TrimSpace(file.data)) == 0:
		return reject("The file %s is empty. Download the metadata again and choose the new file.", file.name)
	case file.isTooLarge():
		return reject("The file %s is larger than 1 MiB. Metadata of one identity provider has at most that; if it is a federation's, give its address and your identity provider's entity id.", file.name)
	}
	text, err := samlmetadata.Text(bytes.NewReader(file.data))
	if err != nil {
		return reject("The file %s cannot be read. %s", file.name, sentence(err.Error()))
	}
	if !looksLikeXML(text) {
		return reject("The file %s is not metadata: it is no XML. Choose the file that %s calls metadata, which usually ends with .xml.", file.name, v.ssoGuide().Name)
	}
	s.Way, s.MetadataXML, s.FromFile = byText, text, file.name
	return &samlBody{MetadataXML: text, MetadataEntityID: s.MetadataEntityID}, nil
}

// looksLikeXML reports whether a text seems to be XML.
func looksLikeXML(text string) bool {
	return strings.HasPrefix(strings.TrimLeft(text, "\ufeff \t\r\n"), "<") && !strings.ContainsRune(text, 0)
}

// readHand takes entity id, endpoint and certificates.
func (s *samlSide) readHand(v *visit) (*samlBody, []problem) {
	var problems []problem
	need := func(given, field, text string) {
		if given == "" {
			problems = append(problems, problem{field, text})
		}
	}
	need(s.EntityID, "entity_id", "Enter the entity id of the identity provider.")
	need(s.SSOURL, "sso_url", "Enter the single sign-on URL.")
	certificates := splitCertificates(s.Certificates)
	if file, ok := v.file("certificate_file"); ok {
		text, refusal := certificateText(file)
		if refusal != "" {
			problems = append(problems, problem{"certificate_file", refusal})
		} else {
			// It stands in the form from now on.
			s.Certificates = strings.TrimSpace(s.Certificates + "\n" + text)
			certificates = append(certificates, splitCertificates(text)...)
		}
	}
	if len(certificates) == 0 && !slices.ContainsFunc(problems, func(p problem) bool { return p.Field == "certificate_file" }) {
		problems = append(problems, problem{"certificate", "Paste the certificate by which the identity provider signs, or choose its file."})
	}
	return &samlBody{EntityID: s.EntityID, SSOURL: s.SSOURL, Certificates: certificates}, problems
}

// certificateText returns the certificates of a file as text, or what is wrong with it.
func certificateText(file upload) (text, refusal string) {
	const maxCertificate = 64 << 10
	switch {
	case len(bytes.TrimSpace(file.data)) == 0:
		return "", fmt.Sprintf("The file %s is empty. Download the certificate again and choose the new file.", file.name)
	case len(file.data) > maxCertificate:
		return "", fmt.Sprintf("The file %s is larger than 64 KiB, so it is no certificate.", file.name)
	case utf8.Valid(file.data) && !bytes.ContainsRune(file.data, 0):
		return strings.TrimSpace(string(file.data)), ""
	case file.data[0] == 0x30: // the bytes of a certificate themselves (DER)
		return pemOf(file.data), ""
	}
	return "", fmt.Sprintf("The file %s is no certificate. Choose the one that ends with .pem, .cer or .crt.", file.name)
}

// splitCertificates splits a text into its PEM certificates. A text without PEM is one
// certificate.
func splitCertificates(text string) []string {
	var out []string
	rest := []byte(text)
	for {
		block, after := pem.Decode(rest)
		if block == nil {
			break
		}
		out, rest = append(out, string(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes}))), after
	}
	if len(out) > 0 && len(bytes.TrimSpace(rest)) == 0 || text == "" {
		return out
	}
	if len(out) > 0 {
		return append(out, strings.TrimSpace(string(rest)))
	}
	return []string{text}
}

// field returns the id of the control that a mistake in the identity provider's
// configuration is shown at.
func (s samlSide) field() string {
	if s.Offered != nil {
		return "metadata_entity_id"
	}
	switch s.Way {
	case byText:
		return "metadata_xml"
	case byFile:
		return "metadata_file"
	case byHand:
		return "certificate"
	}
	return "metadata_url"
}

// offer lists the identity providers of a document that has several.
func (s *samlSide) offer(refused *samlmetadata.Error) {
	if refused != nil && refused.More == 0 && len(refused.Offered) > 1 {
		s.Offered = refused.Offered
	}
}

// listening is a checker that remembers why metadata was refused.
type listening struct {
	identity.Checker
	refused *samlmetadata.Error
}

func (l *listening) note(err error) {
	if errors.As(err, &l.refused) {
		return
	}
	l.refused = nil
}

// FetchMetadata implements identity.Checker.
func (l *listening) FetchMetadata(ctx context.Context, url, entityID string) (identity.Metadata, error) {
	m, err := l.Checker.FetchMetadata(ctx, url, entityID)
	l.note(err)
	return m, err
}

// ParseMetadata implements identity.Checker.
func (l *listening) ParseMetadata(xml, entityID string) (identity.Metadata, error) {
	m, err := l.Checker.ParseMetadata(xml, entityID)
	l.note(err)
	return m, err
}
