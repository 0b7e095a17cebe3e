package store

import (
	"errors"
	"fmt"
	"net/mail"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// User is a person. A person has one user however many accounts they belong to.
type User struct {
	ID                  uuid.UUID
	Created, Updated    time.Time
	ActorID             uuid.UUID
	Handle              string
	FirstName, LastName string
	Email               string
	// What people say about themselves; nil where they do not.
	Location, Title, ImageLocation *string
	Settings                       UserSettings
	// LastLogin is zero for someone who never logged in.
	LastLogin time.Time
}

// UserSettings are how a person likes the UI (UserSettings in the document).
type UserSettings struct {
	DefaultTimezone, DefaultColorPalette *string
	TutorialCompleted                    bool
	FeaturePreviews                      []string
}

var (
	userTable    = table.Declare(&tables, "users", func(u *User) (uuid.UUID, time.Time) { return u.ID, u.Created })
	userByEmail  = table.Unique(userTable, func(u *User) (string, bool) { return address.IdentityKey(u.Email), true })
	usersAlike   = table.Group(userTable, func(u *User) (string, bool) { return alike(u.Email) })
	userByHandle = table.Unique(userTable, func(u *User) (string, bool) { return u.Handle, true })
	userByActor  = table.Unique(userTable, func(u *User) (uuid.UUID, bool) { return u.ActorID, true })
)

func (u *User) subject() subject { return subject{kind: kindUser, id: u.ID, name: u.Email} }

// User reads a person.
func (r *Reader) User(id uuid.UUID) (*User, error) {
	if u, ok := userTable.Get(r.db, id); ok {
		return u, nil
	}
	return nil, &NotFound{What: "User"}
}

// UserByEmail finds a person by the identity key of an email.
func (r *Reader) UserByEmail(email string) (*User, bool) {
	return userByEmail.Get(r.db, address.IdentityKey(email))
}

// NewUser is what AddUser needs.
type NewUser struct {
	ID, ActorID                uuid.UUID
	FirstName, LastName, Email string
}

// AddUser makes a person, who belongs to no account yet.
func (tx *Tx) AddUser(n NewUser) (*User, error) {
	n.Email = address.Normal(n.Email)
	if err := tx.freeEmail(n.Email, uuid.Nil); err != nil {
		return nil, err
	}
	now := tx.stamp()
	u := &User{
		ID: tx.id(n.ID), Created: now, Updated: now, ActorID: tx.id(n.ActorID),
		Handle: tx.freeHandle(n.Email), FirstName: n.FirstName, LastName: n.LastName, Email: n.Email,
	}
	userTable.Put(tx.db, u)
	return u, nil
}

// maxEmail is the longest address that mail can be sent to (RFC 5321, section
// 4.5.3.1.3, less its angle brackets).
const maxEmail = 254

// CheckEmail says what is wrong with an email address.
func CheckEmail(email string) error {
	if err := checkForm(email); err != nil {
		return err
	}
	if err := address.Check(email); err != nil {
		return err
	}
	_, err := NormalizeDomain(email[strings.LastIndex(email, "@")+1:])
	return err
}

func checkForm(email string) error {
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email {
		return errors.New("it is not of the form name@example.com")
	}
	if len(email) > maxEmail {
		return fmt.Errorf("it is longer than %d characters", maxEmail)
	}
	return nil
}

// IsEmail reports whether a text has the form of an email address. CheckEmail may refuse
// its characters all the same.
func IsEmail(text string) bool {
	_, err := NormalizeDomain(text[strings.LastIndex(text, "@")+1:])
	return err == nil && checkForm(text) == nil
}

// freeEmail returns an error unless no user but one has an email or one that it
// could be taken for. It does not name them: they may be in another account.
func (tx *Tx) freeEmail(email string, but uuid.UUID) error {
	if err := address.Check(email); err != nil {
		return invalid("the email address cannot be used: "+err.Error(), "email")
	}
	if other, taken := tx.UserByEmail(email); taken && other.ID != but {
		return &Conflict{Reason: "A user with the email " + email + " exists already"}
	}
	if tx.userTakenFor(email, but) != nil {
		return &Conflict{Reason: "The email " + email + " could be taken for that of another user, who writes it differently"}
	}
	return nil
}

var notInHandle = regexp.MustCompile(`[^a-z0-9]+`)

// freeHandle makes a handle of the part of an email before the @, with a number
// behind it where that is taken.
func (tx *Tx) freeHandle(email string) string {
	local, _, _ := strings.Cut(address.IdentityKey(email), "@")
	base := strings.Trim(notInHandle.ReplaceAllString(local, "-"), "-")
	if base == "" {
		base = "user"
	}
	handle := base
	for n := 2; ; n++ {
		if _, taken := userByHandle.Get(tx.db, handle); !taken {
			return handle
		}
		handle = base + "-" + strconv.Itoa(n)
	}
}

// UserChange is what UpdateUser changes: what is not nil or is Set.
type UserChange struct {
	Handle, FirstName, LastName, Email *string
	Location, Title, ImageLocation     Nullable[string]
	Settings                           *UserSettings
	LastLogin                          *time.Time
}

// UpdateUser changes a person, in all accounts at once.
func (tx *Tx) UpdateUser(id uuid.UUID, c UserChange) error {
	u, err := tx.User(id)
	if err != nil {
		return err
	}
	next := *u
	if c.Handle != nil && *c.Handle != u.Handle {
		if err := tx.freeUserHandle(*c.Handle); err != nil {
			return err
		}
		next.Handle = *c.Handle
	}
	if c.Email != nil && *c.Email != u.Email {
		next.Email = address.Normal(*c.Email)
		if err := tx.freeEmail(next.Email, u.ID); err != nil {
			return err
		}
	}
	set(&next.FirstName, c.FirstName)
	set(&next.LastName, c.LastName)
	set(&next.Settings, c.Settings)
	set(&next.LastLogin, c.LastLogin)
	c.Location.apply(&next.Location)
	c.Title.apply(&next.Title)
	c.ImageLocation.apply(&next.ImageLocation)
	if reflect.DeepEqual(next, *u) {
		return nil
	}
	next.Updated = tx.stamp()
	userTable.Put(tx.db, &next)
	tx.recordOf(u.ActorID, next.subject(), updated, nil, nil)
	return nil
}

// set changes a value where another one is given.
func set[T any](to *T, given *T) {
	if given != nil {
		*to = *given
	}
}

func (tx *Tx) freeUserHandle(handle string) error {
	if !ValidHandle(handle) {
		return invalid("a handle has only lowercase letters, numbers and dashes", "handle")
	}
	if _, taken := userByHandle.Get(tx.db, handle); taken {
		return &Conflict{Reason: "The handle " + handle + " is taken"}
	}
	return nil
}

// DeleteUser takes a person away with their keys, sessions and memberships,
// unless an account would be left without a way in.
func (tx *Tx) DeleteUser(id uuid.UUID) error {
	u, err := tx.User(id)
	if err != nil {
		return err
	}
	events := tx.recordOf(u.ActorID, u.subject(), deleted, nil, nil)
	tx.dropKeys(u.ActorID, events)
	for _, s := range slices.Clone(sessionsByUser.Get(tx.db, u.ID)) {
		tx.endSession(u, s, events)
	}
	for _, m := range slices.Clone(tx.MembershipsOf(u.ActorID)) {
		if err := tx.removeMembership(m, events[m.AccountID]); err != nil {
			return err
		}
	}
	userTable.Delete(tx.db, u.ID)
	return nil
}
