package account_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const root = mocktest.Root

type obj = map[string]any

// step is one call and what has to come back.
type step struct {
	name, method, path, key string
	body                    any
	status                  int
	says                    []string
}

// walk makes the calls one after the other, on one server.
func walk(t *testing.T, s *mocktest.Server, steps []step) {
	t.Helper()
	for _, st := range steps {
		t.Run(st.name, func(t *testing.T) {
			key := st.key
			if key == "" {
				key = mocktest.Owner
			}
			answer := s.In(t).Call(st.method, st.path, key, st.body).Want(st.status, st.says...)
			if st.status == http.StatusNoContent && answer.Body != "" {
				t.Errorf("204 with a body: %s", answer.Body)
			}
		})
	}
}

func says(texts ...string) []string { return texts }

func TestAccount(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	walk(t, s, []step{
		{"read", "GET", root, "", nil, 200, says(`"handle":"acme"`, `"plan_tier":"ENTERPRISE"`, `"features":["audit_logs","custom_roles","scim","sso","teams"]`, `"sso_state":"DISABLED"`, `"scim_state":"NEEDS_ORGANIZATION_ID"`)},
		{"read by a member", "GET", root, mocktest.Member, nil, 200, says(`"name":"Acme"`)},
		{"change", "PATCH", root, "", obj{"name": "Acme Corp", "location": "Berlin", "auth_expiration_seconds": 3600}, 204, nil},
		{"changed", "GET", root, "", nil, 200, says(`"name":"Acme Corp"`, `"location":"Berlin"`, `"auth_expiration_seconds":3600`)},
		{"take away", "PATCH", root, "", obj{"location": nil, "auth_expiration_seconds": nil, "name": nil}, 204, nil},
		{"taken away", "GET", root, "", nil, 200, says(`"name":"Acme Corp"`, `"location":null`, `"auth_expiration_seconds":null`)},
		{"no time", "PATCH", root, "", obj{"auth_expiration_seconds": 0}, 422, says(`"loc":["body","auth_expiration_seconds"]`, `"type":"greater_than"`)},
		{"unknown field", "PATCH", root, "", obj{"no_such_field": "x"}, 422, says(`"loc":["body","no_such_field"]`, `"type":"extra_forbidden"`)},
		{"bad handle", "PATCH", root, "", obj{"handle": "Not OK"}, 422, says(`"loc":["body","handle"]`)},
		{"organization", "PATCH", root, "", obj{"workos_organization_id": "org_1"}, 204, nil},
		{"organization known", "GET", root, "", nil, 200, says(`"workos_organization_id":"org_1"`, `"scim_state":"NEEDS_CONFIGURATION"`)},
		{"foreign connection", "PATCH", root, "", obj{"workos_connection_ids": []string{"conn_1"}}, 422, says(`"loc":["body","workos_connection_ids",0]`)},
		{"no connections", "PATCH", root, "", obj{"workos_connection_ids": []string{}}, 204, nil},
		{"deleted by a member", "DELETE", root, mocktest.Member, nil, 403, says("delete:account")},
		{"deleted", "DELETE", root, "", nil, 204, nil},
		{"gone", "GET", root, "", nil, 404, says("Account not found")},
		{"the person is still there", "GET", "/api/me", "", nil, 200, says("owner@acme.com")},
		{"the service account is not", "GET", root, mocktest.Terraform, nil, 401, nil},
	})
}

