package account_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

func TestSetupLinks(t *testing.T) {
	t.Parallel()
	c := &clock{}
	s := mocktest.Start(t, mockcloud.Config{Clock: c.now})
	link := func(path string) string {
		t.Helper()
		var address string
		s.Call("GET", root+path, mocktest.Owner, nil).Want(200).Into(&address)
		local, found := strings.CutPrefix(address, s.URL+"/setup/")
		if !found {
			t.Fatalf("the link leads elsewhere: %s", address)
		}
		return "/setup/" + local
	}
	one, other, directory := link("/sso/setup_url"), link("/sso/setup_url"), link("/sso/dsync_setup_url")
	if one == other {
		t.Error("the link is not a fresh one")
	}
	// What is behind it is for package setup to prove.
	s.Call("GET", one, "", nil).Want(200, "Set up single sign-on for Acme")
	s.Call("GET", directory, "", nil).Want(200, "Set up directory sync for Acme")
	s.Call("GET", "/setup/NONSENSE", "", nil).Want(404, "not known")
	s.Call("GET", one, "", nil, "Host", "evil.example").Want(421)
	c.advance(5*time.Minute + time.Second)
	s.Call("GET", one, "", nil).Want(410, "expired")
	fresh := link("/sso/setup_url")
	s.Call("GET", one, "", nil).Want(404, "not known") // expired links are cleared away
	s.Call("DELETE", root, mocktest.Owner, nil).Want(204)
	s.Call("GET", fresh, "", nil).Want(404, "not known")
}

func TestIntegrations(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	walk(t, s, []step{
		{"none", "GET", root + "/sso/integrations", "", nil, 200, says(`{"organization_id":null,"connections":[],"directories":[]}`)},
		{"organization", "PATCH", root, "", obj{"workos_organization_id": "org_1"}, 204, nil},
		{"known", "GET", root + "/sso/integrations", "", nil, 200, says(`"organization_id":"org_1"`)},
		{"nothing to remove", "DELETE", root + "/sso/integrations/conn_1", "", nil, 404, says("Integration not found")},
		{"by a member", "GET", root + "/sso/integrations", mocktest.Member, nil, 403, says("administrate:sso")},
		{"link for a member", "GET", root + "/sso/setup_url", mocktest.Member, nil, 403, says("administrate:sso")},
		{"removal by a member", "DELETE", root + "/sso/integrations/conn_1", mocktest.Member, nil, 403, says("administrate:sso")},
	})
}

func TestValidateLogin(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	validate := func(key string, body any) *url.URL {
		t.Helper()
		var answer struct{ Detail string }
		s.Call("POST", root+"/sso/validate", key, body).Want(403).Into(&answer)
		address, err := url.Parse(answer.Detail)
		if err != nil || !strings.HasPrefix(answer.Detail, s.URL+"/login?") {
			t.Fatalf("%q is not where to log in: %v", answer.Detail, err)
		}
		return address
	}
	got := validate(mocktest.Member, obj{"redirect_uri": "https://app.example/?a=b"}).Query()
	if got.Get("email") != "ada@acme.com" || got.Get("redirect_uri") != "https://app.example/?a=b" {
		t.Errorf("%v", got)
	}
	if got := validate(mocktest.Terraform, nil).Query(); got.Has("email") || got.Has("redirect_uri") {
		t.Errorf("%v", got)
	}
	s.Call("POST", root+"/sso/validate", mocktest.Member, obj{"redirect_uri": 5}).Want(422, `["body","redirect_uri"]`)
}

func TestSSONeedsThePlan(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, `
accounts:
  - {id: `+mocktest.Account+`, handle: acme, plan: pro, features: [scim], users: [{email: owner@acme.com, role: Owner, api_key: pnu_owner}]}
`)})
	for _, call := range [][2]string{{"GET", "setup_url"}, {"GET", "integrations"}, {"DELETE", "integrations/x"}, {"POST", "validate"}} {
		s.Call(call[0], root+"/sso/"+call[1], mocktest.Owner, nil).Want(403, "Enterprise plan", "sso")
	}
	s.Call("GET", root+"/sso/dsync_setup_url", mocktest.Owner, nil).Want(200)
}
