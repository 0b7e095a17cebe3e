package store

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// AccountRole is a named set of permissions.
type AccountRole struct {
	ID               uuid.UUID
	Created, Updated time.Time
	// AccountID is uuid.Nil for a built-in role.
	AccountID   uuid.UUID
	Name        string
	Permissions []Permission
}

var (
	roleTable = table.Declare(&tables, "account_roles", func(r *AccountRole) (uuid.UUID, time.Time) { return r.ID, r.Created })
	// Built-in ones are under uuid.Nil.
	rolesByAccount = table.Group(roleTable, func(r *AccountRole) (uuid.UUID, bool) { return r.AccountID, true }, table.DeletedWith(accountTable))
)

// IsBuiltin reports whether every account has the role and none may change it.
func (role *AccountRole) IsBuiltin() bool { return role.AccountID == uuid.Nil }

// bypasses reports whether holders of the role get in without single sign-on.
func (role *AccountRole) bypasses() bool { return slices.Contains(role.Permissions, BypassSSO) }

// The built-in roles' ids are the same on every server.
var (
	OwnerRoleID        = wellKnown("account_role", "Owner")
	AdminRoleID        = wellKnown("account_role", "Admin")
	MemberRoleID       = wellKnown("account_role", "Member")
	CollaboratorRoleID = wellKnown("account_role", "Collaborator")
)

func builtinRoles() []*AccountRole {
	all := Permissions()
	allButBypass := slices.DeleteFunc(Permissions(), func(p Permission) bool { return p == BypassSSO })
	reads := slices.DeleteFunc(Permissions(), func(p Permission) bool { return !strings.HasPrefix(string(p), "read:") })
	since := time.Date(2023, time.January, 1, 0, 0, 0, 0, time.UTC)
	role := func(n int, id uuid.UUID, name string, permissions []Permission) *AccountRole {
		at := since.Add(time.Duration(n) * time.Second)
		return &AccountRole{ID: id, Created: at, Updated: at, Name: name, Permissions: permissions}
	}
	return []*AccountRole{
		role(0, OwnerRoleID, "Owner", all),
		role(1, AdminRoleID, "Admin", allButBypass),
		role(2, MemberRoleID, "Member", reads),
		role(3, CollaboratorRoleID, "Collaborator", reads),
	}
}

// Role reads a role that the account's members may hold.
func (r *Reader) Role(accountID, id uuid.UUID) (*AccountRole, error) {
	if role, ok := roleTable.Get(r.db, id); ok && (role.IsBuiltin() || role.AccountID == accountID) {
		return role, nil
	}
	return nil, &NotFound{What: "Account role"}
}

// Roles returns the roles that the account's members may hold: built-in ones
// first, then its own, oldest first.
func (r *Reader) Roles(accountID uuid.UUID) []*AccountRole {
	return slices.Concat(rolesByAccount.Get(r.db, uuid.Nil), rolesByAccount.Get(r.db, accountID))
}

// RoleNamed finds a role by its exact name.
func (r *Reader) RoleNamed(accountID uuid.UUID, name string) (*AccountRole, bool) {
	roles := r.Roles(accountID)
	i := slices.IndexFunc(roles, func(role *AccountRole) bool { return role.Name == name })
	if i < 0 {
		return nil, false
	}
	return roles[i], true
}

// NewRole is what AddRole needs.
type NewRole struct {
	ID, AccountID uuid.UUID
	Name          string
	Permissions   []Permission
}

// AddRole makes a custom role.
func (tx *Tx) AddRole(n NewRole) (*AccountRole, error) {
	if err := tx.freeRoleName(n.AccountID, n.Name); err != nil {
		return nil, err
	}
	now := tx.stamp()
	role := &AccountRole{
		ID: tx.id(n.ID), Created: now, Updated: now, AccountID: n.AccountID,
		Name: n.Name, Permissions: distinct(n.Permissions),
	}
	if err := tx.mayGrant(role); err != nil {
		return nil, err
	}
	roleTable.Put(tx.db, role)
	tx.record(role.subject(), created, nil, uuid.Nil)
	return role, nil
}

func (role *AccountRole) subject() subject {
	return subject{role.AccountID, kindRole, role.ID, role.Name}
}

