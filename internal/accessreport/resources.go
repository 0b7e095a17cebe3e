package accessreport

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/access/planned"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// What each type of resource comes to as changes of an account. comes is set where the plan makes or changes it in the
// account, leaves where it goes from there.

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

// connectionOf returns a connection as a value has it, and the arguments that matter and are not known.
func connectionOf(v *values) (c *planned.Connection, missing []string) {
	if v == nil {
		return nil, nil
	}
	name, knownName := v.text("name").Get()
	domains, knownDomains := v.texts("domains").Get()
	activation, knownActivation := v.text("activation").Get()
	takeOver, knownTakeOver := v.boolean("take_over_domains").Get()
	for _, argument := range []struct {
		name  string
		known bool
	}{{"name", knownName}, {"domains", knownDomains}, {"activation", knownActivation}, {"take_over_domains", knownTakeOver}} {
		if !argument.known {
			missing = append(missing, argument.name)
		}
	}
	return &planned.Connection{
		ID: v.text("id").Or(""), Name: name, Domains: domainKeys(domains), Activation: activation,
		TakeOver: takeOver, State: access.ConnectionState(v.text("state").Or("")),
	}, missing
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
	for _, argument := range missing {
		r.pending(t, argument, ": who signs in through the connection is not known")
	}
	if missing != nil {
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
	for _, argument := range []struct {
		name  string
		known bool
	}{
		{"enabled", next.Enabled.IsKnown()},
		{"deprovision_action", next.DeprovisionAction.IsKnown()},
		{"sync_groups_to_teams", next.SyncGroupsToTeams.IsKnown()},
		{"allowed_domains", next.AllowedDomains.IsKnown()},
	} {
		if !argument.known && !t.creates() { // a new one has no users
			r.pending(t, argument.name, ": what that does to the directory's people is not known")
		}
	}
	put := access.PutDirectory{Name: next.Name}
	any := true
	if t.creates() {
		put.ID = "" // a new one has no users yet
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
	if made := r.made(t, "directory_id", "prefectsso_scim_directory"); !known && made != nil {
		directory, known = made.after.text("name").Or(""), true // a new one goes by its name
	} else if !known {
		r.pending(t, "directory_id", ": for whom the mapping is, is not known")
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
		if known = known && argument.known; !argument.known {
			r.pending(t, argument.name, ": whose role changes is not known")
		}
	}
	if !known {
		return
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
		r.unsure(unknown{subject: t.Address, attribute: attribute, why: r.whyNoMember(email)})
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
	if !knownEmail {
		r.pending(t, "email", ": who gets the role is not known")
	}
	if !knownRole {
		r.pending(t, "role", ": what "+cmp.Or(email, "the person")+" becomes is not known")
	}
	if knownEmail && knownRole {
		r.give(t, "email", r.followed(t, email), role)
	}
}

// followed returns the address of the person whom a prefectsso_member_role manages: that of the membership that the state
// has, which the identity provider may have changed, as long as the written one is the same.
func (r *resolver) followed(t *thing, written string) string {
	id := t.before.text("id").Or("")
	if id == "" || !client.SameEmail(t.before.text("email").Or(""), written) {
		return written
	}
	if at := slices.IndexFunc(r.world.People.Rows, func(p access.Person) bool { return p.ID == id }); at >= 0 {
		return r.world.People.Rows[at].Email
	}
	return written
}

// reset gives a person the role of who is destroyed, before everything else where the resource is made anew after it.
func (r *resolver) reset(t *thing) {
	email := r.followed(t, t.before.text("email").Or(""))
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
	complete := true
	for _, argument := range []struct {
		name  string
		known bool
	}{{"role", knownRole}, {"removed_role", knownRemoved}, {"members", knownMembers}, {"ignore_emails", knownIgnored}, {"ignore_directory_managed", knownIgnore}} {
		if complete = complete && argument.known; !argument.known {
			r.pending(t, argument.name, ": who holds the role then is not known")
		}
	}
	if !complete {
		return
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
