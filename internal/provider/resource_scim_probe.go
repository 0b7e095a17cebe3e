package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/listplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/scimprobe"
)

var (
	_ resource.ResourceWithConfigure  = &scimProbeResource{}
	_ resource.ResourceWithModifyPlan = &scimProbeResource{}
	_ resource.ResourceWithIdentity   = &scimProbeResource{}
)

// probeSeconds is how long a probe waits unless max_seconds says otherwise.
const probeSeconds = 10

func newSCIMProbeResource() resource.Resource { return &scimProbeResource{} }

// scimProbeResource is the proof, made once, that provisioning works. The probe itself is package scimprobe.
type scimProbeResource struct {
	resourceBase
}

// Metadata implements [resource.Resource].
func (r *scimProbeResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_scim_probe"
}

// Schema implements [resource.Resource].
func (r *scimProbeResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	text, number := []planmodifier.String{stringplanmodifier.RequiresReplace()}, []planmodifier.Int64{int64planmodifier.RequiresReplace()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Proof that provisioning works, made when the resource is created. The probe speaks to the SCIM endpoint as an identity provider does: it creates a canary, a person with an address such as `" + scimprobe.CanaryPrefix + "0123456789abcdef@example.com`, puts it into `groups`, waits until it is a member of the account with the expected roles, deactivates it, and waits until its access has ended.\n\n" +
			"The canary is removed in every case, user and membership, also when the probe fails or is interrupted. If Terraform itself is killed, the next probe of the directory removes what is older than " + fmt.Sprint(int(scimprobe.CanaryAge.Minutes())) + " minutes. While a probe runs the account has one member more, which lists of members show. The first probe of a directory that no identity provider has called yet links it, as that would.\n\n" +
			"Where something is not as expected, `differences` says what, and the apply fails unless `fail_on_unhealthy` is false; the next apply probes again. Changing any other argument probes again; destroying the resource forgets the result.\n\n" +
			"The probe also reads members, and teams for `expected_workspace_roles`. No canary may get a role that bypasses single sign-on: `expected_role` rejects one, and a probe whose groups give one stops at once." + permissionToApply(client.PermissionDeleteMembership) + worksToday,
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "UUID of the probe.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"account_id": accountIDAttribute(),
			"scim_endpoint": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The directory's SCIM endpoint, as `prefectsso_scim_directory` gives it.",
				PlanModifiers:       text,
			},
			"token_wo": schema.StringAttribute{
				Optional: true, WriteOnly: true, Sensitive: true,
				MarkdownDescription: "A token of the directory, such as an ephemeral `prefectsso_scim_token`. It stands in no state and no plan. Exactly one of `token_wo` and `client_id`.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1), stringvalidator.ExactlyOneOf(path.MatchRoot("token_wo"), path.MatchRoot("client_id"))},
			},
			"token_wo_version": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "Version of the token: with a new one the probe is made again, to prove a rotation.",
				PlanModifiers:       number,
			},
			"client_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Id of an OAuth client of the directory, such as a `prefectsso_scim_client`: the probe gets itself an access token first, as an identity provider does.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1), stringvalidator.AlsoRequires(path.MatchRoot("client_secret_wo"))},
				PlanModifiers:       text,
			},
			"client_secret_wo": schema.StringAttribute{
				Optional: true, WriteOnly: true, Sensitive: true,
				MarkdownDescription: "The client's secret. It stands in no state and no plan.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1), stringvalidator.AlsoRequires(path.MatchRoot("client_id"))},
			},
			"client_secret_wo_version": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "Version of the secret: with a new one the probe is made again, to prove a rotation.",
				PlanModifiers:       number,
			},
			"email_domain": schema.StringAttribute{
				CustomType:          normalized.Domain.StringType(),
				Required:            true,
				MarkdownDescription: "Domain of the canary's address: an enabled one, among the directory's `allowed_domains`.",
				PlanModifiers:       append([]planmodifier.String{normalized.UseStateForEqual(normalized.Domain)}, text...),
			},
			"groups": schema.SetAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Names of groups of the directory that the canary joins. They have to exist: the identity provider pushes them.",
				Validators:          []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
				PlanModifiers:       []planmodifier.Set{setplanmodifier.RequiresReplace()},
			},
			"expected_role": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The account role that the canary has to get, by name or id. Without it any will do.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				PlanModifiers:       text,
			},
			"expected_workspace_roles": schema.MapAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Workspace, by handle or id → workspace role, by name or id, that teams have to give the canary there. It has to be the only one: what several roles allow adds up, so probe such groups one by one. Other workspaces are not looked at.",
				Validators:          []validator.Map{mapvalidator.NoNullValues()},
				PlanModifiers:       []planmodifier.Map{mapplanmodifier.RequiresReplace()},
			},
			"max_seconds": schema.Int64Attribute{
				Optional: true, Computed: true,
				Default:             int64default.StaticInt64(probeSeconds),
				MarkdownDescription: fmt.Sprintf("How long access may take to come, and how long to end, 1 to 300. Default %d.", probeSeconds),
				Validators:          []validator.Int64{int64validator.Between(1, 300)},
				PlanModifiers:       number,
			},
			"fail_on_unhealthy": schema.BoolAttribute{
				Optional: true, Computed: true,
				Default:             booldefault.StaticBool(true),
				MarkdownDescription: "Whether an unhealthy probe fails the apply (default). With `false` it is a warning, for a `check` block that looks at `healthy`.",
			},
			"triggers": schema.MapAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Any values; when they change the probe is made again.",
				PlanModifiers:       []planmodifier.Map{mapplanmodifier.RequiresReplace()},
			},
			"healthy": schema.BoolAttribute{
				Computed: true, MarkdownDescription: "Whether all was as expected.",
				PlanModifiers: []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
			},
			"provision_ms": schema.Int64Attribute{
				Computed: true, MarkdownDescription: "Milliseconds from the canary's creation until it had all that is expected; null if that did not come about.",
				PlanModifiers: []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
			},
			"deprovision_ms": schema.Int64Attribute{
				Computed: true, MarkdownDescription: "Milliseconds from the canary's deactivation until its access had ended; null if that did not come about.",
				PlanModifiers: []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
			},
			"differences": schema.ListAttribute{
				ElementType: types.StringType, Computed: true,
				MarkdownDescription: "What was not as expected, as sentences; empty if healthy.",
				PlanModifiers:       []planmodifier.List{listplanmodifier.UseStateForUnknown()},
			},
			"probed_at": schema.StringAttribute{
				Computed: true, MarkdownDescription: "When the probe was made, RFC 3339.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
		},
	}
}

