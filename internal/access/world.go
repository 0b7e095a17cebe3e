package access

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// World is an account, as far as who can sign in and why depends on it. Addresses are in their normalized form (the
// identity key), domains too; ids are lower-case where they are UUIDs. Nothing changes a World or what it holds.
type World struct {
	// AccountID is the account's id.
	AccountID string
	// Account holds the account's own settings.
	Account Part[Account]
	// Offered is whether the API offers the managed configuration, which today's Prefect Cloud does not.
	Offered Part[bool]
	// Caller is whose API key is in use.
	Caller Part[Caller]
	// Roles are the account roles.
	Roles Part[[]Role]
	// Domains are the enabled domains.
	Domains Part[[]Domain]
	// Connections are the connections to identity providers.
	Connections Part[[]Connection]
	// Directories are the directories that push over SCIM.
	Directories Part[[]Directory]
	// FewDirectories reports that Directories holds only those that somebody looked up, where not all were asked for.
	FewDirectories bool
	// People are the memberships of users.
	People People
	// Invitations are those that are pending.
	Invitations Part[[]Invitation]
	// ServiceAccounts are the account's bots.
	ServiceAccounts Part[[]ServiceAccount]
	// Teams are the account's teams with their members and accesses.
	Teams Part[[]Team]
	// ServiceAccountTeams are those with service accounts in them, where only they were asked for.
	ServiceAccountTeams Part[[]Team]
	// Workspaces are the account's workspaces with the accesses of users and service accounts.
	Workspaces Part[[]Workspace]
	// WorkspaceRoles are the roles that there are in workspaces.
	WorkspaceRoles Part[[]WorkspaceRole]

	changes  []Change    // applied so far, oldest first
	rejected []Rejection // what of them the API would not do
	gaps     []Gap       // what they depended on and was not known
	// strangers reports that unknown people may have become members.
	strangers bool
	// deprovisioned are the keys of people whose access a directory ended.
	deprovisioned []string
}

// Account is what the account itself says (GET /api/accounts/{account_id}).
type Account struct {
	Handle string
	// Enforced reports whether single sign-on is enforced, as the account's sso_state says. Where connections are known,
	// they decide.
	Enforced bool
	// AuthExpirationSeconds is how long a login counts as recent; nil means until the session ends.
	AuthExpirationSeconds *int64
}

// Caller is whose API key is in use: a user, or a service account, of which there may be several candidates.
type Caller struct {
	UserID            string
	ServiceAccountIDs []string
}

// Role is an account role.
type Role struct {
	ID, Name    string
	Permissions []string
}

// The permissions that access depends on (AccountPermission in the published document).
const (
	PermissionBypassSSO             = "bypass:sso"
	PermissionAdministrateSSO       = "administrate:sso"
	PermissionAdministrateWorkspace = "administrate:workspace"
)

// The names of built-in roles that the API treats in their own way.
const (
	roleCollaborator = "Collaborator" // reaches only the workspaces that they were invited to
)

// Has reports whether the role includes a permission.
func (r Role) Has(permission string) bool { return slices.Contains(r.Permissions, permission) }

// Bypasses reports whether holders sign in without single sign-on.
func (r Role) Bypasses() bool { return r.Has(PermissionBypassSSO) }

// Demotes reports whether another role lacks one of this role's permissions.
func (r Role) Demotes(to Role) bool {
	return slices.ContainsFunc(r.Permissions, func(permission string) bool { return !to.Has(permission) })
}

// Domain is an email domain that is enabled for single sign-on.
type Domain struct {
	Name string
	// Releasing reports that the domain was taken out and still routes until its connection names it no more.
	Releasing bool
}

// ConnectionState is how far a connection is.
type ConnectionState string

// The states of a connection. Only an active one routes logins, and while there is one single sign-on is enforced.
const (
	ConnectionDraft      ConnectionState = "draft"
	ConnectionValidating ConnectionState = "validating"
	ConnectionActive     ConnectionState = "active"
	ConnectionInactive   ConnectionState = "inactive"
)

// Connection is a connection to an identity provider.
type Connection struct {
	ID, Name string
	State    ConnectionState
	Domains  []string
}

