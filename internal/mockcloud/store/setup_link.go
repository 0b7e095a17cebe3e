package store

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// SetupPurpose is what a setup link leads to.
type SetupPurpose string

// What can be set up by a link.
const (
	SetupSSO       SetupPurpose = "sso"
	SetupDirectory SetupPurpose = "directory"
)

const (
	// setupLinkLife is how long a setup link can be opened.
	setupLinkLife = 5 * time.Minute
	// setupSessionLife is how long what it was exchanged for lasts.
	setupSessionLife = 30 * time.Minute
)

// SetupLink lets the holder of its secret set up a part of an account, in the name
// of the one who asked for it. It can be exchanged once for a session, whose secret
// is another one. Neither secret is kept.
type SetupLink struct {
	ID      uuid.UUID
	Created time.Time
	// Expires is when the link can no longer be opened and, once it was, when its
	// session ends.
	Expires   time.Time
	AccountID uuid.UUID
	// AskedBy is the actor who asked for the link; uuid.Nil is the server itself.
	AskedBy uuid.UUID
	Purpose SetupPurpose
	Hash    secretHash `secret:"true"`

	// Started is when the link was exchanged, zero for never.
	Started     time.Time
	SessionHash secretHash `secret:"true"`
	SetupChoices
}

var (
	setupLinkTable     = table.Declare(&tables, "setup_links", func(l *SetupLink) (uuid.UUID, time.Time) { return l.ID, l.Created })
	setupLinkByHash    = table.Unique(setupLinkTable, func(l *SetupLink) (secretHash, bool) { return l.Hash, true })
	setupLinkBySession = table.Unique(setupLinkTable, func(l *SetupLink) (secretHash, bool) { return l.SessionHash, !l.Started.IsZero() })
	// The first to expire is the first.
	setupLinksExpire = table.GroupSorted(setupLinkTable, func(l *SetupLink) (uuid.UUID, bool) { return l.AccountID, true },
		func(a, b *SetupLink) int {
			return cmp.Or(a.Expires.Compare(b.Expires), bytes.Compare(a.ID[:], b.ID[:]))
		},
		table.DeletedWith(accountTable))
)

// SetupChoices are what was chosen so far in a session.
type SetupChoices struct {
	Domains []string
	Type    ConnectionType
	// ConnectionID is the connection that the session made; Saved says that it is
	// as chosen.
	ConnectionID string
	Saved        bool
	// DirectoryType and DirectoryID are those of the directory, in a session for one.
	DirectoryType DirectoryType
	DirectoryID   string
}

// SetupLinkState says what a link is good for.
type SetupLinkState int

// The states of a setup link.
const (
	SetupLinkOpen SetupLinkState = iota
	SetupLinkUsed
	SetupLinkExpired
)

// AddSetupLink makes a fresh link and gives its secret. Links that expired go.
func (tx *Tx) AddSetupLink(accountID uuid.UUID, purpose SetupPurpose) (string, error) {
	if _, err := tx.Account(accountID); err != nil {
		return "", err
	}
	if purpose == SetupSSO && tx.isConfigured(accountID) {
		return "", isSetUp()
	}
	if purpose == SetupDirectory && len(tx.Directories(accountID)) > 0 {
		return "", hasDirectory()
	}
	now := tx.stamp()
	for _, l := range slices.Clone(setupLinksExpire.Get(tx.db, accountID)) {
		if now.Before(l.Expires) {
			break
		}
		setupLinkTable.Delete(tx.db, l.ID)
	}
	secret := rand.Text()
	l := &SetupLink{
		ID: tx.newID(), Created: now, Expires: now.Add(setupLinkLife), AccountID: accountID, AskedBy: tx.by.ActorID,
		Purpose: purpose, Hash: hashOf(secret),
	}
	setupLinkTable.Put(tx.db, l)
	return secret, nil
}

func isSetUp() error {
	return &Conflict{Reason: "Single sign-on is set up already; remove its connections to begin anew"}
}

func hasDirectory() error {
	return &Conflict{Reason: "Directory sync is set up already; remove its directory to begin anew"}
}

// SetupLink finds the link that a secret opens. One that cannot be opened any more
// is given, too, for as long as it is known.
func (r *Reader) SetupLink(secret string) (*SetupLink, SetupLinkState, error) {
	l, ok := setupLinkByHash.Get(r.db, hashOf(secret))
	switch {
	case !ok:
		return nil, SetupLinkExpired, &NotFound{What: "Setup link"}
	case !l.Started.IsZero():
		return l, SetupLinkUsed, nil
	case ended(l.Expires, r.Now()):
		return l, SetupLinkExpired, nil
	}
	return l, SetupLinkOpen, nil
}

