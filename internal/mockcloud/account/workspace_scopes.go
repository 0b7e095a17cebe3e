package account

import (
	"net/http"
	"slices"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func workspaceScopeRoutes() []router.Route {
	const mine = "/api/me/workspaces/{workspace_id}"
	anybody := router.ByAnyActor()
	return []router.Route{
		{Method: http.MethodGet, Path: "/api/workspace_scopes", Access: anybody, Handle: listWorkspaceScopes},
		{Method: http.MethodGet, Path: mine + "/scopes", Access: anybody, Handle: listMyScopes},
		{Method: http.MethodGet, Path: mine + "/has_scope", Access: anybody, Handle: haveIScope},
	}
}

// scopeBody is WorkspaceScope.
type scopeBody struct {
	Name           store.Scope   `json:"name"`
	Title          string        `json:"title"`
	FeatureGroup   string        `json:"feature_group"`
	IncludesScopes []store.Scope `json:"includes_scopes"`
	SeeScope       *store.Scope  `json:"see_scope"`
}

// listWorkspaceScopes is GET /api/workspace_scopes.
func listWorkspaceScopes(*router.Call) (*router.Answer, error) {
	out := []scopeBody{}
	for _, s := range store.Scopes() {
		out = append(out, scopeBody{
			Name: s, Title: s.Title(), FeatureGroup: s.FeatureGroup(),
			IncludesScopes: append([]store.Scope{}, s.Includes()...), SeeScope: orNull(s.See()),
		})
	}
	return router.OK(out), nil
}

// listMyScopes is GET /api/me/workspaces/{workspace_id}/scopes.
func listMyScopes(c *router.Call) (*router.Answer, error) {
	scopes, err := myScopes(c)
	return router.OK(scopes), err
}

// haveIScope is GET /api/me/workspaces/{workspace_id}/has_scope.
func haveIScope(c *router.Call) (*router.Answer, error) {
	query := c.Request.URL.Query()
	wanted, err := input.Query("scope", query.Get("scope"), query.Has("scope"), input.Enum(store.Scopes()...))
	if err != nil {
		return nil, err
	}
	scopes, err := myScopes(c)
	return router.OK(slices.Contains(scopes, wanted)), err
}

// myScopes reads the caller's scopes in the workspace of the path.
func myScopes(c *router.Call) ([]store.Scope, error) {
	id, err := c.ID("workspace_id")
	if err != nil {
		return nil, err
	}
	out := []store.Scope{}
	err = c.View(func(r *store.Reader) error {
		w, err := r.FindWorkspace(c.Actor, id)
		if err != nil {
			return err
		}
		m, err := r.MembershipOf(w.AccountID, c.Actor.ActorID)
		if err != nil {
			return err
		}
		out = append(out, r.ScopesIn(m, w.ID)...)
		return nil
	})
	return out, err
}
