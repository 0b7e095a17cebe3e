package account

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func teamAccessRoutes() []router.Route {
	const path = inWorkspace + "/team_access"
	manage := router.ByWorkspace(store.ManageWorkspaceTeams).With(store.FeatureTeams)
	return []router.Route{
		{Method: http.MethodPut, Path: path + "/", Access: manage, Handle: setTeamAccess},
		{Method: http.MethodPost, Path: path + "/filter", Access: manage, Handle: listTeamAccess},
		{Method: http.MethodDelete, Path: path + "/{team_id}", Access: manage, Handle: deleteTeamAccess},
	}
}

// teamAccessBody is WorkspaceTeamAccess.
type teamAccessBody struct {
	ID              uuid.UUID `json:"id"`
	Created         time.Time `json:"created"`
	Updated         time.Time `json:"updated"`
	TeamID          uuid.UUID `json:"team_id"`
	WorkspaceID     uuid.UUID `json:"workspace_id"`
	WorkspaceRoleID uuid.UUID `json:"workspace_role_id"`
}

// teamAccessRow is WorkspaceTeamAccessResponse: one row of a listing.
type teamAccessRow struct {
	teamAccessBody
	TeamName string `json:"team_name"`
}

func toTeamAccess(a *store.WorkspaceAccess) teamAccessBody {
	return teamAccessBody{
		ID: a.ID, Created: a.Created, Updated: a.Updated, TeamID: a.TeamID,
		WorkspaceID: a.WorkspaceID, WorkspaceRoleID: a.RoleID,
	}
}

// setTeamAccess is PUT /api/accounts/{account_id}/workspaces/{workspace_id}/team_access/.
// Teams that are not named keep what they have.
func setTeamAccess(c *router.Call) (*router.Answer, error) {
	grants, err := router.Body(c, input.List(readGrant("team_id")))
	if err != nil {
		return nil, err
	}
	rows := []teamAccessBody{}
	err = c.Update(func(tx *store.Tx) error {
		return each(grants, nil, func(g grant) error {
			a, err := tx.SetTeamAccess(c.Account, c.Workspace, g.holder, g.role)
			if err != nil {
				return err
			}
			rows = append(rows, toTeamAccess(a))
			return nil
		})
	})
	return router.OK(rows), err
}

// listTeamAccess is POST /api/accounts/{account_id}/workspaces/{workspace_id}/team_access/filter.
func listTeamAccess(c *router.Call) (*router.Answer, error) {
	part, err := router.OptionalBody(c, input.Lenient(readPage))
	if err != nil {
		return nil, err
	}
	var rows []teamAccessRow
	err = c.View(func(r *store.Reader) error {
		var failed error
		rows = cut(r.WorkspaceTeams(c.Workspace), part, func(a *store.WorkspaceAccess) teamAccessRow {
			t, err := r.Team(c.Account, a.TeamID)
			if err != nil {
				failed = err
				return teamAccessRow{}
			}
			return teamAccessRow{teamAccessBody: toTeamAccess(a), TeamName: t.Name}
		})
		return failed
	})
	return router.OK(rows), err
}

// deleteTeamAccess is DELETE /api/accounts/{account_id}/workspaces/{workspace_id}/team_access/{team_id}.
func deleteTeamAccess(c *router.Call) (*router.Answer, error) {
	team, err := c.ID("team_id")
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error { return tx.RemoveTeamAccess(c.Workspace, team) }))
}
