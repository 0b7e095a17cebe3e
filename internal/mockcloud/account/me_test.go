package account_test

import (
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

func TestMe(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, `
accounts:
  - id: `+mocktest.Account+`
    handle: acme
    features: [sso]
    users:
      - {email: owner@acme.com, role: Owner, api_key: pnu_owner}
      - {email: ada@acme.com, first_name: Ada, last_name: Lovelace, api_key: pnu_ada}
    service_accounts: [{name: terraform, role: Owner, api_key: pnb_terraform}]
  - id: 0c1f1d2e-0000-4000-8000-000000000002
    handle: globex
    plan: team
    users: [{email: ada@acme.com, role: Owner}]
  - id: 0c1f1d2e-0000-4000-8000-000000000003
    handle: foreign
`)})
	const (
		globex  = "0c1f1d2e-0000-4000-8000-000000000002"
		foreign = "0c1f1d2e-0000-4000-8000-000000000003"
		ada     = mocktest.Member
	)
	walk(t, s, []step{
		{"me", "GET", "/api/me/", ada, nil, 200, says(`"first_name":"Ada"`, `"email":"ada@acme.com"`, `"settings":{`)},
		{"a service account", "GET", "/api/me/", mocktest.Terraform, nil, 403, says("for users")},
		{"a service account's account", "GET", "/api/me/accounts", mocktest.Terraform, nil, 200, says(`[{"account_membership_id":"`, `"account_handle":"acme"`, `"account_role_name":"Owner"`)},
		{"a service account's organizations", "GET", "/api/me/organizations", mocktest.Terraform, nil, 200, says("[]")},
		{"a service account's permissions", "GET", "/api/me/accounts/" + mocktest.Account + "/permissions", mocktest.Terraform, nil, 200, says(`"update:bot"`)},
		{"a service account's elsewhere", "GET", "/api/me/accounts/" + globex + "/permissions", mocktest.Terraform, nil, 404, says("Account not found")},
		{"a service account has", "GET", "/api/me/accounts/" + mocktest.Account + "/has_permission?permission=update:bot", mocktest.Terraform, nil, 200, says("true")},
		{"a service account, where", "GET", "/api/me/accounts/has_permission?permission=update:bot", mocktest.Terraform, nil, 200, says(`["` + mocktest.Account + `"]`)},
		{"a service account's sessions", "POST", "/api/me/sessions/filter", mocktest.Terraform, nil, 403, says("for users")},
		{"a service account's keys", "GET", "/api/me/api_keys", mocktest.Terraform, nil, 403, says("for users")},
		{"a service account's filtered keys", "POST", "/api/me/api_keys/filter", mocktest.Terraform, nil, 403, says("for users")},
		{"a service account does not leave", "DELETE", "/api/me/accounts/" + mocktest.Account, mocktest.Terraform, nil, 403, says("for users")},
		{"accounts", "GET", "/api/me/accounts", ada, nil, 200, says(`"account_handle":"acme"`, `"account_plan_features":["sso"]`, `"account_handle":"globex"`, `"account_plan_tier":"TEAM"`)},
		{"organizations", "GET", "/api/me/organizations", ada, nil, 200, says(`[{"account_membership_id":`, `"account_handle":"globex"`)},
		{"permissions", "GET", "/api/me/accounts/" + globex + "/permissions", ada, nil, 200, says(`"bypass:sso"`)},
		{"permissions elsewhere", "GET", "/api/me/accounts/" + foreign + "/permissions", ada, nil, 404, says("Account not found")},
		{"has", "GET", "/api/me/accounts/" + globex + "/has_permission?permission=bypass:sso", ada, nil, 200, says("true")},
		{"has not", "GET", "/api/me/accounts/" + mocktest.Account + "/has_permission?permission=bypass:sso", ada, nil, 200, says("false")},
		{"where", "GET", "/api/me/accounts/has_permission?permission=bypass:sso", ada, nil, 200, says(`["` + globex + `"]`)},
		{"which", "GET", "/api/me/accounts/has_permission", ada, nil, 422, says(`"loc":["query","permission"]`, "missing")},
		{"none such", "GET", "/api/me/accounts/has_permission?permission=fly", ada, nil, 422, says(`"loc":["query","permission"]`, "enum")},
		{"keys", "GET", "/api/me/api_keys", ada, nil, 200, says(`"masked_key":"pnu_..."`)},
		{"keys by name", "GET", "/api/me/api_keys?name=x", ada, nil, 200, says(`[]`)},
		{"keys filtered", "POST", "/api/me/api_keys/filter", ada, obj{"api_keys": obj{"name": obj{"like_": "SCEN"}}}, 200, says(`"name":"scenario"`)},
		{"keys paged", "POST", "/api/me/api_keys/filter", ada, obj{"limit": 0}, 200, says(`[]`)},
		{"leave", "DELETE", "/api/me/accounts/" + mocktest.Account, ada, nil, 204, nil},
		{"left", "GET", root, ada, nil, 404, nil},
		{"left twice", "DELETE", "/api/me/accounts/" + mocktest.Account, ada, nil, 404, nil},
		{"the last one stays", "DELETE", "/api/me/accounts/" + mocktest.Account, mocktest.Owner, nil, 409, says("bypass:sso")},
	})
}
