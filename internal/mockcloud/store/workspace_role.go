package store

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// WorkspaceRole is what someone may do in a workspace.
type WorkspaceRole struct {
	ID               uuid.UUID
	Created, Updated time.Time
	// AccountID is uuid.Nil for a built-in role.
	AccountID         uuid.UUID
	Name, Description string
	Scopes            []Scope
	// InheritedRoleID is the built-in role whose scopes come on top; uuid.Nil
	// for none.
	InheritedRoleID uuid.UUID
}

var (
	workspaceRoleTable = table.Declare(&tables, "workspace_roles", func(r *WorkspaceRole) (uuid.UUID, time.Time) { return r.ID, r.Created })
	// Built-in ones are under uuid.Nil.
	workspaceRolesByAccount = table.Group(workspaceRoleTable, func(r *WorkspaceRole) (uuid.UUID, bool) { return r.AccountID, true },
		table.DeletedWith(accountTable))
)

// IsBuiltin reports whether every account has the role and none may change it.
func (role *WorkspaceRole) IsBuiltin() bool { return role.AccountID == uuid.Nil }

func (role *WorkspaceRole) subject() subject {
	return subject{role.AccountID, kindWorkspaceRole, role.ID, role.Name}
}

// WorkspaceRoleID returns the id of a built-in workspace role.
func WorkspaceRoleID(name string) uuid.UUID { return wellKnown("workspace_role", name) }

// BuiltinWorkspaceRoles returns the names of the built-in workspace roles.
func BuiltinWorkspaceRoles() []string {
	var names []string
	for _, role := range builtinWorkspaceRoles() {
		names = append(names, role.Name)
	}
	return names
}

func builtinWorkspaceRoles() []*WorkspaceRole {
	since := time.Date(2023, time.January, 1, 0, 0, 0, 0, time.UTC)
	see := []Scope{SeeWorkspaceUsers}
	roles := []*WorkspaceRole{
		{Name: "Viewer", Description: "Sees what is in the workspace.", Scopes: see},
		{Name: "Runner", Description: "Sees and runs what is in the workspace.", Scopes: see},
		{Name: "Developer", Description: "Runs and changes what is in the workspace.", Scopes: see},
		{Name: "Owner", Description: "May do everything in the workspace.", Scopes: Scopes()},
		{Name: "Worker", Description: "For workers that run flows."},
	}
	for i, role := range roles {
		role.ID = WorkspaceRoleID(role.Name)
		role.Created = since.Add(time.Duration(i) * time.Second)
		role.Updated = role.Created
	}
	return roles
}

// WorkspaceRole reads a role that may be given in the account's workspaces.
func (r *Reader) WorkspaceRole(accountID, id uuid.UUID) (*WorkspaceRole, error) {
	if role, ok := workspaceRoleTable.Get(r.db, id); ok && (role.IsBuiltin() || role.AccountID == accountID) {
		return role, nil
	}
	return nil, &NotFound{What: "Workspace role"}
}

// WorkspaceRoles returns the roles that may be given in the account's workspaces:
// built-in ones first, then its own, oldest first.
func (r *Reader) WorkspaceRoles(accountID uuid.UUID) []*WorkspaceRole {
	return slices.Concat(workspaceRolesByAccount.Get(r.db, uuid.Nil), workspaceRolesByAccount.Get(r.db, accountID))
}

// NewWorkspaceRole is what AddWorkspaceRole needs.
type NewWorkspaceRole struct {
	AccountID         uuid.UUID
	Name, Description string
	Scopes            []Scope
	InheritedRoleID   uuid.UUID
}

