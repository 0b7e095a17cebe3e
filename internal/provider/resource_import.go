package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// identitySchema returns the identity of a resource that one name tells apart within its account, or several (more are
// further names and their descriptions); without a name, of one that there is once an account.
func identitySchema(name, description string, more ...string) identityschema.Schema {
	attributes := map[string]identityschema.Attribute{
		"account_id": identityschema.StringAttribute{
			OptionalForImport: name != "",
			RequiredForImport: name == "",
			Description:       "UUID of the account.",
		},
	}
	if name != "" {
		for pair := range slices.Chunk(append([]string{name, description}, more...), 2) {
			attributes[pair[0]] = identityschema.StringAttribute{RequiredForImport: true, Description: pair[1]}
		}
	}
	return identityschema.Schema{Attributes: attributes}
}

// idIdentity is the identity of what its id tells apart.
type idIdentity struct {
	AccountID types.String `tfsdk:"account_id"`
	ID        types.String `tfsdk:"id"`
}

// directoryItemIdentity is the identity of what its id tells apart within a directory.
type directoryItemIdentity struct {
	AccountID   types.String `tfsdk:"account_id"`
	DirectoryID types.String `tfsdk:"directory_id"`
	ID          types.String `tfsdk:"id"`
}

// importDirectoryItem takes `<directory id or name>/<id or name>`, with `<account_id>/` in front or not, or an identity into
// the attributes account_id, directory_id and id. find returns the id of what is named in a directory.
func (p *providerData) importDirectoryItem(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse, find func(ctx context.Context, account, directoryID, name string) (string, error)) error {
	account, names, ok := p.importByNames(ctx, []string{"directory_id", "id"}, req, resp)
	if !ok {
		return nil
	}
	directories, err := p.client.ListDirectories(ctx, account)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(directories, func(d client.Directory) bool { return d.ID == names[0] || d.Name == names[0] })
	if at < 0 {
		return fmt.Errorf("account %s has no directory %q%s", account, names[0], existing(directories, directoryName))
	}
	id, err := find(ctx, account, directories[at].ID, names[1])
	if err != nil {
		return err
	}
	identity := directoryItemIdentity{types.StringValue(account), types.StringValue(directories[at].ID), types.StringValue(id)}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("directory_id"), identity.DirectoryID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), identity.ID)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identity)...)
	return nil
}

// importByName takes `<name>`, `<account_id>/<name>` or an identity into the attributes account_id and name.
func (p *providerData) importByName(ctx context.Context, name string, req resource.ImportStateRequest, resp *resource.ImportStateResponse) (account, value string, ok bool) {
	account, values, ok := p.importByNames(ctx, []string{name}, req, resp)
	if !ok {
		return "", "", false
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), values[0])...)
	return account, values[0], !resp.Diagnostics.HasError()
}

// importByNames takes `<first>/<second>`, the same with `<account_id>/` in front, or an identity. It puts account_id into
// the state and gives the other values.
func (p *providerData) importByNames(ctx context.Context, names []string, req resource.ImportStateRequest, resp *resource.ImportStateResponse) (account string, values []string, ok bool) {
	own := types.StringNull()
	if req.ID == "" && req.Identity != nil {
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, accountIDPath, &own)...)
		for _, name := range names {
			var text types.String
			resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root(name), &text)...)
			values = append(values, text.ValueString())
		}
	} else if values = strings.SplitN(req.ID, "/", len(names)+1); len(values) > len(names) {
		own, values = types.StringValue(values[0]), values[1:]
		switch isAccount := uuid.Validate(own.ValueString()) == nil; {
		case isAccount:
		case len(names) == 1: // the slash is part of the name
			own, values = types.StringNull(), []string{req.ID}
		default:
			resp.Diagnostics.AddError("Invalid import id", fmt.Sprintf("%q has a part more than %s, and that begins with %q, which is no UUID of an account. What has a slash in its name is named by its id here.", req.ID, english.And(names), own.ValueString()))
			return "", nil, false
		}
	}
	if len(values) != len(names) || slices.Contains(values, "") {
		form := "<" + strings.Join(names, ">/<") + ">"
		resp.Diagnostics.AddError("Invalid import id", fmt.Sprintf("The import id is `%s` or `<account_id>/%s`; %q has no %s.", form, form, req.ID, english.And(names)))
	}
	if resp.Diagnostics.HasError() {
		return "", nil, false
	}
	account, ok = p.scope(own, &resp.Diagnostics)
	if !ok {
		return "", nil, false
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, accountIDPath, account)...)
	return account, values, !resp.Diagnostics.HasError()
}

// importByAccount takes `<account_id>`, with or without the slash of the other resources' ids, or an identity into the
// attribute account_id.
func (p *providerData) importByAccount(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) (account string, ok bool) {
	id := types.StringValue(strings.TrimSuffix(req.ID, "/"))
	if req.ID == "" && req.Identity != nil {
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root("account_id"), &id)...)
	}
	if uuid.Validate(id.ValueString()) != nil {
		resp.Diagnostics.AddError("Invalid import id", fmt.Sprintf("The import id is the account's UUID; %q is none.", id.ValueString()))
		return "", false
	}
	account, ok = p.scope(id, &resp.Diagnostics)
	if ok {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("account_id"), account)...)
	}
	return account, ok && !resp.Diagnostics.HasError()
}
