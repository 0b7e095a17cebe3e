package idp

import (
	"bytes"
	"crypto/rand"
	"time"

	"github.com/beevik/etree"
	crewjam "github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"
)

// What the SAML metadata can do wrong.
const (
	SAMLMetadataDoctype Mode = "saml_metadata_doctype"
	SAMLMetadataHTML    Mode = "saml_metadata_html"
)

// How a SAML answer can be signed wrongly.
const (
	SAMLUnsigned   Mode = "saml_unsigned"
	SAMLForeignKey Mode = "saml_foreign_key"
	SAMLSHA1       Mode = "saml_sha1"
	SAMLTampered   Mode = "saml_tampered" // changed after it was signed
)

// What a SAML answer can say wrongly, signed well.
const (
	SAMLDenied          Mode = "saml_denied"
	SAMLOtherIssuer     Mode = "saml_other_issuer"
	SAMLOtherAudience   Mode = "saml_other_audience"
	SAMLWithoutAudience Mode = "saml_without_audience"
	SAMLOtherRecipient  Mode = "saml_other_recipient"
	SAMLDestination     Mode = "saml_other_destination"
	SAMLExpired         Mode = "saml_expired"
	SAMLNotYetValid     Mode = "saml_not_yet_valid"
	SAMLOtherRequest    Mode = "saml_other_request"
	SAMLUnsolicited     Mode = "saml_unsolicited" // names no request
	SAMLTransient       Mode = "saml_transient_name"
	SAMLTwoEmails       Mode = "saml_two_emails"
	SAMLWithoutEmail    Mode = "saml_without_email"
	SAMLStale           Mode = "saml_stale_login" // of yesterday: accepted where the account asks for no recent one
)

// What an attacker on the way could make of an answer.
const (
	SAMLWrapped       Mode = "saml_wrapped" // XSW3: an evil assertion before the signed one
	SAMLSameID        Mode = "saml_same_id"
	SAMLComment       Mode = "saml_comment"
	SAMLDoctype       Mode = "saml_doctype"
	SAMLReplay        Mode = "saml_replay" // the answer before once more
	SAMLWithoutAnswer Mode = "saml_without_assertion"
)

func samlModes() []Mode {
	return []Mode{
		SAMLMetadataDoctype, SAMLMetadataHTML, SAMLUnsigned, SAMLForeignKey, SAMLSHA1, SAMLTampered,
		SAMLDenied, SAMLOtherIssuer, SAMLOtherAudience, SAMLWithoutAudience, SAMLOtherRecipient,
		SAMLDestination, SAMLExpired, SAMLNotYetValid, SAMLOtherRequest, SAMLUnsolicited, SAMLTransient,
		SAMLTwoEmails, SAMLWithoutEmail, SAMLStale, SAMLWrapped, SAMLSameID, SAMLComment, SAMLDoctype, SAMLReplay,
		SAMLWithoutAnswer,
	}
}

func (p *IdP) bendSAMLMetadata(body []byte) []byte {
	switch p.mode() {
	case SAMLMetadataDoctype:
		return bytes.Replace(body, []byte("<EntityDescriptor"), []byte(`<!DOCTYPE EntityDescriptor><EntityDescriptor`), 1)
	case SAMLMetadataHTML:
		return []byte("<!doctype html><title>Sign in</title>")
	}
	return body
}

// bendSAML changes what is said before it is signed.
func (p *IdP) bendSAML(r *crewjam.Response) {
	a := r.Assertion
	data := a.Subject.SubjectConfirmations[0].SubjectConfirmationData
	attributes := &a.AttributeStatements[0].Attributes
	switch p.mode() {
	case SAMLDenied:
		r.Status.StatusCode.Value = crewjam.StatusResponder
		r.Status.StatusCode.StatusCode = &crewjam.StatusCode{Value: crewjam.StatusAuthnFailed}
	case SAMLOtherIssuer:
		a.Issuer.Value = elsewhere
	case SAMLOtherAudience:
		a.Conditions.AudienceRestrictions[0].Audience.Value = elsewhere
	case SAMLWithoutAudience:
		a.Conditions.AudienceRestrictions = nil
	case SAMLOtherRecipient:
		data.Recipient = elsewhere + "/acs"
	case SAMLDestination:
		r.Destination = elsewhere + "/acs"
	case SAMLExpired:
		data.NotOnOrAfter = a.IssueInstant.Add(-2 * time.Minute)
		a.Conditions.NotOnOrAfter = data.NotOnOrAfter
	case SAMLNotYetValid:
		a.Conditions.NotBefore = a.IssueInstant.Add(2 * time.Minute)
	case SAMLOtherRequest:
		r.InResponseTo = "_" + rand.Text()
		data.InResponseTo = r.InResponseTo
	case SAMLUnsolicited:
		r.InResponseTo, data.InResponseTo = "", ""
	case SAMLTransient:
		a.Subject.NameID.Format = string(crewjam.TransientNameIDFormat)
		a.Subject.NameID.Value = rand.Text()
	case SAMLTwoEmails:
		*attributes = append(*attributes, samlAttribute("email", "owner@victim.example"))
	case SAMLStale:
		a.AuthnStatements[0].AuthnInstant = a.IssueInstant.Add(-24 * time.Hour)
	case SAMLWithoutEmail:
		a.Subject.NameID.Format = string(crewjam.PersistentNameIDFormat)
		*attributes = (*attributes)[1:]
	}
}

func (p *IdP) bendSAMLSigner(s *signer) error {
	var err error
	switch p.mode() {
	case SAMLUnsigned:
		s.nothing = true
	case SAMLSHA1:
		s.method = dsig.RSASHA1SignatureMethod
	case SAMLForeignKey:
		s.key, err = p.saml.foreignKey()
	}
	return err
}

// bendSAMLTree changes an answer after it was signed.
func (p *IdP) bendSAMLTree(tree *etree.Element) {
	assertion := tree.SelectElement("Assertion")
	if assertion == nil {
		return // it is encrypted, and cannot be changed
	}
	switch p.mode() {
	case SAMLTampered:
		assertion.FindElement("./Subject/NameID").SetText("owner@victim.example")
	case SAMLWrapped:
		evil := assertion.Copy()
		evil.CreateAttr("ID", "_evil")
		evil.FindElement("./Subject/NameID").SetText("owner@victim.example")
		if signature := evil.SelectElement("Signature"); signature != nil {
			evil.RemoveChild(signature)
		}
		tree.InsertChildAt(assertion.Index(), evil)
	case SAMLSameID:
		tree.CreateAttr("ID", assertion.SelectAttrValue("ID", ""))
	case SAMLComment:
		name := assertion.FindElement("./Subject/NameID")
		name.AddChild(etree.NewComment("x"))
	case SAMLWithoutAnswer:
		tree.RemoveChild(assertion)
	}
}

func (p *IdP) bendSAMLBytes(body []byte) []byte {
	before := p.saml.swap(body)
	switch p.mode() {
	case SAMLDoctype:
		return append([]byte("<!DOCTYPE Response>"), body...)
	case SAMLReplay:
		if before != nil {
			p.saml.swap(before)
			return before
		}
	}
	return body
}
