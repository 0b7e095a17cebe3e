package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

var _ datasource.DataSourceWithConfigure = &memberDataSource{}

func newMemberDataSource() datasource.DataSource { return &memberDataSource{} }

type memberDataSource struct {
	dataSourceBase
}

// Metadata implements [datasource.DataSource].
func (d *memberDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_member"
}

// Schema implements [datasource.DataSource].
func (d *memberDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := memberAttributes()
	attributes["account_id"] = accountIDDataAttribute()
	attributes["email"] = schema.StringAttribute{
		CustomType:          normalized.Email.StringType(),
		Required:            true,
		MarkdownDescription: "The person's email address; case, and whether the domain is in Unicode or ASCII, makes no difference.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "One member of the account, by email address. A person who is not a member is an error." + worksToday,
		Attributes:          attributes,
	}
}

// memberAttributes describe a member to the data sources that show one or many.
func memberAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id":         computedString("UUID of the account membership."),
		"user_id":    computedString("UUID of the user."),
		"actor_id":   computedString("UUID of the actor that stands for the user in access lists."),
		"role":       computedString("Name of the account role."),
		"role_id":    computedString("UUID of the account role."),
		"first_name": computedString("First name."),
		"last_name":  computedString("Last name."),
		"handle":     computedString("Handle of the user."),
		"last_login": computedString("When the person last logged in, RFC 3339; null for never."),
		"active":     schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the membership is active; without that there is no access."},
	}
}

// memberItem is a member as the data sources show it.
type memberItem struct {
	ID        types.String `tfsdk:"id"`
	UserID    types.String `tfsdk:"user_id"`
	ActorID   types.String `tfsdk:"actor_id"`
	Role      types.String `tfsdk:"role"`
	RoleID    types.String `tfsdk:"role_id"`
	FirstName types.String `tfsdk:"first_name"`
	LastName  types.String `tfsdk:"last_name"`
	Handle    types.String `tfsdk:"handle"`
	LastLogin types.String `tfsdk:"last_login"`
	Active    types.Bool   `tfsdk:"active"`
}

func memberFromAPI(row client.Membership) memberItem {
	return memberItem{
		ID:        types.StringValue(row.ID),
		UserID:    stringOrNull(row.UserID),
		ActorID:   textOrNull(row.ActorID),
		Role:      types.StringValue(row.AccountRoleName),
		RoleID:    types.StringValue(row.AccountRoleID),
		FirstName: stringOrNull(row.FirstName),
		LastName:  stringOrNull(row.LastName),
		Handle:    stringOrNull(row.Handle),
		LastLogin: timeOrNull(row.LastLogin),
		Active:    types.BoolValue(row.Active),
	}
}

type memberDataModel struct {
	AccountID types.String      `tfsdk:"account_id"`
	Email     normalized.String `tfsdk:"email"`
	memberItem
}

// Read implements [datasource.DataSource].
func (d *memberDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer d.data.sayKeyShortly(&resp.Diagnostics)
	var m memberDataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	account, ok := d.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	row, err := d.data.client.Members(account).ByEmail(ctx, m.Email.Normalized())
	if err != nil {
		resp.Diagnostics.Append(failureAt(path.Root("email"), "Could not find member", err))
		return
	}
	m.AccountID = preserveCase(m.AccountID, account)
	m.memberItem = memberFromAPI(row)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
