package client

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// answers gives each path below the account its answer: a status, or a body as JSON.
func answers(t *testing.T, byPath map[string]any) *Client {
	t.Helper()
	return newTestClient(t, roundTripFunc(func(req *http.Request) (*http.Response, error) {
		return inProcess{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			uri, err := url.QueryUnescape(strings.TrimPrefix(r.URL.RequestURI(), accountPath))
			if err != nil {
				t.Error(err)
			}
			switch given := byPath[uri].(type) {
			case int:
				answer(w, given, map[string]string{"detail": "no"})
			case string:
				answer(w, http.StatusOK, json.RawMessage(given))
			default:
				answer(w, http.StatusNotFound, map[string]string{"detail": "Not Found: " + uri})
			}
		})}.RoundTrip(req)
	}))
}

func TestRoleOwnerOf(t *testing.T) {
	t.Parallel()
	const (
		details = "/account_memberships/M1"
		users   = "/sso/directories/directory_1/users?filter="
		byName  = users + `userName eq "o\"hara@acme.com"&limit=1000`
		byEmail = users + `emails.value eq "o\"hara@acme.com"&limit=1000`
		in      = `{"id":"M1","directory_id":"directory_1"}`
		nobody  = `{"data":[],"list_metadata":{"after":null}}`
	)
	user := func(membership, rest string) string {
		return `{"data":[{"id":"directory_user_1","account_membership_id":` + membership + rest + `}],"list_metadata":{"after":null}}`
	}
	for name, test := range map[string]struct {
		answers map[string]any
		want    RoleOwner
		fails   bool
	}{
		"in no directory":        {map[string]any{details: `{"id":"M1","directory_id":null}`}, RoleOwner{Source: "manual"}, false},
		"a mapping":              {map[string]any{details: in, byName: user(`"m1"`, `,"role_source":"mapping","mapping_id":"x"`)}, RoleOwner{Source: "mapping", DirectoryID: "directory_1", MappingID: "x"}, false},
		"the directory":          {map[string]any{details: in, byName: user(`"M1"`, `,"role_source":"default"`)}, RoleOwner{Source: "default", DirectoryID: "directory_1"}, false},
		"linked, role kept":      {map[string]any{details: in, byName: user(`"M1"`, `,"role_source":null,"mapping_id":null`)}, RoleOwner{Source: "manual", DirectoryID: "directory_1"}, false},
		"another user name":      {map[string]any{details: in, byName: user(`"other"`, ""), byEmail: user(`"M1"`, `,"role_source":"default"`)}, RoleOwner{Source: "default", DirectoryID: "directory_1"}, false},
		"not found there":        {map[string]any{details: in, byName: nobody, byEmail: nobody}, RoleOwner{DirectoryID: "directory_1"}, false},
		"directories not shown":  {map[string]any{details: in, byName: 403, "": `{"id":"a","features":["scim"]}`}, RoleOwner{DirectoryID: "directory_1"}, false},
		"not offered":            {map[string]any{details: in, "": `{"id":"a","features":["scim"]}`}, RoleOwner{DirectoryID: "directory_1"}, false},
		"memberships not shown":  {map[string]any{details: 403}, RoleOwner{}, false},
		"no member any more":     {map[string]any{details: 404, "": `{"id":"a"}`}, RoleOwner{Gone: true}, false},
		"the directory is gone":  {map[string]any{details: in, byName: 404, "/sso/directories": `[]`}, RoleOwner{Source: "manual"}, false},
		"the server breaks down": {map[string]any{details: in, byName: 500}, RoleOwner{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := answers(t, test.answers)
			c.http.RetryMax = 0
			got, err := c.RoleOwnerOf(t.Context(), testAccount, Membership{ID: "M1", Email: ptr(`o"hara@acme.com`)})
			if got != test.want || (err != nil) != test.fails {
				t.Errorf("got %+v, %v; want %+v", got, err, test.want)
			}
		})
	}
}

// TestRoleOwners: a membership's id is the same in either case, and what one directory does not tell is told of nobody.
func TestRoleOwners(t *testing.T) {
	t.Parallel()
	const people = `{"data":[{"id":"u1","account_membership_id":"m1","role_source":"mapping","mapping_id":"x"},{"id":"u2","account_membership_id":null}],"list_metadata":{"after":null}}`
	for name, test := range map[string]struct {
		second any // what the second directory answers
		told   bool
		fails  bool
	}{
		"all told":             {`{"data":[{"id":"u3","account_membership_id":"M2","role_source":null}],"list_metadata":{"after":null}}`, true, false},
		"a directory is gone":  {404, true, false},
		"one is not shown":     {403, false, false},
		"the server has a bug": {500, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := answers(t, map[string]any{
				"/sso/directories/directory_1/users?limit=1000": people, "/sso/directories/directory_2/users?limit=1000": test.second,
				"/sso/directories": `[]`, "": `{"id":"a","features":["scim"]}`,
			})
			c.http.RetryMax = 0
			owners, err := c.RoleOwners(t.Context(), testAccount, []string{"directory_1", "directory_2"})
			if (err != nil) != test.fails || owners.Told() != test.told {
				t.Fatalf("told %t, %v", owners.Told(), err)
			}
			want := map[string]RoleOwner{"M1": {}, "M3": {}}
			if test.told {
				want = map[string]RoleOwner{"M1": {Source: "mapping", DirectoryID: "directory_1", MappingID: "x"}, "M3": {Source: "manual"}}
			}
			for id, owner := range want {
				if got := owners.Of(Membership{ID: id}); got != owner {
					t.Errorf("%s: %+v, want %+v", id, got, owner)
				}
			}
		})
	}
}
