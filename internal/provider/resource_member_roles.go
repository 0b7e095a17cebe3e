package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
)

var (
	_ resource.ResourceWithConfigure   = &memberRolesResource{}
	_ resource.ResourceWithModifyPlan  = &memberRolesResource{}
	_ resource.ResourceWithImportState = &memberRolesResource{}
	_ resource.ResourceWithIdentity    = &memberRolesResource{}
)

func newMemberRolesResource() resource.Resource { return &memberRolesResource{} }

// memberRolesLeaveOut is how people whose role a mapping gives are left out.
const memberRolesLeaveOut = "Take them out of `roles`, or write the role that the mapping gives."

// memberRolesResource is the account roles of many people in one resource: thousands of resources would cost Terraform
// far more than the requests.
type memberRolesResource struct {
	resourceBase
}

// Metadata implements [resource.Resource].
func (r *memberRolesResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_member_roles"
}

// Schema implements [resource.Resource].
func (r *memberRolesResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The account roles of many people, hundreds or thousands, in one resource. People who are not in `roles` are left alone. Memberships are adopted, never made or removed: an address that is not a member makes the apply fail before it changes anything, and a member who leaves the account drops out of the state with a warning. People are followed by their membership: where the identity provider changes an address, a plan says the new one, and the role stays managed until that is written in place of the old one.\n\nPromotions go first, so that a change never leaves the account without a member who can administer it. Taking a person out of `roles`, or destroying the resource, forgets them and leaves their roles as they are.\n\nWith `TF_LOG_PROVIDER=INFO` an apply says every five seconds how many of the roles are changed and how long the rest takes." + permissionToGive + worksToday,
		Attributes: map[string]schema.Attribute{
			"account_id": accountIDAttribute(),
			"roles": schema.MapAttribute{
				CustomType:          normalized.Email.MapType(),
				ElementType:         types.StringType,
				Required:            true,
				MarkdownDescription: "Email address → account role, by its name exactly as the account has it, or by its id. The case of A to Z makes no difference in an address, nor does whether its domain is in Unicode or ASCII.",
				Validators:          []validator.Map{mapvalidator.NoNullValues()},
				PlanModifiers:       []planmodifier.Map{normalized.UseStateForEqual(normalized.Email)},
			},
		},
	}
}

// IdentitySchema implements [resource.ResourceWithIdentity].
func (r *memberRolesResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema("", "")
}

type memberRolesModel struct {
	AccountID types.String   `tfsdk:"account_id"`
	Roles     normalized.Map `tfsdk:"roles"`
}

// fromAPI takes the server's rows, by normalized address, for the people of the model: addresses keep their spelling,
// roles their form. It returns those who are no members.
func (m *memberRolesModel) fromAPI(accountID string, rows map[string]client.Membership) (gone []string) {
	m.AccountID = preserveCase(m.AccountID, accountID)
	roles := m.Roles.Written()
	for email, role := range roles {
		row, there := rows[normalized.Email.Key(email)]
		if !there {
			delete(roles, email)
			gone = append(gone, email)
			continue
		}
		roles[email] = roleInForm(role, row)
	}
	m.Roles = normalized.Email.MapValue(roles)
	return gone
}

// emails returns the normalized addresses of the model.
func (m *memberRolesModel) emails() []string {
	return slices.Sorted(maps.Keys(m.Roles.Normalized()))
}

// ModifyPlan implements [resource.ResourceWithModifyPlan].
func (r *memberRolesResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer r.data.endPlan(ctx, req, resp, "prefectsso_member_roles")
	if isDestroy(req) || r.data.plansNothing(req) {
		return
	}
	r.data.planAccount(ctx, req, resp)
	r.planRoles(ctx, req, resp)
	suppressNoOp(ctx, req, resp, "account_id", "roles")
}

// planRoles checks the roles and people that change, and what that does to people's access.
func (r *memberRolesResource) planRoles(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var plan, prior memberRolesModel
	resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	prior.Roles = normalized.Email.MapValue(nil)
	if !isCreate(req) {
		resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	}
	changed := plan.Roles.Written()
	before := prior.Roles.Normalized()
	maps.DeleteFunc(changed, func(email, role string) bool { return before[normalized.Email.Key(email)] == role })
	complete := !plan.AccountID.IsUnknown() && plan.Roles.IsWhollyKnown()
	if resp.Diagnostics.HasError() || complete && len(changed) == 0 || !r.data.canPlan(&resp.Diagnostics) {
		return
	}
	if !complete {
		notJudged(path.Root("roles"), access.LockoutNotChecked, &resp.Diagnostics)
	}
	if len(changed) == 0 || plan.AccountID.IsUnknown() {
		return
	}
	found, ok := r.changes(ctx, plan.AccountID.ValueString(), changed, &plan, &prior, peopleIn(ctx, req.Private, &resp.Diagnostics), &resp.Diagnostics)
	if !ok {
		return
	}
	changes, absent := found.changes, found.absent
	if len(absent) > 0 {
		resp.Diagnostics.Append(saysMembersAbsent("roles", absent, plan.AccountID.ValueString()).warning(path.Root("roles")))
	}

	at := func(email string) path.Path {
		return path.Root("roles").AtMapKey(writtenAs(changed, found.written(email)))
	}
	r.data.checkRoles(ctx, plan.AccountID.ValueString(), changes, roleGuard{at, memberRolesLeaveOut}, &resp.Diagnostics)
}

