package setup_test

import (
	"context"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
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

// focus goes on by Tab until an element has the focus, and makes sure that one sees
// it.
func (k *keyboard) focus(selector string) {
	k.t.Helper()
	for range 60 {
		if k.has(selector) {
			if evaluate[string](k, "getComputedStyle(document.activeElement).outlineStyle") == "none" {
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
	k.focus(selector)
	if _, err := chromedp.RunResponse(k.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		k.t.Fatalf("%s leads nowhere: %v", selector, err)
	}
	k.sees(title)
}
