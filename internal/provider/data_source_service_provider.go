package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
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
		MarkdownDescription: "What an identity provider has to know of the account, to feed the provider of Okta, Entra or another one. Those of single sign-on are the account's, the same for each connection, so they are there before the connection is.\n\nA server that does not offer the configuration over its API, as today's Prefect Cloud, shows them in the configuration dashboard only; there this data source is an error." + missingToday,
		Attributes: map[string]schema.Attribute{
			"account_id":      accountIDDataAttribute(),
			"sp_entity_id":    computedString("SAML: entity id, also called audience."),
			"acs_url":         computedString("SAML: assertion consumer service URL."),
			"sp_metadata_url": computedString("SAML: where the service provider's metadata is."),
			"redirect_uri":    computedString("OpenID Connect: redirect URI."),
			"jwks_uri":        computedString("OpenID Connect: where the public keys are by which the server authenticates with `private_key_jwt`. Each key has its certificate with it (`x5c`), for identity providers that take only that."),
			"scim_endpoints": schema.MapAttribute{
				ElementType: types.StringType, Computed: true,
				MarkdownDescription: "SCIM: name of a directory → base URL to push to. Each directory has its own. Empty in an account without directories.",
			},
		},
	}
}

type serviceProviderDataModel struct {
	AccountID     types.String      `tfsdk:"account_id"`
	SPEntityID    types.String      `tfsdk:"sp_entity_id"`
	ACSURL        types.String      `tfsdk:"acs_url"`
	SPMetadataURL types.String      `tfsdk:"sp_metadata_url"`
	RedirectURI   types.String      `tfsdk:"redirect_uri"`
	JWKSURI       types.String      `tfsdk:"jwks_uri"`
	SCIMEndpoints map[string]string `tfsdk:"scim_endpoints"`
}

// Read implements [datasource.DataSource].
func (d *serviceProviderDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer d.data.sayKeyShortly(&resp.Diagnostics)
	var m serviceProviderDataModel
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, accountIDPath, &m.AccountID)...)
	account, ok := d.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	sp, err := d.data.client.GetServiceProvider(ctx, account)
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read service provider", err))
		return
	}
	directories, err := d.data.client.ListDirectories(ctx, account)
	if err != nil && !client.IsPlanLimit(err) { // an account without directory sync has no directories
		resp.Diagnostics.Append(failure("Could not read SCIM directories", err))
		return
	}
	m.SCIMEndpoints = make(map[string]string, len(directories))
	for _, directory := range directories {
		m.SCIMEndpoints[directory.Name] = directory.SCIMEndpoint
	}
	m.AccountID = preserveCase(m.AccountID, account)
	m.SPEntityID, m.ACSURL = types.StringValue(sp.SPEntityID), types.StringValue(sp.ACSURL)
	m.SPMetadataURL, m.RedirectURI = types.StringValue(sp.SPMetadataURL), types.StringValue(sp.RedirectURI)
	m.JWKSURI = textOrNull(sp.JWKSURI)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
