package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/access/planned"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
)

var (
	_ resource.ResourceWithConfigure   = &scimDirectoryResource{}
	_ resource.ResourceWithModifyPlan  = &scimDirectoryResource{}
	_ resource.ResourceWithImportState = &scimDirectoryResource{}
	_ resource.ResourceWithIdentity    = &scimDirectoryResource{}
)

// directoryNoun names the thing in messages.
const directoryNoun = "SCIM directory"

func newSCIMDirectoryResource() resource.Resource { return &scimDirectoryResource{} }

// scimDirectoryResource is a directory that pushes people and groups into the account. Its schema and its mapping to the
// API are in resource_scim_directory_model.go, what it does where the API does not offer it in resource_scim_directory_adopted.go.
type scimDirectoryResource struct {
	resourceBase
}

// Metadata implements [resource.Resource].
func (r *scimDirectoryResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_scim_directory"
}

// IdentitySchema implements [resource.ResourceWithIdentity].
func (r *scimDirectoryResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema("id", "Id of the directory, directory_….")
}

func (m *scimDirectoryModel) identity(accountID string) idIdentity {
	return idIdentity{types.StringValue(accountID), m.ID}
}

// ModifyPlan implements [resource.ResourceWithModifyPlan].
func (r *scimDirectoryResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer r.data.endPlan(ctx, req, resp, "prefectsso_scim_directory")
	var prior *scimDirectoryModel
	if !isCreate(req) {
		prior = &scimDirectoryModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, prior)...)
	}
	r.noteEnd(ctx, req, prior, resp)
	if isDestroy(req) {
		r.planDestroy(ctx, prior, true, &resp.Diagnostics)
		return
	}
	r.data.planAccount(ctx, req, resp)
	keepUnseen(ctx, prior, req, resp)
	r.planDefaultRole(ctx, prior, resp)
	suppressNoOp(ctx, req, resp, "account_id", "name", "type", "enabled", "default_role", "deprovision_action", "sync_groups_to_teams", "allowed_domains")
	keepState(ctx, req, resp, "configurable", "unverified_attributes")
	if !changes(ctx, req, resp, "enabled") {
		keepState(ctx, req, resp, "state")
	}
	var account types.String
	resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, accountIDPath, &account)...)
	if resp.Diagnostics.HasError() || resp.Plan.Raw.Equal(req.State.Raw) {
		return
	}
	switch {
	case prior == nil:
		r.checkOffer(ctx, resp)
		r.warnOfDisabledDomains(ctx, nil, resp)
	case movesAccount(account, prior.AccountID):
		r.planDestroy(ctx, prior, false, &resp.Diagnostics) // Terraform plans the new one by itself
	case !prior.Configurable.ValueBool():
		r.rejectUnconfigurableChange(ctx, prior, resp)
	default:
		r.checkPeople(ctx, prior, resp)
		r.warnOfDisabledDomains(ctx, prior, resp)
	}
}

// privateReplaced is the key of the private state under which a plan keeps which directory it changes: the plan of a creation
// that has it is the second one of a replacement, and ends that directory.
const privateReplaced = "replaced"

// noteEnd notes a directory that the plan destroys or replaces, for what is in it.
func (r *scimDirectoryResource) noteEnd(ctx context.Context, req resource.ModifyPlanRequest, prior *scimDirectoryModel, resp *resource.ModifyPlanResponse) {
	switch {
	case r.data == nil:
	case isCreate(req):
		if id := privateTextAt(ctx, req.Private, privateReplaced, &resp.Diagnostics); id != "" {
			r.data.run.Ends.NoteDirectory(id)
		}
	case isDestroy(req):
		r.data.run.Ends.NoteDirectory(prior.ID.ValueString())
	default:
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, privateReplaced, privateText(prior.ID.ValueString()))...)
	}
}

// planDestroy judges the end of a directory. destroys reports that Terraform plans no more than that.
func (r *scimDirectoryResource) planDestroy(ctx context.Context, prior *scimDirectoryModel, destroys bool, diags *diag.Diagnostics) {
	if !prior.Configurable.ValueBool() || prior.ID.IsNull() {
		return // it is only watched here, and stays; or Delete finds out what there is
	}
	if r.data == nil || r.data.client == nil { // what holds of every directory can be said in any case
		diags.Append(diagnosticFrom(access.Finding{
			ID: access.DirectoryDeletedKeepsPeople, Severity: access.Warning, By: access.Thing{Kind: "directory", Name: prior.Name.ValueString()},
		}, path.Root("name")))
		return
	}
	account, ok := r.data.account(prior.AccountID, diags)
	if !ok {
		return
	}
	deletion := r.deletion(account, prior)
	if destroys {
		deletion = r.data.amongEnds(deletion)
		if r.data.run.Ends.Told(prior.ID.ValueString()) { // and that they stay members
			deletion.said = []access.ID{access.DirectoryDeletedKeepsPeople}
		}
	}
	r.data.judge(ctx, deletion, diags)
}

