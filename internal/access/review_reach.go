package access

import (
	"cmp"
	"slices"
)

// ReviewedReach is how a service account reaches a workspace. What its ways allow adds up.
type ReviewedReach struct {
	// Role is the name of the workspace role of its own; empty for none.
	Role string
	// Teams are the names of the teams that give it access, with the names of their workspace roles.
	Teams map[string]string
	// DefaultRole is the name of the role that the workspace gives all members but Collaborators; empty for none.
	DefaultRole string
	// Administrates reports that the account role administrates all workspaces.
	Administrates bool
}

// reachable reports whether it is known which workspaces service accounts reach.
func (w World) reachable() Part[[]Team] {
	rooms, known := w.Workspaces.Get()
	switch {
	case !known:
		return derive(w.Workspaces, func([]Workspace) []Team { return nil })
	case len(rooms) == 0:
		return Known([]Team(nil))
	}
	for _, room := range rooms {
		if !room.ServiceAccounts.IsKnown() {
			return derive(room.ServiceAccounts, func([]ActorAccess) []Team { return nil })
		}
	}
	if w.WorkspaceRoles.state == partUnknown {
		return derive(w.WorkspaceRoles, func([]WorkspaceRole) []Team { return nil })
	}
	if w.Teams.IsKnown() {
		return w.Teams
	}
	return w.ServiceAccountTeams
}

// WhyUnreachable returns why it is not known which workspaces service accounts reach; empty where it is, or was
// not asked for.
func (w World) WhyUnreachable() string { return w.reachable().why }

// reach returns the workspaces that a service account with a role reaches, by handle.
func (r *review) reach(s ServiceAccount, role Role) Part[map[string]ReviewedReach] {
	return derive(r.reachable(), func(teams []Team) map[string]ReviewedReach {
		reached := map[string]ReviewedReach{}
		in := func(handle string, note func(*ReviewedReach)) {
			how, ok := reached[handle]
			if !ok {
				how.Teams = map[string]string{}
			}
			note(&how)
			reached[handle] = how
		}
		for _, room := range r.Workspaces.Or(nil) {
			if role.Has(PermissionAdministrateWorkspace) {
				in(room.Handle, func(how *ReviewedReach) { how.Administrates = true })
			}
			if room.DefaultRoleID != "" && role.Name != roleCollaborator {
				in(room.Handle, func(how *ReviewedReach) { how.DefaultRole = r.workspaceRole(room.DefaultRoleID) })
			}
			for _, access := range room.ServiceAccounts.Or(nil) {
				if access.ActorID == s.ID {
					in(room.Handle, func(how *ReviewedReach) { how.Role = r.workspaceRole(access.RoleID) })
				}
			}
		}
		for _, team := range teams {
			if !slices.Contains(team.Members, s.ActorID) {
				continue
			}
			for _, access := range team.Access {
				in(cmp.Or(access.Handle, r.handle(access.WorkspaceID)), func(how *ReviewedReach) {
					how.Teams[team.Name] = cmp.Or(access.RoleName, r.workspaceRole(access.RoleID))
				})
			}
		}
		return reached
	})
}

// workspaceRole returns the name of a workspace role, or its id where it is gone.
func (w World) workspaceRole(id string) string {
	for _, role := range w.WorkspaceRoles.Or(nil) {
		if role.ID == id {
			return role.Name
		}
	}
	return id
}

// handle returns the handle of a workspace, or its id where it is gone.
func (w World) handle(id string) string {
	for _, room := range w.Workspaces.Or(nil) {
		if room.ID == id {
			return room.Handle
		}
	}
	return id
}
