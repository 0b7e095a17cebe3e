package access

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// The sentences of this package: what a finding is called, and what it says. A finding's id stands in its detail, on a
// line of its own, and is the anchor of its heading in the guide on guards.

// summaries say in a few words what a finding is.
var summaries = map[ID]string{
	CallerDemoted:                "This would demote yourself",
	CallerDeprovisioned:          "This would end your own access",
	CallerLockedOut:              "This would lock yourself out",
	CallerLockedOutAtFirstLogin:  "This would lock yourself out at the first login",
	CallerRemoved:                "This would remove yourself",
	CallerNeedsLogin:             "This key will need a login",
	DirectoryDecidesActivity:     "A directory decides who is active",
	PeopleLoseAccess:             "People would lose access",
	PeopleLoseAccessAtFirstLogin: "People would lose access at the first login",
	PeopleDemoted:                "People would be demoted",
	PeopleBypassSSO:              "People would bypass single sign-on",
	EarlierRolesReturn:           "Earlier roles return",
	RoleGivenByMapping:           "A group role mapping sets this role",
	BypassNobodyLeft:             "No user could sign in without single sign-on",
	BypassNobodyLeftTogether:     "No user could sign in without single sign-on",
	BypassOneLeft:                "Only one person could sign in without single sign-on",
	BypassTooFew:                 "Few people could sign in when the identity provider fails",
	AcknowledgementSurplus:       "Unneeded acknowledgement",
	DomainAllowedByDirectory:     "A directory allows this domain",
	DirectoryOffKeepsLeavers:     "Users are not deprovisioned while the directory is off",
	DirectoryRemovesLeavers:      "Leavers lose their membership from now on",
	DirectoryDeletedKeepsPeople:  "Users stay members",
	TeamsStopFollowingGroups:     "Teams stop following their groups",
	DomainRoutedElsewhere:        "Another connection routes this domain",
	DomainsReplaced:              "Domains would be disabled",
	SSOEnds:                      "Single sign-on would end",
	SSOEndNotChecked:             "Not checked whether single sign-on ends",
	DefaultRoleBypassesSSO:       "All directory users would bypass single sign-on",
	LockoutNotChecked:            "Not checked who loses access",
	DeprovisioningNotChecked:     "Not checked whom a directory would deprovision",
	RolesNotChecked:              "Not checked whose role changes",

	SSONotEnforced:                 "Single sign-on is not enforced",
	MemberInactive:                 "Deactivated member",
	MemberBypassesSSO:              "Member bypasses single sign-on",
	MemberAdministratesSSO:         "Member administrates single sign-on",
	MemberOutsideSSODomains:        "Member outside of the enabled domains",
	MemberNotInDirectory:           "Member in no directory",
	MemberNeverLoggedIn:            "Member never logged in",
	MemberStale:                    "Member has not logged in for long",
	ServiceAccountPrivileged:       "Privileged service account",
	ServiceAccountAdministratesSSO: "Service account administrates single sign-on",
	ServiceAccountKeyNeverExpires:  "Key never expires",
	ServiceAccountCreatorGone:      "Creator of a service account is gone",
	DirectoryUnlinked:              "Directory is switched off",
	DirectoryNotSynced:             "Directory is not synced",
	MappingDangling:                "Mapping has no group",
	TokenNeverExpires:              "SCIM token never expires",
	ClientOldSecretNeverExpires:    "Old secret of SCIM client never expires",
}

// Summary returns in a few words what the finding is.
func (f Finding) Summary() string { return summaries[f.ID] }

// Detail returns what would happen, why, and what to do, and ends with a line that has the id.
func (f Finding) Detail() string { return f.ID.Detail(f.Message()) }

// Detail ends a message with a line that has the id: "Guard: people-lose-access".
func (id ID) Detail(message string) string { return message + "\n\n" + idPrefix + string(id) }

// AddParagraph puts a paragraph after a detail, before the line with the id if there is one.
func AddParagraph(detail, paragraph string) string {
	at := strings.LastIndex(detail, "\n\n"+idPrefix)
	if at < 0 {
		at = len(detail)
	}
	return detail[:at] + "\n\n" + paragraph + detail[at:]
}

// idPrefix begins the line that has the id. It names the guide that explains it.
const idPrefix = "Guard: "

// Message returns the detail without the id.
func (f Finding) Message() string {
	if say, ok := messages[f.ID]; ok {
		return say(f)
	}
	return f.Summary() + "."
}

const (
	useServiceAccount = "Use the key of a service account, or have another person apply this."
	howToAcknowledge  = "accept it in the provider block with acknowledge_lockout: email addresses, or \"*@domain\"."
)

