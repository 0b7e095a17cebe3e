package client

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

const redacted = "[redacted]"

// maxShown bounds, in characters, what is repeated of a server's words.
const maxShown = 1000

// redactor takes secrets out of text that leaves the package.
type redactor struct {
	replace *strings.Replacer
}

// newRedactor knows each secret as it is and as a URL or a quoted string would
// spell it: a server or a library may echo any of these.
func newRedactor(secrets ...string) redactor {
	var pairs []string
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		quoted := strconv.Quote(secret)
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), quoted[1 : len(quoted)-1]} {
			pairs = append(pairs, form, redacted)
		}
	}
	return redactor{replace: strings.NewReplacer(pairs...)}
}

// text replaces every secret in s.
func (r redactor) text(s string) string {
	return r.replace.Replace(s)
}

// words makes foreign text fit for an error or a log: secrets are replaced
// before it is shortened, so that no half of one is left, and control
// characters become spaces, so that it stays on one line and cannot steer a
// terminal.
func (r redactor) words(s string) string {
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == '\u2028' || c == '\u2029' || unicode.Is(unicode.Bidi_Control, c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = r.text(strings.Join(strings.Fields(s), " "))
	if shown := []rune(s); len(shown) > maxShown {
		return string(shown[:maxShown]) + "…"
	}
	return s
}
