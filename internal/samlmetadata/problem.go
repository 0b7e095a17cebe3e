package samlmetadata

import (
	"errors"
	"fmt"
	"strings"
)

// ID identifies what is wrong, for programs: it stays the same when the sentence gets better.
type ID string

// What is wrong with a document, before anything in it is believed.
const (
	TooLarge          ID = "metadata-too-large"
	UnknownEncoding   ID = "metadata-encoding"
	MalformedXML      ID = "metadata-malformed"
	Doctype           ID = "metadata-doctype"
	TooDeep           ID = "metadata-too-deep"
	TooComplex        ID = "metadata-too-complex"
	BadNamespace      ID = "metadata-namespace"
	RepeatedAttribute ID = "metadata-repeated-attribute"
	NotMetadata       ID = "metadata-other-document"
	Unreadable        ID = "metadata-unreadable"
)

// What is wrong with the choice of an entity.
const (
	SeveralIdentityProviders ID = "metadata-several-identity-providers"
	NoIdentityProvider       ID = "metadata-no-identity-provider"
	EntityMissing            ID = "metadata-entity-missing"
	NoEntityID               ID = "metadata-no-entity-id"
	TenantlessTemplate       ID = "metadata-tenantless"
)

// What is wrong with the entity.
const (
	Expired          ID = "metadata-expired"
	BadValidUntil    ID = "metadata-valid-until"
	BadCacheDuration ID = "metadata-cache-duration"
	NoUsableEndpoint ID = "metadata-no-endpoint"
	NoUsableKey      ID = "metadata-no-key"
)

// What is wrong with a single endpoint, key or certificate.
const (
	BadURL                ID = "endpoint-url"
	UnusableBinding       ID = "endpoint-binding"
	KeyWithoutCertificate ID = "key-without-certificate"
	KeyUseUnknown         ID = "key-use"
	KeyTypeUnusable       ID = "key-type"
	KeyTooShort           ID = "key-too-short"
	KeyTooLong            ID = "key-too-long"
	KeyNotYetValid        ID = "key-not-yet-valid"
	KeyExpired            ID = "key-expired"
	KeyOfIssuer           ID = "key-of-issuer"
	TooManyKeys           ID = "key-too-many"
	CertificateEmpty      ID = "certificate-empty"
	CertificateUnreadable ID = "certificate-unreadable"
	CertificateBundle     ID = "certificate-bundle"
	CertificatePrivateKey ID = "certificate-private-key"
	CertificateText       ID = "certificate-text"
)

// Problem is one thing that is wrong, or that was left out.
type Problem struct {
	ID ID
	// Message is a sentence for the person who has to act on it. It names the key or
	// the endpoint, and holds nothing secret.
	Message string
}

// Error is a refusal.
type Error struct {
	Problem
	// Because are the single things because of which nothing usable remained.
	Because []Problem
	// Offered are the identity providers among which the document leaves the choice, at
	// most 20 of them; More counts those beyond.
	Offered []string
	More    int
}

// Error returns the sentences.
func (e *Error) Error() string {
	if len(e.Because) == 0 {
		return e.Message
	}
	parts := make([]string, len(e.Because))
	for i, p := range e.Because {
		parts[i] = p.Message
	}
	return e.Message + " " + strings.Join(parts, " ")
}

// IDOf returns what an error of this package is about, and "" for other errors.
func IDOf(err error) ID {
	var refused *Error
	if errors.As(err, &refused) {
		return refused.ID
	}
	return ""
}

func reject(id ID, format string, args ...any) error {
	return &Error{Problem: Problem{id, fmt.Sprintf(format, args...)}}
}

// shown quotes what a document said, shortened so that a sentence stays one.
func shown(s string) string {
	const maxShown = 120
	if r := []rune(s); len(r) > maxShown {
		s = string(r[:maxShown]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
