package provider

import (
	"context"
	"fmt"
	"iter"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

var _ list.ListResourceWithConfigure = &teamWorkspaceRoleList{}

func newTeamWorkspaceRoleList() list.ListResource { return &teamWorkspaceRoleList{} }

// teamWorkspaceRoleList finds which teams have which roles in which workspaces.
type teamWorkspaceRoleList struct {
	teamWorkspaceRoleResource
}

// ListResourceConfigSchema implements [list.ListResource].
func (l *teamWorkspaceRoleList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listschema.Schema{
		MarkdownDescription: "The roles of teams in workspaces, all of them or those that the filters leave. Generated configuration names team and workspace by their ids." + worksToday,
		Attributes: map[string]listschema.Attribute{
			"account_id": listAccountAttribute(),
			"team":       listFilter("Only the roles of this team, by its name, its id, or the id of its directory group (`directory_group_…`)."),
			"workspace":  listFilter("Only the roles in this workspace, by its handle or id."),
			"role":       listFilter("Only this workspace role, by name or id."),
		},
	}
}

// roleOfTeam is a row of the list.
type roleOfTeam struct {
	team client.Team
	in   client.TeamWorkspace
}

// List implements [list.ListResource].
func (l *teamWorkspaceRoleList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var wantedTeam, wantedWorkspace, wantedRole types.String
	account, ok := l.data.beginList(ctx, req, stream, argument{"team", &wantedTeam}, argument{"workspace", &wantedWorkspace}, argument{"role", &wantedRole})
	if !ok {
		return
	}
	var diags diag.Diagnostics
	var query client.TeamQuery
	var workspace client.Workspace
	var role client.WorkspaceRole
	if known(wantedTeam) {
		team, err := l.data.findTeam(ctx, account, teamFromText(wantedTeam.ValueString()), 0)
		if err != nil {
			diags.Append(failureAt(path.Root("team"), "Unusable team", err))
		}
		query.IDs = []string{team.ID}
	}
	if known(wantedWorkspace) {
		workspace, _ = resolve(ctx, l.data.client.Workspaces(account).Resolve, wantedWorkspace, path.Root("workspace"), "Unusable workspace", &diags)
	}
	if known(wantedRole) {
		role, _ = resolve(ctx, l.data.client.WorkspaceRoles(account).Resolve, wantedRole, path.Root("role"), "Unusable role", &diags)
	}
	if diags.HasError() {
		l.data.endList(stream, diags)
		return
	}
	streamList(ctx, l.data, req, stream, listing[roleOfTeam, teamWorkspaceRoleModel]{
		summary: "Could not list roles of teams",
		rows:    rolesOfTeams(l.data.client.EachTeam(ctx, account, query)),
		item: func(row roleOfTeam) (listItem[teamWorkspaceRoleModel], bool) {
			wanted := (workspace.ID == "" || row.in.WorkspaceID == workspace.ID) && (role.ID == "" || row.in.RoleID == role.ID)
			team, in := types.StringValue(row.team.ID), types.StringValue(row.in.WorkspaceID)
			return listItem[teamWorkspaceRoleModel]{
				displayName: fmt.Sprintf("%s in %s, %s", row.team.Name, row.in.Handle, row.in.RoleName),
				identity:    teamWorkspaceRoleIdentity{types.StringValue(account), team, in},
				fill: func(m *teamWorkspaceRoleModel) diag.Diagnostics {
					m.Team, m.Workspace = teamFromText(row.team.ID), in
					m.fromAPI(account, client.TeamAccess{TeamID: row.team.ID, RoleID: row.in.RoleID},
						client.Workspace{ID: row.in.WorkspaceID, Handle: row.in.Handle}, client.WorkspaceRole{ID: row.in.RoleID, Name: row.in.RoleName})
					return nil
				},
			}, wanted
		},
	})
}

// rolesOfTeams gives the roles of teams, team by team.
func rolesOfTeams(teams iter.Seq2[client.Team, error]) iter.Seq2[roleOfTeam, error] {
	return func(yield func(roleOfTeam, error) bool) {
		for team, err := range teams {
			if err != nil {
				yield(roleOfTeam{}, err)
				return
			}
			for _, in := range team.Workspaces {
				if !yield(roleOfTeam{team, in}, nil) {
					return
				}
			}
		}
	}
}
