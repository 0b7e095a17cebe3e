package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

// guard is what the provider block says about changes that take people's access away.
type guard struct {
	protect      bool            // lockout_protection
	acknowledged map[string]bool // acknowledge_lockout: normalized addresses, and "*@domain"
}

// newGuard reads and checks the guard's arguments. While they are unknown, the strict answer holds.
func newGuard(m providerModel, diags *diag.Diagnostics) guard {
	g := guard{protect: m.LockoutProtection.IsNull() || m.LockoutProtection.IsUnknown() || m.LockoutProtection.ValueBool(), acknowledged: map[string]bool{}}
	if m.AcknowledgeLockout.IsNull() || m.AcknowledgeLockout.IsUnknown() {
		return g
	}
	at := path.Root("acknowledge_lockout")
	for _, entry := range normalized.Email.SetOf(m.AcknowledgeLockout).Written() {
		key, err := "", error(nil)
		if domain, all := strings.CutPrefix(entry, "*@"); all {
			key, err = client.NormalizeDomain(domain)
			key = "*@" + key
		} else {
			key, err = client.NormalizeEmail(entry)
		}
		if err != nil {
			diags.AddAttributeError(at, "Invalid acknowledgement", fmt.Sprintf("%q is neither an email address nor `*@domain`. %s", entry, sentence(err)))
			continue
		}
		g.acknowledged[key] = true
	}
	return g
}

// acknowledges says whether the block accepts that this person loses access.
func (g guard) acknowledges(email string) bool {
	_, acknowledged := g.entryFor(email)
	return acknowledged
}

// report is an error, or a warning where lockout protection is off.
func (g guard) report(at path.Path, summary, detail string, diags *diag.Diagnostics) {
	if g.protect {
		diags.AddAttributeError(at, summary, detail)
		return
	}
	diags.AddAttributeWarning(at, summary, detail)
}

// self remembers whose API key is in use.
type self struct {
	mu    sync.Mutex
	known bool
	id    string
}

// warnUnknown says in the plan that a check needs what is not known yet.
func warnUnknown(at path.Path, what string, diags *diag.Diagnostics) {
	diags.AddAttributeWarning(at, "Not checked who loses access", what+" are not known while planning. The check is made again when this is applied.")
}

// accountNow is what the account says before role changes are planned.
type accountNow struct {
	accountID string
	caller    string              // user id of the caller, "" for a service account
	holders   []client.Membership // active people whose role has bypass:sso
	enforced  bool                // single sign-on is enabled: without bypass:sso only a login gets in
	domains   []string            // domains that an active connection serves
	planned   map[string]outlook  // what this run makes of whom, as far as was planned, by the id of the membership
	applying  bool                // this run changes roles already: who remains is looked at change by change
}

// checkAccess is the preflight of role changes: nobody demotes itself, nobody is locked out unnoticed, and somebody
// always remains who gets in without single sign-on. It asks the account only when a change takes permissions away.
func (s *session) checkAccess(ctx context.Context, accountID string, changes []roleChange, at func(email string) path.Path, diags *diag.Diagnostics) {
	now, roles, err := s.accessBefore(ctx, accountID, changes)
	if err != nil {
		diags.Append(failure("Could not check who keeps access", err))
		return
	}
	s.guard.assess(now, roles, changes, at, diags)
}

// accessBefore reads what is needed to judge role changes, and the account's roles by their ids.
func (s *session) accessBefore(ctx context.Context, accountID string, changes []roleChange) (now accountNow, roles map[string]client.AccountRole, err error) {
	rows, err := s.client.Roles(accountID).List(ctx)
	if err != nil {
		return now, nil, err
	}
	roles = make(map[string]client.AccountRole, len(rows))
	for _, role := range rows {
		roles[role.ID] = role
	}
	way := s.lastOut.of(accountID)
	way.plan(changes)
	demoted, bypassed := false, false
	for _, change := range changes {
		from := roles[change.member.AccountRoleID]
		demoted = demoted || demotes(from, change.role)
		bypassed = bypassed || from.Has(client.PermissionBypassSSO) && !change.role.Has(client.PermissionBypassSSO)
	}
	switch {
	case bypassed:
		now, err = s.readAccess(ctx, accountID, bypassing(rows))
		now.planned, now.applying = way.soFar()
	case demoted:
		now.caller, err = s.caller(ctx)
	}
	return now, roles, err
}

// rolesThatBypass are the ids of the roles that have bypass:sso.
func (s *session) rolesThatBypass(ctx context.Context, accountID string) ([]string, error) {
	roles, err := s.client.Roles(accountID).List(ctx)
	if err != nil {
		return nil, err
	}
	return bypassing(roles), nil
}

func bypassing(roles []client.AccountRole) (ids []string) {
	for _, role := range roles {
		if role.Has(client.PermissionBypassSSO) {
			ids = append(ids, role.ID)
		}
	}
	return ids
}

// caller is the user id of whose API key is in use, "" for a service account. It asks once a run.
func (s *session) caller(ctx context.Context) (string, error) {
	s.self.mu.Lock()
	defer s.self.mu.Unlock()
	if s.self.known {
		return s.self.id, nil
	}
	me, err := s.client.Me(ctx)
	switch {
	case err == nil:
		s.self.id = me.ID
	case !client.IsForbidden(err): // a service account has no /me
		return "", err
	}
	s.self.known = true
	return s.self.id, nil
}

