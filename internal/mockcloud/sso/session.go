package sso

import (
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// letIn gives the browser its session and redirects it.
func (s *SSO) letIn(w http.ResponseWriter, r *http.Request, session *store.Session, token, returnTo string) {
	if returnTo == "" {
		returnTo = homePath
	}
	s.giveSession(w, r, session, token)
	http.Redirect(w, r, returnTo, http.StatusSeeOther)
}

func (s *SSO) giveSession(w http.ResponseWriter, r *http.Request, session *store.Session, token string) {
	cookie := s.sessionCookie(r, token)
	// By duration: the browser's clock is not the server's, which may have been moved.
	cookie.MaxAge = int(session.Expires.Sub(session.Created) / time.Second)
	http.SetCookie(w, cookie)
}

func (s *SSO) sessionCookie(r *http.Request, token string) *http.Cookie {
	return &http.Cookie{
		Name: router.SessionCookie, Value: token, Path: "/",
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.isHTTPS(r),
	}
}

// session returns the browser's session and its user.
func (s *SSO) session(r *http.Request) (session *store.Session, person *store.User, ok bool) {
	cookie, err := r.Cookie(router.SessionCookie)
	if err != nil {
		return nil, nil, false
	}
	err = s.Store.View(func(reader *store.Reader) error {
		session, person, ok = reader.SessionBySecret(cookie.Value)
		return nil
	})
	return session, person, ok && err == nil
}

// homePath is the page that a login leads to unless another one was asked for.
const homePath = "/me"

// home is GET /me: it shows the user who is logged in.
func (s *SSO) home(w http.ResponseWriter, r *http.Request) {
	session, person, ok := s.session(r)
	if !ok {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	show(w, http.StatusOK, "home.html", struct {
		Email, Name string
		Since       string
	}{person.Email, strings.TrimSpace(person.FirstName + " " + person.LastName), session.Authenticated.UTC().Format(time.RFC1123)})
}

// logout is POST /logout.
func (s *SSO) logout(w http.ResponseWriter, r *http.Request) {
	if session, person, ok := s.session(r); ok {
		err := s.Store.Update(store.Actor{ActorID: person.ActorID, UserID: person.ID, Name: person.Email}, func(tx *store.Tx) error {
			_, err := tx.TerminateSession(person.ID, session.ID)
			return err
		})
		if err != nil {
			s.failed(w, r, err)
			return
		}
	}
	cookie := s.sessionCookie(r, "")
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// clientAddress returns the address that a request comes from.
func clientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// maxUserAgent bounds what is kept of a User-Agent.
const maxUserAgent = 512

func userAgent(r *http.Request) string {
	name := r.UserAgent()
	return name[:min(len(name), maxUserAgent)]
}
