package provider

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/sync/errgroup"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// roleCollaborator is the account role of members who are only where they were invited to.
const roleCollaborator = "Collaborator"

// mostAskedAtOnce is how many ids go into one filter.
const mostAskedAtOnce = 200

// reviewedOffice is a workspace with the service accounts that get into it directly.
type reviewedOffice struct {
	client.Workspace
	bots []client.BotAccess
}

// reviewedWorkspace is how a service account gets into a workspace. What the ways allow adds up.
type reviewedWorkspace struct {
	Role          types.String      `tfsdk:"role"`
	Teams         map[string]string `tfsdk:"teams"`
	DefaultRole   types.String      `tfsdk:"default_role"`
	Administrates bool              `tfsdk:"administrates"`
}

// readWorkspaces reads how service accounts get into workspaces. It takes a request for the workspaces, one for the teams
// with service accounts, one for each workspace, and one for the names of roles where there are any.
func (r *reviewReader) readWorkspaces(ctx context.Context) error {
	err := r.readOffices(ctx)
	r.facts.knowsWorkspaces = err == nil
	return r.leaveOut("service_account_workspaces", "Which workspaces service accounts get into.", err)
}

func (r *reviewReader) readOffices(ctx context.Context) error {
	if len(r.facts.bots) == 0 {
		return nil
	}
	workspaces, err := r.client.Workspaces(r.account).List(ctx)
	if err != nil || len(workspaces) == 0 {
		return err
	}
	if err := r.readBotAccess(ctx, workspaces); err != nil {
		return err
	}
	actors := make([]string, len(r.facts.bots))
	for i, bot := range r.facts.bots {
		actors[i] = bot.ActorID
	}
	for some := range slices.Chunk(actors, mostAskedAtOnce) { // a team that comes twice says the same twice
		teams, err := r.client.ListTeams(ctx, r.account, client.TeamQuery{MemberIDs: some})
		if client.IsPlanLimit(err) { // without the feature there are none
			break
		}
		if err != nil {
			return err
		}
		r.facts.teams = append(r.facts.teams, teams...)
	}
	for _, office := range r.facts.offices {
		if office.DefaultRoleID != nil || len(office.bots) > 0 {
			r.facts.workspaceRoles, err = r.client.WorkspaceRoles(r.account).List(ctx)
			return err
		}
	}
	return nil
}

// readBotAccess asks for the first workspace alone: a server that does not tell is asked no more.
func (r *reviewReader) readBotAccess(ctx context.Context, workspaces []client.Workspace) error {
	offices := make([]*reviewedOffice, len(workspaces))
	read := func(ctx context.Context, i int) error {
		rows, err := r.client.ListBotAccess(ctx, r.account, workspaces[i].ID)
		if client.IsNotFound(err) { // it has been deleted meanwhile
			return nil
		}
		offices[i] = &reviewedOffice{workspaces[i], rows}
		return err
	}
	if err := read(ctx, 0); err != nil {
		return err
	}
	reads, ctx := errgroup.WithContext(ctx)
	for i := 1; i < len(workspaces); i++ {
		reads.Go(func() error { return read(ctx, i) })
	}
	if err := reads.Wait(); err != nil {
		return err
	}
	for _, office := range offices {
		if office != nil {
			r.facts.offices = append(r.facts.offices, *office)
		}
	}
	return nil
}

// workspacesOf gives the workspaces that a service account with an account role gets into, by handle; nil where that is
// not known.
func (f *reviewFacts) workspacesOf(bot client.Bot, role client.AccountRole) map[string]reviewedWorkspace {
	if !f.knowsWorkspaces {
		return nil
	}
	reached := map[string]reviewedWorkspace{}
	in := func(handle string, note func(*reviewedWorkspace)) {
		w, ok := reached[handle]
		if !ok {
			w.Teams = map[string]string{}
		}
		note(&w)
		reached[handle] = w
	}
	for _, office := range f.offices {
		if role.Has(client.PermissionAdministrateWorkspace) {
			in(office.Handle, func(w *reviewedWorkspace) { w.Administrates = true })
		}
		if office.DefaultRoleID != nil && bot.AccountRoleName != roleCollaborator {
			in(office.Handle, func(w *reviewedWorkspace) { w.DefaultRole = types.StringValue(f.workspaceRole(*office.DefaultRoleID)) })
		}
		for _, access := range office.bots {
			if strings.EqualFold(access.BotID, bot.ID) {
				in(office.Handle, func(w *reviewedWorkspace) { w.Role = types.StringValue(f.workspaceRole(access.RoleID)) })
			}
		}
	}
	for _, team := range f.teams {
		for _, member := range team.Members {
			if !strings.EqualFold(member.ActorID, bot.ActorID) {
				continue
			}
			for _, access := range team.Workspaces {
				in(access.Handle, func(w *reviewedWorkspace) { w.Teams[team.Name] = access.RoleName })
			}
		}
	}
	return reached
}

// workspaceRole gives the name of a workspace role, or its id where it is gone.
func (f *reviewFacts) workspaceRole(id string) string {
	for _, role := range f.workspaceRoles {
		if strings.EqualFold(role.ID, id) {
			return role.Name
		}
	}
	return id
}
