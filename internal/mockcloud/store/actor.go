package store

import (
	"time"

	"github.com/google/uuid"
)

// Actor is who acts: a user, a service account, or else the server itself, which may
// do anything, for itself or for a directory that pushes.
type Actor struct {
	ActorID uuid.UUID
	// UserID or BotID says which kind it is; the other is uuid.Nil.
	UserID, BotID uuid.UUID
	// DirectoryID is the directory that pushes.
	DirectoryID string
	// Name is the user's email, or the name of the service account or the directory.
	Name string
}

// IsUser reports whether a person acts.
func (a Actor) IsUser() bool { return a.UserID != uuid.Nil }

func (a Actor) isSystem() bool { return a.ActorID == uuid.Nil }

// Authenticate finds whose key or session this is. Looking up its hash takes the
// same time whatever part of a guess is right.
func (r *Reader) Authenticate(secret string) (Actor, error) {
	hash := hashOf(secret)
	if key, ok := keyByHash.Get(r.db, hash); ok && !ended(key.Expiration, r.Now()) {
		return r.actor(key.ActorID)
	}
	if s, ok := sessionByHash.Get(r.db, hash); ok && !ended(s.Expires, r.Now()) {
		if user, ok := userTable.Get(r.db, s.UserID); ok {
			return user.actor(), nil
		}
	}
	return Actor{}, &Unauthenticated{}
}

// ended reports whether a time has come; a zero time never does.
func ended(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }

func (r *Reader) actor(id uuid.UUID) (Actor, error) {
	if user, ok := userByActor.Get(r.db, id); ok {
		return user.actor(), nil
	}
	if bot, ok := botByActor.Get(r.db, id); ok {
		return Actor{ActorID: bot.ActorID, BotID: bot.ID, Name: bot.Name}, nil
	}
	return Actor{}, &Unauthenticated{}
}

func (u *User) actor() Actor { return Actor{ActorID: u.ActorID, UserID: u.ID, Name: u.Email} }

// Enter finds the membership by which an actor reaches an account. To others the
// account does not exist.
func (r *Reader) Enter(by Actor, accountID uuid.UUID) (*Membership, error) {
	m, ok := membershipByActor.Get(r.db, actorIn{accountID, by.ActorID})
	if !ok {
		return nil, &NotFound{What: "Account"}
	}
	if !m.Active {
		return nil, &Forbidden{Reason: "Your membership of this account is deactivated"}
	}
	return m, nil
}

// Permit checks that the membership's role has a permission.
func (r *Reader) Permit(m *Membership, wanted Permission) error {
	role, err := r.Role(m.AccountID, m.RoleID)
	if err != nil {
		return err
	}
	if lacking := missing(role.Permissions, []Permission{wanted}); lacking != nil {
		return &Forbidden{Missing: lacking}
	}
	return nil
}
