package store

import (
	"crypto/subtle"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// The bounds of a code that is mailed: how long it is good, how long until the next
// one, and how often it may be mistyped.
const (
	loginCodeLasts = 10 * time.Minute
	loginCodeEvery = time.Minute
	loginCodeTries = 5
	// loginCodeLength has 60 bits, five a character.
	loginCodeLength = 12
)

// LoginCode lets a person in who may pass by single sign-on. There is at most one a
// person; its ID is the person's.
type LoginCode struct {
	ID               uuid.UUID
	Created, Expires time.Time
	// Tries is how often it was mistyped.
	Tries int
	Hash  secretHash `secret:"true"`
}

var (
	loginCodeTable = table.Declare(&tables, "login_codes", func(c *LoginCode) (uuid.UUID, time.Time) { return c.ID, c.Created })
	loginCodeOf    = table.Unique(loginCodeTable, func(c *LoginCode) (uuid.UUID, bool) { return c.ID, true }, table.DeletedWith(userTable))
)

// bypassesSSO reports whether a person may pass by an account's single sign-on.
func (r *Reader) bypassesSSO(u *User) bool {
	for _, m := range membershipsOfActor.Get(r.db, u.ActorID) {
		if role, err := r.Role(m.AccountID, m.RoleID); err == nil && m.Active && role.bypasses() {
			return true
		}
	}
	return false
}

// SendLoginCode mails a code to a person who may pass by single sign-on. To others it
// sends nothing, and it does not say so: it does not reveal who there is.
func (tx *Tx) SendLoginCode(email string) {
	u, ok := tx.UserByEmail(email)
	if !ok || !tx.bypassesSSO(u) || tx.whyShutOut(u) != "" {
		return
	}
	// Anybody may ask for a code: one that is not sent writes nothing, not even a time.
	if before, ok := loginCodeTable.Get(tx.db, u.ID); ok && tx.Now().Before(before.Created.Add(loginCodeEvery)) {
		return
	}
	now := tx.stamp()
	code := newSecret("")[:loginCodeLength]
	loginCodeTable.Put(tx.db, &LoginCode{ID: u.ID, Created: now, Expires: now.Add(loginCodeLasts), Hash: hashOf(code)})
	tx.sendMail(Mail{
		To: u.Email, Subject: "Your code for logging in", LoginCode: code,
		Text: fmt.Sprintf("Log in with the code %s within %d minutes. If you did not ask for it, do nothing.", code, int(loginCodeLasts.Minutes())),
	})
}

// LogInByCode logs a person in by the code that was mailed to them. A wrong code is no
// error, so that its try is counted: then there is no session.
func (tx *Tx) LogInByCode(email, code, ipAddress, userAgent string) (*Session, string, error) {
	u, ok := tx.UserByEmail(email)
	if !ok || tx.whyShutOut(u) != "" {
		return nil, "", nil
	}
	kept, ok := loginCodeTable.Get(tx.db, u.ID)
	if !ok {
		return nil, "", nil
	}
	given := hashOf(code)
	right := subtle.ConstantTimeCompare(given[:], kept.Hash[:]) == 1
	switch {
	case ended(kept.Expires, tx.Now()):
		loginCodeTable.Delete(tx.db, u.ID)
		return nil, "", nil
	case kept.Tries >= loginCodeTries:
		return nil, "", nil
	case !right:
		next := *kept
		next.Tries++
		loginCodeTable.Put(tx.db, &next)
		return nil, "", nil
	}
	loginCodeTable.Delete(tx.db, u.ID)
	if !tx.bypassesSSO(u) { // no longer
		return nil, "", nil
	}
	tx.by = u.actor()
	return tx.AddSession(NewSession{UserID: u.ID, IPAddress: ipAddress, UserAgent: userAgent, Expires: tx.Now().Add(sessionLasts)})
}
