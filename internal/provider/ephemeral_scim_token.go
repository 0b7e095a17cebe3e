package provider

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

var (
	_ ephemeral.EphemeralResourceWithConfigure = &scimTokenEphemeral{}
	_ ephemeral.EphemeralResourceWithClose     = &scimTokenEphemeral{}
)

// privateOpened is the key of the private data that holds what Close has to end.
const privateOpened = "opened"

func newSCIMTokenEphemeral() ephemeral.EphemeralResource { return &scimTokenEphemeral{} }

// scimTokenEphemeral is a token for one run of Terraform.
type scimTokenEphemeral struct {
	ephemeralBase
}

// Metadata implements [ephemeral.EphemeralResource].
func (e *scimTokenEphemeral) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_scim_token"
}

// Schema implements [ephemeral.EphemeralResource].
func (e *scimTokenEphemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A SCIM token for this run of Terraform: made when it is first needed, ended when the run no longer needs it, and dead after an hour in any case. The server makes the secret; it stands in no state and no plan. It does not count towards the two tokens that a directory may have. There is one for each plan and one for each apply. A run that is interrupted (Ctrl-C) does not end its token: Terraform stops before that, and the token lives out its hour." + missingToday,
		Attributes: map[string]schema.Attribute{
			"account_id": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "UUID of the account. Default: the provider's `account_id`.",
				Validators:          isUUID(),
			},
			"directory_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Id of the directory, `directory_…`.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"name": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "What the audit trail calls the token. Default `terraform run`.",
				Validators:          []validator.String{stringvalidator.LengthBetween(1, 255)},
			},
			"token":      schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The secret."},
			"id":         schema.StringAttribute{Computed: true, MarkdownDescription: "UUID of the token."},
			"expires_at": schema.StringAttribute{Computed: true, MarkdownDescription: "When it ends in any case, RFC 3339."},
		},
	}
}

type scimTokenEphemeralModel struct {
	AccountID   types.String `tfsdk:"account_id"`
	DirectoryID types.String `tfsdk:"directory_id"`
	Name        types.String `tfsdk:"name"`
	Token       types.String `tfsdk:"token"`
	ID          types.String `tfsdk:"id"`
	ExpiresAt   types.String `tfsdk:"expires_at"`
}

// openedToken is what Close has to know of a token.
type openedToken struct {
	AccountID   string `json:"account_id"`
	DirectoryID string `json:"directory_id"`
	ID          string `json:"id"`
}

// Open implements [ephemeral.EphemeralResource].
func (e *scimTokenEphemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	defer e.data.sayKeyShortly(&resp.Diagnostics)
	const summary = "Could not create SCIM token"
	var m scimTokenEphemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	account, ok := e.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	m.AccountID, m.Name = preserveCase(m.AccountID, account), textOr(m.Name, "terraform run")
	// The list tells a directory that is not there from a server that offers none.
	_, err := e.data.client.ListSCIMTokens(ctx, account, m.DirectoryID.ValueString())
	var token *client.CreatedSCIMToken
	if err == nil {
		token, err = e.data.client.CreateSCIMToken(ctx, account, m.DirectoryID.ValueString(), uuid.NewString(), client.NewSCIMToken{Name: m.Name.ValueString(), Run: true})
	}
	if err != nil {
		resp.Diagnostics.Append(failureAt(path.Root("directory_id"), summary, err))
		return
	}
	// Noted first: whatever happens from here on, Close finds the token.
	opened, err := json.Marshal(openedToken{account, m.DirectoryID.ValueString(), token.ID})
	if err != nil {
		resp.Diagnostics.AddError(summary, english.ErrorSentence(err))
		return
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, privateOpened, opened)...)
	m.Token, m.ID, m.ExpiresAt = types.StringValue(token.Token), types.StringValue(token.ID), timeOrNull(token.ExpiresAt)
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}

// Close implements [ephemeral.EphemeralResourceWithClose].
func (e *scimTokenEphemeral) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	text, diags := req.Private.GetKey(ctx, privateOpened)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || text == nil || !e.data.ready(&resp.Diagnostics) {
		return
	}
	var opened openedToken
	err := json.Unmarshal(text, &opened)
	if err == nil {
		err = e.data.client.DeleteSCIMToken(ctx, opened.AccountID, opened.DirectoryID, opened.ID)
	}
	if err != nil {
		resp.Diagnostics.Append(warns(noAction, path.Empty(), "SCIM token of this run lives on", reason(err)+" It ends by itself within an hour."))
	}
}
