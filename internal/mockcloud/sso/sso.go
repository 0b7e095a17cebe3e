package sso

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/refusals"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/trial"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// Options are what logins need from outside.
type Options struct {
	Store *store.Store
	// Parties speaks OpenID Connect; it is the one that checks issuers as well.
	Parties *oidc.RelyingParty
	// Rollover follows the metadata of SAML identity providers; nil where none comes from
	// a URL.
	Rollover *identity.Rollover
	Clock    func() time.Time
	Logger   *slog.Logger
	// PublicURL is what links to the server begin with; empty means as the browser
	// reached it.
	PublicURL string
	// Tests are the dashboard's test logins; nil means none.
	Tests *trial.Tests
}

// SSO logs people in. Use New.
type SSO struct {
	Options
	logins  *saml.Logins
	waiting waiting
	keys    keys
}

// New returns the login pages.
func New(options Options) *SSO {
	if options.Tests == nil {
		options.Tests = trial.New(options.Clock)
	}
	return &SSO{
		Options: options, logins: saml.NewLogins(options.Clock),
		waiting: waiting{clock: options.Clock, byHandle: make(map[string]*answered)},
		keys:    keys{store: options.Store, clock: options.Clock, read: map[KeyUse]readKeys{}},
	}
}

// Mount puts the pages onto a router.
func (s *SSO) Mount(rt *router.Router) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+homePath, s.home)
	mux.HandleFunc("GET /login", s.showLogin)
	mux.HandleFunc("POST /login", fromOwnPage(s.startLogin))
	mux.HandleFunc("POST /login/code", fromOwnPage(s.sendCode))
	mux.HandleFunc("POST /login/verify", fromOwnPage(s.verifyCode))
	mux.HandleFunc("GET /login/style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, pageFiles, "pages/style.css")
	})
	mux.HandleFunc("POST /logout", fromOwnPage(s.logout))
	mux.HandleFunc("GET /sso/oidc/{account_id}/callback", s.oidcCallback)
	mux.HandleFunc("GET /sso/oidc/{account_id}/jwks", s.oidcKeys)
	mux.HandleFunc("POST /sso/saml/{account_id}/acs", s.samlAnswer)
	mux.HandleFunc("GET /sso/saml/{account_id}/continue", s.samlContinue)
	mux.HandleFunc("POST /sso/saml/{account_id}/continue", fromOwnPage(s.samlConfirm))
	mux.HandleFunc("GET /sso/saml/{account_id}/metadata", s.samlMetadata)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header(), ownForms)
		mux.ServeHTTP(w, r)
	})
	for _, path := range []string{homePath, "/login", "/login/", "/logout", "/sso/"} {
		rt.Mount(path, h)
	}
}

// Where the forms of a page may lead. Browsers hold the redirect after a form to the
// same list, so that of pages which lead to an identity provider cannot be ours alone.
const (
	ownForms = "'self'"
	anyForms = "'self' https: http:"
)

// secure tells browsers not to store a page, to run no script in it and not to show it in
// a frame. The Referrer-Policy is not no-referrer, since browsers would then
// call the origin of our own forms "null".
func secure(h http.Header, forms string) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action "+forms)
}

// fromOwnPage refuses forms of other origins' pages.
func fromOwnPage(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if router.IsForeign(r) {
			show(w, http.StatusForbidden, "problem.html", problem{
				Title: "This did not come from here",
				Text:  "The form was sent by a page of another origin. Please start again.",
			})
			return
		}
		next(w, r)
	}
}

// problem is a page that says what is wrong and what to do.
type problem struct {
	Title, Text string
	// Email is to try again with.
	Email string
	// Reference is of a refused login.
	Reference string
}

