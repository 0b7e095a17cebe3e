package client

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// EmailKey returns the identity key of an email address or userName: the bytes with A to Z
// folded, and the domain as NormalizeDomain gives it. Nothing else is folded: every
// wider folding makes two people one. What NormalizeEmail refuses keeps its own key,
// which no address that it takes has. Blanks around the text are not part of it.
func EmailKey(s string) string {
	s = strings.Trim(s, " \t\r\n")
	if isPlain(s) {
		return lowerASCII(s)
	}
	return unicodeEmailKey(s)
}

// unicodeEmailKey is EmailKey for an address of any kind.
func unicodeEmailKey(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 {
		return foldName(s)
	}
	domain := s[at+1:]
	if invalidRune(domain) == nil && !strings.HasSuffix(domain, "..") {
		if ascii, err := domainProfile.ToASCII(norm.NFC.String(domain)); err == nil {
			return foldName(s[:at]) + "@" + strings.TrimSuffix(ascii, ".")
		}
	}
	return foldName(s[:at]) + "@" + foldName(domain)
}

// SameEmail reports whether two spellings of an address are one person's.
func SameEmail(a, b string) bool { return EmailKey(a) == EmailKey(b) }

// LookAlikeKey returns the collision key of an email address or userName, which is equal for all
// that could be taken for each other: NFKC_Casefold (Unicode Standard, section
// 3.13) with the domain in Unicode. An i with a dot above counts as an i, as most
// systems have it, and U+3002 as a dot, as IDNA has it.
func LookAlikeKey(s string) string {
	if isPlain(s) {
		return lowerASCII(s)
	}
	return unicodeLookAlikeKey(s)
}

// unicodeLookAlikeKey is LookAlikeKey for an address of any kind.
func unicodeLookAlikeKey(s string) string {
	for range 5 {
		before := s
		s = unicodeEmailKey(strings.Trim(s, " \t\r\n"))
		if at := strings.LastIndexByte(s, '@'); at > 0 && at < len(s)-1 {
			domain := s[at+1:]
			if written, err := domainProfile.ToUnicode(domain); err == nil {
				domain = written
			}
			s = caseFolded(s[:at]) + "@" + caseFolded(domain)
		} else {
			s = caseFolded(s)
		}
		if s == before {
			break
		}
	}
	return s
}

// LookAlike reports whether two addresses are different people's who could be taken for each other.
func LookAlike(a, b string) bool { return !SameEmail(a, b) && LookAlikeKey(a) == LookAlikeKey(b) }

// isPlain reports whether folding A to Z is all that there is to the keys of an address, as it is of nearly all: it is
// ASCII without blanks, and has a domain that IDNA leaves as it is.
func isPlain(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return isPrintableASCII(s) && (at < 0 || isPlainDomain(s[at+1:]))
}

// isPrintableASCII reports whether a text has only characters of ASCII that can be seen.
func isPrintableASCII(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// isPlainDomain reports whether a domain has letters, digits, dots and single hyphens only, so no xn-- label, and no dot
// at its end.
func isPlainDomain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '-' && i+1 < len(s) && s[i+1] != '-', c == '.' && i+1 < len(s):
		default:
			return false
		}
	}
	return true
}

// lowerASCII folds A to Z and nothing else.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

// foldName folds A to Z in a name that is composed (NFC), or decomposed throughout, and
// composes it. Any other is refused, and composing it could make it another name.
func foldName(s string) string {
	if norm.NFC.IsNormalString(s) || norm.NFD.IsNormalString(s) {
		return norm.NFC.String(lowerASCII(norm.NFC.String(s)))
	}
	return lowerASCII(s)
}

// dots takes the dot off an i, and makes one of an ideographic full stop.
var dots = strings.NewReplacer("i\u0307", "i", "\u3002", ".")

func caseFolded(s string) string {
	for range 5 {
		before := s
		s = cases.Fold().String(norm.NFD.String(s))
		s = strings.Map(func(r rune) rune {
			switch {
			case isIgnorable(r):
				return -1
			case r >= 0xAB70 && r <= 0xABBF: // x/text has Cherokee the wrong way round
				return r - (0xAB70 - 0x13A0)
			case r >= 0x13F8 && r <= 0x13FD:
				return r - 8
			}
			return r
		}, s)
		s = norm.NFKC.String(s)
		s = dots.Replace(s)
		if s == before {
			break
		}
	}
	return s
}

// isIgnorable is Unicode's property Default_Ignorable_Code_Point, derived as
// DerivedCoreProperties.txt says.
func isIgnorable(r rune) bool {
	switch {
	case r < 0xAD || r >= 0xFFF9 && r <= 0xFFFB || r >= 0x13430 && r <= 0x13440:
		return false
	case unicode.In(r, unicode.White_Space, unicode.Prepended_Concatenation_Mark):
		return false
	}
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Cf, unicode.Variation_Selector)
}

// invalidRuneError says which character a name cannot have.
type invalidRuneError struct {
	r   rune
	why string
}

func (e *invalidRuneError) Error() string {
	return fmt.Sprintf("it has the character %U, which %s", e.r, e.why)
}

// invalidRune finds a character by which one person could pass for another; nil for none.
func invalidRune(s string) error {
	if isPrintableASCII(s) {
		return nil
	}
	if norm.NFD.IsNormalString(s) {
		s = norm.NFC.String(s)
	}
	for i, r := range s {
		why := ""
		switch {
		case r == unicode.ReplacementChar && !strings.HasPrefix(s[i:], string(r)):
			why = "is not UTF-8"
		case isIgnorable(r):
			why = "cannot be seen"
		case unicode.Is(unicode.C, r):
			why = "cannot be printed"
		case unicode.Is(unicode.Z, r):
			why = "is a space"
		case r == '\u3002' || r == '\uFF0E' || r == '\uFF61':
			why = "only looks like a dot"
		case norm.NFKC.String(string(r)) != string(r):
			why = fmt.Sprintf("is another way to write %q", norm.NFKC.String(string(r)))
		default:
			continue
		}
		return &invalidRuneError{r, why}
	}
	if norm.NFKC.IsNormalString(s) {
		return nil
	}
	for _, r := range s[norm.NFKC.QuickSpanString(s):] {
		if unicode.IsMark(r) {
			return &invalidRuneError{r, "does not stand alone: write the letter with its mark as one character (NFC)"}
		}
	}
	r := []rune(s[norm.NFKC.QuickSpanString(s):])[0]
	return &invalidRuneError{r, "is not composed (NFC)"}
}
