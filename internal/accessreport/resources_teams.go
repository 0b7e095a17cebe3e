package accessreport

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
)

func (r *resolver) teamRole(t *thing, comes, leaves bool) {
	oldTeam, oldRoom := accountKey(t.before.text("team_id").Or("")), accountKey(t.before.text("workspace_id").Or(""))
	if leaves {
		r.delete(t, access.DeleteTeamAccess{TeamID: oldTeam, WorkspaceID: oldRoom})
	}
	if !comes {
		return
	}
	team, knownTeam := r.team(t)
	room, knownRoom := r.workspace(t)
	role, knownRole := r.workspaceRole(t)
	if !knownTeam || !knownRoom || !knownRole {
		return
	}
	r.teamPuts = append(r.teamPuts, access.PutTeamAccess{TeamID: team, WorkspaceID: room, RoleID: role})
	if t.updates() && (oldTeam != team || oldRoom != room) {
		r.teamDeletes = append(r.teamDeletes, access.DeleteTeamAccess{TeamID: oldTeam, WorkspaceID: oldRoom})
	}
}

// team finds the team that a thing names, in any of its ways.
func (r *resolver) team(t *thing) (id string, ok bool) {
	if id, known := t.after.text("team_id").Get(); known && id != "" {
		return accountKey(id), true
	}
	var written string
	for _, name := range []string{"id", "name", "directory_group"} {
		text, known := t.after.text("team", name).Get()
		if !known {
			r.pending(t, "team", ": which team reaches the workspace is not known")
			return "", false
		}
		written = cmp.Or(written, text)
	}
	if r.rough {
		return written, true
	}
	group := t.after.text("team", "directory_group").Or("")
	teams := r.world.Teams.Or(nil)
	at := slices.IndexFunc(teams, func(team access.Team) bool {
		if group != "" {
			return team.GroupID != "" && (team.GroupID == group || !strings.HasPrefix(group, "directory_group_") && team.Name == group)
		}
		return sameID(team.ID, written) || team.Name == written
	})
	if at < 0 {
		r.unsure(unknown{subject: t.Address, attribute: "team", why: fmt.Sprintf("the account has no team %q yet: who is in it then is not known", written)})
		return "", false
	}
	return teams[at].ID, true
}

func (r *resolver) workspace(t *thing) (id string, ok bool) {
	if id, known := t.after.text("workspace_id").Get(); known && id != "" {
		return accountKey(id), true
	}
	written, known := t.after.text("workspace").Get()
	if !known {
		r.pending(t, "workspace", ": which workspace the team reaches is not known")
		return "", false
	}
	if r.rough {
		return written, true
	}
	rooms := r.world.Workspaces.Or(nil)
	at := slices.IndexFunc(rooms, func(room access.Workspace) bool { return sameID(room.ID, written) || room.Handle == written })
	if at < 0 {
		r.unsure(unknown{subject: t.Address, attribute: "workspace", why: fmt.Sprintf("the account has no workspace %q yet", written)})
		return "", false
	}
	return rooms[at].ID, true
}

func (r *resolver) workspaceRole(t *thing) (id string, ok bool) {
	if id, known := t.after.text("role_id").Get(); known && id != "" {
		return accountKey(id), true
	}
	written, known := t.after.text("role").Get()
	if !known {
		r.pending(t, "role", ": what the team may do in the workspace is not known")
		return "", false
	}
	if r.rough {
		return written, true
	}
	roles := r.world.WorkspaceRoles.Or(nil)
	at := slices.IndexFunc(roles, func(role access.WorkspaceRole) bool { return sameID(role.ID, written) || role.Name == written })
	if at < 0 {
		r.unsure(unknown{subject: t.Address, attribute: "role", why: fmt.Sprintf("there is no workspace role %q", written)})
		return "", false
	}
	return roles[at].ID, true
}
