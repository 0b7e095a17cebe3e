package store

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// WorkspaceAccess lets an actor or a team into a workspace.
type WorkspaceAccess struct {
	ID               uuid.UUID
	Created, Updated time.Time
	AccountID        uuid.UUID
	WorkspaceID      uuid.UUID
	// ActorID or TeamID says who; the other is uuid.Nil.
	ActorID, TeamID uuid.UUID
	RoleID          uuid.UUID
}

// holder is the actor or the team that is let in.
func (a *WorkspaceAccess) holder() uuid.UUID {
	if a.TeamID != uuid.Nil {
		return a.TeamID
	}
	return a.ActorID
}

// holderIn is an actor or a team within a workspace.
type holderIn struct{ workspace, holder uuid.UUID }

// Access gives the workspaces that an actor is let into directly, oldest first.
func (r *Reader) Access(accountID, actorID uuid.UUID) []*WorkspaceAccess {
	return r.data.accessByHolder.get(actorIn{accountID, actorID})
}

// TeamAccess gives the workspaces that a team is let into, oldest first.
func (r *Reader) TeamAccess(t *Team) []*WorkspaceAccess {
	return r.data.accessByHolder.get(actorIn{t.AccountID, t.ID})
}

// WorkspaceTeams gives the accesses that teams have to a workspace, oldest first.
func (r *Reader) WorkspaceTeams(workspaceID uuid.UUID) []*WorkspaceAccess {
	var out []*WorkspaceAccess
	for _, a := range r.data.accessByWorkspace.get(workspaceID) {
		if a.TeamID != uuid.Nil {
			out = append(out, a)
		}
	}
	return out
}

// UserAccess is a person's access to a workspace with the membership behind it.
type UserAccess struct {
	*WorkspaceAccess
	Member *Membership
}

// UserAccess reads a person's access to a workspace.
func (r *Reader) UserAccess(workspaceID, id uuid.UUID) (UserAccess, error) {
	a, ok := r.data.access.get(id)
	if !ok || a.WorkspaceID != workspaceID {
		return UserAccess{}, &NotFound{What: "Workspace access"}
	}
	m, ok := r.data.membershipByActor.get(actorIn{a.AccountID, a.ActorID})
	if !ok || !m.IsUser() {
		return UserAccess{}, &NotFound{What: "Workspace access"}
	}
	return UserAccess{a, m}, nil
}

// AccessSorts gives the orders of people in a workspace (WorkspaceUserAccessSort
// in the document); they are some of those of members.
func AccessSorts() []MemberSort {
	return []MemberSort{CreatedAsc, CreatedDesc, NameAsc, NameDesc, EmailAsc, EmailDesc, HandleAsc, HandleDesc}
}

// AccessQuery is a question about the people in a workspace. Of a nil list
// nothing is asked.
type AccessQuery struct {
	RoleIDs, ActorIDs []uuid.UUID
	Users             MemberFilter
}

// ListUserAccess gives the accesses of people to a workspace that match.
func (r *Reader) ListUserAccess(workspaceID uuid.UUID, q AccessQuery, sort MemberSort) []UserAccess {
	var members []*Membership
	byActor := make(map[uuid.UUID]*WorkspaceAccess)
	wanted := r.test(q.Users)
	for _, a := range r.data.accessByWorkspace.get(workspaceID) {
		m, ok := r.data.membershipByActor.get(actorIn{a.AccountID, a.ActorID})
		if !ok || !m.IsUser() || !among(q.RoleIDs, a.RoleID) || !among(q.ActorIDs, a.ActorID) || !wanted(m) {
			continue
		}
		members = append(members, m)
		byActor[m.ActorID] = a
	}
	switch sort {
	case CreatedAsc: // as they are kept
	case CreatedDesc:
		slices.Reverse(members)
	default:
		r.sort(members, sort)
	}
	out := make([]UserAccess, len(members))
	for i, m := range members {
		out[i] = UserAccess{byActor[m.ActorID], m}
	}
	return out
}

