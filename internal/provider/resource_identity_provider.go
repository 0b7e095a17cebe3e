package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/access/planned"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
)

var (
	_ resource.ResourceWithConfigure      = &identityProviderResource{}
	_ resource.ResourceWithModifyPlan     = &identityProviderResource{}
	_ resource.ResourceWithValidateConfig = &identityProviderResource{}
	_ resource.ResourceWithImportState    = &identityProviderResource{}
	_ resource.ResourceWithIdentity       = &identityProviderResource{}
)

// firstLoginWait is how long activation = "first_login" waits unless timeouts.create says otherwise.
const firstLoginWait = 20 * time.Minute

// connectionNoun names the thing in messages.
const connectionNoun = "identity provider"

func newIdentityProviderResource() resource.Resource { return &identityProviderResource{} }

// identityProviderResource is a connection to an identity provider. Its schema is in
// resource_identity_provider_schema.go, its mapping to the API in resource_identity_provider_model.go, what it does where the
// API does not offer it in resource_identity_provider_adopted.go.
type identityProviderResource struct {
	resourceBase
}

// Metadata implements [resource.Resource].
func (r *identityProviderResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_identity_provider"
}

// IdentitySchema implements [resource.ResourceWithIdentity].
func (r *identityProviderResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema("id", "Id of the connection, conn_….")
}

func (m *identityProviderModel) identity(accountID string) idIdentity {
	return idIdentity{types.StringValue(accountID), m.ID}
}

// ValidateConfig implements [resource.ResourceWithValidateConfig].
func (r *identityProviderResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var kind types.String
	var oidc, saml types.Object
	var subject types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("attribute_mapping").AtName("subject"), &subject)...)
	getArguments(ctx, req.Config, &resp.Diagnostics, argument{"connection_type", &kind}, argument{"oidc", &oidc}, argument{"saml", &saml})
	if configured := configuredSAML(ctx, req.Config, &resp.Diagnostics); configured != nil {
		configured.validateMetadata(time.Now(), &resp.Diagnostics)
	}
	if known(subject) && !oidc.IsNull() && !oidc.IsUnknown() {
		resp.Diagnostics.AddAttributeError(path.Root("attribute_mapping").AtName("subject"), "OpenID Connect has its own subject", "With OpenID Connect the claim sub identifies the person. Leave subject out; it is for SAML.")
	}
	if resp.Diagnostics.HasError() || !known(kind) {
		return
	}
	at := path.Root("connection_type")
	if !oidc.IsNull() && slices.Contains(samlTypes, kind.ValueString()) {
		resp.Diagnostics.AddAttributeError(at, "Type and protocol do not match", fmt.Sprintf("%s is a SAML connection, but `oidc` is configured. For OpenID Connect the types are %s.", kind.ValueString(), strings.Join(oidcTypes, ", ")))
	}
	if !saml.IsNull() && slices.Contains(oidcTypes, kind.ValueString()) {
		resp.Diagnostics.AddAttributeError(at, "Type and protocol do not match", fmt.Sprintf("%s is an OpenID Connect connection, but `saml` is configured. For SAML the types are %s.", kind.ValueString(), strings.Join(samlTypes, ", ")))
	}
}

