package client

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// HeaderError says what is wrong with a custom header. It never repeats a value.
type HeaderError struct {
	Name string
	Why  string
	Fix  string
	// Ignored marks a header that Prefect's own tools leave out with a warning.
	Ignored bool
}

// Error implements error.
func (e *HeaderError) Error() string {
	return fmt.Sprintf("the custom header %q %s: %s", e.Name, e.Why, e.Fix)
}

// ownHeaders are those that belong to the client or to the connection, by their
// canonical names.
var ownHeaders = map[string]string{
	"Authorization":       "the API key goes there",
	"Accept":              "",
	"Accept-Encoding":     "",
	"Connection":          "",
	"Content-Encoding":    "",
	"Content-Length":      "",
	"Content-Type":        "",
	"Expect":              "",
	"Host":                "the endpoint names it",
	"Idempotency-Key":     "",
	"If-Match":            "",
	"Keep-Alive":          "",
	"Proxy-Authorization": "the credentials of a proxy stand in its own address, such as HTTPS_PROXY",
	"Proxy-Connection":    "",
	"Te":                  "",
	"Trailer":             "",
	"Transfer-Encoding":   "",
	"Upgrade":             "",
	"User-Agent":          "TF_APPEND_USER_AGENT adds to it",
	"Prefect-Csrf-Client": "",
	"Prefect-Csrf-Token":  "",
}

// ignoredByPrefect are those that Prefect's tools leave out of
// PREFECT_CLIENT_CUSTOM_HEADERS with a warning.
var ignoredByPrefect = []string{"User-Agent", "Prefect-Csrf-Client", "Prefect-Csrf-Token"}

// CheckHeaders returns what is wrong with custom headers, in the order of their
// names: a name or value that HTTP does not allow (RFC 9110, section 5), a header
// that the client itself sets, or the same header twice.
func CheckHeaders(headers map[string]string) []*HeaderError {
	var wrong []*HeaderError
	seen := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		canonical := http.CanonicalHeaderKey(name)
		why, own := ownHeaders[canonical]
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			wrong = append(wrong, &HeaderError{Name: name, Why: "has no valid name", Fix: "a name is made of letters, digits and hyphens"})
		case own && why != "":
			wrong = append(wrong, &HeaderError{Name: name, Why: "cannot be set", Fix: why, Ignored: slices.Contains(ignoredByPrefect, canonical)})
		case own:
			wrong = append(wrong, &HeaderError{Name: name, Why: "cannot be set", Fix: "every request has its own", Ignored: slices.Contains(ignoredByPrefect, canonical)})
		case seen[canonical] != "":
			wrong = append(wrong, &HeaderError{Name: name, Why: "is there twice", Fix: fmt.Sprintf("it is the same header as %q, whatever the case: keep one", seen[canonical])})
		case !httpguts.ValidHeaderFieldValue(headers[name]):
			wrong = append(wrong, &HeaderError{Name: name, Why: "has a line break or another control character in its value", Fix: "take it out, as trimspace() and chomp() do"})
		}
		if seen[canonical] == "" {
			seen[canonical] = name
		}
	}
	return wrong
}

// shortestSecret is the length from which the value of a header counts as one. A
// shorter one guards nothing, and redacting it would blot out ordinary words.
const shortestSecret = 6

// headerSecrets returns the values of headers that must not show up anywhere,
// and the parts of those that have several, as "Basic …" has.
func headerSecrets(headers map[string]string) []string {
	var secrets []string
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		words := strings.Fields(headers[name])
		for _, part := range append([]string{headers[name], strings.Join(words, " ")}, words...) {
			if len(part) >= shortestSecret {
				secrets = append(secrets, part)
			}
		}
		basic := http.Request{Header: http.Header{"Authorization": {headers[name]}}}
		if _, password, ok := basic.BasicAuth(); ok && len(password) >= shortestSecret {
			secrets = append(secrets, password)
		}
	}
	return secrets
}
