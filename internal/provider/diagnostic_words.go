package provider

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
)

// The sentences of the rules that are this package's own, because they are about a configuration and not about access.
// Their ids stand in the details as those of package access do, and have headings in the guide on guards, too.

// The ids.
const (
	membersAbsent         access.ID = "members-absent"
	addressLooksAlike     access.ID = "address-looks-alike"
	roleMembersReplaced   access.ID = "role-members-replaced"
	maxRemovalsExceeded   access.ID = "max-removals-exceeded"
	removedRoleSame       access.ID = "removed-role-same"
	memberIgnored         access.ID = "member-managed-and-ignored"
	rolesChangedElsewhere access.ID = "roles-changed-elsewhere"
	roleNotReset          access.ID = "role-not-reset"
	groupNotArrived       access.ID = "group-not-arrived"
	groupAbsent           access.ID = "group-absent"
	mappingMatchTaken     access.ID = "mapping-match-taken"
	managedTwice          access.ID = "managed-twice"
	teamAbsent            access.ID = "team-absent"
	teamAdopted           access.ID = "team-adopted"
	teamFollowsNoGroup    access.ID = "team-follows-no-group"
	teamNameTaken         access.ID = "team-name-taken"
	teamRenamed           access.ID = "team-renamed"
	subjectMappingChanged access.ID = "subject-mapping-changed"
	changedSincePlan      access.ID = "changed-since-plan"
	memberGone            access.ID = "member-gone"
	addressChanged        access.ID = "address-changed"
	addressReassigned     access.ID = "address-reassigned"
	personWrittenTwice    access.ID = "person-written-twice"
	roleGone              access.ID = "role-gone"
	outcomeUnknown        access.ID = "outcome-unknown"
	madeAfterAll          access.ID = "made-after-all"
	membersLeftOut        access.ID = "members-left-out"
	nothingMatches        access.ID = "nothing-matches"
	mappingsNotOffered    access.ID = "mappings-not-offered"
)

// destroyAdvice ends each error of a plan that is not one to destroy.
const destroyAdvice = "This also ends `terraform destroy`, which makes such a plan first; `terraform destroy -refresh=false` makes none, and destroys."

// notice is what a rule says.
type notice struct {
	id               access.ID
	summary, message string
}

func (n notice) warning(at path.Path) diag.Diagnostic {
	return warns(leadOf(n.id), at, n.summary, n.id.Detail(n.message))
}

func (n notice) error(at path.Path) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, n.summary, n.id.Detail(n.message))
}

// failure is error where no attribute is at fault.
func (n notice) failure() diag.Diagnostic {
	return diag.NewErrorDiagnostic(n.summary, n.id.Detail(n.message))
}

// saysMembersLeftOut is about people whom a list leaves out because something else than the configuration gives their role.
func saysMembersLeftOut(people int) notice {
	return notice{membersLeftOut, "People are left out", fmt.Sprintf("Not listed: %s whose role a group role mapping or a directory gives. A configuration would have to follow it. `managed_by = %q` in the `config` of the list lists them, too.", english.Count(people, "person"), managedByAnything)}
}

// saysNothingMatches is about a list that filters leave nothing of.
func saysNothingMatches(noun, account, filters, there string) notice {
	return notice{nothingMatches, "Nothing matches", fmt.Sprintf("Account %s has no %s with %s. It has %s.", account, noun, filters, there)}
}

func saysMappingsNotOffered() notice {
	return notice{mappingsNotOffered, "No group role mappings here", "This server does not map groups to account roles over its API, as today's Prefect Cloud, so there are none to list. What a group may do in a workspace is its team's role there: list prefectsso_team_workspace_role."}
}

func saysMemberAbsent(email, account string) notice {
	return notice{membersAbsent, "Not a member yet", fmt.Sprintf("%s is not a member of account %s now, and `timeouts.create` does not wait for them: applying this plan fails unless they have joined by then.", email, account)}
}

