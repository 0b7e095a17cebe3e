package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// DirectoryUser is a person as a directory knows them (DirectoryUser in the vendor's document; User in RFC 7643,
// section 4.1).
type DirectoryUser struct {
	// ID is the SCIM id; ids are in the order in which people came.
	ID               uuid.UUID
	Created, Updated time.Time
	AccountID        uuid.UUID
	DirectoryID      string
	UserName         string
	ExternalID       string
	// FirstExternalID is the external id that the person came with or got first. It stays: identity providers
	// change external ids of one and the same person.
	FirstExternalID string
	Active          bool
	// Email is the usable one; empty for none.
	Email, FirstName, LastName, Title string
	// Attributes is the SCIM resource as JSON, without id, meta and groups.
	Attributes json.RawMessage `json:",omitempty"`
	// Version grows with every change of the resource.
	Version int
	// Hold says why the person is in no membership, whatever else holds; empty where nothing stands in the way.
	Hold string
}

var (
	directoryUserTable  = table.Declare(&tables, "directory_users", func(u *DirectoryUser) (uuid.UUID, time.Time) { return u.ID, u.Created })
	directoryUserByName = table.Unique(directoryUserTable, func(u *DirectoryUser) (nameInDirectory, bool) { // by identity key
		return nameInDirectory{u.DirectoryID, address.IdentityKey(u.UserName)}, true
	})
	directoryUsersByExternalID = table.Group(directoryUserTable, func(u *DirectoryUser) (nameInDirectory, bool) {
		return nameInDirectory{u.DirectoryID, u.ExternalID}, u.ExternalID != ""
	})
	// Of all the account's directories, by identity key.
	directoryUsersByEmail = table.Group(directoryUserTable, func(u *DirectoryUser) (emailIn, bool) {
		return emailIn{u.AccountID, address.IdentityKey(u.Email)}, u.Email != ""
	})
	directoryUsersNamedAlike = table.Group(directoryUserTable, func(u *DirectoryUser) (nameInDirectory, bool) { // by collision key
		key, ok := alike(u.UserName)
		return nameInDirectory{u.DirectoryID, key}, ok
	})
	directoryUsersMailedAlike = table.Group(directoryUserTable, func(u *DirectoryUser) (emailIn, bool) { // by collision key
		key, ok := alike(u.Email)
		return emailIn{u.AccountID, key}, ok && u.Email != ""
	})
	directoryUsersByDirectory = table.Group(directoryUserTable, func(u *DirectoryUser) (string, bool) { return u.DirectoryID, true },
		deletedWithDirectory())
	activeInDirectory = table.Count(directoryUserTable, func(u *DirectoryUser) (string, bool) { return u.DirectoryID, u.Active })
)

const directoryUserPrefix = "directory_user_"

// VendorID is the id that the identity vendor gives the person.
func (u *DirectoryUser) VendorID() string { return directoryUserPrefix + ulid(u.ID) }

// IDPID is the id that the person has at the identity provider: the first external id, else the SCIM id.
func (u *DirectoryUser) IDPID() string {
	if u.FirstExternalID != "" {
		return u.FirstExternalID
	}
	return u.ID.String()
}

func (u *DirectoryUser) subject() subject {
	return subject{u.AccountID, kindDirectoryUser, u.ID, u.UserName}
}

func (u *DirectoryUser) payload() map[string]any {
	payload := map[string]any{"directory_id": u.DirectoryID, "directory_user_id": u.VendorID(), "email": u.Email, "active": u.Active}
	if u.Hold != "" {
		payload["held"] = u.Hold
	}
	return payload
}

// present reports whether the directory wants the person to be a member.
func (u *DirectoryUser) present() bool { return u.Active && u.Hold == "" }

// nameInDirectory is a text within a directory.
type nameInDirectory struct{ directory, name string }

// DirectoryUser reads one of a directory's people.
func (r *Reader) DirectoryUser(directoryID string, id uuid.UUID) (*DirectoryUser, error) {
	if u, ok := directoryUserTable.Get(r.db, id); ok && u.DirectoryID == directoryID {
		return u, nil
	}
	return nil, &NotFound{What: "User"}
}

// DirectoryUserByName finds a person by the identity key of a userName.
func (r *Reader) DirectoryUserByName(directoryID, userName string) (*DirectoryUser, bool) {
	return directoryUserByName.Get(r.db, nameInDirectory{directoryID, address.IdentityKey(userName)})
}

