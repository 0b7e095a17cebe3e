package identity

import (
	"fmt"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

type connections struct {
	checker  Checker
	rollover *Rollover
}

// vendorID is the connection or the directory in the path.
func vendorID(c *router.Call) string { return c.Request.PathValue("id") }

// listConnections is GET /api/accounts/{account_id}/sso/connections.
func listConnections(c *router.Call) (*router.Answer, error) {
	out := []managedConnection{}
	err := c.View(func(r *store.Reader) error {
		rows, err := rowsOf(c, r.Connections(c.Account), func(key string) (*store.Connection, bool) {
			return r.ConnectionCreatedWith(c.Actor, c.Account, key)
		})
		for _, row := range rows {
			out = append(out, toManaged(r, c.BaseURL(), row))
		}
		return err
	})
	return router.OK(out), err
}

// readConnection is GET /api/accounts/{account_id}/sso/connections/{id}.
func readConnection(c *router.Call) (*router.Answer, error) {
	var out managedConnection
	err := c.View(func(r *store.Reader) error {
		row, err := r.Connection(c.Account, vendorID(c))
		if err != nil {
			return err
		}
		out = toManaged(r, c.BaseURL(), row)
		return nil
	})
	return router.OK(out), err
}

// create is POST /api/accounts/{account_id}/sso/connections.
func (h connections) create(c *router.Call) (*router.Answer, error) {
	body, err := router.Body(c, input.Strict(readConnectionBody(true)))
	if err != nil {
		return nil, err
	}
	return router.CreateOnce(c,
		func() (store.ConnectionChange, error) { return body.checked(c.Request.Context(), h.checker, nil) },
		func(tx *store.Tx, change store.ConnectionChange) (any, error) {
			row, err := tx.AddConnection(c.Account, change)
			if err != nil {
				return nil, err
			}
			return toManaged(&tx.Reader, c.BaseURL(), row), nil
		})
}

// update is PATCH /api/accounts/{account_id}/sso/connections/{id}.
func (h connections) update(c *router.Call) (*router.Answer, error) {
	body, err := router.Body(c, input.Strict(readConnectionBody(false)))
	if err != nil {
		return nil, err
	}
	// The server fetches nothing for a connection that does not exist.
	var is *store.Connection
	if err := c.View(func(r *store.Reader) (err error) {
		is, err = r.Connection(c.Account, vendorID(c))
		return err
	}); err != nil {
		return nil, err
	}
	change, err := body.checked(c.Request.Context(), h.checker, is)
	if err != nil {
		return nil, err
	}
	var out managedConnection
	err = c.Update(func(tx *store.Tx) error {
		before, err := tx.Connection(c.Account, vendorID(c))
		if err != nil {
			return err
		}
		row, err := tx.UpdateConnection(c.Account, vendorID(c), change)
		if err != nil {
			return err
		}
		out = toManaged(&tx.Reader, c.BaseURL(), row)
		if row.Mapping.Subject != before.Mapping.Subject && out.LinkedPeople > 0 {
			out.Warnings = append(out.Warnings, subjectChanged(out.LinkedPeople))
		}
		return nil
	})
	return router.OK(out), err
}

// subjectChanged is the warning of people who are known by another subject than the one
// that counts from now on.
func subjectChanged(linked int) string {
	who := fmt.Sprintf("%d people are", linked)
	if linked == 1 {
		who = "1 person is"
	}
	return who + " linked by the subject that counted until now. They are linked anew at a login whose assertion has the old subject as well; a login without it is refused for them."
}

// activateConnection is POST
// /api/accounts/{account_id}/sso/connections/{id}/activate.
func activateConnection(c *router.Call) (*router.Answer, error) {
	takeOver, err := router.OptionalBody(c, input.Strict(func(f *input.Fields) bool {
		return input.Default(f, "take_over", input.Bool, false)
	}))
	if err != nil {
		return nil, err
	}
	return changed(c, func(tx *store.Tx) (*store.Connection, error) {
		return tx.ActivateConnection(c.Account, vendorID(c), takeOver)
	})
}

// refresh is POST /api/accounts/{account_id}/sso/connections/{id}/refresh. Metadata that
// could not be taken over changes nothing; the answer says why.
func (h connections) refresh(c *router.Call) (*router.Answer, error) {
	if _, err := router.OptionalBody(c, input.Strict(func(*input.Fields) (none struct{}) { return none })); err != nil {
		return nil, err
	}
	if err := h.rollover.Refresh(c.Request.Context(), c.Actor, c.Account, vendorID(c)); err != nil {
		return nil, err
	}
	return readConnection(c)
}

// changed makes a change and answers with what the connection is then.
func changed(c *router.Call, change func(*store.Tx) (*store.Connection, error)) (*router.Answer, error) {
	var out managedConnection
	err := c.Update(func(tx *store.Tx) error {
		row, err := change(tx)
		if err != nil {
			return err
		}
		out = toManaged(&tx.Reader, c.BaseURL(), row)
		return nil
	})
	return router.OK(out), err
}

// deleteConnection is DELETE
// /api/accounts/{account_id}/sso/connections/{id}.
func deleteConnection(c *router.Call) (*router.Answer, error) {
	return router.Done(c.Update(func(tx *store.Tx) error { return tx.DeleteConnection(c.Account, vendorID(c)) }))
}
