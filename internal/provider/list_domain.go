package provider

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

var _ list.ListResourceWithConfigure = &domainList{}

func newDomainList() list.ListResource { return &domainList{} }

// domainList finds the enabled domains.
type domainList struct {
	domainResource
}

// ListResourceConfigSchema implements [list.ListResource].
func (l *domainList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listschema.Schema{
		MarkdownDescription: "The email domains that are enabled for the account's single sign-on, all of them or those that the filters leave." + worksToday,
		Attributes: map[string]listschema.Attribute{
			"account_id": listAccountAttribute(),
			"within": listschema.StringAttribute{
				CustomType: normalized.Domain.StringType(), Optional: true,
				MarkdownDescription: "Only this domain and those below it: with `acme.com` also `mail.acme.com`.",
			},
			"identity_provider": listFilter("Only domains that this connection serves, by its name or id."),
		},
	}
}

// List implements [list.ListResource].
func (l *domainList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	const summary = "Could not list domains"
	var within normalized.String
	var provider types.String
	account, ok := l.data.beginList(ctx, req, stream, argument{"within", &within}, argument{"identity_provider", &provider})
	if !ok {
		return
	}
	served := func(string) bool { return true }
	if known(provider) {
		connection, _, err := (&identityProviderResource{l.resourceBase}).find(ctx, account, provider.ValueString())
		if err != nil {
			l.data.endList(stream, diag.Diagnostics{failureAt(path.Root("identity_provider"), summary, err)})
			return
		}
		names := connectionDomains(connection)
		served = func(domain string) bool { return slices.Contains(names, domain) }
	}
	below := within.Normalized()
	domains, err := l.data.client.ListDomains(ctx, account)
	if err != nil {
		l.data.endList(stream, diag.Diagnostics{failure(summary, err)})
		return
	}
	streamList(ctx, l.data, req, stream, listing[client.Domain, domainModel]{
		summary: summary,
		rows:    rowsOf(domains),
		item: func(d client.Domain) (listItem[domainModel], bool) {
			wanted := served(d.Name) && (below == "" || d.Name == below || strings.HasSuffix(d.Name, "."+below))
			return listItem[domainModel]{
				displayName: d.Name,
				identity:    domainIdentity{types.StringValue(account), types.StringValue(d.Name)},
				fill:        func(m *domainModel) diag.Diagnostics { m.fromAPI(account, d); return nil },
			}, wanted
		},
	})
}
