package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

var _ datasource.DataSourceWithConfigure = &scimDirectoriesDataSource{}

func newSCIMDirectoriesDataSource() datasource.DataSource { return &scimDirectoriesDataSource{} }

type scimDirectoriesDataSource struct {
	dataSourceBase
}

// Metadata implements [datasource.DataSource].
func (d *scimDirectoriesDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_scim_directories"
}

// Schema implements [datasource.DataSource].
func (d *scimDirectoriesDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The account's directories, which push people and groups over SCIM, however they were configured." + worksToday,
		Attributes: map[string]schema.Attribute{
			"account_id":   accountIDDataAttribute(),
			"configurable": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the server offers their configuration over its API. Where it does not, as today's Prefect Cloud, `scim_endpoint` and `last_synced_at` are null."},
			"scim_directories": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Name → directory.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":             computedString("Id of the directory, `directory_…`."),
					"type":           computedString("Kind of identity provider, such as `okta scim v2.0`."),
					"state":          computedString("`validating` until the identity provider has called once, then `linked`; `unlinked` while it is switched off."),
					"scim_endpoint":  computedString("Base URL that the identity provider pushes to."),
					"active_users":   schema.Int64Attribute{Computed: true, MarkdownDescription: "How many of its people are active."},
					"inactive_users": schema.Int64Attribute{Computed: true, MarkdownDescription: "How many have left."},
					"groups":         schema.Int64Attribute{Computed: true, MarkdownDescription: "How many groups it has."},
					"last_synced_at": computedString("When the identity provider last called, RFC 3339; null for never."),
				}},
			},
		},
	}
}

type scimDirectoriesDataModel struct {
	AccountID       types.String                 `tfsdk:"account_id"`
	Configurable    types.Bool                   `tfsdk:"configurable"`
	SCIMDirectories map[string]scimDirectoryItem `tfsdk:"scim_directories"`
}

type scimDirectoryItem struct {
	ID            string       `tfsdk:"id"`
	Type          string       `tfsdk:"type"`
	State         string       `tfsdk:"state"`
	SCIMEndpoint  types.String `tfsdk:"scim_endpoint"`
	ActiveUsers   int64        `tfsdk:"active_users"`
	InactiveUsers int64        `tfsdk:"inactive_users"`
	Groups        int64        `tfsdk:"groups"`
	LastSyncedAt  types.String `tfsdk:"last_synced_at"`
}

func scimDirectoryItemFromAPI(d client.Directory) scimDirectoryItem {
	return scimDirectoryItem{
		ID: d.ID, Type: d.Type, State: d.State, SCIMEndpoint: textOrNull(d.SCIMEndpoint),
		ActiveUsers: d.Metadata.Users.Active, InactiveUsers: d.Metadata.Users.Inactive, Groups: d.Metadata.Groups,
		LastSyncedAt: timeOrNull(d.LastSyncedAt),
	}
}

// Read implements [datasource.DataSource].
func (d *scimDirectoriesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer d.data.sayKeyShortly(&resp.Diagnostics)
	var m scimDirectoriesDataModel
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, accountIDPath, &m.AccountID)...)
	account, ok := d.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	directories, managed, err := d.data.directories(ctx, account, d.data.world.Integrations)
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read SCIM directories", err))
		return
	}
	m.AccountID, m.Configurable = preserveCase(m.AccountID, account), types.BoolValue(managed)
	m.SCIMDirectories = make(map[string]scimDirectoryItem, len(directories))
	for _, directory := range directories {
		m.SCIMDirectories[directory.Name] = scimDirectoryItemFromAPI(directory)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
