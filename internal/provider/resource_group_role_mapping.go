package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/access/fetch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

var (
	_ resource.ResourceWithConfigure   = &groupRoleMappingResource{}
	_ resource.ResourceWithModifyPlan  = &groupRoleMappingResource{}
	_ resource.ResourceWithImportState = &groupRoleMappingResource{}
	_ resource.ResourceWithIdentity    = &groupRoleMappingResource{}
)

// mappingNoun names the thing in messages.
const mappingNoun = "group role mapping"

func newGroupRoleMappingResource() resource.Resource { return &groupRoleMappingResource{} }

// groupRoleMappingResource is an account role for the people of a directory whom it matches. Its schema and its mapping
// to the API are in group_role_mapping_model.go.
type groupRoleMappingResource struct {
	resourceBase
}

// Metadata implements [resource.Resource].
func (r *groupRoleMappingResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_group_role_mapping"
}

// IdentitySchema implements [resource.ResourceWithIdentity].
func (r *groupRoleMappingResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema("directory_id", "Id of the directory, directory_….", "id", "UUID of the mapping.")
}

// ModifyPlan implements [resource.ResourceWithModifyPlan].
func (r *groupRoleMappingResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer r.data.endPlan(ctx, req, resp, "prefectsso_group_role_mapping")
	var prior *groupRoleMappingModel
	if !isCreate(req) {
		prior = &groupRoleMappingModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, prior)...)
	}
	if isDestroy(req) {
		r.planDestroy(ctx, prior, true, &resp.Diagnostics)
		return
	}
	r.data.planAccount(ctx, req, resp)
	if unknownObject(ctx, resp, "match") {
		return
	}
	var plan groupRoleMappingModel
	resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if prior != nil && (movesAccount(plan.AccountID, prior.AccountID) || !plan.DirectoryID.Equal(prior.DirectoryID)) {
		r.planDestroy(ctx, prior, false, &resp.Diagnostics)
		return // Terraform plans the new one, in the other directory or account, by itself
	}
	r.planMapping(ctx, &plan, prior, resp)
	suppressNoOp(ctx, req, resp, "account_id", "directory_id", "match", "role", "priority")
	if !changes(ctx, req, resp, "match") {
		keepState(ctx, req, resp, "status")
	}
	if prior != nil && prior.Status.ValueString() == client.MappingDangling && plan.Match.known() && plan.Match.toAPI() == prior.Match.toAPI() {
		warnOfDangling(plan.Match.toAPI(), plan.DirectoryID, &resp.Diagnostics)
	}
}

// planMapping checks what changes against the account. A role that is the same by id and by name stays as the state has
// it.
func (r *groupRoleMappingResource) planMapping(ctx context.Context, plan, prior *groupRoleMappingModel, resp *resource.ModifyPlanResponse) {
	before := groupRoleMappingModel{Match: &mappingMatchModel{}}
	if prior != nil {
		before = *prior
	}
	matchChanges := plan.Match.known() && plan.Match.toAPI() != before.Match.toAPI()
	roleChanges := known(plan.Role) && !plan.Role.Equal(before.Role)
	priorityChanges := !plan.Priority.IsUnknown() && !plan.Priority.Equal(before.Priority)
	if !matchChanges && !roleChanges && !priorityChanges || plan.AccountID.IsUnknown() || !r.data.canPlan(&resp.Diagnostics) {
		return
	}
	account := plan.AccountID.ValueString()
	var role client.AccountRole
	if known(plan.Role) {
		var ok bool
		role, ok = resolve(ctx, r.data.client.Roles(account).Resolve, plan.Role, path.Root("role"), "Unusable role", &resp.Diagnostics)
		if ok && roleChanges && prior != nil && inForm(before.Role.ValueString(), role.ID, role.Name) == before.Role.ValueString() {
			resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("role"), before.Role)...)
			roleChanges = false
		}
	}
	if resp.Diagnostics.HasError() || !matchChanges && !priorityChanges && !roleChanges {
		return
	}
	const cannot = "Group role mappings cannot be used here"
	if !known(plan.DirectoryID) {
		if err := r.data.checkOffered(ctx, account); err != nil {
			resp.Diagnostics.Append(mappingFailure(cannot, err))
		}
		return
	}
	mappings, err := r.data.mappings(ctx, account, plan.DirectoryID.ValueString())
	if client.IsDirectoryGone(err) {
		resp.Diagnostics.Append(saysDirectoryAbsent(plan.DirectoryID.ValueString(), account).warning(path.Root("directory_id")))
		return
	}
	if err != nil {
		resp.Diagnostics.Append(mappingFailure(cannot, err))
		return
	}
	if other, there := withMatch(mappings, plan, before.ID); there && matchChanges {
		resp.Diagnostics.Append(saysMappingMatchTaken(other, prior != nil).warning(path.Root("match")))
	}
	if match := plan.Match.toAPI(); matchChanges && match.Attribute == "" {
		r.warnOfAbsentGroup(ctx, account, plan.DirectoryID, match, &resp.Diagnostics)
	}
	if !plan.Match.known() || plan.Role.IsUnknown() || plan.Priority.IsUnknown() {
		notJudged(path.Root("match"), access.RolesNotChecked, &resp.Diagnostics)
		return
	}
	r.data.judge(ctx, r.judging(account, access.PutMapping{DirectoryID: plan.DirectoryID.ValueString(), Mapping: access.Mapping{
		ID: strings.ToLower(before.ID.ValueString()), Match: access.Match(plan.Match.toAPI()), RoleID: role.ID, Priority: plan.Priority.ValueInt64(),
	}}), &resp.Diagnostics)
}

