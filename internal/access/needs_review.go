package access

import (
	"slices"
	"time"
)

// Why it is not known who made a service account.
const (
	WhyTooLongAgo  = "it was made longer ago than the audit trail was asked"
	WhyNotRecorded = "the audit trail does not say"
)

// NeedsReview returns which parts of a world are still wanted to review it. since is how far back to look for who made
// service accounts; zero leaves that to the reader. Of directories that the API does not report, as today's Prefect
// Cloud, it wants no more than which ones there are.
func NeedsReview(since time.Time) func(World) []Want {
	return func(w World) []Want {
		wants := []Want{{Kind: WantAccount}, {Kind: WantRoles}, {Kind: WantEveryone}, {Kind: WantDomains}, {Kind: WantServiceAccounts}}
		if is(w.Offered, false) {
			wants = append(wants, Want{Kind: WantIntegrations})
		}
		wants = append(wants, Want{Kind: WantDirectories})
		for _, d := range w.Directories.Or(nil) {
			for _, kind := range []WantKind{WantUsers, WantMappings, WantTokens} {
				wants = append(wants, Want{Kind: kind, DirectoryID: d.ID})
			}
		}
		if len(w.ServiceAccounts.Or(nil)) > 0 {
			wants = append(wants, Want{Kind: WantCreators, Since: since})
			wants = append(wants, w.serviceAccountReachNeeds()...)
		}
		return slices.DeleteFunc(wants, w.has)
	}
}

// serviceAccountReachNeeds returns the wants of how service accounts reach workspaces, one after the other: what cannot be
// known in whole is asked for no further.
func (w World) serviceAccountReachNeeds() []Want {
	wants := []Want{{Kind: WantWorkspaces}}
	rooms := w.Workspaces.Or(nil)
	if len(rooms) == 0 {
		return wants
	}
	wants = append(wants, Want{Kind: WantServiceAccountAccess})
	named := false // a role whose name the API reports nowhere else
	for _, room := range rooms {
		accesses, known := room.ServiceAccounts.Get()
		if !known {
			return wants
		}
		named = named || room.DefaultRoleID != "" || len(accesses) > 0
	}
	wants = append(wants, Want{Kind: WantServiceAccountTeams})
	if named {
		wants = append(wants, Want{Kind: WantWorkspaceRoles})
	}
	return wants
}
