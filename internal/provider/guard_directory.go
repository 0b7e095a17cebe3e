package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

// nameDirectory and nameMapping name a thing for the sentences of the guard.
func nameDirectory(name, id string) string { return fmt.Sprintf("The directory %s (%s)", name, id) }

func nameMapping(m client.GroupRoleMapping) string {
	return fmt.Sprintf("mapping of %s with the priority %d", describeMatch(m.Match), m.Priority)
}

// checkDirectories is the preflight of disabling domains, as far as directories go: they let nobody of a disabled domain
// in, and what their allowed_domains names goes out of it. It says whether they would deprovision anybody. Where the
// plan destroys the domain's resource, what speaks against it is a warning, because the directory may be destroyed before
// it; the deletion is checked again.
func (s *session) checkDirectories(ctx context.Context, account string, disabled []string, end removal, at path.Path, accepted map[string]bool, diags *diag.Diagnostics) (deprovisions bool) {
	if end != plannedDestroy {
		return s.checkEachDirectory(ctx, account, disabled, at, accepted, diags)
	}
	var now diag.Diagnostics
	deprovisions = s.checkEachDirectory(ctx, account, disabled, at, accepted, &now)
	for _, said := range now {
		if said.Severity() == diag.SeverityError {
			said = diag.NewAttributeWarningDiagnostic(at, said.Summary(), said.Detail()+" Applying this plan fails unless it destroys the directory, too, and before the domain, as it does where `allowed_domains` refers to the domain's resource.")
		}
		diags.Append(said)
	}
	return deprovisions
}

func (s *session) checkEachDirectory(ctx context.Context, account string, disabled []string, at path.Path, accepted map[string]bool, diags *diag.Diagnostics) (deprovisions bool) {
	answer, err := s.governed(ctx, account)
	if err != nil || answer != governedMaybe {
		return false // whatever keeps this from being read fails the change itself
	}
	directories, err := s.client.ListDirectories(ctx, account)
	if client.IsNotOffered(err) || client.IsForbidden(err) {
		return false // today's Prefect Cloud does not tell whom a directory brought
	}
	if err != nil {
		diags.Append(failure("Could not check who keeps access", err))
		return false
	}
	for _, d := range directories {
		kept := func(domain string) bool { return !slices.Contains(disabled, domain) }
		if d.AllowedDomains != nil {
			kept = func(domain string) bool {
				return slices.Contains(d.AllowedDomains, domain) && !slices.Contains(disabled, domain)
			}
		}
		what, why := nameDirectory(d.Name, d.ID), "it lets in only people of enabled domains, and "+someOf(disabled)+" would be enabled no more"
		if named := slices.DeleteFunc(slices.Clone(d.AllowedDomains), kept); len(named) > 0 {
			// No error: what refers to the domain's resource is changed after it, and the account has seen to it by then.
			diags.AddAttributeWarning(at, "A directory allows this domain", fmt.Sprintf("%s names %s in its allowed domains, and disabling it takes it out of there. That is all if `allowed_domains` refers to the domain's resource, or if the directory goes, too. If a configuration spells it out, take it out there as well: a directory cannot allow a domain that is not enabled.", nameDirectory(d.Name, d.ID), someOf(named)))
		}
		if s.checkAllowed(ctx, account, d.ID, kept, fates{at: at, what: what, why: why, keeping: "Keep the domain enabled"}, accepted, diags) {
			deprovisions = true
		}
	}
	return deprovisions
}

// checkAllowed is the preflight of letting in only people of some domains. It says whether anybody is deprovisioned.
func (s *session) checkAllowed(ctx context.Context, account, directoryID string, allowed func(domain string) bool, all fates, accepted map[string]bool, diags *diag.Diagnostics) bool {
	users, err := s.client.ListDirectoryUsers(ctx, account, directoryID, client.DirectoryUserQuery{})
	if err != nil {
		diags.Append(failure("Could not check who keeps access", err))
		return false
	}
	for _, user := range users {
		if user.Email == nil {
			continue
		}
		_, domain, _ := strings.Cut(*user.Email, "@")
		if !allowed(normalized.Domain.Key(domain)) {
			all.people = append(all.people, fate{user: user, ends: true})
		}
	}
	return s.checkFates(ctx, account, all, accepted, diags)
}

