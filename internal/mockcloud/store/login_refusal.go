package store

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// The bounds of what is kept of refused logins.
const (
	maxRefusals       = 1000
	refusalsLast      = 7 * 24 * time.Hour
	refusalsAMinute   = 60
	maxRefusalNames   = 200
	maxRefusalName    = 256
	referenceLength   = 10
	maxReferenceTries = 8
)

// LoginRefusal is a login that was refused. It has no value of what an identity provider
// said, only names.
type LoginRefusal struct {
	ID        uuid.UUID
	Created   time.Time
	AccountID uuid.UUID
	// ConnectionID is empty where it is not known.
	ConnectionID string
	// Reference is what the person was given: random characters of Crockford's base 32.
	Reference string
	Reason    string
	// Attributes are the names of the attributes or claims that came, sorted.
	Attributes []string
	// More is how many more logins through the connection were refused within the minute,
	// which were only counted.
	More int `json:",omitempty"`
}

var (
	refusalTable      = table.Declare(&tables, "login_refusals", func(f *LoginRefusal) (uuid.UUID, time.Time) { return f.ID, f.Created })
	refusalByRef      = table.Unique(refusalTable, func(f *LoginRefusal) (string, bool) { return f.Reference, true })
	refusalsByAccount = table.Group(refusalTable, func(f *LoginRefusal) (uuid.UUID, bool) { return f.AccountID, true }, table.DeletedWith(accountTable))
	refusalsThrough   = table.Group(refusalTable, func(f *LoginRefusal) (refusedAt, bool) { return refusedAt{f.AccountID, f.ConnectionID}, true })
)

// refusedAt is a connection of an account's, or none.
type refusedAt struct {
	account    uuid.UUID
	connection string
}

// RefuseLogin notes that a login was refused, and why, with the names of the attributes
// that came. It returns the reference that leads to it; empty where so many were refused
// within a minute that this one is only counted. The audit trail is told, too.
func (tx *Tx) RefuseLogin(accountID uuid.UUID, connectionID, reason string, attributes []string) (string, error) {
	if err := tx.RecordRejectedLogin(accountID, connectionID, reason); err != nil {
		return "", err
	}
	if _, err := tx.Connection(accountID, connectionID); err != nil {
		connectionID = ""
	}
	if last, full := tx.refusedLately(refusedAt{accountID, connectionID}); full {
		next := *last
		next.More++
		refusalTable.Put(tx.db, &next)
		return "", nil
	}
	reference, err := tx.newReference()
	if err != nil {
		return "", err
	}
	refusalTable.Put(tx.db, &LoginRefusal{
		ID: tx.newID(), Created: tx.stamp(), AccountID: accountID, ConnectionID: connectionID,
		Reference: reference, Reason: reason, Attributes: boundedNames(attributes),
	})
	tx.forgetRefusals(accountID)
	return reference, nil
}

// refusedLately returns the last refusal at a connection, and whether there were as many
// within a minute as are kept.
func (tx *Tx) refusedLately(at refusedAt) (*LoginRefusal, bool) {
	rows := refusalsThrough.Get(tx.db, at)
	if len(rows) < refusalsAMinute {
		return nil, false
	}
	since := tx.Now().Add(-time.Minute)
	return rows[len(rows)-1], rows[len(rows)-refusalsAMinute].Created.After(since)
}

// forgetRefusals takes away what is too old or too much.
func (tx *Tx) forgetRefusals(accountID uuid.UUID) {
	oldest := tx.Now().Add(-refusalsLast)
	rows := slices.Clone(refusalsByAccount.Get(tx.db, accountID))
	for i, row := range rows {
		if len(rows)-i <= maxRefusals && row.Created.After(oldest) {
			return
		}
		refusalTable.Delete(tx.db, row.ID)
	}
}

// newReference returns a reference that nothing has yet.
func (tx *Tx) newReference() (string, error) {
	for range maxReferenceTries {
		random := make([]byte, referenceLength)
		_, _ = rand.Read(random) // it never fails
		for i, b := range random {
			random[i] = crockford[b%byte(len(crockford))] // 32 divides 256
		}
		if _, taken := refusalByRef.Get(tx.db, string(random)); !taken {
			return string(random), nil
		}
	}
	return "", &Conflict{Reason: "There is no free reference for a refused login"}
}

// boundedNames sorts names, each once, and leaves out what is no name or too much.
func boundedNames(names []string) []string {
	out := []string{}
	for _, name := range names {
		if name != "" && len(name) <= maxRefusalName {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:min(len(out), maxRefusalNames)]
}

// LoginRefusals returns an account's refused logins of the last seven days, newest first.
func (r *Reader) LoginRefusals(accountID uuid.UUID) []*LoginRefusal {
	oldest := r.Now().Add(-refusalsLast)
	out := slices.DeleteFunc(slices.Clone(refusalsByAccount.Get(r.db, accountID)), func(f *LoginRefusal) bool { return !f.Created.After(oldest) })
	slices.Reverse(out)
	return out
}

// LoginRefusal finds one of an account's by its reference, as people write it down: in
// either case, with blanks or hyphens, and with letters for the digits that they look like.
func (r *Reader) LoginRefusal(accountID uuid.UUID, reference string) (*LoginRefusal, error) {
	f, ok := refusalByRef.Get(r.db, asReference(reference))
	if !ok || f.AccountID != accountID || !f.Created.After(r.Now().Add(-refusalsLast)) {
		return nil, &NotFound{What: "Login refusal"}
	}
	return f, nil
}

// asReference reads Crockford's base 32.
func asReference(written string) string {
	const longest = 64
	if len(written) > longest {
		return ""
	}
	return strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(fold.UpperToken(written))
}
