package account_test

import (
	"net/http"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

const members = root + "/account_memberships"

func TestMemberships(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	owner, second, ada := s.MemberNamed("owner@acme.com"), s.MemberNamed("second.owner@acme.com"), s.MemberNamed("ADA@acme.com")
	if ada.ID == ada.ActorID || ada.ID == ada.UserID || ada.ActorID == ada.UserID {
		t.Errorf("ids that must differ: %+v", ada)
	}
	role := func(name string) obj { return obj{"account_role_id": s.RoleNamed(name).ID} }
	at := func(r mocktest.Row) string { return members + "/" + r.ID }
	walk(t, s, []step{
		{"read", "GET", at(ada), mocktest.Member, nil, 200, says(`"handle":"ada"`, `"directory_id":null`, `"teams":[]`, `"account_id":"`+mocktest.Account+`"`)},
		{"by user", "GET", members + "/by-user/" + ada.UserID, "", nil, 200, says(ada.ID)},
		{"by user, unknown", "GET", members + "/by-user/" + ada.ID, "", nil, 404, says("Account membership not found")},
		{"unknown", "GET", members + "/" + ada.UserID, "", nil, 404, says("Account membership not found")},
		{"no id", "GET", members + "/ada", "", nil, 422, says(`"loc":["path","id"]`, "uuid_parsing")},

		{"role", "PATCH", at(ada), mocktest.Admin, role("Admin"), 204, nil},
		{"role read back", "GET", at(ada), "", nil, 200, says(`"account_role_name":"Admin"`)},
		{"role beyond one's own", "PATCH", at(ada), mocktest.Admin, role("Owner"), 403, says("Missing permission: bypass:sso")},
		{"role of nowhere", "PATCH", at(ada), "", obj{"account_role_id": ada.ID}, 422, says(`"loc":["body","account_role_id"]`)},
		{"role left out", "PATCH", at(ada), "", obj{"role": "Admin"}, 422, says(`"loc":["body","account_role_id"]`, "missing", `"loc":["body","role"]`, "extra_forbidden")},
		{"role by a member", "PATCH", at(ada), "pnu_grace", role("Member"), 403, says("update:account_membership")},
		{"own demotion", "PATCH", at(owner), "", role("Admin"), 409, says("yourself")},

		{"deactivate", "PATCH", at(ada) + "/active", "", obj{"active": false}, 204, nil},
		{"kept out", "GET", root, mocktest.Member, nil, 403, says("deactivated")},
		{"still oneself", "GET", "/api/me", mocktest.Member, nil, 200, says("ada@acme.com")},
		{"reactivate", "POST", members + "/set_active", "", obj{"membership_ids": []string{ada.ID}, "active": true}, 204, nil},
		{"let in", "GET", root, mocktest.Member, nil, 200, nil},
		{"all or none", "POST", members + "/set_active", "", obj{"membership_ids": []string{ada.ID, ada.UserID}, "active": false}, 404, nil},
		{"none it was", "GET", root, mocktest.Member, nil, 200, nil},
		{"nobody", "POST", members + "/set_active", "", obj{"membership_ids": []string{}, "active": true}, 422, says(`"loc":["body","membership_ids"]`, "too_short")},
		{"too many", "POST", members + "/set_active", "", obj{"membership_ids": make([]string, 201), "active": true}, 422, says("too_long")},
		{"oneself", "PATCH", at(owner) + "/active", "", obj{"active": false}, 409, says("yourself")},
		{"active left out", "PATCH", at(ada) + "/active", "", obj{}, 422, says(`"loc":["body","active"]`, "missing")},

		{"demote the other Owner", "PATCH", at(second), mocktest.Terraform, role("Member"), 204, nil},
		{"demote the last Owner", "PATCH", at(owner), mocktest.Terraform, role("Admin"), 409, says("bypass:sso")},
		{"deactivate the last Owner", "PATCH", at(owner) + "/active", mocktest.Terraform, obj{"active": false}, 409, says("bypass:sso")},
		{"remove the last Owner", "DELETE", at(owner), mocktest.Terraform, nil, 409, says("bypass:sso")},
		{"remove oneself", "DELETE", at(owner), "", nil, 409, says("yourself")},

		{"remove by a member", "DELETE", at(ada), "pnu_grace", nil, 403, says("delete:account_membership")},
		{"remove", "DELETE", at(ada), "", nil, 204, nil},
		{"gone", "GET", at(ada), "", nil, 404, nil},
		{"gone for oneself", "GET", root, mocktest.Member, nil, 404, says("Account not found")},
		{"removed twice", "DELETE", at(ada), "", nil, 404, nil},
	})
}

// TestServiceAccountMembership: listed, but not read one by one.
func TestServiceAccountMembership(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	var rows []mocktest.Row
	s.Call("POST", members+"/filter", mocktest.Owner, obj{"only_bots": true}).Want(200, `"email":null`, `"user_id":null`).Into(&rows)
	if len(rows) != 1 {
		t.Fatalf("%d service accounts", len(rows))
	}
	s.Call("GET", members+"/"+rows[0].ID, mocktest.Owner, nil).Want(404)
	s.Call("PATCH", members+"/"+rows[0].ID, mocktest.Owner, obj{"account_role_id": s.RoleNamed("Admin").ID}).Want(204)
	s.Call("PATCH", root+"/domains", mocktest.Terraform, obj{"domain_names": []string{"a.example"}}).Want(204)
	s.Call("DELETE", members+"/"+rows[0].ID, mocktest.Owner, nil).Want(204)
	s.Call("GET", root, mocktest.Terraform, nil).Want(401) // a service account ends with its membership
	s.Call("POST", root+"/bots/filter", mocktest.Owner, nil).Want(200, "[]")
}

func TestFilterMemberships(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	ada, owner := s.MemberNamed("ada@acme.com"), s.RoleNamed("Owner").ID
	f := func(filter obj) obj { return obj{"account_memberships": filter} }
	tests := map[string]struct {
		body any
		want []string // emails in order; "" for a service account
	}{
		"no body":      {nil, []string{"owner@acme.com", "second.owner@acme.com", "admin@acme.com", "ada@acme.com", "grace@acme.com", "linus@acme.com", ""}},
		"newest first": {obj{"sort": "CREATED_DESC", "limit": 2}, []string{"", "linus@acme.com"}},
		"page":         {obj{"limit": 2, "offset": 5}, []string{"linus@acme.com", ""}},
		"beyond":       {obj{"offset": 50}, nil},
		"none":         {obj{"limit": 0}, nil},
		"by email":     {obj{"only_users": true, "sort": "EMAIL_ASC", "limit": 3}, []string{"ada@acme.com", "admin@acme.com", "grace@acme.com"}},
		"by role name": {obj{"only_users": true, "sort": "ACCOUNT_ROLE_NAME_ASC", "limit": 2}, []string{"admin@acme.com", "ada@acme.com"}},
		"only bots":    {obj{"only_bots": true}, []string{""}},
		"role":         {f(obj{"account_role_id": obj{"any_": []string{owner}}}), []string{"owner@acme.com", "second.owner@acme.com", ""}},
		"email":        {f(obj{"email": obj{"any_": []string{"GRACE@acme.com", "x@y.z", "ada@ACME.com", "ada@acme.com"}}}), []string{"ada@acme.com", "grace@acme.com"}},
		"part of it":   {f(obj{"email": obj{"like_": "OWNER@"}}), []string{"owner@acme.com", "second.owner@acme.com"}},
		"name":         {f(obj{"name": obj{"like_": "hop"}}), []string{"grace@acme.com"}},
		"handle":       {f(obj{"handle": obj{"any_": []string{"second-owner"}}}), []string{"second.owner@acme.com"}},
		"user":         {f(obj{"user_id": obj{"any_": []string{ada.UserID}}}), []string{"ada@acme.com"}},
		"not user":     {f(obj{"user_id": obj{"not_any_": []string{ada.UserID}}, "email": obj{"like_": "ad"}}), []string{"admin@acme.com"}},
		"actor":        {f(obj{"actor_id": obj{"any_": []string{ada.ActorID}}}), []string{"ada@acme.com"}},
		"and":          {f(obj{"actor_id": obj{"any_": []string{ada.ActorID}}, "email": obj{"like_": "grace"}}), nil},
		"or":           {f(obj{"operator": "or_", "actor_id": obj{"any_": []string{ada.ActorID}}, "email": obj{"like_": "grace"}}), []string{"ada@acme.com", "grace@acme.com"}},
		"nobody named": {f(obj{"email": obj{"any_": []string{}}}), nil},
		"nulls":        {obj{"account_memberships": nil, "sort": nil, "active": nil, "only_bots": true}, []string{""}},
		"inactive":     {obj{"active": false}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rows []mocktest.Row
			s.In(t).Call("POST", members+"/filter", mocktest.Member, tt.body).Want(http.StatusOK).Into(&rows)
			if len(rows) != len(tt.want) {
				t.Fatalf("%d rows, want %d: %+v", len(rows), len(tt.want), rows)
			}
			for i, row := range rows {
				if row.Email != tt.want[i] {
					t.Errorf("row %d is %q, want %q", i, row.Email, tt.want[i])
				}
			}
		})
	}
}

