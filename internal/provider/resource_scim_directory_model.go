package provider

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access/planned"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

// The values of deprovision_action.
const (
	deprovisionDeactivate = "deactivate"
	deprovisionDelete     = planned.DeprovisionDelete
)

// Schema implements [resource.Resource].
func (r *scimDirectoryResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	directoryTypes := client.DirectoryTypes()
	resp.Schema = schema.Schema{
		MarkdownDescription: "A directory: an identity provider that pushes people and groups into the account over SCIM 2.0. The people become members, its groups become teams, and people who leave lose their access with the push that says so. The identity provider wants `scim_endpoint` and a secret, which is a `prefectsso_scim_token`.\n\n" +
			"On a server that does not offer this configuration over its API, as today's Prefect Cloud, the directory of that `name` that was configured in the browser is adopted: `configurable` is then false, `unverified_attributes` names what cannot be seen, and a plan that would change something fails with the step that a person has to take.\n\n" +
			"Destroying the resource deletes a directory that it created, and removes one that it adopted from the state only. Deleting it deprovisions no users: people stay members, roles from mappings revert to the earlier ones, and its teams are then managed by hand." + permissionToApply(client.PermissionAdministrateSSO) + watchedToday,
		Attributes: map[string]schema.Attribute{
			"id":         observed("Id of the directory, `directory_…`."),
			"account_id": accountIDAttribute(),
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the directory, unique in the account.",
				Validators:          []validator.String{stringvalidator.LengthBetween(1, 255)},
			},
			"type": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Kind of identity provider: `" + strings.Join(directoryTypes, "`, `") + "`.",
				Validators:          []validator.String{oneOfTypes{directoryTypes}},
			},
			"enabled": schema.BoolAttribute{
				Optional: true, Computed: true,
				Default:             booldefault.StaticBool(true),
				MarkdownDescription: "Whether the directory takes pushes. With `false` it is unlinked: the identity provider is rejected, and users stay members. Default `true`.",
			},
			"default_role": schema.StringAttribute{
				Optional: true, Computed: true,
				Default:             stringdefault.StaticString(resetRole),
				MarkdownDescription: "The account role, by name or id, of people whom the directory makes members while no group role mapping gives them another. It counts at the time of joining: a change concerns those who join later. Default `" + resetRole + "`.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"deprovision_action": schema.StringAttribute{
				Optional: true, Computed: true,
				Default:             stringdefault.StaticString(deprovisionDeactivate),
				MarkdownDescription: "What happens to the membership of a person who leaves: `" + deprovisionDeactivate + "` (default) keeps it, inactive, with its role, accesses and teams for a return; `" + deprovisionDelete + "` removes it. Access ends either way.",
				Validators:          []validator.String{stringvalidator.OneOf(deprovisionDeactivate, deprovisionDelete)},
			},
			"sync_groups_to_teams": schema.BoolAttribute{
				Optional: true, Computed: true,
				Default:             booldefault.StaticBool(true),
				MarkdownDescription: "Whether each pushed group becomes a team with the group's members. Default `true`. Switched off, the teams stay as they are, for people to look after; switched on again, each group has its team back, with the group's members and the team's access to workspaces.",
			},
			"allowed_domains": schema.SetAttribute{
				CustomType:          normalized.Domain.SetType(),
				ElementType:         types.StringType,
				Optional:            true,
				MarkdownDescription: "Enabled domains whose people come in; people with other addresses are held until that changes. Left out: all enabled domains, also those that are enabled later.",
				Validators:          []validator.Set{setvalidator.NoNullValues(), setvalidator.SizeAtLeast(1)},
				PlanModifiers:       []planmodifier.Set{normalized.UseStateForEqual(normalized.Domain)},
			},
			"state":                 schema.StringAttribute{Computed: true, MarkdownDescription: "State of the directory as the server has it: `validating` until the identity provider has called once, then `linked`; `unlinked` while it is switched off."},
			"created":               createdAttribute("directory"),
			"created_by":            createdByAttribute("directory"),
			"scim_endpoint":         observed("Base URL that the identity provider pushes to; null for an adopted directory."),
			"configurable":          schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the server lets this resource configure the directory; false for an adopted one."},
			"unverified_attributes": schema.SetAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Arguments that the server does not show, so that their drift cannot be seen."},
		},
	}
}

