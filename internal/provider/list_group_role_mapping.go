package provider

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

var _ list.ListResourceWithConfigure = &groupRoleMappingList{}

func newGroupRoleMappingList() list.ListResource { return &groupRoleMappingList{} }

// groupRoleMappingList finds the mappings of directories.
type groupRoleMappingList struct {
	groupRoleMappingResource
}

// mappingApplied is the status of a mapping that is not dangling.
const mappingApplied = "applied"

// ListResourceConfigSchema implements [list.ListResource].
func (l *groupRoleMappingList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listschema.Schema{
		MarkdownDescription: "The group role mappings of the account's directories, all of them or those that the filters leave. A server that has none, as today's Prefect Cloud, lists none, with a warning." + missingToday,
		Attributes: map[string]listschema.Attribute{
			"account_id": listAccountAttribute(),
			"directory":  listFilter("Only the mappings of this directory, by its name or id."),
			"role":       listFilter("Only mappings that give this account role, by name or id."),
			"status":     listFilter("Only mappings of this status: `"+mappingApplied+"`, or `"+client.MappingDangling+"` while no such group has arrived.", stringvalidator.OneOf(mappingApplied, client.MappingDangling)),
		},
	}
}

// mappingOfDirectory is a row of the list.
type mappingOfDirectory struct {
	directory client.Directory
	mapping   client.GroupRoleMapping
}

// List implements [list.ListResource].
func (l *groupRoleMappingList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	const summary = "Could not list group role mappings"
	var wantedDirectory, wantedRole, status types.String
	account, ok := l.data.beginList(ctx, req, stream, argument{"directory", &wantedDirectory}, argument{"role", &wantedRole}, argument{"status", &status})
	if !ok {
		return
	}
	directories, err := l.data.client.ListDirectories(ctx, account)
	var offered *client.NotOfferedError
	switch {
	case errors.As(err, &offered):
		l.data.endList(stream, diag.Diagnostics{saysMappingsNotOffered().warning(path.Empty())})
		return
	case err != nil:
		l.data.endList(stream, diag.Diagnostics{failure(summary, err)})
		return
	}
	var diags diag.Diagnostics
	if known(wantedDirectory) {
		named := func(d client.Directory) bool {
			return d.ID == wantedDirectory.ValueString() || d.Name == wantedDirectory.ValueString()
		}
		if !slices.ContainsFunc(directories, named) {
			diags.AddAttributeError(path.Root("directory"), "No such directory", fmt.Sprintf("Account %s has no directory with the id or name %s%s.", account, wantedDirectory, existing(directories, directoryName)))
		}
		directories = slices.DeleteFunc(directories, func(d client.Directory) bool { return !named(d) })
	}
	var role client.AccountRole
	if known(wantedRole) {
		role, _ = resolve(ctx, l.data.client.Roles(account).Resolve, wantedRole, path.Root("role"), "Unusable role", &diags)
	}
	if diags.HasError() {
		l.data.endList(stream, diags)
		return
	}
	streamList(ctx, l.data, req, stream, listing[mappingOfDirectory, groupRoleMappingModel]{
		summary: summary,
		rows:    l.rows(ctx, account, directories),
		item: func(row mappingOfDirectory) (listItem[groupRoleMappingModel], bool) {
			mapping := row.mapping
			if !matches(status, mapping.Status) || role.ID != "" && mapping.AccountRoleID != role.ID {
				return listItem[groupRoleMappingModel]{}, false
			}
			gives, err := l.data.roleInUse(ctx, account, mapping.AccountRoleID)
			if err != nil { // the result says so where its values are wanted
				gives = client.AccountRole{ID: mapping.AccountRoleID, Name: mapping.AccountRoleID}
			}
			directory := types.StringValue(row.directory.ID)
			return listItem[groupRoleMappingModel]{
				displayName: mappingText(row, gives),
				identity:    directoryItemIdentity{types.StringValue(account), directory, types.StringValue(mapping.ID)},
				fill: func(m *groupRoleMappingModel) (diags diag.Diagnostics) {
					if err != nil {
						return diag.Diagnostics{failureAt(path.Root("role"), "Could not read role of group role mapping", err)}
					}
					m.DirectoryID = directory
					m.fromAPI(account, &mapping, gives)
					return nil
				},
			}, true
		},
	})
}

// rows gives the mappings, directory by directory. A directory that has gone meanwhile has none.
func (l *groupRoleMappingList) rows(ctx context.Context, account string, directories []client.Directory) iter.Seq2[mappingOfDirectory, error] {
	return func(yield func(mappingOfDirectory, error) bool) {
		for _, directory := range directories {
			mappings, err := l.data.client.ListGroupRoleMappings(ctx, account, directory.ID)
			if client.IsDirectoryGone(err) {
				continue
			}
			if err != nil {
				yield(mappingOfDirectory{}, err)
				return
			}
			for _, mapping := range mappings {
				if !yield(mappingOfDirectory{directory, mapping}, nil) {
					return
				}
			}
		}
	}
}

// mappingText is how a mapping stands in a list.
func mappingText(row mappingOfDirectory, role client.AccountRole) string {
	text := fmt.Sprintf("%s, %s: %s, priority %d", row.directory.Name, access.Match(row.mapping.Match), role.Name, row.mapping.Priority)
	if row.mapping.Status == client.MappingDangling {
		text += ", dangling"
	}
	return text
}