// deletion returns the deletion of a directory, to be judged.
func (r *scimDirectoryResource) deletion(account string, m *scimDirectoryModel) judging {
	return judging{account: account, directory: m.known(), policy: r.data.policy, changes: []access.Change{access.DeleteDirectory{ID: m.ID.ValueString()}}}
}

// known returns the directory as the state has it, which tells neither how many people it has nor, as an id, their role.
func (m *scimDirectoryModel) known() *access.Directory {
	d := m.planned().World()
	return &d
}

// planned returns the directory as far as its people's access depends on it.
func (m *scimDirectoryModel) planned() planned.Directory {
	d := planned.Directory{ID: m.ID.ValueString(), Name: m.Name.ValueString()}
	if !m.Enabled.IsUnknown() {
		d.Enabled = access.Known(m.Enabled.ValueBool())
	}
	if !m.DeprovisionAction.IsUnknown() {
		d.DeprovisionAction = access.Known(m.DeprovisionAction.ValueString())
	}
	if !m.SyncGroupsToTeams.IsUnknown() {
		d.SyncGroupsToTeams = access.Known(m.SyncGroupsToTeams.ValueBool())
	}
	switch {
	case m.AllowedDomains.IsNull():
		d.AllowedDomains = access.Known([]string(nil))
	case m.AllowedDomains.IsWhollyKnown():
		d.AllowedDomains = access.Known(append([]string{}, m.AllowedDomains.Normalized()...))
	}
	return d
}

// checkPeople judges what a change does to the people whom the directory brought.
func (r *scimDirectoryResource) checkPeople(ctx context.Context, prior *scimDirectoryModel, resp *resource.ModifyPlanResponse) {
	var plan scimDirectoryModel
	resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || r.data == nil || r.data.client == nil {
		return
	}
	if !plan.AllowedDomains.IsWhollyKnown() {
		notJudged(path.Root("allowed_domains"), access.LockoutNotChecked, &resp.Diagnostics)
	}
	put, any := plan.planned().Put(prior.planned())
	if account, ok := r.data.account(prior.AccountID, &resp.Diagnostics); ok && any {
		r.data.judge(ctx, judging{account: account, directory: prior.known(), policy: r.data.policy, changes: []access.Change{put}}, &resp.Diagnostics)
	}
}

// planDefaultRole checks a default role that changes. One that is the same by id and by name stays as the state has it.
func (r *scimDirectoryResource) planDefaultRole(ctx context.Context, prior *scimDirectoryModel, resp *resource.ModifyPlanResponse) {
	var plan scimDirectoryModel
	resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || plan.DefaultRole.IsUnknown() || plan.AccountID.IsUnknown() ||
		prior != nil && plan.DefaultRole.Equal(prior.DefaultRole) || !r.data.canPlan(&resp.Diagnostics) {
		return
	}
	at := path.Root("default_role")
	role, err := r.data.client.Roles(plan.AccountID.ValueString()).Resolve(ctx, plan.DefaultRole.ValueString())
	if err != nil {
		resp.Diagnostics.Append(failureAt(at, "Unusable role", err))
		return
	}
	if prior != nil && inForm(prior.DefaultRole.ValueString(), role.ID, role.Name) == prior.DefaultRole.ValueString() {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, at, prior.DefaultRole)...)
		return
	}
	if role.Has(client.PermissionBypassSSO) {
		resp.Diagnostics.Append(diagnosticFrom(access.Finding{ID: access.DefaultRoleBypassesSSO, Severity: access.Warning, Names: []string{role.Name}}, at))
	}
}

// warnOfDisabledDomains names allowed domains that are not enabled yet. Those that a directory has already are not looked at:
// the server took them, and looking would cost every plan of a change a request.
func (r *scimDirectoryResource) warnOfDisabledDomains(ctx context.Context, prior *scimDirectoryModel, resp *resource.ModifyPlanResponse) {
	var plan scimDirectoryModel
	resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || plan.AllowedDomains.IsNull() {
		return
	}
	var before []string
	if prior != nil {
		before = prior.AllowedDomains.Normalized()
	}
	r.data.warnOfDisabledDomains(ctx, plan.AccountID, plan.AllowedDomains.Normalized(), before, path.Root("allowed_domains"), &resp.Diagnostics)
}

