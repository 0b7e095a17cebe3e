package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

var _ datasource.DataSourceWithConfigure = &teamsDataSource{}

func newTeamsDataSource() datasource.DataSource { return &teamsDataSource{} }

type teamsDataSource struct {
	dataSourceBase
}

// Metadata implements [datasource.DataSource].
func (d *teamsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_teams"
}

// Schema implements [datasource.DataSource].
func (d *teamsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := teamAttributes()
	attributes["id"] = computedString("UUID of the team.")
	attributes["people"] = schema.Int64Attribute{Computed: true, MarkdownDescription: "How many people are in the team. `prefectsso_team` names them."}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The account's teams, all of them or those that directory sync made." + worksToday,
		Attributes: map[string]schema.Attribute{
			"account_id": accountIDDataAttribute(),
			"directory_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Only teams that are made of groups of this directory, `directory_…`.",
			},
			"teams": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Name → team.",
				NestedObject:        schema.NestedAttributeObject{Attributes: attributes},
			},
		},
	}
}

type teamsDataModel struct {
	AccountID   types.String        `tfsdk:"account_id"`
	DirectoryID types.String        `tfsdk:"directory_id"`
	Teams       map[string]teamItem `tfsdk:"teams"`
}

type teamItem struct {
	ID               string                       `tfsdk:"id"`
	Description      types.String                 `tfsdk:"description"`
	DirectoryGroupID types.String                 `tfsdk:"directory_group_id"`
	People           int64                        `tfsdk:"people"`
	Workspaces       map[string]teamWorkspaceItem `tfsdk:"workspaces"`
}

func teamFromAPI(t client.Team) teamItem {
	item := teamItem{t.ID, stringOrNull(t.Description), stringOrNull(t.DirectoryGroupID), 0, teamWorkspaces(t)}
	for _, member := range t.Members {
		if member.Email != nil {
			item.People++
		}
	}
	return item
}

// Read implements [datasource.DataSource].
func (d *teamsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer d.data.sayKeyShortly(&resp.Diagnostics)
	var m teamsDataModel
	getArguments(ctx, req.Config, &resp.Diagnostics, argument{"account_id", &m.AccountID}, argument{"directory_id", &m.DirectoryID})
	account, ok := d.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	query := client.TeamQuery{}
	if known(m.DirectoryID) {
		query.DirectoryIDs = []string{m.DirectoryID.ValueString()}
	}
	teams, err := d.data.client.ListTeams(ctx, account, query)
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read teams", err))
		return
	}
	m.AccountID = preserveCase(m.AccountID, account)
	m.Teams = make(map[string]teamItem, len(teams))
	for _, team := range teams {
		m.Teams[team.Name] = teamFromAPI(team)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