// checkNarrowing is the preflight of other allowed domains of a directory.
func (r *scimDirectoryResource) checkNarrowing(ctx context.Context, plan, prior *scimDirectoryModel, diags *diag.Diagnostics) {
	at := path.Root("allowed_domains")
	if prior == nil || plan.AllowedDomains.Equal(prior.AllowedDomains) || plan.AllowedDomains.IsNull() {
		return // it lets in more people, or there is nobody yet
	}
	if !plan.AllowedDomains.IsWhollyKnown() || plan.AccountID.IsUnknown() {
		warnUnknown(at, "Some of the domains", diags)
		return
	}
	domains := plan.AllowedDomains.Normalized()
	accepted := map[string]bool{}
	if r.checkAllowed(ctx, plan.AccountID.ValueString(), prior.ID.ValueString(), func(domain string) bool { return slices.Contains(domains, domain) }, fates{
		at: at, what: nameDirectory(prior.Name.ValueString(), prior.ID.ValueString()),
		why: "their email domain would no longer be among its allowed domains", keeping: "Keep the domain",
	}, accepted, diags) {
		r.guard.warnOfSurplus(at, accepted, diags)
	}
}

// warnOfLeaving says in the plan what a change does to people who leave from then on.
func (r *scimDirectoryResource) warnOfLeaving(ctx context.Context, plan, prior *scimDirectoryModel, diags *diag.Diagnostics) {
	off := prior.Enabled.ValueBool() && !plan.Enabled.IsUnknown() && !plan.Enabled.ValueBool()
	deletes := prior.DeprovisionAction.ValueString() != deprovisionDelete && plan.DeprovisionAction.ValueString() == deprovisionDelete
	if !off && !deletes || plan.AccountID.IsUnknown() {
		return
	}
	directory, err := r.client.GetDirectory(ctx, plan.AccountID.ValueString(), prior.ID.ValueString())
	if err != nil {
		diags.Append(failure("Could not check whom the SCIM directory brought", err))
		return
	}
	what, people := nameDirectory(directory.Name, directory.ID), plural(int(directory.Metadata.Users.Active), "active user")
	if off {
		diags.AddAttributeWarning(path.Root("enabled"), "Nobody is deprovisioned while it is off", fmt.Sprintf("%s has %s. Nobody loses access by switching it off, but its identity provider is refused: whoever leaves keeps their access until it is on again, or until somebody takes it by hand.", what, people))
	}
	if deletes {
		diags.AddAttributeWarning(path.Root("deprovision_action"), "Whoever leaves is removed", fmt.Sprintf("%s has %s. Nobody loses access by this change, but from then on whoever leaves loses the membership with its role, accesses and teams, and starts afresh on a return.", what, people))
	}
}

// checkEnd is the preflight of deleting a directory: its mappings end.
func (r *scimDirectoryResource) checkEnd(ctx context.Context, m *scimDirectoryModel, diags *diag.Diagnostics) {
	if r.session == nil || r.client == nil {
		return
	}
	account, ok := r.account(m.AccountID, diags)
	if !ok {
		return
	}
	mappings, err := r.client.ListGroupRoleMappings(ctx, account, m.ID.ValueString())
	if err != nil || len(mappings) == 0 {
		return // what is gone, or cannot be read, fails the deletion itself
	}
	users, err := r.client.ListDirectoryUsers(ctx, account, m.ID.ValueString(), client.DirectoryUserQuery{})
	if err != nil {
		diags.Append(failure("Could not check whose role changes", err))
		return
	}
	all := fates{at: path.Root("name"), what: nameDirectory(m.Name.ValueString(), m.ID.ValueString()) + ", whose mappings end with it,"}
	for _, user := range users {
		if user.MappingID != nil {
			all.people = append(all.people, fate{user: user})
		}
	}
	r.checkFates(ctx, account, all, map[string]bool{}, diags)
}

