package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

var _ datasource.DataSourceWithConfigure = &accountDataSource{}

func newAccountDataSource() datasource.DataSource { return &accountDataSource{} }

type accountDataSource struct {
	dataSourceBase
}

// Metadata implements [datasource.DataSource].
func (d *accountDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_account"
}

// Schema implements [datasource.DataSource].
func (d *accountDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The account: its plan, its features and how far its single sign-on and directory sync are set up." + worksToday,
		Attributes: map[string]schema.Attribute{
			"account_id":              accountIDDataAttribute(),
			"id":                      computedString("UUID of the account."),
			"name":                    computedString("Name of the account."),
			"handle":                  computedString("Handle of the account, as in its addresses."),
			"plan_type":               computedString("Kind of plan: `PERSONAL`, `ORGANIZATION` or `ENTERPRISE`."),
			"plan_tier":               computedString("Tier of the plan, such as `PRO`."),
			"sso_state":               computedString("Single sign-on: `DISABLED` (no domains), `NEEDS_CONFIGURATION` (domains, no active connection) or `ENABLED`."),
			"scim_state":              computedString("Directory sync: `DISABLED`, `NEEDS_ORGANIZATION_ID`, `NEEDS_CONFIGURATION` or `ENABLED`."),
			"auth_expiration_seconds": schema.Int64Attribute{Computed: true, MarkdownDescription: "How many seconds a login counts as recent; null means until the session ends."},
			"features":                schema.SetAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Features of the account's plan, such as `sso` and `scim`."},
			"domain_names":            schema.SetAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Enabled email domains; null where the plan has no single sign-on."},
		},
	}
}

type accountDataModel struct {
	AccountID             types.String `tfsdk:"account_id"`
	ID                    types.String `tfsdk:"id"`
	Name                  types.String `tfsdk:"name"`
	Handle                types.String `tfsdk:"handle"`
	PlanType              types.String `tfsdk:"plan_type"`
	PlanTier              types.String `tfsdk:"plan_tier"`
	SSOState              types.String `tfsdk:"sso_state"`
	SCIMState             types.String `tfsdk:"scim_state"`
	AuthExpirationSeconds types.Int64  `tfsdk:"auth_expiration_seconds"`
	Features              types.Set    `tfsdk:"features"`
	DomainNames           types.Set    `tfsdk:"domain_names"`
}

func (m *accountDataModel) fromAPI(ctx context.Context, a *client.Account) diag.Diagnostics {
	m.AccountID = preserveCase(m.AccountID, a.ID)
	m.ID = types.StringValue(a.ID)
	m.Name = types.StringValue(a.Name)
	m.Handle = types.StringValue(a.Handle)
	m.PlanType = textOrNull(a.PlanType)
	m.PlanTier = stringOrNull(a.PlanTier)
	m.SSOState = textOrNull(a.SSOState)
	m.SCIMState = textOrNull(a.SCIMState)
	m.AuthExpirationSeconds = types.Int64PointerValue(a.AuthExpirationSeconds)
	features, diags := types.SetValueFrom(ctx, types.StringType, append([]string{}, a.Features...))
	m.Features = features
	m.DomainNames = types.SetNull(types.StringType)
	return diags
}

// Read implements [datasource.DataSource].
func (d *accountDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer d.data.sayKeyShortly(&resp.Diagnostics)
	var m accountDataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	id, ok := d.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	account, err := d.data.client.GetAccount(ctx, id)
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read account", err))
		return
	}
	resp.Diagnostics.Append(m.fromAPI(ctx, account)...)
	domains, err := d.data.client.ListDomains(ctx, id)
	switch {
	case client.IsPlanLimit(err):
	case err != nil:
		resp.Diagnostics.Append(failure("Could not read domains", err))
		return
	default:
		names := make([]string, len(domains))
		for i, domain := range domains {
			names[i] = domain.Name
		}
		set, diags := types.SetValueFrom(ctx, types.StringType, names)
		resp.Diagnostics.Append(diags...)
		m.DomainNames = set
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
