package mockcloud_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// reply is an answer without its body.
type reply struct {
	status   int
	location string
	cookies  []*http.Cookie
}

// atOnce makes the same request several times side by side and returns the answers, whose redirects are not followed.
func (b *browser) atOnce(method, address string, form url.Values) []reply {
	b.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.URL + address
	}
	const times = 8
	answers := make([]reply, times)
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range times {
		r, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(form.Encode()))
		if err != nil {
			b.t.Fatal(err)
		}
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for _, cookie := range b.jar.Cookies(r.URL) {
			r.AddCookie(cookie)
		}
		group.Go(func() {
			<-start
			answer, err := b.client.Do(r)
			if err != nil {
				b.t.Error(err)
				return
			}
			if err := answer.Body.Close(); err != nil {
				b.t.Error(err)
			}
			answers[i] = reply{answer.StatusCode, answer.Header.Get("Location"), answer.Cookies()}
		})
	}
	close(start)
	group.Wait()
	return answers
}

// wantOne fails unless exactly one answer is what is looked for.
func wantOne(t *testing.T, what string, answers []reply, is func(reply) bool) (found reply) {
	t.Helper()
	n := 0
	for _, answer := range answers {
		if is(answer) {
			n, found = n+1, answer
		}
	}
	if n != 1 {
		t.Fatalf("%s: %d of %d", what, n, len(answers))
	}
	return found
}

func sets(name string) func(reply) bool {
	return func(answer reply) bool {
		for _, cookie := range answer.cookies {
			if cookie.Name == name && cookie.MaxAge >= 0 && cookie.Value != "" {
				return true
			}
		}
		return false
	}
}

// sessions is how many sessions there are in the whole server.
func (o *office) sessions() int {
	o.t.Helper()
	return len(o.events("prefect-cloud.user.logged-in"))
}

// TestOnce: of what can be used once, exactly one of several requests side by side gets it.
func TestOnce(t *testing.T) {
	t.Parallel()
	t.Run("a setup link", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		var link string
		o.api("GET", "/sso/setup_url", mocktest.Owner, nil).Want(http.StatusOK).Into(&link)
		wantOne(t, "sessions", o.browser().atOnce(http.MethodPost, link, url.Values{}), sets("mockcloud_setup"))
	})
	t.Run("a code by mail", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		b := o.browser()
		b.send(http.MethodPost, "/login/code", url.Values{"email": {"owner@oidc.example"}}, "same-origin").want(t, http.StatusOK)
		var mails []struct {
			Code string `json:"login_code"`
		}
		o.Call("GET", "/_mockcloud/outbox", "", nil).Want(http.StatusOK).Into(&mails)
		wantOne(t, "sessions", b.atOnce(http.MethodPost, "/login/verify", url.Values{"email": {"owner@oidc.example"}, "code": {mails[0].Code}}), sets("mockcloud_session"))
	})
	t.Run("a state", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.configure("oidc", "oidc.example")
		b := o.browser()
		b.stopAt = "/callback"
		answer := b.login("ada@oidc.example").url
		wantOne(t, "sessions", b.atOnce(http.MethodGet, answer.String(), nil), sets("mockcloud_session"))
		if n := o.sessions(); n != 1 {
			t.Errorf("%d logins", n)
		}
	})
	t.Run("an assertion, and the way on from it", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.configure("saml", "saml.example")
		b := o.browser()
		acs, form := b.form(b.answerAs(b.get("/login?email=admin@saml.example"), "admin@saml.example"))
		on := wantOne(t, "answers", b.atOnce(http.MethodPost, acs, form), func(a reply) bool { return a.status == http.StatusSeeOther })
		wantOne(t, "sessions", b.atOnce(http.MethodGet, on.location, nil), sets("mockcloud_session"))
		if n := o.sessions(); n != 1 {
			t.Errorf("%d logins", n)
		}
	})
	t.Run("a login that the identity provider started", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		connection := o.configure("saml", "saml.example")
		o.api("PATCH", "/sso/connections/"+connection, mocktest.Terraform, obj{"saml": obj{"allow_idp_initiated": true}}).Want(http.StatusOK)
		var provider struct {
			EntityID string `json:"sp_entity_id"`
			ACSURL   string `json:"acs_url"`
		}
		o.api("GET", "/sso/service_provider", mocktest.Terraform, nil).Want(http.StatusOK).Into(&provider)
		b := o.browser()
		acs, form := b.form(b.answerAs(b.get(o.idp.SAMLStartURL(provider.EntityID, provider.ACSURL, "")), "admin@saml.example"))
		on := wantOne(t, "answers", b.atOnce(http.MethodPost, acs, form), func(a reply) bool { return a.status == http.StatusSeeOther })
		action, confirm := b.form(b.get(on.location))
		wantOne(t, "sessions", b.atOnce(http.MethodPost, action, confirm), sets("mockcloud_session"))
	})
	for protocol, email := range newcomers {
		t.Run("a test login, "+protocol, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t).trying(protocol, nil)
			action, form := o.form(o.choose(o.start(), email).want(t, http.StatusOK, "The test login works"))
			answers := o.atOnce(http.MethodPost, action, form)
			wantOne(t, "sessions", answers, sets("mockcloud_session"))
			for _, answer := range answers {
				if answer.status != http.StatusSeeOther {
					t.Errorf("%d", answer.status)
				}
			}
			if n := o.sessions(); n != 1 || o.state(o.connection) != "active" {
				t.Errorf("%d logins, %s", n, o.state(o.connection))
			}
		})
	}
}

// answerAs says at the test identity provider who is logging in, and returns its page with the answer.
func (b *browser) answerAs(p page, email string) page {
	b.t.Helper()
	for _, person := range b.idp.People() {
		if person.Email == email {
			return b.submit(p, url.Values{"person": {person.Subject}})
		}
	}
	b.t.Fatalf("%s is nobody", email)
	return page{}
}
