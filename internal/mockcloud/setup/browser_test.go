package setup_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest/browser"
)

// TestByKeyboard goes from a setup link to a saved connection, through a test login to
// an active one, and then in and out as a person of the domain: all of it in a browser
// and without a mouse.
func TestByKeyboard(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short leaves out what starts a browser")
	}
	tests := []struct {
		name, kind, connection string
		value, ours            string // what is copied from the values' page
		details                func(t testing.TB, k *browser.Keyboard, provider string)
		posts                  bool // the identity provider answers by a form
	}{
		{
			"OpenID Connect", "OktaOIDC", "Okta OktaOIDC active [acme.com]", "#redirect-uri", "/sso/oidc/" + mocktest.Account + "/callback",
			func(t testing.TB, k *browser.Keyboard, provider string) {
				k.Goes("button", "Enter its details")
				k.Waits(".summary") // it says what is wrong
				k.Focus(".summary a[href='#issuer']")
				if !browser.Evaluate[bool](k, "document.querySelector(document.activeElement.hash).matches('input[aria-invalid][aria-describedby~=issuer-problem]')") {
					t.Error("the summary does not lead to the field")
				}
				k.Fill("#issuer", provider)
				k.Fill("#client_id", "prefect")
				k.Fill("#client_secret", mockcloud.IdPClientSecret)
			}, false,
		},
		{
			"SAML", "OktaSAML", "Okta OktaSAML active [acme.com]", "#acs-url", "/sso/saml/" + mocktest.Account + "/acs",
			func(_ testing.TB, k *browser.Keyboard, provider string) {
				k.Fill("#metadata_url", provider+"/saml/metadata")
			}, true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := browser.Start(t)
			s := mocktest.Start(t, mockcloud.Config{IdP: true})
			w := &world{Server: s, t: t}
			ada := s.Mock.IdP().People()[slices.IndexFunc(s.Mock.IdP().People(), func(p idp.Person) bool { return p.Email == "ada@acme.com" })].Subject
			s.Call("PATCH", mocktest.Root+"/domains", mocktest.Owner, map[string]any{"domain_names": []string{"acme.com", "acme.example"}}).Want(204)
			k.Open(w.link(mocktest.Owner, "setup_url"), "Set up single sign-on for Acme")
			k.Goes("button", "Which domains?")
			k.Focus("[name=domain][value='acme.example']")
			k.Types(" ")
			k.Goes("button", "Which identity provider?")
			k.Choose("[name=type]", "[value="+tt.kind+"]")
			k.Goes("button", "Copy these values")
			k.Focus(tt.value)
			if got := browser.Evaluate[string](k, "(e => e.value.slice(e.selectionStart, e.selectionEnd))(document.activeElement)"); got != s.URL+tt.ours {
				t.Errorf("what would be copied is %q", got)
			}
			k.Goes("a.button", "Enter its details")
			tt.details(t, k, s.Mock.IdPURL())
			k.Goes("button", "Try a login")
			k.Goes("a.button", "Who is logging in?")
			logInAs(k, ada, tt.posts)
			k.Sees("Single sign-on is active")
			if got := w.connections(); !slices.Equal(got, []string{tt.connection}) {
				t.Errorf("%v", got)
			}

			k.Open(s.URL+"/login", "Log in")
			k.Fill("[name=email]", "ada@acme.com")
			k.Goes("button", "Who is logging in?")
			logInAs(k, ada, tt.posts)
			k.Sees("You are logged in")
			k.Goes("button", "Log in")
			k.Open(s.URL+"/me", "Log in") // nobody is
		})
	}
}

// logInAs chooses a person on the test identity provider's page.
func logInAs(k *browser.Keyboard, subject string, posts bool) {
	k.Choose("[name=person]", "[value="+strconv.Quote(subject)+"]")
	k.Leaves("button")
	if posts {
		k.Leaves("button") // the page that carries the answer
	}
}

// TestDirectoryByKeyboard goes from a setup link to a directory that pushes, without a
// mouse, in a narrow window and in a wide one.
func TestDirectoryByKeyboard(t *testing.T) {
	t.Parallel()
	for _, width := range []int64{390, 1000} {
		t.Run(strconv.FormatInt(width, 10), func(t *testing.T) {
			k := browser.Start(t)
			k.Resize(width, 800)
			w := newWorld(t)
			fits := func() {
				t.Helper()
				if browser.Evaluate[bool](k, "document.documentElement.scrollWidth > innerWidth") {
					t.Errorf("it has to be scrolled sideways:\n%s", k.Text())
				}
			}
			k.Open(w.link(mocktest.Owner, "dsync_setup_url"), "Set up directory sync for Acme")
			fits()
			k.Goes("button", "Which directory?")
			k.Goes("button", "Which directory?")
			k.Waits(".summary") // it says what is wrong
			fits()
			k.Choose("[name=type]", "[value='okta scim v2.0']")
			k.Goes("button", "What is it called?")
			fits()
			k.Fill("#name", "People")
			k.Goes("button", "Copy these values")
			fits()
			copied := make(map[string]string)
			for _, field := range []string{"#endpoint", "#scim-token"} {
				k.Focus(field)
				copied[field] = browser.Evaluate[string](k, "(e => e.value.slice(e.selectionStart, e.selectionEnd))(document.activeElement)")
			}
			k.Goes("a.button", "Does it push?")
			w.scim("GET", copied["#endpoint"]+"/Users", copied["#scim-token"], nil).Want(200)
			k.Goes("a.button", "Does it push?")
			fits()
			if got := w.directories(); !slices.Equal(got, []string{"People okta scim v2.0 linked"}) {
				t.Errorf("%v", got)
			}
		})
	}
}
