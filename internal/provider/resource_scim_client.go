package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
)

var (
	_ resource.ResourceWithConfigure   = &scimClientResource{}
	_ resource.ResourceWithModifyPlan  = &scimClientResource{}
	_ resource.ResourceWithIdentity    = &scimClientResource{}
	_ resource.ResourceWithImportState = &scimClientResource{}
)

// privateSent is the key of the private state that holds the suffix of the secret that was sent last, where the client
// has got another one since.
const privateSent = "sent"

// clientNoun names the thing in messages.
const clientNoun = "SCIM client"

func newSCIMClientResource() resource.Resource { return &scimClientResource{} }

// scimClientResource is an OAuth 2.0 client with which an identity provider pushes into a directory. The caller brings the
// secret, so that one ephemeral value goes to both sides and stays with neither.
type scimClientResource struct {
	resourceBase
}

// Metadata implements [resource.Resource].
func (r *scimClientResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_scim_client"
}

// IdentitySchema implements [resource.ResourceWithIdentity].
func (r *scimClientResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema("directory_id", "Id of the directory, directory_….", "id", "UUID of the client.")
}

// ModifyPlan implements [resource.ResourceWithModifyPlan].
func (r *scimClientResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer r.data.endPlan(ctx, req, resp, "prefectsso_scim_client")
	if isDestroy(req) {
		return
	}
	r.data.planAccount(ctx, req, resp)
	suppressNoOp(ctx, req, resp, "account_id", "directory_id", "name", "secret_wo_version", "overlap")
	var plan, prior scimClientModel
	var secret types.String
	resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("secret_wo"), &secret)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if isCreate(req) {
		r.checkNew(ctx, &plan, secret.ValueString(), &resp.Diagnostics)
		return
	}
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	sent := privateTextAt(ctx, req.Private, privateSent, &resp.Diagnostics)
	moves := known(plan.DirectoryID) && !plan.DirectoryID.Equal(prior.DirectoryID)
	switch {
	case resp.Diagnostics.HasError():
	case plan.SecretWOVersion.Equal(prior.SecretWOVersion) && (moves || known(plan.Name) && !plan.Name.Equal(prior.Name)):
		resp.Diagnostics.Append(needsClientSecret())
	case plan.SecretWOVersion.Equal(prior.SecretWOVersion):
		if plan.DirectoryID.IsUnknown() {
			r.checkMove(ctx, &prior, &resp.Diagnostics)
		}
		plan.Suffix, plan.SecretCreated = prior.Suffix, prior.SecretCreated
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	case moves && endsWith(secret.ValueString(), prior.Suffix.ValueString()): // it would be ended first
		resp.Diagnostics.Append(secretWasUsed("The client's own secret ends"))
	case moves || plan.DirectoryID.IsUnknown():
		r.checkNew(ctx, &plan, secret.ValueString(), &resp.Diagnostics)
	default:
		r.checkRotation(ctx, &plan, &prior, secret.ValueString(), sent, &resp.Diagnostics)
	}
}

// checkMove looks whether a client can go on whose directory is not known yet, and which brings no new secret: not where the
// plan replaces its directory, and an identity provider has used the secret.
func (r *scimClientResource) checkMove(ctx context.Context, prior *scimClientModel, diags *diag.Diagnostics) {
	unless := asWarning(needsClientSecret(), " Unless the directory stays the same, applying this plan ends the client and then fails.")
	if r.data == nil || r.data.client == nil || !r.data.run.Ends.HasDirectory(prior.DirectoryID.ValueString()) {
		diags.Append(unless)
		return
	}
	c, err := r.data.client.GetSCIMClient(ctx, prior.AccountID.ValueString(), prior.DirectoryID.ValueString(), prior.ID.ValueString())
	switch {
	case client.IsNotFound(err):
	case err != nil:
		diags.Append(clientFailure("Could not read SCIM client", err))
	case newestSecret(c).LastUsedAt != nil:
		diags.Append(needsClientSecret())
	default:
		diags.Append(unless)
	}
}

