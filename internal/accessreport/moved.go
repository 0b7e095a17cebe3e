package accessreport

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// A plan has what its resources were like when it was made. What they are like now may be something else.

// gone is what is said of a thing that is not there any more.
const gone = "not there"

// movedSince finds what is another value by now than when the plan was made.
func (r *resolver) movedSince() (out []Moved) {
	for _, t := range r.things {
		if t.before == nil || t.from != r.account || t.Deposed != "" {
			continue
		}
		compare := func(attribute, planned, now string) {
			if planned != now {
				out = append(out, Moved{Address: t.Address, Attribute: attribute, Planned: planned, Now: now})
			}
		}
		switch t.Type {
		case "prefectsso_domain":
			r.domainMoved(t, compare)
		case "prefectsso_domains":
			if rows, known := r.world.Domains.Get(); known {
				compare("names", list(domainKeys(t.before.texts("names").Or(nil))), list(enabled(rows)))
			}
		case "prefectsso_identity_provider":
			r.connectionMoved(t, compare)
		case "prefectsso_scim_directory":
			r.directoryMoved(t, compare)
		case "prefectsso_group_role_mapping":
			r.mappingMoved(t, compare)
		case "prefectsso_member_role":
			r.roleMoved("role", r.followed(t, t.before.text("email").Or("")), t.before.text("role").Or(""), compare)
		case "prefectsso_member_roles":
			roles, _ := t.before.entries("roles")
			for _, email := range sorted(roles) {
				r.roleMoved("roles["+strconv.Quote(email)+"]", email, roles[email].Or(""), compare)
			}
		case "prefectsso_role_members":
			r.holdersMoved(t, compare)
		case "prefectsso_team_workspace_role":
			r.teamRoleMoved(t, compare)
		case "prefectsso_session_policy":
			if account, known := r.world.Account.Get(); known {
				compare("auth_expiration_seconds", seconds(t.before.number("auth_expiration_seconds").Or(nil)), seconds(account.AuthExpirationSeconds))
			}
		}
	}
	return out
}

func list(names []string) string {
	names = slices.Sorted(slices.Values(names))
	return "[" + strings.Join(names, ", ") + "]"
}

func enabled(rows []access.Domain) (names []string) {
	for _, d := range rows {
		if !d.Releasing {
			names = append(names, d.Name)
		}
	}
	return names
}

func seconds(n *int64) string {
	if n == nil {
		return "none"
	}
	return strconv.FormatInt(*n, 10)
}

func (r *resolver) domainMoved(t *thing, compare func(attribute, planned, now string)) {
	rows, known := r.world.Domains.Get()
	if name := domainKey(t.before.text("name").Or("")); known && !slices.Contains(enabled(rows), name) {
		compare("name", name, gone)
	}
}

func (r *resolver) connectionMoved(t *thing, compare func(attribute, planned, now string)) {
	rows, known := r.world.Connections.Get()
	if !known {
		return
	}
	at := slices.IndexFunc(rows, func(c access.Connection) bool { return c.ID == t.before.text("id").Or("") })
	if at < 0 {
		compare("id", t.before.text("id").Or(""), gone)
		return
	}
	compare("name", t.before.text("name").Or(""), rows[at].Name)
	compare("state", t.before.text("state").Or(""), string(rows[at].State))
	compare("domains", list(domainKeys(t.before.texts("domains").Or(nil))), list(rows[at].Domains))
}

func (r *resolver) directoryMoved(t *thing, compare func(attribute, planned, now string)) {
	if !r.world.Directories.IsKnown() {
		return
	}
	d, there := r.world.Directory(t.before.text("id").Or(""))
	if !there {
		compare("id", t.before.text("id").Or(""), gone)
		return
	}
	compare("name", t.before.text("name").Or(""), d.Name)
	compare("enabled", strconv.FormatBool(t.before.boolean("enabled").Or(false)), strconv.FormatBool(!d.Off))
	settings, known := d.Settings.Get()
	if !known || adopted(t.before) {
		return
	}
	was := directoryOf(t.before).World().Settings.Or(access.DirectorySettings{})
	compare("deprovision_action ends memberships", strconv.FormatBool(was.RemovesLeavers), strconv.FormatBool(settings.RemovesLeavers))
	compare("sync_groups_to_teams", strconv.FormatBool(was.TeamsFromGroups), strconv.FormatBool(settings.TeamsFromGroups))
	all := func(names []string) string {
		if names == nil {
			return "all that are enabled"
		}
		return list(names)
	}
	compare("allowed_domains", all(was.AllowedDomains), all(settings.AllowedDomains))
	r.compareRole("default_role", t.before.text("default_role").Or(""), settings.DefaultRoleID, compare)
}

