package mockcloud_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// dashboardPaths are all pages and forms behind a setup link, of both ways.
var dashboardPaths = []string{
	"/setup/", "/setup/domains", "/setup/provider", "/setup/values", "/setup/details", "/setup/test", "/setup/done", "/setup/tried/ABCDEF",
	"/setup/activate", "/setup/directory", "/setup/name", "/setup/endpoint", "/setup/status",
}

// TestDashboardNeedsItsSession: no page is shown and no form is taken without a setup session of that account that is still
// open, its token, and a page of this server.
func TestDashboardNeedsItsSession(t *testing.T) {
	t.Parallel()
	o := newOffice(t).trying("oidc", nil)
	_, form := o.form(o.get("/setup/details"))
	stranger := o.office.browser()
	ended := newOffice(t).trying("oidc", nil)
	ended.clock.Advance(31 * time.Minute)
	before := o.snapshot()
	for _, path := range dashboardPaths {
		stranger.get(path).wantNot(t, http.StatusOK, "Activate", "client_id")
		ended.browser.get(path).wantNot(t, http.StatusOK, "Activate", "client_id")
		stranger.send(http.MethodPost, path, form, "same-origin").wantNot(t, http.StatusOK)
		for name, sent := range map[string]struct {
			token, site string
		}{"without a token": {"", "same-origin"}, "with another one": {strings.Map(other, form.Get("token")), "same-origin"}, "of a page elsewhere": {form.Get("token"), "cross-site"}, "of a neighbor": {form.Get("token"), "same-site"}} {
			values := url.Values{"name": {"Taken over"}, "type": {"GenericSAML"}, "domain": {"saml.example"}, "issuer": {o.Mock.IdPURL()}, "client_id": {"evil"}, "result": {"ABCDEF"}}
			if sent.token != "" {
				values.Set("token", sent.token)
			}
			r := o.withCookies(path, values, sent.site)
			if r.Status < 400 {
				t.Errorf("%s %s: %d %s", path, name, r.Status, r.Body)
			}
		}
	}
	if after := o.snapshot(); after != before {
		t.Errorf("something was done:\n%s\n%s", before, after)
	}
	// The session is another one's once the person who asked for the link may no more.
	var members []mocktest.Row
	o.api("POST", "/account_memberships/filter", mocktest.Terraform, obj{}).Want(http.StatusOK).Into(&members)
	for _, m := range members {
		if m.Email == "owner@oidc.example" {
			o.api("PATCH", "/account_memberships/"+m.ID+"/active", mocktest.Terraform, obj{"active": false}).Want(http.StatusNoContent)
		}
	}
	for _, path := range dashboardPaths {
		o.browser.get(path).wantNot(t, http.StatusOK, "Activate", "client_id")
	}
}

// other makes another secret of one that has the same form.
func other(c rune) rune {
	if c == 'x' {
		return 'y'
	}
	return 'x'
}

// withCookies sends a form with the session's cookie, whatever page it is said to come from.
func (o *tryout) withCookies(path string, form url.Values, site string) mocktest.Answer {
	o.t.Helper()
	headers := []string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", site}
	for _, cookie := range o.jar.Cookies(o.parse(o.URL + path)) {
		headers = append(headers, "Cookie", cookie.Name+"="+cookie.Value)
	}
	answer, err := o.Try(http.MethodPost, path, "", form.Encode(), headers...)
	if err != nil {
		o.t.Fatal(err)
	}
	return answer
}

// wantNot fails where a page has that status and any of the texts.
func (p page) wantNot(t testing.TB, status int, texts ...string) {
	t.Helper()
	if p.status != status {
		return
	}
	for _, text := range texts {
		if strings.Contains(p.body, text) {
			t.Errorf("%s says %q: %s", p.url, text, p.body)
		}
	}
	if texts == nil {
		t.Errorf("%s: status %d", p.url, p.status)
	}
}

// TestUploadsWithoutASession: who has no session cannot have the server keep more of a form than a form can have.
func TestUploadsWithoutASession(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := range 20 {
		part, err := w.CreateFormFile(fmt.Sprint("file", i), "metadata.xml")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := o.browser().raw(http.MethodPost, "/setup/details", w.FormDataContentType(), body.String()); got.status != http.StatusBadRequest {
		t.Errorf("%d %s", got.status, got.body)
	}
}