// needsClientSecret returns the error of a change that a client cannot take without another secret.
func needsClientSecret() diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("secret_wo_version"), "Another name or directory needs a new secret", "A client gets another name only together with another secret, and in another directory it is another client; the server takes no secret twice. Bring a new `secret_wo`, and bump `secret_wo_version` here and at the identity provider.")
}

// secretWasUsed returns the error of a secret like one that is in use, which whose says.
func secretWasUsed(whose string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("secret_wo"), "Secret was used before", whose+" with the same four characters, and the server takes no secret twice. Bring a new `secret_wo`, and bump `secret_wo_version` here and at the identity provider. A client is rotated, never replaced: take `-replace` away, or a taint by `terraform untaint`.")
}

// checkNew finds out while planning what would make the creation fail. That the server offers no clients is an error, and
// so is a secret like that of the live client of the same name: a replacement would end that one first.
func (r *scimClientResource) checkNew(ctx context.Context, plan *scimClientModel, secret string, diags *diag.Diagnostics) {
	if plan.AccountID.IsUnknown() || !r.data.canPlan(diags) {
		return
	}
	account, directory := plan.AccountID.ValueString(), plan.DirectoryID.ValueString()
	if plan.DirectoryID.IsUnknown() {
		if err := r.data.checkOffered(ctx, account); err != nil {
			diags.Append(clientFailure("Could not read SCIM clients", err))
		}
		return
	}
	live, err := r.data.client.ListSCIMClients(ctx, account, directory)
	if client.IsNotFound(err) { // gone by now, or it comes until then
		diags.Append(saysDirectoryAbsent(directory, account).warning(path.Root("directory_id")))
		return
	}
	if err != nil {
		diags.Append(clientFailure("Could not read SCIM clients", err))
		return
	}
	at := slices.IndexFunc(live, func(c client.SCIMClient) bool { return known(plan.Name) && c.Name == plan.Name.ValueString() })
	if at < 0 {
		return
	}
	if slices.ContainsFunc(live[at].Secrets, func(s client.SCIMClientSecret) bool { return s.LastUsedAt != nil && endsWith(secret, s.Suffix) }) {
		d := secretWasUsed(fmt.Sprintf("The directory %s has a client %s (%s), a secret of which ends", directory, live[at].Name, live[at].ID))
		diags.AddAttributeError(path.Root("secret_wo"), d.Summary(), fmt.Sprintf("%s If an earlier apply made the client and broke off, import it:\n\n  terraform import prefectsso_scim_client.<name> %q", d.Detail(), account+"/"+directory+"/"+live[at].ID))
		return
	}
	diags.Append(warns(checkThis, path.Root("name"), "SCIM client exists already", fmt.Sprintf("The directory %s has a client %s (%s). Unless it is gone by then, as where this plan replaces it, applying this plan fails.", directory, live[at].Name, live[at].ID)))
}

// checkRotation finds out while planning what would make a rotation fail. sent is the suffix of the secret that was sent
// last, where the client has got another one since.
func (r *scimClientResource) checkRotation(ctx context.Context, plan, prior *scimClientModel, secret, sent string, diags *diag.Diagnostics) {
	if !r.data.canPlan(diags) {
		return
	}
	c, err := r.data.client.GetSCIMClient(ctx, prior.AccountID.ValueString(), prior.DirectoryID.ValueString(), prior.ID.ValueString())
	if client.IsNotFound(err) {
		return // it was there when the state was read; the apply says so
	}
	if err != nil {
		diags.Append(clientFailure("Could not read SCIM client", err))
		return
	}
	newest := endsWith(secret, newestSecret(c).Suffix)
	if newest && prior.SecretWOVersion.IsNull() {
		return // what it has already, after an import or an apply that broke off
	}
	// Four characters are no proof, and a rotation that is refused loses nothing, so this is no error.
	if secret != "" && (newest || endsWith(secret, sent) || hasOldSecret(c, secret[max(0, len(secret)-4):])) {
		diags.Append(warns(checkThis, path.Root("secret_wo"), "Secret may have been used before", fmt.Sprintf("A secret that the client %s has or had (…%s) ends with the same four characters, and the server takes no secret twice. Unless this is another one, applying this plan fails: bring a new `secret_wo`, and bump `secret_wo_version` here and at the identity provider.", c.Name, secret[max(0, len(secret)-4):])))
	}
	switch d := noSecretRoom(c, plan.overlap()); {
	case d == nil:
	case slices.ContainsFunc(c.Secrets, func(s client.SCIMClientSecret) bool { return endsSoon(s.ExpiresAt) }):
		diags.Append(asWarning(d, " Unless there is room by then, applying this plan fails."))
	default: // all are the client's own, and go on
		diags.Append(d)
	}
}

