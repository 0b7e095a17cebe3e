package store

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

const (
	// maxTokens is how many tokens of a directory live at once: the one in use and the one that takes its place.
	maxTokens = 2
	// maxRunLife is how long a token for one run lives at most.
	maxRunLife = time.Hour
	// maxOverlap is how long a token may outlive the one that takes its place.
	maxOverlap = 48 * time.Hour
	// touchEvery is how often it is noted that a token was used.
	touchEvery = time.Minute
)

// SCIMToken lets an identity provider push to a directory (RFC 6750). Its secret is not kept.
type SCIMToken struct {
	ID      uuid.UUID
	Created time.Time
	Origin
	AccountID   uuid.UUID
	DirectoryID string
	Name        string
	// Suffix is the last four characters, by which people tell tokens apart.
	Suffix string
	// Expires and LastUsed are zero for never.
	Expires, LastUsed time.Time
	// Run is a token for one run, which does not count.
	Run bool
	// Revoked tokens that were used are kept for their hash: a secret is used once.
	Revoked time.Time
	Hash    secretHash `secret:"true"`
}

var (
	tokenTable  = table.Declare(&tables, "scim_tokens", func(t *SCIMToken) (uuid.UUID, time.Time) { return t.ID, t.Created })
	tokenByHash = table.Unique(tokenTable, func(t *SCIMToken) (secretHash, bool) { return t.Hash, true }) // revoked ones too
	tokenByKey  = table.Unique(tokenTable, func(t *SCIMToken) (createdIn, bool) {
		in, keyed := t.in(t.DirectoryID)
		return in, keyed && t.Revoked.IsZero()
	})
	tokensByDirectory = table.Group(tokenTable, func(t *SCIMToken) (string, bool) { return t.DirectoryID, t.Revoked.IsZero() }, deletedWithDirectory())
	// Revoked ones, too, outlive their directory, not the account.
	tokensByAccount = table.Group(tokenTable, func(t *SCIMToken) (uuid.UUID, bool) { return t.AccountID, true }, table.DeletedWith(accountTable))
)

func (t *SCIMToken) subject() subject { return subject{t.AccountID, kindSCIMToken, t.ID, t.Name} }

func (t *SCIMToken) payload() map[string]any {
	return map[string]any{"directory_id": t.DirectoryID, "token_suffix": t.Suffix, "run": t.Run}
}

// NewSCIMToken is what AddSCIMToken needs.
type NewSCIMToken struct {
	ID   uuid.UUID // uuid.Nil for a new one
	Name string
	// Token is the caller's own secret; the server makes one where it is empty.
	Token string
	// Expires is zero for a token that does not.
	Expires time.Time
	// OldExpiresIn says how long the directory's other tokens go on working; nil leaves them alone.
	OldExpiresIn *time.Duration
	Run          bool
}

// tokenPattern is a Bearer token (RFC 6750, section 2.1) of a length that cannot be guessed.
var tokenPattern = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

// CheckSCIMToken says what keeps a caller's own secret from being a token's.
func CheckSCIMToken(secret string) error { return checkSecret("a token", secret) }

func checkSecret(of, secret string) error {
	if len(secret) < 32 || len(secret) > 512 || !tokenPattern.MatchString(secret) {
		return errors.New(of + " has 32 to 512 of the characters A-Z a-z 0-9 . _ ~ + / -, and may end with =")
	}
	return nil
}

