package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// identitySchema is the identity of a resource that one name tells apart within its account; without a name, of one
// that there is once an account.
func identitySchema(name, description string) identityschema.Schema {
	attributes := map[string]identityschema.Attribute{
		"account_id": identityschema.StringAttribute{
			OptionalForImport: name != "",
			RequiredForImport: name == "",
			Description:       "UUID of the account.",
		},
	}
	if name != "" {
		attributes[name] = identityschema.StringAttribute{RequiredForImport: true, Description: description}
	}
	return identityschema.Schema{Attributes: attributes}
}

// importByName takes `<name>`, `<account_id>/<name>` or an identity into the attributes account_id and name.
func (s *session) importByName(ctx context.Context, name string, req resource.ImportStateRequest, resp *resource.ImportStateResponse) (account, value string, ok bool) {
	own := types.StringNull()
	switch {
	case req.ID != "":
		value = req.ID
		if front, rest, found := strings.Cut(req.ID, "/"); found {
			own, value = types.StringValue(front), rest
		}
	case req.Identity != nil:
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root("account_id"), &own)...)
		var text types.String
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root(name), &text)...)
		value = text.ValueString()
	}
	if value == "" {
		resp.Diagnostics.AddError("Invalid import id", fmt.Sprintf("The import id is `<%s>` or `<account_id>/<%s>`; %q has no %s.", name, name, req.ID, name))
	}
	if resp.Diagnostics.HasError() {
		return "", "", false
	}
	account, ok = s.scope(own, &resp.Diagnostics)
	if !ok {
		return "", "", false
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("account_id"), account)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
	return account, value, !resp.Diagnostics.HasError()
}

// importByAccount takes `<account_id>`, with or without the slash of the other resources' ids, or an identity into the
// attribute account_id.
func (s *session) importByAccount(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) (account string, ok bool) {
	id := types.StringValue(strings.TrimSuffix(req.ID, "/"))
	if req.ID == "" && req.Identity != nil {
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root("account_id"), &id)...)
	}
	if uuid.Validate(id.ValueString()) != nil {
		resp.Diagnostics.AddError("Invalid import id", fmt.Sprintf("The import id is the account's UUID; %q is none.", id.ValueString()))
		return "", false
	}
	account, ok = s.scope(id, &resp.Diagnostics)
	if ok {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("account_id"), account)...)
	}
	return account, ok && !resp.Diagnostics.HasError()
}
