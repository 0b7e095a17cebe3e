package router

import (
	"errors"
	"net/url"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// LoginURL is where the caller logs in, with parameters besides who they are.
func (c *Call) LoginURL(query url.Values) string {
	if c.Actor.IsUser() {
		query.Set("email", c.Actor.Name)
	}
	return c.BaseURL() + "/login?" + query.Encode()
}

// LoggedInRecently says whether the caller logged in recently through one of the
// account's connections.
func (c *Call) LoggedInRecently() (recent bool, err error) {
	err = c.View(func(r *store.Reader) error {
		recent, err = r.LoggedInRecently(c.Account, c.Actor, c.key)
		return err
	})
	return recent, err
}

// denied tells of a caller whom single sign-on keeps out, and tells the caller where
// to log in. Other errors stay as they are.
func (c *Call) denied(err error) error {
	var login *store.LoginRequired
	if !errors.As(err, &login) {
		return err
	}
	// The check is not part of it: it is what the caller failed.
	if err := c.store.Update(c.Actor, func(tx *store.Tx) error { return tx.RecordDenied(login.AccountID) }); err != nil && !store.IsUnavailable(err) {
		return err
	}
	reason := login.Error()
	if !login.Unserved {
		reason += ": log in at " + c.LoginURL(url.Values{})
	}
	return &store.Forbidden{Reason: reason}
}
