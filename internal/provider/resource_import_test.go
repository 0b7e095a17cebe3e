package provider_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// An import id is taken as typed: with slashes and blanks in a name, and an account in capitals.
func TestImportAsTyped(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.Scenario(`
accounts:
  - id: `+acctest.AccountID+`
    handle: acme
    name: Acme
    plan: enterprise
    rate_limit_per_minute: 0
    custom_roles:
      - {name: "Team/Lead  of A", permissions: ["read:account"]}
    domains: [acme.com]
    users:
      - {email: owner@acme.com, first_name: O, last_name: W, role: Owner, api_key: `+acctest.OwnerKey+`}
      - {email: a/b@acme.com, first_name: A, last_name: B, role: Team/Lead  of A}
    service_accounts: [{name: terraform, role: Owner, api_key: `+acctest.ServiceKey+`}]
`))
	srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/directories", object{"name": "Okta / Main  1", "type": "okta scim v2.0", "default_account_role_id": srv.RoleID("Member")}, nil)
	const capitals = "0C1F1D2E-0000-4000-8000-000000000001"
	p := inProcess(t, srv)
	for name, test := range map[string]struct{ typeName, id, check, want string }{
		"a slash in an address":                 {"prefectsso_member_role", "a/b@acme.com", "role", "Team/Lead  of A"},
		"the same after an account":             {"prefectsso_member_role", acctest.AccountID + "/a/b@acme.com", "role", "Team/Lead  of A"},
		"an account in capitals":                {"prefectsso_member_role", capitals + "/a/b@acme.com", "role", "Team/Lead  of A"},
		"an address in capitals":                {"prefectsso_member_role", "A/B@ACME.com", "role", "Team/Lead  of A"},
		"a slash and blanks in a role":          {"prefectsso_role_members", "Team/Lead  of A", "role", "Team/Lead  of A"},
		"a slash and blanks in a name":          {"prefectsso_scim_directory", "Okta / Main  1", "name", "Okta / Main  1"},
		"the same after an account in capitals": {"prefectsso_scim_directory", capitals + "/Okta / Main  1", "name", "Okta / Main  1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp, err := p.server.ImportResourceState(context.Background(), &tfprotov6.ImportResourceStateRequest{TypeName: test.typeName, ID: test.id})
			if err != nil {
				t.Fatal(err)
			}
			noErrors(t, resp.Diagnostics)
			imported := resp.ImportedResources[0]
			state := p.object(t, p.resourceType(test.typeName), p.read(t, test.typeName, imported.State, imported.Identity).NewState)
			if got := state[test.check]; !got.Equal(tftypes.NewValue(tftypes.String, test.want)) {
				t.Errorf("%s is %s, want %q", test.check, got, test.want)
			}
		})
	}
}

// The roles of many are imported for all people, or for those whose addresses stand behind the account; a stranger among
// them is an error.
func TestImportRolesOfSomePeople(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.Crowd(3, "Member"))
	p := inProcess(t, srv)
	const typeName = "prefectsso_member_roles"
	roles := func(addresses ...string) tftypes.Value {
		all := map[string]tftypes.Value{}
		for _, address := range addresses {
			role := "Member"
			if address == "owner@acme.com" {
				role = "Owner"
			}
			all[address] = tftypes.NewValue(tftypes.String, role)
		}
		return tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, all)
	}
	for id, want := range map[string]tftypes.Value{
		acctest.AccountID:       roles("owner@acme.com", "person00001@acme.com", "person00002@acme.com", "person00003@acme.com"),
		acctest.AccountID + "/": roles("owner@acme.com", "person00001@acme.com", "person00002@acme.com", "person00003@acme.com"),
		acctest.AccountID + "/PERSON00002@acme.com  owner@acme.com": roles("owner@acme.com", "person00002@acme.com"),
	} {
		resp, err := p.server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: typeName, ID: id})
		if err != nil {
			t.Fatal(err)
		}
		noErrors(t, resp.Diagnostics)
		imported := resp.ImportedResources[0]
		state := p.object(t, p.resourceType(typeName), p.read(t, typeName, imported.State, imported.Identity).NewState)
		if got := state["roles"]; !got.Equal(want) {
			t.Errorf("%s: roles is %s, want %s", id, got, want)
		}
	}
	for id, want := range map[string]string{
		acctest.AccountID + "/owner@acme.com stranger@acme.com": "no members with these addresses of the import id: stranger@acme.com.",
		"acme/owner@acme.com": "The import id is the account's UUID",
	} {
		resp, err := p.server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: typeName, ID: id})
		if err != nil {
			t.Fatal(err)
		}
		if len(resp.Diagnostics) != 1 || !strings.Contains(resp.Diagnostics[0].Detail, want) {
			t.Errorf("%s: %v, want %q", id, resp.Diagnostics, want)
		}
	}
}