// IdentitySchema implements [resource.ResourceWithIdentity].
func (r *scimProbeResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema("id", "UUID of the probe.")
}

type scimProbeModel struct {
	ID                     types.String      `tfsdk:"id"`
	AccountID              types.String      `tfsdk:"account_id"`
	SCIMEndpoint           types.String      `tfsdk:"scim_endpoint"`
	TokenWO                types.String      `tfsdk:"token_wo"`
	TokenWOVersion         types.Int64       `tfsdk:"token_wo_version"`
	ClientID               types.String      `tfsdk:"client_id"`
	ClientSecretWO         types.String      `tfsdk:"client_secret_wo"`
	ClientSecretWOVersion  types.Int64       `tfsdk:"client_secret_wo_version"`
	EmailDomain            normalized.String `tfsdk:"email_domain"`
	Groups                 types.Set         `tfsdk:"groups"`
	ExpectedRole           types.String      `tfsdk:"expected_role"`
	ExpectedWorkspaceRoles types.Map         `tfsdk:"expected_workspace_roles"`
	MaxSeconds             types.Int64       `tfsdk:"max_seconds"`
	FailOnUnhealthy        types.Bool        `tfsdk:"fail_on_unhealthy"`
	Triggers               types.Map         `tfsdk:"triggers"`
	Healthy                types.Bool        `tfsdk:"healthy"`
	ProvisionMS            types.Int64       `tfsdk:"provision_ms"`
	DeprovisionMS          types.Int64       `tfsdk:"deprovision_ms"`
	Differences            types.List        `tfsdk:"differences"`
	ProbedAt               types.String      `tfsdk:"probed_at"`
}

