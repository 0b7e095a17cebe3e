package accessreport

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/access/planned"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// changes are what a plan does to one account, in the order in which it comes out as the plan wants it, whatever
// Terraform's own is: what is given comes before what is taken.
type changes struct {
	// first are deletions whose thing is made anew afterwards: until then it is not there.
	first []access.Change
	rest  []access.Change
	// later are first logins for which the apply does not wait.
	later []access.FirstLogin
	// replaced are the addresses of what first deletes.
	replaced []string
	findings []access.Finding
}

// all returns what the apply does.
func (c changes) all() []access.Change { return slices.Concat(c.first, c.rest) }

// nothing reports whether the account stays as it is.
func (c changes) nothing() bool { return len(c.first)+len(c.rest)+len(c.later) == 0 }

// resolver makes changes of the things of one account. What their arguments name it finds in a world.
type resolver struct {
	*input
	account string
	world   access.World
	// rough is set while the world is not read yet: what is named counts as being there, and nothing is noted as unknown.
	rough bool

	changes
	enable, disable        []string
	disableSSO             bool
	domains                *access.SetDomains
	connections, activated []access.Change
	directories, mappings  []access.Change
	teamPuts               []access.PutTeamAccess
	teamDeletes            []access.DeleteTeamAccess
	roles                  []access.RoleOf
	deletedMappings        []access.DeleteMapping
	deletedDirectories     []access.DeleteDirectory
	deletedConnections     []access.DeleteConnection
	policies               []access.Change
	wantsDirectoryUsers    bool
	givenBy                map[string][]string // addresses of the resources that give a person a role, by address of the person
}

// resolve makes the changes of an account.
func (in *input) resolve(account string, w access.World, rough bool) *resolver {
	r := &resolver{input: in, account: account, world: w, rough: rough, givenBy: map[string][]string{}}
	for _, t := range in.things {
		if t.changes() && (t.from == account || t.to == account) {
			r.thing(t)
		}
	}
	r.order()
	return r
}

// order puts the changes into their order.
func (r *resolver) order() {
	keeps := func(name string) bool {
		return slices.Contains(r.enable, name) || r.domains != nil && slices.Contains(r.domains.Names, name)
	}
	if len(r.enable) > 0 {
		r.rest = append(r.rest, access.EnableDomains{Names: r.enable})
	}
	if r.domains != nil {
		r.rest = append(r.rest, *r.domains)
	}
	wanted := func(id string) bool { // a connection whose domains another one is to have, which cannot take them over
		domains := r.connectionDomains(id)
		return slices.ContainsFunc(r.connections, func(c access.Change) bool {
			put, ok := c.(access.PutConnection)
			return ok && !put.TakeOver && slices.ContainsFunc(put.Domains, func(name string) bool { return slices.Contains(domains, name) })
		})
	}
	var deletions []access.Change
	for _, c := range r.deletedConnections {
		if wanted(c.ID) {
			r.rest = append(r.rest, c)
		} else {
			deletions = append(deletions, c)
		}
	}
	r.rest = slices.Concat(r.rest, r.connections, r.activated, r.directories)
	r.orderMappings()
	if len(r.roles) > 0 {
		r.rest = append(r.rest, access.SetRoles{Roles: r.roles})
	}
	for _, put := range r.teamPuts {
		r.rest = append(r.rest, put)
	}
	for _, d := range r.teamDeletes {
		if !slices.ContainsFunc(r.teamPuts, func(put access.PutTeamAccess) bool { return put.TeamID == d.TeamID && put.WorkspaceID == d.WorkspaceID }) {
			r.rest = append(r.rest, d)
		}
	}
	r.rest = append(r.rest, r.policies...)
	for _, d := range r.deletedDirectories {
		r.rest = append(r.rest, d)
	}
	r.rest = append(r.rest, deletions...)
	if names := slices.DeleteFunc(r.disable, keeps); len(names) > 0 {
		r.rest = append(r.rest, access.DisableDomains{Names: names, DisableSSO: r.disableSSO})
	}
}

func (r *resolver) connectionDomains(id string) []string {
	for _, c := range r.world.Connections.Or(nil) {
		if c.ID == id {
			return c.Domains
		}
	}
	return nil
}