// distinct drops repeated values and keeps the order.
func distinct[T comparable](values []T) []T {
	out := make([]T, 0, len(values))
	for _, v := range values {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func (tx *Tx) freeRoleName(accountID uuid.UUID, name string) error {
	if name == "" {
		return invalid("a role needs a name", "name")
	}
	if _, taken := tx.RoleNamed(accountID, name); taken {
		return &Conflict{Reason: "A role named " + name + " exists already"}
	}
	return nil
}

// customRole reads a role that may be changed.
func (tx *Tx) customRole(accountID, id uuid.UUID) (*AccountRole, error) {
	role, err := tx.Role(accountID, id)
	if err != nil {
		return nil, err
	}
	if role.IsBuiltin() {
		return nil, &Conflict{Reason: role.Name + " is a built-in role, which cannot be changed or deleted"}
	}
	return role, nil
}

// RoleChange is what UpdateRole changes: what is not nil.
type RoleChange struct {
	Name        *string
	Permissions *[]Permission
}

// UpdateRole changes a custom role, for all who hold it.
func (tx *Tx) UpdateRole(accountID, id uuid.UUID, c RoleChange) error {
	role, err := tx.customRole(accountID, id)
	if err != nil {
		return err
	}
	next := *role
	if c.Name != nil && *c.Name != role.Name {
		if err := tx.freeRoleName(accountID, *c.Name); err != nil {
			return err
		}
		next.Name = *c.Name
	}
	if c.Permissions != nil {
		next.Permissions = distinct(*c.Permissions)
		if err := tx.mayChangeTo(role, &next); err != nil {
			return err
		}
	}
	if reflect.DeepEqual(next, *role) {
		return nil
	}
	next.Updated = tx.stamp()
	return tx.keepingAWayIn(accountID, func() error {
		roleTable.Put(tx.db, &next)
		tx.record(next.subject(), updated, nil, uuid.Nil)
		return nil
	})
}

// mayChangeTo refuses to add permissions that the caller lacks, and to take some
// from a role that the caller holds.
func (tx *Tx) mayChangeTo(role, next *AccountRole) error {
	gained := &AccountRole{AccountID: role.AccountID, Permissions: missing(role.Permissions, next.Permissions)}
	if err := tx.mayGrant(gained); err != nil {
		return err
	}
	own, ok := membershipByActor.Get(tx.db, actorIn{role.AccountID, tx.by.ActorID})
	if ok && own.RoleID == role.ID && missing(next.Permissions, role.Permissions) != nil {
		return errSelf("take permissions from a role that you hold")
	}
	return nil
}

// DeleteRole takes a custom role away that no member holds.
func (tx *Tx) DeleteRole(accountID, id uuid.UUID) error {
	role, err := tx.customRole(accountID, id)
	if err != nil {
		return err
	}
	if n := membersByRole.Get(tx.db, roleIn{accountID, id}); n > 0 {
		return &Conflict{Reason: fmt.Sprintf("The role %s is held by %d members; give them another role first", role.Name, n)}
	}
	if user := tx.promises(accountID, id); user != "" {
		return &Conflict{Reason: "The role " + role.Name + " is needed by " + user}
	}
	roleTable.Delete(tx.db, id)
	tx.record(role.subject(), deleted, nil, uuid.Nil)
	return nil
}

// promises says what will give a member a role; empty for nothing.
func (r *Reader) promises(accountID, roleID uuid.UUID) string {
	for _, d := range r.Directories(accountID) {
		if d.DefaultRoleID == roleID {
			return "the directory " + d.Name + ", as its default"
		}
		for _, m := range mappingsByDirectory.Get(r.db, d.ID) {
			if m.RoleID == roleID {
				return "the mapping of " + m.Match.String() + " in the directory " + d.Name
			}
		}
		for _, m := range membershipsByDirectory.Get(r.db, d.ID) {
			if m.RoleSource == RoleMapping && m.RoleBefore == roleID {
				return r.MemberName(m) + ", who has it again when a mapping ends"
			}
		}
	}
	return ""
}

// mayGrant refuses to hand out permissions that the caller does not have.
func (tx *Tx) mayGrant(role *AccountRole) error { return tx.mayGrantIn(role.AccountID, role) }

// mayGrantIn is mayGrant for a role that may be a built-in one.
func (tx *Tx) mayGrantIn(accountID uuid.UUID, role *AccountRole) error {
	if tx.by.isSystem() {
		return nil
	}
	own, err := tx.Enter(tx.by, accountID)
	if err != nil {
		return err
	}
	held, err := tx.Role(accountID, own.RoleID)
	if err != nil {
		return err
	}
	if lacking := missing(held.Permissions, role.Permissions); lacking != nil {
		return &Forbidden{Missing: lacking}
	}
	return nil
}