type scimProbeIdentity struct {
	AccountID types.String `tfsdk:"account_id"`
	ID        types.String `tfsdk:"id"`
}

func (m *scimProbeModel) identity() scimProbeIdentity { return scimProbeIdentity{m.AccountID, m.ID} }

// fromProbe takes what a probe has found out.
func (m *scimProbeModel) fromProbe(result scimprobe.Result, now time.Time) {
	m.Healthy = types.BoolValue(len(result.Differences) == 0)
	m.ProvisionMS, m.DeprovisionMS = millisecondsOrNull(result.Provision), millisecondsOrNull(result.Deprovision)
	m.Differences = listOf(result.Differences)
	m.ProbedAt = timeOrNull(&now)
}

// ModifyPlan implements [resource.ResourceWithModifyPlan].
func (r *scimProbeResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer r.data.endPlan(ctx, req, resp, "prefectsso_scim_probe")
	if isDestroy(req) {
		return
	}
	r.data.planAccount(ctx, req, resp)
	suppressNoOp(ctx, req, resp, "account_id", "scim_endpoint", "token_wo_version", "client_id", "client_secret_wo_version", "email_domain", "groups", "expected_role", "expected_workspace_roles", "max_seconds", "fail_on_unhealthy", "triggers")
	if resp.Plan.Raw.Equal(req.State.Raw) {
		return
	}
	var plan scimProbeModel
	resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.data.canPlan(&resp.Diagnostics) {
		return
	}
	r.check(ctx, &plan, &resp.Diagnostics)
}

// check looks while planning what of a probe can be known to fail.
func (r *scimProbeResource) check(ctx context.Context, m *scimProbeModel, diags *diag.Diagnostics) {
	if known(m.EmailDomain.StringValue) {
		r.data.warnOfDisabledDomains(ctx, m.AccountID, []string{m.EmailDomain.Normalized()}, nil, path.Root("email_domain"), diags)
	}
	if known(m.SCIMEndpoint) {
		if _, err := r.data.client.ParseSCIMEndpoint(m.SCIMEndpoint.ValueString()); err != nil {
			diags.AddAttributeError(path.Root("scim_endpoint"), "Invalid SCIM endpoint", english.ErrorSentence(err))
		}
	}
	if known(m.ExpectedRole) && known(m.AccountID) {
		r.expectedRole(ctx, m.AccountID.ValueString(), m, diags)
	}
}

// expectedRole returns the role that the canary has to get, nil for any. One that bypasses single sign-on is refused.
func (r *scimProbeResource) expectedRole(ctx context.Context, account string, m *scimProbeModel, diags *diag.Diagnostics) *client.AccountRole {
	if m.ExpectedRole.IsNull() {
		return nil
	}
	at := path.Root("expected_role")
	role, err := r.data.client.Roles(account).Resolve(ctx, m.ExpectedRole.ValueString())
	if err != nil {
		diags.Append(failureAt(at, "Unusable role", err))
		return nil
	}
	if role.Has(client.PermissionBypassSSO) {
		diags.AddAttributeError(at, "Role bypasses single sign-on", fmt.Sprintf("%s signs in without single sign-on. A probe creates no such member, not even for a moment: probe groups that give another role.", role.Name))
	}
	return &role
}