// orderMappings lets a mapping go before another one gets its match, and otherwise makes the new ones first.
func (r *resolver) orderMappings() {
	taken := func(m access.Mapping) bool {
		return m.ID == "" && slices.ContainsFunc(r.deletedMappings, func(d access.DeleteMapping) bool {
			old, ok := r.mapping(d.DirectoryID, d.ID)
			return ok && old.Match == m.Match
		})
	}
	var late []access.Change
	for _, c := range r.mappings {
		if put, ok := c.(access.PutMapping); ok && taken(put.Mapping) {
			late = append(late, c)
			continue
		}
		r.rest = append(r.rest, c)
	}
	for _, d := range r.deletedMappings {
		r.rest = append(r.rest, d)
	}
	r.rest = append(r.rest, late...)
}

func (r *resolver) mapping(directoryID, id string) (access.Mapping, bool) {
	d, _ := r.world.Directory(directoryID)
	rows := d.Mappings.Or(nil)
	at := slices.IndexFunc(rows, func(m access.Mapping) bool { return m.ID == id })
	if at < 0 {
		return access.Mapping{}, false
	}
	return rows[at], true
}

// harmless are the types that change nobody's access.
var harmless = map[string]bool{"prefectsso_setup_link": true, "prefectsso_scim_token": true, "prefectsso_scim_client": true, "prefectsso_scim_probe": true}

// thing takes in what a plan does to one thing.
func (r *resolver) thing(t *thing) {
	leaves := t.deletes() && t.from == r.account || t.updates() && t.from != t.to && t.from == r.account
	comes := t.puts() && t.to == r.account
	if t.to == "" && t.puts() {
		return // the account is noted as unknown
	}
	switch t.Type {
	case "prefectsso_domain":
		r.domain(t, comes, leaves)
	case "prefectsso_domains":
		r.setDomains(t, comes, leaves)
	case "prefectsso_identity_provider":
		r.connection(t, comes, leaves)
	case "prefectsso_scim_directory":
		r.directory(t, comes, leaves)
	case "prefectsso_group_role_mapping":
		r.groupRole(t, comes, leaves)
	case "prefectsso_member_role":
		r.memberRole(t, comes, leaves)
	case "prefectsso_member_roles":
		r.memberRoles(t, comes)
	case "prefectsso_role_members":
		r.roleMembers(t, comes)
	case "prefectsso_team_workspace_role":
		r.teamRole(t, comes, leaves)
	case "prefectsso_session_policy":
		r.sessionPolicy(t, comes)
	default:
		if !harmless[t.Type] {
			r.unsure(unknown{subject: t.Address, why: "this version of the provider does not know the type " + t.Type})
		}
	}
}

// unsure notes something unknown, in an account.
func (r *resolver) unsure(u unknown) {
	if !r.rough {
		u.account = r.account
		r.note(u)
	}
}

// pending notes that an argument is known only after the apply.
func (r *resolver) pending(t *thing, attribute, so string) {
	if !r.rough {
		r.isUnknown(t, attribute, so)
	}
}

// delete makes a deletion, before everything else where the thing is made anew after it.
func (r *resolver) delete(t *thing, c access.Change) {
	if t.Change.DeletesFirst() {
		r.first = append(r.first, c)
		r.replaced = append(r.replaced, t.Address)
		return
	}
	switch c := c.(type) {
	case access.DeleteMapping:
		r.deletedMappings = append(r.deletedMappings, c)
	case access.DeleteDirectory:
		r.deletedDirectories = append(r.deletedDirectories, c)
	case access.DeleteConnection:
		r.deletedConnections = append(r.deletedConnections, c)
	case access.DeleteTeamAccess:
		r.teamDeletes = append(r.teamDeletes, c)
	case access.DisableDomains:
		r.disable = append(r.disable, c.Names...)
		r.disableSSO = r.disableSSO || c.DisableSSO
	}
}

func (r *resolver) domain(t *thing, comes, leaves bool) {
	if leaves {
		name, _ := t.before.text("name").Get()
		r.delete(t, access.DisableDomains{Names: []string{domainKey(name)}, DisableSSO: t.options.disableSSO})
	}
	if !comes || !t.creates() {
		return
	}
	if name, known := t.after.text("name").Get(); known {
		r.enable = append(r.enable, domainKey(name))
	} else {
		r.pending(t, "name", ": which domain is enabled is not known")
	}
}

