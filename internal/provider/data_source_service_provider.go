package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = &serviceProviderDataSource{}

func newServiceProviderDataSource() datasource.DataSource { return &serviceProviderDataSource{} }

type serviceProviderDataSource struct {
	dataSourceBase
}

// Metadata implements [datasource.DataSource].
func (d *serviceProviderDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_service_provider"
}

// Schema implements [datasource.DataSource].
func (d *serviceProviderDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "What an identity provider has to know of the account, to feed the provider of Okta, Entra or another one. The values are the account's, the same for each connection, so they are there before the connection is.\n\nA server that does not offer the configuration over its API, as today's Prefect Cloud, shows them in the configuration dashboard only; there this data source is an error.",
		Attributes: map[string]schema.Attribute{
			"account_id":      accountIDDataAttribute(),
			"sp_entity_id":    computedString("SAML: entity id, also called audience."),
			"acs_url":         computedString("SAML: assertion consumer service URL."),
			"sp_metadata_url": computedString("SAML: where the service provider's metadata is."),
			"redirect_uri":    computedString("OpenID Connect: redirect URI."),
		},
	}
}

type serviceProviderDataModel struct {
	AccountID     types.String `tfsdk:"account_id"`
	SPEntityID    types.String `tfsdk:"sp_entity_id"`
	ACSURL        types.String `tfsdk:"acs_url"`
	SPMetadataURL types.String `tfsdk:"sp_metadata_url"`
	RedirectURI   types.String `tfsdk:"redirect_uri"`
}

// Read implements [datasource.DataSource].
func (d *serviceProviderDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m serviceProviderDataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	account, ok := d.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	sp, err := d.client.GetServiceProvider(ctx, account)
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read service provider", err))
		return
	}
	m.AccountID = keepCase(m.AccountID, account)
	m.SPEntityID, m.ACSURL = types.StringValue(sp.SPEntityID), types.StringValue(sp.ACSURL)
	m.SPMetadataURL, m.RedirectURI = types.StringValue(sp.SPMetadataURL), types.StringValue(sp.RedirectURI)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
