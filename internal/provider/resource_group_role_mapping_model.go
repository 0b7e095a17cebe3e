package provider

import (
	"context"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// Schema implements [resource.Resource].
func (r *groupRoleMappingResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "An account role for the people of a directory who are in a group, or have an attribute: they get it when the identity provider says so, and lose it the moment it does not. Of several mappings that match a person the one with the highest `priority` counts, and of equal priorities the one whose `match` sorts first. While one matches, the person cannot be given another role by hand.\n\nDestroying the resource deletes the mapping: those whom no other one matches have their role from before again.\n\nA directory has one mapping of a `match`: making another one fails, and names the one that is there. Where a plan makes a mapping whose match another one gives up, as when a list grows at its front or a key of a `for_each` is renamed, the new one waits for the other one only if Terraform has come to that one already; else it fails, and the next apply makes it. A `moved` block keeps a mapping under its new key.\n\nA server that does not offer this over its API, as today's Prefect Cloud, has no such mappings; making one fails there, and says what a person does instead." + permissionToApply(client.PermissionAdministrateSSO) + missingToday,
		Attributes: map[string]schema.Attribute{
			"id":         observed("UUID of the mapping."),
			"account_id": accountIDAttribute(),
			"directory_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Id of the directory, `directory_…`, such as that of a `prefectsso_scim_directory`. Changing it replaces the resource.",
				Validators:          []validator.String{stringvalidator.RegexMatches(regexp.MustCompile(`^directory_[^_]+$`), "is the id of a directory, such as directory_01KABCDEFGHJKMNPQRSTVWXYZ0")},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"match": mappingMatchAttribute(),
			"role": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The account role, by its name exactly as the account has it, or by its id.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"priority": schema.Int64Attribute{
				Required:            true,
				MarkdownDescription: "The highest one that matches a person counts. Of equal ones it is the mapping whose `match` sorts first: by its kind (`attribute`, then `group_id`, then `group_name`), then by what it says, byte by byte. One apply may renumber several mappings, and swap their priorities or their matches. Terraform changes them one after the other in an order of its own: in between, a person whom two of them match may have the role of the other one, and whom only one matches that is on its way to another group may have their role from before. When the apply ends, all people have what the configuration says. The account never loses its last active person with `bypass:sso` in between.",
			},
			"created":    createdAttribute("mapping"),
			"created_by": createdByAttribute("mapping"),
			"status":     schema.StringAttribute{Computed: true, MarkdownDescription: "`applied`, or `dangling` while no such group has arrived; a plan warns of that."},
		},
	}
}

func mappingMatchAttribute() schema.SingleNestedAttribute {
	match := path.MatchRoot("match")
	text := func(description string, more ...validator.String) schema.StringAttribute {
		return schema.StringAttribute{
			Optional: true, MarkdownDescription: description,
			Validators: append(more, stringvalidator.LengthBetween(1, 1024)),
		}
	}
	oneOf := stringvalidator.ExactlyOneOf(match.AtName("group_id"), match.AtName("group_name"), match.AtName("attribute"))
	return schema.SingleNestedAttribute{
		Required:            true,
		MarkdownDescription: "Whom the mapping is for: exactly one of `group_id`, `group_name`, and `attribute` with `equals`.",
		Attributes: map[string]schema.Attribute{
			"group_id": text("Members of the group with this id, `directory_group_…`, whatever its name.",
				oneOf, stringvalidator.RegexMatches(regexp.MustCompile(`^`+groupIDPrefix), "is the id of a directory group, such as directory_group_01KABCDEFGHJKMNPQRSTVWXYZ0")),
			"group_name": text("Members of the groups with exactly this name."),
			"attribute":  text("People whose SCIM attribute of this name (one that the identity provider sends, such as `title`, `emails.value` or `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`) has the value of `equals`.", stringvalidator.AlsoRequires(match.AtName("equals"))),
			"equals":     text("The value that `attribute` must have.", stringvalidator.AlsoRequires(match.AtName("attribute"))),
		},
	}
}

type groupRoleMappingModel struct {
	ID          types.String       `tfsdk:"id"`
	AccountID   types.String       `tfsdk:"account_id"`
	DirectoryID types.String       `tfsdk:"directory_id"`
	Match       *mappingMatchModel `tfsdk:"match"`
	Role        types.String       `tfsdk:"role"`
	Priority    types.Int64        `tfsdk:"priority"`
	Status      types.String       `tfsdk:"status"`
	Created     types.String       `tfsdk:"created"`
	CreatedBy   types.String       `tfsdk:"created_by"`
}

type mappingMatchModel struct {
	GroupID   types.String `tfsdk:"group_id"`
	GroupName types.String `tfsdk:"group_name"`
	Attribute types.String `tfsdk:"attribute"`
	Equals    types.String `tfsdk:"equals"`
}

func (m *groupRoleMappingModel) identity(accountID string) directoryItemIdentity {
	return directoryItemIdentity{types.StringValue(accountID), m.DirectoryID, m.ID}
}

// fromAPI takes the server's answer. The role keeps its form, id or name.
func (m *groupRoleMappingModel) fromAPI(accountID string, mapping *client.GroupRoleMapping, role client.AccountRole) {
	m.ID = types.StringValue(mapping.ID)
	m.AccountID = preserveCase(m.AccountID, accountID)
	m.Match = &mappingMatchModel{
		textOrNull(mapping.Match.GroupID), textOrNull(mapping.Match.GroupName), textOrNull(mapping.Match.Attribute), textOrNull(mapping.Match.Equals),
	}
	m.Role = types.StringValue(inForm(m.Role.ValueString(), role.ID, role.Name))
	m.Priority = types.Int64Value(mapping.Priority)
	m.Status = types.StringValue(mapping.Status)
	m.Created, m.CreatedBy = originFromAPI(mapping.Origin)
}

func (m *mappingMatchModel) toAPI() client.MappingMatch {
	return client.MappingMatch{
		GroupID: m.GroupID.ValueString(), GroupName: m.GroupName.ValueString(),
		Attribute: m.Attribute.ValueString(), Equals: m.Equals.ValueString(),
	}
}

// known reports whether all of it has a value.
func (m *mappingMatchModel) known() bool {
	return m != nil && !m.GroupID.IsUnknown() && !m.GroupName.IsUnknown() && !m.Attribute.IsUnknown() && !m.Equals.IsUnknown()
}

// changes returns what an update sends: what is not as it was.
func (m *groupRoleMappingModel) changes(prior *groupRoleMappingModel, role client.AccountRole) (w client.GroupRoleMappingWrite, any bool) {
	if match := m.Match.toAPI(); match != prior.Match.toAPI() {
		w.Match = &match
	}
	if !m.Role.Equal(prior.Role) {
		w.AccountRoleID = role.ID
	}
	if !m.Priority.Equal(prior.Priority) {
		w.Priority = m.Priority.ValueInt64Pointer()
	}
	return w, w != client.GroupRoleMappingWrite{}
}
