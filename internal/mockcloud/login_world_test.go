package mockcloud_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
)

// office is an account with two domains, one for each protocol, and the test identity
// provider.
type office struct {
	*mocktest.Server
	t     testing.TB
	clock *mocktest.Clock
	idp   *idp.IdP
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{t: t, clock: mocktest.NewClock()}
	o.Server = mocktest.Start(t, mockcloud.Config{IdP: true, IdPMisbehave: true, Clock: o.clock.Now, Scenario: mocktest.Scenario(t, `
accounts:
  - id: `+mocktest.Account+`
    handle: acme
    features: [sso, scim, teams, custom_roles, audit_logs]
    rate_limit_per_minute: 0
    domains: [oidc.example, saml.example]
    users:
      - {email: owner@oidc.example, role: Owner, api_key: pnu_owner}
      - {email: second@oidc.example, role: Owner}
      - {email: admin@saml.example, role: Admin, api_key: pnu_admin}
      - {email: ada@oidc.example, first_name: Ada, role: Member, api_key: pnu_ada}
    service_accounts: [{name: terraform, role: Owner, api_key: pnb_terraform}]
users: [{email: new@oidc.example, first_name: New}, {email: stranger@elsewhere.example}]
`)})
	o.idp = o.Mock.IdP()
	return o
}

// configure makes a connection in the Owner's name and returns its id.
func (o *office) configure(name string, domains ...string) string {
	o.t.Helper()
	body := obj{"name": name, "domains": domains}
	if strings.HasPrefix(name, "saml") {
		body["connection_type"], body["saml"] = "GenericSAML", obj{"idp_metadata_url": o.Mock.IdPURL() + "/saml/metadata"}
	} else {
		body["connection_type"], body["oidc"] = "GenericOIDC", obj{
			"issuer": o.Mock.IdPURL(), "client_id": name, "client_secret": mockcloud.IdPClientSecret,
		}
	}
	var made obj
	o.api("POST", "/sso/connections", mocktest.Terraform, body).Want(http.StatusCreated).Into(&made)
	return id(made)
}

func (o *office) api(method, path, key string, body any, headers ...string) mocktest.Answer {
	o.t.Helper()
	answer, err := o.Try(method, mocktest.Root+path, key, body, headers...)
	if err != nil {
		o.t.Fatal(err)
	}
	return answer
}

func (o *office) state(connection string) string {
	o.t.Helper()
	var c obj
	o.api("GET", "/sso/connections/"+connection, mocktest.Terraform, nil).Want(http.StatusOK).Into(&c)
	return text(c, "state")
}

// rejections returns the reasons for which logins were refused, oldest first.
func (o *office) rejections() (reasons []string) {
	o.t.Helper()
	for _, e := range o.events("prefect-cloud.sso-connection.rejected") {
		reasons = append(reasons, e.Payload["reason"])
	}
	return reasons
}

type loginEvent struct {
	Event   string            `json:"event"`
	Payload map[string]string `json:"payload"`
}

func (o *office) events(name string) []loginEvent {
	o.t.Helper()
	var page struct {
		Events []loginEvent `json:"events"`
	}
	o.api("POST", "/events/filter", mocktest.Terraform, obj{"limit": 200, "filter": obj{
		"event": obj{"name": []string{name}}, "order": "ASC",
	}}).Want(http.StatusOK).Into(&page)
	return page.Events
}

// browser is a person's browser: it keeps cookies, and follows redirects one by one. A
// form of another site's page brings no cookies that are SameSite=Lax.
type browser struct {
	*office
	client *http.Client
	jar    http.CookieJar
	// stopAt ends the path that no redirect is followed to.
	stopAt string
	// took, unless nil, is told how long each answer took.
	took func(*url.URL, time.Duration)
}

func (o *office) browser() *browser {
	o.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	return &browser{office: o, client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, jar: jar}
}

// page is what a browser shows.
type page struct {
	status int
	url    *url.URL
	header http.Header
	body   string
}

