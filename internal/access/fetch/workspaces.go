package fetch

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// maxAskedAtOnce is how many ids go into one filter.
const maxAskedAtOnce = 200

func (r reader) teams(ctx context.Context) (fill, error) {
	rows, err := r.client.ListTeams(ctx, r.account, client.TeamQuery{})
	p, err := part(mapped(rows, toTeam), nil, err)
	return into(p, err, func(w *access.World, p access.Part[[]access.Team]) { w.Teams = p })
}

func toTeam(row client.Team) access.Team {
	t := access.Team{
		ID: row.ID, Name: row.Name,
		Members: mapped(row.Members, func(m client.TeamMember) string { return strings.ToLower(m.ActorID) }),
		Access: mapped(row.Workspaces, func(w client.TeamWorkspace) access.TeamAccess {
			return access.TeamAccess{WorkspaceID: w.WorkspaceID, RoleID: strings.ToLower(w.RoleID), Handle: w.Handle, RoleName: w.RoleName}
		}),
	}
	if row.DirectoryGroupID != nil {
		t.GroupID = *row.DirectoryGroupID
	}
	return t
}

// serviceAccountTeams reads the teams with service accounts in them.
func (r reader) serviceAccountTeams(ctx context.Context, w access.World) (fill, error) {
	actors := mapped(w.ServiceAccounts.Or(nil), func(s access.ServiceAccount) string { return s.ActorID })
	var found []access.Team
	for some := range slices.Chunk(actors, maxAskedAtOnce) {
		rows, err := r.client.ListTeams(ctx, r.account, client.TeamQuery{MemberIDs: some})
		p, err := part(mapped(rows, toTeam), nil, err)
		if err != nil || !p.IsKnown() {
			return into(p, err, func(w *access.World, p access.Part[[]access.Team]) { w.ServiceAccountTeams = p })
		}
		for _, team := range p.Or(nil) {
			if !slices.ContainsFunc(found, func(other access.Team) bool { return other.ID == team.ID }) {
				found = append(found, team)
			}
		}
	}
	return into(access.Known(found), nil, func(w *access.World, p access.Part[[]access.Team]) { w.ServiceAccountTeams = p })
}

// workspaces reads the workspaces without who reaches them.
func (r reader) workspaces(ctx context.Context) (fill, error) {
	rows, err := r.client.Workspaces(r.account).List(ctx)
	p, err := part(mapped(rows, func(row client.Workspace) access.Workspace {
		return access.Workspace{ID: strings.ToLower(row.ID), Handle: row.Handle, DefaultRoleID: lower(row.DefaultRoleID)}
	}), nil, err)
	return into(p, err, func(w *access.World, p access.Part[[]access.Workspace]) { w.Workspaces = p })
}

func (r reader) workspaceRoles(ctx context.Context) (fill, error) {
	rows, err := r.client.WorkspaceRoles(r.account).List(ctx)
	p, err := part(mapped(rows, func(row client.WorkspaceRole) access.WorkspaceRole {
		return access.WorkspaceRole{ID: strings.ToLower(row.ID), Name: row.Name}
	}), nil, err)
	return into(p, err, func(w *access.World, p access.Part[[]access.WorkspaceRole]) { w.WorkspaceRoles = p })
}

func (r reader) userAccess(ctx context.Context, w access.World) (fill, error) {
	return r.accesses(ctx, "workspaces of people", w, func(ctx context.Context, workspaceID string) ([]access.ActorAccess, error) {
		rows, err := r.client.ListUserAccess(ctx, r.account, workspaceID)
		return mapped(rows, func(a client.UserAccess) access.ActorAccess {
			return access.ActorAccess{ActorID: strings.ToLower(a.ActorID), RoleID: strings.ToLower(a.RoleID)}
		}), err
	}, func(room *access.Workspace, p access.Part[[]access.ActorAccess]) { room.Users = p })
}

func (r reader) serviceAccountAccess(ctx context.Context, w access.World) (fill, error) {
	return r.accesses(ctx, "workspaces of service accounts", w, func(ctx context.Context, workspaceID string) ([]access.ActorAccess, error) {
		rows, err := r.client.ListBotAccess(ctx, r.account, workspaceID)
		return mapped(rows, func(a client.BotAccess) access.ActorAccess {
			return access.ActorAccess{ActorID: strings.ToLower(a.BotID), RoleID: strings.ToLower(a.RoleID)}
		}), err
	}, func(room *access.Workspace, p access.Part[[]access.ActorAccess]) { room.ServiceAccounts = p })
}

// accesses reads who reaches each workspace. It asks for the first one alone: what the API does not report of that it is
// asked for no more. A workspace that has been deleted meanwhile is left out. what is what progress is told that it reads.
func (r reader) accesses(ctx context.Context, what string, w access.World, list func(ctx context.Context, workspaceID string) ([]access.ActorAccess, error), put func(*access.Workspace, access.Part[[]access.ActorAccess])) (fill, error) {
	rooms := w.Workspaces.Or(nil)
	if len(rooms) == 0 {
		return func(w access.World) access.World { return w }, nil
	}
	found, gone := make([]access.Part[[]access.ActorAccess], len(rooms)), make([]bool, len(rooms))
	read := func(ctx context.Context, i int) error {
		rows, err := list(ctx, rooms[i].ID)
		if gone[i] = client.IsNotFound(err); gone[i] {
			return nil
		}
		found[i], err = part(rows, nil, err)
		return err
	}
	if err := read(ctx, 0); err != nil {
		return nil, err
	}
	if first := found[0]; !gone[0] && !first.IsKnown() {
		for i := range found {
			found[i] = first
		}
	} else {
		side, ctx := errgroup.WithContext(ctx)
		r.client.Progress().Expect(what, len(rooms)-1)
		for i := 1; i < len(rooms); i++ {
			side.Go(func() error {
				err := read(ctx, i)
				r.client.Progress().Done(what, 1)
				return err
			})
		}
		if err := side.Wait(); err != nil {
			return nil, err
		}
	}
	accesses, deleted := make(map[string]access.Part[[]access.ActorAccess], len(rooms)), map[string]bool{}
	for i, room := range rooms {
		accesses[room.ID], deleted[room.ID] = found[i], gone[i]
	}
	return func(w access.World) access.World {
		var rows []access.Workspace
		for _, room := range w.Workspaces.Or(nil) {
			if p, asked := accesses[room.ID]; asked && !deleted[room.ID] {
				put(&room, p)
				rows = append(rows, room)
			}
		}
		w.Workspaces = access.Known(rows)
		return w
	}, nil
}
