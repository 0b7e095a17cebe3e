package account_test

import (
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

const noone = "0c1f1d2e-0000-4000-8000-00000000ffff"

func TestUsers(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	ada, grace := s.MemberNamed("ada@acme.com"), s.MemberNamed("grace@acme.com")
	me, other := "/api/users/"+ada.UserID, "/api/users/"+grace.UserID
	const key = mocktest.Member
	settings := obj{"default_timezone": "Europe/Berlin", "tutorial_completed": true, "feature_previews": []string{"a"}, "unknown": 1}
	walk(t, s, []step{
		{"oneself", "GET", me, key, nil, 200, says(`"actor_id":"`+ada.ActorID+`"`, `"idp_user_id":"user_`, `"title":null`, `"last_login":null`, `"feature_previews":[]`)},
		{"another", "GET", other, key, nil, 403, says("not yours")},
		{"another by an Owner", "GET", me, "", nil, 403, says("not yours")},
		{"nobody", "GET", "/api/users/" + noone, key, nil, 403, says("not yours")},
		{"no id", "GET", "/api/users/ada", key, nil, 422, says(`"loc":["path","id"]`, "uuid_parsing")},
		{"a service account", "GET", me, mocktest.Terraform, nil, 403, says("for users")},
		{"another is not changed", "PATCH", other, key, obj{"first_name": "X"}, 403, nil},
		{"another is not deleted", "DELETE", other, key, nil, 403, nil},

		{"change", "PATCH", me, key, obj{"handle": "countess", "first_name": "Augusta", "last_name": "King", "email": "Augusta@acme.com", "location": "London", "title": "Countess", "image_location": "https://acme.com/ada.png", "settings": settings, "last_login": "2026-01-01T00:00:00Z"}, 204, nil},
		{"changed", "GET", me, key, nil, 200, says(`"handle":"countess"`, `"first_name":"Augusta"`, `"last_name":"King"`, `"email":"Augusta@acme.com"`, `"location":"London"`, `"title":"Countess"`, `"image_location":"https://acme.com/ada.png"`, `"default_timezone":"Europe/Berlin"`, `"tutorial_completed":true`, `"feature_previews":["a"]`, `"last_login":"2026-01-01T00:00:00Z"`)},
		{"changed in /me", "GET", "/api/me/", key, nil, 200, says(`"location":"London"`, `"default_timezone":"Europe/Berlin"`)},
		{"changed as a member", "GET", members + "/" + ada.ID, "", nil, 200, says(`"email":"Augusta@acme.com"`, `"handle":"countess"`, `"timezone":"Europe/Berlin"`)},
		{"take away", "PATCH", me, key, obj{"location": nil, "title": nil, "email": nil, "handle": nil, "settings": nil, "last_login": nil}, 204, nil},
		{"taken away", "GET", me, key, nil, 200, says(`"location":null`, `"title":null`, `"image_location":"https`, `"email":"Augusta@acme.com"`, `"default_timezone":"Europe/Berlin"`)},
		{"case alone", "PATCH", me, key, obj{"email": "AUGUSTA@acme.com"}, 204, nil},
		{"an email that is taken", "PATCH", me, key, obj{"email": "GRACE@acme.com"}, 409, says("GRACE@acme.com exists already")},
		{"no email", "PATCH", me, key, obj{"email": "augusta"}, 422, says(`"loc":["body","email"]`, "not a valid email address")},
		{"a handle that is taken", "PATCH", me, key, obj{"handle": "grace"}, 409, says("grace is taken")},
		{"no handle", "PATCH", me, key, obj{"handle": "Not OK"}, 422, says(`"loc":["body","handle"]`)},
		{"too long", "PATCH", me, key, obj{"first_name": strings.Repeat("x", 501)}, 422, says(`"loc":["body","first_name"]`, "string_too_long")},
		{"unknown field", "PATCH", me, key, obj{"mail": "x"}, 422, says(`"loc":["body","mail"]`, "extra_forbidden")},
		{"nested mistake", "PATCH", me, key, obj{"settings": obj{"feature_previews": []any{1}}}, 422, says(`"loc":["body","settings","feature_previews",0]`)},
		{"no time", "PATCH", me, key, obj{"last_login": "yesterday"}, 422, says(`"loc":["body","last_login"]`)},
		{"no body", "PATCH", me, key, "", 422, says("missing")},

		{"delete", "DELETE", me, key, nil, 204, nil},
		{"gone", "GET", me, key, nil, 401, nil},
		{"gone as a member", "GET", members + "/" + ada.ID, "", nil, 404, nil},
	})
}

// TestLastBypassStays: not even by deleting oneself.
func TestLastBypassStays(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	owner, second := s.MemberNamed("owner@acme.com"), s.MemberNamed("second.owner@acme.com")
	s.Call("DELETE", "/api/users/"+second.UserID, mocktest.SecondOwner, nil).Want(204)
	s.Call("DELETE", "/api/users/"+owner.UserID, mocktest.Owner, nil).Want(409, "bypass:sso")
	s.Call("GET", root, mocktest.Owner, nil).Want(200)
}