// noSecretRoom returns the error of a secret beside which there are too many already.
func noSecretRoom(c *client.SCIMClient, overlap time.Duration) diag.Diagnostic {
	if overlap == 0 || len(c.Secrets) < client.MaxSCIMClientSecrets {
		return nil
	}
	var names []string
	for _, s := range c.Secrets {
		expires := "never expires"
		if s.ExpiresAt != nil {
			expires = "expires " + s.ExpiresAt.UTC().Format(time.RFC3339)
		}
		names = append(names, fmt.Sprintf("…%s (%s)", s.Suffix, expires))
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("secret_wo_version"), "Too many live secrets", fmt.Sprintf("The client %s has %s. At most %d live at once: wait until one expires, or set `overlap = \"0s\"`, which ends all older ones with the rotation.", c.Name, english.And(names), client.MaxSCIMClientSecrets))
}

// clientExists returns the error of a name that another client has.
func clientExists(account, directory, id, name string) diag.Diagnostic {
	return alreadyExists(path.Root("name"), "SCIM client exists already", fmt.Sprintf("The directory %s has a client %s (%s).", directory, name, id),
		"prefectsso_scim_client", account+"/"+directory+"/"+id, "name", "give one of the two another name")
}

// clientFailure is failure, and says what a person does where the server has no clients.
func clientFailure(summary string, err error) diag.Diagnostic {
	var offered *client.NotOfferedError
	if errors.As(err, &offered) {
		return diag.NewErrorDiagnostic(summary, fmt.Sprintf("This server has no OAuth clients for directory sync, as today's Prefect Cloud: an identity provider pushes there with a token, which a person takes from the configuration dashboard. While nothing is configured yet, the resource prefectsso_setup_link with `kind = %q` gives the link; after that, Prefect's support gives a fresh one.%s", setupDirectorySync, origin(offered.Err)))
	}
	return failureAtField(clientArguments, summary, err)
}

// clientArguments finds the argument for a field of the API.
var clientArguments = map[string]path.Path{
	"name":                          path.Root("name"),
	"client_secret":                 path.Root("secret_wo"),
	"old_secret_expires_in_seconds": path.Root("overlap"),
}

// Create implements [resource.Resource].
func (r *scimClientResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	const summary = "Could not create SCIM client"
	var m scimClientModel
	var secret types.String
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("secret_wo"), &secret)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	directory := m.DirectoryID.ValueString()
	if !r.data.reserve("prefectsso_scim_client", account, run.SCIMClient, path.Root("name"), &resp.Diagnostics, m.inDirectory(m.Name)) {
		return
	}
	// The list tells a directory that is not there from a server that offers none.
	switch _, err := r.data.client.ListSCIMClients(ctx, account, directory); {
	case client.IsNotFound(err):
		resp.Diagnostics.AddAttributeError(path.Root("directory_id"), summary, fmt.Sprintf("Account %s has no directory %s.", account, directory))
		return
	case err != nil:
		resp.Diagnostics.Append(clientFailure(summary, err))
		return
	}
	created, err := createInTurn(ctx, r.data, func(key string) (*client.CreatedSCIMClient, error) {
		return r.data.client.CreateSCIMClient(ctx, account, directory, key, client.NewSCIMClient{Name: m.Name.ValueString(), Secret: secret.ValueString()})
	})
	if keepUncertain(ctx, clientNoun, err, english.ErrorSentence, req, resp) {
		return
	}
	if err != nil {
		resp.Diagnostics.Append(r.writeFailure(ctx, account, summary, &m, err))
		return
	}
	m.fromAPI(account, &created.SCIMClient)
	resp.Diagnostics.Append(setCreated(ctx, req, resp, &m, m.identity(account))...)
}