// People are memberships of users, all or some of them.
type People struct {
	// Rows are those that are known, oldest first.
	Rows []Person
	// Coverage says which people Rows has all of.
	Coverage Coverage
	// Looked are the addresses that were looked up: who is not in Rows is no member.
	Looked []string
}

// Coverage says of which people none is missing; each is more than the one before.
type Coverage uint8

// The coverages: none in particular, the active holders of roles with bypass:sso, all who are active, all.
const (
	CoverNobody Coverage = iota
	CoverBypassing
	CoverActive
	CoverEveryone
)

func (p People) covers(c Coverage) bool { return p.Coverage >= c }

// Person is a user's membership of the account.
type Person struct {
	// ID is the membership's; empty for a person who becomes a member by a change.
	ID, ActorID, UserID string
	Email, Handle       string
	Active              Part[bool]
	RoleID              Part[string]
	LastLogin           *time.Time
	// DirectoryID is the directory that manages the membership; empty for none.
	DirectoryID Part[string]
	// DirectoryActive is whether that directory has the person as active.
	DirectoryActive Part[bool]

	unsure      bool // whether they are still a member is not known any more
	unsureTeams bool // which teams the person is in is not known any more
	removed     bool // the membership ended by the change that is being made
}

// Key returns what tells people from each other: the membership's id, else the address.
func (p Person) Key() string { return cmp.Or(p.ID, p.Email) }

// Domain returns the domain of the address.
func (p Person) Domain() string { return domainOf(p.Email) }

func domainOf(email string) string { return email[strings.LastIndex(email, "@")+1:] }

// Invitation is a pending invitation.
type Invitation struct{ ID, Email, RoleID string }

// ServiceAccount is a bot of the account. Single sign-on does not concern it.
type ServiceAccount struct {
	ID, ActorID, Name string
	// RoleID is empty where only the name of the role is known.
	RoleID, RoleName string
	// KeyExpires is when the key expires; nil means never.
	KeyExpires *time.Time
	// Created is when it was made; nil where that is not known.
	Created *time.Time
	// Creator is who made it, as the audit trail names them.
	Creator Part[Creator]
}

// Creator is who made a service account, as the audit trail names them.
type Creator struct{ ID, Name string }

// Directory is a directory that pushes people and groups over SCIM.
type Directory struct {
	ID, Name string
	// Off reports that the directory is switched off (unlinked).
	Off bool
	// ActiveUsers is how many active users it has.
	ActiveUsers int
	Settings    Part[DirectorySettings]
	// Users are all of its people but for those who are held out of the account, oldest first; Held are the others.
	Users, Held Part[[]DirectoryUser]
	// Seen are some of its people, where not all were asked for.
	Seen []DirectoryUser
	// Matches are the people whom a mapping with a match is for, by their ids, where that was asked.
	Matches map[Match]Part[[]string]
	Groups  Part[[]DirectoryGroup]
	// Teams are those that are made of its groups, where only they were asked for.
	Teams    Part[[]Team]
	Mappings Part[[]Mapping]
	// SeenMappings are some of them, where not all were asked for.
	SeenMappings []Mapping
	Tokens       Part[[]Token]
	// Clients are its OAuth clients; they are asked for with the tokens.
	Clients Part[[]SCIMClient]
	// LastSynced is when the identity provider last called; nil for never.
	LastSynced *time.Time
}

// DirectorySettings is what only the managed configuration tells of a directory.
type DirectorySettings struct {
	DefaultRoleID string
	// RemovesLeavers reports that deprovisioning ends the membership instead of deactivating it.
	RemovesLeavers bool
	// TeamsFromGroups is sync_groups_to_teams.
	TeamsFromGroups bool
	// AllowedDomains are those whose people come in; nil means all that are enabled.
	AllowedDomains []string
}

// RoleSource is why a member who is managed by a directory has their role.
type RoleSource string

// The sources of a role.
const (
	RoleDefault RoleSource = "default" // the directory made the membership
	RoleMapping RoleSource = "mapping" // a group role mapping gives it
	RoleManual  RoleSource = "manual"  // given by hand, or it was there before
)

