package store

import (
	"slices"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
)

// Whether a person of a directory may be in a membership, and what follows where that changes.

// hold says why a person cannot be a member.
func (r *Reader) hold(d *Directory, email string) string {
	if email == "" {
		return "there is no email address that can be used"
	}
	if err := CheckEmail(email); err != nil {
		return "the email address " + email + " cannot be used: " + err.Error()
	}
	if !r.allows(d, email) {
		return "the domain of " + email + " is not among the directory's allowed domains"
	}
	return ""
}

// judge returns why a person is held, empty for nothing. With an address from an older version that is
// refused now, or could be taken for another's, they stay as they were until it is
// corrected: judging it would end a membership that a correction keeps.
func (r *Reader) judge(d *Directory, old, u *DirectoryUser) string {
	unsafe := address.Check(u.Email) != nil || r.isTakenFor(old, u)
	if unsafe && old.ID != uuid.Nil && old.Email == u.Email && old.Hold == "" {
		return ""
	}
	if hold := r.hold(d, u.Email); hold != "" || !unsafe || old.Email != u.Email {
		return hold
	}
	return "the email address " + u.Email + " could be taken for another person's"
}

// judged is a person of a directory to be judged anew, and the event that it follows from.
type judged struct {
	user  *DirectoryUser
	cause uuid.UUID
}

// judgeAll judges anew whom of a directory's people the allowed domains let in.
func (tx *Tx) judgeAll(d *Directory, cause uuid.UUID) { tx.judgePeople(tx.toJudge(d, cause)) }

func (r *Reader) toJudge(d *Directory, cause uuid.UUID) (people []judged) {
	for _, u := range r.DirectoryUsers(d.ID) {
		people = append(people, judged{u, cause})
	}
	return people
}

// judgePeople judges anew who is let in, of one directory or several. First are all those who no longer are, before the
// account follows: a membership ends by the word of the directory that it was governed by, and does not pass to another
// that does not want it either. Then those who are let in come one by one, oldest first whatever their directories: of
// several with one email address the oldest becomes the member.
func (tx *Tx) judgePeople(people []judged) {
	type change struct {
		old, next *DirectoryUser
		cause     uuid.UUID
	}
	var held []change
	var healed []judged
	for _, p := range people {
		hold := tx.holdNow(p.user)
		switch hold {
		case p.user.Hold:
		case "":
			healed = append(healed, p)
		default:
			next := *p.user
			next.Hold = hold
			directoryUserTable.Put(tx.db, &next)
			held = append(held, change{p.user, &next, p.cause})
		}
	}
	for _, c := range held {
		tx.followDirectoryUser(c.old, c.next, c.cause)
	}
	slices.SortFunc(healed, func(a, b judged) int { return directoryUserTable.Compare(a.user, b.user) })
	for _, p := range healed {
		next := *p.user
		// Again: who has just come in may be somebody whom the next could be taken for.
		if next.Hold = tx.holdNow(p.user); next.Hold != p.user.Hold {
			tx.putDirectoryUser(p.user, &next, p.cause)
		}
	}
}

// holdNow returns why a person is held as things are; empty for nothing.
func (r *Reader) holdNow(u *DirectoryUser) string {
	d, err := r.Directory(u.AccountID, u.DirectoryID)
	if err != nil {
		return u.Hold // the directory goes, and its people with it
	}
	return r.judge(d, u, u)
}