// createdWith finds the id of the client that an Idempotency-Key made; "" for none.
func (r *scimClientResource) createdWith(ctx context.Context, account string, m *scimClientModel) func(string) (string, error) {
	return func(key string) (string, error) {
		return r.data.client.SCIMClientCreatedWith(ctx, account, m.DirectoryID.ValueString(), key)
	}
}

// refusedSecret returns the error of a secret that the server did not take.
func refusedSecret(summary, directory string, err error) diag.Diagnostic {
	if !client.IsConflict(err) {
		return clientFailure(summary, err)
	}
	whose := ""
	if id := client.ExistingID(err); id != "" {
		whose = fmt.Sprintf(" Here it is in use in the directory %s itself (%s).", directory, id)
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("secret_wo"), "Secret was used before", "The server takes no secret twice, also not one that has expired, or was used and deleted, or is a token's or belongs to another directory."+whose+" Bring a new `secret_wo`, and bump `secret_wo_version` here and at the identity provider.\n\n"+reason(err))
}

// Read implements [resource.Resource].
func (r *scimClientResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer r.data.endRead(ctx, resp)
	var m scimClientModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	if !readUncertain(ctx, clientNoun, req, resp, &m.ID, func() any { return m.identity(account) }, r.createdWith(ctx, account, &m)) {
		return
	}
	c, err := r.data.client.GetSCIMClient(ctx, account, m.DirectoryID.ValueString(), m.ID.ValueString())
	if client.IsNotFound(err) {
		resp.Diagnostics.Append(warns(checkThis, path.Empty(), "SCIM client is gone", fmt.Sprintf("The client %s (%s) of directory %s no longer exists: it, or the directory, was deleted outside of Terraform. It is removed from the state; as long as the configuration has it, the plan creates a new one, with another `client_id`. The server takes no secret twice that was used: bring a new `secret_wo`, and bump `secret_wo_version` here and at the identity provider.", m.Name.ValueString(), m.ID.ValueString(), m.DirectoryID.ValueString())))
		removeFromState(ctx, resp, m.identity(account))
		return
	}
	if err != nil {
		resp.Diagnostics.Append(clientFailure("Could not read SCIM client", err))
		return
	}
	if m.rotatedBy(c) && !m.SecretWOVersion.IsNull() {
		resp.Diagnostics.Append(warns(checkThis, path.Root("secret_wo_version"), "SCIM client got another secret", fmt.Sprintf("The newest secret of the client %s ends with %s, not with %s: it was rotated outside of Terraform, or by an apply that broke off. The plan rotates it. Unless the configuration has that newest secret, bring a new `secret_wo`, and bump `secret_wo_version` here and at the identity provider.", c.Name, newestSecret(c).Suffix, m.Suffix.ValueString())))
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, privateSent, privateText(m.Suffix.ValueString()))...)
		m.SecretWOVersion = types.Int64Null()
	}
	m.fromAPI(account, c)
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, m.identity(account))...)
}

// Update implements [resource.Resource]. A new version is a new secret; overlap alone is kept for the next one.
func (r *scimClientResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m, prior scimClientModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	if !r.data.reserve("prefectsso_scim_client", account, run.SCIMClient, path.Root("name"), &resp.Diagnostics, m.inDirectory(m.Name), m.inDirectory(prior.ID)) {
		return
	}
	switch {
	case !m.SecretWOVersion.Equal(prior.SecretWOVersion):
		c := r.rotate(ctx, account, &m, &prior, req.Config, &resp.Diagnostics)
		if c == nil {
			return
		}
		m.fromAPI(account, c)
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, privateSent, privateText(""))...)
	case !m.Name.Equal(prior.Name): // it was not known while planning
		resp.Diagnostics.Append(needsClientSecret())
		return
	default:
		m.Suffix, m.SecretCreated = prior.Suffix, prior.SecretCreated
	}
	resp.Diagnostics.Append(setUpdated(ctx, req, resp, &m, m.identity(account))...)
}