// checkOffer fails a plan that makes a directory in an account whose plan has none, and warns where a person has to make it
// first.
func (r *scimDirectoryResource) checkOffer(ctx context.Context, resp *resource.ModifyPlanResponse) {
	var own, name types.String
	resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, accountIDPath, &own)...)
	if resp.Diagnostics.HasError() || own.IsUnknown() || r.data == nil || r.data.client == nil {
		return
	}
	switch _, err := r.data.client.ListDirectories(ctx, own.ValueString()); {
	case client.IsPlanLimit(err):
		resp.Diagnostics.Append(failure("Could not create SCIM directory", err))
	case client.IsNotOffered(err):
		resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root("name"), &name)...)
		r.data.warnOfNothingToAdopt(ctx, own, name, setupDirectorySync, &resp.Diagnostics)
	}
}

// Create implements [resource.Resource].
func (r *scimDirectoryResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m scimDirectoryModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	account, ok := r.begin(&m, &resp.Diagnostics)
	if !ok {
		return
	}
	directories, managed, err := r.data.directories(ctx, account, r.data.client.GetIntegrations)
	switch {
	case err != nil:
		resp.Diagnostics.Append(failure("Could not create SCIM directory", err))
		return
	case !managed:
		r.adopt(ctx, account, directories, &m, resp)
		return
	}
	role, err := r.data.client.Roles(account).Resolve(ctx, m.DefaultRole.ValueString())
	if err != nil {
		resp.Diagnostics.Append(failureAt(path.Root("default_role"), "Unusable role", err))
		return
	}
	enabled := m.Enabled.ValueBool()
	directory, err := createInTurn(ctx, r.data, func(key string) (*client.Directory, error) {
		return r.data.client.CreateDirectory(ctx, account, key, m.toWrite(role.ID))
	})
	if existing := client.ExistingID(err); existing != "" {
		resp.Diagnostics.Append(m.exists(account, existing))
		return
	}
	if keepUncertain(ctx, directoryNoun, err, english.ErrorSentence, req, resp) {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("configurable"), true)...) // or it would be only watched
		return
	}
	if err != nil {
		resp.Diagnostics.Append(failureAtField(directoryArguments, "Could not create SCIM directory", err))
		return
	}
	m.fromAPI(account, directory, role)
	// What is there now is in the state before anything else can fail.
	resp.Diagnostics.Append(setCreated(ctx, req, resp, &m, m.identity(account))...)
	if enabled {
		return
	}
	directory, err = r.data.client.UpdateDirectory(ctx, account, directory.ID, client.DirectoryWrite{State: client.DirectoryUnlinked})
	if err != nil {
		resp.Diagnostics.Append(failureAt(path.Root("enabled"), "Could not switch SCIM directory off", err))
		return
	}
	m.fromAPI(account, directory, role)
	resp.Diagnostics.Append(setCreated(ctx, req, resp, &m, m.identity(account))...)
}

// createdWith finds the id of the directory that an Idempotency-Key made; "" for none.
func (r *scimDirectoryResource) createdWith(ctx context.Context, account string) func(string) (string, error) {
	return func(key string) (string, error) {
		return r.data.client.DirectoryCreatedWith(ctx, account, key)
	}
}

// exists returns the error of a directory whose name is taken.
func (m *scimDirectoryModel) exists(account, id string) diag.Diagnostic {
	return alreadyExists(path.Root("name"), "SCIM directory exists already", fmt.Sprintf("Account %s has a directory named %q (%s).", account, m.Name.ValueString(), id),
		"prefectsso_scim_directory", account+"/"+id, "name", "choose another name")
}

// begin is what Create and Update do first: find the account and claim the directory.
func (r *scimDirectoryResource) begin(m *scimDirectoryModel, diags *diag.Diagnostics) (account string, ok bool) {
	account, ok = r.data.scope(m.AccountID, diags)
	return account, ok && !diags.HasError() &&
		r.data.reserve("prefectsso_scim_directory", account, run.Directory, path.Root("name"), diags, m.Name.ValueString())
}

// Read implements [resource.Resource].
func (r *scimDirectoryResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer r.data.endRead(ctx, resp)
	var m scimDirectoryModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	if !readUncertain(ctx, directoryNoun, req, resp, &m.ID, func() any { return m.identity(account) }, r.createdWith(ctx, account)) {
		return
	}
	directory, managed := (*client.Directory)(nil), m.Configurable.ValueBool()
	var err error
	if managed {
		directory, err = r.data.client.GetDirectory(ctx, account, m.ID.ValueString())
	} else { // adopted, or just imported and not known yet
		directory, managed, err = r.find(ctx, account, m.ID.ValueString())
	}
	switch {
	case client.IsNotFound(err) || err == nil && directory == nil:
		resp.Diagnostics.Append(warns(checkThis, path.Empty(), "SCIM directory is gone", fmt.Sprintf("The directory %s (%s) no longer exists in account %s: it was deleted outside of Terraform. It is removed from the state; as long as the configuration has it, the plan creates it again.", m.Name.ValueString(), m.ID.ValueString(), account)))
		removeFromState(ctx, resp, m.identity(account))
		return
	case err != nil:
		resp.Diagnostics.Append(failure("Could not read SCIM directory", err))
		return
	case !managed:
		m.observe(account, directory)
	case !r.take(ctx, account, &m, directory, &resp.Diagnostics):
		return
	}
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, m.identity(account))...)
}

