package account

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func teamRoutes() []router.Route {
	const path = root + "/teams"
	may := func(p store.Permission) router.Access { return router.ByMembers(p).With(store.FeatureTeams) }
	return []router.Route{
		{Method: http.MethodPost, Path: path + "/", Access: may(store.CreateTeam), Handle: setTeam},
		{Method: http.MethodPost, Path: path + "/filter", Access: may(store.ReadTeam), Handle: listTeams},
		{Method: http.MethodGet, Path: path + "/{id}", Access: may(store.ReadTeam), Handle: readTeam},
		{Method: http.MethodPut, Path: path + "/{id}", Access: may(store.UpdateTeam), Handle: updateTeam},
		{Method: http.MethodDelete, Path: path + "/{id}", Access: may(store.DeleteTeam), Handle: deleteOne("id", (*store.Tx).DeleteTeam)},
		{Method: http.MethodPut, Path: path + "/{id}/members", Access: may(store.UpdateTeam), Handle: addTeamMembers},
		{Method: http.MethodDelete, Path: path + "/{team_id}/members/{actor_id}", Access: may(store.UpdateTeam), Handle: removeTeamMember},
	}
}

// teamBody is TeamResponse.
type teamBody struct {
	ID                     uuid.UUID           `json:"id"`
	Created                time.Time           `json:"created"`
	Updated                time.Time           `json:"updated"`
	AccountID              uuid.UUID           `json:"account_id"`
	Name                   string              `json:"name"`
	Description            *string             `json:"description"`
	WorkOSDirectoryGroupID *string             `json:"workos_directory_group_id"`
	Memberships            []teamMemberBody    `json:"memberships"`
	Workspaces             []teamWorkspaceBody `json:"workspaces"`
}

// memberType is what a team's member is.
type memberType string

const (
	userMember           memberType = "user"
	serviceAccountMember memberType = "service_account"
)

// teamMemberBody is TeamMemberResponse; its id is the actor's.
type teamMemberBody struct {
	ID     uuid.UUID  `json:"id"`
	Handle string     `json:"handle"`
	Name   string     `json:"name"`
	Email  *string    `json:"email"`
	Type   memberType `json:"type"`
}

// teamWorkspaceBody is TeamWorkspaceAccess.
type teamWorkspaceBody struct {
	WorkspaceID       uuid.UUID `json:"workspace_id"`
	WorkspaceHandle   string    `json:"workspace_handle"`
	WorkspaceRoleID   uuid.UUID `json:"workspace_role_id"`
	WorkspaceRoleName string    `json:"workspace_role_name"`
}

func toTeam(r *store.Reader, t *store.Team) (teamBody, error) {
	out := teamBody{
		ID: t.ID, Created: t.Created, Updated: t.Updated, AccountID: t.AccountID, Name: t.Name,
		Description: t.Description, WorkOSDirectoryGroupID: orNull(t.DirectoryGroupID),
		Memberships: []teamMemberBody{}, Workspaces: []teamWorkspaceBody{},
	}
	for _, m := range r.TeamMembers(t) {
		member, err := toTeamMember(r, m)
		if err != nil {
			return teamBody{}, err
		}
		out.Memberships = append(out.Memberships, member)
	}
	for _, a := range r.TeamAccess(t) {
		w, err := r.Workspace(t.AccountID, a.WorkspaceID)
		if err != nil {
			return teamBody{}, err
		}
		role, err := r.WorkspaceRole(t.AccountID, a.RoleID)
		if err != nil {
			return teamBody{}, err
		}
		out.Workspaces = append(out.Workspaces, teamWorkspaceBody{
			WorkspaceID: w.ID, WorkspaceHandle: w.Handle, WorkspaceRoleID: role.ID, WorkspaceRoleName: role.Name,
		})
	}
	return out, nil
}

func toTeamMember(r *store.Reader, m *store.Membership) (teamMemberBody, error) {
	if !m.IsUser() {
		name := r.MemberName(m) // stands for the handle, too, as in memberships
		return teamMemberBody{ID: m.ActorID, Handle: name, Name: name, Type: serviceAccountMember}, nil
	}
	user, err := r.User(m.UserID)
	if err != nil {
		return teamMemberBody{}, err
	}
	return teamMemberBody{
		ID: m.ActorID, Handle: user.Handle, Name: strings.TrimSpace(user.FirstName + " " + user.LastName),
		Email: &user.Email, Type: userMember,
	}, nil
}

// setTeam is POST /api/accounts/{account_id}/teams/: a team of a name that exists is
// updated.
func setTeam(c *router.Call) (*router.Answer, error) {
	type sent struct {
		name        string
		description store.Nullable[string]
	}
	wanted, err := router.Body(c, input.Strict(func(f *input.Fields) sent {
		return sent{
			name:        input.Required(f, "name", input.StringUpTo(5000)),
			description: input.Nullable(f, "description", input.StringUpTo(5000)),
		}
	}))
	if err != nil {
		return nil, err
	}
	var out teamBody
	err = c.Update(func(tx *store.Tx) error {
		t, err := tx.SetTeam(c.Account, wanted.name, wanted.description)
		if err != nil {
			return err
		}
		out, err = toTeam(&tx.Reader, t)
		return err
	})
	return router.Created(out), err
}

