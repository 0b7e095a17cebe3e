package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

const bots = root + "/bots"

// botRow is a service account in any answer.
type botRow struct {
	mocktest.Row
	APIKey keyRow `json:"api_key"`
}

// botKeys are a service account's keys.
type botKeys struct {
	Active   keyRow   `json:"active_key"`
	Rotating []keyRow `json:"rotating_keys"`
}

func createBot(t *testing.T, s *mocktest.Server, body obj) (b botRow) {
	t.Helper()
	s.Call("POST", bots+"/", mocktest.Owner, body).Want(201).Into(&b)
	if !strings.HasPrefix(b.APIKey.Key, "pnb_") || len(b.APIKey.Key) < 30 {
		t.Fatalf("%+v", b)
	}
	return b
}

func TestBotLife(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	admin, auditor := s.RoleNamed("Admin").ID, s.RoleNamed("Auditor").ID
	ci := createBot(t, s, obj{"name": "ci"})
	at := bots + "/" + ci.ID
	walk(t, s, []step{
		{"a Member unless said", "GET", at, "", nil, 200, says(`"account_role_name":"Member"`, `"masked_key":"pnb_...`+ci.APIKey.Key[len(ci.APIKey.Key)-4:]+`"`)},
		{"its key works", "GET", root, ci.APIKey.Key, nil, 200, nil},
		{"and may not do more", "PATCH", root, ci.APIKey.Key, obj{"name": "x"}, 403, says("update:account")},
		{"a member like others", "POST", members + "/filter", "", obj{"account_memberships": obj{"actor_id": obj{"any_": []string{ci.ActorID}}}}, 200, says(ci.ActorID)},

		{"by a Member", "POST", bots + "/", mocktest.Member, obj{"name": "x"}, 403, says("create:bot")},
		{"name taken", "POST", bots + "/", "", obj{"name": "ci"}, 409, says("named ci exists already")},
		{"name left out", "POST", bots + "/", "", obj{}, 422, says(`"loc":["body","name"]`, "missing")},
		{"name empty", "POST", bots + "/", "", obj{"name": ""}, 422, says(`"loc":["body","name"]`)},
		{"role of nowhere", "POST", bots + "/", "", obj{"name": "x", "account_role_id": noone}, 422, says(`"loc":["body","account_role_id"]`)},
		{"role beyond one's own", "POST", bots + "/", mocktest.Admin, obj{"name": "x", "account_role_id": s.RoleNamed("Owner").ID}, 403, says("bypass:sso")},
		{"key over already", "POST", bots + "/", "", obj{"name": "x", "api_key_expiration": "2001-01-01T00:00:00Z"}, 422, says(`"loc":["body","api_key_expiration"]`)},
		{"unknown field", "POST", bots + "/", "", obj{"name": "x", "role": "Owner"}, 422, says(`"loc":["body","role"]`, "extra_forbidden")},
		{"nothing was made", "POST", bots + "/filter", "", obj{"service_accounts": obj{"name": obj{"any_": []string{"x"}}}}, 200, says("[]")},

		{"rename and promote", "PATCH", at, mocktest.Admin, obj{"name": "deploy", "account_role_id": admin}, 204, nil},
		{"renamed and promoted", "GET", at, "", nil, 200, says(`"name":"deploy"`, `"account_role_name":"Admin"`)},
		{"nothing to change", "PATCH", at, "", obj{"name": nil, "account_role_id": nil}, 204, nil},
		{"name of another", "PATCH", at, "", obj{"name": "terraform"}, 409, says("terraform exists already")},
		{"promotion beyond one's own", "PATCH", at, mocktest.Admin, obj{"account_role_id": s.RoleNamed("Owner").ID}, 403, says("bypass:sso")},
		{"promotion to nowhere", "PATCH", at, "", obj{"account_role_id": noone}, 422, says(`"loc":["body","account_role_id"]`)},
		{"own demotion", "PATCH", at, ci.APIKey.Key, obj{"account_role_id": auditor}, 409, says("yourself")},
		{"changed by a Member", "PATCH", at, mocktest.Member, obj{}, 403, says("update:bot")},
		{"unknown", "PATCH", bots + "/" + noone, "", obj{}, 404, says("Service account not found")},

		{"own end", "DELETE", at, ci.APIKey.Key, nil, 409, says("yourself")},
		{"ended by a Member", "DELETE", at, mocktest.Member, nil, 403, says("delete:bot")},
		{"ended", "DELETE", at, mocktest.Admin, nil, 204, nil},
		{"its key is dead", "GET", root, ci.APIKey.Key, nil, 401, nil},
		{"gone", "GET", at, "", nil, 404, says("Service account not found")},
		{"gone as a member", "GET", members + "/by-bot/" + ci.ID, "", nil, 404, nil},
		{"its name is free", "POST", bots + "/", "", obj{"name": "deploy", "account_role_id": nil, "api_key_expiration": nil}, 201, says(`"key":"pnb_`)},
	})
}

