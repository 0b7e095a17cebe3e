package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// A create of which no answer tells whether it was made is found by its key, and only by that.
func TestCreateIsLookedUp(t *testing.T) {
	t.Parallel()
	const at = "/sso/directories/directory_1/group_role_mappings"
	const row = `{"id":"m1","match":{"group_name":"a"},"created":"2026-11-22T00:00:00Z","created_by":"actor-1"}`
	for name, test := range map[string]struct {
		status       int // 0 breaks the connection off
		list         string
		found, looks bool
	}{
		"made, and the answer is lost": {0, "[" + row + "]", true, true},
		"made, and a 500 says no":      {500, "[" + row + "]", true, true},
		"made, and a gateway says no":  {504, "[" + row + "]", true, true},
		"not made":                     {500, "[]", false, true},
		"a server that knows no keys":  {500, strings.ReplaceAll("["+row+"]", `,"created_by":"actor-1"`, ""), false, true},
		"more than one":                {500, "[" + row + "," + row + "]", false, true},
		"a conflict is certain":        {409, "[" + row + "]", false, false},
		"a mistake is certain":         {422, "[" + row + "]", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			looked, posts := false, 0
			c := directoryAPI(t, "scim", map[string]http.HandlerFunc{
				"POST " + at: func(w http.ResponseWriter, r *http.Request) {
					if posts++; r.Header.Get("Idempotency-Key") != "k" {
						t.Errorf("key %q", r.Header.Get("Idempotency-Key"))
					}
					if test.status == 0 {
						panic(http.ErrAbortHandler)
					}
					answer(w, test.status, map[string]string{"detail": "no", "existing_id": "m0"})
				},
				"GET " + at: func(w http.ResponseWriter, r *http.Request) {
					looked = true
					if r.URL.RawQuery != "idempotency_key=k" {
						t.Errorf("query %q", r.URL.RawQuery)
					}
					w.Header().Set("Content-Type", "application/json")
					_, _ = fmt.Fprint(w, test.list) // a test server
				},
			})
			got, err := c.CreateGroupRoleMapping(context.Background(), testAccount, "directory_1", "k", GroupRoleMappingWrite{Match: &MappingMatch{GroupName: "a"}})
			if found := err == nil && got.ID == "m1"; found != test.found || looked != test.looks {
				t.Errorf("got %+v, %v; looked %t", got, err, looked)
			}
			if want := test.status == 409; want != (ExistingID(err) == "m0") {
				t.Errorf("existing id %q", ExistingID(err))
			}
			if repeated := posts > 1; repeated != test.looks {
				t.Errorf("sent %d times", posts)
			}
		})
	}
}

// Whoever stops Terraform in the middle of a create does not lose what is made.
func TestStoppedCreateIsLookedUp(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(context.Background())
	c := directoryAPI(t, "scim", map[string]http.HandlerFunc{
		"POST /sso/directories": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // or the server does not see the caller go
			stop()
			<-r.Context().Done()
		},
		"GET /sso/directories": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 200, []map[string]any{{"id": "directory_1", "created_by": "actor-1"}})
		},
	})
	got, err := c.CreateDirectory(ctx, testAccount, "k", DirectoryWrite{Name: "Okta"})
	if err != nil || got.ID != "directory_1" {
		t.Errorf("got %+v, %v", got, err)
	}
}
