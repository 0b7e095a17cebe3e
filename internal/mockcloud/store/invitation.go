package store

import (
	"crypto/subtle"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
)

// invitationLasts is how long an invitation can be accepted.
const invitationLasts = 7 * 24 * time.Hour

// InvitationStatus is where an invitation stands (InvitationStatus in the
// document). An expired one stays PENDING: its expiration tells.
type InvitationStatus string

// The states of an invitation.
const (
	InvitationAccepted InvitationStatus = "ACCEPTED"
	InvitationPending  InvitationStatus = "PENDING"
	InvitationRejected InvitationStatus = "REJECTED"
	InvitationRevoked  InvitationStatus = "REVOKED"
)

// InvitationStatuses gives all states.
func InvitationStatuses() []InvitationStatus {
	return []InvitationStatus{InvitationAccepted, InvitationPending, InvitationRejected, InvitationRevoked}
}

// Invitation offers a role in an account to whoever has an email address.
type Invitation struct {
	ID               uuid.UUID
	Created, Updated time.Time
	AccountID        uuid.UUID
	Email            string
	RoleID           uuid.UUID
	Status           InvitationStatus
	Expiration       time.Time
	// Hash is that of the code, which only the invited person's mail has.
	Hash secretHash `secret:"true"`
}

func (i *Invitation) subject() subject { return subject{i.AccountID, kindInvitation, i.ID, i.Email} }

// Invitation reads one of an account's invitations.
func (r *Reader) Invitation(accountID, id uuid.UUID) (*Invitation, error) {
	if i, ok := r.data.invitations.get(id); ok && i.AccountID == accountID {
		return i, nil
	}
	return nil, &NotFound{What: "Invitation"}
}

// Invitations gives an account's invitations, oldest first.
func (r *Reader) Invitations(accountID uuid.UUID) []*Invitation {
	return r.data.invitationsByAccount.get(accountID)
}

// NewInvitation is what Invite needs.
type NewInvitation struct {
	AccountID uuid.UUID
	Email     string
	RoleID    uuid.UUID
}

// Invite offers a role to a person and mails them the code. It revokes what was
// offered to them before.
func (tx *Tx) Invite(n NewInvitation) (*Invitation, error) {
	a, err := tx.Account(n.AccountID)
	if err != nil {
		return nil, err
	}
	role, err := tx.Role(a.ID, n.RoleID)
	if err != nil {
		return nil, errNoRole(n.RoleID, "account_role_id")
	}
	if err := tx.mayGrantIn(a.ID, role); err != nil {
		return nil, err
	}
	n.Email = address.Normal(n.Email)
	if err := tx.mayInvite(a.ID, n.Email); err != nil {
		return nil, err
	}
	if u, ok := tx.UserByEmail(n.Email); ok {
		if _, err := tx.MembershipOf(a.ID, u.ActorID); err == nil {
			return nil, errMember(n.Email)
		}
	}
	now, code := tx.stamp(), newSecret("")
	i := &Invitation{
		ID: tx.newID(), Created: now, Updated: now, AccountID: a.ID, Email: n.Email, RoleID: role.ID,
		Status: InvitationPending, Expiration: now.Add(invitationLasts), Hash: hashOf(code),
	}
	cause := tx.record(i.subject(), created, map[string]any{"account_role": role.Name}, uuid.Nil)
	for _, before := range tx.data.invitationPending.all(emailIn{a.ID, address.IdentityKey(n.Email)}) {
		tx.close(before, InvitationRevoked, updated, cause)
	}
	tx.data.invitations.put(tx, i.ID, i)
	tx.send(Mail{
		To: i.Email, Subject: "You are invited to " + a.Name, InvitationID: i.ID, Code: code,
		Text: fmt.Sprintf("You are offered the role %s in the account %s. Your invitation is %s, its code %s. It ends on %s.",
			role.Name, a.Name, i.ID, code, i.Expiration.Format(time.RFC1123)),
	})
	return i, nil
}

// close gives an invitation its last status.
func (tx *Tx) close(i *Invitation, status InvitationStatus, action string, follows uuid.UUID) uuid.UUID {
	next := *i
	next.Status = status
	next.Updated = tx.stamp()
	tx.data.invitations.put(tx, i.ID, &next)
	return tx.record(i.subject(), action, map[string]any{"status": string(status)}, follows)
}

// RevokeInvitation takes an offer back.
func (tx *Tx) RevokeInvitation(accountID, id uuid.UUID) error {
	i, err := tx.Invitation(accountID, id)
	if err != nil {
		return err
	}
	if err := i.open(); err != nil {
		return err
	}
	tx.close(i, InvitationRevoked, updated, uuid.Nil)
	return nil
}

func (i *Invitation) open() error {
	if i.Status != InvitationPending {
		return &Conflict{Reason: "The invitation is already " + fold.Token(string(i.Status))}
	}
	return nil
}

// AcceptInvitation makes the caller a member with the role that was offered.
func (tx *Tx) AcceptInvitation(id uuid.UUID, code string) error {
	i, u, err := tx.answerable(id, code)
	if err != nil {
		return err
	}
	if ended(i.Expiration, tx.Now()) {
		return &Conflict{Reason: "The invitation ended on " + i.Expiration.Format(time.RFC1123) + "; ask for a new one"}
	}
	role, err := tx.Role(i.AccountID, i.RoleID)
	if err != nil {
		return &Conflict{Reason: "The role that was offered exists no more; ask for a new invitation"}
	}
	cause := tx.close(i, InvitationAccepted, accepted, uuid.Nil)
	_, err = tx.join(Membership{AccountID: i.AccountID, ActorID: u.ActorID, UserID: u.ID, RoleID: i.RoleID}, role, cause)
	return err
}

// RejectInvitation declines an offer.
func (tx *Tx) RejectInvitation(id uuid.UUID, code string) error {
	i, _, err := tx.answerable(id, code)
	if err != nil {
		return err
	}
	tx.close(i, InvitationRejected, rejected, uuid.Nil)
	return nil
}

// answerable finds an invitation that the caller may answer. Without its code
// nobody learns whether there is one.
func (tx *Tx) answerable(id uuid.UUID, code string) (*Invitation, *User, error) {
	i, ok := tx.data.invitations.get(id)
	if !ok {
		return nil, nil, &NotFound{What: "Invitation"}
	}
	if hash := hashOf(code); subtle.ConstantTimeCompare(hash[:], i.Hash[:]) != 1 {
		return nil, nil, &NotFound{What: "Invitation"}
	}
	u, err := tx.User(tx.by.UserID)
	if err != nil {
		return nil, nil, err
	}
	if !address.Same(u.Email, i.Email) {
		return nil, nil, &Forbidden{Reason: "The invitation is for someone with another email than yours"}
	}
	if why := tx.whyShutOut(u); why != "" {
		return nil, nil, &Forbidden{Reason: "Your user cannot accept invitations: " + why}
	}
	return i, u, i.open()
}
