package client

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/url"
	"regexp"
	"slices"
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
	forms   []string // what replace replaces
}

// newRedactor knows each secret as it is and as addresses, forms, JSON and web pages
// would spell it, also one within the other: a server or a library may echo any of these.
// Base64 is looked for by text.
func newRedactor(secrets ...string) redactor {
	known := make(map[string]struct{})
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		for _, form := range encodings(secret) {
			known[form] = struct{}{}
			for _, again := range encodings(form) {
				known[again] = struct{}{}
			}
		}
	}
	// The longest first, so that nothing is left of one that has another in it.
	forms := slices.SortedFunc(maps.Keys(known), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	pairs := make([]string, 0, 2*len(forms))
	for _, form := range forms {
		pairs = append(pairs, form, redacted)
	}
	return redactor{strings.NewReplacer(pairs...), forms}
}

// percentEncoded is a byte as addresses and forms write it.
var percentEncoded = regexp.MustCompile(`%[0-9A-F]{2}`)

// encodings are a text as it is and as others write it.
func encodings(text string) []string {
	password := strings.TrimPrefix(url.UserPassword("", text).String(), ":")
	out := []string{
		text, strings.Join(strings.Fields(text), " "), html.EscapeString(text),
		inner(strconv.Quote(text)), inner(strconv.QuoteToASCII(text)),
	}
	quoted := []string{scimQuote(text)}
	if raw, err := json.Marshal(text); err == nil { // escapes what HTML does, too
		quoted = append(quoted, string(raw))
	}
	for _, q := range quoted {
		out = append(out, inner(q), strings.ReplaceAll(inner(q), "/", `\/`))
	}
	path := strings.TrimPrefix((&url.URL{Path: "/" + text}).EscapedPath(), "/")
	for _, escaped := range []string{url.QueryEscape(text), url.PathEscape(text), path, password} {
		out = append(out, escaped, percentEncoded.ReplaceAllStringFunc(escaped, inLowerCase))
	}
	return out
}

// inLowerCase returns a byte as percentEncoded finds it, as others write it.
func inLowerCase(escape string) string {
	raw, err := strconv.ParseUint(escape[1:], 16, 8)
	if err != nil {
		return escape
	}
	return fmt.Sprintf("%%%02x", raw)
}

// inner is what is between the quotes.
func inner(quoted string) string { return quoted[1 : len(quoted)-1] }

// base64Run is what may be base64, of either alphabet, as it is or as addresses, forms and
// JSON write it. Shorter runs can hold no secret.
var base64Run = regexp.MustCompile(`(?:[A-Za-z0-9+/_=-]|%2[BbFf]|%3[Dd]|\\/){8,}`)

// oneAlphabet undoes what base64Run allows.
var oneAlphabet = strings.NewReplacer("-", "+", "_", "/", `\/`, "/", "%2B", "+", "%2b", "+", "%2F", "/", "%2f", "/", "%3D", "", "%3d", "", "=", "")

// text replaces every secret in s, and all of what is base64 of more than one, such as the
// credentials of the scheme Basic.
func (r redactor) text(s string) string {
	if len(r.forms) == 0 {
		return s
	}
	return base64Run.ReplaceAllStringFunc(r.replace.Replace(s), func(run string) string {
		if r.isInBase64(oneAlphabet.Replace(run)) {
			return redacted
		}
		return run
	})
}

// isInBase64 reports whether a secret is in what base64 stands for, wherever in it that
// begins.
func (r redactor) isInBase64(run string) bool {
	for skipped := range min(4, len(run)) {
		part := run[skipped:]
		if len(part)%4 == 1 {
			part = part[:len(part)-1] // no byte ends there
		}
		raw, err := base64.RawStdEncoding.DecodeString(part)
		if err == nil && slices.ContainsFunc(r.forms, func(form string) bool { return strings.Contains(string(raw), form) }) {
			return true
		}
	}
	return false
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
