package truth_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// browser is one of a person who has been nowhere yet.
type browser struct {
	s      *scene
	client *http.Client
}

// page is what it shows.
type page struct {
	status int
	url    *url.URL
	text   string
}

// saml reports whether it is the answer of a SAML identity provider to be handed over.
func (p page) saml() bool { return strings.Contains(p.text, `name="SAMLResponse"`) }

func (s *scene) browser() *browser {
	jar, err := cookiejar.New(nil)
	s.must(err)
	return &browser{s, &http.Client{Jar: jar, Transport: sites{s.router}}}
}

// sites are the server, which is here, and the rest of the world.
type sites struct{ here http.Handler }

// RoundTrip keeps back, as browsers do, the cookies (SameSite=Lax) of a form that another site's page sends.
func (i sites) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != strings.TrimPrefix(ownOrigin, "http://") {
		return http.DefaultTransport.RoundTrip(r)
	}
	r = r.Clone(r.Context())
	r.Host, r.RemoteAddr = r.URL.Host, "192.0.2.1:1234"
	if r.Method == http.MethodPost && r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		r.Header.Del("Cookie")
	}
	w, err := inProcess{i.here}.RoundTrip(r)
	if w != nil {
		w.Request = r
	}
	return w, err
}

func (b *browser) open(address string) page {
	return b.send(http.MethodGet, address, nil, "none")
}

func (b *browser) send(method, address string, form url.Values, site string) page {
	r, err := http.NewRequestWithContext(b.s.t.Context(), method, address, strings.NewReader(form.Encode()))
	b.s.must(err)
	r.Header.Set("Sec-Fetch-Site", site)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w, err := b.client.Do(r)
	b.s.must(err)
	body, err := io.ReadAll(w.Body)
	b.s.must(err)
	b.s.must(w.Body.Close())
	return page{w.StatusCode, w.Request.URL, string(body)}
}

var (
	formTag  = regexp.MustCompile(`<form[^>]*>`)
	inputTag = regexp.MustCompile(`<input[^>]*>`)
	attrs    = regexp.MustCompile(`(\w+)="([^"]*)"`)
)

func attributes(tag string) map[string]string {
	out := map[string]string{}
	for _, match := range attrs.FindAllStringSubmatch(tag, -1) {
		out[match[1]] = html.UnescapeString(match[2])
	}
	return out
}

// submit sends a page's first form with more fields.
func (b *browser) submit(p page, more url.Values) page {
	tag := formTag.FindString(p.text)
	if tag == "" {
		b.s.t.Fatalf("%d %s has no form: %s", p.status, p.url, p.text)
	}
	action, err := p.url.Parse(attributes(tag)["action"])
	b.s.must(err)
	values := url.Values{}
	for _, tag := range inputTag.FindAllString(p.text, -1) {
		if field := attributes(tag); field["type"] == "hidden" {
			values.Set(field["name"], field["value"])
		}
	}
	for name := range more {
		values.Set(name, more.Get(name))
	}
	site := "cross-site"
	if action.Host == p.url.Host {
		site = "same-origin"
	}
	return b.send(http.MethodPost, action.String(), values, site)
}

// token is that of the browser's session, empty for none.
func (b *browser) token() string {
	own, err := url.Parse(ownOrigin + "/")
	b.s.must(err)
	for _, cookie := range b.client.Jar.Cookies(own) {
		if cookie.Name == router.SessionCookie {
			return cookie.Value
		}
	}
	return ""
}

// logInThroughProvider is a whole login of somebody whom the identity provider knows. The token is empty for who is not let
// in.
func (s *scene) logInThroughProvider(email string) (token string, last page) {
	b := s.browser()
	last = b.open(ownOrigin + "/login?email=" + url.QueryEscape(email))
	if last.url.Host == strings.TrimPrefix(ownOrigin, "http://") {
		return b.token(), last
	}
	last = b.submit(last, url.Values{"person": {"subject of " + email}})
	if last.saml() {
		last = b.submit(last, nil)
	}
	return b.token(), last
}

// logInByCode is a login by a code that comes by mail. The token is empty for who gets none.
func (s *scene) logInByCode(email string) (token string) {
	b := s.browser()
	b.send(http.MethodPost, ownOrigin+"/login/code", url.Values{"email": {email}}, "same-origin")
	code := ""
	s.must(s.store.View(func(r *store.Reader) error {
		for _, mail := range r.Outbox() {
			if mail.To == email && mail.LoginCode != "" {
				code = mail.LoginCode
			}
		}
		return nil
	}))
	if code == "" {
		return ""
	}
	b.send(http.MethodPost, ownOrigin+"/login/verify", url.Values{"email": {email}, "code": {code}}, "same-origin")
	return b.token()
}
