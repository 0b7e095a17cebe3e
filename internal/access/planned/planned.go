// Package planned says what the planned arguments of a resource come to as changes of an account: for the resource's own
// guard, which has them from Terraform, and for the report on a whole plan, which reads them from a file. It is pure, and
// knows neither.
package planned

import (
	"cmp"
	"slices"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
)

// The values of activation: how a connection becomes active.
const (
	ActivationNone       = "none"
	ActivationFirstLogin = "first_login"
	ActivationImmediate  = "immediate"
)

// DeprovisionDelete is the deprovision_action that ends the membership of leavers.
const DeprovisionDelete = "delete"

// Connection is a prefectsso_identity_provider.
type Connection struct {
	// ID is empty for a new one.
	ID, Name string
	// Domains are in their normalized form.
	Domains    []string
	Activation string
	TakeOver   bool
	// State is the one that the connection has; of a prior state.
	State access.ConnectionState
}

// Put returns what a plan makes of a connection. Logins that are to make it active come after it.
func (c Connection) Put(prior *Connection) access.PutConnection {
	put := access.PutConnection{
		Name: c.Name, Domains: slices.Clone(c.Domains), Activate: c.Activation == ActivationImmediate, TakeOver: c.TakeOver,
	}
	if prior != nil {
		put.ID = prior.ID
		put.Activate = put.Activate && prior.State != access.ConnectionActive
	}
	return put
}

// FirstLogin returns the login that makes the connection active; nil where none has to. With awaited the apply waits for
// it; without, it comes some time.
func (c Connection) FirstLogin(prior *Connection) (login *access.FirstLogin, awaited bool) {
	put := c.Put(prior)
	if prior != nil && prior.State == access.ConnectionActive || put.Activate {
		return nil, false
	}
	return &access.FirstLogin{ID: cmp.Or(put.ID, put.Name)}, c.Activation != ActivationNone
}

// Directory is a prefectsso_scim_directory. What is not known while planning is unknown.
type Directory struct {
	ID, Name          string
	Enabled           access.Part[bool]
	DeprovisionAction access.Part[string]
	SyncGroupsToTeams access.Part[bool]
	// AllowedDomains is nil for all that are enabled, else in their normalized form.
	AllowedDomains access.Part[[]string]
}

// Put returns what a plan changes of a directory, as far as that is known and concerns people; any is false for nothing.
func (d Directory) Put(prior Directory) (put access.PutDirectory, any bool) {
	put = access.PutDirectory{ID: prior.ID, Name: prior.Name}
	if enabled, known := d.Enabled.Get(); known && enabled != prior.Enabled.Or(false) {
		off := !enabled
		put.Off = &off
	}
	if action, known := d.DeprovisionAction.Get(); known && action != prior.DeprovisionAction.Or("") {
		removes := action == DeprovisionDelete
		put.RemovesLeavers = &removes
	}
	if sync, known := d.SyncGroupsToTeams.Get(); known && sync != prior.SyncGroupsToTeams.Or(false) {
		put.TeamsFromGroups = &sync
	}
	if allowed, known := d.AllowedDomains.Get(); known && !sameDomains(allowed, prior.AllowedDomains.Or(nil)) {
		put.AllowedDomains = &allowed
	}
	return put, put.Off != nil || put.RemovesLeavers != nil || put.TeamsFromGroups != nil || put.AllowedDomains != nil
}

// sameDomains compares sets of domains, of which nil is another one than none.
func sameDomains(a, b []string) bool {
	return (a == nil) == (b == nil) && slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// World returns the directory as a world has it: not how many people it has, nor the id of their role.
func (d Directory) World() access.Directory {
	return access.Directory{
		ID: d.ID, Name: d.Name, Off: !d.Enabled.Or(false), Settings: access.Known(access.DirectorySettings{
			RemovesLeavers: d.DeprovisionAction.Or("") == DeprovisionDelete, TeamsFromGroups: d.SyncGroupsToTeams.Or(false), AllowedDomains: d.AllowedDomains.Or(nil),
		}),
	}
}
