package client

import (
	"context"
	"iter"
	"net/http"
	"slices"
	"strings"
)

// featureTeams is the account feature that the team routes need.
const featureTeams = "teams"

// Team is a group of an account's members: people and service accounts.
type Team struct {
	ID               string          `json:"id"`
	Name             string          `json:"name"`
	Description      *string         `json:"description"`
	DirectoryGroupID *string         `json:"workos_directory_group_id"` // the group that it is made of, if any
	Members          []TeamMember    `json:"memberships"`
	Workspaces       []TeamWorkspace `json:"workspaces"`
}

// TeamMember is a member of a team.
type TeamMember struct {
	ActorID string  `json:"id"`
	Handle  string  `json:"handle"`
	Name    string  `json:"name"`
	Email   *string `json:"email"` // null for service accounts
}

// TeamWorkspace is a workspace that a team gets into, and as what.
type TeamWorkspace struct {
	WorkspaceID string `json:"workspace_id"`
	Handle      string `json:"workspace_handle"`
	RoleID      string `json:"workspace_role_id"`
	RoleName    string `json:"workspace_role_name"`
}

// TeamQuery says which teams are wanted; all its criteria must hold. An empty
// criterion does not count.
type TeamQuery struct {
	IDs          []string
	Names        []string // exact
	DirectoryIDs []string // made of groups of these directories
	MemberIDs    []string // actors in the team
}

type teamsBody struct {
	page
	Teams *teamFilterBody `json:"teams,omitempty"`
	Sort  string          `json:"sort"`
}

type teamFilterBody struct {
	ID          *anyOrLike `json:"id,omitempty"`
	Name        *anyOrLike `json:"name,omitempty"`
	DirectoryID *anyOrLike `json:"directory_id,omitempty"`
	MemberID    *anyOrLike `json:"member_id,omitempty"`
}

// ListTeams reads every team that matches, oldest first.
//
// POST /api/accounts/{account_id}/teams/filter
func (c *Client) ListTeams(ctx context.Context, accountID string, q TeamQuery) ([]Team, error) {
	return readPages(ctx, "teams", 0, teamID, c.teamPages(accountID, q))
}

// EachTeam is ListTeams, one team after the other: who stops early leaves the
// pages that are left unread. An error is the last thing that it gives.
//
// POST /api/accounts/{account_id}/teams/filter
func (c *Client) EachTeam(ctx context.Context, accountID string, q TeamQuery) iter.Seq2[Team, error] {
	return eachRow(ctx, "teams", 0, teamID, c.teamPages(accountID, q))
}

func teamID(t Team) string { return t.ID }

func (c *Client) teamPages(accountID string, q TeamQuery) func(context.Context, page) ([]Team, error) {
	filter := &teamFilterBody{criterion(q.IDs, ""), criterion(q.Names, ""), criterion(q.DirectoryIDs, ""), criterion(q.MemberIDs, "")}
	return func(ctx context.Context, p page) ([]Team, error) {
		rows, err := do[[]Team](ctx, c, call{
			method: http.MethodPost, reads: true, path: []string{"accounts", accountID, "teams", "filter"},
			body: teamsBody{page: p, Teams: filter, Sort: oldestFirst}, feature: featureTeams, absent: thingOrAccount,
		})
		c.progress.Done("teams", len(rows))
		return rows, err
	}
}

// TeamAccess is what a team may do in a workspace.
type TeamAccess struct {
	ID     string `json:"id"`
	TeamID string `json:"team_id"`
	RoleID string `json:"workspace_role_id"`
}

// ListTeamAccess reads which teams get into a workspace.
//
// POST /api/accounts/{account_id}/workspaces/{workspace_id}/team_access/filter
func (c *Client) ListTeamAccess(ctx context.Context, accountID, workspaceID string) ([]TeamAccess, error) {
	return readPages(ctx, "teams of a workspace", 0, func(a TeamAccess) string { return a.ID },
		func(ctx context.Context, p page) ([]TeamAccess, error) {
			return do[[]TeamAccess](ctx, c, call{
				method: http.MethodPost, reads: true, path: teamAccessPath(accountID, workspaceID, "filter"), body: p,
				feature: featureTeams, absent: thingOrAccount,
			})
		})
}

// SetTeamAccess gives a team a role in a workspace, instead of the one that it
// has there, if any. Other teams keep theirs. Where no answer tells whether that
// took effect, it looks once more.
//
// PUT /api/accounts/{account_id}/workspaces/{workspace_id}/team_access/
func (c *Client) SetTeamAccess(ctx context.Context, accountID, workspaceID, teamID, roleID string) (TeamAccess, error) {
	type grant struct {
		TeamID string `json:"team_id"`
		RoleID string `json:"workspace_role_id"`
	}
	of := func(rows []TeamAccess) int {
		return slices.IndexFunc(rows, func(a TeamAccess) bool { return strings.EqualFold(a.TeamID, teamID) })
	}
	var left doubt
	r := call{method: http.MethodPut, path: teamAccessPath(accountID, workspaceID, "/"), body: []grant{{teamID, roleID}}, feature: featureTeams, doubt: &left}
	rows, err := do[[]TeamAccess](ctx, c, r)
	if err != nil && isUncertain(err, left) {
		look, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookUpTimeout)
		defer cancel()
		now, lookErr := c.ListTeamAccess(look, accountID, workspaceID)
		if i := of(now); i >= 0 && strings.EqualFold(now[i].RoleID, roleID) {
			return now[i], nil
		}
		if lookErr != nil || left.underway {
			err = &UncertainWriteError{Err: err}
		}
	}
	if err != nil {
		return TeamAccess{}, err
	}
	at := of(rows)
	if at < 0 {
		return TeamAccess{}, c.unexpected(r, http.StatusOK, http.Header{}, "", "the team that was named is not in it", nil)
	}
	return rows[at], nil
}

// RemoveTeamAccess takes a team out of a workspace; one that is not in it, and a
// workspace that is gone, are success.
//
// DELETE /api/accounts/{account_id}/workspaces/{workspace_id}/team_access/{team_id}
func (c *Client) RemoveTeamAccess(ctx context.Context, accountID, workspaceID, teamID string) error {
	_, err := c.send(ctx, call{method: http.MethodDelete, path: teamAccessPath(accountID, workspaceID, teamID), absent: goneIsSuccess})
	return err
}

func teamAccessPath(accountID, workspaceID string, more ...string) []string {
	return append([]string{"accounts", accountID, "workspaces", workspaceID, "team_access"}, more...)
}
