package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// keyRow is a key in any answer.
type keyRow struct {
	ID         string
	Key        string
	MaskedKey  string `json:"masked_key"`
	Expiration *time.Time
}

func TestUserKeys(t *testing.T) {
	t.Parallel()
	clock := mocktest.NewClock()
	s := mocktest.Start(t, mockcloud.Config{Clock: clock.Now})
	path := "/api/users/" + s.MemberNamed("ada@acme.com").UserID + "/api_keys"
	foreign := "/api/users/" + s.MemberNamed("grace@acme.com").UserID + "/api_keys"
	const ada = mocktest.Member
	create := func(body obj) (k keyRow) {
		t.Helper()
		s.Call("POST", path, ada, body).Want(201).Into(&k)
		return k
	}
	lasting, hour := create(obj{"name": "lasting"}), create(obj{"name": "hour", "expiration": clock.Now().Add(time.Hour)})
	if !strings.HasPrefix(lasting.Key, "pnu_") || len(lasting.Key) < 30 || lasting.Key == hour.Key || lasting.Expiration != nil {
		t.Fatalf("%+v, %+v", lasting, hour)
	}
	masked := "pnu_..." + lasting.Key[len(lasting.Key)-4:]
	walk(t, s, []step{
		{"a new key works", "GET", "/api/me/", lasting.Key, nil, 200, says("ada@acme.com")},
		{"so does one that will end", "GET", "/api/me/", hour.Key, nil, 200, nil},
		{"read", "GET", path + "/" + lasting.ID, ada, nil, 200, says(`"name":"lasting"`, `"masked_key":"`+masked+`"`, `"expiration":null`)},
		{"read the other", "GET", path + "/" + hour.ID, lasting.Key, nil, 200, says(`"expiration":"2026-01-01T13:00:00Z"`)},
		{"list", "GET", path, ada, nil, 200, says(`"name":"scenario"`, `"name":"lasting"`, `"name":"hour"`)},
		{"list by name", "GET", path + "?name=lasting", ada, nil, 200, says(`[{"id":"` + lasting.ID)},
		{"list one's own", "GET", "/api/me/api_keys?name=hour", ada, nil, 200, says(`[{"id":"` + hour.ID)},
		{"filter one's own", "POST", "/api/me/api_keys/filter", ada, obj{"api_keys": obj{"name": obj{"any_": []string{"hour", "x"}}}, "limit": 1}, 200, says(`[{"id":"` + hour.ID)},
		{"another's", "GET", path, "", nil, 403, says("not yours")},
		{"another's new one", "POST", path, "", obj{"name": "x"}, 403, says("not yours")},
		{"another's by id", "GET", foreign + "/" + lasting.ID, "pnu_grace", nil, 404, says("API key not found")},
		{"another's to delete", "DELETE", foreign + "/" + lasting.ID, "pnu_grace", nil, 404, says("API key not found")},
		{"a service account", "GET", path, mocktest.Terraform, nil, 403, says("for users")},
		{"unknown", "GET", path + "/" + noone, ada, nil, 404, says("API key not found")},
		{"no id", "DELETE", path + "/x", ada, nil, 422, says(`"loc":["path","api_key_id"]`)},
		{"no name", "POST", path, ada, obj{}, 422, says(`"loc":["body","name"]`, "missing")},
		{"no time", "POST", path, ada, obj{"name": "x", "expiration": "soon"}, 422, says(`"loc":["body","expiration"]`)},
		{"over already", "POST", path, ada, obj{"name": "x", "expiration": clock.Now()}, 422, says(`"loc":["body","expiration"]`, "in the past")},
		{"unknown field", "POST", path, ada, obj{"name": "x", "key": "pnu_mine"}, 422, says(`"loc":["body","key"]`, "extra_forbidden")},
	})
	for _, answer := range []string{s.Call("GET", path, ada, nil).Body, s.Call("GET", path+"/"+hour.ID, ada, nil).Body} {
		if strings.Contains(answer, lasting.Key) || strings.Contains(answer, hour.Key) {
			t.Errorf("a key is shown again: %s", answer)
		}
	}
	clock.Advance(time.Hour - time.Microsecond)
	s.Call("GET", root, hour.Key, nil).Want(200)
	clock.Advance(time.Microsecond)
	s.Call("GET", root, hour.Key, nil).Want(401, `{"detail":"Invalid authentication credentials"}`)
	s.Call("DELETE", path+"/"+lasting.ID, lasting.Key, nil).Want(204)
	s.Call("GET", root, lasting.Key, nil).Want(401)
	s.Call("DELETE", path+"/"+lasting.ID, ada, nil).Want(404)
}
