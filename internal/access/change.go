package access

import "slices"

// Change is something that a resource or an action does to an account. The kinds are those in this file; each is one
// request to the API, or as many as its list is long.
//
// Apply says what the account is like when the API has done it. What the API would not do is not done, and is in
// [World.Rejected].
type Change interface {
	// Apply makes the change on a copy of the world.
	Apply(World) World
	// needs lists what has to be known of a world to judge the change, as far as can be told already.
	needs(World) []Want
}

// Apply makes several changes, one after the other.
func Apply(w World, changes ...Change) World {
	for len(changes) > 0 {
		n := 1
		if teams, mappings := leading[teamChange](changes), leading[mappingChange](changes); len(teams) > 1 {
			n = len(teams) // each copying the world would take long
			w = change(w, changes[0], func(d *draft) {
				for _, c := range teams {
					c.on(d)
				}
			})
		} else if len(mappings) > 1 {
			n = len(mappings)
			w = change(w, changes[0], func(d *draft) { d.editMappings(mappings) })
		} else {
			w = changes[0].Apply(w)
		}
		if n > 1 {
			w.changes = append(w.changes, changes[1:n]...)
		}
		changes = changes[n:]
	}
	return w
}

// SetDomains makes Names the whole list of enabled domains (PATCH /api/accounts/{account_id}/domains).
type SetDomains struct {
	Names []string
	// DisableSSO takes the last domain of the only active connection at once, and single sign-on with it.
	DisableSSO bool
}

// EnableDomains adds domains to the enabled ones.
type EnableDomains struct{ Names []string }

// DisableDomains takes domains out of the enabled ones.
type DisableDomains struct {
	Names      []string
	DisableSSO bool
}

// PutConnection makes a connection, or changes the domains of one that is there, and activates it if that is asked for
// (POST and PATCH …/sso/connections, POST …/activate).
type PutConnection struct {
	// ID is the connection's; empty for a new one, which has its name for an id then.
	ID, Name string
	Domains  []string
	// Activate routes the logins of its domains to it at once.
	Activate bool
	// TakeOver moves domains of other active connections when it is activated.
	TakeOver bool
}

// DeactivateConnection switches a connection off.
type DeactivateConnection struct{ ID string }

// DeleteConnection removes a connection.
type DeleteConnection struct{ ID string }

// FirstLogin is the first login through a connection that waits for one. It makes it active, unless another one routes
// one of its domains.
type FirstLogin struct{ ID string }

// PutDirectory makes a directory, or changes one. What is nil stays as it is.
type PutDirectory struct {
	// ID is the directory's; empty for a new one, which has its name for an id then.
	ID, Name        string
	Off             *bool
	DefaultRoleID   *string
	RemovesLeavers  *bool
	TeamsFromGroups *bool
	// AllowedDomains points at a nil slice to allow all domains that are enabled.
	AllowedDomains *[]string
}

// DeleteDirectory removes a directory. It deprovisions no member.
type DeleteDirectory struct{ ID string }

// PutMapping makes a group role mapping, or changes one.
type PutMapping struct {
	DirectoryID string
	// Mapping's ID is empty for a new one.
	Mapping Mapping
}

// DeleteMapping ends a group role mapping.
type DeleteMapping struct{ DirectoryID, ID string }

// RoleOf is a role that a person is given.
type RoleOf struct {
	// Email is who, in its normalized form; MembershipID the same where it is known.
	Email, MembershipID string
	RoleID              string
}

// SetRoles gives people roles, promotions first (PATCH …/account_memberships/{id}, one by one). Those who are no members
// are left out.
type SetRoles struct{ Roles []RoleOf }

// SetActive deactivates people, or lets them in again, all of them or none (POST …/account_memberships/set_active).
type SetActive struct {
	MembershipIDs []string
	Active        bool
}

// RemovePeople ends memberships, one by one.
type RemovePeople struct{ MembershipIDs []string }

// PutTeamAccess gives a team a role in a workspace.
type PutTeamAccess struct{ TeamID, WorkspaceID, RoleID string }

// DeleteTeamAccess takes a team out of a workspace.
type DeleteTeamAccess struct{ TeamID, WorkspaceID string }

// SetSessionPolicy says how long a login counts as recent; nil means until the session ends.
type SetSessionPolicy struct{ AuthExpirationSeconds *int64 }

// Apply implements [Change].
func (c SetDomains) Apply(w World) World {
	return change(w, c, func(d *draft) { d.setDomains(c.Names, c.DisableSSO) })
}

// Apply implements [Change].
func (c EnableDomains) Apply(w World) World {
	return change(w, c, func(d *draft) { d.setDomains(append(d.enabled(), c.Names...), false) })
}

// Apply implements [Change].
func (c DisableDomains) Apply(w World) World {
	return change(w, c, func(d *draft) {
		if !d.Domains.IsKnown() {
			d.disable(c.Names, c.DisableSSO)
			return
		}
		d.setDomains(slices.DeleteFunc(d.enabled(), func(name string) bool { return slices.Contains(c.Names, name) }), c.DisableSSO)
	})
}

// Apply implements [Change].
func (c PutConnection) Apply(w World) World {
	return change(w, c, func(d *draft) { d.putConnection(c) })
}

// Apply implements [Change].
func (c DeactivateConnection) Apply(w World) World {
	return change(w, c, func(d *draft) { d.deactivateConnection(c.ID) })
}

// Apply implements [Change].
func (c DeleteConnection) Apply(w World) World {
	return change(w, c, func(d *draft) { d.deleteConnection(c.ID) })
}

// Apply implements [Change].
func (c FirstLogin) Apply(w World) World {
	return change(w, c, func(d *draft) { d.firstLogin(c.ID) })
}

// Apply implements [Change].
func (c PutDirectory) Apply(w World) World {
	return change(w, c, func(d *draft) { d.putDirectory(c) })
}

// Apply implements [Change].
func (c DeleteDirectory) Apply(w World) World {
	return change(w, c, func(d *draft) { d.deleteDirectory(c.ID) })
}

// Apply implements [Change].
func (c PutMapping) Apply(w World) World {
	return change(w, c, func(d *draft) { d.editMappings([]mappingChange{c}) })
}

// Apply implements [Change].
func (c DeleteMapping) Apply(w World) World {
	return change(w, c, func(d *draft) { d.editMappings([]mappingChange{c}) })
}

// Apply implements [Change].
func (c SetRoles) Apply(w World) World {
	return change(w, c, func(d *draft) { d.setRoles(c.Roles) })
}

// Apply implements [Change].
func (c SetActive) Apply(w World) World {
	return change(w, c, func(d *draft) { d.setActive(c.MembershipIDs, c.Active) })
}

// Apply implements [Change].
func (c RemovePeople) Apply(w World) World {
	return change(w, c, func(d *draft) { d.removePeople(c.MembershipIDs) })
}

// Apply implements [Change].
func (c PutTeamAccess) Apply(w World) World {
	return change(w, c, c.on)
}

// Apply implements [Change].
func (c DeleteTeamAccess) Apply(w World) World {
	return change(w, c, c.on)
}

// Apply implements [Change].
func (c SetSessionPolicy) Apply(w World) World {
	return change(w, c, func(d *draft) {
		d.Account = derive(d.Account, func(a Account) Account {
			a.AuthExpirationSeconds = c.AuthExpirationSeconds
			return a
		})
	})
}
