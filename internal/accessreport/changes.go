package accessreport

import (
	"slices"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
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
	actions  []Action
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
	invokedBefore          []access.Change // by actions, before the changes that trigger them
	invokedAfter           []access.Change
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
	for _, i := range in.invocations {
		if i.to == account {
			r.invoke(i)
		}
	}
	r.rest = r.invokedBefore
	r.order()
	r.rest = append(r.rest, r.invokedAfter...)
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

// harmless are the types that change no access.
var harmless = map[string]bool{"prefectsso_setup_link": true, "prefectsso_scim_token": true, "prefectsso_scim_client": true, "prefectsso_scim_probe": true}

// thing takes in what a plan does to one thing.
func (r *resolver) thing(t *thing) {
	leaves := t.deletes() && t.from == r.account || t.updates() && t.from != t.to && t.from == r.account
	comes := t.puts() && t.to == r.account
	if t.to == "" && t.puts() && !t.deletes() {
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
