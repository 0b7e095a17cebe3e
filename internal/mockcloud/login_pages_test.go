package mockcloud_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestLoginPage asks for an email and says what is wrong with it.
func TestLoginPage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.configure("oidc", "oidc.example")
	b := o.browser()
	p := b.get("/login?return_to=/login/style.css").want(t, http.StatusOK, `<label for="email">`, `type="email"`)
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
	} {
		if got := p.header.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if policy := p.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("Content-Security-Policy: %s", policy)
	}
	b.submit(p, url.Values{"email": {"<ada>"}}).want(t, http.StatusUnprocessableEntity, "This is not an email address", `value="&lt;ada&gt;"`, `aria-describedby="problem"`)
	b.submit(p, url.Values{"email": {"ada@nobody.example"}}).want(t, http.StatusNotFound, "No connection to an identity provider serves")
	b.choose(b.submit(p, url.Values{"email": {"ada@oidc.example"}}), "ada@oidc.example").want(t, http.StatusOK, ":focus-visible")
	b.send(http.MethodPost, "/login", url.Values{"email": {"ada@oidc.example"}}, "same-site").want(t, http.StatusForbidden)
	for _, elsewhere := range []string{"https://evil.example/", "//evil.example", "/\\evil.example"} {
		b.get("/login?email=ada@oidc.example&return_to="+url.QueryEscape(elsewhere)).want(t, http.StatusBadRequest, "leads elsewhere")
	}
}

// TestCodes: who may bypass single sign-on logs in by mail, others do not.
func TestCodes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	b := o.browser()
	mails := func() (codes []string) {
		var rows []struct {
			To   string `json:"to"`
			Code string `json:"login_code"`
		}
		o.Call("GET", "/_mockcloud/outbox", "", nil).Want(http.StatusOK).Into(&rows)
		for _, row := range rows {
			if row.To != "owner@oidc.example" {
				t.Errorf("a mail to %s", row.To)
			}
			codes = append(codes, row.Code)
		}
		return codes
	}
	ask := func(email string) page {
		return b.send(http.MethodPost, "/login/code", url.Values{"email": {email}}, "same-origin").want(t, http.StatusOK, "If <strong>"+email)
	}
	ask("ada@oidc.example")
	ask("nobody@oidc.example")
	p := ask("owner@oidc.example")
	ask("owner@oidc.example") // not another within a minute
	codes := mails()
	if len(codes) != 1 {
		t.Fatalf("%d mails", len(codes))
	}
	b.submit(p, url.Values{"code": {strings.ToLower(codes[0]) + " "}}).want(t, http.StatusOK, "You are logged in as <strong>owner@oidc.example")
	o.api("GET", "", b.token(), nil).Want(http.StatusOK)
	b.submit(b.get("/me"), nil)
	b.submit(p, url.Values{"code": {codes[0]}}).want(t, http.StatusForbidden, "does not let you in") // used

	o.clock.Advance(2 * time.Minute)
	ask("owner@oidc.example")
	code := mails()[1]
	for range 5 {
		b.submit(p, url.Values{"code": {"WRONG"}}).want(t, http.StatusForbidden, "does not let you in")
	}
	b.submit(p, url.Values{"code": {code}}).want(t, http.StatusForbidden, "does not let you in") // tried too often

	o.clock.Advance(2 * time.Minute)
	ask("owner@oidc.example")
	code = mails()[2]
	o.clock.Advance(10 * time.Minute)
	b.submit(p, url.Values{"code": {code}}).want(t, http.StatusForbidden, "does not let you in") // too old
	if b.token() != "" {
		t.Error("there is a session")
	}
}

// TestSessionCookie: the API takes a browser's session, and writes only from own pages.
func TestSessionCookie(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.configure("oidc", "oidc.example")
	b := o.browser()
	b.login("ada@oidc.example").want(t, http.StatusOK)
	cookie := "mockcloud_session=" + b.token()
	own, host := o.URL, strings.TrimPrefix(o.URL, "http://")
	for name, row := range map[string]struct {
		method, site, origin string
		status               int
	}{
		"read":                    {"GET", "", "", 200},
		"read from own page":      {"GET", "same-origin", "", 200},
		"read by address bar":     {"GET", "none", "", 200},
		"read from another port":  {"GET", "same-site", "", 403},
		"read from elsewhere":     {"GET", "cross-site", "", 403},
		"write from own page":     {"POST", "same-origin", own, 200},
		"write, old browser":      {"POST", "", own, 200},
		"write, nothing said":     {"POST", "", "", 403},
		"write from elsewhere":    {"POST", "cross-site", "https://evil.example", 403},
		"write from another port": {"POST", "same-site", "http://127.0.0.1:1", 403},
		"write, origin elsewhere": {"POST", "", "http://127.0.0.1:1", 403},
		"write, opaque origin":    {"POST", "", "null", 403},
		"write, address bar":      {"POST", "none", "", 403},
		"write, similar origin":   {"POST", "", "http://" + host + ".evil.example", 403},
	} {
		headers := []string{"Cookie", cookie}
		if row.site != "" {
			headers = append(headers, "Sec-Fetch-Site", row.site)
		}
		if row.origin != "" {
			headers = append(headers, "Origin", row.origin)
		}
		path := ""
		if row.method == "POST" {
			path = "/account_memberships/filter"
		}
		if answer := o.api(row.method, path, "", nil, headers...); answer.Status != row.status {
			t.Errorf("%s: %d, want %d: %s", name, answer.Status, row.status, answer.Body)
		}
	}
	// A key counts, whatever cookie comes along.
	o.api("POST", "/account_memberships/filter", "pnb_nobody", nil, "Cookie", cookie).Want(http.StatusUnauthorized)
	b.send(http.MethodPost, "/logout", url.Values{}, "cross-site")
	o.api("GET", "", "", nil, "Cookie", cookie).Want(http.StatusOK)
}
