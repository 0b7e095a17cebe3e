package store

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// User is a person. A person has one user however many accounts they belong to.
type User struct {
	ID                  uuid.UUID
	Created, Updated    time.Time
	ActorID             uuid.UUID
	Handle              string
	FirstName, LastName string
	Email               string
	Location            *string
	// LastLogin is zero for someone who never logged in.
	LastLogin time.Time
}

// Bot is a service account. It belongs to one account.
type Bot struct {
	ID               uuid.UUID
	Created, Updated time.Time
	ActorID          uuid.UUID
	AccountID        uuid.UUID
	Name             string
}

// User reads a person.
func (r *Reader) User(id uuid.UUID) (*User, error) {
	if u, ok := r.data.users.get(id); ok {
		return u, nil
	}
	return nil, &NotFound{What: "User"}
}

// UserByEmail finds a person by email, whatever its case.
func (r *Reader) UserByEmail(email string) (*User, bool) {
	return r.data.userByEmail.get(strings.ToLower(email))
}

// Bot reads an account's service account.
func (r *Reader) Bot(accountID, id uuid.UUID) (*Bot, error) {
	if b, ok := r.data.bots.get(id); ok && b.AccountID == accountID {
		return b, nil
	}
	return nil, &NotFound{What: "Service account"}
}

// Bots gives the account's service accounts, oldest first.
func (r *Reader) Bots(accountID uuid.UUID) []*Bot { return r.data.botsByAccount.get(accountID) }

// NewUser is what AddUser needs.
type NewUser struct {
	ID, ActorID                uuid.UUID
	FirstName, LastName, Email string
}

// AddUser makes a person, who belongs to no account yet.
func (tx *Tx) AddUser(n NewUser) (*User, error) {
	if _, taken := tx.UserByEmail(n.Email); taken {
		return nil, &Conflict{Reason: "A user with the email " + n.Email + " exists already"}
	}
	now := tx.stamp()
	u := &User{
		ID: tx.id(n.ID), Created: now, Updated: now, ActorID: tx.id(n.ActorID),
		Handle: tx.freeHandle(n.Email), FirstName: n.FirstName, LastName: n.LastName, Email: n.Email,
	}
	tx.data.users.put(tx, u.ID, u)
	return u, nil
}

var notInHandle = regexp.MustCompile(`[^a-z0-9]+`)

// freeHandle makes a handle of the part of an email before the @, with a number
// behind it where that is taken.
func (tx *Tx) freeHandle(email string) string {
	local, _, _ := strings.Cut(strings.ToLower(email), "@")
	base := strings.Trim(notInHandle.ReplaceAllString(local, "-"), "-")
	if base == "" {
		base = "user"
	}
	handle := base
	for n := 2; ; n++ {
		if _, taken := tx.data.userByHandle.get(handle); !taken {
			return handle
		}
		handle = base + "-" + strconv.Itoa(n)
	}
}

// NewBot is what AddBot needs.
type NewBot struct {
	ID, ActorID, MembershipID uuid.UUID
	AccountID                 uuid.UUID
	Name                      string
	RoleID                    uuid.UUID
}

// AddBot makes a service account with its membership.
func (tx *Tx) AddBot(n NewBot) (*Bot, error) {
	now := tx.stamp()
	b := &Bot{
		ID: tx.id(n.ID), Created: now, Updated: now, ActorID: tx.id(n.ActorID),
		AccountID: n.AccountID, Name: n.Name,
	}
	tx.data.bots.put(tx, b.ID, b)
	cause := tx.record(subject{n.AccountID, kindBot, b.ID, b.Name}, created, nil, uuid.Nil)
	_, err := tx.addMembership(Membership{
		ID: n.MembershipID, AccountID: n.AccountID, ActorID: b.ActorID, BotID: b.ID, RoleID: n.RoleID,
	}, cause)
	return b, err
}