// ModifyPlan implements [resource.ResourceWithModifyPlan].
func (r *identityProviderResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer r.data.endPlan(ctx, req, resp, "prefectsso_identity_provider")
	var plan, prior *identityProviderModel
	if !isCreate(req) {
		prior = &identityProviderModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, prior)...)
	}
	if !isDestroy(req) {
		r.data.planAccount(ctx, req, resp)
		r.planSigning(ctx, req, prior, resp)
		r.planClientAuth(ctx, req, prior, resp)
		suppressNoOp(ctx, req, resp, "account_id", "name", "connection_type", "domains", "oidc", "saml", "attribute_mapping", "activation", "take_over_domains", "timeouts")
		r.planActivation(ctx, req, prior, resp)
		keepState(ctx, req, resp, "configurable", "unverified_attributes")
		if !changes(ctx, req, resp, "saml") {
			keepState(ctx, req, resp, "certificates", "want_authn_requests_signed")
		}
		r.planRefresh(ctx, req, prior, resp)
		plan = &identityProviderModel{}
		resp.Diagnostics.Append(resp.Plan.Get(ctx, plan)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if prior != nil && plan != nil {
		warnOfExpiry(prior.Certificates, time.Now(), &resp.Diagnostics)
		if (plan.OIDC == nil) != (prior.OIDC == nil) && (plan.SAML == nil) != (prior.SAML == nil) {
			resp.RequiresReplace.Append(path.Root("oidc"), path.Root("saml"))
		}
	}
	if prior != nil && !prior.Configurable.ValueBool() {
		if plan != nil && !resp.Plan.Raw.Equal(req.State.Raw) {
			r.rejectUnconfigurableChange(ctx, prior, resp)
		}
		return
	}
	if prior != nil && plan != nil {
		r.warnOfSubject(ctx, plan, prior, &resp.Diagnostics)
	}
	if plan != nil {
		r.warnOfAbsent(ctx, plan, prior, &resp.Diagnostics)
	}
	if prior != nil && plan != nil && plan.stopsLogins(prior) {
		plan = nil // Terraform plans the new one by itself
	}
	if !resp.Plan.Raw.Equal(req.State.Raw) {
		r.checkLogins(ctx, plan, prior, &resp.Diagnostics)
	}
}

// warnOfAbsent says what a connection wants and is not there yet.
func (r *identityProviderResource) warnOfAbsent(ctx context.Context, plan, prior *identityProviderModel, diags *diag.Diagnostics) {
	var before []string
	if prior == nil {
		r.data.warnOfNothingToAdopt(ctx, plan.AccountID, plan.Name, setupSSO, diags)
	} else {
		before = prior.Domains.Normalized()
	}
	r.data.warnOfDisabledDomains(ctx, plan.AccountID, plan.Domains.Normalized(), before, path.Root("domains"), diags)
}

// stopsLogins reports whether the plan ends the logins that go through the prior connection: it is replaced by one in
// another account, or by one that nothing makes active.
func (m *identityProviderModel) stopsLogins(prior *identityProviderModel) bool {
	return movesAccount(m.AccountID, prior.AccountID) ||
		!m.ConnectionType.Equal(prior.ConnectionType) && m.Activation.ValueString() == activationNone
}

// planActivation plans that a connection which was switched off behind Terraform's back becomes active again where the
// configuration says that it is.
func (r *identityProviderResource) planActivation(ctx context.Context, req resource.ModifyPlanRequest, prior *identityProviderModel, resp *resource.ModifyPlanResponse) {
	if prior == nil {
		return
	}
	var activation types.String
	resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root("activation"), &activation)...)
	switch is := prior.State.ValueString(); {
	case is == client.ConnectionActive || !prior.Configurable.ValueBool():
		keepState(ctx, req, resp, "state")
	case activation.ValueString() == activationImmediate:
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("state"), client.ConnectionActive)...)
	case is == client.ConnectionInactive || is == client.ConnectionValidating && activation.ValueString() == activationNone:
		keepState(ctx, req, resp, "state") // a first login makes it active, but this update does not wait for one
	}
}

// planned returns the connection as far as people's access depends on it; nil for none.
func (m *identityProviderModel) planned() *planned.Connection {
	if m == nil {
		return nil
	}
	return &planned.Connection{
		ID: m.ID.ValueString(), Name: m.Name.ValueString(), Domains: m.Domains.Normalized(), Activation: m.Activation.ValueString(),
		TakeOver: m.TakeOverDomains.ValueBool(), State: access.ConnectionState(m.State.ValueString()),
	}
}

// logins returns the change of a connection that is made or changed, to be judged. With activation = "none" it becomes
// active at a login that the apply does not wait for.
func (r *identityProviderResource) logins(account string, plan, prior *identityProviderModel) judging {
	j := judging{account: account, policy: r.data.policy, changes: []access.Change{plan.planned().Put(prior.planned())}}
	if login, awaited := plan.planned().FirstLogin(prior.planned()); login != nil {
		j.changes = append(j.changes, *login)
		j.policy.AtFirstLogin = !awaited
	}
	return j
}

