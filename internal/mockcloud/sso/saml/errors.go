package saml

import (
	"errors"
	"fmt"
)

// Reason is why something was rejected, for programs: audit events and tests.
type Reason string

// What is wrong with a document, before anything in it is believed.
const (
	TooLarge              Reason = "too_large"
	NotBase64             Reason = "not_base64"
	MalformedXML          Reason = "malformed_xml"
	Doctype               Reason = "doctype"
	Comment               Reason = "comment"
	ProcessingInstruction Reason = "processing_instruction"
	TooDeep               Reason = "too_deep"
	TooComplex            Reason = "too_complex"
	TooManyGroups         Reason = "too_many_groups"
	BadNamespace          Reason = "namespace"
	RepeatedAttribute     Reason = "repeated_xml_attribute"
)

// What is wrong with an answer's structure.
const (
	NotAResponse        Reason = "not_a_response"
	DuplicateID         Reason = "duplicate_id"
	NestedResponse      Reason = "nested_response"
	SeveralAssertions   Reason = "several_assertions"
	NoAssertion         Reason = "no_assertion"
	Encrypted           Reason = "encrypted"
	NotEncrypted        Reason = "not_encrypted"
	EncryptionShape     Reason = "encryption_shape"
	Undecipherable      Reason = "encrypted_assertion"
	MisplacedSignature  Reason = "misplaced_signature"
	UnexpectedStructure Reason = "unexpected_structure"
)

// What is wrong with a signature.
const (
	Unsigned           Reason = "unsigned"
	SignatureShape     Reason = "signature_shape"
	SeveralReferences  Reason = "several_references"
	WrongReference     Reason = "wrong_reference"
	WeakAlgorithm      Reason = "weak_algorithm"
	SymmetricAlgorithm Reason = "symmetric_algorithm"
	UnknownAlgorithm   Reason = "unknown_algorithm"
	ForeignKey         Reason = "foreign_key"
	WrongKeyType       Reason = "key_type"
	InvalidSignature   Reason = "invalid_signature"
	CertificateExpired Reason = "certificate_expired"
)

// What is wrong with what an answer says.
const (
	WrongVersion          Reason = "version"
	StatusNotSuccess      Reason = "status"
	WrongDestination      Reason = "destination"
	WrongIssuer           Reason = "issuer"
	WrongNameID           Reason = "name_id"
	WrongNameIDFormat     Reason = "name_id_format"
	WrongConfirmation     Reason = "subject_confirmation"
	WrongRecipient        Reason = "recipient"
	Expired               Reason = "expired"
	NotYetValid           Reason = "not_yet_valid"
	BadTime               Reason = "time"
	WrongAudience         Reason = "audience"
	UnknownCondition      Reason = "unknown_condition"
	NoAuthnStatement      Reason = "authn_statement"
	SessionOver           Reason = "session_over"
	RepeatedAttributeName Reason = "repeated_attribute"
	SeveralValues         Reason = "several_values"
	BadAttributeValue     Reason = "attribute_value"
	ContradictoryValues   Reason = "contradictory_values"
	NoSubject             Reason = "no_subject"
	NoEmail               Reason = "no_email"
	BadEmail              Reason = "bad_email"
)

// What is wrong with when and why an answer comes.
const (
	Unsolicited       Reason = "unsolicited"
	RequestMismatch   Reason = "request_mismatch"
	UnknownRequest    Reason = "unknown_request"
	ReusedRequest     Reason = "reused_request"
	ReplayedAssertion Reason = "replayed_assertion"
	BadRelayState     Reason = "relay_state"
	Busy              Reason = "busy"
)

// What is wrong with a connection's configuration. What is wrong with metadata or a
// certificate is said by package samlmetadata.
const (
	BadSSOURL     Reason = "bad_sso_url"
	NotConfigured Reason = "not_configured"
)

// Error is a refusal. Its text is a sentence for the person who has to act on
// it; it holds nothing that an unverified message could have put there at length.
type Error struct {
	Reason   Reason
	Sentence string
	// AttributeNames are those of the attributes that came, where they were signed.
	AttributeNames []string
	// Attributes are what the identity provider says of the person, where its signature
	// holds and something else did not. They are for that person's eyes.
	Attributes []Attribute
}

func (e *Error) Error() string { return e.Sentence }

// ReasonOf returns the reason of a refusal, and "" for other errors.
func ReasonOf(err error) Reason {
	var refused *Error
	if errors.As(err, &refused) {
		return refused.Reason
	}
	return ""
}

func reject(reason Reason, format string, args ...any) error {
	return &Error{Reason: reason, Sentence: fmt.Sprintf(format, args...)}
}

// shown shortens what a message said, so that a sentence stays one.
func shown(s string) string {
	const maxShown = 120
	if r := []rune(s); len(r) > maxShown {
		s = string(r[:maxShown]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
