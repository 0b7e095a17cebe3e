package identity

import (
	"net/http"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

var sessionRoute = router.Route{
	Method: http.MethodPost, Path: root + "/memberships/{id}/terminate_sessions",
	Access: router.ByMembers(store.AdministrateSSO).With(store.FeatureSSO), Handle: terminateSessions,
}

// terminateSessions is POST /api/accounts/{account_id}/sso/memberships/{id}/terminate_sessions: the person's logins through
// the account's connections end, those to other accounts last. It answers with how many there were.
func terminateSessions(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, err
	}
	var out struct {
		Terminated int `json:"terminated"`
	}
	err = c.Update(func(tx *store.Tx) error {
		out.Terminated, err = tx.TerminateSessionsIn(c.Account, id)
		return err
	})
	return router.OK(out), err
}
