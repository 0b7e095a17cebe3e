package provider

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

// Schema implements [resource.Resource].
func (r *scimClientResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "An OAuth 2.0 client with which an identity provider pushes people and groups into a directory: it gets itself access tokens, each for an hour, with the client's id and secret (the client credentials grant, RFC 6749). Take it where the identity provider asks for a token endpoint, a client id and a secret; one that asks for a token takes a `prefectsso_scim_token`. You bring the secret, as an ephemeral value, and hand the same value to the identity provider's own Terraform provider: it stands in no state and no plan.\n\n" +
			"**Rotation** is one version, bumped on both sides: a new `secret_wo_version` sends the secret of that time, and the old one, with the access tokens that it got, lives on for `overlap`, so that no push fails in between. The client and its id stay. The server takes no secret twice, unless its client was deleted before any identity provider used it, so a new version needs a new secret, and a client that was used is rotated, never replaced (`-replace`, a taint). A client has at most two live secrets: a second rotation within the overlap is rejected, unless its own `overlap` is `0s`, which ends all older secrets at once. A secret that somebody else has given the client since shows as a missing `secret_wo_version`, and the next apply rotates it with the secret of that time.\n\n" +
			"Destroying the resource ends the client, its secrets and its access tokens at once. An imported client has no `secret_wo_version` either: the first apply gives it the configured secret, or finds that it has it." + permissionToApply(client.PermissionAdministrateSSO) + missingToday,
		Attributes: map[string]schema.Attribute{
			"id":         observed("UUID of the client; it stays the same when the secret is rotated."),
			"account_id": accountIDAttribute(),
			"directory_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Id of the directory, `directory_…`. Changing it replaces the resource, and needs a new secret.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "What people know the client by; no other client of the directory has it. A client is renamed as its secret is rotated: a new name needs a new `secret_wo_version`.",
				Validators:          []validator.String{stringvalidator.LengthBetween(1, 255)},
			},
			"secret_wo": schema.StringAttribute{
				Required: true, WriteOnly: true, Sensitive: true,
				MarkdownDescription: "The secret: 32 to 512 of the characters `A-Z a-z 0-9 . _ ~ + / -`, and it may end with `=`. Identity providers that do not form-encode it in the Authorization header, as RFC 6749 asks, need one without `+`. It is written and stands in no state and no plan; it is sent when `secret_wo_version` changes.",
				Validators:          []validator.String{bearerToken{"client's secret"}},
			},
			"secret_wo_version": schema.Int64Attribute{Required: true, MarkdownDescription: "Version of the secret. A new one rotates: it sends the secret of that time."},
			"overlap": schema.StringAttribute{
				CustomType: normalized.Duration.StringType(),
				Optional:   true, Computed: true,
				Default:             stringdefault.StaticString(defaultOverlap),
				MarkdownDescription: "How long the old secret lives after a rotation, `0s` to `48h`. Default `" + defaultOverlap + "`.",
				Validators:          []validator.String{durationBetween{0, maxOverlap}},
				PlanModifiers:       []planmodifier.String{normalized.UseStateForEqual(normalized.Duration)},
			},
			// When it was last used is not here: it moves with every push, and would be drift each morning.
			"client_id":      observed("The `client_id` to give the identity provider: the id."),
			"token_endpoint": observed("The address at which the identity provider gets its access tokens."),
			"suffix":         schema.StringAttribute{Computed: true, MarkdownDescription: "The newest secret's last four characters, to tell secrets apart."},
			"created":        createdAttribute("client"),
			"created_by":     createdByAttribute("client"),
			"secret_created": schema.StringAttribute{Computed: true, MarkdownDescription: "When the newest secret was given to the client, RFC 3339."},
		},
	}
}

type scimClientModel struct {
	ID              types.String      `tfsdk:"id"`
	AccountID       types.String      `tfsdk:"account_id"`
	DirectoryID     types.String      `tfsdk:"directory_id"`
	Name            types.String      `tfsdk:"name"`
	SecretWO        types.String      `tfsdk:"secret_wo"`
	SecretWOVersion types.Int64       `tfsdk:"secret_wo_version"`
	Overlap         normalized.String `tfsdk:"overlap"`
	ClientID        types.String      `tfsdk:"client_id"`
	TokenEndpoint   types.String      `tfsdk:"token_endpoint"`
	Suffix          types.String      `tfsdk:"suffix"`
	Created         types.String      `tfsdk:"created"`
	CreatedBy       types.String      `tfsdk:"created_by"`
	SecretCreated   types.String      `tfsdk:"secret_created"`
}

func (m *scimClientModel) identity(accountID string) directoryItemIdentity {
	return directoryItemIdentity{types.StringValue(accountID), m.DirectoryID, m.ID}
}

// inDirectory returns a name or id of a client as what the resource reserves.
func (m *scimClientModel) inDirectory(name types.String) string {
	return name.ValueString() + " of " + m.DirectoryID.ValueString()
}

// fromAPI takes the server's answer.
func (m *scimClientModel) fromAPI(accountID string, c *client.SCIMClient) {
	m.ID, m.ClientID, m.AccountID = types.StringValue(c.ID), types.StringValue(c.ID), preserveCase(m.AccountID, accountID)
	m.Name, m.TokenEndpoint, m.SecretWO = types.StringValue(c.Name), textOrNull(c.TokenEndpoint), types.StringNull()
	m.Created, m.CreatedBy = originFromAPI(c.Origin)
	newest := newestSecret(c)
	m.Suffix, m.SecretCreated = textOrNull(newest.Suffix), timeOrNull(&newest.Created)
}

// rotatedBy reports whether a client has another secret than the state has seen.
func (m *scimClientModel) rotatedBy(c *client.SCIMClient) bool {
	newest := newestSecret(c)
	return known(m.Suffix) && (m.Suffix.ValueString() != newest.Suffix || !parseTime(m.SecretCreated.ValueString()).Equal(newest.Created))
}

// newestSecret returns the one that a client got last; none where all have ended.
func newestSecret(c *client.SCIMClient) client.SCIMClientSecret {
	if len(c.Secrets) == 0 {
		return client.SCIMClientSecret{}
	}
	return c.Secrets[0]
}

// hasOldSecret reports whether another live secret than the newest ends like this.
func hasOldSecret(c *client.SCIMClient, suffix string) bool {
	for _, s := range c.Secrets[min(1, len(c.Secrets)):] {
		if s.Suffix == suffix {
			return true
		}
	}
	return false
}

// endsWith reports whether a secret may be the one with a suffix.
func endsWith(secret, suffix string) bool { return suffix != "" && strings.HasSuffix(secret, suffix) }

// overlap is how long older secrets go on.
func (m *scimClientModel) overlap() time.Duration { return parseDuration(m.Overlap.ValueString()) }
