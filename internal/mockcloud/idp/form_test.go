package idp_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestMalformedForms: a form that cannot be read, or could be read in two ways, is refused whole.
func TestMalformedForms(t *testing.T) {
	t.Parallel()
	const kind = "application/x-www-form-urlencoded"
	w := start(t)
	before := w.People()
	for path, good := range map[string]string{
		"/people":                             "do=add&email=new%40acme.com",
		w.request()[len(w.base):]:             "person=ada-1",
		"/saml/sso":                           "SAMLRequest=PHg%2BPC94Pg%3D%3D",
		"/saml/start?sp=a&acs=" + application: "choosing=1&person=ada-1",
		"/logout":                             "state=a",
		"/token":                              "grant_type=authorization_code&code=a",
	} {
		first, _, _ := strings.Cut(good, "&")
		for name, bad := range map[string]struct{ kind, body string }{
			"a broken escape": {kind, good + "&x=%zz"},
			"JSON":            {"application/json", "{}"},
			"a field twice":   {kind, good + "&" + first},
			"too large":       {kind, good + "&x=" + strings.Repeat("x", 300<<10)},
		} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.base+path, strings.NewReader(bad.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", bad.kind)
			if got := w.do(t, r); got.status != http.StatusBadRequest || got.header.Get("Location") != "" {
				t.Errorf("%s: %s: %d %s", path, name, got.status, got.body)
			} else if path == "/token" && !strings.Contains(got.body, `"invalid_request"`) {
				t.Errorf("%s: %s", name, got.body)
			}
		}
	}
	if after := w.People(); len(after) != len(before) {
		t.Errorf("%v have come", after)
	}
}
