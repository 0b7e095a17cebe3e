package identity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// login logs a person in through a connection, or none for "", and returns the
// session's token.
func (c *cloud) login(email, connection string) (token string) {
	c.t.Helper()
	c.update(func(tx *store.Tx) error {
		u, ok := tx.UserByEmail(email)
		if !ok {
			c.t.Fatalf("nobody has the email %s", email)
		}
		session := store.NewSession{UserID: u.ID, ConnectionID: connection, IPAddress: "127.0.0.1", Expires: c.clock.Now().Add(8 * time.Hour)}
		if connection != "" {
			session.AccountID = c.account
			if err := tx.ConnectionLoggedIn(connection); err != nil {
				return err
			}
		}
		var err error
		_, token, err = tx.AddSession(session)
		return err
	})
	return token
}

func (c *cloud) update(do func(*store.Tx) error) {
	c.t.Helper()
	if err := c.state.Update(store.Actor{}, do); err != nil {
		c.t.Fatal(err)
	}
}

const (
	memberships = mocktest.Root + "/account_memberships/filter"
	validate    = mocktest.Root + "/sso/validate"
	ada         = "ada@acme.com"
)

// tick is more than the microseconds by which stamps grow while the clock stands.
const tick = time.Millisecond

// TestEnforcement: who gets into an account with an active connection, by what, and
// when.
func TestEnforcement(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		// as prepares and returns the key or the session's token.
		as func(*cloud, string) string
		// says is in the refusal; empty where the caller is let in.
		says string
	}{
		{"a Member's key without a login", func(*cloud, string) string { return mocktest.Member }, "log in at "},
		{"an Admin's key without a login", func(*cloud, string) string { return mocktest.Admin }, "/login?email=admin%40acme.com"},
		{"an Owner's key", func(*cloud, string) string { return mocktest.Owner }, ""},
		{"an Owner's session", func(c *cloud, _ string) string { return c.login("owner@acme.com", "") }, ""},
		{"a service account", func(c *cloud, _ string) string {
			c.update(func(tx *store.Tx) error {
				bot := tx.Bots(c.account)[0]
				m, err := tx.MembershipOf(c.account, bot.ActorID)
				if err != nil {
					return err
				}
				return tx.SetRole(c.account, m.ID, store.MemberRoleID)
			})
			return mocktest.Terraform
		}, ""},
		{"a Member's key after a login", func(c *cloud, id string) string {
			c.login(ada, id)
			return mocktest.Member
		}, ""},
		{"a Member's session of a login", func(c *cloud, id string) string { return c.login(ada, id) }, ""},
		{"a Member's session of another login", func(c *cloud, id string) string {
			c.login(ada, id)
			return c.login(ada, "")
		}, "log in at "},
		{"a login of somebody else", func(c *cloud, id string) string {
			c.login("grace@acme.com", id)
			return mocktest.Member
		}, "log in at "},
		{"a login of long ago", func(c *cloud, id string) string {
			c.login(ada, id)
			c.clock.Advance(7 * time.Hour)
			return mocktest.Member
		}, ""},
		{"a login that ended", func(c *cloud, id string) string {
			c.login(ada, id)
			c.clock.Advance(8 * time.Hour)
			return mocktest.Member
		}, "log in at "},
		{"a login that is recent enough", func(c *cloud, id string) string {
			c.expiring(3600)
			c.login(ada, id)
			c.clock.Advance(59 * time.Minute)
			return mocktest.Member
		}, ""},
		{"a login that is not recent any more", func(c *cloud, id string) string {
			c.expiring(3600)
			c.login(ada, id)
			c.clock.Advance(time.Hour + tick)
			return mocktest.Member
		}, "log in at "},
		{"a login that was terminated", func(c *cloud, id string) string {
			token := c.login(ada, id)
			c.update(func(tx *store.Tx) error {
				u, _ := tx.UserByEmail(ada)
				_, err := tx.TerminateSession(u.ID, tx.Sessions(u.ID)[0].ID)
				return err
			})
			c.Call("GET", "/api/me/", token, nil).Want(401)
			return mocktest.Member
		}, "log in at "},
		{"a login through what was switched off", func(c *cloud, id string) string {
			second := c.create(samlBody("second", "b.example"))
			c.activate(second.ID)
			c.login(ada, id)
			c.Call("PATCH", path+"/"+id, mocktest.Owner, obj{"state": "inactive"}).Want(200)
			return mocktest.Member
		}, "no connection of it serves the domain of ada@acme.com"},
		{"a login through what was taken over", func(c *cloud, id string) string {
			c.login(ada, id)
			second := c.create(samlBody("second", "acme.com"))
			c.Call("POST", path+"/"+second.ID+"/activate", mocktest.Owner, obj{"take_over": true}).Want(200)
			return mocktest.Member
		}, "log in at "},
		{"a rotated secret", func(c *cloud, id string) string {
			c.login(ada, id)
			c.Call("PATCH", path+"/"+id, mocktest.Owner, obj{"oidc": obj{"client_secret": "next"}}).Want(200)
			return mocktest.Member
		}, ""},
		{"a Member of another domain", func(c *cloud, _ string) string { return c.join("eve@elsewhere.com", store.MemberRoleID) }, "serves the domain of eve@elsewhere.com"},
		{"an Owner of another domain", func(c *cloud, _ string) string { return c.join("eve@elsewhere.com", store.OwnerRoleID) }, ""},
		{"no connection is active any more", func(c *cloud, id string) string {
			c.Call("PATCH", path+"/"+id, mocktest.Owner, obj{"state": "inactive"}).Want(200)
			return mocktest.Member
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			one := c.create(oidcBody("one", "acme.com"))
			c.Call("POST", memberships, mocktest.Member, obj{}).Want(200) // not yet
			c.activate(one.ID)
			key := tt.as(c, one.ID)
			status := 200
			if tt.says != "" {
				status = 403
			}
			c.Call("POST", memberships, key, obj{}).Want(status, tt.says)
			c.Call("GET", mocktest.Root, key, nil).Want(status, tt.says)
		})
	}
}

