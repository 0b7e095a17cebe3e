package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
)

// Who signs in without single sign-on is a matter of the whole account, but Terraform applies resources side by side and
// in an order of its own. So whatever takes bypass:sso from people takes the account's turn first, looks who has it then,
// and waits for promotions by other resources of this run if no user would be left. The server refuses to take it from the
// last one in any case; here the refusal does not even arise, and the error says what to do.

// lastBypassError says that changes would leave no user who signs in without single sign-on.
type lastBypassError struct {
	accountID string
	people    []string
	promised  []string
}

// Error implements error.
func (e *lastBypassError) Error() string {
	wait := "the resource that gives another user such a role"
	if len(e.promised) > 0 {
		wait = "the resource that gives such a role to " + english.Some(e.promised)
	}
	return fmt.Sprintf("only %s could sign in to account %s without single sign-on, and in %s no other resource of this run gave another user a role with bypass:sso. This resource took no role away; what others of this run changed stays changed. If the configuration gives such a role to another user, add `depends_on = [%s]` here; if not, give one first. Two are safer than one.", english.Some(e.people), e.accountID, run.Timeout, wait)
}

// setRoles changes roles of one account, promotions first: users who get bypass:sso get it before others lose it. set
// makes one change, and is called for many side by side; an error of it ends the work. When bypass:sso would be taken
// from the last who has it, and no other resource gives it to anybody in time, the error is a *lastBypassError.
func (p *providerData) setRoles(ctx context.Context, account string, changes []roleChange, set func(context.Context, []roleChange) error) error {
	lock := p.run.BypassLock(account)
	lock.Apply()
	phases := promotionsFirst(changes)
	if len(phases[0]) > 0 {
		err := set(ctx, phases[0])
		lock.Promoted()
		if err != nil {
			return err
		}
	}
	if len(phases[1]) == 0 {
		return nil
	}
	roles, err := p.client.Roles(account).List(ctx)
	if err != nil {
		return err
	}
	bypassing := bypassing(roles)
	var leaving []roleChange
	for _, change := range phases[1] {
		if change.member.Active && slices.Contains(bypassing, change.member.AccountRoleID) {
			leaving = append(leaving, change)
		}
	}
	if len(leaving) == 0 {
		return set(ctx, phases[1])
	}
	return lock.Hold(ctx, func() error {
		if err := p.awaitAnother(ctx, account, lock, bypassing, leaving); err != nil {
			return err
		}
		return set(ctx, phases[1])
	})
}

// setMapping makes, changes or ends a group role mapping whose role has bypass:sso before or after. One that gives it
// wakes those who wait for somebody to get it, and does not wait itself. One that takes it does so in its turn; it
// need not look who is left, since the last one keeps it then.
func (p *providerData) setMapping(ctx context.Context, account string, before, after bool, write func() error) error {
	lock := p.run.BypassLock(account)
	lock.Apply()
	if before && !after {
		return lock.Hold(ctx, write)
	}
	err := write()
	if after {
		lock.Promoted()
	}
	return err
}

// bypasses reports whether a mapping's role has bypass:sso; false for one that the account does not have any more.
func (p *providerData) bypasses(ctx context.Context, account string, role types.String) bool {
	found, err := p.client.Roles(account).Resolve(ctx, role.ValueString())
	return err == nil && found.Has(client.PermissionBypassSSO)
}

// bypassing returns the ids of roles that have bypass:sso.
func bypassing(roles []client.AccountRole) (ids []string) {
	for _, role := range roles {
		if role.Has(client.PermissionBypassSSO) {
			ids = append(ids, role.ID)
		}
	}
	return ids
}

// awaitAnother waits until somebody else than those who are leaving has bypass:sso.
func (p *providerData) awaitAnother(ctx context.Context, account string, lock *run.BypassLock, bypassing []string, leaving []roleChange) error {
	active := true
	stays := func(m client.Membership) bool {
		return !slices.ContainsFunc(leaving, func(change roleChange) bool { return change.member.ID == m.ID })
	}
	found, err := lock.AwaitPromotion(ctx, func(ctx context.Context) (bool, error) {
		holders, err := p.client.ListMemberships(ctx, account, client.MembershipQuery{
			Filter: &client.MembershipFilter{RoleIDs: bypassing}, OnlyUsers: true, Active: &active,
		})
		return slices.ContainsFunc(holders, stays), err
	})
	if found || err != nil {
		return err
	}
	last := &lastBypassError{accountID: account}
	for _, planned := range lock.Planned() {
		if planned.Bypasses {
			last.promised = append(last.promised, planned.Email)
		}
	}
	for _, change := range leaving {
		last.people = append(last.people, change.email())
	}
	return last
}
