package control_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

var start = time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)

// TestClock: everything that asks for the time gets the one that was set.
func TestClock(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Clock: func() time.Time { return start }, Scenario: mocktest.Scenario(t, `
accounts:
  - id: `+mocktest.Account+`
    handle: acme
    rate_limit_per_minute: 2
    features: [sso]
    users: [{email: owner@acme.com, role: Owner, api_key: pnu_owner}]
`)})
	s.Call("GET", "/_mockcloud/clock", "", nil).Want(200, `{"now":"2026-01-01T12:00:00Z","ahead":"0s"}`)
	for range 2 {
		s.Call("GET", mocktest.Root, mocktest.Owner, nil).Want(200)
	}
	s.Call("GET", mocktest.Root, mocktest.Owner, nil).Want(429)
	s.Call("POST", "/_mockcloud/clock", "", `{"advance":"1m"}`).Want(200, `{"now":"2026-01-01T12:01:00Z","ahead":"1m0s"}`)
	s.Call("PATCH", mocktest.Root+"/domains", mocktest.Owner, `{"domain_names":["acme.com"]}`).Want(204)
	s.Call("GET", mocktest.Root+"/domains", mocktest.Owner, nil).Want(200, `"created":"2026-01-01T12:01:00`)
	s.Call("POST", "/_mockcloud/clock", "", `{"advance":"24h"}`).Want(200, `{"now":"2026-01-02T12:01:00Z","ahead":"24h1m0s"}`)
	for body, says := range map[string]string{
		`{}`:                            "Field required",
		`{"advance":24}`:                "valid string",
		`{"advance":"a day"}`:           "such as 90s, 15m or 24h",
		`{"advance":"-1h"}`:             "forward only",
		`{"advance":"0s"}`:              "forward only",
		`{"advance":"1000000h"}`:        "at most 100 years",
		`{"advance":"1h","back":"yes"}`: `"loc":["body","back"]`,
		`[]`:                            "model_attributes_type",
	} {
		s.Call("POST", "/_mockcloud/clock", "", body).Want(422, says)
	}
	s.Call("GET", "/_mockcloud/clock", "", nil).Want(200, `"24h1m0s"`)
	s.Call("POST", "/_mockcloud/reset", "", nil).Want(204)
	s.Call("GET", "/_mockcloud/clock", "", nil).Want(200, `"0s"`)
}

// TestSnapshot: the state by table, the same each time, and without what would
// open a door.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	s.Call("PATCH", mocktest.Root+"/domains", mocktest.Owner, `{"domain_names":["acme.com"]}`).Want(204)
	first := s.Call("GET", "/_mockcloud/snapshot", "", nil).Want(200, `"name":"acme.com"`, `"email":"ada@acme.com"`, `"masked":"pnu_...`)
	if second := s.Call("GET", "/_mockcloud/snapshot", "", nil); second.Body != first.Body {
		t.Errorf("%s\n%s", first.Body, second.Body)
	}
	for _, secret := range []string{mocktest.Owner, "hash", "seed", `"value"`} {
		if strings.Contains(strings.ToLower(first.Body), secret) {
			t.Errorf("it has %q in it", secret)
		}
	}
	var state map[string][]map[string]any
	first.Into(&state)
	if len(state["accounts"]) != 1 || len(state["users"]) != 6 || len(state["domains"]) != 1 || len(state["events"]) != 1 {
		t.Errorf("%s", first.Body)
	}
	if i := strings.Index(first.Body, `"users"`); !slices.IsSortedFunc(state["users"], func(a, b map[string]any) int {
		return strings.Compare(fmt.Sprint(a["id"]), fmt.Sprint(b["id"]))
	}) || i < strings.Index(first.Body, `"accounts"`) {
		t.Errorf("it is out of order: %s", first.Body)
	}
}

// TestRestart: with a state file a server goes on where the last one was.
func TestRestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.db")
	var before mocktest.Answer
	t.Run("first", func(t *testing.T) {
		s := mocktest.Start(t, mockcloud.Config{StateFile: file})
		s.Call("POST", "/_mockcloud/clock", "", `{"advance":"1h"}`).Want(200)
		s.Call("PATCH", mocktest.Root+"/domains", mocktest.Owner, `{"domain_names":["acme.com"]}`).Want(204)
		before = s.Call("GET", "/_mockcloud/snapshot", "", nil).Want(200)
	})
	t.Run("second", func(t *testing.T) {
		s := mocktest.Start(t, mockcloud.Config{StateFile: file})
		if after := s.Call("GET", "/_mockcloud/snapshot", "", nil).Want(200); after.Body != before.Body {
			t.Errorf("%s\n%s", before.Body, after.Body)
		}
		s.Call("GET", "/_mockcloud/clock", "", nil).Want(200, `"1h0m0s"`)
		s.Call("GET", mocktest.Root+"/domains", mocktest.Owner, nil).Want(200, "acme.com")
	})
}
