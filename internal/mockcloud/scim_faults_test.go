package mockcloud_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scenario"
)

const (
	scimPath  = "/scim/v2.0/okta"
	scimToken = "directory-token-0123456789-abcdef"
)

// directoryScenario has a directory without people.
func directoryScenario(t testing.TB) *scenario.Scenario {
	return mocktest.Scenario(t, `
accounts:
  - id: `+mocktest.Account+`
    handle: acme
    features: [sso, scim, teams]
    domains: [acme.com]
    users:
      - {email: owner@acme.com, role: Owner, api_key: pnu_owner}
      - {email: second@acme.com, role: Owner}
    directories: [{name: Okta, type: okta scim v2.0, endpoint: okta, token: `+scimToken+`}]
`)
}

func scimUser(name string) obj {
	return obj{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": name, "active": true}
}

// TestSCIMFaults walks what goes wrong on purpose when somebody is pushed, whether
// the error is one that SCIM clients know (RFC 7644, 3.12), and whether the person
// came.
func TestSCIMFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, fault string
		status      int // 0: no whole answer
		retryAfter  string
		came        bool
	}{
		{"status", `{"status":503,"retry_after_s":7}`, 503, "7", false},
		{"status after the write", `{"status":500,"after_write":true}`, 500, "", true},
		{"drop", `{"drop":true}`, 0, "", false},
		{"drop after the write", `{"drop":true,"after_write":true}`, 0, "", true},
		{"truncate", `{"truncate":true}`, 0, "", true},
		{"truncated status", `{"status":502,"truncate":true}`, 0, "", false},
		{"delay", `{"latency_ms":1}`, 201, "", true},
		{"another method", `{"method":"GET","status":500}`, 201, "", true},
		{"the route", `{"method":"POST","route":"/scim/v2.0/{endpoint}/Users","status":429,"retry_after_s":1}`, 429, "1", false},
		{"the route with a slash", `{"route":"/scim/v2.0/{endpoint}/Users/","status":429}`, 429, "", false},
		{"a user's route", `{"route":"/scim/v2.0/{endpoint}/Users/{id}","status":500}`, 201, "", true},
		{"another route", `{"route":"/scim/v2.0/{endpoint}/Groups","status":500}`, 201, "", true},
		{"all of SCIM", `{"route":"/scim/*","status":401}`, 401, "", false},
		{"all of the API", `{"route":"/api/*","status":500}`, 201, "", true},
		{"all that there is", `{"route":"*","status":500}`, 500, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := mocktest.Start(t, mockcloud.Config{Scenario: directoryScenario(t)})
			s.Call("POST", "/_mockcloud/faults", "", tt.fault).Want(201)
			answer, err := s.Try("POST", scimPath+"/Users", scimToken, scimUser("new@acme.com"))
			if (err != nil) != (tt.status == 0) || err == nil && answer.Status != tt.status {
				t.Fatalf("%v, %d %s", err, answer.Status, answer.Body)
			}
			if err == nil && answer.Header.Get("Content-Type") != "application/scim+json" {
				t.Error(answer.Header)
			}
			if got := answer.Header.Get("Retry-After"); got != tt.retryAfter {
				t.Errorf("Retry-After %q", got)
			}
			if tt.status >= 400 {
				var got obj
				answer.Into(&got)
				want := obj{
					"schemas": []any{"urn:ietf:params:scim:api:messages:2.0:Error"}, "status": fmt.Sprint(tt.status),
					"detail": fmt.Sprintf("Injected fault: %d %s", tt.status, http.StatusText(tt.status)),
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%v, want %v", got, want)
				}
			}
			s.Call("DELETE", "/_mockcloud/faults", "", nil).Want(204)
			var list struct{ TotalResults int }
			s.Call("GET", scimPath+"/Users", scimToken, nil).Want(200).Into(&list)
			if came := list.TotalResults == 1; came != tt.came {
				t.Errorf("came: %v, want %v", came, tt.came)
			}
		})
	}
}

