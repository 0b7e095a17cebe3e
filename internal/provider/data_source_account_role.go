package provider

import (
	"cmp"
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

var _ datasource.DataSourceWithConfigure = &accountRoleDataSource{}

func newAccountRoleDataSource() datasource.DataSource { return &accountRoleDataSource{} }

type accountRoleDataSource struct {
	dataSourceBase
}

// Metadata implements [datasource.DataSource].
func (d *accountRoleDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_account_role"
}

// Schema implements [datasource.DataSource].
func (d *accountRoleDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "One account role, built in or custom, by its name or its id." + worksToday,
		Attributes: map[string]schema.Attribute{
			"account_id": accountIDDataAttribute(),
			"name": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Name of the role, exactly as the account has it. Give this or `id`.",
				Validators:          []validator.String{stringvalidator.ExactlyOneOf(path.MatchRoot("name"), path.MatchRoot("id"))},
			},
			"id": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "UUID of the role. Give this or `name`.",
				Validators:          isUUID(),
			},
			"is_system_role": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the role is built in."},
			"permissions":    schema.SetAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "What the role may do, such as `update:account_membership`."},
			"bypasses_sso":   schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether holders sign in without single sign-on (`bypass:sso`)."},
		},
	}
}

type accountRoleDataModel struct {
	AccountID    types.String `tfsdk:"account_id"`
	Name         types.String `tfsdk:"name"`
	ID           types.String `tfsdk:"id"`
	IsSystemRole types.Bool   `tfsdk:"is_system_role"`
	Permissions  types.Set    `tfsdk:"permissions"`
	BypassesSSO  types.Bool   `tfsdk:"bypasses_sso"`
}

func (m *accountRoleDataModel) fromAPI(ctx context.Context, accountID string, role client.AccountRole) diag.Diagnostics {
	m.AccountID = preserveCase(m.AccountID, accountID)
	m.ID = preserveCase(m.ID, role.ID)
	m.Name = types.StringValue(role.Name)
	m.IsSystemRole = types.BoolValue(role.IsSystemRole)
	m.BypassesSSO = types.BoolValue(role.Has(client.PermissionBypassSSO))
	permissions, diags := types.SetValueFrom(ctx, types.StringType, append([]string{}, role.Permissions...))
	m.Permissions = permissions
	return diags
}

// Read implements [datasource.DataSource].
func (d *accountRoleDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer d.data.sayKeyShortly(&resp.Diagnostics)
	var m accountRoleDataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	account, ok := d.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	at := path.Root("name")
	if m.Name.IsNull() {
		at = path.Root("id")
	}
	role, err := d.data.client.Roles(account).Resolve(ctx, cmp.Or(m.Name.ValueString(), m.ID.ValueString()))
	if err != nil {
		resp.Diagnostics.Append(failureAt(at, "Could not find account role", err))
		return
	}
	resp.Diagnostics.Append(m.fromAPI(ctx, account, role)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