// TestWorkOSFieldsNeedMore: update:account alone is not enough for them.
func TestWorkOSFieldsNeedMore(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, `
accounts:
  - id: `+mocktest.Account+`
    handle: acme
    custom_roles: [{name: Clerk, permissions: ["read:account", "update:account"]}]
    users: [{email: clerk@acme.com, role: Clerk, api_key: pnu_clerk}]
`)})
	s.Call("PATCH", root, "pnu_clerk", obj{"name": "New"}).Want(204)
	s.Call("PATCH", root, "pnu_clerk", obj{"name": "Newer", "workos_organization_id": nil}).Want(403, "administrate:sso")
	s.Call("GET", root, "pnu_clerk", nil).Want(200, `"name":"New"`)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	storage := obj{
		"block_type": obj{"name": "S3", "slug": "s3"}, "block_schema": obj{"checksum": "sha256:1"},
		"data": obj{"bucket": "b"}, "block_document_references": obj{"credentials": obj{"block_type": obj{"name": "AWS", "slug": "aws"}, "block_schema": obj{"checksum": "2"}}},
	}
	path := root + "/settings"
	walk(t, s, []step{
		{"defaults", "GET", path, "", nil, 200, says(`"managed_execution":true`, `"ai_log_summaries":false`, `"default_result_storage":null`)},
		{"change", "PATCH", path, "", obj{"ai_log_summaries": true, "managed_execution": nil, "default_result_storage": storage}, 204, nil},
		{"changed", "GET", path, "", nil, 200, says(`"managed_execution":true`, `"ai_log_summaries":true`, `"slug":"aws"`, `"bucket":"b"`)},
		{"in the account", "GET", root, "", nil, 200, says(`"ai_log_summaries":true`)},
		{"take away", "PATCH", path, "", obj{"default_result_storage": nil}, 204, nil},
		{"taken away", "GET", path, "", nil, 200, says(`"default_result_storage":null`, `"ai_log_summaries":true`)},
		{"through the account all are set", "PATCH", root, "", obj{"settings": obj{"managed_execution": false}}, 204, nil},
		{"all set", "GET", path, "", nil, 200, says(`"managed_execution":false`, `"ai_log_summaries":false`)},
		{"unknown field", "PATCH", path, "", obj{"x": 1}, 422, says("extra_forbidden")},
		{"wrong type", "PATCH", path, "", obj{"ai_log_summaries": "perhaps"}, 422, says(`"loc":["body","ai_log_summaries"]`, "bool_parsing")},
		{"nested mistake", "PATCH", path, "", obj{"default_result_storage": obj{"block_type": obj{"name": 1}}}, 422, says(
			`"loc":["body","default_result_storage","block_type","name"]`, `"loc":["body","default_result_storage","block_type","slug"]`, `"loc":["body","default_result_storage","block_schema"]`)},
		{"by a member", "PATCH", path, mocktest.Member, obj{}, 403, says("update:account")},
	})
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	var all []string
	s.Call("GET", "/api/accounts/permissions", mocktest.Member, nil).Want(200).Into(&all)
	unique := slices.Compact(slices.Sorted(slices.Values(all)))
	if len(all) != 47 || len(unique) != 47 || all[0] != "read:account" {
		t.Errorf("%d permissions, %d different: %v", len(all), len(unique), all)
	}
}

