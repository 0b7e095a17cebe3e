package setup_test

import (
	"context"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// keyboard is a person with a browser and no mouse.
type keyboard struct {
	t   testing.TB
	ctx context.Context
}

// newKeyboard starts Debian's chromium with a profile of its own, which it leaves
// nothing of.
func newKeyboard(t testing.TB, flags ...chromedp.ExecAllocatorOption) *keyboard {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("this test needs chromium in PATH (apt-get install chromium)")
	}
	options := append([]chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.WSURLReadTimeout(time.Minute),
	}, flags...)
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(allocated)
	t.Cleanup(closeTab)
	k := &keyboard{t, ctx}
	ask(k, "start chromium", chromedp.Navigate("about:blank"))
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	return &keyboard{t, ctx}
}

// ask runs an action.
func ask[T any](k *keyboard, what string, action chromedp.Action[T]) T {
	k.t.Helper()
	out, err := chromedp.Run(k.ctx, action)
	if err != nil {
		k.t.Fatalf("%s: %v", what, err)
	}
	return out
}

// evaluate asks the page.
func evaluate[T any](k *keyboard, script string) T {
	k.t.Helper()
	return ask(k, script, chromedp.Evaluate[T](script))
}

func (k *keyboard) text() string {
	k.t.Helper()
	return evaluate[string](k, "document.body.innerText")
}

func (k *keyboard) open(address, title string) {
	k.t.Helper()
	ask(k, "open a page", chromedp.Navigate(address))
	k.sees(title)
}

// sees fails the test unless the page has a headline.
func (k *keyboard) sees(title string) {
	k.t.Helper()
	if !evaluate[bool](k, "document.querySelector('h1')?.innerText.includes("+strconv.Quote(title)+") ?? false") {
		k.t.Fatalf("the page is not %q:\n%s", title, k.text())
	}
}

// has says whether the element with the focus is one.
func (k *keyboard) has(selector string) bool {
	k.t.Helper()
	return evaluate[bool](k, "document.activeElement?.matches("+strconv.Quote(selector)+") ?? false")
}

// waits for the page to give an element the focus.
func (k *keyboard) waits(selector string) {
	k.t.Helper()
	ask(k, "wait for the focus on "+selector, chromedp.Poll[bool]("document.activeElement.matches("+strconv.Quote(selector)+")"))
}

// focus goes on by Tab until an element has the focus, and makes sure that one sees
// it. A tab that opens in the background shows no focus before the first key.
func (k *keyboard) focus(selector string) {
	k.t.Helper()
	for range 60 {
		if k.has(selector) {
			if evaluate[bool](k, "document.hasFocus() && getComputedStyle(document.activeElement).outlineStyle === 'none'") {
				k.t.Errorf("%s does not show that it has the focus", selector)
			}
			return
		}
		k.types(kb.Tab)
	}
	k.t.Fatalf("%s cannot be reached by keyboard:\n%s", selector, k.text())
}

func (k *keyboard) types(keys string) {
	k.t.Helper()
	ask(k, "press keys", chromedp.KeyEvent(keys))
}

// fill puts a text into a field, in the place of what is there.
func (k *keyboard) fill(selector, text string) {
	k.t.Helper()
	k.focus(selector)
	ask(k, "select all", chromedp.KeyEvent("a", chromedp.KeyModifiers(kb.ModifierCtrl)))
	k.types(text)
}

// goes presses Enter on something and waits for the page that it leads to.
func (k *keyboard) goes(selector, title string) {
	k.t.Helper()
	k.leaves(selector)
	k.sees(title)
}

func (k *keyboard) leaves(selector string) {
	k.t.Helper()
	k.focus(selector)
	if _, err := chromedp.RunResponse(k.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		k.t.Fatalf("%s leads nowhere: %v", selector, err)
	}
}

