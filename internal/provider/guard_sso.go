package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

// served is which domains log in through which active connection: connection id → normalized domains. While there is
// one, single sign-on is enforced.
type served map[string][]string

func (s served) clone() served {
	out := make(served, len(s))
	for id, domains := range s {
		out[id] = slices.Clone(domains)
	}
	return out
}

// has says whether some connection serves the domain.
func (s served) has(domain string) bool {
	for _, domains := range s {
		if slices.Contains(domains, domain) {
			return true
		}
	}
	return false
}

// without takes domains out of all connections. One that is left with none becomes inactive.
func (s served) without(domains ...string) {
	for id := range s {
		s[id] = slices.DeleteFunc(s[id], func(domain string) bool { return slices.Contains(domains, domain) })
		if len(s[id]) == 0 {
			delete(s, id)
		}
	}
}

// servedChange is a change of what is served.
type servedChange struct {
	at       path.Path
	apply    func(served)    // makes the change
	ends     func()          // is told that no active connection is left; may be nil
	later    bool            // the first login makes it, not the apply
	accepted map[string]bool // acknowledgements that were needed for something else of the same change
}

// checkServed is the preflight of changes to domains and connections: it asks the account who would lose access and
// judges that. It asks nothing more where the change takes nothing from anybody. It says whether it judged.
func (s *session) checkServed(ctx context.Context, accountID string, c servedChange, diags *diag.Diagnostics) bool {
	failed := func(err error) bool {
		if c.later { // the apply can do without
			diags.AddAttributeWarning(c.at, "Not checked who loses access at the first login", reason(err))
		} else {
			diags.Append(failure("Could not check who keeps access", err))
		}
		return false
	}
	found, err := s.client.GetIntegrations(ctx, accountID)
	if err != nil {
		return failed(err)
	}
	before := served{}
	for _, connection := range found.Connections {
		if connection.State == client.ConnectionActive {
			before[connection.ID] = connectionDomains(&connection)
		}
	}
	after := before.clone()
	c.apply(after)
	if len(after) == 0 && len(before) > 0 && c.ends != nil {
		c.ends()
	}
	if !after.takesFrom(before) {
		return false
	}
	people, now, err := s.readPeople(ctx, accountID)
	if err != nil {
		return failed(err)
	}
	s.guard.assessServed(before, after, people, now, c, diags)
	return true
}

// removal is how domains come to be disabled.
type removal int

const (
	changed        removal = iota // the resource stays without them
	plannedDestroy                // the plan destroys the resource
	destroying                    // the resource is being destroyed
)

// checkRemoval is the preflight of disabling domains: whom the directories would deprovision, and, where single sign-on
// is enabled, who could not log in any more.
func (s *session) checkRemoval(ctx context.Context, own types.String, domains []string, end removal, at path.Path, diags *diag.Diagnostics) {
	if len(domains) == 0 || diags.HasError() || s == nil || s.client == nil {
		return
	}
	accountID, ok := s.account(own, diags)
	if !ok {
		return
	}
	accepted := map[string]bool{}
	deprovisions := s.checkDirectories(ctx, accountID, domains, end, at, accepted, diags)
	account, err := s.client.GetAccount(ctx, accountID)
	// An account that cannot be read fails the change itself, with its own words.
	judged := err == nil && account.SSOState == client.SSOStateEnabled &&
		s.checkServed(ctx, accountID, servedChange{
			at: at, accepted: accepted, apply: func(now served) { now.without(domains...) },
			ends: func() { s.warnOfEnd(ctx, accountID, at, domains, diags) },
		}, diags)
	if deprovisions && !judged {
		s.guard.warnOfSurplus(at, accepted, diags)
	}
}

// takesFrom says whether anybody may have less access than before: single sign-on begins, or a domain is no longer
// served while it goes on.
func (s served) takesFrom(before served) bool {
	if len(s) == 0 {
		return false
	}
	if len(before) == 0 {
		return true
	}
	for _, domains := range before {
		for _, domain := range domains {
			if !s.has(domain) {
				return true
			}
		}
	}
	return false
}