// messages say what would happen, why, and what to do.
var messages = map[ID]func(Finding) string{
	CallerDemoted: func(f Finding) string {
		p := f.People[0]
		if f.Cause == CauseRoleChange {
			return fmt.Sprintf("The API key in use belongs to %s, and the API rejects a change that takes permissions from the caller: %s lacks permissions that %s has. Use the key of a service account, or have another person apply this.", p.Email, p.To, p.From)
		}
		return fmt.Sprintf("The API key in use belongs to %s. %s would give them %s instead of %s, which has more permissions. %s", p.Email, f.by(), p.To, p.From, useServiceAccount)
	},
	CallerDeprovisioned: func(f Finding) string {
		return fmt.Sprintf("The API key in use belongs to %s. %s would deprovision them: %s. %s", f.People[0].Email, f.by(), f.why(), useServiceAccount) + f.rechecked()
	},
	CallerLockedOut:             lockedOut("After this change"),
	CallerLockedOutAtFirstLogin: lockedOut("After the first login through this connection, which makes it active,"),
	CallerRemoved: func(f Finding) string {
		return fmt.Sprintf("The API key in use belongs to %s, and the API does not let callers deactivate or remove themselves. %s", f.People[0].Email, useServiceAccount)
	},
	DirectoryDecidesActivity: func(f Finding) string {
		directory := "the directory " + cmp.Or(f.By.Name, f.By.ID)
		switch f.Cause {
		case CauseDirectoryActive:
			return fmt.Sprintf("%s active in %s, and whatever the identity provider pushes next would activate them again. Deactivate them in the identity provider, or take them out of the directory first.", f.who("is", "are"), directory)
		case CauseDirectoryEnded:
			return fmt.Sprintf("%s no longer active in %s, and whatever the identity provider pushes next would deactivate them again. Activate them in the identity provider, or take them out of the directory first.", f.who("is", "are"), directory)
		}
		return fmt.Sprintf("%s managed by %s, and the API does not report whether the identity provider has them as active. Where it says otherwise, what it pushes next undoes this. Change it in the identity provider, too.", f.who("is", "are"), directory)
	},
	CallerNeedsLogin: func(f Finding) string {
		return fmt.Sprintf("The API key in use belongs to %s, whose role does not bypass single sign-on. Once single sign-on is enforced, the key works only while its owner has logged in recently through it, so the next plan may be rejected. Use the key of a service account or of a user who bypasses single sign-on.", f.People[0].Email)
	},
	PeopleLoseAccess:             loseAccess("After this change"),
	PeopleLoseAccessAtFirstLogin: loseAccess("After the first login through this connection, which makes it active,"),
	PeopleDemoted: func(f Finding) string {
		return fmt.Sprintf("%s would give %s a role with fewer permissions: %s.", f.by(), english.Count(len(f.People), "person"), f.people(func(p FindingPerson) string { return fmt.Sprintf("%s (%s, now %s)", p.Email, p.To, p.From) }))
	},
	PeopleBypassSSO: func(f Finding) string {
		return fmt.Sprintf("%s would give %s a role with bypass:sso, with which they sign in without single sign-on: %s. Users who join the group or get the attribute at the identity provider get it, too.", f.by(), english.Count(len(f.People), "person"), f.emails())
	},
	EarlierRolesReturn: func(f Finding) string {
		become := "They would have"
		if f.Cause == CauseMapping || f.Cause == CauseDirectoryDeleted {
			become = "They stay members, and have"
		}
		return fmt.Sprintf("%s would leave %s without a mapping: %s. %s their role from before the mapping again, which the API does not report. The last active user with bypass:sso keeps it.", f.by(), english.Count(len(f.People), "person"), f.people(func(p FindingPerson) string {
			if p.Caller {
				return fmt.Sprintf("%s (%s now, and the owner of the API key in use)", p.Email, p.From)
			}
			return fmt.Sprintf("%s (%s now)", p.Email, p.From)
		}), become)
	},
	RoleGivenByMapping: func(f Finding) string {
		return fmt.Sprintf("The group role mapping %s (%s) of the directory %s gives the role of %s, and the API rejects another one while it matches. %s Or change or delete the mapping first (prefectsso_group_role_mapping), or take the person out of it at the identity provider.", f.By.ID, f.By.Match, f.By.DirectoryID, f.emails(), cmp.Or(f.LeaveOut, "Leave them out, or give them the role that the mapping gives."))
	},
	BypassNobodyLeft: func(f Finding) string {
		if f.By.Kind == kindPlan {
			return fmt.Sprintf("After this plan no active user of account %s would have a role with bypass:sso. The API does not take it from the last one, so applying the plan fails. Keep at least one Owner, better two.", f.AccountID)
		}
		return fmt.Sprintf("After this change no active user of account %s would have a role with bypass:sso. The API does not take it from the last one. Keep at least one Owner, better two. If another resource of this configuration gives a user such a role, make this one wait for it with `depends_on`.", f.AccountID) + f.rechecked()
	},
	BypassNobodyLeftTogether: func(f Finding) string {
		return fmt.Sprintf("Together, the resources of this plan take bypass:sso from all users of account %s who have it: %s. The API does not take it from the last one, so applying this plan fails unless another of its resources gives it to another user.", f.AccountID, f.emails())
	},
	BypassOneLeft: func(f Finding) string {
		if f.By.Kind == kindPlan {
			return fmt.Sprintf("After this plan a single active user of account %s could sign in without single sign-on. If that person cannot sign in, a broken identity provider cannot be repaired. Two are safer.", f.AccountID)
		}
		return fmt.Sprintf("After this plan a single active user of account %s could sign in without single sign-on, unless another of its resources lets another one. If that person cannot sign in, a broken identity provider cannot be repaired. Two are safer.", f.AccountID)
	},
	BypassTooFew: func(f Finding) string {
		return fmt.Sprintf("With single sign-on enforced, %s of account %s could sign in when the identity provider fails. Give a second person a role with bypass:sso, such as Owner.", english.Count(f.Count, "person"), f.AccountID)
	},
	AcknowledgementSurplus: func(f Finding) string {
		if f.By.Kind == kindPlan {
			return fmt.Sprintf("acknowledge_lockout names %s, who do not lose access by this plan. Take them out, so that they do not hide a mistake later.", english.Some(f.Names))
		}
		return fmt.Sprintf("acknowledge_lockout names %s, who do not lose access by this resource's change. Another change of the same plan may cost them theirs; if none does, take them out, so that they do not hide a mistake later.", english.Some(f.Names))
	},
	DomainAllowedByDirectory: func(f Finding) string {
		return fmt.Sprintf("%s names %s in its allowed domains, and disabling it takes it out of there. There is nothing to do if `allowed_domains` refers to the domain's resource, or if the directory goes, too. If a configuration spells it out, take it out there as well: a directory cannot allow a domain that is not enabled.", f.by(), english.Some(f.Names))
	},
	DirectoryOffKeepsLeavers: func(f Finding) string {
		return fmt.Sprintf("%s has %s. They keep their access when it is switched off, but its identity provider is rejected: people who leave keep their access until it is on again, or until it is taken by hand.", f.by(), english.Count(f.Count, "active user"))
	},
	DirectoryRemovesLeavers: func(f Finding) string {
		return fmt.Sprintf("%s has %s. They keep their access now, but from then on people who leave lose the membership with its role, accesses and teams, and start afresh on a return.", f.by(), english.Count(f.Count, "active user"))
	},
	DirectoryDeletedKeepsPeople: func(f Finding) string {
		return fmt.Sprintf("Deleting the directory %s deprovisions no users: the people it provisioned stay members; roles from its mappings revert to the earlier ones; its teams stay and are then managed by hand; its tokens stop working.", f.By.Name)
	},
	TeamsStopFollowingGroups: func(f Finding) string {
		return fmt.Sprintf("%s makes %s of its groups: %s. Each keeps its people and its workspaces, but is no longer synced with its group: people who leave the group keep the access of the team until this is on again, or until it is taken by hand.", f.by(), english.Count(len(f.Names), "team"), english.Some(f.Names))
	},
	DomainRoutedElsewhere: func(f Finding) string {
		return fmt.Sprintf("Another active connection routes %s, and a domain has one. Set `take_over_domains = true` to move it, or take it out of the other connection first.", english.Some(f.Names))
	},
	DomainsReplaced: func(f Finding) string {
		return fmt.Sprintf("This resource makes `names` the whole set of the account's enabled domains. Enabled today and not in `names`: %s. Add what should stay.", english.Some(f.Names))
	},
	SSOEnds: func(f Finding) string {
		if f.Cause == CauseConnectionEnds {
			return "No connection would be active any more, so all users sign in without single sign-on until another one is. Let another connection route their domains first."
		}
		why := "the API takes it away at once"
		if f.Cause == CauseDisableSSO {
			why = "`allow_disable_sso` takes it away at once"
		}
		return fmt.Sprintf("No active connection would be left without %s, and %s: the connection becomes inactive, and all users sign in without single sign-on until another one is active. Enable the other domain and let the connection serve it first, then disable this one.", english.Some(f.Names), why)
	},
	SSOEndNotChecked: notChecked("Whether single sign-on ends with this domain"),
	DefaultRoleBypassesSSO: func(f Finding) string {
		return fmt.Sprintf("%s includes bypass:sso, so all users whom this directory provisions sign in without single sign-on from now on. Give them a smaller role, and this one to a few by prefectsso_member_role or a group role mapping.", english.Some(f.Names))
	},
	LockoutNotChecked: func(f Finding) string {
		message := notChecked("Who loses access by this change")(f)
		if f.Reason != "" {
			message += " The API answered: " + strings.TrimSuffix(f.Reason, ".") + "."
		}
		if f.Severity == Error {
			message += " If the API requires a recent login, the owner of the key has to log in through single sign-on; if a permission is missing, use a key whose role has it. Or set `lockout_protection = false` in the provider block to make the change unchecked."
		}
		return message
	},
	DeprovisioningNotChecked: func(f Finding) string {
		return "The account has a directory, and the API does not report its users. It may deprovision people of domains that it no longer allows, and provision people of others." + f.postponed()
	},
	RolesNotChecked: func(f Finding) string {
		if f.Cause == CauseTwins {
			return "Groups of the directory have the same name, or differ only in its case, so the API does not report who is in which of them."
		}
		return notChecked("Whose role changes")(f)
	},

	SSONotEnforced: func(Finding) string {
		return "No connection is active, so users may sign in with any method. Activate one (prefectsso_identity_provider)."
	},
	MemberInactive: func(f Finding) string {
		return fmt.Sprintf("%s is deactivated and cannot sign in, but would be %s again once reactivated. Remove people who do not come back.", f.Subject, f.People[0].From)
	},
	MemberBypassesSSO: func(f Finding) string {
		return fmt.Sprintf("%s signs in without single sign-on, as %s.", f.Subject, f.People[0].From)
	},
	MemberAdministratesSSO: func(f Finding) string {
		return fmt.Sprintf("%s may configure single sign-on, as %s, and so could let any identity provider vouch for any person of an enabled domain.", f.Subject, f.People[0].From)
	},
	MemberOutsideSSODomains: func(f Finding) string {
		return fmt.Sprintf("%s has an address outside of the domains that are enabled for single sign-on.", f.Subject)
	},
	MemberNotInDirectory: func(f Finding) string {
		return fmt.Sprintf("%s is in none of the account's directories, so the access is not taken away when this person leaves.", f.Subject)
	},
	MemberNeverLoggedIn: func(f Finding) string { return fmt.Sprintf("%s has never logged in.", f.Subject) },
	MemberStale:         func(f Finding) string { return fmt.Sprintf("%s last logged in on %s.", f.Subject, day(f.At)) },
	ServiceAccountPrivileged: func(f Finding) string {
		return fmt.Sprintf("The service account %s administrates the account, as %s, without ever logging in.", f.Subject, f.Names[0])
	},
	ServiceAccountAdministratesSSO: func(f Finding) string {
		return fmt.Sprintf("Anyone who has the key of the service account %s may configure single sign-on, and so could let any identity provider vouch for any person of an enabled domain.", f.Subject)
	},
	ServiceAccountKeyNeverExpires: func(f Finding) string {
		return fmt.Sprintf("The key of the service account %s never expires.", f.Subject)
	},
	ServiceAccountCreatorGone: func(f Finding) string {
		return fmt.Sprintf("The service account %s was created by %s, who is no longer an active member and may still know its key. Rotate it.", f.Subject, f.Names[1])
	},
	DirectoryUnlinked: func(f Finding) string {
		return fmt.Sprintf("The directory %s is switched off: people who leave at the identity provider keep their access.", f.By.Name)
	},
	DirectoryNotSynced: func(f Finding) string {
		if f.At == nil {
			return fmt.Sprintf("The identity provider has never called the directory %s.", f.By.Name)
		}
		return fmt.Sprintf("The identity provider last called the directory %s on %s: people who have left since then keep their access.", f.By.Name, day(f.At))
	},
	MappingDangling: func(f Finding) string {
		return fmt.Sprintf("The mapping of %s to %s in the directory %s has no group, so it gives no user the role.", f.By.Match, f.Names[0], f.By.Name)
	},
	TokenNeverExpires: func(f Finding) string {
		return fmt.Sprintf("The SCIM token %s (…%s) of the directory %s never expires.", f.Names[0], f.Names[1], f.By.Name)
	},
	ClientOldSecretNeverExpires: func(f Finding) string {
		return fmt.Sprintf("The SCIM client %s of the directory %s was rotated, and its old secret (…%s) never expires.", f.Names[0], f.By.Name, f.Names[1])
	},
}