// saysMembersAbsent is about people of an argument.
func saysMembersAbsent(argument string, emails []string, account string) notice {
	return notice{membersAbsent, "Not members yet", fmt.Sprintf("%s of account %s now: %s. Applying this plan fails, before it changes anything, unless they have joined by then.", strangers(len(emails), "`"+argument+"`", "not"), account, english.Some(emails))}
}

// saysMembersStillAbsent is the same when it is applied.
func saysMembersStillAbsent(argument string, emails []string, account string) notice {
	return notice{membersAbsent, "Could not find members", fmt.Sprintf("%s of account %s: %s. Nothing was changed. Check the spelling, invite them first, or take them out.", strangers(len(emails), "`"+argument+"`", "not"), account, english.Some(emails))}
}

func saysAddressLooksAlike(absent *client.NotMemberError) notice {
	return notice{addressLooksAlike, "Another person's address looks like this one", reason(absent)}
}

func saysRoleMembersReplaced(role string, removed []string, removedRole string) notice {
	return notice{roleMembersReplaced, "People will lose the role", fmt.Sprintf("This resource makes `members` all people who hold %s. Holding it today, but not in `members`: %s. They would become %s.", role, english.Some(removed), removedRole)}
}

func saysMaxRemovalsExceeded(role string, removed []string, maxRemovals int64) notice {
	return notice{maxRemovalsExceeded, "Too many removals", fmt.Sprintf("%s would lose the role %s: %s. `max_removals` allows %d. Raise it for this one change if that is meant.", english.Count(len(removed), "person"), role, english.Some(removed), maxRemovals)}
}

func saysRemovedRoleSame(role string) notice {
	return notice{removedRoleSame, "The same role twice", fmt.Sprintf("People who are removed from %s would get %s again. Name another `removed_role`.", role, role)}
}

func saysMemberIgnored(email string) notice {
	return notice{memberIgnored, "Both managed and ignored", fmt.Sprintf("%s is in `members` and in `ignore_emails`. Keep one of them.", email)}
}

func saysRoleChangedElsewhere(email, given, now string) notice {
	return notice{rolesChangedElsewhere, "Role changed outside of this run", fmt.Sprintf("%s was given %s, but has %s now: another person, a mapping or a directory changed it at the same time. Find out who before applying again.", email, given, now)}
}

func saysRolesChangedElsewhere(emails []string) notice {
	return notice{rolesChangedElsewhere, "Roles changed outside of this run", fmt.Sprintf("Read back after the change, the roles of %s differ from the configuration: another person, a mapping or a directory changed them at the same time. Find out who before applying again.", english.Some(emails))}
}

func saysRoleNotReset(mapping *client.RoleMapping, email, role string) notice {
	return notice{roleNotReset, "Role was not reset", fmt.Sprintf("The group role mapping %s (%s) gives %s the role %s, and still does: there was nothing to reset.", mapping.ID, access.Match(mapping.Match), email, role)}
}

func saysGroupNotArrived(match access.Match, directoryID string) notice {
	return notice{groupNotArrived, "The group has not arrived", fmt.Sprintf("The directory %s has no %s, so the mapping gives no user a role until the identity provider pushes the group. Assign the group to the application there, and check its spelling.", directoryID, match)}
}

func saysGroupAbsent(match access.Match, directoryID string) notice {
	return notice{groupAbsent, "No such group", fmt.Sprintf("The directory %s has no %s, so the mapping gives no user a role. A group gets its id when it arrives, and a new one when it is pushed anew after it was deleted: name it by `group_name` to map it before it arrives.", directoryID, match)}
}

// saysMappingMatchTaken is about another mapping with the planned match. It may go, or get another match, in the same
// apply, which no resource can see.
func saysMappingMatchTaken(other access.Mapping, changes bool) notice {
	next := "Applying this plan fails unless that one is deleted first, or gets another match. If it is this mapping under another name or key of a for_each, keep it with a `moved` block."
	if changes {
		next = "Unless this plan gives that one another match, as in a swap, or deletes it, two mappings match the same people, and only the one that counts first ever gives a role."
	}
	return notice{mappingMatchTaken, "Another mapping has this match", fmt.Sprintf("The mapping %s of the priority %d is for %s now. %s", other.ID, other.Priority, other.Match, next)}
}