// prepare makes a probe of the configuration. Nothing is created before all of it is known to make sense.
func (r *scimProbeResource) prepare(ctx context.Context, account string, m *scimProbeModel, by probeCredentials, diags *diag.Diagnostics) scimprobe.Config {
	p := scimprobe.Config{
		API: r.data.client, AccountID: account, Endpoint: strings.TrimRight(m.SCIMEndpoint.ValueString(), "/"),
		Canary: scimprobe.NewCanary(m.EmailDomain.Normalized()), Limit: time.Duration(m.MaxSeconds.ValueInt64()) * time.Second,
		Role: r.expectedRole(ctx, account, m, diags), Bypassing: map[string]client.AccountRole{}, Explain: reason,
	}
	if groups := stringsOf(m.Groups); groups != nil {
		p.Groups = *groups
	}
	p.Accesses = r.expectedAccesses(ctx, account, m, diags)
	roles, err := r.data.client.Roles(account).List(ctx)
	if err != nil {
		diags.Append(failure("Could not read account roles", err))
	}
	for _, role := range roles {
		if role.Has(client.PermissionBypassSSO) {
			p.Bypassing[role.ID] = role
		}
	}
	domains, err := r.data.client.ListDomains(ctx, account)
	if err != nil {
		diags.Append(failureAt(path.Root("email_domain"), "Could not read domains", err))
	} else if !slices.ContainsFunc(domains, func(d client.Domain) bool { return normalized.Domain.Key(d.Name) == m.EmailDomain.Normalized() }) {
		diags.AddAttributeError(path.Root("email_domain"), "Domain not enabled", fmt.Sprintf("%s is not an enabled domain of account %s, so no directory of it brings people with such addresses. Enable it, such as with a prefectsso_domain that this probe depends on, or name another one.", m.EmailDomain.ValueString(), account))
	}
	if m.ClientID.IsNull() || !diags.HasError() { // a client is asked for a token when all else makes sense
		p.SCIM = r.connect(ctx, m, by, diags)
	}
	return p
}

// probeCredentials are what a probe calls the SCIM endpoint with: a token, or a client's secret.
type probeCredentials struct{ token, clientSecret types.String }

// connect returns a client of the SCIM endpoint, nil after an error.
func (r *scimProbeResource) connect(ctx context.Context, m *scimProbeModel, by probeCredentials, diags *diag.Diagnostics) (scim *client.SCIM) {
	at, summary := path.Root("token_wo"), "Invalid SCIM token"
	var err error
	if m.ClientID.IsNull() {
		scim, err = r.data.client.SCIM(m.SCIMEndpoint.ValueString(), by.token.ValueString())
	} else {
		at, summary = path.Root("client_id"), "Could not get an access token"
		scim, err = r.data.client.SCIMByClient(ctx, m.SCIMEndpoint.ValueString(), m.ClientID.ValueString(), by.clientSecret.ValueString())
	}
	var endpoint *client.EndpointError
	switch {
	case errors.As(err, &endpoint):
		diags.AddAttributeError(path.Root("scim_endpoint"), "Invalid SCIM endpoint", english.ErrorSentence(err))
	case err != nil:
		diags.AddAttributeError(at, summary, reason(err))
	}
	return scim
}

// expectedAccesses returns the workspaces and roles that are expected.
func (r *scimProbeResource) expectedAccesses(ctx context.Context, account string, m *scimProbeModel, diags *diag.Diagnostics) (accesses []scimprobe.Access) {
	wanted := m.ExpectedWorkspaceRoles.Elements()
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		at := path.Root("expected_workspace_roles").AtMapKey(name)
		text, ok := wanted[name].(types.String)
		if !ok {
			continue // the schema lets nothing else in
		}
		workspace, err := r.data.client.Workspaces(account).Resolve(ctx, name)
		if err != nil {
			diags.Append(failureAt(at, "Unusable workspace", err))
			continue
		}
		role, err := r.data.client.WorkspaceRoles(account).Resolve(ctx, text.ValueString())
		if err != nil {
			diags.Append(failureAt(at, "Unusable workspace role", err))
			continue
		}
		accesses = append(accesses, scimprobe.Access{Workspace: workspace, Role: role})
	}
	return accesses
}

