package sso

import (
	"net/http"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// sendCode is POST /login/code: mails a code to who may bypass single sign-on. The
// answer is the same for everybody.
func (s *SSO) sendCode(w http.ResponseWriter, r *http.Request) {
	form, ok := readForm(w, r, "email")
	if !ok {
		return
	}
	returnTo, ok := s.returnTo(w, r, form)
	if !ok {
		return
	}
	email := strings.TrimSpace(form.Get("email"))
	err := s.Store.Update(store.Actor{}, func(tx *store.Tx) error {
		tx.SendLoginCode(email)
		return nil
	})
	if err != nil {
		s.failed(w, r, err)
		return
	}
	show(w, http.StatusOK, "code.html", loginPage{Email: email, ReturnTo: returnTo})
}

// verifyCode is POST /login/verify: the code comes back.
func (s *SSO) verifyCode(w http.ResponseWriter, r *http.Request) {
	form, ok := readForm(w, r, "email", "code")
	if !ok {
		return
	}
	returnTo, ok := s.returnTo(w, r, form)
	if !ok {
		return
	}
	email := strings.TrimSpace(form.Get("email"))
	code := fold.UpperToken(strings.TrimSpace(form.Get("code")))
	var session *store.Session
	var token string
	err := s.Store.Update(store.Actor{}, func(tx *store.Tx) (err error) {
		session, token, err = tx.LogInByCode(email, code, clientAddress(r), userAgent(r))
		return err
	})
	switch {
	case err != nil:
		s.failed(w, r, err)
	case session == nil:
		show(w, http.StatusForbidden, "code.html", loginPage{
			Email: email, ReturnTo: returnTo,
			Problem: "This code does not let you in. It may be mistyped, used, older than ten minutes, or tried too often.",
		})
	default:
		s.letIn(w, r, session, token, returnTo)
	}
}
