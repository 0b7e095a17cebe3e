package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

var (
	_ resource.ResourceWithConfigure   = &scimTokenResource{}
	_ resource.ResourceWithModifyPlan  = &scimTokenResource{}
	_ resource.ResourceWithIdentity    = &scimTokenResource{}
	_ resource.ResourceWithImportState = &scimTokenResource{}
)

const (
	// defaultOverlap is how long the old token lives after a rotation unless overlap says otherwise: long enough for the
	// identity provider's own apply and its next push.
	defaultOverlap = "1h"
	// maxOverlap is the most that the API takes.
	maxOverlap = 48 * time.Hour
	// maxLifetime is as far as an end can be set; a token without expires_in has none.
	maxLifetime = 10 * 365 * 24 * time.Hour
	// privatePrevious is the key of the private state that holds the id of the token before the last rotation.
	privatePrevious = "previous"
	// privateRotation is the key of the private state that holds a rotation whose outcome was not known.
	privateRotation = "rotation"

	// tokenNoun names the thing in messages.
	tokenNoun = "SCIM token"
)

func newSCIMTokenResource() resource.Resource { return &scimTokenResource{} }

// scimTokenResource is the secret with which an identity provider pushes into a directory. The caller brings the secret,
// so that one ephemeral value goes to both sides and stays with neither.
type scimTokenResource struct {
	resourceBase
}

// Metadata implements [resource.Resource]. A rotation makes another token, so the identity moves on with it.
func (r *scimTokenResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_scim_token"
	resp.ResourceBehavior.MutableIdentity = true
}

// Schema implements [resource.Resource].
func (r *scimTokenResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The secret with which an identity provider pushes people and groups into a directory. You bring it, as an ephemeral value, and hand the same value to the identity provider's own Terraform provider: it stands in no state and no plan.\n\n" +
			"**Rotation** is one version, bumped on both sides: a new `token_wo_version` sends the secret of that time as a new token, and the old one lives on for `overlap`, so that no push fails in between. The server takes no secret twice, unless its token was deleted before any identity provider used it, so a new version needs a new secret, and a token that was used is rotated, never replaced (`-replace`, a taint). A directory has at most two live tokens: a second rotation within the overlap is rejected.\n\n" +
			"Destroying the resource ends the token, and one that a rotation left overlapping. An imported token has no `token_wo_version`, because its secret cannot be read: the first apply finds that it has the configured secret, or rotates it." + permissionToApply(client.PermissionAdministrateSSO) + missingToday,
		Attributes: map[string]schema.Attribute{
			"id":         schema.StringAttribute{Computed: true, MarkdownDescription: "UUID of the token; another one after a rotation."},
			"account_id": accountIDAttribute(),
			"directory_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Id of the directory, `directory_…`. Changing it replaces the resource.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "What people know the token by. A token cannot be renamed: a new name needs a new `token_wo_version`.",
				Validators:          []validator.String{stringvalidator.LengthBetween(1, 255)},
			},
			"token_wo": schema.StringAttribute{
				Required: true, WriteOnly: true, Sensitive: true,
				MarkdownDescription: "The secret: 32 to 512 of the characters `A-Z a-z 0-9 . _ ~ + / -`, and it may end with `=`. It is written and stands in no state and no plan; it is sent when `token_wo_version` changes.",
				Validators:          []validator.String{bearerToken{}},
			},
			"token_wo_version": schema.Int64Attribute{Required: true, MarkdownDescription: "Version of the secret. A new one rotates: it sends the secret of that time."},
			"expires_in": schema.StringAttribute{
				CustomType:          normalized.Duration.StringType(),
				Optional:            true,
				MarkdownDescription: "How long a token lives from when it is made, such as `2160h` (90 days). A change counts from the next rotation. Left out: until it is rotated or destroyed. A plan warns 30 days before the end.",
				Validators:          []validator.String{durationBetween{time.Second, maxLifetime}},
				PlanModifiers:       []planmodifier.String{normalized.UseStateForEqual(normalized.Duration)},
			},
			"overlap": schema.StringAttribute{
				CustomType: normalized.Duration.StringType(),
				Optional:   true, Computed: true,
				Default:             stringdefault.StaticString(defaultOverlap),
				MarkdownDescription: "How long the old token lives after a rotation, `0s` to `48h`. Default `" + defaultOverlap + "`.",
				Validators:          []validator.String{durationBetween{0, maxOverlap}},
				PlanModifiers:       []planmodifier.String{normalized.UseStateForEqual(normalized.Duration)},
			},
			// When it was last used is not here: it moves with every push, and would be drift each morning.
			"suffix":     schema.StringAttribute{Computed: true, MarkdownDescription: "The secret's last four characters, to tell tokens apart."},
			"created":    schema.StringAttribute{Computed: true, MarkdownDescription: "When the token was made, RFC 3339."},
			"created_by": schema.StringAttribute{Computed: true, MarkdownDescription: "Id of the actor, a user's or a service account's, who made the token over the API; null where the server does not say."},
			"expires_at": schema.StringAttribute{Computed: true, MarkdownDescription: "When it ends, RFC 3339; null for never."},
		},
	}
}

