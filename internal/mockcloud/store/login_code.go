package store

import (
	"crypto/subtle"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// The bounds of a code that is mailed: how long it is good, how long nobody gets
// another one, and how often it may be mistyped.
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

// bypassesSSO says whether a person may pass by an account's single sign-on.
func (r *Reader) bypassesSSO(u *User) bool {
	for _, m := range r.data.membershipsOfActor.get(u.ActorID) {
		if role, err := r.Role(m.AccountID, m.RoleID); err == nil && m.Active && role.bypasses() {
			return true
		}
	}
	return false
}

// SendLoginCode mails a code to a person who may pass by single sign-on. To others it
// sends nothing, and it does not say so: nobody finds out by it who there is.
func (tx *Tx) SendLoginCode(email string) {
	u, ok := tx.UserByEmail(email)
	if !ok || !tx.bypassesSSO(u) || tx.whyShutOut(u) != "" {
		return
	}
	now := tx.stamp()
	if before, ok := tx.data.loginCodes.get(u.ID); ok && now.Before(before.Created.Add(loginCodeEvery)) {
		return
	}
	code := newSecret("")[:loginCodeLength]
	tx.data.loginCodes.put(tx, u.ID, &LoginCode{ID: u.ID, Created: now, Expires: now.Add(loginCodeLasts), Hash: hashOf(code)})
	tx.send(Mail{
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
	kept, ok := tx.data.loginCodes.get(u.ID)
	if !ok {
		return nil, "", nil
	}
	given := hashOf(code)
	right := subtle.ConstantTimeCompare(given[:], kept.Hash[:]) == 1
	switch {
	case ended(kept.Expires, tx.Now()):
		tx.data.loginCodes.delete(tx, u.ID)
		return nil, "", nil
	case kept.Tries >= loginCodeTries:
		return nil, "", nil
	case !right:
		next := *kept
		next.Tries++
		tx.data.loginCodes.put(tx, u.ID, &next)
		return nil, "", nil
	}
	tx.data.loginCodes.delete(tx, u.ID)
	if !tx.bypassesSSO(u) { // no longer
		return nil, "", nil
	}
	tx.by = u.actor()
	return tx.AddSession(NewSession{UserID: u.ID, IPAddress: ipAddress, UserAgent: userAgent, Expires: tx.Now().Add(sessionLasts)})
}