// DirectoryUser is a person as a directory pushed them, and what became of them.
type DirectoryUser struct {
	ID, Email string
	Active    bool
	// Held reports that the person is kept out of the account, whatever else holds.
	Held bool
	// Groups are the groups that the person is in.
	Groups Part[[]DirectoryGroup]
	// MembershipID is the membership that the person is linked to; empty for none.
	MembershipID string
	RoleSource   RoleSource
	// MappingID is the mapping that gives the role.
	MappingID string
	// RoleBefore is the role that comes back when the mapping ends, SourceBefore its source. The API tells neither.
	RoleBefore   Part[string]
	SourceBefore RoleSource

	// listedHeld reports that the API lists the person as held: it does not say whether a mapping is for them.
	listedHeld bool
}

// Domain returns the domain of the address.
func (u DirectoryUser) Domain() string { return domainOf(u.Email) }

// DirectoryGroup is a group as a directory pushed it.
type DirectoryGroup struct{ ID, Name string }

// Mapping is a group role mapping: it gives people of a directory an account role while it matches them.
type Mapping struct {
	ID       string
	Match    Match
	RoleID   string
	Priority int64
	// Dangling reports that no such group has arrived.
	Dangling bool
}

// Match is whom a mapping is for, in one of three ways: a group by its id, groups by their exact name, or a SCIM
// attribute that equals a value.
type Match struct{ GroupID, GroupName, Attribute, Equals string }

// kind returns how a match says whom it is for.
func (m Match) kind() string {
	switch {
	case m.GroupID != "":
		return "group_id"
	case m.GroupName != "":
		return "group_name"
	}
	return "attribute"
}

// compareMappings sorts the one that counts first to the front: the highest priority, and of equal ones the match that
// sorts first (kind, then bytes), as the contract's part B.4 says.
func compareMappings(a, b Mapping) int {
	return cmp.Or(
		cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.Match.kind(), b.Match.kind()),
		cmp.Compare(a.Match.GroupID+a.Match.GroupName+a.Match.Attribute, b.Match.GroupID+b.Match.GroupName+b.Match.Attribute),
		cmp.Compare(a.Match.Equals, b.Match.Equals), cmp.Compare(a.ID, b.ID))
}

// Token is a SCIM token of a directory.
type Token struct {
	ID, Name, Suffix string
	// Expires is when it expires; nil means never.
	Expires *time.Time
}

// SCIMClient is an OAuth client that pushes into a directory.
type SCIMClient struct {
	ID, Name string
	// Secrets are the live ones, the newest first.
	Secrets []SCIMClientSecret
}

// SCIMClientSecret is one of a client's secrets.
type SCIMClientSecret struct {
	Suffix string
	// Expires is when it expires; nil means never.
	Expires *time.Time
}

// Team is a team with its members and the workspaces that it reaches.
type Team struct {
	ID, Name string
	// GroupID is the directory group that decides who is in it; empty for none.
	GroupID string
	// Members are actor ids.
	Members []string
	Access  []TeamAccess
}

// TeamAccess is a workspace that a team reaches, and as what. The names are empty for an access that a change gives.
type TeamAccess struct{ WorkspaceID, RoleID, Handle, RoleName string }

// Workspace is a workspace with those who reach it by themselves.
type Workspace struct {
	ID, Handle string
	// DefaultRoleID is the workspace role of all members but Collaborators; empty for none.
	DefaultRoleID string
	// Users are the accesses of users.
	Users Part[[]ActorAccess]
	// ServiceAccounts are the accesses of service accounts.
	ServiceAccounts Part[[]ActorAccess]
}

// WorkspaceRole is what its holder may do in a workspace.
type WorkspaceRole struct{ ID, Name string }

// ActorAccess is a member's own access to a workspace. The actor of a service account's is its own id, as the API has it.
type ActorAccess struct{ ActorID, RoleID string }

// Gap is a part that a change depended on and that was not known.
type Gap string

