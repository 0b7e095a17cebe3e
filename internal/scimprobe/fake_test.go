package scimprobe

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// fakeCloud is a directory's SCIM endpoint and the account that it feeds, as far as a probe uses them. What a directory
// does to the account happens after a while.
type fakeCloud struct {
	arrives, deprovisioning time.Duration // how long the account takes to follow
	never                   bool          // nobody becomes a member
	role                    string        // of those who arrive
	teams                   []client.Team // of those who arrive

	mu       sync.Mutex
	requests []string
	users    []*fakeUser
	members  []*fakeMember
	groups   []string // names, which are also their ids
	inGroups map[string]string
	// before runs ahead of each request; true says that it has answered.
	before func(w http.ResponseWriter, r *http.Request) bool
}

type fakeUser struct {
	ID, UserName, ExternalID string
	created                  time.Time
	arrives, removedAt       time.Time // in the account
}

type fakeMember struct {
	id, email, role string
	created         time.Time
	user            *fakeUser // nil: stays as it is
	inactive        bool
}

// fakeRoundTripper hands requests to the cloud without a network, so that tests can run in a synctest bubble.
type fakeRoundTripper struct{ cloud *fakeCloud }

func (t fakeRoundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	t.cloud.ServeHTTP(recorder, req)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

const fakeAccount = "0c1f1d2e-0000-4000-8000-000000000001"

// config is what a probe of this cloud is made of.
func (f *fakeCloud) config(t *testing.T) Config {
	t.Helper()
	c, err := client.New(client.Config{Endpoint: "http://localhost/api", APIKey: "pnu_test", Transport: fakeRoundTripper{f}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	scim, err := c.SCIM("http://localhost/scim", "token")
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		API: c, SCIM: scim, AccountID: fakeAccount, Endpoint: "http://localhost/scim", Limit: 10 * time.Second, Canary: NewCanary("acme.com"),
		Bypassing: map[string]client.AccountRole{"Owner": {ID: "Owner", Name: "Owner"}},
		Explain:   func(err error) string { return err.Error() + ", explained." },
	}
}

func (f *fakeCloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	where := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/scim"), "/api/accounts/"+fakeAccount)
	f.requests = append(f.requests, r.Method+" "+where)
	if f.before != nil && f.before(w, r) {
		return
	}
	var body struct {
		UserName, ExternalID string
		Operations           []struct{ Op, Path string }
		Active               *bool
		Memberships          struct {
			Email struct {
				Any  []string `json:"any_"`
				Like string   `json:"like_"`
			}
		} `json:"account_memberships"`
	}
	if r.Body != nil {
		_ = json.NewDecoder(r.Body).Decode(&body) // there may be none
	}
	parts := strings.Split(strings.Trim(where, "/"), "/")
	id := parts[len(parts)-1]
	switch {
	case r.Method == http.MethodGet && where == "/Users":
		f.findUsers(w, r.URL.Query().Get("filter"))
	case r.Method == http.MethodPost && where == "/Users":
		u := &fakeUser{ID: fmt.Sprint("u", len(f.users)+1), UserName: body.UserName, ExternalID: body.ExternalID, created: time.Now()}
		u.arrives = u.created.Add(f.arrives)
		f.users = append(f.users, u)
		if !f.never {
			f.members = append(f.members, &fakeMember{"m" + u.ID, u.UserName, f.role, u.created, u, false})
		}
		fakeAnswer(w, http.StatusCreated, userBody(u))
	case r.Method == http.MethodPatch && parts[0] == "Users":
		f.user(id).removedAt = time.Now().Add(f.deprovisioning)
		fakeAnswer(w, http.StatusOK, map[string]any{})
	case r.Method == http.MethodDelete && parts[0] == "Users":
		f.users = slices.DeleteFunc(f.users, func(u *fakeUser) bool { return u.ID == id })
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodGet && where == "/Groups":
		f.findGroups(w, r.URL.Query().Get("filter"))
	case r.Method == http.MethodPatch && parts[0] == "Groups":
		delete(f.inGroups, id)
		if body.Operations[0].Op == "add" {
			f.inGroups[id] = "u1"
		}
		w.WriteHeader(http.StatusNoContent)
	case where == "/account_memberships/filter":
		rows := []any{}
		for _, m := range f.members {
			asked := slices.Contains(body.Memberships.Email.Any, m.email) ||
				body.Memberships.Email.Like != "" && strings.Contains(m.email, body.Memberships.Email.Like)
			if body.Active != nil && *body.Active != m.active() {
				asked = false
			}
			if asked && (m.user == nil || !time.Now().Before(m.user.arrives)) {
				rows = append(rows, m.body())
			}
		}
		fakeAnswer(w, http.StatusOK, rows)
	case r.Method == http.MethodGet && parts[0] == "account_memberships":
		at := slices.IndexFunc(f.members, func(m *fakeMember) bool { return m.id == id })
		fakeAnswer(w, http.StatusOK, map[string]any{"id": id, "created": f.members[at].created})
	case r.Method == http.MethodDelete && parts[0] == "account_memberships":
		f.members = slices.DeleteFunc(f.members, func(m *fakeMember) bool { return m.id == id })
		w.WriteHeader(http.StatusNoContent)
	case where == "/teams/filter":
		fakeAnswer(w, http.StatusOK, f.teams)
	default:
		fakeAnswer(w, http.StatusTeapot, map[string]string{"detail": "what is " + r.Method + " " + where})
	}
}

func (f *fakeCloud) user(id string) *fakeUser {
	return f.users[slices.IndexFunc(f.users, func(u *fakeUser) bool { return u.ID == id })]
}

// findUsers knows the filters `userName eq "…"` and `userName sw "…"`.
func (f *fakeCloud) findUsers(w http.ResponseWriter, filter string) {
	rows := []any{}
	for _, u := range f.users {
		exact := filter == fmt.Sprintf("userName eq %q", u.UserName)
		if prefix, ok := strings.CutPrefix(filter, `userName sw "`); exact || ok && strings.HasPrefix(u.UserName, strings.TrimSuffix(prefix, `"`)) {
			rows = append(rows, userBody(u))
		}
	}
	fakeAnswer(w, http.StatusOK, map[string]any{"Resources": rows})
}

func (f *fakeCloud) findGroups(w http.ResponseWriter, filter string) {
	rows := []any{}
	for _, name := range f.groups {
		if strings.EqualFold(filter, fmt.Sprintf("displayName eq %q", name)) {
			rows = append(rows, map[string]any{"id": name, "displayName": name})
		}
	}
	fakeAnswer(w, http.StatusOK, map[string]any{"Resources": rows})
}

func userBody(u *fakeUser) map[string]any {
	return map[string]any{
		"id": u.ID, "userName": u.UserName, "externalId": u.ExternalID, "active": true, "meta": map[string]any{"created": u.created},
	}
}

func (m *fakeMember) active() bool {
	if m.user == nil {
		return !m.inactive
	}
	return m.user.removedAt.IsZero() || time.Now().Before(m.user.removedAt)
}

func (m *fakeMember) body() map[string]any {
	return map[string]any{"id": m.id, "actor_id": "a", "email": m.email, "account_role_id": m.role, "account_role_name": m.role, "active": m.active()}
}

func fakeAnswer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // into a recorder: cannot fail
}
