package account

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Invitations to a workspace are answered by the same routes as those to an account.
func workspaceInvitationRoutes() []router.Route {
	const path = inWorkspace + "/invitations"
	may := func(p store.Permission) router.Access { return router.ByMembers(p).InWorkspace() }
	read := may(store.ReadWorkspaceInvitation)
	return []router.Route{
		{Method: http.MethodPost, Path: path + "/", Access: may(store.CreateWorkspaceInvitation), Handle: createWorkspaceInvitation},
		{Method: http.MethodGet, Path: path + "/{id}", Access: read, Handle: readWorkspaceInvitation},
		{Method: http.MethodPost, Path: path + "/filter", Access: read, Handle: listWorkspaceInvitations},
		{Method: http.MethodPost, Path: path + "/{id}/revoke", Access: may(store.UpdateWorkspaceInvitation), Handle: revokeWorkspaceInvitation},
	}
}

// workspaceInvitationBody is WorkspaceInvitationReadResponse.
type workspaceInvitationBody struct {
	invitationBody
	WorkspaceID     uuid.UUID `json:"workspace_id"`
	WorkspaceRoleID uuid.UUID `json:"workspace_role_id"`
}

func toWorkspaceInvitation(i *store.Invitation) workspaceInvitationBody {
	return workspaceInvitationBody{invitationBody: toInvitation(i), WorkspaceID: i.WorkspaceID, WorkspaceRoleID: i.WorkspaceRoleID}
}

// createWorkspaceInvitation is POST /api/accounts/{account_id}/workspaces/{workspace_id}/invitations/.
func createWorkspaceInvitation(c *router.Call) (*router.Answer, error) {
	email, err := router.Body(c, input.Strict(func(f *input.Fields) string {
		return input.Required(f, "email", input.Email)
	}))
	if err != nil {
		return nil, err
	}
	var out workspaceInvitationBody
	err = c.Update(func(tx *store.Tx) error {
		i, err := tx.InviteToWorkspace(c.Account, c.Workspace, email)
		if err != nil {
			return err
		}
		out = toWorkspaceInvitation(i)
		return nil
	})
	return router.Created(out), err
}

// readWorkspaceInvitation is GET /api/accounts/{account_id}/workspaces/{workspace_id}/invitations/{id}.
func readWorkspaceInvitation(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, err
	}
	var out workspaceInvitationBody
	err = c.View(func(r *store.Reader) error {
		i, err := r.WorkspaceInvitation(c.Account, c.Workspace, id)
		if err != nil {
			return err
		}
		out = toWorkspaceInvitation(i)
		return nil
	})
	return router.OK(out), err
}

// listWorkspaceInvitations is POST /api/accounts/{account_id}/workspaces/{workspace_id}/invitations/filter.
func listWorkspaceInvitations(c *router.Call) (*router.Answer, error) {
	body, err := router.OptionalBody(c, input.Lenient(readInvitationListing("workspace_invitations")))
	if err != nil {
		return nil, err
	}
	var out []workspaceInvitationBody
	err = c.View(func(r *store.Reader) error {
		rows := body.filter.wanted(r.WorkspaceInvitations(c.Account, c.Workspace))
		out = cut(rows, body.page, toWorkspaceInvitation)
		return nil
	})
	return router.OK(out), err
}

// revokeWorkspaceInvitation is POST /api/accounts/{account_id}/workspaces/{workspace_id}/invitations/{id}/revoke.
func revokeWorkspaceInvitation(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error {
		return tx.RevokeWorkspaceInvitation(c.Account, c.Workspace, id)
	}))
}
