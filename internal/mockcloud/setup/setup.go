// Package setup is what a person sees who opens a setup link. For now it says whose
// link it is and that the configuration itself is not there yet.
//
// A link's secret stands in its address, so the pages ask browsers to keep it to
// themselves: nothing is stored, no address is passed on, nobody may frame them.
package setup

import (
	"bytes"
	_ "embed" // the page
	"errors"
	"html/template"
	"net/http"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Prefix is where setup links lead; their secret follows.
const Prefix = "/setup/"

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// view is what the page shows.
type view struct{ Title, Text string }

var (
	unknown = view{"This setup link is not known", "Ask for a new one: setup links can be opened for five minutes."}
	expired = view{"This setup link has expired", "Ask for a new one: setup links can be opened for five minutes."}
)

// things names what each link is for.
var things = map[store.SetupPurpose]string{
	store.SetupSSO:       "single sign-on",
	store.SetupDirectory: "directory sync",
}

// Handler serves the pages behind setup links.
func Handler(state *store.Store) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			show(w, http.StatusMethodNotAllowed, view{"This page can only be read", "Open the setup link in a browser."})
			return
		}
		status, content := find(state, strings.TrimPrefix(r.URL.Path, Prefix))
		show(w, status, content)
	})
}

// find looks up a link and says what its page shows.
func find(state *store.Store, secret string) (int, view) {
	status, content := http.StatusNotFound, unknown
	err := state.View(func(r *store.Reader) error {
		link, open, err := r.SetupLink(secret)
		if err != nil {
			return err
		}
		if !open {
			status, content = http.StatusGone, expired
			return nil
		}
		account, err := r.Account(link.AccountID)
		if err != nil {
			return err
		}
		thing := things[link.Purpose]
		status, content = http.StatusOK, view{
			"Set up " + thing + " for " + account.Name,
			"This link is good, but there is nothing to do here yet: configuring " + thing +
				" on this page comes in a later version of mockcloud. Nothing has been changed.",
		}
		return nil
	})
	var missing *store.NotFound
	if err != nil && !errors.As(err, &missing) {
		return http.StatusInternalServerError, view{"Something went wrong", "The page could not be made. Nothing has been changed."}
	}
	return status, content
}

func show(w http.ResponseWriter, status int, content view) {
	var body bytes.Buffer
	if err := page.Execute(&body, content); err != nil {
		http.Error(w, "The page could not be made", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	// It fails only when the reader is gone, and then nobody can be told.
	_, _ = body.WriteTo(w)
}
