package store

import (
	"crypto/rand"
	"slices"
	"time"

	"github.com/google/uuid"
)

// SetupPurpose is what a setup link leads to.
type SetupPurpose string

// What can be set up by a link.
const (
	SetupSSO       SetupPurpose = "sso"
	SetupDirectory SetupPurpose = "directory"
)

// setupLinkLife is how long a setup link can be opened.
const setupLinkLife = 5 * time.Minute

// SetupLink lets whoever has its secret set up a part of an account. The secret
// itself is not kept.
type SetupLink struct {
	ID               uuid.UUID
	Created, Expires time.Time
	AccountID        uuid.UUID
	Purpose          SetupPurpose
	Hash             secretHash `secret:"true"`
}

// AddSetupLink makes a fresh link and gives its secret. Links that expired go.
func (tx *Tx) AddSetupLink(accountID uuid.UUID, purpose SetupPurpose) (string, error) {
	if _, err := tx.Account(accountID); err != nil {
		return "", err
	}
	if purpose == SetupSSO && tx.isConfigured(accountID) {
		return "", &Conflict{Reason: "Single sign-on is set up already; remove its connections to begin anew"}
	}
	now := tx.stamp()
	for _, l := range slices.Clone(tx.data.setupLinksExpire.get(accountID)) {
		if now.Before(l.Expires) {
			break
		}
		tx.data.setupLinks.delete(tx, l.ID)
	}
	secret := rand.Text()
	l := &SetupLink{
		ID: tx.newID(), Created: now, Expires: now.Add(setupLinkLife), AccountID: accountID,
		Purpose: purpose, Hash: hashOf(secret),
	}
	tx.data.setupLinks.put(tx, l.ID, l)
	return secret, nil
}

// SetupLink finds the link that a secret opens. One that expired is given with
// open false, for as long as it is known.
func (r *Reader) SetupLink(secret string) (link *SetupLink, open bool, err error) {
	l, ok := r.data.setupLinkByHash.get(hashOf(secret))
	if !ok {
		return nil, false, &NotFound{What: "Setup link"}
	}
	return l, r.Now().Before(l.Expires), nil
}
