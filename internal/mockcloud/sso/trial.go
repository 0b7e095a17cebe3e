package sso

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/trial"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// errRehearsed takes back what a test login would have done.
var errRehearsed = errors.New("a test login changes nothing")

// rehearse is finish for a test login: it finds out what the login would do, does
// nothing of it, and leads to the page that shows it.
func (s *SSO) rehearse(w http.ResponseWriter, r *http.Request, account uuid.UUID, proven store.ProvenLogin, returnTo string, attributes []trial.Attribute) {
	test, known := s.testOf(returnTo, proven.ConnectionID)
	if !known {
		s.testOver(w)
		return
	}
	s.clearLogin(w, r)
	result := trial.Result{Test: test, Login: &proven, Attributes: attributes}
	var outcome trial.Outcome
	err := s.Store.Update(store.Actor{}, func(tx *store.Tx) error {
		members := tx.CountMembers(account, store.MemberQuery{})
		session, _, err := tx.LogIn(proven)
		if err != nil {
			return err
		}
		if outcome, err = outcomeOf(tx, account, proven.ConnectionID, session); err != nil {
			return err
		}
		outcome.New = tx.CountMembers(account, store.MemberQuery{}) > members
		return errRehearsed
	})
	var refused *store.LoginRefused
	switch {
	case errors.Is(err, errRehearsed):
		result.Outcome = &outcome
	case errors.As(err, &refused):
		result.Reason, result.Sentence = string(refused.Reason), refused.Sentence
	default:
		s.failed(w, r, err)
		return
	}
	http.Redirect(w, r, s.Tests.Keep(result), http.StatusSeeOther)
}

// testOf returns the test login that leads back to a path, if it is a test of the
// connection and the connection is still being set up. Otherwise a test could hide refusals
// of other connections, or of one in use, from their administrators.
func (s *SSO) testOf(returnTo, connection string) (test trial.Test, ok bool) {
	if test, ok = s.Tests.Find(returnTo); !ok || test.ConnectionID != connection {
		return test, false
	}
	err := s.Store.View(func(r *store.Reader) error {
		c, err := r.ConnectionByID(connection)
		ok = err == nil && c.State == store.ConnectionValidating
		return err
	})
	return test, ok && err == nil
}

// outcomeOf says what a login has done.
func outcomeOf(tx *store.Tx, account uuid.UUID, connection string, session *store.Session) (out trial.Outcome, err error) {
	u, err := tx.User(session.UserID)
	if err != nil {
		return out, err
	}
	out.Email = u.Email
	m, err := tx.MembershipOf(account, u.ActorID)
	if err != nil {
		return out, err
	}
	role, err := tx.Role(account, m.RoleID)
	if err != nil {
		return out, err
	}
	out.Role = role.Name
	c, err := tx.ConnectionByID(connection)
	if err != nil {
		return out, err
	}
	out.Activates = c.State == store.ConnectionActive
	return out, nil
}

// rehearsedRefusal leads a test login that was refused to the page that says why, and
// reports whether it was a test. All other refusals are kept for the account's
// administrators.
func (s *SSO) rehearsedRefusal(w http.ResponseWriter, r *http.Request, returnTo string, f refusal, attributes []trial.Attribute) bool {
	test, known := s.testOf(returnTo, f.connection)
	if !known {
		return false
	}
	s.clearLogin(w, r)
	path := s.Tests.Keep(trial.Result{Test: test, Reason: f.reason, Sentence: f.sentence, Attributes: attributes})
	http.Redirect(w, r, path, http.StatusSeeOther)
	return true
}

func (s *SSO) testOver(w http.ResponseWriter) {
	show(w, http.StatusGone, "problem.html", problem{
		Title: "This test login is over",
		Text:  "Nothing has been changed. Go back to the configuration page and start the test again.",
	})
}

// LetIn finishes a test login as a login: it makes the session and gives it to the
// browser, provided that the connection is what was tested. Refusals are
// store.LoginRefused or store.Conflict.
func (s *SSO) LetIn(w http.ResponseWriter, r *http.Request, result trial.Result) error {
	if result.Login == nil {
		return &store.Conflict{Reason: "The test login was refused"}
	}
	proven := *result.Login
	proven.IPAddress, proven.UserAgent = clientAddress(r), userAgent(r)
	var session *store.Session
	var token string
	err := s.Store.Update(store.Actor{}, func(tx *store.Tx) error {
		c, err := tx.ConnectionByID(proven.ConnectionID)
		if err != nil {
			return err
		}
		if !c.Updated.Equal(result.Version) {
			return &store.Conflict{Reason: "The connection was changed since the test login"}
		}
		session, token, err = tx.LogIn(proven)
		return err
	})
	if err != nil {
		return err
	}
	s.giveSession(w, r, session, token)
	return nil
}

// samlAttributes are those of an answer, and what they are used for.
func samlAttributes(attributes []saml.Attribute) []trial.Attribute {
	out := make([]trial.Attribute, len(attributes))
	for i, a := range attributes {
		out[i] = trial.Attribute{Name: a.Name, For: a.For, Values: a.Values}
	}
	return out
}

// oidcAttributes are the claims of a person, and what they are used for. The token's own
// are left out.
func oidcAttributes(claims map[string]any, mapping oidc.Mapping) []trial.Attribute {
	own := []string{"aud", "azp", "exp", "iat", "nbf", "nonce", "at_hash", "c_hash", "jti", "sid"}
	var out []trial.Attribute
	for name, value := range claims {
		if slices.Contains(own, name) {
			continue
		}
		a := trial.Attribute{Name: name, For: mapping.For(name)}
		if several, ok := value.([]any); ok {
			for _, one := range several {
				a.Values = append(a.Values, plainly(one))
			}
		} else {
			a.Values = []string{plainly(value)}
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b trial.Attribute) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// plainly is a claim's value as a person reads it.
func plainly(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(raw)
}
