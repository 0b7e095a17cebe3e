// Package address says when two spellings of an email address, or of a userName,
// are one person's. It is pure, and the only place in the server that knows:
// whatever compares, looks up or indexes an address goes by one of its keys.
//
// The identity key is who somebody is: bytes with A to Z folded, and the domain as
// the DNS has it. Nothing else is folded, since every wider folding makes
// different people one. The collision key is whom somebody could be taken for:
// Unicode's NFKC_Casefold (Unicode Standard, section 3.13). Two people with one
// collision key cannot both be made, and neither becomes the other.
//
// RFC 7644, section 5, asks for PRECIS, whose width mapping makes full-width
// letters plain ones; here they are refused instead.
package address

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// profile is the one IDNA profile (UTS 46, nontransitional). Hyphens in the third
// and fourth place are allowed, since people own names such as r3---x.com.
var profile = idna.New(
	idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(true), idna.BidiRule(),
	idna.CheckHyphens(false),
)

// IdentityKey returns the key by which somebody is linked, logged in, found or given
// a role. What Check refuses has one as well, which no other spelling shares but
// for A to Z. Blanks around the text are not part of it.
func IdentityKey(s string) string {
	s = strings.Trim(s, blanks)
	if isPlain(s) {
		return foldASCII(s)
	}
	local, domain, ok := split(s)
	if !ok {
		return Fold(s)
	}
	return Fold(local) + "@" + domainKey(domain)
}

// blanks are what people and programs leave around a name.
const blanks = " \t\r\n"

// isPlain reports whether folding A to Z is all that there is to a key: the domain
// is one that IDNA would leave as it is.
func isPlain(s string) bool {
	at := strings.LastIndexByte(s, '@')
	for i := range len(s) {
		c := s[i]
		switch {
		case c <= ' ' || c >= utf8.RuneSelf:
			return false
		case at < 0 || i <= at || c == '.' && i < len(s)-1 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
		case c == '-' && i+1 < len(s) && s[i+1] != '-':
		default:
			return false
		}
	}
	return true
}

// split takes an address apart. A text without a local part or a domain is none.
func split(s string) (local, domain string, ok bool) {
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 {
		return "", "", false
	}
	return s[:at], s[at+1:], true
}

// domainKey is the domain as the DNS has it. What Check refuses must not become
// another domain by IDNA's mapping, and stays as it was typed.
func domainKey(domain string) string {
	if checkPart(PartDomain, domain) == nil && !strings.HasSuffix(domain, "..") {
		if name, err := profile.ToASCII(norm.NFC.String(domain)); err == nil {
			return strings.TrimSuffix(name, ".")
		}
	}
	return Fold(domain)
}

// Fold returns a part of an address or userName with A to Z folded, as the identity key has it. It is for
// comparing parts, as a search for the beginning of a name does.
func Fold(s string) string {
	if !norm.NFC.IsNormalString(s) && !norm.NFD.IsNormalString(s) {
		return foldASCII(s) // refused: composing would make it another name
	}
	// Again afterwards: h with a line below is one character, H with one is two.
	return norm.NFC.String(foldASCII(norm.NFC.String(s)))
}

func foldASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// Normal returns the form in which an address or userName is kept: NFC, where it came
// in NFD, as file systems and keyboards of some makers give it.
func Normal(s string) string {
	if local, domain, ok := split(s); ok {
		return normalPart(local) + "@" + normalPart(domain)
	}
	return normalPart(s)
}

func normalPart(s string) string {
	if norm.NFD.IsNormalString(s) {
		return norm.NFC.String(s)
	}
	return s
}

// Same reports whether two spellings are one person's.
func Same(a, b string) bool { return IdentityKey(a) == IdentityKey(b) }

// Collide reports whether two spellings are different people's who could be taken for each other.
func Collide(a, b string) bool { return CollisionKey(a) == CollisionKey(b) && !Same(a, b) }