// join makes a member with a key.
func (c *cloud) join(email string, role uuid.UUID) string {
	key := "pnu_" + strings.Repeat("k", 32)
	c.update(func(tx *store.Tx) error {
		u, err := tx.AddUser(store.NewUser{Email: email})
		if err != nil {
			return err
		}
		if _, err := tx.AddMember(uuid.Nil, c.account, u, role); err != nil {
			return err
		}
		_, err = tx.AddAPIKey(store.NewAPIKey{ActorID: u.ActorID, Name: "key", Secret: key})
		return err
	})
	return key
}

func (c *cloud) expiring(seconds int) {
	c.t.Helper()
	c.Call("PATCH", mocktest.Root, mocktest.Owner, obj{"auth_expiration_seconds": seconds}).Want(204)
}

// TestWhileRestricted: what stays open to those who have to log in, and what tells
// of them.
func TestWhileRestricted(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	one := c.create(oidcBody("one", "acme.com"))
	c.activate(one.ID)
	outside := c.login(ada, "")
	c.Call("GET", "/api/me/", outside, nil).Want(200, ada)
	c.Call("GET", "/api/me/accounts", outside, nil).Want(200, mocktest.Account)
	c.Call("GET", "/api/me/accounts/"+mocktest.Account+"/permissions", outside, nil).Want(200, "read:account")
	c.Call("GET", "/api/me/sessions", outside, nil).Want(200, `"restricted":true`)
	var rooms []struct{ ID string }
	c.Call("POST", mocktest.Root+"/workspaces/filter", mocktest.Owner, nil).Want(200).Into(&rooms)
	c.Call("GET", "/api/me/workspaces", mocktest.Admin, nil).Want(200, rooms[0].ID)
	c.Call("GET", "/api/me/workspaces/"+rooms[0].ID+"/scopes", mocktest.Admin, nil).Want(200, "manage_workspace_users")
	for _, closed := range []struct{ method, path string }{
		{"POST", "/bot_access/filter"}, {"GET", "/access/"}, {"POST", "/invitations/filter"}, {"GET", ""},
	} {
		c.Call(closed.method, mocktest.Root+"/workspaces/"+rooms[0].ID+closed.path, mocktest.Admin, nil).Want(403, "/login?email=admin%40acme.com")
	}
	for _, closed := range []string{"/usage", "/usage_limits"} {
		c.Call("GET", mocktest.Root+closed, mocktest.Admin, nil).Want(403, "/login?email=admin%40acme.com")
	}
	c.Call("GET", "/api/users/"+c.MemberNamed(ada).UserID, outside, nil).Want(200, ada)
	c.Call("POST", validate, outside, obj{"redirect_uri": "https://app.example/"}).Want(403, c.URL+"/login?email=ada%40acme.com", "redirect_uri=https%3A%2F%2Fapp.example%2F")

	inside := c.login(ada, one.ID)
	c.Call("POST", validate, inside, obj{}).Want(204)
	c.Call("POST", validate, mocktest.Member, obj{}).Want(204)
	c.Call("POST", validate, outside, obj{}).Want(403)
	c.Call("POST", validate, mocktest.Owner, obj{}).Want(403) // did not log in, and need not
	c.Call("POST", validate, mocktest.Terraform, obj{}).Want(403)
	c.Call("POST", "/api/me/sessions/filter", inside, obj{"filter": obj{"restricted": obj{"is_restricted_": false}}}).Want(200, `"restricted":false`)
	c.Call("POST", "/api/me/sessions/filter", inside, obj{"filter": obj{"restricted": obj{"is_restricted_": true}}}).Want(200, `"restricted":true`)
}

// TestDeniedIsAudited: refusals are in the audit trail, at most once a minute for each
// who was refused.
func TestDeniedIsAudited(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.activate(c.create(oidcBody("one", "acme.com")).ID)
	recorded := func() int {
		t.Helper()
		var events struct {
			Total  int
			Events []struct {
				Resource map[string]string
				Related  []map[string]string
			}
		}
		c.Call("POST", mocktest.Root+"/events/filter", mocktest.Owner, obj{"filter": obj{"event": obj{"name": []string{"prefect-cloud.request.access-denied.sso"}}}}).Want(200).Into(&events)
		for _, e := range events.Events {
			if e.Resource["prefect.resource.id"] != "prefect-cloud.account."+mocktest.Account || e.Related[0]["prefect.resource.role"] != "actor" {
				t.Errorf("%+v", e)
			}
		}
		return events.Total
	}
	knock := func(key string) {
		t.Helper()
		c.Call("GET", mocktest.Root, key, nil).Want(403)
	}
	for i, step := range []struct {
		after time.Duration
		key   string
		want  int
	}{
		{0, mocktest.Member, 1},
		{0, mocktest.Member, 1},
		{59 * time.Second, mocktest.Member, 1},
		{0, mocktest.Admin, 2},
		{time.Second + tick, mocktest.Member, 3},
		{0, mocktest.Member, 3},
		{59 * time.Second, mocktest.Admin, 4},
	} {
		c.clock.Advance(step.after)
		knock(step.key)
		if got := recorded(); got != step.want {
			t.Errorf("step %d: %d events, want %d", i, got, step.want)
		}
	}
}
