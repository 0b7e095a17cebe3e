package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// directoryAPI answers below an account as today's server does that has the
// routes given here by method and path, and an account with these features.
func directoryAPI(t *testing.T, features string, routes map[string]http.HandlerFunc) *Client {
	t.Helper()
	return newNetworkClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route := r.Method + " " + strings.TrimPrefix(r.URL.Path, accountPath)
		handle, ok := routes[route]
		switch {
		case ok:
			handle(w, r)
		case route == "GET ":
			answer(w, http.StatusOK, map[string]any{"id": testAccount, "features": strings.Fields(features)})
		default:
			answer(w, http.StatusNotFound, map[string]string{"detail": "Not Found"})
		}
	}))
}

// A directory's allowed domains are left out, null or a list: leave them, all,
// or these.
func TestDirectoryWriteAllowedDomains(t *testing.T) {
	t.Parallel()
	for want, domains := range map[string]*[]string{
		`{}`:                               nil,
		`{"allowed_domains":null}`:         new([]string),
		`{"allowed_domains":["acme.com"]}`: {"acme.com"},
	} {
		got, err := json.Marshal(DirectoryWrite{AllowedDomains: domains})
		if err != nil || string(got) != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
}

// What is in a directory and not found is gone, or not offered, or not in the
// plan: the account tells.
func TestDirectoryNotFound(t *testing.T) {
	t.Parallel()
	empty := func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, []Directory{}) }
	for name, test := range map[string]struct {
		features string
		routes   map[string]http.HandlerFunc
		want     func(error) bool
	}{
		"offered, but gone": {"sso scim", map[string]http.HandlerFunc{"GET /sso/directories": empty}, IsNotFound},
		"not in the plan":   {"sso", nil, IsPlanLimit},
		"not offered": {"sso scim", nil, func(err error) bool {
			var notOffered *NotOfferedError
			return errors.As(err, &notOffered) && !IsNotFound(err) && strings.Contains(err.Error(), "directory sync")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := directoryAPI(t, test.features, test.routes)
			_, tokens := c.ListSCIMTokens(t.Context(), testAccount, "directory_1")
			_, clients := c.ListSCIMClients(t.Context(), testAccount, "directory_1")
			_, rotated := c.RotateSCIMClient(t.Context(), testAccount, "directory_1", "x", "k", SCIMClientRotation{})
			_, users := c.ListDirectoryUsers(t.Context(), testAccount, "directory_1", DirectoryUserQuery{})
			_, groups := c.ListDirectoryGroups(t.Context(), testAccount, "directory_1", "")
			for what, err := range map[string]error{"tokens": tokens, "clients": clients, "rotated": rotated, "users": users, "groups": groups} {
				if !test.want(err) {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

// A listing goes on after the last row of each page, with the same questions.
func TestListDirectoryUsersReadsAllPages(t *testing.T) {
	t.Parallel()
	const people = 2500
	var asked []string
	c := directoryAPI(t, "scim", map[string]http.HandlerFunc{"GET /sso/directories/directory_1/users": func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		asked = append(asked, q.Encode())
		from := 0
		if after := q.Get("after"); after != "" {
			if _, err := fmt.Sscanf(after, "directory_user_%d", &from); err != nil {
				t.Error(err)
			}
		}
		var page rowsAfter[DirectoryUser]
		for n := from + 1; n <= min(from+directoryPageSize, people); n++ {
			page.Data = append(page.Data, DirectoryUser{ID: fmt.Sprintf("directory_user_%d", n)})
		}
		if last := from + len(page.Data); last < people {
			page.ListMetadata.After = &page.Data[len(page.Data)-1].ID
		}
		answer(w, http.StatusOK, page)
	}})
	users, err := c.ListDirectoryUsers(t.Context(), testAccount, "directory_1", DirectoryUserQuery{Held: true, Filter: `userName sw "a"`})
	if err != nil || len(users) != people || users[people-1].ID != "directory_user_2500" {
		t.Fatalf("%d users, %v", len(users), err)
	}
	if len(asked) != 3 || asked[2] != "after=directory_user_2000&filter=userName+sw+%22a%22&held=true&limit=1000" {
		t.Errorf("asked %q", asked)
	}
}

// Groups are found by their exact name, whatever the server makes of case.
func TestListDirectoryGroupsByName(t *testing.T) {
	t.Parallel()
	c := directoryAPI(t, "scim", map[string]http.HandlerFunc{"GET /sso/directories/directory_1/groups": func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.Query().Get("filter"); got != `displayName eq "The \"A\" team"` {
			t.Errorf("filter %s", got)
		}
		answer(w, http.StatusOK, rowsAfter[DirectoryGroup]{Data: []DirectoryGroup{{ID: "1", Name: `the "a" team`}, {ID: "2", Name: `The "A" team`}}})
	}})
	groups, err := c.ListDirectoryGroups(t.Context(), testAccount, "directory_1", `The "A" team`)
	if err != nil || len(groups) != 1 || groups[0].ID != "2" {
		t.Errorf("%+v, %v", groups, err)
	}
}

// A server that ignores `after` does not keep the client reading.
func TestReadAfterEnds(t *testing.T) {
	t.Parallel()
	again := "directory_group_1"
	for name, page := range map[string]rowsAfter[DirectoryGroup]{
		"the same page":      {Data: []DirectoryGroup{{ID: again}}},
		"a page without row": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page.ListMetadata.After = &again
			c := directoryAPI(t, "scim", map[string]http.HandlerFunc{"GET /sso/directories/directory_1/groups": func(w http.ResponseWriter, _ *http.Request) {
				answer(w, http.StatusOK, page)
			}})
			var endless *EndlessPageError
			if _, err := c.ListDirectoryGroups(t.Context(), testAccount, "directory_1", ""); !errors.As(err, &endless) || endless.Pages > 2 {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A secret that the server repeats stands in no error, and the same creation
// may be sent again.
func TestCreateSCIMToken(t *testing.T) {
	t.Parallel()
	const secret = "canary-0123456789-0123456789-0123456789"
	c := directoryAPI(t, "scim", map[string]http.HandlerFunc{"POST /sso/directories/directory_1/tokens": func(w http.ResponseWriter, r *http.Request) {
		var body NewSCIMToken
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Token != secret || r.Header.Get("Idempotency-Key") != "k" {
			t.Errorf("%v, %+v, %v", err, body, r.Header)
		}
		answer(w, http.StatusConflict, map[string]string{"detail": body.Token + " was used before"})
	}})
	_, err := c.CreateSCIMToken(context.Background(), testAccount, "directory_1", "k", NewSCIMToken{Name: "okta", Token: secret})
	if !IsConflict(err) || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "was used before") {
		t.Errorf("got %v", err)
	}
}

// A secret that the server repeats stands in no error of a create or a rotation either.
func TestSCIMClientSecrets(t *testing.T) {
	t.Parallel()
	const secret = "canary-0123456789-0123456789-0123456789"
	refuse := func(w http.ResponseWriter, r *http.Request) {
		var body NewSCIMClient
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Secret != secret || r.Header.Get("Idempotency-Key") != "k" {
			t.Errorf("%v, %+v, %v", err, body, r.Header)
		}
		answer(w, http.StatusConflict, map[string]string{"detail": body.Secret + " was used before", "existing_id": "c1"})
	}
	c := directoryAPI(t, "scim", map[string]http.HandlerFunc{
		"POST /sso/directories/directory_1/clients": refuse, "POST /sso/directories/directory_1/clients/c1/rotate": refuse,
	})
	_, created := c.CreateSCIMClient(t.Context(), testAccount, "directory_1", "k", NewSCIMClient{Name: "okta", Secret: secret})
	_, rotated := c.RotateSCIMClient(t.Context(), testAccount, "directory_1", "c1", "k", SCIMClientRotation{Secret: secret})
	for what, err := range map[string]error{"create": created, "rotate": rotated} {
		if ExistingID(err) != "c1" || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "was used before") {
			t.Errorf("%s: got %v", what, err)
		}
	}
}
