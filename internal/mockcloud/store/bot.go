package store

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// Bot is a service account. It belongs to one account, has one membership there
// and one key in use, and ends with its membership.
type Bot struct {
	ID               uuid.UUID
	Created, Updated time.Time
	ActorID          uuid.UUID
	AccountID        uuid.UUID
	Name             string
}

var (
	botTable      = table.Declare(&tables, "bots", func(b *Bot) (uuid.UUID, time.Time) { return b.ID, b.Created })
	botByActor    = table.Unique(botTable, func(b *Bot) (uuid.UUID, bool) { return b.ActorID, true })
	botsByAccount = table.Group(botTable, func(b *Bot) (uuid.UUID, bool) { return b.AccountID, true }, table.DeletedWith(accountTable))
)

func (b *Bot) subject() subject { return subject{b.AccountID, kindBot, b.ID, b.Name} }

// Bot reads an account's service account.
func (r *Reader) Bot(accountID, id uuid.UUID) (*Bot, error) {
	if b, ok := botTable.Get(r.db, id); ok && b.AccountID == accountID {
		return b, nil
	}
	return nil, &NotFound{What: "Service account"}
}

// Bots returns the account's service accounts, oldest first.
func (r *Reader) Bots(accountID uuid.UUID) []*Bot { return botsByAccount.Get(r.db, accountID) }

// ActiveKey returns the key that the service account uses.
func (r *Reader) ActiveKey(b *Bot) (*APIKey, error) {
	for _, k := range r.Keys(b.ActorID) {
		if !k.Rotated {
			return k, nil
		}
	}
	return nil, &NotFound{What: "API key"}
}

// RotatingKeys returns the keys whose place another one has taken and which still
// work, oldest first.
func (r *Reader) RotatingKeys(b *Bot) []*APIKey {
	return slices.DeleteFunc(slices.Clone(r.Keys(b.ActorID)), func(k *APIKey) bool {
		return !k.Rotated || ended(k.Expiration, r.Now())
	})
}

// NewBot is what AddBot needs.
type NewBot struct {
	ID, ActorID, MembershipID, KeyID uuid.UUID
	AccountID                        uuid.UUID
	Name                             string
	RoleID                           uuid.UUID
	Secret                           string // a new one where none is given
	KeyExpiration                    time.Time
}

// AddBot makes a service account with its membership and its key.
func (tx *Tx) AddBot(n NewBot) (*Bot, *IssuedKey, error) {
	if err := tx.freeBotName(n.AccountID, n.Name); err != nil {
		return nil, nil, err
	}
	if _, err := tx.Role(n.AccountID, n.RoleID); err != nil {
		return nil, nil, errNoRole(n.RoleID, "account_role_id")
	}
	if err := tx.inFuture(n.KeyExpiration, "api_key_expiration"); err != nil {
		return nil, nil, err
	}
	now := tx.stamp()
	b := &Bot{
		ID: tx.id(n.ID), Created: now, Updated: now, ActorID: tx.id(n.ActorID),
		AccountID: n.AccountID, Name: n.Name,
	}
	botTable.Put(tx.db, b)
	cause := tx.record(b.subject(), created, nil, uuid.Nil)
	if _, err := tx.grantMembership(Membership{
		ID: n.MembershipID, AccountID: n.AccountID, ActorID: b.ActorID, BotID: b.ID, RoleID: n.RoleID,
	}, cause); err != nil {
		return nil, nil, err
	}
	key, err := tx.addKey(NewAPIKey{
		ID: n.KeyID, ActorID: b.ActorID, Name: b.Name, Secret: n.Secret, Expiration: n.KeyExpiration,
	}, causes{b.AccountID: cause})
	return b, key, err
}

func (tx *Tx) freeBotName(accountID uuid.UUID, name string) error {
	if name == "" {
		return invalid("a service account needs a name", "name")
	}
	if slices.ContainsFunc(tx.Bots(accountID), func(b *Bot) bool { return b.Name == name }) {
		return &Conflict{Reason: "A service account named " + name + " exists already"}
	}
	return nil
}

// BotChange is what UpdateBot changes: what is not nil.
type BotChange struct {
	Name   *string
	RoleID *uuid.UUID
}

