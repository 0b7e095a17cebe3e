package store

import (
	"crypto/sha256"
	"time"

	"github.com/google/uuid"
)

// Actor is who acts: a user, a service account, or, when all is zero, the server
// itself, which may do anything.
type Actor struct {
	ActorID uuid.UUID
	// UserID or BotID says which kind it is; the other is uuid.Nil.
	UserID, BotID uuid.UUID
	// Name is the user's email or the service account's name.
	Name string
}

// IsUser says whether a person acts.
func (a Actor) IsUser() bool { return a.UserID != uuid.Nil }

func (a Actor) isSystem() bool { return a.ActorID == uuid.Nil }

// keyHash is the SHA-256 of an API key. The key itself is not kept.
type keyHash [sha256.Size]byte

// APIKey is a key of a user or a service account, without its secret.
type APIKey struct {
	ID      uuid.UUID
	Created time.Time
	ActorID uuid.UUID
	Name    string
	// Masked is the prefix and the last four characters, "pnu_...a1b2".
	Masked string
	// Expiration is zero for a key that does not expire.
	Expiration time.Time
	Hash       keyHash `secret:"true"`
}

// NewAPIKey is what AddAPIKey needs.
type NewAPIKey struct {
	ID         uuid.UUID
	ActorID    uuid.UUID
	Name       string
	Secret     string
	Expiration time.Time
}

// AddAPIKey keeps the hash of a new key.
func (tx *Tx) AddAPIKey(n NewAPIKey) (*APIKey, error) {
	hash := keyHash(sha256.Sum256([]byte(n.Secret)))
	if _, taken := tx.data.keyByHash.get(hash); taken {
		return nil, &Conflict{Reason: "This API key is already in use"}
	}
	key := &APIKey{
		ID: tx.id(n.ID), Created: tx.stamp(), ActorID: n.ActorID, Name: n.Name,
		Masked: mask(n.Secret), Expiration: n.Expiration, Hash: hash,
	}
	tx.data.keys.put(tx, key.ID, key)
	for _, m := range tx.data.membershipsOfActor.get(n.ActorID) {
		tx.record(subject{m.AccountID, kindAPIKey, key.ID, key.Name}, created, nil, uuid.Nil)
	}
	return key, nil
}

// mask shows a key's prefix and, where enough stays hidden, its last four
// characters.
func mask(secret string) string {
	const prefix, suffix = 4, 4
	if len(secret) <= prefix+suffix {
		return secret[:min(prefix, len(secret))] + "..."
	}
	return secret[:prefix] + "..." + secret[len(secret)-suffix:]
}

// Keys gives an actor's keys, oldest first.
func (r *Reader) Keys(actorID uuid.UUID) []*APIKey { return r.data.keysByActor.get(actorID) }

// Authenticate finds whose key this is. Looking up its hash takes the same time
// whatever part of a guess is right.
func (r *Reader) Authenticate(secret string) (Actor, error) {
	key, ok := r.data.keyByHash.get(sha256.Sum256([]byte(secret)))
	if !ok || (!key.Expiration.IsZero() && !r.Now().Before(key.Expiration)) {
		return Actor{}, &Unauthenticated{}
	}
	if user, ok := r.data.userByActor.get(key.ActorID); ok {
		return Actor{ActorID: user.ActorID, UserID: user.ID, Name: user.Email}, nil
	}
	if bot, ok := r.data.botByActor.get(key.ActorID); ok {
		return Actor{ActorID: bot.ActorID, BotID: bot.ID, Name: bot.Name}, nil
	}
	return Actor{}, &Unauthenticated{}
}

// Enter finds the membership by which an actor reaches an account. To others the
// account does not exist.
func (r *Reader) Enter(by Actor, accountID uuid.UUID) (*Membership, error) {
	m, ok := r.data.membershipByActor.get(actorIn{accountID, by.ActorID})
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