func TestCountMemberships(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	byEmail, byName := obj{"email": obj{"like_": "owner"}}, obj{"name": obj{"like_": "second"}}
	for _, tt := range []struct {
		body any
		want string
	}{
		{nil, "7"},
		{obj{"only_users": true}, "6"},
		{obj{"account_memberships": byEmail}, "2"},
		{obj{"filter": byEmail}, "2"},
		{obj{"filter": byEmail, "account_memberships": byName}, "1"},
		{obj{"active": false}, "0"},
	} {
		if got := s.Call("POST", members+"/count", mocktest.Owner, tt.body).Want(200).Body; got != tt.want {
			t.Errorf("%v: %s, want %s", tt.body, got, tt.want)
		}
	}
}

// TestFilterMistakes holds the places of mistakes deep inside a filter.
func TestFilterMistakes(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	walk(t, s, []step{
		{"limit", "POST", members + "/filter", "", obj{"limit": 201}, 422, says(`"loc":["body","limit"]`, `"msg":"Input should be less than or equal to 200"`, "less_than_equal")},
		{"offset", "POST", members + "/filter", "", obj{"offset": -1}, 422, says(`"loc":["body","offset"]`, "greater_than_equal")},
		{"sort", "POST", members + "/filter", "", obj{"sort": "EMAIL"}, 422, says(`"loc":["body","sort"]`, "'CREATED_ASC', 'CREATED_DESC'")},
		{"operator", "POST", members + "/filter", "", obj{"account_memberships": obj{"operator": "xor"}}, 422, says(`"loc":["body","account_memberships","operator"]`, "'and_' or 'or_'")},
		{"id", "POST", members + "/filter", "", obj{"account_memberships": obj{"user_id": obj{"not_any_": []any{mocktest.Account, "x"}}}}, 422, says(`"loc":["body","account_memberships","user_id","not_any_",1]`)},
		{"criterion", "POST", members + "/count", "", obj{"filter": obj{"mail": obj{}}}, 422, says(`"loc":["body","filter","mail"]`, "extra_forbidden")},
		{"operator of a criterion", "POST", members + "/filter", "", obj{"account_memberships": obj{"email": obj{"eq_": "x"}}}, 422, says(`"loc":["body","account_memberships","email","eq_"]`)},
		{"unknown at the top", "POST", members + "/filter", "", obj{"unknown": 1, "limit": 1}, 200, nil},
	})
}