// rotate sends the configured secret, and returns the client as it then is; nil after an error. A client that has the
// secret already, as its newest, after an import or a rotation whose answer was lost, keeps it.
func (r *scimClientResource) rotate(ctx context.Context, account string, m, prior *scimClientModel, config tfsdk.Config, diags *diag.Diagnostics) *client.SCIMClient {
	const summary = "Could not rotate SCIM client"
	var secret types.String
	diags.Append(config.GetAttribute(ctx, path.Root("secret_wo"), &secret)...)
	if diags.HasError() {
		return nil
	}
	directory, id := m.DirectoryID.ValueString(), prior.ID.ValueString()
	before, err := r.data.client.GetSCIMClient(ctx, account, directory, id)
	if err != nil {
		diags.Append(clientFailure(summary, err))
		return nil
	}
	has := endsWith(secret.ValueString(), newestSecret(before).Suffix) && !hasOldSecret(before, newestSecret(before).Suffix)
	if d := noSecretRoom(before, m.overlap()); d != nil && !has {
		diags.Append(d)
		return nil
	}
	rotation := client.SCIMClientRotation{Secret: secret.ValueString()}
	if before.Name != m.Name.ValueString() {
		rotation.Name = m.Name.ValueStringPointer()
	}
	seconds := int64(m.overlap() / time.Second)
	rotation.OldSecretExpiresInSeconds = &seconds
	rotated, err := r.data.client.RotateSCIMClient(ctx, account, directory, id, uuid.NewString(), rotation)
	switch {
	case err == nil:
		return &rotated.SCIMClient
	case !strings.EqualFold(client.ExistingID(err), id):
		diags.Append(r.writeFailure(ctx, account, summary, m, err))
	case has && rotation.Name == nil && (prior.SecretWOVersion.IsNull() || prior.Suffix.ValueString() != newestSecret(before).Suffix):
		return before
	default:
		diags.Append(refusedSecret(summary, directory, err))
	}
	return nil
}

// writeFailure returns what is said when a client could not be made or rotated: that another one has the name, where that
// is it.
func (r *scimClientResource) writeFailure(ctx context.Context, account, summary string, m *scimClientModel, err error) diag.Diagnostic {
	directory := m.DirectoryID.ValueString()
	if id := client.ExistingID(err); id != "" {
		if other, readErr := r.data.client.GetSCIMClient(ctx, account, directory, id); readErr == nil && other.Name == m.Name.ValueString() {
			return clientExists(account, directory, id, other.Name)
		}
	}
	return refusedSecret(summary, directory, err)
}

// Delete implements [resource.Resource].
func (r *scimClientResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m scimClientModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	if !deleteUncertain(ctx, clientNoun, req, resp, &m.ID, r.createdWith(ctx, account, &m)) {
		return
	}
	defer r.data.run.Underway.Begin(m.ID.ValueString())()
	if err := r.data.client.DeleteSCIMClient(ctx, account, m.DirectoryID.ValueString(), m.ID.ValueString()); err != nil {
		resp.Diagnostics.Append(failure("Could not delete SCIM client", err))
	}
}

// ImportState implements [resource.ResourceWithImportState]: `<directory id or name>/<client id or name>`, with
// `<account_id>/` in front or not. Its secret cannot be read, so the first apply sends one.
func (r *scimClientResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if err := r.data.importDirectoryItem(ctx, req, resp, r.find); err != nil {
		resp.Diagnostics.Append(clientFailure("Could not import SCIM client", err))
	}
}

// find returns the id of a directory's client that is named by its id or name.
func (r *scimClientResource) find(ctx context.Context, account, directoryID, name string) (string, error) {
	clients, err := r.data.client.ListSCIMClients(ctx, account, directoryID)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(clients, func(c client.SCIMClient) bool { return strings.EqualFold(c.ID, name) || c.Name == name })
	if at < 0 {
		return "", fmt.Errorf("the directory %s has no client %q%s", directoryID, name, existing(clients, func(c client.SCIMClient) string { return c.Name }))
	}
	return clients[at].ID, nil
}
