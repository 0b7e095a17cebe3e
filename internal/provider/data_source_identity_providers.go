package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

var _ datasource.DataSourceWithConfigure = &identityProvidersDataSource{}

func newIdentityProvidersDataSource() datasource.DataSource { return &identityProvidersDataSource{} }

type identityProvidersDataSource struct {
	dataSourceBase
}

// Metadata implements [datasource.DataSource].
func (d *identityProvidersDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_identity_providers"
}

// Schema implements [datasource.DataSource].
func (d *identityProvidersDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The account's connections to identity providers, however they were configured." + worksToday,
		Attributes: map[string]schema.Attribute{
			"account_id":   accountIDDataAttribute(),
			"configurable": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the server offers their configuration over its API."},
			"identity_providers": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Name → connection.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":                  computedString("Id of the connection, `conn_…`."),
					"connection_type":     computedString("Kind of identity provider, such as `OktaSAML`."),
					"state":               computedString("`draft`, `validating`, `active` or `inactive`."),
					"domains":             schema.SetAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Domains whose people log in through it."},
					"metadata_fetched_at": computedString("When the server last fetched the SAML metadata of `metadata_url` and took it over, or found it to be the same, RFC 3339; null where the metadata is from no URL or the server does not say."),
					"metadata_error":      computedString("What has gone wrong with fetching that metadata since; null for nothing. Logins go on with what was taken over before."),
				}},
			},
		},
	}
}

type identityProvidersDataModel struct {
	AccountID         types.String                    `tfsdk:"account_id"`
	Configurable      types.Bool                      `tfsdk:"configurable"`
	IdentityProviders map[string]identityProviderItem `tfsdk:"identity_providers"`
}

type identityProviderItem struct {
	ID             string   `tfsdk:"id"`
	ConnectionType string   `tfsdk:"connection_type"`
	State          string   `tfsdk:"state"`
	Domains        []string `tfsdk:"domains"`
	// MetadataFetchedAt and MetadataError are null where the server does not say.
	MetadataFetchedAt types.String `tfsdk:"metadata_fetched_at"`
	MetadataError     types.String `tfsdk:"metadata_error"`
}

// Read implements [datasource.DataSource].
func (d *identityProvidersDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer d.data.sayKeyShortly(&resp.Diagnostics)
	var m identityProvidersDataModel
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, accountIDPath, &m.AccountID)...)
	account, ok := d.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	// The published listing shows all there is; the other tells whether it can be configured, and how its metadata is.
	found, err := d.data.world.Integrations(ctx, account)
	var configurable []client.Connection
	if err == nil {
		configurable, err = d.data.client.ListConnections(ctx, account)
	}
	var notOffered *client.NotOfferedError
	if err != nil && !errors.As(err, &notOffered) {
		resp.Diagnostics.Append(failure("Could not read identity providers", err))
		return
	}
	m.AccountID = preserveCase(m.AccountID, account)
	m.Configurable = types.BoolValue(notOffered == nil)
	m.IdentityProviders = make(map[string]identityProviderItem, len(found.Connections))
	for _, connection := range found.Connections {
		m.IdentityProviders[connection.Name] = identityProviderItem{
			ID: connection.ID, ConnectionType: connection.ConnectionType, State: connection.State, Domains: connectionDomains(&connection),
		}
	}
	for _, connection := range configurable {
		if item, ok := m.IdentityProviders[connection.Name]; ok && item.ID == connection.ID && connection.SAML != nil {
			item.MetadataFetchedAt, item.MetadataError = timeOrNull(connection.SAML.MetadataFetchedAt), stringOrNull(connection.SAML.MetadataError)
			m.IdentityProviders[connection.Name] = item
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