// The gaps.
const (
	GapRoles          Gap = "roles"
	GapPeople         Gap = "people"
	GapBypassing      Gap = "bypassing"
	GapDomains        Gap = "domains"
	GapConnections    Gap = "connections"
	GapDirectories    Gap = "directories"
	GapDirectoryUsers Gap = "directory-users"
	GapGroups         Gap = "groups"
	GapMappings       Gap = "mappings"
	GapMatches        Gap = "matches"
	GapTeams          Gap = "teams"
	GapOffer          Gap = "offer"
)

// Rejection is something that the API would not do.
type Rejection struct {
	Reason RejectionReason
	// People are whom it is about. Of several with RejectedLastBypass one keeps what they have; which one is not known.
	People []Person
	// To are the ids of the roles that they would have instead, in the order of People; empty where that is not known, nil
	// where it is not about roles.
	To []string
	// DirectoryID and MappingID are the mapping that stands in the way.
	DirectoryID, MappingID string
	// Domain and ConnectionID are the domain that another connection routes.
	Domain, ConnectionID string
}

// RejectionReason says why the API would not do something.
type RejectionReason string

// The reasons.
const (
	// RejectedLastBypass: it would leave the account without an active user whose role has bypass:sso.
	RejectedLastBypass RejectionReason = "last-bypass"
	// RejectedCaller: the caller would demote, deactivate or remove itself.
	RejectedCaller RejectionReason = "caller"
	// RejectedMapping: a group role mapping decides about the role.
	RejectedMapping RejectionReason = "mapping"
	// RejectedRouted: another active connection routes a domain, and the change does not take it over.
	RejectedRouted RejectionReason = "routed"
	// RejectedDomain: a domain is not enabled.
	RejectedDomain RejectionReason = "domain-not-enabled"
	// RejectedMatch: the directory has a mapping with this match already.
	RejectedMatch RejectionReason = "match"
	// RejectedIncomplete: the connection cannot be activated without a domain.
	RejectedIncomplete RejectionReason = "incomplete"
)

// Rejected returns what the API would not do of the changes that made this world.
func (w World) Rejected() []Rejection { return slices.Clone(w.rejected) }

// Changes returns the changes that made this world, oldest first.
func (w World) Changes() []Change { return slices.Clone(w.changes) }

// Enforced reports whether single sign-on is enforced: while there is an active connection.
func (w World) Enforced() Part[bool] {
	if w.Connections.IsKnown() || w.Account.IsMissing() {
		return derive(w.Connections, func(rows []Connection) bool {
			return slices.ContainsFunc(rows, func(c Connection) bool { return c.State == ConnectionActive })
		})
	}
	return derive(w.Account, func(a Account) bool { return a.Enforced })
}

// Route returns the id of the active connection through which people of a domain log in; empty for none.
func (w World) Route(domain string) Part[string] {
	return derive(w.Connections, func(rows []Connection) string {
		for _, c := range rows {
			if c.State == ConnectionActive && slices.Contains(c.Domains, domain) {
				return c.ID
			}
		}
		return ""
	})
}

// Role returns a role by its id.
func (w World) Role(id string) Part[Role] {
	rows, known := w.Roles.Get()
	if !known {
		return derive(w.Roles, func([]Role) Role { return Role{} })
	}
	if at := slices.IndexFunc(rows, func(r Role) bool { return r.ID == id }); at >= 0 {
		return Known(rows[at])
	}
	return Unknown[Role]("the account has no role " + id)
}

// RoleOf returns a person's role.
func (w World) RoleOf(p Person) Part[Role] {
	id, known := p.RoleID.Get()
	if !known {
		return derive(p.RoleID, func(string) Role { return Role{} })
	}
	return w.Role(id)
}

// Directory returns a directory by its id.
func (w World) Directory(id string) (Directory, bool) {
	rows := w.Directories.Or(nil)
	at := slices.IndexFunc(rows, func(d Directory) bool { return d.ID == id })
	if at < 0 {
		return Directory{}, false
	}
	return rows[at], true
}

// isCaller reports whether the API key in use is this person's.
func (w World) isCaller(p Person) bool {
	caller, known := w.Caller.Get()
	return known && caller.UserID != "" && caller.UserID == p.UserID
}