func TestRotateBotKey(t *testing.T) {
	t.Parallel()
	clock := mocktest.NewClock()
	s := mocktest.Start(t, mockcloud.Config{Clock: clock.Now})
	end := clock.Now().Add(90 * time.Second)
	bot := createBot(t, s, obj{"name": "ci", "api_key_expiration": end})
	at := bots + "/" + bot.ID
	rotate := func(body any) (key keyRow) {
		t.Helper()
		var b botRow
		s.Call("POST", at+"/rotate_api_key", mocktest.Owner, body).Want(201).Into(&b)
		if b.APIKey.ID == "" || b.ID != bot.ID || b.APIKey.Key == "" {
			t.Fatalf("%+v", b)
		}
		return b.APIKey
	}
	works := func(want bool, keys ...keyRow) {
		t.Helper()
		for i, key := range keys {
			if got := s.Call("GET", root, key.Key, nil).Status; got != map[bool]int{true: 200, false: 401}[want] {
				t.Errorf("key %d: %d, want it to work: %v", i, got, want)
			}
		}
	}
	keys := func() (out botKeys) {
		t.Helper()
		s.Call("GET", at+"/read_bot_api_keys", mocktest.Member, nil).Want(200).Into(&out)
		return out
	}

	first := bot.APIKey
	second := rotate(obj{"old_key_expires_in_seconds": 172800})
	works(true, first, second)
	if k := keys(); k.Active.ID != second.ID || len(k.Rotating) != 1 || k.Rotating[0].ID != first.ID || !k.Rotating[0].Expiration.Equal(end) {
		t.Errorf("the old key lasts as long as before and no longer: %+v", k)
	}
	clock.Advance(90 * time.Second)
	works(false, first)
	third := rotate(obj{"old_key_expires_in_seconds": 60, "api_key_expiration": nil})
	works(true, second, third)
	if k := keys(); k.Active.ID != third.ID || len(k.Rotating) != 1 || k.Rotating[0].ID != second.ID {
		t.Errorf("%+v", k)
	}
	clock.Advance(time.Minute + time.Second)
	works(false, second)
	works(true, third)
	if k := keys(); len(k.Rotating) != 0 {
		t.Errorf("an old key is listed: %+v", k)
	}
	fourth := rotate(nil)
	works(false, third)
	fifth := rotate(obj{"old_key_expires_in_seconds": 0})
	works(false, fourth)
	sixth := rotate(obj{"old_key_expires_in_seconds": 60})
	walk(t, s, []step{
		{"too long", "POST", at + "/rotate_api_key", "", obj{"old_key_expires_in_seconds": 172801}, 422, says(`"loc":["body","old_key_expires_in_seconds"]`, "less_than_equal")},
		{"negative", "POST", at + "/rotate_api_key", "", obj{"old_key_expires_in_seconds": -1}, 422, says("greater_than_equal")},
		{"over already", "POST", at + "/rotate_api_key", "", obj{"api_key_expiration": clock.Now()}, 422, says(`"loc":["body","api_key_expiration"]`)},
		{"unknown field", "POST", at + "/rotate_api_key", "", obj{"overlap": 1}, 422, says("extra_forbidden")},
		{"by a Member", "POST", at + "/rotate_api_key", mocktest.Member, nil, 403, says("update:bot")},
		{"unknown", "POST", bots + "/" + noone + "/rotate_api_key", "", nil, 404, says("Service account not found")},
		{"keys of nobody", "GET", bots + "/" + noone + "/read_bot_api_keys", "", nil, 404, says("Service account not found")},
		{"delete the one in use", "DELETE", at + "/delete_bot_api_key/" + sixth.ID, "", nil, 409, says("rotate it")},
		{"delete by a Member", "DELETE", at + "/delete_bot_api_key/" + fifth.ID, mocktest.Member, nil, 403, says("update:bot")},
		{"delete an unknown one", "DELETE", at + "/delete_bot_api_key/" + noone, "", nil, 404, says("API key not found")},
		{"delete no id", "DELETE", at + "/delete_bot_api_key/x", "", nil, 422, says(`"loc":["path","api_key_id"]`)},
		{"delete the old one", "DELETE", at + "/delete_bot_api_key/" + fifth.ID, "", nil, 200, says(`"active_key":{"id":"`, `"rotating_keys":[]`)},
	})
	works(false, fifth)
	works(true, sixth)
}

// TestKeysAreRoles: a user who rotates a service account's key can act as it, so it
// takes all of its permissions.
func TestKeysAreRoles(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	var rows []mocktest.Row
	s.Call("POST", bots+"/filter", mocktest.Admin, nil).Want(200).Into(&rows)
	s.Call("POST", bots+"/"+rows[0].ID+"/rotate_api_key", mocktest.Admin, nil).Want(403, "bypass:sso")
	s.Call("GET", root, mocktest.Terraform, nil).Want(200)
}