// TestByKeyboard goes from a setup link to a saved connection, through a test login to
// an active one, and then in and out as a person of the domain: all of it in a browser
// and without a mouse.
func TestByKeyboard(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, kind, connection string
		value, ours            string // what is copied from the values' page
		details                func(k *keyboard, provider string)
		posts                  bool // the identity provider answers by a form
	}{
		{
			"OpenID Connect", "OktaOIDC", "Okta OktaOIDC active [acme.com]", "#redirect-uri", "/sso/oidc/" + mocktest.Account + "/callback",
			func(k *keyboard, provider string) {
				k.goes("button", "Enter its details")
				k.waits(".summary") // it says what is wrong
				k.focus(".summary a[href='#issuer']")
				if !evaluate[bool](k, "document.querySelector(document.activeElement.hash).matches('input[aria-invalid][aria-describedby~=issuer-problem]')") {
					k.t.Error("the summary does not lead to the field")
				}
				k.fill("#issuer", provider)
				k.fill("#client_id", "prefect")
				k.fill("#client_secret", mockcloud.IdPClientSecret)
			}, false,
		},
		{
			"SAML", "OktaSAML", "Okta OktaSAML active [acme.com]", "#acs-url", "/sso/saml/" + mocktest.Account + "/acs",
			func(k *keyboard, provider string) { k.fill("#metadata_url", provider+"/saml/metadata") }, true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := newKeyboard(t)
			s := mocktest.Start(t, mockcloud.Config{IdP: true})
			w := &world{Server: s, t: t}
			ada := s.Mock.IdP().People()[slices.IndexFunc(s.Mock.IdP().People(), func(p idp.Person) bool { return p.Email == "ada@acme.com" })].Subject
			s.Call("PATCH", mocktest.Root+"/domains", mocktest.Owner, map[string]any{"domain_names": []string{"acme.com", "acme.example"}}).Want(204)
			k.open(w.link(mocktest.Owner, "setup_url"), "Set up single sign-on for Acme")
			k.goes("button", "Which domains?")
			k.focus("[name=domain][value='acme.example']")
			k.types(" ")
			k.goes("button", "Which identity provider?")
			k.choose("[name=type]", "[value="+tt.kind+"]")
			k.goes("button", "Copy these values")
			k.focus(tt.value)
			if got := evaluate[string](k, "(e => e.value.slice(e.selectionStart, e.selectionEnd))(document.activeElement)"); got != s.URL+tt.ours {
				t.Errorf("what would be copied is %q", got)
			}
			k.goes("a.button", "Enter its details")
			tt.details(k, s.Mock.IdPURL())
			k.goes("button", "Try a login")
			k.goes("a.button", "Who is logging in?")
			k.logInAs(ada, tt.posts)
			k.sees("Single sign-on is active")
			if got := w.connections(); !slices.Equal(got, []string{tt.connection}) {
				t.Errorf("%v", got)
			}

			k.open(s.URL+"/login", "Log in")
			k.fill("[name=email]", "ada@acme.com")
			k.goes("button", "Who is logging in?")
			k.logInAs(ada, tt.posts)
			k.sees("You are logged in")
			k.goes("button", "Log in")
			k.open(s.URL+"/me", "Log in") // nobody is
		})
	}
}

// logInAs chooses a person on the test identity provider's page.
func (k *keyboard) logInAs(subject string, posts bool) {
	k.t.Helper()
	k.choose("[name=person]", "[value="+strconv.Quote(subject)+"]")
	k.leaves("button")
	if posts {
		k.leaves("button") // the page that carries the answer
	}
}

// choose goes through radio buttons by arrow until one of them has the focus.
func (k *keyboard) choose(group, wanted string) {
	k.t.Helper()
	k.focus(group)
	k.types(" ")
	for range 60 {
		if k.has(wanted) {
			return
		}
		k.types(kb.ArrowDown)
	}
	k.t.Fatalf("%s cannot be chosen by keyboard", wanted)
}
