package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// What prefectsso_scim_directory does on a server that does not offer the managed configuration: it adopts the directory
// that a person has configured, watches what the published API shows of it, and says plainly what it cannot see or do.

// hiddenOfDirectory are the arguments that the published API does not show.
var hiddenOfDirectory = []string{"default_role", "deprovision_action", "sync_groups_to_teams", "allowed_domains"}

func directoryName(d client.Directory) string { return d.Name }

// directories lists the directories in whichever way the server offers: managed says which one that was.
func (p *providerData) directories(ctx context.Context, account string, shown integrationsReader) (rows []client.Directory, managed bool, err error) {
	return listed(ctx, account, p.client.ListDirectories, shown, func(i *client.Integrations) []client.Directory { return i.Directories })
}

// checkOffered finds out while planning whether the server lets be configured what a directory has, where the directory is
// not known yet and so cannot be asked. The error is a [client.NotOfferedError] where it does not.
func (p *providerData) checkOffered(ctx context.Context, account string) error {
	w, err := p.world.Fill(ctx, access.World{AccountID: account}, func(w access.World) []access.Want {
		if w.Offered.IsMissing() {
			return []access.Want{{Kind: access.WantOffer}}
		}
		return nil
	})
	if offered, known := w.Offered.Get(); err != nil || !known || offered {
		return err
	}
	_, err = p.client.ListDirectories(ctx, account) // says why
	return err
}

// find looks a directory up by id in whichever way the server offers; nil where there is none.
func (r *scimDirectoryResource) find(ctx context.Context, account, id string) (found *client.Directory, managed bool, err error) {
	directories, managed, err := r.data.directories(ctx, account, r.data.world.Integrations)
	at := slices.IndexFunc(directories, func(d client.Directory) bool { return d.ID == id })
	if err != nil || at < 0 {
		return nil, managed, err
	}
	return &directories[at], managed, nil
}

// adopt looks for the directory that the configuration names among those that there are.
func (r *scimDirectoryResource) adopt(ctx context.Context, account string, directories []client.Directory, m *scimDirectoryModel, resp *resource.CreateResponse) {
	at := slices.IndexFunc(directories, func(d client.Directory) bool { return d.Name == m.Name.ValueString() })
	if at < 0 {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "No such SCIM directory to adopt", fmt.Sprintf("This server does not offer the configuration of directories over its API, and account %s has no directory named %q%s. A person configures it in the browser: the resource prefectsso_setup_link with `kind = %q` gives the link. Then apply again, and the directory is adopted.", account, m.Name.ValueString(), existing(directories, directoryName), setupDirectorySync))
		return
	}
	directory := directories[at]
	const step = " A person changes that in the configuration dashboard; or let the configuration say what is there."
	if directory.Type != m.Type.ValueString() {
		resp.Diagnostics.AddAttributeError(path.Root("type"), "Another type is configured", fmt.Sprintf("The directory %s is %q, not %q.", directory.Name, directory.Type, m.Type.ValueString())+step)
	}
	if enabled := directory.State != client.DirectoryUnlinked; enabled != m.Enabled.ValueBool() {
		resp.Diagnostics.AddAttributeError(path.Root("enabled"), "Another state is configured", fmt.Sprintf("The directory %s is %s.", directory.Name, directory.State)+step)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	m.observe(account, &directory)
	resp.Diagnostics.Append(warns(noAction, path.Empty(), "SCIM directory was adopted", fmt.Sprintf("This server does not offer the configuration of directories over its API. The directory %s (%s) is only watched: its name, type and state. Not verified, because the server does not show it: %s.", directory.Name, directory.ID, english.AndCode(hiddenOfDirectory))))
	resp.Diagnostics.Append(setState(ctx, &resp.State, resp.Identity, m, m.identity(account))...)
}

// rejectUnconfigurableChange fails a plan that would change what only a person can change. What was imported and could never
// be seen is taken from the configuration as it is.
func (r *scimDirectoryResource) rejectUnconfigurableChange(ctx context.Context, prior *scimDirectoryModel, resp *resource.ModifyPlanResponse) {
	var plan scimDirectoryModel
	resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	var changed []string
	for name, same := range map[string]bool{
		"name":                 plan.Name.Equal(prior.Name),
		"type":                 plan.Type.Equal(prior.Type),
		"enabled":              plan.Enabled.Equal(prior.Enabled),
		"default_role":         prior.DefaultRole.IsNull() || plan.DefaultRole.Equal(prior.DefaultRole),
		"deprovision_action":   prior.DeprovisionAction.IsNull() || plan.DeprovisionAction.Equal(prior.DeprovisionAction),
		"sync_groups_to_teams": prior.SyncGroupsToTeams.IsNull() || plan.SyncGroupsToTeams.Equal(prior.SyncGroupsToTeams),
		"allowed_domains":      prior.DefaultRole.IsNull() || plan.AllowedDomains.Equal(prior.AllowedDomains),
	} {
		if !same {
			changed = append(changed, name)
		}
	}
	rejectChanges("directory", prior.Name.ValueString(), changed, hiddenOfDirectory, &resp.Diagnostics)
}

// keepUnseen leaves unsaid of an imported directory what neither the server shows nor the configuration says: a default in its
// place would be a change to plan, of something that the resource cannot change.
func keepUnseen(ctx context.Context, prior *scimDirectoryModel, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if prior == nil || prior.Configurable.ValueBool() {
		return
	}
	var config scimDirectoryModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	for _, unseen := range []struct {
		name  string
		is    bool
		value attr.Value
	}{
		{"default_role", config.DefaultRole.IsNull() && prior.DefaultRole.IsNull(), types.StringNull()},
		{"deprovision_action", config.DeprovisionAction.IsNull() && prior.DeprovisionAction.IsNull(), types.StringNull()},
		{"sync_groups_to_teams", config.SyncGroupsToTeams.IsNull() && prior.SyncGroupsToTeams.IsNull(), types.BoolNull()},
	} {
		if unseen.is {
			resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(unseen.name), unseen.value)...)
		}
	}
}
