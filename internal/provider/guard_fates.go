package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// fate is what a change of a directory, of its mappings or of the account's domains does to one of the directory's
// people.
type fate struct {
	user   client.DirectoryUser
	member client.Membership   // of the user, once it has been looked up
	ends   bool                // the directory deprovisions them
	role   *client.AccountRole // else the role that they get; nil for theirs from before a mapping, which the API does not tell
}

// fates are those of one change.
type fates struct {
	at      path.Path
	what    string // what makes the change: "The directory Okta (directory_…)"
	why     string // why it would deprovision somebody
	keeping string // how to keep the people whom it would deprovision
	people  []fate
}

// checkFates is the preflight of fates: it asks the account about the people, and judges. Needed acknowledgements are
// added to accepted. It says whether anybody may lose something.
func (s *session) checkFates(ctx context.Context, account string, all fates, accepted map[string]bool, diags *diag.Diagnostics) bool {
	lookUp := func() (now accountNow, roles map[string]client.AccountRole, err error) {
		if all.people, err = s.members(ctx, account, all.people); err != nil || len(all.people) == 0 {
			return now, nil, err
		}
		rows, err := s.client.Roles(account).List(ctx)
		if err != nil {
			return now, nil, err
		}
		roles = make(map[string]client.AccountRole, len(rows))
		for _, role := range rows {
			roles[role.ID] = role
		}
		way := s.lastOut.of(account)
		way.plan(all.changes())
		now, err = s.readAccess(ctx, account, bypassing(rows))
		now.planned, _ = way.soFar()
		return now, roles, err
	}
	now, roles, err := lookUp()
	if err != nil {
		diags.Append(failure("Could not check who keeps access", err))
		return false
	}
	if len(all.people) == 0 {
		return false
	}
	s.guard.assessFates(now, roles, all, accepted, diags)
	return true
}

// members keeps the fates of people who are active members and to whom something happens, with their memberships.
func (s *session) members(ctx context.Context, account string, people []fate) ([]fate, error) {
	var emails []string
	for _, f := range people {
		if f.user.Email != nil && f.user.AccountMembershipID != nil {
			emails = append(emails, *f.user.Email)
		}
	}
	if len(emails) == 0 {
		return nil, nil
	}
	rows, err := s.client.Members(account).Refetch(ctx, emails...)
	if err != nil {
		return nil, err
	}
	var out []fate
	for _, f := range people {
		if f.user.Email == nil || f.user.AccountMembershipID == nil {
			continue
		}
		row, there := rows[client.EmailKey(*f.user.Email)]
		if !there || !row.Active || !strings.EqualFold(row.ID, *f.user.AccountMembershipID) || f.role != nil && f.role.ID == row.AccountRoleID {
			continue
		}
		f.member = row
		out = append(out, f)
	}
	return out, nil
}

// changes are the roles that people are known to get.
func (all fates) changes() (changes []roleChange) {
	for _, f := range all.people {
		if f.role != nil {
			changes = append(changes, roleChange{f.member, *f.role})
		}
	}
	return changes
}

// email is the person's normalised address.
func (f fate) email() string { return roleChange{member: f.member}.email() }

// demotes says whether a role lacks a permission that another one has.
func demotes(from, to client.AccountRole) bool {
	return slices.ContainsFunc(from.Permissions, func(permission string) bool { return !to.Has(permission) })
}

// assessFates judges what becomes of the directory's people.
func (g guard) assessFates(now accountNow, roles map[string]client.AccountRole, all fates, accepted map[string]bool, diags *diag.Diagnostics) {
	holds := now.holding()
	took := false // bypass:sso, from somebody, for certain
	var ended, keptOut, demoted, untold, raised []string
	for _, f := range all.people {
		email, held := f.email(), holds[f.member.ID]
		from := roles[f.member.AccountRoleID]
		if f.role == nil && !f.ends {
			line := fmt.Sprintf("%s (%s now)", email, from.Name)
			if now.isCaller(f.member) {
				line = fmt.Sprintf("%s (%s now, and the owner of the API key in use)", email, from.Name)
			}
			untold = append(untold, line)
			continue
		}
		keeps := !f.ends && f.role.Has(client.PermissionBypassSSO)
		if holds[f.member.ID] = keeps; held && !keeps {
			took = true
		}
		if keeps && !held {
			raised = append(raised, email)
		}
		entry, acknowledged := g.entryFor(email)
		switch lost := f.ends || held && !keeps && now.keepsOut(email); {
		case now.isCaller(f.member) && f.ends:
			diags.AddAttributeError(all.at, "This would end your own access", fmt.Sprintf("The API key in use belongs to %s. %s would deprovision them: %s. Use the key of a service account.", email, all.what, all.why))
		case now.isCaller(f.member) && demotes(from, *f.role):
			diags.AddAttributeError(all.at, "This would demote yourself", fmt.Sprintf("The API key in use belongs to %s. %s would give them %s instead of %s, which may do more. Use the key of a service account, or let somebody apply this who is not concerned.", email, all.what, f.role.Name, from.Name))
		case lost && acknowledged:
			accepted[entry] = true
		case f.ends:
			ended = append(ended, email)
		case lost:
			keptOut = append(keptOut, email)
		case demotes(from, *f.role):
			demoted = append(demoted, fmt.Sprintf("%s (%s, now %s)", email, f.role.Name, from.Name))
		}
	}
	if len(ended) > 0 {
		g.report(all.at, "People would lose access", fmt.Sprintf("%s would deprovision %s of account %s: %s. %s %s, or accept it in the provider block with acknowledge_lockout: email addresses, or \"*@domain\".", all.what, plural(len(ended), "person"), now.accountID, someOf(ended), asSentence(all.why), all.keeping), diags)
	}
	if len(keptOut) > 0 {
		g.report(all.at, "People would lose access", fmt.Sprintf("%s would take bypass:sso from %s of account %s: %s. Single sign-on is enabled, and no active connection serves their domain, so they could not get in any more. Let a connection serve it first, leave them their role, or accept it in the provider block with acknowledge_lockout: email addresses, or \"*@domain\".", all.what, plural(len(keptOut), "person"), now.accountID, someOf(keptOut)), diags)
	}
	if len(demoted) > 0 {
		diags.AddAttributeWarning(all.at, "People would be demoted", fmt.Sprintf("%s would give %s a role that may do less: %s.", all.what, plural(len(demoted), "person"), someOf(demoted)))
	}
	if len(untold) > 0 {
		diags.AddAttributeWarning(all.at, "Roles from before return", fmt.Sprintf("%s would leave %s without a mapping: %s. They would have the role from before the mapping again, which the account does not tell. The last active one with bypass:sso keeps it.", all.what, plural(len(untold), "person"), someOf(untold)))
	}
	if len(raised) > 0 {
		diags.AddAttributeWarning(all.at, "People would bypass single sign-on", fmt.Sprintf("%s would give %s a role with bypass:sso, with which they get in without single sign-on: %s. Whoever joins the group or gets the attribute at the identity provider gets it, too.", all.what, plural(len(raised), "person"), someOf(raised)))
	}
	if took {
		g.assessRemaining(now, holds, all.at, diags)
	}
}
