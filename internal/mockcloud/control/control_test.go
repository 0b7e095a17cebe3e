package control_test

import (
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestWalls: who may steer the server, and how.
func TestWalls(t *testing.T) {
	t.Parallel()
	open := mocktest.Start(t, mockcloud.Config{})
	locked := mocktest.Start(t, mockcloud.Config{ControlToken: "s3cret"})
	const path = "/_mockcloud/requests/reset"
	tests := []struct {
		name    string
		server  *mocktest.Server
		key     string
		body    any
		headers []string
		status  int
	}{
		{"open", open, "", nil, nil, 204},
		{"with a body", open, "", "{}", nil, 204},
		{"own page", open, "", nil, []string{"Origin", open.URL, "Sec-Fetch-Site", "same-origin"}, 204},
		{"typed by hand", open, "", nil, []string{"Sec-Fetch-Site", "none"}, 204},
		{"foreign page", open, "", nil, []string{"Origin", "http://evil.example"}, 403},
		{"page on another port", open, "", nil, []string{"Origin", "http://127.0.0.1:1"}, 403},
		{"page without origin", open, "", nil, []string{"Origin", "null"}, 403},
		{"cross-site", open, "", nil, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"same site, other origin", open, "", nil, []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"a form", open, "", "a=b", []string{"Content-Type", "text/plain"}, 415},
		{"foreign host", open, "", nil, []string{"Host", "evil.example"}, 421},
		{"token", locked, "s3cret", nil, nil, 204},
		{"no token", locked, "", nil, nil, 401},
		{"wrong token", locked, "s3cre", nil, nil, 401},
		{"an API key", locked, mocktest.Owner, nil, nil, 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.server.In(t).Call("POST", path, tt.key, tt.body, tt.headers...).Want(tt.status)
		})
	}
	open.Call("GET", "/_mockcloud/nothing", "", nil).Want(404, "no such control call")
}

func TestFaultsPersist(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	s.Call("POST", "/_mockcloud/faults", "", `{"method":"patch","status":503,"retry_after_s":1,"latency_ms":50,"times":2,"probability":0.5,"seed":7,"after_write":true}`).
		Want(201, `"method":"PATCH"`, `"route":"*"`, `"status":503`, `"retry_after_s":1`, `"latency_ms":50`, `"times":2`, `"probability":0.5`, `"seed":7`, `"after_write":true`, `"struck":0`)
	s.Call("POST", "/_mockcloud/faults", "", `{"drop":true,"route":"/api/me"}`).Want(201, `"route":"/api/me"`)
	var faults []struct{ ID string }
	s.Call("GET", "/_mockcloud/faults", "", nil).Want(200).Into(&faults)
	if len(faults) != 2 || faults[0].ID == faults[1].ID {
		t.Errorf("%+v", faults)
	}
	s.Call("DELETE", "/_mockcloud/faults", "", nil).Want(204)
	s.Call("GET", "/_mockcloud/faults", "", nil).Want(200, "[]")
}

// TestSenselessFaults: a fault that would never show is refused.
func TestSenselessFaults(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	for body, says := range map[string]string{
		``:                                      "Field required",
		`{}`:                                    "one of status, drop, truncate and latency_ms",
		`{"status":500,"sttaus":1}`:             `"loc":["body","sttaus"]`,
		`{"status":200}`:                        "greater than or equal to 400",
		`{"status":500,"times":0}`:              "greater than or equal to 1",
		`{"status":500,"probability":1.1}`:      "less than or equal to 1",
		`{"latency_ms":1,"after_write":true}`:   "after_write needs",
		`{"status":500,"route":"/api/acounts"}`: "no route * /api/acounts is mounted",
		`{"status":500,"route":"/api/me/","method":"PUT"}`:                    "no route PUT /api/me/ is mounted",
		`{"status":500,"route":"/scim/v2.0/{endpoint}/People"}`:               "no route * /scim/v2.0/{endpoint}/People is mounted",
		`{"status":500,"route":"/scim/v2.0/{endpoint}/Users","method":"PUT"}`: "no route PUT /scim/v2.0/{endpoint}/Users is mounted",
		`{"status":500,"route":"/sclm/*"}`:                                    "no route * /sclm/* is mounted",
		`{"status":500,"route":"*/Users"}`:                                    "no route * */Users is mounted",
		`{"latency_ms":60001}`:                                                "less than or equal to 60000",
		`[`:                                                                   "json_invalid",
	} {
		s.Call("POST", "/_mockcloud/faults", "", body).Want(422, says)
	}
	s.Call("GET", "/_mockcloud/faults", "", nil).Want(200, "[]")
}

// TestReset: back to the scenario, with the same ids.
func TestReset(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	before := s.MemberNamed("ada@acme.com")
	s.Call("DELETE", mocktest.Root+"/account_memberships/"+before.ID, mocktest.Owner, nil).Want(204)
	s.Call("PATCH", mocktest.Root+"/domains", mocktest.Owner, map[string]any{"domain_names": []string{"acme.com"}}).Want(204)
	s.Call("POST", "/_mockcloud/faults", "", `{"status":500}`).Want(201)
	s.Call("POST", "/_mockcloud/reset", "", nil).Want(204)
	s.Call("GET", "/_mockcloud/requests", "", nil).Want(200, `"total":0`)
	if after := s.MemberNamed("ada@acme.com"); after.ID != before.ID || after.UserID != before.UserID || after.ActorID != before.ActorID {
		t.Errorf("%+v, before %+v", after, before)
	}
	if body := s.Call("GET", mocktest.Root+"/domains", mocktest.Owner, nil).Want(200).Body; strings.Contains(body, "acme.com") {
		t.Error("the domains are still there")
	}
}