// judging hands a change of a mapping over.
func (r *groupRoleMappingResource) judging(account string, change access.Change) judging {
	return judging{account: account, changes: []access.Change{change}, policy: r.data.policy}
}

// deletion returns the deletion of a mapping, and whether its account is known.
func (r *groupRoleMappingResource) deletion(m *groupRoleMappingModel, diags *diag.Diagnostics) (judging, bool) {
	account, ok := r.data.account(m.AccountID, diags)
	return r.judging(account, access.DeleteMapping{DirectoryID: m.DirectoryID.ValueString(), ID: strings.ToLower(m.ID.ValueString())}), ok
}

// planDestroy judges a planned end. destroys reports that Terraform plans no more than that.
func (r *groupRoleMappingResource) planDestroy(ctx context.Context, m *groupRoleMappingModel, destroys bool, diags *diag.Diagnostics) {
	if r.data == nil || r.data.client == nil {
		return
	}
	deletion, ok := r.deletion(m, diags)
	if !ok {
		return
	}
	if destroys {
		deletion = r.data.amongEnds(deletion)
	}
	if found := r.data.judge(ctx, deletion, diags); destroys && found.has(access.EarlierRolesReturn) {
		r.data.run.Ends.Tell(m.DirectoryID.ValueString())
	}
}

// mappings returns those of a directory, as guards know them, too.
func (p *providerData) mappings(ctx context.Context, account, directoryID string) ([]access.Mapping, error) {
	w, err := p.world.Fill(ctx, access.World{AccountID: account}, func(w access.World) []access.Want {
		if w.Directories.IsMissing() {
			return []access.Want{{Kind: access.WantIntegrations}}
		}
		if d, there := w.Directory(directoryID); there && d.Mappings.IsMissing() {
			return []access.Want{{Kind: access.WantMappings, DirectoryID: directoryID}}
		}
		return nil
	})
	if d, _ := w.Directory(directoryID); err != nil || d.Mappings.IsKnown() {
		return d.Mappings.Or(nil), err
	}
	rows, err := p.client.ListGroupRoleMappings(ctx, account, directoryID) // says why guards do not know them
	return fetch.Mappings(rows), err
}

// withMatch finds the mapping, another one than own, that has the planned match.
func withMatch(mappings []access.Mapping, plan *groupRoleMappingModel, own types.String) (access.Mapping, bool) {
	at := slices.IndexFunc(mappings, func(m access.Mapping) bool {
		return plan.Match.known() && m.Match == access.Match(plan.Match.toAPI()) && !strings.EqualFold(m.ID, own.ValueString())
	})
	if at < 0 {
		return access.Mapping{}, false
	}
	return mappings[at], true
}

// warnOfAbsentGroup looks whether the group has arrived in the directory. An apply does not say so again: `status` has it,
// and in a directory that is as new as the mapping no group can be yet.
func (r *groupRoleMappingResource) warnOfAbsentGroup(ctx context.Context, account string, directoryID types.String, match client.MappingMatch, diags *diag.Diagnostics) {
	groups, err := r.data.client.ListDirectoryGroups(ctx, account, directoryID.ValueString(), match.GroupName)
	if client.IsDirectoryGone(err) {
		return // since its mappings were read; what uses it says so
	}
	if err != nil {
		diags.Append(failureAt(path.Root("match"), "Could not look up groups", err))
		return
	}
	arrived := slices.ContainsFunc(groups, func(g client.DirectoryGroup) bool { return match.GroupID == "" || g.ID == match.GroupID })
	if !arrived {
		warnOfDangling(match, directoryID, diags)
	}
}