func (r *resolver) setDomains(t *thing, comes, leaves bool) {
	before, _ := t.before.texts("names").Get()
	if leaves {
		r.delete(t, access.DisableDomains{Names: domainKeys(before), DisableSSO: t.options.disableSSO})
	}
	if !comes {
		return
	}
	names, known := t.after.texts("names").Get()
	if !known {
		r.pending(t, "names", ": which domains are enabled is not known")
		return
	}
	r.domains = &access.SetDomains{Names: domainKeys(names), DisableSSO: t.options.disableSSO}
	if !t.creates() || r.rough {
		return
	}
	var others []string
	for _, d := range r.world.Domains.Or(nil) {
		if !d.Releasing && !slices.Contains(r.domains.Names, d.Name) {
			others = append(others, d.Name)
		}
	}
	if others != nil {
		r.findings = append(r.findings, access.Finding{ID: access.DomainsReplaced, Severity: access.Warning, AccountID: r.account, Attribute: "names", Names: others})
	}
}

// connectionOf returns a connection as a value has it; known is false where something that matters is not known.
func connectionOf(v *values) (c *planned.Connection, unknownArgument string) {
	if v == nil {
		return nil, ""
	}
	name, knownName := v.text("name").Get()
	domains, knownDomains := v.texts("domains").Get()
	activation, knownActivation := v.text("activation").Get()
	for _, argument := range []struct {
		name  string
		known bool
	}{{"name", knownName}, {"domains", knownDomains}, {"activation", knownActivation}} {
		if !argument.known {
			unknownArgument = argument.name
		}
	}
	return &planned.Connection{
		ID: v.text("id").Or(""), Name: name, Domains: domainKeys(domains), Activation: activation,
		TakeOver: v.boolean("take_over_domains").Or(false), State: access.ConnectionState(v.text("state").Or("")),
	}, unknownArgument
}

// adopted reports whether a thing is one that a person configured in the browser, which Terraform only watches.
func adopted(v *values) bool { return v != nil && !v.boolean("configurable").Or(true) }

// onlyAdopts reports whether making a thing adopts one that a person configured in the browser: the API offers no other way.
func (r *resolver) onlyAdopts() bool {
	offered, known := r.world.Offered.Get()
	return known && !offered
}

func (r *resolver) connection(t *thing, comes, leaves bool) {
	prior, _ := connectionOf(t.before)
	if leaves && !adopted(t.before) {
		r.delete(t, access.DeleteConnection{ID: prior.ID})
	}
	if !comes || adopted(t.before) || t.creates() && r.onlyAdopts() {
		return
	}
	next, missing := connectionOf(t.after)
	if missing != "" {
		r.pending(t, missing, ": who signs in through the connection is not known")
		return
	}
	if t.creates() {
		prior = nil
	}
	r.connections = append(r.connections, next.Put(prior))
	login, awaited := next.FirstLogin(prior)
	switch {
	case login == nil:
	case awaited:
		r.activated = append(r.activated, *login)
	default:
		r.later = append(r.later, *login)
	}
}

func directoryOf(v *values) planned.Directory {
	d := planned.Directory{
		ID: v.text("id").Or(""), Name: v.text("name").Or(""), Enabled: v.boolean("enabled"), DeprovisionAction: v.text("deprovision_action"),
		SyncGroupsToTeams: v.boolean("sync_groups_to_teams"), AllowedDomains: v.texts("allowed_domains"),
	}
	if names, known := d.AllowedDomains.Get(); known {
		d.AllowedDomains = access.Known(domainKeys(names))
	}
	return d
}

