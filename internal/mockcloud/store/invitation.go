package store

import (
	"crypto/subtle"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
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

// InvitationStatuses returns all states.
func InvitationStatuses() []InvitationStatus {
	return []InvitationStatus{InvitationAccepted, InvitationPending, InvitationRejected, InvitationRevoked}
}

// Invitation offers a role in an account, or in one of its workspaces, to the person who
// has an email address.
type Invitation struct {
	ID               uuid.UUID
	Created, Updated time.Time
	AccountID        uuid.UUID
	Email            string
	RoleID           uuid.UUID
	// WorkspaceID and WorkspaceRoleID are what is offered beside the role in the
	// account; uuid.Nil for none.
	WorkspaceID, WorkspaceRoleID uuid.UUID
	Status                       InvitationStatus
	Expiration                   time.Time
	// Hash is that of the code, which only the invited person's mail has.
	Hash secretHash `secret:"true"`
}

var (
	invitationTable      = table.Declare(&tables, "invitations", func(i *Invitation) (uuid.UUID, time.Time) { return i.ID, i.Created })
	invitationsByAccount = table.Group(invitationTable, func(i *Invitation) (uuid.UUID, bool) { return i.AccountID, true },
		table.DeletedWith(accountTable))
	invitationPending = table.Unique(invitationTable, func(i *Invitation) (invitedTo, bool) {
		return i.place(), i.Status == InvitationPending
	})
	// Pending ones, by identity key and by collision key.
	invitationsByEmail = table.Group(invitationTable, func(i *Invitation) (emailIn, bool) {
		return emailIn{i.AccountID, address.IdentityKey(i.Email)}, i.Status == InvitationPending
	})
	invitationsAlike = table.Group(invitationTable, func(i *Invitation) (emailIn, bool) {
		key, ok := alike(i.Email)
		return emailIn{i.AccountID, key}, ok && i.Status == InvitationPending
	})
)

func (i *Invitation) subject() subject { return subject{i.AccountID, kindInvitation, i.ID, i.Email} }

// invitedTo is where somebody is invited to: an account, or a workspace of it. The
// email is its identity key.
type invitedTo struct {
	account, workspace uuid.UUID
	email              string
}

func (i *Invitation) place() invitedTo {
	return invitedTo{i.AccountID, i.WorkspaceID, address.IdentityKey(i.Email)}
}

// Invitation reads one of an account's invitations. Those to workspaces are none of
// them.
func (r *Reader) Invitation(accountID, id uuid.UUID) (*Invitation, error) {
	return r.WorkspaceInvitation(accountID, uuid.Nil, id)
}

// WorkspaceInvitation reads one of the invitations to a workspace.
func (r *Reader) WorkspaceInvitation(accountID, workspaceID, id uuid.UUID) (*Invitation, error) {
	if i, ok := invitationTable.Get(r.db, id); ok && i.AccountID == accountID && i.WorkspaceID == workspaceID {
		return i, nil
	}
	return nil, &NotFound{What: "Invitation"}
}

// Invitations returns an account's invitations without those to workspaces, oldest
// first.
func (r *Reader) Invitations(accountID uuid.UUID) []*Invitation {
	return r.WorkspaceInvitations(accountID, uuid.Nil)
}

// WorkspaceInvitations returns the invitations to a workspace, oldest first.
func (r *Reader) WorkspaceInvitations(accountID, workspaceID uuid.UUID) []*Invitation {
	return slices.DeleteFunc(slices.Clone(invitationsByAccount.Get(r.db, accountID)), func(i *Invitation) bool {
		return i.WorkspaceID != workspaceID
	})
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
	a, role, err := tx.checkInvitation(n)
	if err != nil {
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
	return tx.putInvitation(
		Invitation{AccountID: a.ID, Email: n.Email, RoleID: role.ID}, map[string]any{"account_role": role.Name}, a.Name,
		fmt.Sprintf("You are offered the role %s in the account %s.", role.Name, a.Name)), nil
}

// checkInvitation checks that the caller may offer a role in an account.
func (tx *Tx) checkInvitation(n NewInvitation) (*Account, *AccountRole, error) {
	a, err := tx.Account(n.AccountID)
	if err != nil {
		return nil, nil, err
	}
	role, err := tx.Role(a.ID, n.RoleID)
	if err != nil {
		return nil, nil, errNoRole(n.RoleID, "account_role_id")
	}
	return a, role, tx.mayGrantIn(a.ID, role)
}

// InviteToWorkspace offers a person the workspace's default role, Viewer where it
// has none, and mails them the code. Who is no member of the account becomes a
// Collaborator by accepting. It revokes what was offered to them there before.
func (tx *Tx) InviteToWorkspace(accountID, workspaceID uuid.UUID, email string) (*Invitation, error) {
	a, accountRole, err := tx.checkInvitation(NewInvitation{AccountID: accountID, RoleID: CollaboratorRoleID})
	if err != nil {
		return nil, err
	}
	w, err := tx.Workspace(accountID, workspaceID)
	if err != nil {
		return nil, err
	}
	roleID := w.DefaultRoleID
	if roleID == uuid.Nil {
		roleID = WorkspaceRoleID("Viewer")
	}
	role, err := tx.WorkspaceRole(accountID, roleID)
	if err != nil {
		return nil, err
	}
	if err := tx.mayGrantScopes(w, role); err != nil {
		return nil, err
	}
	email = address.Normal(email)
	if err := tx.mayInvite(a.ID, email); err != nil {
		return nil, err
	}
	if u, ok := tx.UserByEmail(email); ok {
		if _, in := accessIn.Get(tx.db, holderIn{w.ID, u.ActorID}); in {
			return nil, &Conflict{Reason: email + " has access to the workspace " + w.Name + " already"}
		}
	}
	return tx.putInvitation(
		Invitation{AccountID: a.ID, Email: email, RoleID: accountRole.ID, WorkspaceID: w.ID, WorkspaceRoleID: role.ID},
		map[string]any{"account_role": accountRole.Name, "workspace": w.Name, "workspace_id": w.ID.String(), "workspace_role": role.Name},
		w.Name, fmt.Sprintf("You are offered the role %s in the workspace %s of the account %s.", role.Name, w.Name, a.Name)), nil
}

// putInvitation makes an invitation that may be made, and mails it.
func (tx *Tx) putInvitation(i Invitation, payload map[string]any, to, text string) *Invitation {
	code := newSecret("")
	i.ID, i.Created = tx.newID(), tx.stamp()
	i.Updated, i.Status = i.Created, InvitationPending
	i.Expiration, i.Hash = i.Created.Add(invitationLasts), hashOf(code)
	cause := tx.record(i.subject(), created, payload, uuid.Nil)
	for _, before := range invitationPending.All(tx.db, i.place()) {
		tx.closeInvitation(before, InvitationRevoked, updated, cause)
	}
	invitationTable.Put(tx.db, &i)
	tx.sendMail(Mail{
		To: i.Email, Subject: "You are invited to " + to, InvitationID: i.ID, Code: code,
		Text: fmt.Sprintf("%s Your invitation is %s, its code %s. It ends on %s.", text, i.ID, code, i.Expiration.Format(time.RFC1123)),
	})
	return &i
}

// closeInvitation gives an invitation its last status.
func (tx *Tx) closeInvitation(i *Invitation, status InvitationStatus, action string, follows uuid.UUID) uuid.UUID {
	next := *i
	next.Status = status
	next.Updated = tx.stamp()
	invitationTable.Put(tx.db, &next)
	return tx.record(i.subject(), action, map[string]any{"status": string(status)}, follows)
}

// RevokeInvitation takes an offer back.
func (tx *Tx) RevokeInvitation(accountID, id uuid.UUID) error {
	return tx.RevokeWorkspaceInvitation(accountID, uuid.Nil, id)
}

// RevokeWorkspaceInvitation takes back the offer of a workspace.
func (tx *Tx) RevokeWorkspaceInvitation(accountID, workspaceID, id uuid.UUID) error {
	i, err := tx.WorkspaceInvitation(accountID, workspaceID, id)
	if err != nil {
		return err
	}
	if err := i.open(); err != nil {
		return err
	}
	tx.closeInvitation(i, InvitationRevoked, updated, uuid.Nil)
	return nil
}

func (i *Invitation) open() error {
	if i.Status != InvitationPending {
		return &Conflict{Reason: "The invitation is already " + fold.Token(string(i.Status))}
	}
	return nil
}

// AcceptInvitation makes the caller a member with the role that was offered, or lets
// them into the workspace that was.
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
		return errOfferGone()
	}
	if i.WorkspaceID != uuid.Nil {
		return tx.acceptWorkspace(i, u, role)
	}
	cause := tx.closeInvitation(i, InvitationAccepted, accepted, uuid.Nil)
	_, err = tx.addMember(i.membershipOf(u), role, cause)
	return err
}

