package client

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// The bounds of RFC 1035, section 2.3.4, and RFC 5321, section 4.5.3.1.
const (
	maxLabel     = 63
	maxDomain    = 253
	maxLocalPart = 64
	maxEmail     = 254
)

// DomainError says why a text is not the name of an email domain.
type DomainError struct {
	Domain string
	Why    string
}

// Error implements error.
func (e *DomainError) Error() string {
	return fmt.Sprintf("%q is not a domain name: %s", e.Domain, e.Why)
}

// EmailError says why a text is not an email address.
type EmailError struct {
	Email string
	Why   string
	Err   error // the *DomainError where the domain is at fault
}

// Error implements error.
func (e *EmailError) Error() string {
	return fmt.Sprintf("%q is not an email address: %s", e.Email, e.Why)
}

// Unwrap returns the *DomainError where the domain is at fault.
func (e *EmailError) Unwrap() error { return e.Err }

// domainProfile maps a name as RFC 5895 and UTS 46 say (case, width, dots) and
// refuses what RFC 5891 does. Hyphens are checked here instead, because the
// profile also refuses "ab--cd.example", a name that people own.
var domainProfile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(false), idna.Transitional(false))

// NormalizeDomain returns the one spelling under which domains are compared and
// written: lower case, A-labels (RFC 5890), no dot at the end. Every error is
// a *DomainError.
func NormalizeDomain(s string) (string, error) {
	fail := func(why string) (string, error) {
		return "", &DomainError{Domain: s, Why: why}
	}
	if why := notADomain(s); why != "" {
		return fail(why)
	}
	name, err := lowerASCII(s), error(nil)
	if !isPlainDomain(s) {
		name, err = domainProfile.ToASCII(s)
	}
	if err != nil {
		return fail("it holds a character or an xn-- label that domain names cannot have")
	}
	name = strings.TrimSuffix(name, ".")
	if len(name) > maxDomain {
		return fail(fmt.Sprintf("it is longer than %d characters", maxDomain))
	}
	labels := strings.Split(name, ".")
	for _, label := range labels {
		switch {
		case label == "":
			return fail("it has an empty part between or before its dots")
		case len(label) > maxLabel:
			return fail(fmt.Sprintf("the part %q is longer than %d characters", label, maxLabel))
		case strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-"):
			return fail(fmt.Sprintf("the part %q starts or ends with a hyphen", label))
		}
	}
	if len(labels) == 1 {
		return fail("it has a single part; a domain such as example.com is wanted")
	}
	if last := labels[len(labels)-1]; strings.Trim(last, "0123456789") == "" {
		return fail("its last part is a number")
	}
	return name, nil
}

// notADomain recognizes what people paste instead of a domain, to say so in
// words that help. "" means that nothing was recognized.
func notADomain(s string) string {
	switch {
	case s == "":
		return "it is empty"
	case strings.ContainsFunc(s, unicode.IsSpace):
		return "it holds a space"
	case strings.Contains(s, "://"):
		return "it is a URL; give the host alone"
	case strings.Contains(s, "@"):
		return `it holds an "@"; give what follows it`
	case strings.Contains(s, "*"):
		return "it is a wildcard; each domain is enabled by its own name"
	}
	if _, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return "it is an IP address"
	}
	switch {
	case strings.Contains(s, ":"):
		return "it holds a port; give the host alone"
	case strings.Contains(s, "/"):
		return "it holds a path; give the host alone"
	case strings.Contains(s, "_"):
		return "it holds an underscore, which email domains cannot have"
	}
	return ""
}

// domainKey returns what names are compared by. A name that the server has and
// NormalizeDomain refuses is compared as it is, without case.
func domainKey(s string) string {
	if name, err := NormalizeDomain(s); err == nil {
		return name
	}
	return lowerASCII(s)
}

// NormalizeEmail returns the one spelling of an email address, which is its EmailKey. It
// refuses characters by which one person could pass for another. Every error is an
// *EmailError.
func NormalizeEmail(s string) (string, error) {
	local, domain, found := strings.Cut(s, "@")
	why := ""
	switch {
	case s == "":
		why = "it is empty"
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar }):
		why = "it holds a space or a character that cannot be printed"
	case !found:
		why = `it has no "@"`
	case strings.Contains(domain, "@"):
		why = `it has more than one "@"`
	case local == "":
		why = `nothing stands before the "@"`
	case len(local) > maxLocalPart:
		why = fmt.Sprintf(`more than %d characters stand before the "@"`, maxLocalPart)
	}
	if why != "" {
		return "", &EmailError{Email: s, Why: why}
	}
	if err := invalidRune(local); err != nil {
		return "", &EmailError{Email: s, Why: "in its local part " + err.Error()}
	}
	if err := invalidRune(domain); err != nil {
		return "", &EmailError{Email: s, Why: "in its domain " + err.Error()}
	}
	domain, err := NormalizeDomain(norm.NFC.String(domain))
	if err != nil {
		return "", &EmailError{Email: s, Why: err.Error(), Err: err}
	}
	email := foldName(local) + "@" + domain
	if len(email) > maxEmail {
		return "", &EmailError{Email: s, Why: fmt.Sprintf("it is longer than %d characters", maxEmail)}
	}
	return email, nil
}

// EmailSpellings returns the forms in which the server may have the address of
// a key: it compares without case only, so a domain in Unicode is another text
// to it than the same domain in ASCII.
func EmailSpellings(key string) []string {
	local, domain, _ := strings.Cut(key, "@")
	if written, err := domainProfile.ToUnicode(domain); err == nil && written != domain {
		return []string{key, local + "@" + written}
	}
	return []string{key}
}
