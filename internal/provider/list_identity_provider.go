package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

var _ list.ListResourceWithConfigure = &identityProviderList{}

func newIdentityProviderList() list.ListResource { return &identityProviderList{} }

// identityProviderList finds the account's connections, however they were configured.
type identityProviderList struct {
	identityProviderResource
}

// ListResourceConfigSchema implements [list.ListResource].
func (l *identityProviderList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listschema.Schema{
		MarkdownDescription: "The account's connections to identity providers, all of them or those that the filters leave. No client secret is among what is listed: the server keeps the one that it has until the configuration gives another one.\n\nOf a connection that was configured in the browser a server such as today's Prefect Cloud shows name, type, domains and state. What it does not show (`oidc` or `saml`, one of which the configuration needs, and `attribute_mapping`) has to be added to generated configuration by hand." + watchedToday,
		Attributes: map[string]listschema.Attribute{
			"account_id":      listAccountAttribute(),
			"connection_type": listFilter("Only connections of this type, such as `OktaSAML`.", stringvalidator.LengthAtLeast(1)),
			"state":           listFilter("Only connections in this state: `draft`, `validating`, `active` or `inactive`.", stringvalidator.OneOf(client.ConnectionDraft, client.ConnectionValidating, client.ConnectionActive, client.ConnectionInactive)),
			"domain": listschema.StringAttribute{
				CustomType: normalized.Domain.StringType(), Optional: true,
				MarkdownDescription: "Only connections that serve this domain.",
			},
		},
	}
}

// List implements [list.ListResource].
func (l *identityProviderList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	const summary = "Could not list identity providers"
	var kind, state types.String
	var domain normalized.String
	account, ok := l.data.beginList(ctx, req, stream, argument{"connection_type", &kind}, argument{"state", &state}, argument{"domain", &domain})
	if !ok {
		return
	}
	connections, managed, err := l.data.connections(ctx, account, l.data.world.Integrations)
	if err != nil {
		l.data.endList(stream, diag.Diagnostics{failure(summary, err)})
		return
	}
	streamList(ctx, l.data, req, stream, listing[client.Connection, identityProviderModel]{
		summary: summary,
		rows:    rowsOf(connections),
		item: func(c client.Connection) (listItem[identityProviderModel], bool) {
			wanted := matches(kind, c.ConnectionType) && matches(state, c.State) && (domain.IsNull() || slices.Contains(connectionDomains(&c), domain.Normalized()))
			return listItem[identityProviderModel]{
				displayName: connectionText(c),
				identity:    idIdentity{types.StringValue(account), types.StringValue(c.ID)},
				fill: func(m *identityProviderModel) diag.Diagnostics {
					m.AccountID, m.ID = types.StringValue(account), types.StringValue(c.ID)
					return m.fromImport(account, &c, managed)
				},
			}, wanted
		},
		end: endOfFiltered("connection", account, connections, connectionText, map[string]attr.Value{"connection_type": kind, "state": state, "domain": domain}),
	})
}

// connectionText is how a connection stands in a list.
func connectionText(c client.Connection) string {
	return fmt.Sprintf("%s (%s, %s)", c.Name, c.ConnectionType, c.State)
}
