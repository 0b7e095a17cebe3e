package store

import (
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// Workspace is a room of an account.
type Workspace struct {
	ID               uuid.UUID
	Created, Updated time.Time
	AccountID        uuid.UUID
	Handle, Name     string
	Description      *string
	// DefaultRoleID is the workspace role of all members of the account but
	// Collaborators; uuid.Nil for none.
	DefaultRoleID uuid.UUID
}

var (
	workspaceTable      = table.Declare(&tables, "workspaces", func(w *Workspace) (uuid.UUID, time.Time) { return w.ID, w.Created })
	workspacesByAccount = table.Group(workspaceTable, func(w *Workspace) (uuid.UUID, bool) { return w.AccountID, true },
		table.DeletedWith(accountTable))
)

func (w *Workspace) subject() subject { return subject{w.AccountID, kindWorkspace, w.ID, w.Name} }

// Workspace reads one of the account's workspaces.
func (r *Reader) Workspace(accountID, id uuid.UUID) (*Workspace, error) {
	if w, ok := workspaceTable.Get(r.db, id); ok && w.AccountID == accountID {
		return w, nil
	}
	return nil, &NotFound{What: "Workspace"}
}

// FindWorkspace reads a workspace of any account in which the actor is an
// active member. To others it does not exist.
func (r *Reader) FindWorkspace(by Actor, id uuid.UUID) (*Workspace, error) {
	w, ok := workspaceTable.Get(r.db, id)
	if !ok {
		return nil, &NotFound{What: "Workspace"}
	}
	if m, ok := membershipByActor.Get(r.db, actorIn{w.AccountID, by.ActorID}); !ok || !m.Active {
		return nil, &NotFound{What: "Workspace"}
	}
	return w, nil
}

// Workspaces returns the account's workspaces, oldest first.
func (r *Reader) Workspaces(accountID uuid.UUID) []*Workspace {
	return workspacesByAccount.Get(r.db, accountID)
}

// NewWorkspace is what AddWorkspace needs.
type NewWorkspace struct {
	ID, AccountID uuid.UUID
	Handle, Name  string
	Description   *string
}

// AddWorkspace makes a workspace.
func (tx *Tx) AddWorkspace(n NewWorkspace) (*Workspace, error) {
	if err := tx.freeWorkspaceHandle(n.AccountID, n.Handle); err != nil {
		return nil, err
	}
	if n.Name == "" {
		return nil, invalid("a workspace needs a name", "name")
	}
	now := tx.stamp()
	w := &Workspace{
		ID: tx.id(n.ID), Created: now, Updated: now, AccountID: n.AccountID,
		Handle: n.Handle, Name: n.Name, Description: n.Description,
	}
	workspaceTable.Put(tx.db, w)
	tx.record(w.subject(), created, nil, uuid.Nil)
	return w, nil
}

func (tx *Tx) freeWorkspaceHandle(accountID uuid.UUID, handle string) error {
	if !ValidHandle(handle) {
		return invalid("a handle has only lowercase letters, numbers and dashes", "handle")
	}
	for _, w := range tx.Workspaces(accountID) {
		if w.Handle == handle {
			return &Conflict{Reason: "A workspace with the handle " + handle + " exists already"}
		}
	}
	return nil
}

// WorkspaceChange is what UpdateWorkspace changes: what is not nil or is Set.
type WorkspaceChange struct {
	Name, Handle  *string
	Description   Nullable[string]
	DefaultRoleID Nullable[uuid.UUID]
}

// UpdateWorkspace changes a workspace.
func (tx *Tx) UpdateWorkspace(accountID, id uuid.UUID, c WorkspaceChange) error {
	w, err := tx.Workspace(accountID, id)
	if err != nil {
		return err
	}
	next := *w
	if c.Handle != nil && *c.Handle != w.Handle {
		if err := tx.freeWorkspaceHandle(accountID, *c.Handle); err != nil {
			return err
		}
		next.Handle = *c.Handle
	}
	if c.Name != nil {
		if *c.Name == "" {
			return invalid("a workspace needs a name", "name")
		}
		next.Name = *c.Name
	}
	c.Description.apply(&next.Description)
	if c.DefaultRoleID.Set {
		if next.DefaultRoleID, err = tx.defaultRole(w, c.DefaultRoleID.Value); err != nil {
			return err
		}
	}
	if reflect.DeepEqual(next, *w) {
		return nil
	}
	next.Updated = tx.stamp()
	workspaceTable.Put(tx.db, &next)
	tx.record(next.subject(), updated, nil, uuid.Nil)
	return nil
}

// defaultRole checks the role that all members are to get; nil is none.
func (tx *Tx) defaultRole(w *Workspace, id *uuid.UUID) (uuid.UUID, error) {
	if id == nil {
		return uuid.Nil, nil
	}
	role, err := tx.WorkspaceRole(w.AccountID, *id)
	if err != nil {
		return uuid.Nil, invalid("the account has no workspace role "+id.String(), "default_workspace_role_id")
	}
	if role.ID != w.DefaultRoleID {
		err = tx.mayGrantScopes(w, role)
	}
	return role.ID, err
}

// DeleteWorkspace takes a workspace away, with everybody's access and the
// invitations to it.
func (tx *Tx) DeleteWorkspace(accountID, id uuid.UUID) error {
	w, err := tx.Workspace(accountID, id)
	if err != nil {
		return err
	}
	cause := tx.record(w.subject(), deleted, nil, uuid.Nil)
	for _, a := range slices.Clone(accessByWorkspace.Get(tx.db, id)) {
		tx.dropAccess(a, cause)
	}
	tx.dropInvitations(w, cause)
	workspaceTable.Delete(tx.db, id)
	return nil
}