// StartSetup exchanges a link for a session and gives the session's secret.
func (tx *Tx) StartSetup(secret string) (*SetupLink, string, error) {
	l, state, err := tx.SetupLink(secret)
	if err != nil {
		return nil, "", err
	}
	if state != SetupLinkOpen {
		return nil, "", &Conflict{Reason: "This setup link cannot be opened any more"}
	}
	session := newSecret("")
	next := *l
	next.Started = tx.stamp()
	next.Expires = next.Started.Add(setupSessionLife)
	next.SessionHash = hashOf(session)
	setupLinkTable.Put(tx.db, &next)
	return &next, session, nil
}

// SetupSession finds the session that a secret belongs to, and in whose name it
// acts. The user who asked for the link must still be allowed to.
func (r *Reader) SetupSession(secret string) (*SetupLink, Actor, error) {
	l, ok := setupLinkBySession.Get(r.db, hashOf(secret))
	if !ok || ended(l.Expires, r.Now()) {
		return nil, Actor{}, &NotFound{What: "Setup session"}
	}
	by, err := r.mayStillSetUp(l)
	return l, by, err
}

func (r *Reader) mayStillSetUp(l *SetupLink) (Actor, error) {
	if l.AskedBy == uuid.Nil {
		return Actor{}, nil
	}
	by, err := r.actor(l.AskedBy)
	if err != nil {
		return by, &Forbidden{Reason: "Whoever asked for the setup link is gone"}
	}
	member, err := r.Enter(by, l.AccountID)
	if err != nil {
		return by, &Forbidden{Reason: "Whoever asked for the setup link is no member of the account any more"}
	}
	if err := r.Permit(member, AdministrateSSO); err != nil {
		return by, err
	}
	if l.Purpose == SetupDirectory {
		return by, r.RequireFeature(l.AccountID, FeatureSCIM)
	}
	return by, r.RequireFeature(l.AccountID, FeatureSSO)
}

// isBeingSetUp reports whether a session that made the connection is still open.
func (r *Reader) isBeingSetUp(c *Connection) bool {
	now := r.Now()
	return slices.ContainsFunc(setupLinksExpire.Get(r.db, c.AccountID), func(l *SetupLink) bool {
		return l.ConnectionID == c.ID && !ended(l.Expires, now)
	})
}

// ChooseInSetup notes what was chosen in a session. Another choice than before is
// not saved until SaveSetup.
func (tx *Tx) ChooseInSetup(l *SetupLink, domains []string, kind ConnectionType) {
	if slices.Equal(domains, l.Domains) && kind == l.Type {
		return
	}
	choices := l.SetupChoices
	choices.Domains, choices.Type, choices.Saved = domains, kind, false
	tx.putSetup(l, choices)
}

// SaveSetup makes the connection that a session configures, or changes it for as
// long as no user has logged in through it.
func (tx *Tx) SaveSetup(l *SetupLink, change ConnectionChange) (*Connection, error) {
	saved, _ := tx.Connection(l.AccountID, l.ConnectionID) // nil where there is none, or none any more
	for _, other := range tx.Connections(l.AccountID) {
		unfinished := other.State == ConnectionDraft || other.State == ConnectionValidating && other == saved
		if !unfinished {
			return nil, isSetUp()
		}
	}
	if saved != nil && (saved.OIDC != nil) != (change.OIDC != nil) {
		if err := tx.DeleteConnection(l.AccountID, saved.ID); err != nil {
			return nil, err
		}
		saved = nil
	}
	var c *Connection
	var err error
	if saved == nil {
		c, err = tx.AddConnection(l.AccountID, change)
	} else {
		c, err = tx.UpdateConnection(l.AccountID, saved.ID, change)
	}
	if err != nil {
		return nil, err
	}
	choices := l.SetupChoices
	choices.ConnectionID, choices.Saved = c.ID, true
	tx.putSetup(l, choices)
	return c, nil
}

// ChooseDirectoryInSetup notes which product the directory is.
func (tx *Tx) ChooseDirectoryInSetup(l *SetupLink, kind DirectoryType) {
	choices := l.SetupChoices
	choices.DirectoryType = kind
	tx.putSetup(l, choices)
}

// SaveDirectorySetup makes the directory of a session and a token for it, whose
// secret is never seen again.
func (tx *Tx) SaveDirectorySetup(l *SetupLink, change DirectoryChange) (*SetupLink, string, error) {
	if len(tx.Directories(l.AccountID)) > 0 {
		return nil, "", hasDirectory()
	}
	d, err := tx.AddDirectory(l.AccountID, change)
	if err != nil {
		return nil, "", err
	}
	_, secret, err := tx.AddSCIMToken(l.AccountID, d.ID, NewSCIMToken{Name: "Setup link"})
	if err != nil {
		return nil, "", err
	}
	choices := l.SetupChoices
	choices.DirectoryID = d.ID
	return tx.putSetup(l, choices), secret, nil
}

func (tx *Tx) putSetup(l *SetupLink, choices SetupChoices) *SetupLink {
	next := *l
	next.SetupChoices = choices
	setupLinkTable.Put(tx.db, &next)
	return &next
}