func (r *resolver) directory(t *thing, comes, leaves bool) {
	if leaves && !adopted(t.before) {
		r.delete(t, access.DeleteDirectory{ID: t.before.text("id").Or("")})
	}
	if !comes || adopted(t.before) || t.creates() && r.onlyAdopts() {
		return
	}
	next := directoryOf(t.after)
	for attribute, known := range map[string]bool{
		"enabled": next.Enabled.IsKnown(), "deprovision_action": next.DeprovisionAction.IsKnown(),
		"sync_groups_to_teams": next.SyncGroupsToTeams.IsKnown(), "allowed_domains": next.AllowedDomains.IsKnown(),
	} {
		if !known && !t.creates() {
			r.pending(t, attribute, ": what that does to the directory's people is not known")
		}
	}
	put := access.PutDirectory{Name: next.Name}
	any := true
	if t.creates() {
		put.ID = "" // a new one has nobody yet
		removes := next.DeprovisionAction.Or("") == planned.DeprovisionDelete
		put.RemovesLeavers = &removes
		if allowed, known := next.AllowedDomains.Get(); known {
			put.AllowedDomains = &allowed
		}
	} else {
		put, any = next.Put(directoryOf(t.before))
	}
	if role, known := t.after.text("default_role").Get(); !known {
		r.pending(t, "default_role", ": the role of those who join is not known")
	} else if t.creates() || role != t.before.text("default_role").Or("") {
		if id, ok := r.role(t, role); ok {
			put.DefaultRoleID, any = &id, true
			if of, known := r.world.Role(id).Get(); known && of.Bypasses() {
				r.findings = append(r.findings, access.Finding{ID: access.DefaultRoleBypassesSSO, Severity: access.Warning, AccountID: r.account, Attribute: "default_role", Names: []string{of.Name}})
			}
		}
	}
	if any {
		r.directories = append(r.directories, put)
	}
}

// role finds an account role by its id or name.
func (r *resolver) role(t *thing, written string) (id string, ok bool) {
	if r.rough {
		return written, true
	}
	roles, known := r.world.Roles.Get()
	at := slices.IndexFunc(roles, func(role access.Role) bool { return sameID(role.ID, written) || role.Name == written })
	if at < 0 {
		why := fmt.Sprintf("the account has no role %q", written)
		if !known {
			why = "which roles the account has is not known"
		}
		r.unsure(unknown{subject: t.Address, attribute: "role", why: why})
		return "", false
	}
	return roles[at].ID, true
}

// sameID compares ids, of which UUIDs may be written in any case.
func sameID(a, b string) bool {
	if a == b {
		return true
	}
	one, err := uuid.Parse(a)
	other, err2 := uuid.Parse(b)
	return err == nil && err2 == nil && one == other
}

func (r *resolver) groupRole(t *thing, comes, leaves bool) {
	id := accountKey(t.before.text("id").Or(""))
	if leaves {
		r.delete(t, access.DeleteMapping{DirectoryID: t.before.text("directory_id").Or(""), ID: id})
	}
	if !comes {
		return
	}
	if t.creates() {
		id = ""
	}
	directory, known := t.after.text("directory_id").Get()
	if !known {
		made := r.made(t, "directory_id", "prefectsso_scim_directory")
		if made == nil {
			r.pending(t, "directory_id", ": for whom the mapping is, is not known")
			return
		}
		directory = made.after.text("name").Or("") // a new one goes by its name
	}
	role, knownRole := t.after.text("role").Get()
	priority, knownPriority := t.after.number("priority").Get()
	var match access.Match
	knownMatch := true
	for name, into := range map[string]*string{"group_id": &match.GroupID, "group_name": &match.GroupName, "attribute": &match.Attribute, "equals": &match.Equals} {
		text, known := t.after.text("match", name).Get()
		*into, knownMatch = text, knownMatch && known
	}
	for _, argument := range []struct {
		name  string
		known bool
	}{{"match", knownMatch}, {"role", knownRole}, {"priority", knownPriority && priority != nil}} {
		if !argument.known {
			r.pending(t, argument.name, ": whose role changes is not known")
			return
		}
	}
	roleID, ok := r.role(t, role)
	if !ok {
		return
	}
	r.mappings = append(r.mappings, access.PutMapping{DirectoryID: directory, Mapping: access.Mapping{ID: id, Match: match, RoleID: roleID, Priority: *priority}})
}

// give gives a person a role. One who is no member is left out, and named.
func (r *resolver) give(t *thing, attribute, email, role string) {
	key := client.EmailKey(email)
	id, ok := r.role(t, role)
	if !ok {
		return
	}
	p, there := r.person(key)
	if !there && !r.rough {
		why := email + " is not a member of the account"
		if r.world.People.Coverage != access.CoverEveryone {
			why = "whether " + email + " is a member of the account is not known"
		}
		r.unsure(unknown{subject: t.Address, attribute: attribute, why: why})
	}
	r.givenBy[key] = append(r.givenBy[key], t.Address)
	r.roles = append(r.roles, access.RoleOf{Email: key, MembershipID: p.ID, RoleID: id})
}