// AddSCIMToken makes a token and gives its secret, which is never seen again.
func (tx *Tx) AddSCIMToken(accountID uuid.UUID, directoryID string, n NewSCIMToken) (*SCIMToken, string, error) {
	d, err := tx.Directory(accountID, directoryID)
	if err != nil {
		return nil, "", err
	}
	if strings.TrimSpace(n.Name) == "" {
		return nil, "", invalid("a token needs a name", "name")
	}
	if n.Token == "" {
		n.Token = newSecret("scim_")
	} else if err := CheckSCIMToken(n.Token); err != nil {
		return nil, "", invalid(err.Error(), "token")
	}
	if err := checkKey(tx, tokenByKey, d.ID, func(t *SCIMToken) string { return t.ID.String() }); err != nil {
		return nil, "", err
	}
	if err := tx.checkUnused(d, n.Token); err != nil {
		return nil, "", err
	}
	if o := n.OldExpiresIn; o != nil && (*o < 0 || *o > maxOverlap) {
		return nil, "", invalid(fmt.Sprintf("the old token may go on for 0 to %d seconds", int(maxOverlap.Seconds())), "old_token_expires_in_seconds")
	}
	if n.Expires, err = tx.tokenExpires(n); err != nil {
		return nil, "", err
	}
	t := &SCIMToken{
		ID: tx.id(n.ID), Created: tx.stamp(), Origin: tx.origin(), AccountID: accountID, DirectoryID: d.ID, Name: n.Name,
		Suffix: n.Token[len(n.Token)-4:], Expires: n.Expires, Run: n.Run, Hash: hashOf(n.Token),
	}
	if n.Run {
		tokenTable.Put(tx.db, t)
		tx.record(t.subject(), created, t.payload(), uuid.Nil)
		return t, n.Token, nil
	}
	if err := tx.makeRoom(d, n.OldExpiresIn); err != nil {
		return nil, "", err
	}
	tokenTable.Put(tx.db, t)
	tx.record(t.subject(), created, t.payload(), uuid.Nil)
	return t, n.Token, nil
}

// checkUnused returns a Conflict where a token or a client has or had a secret. Only of a live one of the same directory
// does it say which: it does not reveal where else a secret is in use.
func (r *Reader) checkUnused(d *Directory, secret string) error {
	token, ofToken := tokenByHash.Get(r.db, hashOf(secret))
	if ofToken && token.DirectoryID == d.ID && token.Revoked.IsZero() && !ended(token.Expires, r.Now()) {
		return &Conflict{Reason: fmt.Sprintf("This is the secret of the directory's own token %s (…%s)", token.Name, token.Suffix), ExistingID: token.ID.String()}
	}
	row, ofClient := clientSecretByHash.Get(r.db, hashOf(secret))
	if ofClient && row.DirectoryID == d.ID && row.Revoked.IsZero() && !ended(row.Expires, r.Now()) {
		if client, ok := clientTable.Get(r.db, row.ClientID); ok {
			return &Conflict{Reason: fmt.Sprintf("This is a secret of the directory's own client %s (…%s)", client.Name, row.Suffix), ExistingID: client.ID.String()}
		}
	}
	if ofToken || ofClient {
		return &Conflict{Reason: "This secret was used before; take a new one"}
	}
	return nil
}

func (tx *Tx) tokenExpires(n NewSCIMToken) (time.Time, error) {
	now := tx.Now()
	latest := now.Add(maxRunLife)
	switch {
	case !n.Expires.IsZero() && !n.Expires.After(now):
		return n.Expires, invalid("it has to be in the future", "expires_at")
	case !n.Run:
		return n.Expires, nil
	case n.Expires.IsZero():
		return latest.Truncate(time.Microsecond), nil
	case n.Expires.After(latest):
		return n.Expires, invalid("a token for one run lives an hour at most", "expires_at")
	}
	return n.Expires, nil
}

// makeRoom sets the end of the directory's other tokens and checks that one more may live beside those that go on.
func (tx *Tx) makeRoom(d *Directory, oldExpiresIn *time.Duration) error {
	var others []string
	for _, old := range slices.Clone(tokensByDirectory.Get(tx.db, d.ID)) {
		if old.Run || ended(old.Expires, tx.Now()) {
			continue
		}
		if end, sooner := tx.endsSooner(old.Expires, oldExpiresIn); sooner {
			next := *old
			next.Expires = end
			tokenTable.Put(tx.db, &next)
			tx.record(next.subject(), rotated, next.payload(), uuid.Nil)
			old = &next
		}
		if !ended(old.Expires, tx.Now()) {
			others = append(others, fmt.Sprintf("%s (…%s)", old.Name, old.Suffix))
		}
	}
	if len(others) >= maxTokens {
		return &Conflict{Reason: fmt.Sprintf("The directory %s has %d live tokens, %s; delete one first", d.Name, len(others), strings.Join(others, " and "))}
	}
	return nil
}

