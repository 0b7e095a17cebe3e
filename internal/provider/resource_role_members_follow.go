package provider

import (
	"context"
	"maps"
	"slices"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

// The holders of a role are followed, too (see resource_member_role_follow.go): one whose address was changed is shown by the
// written one, unless another holder has that by now, and then the plan shows both.

// shownAs returns by which addresses holders of the role are shown, in their order, and whose are not the ones that they go by
// now. before is who was behind the written addresses.
func (m *roleMembersModel) shownAs(holders []client.Membership, before people) (addresses []string, moved map[string]string) {
	written := map[string]string{} // by membership
	for address, was := range before {
		written[was.Membership] = address
	}
	members := m.Members.Normalized()
	taken := map[string]bool{}
	for _, holder := range holders {
		taken[normalized.Email.Key(*holder.Email)] = true
	}
	addresses, moved = make([]string, len(holders)), map[string]string{}
	for i, holder := range holders {
		now := normalized.Email.Key(*holder.Email)
		addresses[i] = now
		if old, known := written[holder.ID]; known && old != now && !taken[old] && !slices.Contains(members, now) {
			addresses[i], moved[old] = old, now
		}
	}
	return addresses, moved
}

// followHolders returns who is behind the addresses that the model shows of holders, those included who lost the role and go by
// another address now, so that it can be given back to them. Errors are those of the API.
func (p *providerData) followHolders(ctx context.Context, account string, m *roleMembersModel, holders []client.Membership, before people) (is people, f followed, err error) {
	addresses, moved := m.shownAs(holders, before)
	rows := map[string]client.Membership{}
	for i, address := range addresses {
		rows[address] = holders[i]
	}
	is = peopleOf(rows)
	var lost []string
	for address := range before {
		if _, shown := rows[address]; !shown && !slices.ContainsFunc(holders, func(h client.Membership) bool { return h.ID == before[address].Membership }) {
			lost = append(lost, address)
		}
	}
	slices.Sort(lost)
	others, err := p.client.Members(account).ByEmails(ctx, lost)
	if err != nil {
		return is, f, err
	}
	if f, err = p.follow(ctx, account, before, others, lost); err != nil {
		return is, f, err
	}
	for address := range f.moved {
		is[address] = before[address]
	}
	maps.Copy(f.moved, moved)
	return is, f, nil
}