// scimDirectoryModel is a directory as Terraform sees it. Its mapping to and from the API is pure.
type scimDirectoryModel struct {
	ID                   types.String   `tfsdk:"id"`
	AccountID            types.String   `tfsdk:"account_id"`
	Name                 types.String   `tfsdk:"name"`
	Type                 types.String   `tfsdk:"type"`
	Enabled              types.Bool     `tfsdk:"enabled"`
	DefaultRole          types.String   `tfsdk:"default_role"`
	DeprovisionAction    types.String   `tfsdk:"deprovision_action"`
	SyncGroupsToTeams    types.Bool     `tfsdk:"sync_groups_to_teams"`
	AllowedDomains       normalized.Set `tfsdk:"allowed_domains"`
	State                types.String   `tfsdk:"state"`
	SCIMEndpoint         types.String   `tfsdk:"scim_endpoint"`
	Configurable         types.Bool     `tfsdk:"configurable"`
	UnverifiedAttributes types.Set      `tfsdk:"unverified_attributes"`
	Created              types.String   `tfsdk:"created"`
	CreatedBy            types.String   `tfsdk:"created_by"`
}

// toWrite returns the whole directory as a create sends it.
func (m *scimDirectoryModel) toWrite(roleID string) client.DirectoryWrite {
	return client.DirectoryWrite{
		Name: m.Name.ValueString(), Type: m.Type.ValueString(), DefaultAccountRoleID: roleID,
		DeprovisionAction: m.DeprovisionAction.ValueString(), SyncGroupsToTeams: m.SyncGroupsToTeams.ValueBoolPointer(),
		AllowedDomains: m.allowedDomains(),
	}
}

// allowedDomains points at nil for all domains.
func (m *scimDirectoryModel) allowedDomains() *[]string {
	if m.AllowedDomains.IsNull() {
		return new([]string)
	}
	keys := m.AllowedDomains.Normalized()
	return &keys
}

// changes returns what an update sends: the parts that differ from the prior state.
func (m *scimDirectoryModel) changes(prior *scimDirectoryModel, roleID string) (w client.DirectoryWrite) {
	all := m.toWrite(roleID)
	if !m.Name.Equal(prior.Name) {
		w.Name = all.Name
	}
	if !m.Type.Equal(prior.Type) {
		w.Type = all.Type
	}
	if !m.Enabled.Equal(prior.Enabled) {
		w.State = client.DirectoryUnlinked
		if m.Enabled.ValueBool() {
			w.State = client.DirectoryLinked
		}
	}
	if !m.DefaultRole.Equal(prior.DefaultRole) {
		w.DefaultAccountRoleID = all.DefaultAccountRoleID
	}
	if !m.DeprovisionAction.Equal(prior.DeprovisionAction) {
		w.DeprovisionAction = all.DeprovisionAction
	}
	if !m.SyncGroupsToTeams.Equal(prior.SyncGroupsToTeams) {
		w.SyncGroupsToTeams = all.SyncGroupsToTeams
	}
	if m.AllowedDomains.IsNull() != prior.AllowedDomains.IsNull() || !slices.Equal(m.AllowedDomains.Normalized(), prior.AllowedDomains.Normalized()) {
		w.AllowedDomains = all.AllowedDomains
	}
	return w
}

// fromAPI takes the server's answer. The role keeps its form, domains keep their spelling.
func (m *scimDirectoryModel) fromAPI(accountID string, d *client.Directory, role client.AccountRole) {
	m.observe(accountID, d)
	m.DefaultRole = types.StringValue(inForm(m.DefaultRole.ValueString(), role.ID, role.Name))
	m.DeprovisionAction = types.StringValue(d.DeprovisionAction)
	m.SyncGroupsToTeams = types.BoolValue(d.SyncGroupsToTeams)
	if d.AllowedDomains == nil {
		m.AllowedDomains = normalized.Domain.SetNull()
	} else {
		m.AllowedDomains = normalized.Domain.SetValueAs(m.AllowedDomains, d.AllowedDomains)
	}
	m.SCIMEndpoint = textOrNull(d.SCIMEndpoint)
	m.Configurable, m.UnverifiedAttributes = types.BoolValue(true), setOf(nil)
}

// observe takes over what the published API, too, shows of a directory. The rest keeps what it has.
func (m *scimDirectoryModel) observe(accountID string, d *client.Directory) {
	m.ID, m.AccountID = types.StringValue(d.ID), preserveCase(m.AccountID, accountID)
	m.Name, m.Type, m.State = types.StringValue(d.Name), types.StringValue(d.Type), types.StringValue(d.State)
	m.Enabled = types.BoolValue(d.State != client.DirectoryUnlinked)
	m.Created, m.CreatedBy = originFromAPI(d.Origin)
	m.SCIMEndpoint, m.Configurable, m.UnverifiedAttributes = types.StringNull(), types.BoolValue(false), setOf(hiddenOfDirectory)
}
