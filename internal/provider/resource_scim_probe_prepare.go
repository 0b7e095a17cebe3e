package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/scimprobe"
)

// What the resource prefectsso_scim_probe and the action prefectsso_scim_probe_run share: how a probe is made of arguments,
// and what is said of its result.

// planProbe finds out while planning what would make a probe fail. own is the account.
func (p *providerData) planProbe(ctx context.Context, own types.String, m *scimProbeModel, diags *diag.Diagnostics) {
	if known(m.EmailDomain.StringValue) {
		p.warnOfDisabledDomains(ctx, own, []string{m.EmailDomain.Normalized()}, nil, path.Root("email_domain"), diags)
	}
	if known(m.SCIMEndpoint) {
		if _, err := p.client.ParseSCIMEndpoint(m.SCIMEndpoint.ValueString()); err != nil {
			diags.AddAttributeError(path.Root("scim_endpoint"), "Invalid SCIM endpoint", english.ErrorSentence(err))
		}
	}
	if known(m.ExpectedRole) && known(own) {
		p.probeRole(ctx, own.ValueString(), m, diags)
	}
}

// probeRole returns the role that the canary has to get, nil for any. One that bypasses single sign-on is refused.
func (p *providerData) probeRole(ctx context.Context, account string, m *scimProbeModel, diags *diag.Diagnostics) *client.AccountRole {
	if m.ExpectedRole.IsNull() {
		return nil
	}
	at := path.Root("expected_role")
	role, err := p.client.Roles(account).Resolve(ctx, m.ExpectedRole.ValueString())
	if err != nil {
		diags.Append(failureAt(at, "Unusable role", err))
		return nil
	}
	if role.Has(client.PermissionBypassSSO) {
		diags.AddAttributeError(at, "Role bypasses single sign-on", fmt.Sprintf("%s signs in without single sign-on. A probe creates no such member, not even for a moment: probe groups that give another role.", role.Name))
	}
	return &role
}

// prepareProbe makes a probe of the configuration. Nothing is created before all of it is known to make sense.
func (p *providerData) prepareProbe(ctx context.Context, account string, m *scimProbeModel, by probeCredentials, diags *diag.Diagnostics) scimprobe.Config {
	probe := scimprobe.Config{
		API: p.client, AccountID: account, Endpoint: strings.TrimRight(m.SCIMEndpoint.ValueString(), "/"),
		Canary: scimprobe.NewCanary(m.EmailDomain.Normalized()), Limit: time.Duration(m.MaxSeconds.ValueInt64()) * time.Second,
		Role: p.probeRole(ctx, account, m, diags), Bypassing: map[string]client.AccountRole{}, Explain: reason,
	}
	if groups := stringsOf(m.Groups); groups != nil {
		probe.Groups = *groups
	}
	probe.Accesses = p.probeAccesses(ctx, account, m, diags)
	roles, err := p.client.Roles(account).List(ctx)
	if err != nil {
		diags.Append(failure("Could not read account roles", err))
	}
	for _, role := range roles {
		if role.Has(client.PermissionBypassSSO) {
			probe.Bypassing[role.ID] = role
		}
	}
	domains, err := p.client.ListDomains(ctx, account)
	if err != nil {
		diags.Append(failureAt(path.Root("email_domain"), "Could not read domains", err))
	} else if !slices.ContainsFunc(domains, func(d client.Domain) bool { return normalized.Domain.Key(d.Name) == m.EmailDomain.Normalized() }) {
		diags.AddAttributeError(path.Root("email_domain"), "Domain not enabled", fmt.Sprintf("%s is not an enabled domain of account %s, so no directory of it brings people with such addresses. Enable it, such as with a prefectsso_domain that this probe depends on, or name another one.", m.EmailDomain.ValueString(), account))
	}
	if m.ClientID.IsNull() || !diags.HasError() { // a client is asked for a token when all else makes sense
		probe.SCIM = p.connectProbe(ctx, m, by, diags)
	}
	return probe
}

// probeCredentials are what a probe calls the SCIM endpoint with: a token, or a client's secret.
type probeCredentials struct{ token, clientSecret types.String }

// connectProbe returns a client of the SCIM endpoint, nil after an error.
func (p *providerData) connectProbe(ctx context.Context, m *scimProbeModel, by probeCredentials, diags *diag.Diagnostics) (scim *client.SCIM) {
	at, summary := path.Root("token_wo"), "Invalid SCIM token"
	var err error
	if m.ClientID.IsNull() {
		scim, err = p.client.SCIM(m.SCIMEndpoint.ValueString(), by.token.ValueString())
	} else {
		at, summary = path.Root("client_id"), "Could not get an access token"
		scim, err = p.client.SCIMByClient(ctx, m.SCIMEndpoint.ValueString(), m.ClientID.ValueString(), by.clientSecret.ValueString())
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

// probeAccesses returns the workspaces and roles that are expected.
func (p *providerData) probeAccesses(ctx context.Context, account string, m *scimProbeModel, diags *diag.Diagnostics) (accesses []scimprobe.Access) {
	wanted := m.ExpectedWorkspaceRoles.Elements()
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		at := path.Root("expected_workspace_roles").AtMapKey(name)
		text, ok := wanted[name].(types.String)
		if !ok {
			continue // the schema lets nothing else in
		}
		workspace, err := p.client.Workspaces(account).Resolve(ctx, name)
		if err != nil {
			diags.Append(failureAt(at, "Unusable workspace", err))
			continue
		}
		role, err := p.client.WorkspaceRoles(account).Resolve(ctx, text.ValueString())
		if err != nil {
			diags.Append(failureAt(at, "Unusable workspace role", err))
			continue
		}
		accesses = append(accesses, scimprobe.Access{Workspace: workspace, Role: role})
	}
	return accesses
}

// reportProbe says what a probe has found out.
func reportProbe(c scimprobe.Canary, result scimprobe.Result, strict bool, diags *diag.Diagnostics) {
	gone := "No canary was created."
	if result.Asked {
		gone = "The canary " + c.Name + " has been removed again."
	}
	if result.Left != nil {
		gone = ""
		diags.AddError("Canary left behind", fmt.Sprintf("The probe could not remove all of its canary %s:\n\n- %s\n\nDestroying this resource, as the next apply does with what is tainted, takes the canary out of the account. The next probe of this directory removes what is older than %d minutes.", c.Name, strings.Join(result.Left, "\n- "), int(scimprobe.CanaryAge.Minutes())))
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
