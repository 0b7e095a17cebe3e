package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/sync/errgroup"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// Who decides about a member's role: a group role mapping of a directory does before anybody else, and the account
// refuses to change its roles by hand. What is asked here costs requests, so it is asked for people whose role changes.

// fewPeople are asked about one by one; for more, directories are read as a whole.
const fewPeople = 10

// ownership remembers which accounts a directory may govern members of. In an account without directories nobody has to
// be asked about.
type ownership struct {
	mu    sync.Mutex
	known map[string]governed
}

// governed is what is known of an account's directories.
type governed int

const (
	governedByNone governed = iota
	governedMaybe
	governedUntold // this key may not see directories
)

// governed asks once. Directories that come later in the same run are found out by the server's refusal.
func (s *session) governed(ctx context.Context, account string) (governed, error) {
	s.ownership.mu.Lock()
	defer s.ownership.mu.Unlock()
	if answer, ok := s.ownership.known[account]; ok {
		return answer, nil
	}
	found, err := s.client.GetIntegrations(ctx, account)
	answer := governedByNone
	switch {
	case client.IsPlanLimit(err): // an account without the feature has no directories
	case client.IsForbidden(err):
		answer = governedUntold
	case err != nil:
		return governedUntold, err
	case len(found.Directories) > 0:
		answer = governedMaybe
	}
	if s.ownership.known == nil {
		s.ownership.known = map[string]governed{}
	}
	s.ownership.known[account] = answer
	return answer, nil
}

// directoryCame forgets that an account had no directories.
func (s *session) directoryCame(account string) {
	s.ownership.mu.Lock()
	defer s.ownership.mu.Unlock()
	delete(s.ownership.known, account)
}

// managedBy says what decides about a member's role, for the attribute of that name; null where the server does not tell.
func (s *session) managedBy(ctx context.Context, account string, member client.Membership) (types.String, error) {
	owner := client.RoleOwner{Source: client.RoleSourceManual}
	answer, err := s.governed(ctx, account)
	switch {
	case err != nil || answer == governedUntold:
		return types.StringNull(), err
	case answer == governedMaybe:
		if owner, err = s.client.RoleOwnerOf(ctx, account, member); err != nil {
			return types.StringNull(), err
		}
	}
	switch owner.Source {
	case client.RoleSourceMapping:
		return types.StringValue("mapping:" + owner.MappingID), nil
	case client.RoleSourceDefault:
		return types.StringValue("directory:" + owner.DirectoryID), nil
	case client.RoleSourceManual:
		return types.StringValue(client.RoleSourceManual), nil
	}
	return types.StringNull(), nil
}

// checkOwnership fails a plan that would change roles that a mapping gives. advice says how to leave people out of the
// resource.
func (s *session) checkOwnership(ctx context.Context, account string, changes []roleChange, at func(email string) path.Path, advice string, diags *diag.Diagnostics) {
	if len(changes) == 0 {
		return
	}
	answer, err := s.governed(ctx, account)
	if err == nil && answer == governedMaybe {
		var mapped map[string]client.RoleMapping
		if mapped, err = s.mapped(ctx, account, changes); err == nil {
			reportMapped(mapped, changes, at, advice, diags)
		}
	}
	if err != nil {
		diags.Append(failure("Could not check who decides about roles", err))
	}
}

// mapped finds which of the changes a mapping forbids, by the id of the membership.
func (s *session) mapped(ctx context.Context, account string, changes []roleChange) (map[string]client.RoleMapping, error) {
	if len(changes) > fewPeople {
		return s.client.MappedMembers(ctx, account)
	}
	found := make([]*client.RoleMapping, len(changes))
	var asking errgroup.Group
	for i, change := range changes {
		asking.Go(func() (err error) {
			found[i], err = s.client.RoleMappingOf(ctx, account, change.member)
			return err
		})
	}
	if err := asking.Wait(); err != nil {
		return nil, err
	}
	mapped := map[string]client.RoleMapping{}
	for i, mapping := range found {
		if mapping != nil {
			mapped[strings.ToLower(changes[i].member.ID)] = *mapping
		}
	}
	return mapped, nil
}

// reportMapped is one error a mapping, which names the people.
func reportMapped(mapped map[string]client.RoleMapping, changes []roleChange, at func(email string) path.Path, advice string, diags *diag.Diagnostics) {
	people := map[string][]string{}
	var order []client.RoleMapping
	for _, change := range changes {
		mapping, ok := mapped[strings.ToLower(change.member.ID)]
		if !ok {
			continue
		}
		if people[mapping.ID] == nil {
			order = append(order, mapping)
		}
		people[mapping.ID] = append(people[mapping.ID], change.email())
	}
	for _, mapping := range order {
		slices.Sort(people[mapping.ID])
		diags.Append(mappedRole(at(people[mapping.ID][0]), mapping, people[mapping.ID], advice))
	}
}

// mappedRole is the error that names a mapping, the people whose role it gives, and what to do.
func mappedRole(at path.Path, mapping client.RoleMapping, people []string, advice string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "A mapping decides about this role", fmt.Sprintf("The group role mapping %s (%s) of the directory %s gives the role of %s, and the account refuses another one while it matches. %s Or change or end the mapping first (prefectsso_group_role_mapping), or take the person out of it at the identity provider.", mapping.ID, describeMatch(mapping.Match), mapping.DirectoryID, someOf(people), advice))
}

// roleFailure is what is said when a role could not be changed: where a mapping is the reason, which one.
func (s *session) roleFailure(ctx context.Context, account string, at path.Path, summary string, member client.Membership, advice string, err error) diag.Diagnostic {
	if mapping := s.mappingBehind(ctx, account, member, err); mapping != nil {
		return mappedRole(at, *mapping, []string{roleChange{member: member}.email()}, advice)
	}
	return failureAt(at, summary, err)
}

// mappingBehind finds the mapping because of which the server refused to change a role; nil for another reason.
func (s *session) mappingBehind(ctx context.Context, account string, member client.Membership, err error) *client.RoleMapping {
	if !client.IsConflict(err) {
		return nil
	}
	mapping, ownerErr := s.client.RoleMappingOf(ctx, account, member)
	if ownerErr != nil {
		return nil // the refusal itself is told, in the server's words
	}
	return mapping
}
