package store

import (
	"crypto/rand"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// secretHash is the SHA-256 of a key, a session's token or an invitation's code.
// They are long and random, so that this is enough; they themselves are not kept.
type secretHash [sha256.Size]byte

func hashOf(secret string) secretHash { return sha256.Sum256([]byte(secret)) }

// newSecret makes a secret of at least 128 bits.
func newSecret(prefix string) string { return prefix + rand.Text() }

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
	// Rotated is set when another key has taken this one's place, which still
	// works until its expiration.
	Rotated bool
	Hash    secretHash `secret:"true"`
}

var (
	keyTable    = table.Declare(&tables, "api_keys", func(k *APIKey) (uuid.UUID, time.Time) { return k.ID, k.Created })
	keyByHash   = table.Unique(keyTable, func(k *APIKey) (secretHash, bool) { return k.Hash, true })
	keysByActor = table.Group(keyTable, func(k *APIKey) (uuid.UUID, bool) { return k.ActorID, true },
		table.DeletedWithKey(userTable, func(u *User) uuid.UUID { return u.ActorID }),
		table.DeletedWithKey(botTable, func(b *Bot) uuid.UUID { return b.ActorID }))
)

// IssuedKey is a new key with its secret, which is never seen again.
type IssuedKey struct {
	*APIKey
	Secret string
}

// NewAPIKey is what AddAPIKey needs.
type NewAPIKey struct {
	ID         uuid.UUID
	ActorID    uuid.UUID
	Name       string
	Secret     string // a new one where none is given
	Expiration time.Time
}

// AddAPIKey makes a key and keeps its hash.
func (tx *Tx) AddAPIKey(n NewAPIKey) (*IssuedKey, error) {
	if err := tx.inFuture(n.Expiration, "expiration"); err != nil {
		return nil, err
	}
	return tx.addKey(n, nil)
}

func (tx *Tx) inFuture(at time.Time, field string) error {
	if ended(at, tx.Now()) {
		return invalid("the time is in the past", field)
	}
	return nil
}

func (tx *Tx) addKey(n NewAPIKey, follows causes) (*IssuedKey, error) {
	if n.Secret == "" {
		prefix := "pnu_"
		if _, ok := botByActor.Get(tx.db, n.ActorID); ok {
			prefix = "pnb_"
		}
		n.Secret = newSecret(prefix)
	}
	hash := hashOf(n.Secret)
	if _, taken := keyByHash.Get(tx.db, hash); taken {
		return nil, &Conflict{Reason: "This API key is already in use"}
	}
	key := &APIKey{
		ID: tx.id(n.ID), Created: tx.stamp(), ActorID: n.ActorID, Name: n.Name,
		Masked: mask(n.Secret), Expiration: n.Expiration, Hash: hash,
	}
	keyTable.Put(tx.db, key)
	tx.recordOf(n.ActorID, key.subject(), created, nil, follows)
	return &IssuedKey{APIKey: key, Secret: n.Secret}, nil
}

func (k *APIKey) subject() subject { return subject{kind: kindAPIKey, id: k.ID, name: k.Name} }

// mask shows a key's prefix and, where enough stays hidden, its last four
// characters.
func mask(secret string) string {
	const prefix, suffix = 4, 4
	if len(secret) <= prefix+suffix {
		return secret[:min(prefix, len(secret))] + "..."
	}
	return secret[:prefix] + "..." + secret[len(secret)-suffix:]
}

// Keys returns an actor's keys, oldest first.
func (r *Reader) Keys(actorID uuid.UUID) []*APIKey { return keysByActor.Get(r.db, actorID) }

// Key reads one of an actor's keys.
func (r *Reader) Key(actorID, id uuid.UUID) (*APIKey, error) {
	if k, ok := keyTable.Get(r.db, id); ok && k.ActorID == actorID {
		return k, nil
	}
	return nil, &NotFound{What: "API key"}
}

// DeleteKey ends one of an actor's keys.
func (tx *Tx) DeleteKey(actorID, id uuid.UUID) error {
	k, err := tx.Key(actorID, id)
	if err != nil {
		return err
	}
	tx.dropKey(k, nil)
	return nil
}

func (tx *Tx) dropKey(k *APIKey, follows causes) {
	keyTable.Delete(tx.db, k.ID)
	tx.recordOf(k.ActorID, k.subject(), deleted, nil, follows)
}

func (tx *Tx) dropKeys(actorID uuid.UUID, follows causes) {
	for _, k := range slices.Clone(tx.Keys(actorID)) {
		tx.dropKey(k, follows)
	}
}
