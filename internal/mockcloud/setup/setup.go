// Package setup is the Identity Provider Configuration dashboard: what a person
// sees who opens a setup link. They exchange the link for a session of half an hour
// and are led through it step by step; each step is a page with a form.
//
// A link is for one of two ways: to a connection for single sign-on, or to a
// directory with a token for SCIM. What is saved goes the way of POST
// …/sso/connections or …/sso/directories, in the name of the user who asked for the link,
// who must still be allowed to.
//
// A link's secret stands in its address, so the pages ask browsers not to store them, not
// to send a Referer and not to show them in a frame.
// Only the buttons that copy need a script, which is a file of this server; no other runs.
// Forms carry a token of the session.
//
// What is said of each product comes from package idpguide.
package setup

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/idpguide"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/trial"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Prefix is where setup links lead; their secret follows. Secrets are in capitals,
// the steps' names are not.
const Prefix = "/setup/"

// Dashboard serves the pages behind setup links.
type Dashboard struct {
	Store *store.Store
	// Checker looks at what is to be saved.
	Checker identity.Checker
	// Guides say what to do at each identity provider.
	Guides *idpguide.Library
	// Tests are the test logins that were begun here, and Logins finishes them.
	Tests  *trial.Tests
	Logins Logins
	// PublicURL is what links to this server begin with; empty means as the browser
	// reached it.
	PublicURL string
	// Logger logs what went wrong here.
	Logger *slog.Logger
}

// Logins lets people in.
type Logins interface {
	// LetIn finishes a test login as a login. Refusals are store.LoginRefused or
	// store.Conflict.
	LetIn(w http.ResponseWriter, r *http.Request, result trial.Result) error
}

// Handler returns the pages.
func (d *Dashboard) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix+"style.css", serveStyle)
	mux.HandleFunc("GET "+Prefix+"copy.js", serveScript)
	mux.HandleFunc("GET "+Prefix+"{secret}", d.openLink)
	mux.HandleFunc("POST "+Prefix+"{secret}", d.startSession)
	mux.HandleFunc("GET "+Prefix+"{$}", d.inStep(nil, func(v *visit) { v.goTo(v.way.reached(v)) }))
	try := ssoSteps()[tryLogin]
	mux.HandleFunc("GET "+trial.Prefix+"{key}", d.inStep(try, showTested))
	mux.HandleFunc("POST "+Prefix+"activate", d.inStep(try, activate))
	for _, way := range ways() {
		for _, s := range way.steps {
			mux.HandleFunc("GET "+s.path(), d.inStep(s, func(v *visit) { v.ask(s.view(v)) }))
			if s.take != nil {
				mux.HandleFunc("POST "+s.path(), d.inStep(s, s.take))
			}
		}
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			d.notice(w, http.StatusMethodNotAllowed, "This page can only be read", "Open the setup link in a browser.")
			return
		}
		d.notice(w, http.StatusNotFound, "There is no such page", "Open the setup link again, or ask for a new one.")
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protect(w.Header())
		if r.Method == http.MethodPost {
			if foreign(r) {
				d.notice(w, http.StatusForbidden, "This form came from another page", "Nothing has been changed. Open the setup link in this browser and go on there.")
				return
			}
			files, err := readForm(w, r)
			if err != nil {
				d.notice(w, http.StatusBadRequest, "This form could not be read",
					"Nothing has been changed. Metadata of one identity provider has at most 1 MiB; is more in it? Go back in your browser: what you typed is still there.")
				return
			}
			r = r.WithContext(context.WithValue(r.Context(), filesKey{}, files))
		}
		mux.ServeHTTP(w, r)
	})
}

// protect asks browsers to keep a page to themselves.
func protect(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
}

// foreign reports whether a form comes from another origin's page. A page that passes
// no address on sends the Origin "null", so where there is no Sec-Fetch-Site
// (outside https and localhost) the session's token has to be enough.
func foreign(r *http.Request) bool {
	if r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "null" {
		return false
	}
	return router.IsForeign(r)
}

// notice is a page without a form.
func (d *Dashboard) notice(w http.ResponseWriter, status int, title, text string) {
	d.render(w, status, "notice.html", page{Title: title, Content: text})
}

// failed answers an error that is not one of the form's input.
func (d *Dashboard) failed(w http.ResponseWriter, r *http.Request, err error) {
	var (
		forbidden *store.Forbidden
		limit     *store.PlanLimit
		missing   *store.NotFound
	)
	switch {
	case errors.As(err, &forbidden), errors.As(err, &limit):
		d.notice(w, http.StatusForbidden, "This setup link is no longer valid",
			sentence(err.Error())+" Nothing has been changed. An administrator of single sign-on has to ask for a new link.")
	case errors.As(err, &missing):
		d.notice(w, http.StatusForbidden, "No setup session is open here",
			"It has expired, or it was never started in this browser. A session lasts 30 minutes. What was saved stays; for the rest ask for a new setup link.")
	case store.IsUnavailable(err):
		d.notice(w, http.StatusServiceUnavailable, "The server can save no more changes", "Nothing has been changed. See the server's log for the cause.")
	default:
		d.Logger.LogAttrs(r.Context(), slog.LevelError, "unexpected error in the dashboard", slog.String("route", r.Pattern), slog.Any("error", err))
		d.notice(w, http.StatusInternalServerError, "Something went wrong", "Nothing has been changed. See the server's log for details.")
	}
}
