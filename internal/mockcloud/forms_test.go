package mockcloud_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// raw sends a body as it is.
func (b *browser) raw(method, address, kind, body string) page {
	b.t.Helper()
	headers := []string{"Content-Type", kind, "Sec-Fetch-Site", "same-origin"}
	for _, cookie := range b.jar.Cookies(b.parse(b.URL + address)) {
		headers = append(headers, "Cookie", cookie.Name+"="+cookie.Value)
	}
	answer, err := b.Try(method, address, "", body, headers...)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{status: answer.Status, url: b.parse(address), header: answer.Header, body: answer.Body}
}

// TestMalformedForms: a form that cannot be read is a page that says so, with 400, and nothing of it is done.
func TestMalformedForms(t *testing.T) {
	t.Parallel()
	const kind = "application/x-www-form-urlencoded"
	o := newOffice(t)
	sso := "/sso/saml/" + mocktest.Account
	setup := o.browser()
	o.open(setup)
	forms := map[string]struct {
		browser *browser
		good    string
		// needed are the fields that have to be there.
		needed []string
	}{
		"/login":          {o.browser(), "email=owner%40oidc.example&return_to=%2Fme", []string{"email"}},
		"/login/code":     {o.browser(), "email=owner%40oidc.example&return_to=%2Fme", []string{"email"}},
		"/login/verify":   {o.browser(), "email=owner%40oidc.example&code=ABC&return_to=%2Fme", []string{"email", "code"}},
		sso + "/acs":      {o.browser(), "SAMLResponse=PHg%2BPC94Pg%3D%3D&RelayState=%2Fme", []string{"SAMLResponse"}},
		sso + "/continue": {o.browser(), "login=ABC", []string{"login"}},
		"/setup/domains":  {setup, "domain=saml.example&token=" + o.setupToken(setup), nil},
	}
	for path, form := range forms {
		before := o.snapshot()
		first, _, _ := strings.Cut(form.good, "&")
		bad := map[string]struct{ kind, body string }{
			"a broken escape":      {kind, form.good + "&other=%zz"},
			"a broken first":       {kind, "%zz=1&" + form.good},
			"JSON":                 {"application/json", `{"email":"owner@oidc.example"}`},
			"text":                 {"text/plain", form.good},
			"parts without an end": {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nowner@oidc.example"},
			"no boundary":          {"multipart/form-data", form.good},
			"a field twice":        {kind, form.good + "&" + first},
		}
		if path == "/setup/domains" { // where one can choose several
			bad["a field twice"] = struct{ kind, body string }{kind, form.good + "&token=" + o.setupToken(setup)}
		}
		if path != sso+"/acs" { // of an answer that is too large it is said why
			bad["too large"] = struct{ kind, body string }{kind, form.good + "&other=" + strings.Repeat("x", 5<<20)}
		}
		for _, name := range form.needed {
			values, err := url.ParseQuery(form.good)
			if err != nil {
				t.Fatal(err)
			}
			values.Del(name)
			bad["no "+name] = struct{ kind, body string }{kind, values.Encode()}
		}
		for name, form := range bad {
			if got := forms[path].browser.raw(http.MethodPost, path, form.kind, form.body); got.status != http.StatusBadRequest || !strings.Contains(got.body, "<h1>") || !strings.Contains(got.body, "could not be read") {
				t.Errorf("%s: %s: %d %s", path, name, got.status, got.body)
			}
		}
		if after := o.snapshot(); after != before {
			t.Errorf("%s: something was done:\n%s\n%s", path, before, after)
		}
		if got := form.browser.raw(http.MethodPost, path, kind, form.good); got.status == http.StatusBadRequest || got.status >= http.StatusInternalServerError {
			t.Errorf("%s: the good form: %d %s", path, got.status, got.body)
		}
	}
}

// TestMalformedAddresses: the same of what stands in a page's address.
func TestMalformedAddresses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	before := o.snapshot()
	for _, path := range []string{
		"/login?email=ada%40oidc.example&x=%zz", "/login?email=ada%40oidc.example&email=owner%40oidc.example", "/login?return_to=/me&return_to=/api",
		"/sso/oidc/" + mocktest.Account + "/callback?state=a&code=b&x=%zz", "/sso/oidc/" + mocktest.Account + "/callback?state=a;code=b",
		"/sso/saml/" + mocktest.Account + "/continue?login=a&x=%zz", "/sso/saml/" + mocktest.Account + "/continue?login=a&login=b",
		"/sso/saml/" + mocktest.Account + "/continue",
	} {
		o.browser().get(path).want(t, http.StatusBadRequest, "<h1>", "could not be read")
	}
	if after := o.snapshot(); after != before {
		t.Errorf("something was done:\n%s\n%s", before, after)
	}
}

// setupToken is the one of the forms in a browser's setup session.
func (o *office) setupToken(b *browser) string {
	o.t.Helper()
	_, values := b.form(b.get("/setup/domains"))
	return values.Get("token")
}
