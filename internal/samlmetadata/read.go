package samlmetadata

import (
	"crypto/x509"
	"errors"
	"io"
	"strings"
	"time"
)

// The most bytes of a document.
const (
	// MaxDocument is for one identity provider's metadata.
	MaxDocument = 1 << 20
	// MaxAggregate is for a federation's, of which one entity is chosen.
	MaxAggregate = 10 << 20
)

// Options say how a document is read.
type Options struct {
	// EntityID chooses one of several entities; empty where there is one identity
	// provider in the document.
	EntityID string
	// Now judges what has an end. The zero time judges nothing by time: what a
	// document says is then the same on every day.
	Now time.Time
	// MaxBytes is the most that is read; zero means MaxDocument.
	MaxBytes int
}

// Metadata is what an identity provider says of itself.
type Metadata struct {
	EntityID string
	// SSO is where people are sent to: by redirect, which needs no form, where both
	// bindings are offered.
	SSO Endpoint
	// Endpoints are all SingleSignOnServices, in their order.
	Endpoints []Endpoint
	// Certificates are those with a key that can be used, in their order, each once;
	// two or more during a rollover.
	Certificates []*x509.Certificate
	// NameIDFormats are the offered ones, in their order.
	NameIDFormats []string
	// WantsSignedRequests reports whether unsigned requests are refused there
	// (WantAuthnRequestsSigned).
	WantsSignedRequests bool
	// ValidUntil is when the document ends; zero where it does not say.
	ValidUntil time.Time
	// CacheDuration is how long it may be kept; zero where it does not say.
	CacheDuration time.Duration
	// Warnings are what was left out and why.
	Warnings []Problem
}

// Endpoint returns the first usable address of a binding.
func (m *Metadata) Endpoint(binding string) (location string, ok bool) {
	for _, e := range m.Endpoints {
		if e.Binding == binding && e.Unusable == nil {
			return e.Location, true
		}
	}
	return "", false
}

// Fingerprints returns those of the certificates, in their order.
func (m *Metadata) Fingerprints() []string {
	out := make([]string, len(m.Certificates))
	for i, certificate := range m.Certificates {
		out[i] = Fingerprint(certificate)
	}
	return out
}

// Read reads metadata as it comes from a file or the network. Its errors are an
// *Error, or what the reader failed with.
func Read(r io.Reader, options Options) (*Metadata, error) {
	limit := options.limit()
	in, err := decode(&bounded{in: r, left: limit, limit: limit})
	if err != nil {
		return nil, err
	}
	return read(in, options)
}

// ReadText reads metadata whose characters are decoded already, as those of a JSON or
// Terraform string are, whatever encoding it declares.
func ReadText(text string, options Options) (*Metadata, error) {
	limit := options.limit()
	if len(text) > limit {
		return nil, tooLarge(limit)
	}
	in, err := textReader(text)
	if err != nil {
		return nil, err
	}
	return read(in, options)
}

// Text returns the characters of a document as it comes from a file, at most MaxDocument
// bytes of it: what ReadText takes.
func Text(r io.Reader) (string, error) {
	in, err := decode(&bounded{in: r, left: MaxDocument, limit: MaxDocument})
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(in)
	var refused *Error
	switch {
	case errors.As(err, &refused):
		return "", refused
	case err != nil:
		return "", reject(UnknownEncoding, "The file is not text in the encoding that it declares. Is it the metadata, saved as XML?")
	case len(text) > MaxDocument:
		return "", tooLarge(MaxDocument)
	}
	return string(text), nil
}

func (o Options) limit() int {
	if o.MaxBytes == 0 {
		return MaxDocument
	}
	return o.MaxBytes
}

func read(in io.Reader, options Options) (*Metadata, error) {
	c := &collector{scanner: newScanner(in, options.limit()), choice: trim(options.EntityID)}
	if err := c.document(); err != nil {
		return nil, err
	}
	found, err := c.chosen()
	if err != nil {
		return nil, err
	}
	return found.judge(options.Now)
}

// bounded fails, instead of ending, where there is more than the bound.
type bounded struct {
	in          io.Reader
	left, limit int
}

// Read implements [io.Reader].
func (b *bounded) Read(into []byte) (int, error) {
	if len(into) > b.left+1 {
		into = into[:b.left+1]
	}
	n, err := b.in.Read(into)
	if n > b.left {
		return b.left, tooLarge(b.limit)
	}
	b.left -= n
	return n, err
}

func tooLarge(limit int) error {
	return reject(TooLarge, "The metadata is larger than %d MiB, which is not read. Give the metadata of the one identity provider.", limit>>20)
}

func list(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = shown(name)
	}
	return strings.Join(quoted, ", ")
}
