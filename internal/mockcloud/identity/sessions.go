package identity

import (
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// sessionsEnded says how many sessions have ended.
type sessionsEnded struct {
	Ended int `json:"ended"`
}

// endSessions is POST /api/accounts/{account_id}/sso/members/{membership_id}/end_sessions: whoever administrates single
// sign-on logs somebody out of it, as when a laptop was stolen.
func endSessions(c *router.Call) (*router.Answer, error) {
	if _, err := router.OptionalBody(c, input.Strict(func(*input.Fields) (none struct{}) { return none })); err != nil {
		return nil, err
	}
	id, err := c.ID("membership_id")
	if err != nil {
		return nil, err
	}
	var out sessionsEnded
	err = c.Update(func(tx *store.Tx) error {
		out.Ended, err = tx.EndSessions(c.Account, id)
		return err
	})
	return router.OK(out), err
}
