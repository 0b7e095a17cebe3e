package client

import (
	"context"
	"strings"
)

// RoleOwner is what decides about a member's role.
type RoleOwner struct {
	Source      string // one of the RoleSource constants; "" where the server does not tell
	DirectoryID string // the directory that manages the membership, if any
	MappingID   string // the group role mapping that gives the role, if one does
	State       string // of the person in the directory, as DirectoryUser has it; "" where the server does not tell
	Gone        bool   // there is no such membership any more
}

// RoleOwnerOf finds out what decides about a user's role: one request for
// a member whom no directory manages, two or three for others. Where the server
// does not tell, or not this caller, the answer has no Source.
func (c *Client) RoleOwnerOf(ctx context.Context, accountID string, m Membership) (RoleOwner, error) {
	details, err := c.GetMembershipDetails(ctx, accountID, m.ID)
	switch {
	case IsNotFound(err):
		return RoleOwner{Gone: true}, nil
	case isUnknown(err):
		return RoleOwner{}, nil
	case err != nil:
		return RoleOwner{}, err
	case details.DirectoryID == nil:
		return RoleOwner{Source: RoleSourceManual}, nil
	}
	owner := RoleOwner{DirectoryID: *details.DirectoryID}
	if m.Email == nil {
		return owner, nil
	}
	email := scimQuote(*m.Email)
	for _, filter := range []string{"userName eq " + email, "emails.value eq " + email} {
		users, err := c.ListDirectoryUsers(ctx, accountID, owner.DirectoryID, DirectoryUserQuery{Filter: filter})
		switch {
		case IsDirectoryGone(err): // its people stay members, and nothing but people decides about their roles
			return RoleOwner{Source: RoleSourceManual}, nil
		case isUnknown(err):
			return owner, nil
		}
		if err != nil {
			return RoleOwner{}, err
		}
		for _, user := range users {
			if user.became(m) {
				return user.roleOwner(owner.DirectoryID), nil
			}
		}
	}
	return owner, nil
}

// RoleOwners is what decides about the roles of all members. The zero value is
// that of a server that does not tell.
type RoleOwners struct {
	told  bool
	owned map[string]RoleOwner // by the id of the membership, in lower case
}

// RoleOwners finds out what decides about everybody's role: a request for each
// thousand people of the directories that are named, which have to be all. Where
// the server does not tell, or not this caller, the zero value.
func (c *Client) RoleOwners(ctx context.Context, accountID string, directoryIDs []string) (RoleOwners, error) {
	owners := RoleOwners{told: true, owned: map[string]RoleOwner{}}
	for _, id := range directoryIDs {
		users, err := c.ListDirectoryUsers(ctx, accountID, id, DirectoryUserQuery{})
		switch {
		case IsDirectoryGone(err): // nothing but people decides about the roles of its people any more
			continue
		case isUnknown(err):
			return RoleOwners{}, nil
		case err != nil:
			return RoleOwners{}, err
		}
		for _, user := range users {
			if user.AccountMembershipID != nil {
				owners.owned[lowerASCII(*user.AccountMembershipID)] = user.roleOwner(id)
			}
		}
	}
	return owners, nil
}

// Told reports whether the server tells what decides about roles.
func (o RoleOwners) Told() bool { return o.told }

// Of returns what decides about a member's role; without a Source where the
// server does not tell.
func (o RoleOwners) Of(m Membership) RoleOwner {
	if !o.told {
		return RoleOwner{}
	}
	if owner, there := o.owned[lowerASCII(m.ID)]; there {
		return owner
	}
	return RoleOwner{Source: RoleSourceManual}
}

// RoleMapping is a group role mapping that gives a member the role.
type RoleMapping struct {
	DirectoryID string
	GroupRoleMapping
}

// RoleMappingOf finds the mapping that gives a user the role; nil for none, and
// where the server does not tell, or not this caller.
func (c *Client) RoleMappingOf(ctx context.Context, accountID string, m Membership) (*RoleMapping, error) {
	owner, err := c.RoleOwnerOf(ctx, accountID, m)
	if err != nil || owner.MappingID == "" {
		return nil, err
	}
	mapping, err := c.GetGroupRoleMapping(ctx, accountID, owner.DirectoryID, owner.MappingID)
	if isUnknown(err) { // it ended meanwhile
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &RoleMapping{owner.DirectoryID, *mapping}, nil
}

// isUnknown reports whether the server does not have what was asked for, or
// does not show it to this caller.
func isUnknown(err error) bool { return IsNotOffered(err) || IsNotFound(err) || IsForbidden(err) }

func (u DirectoryUser) became(m Membership) bool {
	return u.AccountMembershipID != nil && strings.EqualFold(*u.AccountMembershipID, m.ID)
}

// roleOwner reads who decides about the role of a user who became a member.
// Without a source it is the role that they had before the directory came.
func (u DirectoryUser) roleOwner(directoryID string) RoleOwner {
	owner := RoleOwner{Source: RoleSourceManual, DirectoryID: directoryID, State: u.State}
	if u.RoleSource != nil {
		owner.Source = *u.RoleSource
	}
	if u.MappingID != nil {
		owner.MappingID = *u.MappingID
	}
	return owner
}
