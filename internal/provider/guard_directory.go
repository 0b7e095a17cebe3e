package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// nameMapping names a mapping for the sentences of the guard.
func nameMapping(m client.GroupRoleMapping) string {
	return fmt.Sprintf("mapping of %s with the priority %d", describeMatch(m.Match), m.Priority)
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
