package account

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func userAccessRoutes() []router.Route {
	const path = inWorkspace + "/user_access"
	see, manage := router.ByWorkspace(store.SeeWorkspaceUsers), router.ByWorkspace(store.ManageWorkspaceUsers)
	return []router.Route{
		{Method: http.MethodPost, Path: path + "/", Access: manage, Handle: setUserAccess},
		{Method: http.MethodPost, Path: path + "/filter", Access: see, Handle: listUserAccess},
		{Method: http.MethodGet, Path: path + "/{id}", Access: see, Handle: readUserAccess},
		{Method: http.MethodDelete, Path: path + "/{id}", Access: manage, Handle: deleteUserAccess},
	}
}

// userAccessBody is WorkspaceUserAccessResponse.
type userAccessBody struct {
	ID              uuid.UUID `json:"id"`
	Created         time.Time `json:"created"`
	Updated         time.Time `json:"updated"`
	WorkspaceID     uuid.UUID `json:"workspace_id"`
	WorkspaceRoleID uuid.UUID `json:"workspace_role_id"`
	ActorID         uuid.UUID `json:"actor_id"`
	UserID          uuid.UUID `json:"user_id"`
	FirstName       string    `json:"first_name"`
	LastName        string    `json:"last_name"`
	Email           string    `json:"email"`
	Handle          string    `json:"handle"`
}

func toUserAccess(r *store.Reader, a store.ActorAccess) (userAccessBody, error) {
	user, err := r.User(a.Member.UserID)
	if err != nil {
		return userAccessBody{}, err
	}
	return userAccessBody{
		ID: a.ID, Created: a.Created, Updated: a.Updated, WorkspaceID: a.WorkspaceID, WorkspaceRoleID: a.RoleID,
		ActorID: a.ActorID, UserID: user.ID, FirstName: user.FirstName, LastName: user.LastName,
		Email: user.Email, Handle: user.Handle,
	}, nil
}

// setUserAccess is POST /api/accounts/{account_id}/workspaces/{workspace_id}/user_access/.
func setUserAccess(c *router.Call) (*router.Answer, error) {
	return setAccess(c, "user_id", (*store.Tx).SetUserAccess, userAccess)
}

func userAccess(r *store.Reader, workspace, id uuid.UUID) (userAccessBody, error) {
	a, err := r.UserAccess(workspace, id)
	if err != nil {
		return userAccessBody{}, err
	}
	return toUserAccess(r, a)
}

// listUserAccess is POST /api/accounts/{account_id}/workspaces/{workspace_id}/user_access/filter.
func listUserAccess(c *router.Call) (*router.Answer, error) {
	type listing struct {
		page
		query store.UserAccessQuery
		sort  *store.MemberSort
	}
	body, err := router.OptionalBody(c, input.Lenient(func(f *input.Fields) listing {
		out := listing{page: readPage(f), sort: input.Optional(f, "sort", input.Enum(store.UserAccessSorts()...))}
		out.query.ActorAccessFilter = filterPart(f, "workspace_accesses", readActorAccessFilter)
		out.query.Users = filterPart(f, "users", readUserFilter)
		return out
	}))
	if err != nil {
		return nil, err
	}
	var rows []userAccessBody
	err = c.View(func(r *store.Reader) error {
		var failed error
		rows = cut(r.ListUserAccess(c.Workspace, body.query, sortOr(body.sort)), body.page, func(a store.ActorAccess) userAccessBody {
			row, err := toUserAccess(r, a)
			if err != nil {
				failed = err
			}
			return row
		})
		return failed
	})
	return router.OK(rows), err
}

// sortOr is the order that is asked for, else that of creation.
func sortOr(sort *store.MemberSort) store.MemberSort {
	if sort == nil {
		return store.CreatedAsc
	}
	return *sort
}

// readUserAccess is GET /api/accounts/{account_id}/workspaces/{workspace_id}/user_access/{id}.
func readUserAccess(c *router.Call) (*router.Answer, error) { return readAccess(c, userAccess) }

// deleteUserAccess is DELETE /api/accounts/{account_id}/workspaces/{workspace_id}/user_access/{id}.
func deleteUserAccess(c *router.Call) (*router.Answer, error) {
	return deleteAccess(c, (*store.Tx).RemoveUserAccess)
}
