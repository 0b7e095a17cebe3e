package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

var _ datasource.DataSourceWithConfigure = &permissionsDataSource{}

func newPermissionsDataSource() datasource.DataSource { return &permissionsDataSource{} }

type permissionsDataSource struct {
	dataSourceBase
}

// Metadata implements [datasource.DataSource].
func (d *permissionsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_permissions"
}

// Schema implements [datasource.DataSource].
func (d *permissionsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "What the API key in use may do in the account, to check in a `precondition` before a plan gets far. A user asks for itself; a service account is found among the account's by the last four characters of its key, for which it needs `read:bot` and `read:account_role`." + worksToday,
		Attributes: map[string]schema.Attribute{
			"account_id":  accountIDDataAttribute(),
			"actor_type":  computedString("Whose key it is: `user` or `service_account`."),
			"actor_name":  computedString("The user's email address or the service account's name; null where several service accounts have keys that end alike."),
			"permissions": schema.SetAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Account permissions, such as `administrate:sso`. Where several service accounts may be the caller: what all of them have."},
		},
	}
}

type permissionsDataModel struct {
	AccountID   types.String `tfsdk:"account_id"`
	ActorType   types.String `tfsdk:"actor_type"`
	ActorName   types.String `tfsdk:"actor_name"`
	Permissions types.Set    `tfsdk:"permissions"`
}

// Read implements [datasource.DataSource].
func (d *permissionsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer d.data.sayKeyShortly(&resp.Diagnostics)
	var m permissionsDataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	account, ok := d.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	me, err := d.data.world.Me(ctx)
	var bots []client.Bot
	if client.IsForbidden(err) { // a service account has no /me
		bots, err = d.data.client.BotsOfKey(ctx, account)
	}
	if err != nil {
		resp.Diagnostics.Append(failure("Could not find out whose key it is", err))
		return
	}
	var permissions []string
	if me != nil {
		m.ActorType, m.ActorName = types.StringValue("user"), types.StringValue(me.Email)
		permissions, err = d.data.client.MyPermissions(ctx, account)
	} else {
		m.ActorType, m.ActorName = types.StringValue("service_account"), types.StringNull()
		if len(bots) == 1 {
			m.ActorName = types.StringValue(bots[0].Name)
		}
		permissions, err = d.commonPermissions(ctx, account, bots)
	}
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read permissions", err))
		return
	}
	m.AccountID = preserveCase(m.AccountID, account)
	set, diags := types.SetValueFrom(ctx, types.StringType, permissions)
	resp.Diagnostics.Append(diags...)
	m.Permissions = set
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// commonPermissions returns those that the roles of all service accounts have.
func (d *permissionsDataSource) commonPermissions(ctx context.Context, account string, bots []client.Bot) ([]string, error) {
	if len(bots) == 0 {
		return nil, fmt.Errorf("no service account of account %s has a key that ends like the one in use", account)
	}
	roles := d.data.client.Roles(account)
	var common []string
	for i, bot := range bots {
		role, err := roles.Resolve(ctx, bot.AccountRoleName)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			common = slices.Clone(role.Permissions)
			continue
		}
		common = slices.DeleteFunc(common, func(p string) bool { return !role.Has(p) })
	}
	return common, nil
}