// deletion returns the deletion of a connection, to be judged.
func (r *identityProviderResource) deletion(account string, m *identityProviderModel) judging {
	return judging{account: account, policy: r.data.policy, changes: []access.Change{access.DeleteConnection{ID: m.ID.ValueString()}}}
}

// checkLogins judges a connection that is made, changed (plan and prior) or deleted (plan nil). A change counts on
// connections that were planned before; a deletion, which is not planned again, does not.
func (r *identityProviderResource) checkLogins(ctx context.Context, plan, prior *identityProviderModel, diags *diag.Diagnostics) {
	if r.data == nil || r.data.client == nil {
		return
	}
	if plan != nil && (plan.AccountID.IsUnknown() || !plan.Domains.IsWhollyKnown() || plan.Activation.IsUnknown() || plan.Name.IsUnknown()) {
		notJudged(path.Root("domains"), access.LockoutNotChecked, diags)
		return
	}
	of := plan
	if prior != nil {
		of = prior
	}
	account, ok := r.data.account(of.AccountID, diags)
	if !ok {
		return
	}
	if plan == nil {
		r.data.judge(ctx, r.deletion(account, prior), diags)
		return
	}
	j := r.logins(account, plan, prior)
	j.changes = append(r.data.run.Connections.Beside(account, plan.Name.ValueString()), j.changes...)
	if !j.policy.AtFirstLogin {
		r.data.run.Connections.Plan(account, plan.planned().Put(prior.planned()))
	}
	found, err := r.data.findings(ctx, j, r.data.world.For)
	switch {
	case err != nil && j.policy.AtFirstLogin: // the apply can do without
		diags.Append(notJudgedBecause(path.Root("domains"), access.LockoutNotChecked, err))
	case err != nil:
		diags.Append(failure("Could not check who keeps access", err))
	default:
		j.report(found, diags)
	}
}

// recheckLogins judges a connection just before it is made or changed by what is there then, where its plan counted on
// others. Else that was done when it was planned again, just now.
func (r *identityProviderResource) recheckLogins(ctx context.Context, account string, plan, prior *identityProviderModel, diags *diag.Diagnostics) (fine bool) {
	j := r.logins(account, plan, prior)
	if j.policy.AtFirstLogin || len(r.data.run.Connections.Beside(account, plan.Name.ValueString())) == 0 {
		return true
	}
	return r.data.recheck(ctx, j, diags)
}

// expiresSoon is how long before the end of a certificate or a token plans warn.
const expiresSoon = 30 * 24 * time.Hour

// warnOfExpiry names certificates that end soon.
func warnOfExpiry(expiries types.Map, now time.Time, diags *diag.Diagnostics) {
	elements := expiries.Elements()
	for _, print := range slices.Sorted(maps.Keys(elements)) {
		text, ok := elements[print].(types.String)
		if !ok {
			continue
		}
		expires := parseTime(text.ValueString())
		if left := expires.Sub(now); left < expiresSoon {
			diags.Append(warns(actionNeeded, path.Root("saml"), "Certificate expires soon", fmt.Sprintf("The identity provider's certificate %s… expires on %s (%s from now); logins fail after that. Add its successor beside it, let the identity provider roll over, then take this one out.", print[:min(16, len(print))], expires.Format(time.DateOnly), english.Count(max(0, int(left.Hours()/24)), "day"))))
		}
	}
}

// secret returns the client secret, which only the configuration holds.
func (r *identityProviderResource) secret(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) types.String {
	var oidc types.Object
	diags.Append(config.GetAttribute(ctx, path.Root("oidc"), &oidc)...)
	secret := types.StringNull()
	if !diags.HasError() && !oidc.IsNull() {
		diags.Append(config.GetAttribute(ctx, path.Root("oidc").AtName("client_secret_wo"), &secret)...)
	}
	return secret
}