func lockedOut(when string) func(Finding) string {
	return func(f Finding) string {
		return fmt.Sprintf("The API key in use belongs to %s. %s no active connection serves %s, so they could not sign in any more. Use the key of a service account or of a user who bypasses single sign-on.", f.People[0].Email, when, english.Some(f.Names))
	}
}

func loseAccess(when string) func(Finding) string {
	return func(f Finding) string {
		people, account := english.Count(len(f.People), "person"), f.AccountID
		switch f.Cause {
		case CauseDomainDisabled, CauseDomainNotAllowed:
			keep := "Keep the domain enabled"
			if f.Cause == CauseDomainNotAllowed {
				keep = "Keep the domain"
			}
			return fmt.Sprintf("%s would deprovision %s of account %s: %s. %s. %s, or %s", f.by(), people, account, f.emails(), english.Capitalize(f.why()), keep, howToAcknowledge) + f.rechecked()
		case CauseBypassLost:
			return fmt.Sprintf("%s would take bypass:sso from %s of account %s: %s. Single sign-on is enforced, and no active connection serves their domain, so they could not sign in any more. Let a connection serve it first, leave them their role, or %s", f.by(), people, account, f.emails(), howToAcknowledge)
		}
		if f.By.Kind == kindPlan {
			return fmt.Sprintf("%s no active connection serves their email domain, and single sign-on is enforced: %s of account %s cannot sign in any more: %s. Let a connection serve their domain in the same plan or before it, give these people a role that bypasses single sign-on, or %s", when, people, account, f.emails(), howToAcknowledge)
		}
		return fmt.Sprintf("%s no active connection serves their email domain, and single sign-on is enforced: %s of account %s cannot sign in any more: %s. Let a connection serve their domain first: in an apply before this one, or by a resource on which this one depends (`depends_on`), because what others are to change does not count. Or give these people a role that bypasses single sign-on, or %s", when, people, account, f.emails(), howToAcknowledge)
	}
}

