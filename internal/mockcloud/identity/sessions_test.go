package identity_test

import (
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// TestEndSessions: whoever administrates single sign-on ends the sessions of one person that came through the account's
// connections; other people's, and those that came otherwise, last.
func TestEndSessions(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.create(oidcBody("one", "acme.com")).ID
	c.activate(id)
	first, second := c.login(ada, id), c.login(ada, id)
	other, elsewhere := c.login("grace@acme.com", id), c.login(ada, "")
	at := mocktest.Root + "/sso/members/" + c.MemberNamed(ada).ID + "/end_sessions"
	c.Call("POST", at, mocktest.Admin, nil).Want(403)
	c.Call("POST", at, mocktest.Owner, obj{"unknown": 1}).Want(422)
	c.Call("POST", mocktest.Root+"/sso/members/not-an-id/end_sessions", mocktest.Owner, nil).Want(422)
	c.Call("POST", mocktest.Root+"/sso/members/0c1f1d2e-0000-4000-8000-00000000000a/end_sessions", mocktest.Owner, nil).Want(404)
	for n, want := range []int{2, 0} {
		var answer struct{ Ended int }
		if c.Call("POST", at, mocktest.Owner, nil).Want(200).Into(&answer); answer.Ended != want {
			t.Errorf("time %d: %d sessions ended, want %d", n+1, answer.Ended, want)
		}
	}
	for token, want := range map[string]int{first: 401, second: 401, other: 200, elsewhere: 200, mocktest.Member: 200} {
		c.Call("GET", "/api/me/", token, nil).Want(want)
	}
	c.Call("POST", memberships, mocktest.Member, obj{}).Want(403) // the key was as good as the sessions
}