// strangers begins a sentence about n people, of whatever it is, who are "not" or "no longer" members.
func strangers(n int, of, not string) string {
	if n == 1 {
		return "1 person of " + of + " is " + not + " a member"
	}
	return english.Count(n, "person") + " of " + of + " are " + not + " members"
}

// writtenAs finds how the configuration writes a normalized address.
func writtenAs(roles map[string]string, email string) string {
	for written := range roles {
		if normalized.Email.Key(written) == email {
			return written
		}
	}
	return email
}

// rolesWork is what has to be done so that people have the wanted roles.
type rolesWork struct {
	changes []roleChange
	absent  []string // who is no member
	followed
}

// changes works out which of the wanted roles people do not have, and who is no member. Wanted are those of the planned roles
// that are to be looked at; before is who is behind the addresses of the prior state. A role that does not exist is an error,
// named on each address that has it.
func (r *memberRolesResource) changes(ctx context.Context, account string, wanted map[string]string, plan, prior *memberRolesModel, before people, diags *diag.Diagnostics) (work rolesWork, ok bool) {
	resolved := map[string]client.AccountRole{}
	rejected := map[string]bool{}
	written := slices.Sorted(maps.Keys(wanted))
	for _, email := range written {
		name := wanted[email]
		if _, done := resolved[name]; done || rejected[name] {
			continue
		}
		role, err := r.data.client.Roles(account).Resolve(ctx, name)
		if err != nil {
			diags.Append(failureAt(path.Root("roles").AtMapKey(email), "Unusable role", err))
			rejected[name] = true
			continue
		}
		resolved[name] = role
	}
	if len(rejected) > 0 {
		return work, false
	}
	emails := make([]string, 0, len(wanted))
	for _, email := range written {
		emails = append(emails, normalized.Email.Key(email))
	}
	rows, err := r.data.client.Members(account).ByEmails(ctx, emails)
	if err == nil {
		work.followed, err = r.data.follow(ctx, account, before, rows, plan.emails())
	}
	if err != nil {
		diags.Append(failureAt(path.Root("roles"), "Could not look up members", err))
		return work, false
	}
	roles, had := plan.Roles.Normalized(), prior.Roles.Normalized()
	asBefore := func(old string) bool { role, there := roles[old]; return there && role == had[old] }
	at := func(old string) path.Path { return path.Root("roles").AtMapKey(writtenAs(plan.Roles.Written(), old)) }
	if writtenTwice(rows, before, asBefore, at, diags) {
		return work, false
	}
	for _, email := range written {
		row, there := rows[normalized.Email.Key(email)]
		role := resolved[wanted[email]]
		switch {
		case !there:
			work.absent = append(work.absent, email)
		case row.AccountRoleID != role.ID:
			work.changes = append(work.changes, roleChange{row, role})
		}
	}
	return work, true
}

// Create implements [resource.Resource].
func (r *memberRolesResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m memberRolesModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	none := memberRolesModel{Roles: normalized.Email.MapValue(nil)}
	is, ok := r.assign(ctx, account, &m, &none, nil, &resp.Diagnostics)
	if !ok {
		return
	}
	resp.Diagnostics.Append(is.keep(ctx, resp.Private)...)
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, accountIdentity{types.StringValue(account)})...)
}

// Update implements [resource.Resource].
func (r *memberRolesResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m, prior memberRolesModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	before := peopleIn(ctx, req.Private, &resp.Diagnostics)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	if is, ok := r.assign(ctx, account, &m, &prior, before, &resp.Diagnostics); ok {
		resp.Diagnostics.Append(is.keep(ctx, resp.Private)...)
		resp.Diagnostics.Append(setUpdated(ctx, req, resp, &m, accountIdentity{types.StringValue(account)})...)
	}
}

