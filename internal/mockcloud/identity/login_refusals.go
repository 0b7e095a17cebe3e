package identity

import (
	"net/url"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/refusals"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// loginRefusal is a login that was refused.
type loginRefusal struct {
	Reference string    `json:"reference"`
	Created   time.Time `json:"created"`
	Reason    string    `json:"reason"`
	// Explanation says to an administrator what the reason means and where to mend it.
	Explanation string `json:"explanation"`
	// ConnectionID is null where the connection is not known, ConnectionName also where it
	// is gone.
	ConnectionID   *string  `json:"connection_id"`
	ConnectionName *string  `json:"connection_name"`
	AttributeNames []string `json:"attribute_names"`
	// MoreCount is how many more there were within the minute, which were only counted.
	MoreCount int `json:"more_count"`
}

func toLoginRefusal(r *store.Reader, f *store.LoginRefusal) loginRefusal {
	out := loginRefusal{
		Reference: f.Reference, Created: f.Created.UTC(), Reason: f.Reason, Explanation: refusals.Administrator(f.Reason),
		ConnectionID: orNull(f.ConnectionID), AttributeNames: append([]string{}, f.Attributes...), MoreCount: f.More,
	}
	if c, err := r.Connection(f.AccountID, f.ConnectionID); err == nil {
		out.ConnectionName = &c.Name
	}
	return out
}

// listLoginRefusals is GET /api/accounts/{account_id}/sso/login_refusals, newest first, by
// limit (0..200) and offset.
func listLoginRefusals(c *router.Call) (*router.Answer, error) {
	query := c.Request.URL.Query()
	limit, err := number(query, "limit", 200, 200)
	if err != nil {
		return nil, err
	}
	offset, err := number(query, "offset", 1<<31-1, 0)
	if err != nil {
		return nil, err
	}
	out := []loginRefusal{}
	err = c.View(func(r *store.Reader) error {
		rows := r.LoginRefusals(c.Account)
		rows = rows[min(offset, len(rows)):]
		for _, row := range rows[:min(limit, len(rows))] {
			out = append(out, toLoginRefusal(r, row))
		}
		return nil
	})
	return router.OK(out), err
}

// number reads a count from a query.
func number(query url.Values, name string, most, otherwise int) (int, error) {
	if !query.Has(name) {
		return otherwise, nil
	}
	return input.Query(name, query.Get(name), true, input.IntBetween(0, most))
}

// readLoginRefusal is GET /api/accounts/{account_id}/sso/login_refusals/{reference}.
func readLoginRefusal(c *router.Call) (*router.Answer, error) {
	var out loginRefusal
	err := c.View(func(r *store.Reader) error {
		row, err := r.LoginRefusal(c.Account, c.Request.PathValue("reference"))
		if err == nil {
			out = toLoginRefusal(r, row)
		}
		return err
	})
	return router.OK(out), err
}
