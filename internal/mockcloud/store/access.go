package store

import (
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
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

var (
	accessTable = table.Declare(&tables, "workspace_access", func(a *WorkspaceAccess) (uuid.UUID, time.Time) { return a.ID, a.Created })
	accessIn    = table.Unique(accessTable, func(a *WorkspaceAccess) (holderIn, bool) { return holderIn{a.WorkspaceID, a.holder()}, true })
	// The holder is an actor or a team.
	accessByHolder = table.Group(accessTable, func(a *WorkspaceAccess) (actorIn, bool) { return actorIn{a.AccountID, a.holder()}, true },
		table.DeletedWithKey(membershipTable, (*Membership).actor),
		table.DeletedWithKey(teamTable, func(t *Team) actorIn { return actorIn{t.AccountID, t.ID} }))
	accessByWorkspace = table.Group(accessTable, func(a *WorkspaceAccess) (uuid.UUID, bool) { return a.WorkspaceID, true },
		table.DeletedWith(workspaceTable))
	accessByRole = table.Count(accessTable, func(a *WorkspaceAccess) (uuid.UUID, bool) { return a.RoleID, true })
)

// holder is the actor or the team that is let in.
func (a *WorkspaceAccess) holder() uuid.UUID {
	if a.TeamID != uuid.Nil {
		return a.TeamID
	}
	return a.ActorID
}

// holderIn is an actor or a team within a workspace.
type holderIn struct{ workspace, holder uuid.UUID }

// Access returns the workspaces that an actor is let into directly, oldest first.
func (r *Reader) Access(accountID, actorID uuid.UUID) []*WorkspaceAccess {
	return accessByHolder.Get(r.db, actorIn{accountID, actorID})
}

// TeamAccess returns the workspaces that a team is let into, oldest first.
func (r *Reader) TeamAccess(t *Team) []*WorkspaceAccess {
	return accessByHolder.Get(r.db, actorIn{t.AccountID, t.ID})
}

// WorkspaceTeams returns the accesses that teams have to a workspace, oldest first.
func (r *Reader) WorkspaceTeams(workspaceID uuid.UUID) []*WorkspaceAccess {
	var out []*WorkspaceAccess
	for _, a := range accessByWorkspace.Get(r.db, workspaceID) {
		if a.TeamID != uuid.Nil {
			out = append(out, a)
		}
	}
	return out
}

// SetUserAccess lets a person into a workspace, or gives one who is in another
// role.
func (tx *Tx) SetUserAccess(accountID, workspaceID, userID, roleID uuid.UUID) (*WorkspaceAccess, error) {
	m, err := tx.MembershipOfUser(accountID, userID)
	if err != nil {
		return nil, tx.errNoUser(accountID, userID)
	}
	return tx.setAccess(WorkspaceAccess{
		AccountID: accountID, WorkspaceID: workspaceID, ActorID: m.ActorID, RoleID: roleID,
	})
}

// errNoUser says that an id is no user's, and how a service account's access is
// set where it is a service account's.
func (tx *Tx) errNoUser(accountID, id uuid.UUID) error {
	if b, err := tx.Bot(accountID, id); err == nil {
		return invalid(id.String()+" is the service account "+b.Name+", not a user; service accounts get access by bot_access", "user_id")
	}
	return invalid("the account has no user "+id.String(), "user_id")
}

// SetBotAccess lets a service account into a workspace, or gives one that is in
// another role.
func (tx *Tx) SetBotAccess(accountID, workspaceID, botID, roleID uuid.UUID) (*WorkspaceAccess, error) {
	b, err := tx.Bot(accountID, botID)
	if err != nil {
		return nil, tx.errNoBot(accountID, botID)
	}
	return tx.setAccess(WorkspaceAccess{
		AccountID: accountID, WorkspaceID: workspaceID, ActorID: b.ActorID, RoleID: roleID,
	})
}

// errNoBot says that an id is no service account's, and how a person's access is
// set where it is a person's.
func (tx *Tx) errNoBot(accountID, id uuid.UUID) error {
	if m, err := tx.MembershipOfUser(accountID, id); err == nil {
		return invalid(id.String()+" is the user "+tx.MemberName(m)+", not a service account; users get access by user_access", "bot_id")
	}
	return invalid("the account has no service account "+id.String(), "bot_id")
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

// SeedAccess lets an actor or a team, which has to be there, into a workspace under an
// id that the caller gives, so that a scenario has the same ids on every start.
func (tx *Tx) SeedAccess(a WorkspaceAccess) error {
	_, err := tx.setAccess(a)
	return err
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
	before, exists := accessIn.Get(tx.db, holderIn{a.WorkspaceID, a.holder()})
	if exists && before.RoleID == a.RoleID {
		return before, nil
	}
	if err := tx.mayGrantScopes(w, role); err != nil {
		return nil, err
	}
	return tx.putAccess(a, role, uuid.Nil), nil
}

// putAccess gives access to those who may have it.
func (tx *Tx) putAccess(a WorkspaceAccess, role *WorkspaceRole, follows uuid.UUID) *WorkspaceAccess {
	before, exists := accessIn.Get(tx.db, holderIn{a.WorkspaceID, a.holder()})
	action, what := created, any(role.Name)
	a.Updated = tx.stamp()
	a.Created = a.Updated
	if exists {
		action, what = updated, map[string]any{"from": workspaceRoleTable.Row(tx.db, before.RoleID).Name, "to": role.Name}
		a.ID, a.Created = before.ID, before.Created
	}
	a.ID = tx.id(a.ID)
	accessTable.Put(tx.db, &a)
	tx.record(tx.accessSubject(&a), action, tx.accessPayload(&a, what), follows)
	return &a
}

func (tx *Tx) accessSubject(a *WorkspaceAccess) subject {
	name := ""
	if w, ok := workspaceTable.Get(tx.db, a.WorkspaceID); ok {
		name = w.Name
	}
	return subject{a.AccountID, kindWorkspaceAccess, a.ID, name}
}

// accessPayload says who is let in, and what happened to their role.
func (tx *Tx) accessPayload(a *WorkspaceAccess, role any) map[string]any {
	payload := map[string]any{"workspace_role": role, "workspace_id": a.WorkspaceID.String()}
	if t, ok := teamTable.Get(tx.db, a.TeamID); ok {
		payload["team"], payload["team_id"] = t.Name, a.TeamID.String()
	}
	if m, ok := membershipByActor.Get(tx.db, actorIn{a.AccountID, a.ActorID}); ok {
		payload["member"] = tx.MemberName(m)
	}
	return payload
}

// dropAccess takes someone or a team out of a workspace.
func (tx *Tx) dropAccess(a *WorkspaceAccess, follows uuid.UUID) uuid.UUID {
	accessTable.Delete(tx.db, a.ID)
	return tx.record(tx.accessSubject(a), deleted,
		tx.accessPayload(a, workspaceRoleTable.Row(tx.db, a.RoleID).Name), follows)
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

// RemoveBotAccess takes a service account out of a workspace. It stays in the
// account, whatever its role there.
func (tx *Tx) RemoveBotAccess(workspaceID, id uuid.UUID) error {
	a, err := tx.BotAccess(workspaceID, id)
	if err != nil {
		return err
	}
	tx.dropAccess(a.WorkspaceAccess, uuid.Nil)
	return nil
}

// LeaveWorkspace takes the caller out of a workspace, as RemoveUserAccess does.
func (tx *Tx) LeaveWorkspace(workspaceID uuid.UUID) error {
	a, ok := accessIn.Get(tx.db, holderIn{workspaceID, tx.by.ActorID})
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

// isAdrift reports whether a member was here for workspaces only and has none left.
func (r *Reader) isAdrift(m *Membership) bool {
	return m.RoleID == CollaboratorRoleID && len(r.EffectiveAccess(m)) == 0
}

// RemoveTeamAccess takes a team out of a workspace.
func (tx *Tx) RemoveTeamAccess(workspaceID, teamID uuid.UUID) error {
	a, ok := accessIn.Get(tx.db, holderIn{workspaceID, teamID})
	if !ok || a.TeamID != teamID {
		return &NotFound{What: "Workspace team access"}
	}
	tx.dropAccess(a, uuid.Nil)
	return nil
}
