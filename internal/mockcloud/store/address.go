package store

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
)

// emailIn is the key of an email within an account.
type emailIn struct {
	account uuid.UUID
	email   string
}

// alike returns the collision key of an address or userName where that is another than
// its identity key, as few are: the others are found by the identity key.
func alike(name string) (key string, differs bool) {
	key = address.CollisionKey(name)
	return key, key != address.IdentityKey(name)
}

// usersAlike returns the user who has an email, and all who could be taken for them.
func (r *Reader) usersAlike(email string) []*User {
	key := address.CollisionKey(email)
	return append(userByEmail.All(r.db, key), usersAlike.Get(r.db, key)...)
}

// userTakenFor finds another user whose email could be taken for the one of the user who
// has this one; nil for none.
func (r *Reader) userTakenFor(email string, but uuid.UUID) *User {
	for _, u := range r.usersAlike(email) {
		if u.ID != but && !address.Same(u.Email, email) {
			return u
		}
	}
	return nil
}

// directoryUserTakenFor is userTakenFor among an account's directories.
func (r *Reader) directoryUserTakenFor(accountID uuid.UUID, email string, but uuid.UUID) *DirectoryUser {
	key := emailIn{accountID, address.CollisionKey(email)}
	for _, u := range slices.Concat(directoryUsersByEmail.Get(r.db, key), directoryUsersMailedAlike.Get(r.db, key)) {
		if u.ID != but && !address.Same(u.Email, email) {
			return u
		}
	}
	return nil
}

// nameTakenFor is userTakenFor among the userNames of a directory.
func (r *Reader) nameTakenFor(u *DirectoryUser) *DirectoryUser {
	key := nameInDirectory{u.DirectoryID, address.CollisionKey(u.UserName)}
	for _, other := range append(directoryUserByName.All(r.db, key), directoryUsersNamedAlike.Get(r.db, key)...) {
		if other.ID != u.ID && !address.Same(other.UserName, u.UserName) {
			return other
		}
	}
	return nil
}

// takenFor reports whether an email could be taken for that of anybody whom an account
// may come to know.
func (r *Reader) takenFor(accountID uuid.UUID, email string) bool {
	return r.userTakenFor(email, uuid.Nil) != nil || r.directoryUserTakenFor(accountID, email, uuid.Nil) != nil
}

// mayInvite refuses to invite a person who could be taken for another one, who is named
// only where the account knows them.
func (r *Reader) mayInvite(accountID uuid.UUID, email string) error {
	if err := address.Check(email); err != nil {
		return invalid("the email address cannot be used: "+err.Error(), "email")
	}
	refuse := func(other string) error {
		return &Conflict{Reason: "The email " + email + " could be taken for " + other + ", which is another person's"}
	}
	if other := r.userTakenFor(email, uuid.Nil); other != nil {
		if _, err := r.MembershipOf(accountID, other.ActorID); err != nil {
			return refuse("one that is spelled differently")
		}
		return refuse(other.Email)
	}
	if other := r.directoryUserTakenFor(accountID, email, uuid.Nil); other != nil {
		return refuse(other.Email)
	}
	key := emailIn{accountID, address.CollisionKey(email)}
	for _, other := range slices.Concat(invitationsByEmail.Get(r.db, key), invitationsAlike.Get(r.db, key)) {
		if !address.Same(other.Email, email) {
			return refuse(other.Email)
		}
	}
	return nil
}

// oldFold is how versions before the two keys compared addresses.
func oldFold(email string) string {
	return strings.ToLower(email) //nolint:forbidigo // to find what the old fold linked
}

// linkedByFold reports whether a directory's word on an email was linked to a person only
// because of the old fold.
func linkedByFold(email string, u *User) bool {
	return u != nil && !address.Same(email, u.Email) && oldFold(email) == oldFold(u.Email)
}

// unlinkMembership takes a membership out of the hands of a directory that was linked to it by
// the old fold, as soon as the directory no longer says what led to that. Until then
// nothing that it says of the one changes the other.
func (tx *Tx) unlinkMembership(s reconciliation, m *Membership, people []*DirectoryUser) {
	if governorOf(people, m, uuid.Nil) == nil && m.DirectoryUserID != uuid.Nil {
		tx.releaseMembership(m, s.cause)
	}
}

// whyShutOut says why a person from an older state file can neither log in nor accept
// an invitation until an address is corrected; empty for everybody else.
func (r *Reader) whyShutOut(u *User) string {
	if err := address.Check(u.Email); err != nil {
		return "the email address cannot be used: " + err.Error()
	}
	for _, other := range r.usersAlike(u.Email) {
		// A refused one signs no one in and locks no one out.
		if other.ID != u.ID && address.Check(other.Email) == nil {
			return "the email address could be taken for another user's"
		}
	}
	for _, m := range membershipsOfActor.Get(r.db, u.ActorID) {
		if of, ok := directoryUserTable.Get(r.db, m.DirectoryUserID); ok && linkedByFold(of.Email, u) {
			return "a directory's entry for another email address is linked to this person"
		}
	}
	return ""
}

func (r *Reader) shutOut(u *User) error {
	if r.whyShutOut(u) == "" {
		return nil
	}
	return refuseLogin(LoginShutOut, "Your email address cannot be told from another one. Ask your administrator to correct it.")
}

func refuseLookAlike(email string) error {
	return refuseLogin(LoginLookAlike, "The address %s could be taken for somebody else's, which is spelled differently. Ask your administrator.", email)
}