func warnOfDangling(match client.MappingMatch, directoryID types.String, diags *diag.Diagnostics) {
	at := path.Root("match")
	if match.GroupID != "" {
		diags.Append(saysGroupAbsent(access.Match(match), directoryID.ValueString()).warning(at.AtName("group_id")))
		return
	}
	diags.Append(saysGroupNotArrived(access.Match(match), directoryID.ValueString()).warning(at.AtName("group_name")))
}

// mappingFailure is failure, and says what a person does where the server has no mappings.
func mappingFailure(summary string, err error) diag.Diagnostic {
	var offered *client.NotOfferedError
	switch {
	case errors.As(err, &offered):
		return diag.NewErrorDiagnostic(summary, fmt.Sprintf("This server does not map groups to account roles over its API, as today's Prefect Cloud. There an Owner or Admin gives people their account role by hand, in the account settings under Members; prefectsso_member_role, prefectsso_member_roles and prefectsso_role_members do that from here. What a group may do in a workspace is its team's role there: prefectsso_team_workspace_role.%s", origin(offered.Err)))
	case client.IsNotFound(err):
		return failureAt(path.Root("directory_id"), summary, err)
	}
	return failureAtField(mappingArguments, summary, err)
}

// mappingArguments finds the argument for a field of the API.
var mappingArguments = map[string]path.Path{
	"match.group_id":   path.Root("match").AtName("group_id"),
	"match.group_name": path.Root("match").AtName("group_name"),
	"match.attribute":  path.Root("match").AtName("attribute"),
	"match.equals":     path.Root("match").AtName("equals"),
	"account_role_id":  path.Root("role"),
	"priority":         path.Root("priority"),
}

// writeFailure returns what is said when a mapping could not be written: where another one is in its way, which that
// is.
func (r *groupRoleMappingResource) writeFailure(ctx context.Context, account, summary string, m *groupRoleMappingModel, err error) diag.Diagnostic {
	directory := m.DirectoryID.ValueString()
	if id := client.ExistingID(err); id != "" {
		return alreadyExists(path.Root("match"), "Group role mapping exists already", fmt.Sprintf("The directory %s has a mapping of %s (%s).", directory, access.Match(m.Match.toAPI()), id),
			"prefectsso_group_role_mapping", account+"/"+directory+"/"+id,
			"match", "give one of the two another match")
	}
	if client.IsNotFound(err) {
		_, readErr := r.data.client.ListGroupRoleMappings(ctx, account, directory)
		return mappingFailure(summary, cmp.Or(readErr, err))
	}
	return mappingFailure(summary, err)
}

// write makes or changes a mapping. prior is the state's; nil for a new one.
func (r *groupRoleMappingResource) write(ctx context.Context, account string, m, prior *groupRoleMappingModel, send func() (*client.GroupRoleMapping, error)) (mapping *client.GroupRoleMapping, err error) {
	bypassed := prior != nil && r.data.bypasses(ctx, account, prior.Role)
	err = r.data.setMapping(ctx, account, bypassed, r.data.bypasses(ctx, account, m.Role), func() error {
		mapping, err = send()
		return err
	})
	return mapping, err
}

// createdWith finds the id of the mapping that an Idempotency-Key made; "" for none.
func (r *groupRoleMappingResource) createdWith(ctx context.Context, account string, m *groupRoleMappingModel) func(string) (string, error) {
	return func(key string) (string, error) {
		return r.data.client.GroupRoleMappingCreatedWith(ctx, account, m.DirectoryID.ValueString(), key)
	}
}

// Create implements [resource.Resource].
func (r *groupRoleMappingResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m groupRoleMappingModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	const summary = "Could not create group role mapping"
	role, ok := resolve(ctx, r.data.client.Roles(account).Resolve, m.Role, path.Root("role"), "Unusable role", &resp.Diagnostics)
	if !ok {
		return
	}
	match := m.Match.toAPI()
	mapping, err := r.write(ctx, account, &m, nil, func() (*client.GroupRoleMapping, error) {
		return createInTurn(ctx, r.data, func(key string) (*client.GroupRoleMapping, error) {
			return r.data.client.CreateGroupRoleMapping(ctx, account, m.DirectoryID.ValueString(), key, client.GroupRoleMappingWrite{Match: &match, AccountRoleID: role.ID, Priority: m.Priority.ValueInt64Pointer()})
		})
	})
	if keepUncertain(ctx, mappingNoun, err, english.ErrorSentence, req, resp) {
		return
	}
	if err != nil {
		resp.Diagnostics.Append(r.writeFailure(ctx, account, summary, &m, err))
		return
	}
	m.fromAPI(account, mapping, role)
	resp.Diagnostics.Append(setCreated(ctx, req, resp, &m, m.identity(account))...)
}