// listTeams is POST /api/accounts/{account_id}/teams/filter.
func listTeams(c *router.Call) (*router.Answer, error) {
	type listing struct {
		page
		query store.TeamQuery
		sort  *store.MemberSort
	}
	body, err := router.OptionalBody(c, input.Lenient(func(f *input.Fields) listing {
		out := listing{page: readPage(f), sort: input.Optional(f, "sort", input.Enum(store.TeamSorts()...))}
		out.query = filterPart(f, "teams", readTeamFilter)
		out.query.Users = filterOf(f, "users", readUserFilter)
		out.query.Bots = filterOf(f, "bots", readBotFilter)
		return out
	}))
	if err != nil {
		return nil, err
	}
	var rows []teamBody
	err = c.View(func(r *store.Reader) error {
		var failed error
		rows = cut(r.ListTeams(c.Account, body.query, sortOr(body.sort)), body.page, func(t *store.Team) teamBody {
			row, err := toTeam(r, t)
			if err != nil {
				failed = err
			}
			return row
		})
		return failed
	})
	return router.OK(rows), err
}

// readTeamFilter reads TeamFilter.
func readTeamFilter(f *input.Fields) store.TeamQuery {
	var out store.TeamQuery
	texts := func(f *input.Fields) []string { return anyOf(f, input.String) }
	out.IDs = filterPart(f, "id", anyID)
	out.Names = filterPart(f, "name", func(f *input.Fields) []string {
		out.NameLike = like(f)
		return texts(f)
	})
	out.DirectoryIDs = filterPart(f, "directory_id", texts)
	out.WorkspaceIDs = filterPart(f, "workspace_id", anyID)
	out.WorkspaceRoleIDs = filterPart(f, "workspace_role_id", anyID)
	out.ActorIDs = filterPart(f, "member_id", anyID)
	return out
}

// readTeam is GET /api/accounts/{account_id}/teams/{id}.
func readTeam(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, err
	}
	var out teamBody
	err = c.View(func(r *store.Reader) error {
		t, err := r.Team(c.Account, id)
		if err != nil {
			return err
		}
		out, err = toTeam(r, t)
		return err
	})
	return router.OK(out), err
}

// updateTeam is PUT /api/accounts/{account_id}/teams/{id}. What is left out stays
// as it is.
func updateTeam(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, err
	}
	text := input.StringUpTo(5000)
	change, err := router.Body(c, input.Strict(func(f *input.Fields) store.TeamChange {
		return store.TeamChange{
			Name:             input.Required(f, "name", text),
			Description:      input.Nullable(f, "description", text),
			DirectoryGroupID: input.Nullable(f, "workos_directory_group_id", text),
		}
	}))
	if err != nil {
		return nil, err
	}
	return changedTeam(c, id, func(tx *store.Tx) error { return tx.UpdateTeam(c.Account, id, change) })
}

// changedTeam answers with a team as a change leaves it.
func changedTeam(c *router.Call, id uuid.UUID, change func(*store.Tx) error) (*router.Answer, error) {
	var out teamBody
	err := c.Update(func(tx *store.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		t, err := tx.Team(c.Account, id)
		if err != nil {
			return err
		}
		out, err = toTeam(&tx.Reader, t)
		return err
	})
	return router.OK(out), err
}

// addTeamMembers is PUT /api/accounts/{account_id}/teams/{id}/members. An actor who is
// not named stays.
func addTeamMembers(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, err
	}
	members, err := router.Body(c, input.Lenient(func(f *input.Fields) []store.NewTeamMember {
		return input.Required(f, "members", input.List(input.Strict(readNewTeamMember)))
	}))
	if err != nil {
		return nil, err
	}
	return changedTeam(c, id, func(tx *store.Tx) error {
		if _, err := tx.Team(c.Account, id); err != nil {
			return err
		}
		return each(members, []any{"members"}, func(m store.NewTeamMember) error {
			return tx.AddTeamMember(c.Account, id, m)
		})
	})
}

// readNewTeamMember reads TeamMembershipCreate.
func readNewTeamMember(f *input.Fields) store.NewTeamMember {
	id := input.Required(f, "member_id", input.UUID)
	if input.Required(f, "member_type", input.Enum(userMember, serviceAccountMember)) == userMember {
		return store.NewTeamMember{UserID: id}
	}
	return store.NewTeamMember{BotID: id}
}

// removeTeamMember is DELETE /api/accounts/{account_id}/teams/{team_id}/members/{actor_id}.
func removeTeamMember(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("team_id")
	if err != nil {
		return nil, err
	}
	actor, err := c.ID("actor_id")
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error { return tx.RemoveTeamMember(c.Account, id, actor) }))
}
