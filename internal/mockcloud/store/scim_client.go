package store

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

const (
	// maxClientSecrets is how many secrets of a client live at once: the one in use and the one that takes its place.
	maxClientSecrets = 2
)

// SCIMClient is an OAuth 2.0 client of a directory (RFC 6749): an identity provider that gets itself access tokens.
type SCIMClient struct {
	ID uuid.UUID // the client_id, too
	// Updated is when it was made, or last got another secret.
	Created, Updated time.Time
	Origin
	AccountID   uuid.UUID
	DirectoryID string
	Name        string
	// LastUsed is when it last got or used an access token, to the minute; zero for never.
	LastUsed time.Time
}

// SCIMClientSecret is one of a client's secrets, which itself is not kept.
type SCIMClientSecret struct {
	ID          uuid.UUID
	Created     time.Time
	AccountID   uuid.UUID
	DirectoryID string
	ClientID    uuid.UUID
	// Suffix is the last four characters, by which people tell secrets apart.
	Suffix string
	// Expires is zero for never.
	Expires time.Time
	// LastUsed is when it last got an access token; zero for never.
	LastUsed time.Time
	// Revoked secrets that were used are kept for their hash: a secret is used once.
	Revoked time.Time
	Hash    secretHash `secret:"true"`
}

var (
	clientTable  = table.Declare(&tables, "scim_clients", func(c *SCIMClient) (uuid.UUID, time.Time) { return c.ID, c.Created })
	clientByKey  = table.Unique(clientTable, func(c *SCIMClient) (createdIn, bool) { return c.in(c.DirectoryID) })
	clientByName = table.Unique(clientTable, func(c *SCIMClient) (nameInDirectory, bool) {
		return nameInDirectory{c.DirectoryID, c.Name}, true
	})
	clientsByDirectory = table.Group(clientTable, func(c *SCIMClient) (string, bool) { return c.DirectoryID, true }, deletedWithDirectory())

	clientSecretTable  = table.Declare(&tables, "scim_client_secrets", func(s *SCIMClientSecret) (uuid.UUID, time.Time) { return s.ID, s.Created })
	clientSecretByHash = table.Unique(clientSecretTable, func(s *SCIMClientSecret) (secretHash, bool) { return s.Hash, true }) // revoked ones too
	secretsByClient    = table.Group(clientSecretTable, func(s *SCIMClientSecret) (uuid.UUID, bool) { return s.ClientID, s.Revoked.IsZero() },
		table.DeletedWith(clientTable))
	// Revoked ones outlive their client and directory, not the account.
	clientSecretsByAccount = table.Group(clientSecretTable, func(s *SCIMClientSecret) (uuid.UUID, bool) { return s.AccountID, true },
		table.DeletedWith(accountTable))
)

func (c *SCIMClient) subject() subject { return subject{c.AccountID, kindSCIMClient, c.ID, c.Name} }

func (c *SCIMClient) payload(secrets ...*SCIMClientSecret) map[string]any {
	out := map[string]any{"directory_id": c.DirectoryID}
	if len(secrets) > 0 {
		out["secret_suffix"] = secrets[0].Suffix
	}
	return out
}

// NewSCIMClient is what AddSCIMClient needs.
type NewSCIMClient struct {
	ID   uuid.UUID // uuid.Nil for a new one
	Name string
	// Secret is the caller's own; the server makes one where it is empty.
	Secret string
}

// ClientRotation is what RotateSCIMClient needs.
type ClientRotation struct {
	// Name is the client's new one; nil leaves it.
	Name *string
	// Secret is the caller's own; the server makes one where it is empty.
	Secret string
	// OldExpiresIn says how long the client's other secrets go on working; nil leaves them alone.
	OldExpiresIn *time.Duration
}

// CheckClientSecret says what keeps a caller's own secret from being a client's.
func CheckClientSecret(secret string) error { return checkSecret("a client's secret", secret) }

// AddSCIMClient makes a client and gives its secret, which is never seen again.
func (tx *Tx) AddSCIMClient(accountID uuid.UUID, directoryID string, n NewSCIMClient) (*SCIMClient, string, error) {
	d, err := tx.Directory(accountID, directoryID)
	if err != nil {
		return nil, "", err
	}
	if err := checkKey(tx, clientByKey, d.ID, func(c *SCIMClient) string { return c.ID.String() }); err != nil {
		return nil, "", err
	}
	if err := tx.checkClientName(d, n.Name, uuid.Nil); err != nil {
		return nil, "", err
	}
	secret, err := tx.clientSecret(d, n.Secret)
	if err != nil {
		return nil, "", err
	}
	now := tx.stamp()
	c := &SCIMClient{ID: tx.id(n.ID), Created: now, Updated: now, Origin: tx.origin(), AccountID: accountID, DirectoryID: d.ID, Name: n.Name}
	clientTable.Put(tx.db, c)
	row := tx.addClientSecret(c, secret)
	tx.record(c.subject(), created, c.payload(row), uuid.Nil)
	return c, secret, nil
}