// readPeople reads all active users, who calls, and which roles bypass single sign-on.
func (s *session) readPeople(ctx context.Context, accountID string) ([]client.Membership, accountNow, error) {
	now := accountNow{accountID: accountID}
	bypassing, err := s.rolesThatBypass(ctx, accountID)
	if err != nil {
		return nil, now, err
	}
	me, err := s.client.Me(ctx)
	switch {
	case err == nil:
		now.caller = me.ID
	case !client.IsForbidden(err): // a service account has no /me
		return nil, now, err
	}
	active := true
	people, err := s.client.ListMemberships(ctx, accountID, client.MembershipQuery{OnlyUsers: true, Active: &active})
	for _, person := range people {
		if slices.Contains(bypassing, person.AccountRoleID) {
			now.holders = append(now.holders, person)
		}
	}
	return people, now, err
}

// assessServed judges which of the active people lose access when the served domains change. Who bypasses single
// sign-on loses nothing; whoever has a served domain logs in.
func (g guard) assessServed(before, after served, people []client.Membership, now accountNow, c servedChange, diags *diag.Diagnostics) {
	when, moment, object := "After this change", "", diags.AddAttributeError
	if c.later { // it can still be mended before anybody logs in
		when, moment, object = "After the first login through this connection, which makes it active,", " at the first login", diags.AddAttributeWarning
		g.protect = false
	}
	bypasses := now.holding()
	var locked []string
	for _, person := range people {
		if person.Email == nil || bypasses[person.ID] {
			continue
		}
		email := normalized.Email.Key(*person.Email)
		_, domain, _ := strings.Cut(email, "@")
		if now.isCaller(person) && len(before) == 0 && after.has(domain) {
			diags.AddAttributeWarning(c.at, "This key will need a login", fmt.Sprintf("The API key in use belongs to %s, whose role does not bypass single sign-on. %s single sign-on is enforced, and the key works only while its owner has logged in recently through it: whatever comes next may be refused. Use the key of a service account or of somebody who bypasses single sign-on.", email, when))
		}
		had := len(before) == 0 || before.has(domain)
		if !had || after.has(domain) {
			continue
		}
		switch entry, acknowledged := g.entryFor(email); {
		case now.isCaller(person):
			object(c.at, "This would lock yourself out"+moment, fmt.Sprintf("The API key in use belongs to %s. %s no active connection serves %s, so they could not get in any more. Use the key of a service account or of somebody who bypasses single sign-on.", email, when, domain))
		case acknowledged:
			c.accepted[entry] = true
		default:
			locked = append(locked, email)
		}
	}
	if len(locked) > 0 {
		g.report(c.at, "People would lose access"+moment, fmt.Sprintf("%s no active connection serves their email domain, and single sign-on is enforced: %s of account %s cannot get in any more: %s. Let a connection serve their domain first: in an apply before this one, or by a resource on which this one depends (`depends_on`), because what others are to change does not count. Or give these people a role that bypasses single sign-on, or accept it in the provider block with acknowledge_lockout: email addresses, or \"*@domain\".", when, plural(len(locked), "person"), now.accountID, someOf(locked)), diags)
	}
	if !c.later {
		g.warnOfSurplus(c.at, c.accepted, diags)
	}
	if len(now.holders) < 2 {
		diags.AddAttributeWarning(c.at, "Few people could still get in", fmt.Sprintf("With single sign-on enforced, %s of account %s could get in when the identity provider fails. Give a second person a role with bypass:sso, such as Owner.", plural(len(now.holders), "person"), now.accountID))
	}
}

// entryFor finds what acknowledges that a person loses access.
func (g guard) entryFor(email string) (entry string, acknowledged bool) {
	_, domain, _ := strings.Cut(email, "@")
	for _, entry := range []string{email, "*@" + domain} {
		if g.acknowledged[entry] {
			return entry, true
		}
	}
	return "", false
}

// warnOfSurplus names the acknowledgements that this resource did not need. What the others need is not known here.
func (g guard) warnOfSurplus(at path.Path, used map[string]bool, diags *diag.Diagnostics) {
	var surplus []string
	for _, entry := range slices.Sorted(maps.Keys(g.acknowledged)) {
		if !used[entry] {
			surplus = append(surplus, entry)
		}
	}
	if len(surplus) > 0 {
		diags.AddAttributeWarning(at, "Acknowledged without need", fmt.Sprintf("acknowledge_lockout names %s, who lose no access by the change of this resource. Another change of the same plan may cost them theirs; if none does, take them out, so that they do not hide a mistake later.", someOf(surplus)))
	}
}
