package account

import (
	"net/http"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func permissionRoutes() []router.Route {
	return []router.Route{{
		Method: http.MethodGet, Path: "/api/accounts/permissions",
		Access: router.ByAnyActor(), Handle: listPermissions,
	}}
}

// listPermissions is GET /api/accounts/permissions.
func listPermissions(*router.Call) (*router.Answer, error) {
	return router.OK(store.Permissions()), nil
}