func TestDomains(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, `
accounts:
  - id: `+mocktest.Account+`
    handle: acme
    features: [sso]
    domains: [acme.com]
    users:
      - {email: owner@acme.com, role: Owner, api_key: pnu_owner}
      - {email: ada@acme.com, api_key: pnu_ada}
  - handle: globex
    features: [sso]
    domains: [globex.com]
  - id: 0c1f1d2e-0000-4000-8000-000000000002
    handle: small
    plan: hobby
    users: [{email: owner@small.com, role: Owner, api_key: pnu_small}]
`)})
	path, small := root+"/domains", "/api/accounts/0c1f1d2e-0000-4000-8000-000000000002/domains"
	walk(t, s, []step{
		{"read", "GET", path, mocktest.Member, nil, 200, says(`"name":"acme.com"`, `"account_id":"`+mocktest.Account+`"`)},
		{"replace", "PATCH", path, "", obj{"domain_names": []string{"ACME.com", "acme.com.", "Bücher.example"}}, 204, nil},
		{"normalised", "GET", path, "", nil, 200, says(`"name":"acme.com"`, `"name":"xn--bcher-kva.example"`)},
		{"state follows", "GET", root, "", nil, 200, says(`"sso_state":"NEEDS_CONFIGURATION"`)},
		{"of another account", "PATCH", path, "", obj{"domain_names": []string{"acme.com", "globex.com"}}, 409, says("globex.com is enabled in another account")},
		{"malformed", "PATCH", path, "", obj{"domain_names": []string{"acme.com", "no domain", "x"}}, 422, says(`"loc":["body","domain_names",1]`, `"loc":["body","domain_names",2]`, `"type":"value_error"`)},
		{"not a list", "PATCH", path, "", obj{"domain_names": "acme.com"}, 422, says(`"loc":["body","domain_names"]`, "list_type")},
		{"not strings", "PATCH", path, "", obj{"domain_names": []any{"acme.com", 5}}, 422, says(`"loc":["body","domain_names",1]`, "string_type")},
		{"left out", "PATCH", path, "", obj{"domains": []string{}}, 422, says(`"loc":["body","domain_names"]`, "missing")},
		{"nothing was lost", "GET", path, "", nil, 200, says("acme.com", "xn--bcher-kva.example")},
		{"by a member", "PATCH", path, mocktest.Member, obj{"domain_names": []string{}}, 403, says("administrate:sso")},
		{"none", "PATCH", path, "", obj{"domain_names": []string{}}, 204, nil},
		{"disabled", "GET", root, "", nil, 200, says(`"sso_state":"DISABLED"`)},
		{"plan, read", "GET", small, "pnu_small", nil, 403, says("Enterprise plan", "sso")},
		{"plan, write", "PATCH", small, "pnu_small", obj{"domain_names": []string{}}, 403, says("Enterprise plan")},
		{"stranger", "GET", path, "pnu_small", nil, 404, says("Account not found")},
	})
}

func TestDomainsIfMatch(t *testing.T) {
	t.Parallel()
	path := root + "/domains"
	patch := func(s *mocktest.Server, name, tag string) mocktest.Answer {
		return s.Call("PATCH", path, mocktest.Owner, obj{"domain_names": []string{name}}, "If-Match", tag)
	}
	tag := func(s *mocktest.Server) string {
		return s.Call("GET", path, mocktest.Owner, nil).Want(200).Header.Get("ETag")
	}
	s := mocktest.Start(t, mockcloud.Config{})
	first := tag(s)
	if !strings.HasPrefix(first, `"`) {
		t.Fatalf("ETag %q is not a strong one", first)
	}
	patch(s, "a.example", first).Want(204)
	patch(s, "b.example", first).Want(412, "changed since you read it")
	patch(s, "b.example", "W/"+tag(s)).Want(412)
	second := tag(s)
	patch(s, "b.example", `"x", `+second).Want(204)
	patch(s, "a.example", "*").Want(204)
	if third := tag(s); third == second {
		t.Error("a row that came back is not the row that was there")
	}
	published := mocktest.Start(t, mockcloud.Config{PublishedOnly: true})
	if got := tag(published); got != "" {
		t.Errorf("today's Prefect Cloud has no ETag, but %q", got)
	}
	patch(published, "a.example", `"x"`).Want(204)
}

