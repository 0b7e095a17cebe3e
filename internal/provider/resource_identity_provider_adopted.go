package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

// What prefectsso_identity_provider does on a server that does not offer the managed configuration: it adopts the
// connection that a person has configured, watches what the published API shows of it, and says plainly what it cannot
// see or do.

// adopt looks for the connection that the configuration names among those that there are.
func (r *identityProviderResource) adopt(ctx context.Context, account string, connections []client.Connection, m *identityProviderModel, resp *resource.CreateResponse) {
	at := slices.IndexFunc(connections, func(c client.Connection) bool { return c.Name == m.Name.ValueString() })
	if at < 0 {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "No such identity provider to adopt", fmt.Sprintf("This server does not offer the configuration of identity providers over its API, and account %s has no connection named %q%s. A person configures it in the browser: the resource prefectsso_setup_link gives the link. Then apply again, and the connection is adopted.", account, m.Name.ValueString(), existing(connections, connectionName)))
		return
	}
	connection := connections[at]
	if !r.agrees(m, &connection, resp) {
		return
	}
	wanted := *m
	m.ID, m.State = types.StringValue(connection.ID), types.StringValue(connection.State)
	m.observeAdopted(&wanted)
	resp.Diagnostics.Append(warns(noAction, path.Empty(), "Identity provider was adopted", fmt.Sprintf("This server does not offer the configuration of identity providers over its API. The connection %s (%s) is only watched: its name, type, domains and state. Not verified, because the server does not show it: %s.", connection.Name, connection.ID, english.AndCode(unverified(m)))))
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, m, m.identity(account))...)
}

func connectionName(c client.Connection) string { return c.Name }

// agrees checks what the server does show against the configuration.
func (r *identityProviderResource) agrees(m *identityProviderModel, c *client.Connection, resp *resource.CreateResponse) bool {
	const step = " A person changes that in the configuration dashboard; or let the configuration say what is there."
	if c.ConnectionType != m.ConnectionType.ValueString() {
		resp.Diagnostics.AddAttributeError(path.Root("connection_type"), "Another type is configured", fmt.Sprintf("The connection %s is %s, not %s.", c.Name, c.ConnectionType, m.ConnectionType.ValueString())+step)
	}
	if have, want := connectionDomains(c), m.Domains.Normalized(); !slices.Equal(have, want) {
		resp.Diagnostics.AddAttributeError(path.Root("domains"), "Other domains are configured", fmt.Sprintf("The connection %s serves %s, not %s.", c.Name, english.And(have), english.And(want))+step)
	}
	return !resp.Diagnostics.HasError()
}

func connectionDomains(c *client.Connection) []string {
	domains := make([]string, len(c.Domains))
	for i, domain := range c.Domains {
		domains[i] = normalized.Domain.Key(domain.Domain)
	}
	slices.Sort(domains)
	return domains
}

// observeAdopted fills what an adopted connection has: what cannot be seen keeps the configured value.
func (m *identityProviderModel) observeAdopted(from *identityProviderModel) {
	m.Configurable = types.BoolValue(false)
	m.OIDC, m.WantsSigned = withoutSecret(m.OIDC), types.BoolNull()
	if m.SAML != nil && m.SAML.SignRequests.IsUnknown() {
		m.SAML.SignRequests = types.BoolNull()
	}
	m.Activation = textOr(m.Activation, activationNone)
	m.TakeOverDomains = types.BoolValue(m.TakeOverDomains.ValueBool())
	m.AccountID = from.AccountID
	m.RedirectURI, m.ACSURL, m.SPEntityID, m.SPMetadataURL = types.StringNull(), types.StringNull(), types.StringNull(), types.StringNull()
	m.JWKSURI = types.StringNull()
	m.Certificates = types.MapValueMust(types.StringType, map[string]attr.Value{})
	m.Created, m.CreatedBy = types.StringNull(), types.StringNull()
	m.UnverifiedAttributes = setOf(unverified(m))
}

func withoutSecret(o *oidcModel) *oidcModel {
	if o == nil {
		return nil
	}
	out := *o
	out.ClientSecretWO = types.StringNull()
	return &out
}

// unverified returns the configured arguments that the published API does not show.
func unverified(m *identityProviderModel) []string {
	var names []string
	if m.OIDC != nil {
		names = append(names, "oidc")
	}
	if m.SAML != nil {
		names = append(names, "saml")
	}
	if m.AttributeMapping != nil {
		names = append(names, "attribute_mapping")
	}
	return names
}