func saysManagedTwice(other run.Conflict, owner string) notice {
	what := fmt.Sprintf("The %s %s", other.Kind, other.Key)
	if other.Key == "" {
		what = fmt.Sprintf("A %s of this account", other.Kind)
	}
	return notice{managedTwice, "Two resources manage one thing", fmt.Sprintf("%s is managed by a %s of this run already, so this %s would conflict with it: each apply would undo the other one. Keep one of the two; take the other one out of the configuration with a `removed` block or `terraform state rm`.", what, other.Owner, owner)}
}

func saysTeamAbsent(absent *noTeamError) notice {
	return notice{teamAbsent, "No such team yet", english.ErrorSentence(absent) + " Applying this plan fails unless it is there by then."}
}

func saysTeamAdopted(team, before, workspace, now string) notice {
	return notice{teamAdopted, "Team was in the workspace already", fmt.Sprintf("The team %s was %s in the workspace %s; it is %s now. It belongs to this resource: destroying the resource takes the team out of the workspace.", team, before, workspace, now)}
}

func saysTeamFollowsNoGroup(team, workspace, written string) notice {
	return notice{teamFollowsNoGroup, "Team no longer follows a group", fmt.Sprintf("The team %s is no longer synced with a directory group: people in it keep the role in the workspace %s even when they leave the group %s. Switch `sync_groups_to_teams` of the directory on, or name the team by `name` and manage it by hand.", team, workspace, written)}
}

func saysTeamNameTaken(written, now, before string) notice {
	return notice{teamNameTaken, "Another team has the name", fmt.Sprintf("%q is the team %s now; before, it was %s. That one loses the role, and this one gets it.", written, now, before)}
}

// saysSubjectMappingChanged is about the people who have logged in through a connection; linked is negative where their
// number is unknown.
func saysSubjectMappingChanged(linked int) notice {
	who := "People who have logged in through this connection are"
	if linked >= 0 {
		who = english.Count(linked, "person") + " who logged in through this connection " + map[bool]string{true: "is", false: "are"}[linked == 1]
	}
	return notice{subjectMappingChanged, "People are known by another subject", who + " linked by the subject that counts now. After this change they are linked anew at a login whose assertion has the old subject as well; a login without it is refused for them. Have the identity provider send both before you apply this, and leave it so until everybody has logged in."}
}

func saysTeamRenamed(written, now string) notice {
	return notice{teamRenamed, "Team has another name", fmt.Sprintf("The team that is written as %q is named %q now, and keeps its role. Write the new name, before another team gets the old one.", written, now)}
}

// saysMemberGone is about a person whose membership is gone.
func saysMemberGone(email, account string) notice {
	return notice{memberGone, "Member is gone", fmt.Sprintf("%s is no longer a member of account %s. The role is taken out of the state; as long as the configuration has it, the plan gives it again, which fails until the person is back.", email, account)}
}

// saysAddressChanged is about a person who goes by another address than the one that is written; taken says that another
// member has that.
func saysAddressChanged(written, now string, taken bool) notice {
	what := fmt.Sprintf("%s is %s now. The membership is the same, and this resource goes on with it. Write the new address in `email`.", written, now)
	if taken {
		what = fmt.Sprintf("%s is %s now, and another member has the old address. This resource goes on with the person whom it had. Write their new address in `email`, and give the other one a resource of their own.", written, now)
	}
	return notice{addressChanged, "Member has another address", what}
}

// saysAddressReassigned is about an address whose person is gone, and which another member has.
func saysAddressReassigned(email, account string) notice {
	return notice{addressReassigned, "Another person has the address", fmt.Sprintf("The person whom this resource had is no longer a member of account %s, and %s is the address of another member. The role is taken out of the state, and the other person's is as it was; as long as the configuration has the address, the plan gives them the role. Check that this is meant.", account, email)}
}

