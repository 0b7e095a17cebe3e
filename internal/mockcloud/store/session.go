package store

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// Session is a person's login.
type Session struct {
	ID               uuid.UUID
	Created, Updated time.Time
	UserID           uuid.UUID
	// AccountID and ConnectionID say through whose connection the login came;
	// both are zero for a login without single sign-on.
	AccountID    uuid.UUID
	ConnectionID string
	IPAddress    string
	UserAgent    string
	// Authenticated is when the person proved who they are.
	Authenticated, Expires time.Time
	Hash                   secretHash `secret:"true"`
}

var (
	sessionTable      = table.Declare(&tables, "sessions", func(s *Session) (uuid.UUID, time.Time) { return s.ID, s.Created })
	sessionByHash     = table.Unique(sessionTable, func(s *Session) (secretHash, bool) { return s.Hash, true })
	sessionsByUser    = table.Group(sessionTable, func(s *Session) (uuid.UUID, bool) { return s.UserID, true }, table.DeletedWith(userTable))
	sessionsByAccount = table.Group(sessionTable, func(s *Session) (uuid.UUID, bool) { return s.AccountID, s.AccountID != uuid.Nil },
		table.DeletedWith(accountTable))
)

// NewSession is what AddSession needs.
type NewSession struct {
	UserID       uuid.UUID
	AccountID    uuid.UUID
	ConnectionID string
	IPAddress    string
	UserAgent    string
	// Authenticated is when the person proved who they are; zero means now.
	Authenticated time.Time
	Expires       time.Time
}

// AddSession logs a person in. With the session comes its token, which acts as
// the person until the session ends and is never seen again.
func (tx *Tx) AddSession(n NewSession) (*Session, string, error) {
	u, err := tx.User(n.UserID)
	if err != nil {
		return nil, "", err
	}
	for _, s := range slices.Clone(sessionsByUser.Get(tx.db, u.ID)) {
		if ended(s.Expires, tx.Now()) {
			tx.endSession(u, s, nil)
		}
	}
	now, token := tx.stamp(), newSecret("")
	authenticated := now
	if !n.Authenticated.IsZero() && n.Authenticated.Before(now) {
		authenticated = n.Authenticated.UTC().Truncate(time.Microsecond)
	}
	s := &Session{
		ID: tx.newID(), Created: now, Updated: now, UserID: u.ID, AccountID: n.AccountID, ConnectionID: n.ConnectionID,
		IPAddress: n.IPAddress, UserAgent: n.UserAgent, Authenticated: authenticated, Expires: n.Expires, Hash: hashOf(token),
	}
	sessionTable.Put(tx.db, s)
	next := *u
	next.LastLogin = now
	userTable.Put(tx.db, &next)
	tx.recordOf(u.ActorID, u.subject(), loggedIn, s.payload(), nil)
	return s, token, nil
}

// payload tells which session an event is about: the event's resource is the
// person.
func (s *Session) payload() map[string]any { return map[string]any{"session_id": s.ID.String()} }

// Sessions returns a person's sessions that last, oldest first.
func (r *Reader) Sessions(userID uuid.UUID) []*Session {
	return slices.DeleteFunc(slices.Clone(sessionsByUser.Get(r.db, userID)), func(s *Session) bool {
		return ended(s.Expires, r.Now())
	})
}

// SessionsOfMembers returns the sessions of an account's people that last, newest
// first.
func (r *Reader) SessionsOfMembers(accountID uuid.UUID) []*Session {
	var out []*Session
	for _, m := range membershipsByAccount.Get(r.db, accountID) {
		out = append(out, r.Sessions(m.UserID)...)
	}
	slices.SortFunc(out, func(a, b *Session) int { return sessionTable.Compare(b, a) })
	return out
}

// TerminateSession logs a person out, and gives the session as it ended.
func (tx *Tx) TerminateSession(userID, id uuid.UUID) (*Session, error) {
	u, err := tx.User(userID)
	if err != nil {
		return nil, err
	}
	s, ok := sessionTable.Get(tx.db, id)
	if !ok || s.UserID != userID || ended(s.Expires, tx.Now()) {
		return nil, &NotFound{What: "Session"}
	}
	tx.endSession(u, s, nil)
	over := *s
	over.Updated = tx.stamp()
	over.Expires = over.Updated
	return &over, nil
}

// EndSessions ends a member's sessions that came through the account's connections, and returns how many. Logins to other
// accounts, and those without single sign-on, last: they are not this account's.
func (tx *Tx) EndSessions(accountID, membershipID uuid.UUID) (int, error) {
	m, err := tx.Membership(accountID, membershipID)
	if err != nil {
		return 0, err
	}
	if !m.IsUser() {
		return 0, &NotFound{What: "Account membership"}
	}
	n := 0
	u := userTable.Row(tx.db, m.UserID)
	for _, s := range tx.Sessions(m.UserID) {
		if s.AccountID == accountID {
			tx.endSession(u, s, nil)
			n++
		}
	}
	return n, nil
}

func (tx *Tx) endSession(u *User, s *Session, follows causes) {
	sessionTable.Delete(tx.db, s.ID)
	tx.recordOf(u.ActorID, u.subject(), loggedOut, s.payload(), follows)
}
