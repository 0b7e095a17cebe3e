package access

import (
	"slices"
	"strings"
	"time"
)

// Want is a part of a world that is wanted.
type Want struct {
	Kind WantKind
	// DirectoryID is the directory that it is of.
	DirectoryID string
	// Match is whom is asked for, where Kind is WantMatches.
	Match Match
	// Emails are who is asked for, where Kind is WantPeople or WantOwners.
	Emails []string
	// Since is how far back to look, where Kind is WantCreators; zero leaves that to the reader.
	Since time.Time
}

// WantKind is what is wanted.
type WantKind string

// What may be wanted. Each fills the part of the world of that name.
const (
	WantAccount         WantKind = "account"
	WantOffer           WantKind = "offer" // whether the managed configuration is offered
	WantCaller          WantKind = "caller"
	WantRoles           WantKind = "roles"
	WantDomains         WantKind = "domains"
	WantIntegrations    WantKind = "integrations" // connections, and which directories there are
	WantDirectories     WantKind = "directories"  // with their settings
	WantUsers           WantKind = "users"        // all of a directory but those who are held
	WantHeld            WantKind = "held"         // those who are
	WantMatches         WantKind = "matches"      // those of a directory whom a mapping is for
	WantMappings        WantKind = "mappings"
	WantGroups          WantKind = "groups"
	WantDirectoryTeams  WantKind = "directory-teams"
	WantTokens          WantKind = "tokens" // of a directory, and its OAuth clients
	WantPeople          WantKind = "people" // some, by address
	WantBypassing       WantKind = "bypassing"
	WantActivePeople    WantKind = "active-people"
	WantEveryone        WantKind = "everyone"
	WantOwners          WantKind = "owners" // what decides about some people's roles
	WantInvitations     WantKind = "invitations"
	WantServiceAccounts WantKind = "service-accounts"
	WantCreators        WantKind = "creators" // of service accounts
	WantTeams           WantKind = "teams"
	// WantServiceAccountTeams are the teams with service accounts in them.
	WantServiceAccountTeams WantKind = "service-account-teams"
	WantWorkspaces          WantKind = "workspaces"
	// WantUserAccess and WantServiceAccountAccess are who reaches the workspaces by themselves.
	WantUserAccess           WantKind = "user-access"
	WantServiceAccountAccess WantKind = "service-account-access"
	WantWorkspaceRoles       WantKind = "workspace-roles"
)

// Key tells wants from each other.
func (w Want) Key() string {
	since := ""
	if !w.Since.IsZero() {
		since = w.Since.UTC().Format(time.RFC3339Nano)
	}
	return strings.Join(append([]string{string(w.Kind), w.DirectoryID, w.Match.GroupID, w.Match.GroupName, w.Match.Attribute, w.Match.Equals, since}, w.Emails...), "\x00")
}

// has reports whether a part is there, was asked for in vain, or is of a directory that is gone.
func (w World) has(want Want) bool {
	dir, there := w.Directory(want.DirectoryID)
	if want.DirectoryID != "" && !there && w.Directories.IsKnown() && !w.FewDirectories {
		return true // it is gone, and everything of it
	}
	switch want.Kind {
	case WantAccount:
		return !w.Account.IsMissing()
	case WantOffer:
		return !w.Offered.IsMissing()
	case WantCaller:
		return !w.Caller.IsMissing()
	case WantRoles:
		return !w.Roles.IsMissing()
	case WantDomains:
		return !w.Domains.IsMissing()
	case WantIntegrations:
		return !w.Connections.IsMissing()
	case WantDirectories:
		return w.Directories.state == partUnknown || w.Directories.IsKnown() && !w.FewDirectories && !slices.ContainsFunc(w.Directories.value, func(d Directory) bool { return d.Settings.IsMissing() })
	case WantUsers:
		return !dir.Users.IsMissing()
	case WantHeld:
		return !dir.Held.IsMissing()
	case WantMatches:
		return !dir.Matches[want.Match].IsMissing()
	case WantMappings:
		return !dir.Mappings.IsMissing()
	case WantGroups:
		return !dir.Groups.IsMissing()
	case WantDirectoryTeams:
		return !dir.Teams.IsMissing() || !w.Teams.IsMissing() && !dir.Groups.IsMissing()
	case WantTokens:
		return !dir.Tokens.IsMissing()
	case WantBypassing:
		return w.People.covers(CoverBypassing)
	case WantActivePeople:
		return w.People.covers(CoverActive)
	case WantEveryone:
		return w.People.covers(CoverEveryone)
	case WantPeople, WantOwners:
		return len(want.Emails) == 0
	case WantInvitations:
		return !w.Invitations.IsMissing()
	case WantServiceAccounts:
		return !w.ServiceAccounts.IsMissing()
	case WantTeams:
		return !w.Teams.IsMissing()
	case WantServiceAccountTeams:
		return !w.ServiceAccountTeams.IsMissing() || !w.Teams.IsMissing()
	case WantWorkspaces:
		return !w.Workspaces.IsMissing()
	case WantUserAccess:
		return !w.lacksAccess(func(room Workspace) bool { return room.Users.IsMissing() })
	case WantServiceAccountAccess:
		return !w.lacksAccess(func(room Workspace) bool { return room.ServiceAccounts.IsMissing() })
	case WantWorkspaceRoles:
		return !w.WorkspaceRoles.IsMissing()
	case WantCreators:
		return !slices.ContainsFunc(w.ServiceAccounts.Or(nil), func(s ServiceAccount) bool { return s.Creator.IsMissing() })
	}
	return true
}

// lacksAccess reports whether who reaches a workspace has not been asked for.
func (w World) lacksAccess(lacks func(Workspace) bool) bool {
	return slices.ContainsFunc(w.Workspaces.Or(nil), lacks)
}