// among says whether a value is one of those asked for; nil asks for nothing.
func among[T comparable](wanted []T, v T) bool { return wanted == nil || slices.Contains(wanted, v) }

// Grant is one way by which a member gets into a workspace.
type Grant struct {
	WorkspaceID, RoleID uuid.UUID
	// AccessID is the access that it rests on; uuid.Nil where the workspace's
	// default role lets in all members.
	AccessID uuid.UUID
	// TeamID is the team through which; uuid.Nil for none.
	TeamID uuid.UUID
}

// EffectiveAccess gives every way by which a member gets into the account's
// workspaces: directly, then through teams, then by default roles. One workspace
// may occur several times; what its roles allow adds up. Whoever has
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

// scopesIn gives what a member may do in a workspace. All is the right to
// everything, also to scopes that this server does not know.
func (r *Reader) scopesIn(m *Membership, workspaceID uuid.UUID) (scopes []Scope, all bool) {
	if r.Permit(m, AdministrateWorkspace) == nil {
		return nil, true
	}
	for _, g := range r.EffectiveAccess(m) {
		if g.WorkspaceID != workspaceID {
			continue
		}
		role := r.data.workspaceRoles.rows[g.RoleID]
		if isWorkspaceOwner(role) {
			return nil, true
		}
		scopes = append(scopes, r.scopesOf(role)...)
	}
	return scopes, false
}

// isWorkspaceOwner says whether a role has every scope that there is.
func isWorkspaceOwner(role *WorkspaceRole) bool {
	owner := WorkspaceRoleID("Owner")
	return role.ID == owner || role.InheritedRoleID == owner
}

// scopesOf gives a role's scopes with those that it inherits.
func (r *Reader) scopesOf(role *WorkspaceRole) []Scope {
	if from, ok := r.data.workspaceRoles.get(role.InheritedRoleID); ok {
		return slices.Concat(role.Scopes, from.Scopes)
	}
	return role.Scopes
}

// PermitScope checks that a member has a scope in one of the account's
// workspaces.
func (r *Reader) PermitScope(m *Membership, workspaceID uuid.UUID, wanted Scope) error {
	if _, err := r.Workspace(m.AccountID, workspaceID); err != nil {
		return err
	}
	if scopes, all := r.scopesIn(m, workspaceID); !all && !slices.Contains(scopes, wanted) {
		return lacksScopes([]Scope{wanted})
	}
	return nil
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
	if lacking := missing(scopes, tx.scopesOf(role)); lacking != nil {
		return lacksScopes(lacking)
	}
	return nil
}

// SetUserAccess lets a person into a workspace, or gives one who is in another
// role.
func (tx *Tx) SetUserAccess(accountID, workspaceID, userID, roleID uuid.UUID) (*WorkspaceAccess, error) {
	m, err := tx.MembershipOfUser(accountID, userID)
	if err != nil {
		return nil, invalid("the account has no user "+userID.String(), "user_id")
	}
	return tx.setAccess(WorkspaceAccess{
		AccountID: accountID, WorkspaceID: workspaceID, ActorID: m.ActorID, RoleID: roleID,
	})
}

// SetTeamAccess lets a team into a workspace, or gives one that is in another
// role.
func (tx *Tx) SetTeamAccess(accountID, workspaceID, teamID, roleID uuid.UUID) (*WorkspaceAccess, error) {
	if _, err := tx.Team(accountID, teamID); err != nil {
		return nil, invalid("the account has no team "+teamID.String(), "team_id")
	}
	return tx.setAccess(WorkspaceAccess{
		AccountID: accountID, WorkspaceID: workspaceID, TeamID: teamID, RoleID: roleID,
	})
}