// DirectoryUsersByName finds people by the identity key of a userName: one, or several
// where an older version took two names for different ones.
func (r *Reader) DirectoryUsersByName(directoryID, userName string) []*DirectoryUser {
	return directoryUserByName.All(r.db, nameInDirectory{directoryID, address.IdentityKey(userName)})
}

// DirectoryUsersByExternalID finds people by externalId, exactly.
func (r *Reader) DirectoryUsersByExternalID(directoryID, externalID string) []*DirectoryUser {
	return directoryUsersByExternalID.Get(r.db, nameInDirectory{directoryID, externalID})
}

// DirectoryUsers returns a directory's people, oldest first.
func (r *Reader) DirectoryUsers(directoryID string) []*DirectoryUser {
	return directoryUsersByDirectory.Get(r.db, directoryID)
}

// MembershipOfDirectoryUser finds the membership that a person's directory decides about.
func (r *Reader) MembershipOfDirectoryUser(u *DirectoryUser) (*Membership, bool) {
	return membershipByDirectoryUser.Get(r.db, u.ID)
}

// HeldReason says why a person is in no membership by this directory; empty for who is not held.
func (r *Reader) HeldReason(u *DirectoryUser) string {
	if _, governs := r.MembershipOfDirectoryUser(u); u.Hold != "" || !u.Active || governs {
		return u.Hold
	}
	for _, other := range directoryUsersByEmail.Get(r.db, emailIn{u.AccountID, address.IdentityKey(u.Email)}) {
		if _, governs := membershipByDirectoryUser.Get(r.db, other.ID); governs && other.DirectoryID != u.DirectoryID {
			return "the directory " + r.directoryName(other) + " has somebody with the same email address, who became the member first"
		}
	}
	return "the membership was removed by hand; to let the person in again, deactivate them at the identity provider and activate them"
}

func (r *Reader) directoryName(u *DirectoryUser) string {
	d, err := r.Directory(u.AccountID, u.DirectoryID)
	if err != nil {
		return u.DirectoryID
	}
	return d.Name
}

// Duplicate says that a value which only one may have is another's.
type Duplicate struct {
	// Attribute is the SCIM attribute.
	Attribute, Value string
	// Alike says that the other one's value is another, which this one could be taken
	// for. Other is that value where the directory's client may know of it.
	Alike bool
	Other string
}

func (e *Duplicate) Error() string {
	switch {
	case e.Alike && e.Other != "":
		return fmt.Sprintf("the %s %q could be taken for %q, which another user of this directory has", e.Attribute, e.Value, e.Other)
	case e.Alike:
		return fmt.Sprintf("the %s %q could be taken for somebody else's, which is spelled differently", e.Attribute, e.Value)
	}
	return fmt.Sprintf("another user of this directory has the %s %q", e.Attribute, e.Value)
}

// DirectoryUserInput is a person as a SCIM request says.
type DirectoryUserInput struct {
	UserName, ExternalID string
	Active               bool
	// Email is the usable one, empty for none.
	Email, FirstName, LastName, Title string
	Attributes                        json.RawMessage
}

func (n DirectoryUserInput) apply(u *DirectoryUser) {
	u.UserName, u.ExternalID, u.Active = n.UserName, n.ExternalID, n.Active
	u.Email, u.FirstName, u.LastName, u.Title, u.Attributes = n.Email, n.FirstName, n.LastName, n.Title, n.Attributes
	if u.FirstExternalID == "" {
		u.FirstExternalID = n.ExternalID
	}
}

// Input returns what is known of a person as a SCIM request would say it.
func (u *DirectoryUser) Input() DirectoryUserInput {
	return DirectoryUserInput{
		UserName: u.UserName, ExternalID: u.ExternalID, Active: u.Active,
		Email: u.Email, FirstName: u.FirstName, LastName: u.LastName, Title: u.Title, Attributes: u.Attributes,
	}
}

// Resource returns the SCIM resource that is kept of a person, which was checked when it
// came. Numbers are json.Number.
func (u *DirectoryUser) Resource() (kept map[string]any, err error) {
	d := json.NewDecoder(bytes.NewReader(u.Attributes))
	d.UseNumber()
	err = d.Decode(&kept)
	return kept, err
}

