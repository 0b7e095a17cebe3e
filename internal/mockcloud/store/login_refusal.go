package store

import (
	"crypto/rand"
	"slices"
	"strings"
	"sync"
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
//
// A connection that is there says which account it is about: an answer may come back at
// another one's address. Anybody can cause refusals, so that one which is only counted is
// counted in memory: it takes no transaction, and writes nothing.
func (s *Store) RefuseLogin(accountID uuid.UUID, connectionID, reason string, attributes []string) (reference string, err error) {
	counted := false
	err = s.View(func(r *Reader) error {
		counted = r.countRefusal(r.refusedAt(accountID, connectionID))
		return nil
	})
	if counted || err != nil {
		return "", err
	}
	err = s.Update(Actor{}, func(tx *Tx) (err error) {
		reference, err = tx.refuseLogin(tx.refusedAt(accountID, connectionID), reason, attributes)
		return err
	})
	return reference, err
}

func (tx *Tx) refuseLogin(at refusedAt, reason string, attributes []string) (string, error) {
	if tx.countRefusal(at) { // others came meanwhile
		return "", nil
	}
	if err := tx.recordRejectedLogin(at.account, at.connection, reason); err != nil {
		return "", err
	}
	reference, err := tx.newReference()
	if err != nil {
		return "", err
	}
	tx.keepRefusalCounts()
	refusalTable.Put(tx.db, &LoginRefusal{
		ID: tx.newID(), Created: tx.stamp(), AccountID: at.account, ConnectionID: at.connection,
		Reference: reference, Reason: reason, Attributes: boundedNames(attributes),
	})
	tx.forgetRefusals(at.account)
	return reference, nil
}

// refusedAt returns where a refusal belongs: to a connection and its account, or to the
// given account where the connection is not known.
func (r *Reader) refusedAt(accountID uuid.UUID, connectionID string) refusedAt {
	if c, err := r.ConnectionByID(connectionID); err == nil {
		return refusedAt{c.AccountID, c.ID}
	}
	return refusedAt{account: accountID}
}

// refusalCounts are how many more logins were refused than are kept, by the refusal that
// says so. They are written with the next one that is kept.
type refusalCounts struct {
	mu    sync.Mutex
	byRow map[uuid.UUID]int
}

// countRefusal counts a refusal where as many as are kept came within a minute, and
// reports whether it did.
func (r *Reader) countRefusal(at refusedAt) bool {
	last, full := r.refusedLately(at)
	if !full {
		return false
	}
	counts := &r.data.refused
	counts.mu.Lock()
	defer counts.mu.Unlock()
	if counts.byRow == nil {
		counts.byRow = make(map[uuid.UUID]int)
	}
	counts.byRow[last.ID]++
	return true
}

// keepRefusalCounts writes what was only counted until now.
func (tx *Tx) keepRefusalCounts() {
	counts := &tx.data.refused
	counts.mu.Lock()
	defer counts.mu.Unlock()
	for id, n := range counts.byRow {
		if row, ok := refusalTable.Get(tx.db, id); ok {
			next := *row
			next.More += n
			refusalTable.Put(tx.db, &next)
		}
	}
	clear(counts.byRow)
}

// withCount is a refusal with what was counted since it was written.
func (r *Reader) withCount(f *LoginRefusal) *LoginRefusal {
	counts := &r.data.refused
	counts.mu.Lock()
	defer counts.mu.Unlock()
	n := counts.byRow[f.ID]
	if n == 0 {
		return f
	}
	next := *f
	next.More += n
	return &next
}

// refusedLately returns the last refusal at a connection, and whether there were as many
// within a minute as are kept.
func (r *Reader) refusedLately(at refusedAt) (*LoginRefusal, bool) {
	rows := refusalsThrough.Get(r.db, at)
	if len(rows) < refusalsAMinute {
		return nil, false
	}
	since := r.Now().Add(-time.Minute)
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
	for i, f := range out {
		out[i] = r.withCount(f)
	}
	return out
}

// LoginRefusal finds one of an account's by its reference, as people write it down: in
// either case, with blanks or hyphens, and with letters for the digits that they look like.
func (r *Reader) LoginRefusal(accountID uuid.UUID, reference string) (*LoginRefusal, error) {
	f, ok := refusalByRef.Get(r.db, asReference(reference))
	if !ok || f.AccountID != accountID || !f.Created.After(r.Now().Add(-refusalsLast)) {
		return nil, &NotFound{What: "Login refusal"}
	}
	return r.withCount(f), nil
}

// asReference reads Crockford's base 32.
func asReference(written string) string {
	const longest = 64
	if len(written) > longest {
		return ""
	}
	return strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(fold.UpperToken(written))
}