func (r *resolver) person(email string) (access.Person, bool) {
	at := slices.IndexFunc(r.world.People.Rows, func(p access.Person) bool { return p.Email == email })
	if at < 0 {
		return access.Person{}, false
	}
	return r.world.People.Rows[at], true
}

func (r *resolver) memberRole(t *thing, comes, leaves bool) {
	if leaves && t.before.text("on_destroy").Or("") == "reset" {
		r.reset(t)
	}
	if !comes {
		return
	}
	email, knownEmail := t.after.text("email").Get()
	role, knownRole := t.after.text("role").Get()
	switch {
	case !knownEmail:
		r.pending(t, "email", ": who gets the role is not known")
	case !knownRole:
		r.pending(t, "role", ": what "+email+" becomes is not known")
	default:
		r.give(t, "email", email, role)
	}
}

// reset gives a person the role of who is destroyed, before everything else where the resource is made anew after it.
func (r *resolver) reset(t *thing) {
	email := t.before.text("email").Or("")
	if !t.Change.DeletesFirst() {
		r.give(t, "email", email, "Member")
		return
	}
	if id, ok := r.role(t, "Member"); ok {
		p, _ := r.person(client.EmailKey(email))
		r.first = append(r.first, access.SetRoles{Roles: []access.RoleOf{{Email: client.EmailKey(email), MembershipID: p.ID, RoleID: id}}})
		r.replaced = append(r.replaced, t.Address)
	}
}

func (r *resolver) memberRoles(t *thing, comes bool) {
	if !comes {
		return
	}
	roles, known := t.after.entries("roles")
	if !known {
		r.pending(t, "roles", ": who gets which role is not known")
		return
	}
	for _, email := range sorted(roles) {
		role, known := roles[email].Get()
		if !known {
			r.pending(t, "roles", ": what "+email+" becomes is not known")
			continue
		}
		r.give(t, "roles", email, role)
	}
}

func (r *resolver) roleMembers(t *thing, comes bool) {
	if !comes {
		return
	}
	role, knownRole := t.after.text("role").Get()
	removed, knownRemoved := t.after.text("removed_role").Get()
	members, knownMembers := t.after.texts("members").Get()
	ignored, knownIgnored := t.after.texts("ignore_emails").Get()
	ignoreDirectories, knownIgnore := t.after.boolean("ignore_directory_managed").Get()
	r.wantsDirectoryUsers = r.wantsDirectoryUsers || ignoreDirectories
	for _, argument := range []struct {
		name  string
		known bool
	}{{"role", knownRole}, {"removed_role", knownRemoved}, {"members", knownMembers}, {"ignore_emails", knownIgnored}, {"ignore_directory_managed", knownIgnore}} {
		if !argument.known {
			r.pending(t, argument.name, ": who holds the role then is not known")
			return
		}
	}
	id, ok := r.role(t, role)
	if !ok {
		return
	}
	members, ignored = emailKeys(members), emailKeys(ignored)
	for _, email := range members {
		r.give(t, "members", email, role)
	}
	shown := emailKeys(t.before.texts("members").Or(nil))
	for _, p := range r.world.People.Rows {
		if !is(p.RoleID, id) || p.Email == "" || slices.Contains(members, p.Email) || slices.Contains(ignored, p.Email) {
			continue
		}
		if t.updates() && !slices.Contains(shown, p.Email) || ignoreDirectories && r.inDirectory(p) {
			continue // only those are removed whom the plan names
		}
		r.give(t, "members", p.Email, cmp.Or(removed, "Member"))
	}
}

// inDirectory reports whether a directory manages a membership.
func (r *resolver) inDirectory(p access.Person) bool {
	return slices.ContainsFunc(r.world.Directories.Or(nil), func(d access.Directory) bool {
		return slices.ContainsFunc(d.Users.Or(nil), func(u access.DirectoryUser) bool { return u.MembershipID != "" && u.MembershipID == p.ID })
	})
}

