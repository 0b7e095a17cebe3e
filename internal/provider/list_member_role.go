package provider

import (
	"context"
	"iter"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

var _ list.ListResourceWithConfigure = &memberRoleList{}

func newMemberRoleList() list.ListResource { return &memberRoleList{} }

// memberRoleList finds people and their account roles.
type memberRoleList struct {
	memberRoleResource
}

// managedByAnything is the value of managed_by that leaves all people.
const managedByAnything = "any"

// teamInFilter is up to how many people of a team the API is asked for by their ids; a larger team is looked for among all.
const teamInFilter = 200

// ListResourceConfigSchema implements [list.ListResource].
func (l *memberRoleList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listschema.Schema{
		MarkdownDescription: "The people who are members of the account, each with the account role, all of them or those that the filters leave. Service accounts are not among them.\n\nPeople whose role a group role mapping or the default role of a directory gives are left out unless `managed_by` says otherwise: their role comes and goes with the directory, and a configuration would have to follow it. A warning counts them. A server that does not tell, as today's Prefect Cloud, lists all people, and `managed_by` of the results is null." + worksToday,
		Attributes: map[string]listschema.Attribute{
			"account_id": listAccountAttribute(),
			"role":       listFilter("Only who holds this account role, by name or id."),
			"domain": listschema.StringAttribute{
				CustomType: normalized.Domain.StringType(), Optional: true,
				MarkdownDescription: "Only who has an email address of exactly this domain.",
			},
			"team":       listFilter("Only who is in this team, by its name, its id, or the id of its directory group (`directory_group_…`)."),
			"active":     listschema.BoolAttribute{Optional: true, MarkdownDescription: "Only active members (`true`) or only deactivated ones (`false`)."},
			"managed_by": listFilter("`manual` (default) leaves out people whose role a mapping or a directory gives, `"+managedByAnything+"` does not.", stringvalidator.OneOf(client.RoleSourceManual, managedByAnything)),
		},
	}
}

// memberFilters are the arguments of the list.
type memberFilters struct {
	role, team, managedBy types.String
	domain                normalized.String
	active                types.Bool
}

// List implements [list.ListResource].
func (l *memberRoleList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	const summary = "Could not list roles of members"
	var f memberFilters
	account, ok := l.data.beginList(
		ctx, req, stream, argument{"role", &f.role}, argument{"domain", &f.domain}, argument{"team", &f.team},
		argument{"active", &f.active}, argument{"managed_by", &f.managedBy},
	)
	if !ok {
		return
	}
	var diags diag.Diagnostics
	rows, wanted := l.rows(ctx, account, f, &diags)
	var owners client.RoleOwners
	if !diags.HasError() {
		var err error
		if owners, err = l.data.roleOwners(ctx, account); err != nil {
			diags.Append(failure(summary, err))
		}
	}
	if diags.HasError() {
		l.data.endList(stream, diags)
		return
	}
	leftOut := 0
	streamList(ctx, l.data, req, stream, listing[client.Membership, memberRoleModel]{
		summary: summary,
		rows:    rows,
		item: func(row client.Membership) (listItem[memberRoleModel], bool) {
			if row.Email == nil || !wanted(row) {
				return listItem[memberRoleModel]{}, false
			}
			owner := owners.Of(row)
			if f.managedBy.ValueString() != managedByAnything && (owner.Source == client.RoleSourceMapping || owner.Source == client.RoleSourceDefault) {
				leftOut++
				return listItem[memberRoleModel]{}, false
			}
			email := normalized.Email.StringValue(normalized.Email.Key(*row.Email))
			return listItem[memberRoleModel]{
				displayName: memberName(row, owner),
				identity:    memberRoleIdentity{types.StringValue(account), types.StringValue(email.Normalized())},
				fill: func(m *memberRoleModel) diag.Diagnostics {
					m.Email = email
					m.fromAPI(account, row)
					m.ManagedBy = ownerText(owner)
					return nil
				},
			}, true
		},
		end: func(int) diag.Diagnostics {
			if leftOut == 0 {
				return nil
			}
			return diag.Diagnostics{saysMembersLeftOut(leftOut).warning(path.Empty())}
		},
	})
}

// rows returns whom the API finds, and what it cannot filter by.
func (l *memberRoleList) rows(ctx context.Context, account string, f memberFilters, diags *diag.Diagnostics) (rows iter.Seq2[client.Membership, error], wanted func(client.Membership) bool) {
	filter := client.MembershipFilter{}
	query := client.MembershipQuery{OnlyUsers: true, Active: f.active.ValueBoolPointer(), Filter: &filter}
	if known(f.role) {
		if role, ok := resolve(ctx, l.data.client.Roles(account).Resolve, f.role, path.Root("role"), "Unusable role", diags); ok {
			filter.RoleIDs = []string{role.ID}
		}
	}
	suffix := ""
	if known(f.domain.StringValue) {
		suffix = "@" + f.domain.Normalized()
		if len(client.EmailSpellings(suffix)) == 1 { // the API's filter would find one of them only
			filter.EmailLike = suffix
		}
	}
	var inTeam map[string]bool
	if known(f.team) {
		team, err := l.data.findTeam(ctx, account, teamFromText(f.team.ValueString()), 0)
		if err != nil {
			diags.Append(failureAt(path.Root("team"), "Unusable team", err))
		}
		inTeam = map[string]bool{}
		var ids []string
		for _, member := range team.Members {
			inTeam[member.ActorID] = true
			ids = append(ids, member.ActorID)
		}
		if len(ids) <= teamInFilter {
			filter.ActorIDs = ids
		}
	}
	rows = l.data.client.EachMembership(ctx, account, query)
	if inTeam != nil && len(inTeam) == 0 { // without ids the API would not filter at all
		rows = rowsOf[client.Membership](nil)
	}
	return rows, func(row client.Membership) bool {
		// The API's filter finds the text anywhere in an address; a domain is its end.
		return strings.HasSuffix(normalized.Email.Key(*row.Email), suffix) && (inTeam == nil || inTeam[row.ActorID])
	}
}

// memberName is how a person stands in a list: who it is, the role, and what else a reader would want to know.
func memberName(row client.Membership, owner client.RoleOwner) string {
	name := *row.Email
	var parts []string
	for _, part := range []*string{row.FirstName, row.LastName} {
		if part != nil && *part != "" {
			parts = append(parts, *part)
		}
	}
	if len(parts) > 0 {
		name = strings.Join(parts, " ") + " <" + name + ">"
	}
	name += ", " + row.AccountRoleName
	switch owner.Source {
	case client.RoleSourceMapping:
		name += " by a group role mapping"
	case client.RoleSourceDefault:
		name += " by a directory"
	}
	if !row.Active {
		name += ", deactivated"
	}
	return name
}

// roleOwners finds out what decides about everybody's role, as managedBy does for one person, with a request for each
// thousand people of a directory.
func (p *providerData) roleOwners(ctx context.Context, account string) (client.RoleOwners, error) {
	directories, err := p.knownDirectories(ctx, account)
	rows, known := directories.Get()
	if err != nil || !known {
		return client.RoleOwners{}, err
	}
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	return p.client.RoleOwners(ctx, account, ids)
}
