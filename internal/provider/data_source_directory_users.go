package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

var _ datasource.DataSourceWithConfigure = &directoryUsersDataSource{}

func newDirectoryUsersDataSource() datasource.DataSource { return &directoryUsersDataSource{} }

type directoryUsersDataSource struct {
	dataSourceBase
}

// Metadata implements [datasource.DataSource].
func (d *directoryUsersDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_directory_users"
}

// Schema implements [datasource.DataSource].
func (d *directoryUsersDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The people whom a directory has pushed, what became of them in the account, and why they have the role that they have. A server that does not offer directories over its API, as today's Prefect Cloud, does not tell; there this data source is an error." + missingToday,
		Attributes: map[string]schema.Attribute{
			"account_id":   accountIDDataAttribute(),
			"directory_id": directoryIDDataAttribute(),
			"held":         schema.BoolAttribute{Optional: true, MarkdownDescription: "With `true`: the people who are held, and so in no membership, because they have no usable email address, or its domain is not among the directory's allowed ones, or because another directory decides about them, or their membership was removed by hand. Otherwise: all others."},
			"filter":       schema.StringAttribute{Optional: true, MarkdownDescription: "A SCIM filter (RFC 7644, section 3.4.2.2), such as `userName eq \"ada@acme.com\"` or `active eq false`."},
			"users": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "User name at the identity provider, lower-case → person.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":                    computedString("Id of the person in the directory, `directory_user_…`."),
					"idp_id":                computedString("The identity provider's own id of the person."),
					"email":                 computedString("Email address; null where there is no usable one."),
					"first_name":            computedString("First name."),
					"last_name":             computedString("Last name."),
					"state":                 computedString("`active`, `suspended` or `inactive`."),
					"account_membership_id": computedString("UUID of the account membership; null for who has none."),
					"role_source":           computedString("Why the person has the account role: `default` (the directory made the membership), `mapping` (a group role mapping matches) or `manual` (given by hand)."),
					"mapping_id":            computedString("UUID of the mapping that gives the role, if one does."),
					"held_reason":           computedString("Why the person is held."),
				}},
			},
		},
	}
}

type directoryUsersDataModel struct {
	AccountID   types.String                 `tfsdk:"account_id"`
	DirectoryID types.String                 `tfsdk:"directory_id"`
	Held        types.Bool                   `tfsdk:"held"`
	Filter      types.String                 `tfsdk:"filter"`
	Users       map[string]directoryUserItem `tfsdk:"users"`
}

type directoryUserItem struct {
	ID                  string       `tfsdk:"id"`
	IDPID               types.String `tfsdk:"idp_id"`
	Email               types.String `tfsdk:"email"`
	FirstName           types.String `tfsdk:"first_name"`
	LastName            types.String `tfsdk:"last_name"`
	State               string       `tfsdk:"state"`
	AccountMembershipID types.String `tfsdk:"account_membership_id"`
	RoleSource          types.String `tfsdk:"role_source"`
	MappingID           types.String `tfsdk:"mapping_id"`
	HeldReason          types.String `tfsdk:"held_reason"`
}

func directoryUserFromAPI(u client.DirectoryUser) directoryUserItem {
	return directoryUserItem{
		ID: u.ID, IDPID: textOrNull(u.IDPID), Email: stringOrNull(u.Email), FirstName: stringOrNull(u.FirstName), LastName: stringOrNull(u.LastName),
		State: u.State, AccountMembershipID: stringOrNull(u.AccountMembershipID), RoleSource: stringOrNull(u.RoleSource),
		MappingID: stringOrNull(u.MappingID), HeldReason: stringOrNull(u.HeldReason),
	}
}

// Read implements [datasource.DataSource].
func (d *directoryUsersDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer d.data.sayKeyShortly(&resp.Diagnostics)
	var m directoryUsersDataModel
	getArguments(
		ctx, req.Config, &resp.Diagnostics,
		argument{"account_id", &m.AccountID}, argument{"directory_id", &m.DirectoryID}, argument{"held", &m.Held}, argument{"filter", &m.Filter},
	)
	account, ok := d.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	users, err := d.data.client.ListDirectoryUsers(ctx, account, m.DirectoryID.ValueString(), client.DirectoryUserQuery{Filter: m.Filter.ValueString(), Held: m.Held.ValueBool()})
	if err != nil {
		at := map[string]path.Path{"query.filter": path.Root("filter"), "query.held": path.Root("held")}
		resp.Diagnostics.Append(failureAtField(at, "Could not list directory users", err))
		return
	}
	m.AccountID = preserveCase(m.AccountID, account)
	m.Users = make(map[string]directoryUserItem, len(users))
	for _, user := range users {
		m.Users[client.EmailKey(user.Username)] = directoryUserFromAPI(user)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