// endsSooner returns when a secret ends that another takes the place of, and whether that is before the end that it has,
// which is zero for never. With nil it goes on as it is.
func (r *Reader) endsSooner(expires time.Time, in *time.Duration) (end time.Time, sooner bool) {
	if in == nil {
		return expires, false
	}
	end = r.Now().Add(*in).Truncate(time.Microsecond)
	return end, expires.IsZero() || end.Before(expires)
}

// SCIMTokens returns a directory's tokens that work, oldest first.
func (r *Reader) SCIMTokens(accountID uuid.UUID, directoryID string) ([]*SCIMToken, error) {
	d, err := r.Directory(accountID, directoryID)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(tokensByDirectory.Get(r.db, d.ID)), func(t *SCIMToken) bool {
		return ended(t.Expires, r.Now())
	}), nil
}

// DeleteSCIMToken ends a token. Its secret is not taken again if it was ever used.
func (tx *Tx) DeleteSCIMToken(accountID uuid.UUID, directoryID string, id uuid.UUID) error {
	t, ok := tokenTable.Get(tx.db, id)
	if !ok || t.AccountID != accountID || t.DirectoryID != directoryID || !t.Revoked.IsZero() || ended(t.Expires, tx.Now()) {
		return &NotFound{What: "SCIM token"}
	}
	tx.endToken(t, uuid.Nil)
	return nil
}

func (tx *Tx) endToken(t *SCIMToken, follows uuid.UUID) {
	if t.LastUsed.IsZero() {
		tokenTable.Delete(tx.db, t.ID)
	} else {
		next := *t
		next.Revoked = tx.stamp()
		tokenTable.Put(tx.db, &next)
	}
	tx.record(t.subject(), deleted, t.payload(), follows)
}

// AuthenticateSCIM finds the directory behind an endpoint and what a secret is to it: a token, or an access token of a
// client. It says Unauthenticated of whatever is wrong with either, and Forbidden of a directory that is switched off.
func (r *Reader) AuthenticateSCIM(endpoint, secret string) (*Directory, SCIMCredential, error) {
	d, ok := directoryByEndpoint.Get(r.db, endpoint)
	if !ok {
		return nil, SCIMCredential{}, &Unauthenticated{}
	}
	by, ok := r.scimCredential(d, secret)
	switch {
	case !ok:
		return nil, SCIMCredential{}, &Unauthenticated{}
	case d.State == DirectoryUnlinked:
		return nil, SCIMCredential{}, switchedOff(d)
	}
	return d, by, nil
}

// NeedsTouch reports whether TouchSCIM has something to note.
func (r *Reader) NeedsTouch(d *Directory, by SCIMCredential) bool {
	now := r.Now()
	return d.State == DirectoryValidating || now.Sub(d.LastSynced) >= touchEvery || now.Sub(by.lastUsed) >= touchEvery
}

// TouchSCIM notes that an identity provider called. The first call links the directory.
func (tx *Tx) TouchSCIM(d *Directory, by SCIMCredential) {
	now := tx.Now().Truncate(time.Microsecond)
	tx.touch(by, now)
	old, ok := directoryTable.Get(tx.db, d.key())
	if !ok {
		return
	}
	next := *old
	next.LastSynced = now
	if old.State != DirectoryValidating {
		directoryTable.Put(tx.db, &next)
		return
	}
	next.State = DirectoryLinked
	tx.putDirectory(old, next, uuid.Nil)
}