// mappingChange is a mapping before and after; nil for one that begins or ends.
type mappingChange struct {
	directoryID   string
	before, after *client.GroupRoleMapping
}

// checkMapping is the preflight of a mapping that begins, changes or ends: whose role changes, and to what. mappings are
// those of the directory.
func (s *session) checkMapping(ctx context.Context, account string, c mappingChange, mappings []client.GroupRoleMapping, diags *diag.Diagnostics) {
	at := path.Root("match")
	people, told, err := s.mappingFates(ctx, account, c, mappings)
	switch {
	case err != nil:
		diags.Append(failure("Could not check whose role changes", err))
		return
	case !told:
		diags.AddAttributeWarning(at, "Not checked whose role changes", "Groups of the directory have the same name, or differ only in its case, so the account does not tell who is in which of them.")
		return
	}
	all := fates{at: at, people: people}
	if c.after != nil {
		all.what = "The " + nameMapping(*c.after)
	} else {
		all.what = "The end of the " + nameMapping(*c.before)
	}
	accepted := map[string]bool{}
	if s.checkFates(ctx, account, all, accepted, diags) && len(accepted) > 0 {
		s.guard.warnOfSurplus(at, accepted, diags)
	}
}

// mappingFates works out whose role a change of a mapping decides: of those whom it matches and matched before, the
// mapping that counts first, else the role from before. Where the account does not tell whom a mapping matches,
// told is false.
func (s *session) mappingFates(ctx context.Context, account string, c mappingChange, mappings []client.GroupRoleMapping) (people []fate, told bool, err error) {
	asked := map[client.MappingMatch]map[string]client.DirectoryUser{}
	told = true
	matched := func(match client.MappingMatch) map[string]client.DirectoryUser {
		if found, done := asked[match]; done || err != nil || !told {
			return found
		}
		var users []client.DirectoryUser
		users, told, err = s.client.ListMatchedUsers(ctx, account, c.directoryID, match)
		asked[match] = make(map[string]client.DirectoryUser, len(users))
		for _, user := range users {
			asked[match][user.ID] = user
		}
		return asked[match]
	}

	own, concerned := "", map[string]client.DirectoryUser{}
	var ranked client.GroupRoleMapping // the mapping as it ranks now
	if c.before != nil {
		own, ranked = c.before.ID, *c.before
		if at := slices.IndexFunc(mappings, func(m client.GroupRoleMapping) bool { return m.ID == own }); at >= 0 {
			ranked = mappings[at]
		}
		for id, user := range matched(c.before.Match) {
			if user.MappingID != nil && *user.MappingID == own {
				concerned[id] = user
			}
		}
	}
	// The mappings as they will be, the one that counts first first.
	after := slices.DeleteFunc(slices.Clone(mappings), func(m client.GroupRoleMapping) bool { return m.ID == own })
	if c.after != nil {
		maps.Copy(concerned, matched(c.after.Match))
		next := *c.after
		next.Origin = ranked.Origin
		after = append(after, next)
	}
	slices.SortFunc(after, client.CompareMappings)
	for id, user := range concerned {
		at := slices.IndexFunc(after, func(m client.GroupRoleMapping) bool {
			switch {
			case m.ID == own:
			case user.MappingID == nil:
				return false // none of the others matches
			case *user.MappingID != own:
				return *user.MappingID == m.ID // of the others, the one that counts now
			case client.CompareMappings(m, ranked) < 0:
				return false // it would count now
			}
			_, matches := matched(m.Match)[id]
			return matches
		})
		switch {
		case at >= 0:
			role, unknown := s.client.Roles(account).Resolve(ctx, after[at].AccountRoleID)
			if unknown != nil {
				return nil, false, unknown
			}
			people = append(people, fate{user: user, role: &role})
		case user.MappingID != nil:
			people = append(people, fate{user: user})
		}
	}
	return people, told, err
}