func errOfferGone() error {
	return &Conflict{Reason: "The role that was offered exists no more; ask for a new invitation"}
}

func (i *Invitation) membershipOf(u *User) Membership {
	return Membership{AccountID: i.AccountID, ActorID: u.ActorID, UserID: u.ID, RoleID: i.RoleID}
}

// acceptWorkspace lets a person into the workspace that was offered. Members keep
// their role in the account, and those who got in meanwhile theirs in the workspace.
func (tx *Tx) acceptWorkspace(i *Invitation, u *User, role *AccountRole) error {
	workspaceRole, err := tx.WorkspaceRole(i.AccountID, i.WorkspaceRoleID)
	if err != nil {
		return errOfferGone()
	}
	cause := tx.closeInvitation(i, InvitationAccepted, accepted, uuid.Nil)
	if _, err := tx.MembershipOf(i.AccountID, u.ActorID); err != nil {
		if _, err := tx.addMember(i.membershipOf(u), role, cause); err != nil {
			return err
		}
	}
	if _, in := accessIn.Get(tx.db, holderIn{i.WorkspaceID, u.ActorID}); !in {
		tx.putAccess(WorkspaceAccess{AccountID: i.AccountID, WorkspaceID: i.WorkspaceID, ActorID: u.ActorID, RoleID: workspaceRole.ID}, workspaceRole, cause)
	}
	return nil
}

// dropInvitations takes away the invitations to a workspace that goes.
func (tx *Tx) dropInvitations(w *Workspace, cause uuid.UUID) {
	for _, i := range tx.WorkspaceInvitations(w.AccountID, w.ID) {
		invitationTable.Delete(tx.db, i.ID)
		tx.record(i.subject(), deleted, nil, cause)
	}
}

// RejectInvitation declines an offer.
func (tx *Tx) RejectInvitation(id uuid.UUID, code string) error {
	i, _, err := tx.answerable(id, code)
	if err != nil {
		return err
	}
	tx.closeInvitation(i, InvitationRejected, rejected, uuid.Nil)
	return nil
}

// answerable finds an invitation that the caller may answer. Without its code
// the answer does not reveal whether there is one.
func (tx *Tx) answerable(id uuid.UUID, code string) (*Invitation, *User, error) {
	i, ok := invitationTable.Get(tx.db, id)
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