func (tx *Tx) setAccess(a WorkspaceAccess) (*WorkspaceAccess, error) {
	w, err := tx.Workspace(a.AccountID, a.WorkspaceID)
	if err != nil {
		return nil, err
	}
	role, err := tx.WorkspaceRole(a.AccountID, a.RoleID)
	if err != nil {
		return nil, invalid("the account has no workspace role "+a.RoleID.String(), "workspace_role_id")
	}
	before, exists := tx.data.accessIn.get(holderIn{a.WorkspaceID, a.holder()})
	if exists && before.RoleID == a.RoleID {
		return before, nil
	}
	if err := tx.mayGrantScopes(w, role); err != nil {
		return nil, err
	}
	action, what := created, any(role.Name)
	if exists {
		action, what = updated, map[string]any{"from": tx.data.workspaceRoles.rows[before.RoleID].Name, "to": role.Name}
		a.ID, a.Created = before.ID, before.Created
	}
	a.ID = tx.id(a.ID)
	a.Updated = tx.stamp()
	if !exists {
		a.Created = a.Updated
	}
	tx.data.access.put(tx, a.ID, &a)
	tx.record(tx.accessSubject(&a), action, tx.accessPayload(&a, what), uuid.Nil)
	return &a, nil
}

func (tx *Tx) accessSubject(a *WorkspaceAccess) subject {
	name := ""
	if w, ok := tx.data.workspaces.get(a.WorkspaceID); ok {
		name = w.Name
	}
	return subject{a.AccountID, kindWorkspaceAccess, a.ID, name}
}

// accessPayload says who is let in, and what happened to their role.
func (tx *Tx) accessPayload(a *WorkspaceAccess, role any) map[string]any {
	payload := map[string]any{"workspace_role": role}
	if t, ok := tx.data.teams.get(a.TeamID); ok {
		payload["team"] = t.Name
	}
	if m, ok := tx.data.membershipByActor.get(actorIn{a.AccountID, a.ActorID}); ok {
		payload["member"] = tx.MemberName(m)
	}
	return payload
}

// dropAccess takes someone or a team out of a workspace.
func (tx *Tx) dropAccess(a *WorkspaceAccess, follows uuid.UUID) uuid.UUID {
	tx.data.access.delete(tx, a.ID)
	return tx.record(tx.accessSubject(a), deleted,
		tx.accessPayload(a, tx.data.workspaceRoles.rows[a.RoleID].Name), follows)
}

// RemoveUserAccess takes a person out of a workspace. A Collaborator who gets
// into none any more is no longer a member of the account.
func (tx *Tx) RemoveUserAccess(workspaceID, id uuid.UUID) error {
	a, err := tx.UserAccess(workspaceID, id)
	if err != nil {
		return err
	}
	cause := tx.dropAccess(a.WorkspaceAccess, uuid.Nil)
	if !tx.isAdrift(a.Member) {
		return nil
	}
	if tx.isSelf(a.Member) {
		return errSelf("remove yourself")
	}
	return tx.removeMembership(a.Member, cause)
}

// LeaveWorkspace takes the caller out of a workspace, as RemoveUserAccess does.
func (tx *Tx) LeaveWorkspace(workspaceID uuid.UUID) error {
	a, ok := tx.data.accessIn.get(holderIn{workspaceID, tx.by.ActorID})
	if !ok {
		return &NotFound{What: "Workspace access"}
	}
	m, err := tx.Enter(tx.by, a.AccountID)
	if err != nil {
		return err
	}
	cause := tx.dropAccess(a, uuid.Nil)
	if !tx.isAdrift(m) {
		return nil
	}
	return tx.removeMembership(m, cause)
}

// isAdrift says whether a member was here for workspaces only and has none left.
func (r *Reader) isAdrift(m *Membership) bool {
	return m.RoleID == CollaboratorRoleID && len(r.EffectiveAccess(m)) == 0
}

// RemoveTeamAccess takes a team out of a workspace.
func (tx *Tx) RemoveTeamAccess(workspaceID, teamID uuid.UUID) error {
	a, ok := tx.data.accessIn.get(holderIn{workspaceID, teamID})
	if !ok || a.TeamID != teamID {
		return &NotFound{What: "Workspace team access"}
	}
	tx.dropAccess(a, uuid.Nil)
	return nil
}