// UpdateBot changes a service account or its membership's role.
func (tx *Tx) UpdateBot(accountID, id uuid.UUID, c BotChange) error {
	b, err := tx.Bot(accountID, id)
	if err != nil {
		return err
	}
	if c.Name != nil && *c.Name != b.Name {
		if err := tx.freeBotName(accountID, *c.Name); err != nil {
			return err
		}
		next := *b
		next.Name = *c.Name
		next.Updated = tx.stamp()
		botTable.Put(tx.db, &next)
		tx.record(next.subject(), updated, nil, uuid.Nil)
	}
	if c.RoleID == nil {
		return nil
	}
	m, err := tx.MembershipOf(accountID, b.ActorID)
	if err != nil {
		return err
	}
	return tx.SetRole(accountID, m.ID, *c.RoleID)
}

// DeleteBot takes a service account away with its keys and its membership.
func (tx *Tx) DeleteBot(accountID, id uuid.UUID) error {
	b, err := tx.Bot(accountID, id)
	if err != nil {
		return err
	}
	m, err := tx.MembershipOf(accountID, b.ActorID)
	if err != nil {
		return err
	}
	if tx.isSelf(m) {
		return errSelf("delete yourself")
	}
	cause := tx.record(b.subject(), deleted, nil, uuid.Nil)
	tx.dropKeys(b.ActorID, causes{accountID: cause})
	if err := tx.removeMembership(m, cause); err != nil {
		return err
	}
	botTable.Delete(tx.db, b.ID)
	return nil
}

// RotateKey puts a new key in the place of a service account's. The old one
// works on for the overlap, or ends now where there is none (nil). A caller who is
// given a key may do what its holder may, so this is granting the holder's role and
// those in workspaces.
func (tx *Tx) RotateKey(accountID, botID uuid.UUID, expiration time.Time, overlap *time.Duration) (*IssuedKey, error) {
	b, err := tx.Bot(accountID, botID)
	if err != nil {
		return nil, err
	}
	if err := tx.inFuture(expiration, "api_key_expiration"); err != nil {
		return nil, err
	}
	m, err := tx.MembershipOf(accountID, b.ActorID)
	if err != nil {
		return nil, err
	}
	role, err := tx.Role(accountID, m.RoleID)
	if err != nil {
		return nil, err
	}
	if err := tx.mayGrantIn(accountID, role); err != nil {
		return nil, err
	}
	if err := tx.mayGrantAccessOf(m); err != nil {
		return nil, err
	}
	tx.sweepKeys(b)
	old, err := tx.ActiveKey(b)
	if err != nil {
		return nil, err
	}
	next := NewAPIKey{ID: tx.newID(), ActorID: b.ActorID, Name: b.Name, Expiration: expiration}
	return tx.addKey(next, tx.retireKey(old, next.ID, overlap))
}

// retireKey ends a key after the overlap, but not later than it would have ended.
func (tx *Tx) retireKey(old *APIKey, successor uuid.UUID, overlap *time.Duration) causes {
	now := tx.Now().Truncate(time.Microsecond)
	until := now
	if overlap != nil {
		until = now.Add(*overlap)
	}
	if !old.Expiration.IsZero() && old.Expiration.Before(until) {
		until = old.Expiration
	}
	if ended(until, now) {
		keyTable.Delete(tx.db, old.ID)
	} else {
		next := *old
		next.Rotated, next.Expiration = true, until
		keyTable.Put(tx.db, &next)
	}
	return tx.recordOf(old.ActorID, old.subject(), rotated, map[string]any{
		"replaced_by": resourceID(kindAPIKey, successor), "works_until": until.Format(time.RFC3339Nano),
	}, nil)
}

// sweepKeys forgets rotated keys that work no more.
func (tx *Tx) sweepKeys(b *Bot) {
	for _, k := range slices.Clone(tx.Keys(b.ActorID)) {
		if k.Rotated && ended(k.Expiration, tx.Now()) {
			tx.dropKey(k, nil)
		}
	}
}

// DeleteRotatingKey ends a key of a service account before its time. The one in
// use is not ended but rotated, so that there always is one.
func (tx *Tx) DeleteRotatingKey(accountID, botID, id uuid.UUID) error {
	b, err := tx.Bot(accountID, botID)
	if err != nil {
		return err
	}
	k, err := tx.Key(b.ActorID, id)
	if err != nil {
		return err
	}
	if !k.Rotated {
		return &Conflict{Reason: "This is the key that the service account uses; rotate it, or delete the service account"}
	}
	tx.dropKey(k, nil)
	return nil
}