// TestSCIMRequestsAreCounted: each route by its pattern, beside the API's; what no
// route takes is unknown, as it is there, and hit by no fault.
func TestSCIMRequestsAreCounted(t *testing.T) {
	t.Parallel()
	var log mocktest.Log
	s := mocktest.Start(t, mockcloud.Config{Scenario: directoryScenario(t), Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	var person struct{ ID string }
	s.Call("POST", scimPath+"/Users", scimToken, scimUser("new@acme.com")).Want(201).Into(&person)
	for _, call := range []struct {
		method, path, token string
		status              int
	}{
		{"GET", "/Users/" + person.ID, scimToken, 200},
		{"GET", "/Users/nobody/", scimToken, 404},
		{"HEAD", "/Users/" + person.ID, scimToken, 200},
		{"GET", "/Users", "", 401},
		{"GET", "", scimToken, 200},
		{"POST", "/Bulk", scimToken, 400},
		{"DELETE", "/Me", scimToken, 501},
		{"GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", scimToken, 200},
	} {
		s.Call(call.method, scimPath+call.path, call.token, nil).Want(call.status)
	}
	s.Call("POST", "/_mockcloud/faults", "", `{"route":"*","status":500}`).Want(201)
	s.Call("GET", scimPath+"/Nothing", scimToken, nil).Want(404, "ResourceTypes")
	s.Call("PUT", scimPath+"/Users", scimToken, nil).Want(405, "GET, POST")
	s.Call("GET", "/api/me", mocktest.Owner, nil).Want(500, "Injected")
	s.Call("GET", "/_mockcloud/requests", "", nil).Want(200, `"total":12`,
		`{"method":"GET","route":"/api/me/","count":1}`,
		`{"method":"GET","route":"/scim/v2.0/{endpoint}","count":1}`,
		`{"method":"POST","route":"/scim/v2.0/{endpoint}/Bulk","count":1}`,
		`{"method":"DELETE","route":"/scim/v2.0/{endpoint}/Me","count":1}`,
		`{"method":"GET","route":"/scim/v2.0/{endpoint}/Schemas/{id}","count":1}`,
		`{"method":"GET","route":"/scim/v2.0/{endpoint}/Users","count":1}`,
		`{"method":"POST","route":"/scim/v2.0/{endpoint}/Users","count":1}`,
		`{"method":"GET","route":"/scim/v2.0/{endpoint}/Users/{id}","count":2}`,
		`{"method":"HEAD","route":"/scim/v2.0/{endpoint}/Users/{id}","count":1}`,
		`{"method":"GET","route":"unknown","count":1}`, `{"method":"PUT","route":"unknown","count":1}`)
	if text := log.String(); strings.Count(text, `"level":"WARN"`) != 2 || strings.Contains(text, "/okta") || strings.Contains(text, person.ID) {
		t.Error(text)
	}
}

// TestSCIMCallerGoesDuringADelay: the server notices, though the body was not read
// yet, and no user comes.
func TestSCIMCallerGoesDuringADelay(t *testing.T) {
	t.Parallel()
	var log mocktest.Log
	s := mocktest.Start(t, mockcloud.Config{Scenario: directoryScenario(t), Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	s.Call("POST", "/_mockcloud/faults", "", `{"route":"/scim/*","latency_ms":60000,"times":1}`).Want(201)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "POST", s.URL+scimPath+"/Users", strings.NewReader(`{"userName":"new@acme.com"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+scimToken)
	gone := make(chan error)
	go func() {
		answer, err := http.DefaultClient.Do(r)
		if err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close() // it was read to its end
		}
		gone <- err
	}()
	for s.Call("GET", "/_mockcloud/faults", "", nil).Body != "[]\n" {
		// until it has struck
	}
	cancel()
	if err := <-gone; err == nil {
		t.Error("it was answered")
	}
	for !strings.Contains(log.String(), `"route":"/scim/`) {
		// until the request has ended at the server, too
	}
	if text := log.String(); !strings.Contains(text, `"route":"/scim/v2.0/{endpoint}/Users","method":"POST","status":0`) {
		t.Error(text)
	}
	s.Call("GET", scimPath+"/Users", scimToken, nil).Want(200, `"totalResults":0`)
}