// IdentitySchema implements [resource.ResourceWithIdentity].
func (r *scimTokenResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema("directory_id", "Id of the directory, directory_….", "id", "UUID of the token.")
}

type scimTokenModel struct {
	ID             types.String      `tfsdk:"id"`
	AccountID      types.String      `tfsdk:"account_id"`
	DirectoryID    types.String      `tfsdk:"directory_id"`
	Name           types.String      `tfsdk:"name"`
	TokenWO        types.String      `tfsdk:"token_wo"`
	TokenWOVersion types.Int64       `tfsdk:"token_wo_version"`
	ExpiresIn      normalized.String `tfsdk:"expires_in"`
	Overlap        normalized.String `tfsdk:"overlap"`
	Suffix         types.String      `tfsdk:"suffix"`
	Created        types.String      `tfsdk:"created"`
	CreatedBy      types.String      `tfsdk:"created_by"`
	ExpiresAt      types.String      `tfsdk:"expires_at"`
}

func (m *scimTokenModel) identity(accountID string) directoryItemIdentity {
	return directoryItemIdentity{types.StringValue(accountID), m.DirectoryID, m.ID}
}

// toNew returns the token as it is sent. The secret comes from the configuration: the plan has none.
func (m *scimTokenModel) toNew(secret string, now time.Time) client.NewSCIMToken {
	w := client.NewSCIMToken{Name: m.Name.ValueString(), Token: secret}
	if !m.ExpiresIn.IsNull() {
		expires := now.Add(parseDuration(m.ExpiresIn.ValueString())).UTC().Truncate(time.Second)
		w.ExpiresAt = &expires
	}
	return w
}

// fromAPI takes the server's answer.
func (m *scimTokenModel) fromAPI(accountID string, t *client.SCIMToken) {
	m.ID, m.AccountID = types.StringValue(t.ID), preserveCase(m.AccountID, accountID)
	m.Name, m.Suffix, m.TokenWO = types.StringValue(t.Name), types.StringValue(t.Suffix), types.StringNull()
	m.Created, m.CreatedBy = originFromAPI(t.Origin)
	m.ExpiresAt = timeOrNull(t.ExpiresAt)
}

// observed takes over what the server has said before, where the token stays the same.
func (m *scimTokenModel) observed(prior *scimTokenModel) {
	m.ID, m.Suffix, m.Created, m.CreatedBy, m.ExpiresAt = prior.ID, prior.Suffix, prior.Created, prior.CreatedBy, prior.ExpiresAt
}

// ModifyPlan implements [resource.ResourceWithModifyPlan].
func (r *scimTokenResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer r.data.endPlan(ctx, req, resp, "prefectsso_scim_token")
	if isDestroy(req) {
		return
	}
	r.data.planAccount(ctx, req, resp)
	suppressNoOp(ctx, req, resp, "account_id", "directory_id", "name", "token_wo_version", "expires_in", "overlap")
	var plan scimTokenModel
	resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	var secret types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("token_wo"), &secret)...)
	if isCreate(req) {
		r.checkNew(ctx, &plan, secret.ValueString(), &resp.Diagnostics)
		return
	}
	var prior scimTokenModel
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	switch {
	case resp.Diagnostics.HasError():
	case prior.mayHave(secret):
		if known(plan.Name) && !plan.Name.Equal(prior.Name) {
			resp.Diagnostics.Append(needsSecret())
		}
	case !plan.TokenWOVersion.Equal(prior.TokenWOVersion):
		previous := privateTextAt(ctx, req.Private, privatePrevious, &resp.Diagnostics)
		r.checkNew(ctx, &plan, "", &resp.Diagnostics, prior.ID.ValueString(), previous) // the server refuses a secret that it had, and nothing is lost
	case known(plan.DirectoryID) && !plan.DirectoryID.Equal(prior.DirectoryID) || known(plan.Name) && !plan.Name.Equal(prior.Name):
		resp.Diagnostics.Append(needsSecret())
	default:
		if plan.DirectoryID.IsUnknown() {
			r.checkMove(ctx, &prior, &resp.Diagnostics)
		}
		warnOfTokenExpiry(&prior, time.Now(), &resp.Diagnostics)
		if !plan.ExpiresIn.Equal(prior.ExpiresIn) {
			resp.Diagnostics.Append(warns(noAction, path.Root("expires_in"), "Counts from the next rotation", "The expiry of a token is set when it is created. To change it, rotate the token: bring a new `token_wo`, and bump `token_wo_version`."))
		}
		plan.observed(&prior)
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	}
}

// mayHave reports whether an imported token may have the configured secret, by all that can be read of it.
func (m *scimTokenModel) mayHave(secret types.String) bool {
	return m.TokenWOVersion.IsNull() && endsWith(secret.ValueString(), m.Suffix.ValueString())
}

// Create implements [resource.Resource].
func (r *scimTokenResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m scimTokenModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	sent, err := r.send(ctx, account, &m, nil, req.Config, &resp.Diagnostics)
	if keepUncertain(ctx, tokenNoun, err, english.ErrorSentence, req, resp) || !sent {
		return
	}
	resp.Diagnostics.Append(setCreated(ctx, req, resp, &m, m.identity(account))...)
}

