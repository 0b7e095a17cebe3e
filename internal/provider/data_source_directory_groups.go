package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = &directoryGroupsDataSource{}

func newDirectoryGroupsDataSource() datasource.DataSource { return &directoryGroupsDataSource{} }

type directoryGroupsDataSource struct {
	dataSourceBase
}

// Metadata implements [datasource.DataSource].
func (d *directoryGroupsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_directory_groups"
}

// directoryIDDataAttribute returns the `directory_id` of data sources.
func directoryIDDataAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		Required:            true,
		MarkdownDescription: "Id of the directory, `directory_…`.",
		Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
	}
}

// Schema implements [datasource.DataSource].
func (d *directoryGroupsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The groups that a directory has pushed, all of them or those of one name. A server that does not offer directories over its API, as today's Prefect Cloud, does not tell; there this data source is an error." + missingToday,
		Attributes: map[string]schema.Attribute{
			"account_id":   accountIDDataAttribute(),
			"directory_id": directoryIDDataAttribute(),
			"name":         schema.StringAttribute{Optional: true, MarkdownDescription: "Only groups of exactly this name. Names need not be unique.", Validators: []validator.String{stringvalidator.LengthAtLeast(1)}},
			"groups": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Id of the group, `directory_group_…` → group.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"name":    computedString("Name of the group."),
					"idp_id":  computedString("The identity provider's own id of the group."),
					"created": computedString("When it was first pushed, RFC 3339."),
					"updated": computedString("When it last changed, RFC 3339."),
				}},
			},
		},
	}
}

type directoryGroupsDataModel struct {
	AccountID   types.String                  `tfsdk:"account_id"`
	DirectoryID types.String                  `tfsdk:"directory_id"`
	Name        types.String                  `tfsdk:"name"`
	Groups      map[string]directoryGroupItem `tfsdk:"groups"`
}

type directoryGroupItem struct {
	Name    string       `tfsdk:"name"`
	IDPID   types.String `tfsdk:"idp_id"`
	Created types.String `tfsdk:"created"`
	Updated types.String `tfsdk:"updated"`
}

// Read implements [datasource.DataSource].
func (d *directoryGroupsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer d.data.sayKeyShortly(&resp.Diagnostics)
	var m directoryGroupsDataModel
	getArguments(
		ctx, req.Config, &resp.Diagnostics,
		argument{"account_id", &m.AccountID}, argument{"directory_id", &m.DirectoryID}, argument{"name", &m.Name},
	)
	account, ok := d.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	groups, err := d.data.client.ListDirectoryGroups(ctx, account, m.DirectoryID.ValueString(), m.Name.ValueString())
	if err != nil {
		resp.Diagnostics.Append(failureAt(path.Root("directory_id"), "Could not list directory groups", err))
		return
	}
	m.AccountID = preserveCase(m.AccountID, account)
	m.Groups = make(map[string]directoryGroupItem, len(groups))
	for _, group := range groups {
		m.Groups[group.ID] = directoryGroupItem{group.Name, textOrNull(group.IDPID), timeOrNull(group.Created), timeOrNull(group.Updated)}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
