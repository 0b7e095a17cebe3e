package provider

import (
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// judgePerson finds what is worth a look at one member.
func (f *reviewFacts) judgePerson(r *accessReview, who string, p reviewedPerson, lastLogin *time.Time, limits reviewLimits) {
	if !p.Active {
		r.add(severityInfo, "member-inactive", who, who, "%s is deactivated and cannot get in, but would be %s again at once. Remove whoever does not come back.", who, p.Role)
		return
	}
	weight := severityMedium // of what is worse for somebody whom no identity provider keeps out
	if p.BypassesSSO {
		weight = severityHigh
		r.add(severityLow, "member-bypasses-sso", who, who, "%s gets in without single sign-on, as %s.", who, p.Role)
	}
	if p.AdministratesSSO {
		r.add(severityInfo, "member-administrates-sso", who, who, "%s may configure single sign-on, as %s, and so could let any identity provider vouch for any person of an enabled domain.", who, p.Role)
	}
	if len(f.domains) > 0 && p.OutsideSSODomains == reviewYes {
		r.add(weight, "member-outside-sso-domains", who, who, "%s has an address outside of the domains that are enabled for single sign-on.", who)
	}
	if len(f.directories) > 0 && p.InDirectory == reviewNo {
		r.add(severityMedium, "member-not-in-directory", who, who, "%s is in none of the account's directories: nobody takes the access away when this person leaves.", who)
	}
	switch {
	case lastLogin == nil:
		r.add(severityLow, "member-never-logged-in", who, who, "%s has never logged in.", who)
	case limits.now.Sub(*lastLogin) > limits.staleAfter:
		r.add(weight, "member-stale", who, who, "%s last logged in on %s.", who, day(*lastLogin))
	}
}

// judgeServiceAccounts finds what is worth a look at service accounts, which single sign-on does not concern.
func (f *reviewFacts) judgeServiceAccounts(r *accessReview) {
	present := map[string]bool{}
	for _, member := range f.people {
		if member.UserID != nil && member.Active {
			present[resourcePrefix+"user."+strings.ToLower(*member.UserID)] = true
		}
	}
	for _, bot := range f.bots {
		present[resourcePrefix+"service-account."+strings.ToLower(bot.ID)] = true
	}
	for _, bot := range f.bots {
		role := f.role("", bot.AccountRoleName)
		s := reviewedServiceAccount{
			ID: bot.ID, Role: bot.AccountRoleName, Privileged: privileged(role),
			KeyExpires: timeOrNull(bot.APIKey.Expiration), CreatedBy: reviewUnknown, CreatorIsMember: reviewUnknown,
			Workspaces: f.workspacesOf(bot, role),
		}
		weight := severityMedium
		if s.Privileged {
			weight = severityHigh
			r.add(severityMedium, "service-account-privileged", bot.Name, bot.Name, "The service account %s administrates the account, as %s, without ever logging in.", bot.Name, s.Role)
		}
		if role.Has(client.PermissionAdministrateSSO) {
			r.add(severityInfo, "service-account-administrates-sso", bot.Name, bot.Name, "Whoever has the key of the service account %s may configure single sign-on, and so could let any identity provider vouch for any person of an enabled domain.", bot.Name)
		}
		if bot.APIKey.Expiration == nil {
			r.add(weight, "service-account-key-never-expires", bot.Name, bot.Name, "The key of the service account %s never expires.", bot.Name)
		}
		if creator, ok := f.creators[strings.ToLower(bot.ID)]; ok {
			s.CreatedBy, s.CreatorIsMember = firstNonEmpty(creator.name, creator.id), yesNo(present[strings.ToLower(creator.id)])
			if s.CreatorIsMember == reviewNo {
				r.add(weight, "service-account-creator-gone", bot.Name, bot.Name, "The service account %s was made by %s, who is no active member any more and may still know its key. Rotate it.", bot.Name, s.CreatedBy)
			}
		}
		r.ServiceAccounts[bot.Name] = s
	}
}

// judgeDirectory finds what is worth a look at a directory.
func (f *reviewFacts) judgeDirectory(r *accessReview, d reviewedDirectory, limits reviewLimits) {
	if d.State == client.DirectoryUnlinked {
		r.add(severityHigh, "directory-unlinked", d.Name, d.Name, "The directory %s is switched off: whoever leaves at the identity provider keeps their access.", d.Name)
	}
	switch {
	case !f.knowsDirectories || d.State == client.DirectoryUnlinked: // when it synced is not told, or told already why it does not
	case d.LastSyncedAt == nil:
		r.add(severityHigh, "directory-not-synced", d.Name, d.Name, "The identity provider has never called the directory %s.", d.Name)
	case limits.now.Sub(*d.LastSyncedAt) > limits.syncWithin:
		r.add(severityHigh, "directory-not-synced", d.Name, d.Name, "The identity provider last called the directory %s on %s: whoever left since then keeps their access.", d.Name, day(*d.LastSyncedAt))
	}
	for _, mapping := range d.mappings {
		if mapping.Status == client.MappingDangling {
			r.add(severityLow, "mapping-dangling", mapping.ID, describeMatch(mapping.Match), "The mapping of %s to %s in the directory %s has no group: nobody gets the role by it.", describeMatch(mapping.Match), f.role(mapping.AccountRoleID, mapping.AccountRoleID).Name, d.Name)
		}
	}
	for _, token := range d.tokens {
		if token.ExpiresAt == nil {
			r.add(severityLow, "scim-token-never-expires", token.ID, token.Name, "The SCIM token %s (…%s) of the directory %s never expires.", token.Name, token.Suffix, d.Name)
		}
	}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