// Create implements [resource.Resource].
func (r *identityProviderResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m identityProviderModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	secret := r.secret(ctx, req.Config, &resp.Diagnostics)
	wait, diags := m.Timeouts.Create(ctx, firstLoginWait)
	resp.Diagnostics.Append(diags...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() || !r.data.reserve("prefectsso_identity_provider", account, run.Connection, path.Root("name"), &resp.Diagnostics, m.Name.ValueString()) {
		return
	}
	connections, managed, err := r.data.connections(ctx, account, r.data.client.GetIntegrations)
	switch {
	case err != nil:
		resp.Diagnostics.Append(failure("Could not read identity providers", err))
		return
	case !managed:
		r.adopt(ctx, account, connections, &m, resp)
		return
	}
	if !r.recheckLogins(ctx, account, &m, nil, &resp.Diagnostics) {
		return
	}
	write := m.toWrite(secret)
	r.chooseSigning(ctx, req.Config, &write, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	connection, err := createInTurn(ctx, r.data, func(key string) (*client.Connection, error) {
		return r.data.client.CreateConnection(ctx, account, key, write)
	})
	if existing := client.ExistingID(err); existing != "" {
		resp.Diagnostics.Append(m.exists(account, existing))
		return
	}
	if keepUncertain(ctx, connectionNoun, err, english.ErrorSentence, req, resp) {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("configurable"), true)...) // or it would be only watched
		return
	}
	if err != nil {
		resp.Diagnostics.Append(failureAtField(connectionArguments, "Could not create identity provider", err))
		return
	}
	resp.Diagnostics.Append(m.fromAPI(account, connection)...)
	m.warnLeftOut(connection, &resp.Diagnostics)
	// What is there now is in the state before anything else can fail or take long.
	resp.Diagnostics.Append(setCreated(ctx, req, resp, &m, m.identity(account))...)
	if r.activate(ctx, account, &m, wait, &resp.Diagnostics) {
		resp.Diagnostics.Append(setCreated(ctx, req, resp, &m, m.identity(account))...)
	}
}

// createdWith finds the id of the connection that an Idempotency-Key made; "" for none.
func (r *identityProviderResource) createdWith(ctx context.Context, account string) func(string) (string, error) {
	return func(key string) (string, error) {
		return r.data.client.ConnectionCreatedWith(ctx, account, key)
	}
}

// exists returns the error of a connection whose name is taken.
func (m *identityProviderModel) exists(account, id string) diag.Diagnostic {
	return alreadyExists(path.Root("name"), "Identity provider exists already", fmt.Sprintf("Account %s has a connection named %q (%s).", account, m.Name.ValueString(), id),
		"prefectsso_identity_provider", account+"/"+id, "name", "choose another name")
}

// Read implements [resource.Resource].
func (r *identityProviderResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer r.data.endRead(ctx, resp)
	var m identityProviderModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	if !readUncertain(ctx, connectionNoun, req, resp, &m.ID, func() any { return m.identity(account) }, r.createdWith(ctx, account)) {
		return
	}
	if m.Configurable.IsNull() { // just imported
		r.readImported(ctx, account, &m, resp)
		return
	}
	if !m.Configurable.ValueBool() {
		r.readAdopted(ctx, account, &m, resp)
		return
	}
	connection, err := r.data.client.GetConnection(ctx, account, m.ID.ValueString())
	switch {
	case client.IsNotFound(err):
		resp.Diagnostics.Append(warns(checkThis, path.Empty(), "Identity provider is gone", fmt.Sprintf("The connection %s (%s) no longer exists in account %s: it was deleted outside of Terraform. It is removed from the state; as long as the configuration has it, the plan creates it again.", m.Name.ValueString(), m.ID.ValueString(), account)))
		removeFromState(ctx, resp, m.identity(account))
		return
	case err != nil:
		resp.Diagnostics.Append(failure("Could not read identity provider", err))
		return
	}
	resp.Diagnostics.Append(m.fromAPI(account, connection)...)
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, &m, m.identity(account))...)
}

