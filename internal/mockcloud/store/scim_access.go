package store

import (
	"crypto/subtle"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// AccessTokenLife is how long an access token lives at most.
const AccessTokenLife = time.Hour

// SCIMAccessToken is what a client got for its secret (RFC 6749, section 4.4.3). The token itself is not kept. It ends
// with the secret, whenever that is.
type SCIMAccessToken struct {
	ID          uuid.UUID
	Created     time.Time
	DirectoryID string
	ClientID    uuid.UUID
	SecretID    uuid.UUID // of the SCIMClientSecret
	Expires     time.Time
	Hash        secretHash `secret:"true"`
}

var (
	issuedTable    = table.Declare(&tables, "scim_access_tokens", func(a *SCIMAccessToken) (uuid.UUID, time.Time) { return a.ID, a.Created })
	issuedByHash   = table.Unique(issuedTable, func(a *SCIMAccessToken) (secretHash, bool) { return a.Hash, true })
	issuedByClient = table.Group(issuedTable, func(a *SCIMAccessToken) (uuid.UUID, bool) { return a.ClientID, true }, table.DeletedWith(clientTable))
)

// SCIMCredential is what an identity provider called with: one of the directory's tokens, or an access token of one of
// its clients.
type SCIMCredential struct {
	token    *SCIMToken
	client   *SCIMClient
	lastUsed time.Time
}

// OfClient reports whether it is an access token of one of the directory's clients.
func (by SCIMCredential) OfClient() bool { return by.client != nil }

// AuthenticateClient finds the directory behind an endpoint, and the client and the live secret of it that somebody
// shows (RFC 6749, section 2.3.1). It says Unauthenticated of whatever is wrong with any of them, and takes as long for
// each; and Forbidden of a directory that is switched off.
func (r *Reader) AuthenticateClient(endpoint, clientID, secret string) (*Directory, *SCIMClient, *SCIMClientSecret, error) {
	hash := hashOf(secret) // what takes the time, also where there is no client
	d, c, ok := r.clientAt(endpoint, clientID)
	if !ok {
		return nil, nil, nil, &Unauthenticated{}
	}
	var used *SCIMClientSecret
	for _, s := range r.SCIMClientSecrets(c) {
		if subtle.ConstantTimeCompare(s.Hash[:], hash[:]) == 1 {
			used = s
		}
	}
	switch {
	case used == nil:
		return nil, nil, nil, &Unauthenticated{}
	case d.State == DirectoryUnlinked:
		return nil, nil, nil, switchedOff(d)
	}
	return d, c, used, nil
}

// clientAt finds the directory behind an endpoint and a client that it has.
func (r *Reader) clientAt(endpoint, clientID string) (*Directory, *SCIMClient, bool) {
	d, ok := directoryByEndpoint.Get(r.db, endpoint)
	id, err := uuid.Parse(clientID)
	if !ok || err != nil || id.String() != clientID { // one spelling only
		return nil, nil, false
	}
	c, ok := clientTable.Get(r.db, id)
	return d, c, ok && c.DirectoryID == d.ID
}

func switchedOff(d *Directory) error {
	return &Forbidden{Reason: "The directory " + d.Name + " is unlinked: nothing is read from it or pushed to it until it is switched on again"}
}

// IssueSCIMAccess makes an access token for a client that AuthenticateClient has found in this transaction. Those of
// the client that are over go.
func (tx *Tx) IssueSCIMAccess(c *SCIMClient, s *SCIMClientSecret) string {
	now := tx.Now().Truncate(time.Microsecond)
	for _, old := range slices.Clone(issuedByClient.Get(tx.db, c.ID)) {
		if !tx.accessLives(old) {
			issuedTable.Delete(tx.db, old.ID)
		}
	}
	token := newSecret("scima_")
	issuedTable.Put(tx.db, &SCIMAccessToken{
		ID: tx.newID(), Created: tx.stamp(), DirectoryID: c.DirectoryID, ClientID: c.ID, SecretID: s.ID,
		Expires: now.Add(AccessTokenLife), Hash: hashOf(token),
	})
	client, secret := *c, *s
	client.LastUsed, secret.LastUsed = now, now
	clientTable.Put(tx.db, &client)
	clientSecretTable.Put(tx.db, &secret)
	return token
}

// accessLives reports whether an access token works: it is not over, and nor is the secret that it was given for.
func (r *Reader) accessLives(a *SCIMAccessToken) bool {
	secret, ok := clientSecretTable.Get(r.db, a.SecretID)
	return ok && secret.Revoked.IsZero() && !ended(secret.Expires, r.Now()) && !ended(a.Expires, r.Now())
}

// scimCredential finds what a secret is to a directory: one of its tokens, or a live access token of one of its clients.
// There are many of those, so they are found by their hash, which tells nothing of the next one.
func (r *Reader) scimCredential(d *Directory, secret string) (SCIMCredential, bool) {
	hash := hashOf(secret)
	for _, t := range tokensByDirectory.Get(r.db, d.ID) {
		if subtle.ConstantTimeCompare(t.Hash[:], hash[:]) == 1 && !ended(t.Expires, r.Now()) {
			return SCIMCredential{token: t, lastUsed: t.LastUsed}, true
		}
	}
	a, ok := issuedByHash.Get(r.db, hash)
	if !ok || a.DirectoryID != d.ID || !r.accessLives(a) {
		return SCIMCredential{}, false
	}
	c, ok := clientTable.Get(r.db, a.ClientID)
	if !ok {
		return SCIMCredential{}, false
	}
	return SCIMCredential{client: c, lastUsed: c.LastUsed}, true
}

// touch notes that a credential was used. It is read again: what was found when the call came in may have changed.
func (tx *Tx) touch(by SCIMCredential, now time.Time) {
	if by.token != nil {
		if token, ok := tokenTable.Get(tx.db, by.token.ID); ok {
			next := *token
			next.LastUsed = now
			tokenTable.Put(tx.db, &next)
		}
	}
	if by.client != nil {
		if client, ok := clientTable.Get(tx.db, by.client.ID); ok {
			next := *client
			next.LastUsed = now
			clientTable.Put(tx.db, &next)
		}
	}
}

// DirectoryAt finds the directory behind an endpoint.
func (r *Reader) DirectoryAt(endpoint string) (*Directory, bool) {
	return directoryByEndpoint.Get(r.db, endpoint)
}
