package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = &accountRolesDataSource{}

func newAccountRolesDataSource() datasource.DataSource { return &accountRolesDataSource{} }

type accountRolesDataSource struct {
	dataSourceBase
}

// Metadata implements [datasource.DataSource].
func (d *accountRolesDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_account_roles"
}

// Schema implements [datasource.DataSource].
func (d *accountRolesDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "All account roles, built in and custom." + worksToday,
		Attributes: map[string]schema.Attribute{
			"account_id": accountIDDataAttribute(),
			"roles": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Name → role.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":             computedString("UUID of the role."),
					"is_system_role": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the role is built in."},
					"permissions":    schema.SetAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "What the role may do."},
				}},
			},
		},
	}
}

type accountRolesDataModel struct {
	AccountID types.String               `tfsdk:"account_id"`
	Roles     map[string]accountRoleItem `tfsdk:"roles"`
}

type accountRoleItem struct {
	ID           string   `tfsdk:"id"`
	IsSystemRole bool     `tfsdk:"is_system_role"`
	Permissions  []string `tfsdk:"permissions"`
}

// Read implements [datasource.DataSource].
func (d *accountRolesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer d.data.sayKeyShortly(&resp.Diagnostics)
	var m accountRolesDataModel
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, accountIDPath, &m.AccountID)...)
	account, ok := d.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	roles, err := d.data.client.Roles(account).List(ctx)
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read account roles", err))
		return
	}
	m.AccountID = preserveCase(m.AccountID, account)
	m.Roles = make(map[string]accountRoleItem, len(roles))
	for _, role := range roles {
		m.Roles[role.Name] = accountRoleItem{role.ID, role.IsSystemRole, append([]string{}, role.Permissions...)}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