// Read implements [resource.Resource].
func (r *groupRoleMappingResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer r.data.endRead(ctx, resp)
	var m groupRoleMappingModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	if !readUncertain(ctx, mappingNoun, req, resp, &m.ID, func() any { return m.identity(account) }, r.createdWith(ctx, account, &m)) {
		return
	}
	mapping, err := r.data.client.GetGroupRoleMapping(ctx, account, m.DirectoryID.ValueString(), m.ID.ValueString())
	if client.IsNotFound(err) {
		resp.Diagnostics.Append(warns(checkThis, path.Empty(), "Group role mapping is gone", fmt.Sprintf("The mapping %s of the directory %s no longer exists in account %s: it, or the directory, was deleted outside of Terraform. It is removed from the state; as long as the configuration has it, the plan creates it again.", m.ID.ValueString(), m.DirectoryID.ValueString(), account)))
		removeFromState(ctx, resp, m.identity(account))
		return
	}
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read group role mapping", err))
		return
	}
	role, err := r.data.roleInUse(ctx, account, mapping.AccountRoleID)
	if err != nil {
		resp.Diagnostics.Append(failureAt(path.Root("role"), "Could not read role of group role mapping", err))
		return
	}
	m.fromAPI(account, mapping, role)
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, m.identity(account))...)
}

// Update implements [resource.Resource].
func (r *groupRoleMappingResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m, prior groupRoleMappingModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	role, ok := resolve(ctx, r.data.client.Roles(account).Resolve, m.Role, path.Root("role"), "Unusable role", &resp.Diagnostics)
	if !ok {
		return
	}
	write, any := m.changes(&prior, role)
	if !any {
		m.Status, m.Created, m.CreatedBy = prior.Status, prior.Created, prior.CreatedBy
		resp.Diagnostics.Append(setUpdated(ctx, req, resp, &m, m.identity(account))...)
		return
	}
	defer r.data.run.Underway.Begin(m.ID.ValueString())()
	mapping, err := r.write(ctx, account, &m, &prior, func() (*client.GroupRoleMapping, error) {
		return r.data.client.UpdateGroupRoleMapping(ctx, account, m.DirectoryID.ValueString(), m.ID.ValueString(), write)
	})
	if err != nil {
		resp.Diagnostics.Append(r.writeFailure(ctx, account, "Could not change group role mapping", &m, err))
		return
	}
	m.fromAPI(account, mapping, role)
	resp.Diagnostics.Append(setUpdated(ctx, req, resp, &m, m.identity(account))...)
}

// Delete implements [resource.Resource].
func (r *groupRoleMappingResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m groupRoleMappingModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	if !deleteUncertain(ctx, mappingNoun, req, resp, &m.ID, r.createdWith(ctx, account, &m)) {
		return
	}
	defer r.data.run.Underway.Begin(m.ID.ValueString())()
	if deletion, ok := r.deletion(&m, &resp.Diagnostics); !ok || !r.data.recheck(ctx, deletion, &resp.Diagnostics) {
		return
	}
	if err := r.data.setMapping(ctx, account, r.data.bypasses(ctx, account, m.Role), false, func() error {
		return r.data.client.DeleteGroupRoleMapping(ctx, account, m.DirectoryID.ValueString(), m.ID.ValueString())
	}); err != nil {
		resp.Diagnostics.Append(failure("Could not delete group role mapping", err))
	}
}

// ImportState implements [resource.ResourceWithImportState]: `<directory id or name>/<mapping id, group name or group
// id>`, with `<account_id>/` in front or not.
func (r *groupRoleMappingResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if err := r.data.importDirectoryItem(ctx, req, resp, r.find); err != nil {
		resp.Diagnostics.Append(mappingFailure("Could not import group role mapping", err))
	}
}

// find returns the id of a directory's mapping that is named by its id or its group.
func (r *groupRoleMappingResource) find(ctx context.Context, account, directoryID, mapping string) (string, error) {
	if uuid.Validate(mapping) == nil {
		return mapping, nil
	}
	all, err := r.data.client.ListGroupRoleMappings(ctx, account, directoryID)
	if err != nil {
		return "", err
	}
	var found []string
	for _, m := range all {
		if mapping == m.Match.GroupName || mapping == m.Match.GroupID {
			found = append(found, m.ID)
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("the directory %s has no mapping %q%s", directoryID, mapping, existing(all, func(m client.GroupRoleMapping) string { return m.ID + " for " + access.Match(m.Match).String() }))
	case 1:
		return found[0], nil
	default:
		return "", fmt.Errorf("the directory %s has %d mappings for %q: %s; name one by its id", directoryID, len(found), mapping, english.Some(found))
	}
}
