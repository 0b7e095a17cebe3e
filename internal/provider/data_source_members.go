package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

var _ datasource.DataSourceWithConfigure = &membersDataSource{}

func newMembersDataSource() datasource.DataSource { return &membersDataSource{} }

type membersDataSource struct {
	dataSourceBase
}

// Metadata implements [datasource.DataSource].
func (d *membersDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_members"
}

// Schema implements [datasource.DataSource].
func (d *membersDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The people who are members of the account, all of them or those that the filters leave. Service accounts are not among them." + worksToday,
		Attributes: map[string]schema.Attribute{
			"account_id": accountIDDataAttribute(),
			"role": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Only who holds this account role, by name or id.",
			},
			"domain": schema.StringAttribute{
				CustomType:          normalized.Domain.StringType(),
				Optional:            true,
				MarkdownDescription: "Only who has an email address of exactly this domain.",
			},
			"active": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Only active members (`true`) or only deactivated ones (`false`).",
			},
			"members": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Email address, lower-case and with the domain in its ASCII form → member.",
				NestedObject:        schema.NestedAttributeObject{Attributes: memberAttributes()},
			},
		},
	}
}

type membersDataModel struct {
	AccountID types.String          `tfsdk:"account_id"`
	Role      types.String          `tfsdk:"role"`
	Domain    normalized.String     `tfsdk:"domain"`
	Active    types.Bool            `tfsdk:"active"`
	Members   map[string]memberItem `tfsdk:"members"`
}

// Read implements [datasource.DataSource].
func (d *membersDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer d.data.sayKeyShortly(&resp.Diagnostics)
	var m membersDataModel
	getArguments(
		ctx, req.Config, &resp.Diagnostics,
		argument{"account_id", &m.AccountID}, argument{"role", &m.Role}, argument{"domain", &m.Domain}, argument{"active", &m.Active},
	)
	account, ok := d.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	query := client.MembershipQuery{OnlyUsers: true, Active: m.Active.ValueBoolPointer()}
	filter := client.MembershipFilter{}
	suffix := ""
	if known(m.Role) {
		role, err := d.data.client.Roles(account).Resolve(ctx, m.Role.ValueString())
		if err != nil {
			resp.Diagnostics.Append(failureAt(path.Root("role"), "Unusable role", err))
			return
		}
		filter.RoleIDs = []string{role.ID}
		query.Filter = &filter
	}
	if known(m.Domain.StringValue) {
		suffix = "@" + m.Domain.Normalized()
		if len(client.EmailSpellings(suffix)) == 1 { // the API's filter would find one of them only
			filter.EmailLike = suffix
			query.Filter = &filter
		}
	}
	rows, err := d.data.client.ListMemberships(ctx, account, query)
	if err != nil {
		resp.Diagnostics.Append(failure("Could not list members", err))
		return
	}
	m.AccountID = preserveCase(m.AccountID, account)
	m.Members = make(map[string]memberItem, len(rows))
	for _, row := range rows {
		if row.Email == nil {
			continue
		}
		// The API's filter finds the text anywhere in an address; a domain is its end.
		if email := normalized.Email.Key(*row.Email); strings.HasSuffix(email, suffix) {
			m.Members[email] = memberFromAPI(row)
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
