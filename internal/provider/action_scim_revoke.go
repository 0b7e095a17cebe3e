package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/action"
	actionschema "github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

var (
	_ action.ActionWithConfigure  = (*scimRevokeAction)(nil)
	_ action.ActionWithModifyPlan = (*scimRevokeAction)(nil)
)

func newSCIMTokenRevokeAction() action.Action {
	return &scimRevokeAction{kind: "scim_token", noun: tokenNoun, revoke: func(ctx context.Context, c *client.Client, account, directory, id string) (bool, error) {
		live, err := c.ListSCIMTokens(ctx, account, directory)
		for _, token := range live {
			if strings.EqualFold(token.ID, id) {
				return true, c.DeleteSCIMToken(ctx, account, directory, id)
			}
		}
		return false, err
	}}
}

func newSCIMClientRevokeAction() action.Action {
	return &scimRevokeAction{kind: "scim_client", noun: clientNoun, revoke: func(ctx context.Context, c *client.Client, account, directory, id string) (bool, error) {
		live, err := c.ListSCIMClients(ctx, account, directory)
		for _, one := range live {
			if strings.EqualFold(one.ID, id) {
				return true, c.DeleteSCIMClient(ctx, account, directory, id)
			}
		}
		return false, err
	}}
}

// scimRevokeAction ends a SCIM token, or an OAuth client with all that it was given, at once.
type scimRevokeAction struct {
	actionBase
	kind, noun string
	// revoke ends one, and says whether there was one to end.
	revoke func(ctx context.Context, c *client.Client, account, directory, id string) (bool, error)
}

type scimRevokeModel struct {
	AccountID   types.String `tfsdk:"account_id"`
	DirectoryID types.String `tfsdk:"directory_id"`
	ID          types.String `tfsdk:"id"`
}

// Metadata implements [action.Action].
func (a *scimRevokeAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + a.kind + "_revoke"
}

// Schema implements [action.Action].
func (a *scimRevokeAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = actionschema.Schema{
		MarkdownDescription: fmt.Sprintf("Ends a %s at once, as when it was leaked: the next push with it is rejected. One that is gone already is success. A `prefectsso_%s` that manages it leaves the state at its next refresh, and is made anew with a secret of a new version.", a.noun, a.kind) + missingToday,
		Attributes: map[string]actionschema.Attribute{
			"account_id":   actionAccount(),
			"directory_id": actionText("Id of the directory, `directory_…`."),
			"id":           actionText("UUID of the " + a.noun + "."),
		},
	}
}

// ModifyPlan implements [action.ActionWithModifyPlan].
func (a *scimRevokeAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	var m scimRevokeModel
	a.plan(ctx, req, resp, &m, &m.AccountID, client.PermissionAdministrateSSO, a.offered(ctx, &resp.Diagnostics))
}

// Invoke implements [action.Action].
func (a *scimRevokeAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var m scimRevokeModel
	account, ok := a.begin(ctx, req, resp, &m, &m.AccountID)
	if !ok {
		return
	}
	ended, err := a.revoke(ctx, a.data.client, account, m.DirectoryID.ValueString(), m.ID.ValueString())
	switch {
	case err != nil:
		resp.Diagnostics.Append(failureAt(path.Root("id"), "Could not revoke the "+a.noun, err))
	case ended:
		said(resp, fmt.Sprintf("The %s %s is revoked: the identity provider cannot push with it any more.", a.noun, m.ID.ValueString()))
	default:
		said(resp, fmt.Sprintf("The directory has no %s %s: there was nothing to revoke.", a.noun, m.ID.ValueString()))
	}
}
