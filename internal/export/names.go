package export

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// labels gives resources of one type labels that are valid, unique and readable.
type labels map[string]bool

// take returns a label for what has a name. A name without any letter or digit of ASCII gets the fallback, and the second
// of two equal ones a number.
func (l labels) take(name, fallback string) string {
	base := label(name, fallback)
	out := base
	for n := 2; l[out]; n++ {
		out = base + "_" + strconv.Itoa(n)
	}
	l[out] = true
	return out
}

// maxLabel keeps addresses readable; Terraform itself has no limit.
const maxLabel = 60

// label returns a name in lower-case letters and digits of ASCII and single underscores, as Terraform's style guide asks.
// Letters lose their accents; what has no form in ASCII is left out.
func label(name, fallback string) string {
	var out strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(name) {
		r = unicode.ToLower(r)
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if gap && out.Len() > 0 {
				out.WriteByte('_')
			}
			gap = false
			out.WriteRune(r)
		case !unicode.Is(unicode.Mn, r):
			gap = true
		}
		if out.Len() >= maxLabel {
			break
		}
	}
	switch text := out.String(); {
	case text == "":
		return fallback
	case text[0] <= '9': // an identifier begins with a letter
		return fallback + "_" + text
	default:
		return text
	}
}
