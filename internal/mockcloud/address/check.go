package address

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Part is where in an address something is.
type Part string

// The parts of an address, and a userName that is no address.
const (
	PartLocal    Part = "local part"
	PartDomain   Part = "domain"
	PartUserName Part = "user name"
)

// CharacterError reports the character that no address or userName may have.
type CharacterError struct {
	Part Part
	Rune rune
	Why  string
}

func (e *CharacterError) Error() string {
	return fmt.Sprintf("its %s has the character %U, which %s", e.Part, e.Rune, e.Why)
}

// Check refuses, as a CharacterError, an address that has a character by which one person
// could pass for another.
func Check(s string) error { return check(s, func(part string) string { return part }) }

// CheckUserName is Check for a userName, which may have blanks in it, does not have
// those around it, and need not be an address.
func CheckUserName(s string) error {
	return check(strings.Trim(s, blanks), func(part string) string { return strings.ReplaceAll(part, " ", "_") })
}

func check(s string, but func(part string) string) error {
	local, domain, ok := split(s)
	if !ok {
		return checkPart(PartUserName, but(s))
	}
	if err := checkPart(PartLocal, but(local)); err != nil {
		return err
	}
	return checkPart(PartDomain, domain)
}

// checkPart refuses characters by which one name can pass for another, after composing
// what came decomposed.
func checkPart(part Part, s string) error {
	if !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7F }) {
		return nil
	}
	s = normalPart(s)
	for at, r := range s {
		if why := unfit(r, s[at:]); why != "" {
			return &CharacterError{part, r, why}
		}
	}
	if norm.NFKC.IsNormalString(s) {
		return nil
	}
	for _, r := range s {
		if one := string(r); norm.NFKC.String(one) != one {
			return &CharacterError{part, r, "is another way to write " + fmt.Sprintf("%q", norm.NFKC.String(one))}
		}
	}
	// Some characters come composed, others not.
	rest := s[norm.NFKC.QuickSpanString(s):]
	mark, _ := utf8.DecodeRuneInString(rest)
	if at := strings.IndexFunc(rest, unicode.IsMark); at >= 0 {
		mark, _ = utf8.DecodeRuneInString(rest[at:])
	}
	return &CharacterError{part, mark, "does not stand alone: write the letter with its mark as one character (NFC)"}
}

// unfit returns what is wrong with a character, whatever stands around it.
func unfit(r rune, rest string) string {
	switch {
	case r == utf8.RuneError && !strings.HasPrefix(rest, string(utf8.RuneError)):
		return "is not UTF-8"
	case unicode.Is(defaultIgnorable, r):
		return "cannot be seen"
	case unicode.Is(unicode.C, r): // Cc, Cf, Cs, Co and Cn
		return "is no character to read"
	case unicode.Is(unicode.Z, r):
		return "is a space"
	case r == '\u3002' || r == '\uFF0E' || r == '\uFF61':
		return "only looks like a dot"
	}
	return ""
}

// The bounds of names (RFC 1035, section 2.3.4).
const (
	maxDomain = 253
	maxLabel  = 63
)

// Domain returns the one spelling of an email domain: lower-case, A-labels, no dot at
// the end (RFC 5890, section 2.3.2.1). A domain alone is no person's, and may be typed as
// IDNA allows, in full-width letters for example; within an address, Check refuses those.
func Domain(name string) (string, error) {
	if strings.TrimSuffix(name, ".") == "" {
		return "", errors.New("a domain name is needed")
	}
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return "", errors.New("an IP address is not a domain name")
	}
	ascii, err := profile.ToASCII(norm.NFC.String(name))
	if err != nil {
		return "", errors.New("not a valid domain name")
	}
	ascii = strings.TrimSuffix(ascii, ".")
	if !strings.Contains(ascii, ".") {
		return "", errors.New("a domain name has at least two parts, such as example.com")
	}
	if len(ascii) > maxDomain {
		return "", fmt.Errorf("not a valid domain name: it is longer than %d characters", maxDomain)
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if len(label) > maxLabel {
			return "", fmt.Errorf("not a valid domain name: a part is longer than %d characters", maxLabel)
		}
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return "", errors.New("not a valid domain name: a part is empty, or starts or ends with a hyphen")
		}
	}
	return ascii, nil
}