// AddDirectoryUser takes a person in, who becomes a member unless they are held or inactive.
func (tx *Tx) AddDirectoryUser(d *Directory, n DirectoryUserInput) (*DirectoryUser, error) {
	u := &DirectoryUser{AccountID: d.AccountID, DirectoryID: d.ID, Version: 1}
	n.apply(u)
	if err := tx.checkNew(d, new(DirectoryUser), u); err != nil {
		return nil, err
	}
	u.Created = tx.stamp()
	u.ID, u.Updated = tx.orderedID(u.Created), u.Created
	directoryUserTable.Put(tx.db, u)
	if u.Hold != "" {
		return u, nil
	}
	cause := tx.record(u.subject(), created, u.payload(), uuid.Nil)
	tx.reconcile(reconciliation{account: u.AccountID, email: u.Email, arrived: u.ID, cause: cause})
	return u, nil
}

// checkNew judges a person who is new or changed: the characters of their names, whether
// they are held, and whether others have the names. What an older version let in is
// no obstacle to changing the rest.
func (r *Reader) checkNew(d *Directory, old, u *DirectoryUser) error {
	if err := address.CheckUserName(u.UserName); err != nil && u.UserName != old.UserName {
		return invalid(err.Error(), "userName")
	}
	if err := address.Check(u.Email); err != nil && u.Email != old.Email {
		return invalid(err.Error(), "emails")
	}
	u.Hold = r.judge(d, old, u)
	if err := r.checkUserName(old, u); err != nil {
		return err
	}
	return r.checkEmailOf(old, u)
}

func (r *Reader) checkUserName(old, u *DirectoryUser) error {
	if old.ID != uuid.Nil && address.Same(old.UserName, u.UserName) {
		return nil
	}
	if other, taken := r.DirectoryUserByName(u.DirectoryID, u.UserName); taken && other.ID != u.ID {
		return &Duplicate{Attribute: "userName", Value: u.UserName}
	}
	if other := r.nameTakenFor(u); other != nil {
		return &Duplicate{Attribute: "userName", Value: u.UserName, Alike: true, Other: other.UserName}
	}
	return nil
}

// checkEmailOf holds a person's email against those of others: of the directory, of
// which all is told, and of the members beside whom the person would be.
func (r *Reader) checkEmailOf(old, u *DirectoryUser) error {
	changed := !address.Same(old.Email, u.Email)
	if u.Email == "" || !changed && (old.Active || !u.Active) {
		return nil
	}
	if other := r.directoryUserTakenFor(u.AccountID, u.Email, u.ID); other != nil {
		out := &Duplicate{Attribute: "email address", Value: u.Email, Alike: true}
		if other.DirectoryID == u.DirectoryID {
			out.Other = other.Email
		}
		return out
	}
	if u.Hold == "" && r.isTakenFor(old, u) {
		return &Duplicate{Attribute: "email address", Value: u.Email, Alike: true}
	}
	if !u.Active {
		return nil
	}
	for _, other := range directoryUsersByEmail.Get(r.db, emailIn{u.AccountID, address.IdentityKey(u.Email)}) {
		if other.DirectoryID == u.DirectoryID && other.ID != u.ID && other.Active {
			return &Duplicate{Attribute: "email address", Value: u.Email}
		}
	}
	return nil
}

// UpdateDirectoryUser puts what a SCIM request says in the place of what was known of a person. What changes nothing
// keeps the version; whether the person is held is judged all the same.
func (tx *Tx) UpdateDirectoryUser(d *Directory, id uuid.UUID, n DirectoryUserInput) (*DirectoryUser, error) {
	old, err := tx.DirectoryUser(d.ID, id)
	if err != nil {
		return nil, err
	}
	next := *old
	n.apply(&next)
	if err := tx.checkNew(d, old, &next); err != nil {
		return nil, err
	}
	same := sameResource(old, &next)
	if same && next.Hold == old.Hold {
		return old, nil
	}
	if !same {
		next.Updated = tx.stamp()
		next.Version++
	}
	tx.putDirectoryUser(old, &next, uuid.Nil)
	return &next, nil
}

func sameResource(a, b *DirectoryUser) bool {
	return a.UserName == b.UserName && a.ExternalID == b.ExternalID && a.Active == b.Active && a.Email == b.Email &&
		bytes.Equal(a.Attributes, b.Attributes)
}