// AddWorkspaceRole makes a custom workspace role.
func (tx *Tx) AddWorkspaceRole(n NewWorkspaceRole) (*WorkspaceRole, error) {
	if err := tx.freeWorkspaceRoleName(n.AccountID, n.Name); err != nil {
		return nil, err
	}
	if err := tx.mayBeInherited(n.InheritedRoleID); err != nil {
		return nil, err
	}
	now := tx.stamp()
	role := &WorkspaceRole{
		ID: tx.newID(), Created: now, Updated: now, AccountID: n.AccountID, Name: n.Name,
		Description: n.Description, Scopes: distinct(n.Scopes), InheritedRoleID: n.InheritedRoleID,
	}
	workspaceRoleTable.Put(tx.db, role)
	tx.record(role.subject(), created, nil, uuid.Nil)
	return role, nil
}

func (tx *Tx) freeWorkspaceRoleName(accountID uuid.UUID, name string) error {
	if name == "" {
		return invalid("a workspace role needs a name", "name")
	}
	for _, role := range tx.WorkspaceRoles(accountID) {
		if role.Name == name {
			return &Conflict{Reason: "A workspace role named " + name + " exists already"}
		}
	}
	return nil
}

func (tx *Tx) mayBeInherited(id uuid.UUID) error {
	if id == uuid.Nil {
		return nil
	}
	if role, ok := workspaceRoleTable.Get(tx.db, id); !ok || !role.IsBuiltin() {
		return invalid("there is no built-in workspace role "+id.String(), "inherited_role_id")
	}
	return nil
}

// customWorkspaceRole reads a role that may be changed.
func (tx *Tx) customWorkspaceRole(accountID, id uuid.UUID) (*WorkspaceRole, error) {
	role, err := tx.WorkspaceRole(accountID, id)
	if err != nil {
		return nil, err
	}
	if role.IsBuiltin() {
		return nil, &Conflict{Reason: role.Name + " is a built-in workspace role, which cannot be changed or deleted"}
	}
	return role, nil
}

// WorkspaceRoleChange is what UpdateWorkspaceRole changes: what is not nil or is
// Set.
type WorkspaceRoleChange struct {
	Name, Description *string
	Scopes            []Scope
	InheritedRoleID   Nullable[uuid.UUID]
}

// UpdateWorkspaceRole changes a custom workspace role, for all who hold it.
func (tx *Tx) UpdateWorkspaceRole(accountID, id uuid.UUID, c WorkspaceRoleChange) error {
	role, err := tx.customWorkspaceRole(accountID, id)
	if err != nil {
		return err
	}
	next := *role
	if c.Name != nil && *c.Name != role.Name {
		if err := tx.freeWorkspaceRoleName(accountID, *c.Name); err != nil {
			return err
		}
		next.Name = *c.Name
	}
	if c.Description != nil {
		next.Description = *c.Description
	}
	if c.Scopes != nil {
		next.Scopes = distinct(c.Scopes)
	}
	if c.InheritedRoleID.Set {
		next.InheritedRoleID = orNil(c.InheritedRoleID.Value)
		if err := tx.mayBeInherited(next.InheritedRoleID); err != nil {
			return err
		}
	}
	if reflect.DeepEqual(next, *role) {
		return nil
	}
	next.Updated = tx.stamp()
	workspaceRoleTable.Put(tx.db, &next)
	tx.record(next.subject(), updated, nil, uuid.Nil)
	return nil
}

// DeleteWorkspaceRole takes a custom workspace role away that no access gives.
func (tx *Tx) DeleteWorkspaceRole(accountID, id uuid.UUID) error {
	role, err := tx.customWorkspaceRole(accountID, id)
	if err != nil {
		return err
	}
	if n := accessByRole.Get(tx.db, id); n > 0 {
		return &Conflict{Reason: fmt.Sprintf("The workspace role %s is in use %d times; give those users, service accounts and teams another role first", role.Name, n)}
	}
	for _, w := range tx.Workspaces(accountID) {
		if w.DefaultRoleID == id {
			return &Conflict{Reason: "The workspace role " + role.Name + " is the default of the workspace " + w.Name + "; choose another one there first"}
		}
	}
	workspaceRoleTable.Delete(tx.db, id)
	tx.record(role.subject(), deleted, nil, uuid.Nil)
	return nil
}

// orNil is the id, or uuid.Nil for none.
func orNil(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}
