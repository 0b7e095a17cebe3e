package provider

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/poll"
)

// What is written of a team: how to find it, and what to say where it is not there.

// groupIDPrefix begins the ids of directory groups.
const groupIDPrefix = "directory_group_"

// teamRef names a team in one of three ways.
type teamRef struct {
	ID             types.String `tfsdk:"id"`
	Name           types.String `tfsdk:"name"`
	DirectoryGroup types.String `tfsdk:"directory_group"`
}

// known reports whether the way that is used has a value.
func (t *teamRef) known() bool {
	return t != nil && (known(t.ID) || known(t.Name) || known(t.DirectoryGroup))
}

// at returns the attribute that names the team, below root.
func (t *teamRef) at(root path.Path) path.Path {
	switch {
	case known(t.ID):
		return root.AtName("id")
	case known(t.Name):
		return root.AtName("name")
	default:
		return root.AtName("directory_group")
	}
}

// equal reports whether two are written alike.
func (t *teamRef) equal(o *teamRef) bool {
	return t != nil && o != nil && t.ID.Equal(o.ID) && t.Name.Equal(o.Name) && t.DirectoryGroup.Equal(o.DirectoryGroup)
}

// text returns what the team is written as.
func (t *teamRef) text() string {
	return cmp.Or(t.ID.ValueString(), t.Name.ValueString(), t.DirectoryGroup.ValueString())
}

// teamFromText returns a team as an import id names it: by id, by a directory group's id, or by name.
func teamFromText(text string) *teamRef {
	none := types.StringNull()
	switch {
	case uuid.Validate(text) == nil:
		return &teamRef{types.StringValue(text), none, none}
	case strings.HasPrefix(text, groupIDPrefix):
		return &teamRef{none, none, types.StringValue(text)}
	default:
		return &teamRef{none, types.StringValue(text), none}
	}
}

// noTeamError says that the account has no such team.
type noTeamError struct {
	accountID string
	ref       teamRef
	waited    time.Duration
	existing  []string // names of teams that could have been meant
}

// Error implements error.
func (e *noTeamError) Error() string {
	waited := ""
	if e.waited > 0 {
		waited = fmt.Sprintf(" within %s (`timeouts.create`)", e.waited)
	}
	among := "it has no such team at all"
	if len(e.existing) > 0 {
		among = "it has " + english.Some(e.existing)
	}
	if known(e.ref.DirectoryGroup) {
		return fmt.Sprintf("no team of the directory group %q arrived in account %s%s; %s. Directory sync makes a team of a group when the identity provider pushes it: assign the group there, or wait for it with `timeouts = { create = \"10m\" }`.", e.ref.DirectoryGroup.ValueString(), e.accountID, waited, among)
	}
	return fmt.Sprintf("account %s has no team %q%s; %s. A team is named exactly as it is written there, or by its id.", e.accountID, cmp.Or(e.ref.ID.ValueString(), e.ref.Name.ValueString()), waited, among)
}

// findTeam looks the team up and, where it is not there yet, looks again until the time is over. None is a *noTeamError.
func (p *providerData) findTeam(ctx context.Context, accountID string, ref *teamRef, wait time.Duration) (team client.Team, err error) {
	there, err := poll.Until(ctx, poll.DefaultPace, wait, func() (there bool, err error) {
		team, there, err = p.lookUpTeam(ctx, accountID, ref)
		return there, err
	})
	if there || err != nil {
		return team, err
	}
	all, err := p.client.ListTeams(ctx, accountID, client.TeamQuery{})
	if err != nil {
		return client.Team{}, err
	}
	absent := &noTeamError{accountID: accountID, ref: *ref, waited: wait}
	for _, team := range all {
		if !known(ref.DirectoryGroup) || team.DirectoryGroupID != nil {
			absent.existing = append(absent.existing, team.Name)
		}
	}
	return client.Team{}, absent
}

func (p *providerData) lookUpTeam(ctx context.Context, accountID string, ref *teamRef) (team client.Team, there bool, err error) {
	var query client.TeamQuery
	group := ref.DirectoryGroup.ValueString()
	byGroupID := strings.HasPrefix(group, groupIDPrefix)
	switch {
	case known(ref.ID):
		query.IDs = []string{ref.ID.ValueString()}
	case known(ref.Name):
		query.Names = []string{ref.Name.ValueString()}
	case !byGroupID: // directory sync gives a group's team the group's name; the API does not filter by a group's id
		query.Names = []string{group}
	}
	teams, err := p.client.ListTeams(ctx, accountID, query)
	for _, team := range teams {
		if group == "" || team.DirectoryGroupID != nil && (!byGroupID || *team.DirectoryGroupID == group) {
			return team, true, nil
		}
	}
	return client.Team{}, false, err
}
