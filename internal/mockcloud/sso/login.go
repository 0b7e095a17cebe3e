package sso

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// loginPage asks for an email address.
type loginPage struct{ Email, ReturnTo, Problem string }

// showLogin is GET /login: with an email address or a connection straight to the
// identity provider, else to the page that asks.
func (s *SSO) showLogin(w http.ResponseWriter, r *http.Request) {
	query, ok := readQuery(w, r, "email", "connection", "return_to", "redirect_uri")
	if !ok {
		return
	}
	returnTo, ok := s.returnTo(w, r, query)
	if !ok {
		return
	}
	switch email := query.Get("email"); {
	case query.Has("connection"):
		s.loginThrough(w, r, query.Get("connection"), email, returnTo)
	case email != "":
		s.loginAs(w, r, email, returnTo)
	default:
		secure(w.Header(), anyForms)
		show(w, http.StatusOK, "login.html", loginPage{ReturnTo: returnTo})
	}
}

// startLogin is POST /login, the page's form.
func (s *SSO) startLogin(w http.ResponseWriter, r *http.Request) {
	form, ok := readForm(w, r, "email")
	if !ok {
		return
	}
	returnTo, ok := s.returnTo(w, r, form)
	if !ok {
		return
	}
	s.loginAs(w, r, strings.TrimSpace(form.Get("email")), returnTo)
}

// returnTo reads where to go after the login: a path of this server. A redirect_uri that
// leads elsewhere is ignored, and a return_to refused.
func (s *SSO) returnTo(w http.ResponseWriter, r *http.Request, values url.Values) (string, bool) {
	if given := values.Get("return_to"); given != "" {
		path, ok := oidc.LocalPath(given)
		if !ok {
			show(w, http.StatusBadRequest, "problem.html", problem{
				Title: "This link leads elsewhere",
				Text:  "The address to go to after the login is not a path of this server.",
			})
		}
		return path, ok
	}
	path, ok := oidc.LocalPath(strings.TrimPrefix(values.Get("redirect_uri"), s.baseURL(r)))
	if !ok || path == "/" {
		path = homePath
	}
	return path, true
}

// loginAs sends a person to the identity provider of their email's domain.
func (s *SSO) loginAs(w http.ResponseWriter, r *http.Request, email, returnTo string) {
	if err := store.CheckEmail(email); err != nil {
		secure(w.Header(), anyForms)
		show(w, http.StatusUnprocessableEntity, "login.html", loginPage{
			Email: email, ReturnTo: returnTo, Problem: "This is not an email address: " + err.Error() + ".",
		})
		return
	}
	var c *store.Connection
	found := false
	err := s.Store.View(func(reader *store.Reader) error {
		c, found = reader.ConnectionForLogin(email)
		return nil
	})
	switch {
	case err != nil:
		s.failed(w, r, err)
	case !found:
		show(w, http.StatusNotFound, "unserved.html", loginPage{Email: email, ReturnTo: returnTo})
	default:
		s.begin(w, r, c, email, returnTo)
	}
}

// loginThrough tries a connection out, as its administrators do before people use it.
func (s *SSO) loginThrough(w http.ResponseWriter, r *http.Request, id, email, returnTo string) {
	var c *store.Connection
	err := s.Store.View(func(reader *store.Reader) (err error) {
		c, err = reader.ConnectionByID(id)
		return err
	})
	switch {
	case err != nil:
		show(w, http.StatusNotFound, "problem.html", problem{Title: "There is no such connection", Text: "Ask your administrator for another link."})
	case !c.TakesLogins():
		show(w, http.StatusConflict, "problem.html", problem{
			Title: "This connection does not accept logins",
			Text:  "It is " + string(c.State) + ". An administrator has to finish its configuration or switch it on.",
		})
	default:
		s.begin(w, r, c, email, returnTo)
	}
}

// begin sends the browser to a connection's identity provider.
func (s *SSO) begin(w http.ResponseWriter, r *http.Request, c *store.Connection, email, returnTo string) {
	if c.OIDC != nil {
		s.beginOIDC(w, r, c, email, returnTo)
		return
	}
	s.beginSAML(w, r, c, returnTo)
}

// recent returns how many seconds a login counts as recent in an account; nil where it
// does for as long as its session lasts.
func (s *SSO) recent(account uuid.UUID) (seconds *int) {
	err := s.Store.View(func(r *store.Reader) error {
		a, err := r.Account(account)
		if err == nil {
			seconds = a.AuthExpirationSeconds
		}
		return err
	})
	if err != nil {
		return nil // the account is gone, and the login will be refused
	}
	return seconds
}

// loginCookie has the secret by which a login belongs to the browser that began it. A
// later login's takes its place.
const loginCookie = "mockcloud_login"

// loginLasts is how long a person may take at the identity provider.
const loginLasts = 10 * time.Minute

func (s *SSO) bindLogin(w http.ResponseWriter, r *http.Request, secret string) {
	http.SetCookie(w, s.loginCookie(r, secret, int(loginLasts.Seconds())))
}

func (s *SSO) clearLogin(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, s.loginCookie(r, "", -1))
}

func (s *SSO) loginCookie(r *http.Request, secret string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: loginCookie, Value: secret, Path: "/sso/", MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.isHTTPS(r),
	}
}

// boundBy returns the secret that a browser was bound by, empty for none.
func boundBy(r *http.Request) string {
	cookie, err := r.Cookie(loginCookie)
	if err != nil {
		return ""
	}
	return cookie.Value
}