// compareRole compares a role as it is written with the id of one.
func (r *resolver) compareRole(attribute, written, id string, compare func(attribute, planned, now string)) {
	role, known := r.world.Role(id).Get()
	if known && written != role.Name && !sameID(written, id) {
		compare(attribute, written, role.Name)
	}
}

func (r *resolver) mappingMoved(t *thing, compare func(attribute, planned, now string)) {
	d, _ := r.world.Directory(t.before.text("directory_id").Or(""))
	if !d.Mappings.IsKnown() {
		return
	}
	m, there := r.mapping(d.ID, accountKey(t.before.text("id").Or("")))
	if !there {
		compare("id", t.before.text("id").Or(""), gone)
		return
	}
	was := access.Match{
		GroupID: t.before.text("match", "group_id").Or(""), GroupName: t.before.text("match", "group_name").Or(""),
		Attribute: t.before.text("match", "attribute").Or(""), Equals: t.before.text("match", "equals").Or(""),
	}
	compare("match", was.String(), m.Match.String())
	compare("priority", seconds(t.before.number("priority").Or(nil)), strconv.FormatInt(m.Priority, 10))
	r.compareRole("role", t.before.text("role").Or(""), m.RoleID, compare)
}

func (r *resolver) roleMoved(attribute, email, role string, compare func(attribute, planned, now string)) {
	p, there := r.person(client.EmailKey(email))
	switch {
	case there:
		r.compareRole(attribute, role, p.RoleID.Or(""), compare)
	case r.world.People.Coverage == access.CoverEveryone:
		compare(attribute, role, gone)
	}
}

func (r *resolver) holdersMoved(t *thing, compare func(attribute, planned, now string)) {
	if r.world.People.Coverage != access.CoverEveryone || !r.world.Roles.IsKnown() {
		return
	}
	id := ""
	written := t.before.text("role").Or("")
	for _, role := range r.world.Roles.Or(nil) {
		if role.Name == written || sameID(role.ID, written) {
			id = role.ID
		}
	}
	ignored := emailKeys(t.before.texts("ignore_emails").Or(nil))
	members := emailKeys(t.before.texts("members").Or(nil))
	for _, email := range members {
		if p, there := r.person(email); !there || !is(p.RoleID, id) {
			compare("members", email, "holds another role, or is no member")
		}
	}
	for _, p := range r.world.People.Rows {
		if is(p.RoleID, id) && p.Email != "" && !slices.Contains(members, p.Email) && !slices.Contains(ignored, p.Email) && !t.before.boolean("ignore_directory_managed").Or(false) {
			compare("members", "without "+p.Email, "holds the role")
		}
	}
}

func (r *resolver) teamRoleMoved(t *thing, compare func(attribute, planned, now string)) {
	teams, known := r.world.Teams.Get()
	if !known {
		return
	}
	team, room := accountKey(t.before.text("team_id").Or("")), accountKey(t.before.text("workspace_id").Or(""))
	now := gone
	for _, other := range teams {
		for _, a := range other.Access {
			if sameID(other.ID, team) && sameID(a.WorkspaceID, room) {
				now = cmp.Or(a.RoleID, a.RoleName)
			}
		}
	}
	if was := t.before.text("role_id").Or(""); !sameID(was, now) {
		compare("role", fmt.Sprint(t.before.text("role").Or(was)), r.roomRole(now))
	}
}

func (r *resolver) roomRole(id string) string {
	for _, role := range r.world.WorkspaceRoles.Or(nil) {
		if role.ID == id {
			return role.Name
		}
	}
	return id
}