func (r *resolver) teamRole(t *thing, comes, leaves bool) {
	oldTeam, oldRoom := accountKey(t.before.text("team_id").Or("")), accountKey(t.before.text("workspace_id").Or(""))
	if leaves {
		r.delete(t, access.DeleteTeamAccess{TeamID: oldTeam, WorkspaceID: oldRoom})
	}
	if !comes {
		return
	}
	team, ok := r.team(t)
	if !ok {
		return
	}
	room, ok := r.workspace(t)
	if !ok {
		return
	}
	role, ok := r.workspaceRole(t)
	if !ok {
		return
	}
	r.teamPuts = append(r.teamPuts, access.PutTeamAccess{TeamID: team, WorkspaceID: room, RoleID: role})
	if t.updates() && (oldTeam != team || oldRoom != room) {
		r.teamDeletes = append(r.teamDeletes, access.DeleteTeamAccess{TeamID: oldTeam, WorkspaceID: oldRoom})
	}
}

// team finds the team that a thing names, in any of its ways.
func (r *resolver) team(t *thing) (id string, ok bool) {
	if id, known := t.after.text("team_id").Get(); known && id != "" {
		return accountKey(id), true
	}
	var written string
	for _, name := range []string{"id", "name", "directory_group"} {
		text, known := t.after.text("team", name).Get()
		if !known {
			r.pending(t, "team", ": which team reaches the workspace is not known")
			return "", false
		}
		written = cmp.Or(written, text)
	}
	if r.rough {
		return written, true
	}
	group := t.after.text("team", "directory_group").Or("")
	teams := r.world.Teams.Or(nil)
	at := slices.IndexFunc(teams, func(team access.Team) bool {
		if group != "" {
			return team.GroupID != "" && (team.GroupID == group || !strings.HasPrefix(group, "directory_group_") && team.Name == group)
		}
		return sameID(team.ID, written) || team.Name == written
	})
	if at < 0 {
		r.unsure(unknown{subject: t.Address, attribute: "team", why: fmt.Sprintf("the account has no team %q yet: who is in it then is not known", written)})
		return "", false
	}
	return teams[at].ID, true
}

func (r *resolver) workspace(t *thing) (id string, ok bool) {
	if id, known := t.after.text("workspace_id").Get(); known && id != "" {
		return accountKey(id), true
	}
	written, known := t.after.text("workspace").Get()
	if !known {
		r.pending(t, "workspace", ": which workspace the team reaches is not known")
		return "", false
	}
	if r.rough {
		return written, true
	}
	rooms := r.world.Workspaces.Or(nil)
	at := slices.IndexFunc(rooms, func(room access.Workspace) bool { return sameID(room.ID, written) || room.Handle == written })
	if at < 0 {
		r.unsure(unknown{subject: t.Address, attribute: "workspace", why: fmt.Sprintf("the account has no workspace %q yet", written)})
		return "", false
	}
	return rooms[at].ID, true
}

func (r *resolver) workspaceRole(t *thing) (id string, ok bool) {
	if id, known := t.after.text("role_id").Get(); known && id != "" {
		return accountKey(id), true
	}
	written, known := t.after.text("role").Get()
	if !known {
		r.pending(t, "role", ": what the team may do in the workspace is not known")
		return "", false
	}
	if r.rough {
		return written, true
	}
	roles := r.world.WorkspaceRoles.Or(nil)
	at := slices.IndexFunc(roles, func(role access.WorkspaceRole) bool { return sameID(role.ID, written) || role.Name == written })
	if at < 0 {
		r.unsure(unknown{subject: t.Address, attribute: "role", why: fmt.Sprintf("there is no workspace role %q", written)})
		return "", false
	}
	return roles[at].ID, true
}

func (r *resolver) sessionPolicy(t *thing, comes bool) {
	if !comes {
		return
	}
	seconds, known := t.after.number("auth_expiration_seconds").Get()
	if !known {
		r.pending(t, "auth_expiration_seconds", ": how long a login counts as recent is not known")
		return
	}
	r.policies = append(r.policies, access.SetSessionPolicy{AuthExpirationSeconds: seconds})
}

func emailKeys(emails []string) []string {
	keys := make([]string, len(emails))
	for i, email := range emails {
		keys[i] = client.EmailKey(email)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func is[T comparable](p access.Part[T], value T) bool {
	got, known := p.Get()
	return known && got == value
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