// createdWith finds the id of the token that an Idempotency-Key made; "" for none.
func (r *scimTokenResource) createdWith(ctx context.Context, account string, m *scimTokenModel) func(string) (string, error) {
	return func(key string) (string, error) {
		return r.data.client.SCIMTokenCreatedWith(ctx, account, m.DirectoryID.ValueString(), key)
	}
}

// Read implements [resource.Resource].
func (r *scimTokenResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer r.data.endRead(ctx, resp)
	var m scimTokenModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	if !readUncertain(ctx, tokenNoun, req, resp, &m.ID, func() any { return m.identity(account) }, r.createdWith(ctx, account, &m)) ||
		!r.readRotation(ctx, account, &m, req, resp) {
		return
	}
	live, err := r.data.client.ListSCIMTokens(ctx, account, m.DirectoryID.ValueString())
	if err != nil && !client.IsNotFound(err) {
		resp.Diagnostics.Append(failure("Could not read SCIM token", err))
		return
	}
	at := slices.IndexFunc(live, func(t client.SCIMToken) bool { return t.ID == m.ID.ValueString() })
	if at < 0 {
		r.noteExpired(&m)
		resp.Diagnostics.Append(warns(checkThis, path.Empty(), "SCIM token is gone", fmt.Sprintf("The token %s (…%s) of directory %s no longer works: it has expired, or was deleted outside of Terraform. It is removed from the state; as long as the configuration has it, the plan creates a new one. The server takes no secret twice: bring a new `token_wo`, and bump `token_wo_version` here and at the identity provider.", m.Name.ValueString(), m.Suffix.ValueString(), m.DirectoryID.ValueString())))
		removeFromState(ctx, resp, m.identity(account))
		return
	}
	m.fromAPI(account, &live[at])
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, m.identity(account))...)
}

// Update implements [resource.Resource]. A new version is a new token; what else can change is kept for the next one.
func (r *scimTokenResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m, prior scimTokenModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	switch {
	case !m.TokenWOVersion.Equal(prior.TokenWOVersion):
		sent, err := r.send(ctx, account, &m, &prior, req.Config, &resp.Diagnostics)
		if keepRotation(ctx, err, &m, resp) || !sent {
			return
		}
		if !m.ID.Equal(prior.ID) {
			resp.Diagnostics.Append(resp.Private.SetKey(ctx, privatePrevious, privateText(prior.ID.ValueString()))...)
		}
	case !m.Name.Equal(prior.Name): // it was not known while planning
		resp.Diagnostics.Append(needsSecret())
		return
	default:
		m.observed(&prior)
	}
	resp.Diagnostics.Append(setUpdated(ctx, req, resp, &m, m.identity(account))...)
}

// Delete implements [resource.Resource]: it ends the token, and the one before it where that still overlaps.
func (r *scimTokenResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m scimTokenModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	previous := privateTextAt(ctx, req.Private, privatePrevious, &resp.Diagnostics)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() || !deleteUncertain(ctx, tokenNoun, req, resp, &m.ID, r.createdWith(ctx, account, &m)) {
		return
	}
	ids := []string{m.ID.ValueString()}
	if previous != "" {
		ids = append(ids, previous)
	}
	rotation, ok := rotationAt(ctx, req.Private, &resp.Diagnostics)
	if ok {
		made, err := r.createdWith(ctx, account, &m)(rotation.Key)
		if err != nil && !client.IsNotFound(err) {
			resp.Diagnostics.Append(failure("Could not delete SCIM token", err))
			return
		}
		if made != "" {
			ids = append(ids, made)
		}
	}
	for _, id := range ids {
		over := r.data.run.Underway.Begin(id)
		if err := r.data.client.DeleteSCIMToken(ctx, account, m.DirectoryID.ValueString(), id); err != nil {
			resp.Diagnostics.Append(failure("Could not delete SCIM token", err))
		}
		over()
	}
}

// ImportState implements [resource.ResourceWithImportState]: `<directory id or name>/<token id or name>`, with
// `<account_id>/` in front or not. Its secret cannot be read, so the first apply sends one.
func (r *scimTokenResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if err := r.data.importDirectoryItem(ctx, req, resp, r.find); err != nil {
		resp.Diagnostics.Append(failure("Could not import SCIM token", err))
	}
}

// find returns the id of a directory's live token that is named by its id or name.
func (r *scimTokenResource) find(ctx context.Context, account, directoryID, name string) (string, error) {
	tokens, err := r.data.client.ListSCIMTokens(ctx, account, directoryID)
	if err != nil {
		return "", err
	}
	var found []string
	for _, t := range tokens {
		if strings.EqualFold(t.ID, name) || t.Name == name {
			found = append(found, t.ID)
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("the directory %s has no live token %q%s", directoryID, name, existing(tokens, func(t client.SCIMToken) string { return t.Name }))
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("the directory %s has %d live tokens %q: %s; name one by its id", directoryID, len(found), name, english.Some(found))
}
