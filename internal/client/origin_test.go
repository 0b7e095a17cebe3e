package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A create of which no answer tells whether it was made is found by its key, and only by that.
func TestCreateIsLookedUp(t *testing.T) {
	t.Parallel()
	const at = "/sso/directories/directory_1/group_role_mappings"
	const row = `{"id":"m1","match":{"group_name":"a"},"created":"2026-11-22T00:00:00Z","created_by":"actor-1"}`
	for name, test := range map[string]struct {
		status       int    // 0 breaks the connection off
		list         string // "" is no answer
		found, looks bool
		uncertain    bool
	}{
		"made, and the answer is lost":                 {0, "[" + row + "]", true, true, false},
		"made, and a 500 says no":                      {500, "[" + row + "]", true, true, false},
		"made, and a gateway says no":                  {504, "[" + row + "]", true, true, false},
		"not made":                                     {500, "[]", false, true, false},
		"not made yet, as the last request is on":      {0, "[]", false, true, true},
		"not made yet, as a gateway has a request":     {502, "[]", false, true, true},
		"not made, as the server has too much to do":   {503, "[]", false, true, false},
		"no answer, and none to the question":          {0, "", false, true, true},
		"an error for an answer, and for the question": {500, "", false, true, true},
		"a server that knows no keys":                  {500, strings.ReplaceAll("["+row+"]", `,"created_by":"actor-1"`, ""), false, true, true},
		"more than one":                                {500, "[" + row + "," + row + "]", false, true, true},
		"a conflict is certain":                        {409, "[" + row + "]", false, false, false},
		"a mistake is certain":                         {422, "[" + row + "]", false, false, false},
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
					if test.list == "" {
						answer(w, http.StatusInternalServerError, map[string]string{"detail": "no"})
						return
					}
					w.Header().Set("Content-Type", "application/json")
					_, _ = fmt.Fprint(w, test.list) // a test server
				},
			})
			got, err := c.CreateGroupRoleMapping(context.Background(), testAccount, "directory_1", "k", GroupRoleMappingWrite{Match: &MappingMatch{GroupName: "a"}})
			if found := err == nil && got.ID == "m1"; found != test.found || looked != test.looks {
				t.Errorf("got %+v, %v; looked %t", got, err, looked)
			}
			if key := UncertainKey(err); (key == "k") != test.uncertain {
				t.Errorf("the key %q of an uncertain write: %v", key, err)
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

// Stopping Terraform in the middle of a create does not lose what is made.
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

// What the earlier attempts leave open counts as well: a last answer that says nothing of them makes nothing certain.
func TestEarlierAttemptsAreLookedUp(t *testing.T) {
	t.Parallel()
	const at = "/sso/directories"
	for name, test := range map[string]struct {
		answers []int // 0 breaks off; the last one is repeated
		looks   bool
	}{
		"a lost answer, then too many requests":    {[]int{0, 429}, true},
		"an error, then no permission":             {[]int{500, 403}, true},
		"too many requests":                        {[]int{429}, false},
		"no permission":                            {[]int{403}, false},
		"an error, then a value that is no use":    {[]int{500, 422}, false},
		"a lost answer, then one of the same name": {[]int{0, 409}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			looked, posts := false, 0
			c := directoryAPI(t, "scim", map[string]http.HandlerFunc{
				"POST " + at: func(w http.ResponseWriter, _ *http.Request) {
					status := test.answers[min(posts, len(test.answers)-1)]
					if posts++; status == 0 {
						panic(http.ErrAbortHandler)
					}
					answer(w, status, map[string]string{"detail": "no"})
				},
				"GET " + at: func(w http.ResponseWriter, r *http.Request) {
					looked = r.URL.Query().Get("idempotency_key") == "k"
					answer(w, 200, []map[string]any{{"id": "directory_1", "created_by": "actor-1"}})
				},
			})
			got, err := c.CreateDirectory(context.Background(), testAccount, "k", DirectoryWrite{Name: "Okta"})
			if found := err == nil && got.ID == "directory_1"; found != test.looks || looked != test.looks {
				t.Errorf("got %+v, %v; looked %t", got, err, looked)
			}
		})
	}
}

// A request that never left, as where the server is down, has made nothing, and nothing is asked.
func TestUnsentCreateIsCertain(t *testing.T) {
	t.Parallel()
	asked := 0
	c := newTestClient(t, roundTripFunc(func(*http.Request) (*http.Response, error) {
		asked++
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	}), func(cfg *Config) { cfg.MaxRetries = 1 })
	c.retry.base, c.retry.maxWait = time.Microsecond, time.Microsecond
	_, err := c.CreateDirectory(context.Background(), testAccount, "k", DirectoryWrite{Name: "Okta"})
	var silence *ConnectionError
	if !errors.As(err, &silence) || UncertainKey(err) != "" || asked != 2 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}
