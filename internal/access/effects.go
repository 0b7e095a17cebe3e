package access

import (
	"slices"
)

// Effects are what changes do to people, person by person.
type Effects struct {
	AccountID string
	// Enforced is whether single sign-on is enforced.
	Enforced Shift[bool]
	// Bypassing are the active people whose role has bypass:sso; unknown where not all of them are known.
	Bypassing Shift[[]Person]
	// AuthExpirationSeconds is how long a login counts as recent; nil means until the session ends.
	AuthExpirationSeconds Shift[*int64]
	// People are those to whom something happens, or may happen, in the order of their memberships.
	People []Effect
	// Wanted are those of People, and others, who would lose bypass:sso if the API did not keep it with the last one who has
	// it, as if it did not.
	Wanted []Effect
	// Invited are pending invitations for which something would be different once they are accepted.
	Invited []Effect
	// ServiceAccounts are those to whom something happens.
	ServiceAccounts []Effect
	// Directories are those that become something else for their people.
	Directories []DirectoryEffect
	// Rejected is what the API would not do.
	Rejected []Rejection
	// Gaps are what the changes depended on and is not known: others than those in People may be concerned.
	Gaps []Gap
	// Everyone reports that the people of the account are all known, as far as they are active.
	Everyone bool
	// Changes are what made the difference.
	Changes []Change

	before, after World
}

// TakesBypass reports whether bypass:sso is taken from a user for certain, or would be from the last one who has it.
func (e Effects) TakesBypass() bool {
	return slices.ContainsFunc(e.People, func(p Effect) bool { return p.Bypass.Before.Or(false) && is(p.Bypass.After, false) }) ||
		slices.ContainsFunc(e.Rejected, func(r Rejection) bool { return r.Reason == RejectedLastBypass })
}

// Effect is what changes do to one person or service account.
type Effect struct {
	// Key tells people from each other: the membership's id, else the address, or the service account's id.
	Key string
	// Name is the address, or the name of a service account.
	Name string
	// Caller reports that the API key in use is theirs.
	Caller bool
	// Member is whether they are a member at all.
	Member Shift[bool]
	// Active is whether the membership is active.
	Active Shift[bool]
	// SignIn is how they sign in.
	SignIn Shift[SignIn]
	// Role is their account role, Source why they have it afterwards and MappingID the mapping that gives it then.
	Role      Shift[Role]
	Source    Part[RoleSource]
	MappingID string
	// DirectoryID is the directory that manages the membership, before the change where there was one.
	DirectoryID string
	// Bypass is whether they are active and their role has bypass:sso.
	Bypass Shift[bool]
	// Deprovisioned reports that a directory ends their access.
	Deprovisioned bool
	// EarlierRole reports that no mapping gives their role any more, so that the one from before comes back.
	EarlierRole bool
	// Reach is which workspaces they reach, and how. It is unknown where that was not asked.
	Reach Shift[[]Reach]
}

// Method is how a person signs in.
type Method string

// The methods. Without single sign-on members sign in however they like.
const (
	MethodNone       Method = "none"
	MethodAny        Method = "any"
	MethodConnection Method = "connection"
	MethodBypass     Method = "bypass"
)

// SignIn is how a person signs in, and through which connection.
type SignIn struct {
	Method       Method
	ConnectionID string
}

// Reach is one way by which a person reaches a workspace.
type Reach struct {
	WorkspaceID string
	// RoleID is the workspace role; empty where the account role reaches every workspace.
	RoleID string
	Via    Via
	// TeamID is the team, where one is the way.
	TeamID string
}

// Via is how a person reaches a workspace.
type Via string

// The ways into a workspace.
const (
	ViaRole    Via = "role"    // the account role has administrate:workspace
	ViaAccess  Via = "access"  // an access of one's own
	ViaTeam    Via = "team"    // through a team
	ViaDefault Via = "default" // the workspace's default role
)

// DirectoryEffect is what changes do to a directory, as far as it concerns its people.
type DirectoryEffect struct {
	ID, Name string
	// ActiveUsers is how many active users it has.
	ActiveUsers int
	// Deleted, SwitchedOff and RemovesLeavers report that it goes, is switched off, and that leavers lose their
	// membership from then on.
	Deleted, SwitchedOff, RemovesLeavers bool
	// Untied are the names of teams that stop following their groups.
	Untied []string
	// Dropped are domains that it named in its allowed domains and that are no longer enabled.
	Dropped []string
}

// LosesAccess reports whether a person signs in before and not afterwards.
func (e Effect) LosesAccess() Part[bool] {
	before, knownBefore := e.SignIn.Before.Get()
	after, knownAfter := e.SignIn.After.Get()
	switch {
	case knownBefore && before.Method == MethodNone, knownAfter && after.Method != MethodNone:
		return Known(false)
	case knownBefore && knownAfter:
		return Known(true)
	}
	return Unknown[bool]("how they sign in is not known")
}

// GainsAccess reports whether a person signs in afterwards and not before.
func (e Effect) GainsAccess() Part[bool] {
	return Effect{SignIn: Shift[SignIn]{e.SignIn.After, e.SignIn.Before}}.LosesAccess()
}

// Demoted reports whether the role afterwards lacks a permission that the role before has. A person who is a member no
// more is not demoted.
func (e Effect) Demoted() Part[bool] {
	before, knownBefore := e.Role.Before.Get()
	after, knownAfter := e.Role.After.Get()
	switch {
	case is(e.Member.After, false) || is(e.Member.Before, false):
		return Known(false)
	case knownBefore && knownAfter:
		return Known(before.Demotes(after))
	}
	return Unknown[bool]("the role is not known")
}

// Gained returns the ways into workspaces that are there afterwards and not before.
func (e Effect) Gained() Part[[]Reach] { return missingFrom(e.Reach.Before, e.Reach.After) }

// Lost returns the ways into workspaces that are there before and not afterwards.
func (e Effect) Lost() Part[[]Reach] { return missingFrom(e.Reach.After, e.Reach.Before) }

func missingFrom(there, wanted Part[[]Reach]) Part[[]Reach] {
	if !there.IsKnown() {
		return there
	}
	return derive(wanted, func(rows []Reach) []Reach {
		return slices.DeleteFunc(slices.Clone(rows), func(r Reach) bool { return slices.Contains(there.value, r) })
	})
}

// nothing reports whether the effect is known to be none.
func (e Effect) nothing() bool {
	same := func(different, known bool) bool { return known && !different }
	reach := !e.Reach.Before.IsKnown() && !e.Reach.After.IsKnown() && e.Reach.Before.why == e.Reach.After.why ||
		e.Reach.Before.IsKnown() && e.Reach.After.IsKnown() && slices.Equal(e.Reach.Before.value, e.Reach.After.value)
	return same(changed(e.Member)) && same(changed(e.Active)) && sameOrBothUnknown(e.SignIn) && sameRole(e.Role) && same(changed(e.Bypass)) &&
		!e.Deprovisioned && !e.EarlierRole && reach
}

func sameRole(s Shift[Role]) bool {
	if s.Before.IsKnown() && s.After.IsKnown() {
		return s.Before.value.ID == s.After.value.ID
	}
	return s.Before.state == s.After.state && s.Before.why == s.After.why
}

func sameOrBothUnknown[T comparable](s Shift[T]) bool {
	different, known := changed(s)
	return known && !different || !known && s.Before.state == s.After.state && s.Before.why == s.After.why
}
