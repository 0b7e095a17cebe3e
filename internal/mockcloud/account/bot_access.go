package account

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func botAccessRoutes() []router.Route {
	const path = inWorkspace + "/bot_access"
	see, manage := router.ByWorkspace(store.SeeWorkspaceBots), router.ByWorkspace(store.ManageWorkspaceBots)
	return []router.Route{
		{Method: http.MethodPost, Path: path + "/", Access: manage, Handle: setBotAccess},
		{Method: http.MethodPost, Path: path + "/filter", Access: see, Handle: listBotAccess},
		{Method: http.MethodGet, Path: path + "/{id}", Access: see, Handle: readBotAccess},
		{Method: http.MethodDelete, Path: path + "/{id}", Access: manage, Handle: deleteBotAccess},
	}
}

// botAccessBody is WorkspaceBotAccessResponse.
type botAccessBody struct {
	ID              uuid.UUID `json:"id"`
	Created         time.Time `json:"created"`
	Updated         time.Time `json:"updated"`
	WorkspaceID     uuid.UUID `json:"workspace_id"`
	WorkspaceRoleID uuid.UUID `json:"workspace_role_id"`
	ActorID         uuid.UUID `json:"actor_id"`
	BotID           uuid.UUID `json:"bot_id"`
	BotName         string    `json:"bot_name"`
}

func toBotAccess(r *store.Reader, a store.ActorAccess) botAccessBody {
	return botAccessBody{
		ID: a.ID, Created: a.Created, Updated: a.Updated, WorkspaceID: a.WorkspaceID, WorkspaceRoleID: a.RoleID,
		ActorID: a.ActorID, BotID: a.Member.BotID, BotName: r.MemberName(a.Member),
	}
}

func botAccess(r *store.Reader, workspace, id uuid.UUID) (botAccessBody, error) {
	a, err := r.BotAccess(workspace, id)
	if err != nil {
		return botAccessBody{}, err
	}
	return toBotAccess(r, a), nil
}

// setBotAccess is POST /api/accounts/{account_id}/workspaces/{workspace_id}/bot_access/.
func setBotAccess(c *router.Call) (*router.Answer, error) {
	return setAccess(c, "bot_id", (*store.Tx).SetBotAccess, botAccess)
}

// listBotAccess is POST /api/accounts/{account_id}/workspaces/{workspace_id}/bot_access/filter.
func listBotAccess(c *router.Call) (*router.Answer, error) {
	type listing struct {
		page
		query store.BotAccessQuery
		sort  *store.BotAccessSort
	}
	body, err := router.OptionalBody(c, input.Lenient(func(f *input.Fields) listing {
		out := listing{page: readPage(f), sort: input.Optional(f, "sort", input.Enum(store.BotAccessSorts()...))}
		out.query.ActorAccessFilter = filterPart(f, "workspace_accesses", readActorAccessFilter)
		out.query.Bots = filterPart(f, "bots", readBotFilter)
		return out
	}))
	if err != nil {
		return nil, err
	}
	var rows []botAccessBody
	err = c.View(func(r *store.Reader) error {
		found := r.ListBotAccess(c.Workspace, body.query, valueOr(body.sort, store.BotAccessCreatedAsc))
		rows = cut(found, body.page, func(a store.ActorAccess) botAccessBody { return toBotAccess(r, a) })
		return nil
	})
	return router.OK(rows), err
}

// readBotAccess is GET /api/accounts/{account_id}/workspaces/{workspace_id}/bot_access/{id}.
func readBotAccess(c *router.Call) (*router.Answer, error) { return readAccess(c, botAccess) }

// deleteBotAccess is DELETE /api/accounts/{account_id}/workspaces/{workspace_id}/bot_access/{id}.
func deleteBotAccess(c *router.Call) (*router.Answer, error) {
	return deleteAccess(c, (*store.Tx).RemoveBotAccess)
}
