package identity_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// An administrator ends a member's logins through the account's connections: those of others, and those without single
// sign-on, last, and the person is let in after the next login.
func TestTerminateSessions(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	one := c.create(oidcBody("one", "acme.com"))
	c.activate(one.ID)
	at := func(id string) string { return mocktest.Root + "/sso/memberships/" + id + "/terminate_sessions" }
	var member string
	c.update(func(tx *store.Tx) error {
		u, _ := tx.UserByEmail(ada)
		m, err := tx.MembershipOf(c.account, u.ActorID)
		member = m.ID.String()
		return err
	})
	outside := c.login(ada, "")
	sessions := []string{c.login(ada, one.ID), c.login(ada, one.ID)}
	other := c.login("grace@acme.com", one.ID)

	c.Call("POST", at(member), mocktest.Member, nil).Want(403)
	c.Call("POST", at(uuid.NewString()), mocktest.Owner, nil).Want(404)
	c.Call("POST", memberships, mocktest.Member, obj{}).Want(200)
	c.Call("POST", at(member), mocktest.Owner, nil).Want(200, `"terminated":2`)
	for _, session := range sessions {
		c.Call("GET", "/api/me/", session, nil).Want(401)
	}
	c.Call("GET", "/api/me/", outside, nil).Want(200, ada)
	c.Call("POST", memberships, other, obj{}).Want(200)
	c.Call("POST", memberships, mocktest.Member, obj{}).Want(403, "log in at ")
	c.Call("POST", at(member), mocktest.Owner, nil).Want(200, `"terminated":0`)
	c.Call("POST", memberships, c.login(ada, one.ID), obj{}).Want(200)
}