func TestRoles(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	path := root + "/account_roles"
	auditor, owner := s.RoleNamed("Auditor").ID, s.RoleNamed("Owner").ID
	var rows []mocktest.Row
	s.Call("POST", path+"/filter", mocktest.Member, nil).Want(200).Into(&rows)
	var names []string
	for _, r := range rows {
		names = append(names, r.Name)
		if bypasses := slices.Contains(r.Permissions, "bypass:sso"); bypasses != (r.Name == "Owner") {
			t.Errorf("%s bypasses SSO: %v", r.Name, bypasses)
		}
	}
	if want := []string{"Owner", "Admin", "Member", "Collaborator", "Auditor"}; !slices.Equal(names, want) {
		t.Errorf("roles %v, want %v", names, want)
	}
	walk(t, s, []step{
		{"built-in", "GET", path + "/" + owner, "", nil, 200, says(`"account_id":null`, `"is_system_role":true`)},
		{"custom", "GET", path + "/" + auditor, "", nil, 200, says(`"account_id":"`+mocktest.Account+`"`, `"is_system_role":false`)},
		{"page", "POST", path + "/filter", "", obj{"limit": 1, "offset": 1}, 200, says(`[{`, `"name":"Admin"`)},
		{"none", "POST", path + "/filter", "", obj{"account_roles": obj{"name": obj{"any_": []string{}}}}, 200, says("[]")},
		{"bad filter", "POST", path + "/filter", "", obj{"account_roles": obj{"id": obj{}}}, 422, says(`"loc":["body","account_roles","id"]`, "extra_forbidden")},
		{"unknown", "GET", path + "/0c1f1d2e-0000-4000-8000-00000000ffff", "", nil, 404, says("Account role not found")},
		{"rename", "PATCH", path + "/" + auditor, "", obj{"name": "Inspector", "permissions": []string{"read:account", "read:account"}}, 204, nil},
		{"renamed", "GET", path + "/" + auditor, "", nil, 200, says(`"name":"Inspector"`, `"permissions":["read:account"]`)},
		{"unknown permission", "PATCH", path + "/" + auditor, "", obj{"permissions": []string{"read:everything"}}, 422, says(`"loc":["body","permissions",0]`, `"type":"enum"`)},
		{"a permission one lacks", "PATCH", path + "/" + auditor, mocktest.Admin, obj{"permissions": []string{"bypass:sso"}}, 403, says("bypass:sso")},
		{"by a member", "PATCH", path + "/" + auditor, mocktest.Member, obj{}, 403, says("update:account_role")},
		{"built-in stays", "DELETE", path + "/" + owner, "", nil, 409, says("built-in")},
		{"delete", "DELETE", path + "/" + auditor, "", nil, 204, nil},
		{"gone", "GET", path + "/" + auditor, "", nil, 404, nil},
	})
}

func TestBots(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	path := root + "/bots"
	var rows []struct {
		mocktest.Row
		APIKey struct {
			MaskedKey string `json:"masked_key"`
		} `json:"api_key"`
	}
	s.Call("POST", path+"/filter", mocktest.Terraform, nil).Want(200).Into(&rows)
	if len(rows) != 1 || rows[0].Name != "terraform" || rows[0].AccountRoleName != "Owner" || rows[0].APIKey.MaskedKey != "pnb_...form" {
		t.Fatalf("%+v", rows)
	}
	id := rows[0].ID
	filter := func(f obj) obj { return obj{"service_accounts": f} }
	walk(t, s, []step{
		{"read", "GET", path + "/" + id, "", nil, 200, says(`"name":"terraform"`, rows[0].ActorID)},
		{"by id", "POST", path + "/filter", "", filter(obj{"id": obj{"any_": []string{id}}}), 200, says(id)},
		{"by part of the name", "POST", path + "/filter", "", filter(obj{"name": obj{"like_": "TERRA"}}), 200, says(id)},
		{"by another name", "POST", path + "/filter", "", filter(obj{"name": obj{"any_": []string{"x"}}}), 200, says("[]")},
		{"bad id", "POST", path + "/filter", "", filter(obj{"id": obj{"any_": []string{"x"}}}), 422, says(`"loc":["body","service_accounts","id","any_",0]`, "uuid_parsing")},
		{"unknown", "GET", path + "/" + mocktest.Account, "", nil, 404, says("Service account not found")},
		{"membership", "GET", root + "/account_memberships/by-bot/" + id, "", nil, 200, says(`"user_id":null`, `"handle":"terraform"`, rows[0].ActorID)},
		{"unknown membership", "GET", root + "/account_memberships/by-bot/" + mocktest.Account, "", nil, 404, nil},
	})
}