// readAdopted refreshes what the published API shows.
func (r *identityProviderResource) readAdopted(ctx context.Context, account string, m *identityProviderModel, resp *resource.ReadResponse) {
	found, err := r.data.world.Integrations(ctx, account)
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read identity provider", err))
		return
	}
	at := slices.IndexFunc(found.Connections, func(c client.Connection) bool { return c.ID == m.ID.ValueString() })
	if at < 0 {
		resp.Diagnostics.Append(warns(checkThis, path.Empty(), "Identity provider is gone", fmt.Sprintf("The adopted connection %s (%s) no longer exists in account %s. It is taken out of the state.", m.Name.ValueString(), m.ID.ValueString(), account)))
		removeFromState(ctx, resp, m.identity(account))
		return
	}
	m.observe(&found.Connections[at])
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, m, m.identity(account))...)
}

// observe takes over what the published API shows of a connection.
func (m *identityProviderModel) observe(c *client.Connection) {
	m.Name, m.ConnectionType, m.State = types.StringValue(c.Name), types.StringValue(c.ConnectionType), types.StringValue(c.State)
	m.Domains = normalized.Domain.SetValueAs(m.Domains, connectionDomains(c))
	if m.SAML != nil && m.SAML.WantEncrypted.IsNull() { // a state from before there was the argument
		m.SAML.WantEncrypted = types.BoolValue(false)
	}
}

// connections lists the connections in whichever way the server offers: managed says which one that was.
func (p *providerData) connections(ctx context.Context, account string, shown integrationsReader) (rows []client.Connection, managed bool, err error) {
	return listed(ctx, account, p.client.ListConnections, shown, func(i *client.Integrations) []client.Connection { return i.Connections })
}

// find looks a connection up by id or name.
func (r *identityProviderResource) find(ctx context.Context, account, wanted string) (found *client.Connection, managed bool, err error) {
	connections, managed, err := r.data.connections(ctx, account, r.data.world.Integrations)
	if err != nil {
		return nil, managed, err
	}
	at := slices.IndexFunc(connections, func(c client.Connection) bool { return c.ID == wanted || c.Name == wanted })
	if at < 0 {
		return nil, managed, fmt.Errorf("account %s has no connection with the id or name %q%s", account, wanted, existing(connections, connectionName))
	}
	return &connections[at], managed, nil
}

// readImported reads a connection of which the state has the id only.
func (r *identityProviderResource) readImported(ctx context.Context, account string, m *identityProviderModel, resp *resource.ReadResponse) {
	connection, managed, err := r.find(ctx, account, m.ID.ValueString())
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read identity provider", err))
		return
	}
	resp.Diagnostics.Append(m.fromImport(account, connection, managed)...)
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, m, m.identity(account))...)
}

// fromImport takes over a connection of which the model has only the ids: all of it, or what the published API shows.
func (m *identityProviderModel) fromImport(accountID string, c *client.Connection, managed bool) diag.Diagnostics {
	m.Domains = normalized.Domain.SetValue(nil)
	if managed {
		return m.fromAPI(accountID, c)
	}
	m.observeAdopted(m)
	m.observe(c)
	return nil
}

// rejectUnconfigurableChange fails a plan that would change what only a person can change.
func (r *identityProviderResource) rejectUnconfigurableChange(ctx context.Context, prior *identityProviderModel, resp *resource.ModifyPlanResponse) {
	var plan identityProviderModel
	resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	var changed []string
	for name, same := range map[string]bool{
		"name": plan.Name.Equal(prior.Name), "connection_type": plan.ConnectionType.Equal(prior.ConnectionType), "domains": plan.Domains.Equal(prior.Domains),
		"oidc":              (plan.OIDC == nil) == (prior.OIDC == nil) && (plan.OIDC == nil || plan.OIDC.equal(prior.OIDC)),
		"saml":              (plan.SAML == nil) == (prior.SAML == nil) && (plan.SAML == nil || plan.SAML.equal(prior.SAML)),
		"attribute_mapping": plan.AttributeMapping.equal(prior.AttributeMapping),
	} {
		// What was imported and could never be seen is taken from the configuration as it is.
		if !same && !prior.unseen(name) {
			changed = append(changed, name)
		}
	}
	rejectChanges("connection", prior.Name.ValueString(), changed, []string{"oidc", "saml", "attribute_mapping"}, &resp.Diagnostics)
}

// unseen reports whether the state has nothing for an argument that the published API does not show, as after an
// import.
func (m *identityProviderModel) unseen(name string) bool {
	switch name {
	case "oidc", "saml":
		return m.OIDC == nil && m.SAML == nil
	case "attribute_mapping":
		return m.AttributeMapping == nil
	}
	return false
}
