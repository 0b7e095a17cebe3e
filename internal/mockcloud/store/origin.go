package store

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// Origin is how a thing of the managed configuration came to be.
type Origin struct {
	// CreatedBy is the actor who made it; uuid.Nil for what the server made itself, as from a scenario, and for rows
	// from before this was kept.
	CreatedBy uuid.UUID `json:",omitzero"`
	// CreateKey is the hash of the Idempotency-Key that the create carried; zero for none.
	CreateKey secretHash `json:",omitzero" secret:"true"`
}

// createdIn is a create with an Idempotency-Key, by an actor, in a collection: the keys of two actors are never the
// same.
type createdIn struct {
	parent string // the account's or the directory's id
	by     uuid.UUID
	key    secretHash
}

// in is how an index finds what was made with a key. What was made without one has none.
func (o Origin) in(parent string) (createdIn, bool) {
	return createdIn{parent, o.CreatedBy, o.CreateKey}, o.CreateKey != secretHash{}
}

// createdBy is how an index is asked for what an actor made with a key.
func createdBy(by Actor, parent, key string) createdIn {
	return createdIn{parent, by.ActorID, hashOf(key)}
}

// UseKey says that what this transaction makes is made with an Idempotency-Key.
func (tx *Tx) UseKey(key string) { tx.createKey = hashOf(key) }

// origin is that of what this transaction makes.
func (tx *Tx) origin() Origin { return Origin{CreatedBy: tx.by.ActorID, CreateKey: tx.createKey} }

// checkKey returns a Conflict where the transaction's key made something that still lives. Its answer is no longer
// kept then, or it would have been given again.
func checkKey[V any](tx *Tx, made *table.UniqueIndex[createdIn, V], parent string, id func(*V) string) error {
	in, keyed := tx.origin().in(parent)
	if !keyed {
		return nil
	}
	if row, ok := made.Get(tx.db, in); ok {
		return &Conflict{
			Reason:     fmt.Sprintf("This Idempotency-Key made %s more than %s ago; a new request needs a new key", id(row), answerLife),
			ExistingID: id(row),
		}
	}
	return nil
}

// ConnectionCreatedWith finds the connection that an actor made with an Idempotency-Key.
func (r *Reader) ConnectionCreatedWith(by Actor, accountID uuid.UUID, key string) (*Connection, bool) {
	return connectionByKey.Get(r.db, createdBy(by, accountID.String(), key))
}

// DirectoryCreatedWith finds the directory that an actor made with an Idempotency-Key.
func (r *Reader) DirectoryCreatedWith(by Actor, accountID uuid.UUID, key string) (*Directory, bool) {
	return directoryByKey.Get(r.db, createdBy(by, accountID.String(), key))
}

// SCIMTokenCreatedWith finds the live token of a directory that an actor made with an Idempotency-Key.
func (r *Reader) SCIMTokenCreatedWith(by Actor, directoryID, key string) (*SCIMToken, bool) {
	t, ok := tokenByKey.Get(r.db, createdBy(by, directoryID, key))
	return t, ok && !ended(t.Expires, r.Now())
}

// SCIMClientCreatedWith finds the client of a directory that an actor made with an Idempotency-Key.
func (r *Reader) SCIMClientCreatedWith(by Actor, directoryID, key string) (*SCIMClient, bool) {
	return clientByKey.Get(r.db, createdBy(by, directoryID, key))
}

// GroupMappingCreatedWith finds the mapping of a directory that an actor made with an Idempotency-Key.
func (r *Reader) GroupMappingCreatedWith(by Actor, directoryID, key string) (*GroupRoleMapping, bool) {
	return mappingByKey.Get(r.db, createdBy(by, directoryID, key))
}