// putDirectoryUser puts a person who changed into the place of the old row and lets the account follow.
func (tx *Tx) putDirectoryUser(old, next *DirectoryUser, follows uuid.UUID) {
	directoryUserTable.Put(tx.db, next)
	tx.followDirectoryUser(old, next, follows)
}

// followDirectoryUser lets the account follow a person who has been put.
func (tx *Tx) followDirectoryUser(old, next *DirectoryUser, follows uuid.UUID) {
	cause := follows
	switch {
	case old.Hold == "":
		cause = tx.record(next.subject(), updated, next.payload(), follows)
	case next.Hold == "":
		cause = tx.record(next.subject(), created, next.payload(), follows)
	}
	s := reconciliation{account: next.AccountID, email: next.Email, cause: cause}
	if next.present() && !old.present() {
		s.arrived = next.ID
	}
	switch {
	case address.Same(old.Email, next.Email):
	case tx.followEmail(old, next, cause):
		tx.leaveAddress(old, cause)
	default:
		// Somebody else's address now: who had the old one leaves, who has the new one arrives.
		tx.reconcile(reconciliation{account: old.AccountID, email: old.Email, gone: next.ID, cause: cause})
		s.arrived = next.ID
	}
	tx.reconcile(s)
}

// leaveAddress lets in whom another directory has under an address that a member has just taken another for: the
// membership went with that member, so that they come in as somebody new.
func (tx *Tx) leaveAddress(old *DirectoryUser, cause uuid.UUID) {
	if next := governorOf(directoryUsersByEmail.Get(tx.db, emailIn{old.AccountID, address.IdentityKey(old.Email)}), nil, uuid.Nil); next != nil {
		tx.reconcile(reconciliation{account: old.AccountID, email: old.Email, arrived: next.ID, cause: cause})
	}
}

// followEmail gives a person of this account only their new email address.
func (tx *Tx) followEmail(old, u *DirectoryUser, cause uuid.UUID) bool {
	person := tx.follower(old)
	if person == nil || u.Hold != "" {
		return false
	}
	if other, taken := tx.UserByEmail(u.Email); taken && other.ID != person.ID {
		return false
	}
	m, _ := membershipByDirectoryUser.Get(tx.db, u.ID) // follower looked
	next := *person
	next.Email = u.Email
	tx.putPerson(person, next, m.AccountID, cause)
	return true
}

// follower finds the person whose email address follows what a directory says of a
// row: whose only membership the row decides about. Who was linked to it by the old
// fold is somebody else.
func (r *Reader) follower(row *DirectoryUser) *User {
	m, ok := membershipByDirectoryUser.Get(r.db, row.ID)
	if !ok || len(membershipsOfActor.Get(r.db, m.ActorID)) != 1 {
		return nil
	}
	if person := userTable.Row(r.db, m.UserID); !linkedByFold(row.Email, person) {
		return person
	}
	return nil
}

// isTakenFor reports whether somebody would be another user than one whom they could be
// taken for.
func (r *Reader) isTakenFor(old, u *DirectoryUser) bool {
	self := uuid.Nil
	if person := r.follower(old); person != nil {
		self = person.ID
	}
	return r.userTakenFor(u.Email, self) != nil
}

func (tx *Tx) putPerson(old *User, next User, accountID, cause uuid.UUID) {
	next.Updated = tx.stamp()
	userTable.Put(tx.db, &next)
	tx.recordOf(old.ActorID, next.subject(), updated, nil, causes{accountID: cause})
}

// DeleteDirectoryUser takes a person out of the directory and, by the directory's deprovision action, out of the
// account. The userName and the email address are free again.
func (tx *Tx) DeleteDirectoryUser(d *Directory, id uuid.UUID) error {
	u, err := tx.DirectoryUser(d.ID, id)
	if err != nil {
		return err
	}
	places := slices.Clone(groupsOfMember.Get(tx.db, id))
	directoryUserTable.Delete(tx.db, id)
	var cause uuid.UUID
	if u.Hold == "" {
		cause = tx.record(u.subject(), deleted, u.payload(), uuid.Nil)
	}
	for _, in := range places {
		tx.bumpGroup(in.GroupID, cause)
	}
	tx.reconcile(reconciliation{account: u.AccountID, email: u.Email, gone: u.ID, cause: cause})
	return nil
}
