package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

var _ datasource.DataSourceWithConfigure = &teamDataSource{}

func newTeamDataSource() datasource.DataSource { return &teamDataSource{} }

type teamDataSource struct {
	dataSourceBase
}

// Metadata implements [datasource.DataSource].
func (d *teamDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_team"
}

// Schema implements [datasource.DataSource].
func (d *teamDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := teamAttributes()
	attributes["account_id"] = accountIDDataAttribute()
	attributes["id"] = schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "UUID of the team. Give this or `name`.",
		Validators:          isUUID(),
	}
	attributes["name"] = schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "Name of the team, exactly as the account has it. Give this or `id`.",
		Validators:          []validator.String{stringvalidator.ExactlyOneOf(path.MatchRoot("name"), path.MatchRoot("id"))},
	}
	attributes["members"] = schema.MapNestedAttribute{
		Computed:            true,
		MarkdownDescription: "Email address, lower-case and with the domain in its ASCII form → person in the team.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"actor_id": computedString("UUID of the actor that stands for the person in access lists."),
			"name":     computedString("Name of the person."),
			"handle":   computedString("Handle of the person."),
		}},
	}
	attributes["service_accounts"] = schema.MapAttribute{
		ElementType: types.StringType, Computed: true,
		MarkdownDescription: "Name → actor id of the service accounts in the team.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "One team, by its name or its id, with who is in it and which workspaces it has a role in." + worksToday,
		Attributes:          attributes,
	}
}

// teamAttributes describe a team to the data sources that show one or many.
func teamAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"description":        computedString("Description of the team."),
		"directory_group_id": computedString("Id of the directory group that the team is made of, `directory_group_…`; null for a team made by hand. The group decides who of the people is in it."),
		"workspaces": schema.MapNestedAttribute{
			Computed:            true,
			MarkdownDescription: "Handle → workspace that the team has a role in.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"id":      computedString("UUID of the workspace."),
				"role":    computedString("Name of the team's role there."),
				"role_id": computedString("UUID of the team's role there."),
			}},
		},
	}
}

type teamDataModel struct {
	AccountID        types.String                 `tfsdk:"account_id"`
	ID               types.String                 `tfsdk:"id"`
	Name             types.String                 `tfsdk:"name"`
	Description      types.String                 `tfsdk:"description"`
	DirectoryGroupID types.String                 `tfsdk:"directory_group_id"`
	Workspaces       map[string]teamWorkspaceItem `tfsdk:"workspaces"`
	Members          map[string]teamMemberItem    `tfsdk:"members"`
	ServiceAccounts  map[string]string            `tfsdk:"service_accounts"`
}

type teamWorkspaceItem struct {
	ID     string `tfsdk:"id"`
	Role   string `tfsdk:"role"`
	RoleID string `tfsdk:"role_id"`
}

type teamMemberItem struct {
	ActorID string `tfsdk:"actor_id"`
	Name    string `tfsdk:"name"`
	Handle  string `tfsdk:"handle"`
}

func teamWorkspaces(t client.Team) map[string]teamWorkspaceItem {
	out := make(map[string]teamWorkspaceItem, len(t.Workspaces))
	for _, w := range t.Workspaces {
		out[w.Handle] = teamWorkspaceItem{w.WorkspaceID, w.RoleName, w.RoleID}
	}
	return out
}

func (m *teamDataModel) fromAPI(accountID string, t client.Team) {
	m.AccountID = preserveCase(m.AccountID, accountID)
	m.ID, m.Name = preserveCase(m.ID, t.ID), types.StringValue(t.Name)
	m.Description, m.DirectoryGroupID = stringOrNull(t.Description), stringOrNull(t.DirectoryGroupID)
	m.Workspaces = teamWorkspaces(t)
	m.Members, m.ServiceAccounts = map[string]teamMemberItem{}, map[string]string{}
	for _, member := range t.Members {
		if member.Email == nil {
			m.ServiceAccounts[member.Name] = member.ActorID
			continue
		}
		m.Members[normalized.Email.Key(*member.Email)] = teamMemberItem{member.ActorID, member.Name, member.Handle}
	}
}

// Read implements [datasource.DataSource].
func (d *teamDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer d.data.sayKeyShortly(&resp.Diagnostics)
	var m teamDataModel
	getArguments(ctx, req.Config, &resp.Diagnostics, argument{"account_id", &m.AccountID}, argument{"id", &m.ID}, argument{"name", &m.Name})
	account, ok := d.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	ref := &teamRef{ID: m.ID, Name: m.Name}
	team, err := d.data.findTeam(ctx, account, ref, 0)
	if err != nil {
		resp.Diagnostics.Append(failureAt(ref.at(path.Empty()), "Could not find team", err))
		return
	}
	m.fromAPI(account, team)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
