package store

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
)

// LoginRequired says that a person gets into an account only by logging in through
// one of its connections.
type LoginRequired struct {
	AccountID uuid.UUID
	Email     string
	// Unserved says that no active connection is for the person's email domain, so
	// that no login would help.
	Unserved bool
}

func (e *LoginRequired) Error() string {
	if e.Unserved {
		return "This account requires single sign-on, and no connection of it serves the domain of " + e.Email
	}
	return "This account requires a recent login through its single sign-on"
}

// EnforcesSSO reports whether an account has an active connection.
func (r *Reader) EnforcesSSO(accountID uuid.UUID) bool {
	return activeConnections.Get(r.db, accountID) > 0
}

// RequireLogin refuses a member whom the account's single sign-on keeps out
// (LoginRequired). The secret is what the member came with: a session has to be
// such a login itself, a key is as good as its person's best session. Service
// accounts and holders of bypass:sso are let in.
func (r *Reader) RequireLogin(m *Membership, secret string) error {
	if !m.IsUser() || !r.EnforcesSSO(m.AccountID) {
		return nil
	}
	if s, ok := sessionByHash.Get(r.db, hashOf(secret)); ok {
		return r.requireLogin(m, []*Session{s})
	}
	return r.requireLogin(m, sessionsByUser.Get(r.db, m.UserID))
}

// requireLogin looks for a login among sessions of an enforcing account's member.
func (r *Reader) requireLogin(m *Membership, sessions []*Session) error {
	role, err := r.Role(m.AccountID, m.RoleID)
	if err != nil || role.bypasses() {
		return err
	}
	u, err := r.User(m.UserID)
	if err != nil {
		return err
	}
	a, err := r.Account(m.AccountID)
	if err != nil {
		return err
	}
	domain := u.Email[strings.LastIndex(u.Email, "@")+1:]
	if c, served := r.ActiveConnectionFor(domain); !served || c.AccountID != a.ID {
		return &LoginRequired{AccountID: a.ID, Email: u.Email, Unserved: true}
	}
	for _, s := range sessions {
		if r.IsRecentLogin(a, s) {
			return nil
		}
	}
	return &LoginRequired{AccountID: a.ID, Email: u.Email}
}

// IsRecentLogin reports whether a session came through an active connection of the
// account and is not older than the account wants.
func (r *Reader) IsRecentLogin(a *Account, s *Session) bool {
	now := r.Now()
	if s.AccountID != a.ID || ended(s.Expires, now) {
		return false
	}
	// In seconds, as more of them than a duration holds would be none at all.
	if seconds := a.AuthExpirationSeconds; seconds != nil && int(now.Sub(s.Authenticated)/time.Second) >= *seconds {
		return false
	}
	c, err := r.Connection(a.ID, s.ConnectionID)
	return err == nil && c.State == ConnectionActive
}

// LoggedInRecently reports whether the owner of a secret logged in recently through a
// connection of the account (POST /sso/validate). A key is as good as its person's
// best session.
func (r *Reader) LoggedInRecently(accountID uuid.UUID, by Actor, secret string) (bool, error) {
	a, err := r.Account(accountID)
	if err != nil {
		return false, err
	}
	sessions := sessionsByUser.Get(r.db, by.UserID)
	if s, ok := sessionByHash.Get(r.db, hashOf(secret)); ok {
		sessions = []*Session{s}
	}
	for _, s := range sessions {
		if r.IsRecentLogin(a, s) {
			return true, nil
		}
	}
	return false, nil
}

// Restricted reports whether a session is kept out of an account of its person's.
func (r *Reader) Restricted(s *Session) bool {
	u, ok := userTable.Get(r.db, s.UserID)
	if !ok {
		return false
	}
	for _, m := range membershipsOfActor.Get(r.db, u.ActorID) {
		if m.Active && r.EnforcesSSO(m.AccountID) && r.requireLogin(m, []*Session{s}) != nil {
			return true
		}
	}
	return false
}

// deniedBySSO is the name of the event of a refusal.
const deniedBySSO = ownEvents + "request.access-denied.sso"

// deniedEvery is how often an actor's refusals are told of.
const deniedEvery = time.Minute

// RecordDenied notes that single sign-on kept the transaction's actor out of an
// account, at most once a minute.
func (tx *Tx) RecordDenied(accountID uuid.UUID) error {
	a, err := tx.Account(accountID)
	if err != nil {
		return err
	}
	actor, ok := tx.actorResource()
	if !ok {
		return nil
	}
	told, err := tx.lately(accountID, deniedEvery, deniedBySSO)
	if err != nil || slices.ContainsFunc(told, func(e *eventlog.Event) bool { return e.Related[0].ID == actor.ID }) {
		return err
	}
	tx.note(deniedBySSO, a.subject(), nil, uuid.Nil)
	return nil
}