// take puts the server's answer into the model, with the default role in the form that the configuration uses.
func (r *scimDirectoryResource) take(ctx context.Context, account string, m *scimDirectoryModel, d *client.Directory, diags *diag.Diagnostics) bool {
	role, err := r.data.roleInUse(ctx, account, d.DefaultAccountRoleID)
	if err != nil {
		diags.Append(failure("Could not read the default role of the SCIM directory", err))
		return false
	}
	m.fromAPI(account, d, role)
	return true
}

// Update implements [resource.Resource].
func (r *scimDirectoryResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m, prior scimDirectoryModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	account, ok := r.begin(&m, &resp.Diagnostics)
	if !ok {
		return
	}
	m.ID = prior.ID
	if !prior.Configurable.ValueBool() {
		m.State, m.SCIMEndpoint, m.Configurable, m.UnverifiedAttributes = prior.State, prior.SCIMEndpoint, prior.Configurable, prior.UnverifiedAttributes
		m.Created, m.CreatedBy = prior.Created, prior.CreatedBy
		resp.Diagnostics.Append(setUpdated(ctx, req, resp, &m, m.identity(account))...)
		return
	}
	role, err := r.data.client.Roles(account).Resolve(ctx, m.DefaultRole.ValueString())
	if err != nil {
		resp.Diagnostics.Append(failureAt(path.Root("default_role"), "Unusable role", err))
		return
	}
	directory, err := r.data.client.UpdateDirectory(ctx, account, m.ID.ValueString(), m.changes(&prior, role.ID))
	if err != nil {
		resp.Diagnostics.Append(failureAtField(directoryArguments, "Could not change SCIM directory", err))
		return
	}
	m.fromAPI(account, directory, role)
	resp.Diagnostics.Append(setUpdated(ctx, req, resp, &m, m.identity(account))...)
}

// Delete implements [resource.Resource].
func (r *scimDirectoryResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m scimDirectoryModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	if !m.Configurable.ValueBool() {
		resp.Diagnostics.Append(warns(noAction, path.Empty(), "SCIM directory stays", fmt.Sprintf("%s was configured in the browser and is only watched here: it is forgotten, and goes on pushing people and groups.", m.Name.ValueString())))
		return
	}
	if !deleteUncertain(ctx, directoryNoun, req, resp, &m.ID, r.createdWith(ctx, account)) {
		return
	}
	defer r.data.run.Underway.Begin(m.ID.ValueString())()
	if !r.data.recheck(ctx, r.deletion(account, &m), &resp.Diagnostics) {
		return
	}
	if err := r.data.client.DeleteDirectory(ctx, account, m.ID.ValueString()); err != nil {
		resp.Diagnostics.Append(failure("Could not delete SCIM directory", err))
	}
}

// ImportState implements [resource.ResourceWithImportState]: `<directory id or name>`, with `<account_id>/` in front or
// not.
func (r *scimDirectoryResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	account, wanted, ok := r.data.importByName(ctx, "id", req, resp)
	if !ok {
		return
	}
	directories, _, err := r.data.directories(ctx, account, r.data.world.Integrations)
	if err != nil {
		resp.Diagnostics.Append(failure("Could not import SCIM directory", err))
		return
	}
	at := slices.IndexFunc(directories, func(d client.Directory) bool { return d.ID == wanted || d.Name == wanted })
	if at < 0 {
		resp.Diagnostics.AddError("Could not import SCIM directory", fmt.Sprintf("Account %s has no directory with the id or name %q%s.", account, wanted, existing(directories, directoryName)))
		return
	}
	id := types.StringValue(directories[at].ID)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, idIdentity{types.StringValue(account), id})...)
}

// directoryArguments finds the argument for a field of the API.
var directoryArguments = map[string]path.Path{
	"name":                    path.Root("name"),
	"type":                    path.Root("type"),
	"state":                   path.Root("enabled"),
	"default_account_role_id": path.Root("default_role"),
	"deprovision_action":      path.Root("deprovision_action"),
	"sync_groups_to_teams":    path.Root("sync_groups_to_teams"),
	"allowed_domains":         path.Root("allowed_domains"),
}
