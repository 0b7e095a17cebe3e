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

// grant is WorkspaceUserAccessCreate or WorkspaceTeamAccessCreate: whom to let in
// and as what.
type grant struct{ holder, role uuid.UUID }

func readGrant(holder string) input.Decoder[grant] {
	return input.Strict(func(f *input.Fields) grant {
		return grant{
			holder: input.Required(f, holder, input.UUID),
			role:   input.Required(f, "workspace_role_id", input.UUID),
		}
	})
}

// setUserAccess is POST /api/accounts/{account_id}/workspaces/{workspace_id}/user_access/:
// one or a list, and the answer has the same form.
func setUserAccess(c *router.Call) (*router.Answer, error) {
	type sent struct {
		grants []grant
		listed bool
	}
	body, err := router.Body(c, func(v input.Value) sent {
		return sent{grants: input.OneOrMore(readGrant("user_id"))(v), listed: input.IsList(v)}
	})
	if err != nil {
		return nil, err
	}
	rows := []userAccessBody{}
	err = c.Update(func(tx *store.Tx) error {
		set := func(g grant) error {
			a, err := tx.SetUserAccess(c.Account, c.Workspace, g.holder, g.role)
			if err != nil {
				return err
			}
			row, err := userAccess(&tx.Reader, c.Workspace, a.ID)
			rows = append(rows, row)
			return err
		}
		if !body.listed {
			return set(body.grants[0])
		}
		return each(body.grants, nil, set)
	})
	if err != nil || body.listed {
		return router.OK(rows), err
	}
	return router.OK(rows[0]), nil
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

// readActorAccessFilter reads WorkspaceActorAccessFilter.
func readActorAccessFilter(f *input.Fields) store.ActorAccessFilter {
	return store.ActorAccessFilter{
		RoleIDs: filterPart(f, "workspace_role_id", anyID), ActorIDs: filterPart(f, "actor_id", anyID),
	}
}

// sortOr is the order that is asked for, else that of creation.
func sortOr(sort *store.MemberSort) store.MemberSort {
	if sort == nil {
		return store.CreatedAsc
	}
	return *sort
}

// readUserAccess is GET /api/accounts/{account_id}/workspaces/{workspace_id}/user_access/{id}.
func readUserAccess(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, err
	}
	var out userAccessBody
	err = c.View(func(r *store.Reader) error {
		out, err = userAccess(r, c.Workspace, id)
		return err
	})
	return router.OK(out), err
}

// deleteUserAccess is DELETE /api/accounts/{account_id}/workspaces/{workspace_id}/user_access/{id}.
func deleteUserAccess(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error { return tx.RemoveUserAccess(c.Workspace, id) }))
}