// again makes a check of the plan once more before something is deleted: Terraform plans creations and changes a second
// time, with everything known, when it applies them, but not deletions. Errors count; warnings were said.
func again(diags *diag.Diagnostics, check func(*diag.Diagnostics)) (fine bool) {
	var now diag.Diagnostics
	check(&now)
	diags.Append(now.Errors()...)
	return !now.HasError()
}

func (s *session) readAccess(ctx context.Context, accountID string, bypassing []string) (accountNow, error) {
	now := accountNow{accountID: accountID}
	var err error
	if now.caller, err = s.caller(ctx); err != nil {
		return now, err
	}
	active := true
	now.holders, err = s.client.ListMemberships(ctx, accountID, client.MembershipQuery{
		Filter: &client.MembershipFilter{RoleIDs: bypassing}, OnlyUsers: true, Active: &active,
	})
	if err != nil {
		return now, err
	}
	account, err := s.client.GetAccount(ctx, accountID)
	if err != nil {
		return now, err
	}
	if now.enforced = account.SSOState == client.SSOStateEnabled; !now.enforced {
		return now, nil
	}
	found, err := s.client.GetIntegrations(ctx, accountID)
	if err != nil {
		return now, err
	}
	for _, connection := range found.Connections {
		if connection.State == client.ConnectionActive {
			now.domains = append(now.domains, connectionDomains(&connection)...)
		}
	}
	return now, nil
}

// assess judges role changes against what the account says.
func (g guard) assess(now accountNow, roles map[string]client.AccountRole, changes []roleChange, at func(email string) path.Path, diags *diag.Diagnostics) {
	holds := now.holding()
	took := false // bypass:sso, from somebody
	var locked []string
	for _, change := range changes {
		from, email := roles[change.member.AccountRoleID], change.email()
		if now.isCaller(change.member) && demotes(from, change.role) {
			diags.AddAttributeError(at(email), "This would demote yourself", fmt.Sprintf("The API key in use belongs to %s, and the account does not let anybody take permissions from themselves: %s may not do all that %s may. Let somebody else apply this, or use the key of a service account.", email, change.role.Name, from.Name))
		}
		keeps := change.role.Has(client.PermissionBypassSSO)
		if !keeps && holds[change.member.ID] {
			took = true
			if now.keepsOut(email) && !g.acknowledges(email) {
				locked = append(locked, email)
			}
		}
		if change.member.Active {
			holds[change.member.ID] = keeps
		}
	}
	if len(locked) > 0 {
		g.report(at(locked[0]), "People would lose access", fmt.Sprintf("Single sign-on is enabled, and no active connection serves the domain of %s: without a role that bypasses it, %s cannot get in any more. Let a connection serve their domain first, keep their role, or accept it in the provider block: acknowledge_lockout = [%s].", someOf(locked), plural(len(locked), "person"), `"`+strings.Join(locked, `", "`)+`"`), diags)
	}
	if took {
		g.assessRemaining(now, holds, at(changes[0].email()), diags)
	}
}

// holding are the memberships that have bypass:sso.
func (now accountNow) holding() map[string]bool {
	holds := map[string]bool{}
	for _, holder := range now.holders {
		holds[holder.ID] = true
	}
	return holds
}

// isCaller says whether the API key in use is this member's.
func (now accountNow) isCaller(m client.Membership) bool {
	return now.caller != "" && m.UserID != nil && *m.UserID == now.caller
}

// keepsOut says whether somebody with this address gets in only by bypassing single sign-on.
func (now accountNow) keepsOut(email string) bool {
	_, domain, _ := strings.Cut(email, "@")
	return now.enforced && !slices.Contains(now.domains, domain)
}

// assessRemaining judges how many people get in without single sign-on afterwards. What other resources of the run take
// from people only warns, since a promotion may be planned later. Terraform plans changes again while it applies others,
// which may have come before or not; so while it does, setRoles judges.
func (g guard) assessRemaining(now accountNow, holds map[string]bool, at path.Path, diags *diag.Diagnostics) {
	if now.applying {
		return
	}
	for id, person := range now.planned {
		if _, mine := holds[id]; !mine && person.bypasses {
			holds[id] = true
		}
	}
	maps.DeleteFunc(holds, func(_ string, kept bool) bool { return !kept })
	if len(holds) == 0 {
		g.report(at, "Nobody could get in without single sign-on", fmt.Sprintf("After this change no active user of account %s would hold a role with bypass:sso. The account refuses to take it from the last one. Keep at least one Owner, better two. If another resource of this configuration gives somebody such a role, let this one wait for it with `depends_on`.", now.accountID), diags)
		return
	}
	for id, person := range now.planned {
		if !person.bypasses {
			delete(holds, id)
		}
	}
	switch len(holds) {
	case 0:
		var losing []string
		for _, holder := range now.holders {
			losing = append(losing, roleChange{member: holder}.email())
		}
		diags.AddAttributeWarning(at, "Nobody could get in without single sign-on", fmt.Sprintf("Together, the resources of this plan take bypass:sso from everybody who has it in account %s: %s. The account refuses to take it from the last one, so applying this plan fails unless another resource of it gives it to somebody else.", now.accountID, someOf(losing)))
	case 1:
		diags.AddAttributeWarning(at, "Only one person left", fmt.Sprintf("After this plan a single active user of account %s could get in without single sign-on, unless another resource of it lets somebody else. When that person cannot log in, nobody can mend a broken identity provider. Two are safer.", now.accountID))
	}
}
