package client

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// A 404 of something in an account says that it is gone only where the account itself is there for the key. One more
// request finds that out, and only after a 404.
func TestGoneOrAnotherAccount(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	const there = `{"id":"a","features":["sso","scim","teams"]}`
	for name, test := range map[string]struct {
		call    func(c *Client) error
		deletes bool // what is gone is success
	}{
		"GetConnection":          {func(c *Client) error { _, err := c.GetConnection(ctx, "a", "x"); return err }, false},
		"GetDirectory":           {func(c *Client) error { _, err := c.GetDirectory(ctx, "a", "x"); return err }, false},
		"GetGroupRoleMapping":    {func(c *Client) error { _, err := c.GetGroupRoleMapping(ctx, "a", "d", "x"); return err }, false},
		"ListTeamAccess":         {func(c *Client) error { _, err := c.ListTeamAccess(ctx, "a", "w"); return err }, false},
		"DeleteConnection":       {func(c *Client) error { return c.DeleteConnection(ctx, "a", "x") }, true},
		"DeleteDirectory":        {func(c *Client) error { return c.DeleteDirectory(ctx, "a", "x") }, true},
		"DeleteGroupRoleMapping": {func(c *Client) error { return c.DeleteGroupRoleMapping(ctx, "a", "d", "x") }, true},
		"DeleteSCIMToken":        {func(c *Client) error { return c.DeleteSCIMToken(ctx, "a", "d", "x") }, true},
		"GetSCIMClient":          {func(c *Client) error { _, err := c.GetSCIMClient(ctx, "a", "d", "x"); return err }, false},
		"DeleteSCIMClient":       {func(c *Client) error { return c.DeleteSCIMClient(ctx, "a", "d", "x") }, true},
		"DeleteMembership":       {func(c *Client) error { return c.DeleteMembership(ctx, "a", "x") }, true},
		"RemoveTeamAccess":       {func(c *Client) error { return c.RemoveTeamAccess(ctx, "a", "w", "x") }, true},
	} {
		for account, answers := range map[string]struct {
			status int
			body   string
			says   string // what a failure says; "" where the thing is gone
		}{
			"is there":           {http.StatusOK, there, ""},
			"is not shown":       {http.StatusForbidden, `{"detail":"no"}`, ""},
			"is not there":       {http.StatusNotFound, `{"detail":"Account not found"}`, "Account not found"},
			"cannot be read now": {http.StatusUnprocessableEntity, `{"detail":"Not now"}`, "Not now"},
		} {
			t.Run(name+", the account "+account, func(t *testing.T) {
				t.Parallel()
				var requests atomic.Int32
				c := eventClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					requests.Add(1)
					w.Header().Set("Content-Type", "application/json")
					if r.URL.Path == "/api/accounts/a" {
						w.WriteHeader(answers.status)
						_, _ = w.Write([]byte(answers.body)) // the client sees what arrives
						return
					}
					w.WriteHeader(http.StatusNotFound)
					_, _ = w.Write([]byte(`{"detail":"Not Found"}`)) // the same
				}))
				err := test.call(c)
				gone := answers.says == ""
				var elsewhere *AccountNotFoundError
				switch {
				case test.deletes && (err == nil) != gone, !test.deletes && IsNotFound(err) != gone:
					t.Errorf("got %v, gone %t", err, gone)
				case errors.As(err, &elsewhere) != (answers.status == http.StatusNotFound):
					t.Errorf("got %v", err)
				case !gone && !strings.Contains(err.Error(), answers.says):
					t.Errorf("got %v, want %q", err, answers.says)
				}
				if n := requests.Load(); n != 2 {
					t.Errorf("%d requests, want 2", n)
				}
			})
		}
	}
}

// Where the account is not there for the key, nothing is said about what the server offers.
func TestNotOfferedOrAnotherAccount(t *testing.T) {
	t.Parallel()
	c := newNetworkClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusNotFound, map[string]string{"detail": "Account not found"})
	}))
	_, connections := c.ListConnections(t.Context(), testAccount)
	_, directories := c.ListDirectories(t.Context(), testAccount)
	_, tokens := c.ListSCIMTokens(t.Context(), testAccount, "directory_1")
	_, clients := c.ListSCIMClients(t.Context(), testAccount, "directory_1")
	_, mappings := c.ListGroupRoleMappings(t.Context(), testAccount, "directory_1")
	for what, err := range map[string]error{"connections": connections, "directories": directories, "tokens": tokens, "clients": clients, "mappings": mappings} {
		var elsewhere *AccountNotFoundError
		if !errors.As(err, &elsewhere) || IsNotFound(err) || elsewhere.AccountID != testAccount {
			t.Errorf("%s: %v", what, err)
		}
	}
}