// RotateSCIMClient gives a client another secret, beside the one that it has or instead of it.
func (tx *Tx) RotateSCIMClient(accountID uuid.UUID, directoryID string, id uuid.UUID, n ClientRotation) (*SCIMClient, string, error) {
	c, err := tx.SCIMClient(accountID, directoryID, id)
	if err != nil {
		return nil, "", err
	}
	d, err := tx.Directory(accountID, directoryID)
	if err != nil {
		return nil, "", err
	}
	next := *c
	if n.Name != nil {
		if err := tx.checkClientName(d, *n.Name, c.ID); err != nil {
			return nil, "", err
		}
		next.Name = *n.Name
	}
	secret, err := tx.clientSecret(d, n.Secret)
	if err != nil {
		return nil, "", err
	}
	if o := n.OldExpiresIn; o != nil && (*o < 0 || *o > maxOverlap) {
		return nil, "", invalid(fmt.Sprintf("the old secret may go on for 0 to %d seconds", int(maxOverlap.Seconds())), "old_secret_expires_in_seconds")
	}
	if err := tx.makeSecretRoom(c, n.OldExpiresIn); err != nil {
		return nil, "", err
	}
	next.Updated = tx.stamp()
	clientTable.Put(tx.db, &next)
	row := tx.addClientSecret(&next, secret)
	tx.record(next.subject(), rotated, next.payload(row), uuid.Nil)
	return &next, secret, nil
}

// checkClientName returns a Conflict where another client of the directory has a name.
func (tx *Tx) checkClientName(d *Directory, name string, own uuid.UUID) error {
	if strings.TrimSpace(name) == "" {
		return invalid("a client needs a name", "name")
	}
	if other, taken := clientByName.Get(tx.db, nameInDirectory{d.ID, name}); taken && other.ID != own {
		return &Conflict{Reason: fmt.Sprintf("The directory %s has a client %s already", d.Name, name), ExistingID: other.ID.String()}
	}
	return nil
}

// clientSecret returns the secret of a client to be: the caller's, if it can be one and was never used, or a new one.
func (tx *Tx) clientSecret(d *Directory, given string) (string, error) {
	if given == "" {
		return newSecret("scimc_"), nil
	}
	if err := CheckClientSecret(given); err != nil {
		return "", invalid(err.Error(), "client_secret")
	}
	return given, tx.checkUnused(d, given)
}

func (tx *Tx) addClientSecret(c *SCIMClient, secret string) *SCIMClientSecret {
	row := &SCIMClientSecret{
		ID: tx.newID(), Created: tx.stamp(), AccountID: c.AccountID, DirectoryID: c.DirectoryID, ClientID: c.ID,
		Suffix: secret[len(secret)-4:], Hash: hashOf(secret),
	}
	clientSecretTable.Put(tx.db, row)
	return row
}

// makeSecretRoom sets the end of a client's secrets and checks that one more may live beside those that go on.
func (tx *Tx) makeSecretRoom(c *SCIMClient, oldExpiresIn *time.Duration) error {
	live := 0
	for _, old := range tx.SCIMClientSecrets(c) {
		if end, sooner := tx.endsSooner(old.Expires, oldExpiresIn); sooner {
			next := *old
			next.Expires = end
			clientSecretTable.Put(tx.db, &next)
			old = &next
		}
		if !ended(old.Expires, tx.Now()) {
			live++
		}
	}
	if live >= maxClientSecrets {
		return &Conflict{Reason: fmt.Sprintf("The client %s has %d live secrets; wait until one expires, or end both with old_secret_expires_in_seconds 0", c.Name, live)}
	}
	return nil
}

// SCIMClients returns a directory's clients, oldest first.
func (r *Reader) SCIMClients(accountID uuid.UUID, directoryID string) ([]*SCIMClient, error) {
	d, err := r.Directory(accountID, directoryID)
	if err != nil {
		return nil, err
	}
	return slices.Clone(clientsByDirectory.Get(r.db, d.ID)), nil
}

// SCIMClient returns one of a directory's clients.
func (r *Reader) SCIMClient(accountID uuid.UUID, directoryID string, id uuid.UUID) (*SCIMClient, error) {
	c, ok := clientTable.Get(r.db, id)
	if !ok || c.AccountID != accountID || c.DirectoryID != directoryID {
		return nil, &NotFound{What: "SCIM client"}
	}
	return c, nil
}

// SCIMClientSecrets returns the secrets of a client that work, the newest first.
func (r *Reader) SCIMClientSecrets(c *SCIMClient) []*SCIMClientSecret {
	rows := slices.DeleteFunc(slices.Clone(secretsByClient.Get(r.db, c.ID)), func(s *SCIMClientSecret) bool { return ended(s.Expires, r.Now()) })
	slices.Reverse(rows)
	return rows
}

// HasSCIMClient reports whether somebody may get access tokens for a directory.
func (r *Reader) HasSCIMClient(d *Directory) bool { return len(clientsByDirectory.Get(r.db, d.ID)) > 0 }

// DeleteSCIMClient ends a client, with its secrets and access tokens.
func (tx *Tx) DeleteSCIMClient(accountID uuid.UUID, directoryID string, id uuid.UUID) error {
	c, err := tx.SCIMClient(accountID, directoryID, id)
	if err != nil {
		return err
	}
	tx.endClient(c, uuid.Nil)
	return nil
}

func (tx *Tx) endClient(c *SCIMClient, follows uuid.UUID) {
	live := tx.SCIMClientSecrets(c)
	for _, s := range slices.Clone(secretsByClient.Get(tx.db, c.ID)) {
		if s.LastUsed.IsZero() {
			clientSecretTable.Delete(tx.db, s.ID)
			continue
		}
		next := *s
		next.Revoked = tx.stamp()
		clientSecretTable.Put(tx.db, &next)
	}
	clientTable.Delete(tx.db, c.ID)
	tx.record(c.subject(), deleted, c.payload(live...), follows)
}