// Create implements [resource.Resource]. A probe that is not healthy is in the state, too: Terraform marks it as tainted
// and makes it again.
func (r *scimProbeResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m scimProbeModel
	var by probeCredentials
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("token_wo"), &by.token)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("client_secret_wo"), &by.clientSecret)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	p := r.prepare(ctx, account, &m, by, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	result := scimprobe.Run(ctx, p)
	reportProbe(p.Canary, result, m.FailOnUnhealthy.ValueBool(), destroyTakesCanary, &resp.Diagnostics)
	switch {
	case result.Left != nil: // with this error it is tainted, and its destruction tries again
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, privateCanary, privateText(p.Canary.Name))...)
	case result.Err != nil:
		return
	}
	m.ID, m.AccountID = types.StringValue(uuid.NewString()), preserveCase(m.AccountID, account)
	m.fromProbe(result, time.Now())
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, m.identity())...)
}

// What becomes of a canary that could not be removed, by what ran the probe.
const (
	destroyTakesCanary = "Destroying this resource, as the next apply does with what is tainted, takes the canary out of the account."
	personTakesCanary  = "Take the canary out of the account by hand."
)

// reportProbe says what a probe has found out. leftover is what becomes of a canary that could not be removed.
func reportProbe(c scimprobe.Canary, result scimprobe.Result, strict bool, leftover string, diags *diag.Diagnostics) {
	gone := "No canary was created."
	if result.Asked {
		gone = "The canary " + c.Name + " has been removed again."
	}
	if result.Left != nil {
		gone = ""
		diags.AddError("Canary left behind", fmt.Sprintf("The probe could not remove all of its canary %s:\n\n- %s\n\n%s The next probe of this directory removes what is older than %d minutes.", c.Name, strings.Join(result.Left, "\n- "), leftover, int(scimprobe.CanaryAge.Minutes())))
	}
	var group *scimprobe.UnknownGroupError
	switch {
	case errors.As(result.Err, &group):
		diags.AddAttributeError(path.Root("groups"), "Unknown group", result.Err.Error())
	case errors.Is(result.Err, context.Canceled):
		diags.AddError("Probe interrupted", strings.TrimSpace("Nothing was found out. "+gone))
	case result.Err != nil:
		diags.AddError("Could not make probe", strings.TrimSpace(reason(result.Err)+"\n\n"+gone))
	case result.Differences != nil:
		summary, detail := "Provisioning is not healthy", strings.TrimSpace("The probe found:\n\n- "+strings.Join(result.Differences, "\n- ")+"\n\n"+gone)
		if strict {
			diags.AddError(summary, detail)
		} else {
			diags.Append(warns(checkThis, path.Empty(), summary, detail))
		}
	}
	if result.Removed != nil {
		diags.Append(warns(noAction, path.Empty(), "Removed canaries of earlier probes", "Probes that did not come to their end had left behind "+english.Some(result.Removed)+". They are gone now."))
	}
	if result.NotRemoved != nil {
		diags.Append(warns(checkThis, path.Empty(), "Canaries of earlier probes not looked for", reason(result.NotRemoved)))
	}
}

// Read implements [resource.Resource]. A result does not change.
func (r *scimProbeResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m scimProbeModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
}

// Update implements [resource.Resource]: what fail_on_unhealthy says is for the next probe.
func (r *scimProbeResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m scimProbeModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(setUpdated(ctx, req, resp, &m, m.identity())...)
}

// privateCanary is the key of the private state that holds the address of a canary that was left behind.
const privateCanary = "canary"

// Delete implements [resource.Resource]: a canary that the probe had to leave behind is taken out of the account. What the
// directory still has of it takes the directory's secret, which only the next probe has.
func (r *scimProbeResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	const summary = "Could not remove canary"
	var m scimProbeModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	canary := privateTextAt(ctx, req.Private, privateCanary, &resp.Diagnostics)
	if canary == "" || resp.Diagnostics.HasError() {
		return
	}
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok {
		return
	}
	rows, err := r.data.client.ListMemberships(ctx, account, client.MembershipQuery{OnlyUsers: true, Filter: &client.MembershipFilter{Emails: []string{canary}}})
	if err != nil {
		resp.Diagnostics.Append(failure(summary, err))
		return
	}
	for _, row := range rows {
		if err := r.data.client.DeleteMembership(ctx, account, row.ID); err != nil {
			resp.Diagnostics.Append(failure(summary, err))
		}
	}
}
