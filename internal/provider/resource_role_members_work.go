package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"golang.org/x/sync/errgroup"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
)

// maxHolders is how many people a role may have for prefectsso_role_members: sets cost Terraform time that grows with
// the square of their size.
const maxHolders = 500

// roleWork is what has to be done so that exactly the members hold a role.
type roleWork struct {
	added, removed []roleChange
	absent         []string                     // members who are not in the account
	members        map[string]client.Membership // by written address
	followed
}

// changes returns all of it.
func (w *roleWork) changes() []roleChange { return slices.Concat(w.added, w.removed) }

func (w *roleWork) removedEmails() []string {
	emails := make([]string, len(w.removed))
	for i, change := range w.removed {
		emails[i] = change.email()
	}
	return emails
}

// holders returns the people who hold a role, without those that the configuration ignores. before is who was behind the written
// addresses.
func (p *providerData) holders(ctx context.Context, account string, role client.AccountRole, m *roleMembersModel, before people) ([]client.Membership, error) {
	query := client.MembershipQuery{Filter: &client.MembershipFilter{RoleIDs: []string{role.ID}}, OnlyUsers: true}
	count, err := p.client.CountMemberships(ctx, account, query)
	if err != nil {
		return nil, err
	}
	if count > maxHolders {
		return nil, fmt.Errorf("%s hold the role %s; this resource is for at most %d. Manage such a role with prefectsso_member_roles, whose map stays fast", english.Count(count, "person"), role.Name, maxHolders)
	}
	rows, err := p.client.ListMemberships(ctx, account, query)
	if err != nil {
		return nil, err
	}
	ignored := m.IgnoreEmails.Normalized()
	rows = slices.DeleteFunc(rows, func(row client.Membership) bool {
		return row.Email == nil || slices.Contains(ignored, normalized.Email.Key(*row.Email))
	})
	if !m.IgnoreDirectoryManaged.ValueBool() {
		return rows, nil
	}
	members := m.Members.Normalized()
	written := map[string]bool{} // by membership
	for address, was := range before {
		written[was.Membership] = slices.Contains(members, address)
	}
	return p.notFromDirectory(ctx, account, rows, func(row client.Membership) bool {
		return written[row.ID] || slices.Contains(members, normalized.Email.Key(*row.Email))
	})
}

// notFromDirectory leaves out people whom a directory brought, unless the configuration names them. Only the read of a
// single membership tells.
func (p *providerData) notFromDirectory(ctx context.Context, account string, rows []client.Membership, named func(client.Membership) bool) ([]client.Membership, error) {
	brought, gone := make([]bool, len(rows)), make([]bool, len(rows))
	var reads errgroup.Group
	reads.SetLimit(applyAtOnce)
	for i, row := range rows {
		if named(row) {
			continue
		}
		reads.Go(func() error {
			details, err := p.client.GetMembershipDetails(ctx, account, row.ID)
			if client.IsNotFound(err) { // who is no member any more holds no role
				gone[i] = true
				return nil
			}
			brought[i] = details.DirectoryID != nil
			return err
		})
	}
	if err := reads.Wait(); err != nil {
		return nil, err
	}
	var kept []client.Membership
	for i, row := range rows {
		if !brought[i] && !gone[i] {
			kept = append(kept, row)
		}
	}
	return kept, nil
}

