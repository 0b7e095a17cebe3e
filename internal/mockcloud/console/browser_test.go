package console_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/console"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest/browser"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// places are the pages and their headlines.
var places = []struct{ path, title string }{
	{"", "Overview"},
	{"sign-on", "Single sign-on"},
	{"directories", "Directories"},
	{"people", "People"},
	{"sessions", "Sessions"},
	{"events", "Audit trail"},
}

// TestInBrowser looks at every page on a phone and on a desk, in the light and in the
// dark: no page is wider than the window, and its headings begin with one of the
// first level. The pictures are among the test's artifacts.
func TestInBrowser(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short leaves out what starts a browser")
	}
	// Both only look, so they share what is expensive to set up.
	w, crowd := newWorld(t, console.Options{}).acme(), newWorld(t, console.Options{}).crowd()
	for name, flags := range map[string][]chromedp.ExecAllocatorOption{"light": nil, "dark": {browser.Dark()}} {
		t.Run(name, func(t *testing.T) {
			k := browser.Start(t, flags...)
			for _, width := range []int64{390, 1200} {
				k.Resize(width, 800)
				for _, place := range places {
					k.Open(w.URL+console.Prefix+"acme/"+place.path, place.title)
					look(k, t, place.path, width)
					k.Keep(fmt.Sprintf("%s-%d-%s", name, width, strings.ReplaceAll(place.title, " ", "-")))
				}
				k.Open(w.URL+console.Prefix+"acme/people?q=ada@", "People")
				k.Goes("tbody th a", "ada@acme.com")
				k.Keep(fmt.Sprintf("%s-%d-person", name, width))
				k.Open(crowd.URL+"/", "Overview")
				look(k, t, "crowd", width)
				k.Keep(fmt.Sprintf("%s-%d-crowd", name, width))
				if !browser.Evaluate[bool](k, "(b => { b.textContent = '888,888'; return b.scrollWidth <= b.clientWidth && b.offsetHeight < 40 })(document.querySelector('.tiles b'))") {
					t.Errorf("888,888 does not fit on one line of its tile in a window of %d", width)
				}
			}
		})
	}
}

// look checks what is the same on all pages.
func look(k *browser.Keyboard, t *testing.T, place string, width int64) {
	t.Helper()
	if wide := browser.Evaluate[int64](k, "document.documentElement.scrollWidth"); wide > width {
		t.Errorf("%s is %d wide in a window of %d", place, wide, width)
	}
	if levels := browser.Evaluate[string](k, "[...document.querySelectorAll('h1,h2,h3')].map(h => h.tagName[1]).join('')"); !strings.HasPrefix(levels, "1") || strings.Contains(levels, "13") {
		t.Errorf("%s has headings of the levels %s", place, levels)
	}
	if bare := browser.Evaluate[int64](k, "document.querySelectorAll('table:not(:has(caption)), input:not([id]), svg:not([role=img])').length"); bare != 0 {
		t.Errorf("%s has %d tables, fields or pictures without a name", place, bare)
	}
}

// TestNamesInBrowser: a long address takes a few lines of its own column, and a name
// that turns text around shows that it would, and turns nothing.
func TestNamesInBrowser(t *testing.T) {
	t.Parallel()
	const long = "a.person.with.a.very.long.name.indeed@department.of-a-large-company.example"
	w := newWorld(t, console.Options{}).seed(fmt.Sprintf(`
accounts:
  - id: %s
    handle: acme
    name: "\u202eAcme"
    features: [sso, custom_roles, teams]
    domains: [bücher.example]
    users:
      - {email: owner@acme.com, first_name: "\u202eOlga", role: Owner}
      - {email: %s, role: "Break\u202eglass"}
      - {email: ömer@bücher.example, first_name: עומר, role: Member}
    custom_roles: [{name: "Break\u202eglass", permissions: ["read:account"]}]
    workspaces: [{handle: production, name: Production}]
`, mocktest.Account, long))
	k := browser.Start(t)
	for _, width := range []int64{390, 1200} {
		k.Resize(width, 800)
		for _, place := range places {
			k.Open(w.URL+console.Prefix+"acme/"+place.path, place.title)
			look(k, t, place.path, width)
			if browser.Evaluate[bool](k, `/[\u202a-\u202e\u2066-\u2069]/.test(document.documentElement.outerHTML)`) {
				t.Errorf("%s has a character that turns text around", place.path)
			}
			if high := browser.Evaluate[int64](k, "Math.max(0, ...[...document.querySelectorAll('tbody tr')].map(r => r.offsetHeight))"); high > 150 {
				t.Errorf("%s has a row %d high in a window of %d", place.path, high, width)
			}
			k.Keep(fmt.Sprintf("names-%d-%s", width, strings.ReplaceAll(place.title, " ", "-")))
		}
	}
	if title := browser.Evaluate[string](k, "document.title"); !strings.Contains(title, "\ufffdAcme – mockcloud") {
		t.Errorf("the title is %q", title)
	}
	w.page("sign-on").Want(200, `<bdi>xn--bcher-kva.example</bdi></th><td><span class="soft">no active connection</span></td><td class="number">1</td>`)
}

// TestAsItHappens watches the audit trail without loading the page again, pauses it and
// goes on, all of it by keyboard.
func TestAsItHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, console.Options{}).acme()
	k := browser.Start(t)
	k.Open(w.URL+"/", "Overview")
	k.Types(kb.Tab)
	if !k.Has("a.skip") {
		t.Error("the first thing that Tab reaches is not the way past the navigation")
	}
	k.Goes("nav a[href$='/events']", "Audit trail")
	enable := func(names ...string) {
		t.Helper()
		w.does(func(tx *store.Tx) error { return tx.SetDomains(w.account, names, store.AllowDisableSSO) })
	}
	shows := func(name string) string {
		return "document.querySelector('[data-stream]').innerText.includes('" + name + "')"
	}
	k.Until("document.querySelector('[data-status]').innerText.startsWith('Live')")
	enable("acme.com", "appears.example")
	k.Until(shows("appears.example"))
	k.Until("document.querySelector('[data-status]').innerText.includes('new event')")
	k.Keep("live")

	k.Focus(".live button")
	k.Types(kb.Enter)
	k.Until("document.querySelector('[data-status]').innerText === 'Paused'")
	enable("acme.com", "while-paused.example")
	if browser.Evaluate[bool](k, shows("while-paused.example")) {
		t.Error("the trail goes on while it is paused")
	}
	k.Types(kb.Enter)
	k.Until(shows("while-paused.example"))

	k.Open(w.URL+"/", "Overview")
	k.Until("document.querySelector('[data-status]').innerText.startsWith('Live')")
	k.Reloads(func() { w.seed(people) }) // the page would be of a state that is no more
	k.Until("document.body.innerText.includes('Nothing has happened yet')")
	enable("acme.com", "after.example")
	k.Until(shows("after.example"))
}

// TestTokenInBrowser: a browser that was told the token sends it along for the page's
// look, its script and its stream, too.
func TestTokenInBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, console.Options{Token: "s3cret"}).seed(people)
	k := browser.Start(t)
	k.Open(strings.Replace(w.URL, "http://", "http://anybody:s3cret@", 1)+"/", "Overview")
	k.Until("document.querySelector('[data-status]').innerText.startsWith('Live')")
	w.does(func(tx *store.Tx) error { return tx.SetDomains(w.account, []string{"appears.example"}) })
	k.Until("document.querySelector('[data-stream]').innerText.includes('appears.example')")
}