// show answers with a page.
func show(w http.ResponseWriter, status int, page string, data any) {
	var body bytes.Buffer
	err := pages.ExecuteTemplate(&body, page, data)
	if err != nil {
		http.Error(w, "The page could not be rendered", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	// It fails only when the reader is gone, so there is no one to report it to.
	_, _ = body.WriteTo(w)
}

// baseURL is what links to this server begin with.
func (s *SSO) baseURL(r *http.Request) string { return router.BaseURL(s.PublicURL, r) }

// account returns the account in the path, or answers that there is none.
func (s *SSO) account(w http.ResponseWriter, r *http.Request) (uuid.UUID, bool) {
	id, err := uuid.Parse(r.PathValue("account_id"))
	if err == nil {
		err = s.Store.View(func(reader *store.Reader) error {
			_, err := reader.Account(id)
			return err
		})
	}
	if err != nil {
		show(w, http.StatusNotFound, "problem.html", problem{
			Title: "There is no such account",
			Text:  "Check the address that your identity provider was given.",
		})
		return uuid.Nil, false
	}
	return id, true
}

// refusal is a login that is refused.
type refusal struct {
	connection, reason string
	// sentence is for the person; empty for that of the reason.
	sentence string
	// attributes are the names of those that came.
	attributes []string
}

// saying is the refusal with a sentence for the person of what was wrong in their login.
func (f refusal) saying(sentence string) refusal {
	f.sentence = sentence
	return f
}

// refuse notes that a login was refused and tells the person what to do, and by which
// reference their administrator finds out why. Nothing that a library or an identity
// provider said gets onto the page.
func (s *SSO) refuse(w http.ResponseWriter, r *http.Request, account uuid.UUID, f refusal) {
	reference, err := s.Store.RefuseLogin(account, f.connection, f.reason, f.attributes)
	if err != nil && !store.IsUnavailable(err) {
		s.failed(w, r, err)
		return
	}
	s.Logger.LogAttrs(r.Context(), slog.LevelInfo, "login rejected",
		slog.String("reason", f.reason), slog.String("connection", f.connection), slog.String("reference", reference),
		slog.String("request_id", router.RequestID(r.Context())))
	show(w, http.StatusForbidden, "problem.html", problem{
		Title: "You are not logged in", Text: cmp.Or(f.sentence, refusals.Person(f.reason)), Reference: reference,
	})
}

// failed answers what should not happen. Only the log is told why.
func (s *SSO) failed(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusServiceUnavailable
	if !store.IsUnavailable(err) { // of which the log tells once
		status = http.StatusInternalServerError
		s.Logger.LogAttrs(r.Context(), slog.LevelError, "login failed",
			slog.String("error", err.Error()), slog.String("request_id", router.RequestID(r.Context())))
	}
	show(w, status, "problem.html", problem{Title: "Something went wrong", Text: "You are not logged in. See the server's log for the cause."})
}

// finish lets a person in whom an identity provider vouches for, or says why not.
func (s *SSO) finish(w http.ResponseWriter, r *http.Request, account uuid.UUID, proven store.ProvenLogin, returnTo string, attributes []trial.Attribute) {
	if trial.Is(returnTo) {
		s.rehearse(w, r, account, proven, returnTo, attributes)
		return
	}
	proven.IPAddress, proven.UserAgent = clientAddress(r), userAgent(r)
	var session *store.Session
	var token string
	err := s.Store.Update(store.Actor{}, func(tx *store.Tx) (err error) {
		session, token, err = tx.LogIn(proven)
		return err
	})
	var refused *store.LoginRefused
	switch {
	case errors.As(err, &refused):
		f := refusal{connection: proven.ConnectionID, reason: string(refused.Reason), attributes: proven.AttributeNames}
		if !refusals.Worded(f.reason) {
			f.sentence = refused.Sentence
		}
		s.refuse(w, r, account, f)
	case err != nil:
		s.failed(w, r, err)
	default:
		s.clearLogin(w, r)
		s.letIn(w, r, session, token, returnTo)
	}
}

func (s *SSO) isHTTPS(r *http.Request) bool { return strings.HasPrefix(s.baseURL(r), "https://") }