// work compares the planned members with who holds the role now; before is who was behind the written addresses. It is nil
// after an error.
func (p *providerData) work(ctx context.Context, account string, m *roleMembersModel, before people, diags *diag.Diagnostics) *roleWork {
	role, err := p.client.Roles(account).Resolve(ctx, m.Role.ValueString())
	if err != nil {
		diags.Append(failureAt(path.Root("role"), "Unusable role", err))
	}
	removedRole, err := p.client.Roles(account).Resolve(ctx, m.RemovedRole.ValueString())
	if err != nil {
		diags.Append(failureAt(path.Root("removed_role"), "Unusable role", err))
	}
	if !diags.HasError() && role.ID == removedRole.ID {
		diags.Append(saysRemovedRoleSame(role.Name).error(path.Root("removed_role")))
	}
	members, ignored := m.Members.Normalized(), m.IgnoreEmails.Normalized()
	for _, email := range members {
		if slices.Contains(ignored, email) {
			diags.Append(saysMemberIgnored(email).error(path.Root("ignore_emails")))
		}
	}
	if diags.HasError() {
		return nil
	}
	at := path.Root("members")
	holders, err := p.holders(ctx, account, role, m, before)
	if err != nil {
		diags.Append(failureAt(at, "Could not read who holds the role", err))
		return nil
	}
	rows, err := p.client.Members(account).ByEmails(ctx, members)
	work := &roleWork{members: rows}
	if err == nil {
		// Who has a written address and holds the role is whom it names, be it another person than before.
		still := maps.Clone(before)
		maps.DeleteFunc(still, func(address string, _ person) bool {
			return slices.ContainsFunc(holders, func(h client.Membership) bool { return h.ID == rows[address].ID })
		})
		work.followed, err = p.follow(ctx, account, still, rows, members)
		if writtenTwice(rows, still, func(old string) bool { return slices.Contains(members, old) }, func(string) path.Path { return at }, diags) {
			return nil
		}
	}
	if err != nil {
		diags.Append(failureAt(at, "Could not look up members", err))
		return nil
	}
	named := map[string]bool{} // by membership
	for _, row := range rows {
		named[row.ID] = true
	}
	for _, email := range members {
		row, there := rows[email]
		switch {
		case !there:
			work.absent = append(work.absent, email)
		case row.AccountRoleID != role.ID:
			work.added = append(work.added, roleChange{row, role})
		}
	}
	for _, holder := range holders {
		if !named[holder.ID] {
			work.removed = append(work.removed, roleChange{holder, removedRole})
		}
	}
	if !m.MaxRemovals.IsNull() && int64(len(work.removed)) > m.MaxRemovals.ValueInt64() {
		diags.Append(saysMaxRemovalsExceeded(role.Name, work.removedEmails(), m.MaxRemovals.ValueInt64()).error(path.Root("max_removals")))
		return nil
	}
	return work
}

// write makes the planned members the only holders, promotions first. With a prior state only people whom it shows as
// holders are removed: those were in the plan, by name. before is who was behind the addresses of the prior state, is who it
// is now. It says whether there is something to keep in the state.
func (p *providerData) write(ctx context.Context, account string, m, prior *roleMembersModel, before people, diags *diag.Diagnostics) (is people, ok bool) {
	at := path.Root("members")
	// What the plan read may be old by now: everybody is looked up afresh.
	if _, err := p.client.Members(account).Refetch(ctx, m.Members.Normalized()...); err != nil {
		diags.Append(failureAt(at, "Could not look up members", err))
		return nil, false
	}
	work := p.work(ctx, account, m, before, diags)
	if work == nil {
		return nil, false
	}
	if len(work.absent) > 0 {
		diags.Append(saysMembersStillAbsent("members", work.absent, account).error(at))
		return nil, false
	}
	if prior != nil {
		shown := prior.Members.Normalized()
		work.removed = slices.DeleteFunc(work.removed, func(c roleChange) bool {
			by := func(address string) bool {
				was, known := before[address]
				return address == c.email() || known && was.Membership == c.member.ID
			}
			return !slices.ContainsFunc(shown, by)
		})
	}
	reserved := slices.Concat(m.Members.Normalized(), work.addresses(), work.removedEmails())
	if !p.reserve("prefectsso_role_members", account, run.MemberRole, at, diags, reserved...) {
		return nil, false
	}
	p.apply(ctx, account, work.changes(), at, roleMembersLeaveOut, diags)

	if is = peopleOf(work.members); !diags.HasError() {
		m.AccountID = preserveCase(m.AccountID, account)
		return is, true
	}
	// Something failed in the middle: the state holds who has the role now, so the next plan shows what is left to do.
	role, err := p.client.Roles(account).Resolve(ctx, m.Role.ValueString())
	if err != nil {
		return nil, false
	}
	now, err := p.holders(ctx, account, role, m, before)
	if err != nil {
		diags.Append(failureAt(at, "Could not read who holds the role", err))
		return nil, false
	}
	m.fromAPI(account, now, is)
	return is, true
}
