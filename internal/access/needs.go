package access

import "slices"

// fewPeople are asked about one by one; for more, directories are read as a whole.
const fewPeople = 10

// Needs returns which parts of a world are still wanted to judge a change as plans do, as far as can be told already:
// it is asked again when they are there, until it wants none. It wants nothing that a change does not depend on.
func Needs(c Change, w World) []Want {
	var out []Want
	seen := map[string]bool{}
	for _, want := range c.needs(w) {
		if key := want.Key(); !seen[key] && !w.has(want) {
			seen[key] = true
			out = append(out, want)
		}
	}
	return out
}

// NeedsAll returns which parts of a world are still wanted to know all of it that concerns access: for a report on
// everything that a plan changes. What a review wants is less: [NeedsReview].
func NeedsAll(w World) []Want {
	wants := []Want{
		{Kind: WantAccount},
		{Kind: WantOffer},
		{Kind: WantCaller},
		{Kind: WantRoles},
		{Kind: WantDomains},
		{Kind: WantIntegrations},
		{Kind: WantDirectories},
		{Kind: WantEveryone},
		{Kind: WantInvitations},
		{Kind: WantServiceAccounts},
		{Kind: WantTeams},
		{Kind: WantWorkspaces},
		{Kind: WantUserAccess},
		{Kind: WantServiceAccountAccess},
	}
	for _, d := range w.Directories.Or(nil) {
		for _, kind := range []WantKind{WantUsers, WantHeld, WantMappings, WantGroups, WantTokens} {
			wants = append(wants, Want{Kind: kind, DirectoryID: d.ID})
		}
		for _, m := range d.Mappings.Or(nil) {
			if m.Match.Attribute != "" {
				wants = append(wants, Want{Kind: WantMatches, DirectoryID: d.ID, Match: m.Match})
			}
		}
	}
	return slices.DeleteFunc(wants, w.has)
}

func (c PutTeamAccess) needs(World) []Want    { return nil }
func (c DeleteTeamAccess) needs(World) []Want { return nil }
func (c SetSessionPolicy) needs(World) []Want { return nil }