func notChecked(what string) func(Finding) string {
	return func(f Finding) string {
		if f.Cause == CauseUnknownArguments {
			return what + " depends on arguments that are not known while planning." + f.postponed()
		}
		return what + " is unknown: the API does not report all that it depends on." + f.postponed()
	}
}

// postponed goes on after what could not be checked.
func (f Finding) postponed() string {
	if f.Cause == CauseUnknownArguments {
		return " It is checked again when this is applied."
	}
	return ""
}

func (f Finding) rechecked() string {
	if !f.Rechecked {
		return ""
	}
	return " Applying this plan fails unless it destroys the directory, too, and before the domain, as it does where `allowed_domains` refers to the domain's resource."
}

// by names what makes the change, as the beginning of a sentence.
func (f Finding) by() string {
	switch f.By.Kind {
	case "directory":
		name := fmt.Sprintf("The directory %s (%s)", f.By.Name, f.By.ID)
		if f.Cause == CauseDirectoryDeleted {
			name += ", whose mappings are deleted with it,"
		}
		return name
	case kindPlan:
		return "This plan"
	case "mapping":
		name := fmt.Sprintf("mapping of %s with the priority %d", f.By.Match, f.By.Priority)
		if f.By.Deleted {
			return "Deleting the " + name
		}
		return "The " + name
	}
	return "This change"
}

// why returns why a directory deprovisions people.
func (f Finding) why() string {
	if f.Cause == CauseDomainNotAllowed {
		return "their email domain would no longer be among its allowed domains"
	}
	return "it allows only people of enabled domains, and " + english.Some(f.Names) + " would no longer be enabled"
}

// who names the people, and goes on with the verb that is right for them.
func (f Finding) who(one, several string) string {
	if len(f.People) == 1 {
		return f.emails() + " " + one
	}
	return f.emails() + " " + several
}

func (f Finding) emails() string { return english.Some(f.Emails()) }

func (f Finding) people(say func(FindingPerson) string) string {
	lines := make([]string, len(f.People))
	for i, p := range f.People {
		lines[i] = say(p)
	}
	return english.Some(lines)
}

// String returns whom the match is for.
func (m Match) String() string {
	switch m.kind() {
	case "group_id":
		return "group " + m.GroupID
	case "group_name":
		return "group " + strconv.Quote(m.GroupName)
	}
	return m.Attribute + " = " + strconv.Quote(m.Equals)
}

func day(t *time.Time) string { return t.UTC().Format(time.DateOnly) }
