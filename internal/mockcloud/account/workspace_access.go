package account

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func workspaceAccessRoutes() []router.Route {
	return []router.Route{{
		Method: http.MethodGet, Path: inWorkspace + "/access/",
		Access: router.ByWorkspace(store.SeeWorkspaceUsers, store.SeeWorkspaceBots), Handle: listWorkspaceMembers,
	}}
}

// workspaceMemberBody is ObjectActorAccess; its id is the actor's.
type workspaceMemberBody struct {
	ID    uuid.UUID  `json:"id"`
	Name  string     `json:"name"`
	Email *string    `json:"email"`
	Type  memberType `json:"type"`
}

// listWorkspaceMembers is GET /api/accounts/{account_id}/workspaces/{workspace_id}/access/:
// everybody who has access, each once, however they have it.
func listWorkspaceMembers(c *router.Call) (*router.Answer, error) {
	rows := []workspaceMemberBody{}
	err := c.View(func(r *store.Reader) error {
		w, err := r.Workspace(c.Account, c.Workspace)
		if err != nil {
			return err
		}
		for _, m := range r.WorkspaceMembers(w) {
			member, err := toTeamMember(r, m)
			if err != nil {
				return err
			}
			rows = append(rows, workspaceMemberBody{ID: member.ID, Name: member.Name, Email: member.Email, Type: member.Type})
		}
		return nil
	})
	return router.OK(rows), err
}

// grant is WorkspaceUserAccessCreate, WorkspaceBotAccessCreate or
// WorkspaceTeamAccessCreate: whom to let in and as what.
type grant struct{ holder, role uuid.UUID }

func readGrant(holder string) input.Decoder[grant] {
	return input.Strict(func(f *input.Fields) grant {
		return grant{
			holder: input.Required(f, holder, input.UUID),
			role:   input.Required(f, "workspace_role_id", input.UUID),
		}
	})
}

// readActorAccessFilter reads WorkspaceActorAccessFilter.
func readActorAccessFilter(f *input.Fields) store.ActorAccessFilter {
	return store.ActorAccessFilter{
		RoleIDs: filterPart(f, "workspace_role_id", anyID), ActorIDs: filterPart(f, "actor_id", anyID),
	}
}

// setAccess lets in whom a body names, one or a list; the answer has the same form.
func setAccess[W any](
	c *router.Call, holder string,
	set func(tx *store.Tx, account, workspace, holder, role uuid.UUID) (*store.WorkspaceAccess, error),
	read func(r *store.Reader, workspace, id uuid.UUID) (W, error),
) (*router.Answer, error) {
	type sent struct {
		grants []grant
		listed bool
	}
	body, err := router.Body(c, func(v input.Value) sent {
		return sent{grants: input.OneOrMore(readGrant(holder))(v), listed: input.IsList(v)}
	})
	if err != nil {
		return nil, err
	}
	rows := []W{}
	err = c.Update(func(tx *store.Tx) error {
		one := func(g grant) error {
			a, err := set(tx, c.Account, c.Workspace, g.holder, g.role)
			if err != nil {
				return err
			}
			row, err := read(&tx.Reader, c.Workspace, a.ID)
			rows = append(rows, row)
			return err
		}
		if !body.listed {
			return one(body.grants[0])
		}
		return each(body.grants, nil, one)
	})
	if err != nil || body.listed {
		return router.OK(rows), err
	}
	return router.OK(rows[0]), nil
}

// readAccess answers with the access to a workspace that the path's id names.
func readAccess[W any](c *router.Call, read func(r *store.Reader, workspace, id uuid.UUID) (W, error)) (*router.Answer, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, err
	}
	var out W
	err = c.View(func(r *store.Reader) error {
		out, err = read(r, c.Workspace, id)
		return err
	})
	return router.OK(out), err
}

// deleteAccess takes away the access that the path's id names.
func deleteAccess(c *router.Call, remove func(tx *store.Tx, workspace, id uuid.UUID) error) (*router.Answer, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error { return remove(tx, c.Workspace, id) }))
}