func (b *browser) get(address string) page { return b.send(http.MethodGet, address, nil, "none") }

// send makes a request and follows where it leads. site is Sec-Fetch-Site.
func (b *browser) send(method, address string, form url.Values, site string) page {
	b.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.URL + address
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", site)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if site != "cross-site" || method == http.MethodGet {
		for _, cookie := range b.jar.Cookies(r.URL) {
			r.AddCookie(cookie)
		}
	}
	began := time.Now()
	w, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	body, err := io.ReadAll(w.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := w.Body.Close(); err != nil {
		b.t.Fatal(err)
	}
	if b.took != nil {
		b.took(r.URL, time.Since(began))
	}
	b.jar.SetCookies(r.URL, w.Cookies())
	if w.StatusCode == http.StatusSeeOther {
		to, err := w.Location()
		if err != nil {
			b.t.Fatal(err)
		}
		if b.stopAt != "" && strings.HasSuffix(to.Path, b.stopAt) {
			return page{url: to}
		}
		return b.send(http.MethodGet, to.String(), nil, "cross-site")
	}
	return page{w.StatusCode, r.URL, w.Header, string(body)}
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

// form reads a page's first form: where it leads, and its hidden fields.
func (b *browser) form(p page) (string, url.Values) {
	b.t.Helper()
	tag := formTag.FindString(p.body)
	if tag == "" {
		b.t.Fatalf("%d %s has no form: %s", p.status, p.url, p.body)
	}
	action, err := p.url.Parse(attributes(tag)["action"])
	if err != nil {
		b.t.Fatal(err)
	}
	values := url.Values{}
	for _, tag := range inputTag.FindAllString(p.body, -1) {
		if field := attributes(tag); field["type"] == "hidden" {
			values.Set(field["name"], field["value"])
		}
	}
	return action.String(), values
}

// submit sends a page's form with more fields.
func (b *browser) submit(p page, more url.Values) page {
	b.t.Helper()
	action, values := b.form(p)
	for name := range more {
		values.Set(name, more.Get(name))
	}
	site := "cross-site"
	if strings.HasPrefix(action, p.url.Scheme+"://"+p.url.Host+"/") {
		site = "same-origin"
	}
	return b.send(http.MethodPost, action, values, site)
}

// choose says at the test identity provider who is logging in, and returns what comes of
// it. SAML's answer is a page with a form.
func (b *browser) choose(p page, email string) page {
	b.t.Helper()
	subject := ""
	for _, person := range b.idp.People() {
		if person.Email == email {
			subject = person.Subject
		}
	}
	p = b.submit(p, url.Values{"person": {subject}})
	if strings.Contains(p.body, "SAMLResponse") {
		p = b.submit(p, nil)
	}
	return p
}

// login is a whole login.
func (b *browser) login(email string) page {
	b.t.Helper()
	return b.choose(b.get("/login?email="+url.QueryEscape(email)), email)
}

func (p page) want(t testing.TB, status int, texts ...string) page {
	t.Helper()
	if p.status != status {
		t.Fatalf("%s: status %d, want %d: %s", p.url, p.status, status, p.body)
	}
	for _, text := range texts {
		if !strings.Contains(p.body, text) {
			t.Errorf("%s does not say %q: %s", p.url, text, p.body)
		}
	}
	return p
}

func (b *browser) parse(address string) *url.URL {
	b.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

// cookies are those that go along to an address, as they can be set again.
func (b *browser) cookies(address string) []*http.Cookie {
	b.t.Helper()
	cookies := b.jar.Cookies(b.parse(address))
	for _, cookie := range cookies {
		cookie.Path = "/sso/"
	}
	return cookies
}

// token is that of the browser's session, empty for none.
func (b *browser) token() string {
	b.t.Helper()
	for _, cookie := range b.jar.Cookies(b.parse(b.URL)) {
		if cookie.Name == router.SessionCookie {
			return cookie.Value
		}
	}
	return ""
}