// assign gives people the planned roles and takes over what the server then says. before is who is behind the addresses of
// the prior state, is who it is now. It changes nothing when somebody is no member or a role does not exist. It says whether
// there is something to keep in the state: when a change in the middle fails, the state holds what is true of everybody, so
// the next plan shows what is left to do.
func (r *memberRolesResource) assign(ctx context.Context, account string, m, prior *memberRolesModel, before people, diags *diag.Diagnostics) (is people, ok bool) {
	at := path.Root("roles")
	if !r.data.reserve("prefectsso_member_roles", account, run.MemberRole, at, diags, m.emails()...) {
		return nil, false
	}
	work, ok := r.changes(ctx, account, m.Roles.Written(), m, prior, before, diags)
	if !ok || !r.data.reserve("prefectsso_member_roles", account, run.MemberRole, at, diags, work.addresses()...) {
		return nil, false
	}
	if len(work.absent) > 0 {
		diags.Append(saysMembersStillAbsent("roles", work.absent, account).error(at))
		return nil, false
	}
	r.data.apply(ctx, account, work.changes, at, memberRolesLeaveOut, diags)

	emails := make([]string, len(work.changes))
	for i, change := range work.changes {
		emails[i] = change.email()
	}
	members := r.data.client.Members(account)
	if _, err := members.Refetch(ctx, emails...); err != nil {
		diags.Append(warns(noAction, at, "Roles not read back", "Reading the changed roles back failed; the next plan reads them again. "+reason(err)))
	}
	rows, err := members.ByEmails(ctx, m.emails())
	if err == nil {
		_, err = r.data.follow(ctx, account, before, rows, m.emails())
	}
	if err != nil {
		diags.Append(failureAt(at, "Could not read roles of members", err))
		return before, !diags.HasError()
	}
	wanted := m.Roles
	gone := m.fromAPI(account, rows)
	if same, _ := wanted.MapSemanticEquals(ctx, m.Roles); !same && !diags.HasError() {
		diags.Append(saysRolesChangedElsewhere(differing(wanted, m.Roles, gone)).error(at))
	}
	return peopleOf(rows), true
}

// differing returns the addresses whose role is another one in the second map.
func differing(wanted, got normalized.Map, gone []string) []string {
	names := slices.Clone(gone)
	now := got.Written()
	for email, role := range wanted.Written() {
		if other, there := now[email]; there && other != role {
			names = append(names, email)
		}
	}
	return names
}

// Read implements [resource.Resource].
func (r *memberRolesResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer r.data.endRead(ctx, resp)
	var m memberRolesModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	who := peopleIn(ctx, req.Private, &resp.Diagnostics)
	rows, err := r.data.client.Members(account).ByEmails(ctx, m.emails())
	var moves followed
	if err == nil {
		moves, err = r.data.follow(ctx, account, who, rows, m.emails())
	}
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read roles of members", err))
		return
	}
	r.data.reportMoves(moves, path.Root("roles"), account, &resp.Diagnostics)
	before := m
	gone := slices.DeleteFunc(m.fromAPI(account, rows), func(email string) bool { return slices.Contains(moves.reassigned, normalized.Email.Key(email)) })
	if is := peopleOf(rows); !maps.Equal(is, who) {
		resp.Diagnostics.Append(is.keep(ctx, resp.Private)...)
	}
	if len(gone) > 0 {
		resp.Diagnostics.Append(warns(checkThis, path.Root("roles"), "Members are gone", fmt.Sprintf("%s of account %s: %s. As long as the configuration has them, the plan gives them their role again, which fails until they are back.", strangers(len(gone), "the state", "no longer"), account, english.Some(gone))))
	}
	if m.AccountID == before.AccountID && m.Roles.Equal(before.Roles) {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, accountIdentity{types.StringValue(account)})...) // the state is there already
		return
	}
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, accountIdentity{types.StringValue(account)})...)
}

// Delete implements [resource.Resource]: people are forgotten, their roles stay.
func (r *memberRolesResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {
}

// ImportState implements [resource.ResourceWithImportState]: `<account_id>` takes in all who are members now, and
// `<account_id>/<address> <address>…` these people.
func (r *memberRolesResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id, addresses, _ := strings.Cut(req.ID, "/")
	req.ID = id
	account, ok := r.data.importByAccount(ctx, req, resp)
	if !ok {
		return
	}
	var rows map[string]client.Membership
	var err error
	emails := strings.Fields(addresses)
	if len(emails) > 0 {
		rows, err = r.data.client.Members(account).ByEmails(ctx, emails)
	} else {
		rows, err = r.everybody(ctx, account)
	}
	if err != nil {
		resp.Diagnostics.Append(failure("Could not list members", err))
		return
	}
	var strange []string
	for _, email := range emails {
		if _, there := rows[normalized.Email.Key(email)]; !there {
			strange = append(strange, email)
		}
	}
	if strange != nil {
		resp.Diagnostics.AddError("Could not import roles of members", fmt.Sprintf("Account %s has no members with these addresses of the import id: %s. Leave them out, of the configuration too.", account, english.Some(strange)))
		return
	}
	roles := make(map[string]string, len(rows))
	for key, row := range rows {
		roles[key] = row.AccountRoleName
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("roles"), normalized.Email.MapValue(roles))...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, accountIdentity{types.StringValue(account)})...)
}

// everybody returns all people of an account by their normalized addresses.
func (r *memberRolesResource) everybody(ctx context.Context, account string) (map[string]client.Membership, error) {
	all, err := r.data.client.ListMemberships(ctx, account, client.MembershipQuery{OnlyUsers: true})
	rows := make(map[string]client.Membership, len(all))
	for _, row := range all {
		if row.Email != nil {
			rows[normalized.Email.Key(*row.Email)] = row
		}
	}
	return rows, err
}
