package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/poll"
)

// activate does what activation says, and takes over the answer. It says whether there is a new one.
func (r *identityProviderResource) activate(ctx context.Context, account string, m *identityProviderModel, wait time.Duration, diags *diag.Diagnostics) bool {
	if m.State.ValueString() == client.ConnectionActive {
		return false
	}
	at := path.Root("activation")
	switch m.Activation.ValueString() {
	case activationImmediate:
		connection, err := r.data.client.ActivateConnection(ctx, account, m.ID.ValueString(), m.TakeOverDomains.ValueBool())
		if err != nil && !client.IsConflict(err) { // its answer may be lost
			if now, readErr := r.data.client.GetConnection(ctx, account, m.ID.ValueString()); readErr == nil && now.State == client.ConnectionActive {
				connection, err = now, nil
			}
		}
		if err != nil {
			diags.Append(failureAt(at, "Could not activate identity provider", err))
			return false
		}
		diags.Append(m.fromAPI(account, connection)...)
		return true
	case activationFirstLogin:
		if m.State.ValueString() == client.ConnectionInactive {
			diags.Append(warns(actionNeeded, at, "Identity provider is switched off", "The connection was switched off outside of Terraform, so users cannot log in through it. `activation = \"immediate\"` switches it on again."))
			return false
		}
		connection, err := r.waitForLogin(ctx, account, m.ID.ValueString(), wait)
		if err != nil {
			// No error: that would have Terraform replace a connection which may be in use by the next apply.
			diags.Append(warns(checkThis, at, "Could not wait for the first login", "The identity provider is configured, and becomes active at the first successful login. Whether there was one could not be read. "+reason(err)))
			return false
		}
		if connection.State != client.ConnectionActive {
			diags.Append(warns(actionNeeded, at, "No login yet", fmt.Sprintf("The identity provider is configured, but within %s (`timeouts.create`) no user logged in through it. It becomes active at the first successful login.", wait)))
		}
		diags.Append(m.fromAPI(account, connection)...)
		return true
	}
	return false
}

// waitForLogin looks at the connection until it is active or the time is over.
func (r *identityProviderResource) waitForLogin(ctx context.Context, account, id string, atMost time.Duration) (connection *client.Connection, err error) {
	_, err = poll.Until(ctx, poll.DefaultPace, atMost, func() (bool, error) {
		connection, err = r.data.client.GetConnection(ctx, account, id)
		return err == nil && connection.State == client.ConnectionActive, err
	})
	return connection, err
}