// saysAddressesChanged is saysAddressChanged for many: moved are the new addresses by the written ones.
func saysAddressesChanged(argument string, moved map[string]string) notice {
	var lines []string
	for written, now := range moved {
		lines = append(lines, written+" is "+now+" now")
	}
	return notice{addressChanged, "Members have other addresses", fmt.Sprintf("%s. The memberships are the same, and this resource goes on with them, also where another member has an old address. Write the new addresses in `%s`.", english.Some(lines), argument)}
}

// saysAddressesReassigned is saysAddressReassigned for many.
func saysAddressesReassigned(emails []string, account string) notice {
	return notice{addressReassigned, "Other people have the addresses", fmt.Sprintf("The people whom this resource had by these addresses are no longer members of account %s, and other members have them now: %s. They are taken out of the state, and the other people's roles are as they were; as long as the configuration has the addresses, the plan gives them the roles. Check that this is meant.", account, english.Some(emails))}
}

// saysAddressWrittenTwice is about a person who is written by the old address and by the new one.
func saysAddressWrittenTwice(old, now string) notice {
	return notice{personWrittenTwice, "One person by two addresses", fmt.Sprintf("%s is %s now, and both are written. Take %s out. If it is meant for another person who has that address now, apply without it first, then write it again.", old, now, old)}
}

// saysRoleGone is about the role of a prefectsso_role_members, which was renamed or deleted.
func saysRoleGone(role *client.UnknownNameError) notice {
	return notice{roleGone, "Role is gone", fmt.Sprintf("Account %s has no role %q any more: it was renamed or deleted outside of Terraform. It has: %s. The resource is taken out of the state, and the people keep their roles. If the role was renamed, write its new name in `role`; else take the resource out of the configuration.", role.AccountID, role.Name, strings.Join(role.Existing, ", "))}
}

// saysChangedSincePlan is about an attribute that an update finds changed by another hand; show says that its values may
// stand in a message.
func saysChangedSincePlan(name string, planned, got attr.Value, show bool) notice {
	what := fmt.Sprintf("`%s` is not as planned", name)
	switch planned.(type) {
	case basetypes.StringValue, basetypes.BoolValue, basetypes.Int64Value:
		if show {
			what += fmt.Sprintf(": planned was %s, and the API now has %s", planned, got)
		}
	}
	return notice{changedSincePlan, "Changed since the plan", what + ". It was changed after the plan, outside of this run or by another resource of it. Plan again: the state has the planned value until the next refresh reads the new one."}
}

// saysOutcomeUnknown is about a create with an unknown outcome; answer says how its last attempt ended.
func saysOutcomeUnknown(what, answer string) notice {
	return notice{outcomeUnknown, "Not known whether it was made: " + what, fmt.Sprintf("No answer of the API told whether the %s was made, and asking once more did not, either. It is in the state, marked as tainted. Run the same command again: it looks what became of it, and where that is nothing, the %s is made anew; else it is replaced.\n\n%s", what, what, answer)}
}

// saysMadeAfterAll is about what such a create has made.
func saysMadeAfterAll(what, id string) notice {
	return notice{madeAfterAll, "It was made after all: " + what, fmt.Sprintf("An earlier apply could not learn whether it made the %s. It did: %s. It is marked as tainted, and the plan replaces it. To keep it instead, run `terraform untaint` with the address of the resource.", what, id)}
}

// saysRotationUnknown is about a rotation of a token with an unknown outcome.
func saysRotationUnknown(name string, err error) notice {
	return notice{outcomeUnknown, "Not known whether the token was rotated", fmt.Sprintf("No answer of the API told whether the token %s was rotated, and asking once more did not, either. Run the same command again: it asks what this request made, and rotates only where that is nothing.\n\n%s", name, english.ErrorSentence(lastAnswer(err)))}
}

// lastAnswer returns how the last attempt of a create with an unknown outcome ended.
func lastAnswer(err error) error {
	var uncertain *client.UncertainWriteError
	if errors.As(err, &uncertain) {
		return uncertain.Err
	}
	return err
}
