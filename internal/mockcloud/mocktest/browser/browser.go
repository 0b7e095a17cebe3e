// Package browser is a real browser for tests: Debian's chromium, used by keyboard.
// Nothing but tests imports it.
package browser

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Keyboard is a person with a browser and no mouse.
type Keyboard struct {
	t   testing.TB
	ctx context.Context
}

// Start starts Debian's chromium with a profile of its own, which it leaves
// nothing of.
func Start(t testing.TB, flags ...chromedp.ExecAllocatorOption) *Keyboard {
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
	k := &Keyboard{t, ctx}
	Ask(k, "start chromium", chromedp.Navigate("about:blank"))
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	return &Keyboard{t, ctx}
}

// In is the same browser for a subtest.
func (k *Keyboard) In(t testing.TB) *Keyboard { return &Keyboard{t, k.ctx} }

// Attach chooses a file in a field that has been reached by keyboard; the window in which
// people look for it is the system's own.
func (k *Keyboard) Attach(selector, file string) {
	k.t.Helper()
	k.Focus(selector)
	Ask(k, "choose "+file, chromedp.SetUploadFiles(selector, []string{file}))
}

// Ask runs an action.
func Ask[T any](k *Keyboard, what string, action chromedp.Action[T]) T {
	k.t.Helper()
	out, err := chromedp.Run(k.ctx, action)
	if err != nil {
		k.t.Fatalf("%s: %v", what, err)
	}
	return out
}

// contextGone is what chromium says when the page was left for another at that moment.
const contextGone = "Cannot find context with specified id"

// Evaluate asks the page, or the one that takes its place meanwhile.
func Evaluate[T any](k *Keyboard, script string) T {
	k.t.Helper()
	for {
		out, err := chromedp.Run(k.ctx, chromedp.Evaluate[T](script))
		if err == nil {
			return out
		}
		if !strings.Contains(err.Error(), contextGone) {
			k.t.Fatalf("%s: %v", script, err)
		}
	}
}

// Text is what the page says.
func (k *Keyboard) Text() string {
	k.t.Helper()
	return Evaluate[string](k, "document.body.innerText")
}

// Open goes to an address, and fails the test unless the page has a headline.
func (k *Keyboard) Open(address, title string) {
	k.t.Helper()
	Ask(k, "open a page", chromedp.Navigate(address))
	k.Sees(title)
}

// Sees fails the test unless the page has a headline.
func (k *Keyboard) Sees(title string) {
	k.t.Helper()
	if !Evaluate[bool](k, "document.querySelector('h1')?.innerText.includes("+strconv.Quote(title)+") ?? false") {
		k.t.Fatalf("the page is not %q:\n%s", title, k.Text())
	}
}

// Has reports whether the element with the focus is one.
func (k *Keyboard) Has(selector string) bool {
	k.t.Helper()
	return Evaluate[bool](k, "document.activeElement?.matches("+strconv.Quote(selector)+") ?? false")
}

// Waits for the page to give an element the focus.
func (k *Keyboard) Waits(selector string) {
	k.t.Helper()
	Ask(k, "wait for the focus on "+selector, chromedp.Poll[bool]("document.activeElement.matches("+strconv.Quote(selector)+")"))
}

// Focus goes on by Tab until an element has the focus, and makes sure that one sees
// it. A tab that opens in the background shows no focus before the first key.
func (k *Keyboard) Focus(selector string) {
	k.t.Helper()
	for range 60 {
		if k.Has(selector) {
			if Evaluate[bool](k, "document.hasFocus() && getComputedStyle(document.activeElement).outlineStyle === 'none'") {
				k.t.Errorf("%s does not show that it has the focus", selector)
			}
			return
		}
		k.Types(kb.Tab)
	}
	k.t.Fatalf("%s cannot be reached by keyboard:\n%s", selector, k.Text())
}

// Types presses keys.
func (k *Keyboard) Types(keys string) {
	k.t.Helper()
	Ask(k, "press keys", chromedp.KeyEvent(keys))
}

// Fill puts a text into a field, in the place of what is there.
func (k *Keyboard) Fill(selector, text string) {
	k.t.Helper()
	k.Focus(selector)
	Ask(k, "select all", chromedp.KeyEvent("a", chromedp.KeyModifiers(kb.ModifierCtrl)))
	k.Types(text)
}

// Goes presses Enter on something and waits for the page that it leads to.
func (k *Keyboard) Goes(selector, title string) {
	k.t.Helper()
	k.Leaves(selector)
	k.Sees(title)
}

// Leaves presses Enter on something that leads to another page.
func (k *Keyboard) Leaves(selector string) {
	k.t.Helper()
	k.Focus(selector)
	if _, err := chromedp.RunResponse(k.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		k.t.Fatalf("%s leads nowhere: %v", selector, err)
	}
}

// Choose goes through radio buttons by arrow until one of them has the focus.
func (k *Keyboard) Choose(group, wanted string) {
	k.t.Helper()
	k.Focus(group)
	k.Types(" ")
	for range 60 {
		if k.Has(wanted) {
			return
		}
		k.Types(kb.ArrowDown)
	}
	k.t.Fatalf("%s cannot be chosen by keyboard", wanted)
}

// Dark makes pages dark, for those that can be.
func Dark() chromedp.ExecAllocatorOption {
	return chromedp.Flag("blink-settings", "preferredColorScheme=0")
}

// Resize makes the window as wide and high.
func (k *Keyboard) Resize(width, height int64) {
	k.t.Helper()
	Ask(k, "resize", chromedp.EmulateViewport(width, height))
}

// Until waits until an expression of the page is true.
func (k *Keyboard) Until(expression string) {
	k.t.Helper()
	Ask(k, "wait for "+expression, chromedp.Poll[bool](expression))
}

// Keep keeps a picture of the whole page with the test's artifacts (go test
// -artifacts). Without that flag it takes none.
func (k *Keyboard) Keep(name string) {
	k.t.Helper()
	if wanted := flag.Lookup("test.artifacts"); wanted == nil || wanted.Value.String() != "true" {
		return
	}
	picture := Ask(k, "take a picture", chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(k.t.ArtifactDir(), name+".png"), picture, 0o600); err != nil {
		k.t.Fatal(err)
	}
}

// Reloads does something by which the page comes to load itself again, and waits
// until it has.
func (k *Keyboard) Reloads(by func()) {
	k.t.Helper()
	act := func(context.Context, *chromedp.Target) (chromedp.Void, error) {
		by()
		return chromedp.Void{}, nil
	}
	if _, err := chromedp.RunResponse(k.ctx, act); err != nil {
		k.t.Fatalf("the page does not load itself again: %v", err)
	}
}
