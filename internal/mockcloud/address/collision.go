package address

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// CollisionKey returns the key that addresses which could be taken for each other have in
// common: NFKC_Casefold of the address with its domain in Unicode. Equal identity
// keys have equal collision keys.
//
// It goes beyond NFKC_Casefold in two places: an i with a dot above is an i, since
// that is what lower-casing makes of İ (U+0130) nearly everywhere; and U+3002 is a
// dot, as it is to IDNA.
func CollisionKey(s string) string {
	if key := IdentityKey(s); isPlain(key) {
		return key
	}
	key := collisionKey(s)
	for range maxFolds { // what folding gives may be an address only now
		next := collisionKey(key)
		if next == key {
			break
		}
		key = next
	}
	return key
}

// maxFolds is more often than anything has to be folded until it stays as it is.
const maxFolds = 4

func collisionKey(s string) string {
	key := IdentityKey(s)
	local, domain, ok := split(key)
	if !ok {
		return caseFold(key)
	}
	if written, err := profile.ToUnicode(domain); err == nil {
		domain = written
	}
	return caseFold(local) + "@" + caseFold(domain)
}

// caseFold is toNFKC_Casefold, with the two additions.
func caseFold(s string) string {
	if isASCII(s) {
		return foldASCII(s)
	}
	for range maxFolds {
		next := norm.NFKC.String(visible(fold(norm.NFD.String(s))))
		next = strings.ReplaceAll(strings.ReplaceAll(next, "i\u0307", "i"), "\u3002", ".")
		if next == s {
			break
		}
		s = next
	}
	return s
}

// fold is Unicode's full case folding. Cherokee folds to its capitals, which
// x/text takes for the small letters and the other way round.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 0xAB70 <= r && r <= 0xABBF:
			return r - 0xAB70 + 0x13A0
		case 0x13F8 <= r && r <= 0x13FD:
			return r - 8
		}
		return r
	}, cases.Fold().String(s))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(defaultIgnorable, r) {
			return -1
		}
		return r
	}, s)
}

// defaultIgnorable are the code points with the property Default_Ignorable_Code_Point
// (Unicode's DerivedCoreProperties.txt). Package unicode has what it is derived
// from; a test derives it.
var defaultIgnorable = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00AD, Hi: 0x00AD, Stride: 1},
		{Lo: 0x034F, Hi: 0x034F, Stride: 1},
		{Lo: 0x061C, Hi: 0x061C, Stride: 1},
		{Lo: 0x115F, Hi: 0x1160, Stride: 1},
		{Lo: 0x17B4, Hi: 0x17B5, Stride: 1},
		{Lo: 0x180B, Hi: 0x180F, Stride: 1},
		{Lo: 0x200B, Hi: 0x200F, Stride: 1},
		{Lo: 0x202A, Hi: 0x202E, Stride: 1},
		{Lo: 0x2060, Hi: 0x206F, Stride: 1},
		{Lo: 0x3164, Hi: 0x3164, Stride: 1},
		{Lo: 0xFE00, Hi: 0xFE0F, Stride: 1},
		{Lo: 0xFEFF, Hi: 0xFEFF, Stride: 1},
		{Lo: 0xFFA0, Hi: 0xFFA0, Stride: 1},
		{Lo: 0xFFF0, Hi: 0xFFF8, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1BCA0, Hi: 0x1BCA3, Stride: 1},
		{Lo: 0x1D173, Hi: 0x1D17A, Stride: 1},
		{Lo: 0xE0000, Hi: 0xE0FFF, Stride: 1},
	},
	LatinOffset: 1,
}
