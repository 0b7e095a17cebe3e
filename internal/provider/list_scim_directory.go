package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

var _ list.ListResourceWithConfigure = &scimDirectoryList{}

func newSCIMDirectoryList() list.ListResource { return &scimDirectoryList{} }

// scimDirectoryList finds the account's directories, however they were configured.
type scimDirectoryList struct {
	scimDirectoryResource
}

// ListResourceConfigSchema implements [list.ListResource].
func (l *scimDirectoryList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listschema.Schema{
		MarkdownDescription: "The account's directories, all of them or those that the filters leave." + watchedToday,
		Attributes: map[string]listschema.Attribute{
			"account_id": listAccountAttribute(),
			"type":       listFilter("Only directories of this kind of identity provider, such as `okta scim v2.0`.", stringvalidator.LengthAtLeast(1)),
			"state":      listFilter("Only directories in this state, as the server has it: such as `validating`, `linked` or `unlinked`.", stringvalidator.LengthAtLeast(1)),
		},
	}
}

// List implements [list.ListResource].
func (l *scimDirectoryList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	const summary = "Could not list SCIM directories"
	var kind, state types.String
	account, ok := l.data.beginList(ctx, req, stream, argument{"type", &kind}, argument{"state", &state})
	if !ok {
		return
	}
	directories, managed, err := l.data.directories(ctx, account, l.data.world.Integrations)
	if err != nil {
		l.data.endList(stream, diag.Diagnostics{failure(summary, err)})
		return
	}
	streamList(ctx, l.data, req, stream, listing[client.Directory, scimDirectoryModel]{
		summary: summary,
		rows:    rowsOf(directories),
		item: func(d client.Directory) (listItem[scimDirectoryModel], bool) {
			return listItem[scimDirectoryModel]{
				displayName: directoryText(d),
				identity:    idIdentity{types.StringValue(account), types.StringValue(d.ID)},
				fill: func(m *scimDirectoryModel) (diags diag.Diagnostics) {
					if !managed {
						m.observe(account, &d)
						return nil
					}
					l.take(ctx, account, m, &d, &diags)
					return diags
				},
			}, matches(kind, d.Type) && matches(state, d.State)
		},
		end: endOfFiltered("directory", account, directories, directoryText, map[string]attr.Value{"type": kind, "state": state}),
	})
}

// directoryText is how a directory stands in a list.
func directoryText(d client.Directory) string {
	return fmt.Sprintf("%s (%s, %s)", d.Name, d.Type, d.State)
}
