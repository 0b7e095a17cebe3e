package store

import (
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Grant is one way by which a member gets into a workspace.
type Grant struct {
	WorkspaceID, RoleID uuid.UUID
	// AccessID is the access that it rests on; uuid.Nil where the workspace's
	// default role lets in all members.
	AccessID uuid.UUID
	// TeamID is the team through which; uuid.Nil for none.
	TeamID uuid.UUID
}

// EffectiveAccess returns every way by which a member gets into the account's
// workspaces: directly, then through teams, then by default roles. One workspace
// may occur several times; what its roles allow adds up. A member with
// administrate:workspace gets in everywhere, which does not show here.
func (r *Reader) EffectiveAccess(m *Membership) []Grant {
	var out []Grant
	add := func(rows []*WorkspaceAccess) {
		for _, a := range rows {
			out = append(out, Grant{WorkspaceID: a.WorkspaceID, RoleID: a.RoleID, AccessID: a.ID, TeamID: a.TeamID})
		}
	}
	add(r.Access(m.AccountID, m.ActorID))
	for _, t := range r.TeamsOf(m.AccountID, m.ActorID) {
		add(r.TeamAccess(t))
	}
	if m.RoleID == CollaboratorRoleID {
		return out // Collaborators are only where they were invited to
	}
	for _, w := range r.Workspaces(m.AccountID) {
		if w.DefaultRoleID != uuid.Nil {
			out = append(out, Grant{WorkspaceID: w.ID, RoleID: w.DefaultRoleID})
		}
	}
	return out
}

// MayEnter says which of the account's workspaces a member gets into, oldest
// first.
func (r *Reader) MayEnter(m *Membership) []*Workspace {
	all := r.Workspaces(m.AccountID)
	if r.Permit(m, AdministrateWorkspace) == nil {
		return slices.Clone(all)
	}
	reached := make(map[uuid.UUID]struct{})
	for _, g := range r.EffectiveAccess(m) {
		reached[g.WorkspaceID] = struct{}{}
	}
	var out []*Workspace
	for _, w := range all {
		if _, ok := reached[w.ID]; ok {
			out = append(out, w)
		}
	}
	return out
}

// scopesIn returns what a member may do in a workspace. All is the right to
// everything, also to scopes that this server does not know.
func (r *Reader) scopesIn(m *Membership, workspaceID uuid.UUID) (scopes []Scope, all bool) {
	if r.Permit(m, AdministrateWorkspace) == nil {
		return nil, true
	}
	for _, g := range r.EffectiveAccess(m) {
		if g.WorkspaceID != workspaceID {
			continue
		}
		role := workspaceRoleTable.Row(r.db, g.RoleID)
		if isWorkspaceOwner(role) {
			return nil, true
		}
		scopes = append(scopes, r.scopesOf(role)...)
	}
	return distinct(scopes), false
}

// isWorkspaceOwner reports whether a role has every scope that there is.
func isWorkspaceOwner(role *WorkspaceRole) bool {
	owner := WorkspaceRoleID("Owner")
	return role.ID == owner || role.InheritedRoleID == owner
}

// scopesOf returns a role's scopes with those that it inherits and all that they
// include.
func (r *Reader) scopesOf(role *WorkspaceRole) []Scope {
	own := role.Scopes
	if from, ok := workspaceRoleTable.Get(r.db, role.InheritedRoleID); ok {
		own = slices.Concat(own, from.Scopes)
	}
	var out []Scope
	for _, s := range own {
		out = append(append(out, s), s.Includes()...)
	}
	return out
}

// PermitScope checks that a member has scopes in one of the account's workspaces.
func (r *Reader) PermitScope(m *Membership, workspaceID uuid.UUID, wanted ...Scope) error {
	if _, err := r.Workspace(m.AccountID, workspaceID); err != nil {
		return err
	}
	scopes, all := r.scopesIn(m, workspaceID)
	if all {
		return nil
	}
	if lacking := missing(scopes, wanted); lacking != nil {
		return lacksScopes(lacking)
	}
	return nil
}

// ScopesIn returns the scopes that a member has in a workspace. Who may do
// everything there has all that the document lists.
func (r *Reader) ScopesIn(m *Membership, workspaceID uuid.UUID) []Scope {
	scopes, all := r.scopesIn(m, workspaceID)
	if all {
		return Scopes()
	}
	return scopes
}

// WorkspaceMembers returns the active members, people and service accounts, that get
// into a workspace by whatever way, oldest membership first.
func (r *Reader) WorkspaceMembers(w *Workspace) []*Membership {
	var out []*Membership
	for _, m := range membershipsByAccount.Get(r.db, w.AccountID) {
		if m.Active && r.gets(m, w) {
			out = append(out, m)
		}
	}
	return out
}

// gets reports whether a member gets into a workspace.
func (r *Reader) gets(m *Membership, w *Workspace) bool {
	if w.DefaultRoleID != uuid.Nil && m.RoleID != CollaboratorRoleID || r.Permit(m, AdministrateWorkspace) == nil {
		return true
	}
	return slices.ContainsFunc(r.EffectiveAccess(m), func(g Grant) bool { return g.WorkspaceID == w.ID })
}

func lacksScopes(lacking []Scope) error {
	names := make([]string, len(lacking))
	for i, s := range lacking {
		names[i] = string(s)
	}
	if len(names) == 1 {
		return &Forbidden{Reason: "Missing workspace scope: " + names[0]}
	}
	return &Forbidden{Reason: "Missing workspace scopes: " + strings.Join(names, ", ")}
}

// mayGrantScopes refuses to hand out a role with scopes that the caller does not
// have in the workspace.
func (tx *Tx) mayGrantScopes(w *Workspace, role *WorkspaceRole) error {
	if tx.by.isSystem() {
		return nil
	}
	own, err := tx.Enter(tx.by, w.AccountID)
	if err != nil {
		return err
	}
	scopes, all := tx.scopesIn(own, w.ID)
	switch {
	case all:
		return nil
	case isWorkspaceOwner(role):
		return &Forbidden{Reason: "Only an Owner of the workspace makes others its Owners"}
	}
	if lacking := missing(scopes, distinct(tx.scopesOf(role))); lacking != nil {
		return lacksScopes(lacking)
	}
	return nil
}

// mayGrantAccessOf refuses to hand out what a member may do in workspaces where
// the caller may not do as much.
func (tx *Tx) mayGrantAccessOf(m *Membership) error {
	if tx.by.isSystem() {
		return nil
	}
	for _, g := range tx.EffectiveAccess(m) {
		w, err := tx.Workspace(m.AccountID, g.WorkspaceID)
		if err != nil {
			return err
		}
		if err := tx.mayGrantScopes(w, workspaceRoleTable.Row(tx.db, g.RoleID)); err != nil {
			return err
		}
	}
	return nil
}