// Update implements [resource.Resource].
func (r *identityProviderResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m, prior identityProviderModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	secret := r.secret(ctx, req.Config, &resp.Diagnostics)
	wait, diags := m.Timeouts.Create(ctx, firstLoginWait)
	resp.Diagnostics.Append(diags...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() || !r.data.reserve("prefectsso_identity_provider", account, run.Connection, path.Root("name"), &resp.Diagnostics, m.Name.ValueString()) {
		return
	}
	m.ID, m.State = prior.ID, prior.State
	if !prior.Configurable.ValueBool() {
		m.observeAdopted(&prior)
		resp.Diagnostics.Append(setUpdated(ctx, req, resp, &m, m.identity(account))...)
		return
	}
	if !r.recheckLogins(ctx, account, &m, &prior, &resp.Diagnostics) {
		return
	}
	write, any := m.changes(&prior, secret)
	r.chooseSigning(ctx, req.Config, &write, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	connection, err := (*client.Connection)(nil), error(nil)
	if any {
		connection, err = r.data.client.UpdateConnection(ctx, account, m.ID.ValueString(), write)
	} else {
		connection, err = r.data.client.GetConnection(ctx, account, m.ID.ValueString())
	}
	if err != nil {
		resp.Diagnostics.Append(failureAtField(connectionArguments, "Could not change identity provider", err))
		return
	}
	resp.Diagnostics.Append(m.fromAPI(account, connection)...)
	if write.SAML != nil {
		m.warnLeftOut(connection, &resp.Diagnostics)
	} else {
		r.refreshMetadata(ctx, account, &m, &resp.Diagnostics)
	}
	if !resp.Diagnostics.HasError() {
		r.activate(ctx, account, &m, wait, &resp.Diagnostics)
	}
	resp.Diagnostics.Append(setUpdated(ctx, req, resp, &m, m.identity(account))...)
}

// Delete implements [resource.Resource].
func (r *identityProviderResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m identityProviderModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	account, ok := r.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	if !m.Configurable.ValueBool() {
		resp.Diagnostics.Append(warns(noAction, path.Empty(), "Identity provider stays", fmt.Sprintf("%s was configured in the browser and is only watched here: it is forgotten, and people go on logging in through it.", m.Name.ValueString())))
		return
	}
	if !deleteUncertain(ctx, connectionNoun, req, resp, &m.ID, r.createdWith(ctx, account)) {
		return
	}
	defer r.data.run.Underway.Begin(m.ID.ValueString())()
	if err := r.data.client.DeleteConnection(ctx, account, m.ID.ValueString()); err != nil {
		resp.Diagnostics.Append(failure("Could not delete identity provider", err))
	}
}

// ImportState implements [resource.ResourceWithImportState]: `<connection id or name>`, with `<account_id>/` in front or
// not.
func (r *identityProviderResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	account, wanted, ok := r.data.importByName(ctx, "id", req, resp)
	if !ok {
		return
	}
	connection, _, err := r.find(ctx, account, wanted)
	if err != nil {
		resp.Diagnostics.Append(failure("Could not import identity provider", err))
		return
	}
	id := types.StringValue(connection.ID)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, idIdentity{types.StringValue(account), id})...)
}

// connectionArguments finds the argument for a field of the API.
var connectionArguments = map[string]path.Path{
	"name":                path.Root("name"),
	"connection_type":     path.Root("connection_type"),
	"oidc.issuer":         path.Root("oidc").AtName("issuer"),
	"oidc.client_id":      path.Root("oidc").AtName("client_id"),
	"oidc.client_secret":  path.Root("oidc").AtName("client_secret_wo"),
	"oidc.scopes":         path.Root("oidc").AtName("scopes"),
	"saml.name_id_format": path.Root("saml").AtName("name_id_format"),

	"oidc.token_endpoint_auth_method": clientAuthPath,
	"saml.idp_metadata_xml":           path.Root("saml").AtName("metadata_xml"),
	"saml.idp_metadata_url":           path.Root("saml").AtName("metadata_url"),
	"saml.idp_metadata_entity_id":     path.Root("saml").AtName("metadata_entity_id"),
	"saml.idp_entity_id":              path.Root("saml").AtName("entity_id"),
	"saml.idp_sso_url":                path.Root("saml").AtName("sso_url"),
	"saml.idp_certificates":           path.Root("saml").AtName("certificates"),
	"domains":                         path.Root("domains"),
}
