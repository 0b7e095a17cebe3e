package store

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Workspace is a room of an account.
type Workspace struct {
	ID               uuid.UUID
	Created, Updated time.Time
	AccountID        uuid.UUID
	Handle, Name     string
}

// WorkspaceRole is what someone may do in a workspace.
type WorkspaceRole struct {
	ID   uuid.UUID
	Name string
}

// WorkspaceAccess lets an actor into a workspace.
type WorkspaceAccess struct {
	ID               uuid.UUID
	Created, Updated time.Time
	AccountID        uuid.UUID
	WorkspaceID      uuid.UUID
	ActorID          uuid.UUID
	RoleID           uuid.UUID
}

func builtinWorkspaceRoles() []*WorkspaceRole {
	var roles []*WorkspaceRole
	for _, name := range []string{"Viewer", "Runner", "Developer", "Owner", "Worker"} {
		roles = append(roles, &WorkspaceRole{ID: WorkspaceRoleID(name), Name: name})
	}
	return roles
}

// WorkspaceRoleID gives the id of a built-in workspace role.
func WorkspaceRoleID(name string) uuid.UUID { return wellKnown("workspace_role", name) }

// Workspaces gives the account's workspaces, oldest first.
func (r *Reader) Workspaces(accountID uuid.UUID) []*Workspace {
	return r.data.workspacesByAccount.get(accountID)
}

// NewWorkspace is what AddWorkspace needs.
type NewWorkspace struct {
	ID, AccountID uuid.UUID
	Handle, Name  string
}

// AddWorkspace makes a workspace.
func (tx *Tx) AddWorkspace(n NewWorkspace) (*Workspace, error) {
	if !ValidHandle(n.Handle) {
		return nil, invalid("a handle has only lowercase letters, numbers and dashes", "handle")
	}
	for _, w := range tx.Workspaces(n.AccountID) {
		if w.Handle == n.Handle {
			return nil, &Conflict{Reason: "A workspace with the handle " + n.Handle + " exists already"}
		}
	}
	now := tx.stamp()
	w := &Workspace{ID: tx.id(n.ID), Created: now, Updated: now, AccountID: n.AccountID, Handle: n.Handle, Name: n.Name}
	tx.data.workspaces.put(tx, w.ID, w)
	tx.record(subject{w.AccountID, kindWorkspace, w.ID, w.Name}, created, nil, uuid.Nil)
	return w, nil
}

// Access gives the workspaces that an actor is let into, oldest first.
func (r *Reader) Access(accountID, actorID uuid.UUID) []*WorkspaceAccess {
	return r.data.accessByActor.get(actorIn{accountID, actorID})
}

// AddAccess lets a member into a workspace.
func (tx *Tx) AddAccess(accountID, workspaceID, actorID, roleID uuid.UUID) (*WorkspaceAccess, error) {
	w, ok := tx.data.workspaces.get(workspaceID)
	if !ok || w.AccountID != accountID {
		return nil, &NotFound{What: "Workspace"}
	}
	if _, ok := tx.data.workspaceRoles.get(roleID); !ok {
		return nil, &NotFound{What: "Workspace role"}
	}
	if _, ok := tx.data.membershipByActor.get(actorIn{accountID, actorID}); !ok {
		return nil, &NotFound{What: "Account membership"}
	}
	now := tx.stamp()
	a := &WorkspaceAccess{
		ID: tx.newID(), Created: now, Updated: now, AccountID: accountID,
		WorkspaceID: workspaceID, ActorID: actorID, RoleID: roleID,
	}
	tx.data.access.put(tx, a.ID, a)
	tx.record(subject{accountID, kindWorkspaceAccess, a.ID, w.Name}, created, nil, uuid.Nil)
	return a, nil
}

// dropAccess takes a member out of all workspaces.
func (tx *Tx) dropAccess(m *Membership, cause uuid.UUID) {
	for _, a := range slices.Clone(tx.Access(m.AccountID, m.ActorID)) {
		tx.data.access.delete(tx, a.ID)
		name := ""
		if w, ok := tx.data.workspaces.get(a.WorkspaceID); ok {
			name = w.Name
		}
		tx.record(subject{m.AccountID, kindWorkspaceAccess, a.ID, name}, deleted, nil, cause)
	}
}
