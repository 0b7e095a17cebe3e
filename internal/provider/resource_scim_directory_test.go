package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// directory is what the server's extension says of one directory.
type directory struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	State        string   `json:"state"`
	RoleID       string   `json:"default_account_role_id"`
	Deprovision  string   `json:"deprovision_action"`
	Teams        bool     `json:"sync_groups_to_teams"`
	Domains      []string `json:"allowed_domains"`
	SCIMEndpoint string   `json:"scim_endpoint"`
}

func directories(srv *acctest.Server) []directory {
	var rows []directory
	srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/directories", nil, &rows)
	return rows
}

func scimDirectory(srv *acctest.Server, arguments ...string) string {
	return srv.Provider() + fmt.Sprintf(`
resource "prefectsso_scim_directory" "okta" {
  name = "Okta"
  type = "okta scim v2.0"
  %s
}
`, strings.Join(arguments, "\n  "))
}

func TestAccSCIMDirectory(t *testing.T) {
	t.Parallel()
	const address = "prefectsso_scim_directory.okta"
	srv := acctest.Start(t)
	srv.SetDomains("acme.com", "acme.example")
	var first directory
	is := func(attribute string, check knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), check)
	}
	behind := func(change map[string]any) func() {
		return func() { srv.Call(acctest.OwnerKey, http.MethodPatch, "/sso/directories/"+first.ID, change, nil) }
	}
	full := []string{
		`default_role = "Auditor"`, `deprovision_action = "delete"`, `sync_groups_to_teams = false`, `allowed_domains = ["Acme.com."]`, `enabled = false`,
	}
	byID := append([]string{fmt.Sprintf("default_role = %q", srv.RoleID("Auditor"))}, full[1:]...)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		CheckDestroy: func(*terraform.State) error {
			if left := directories(srv); len(left) != 0 {
				return fmt.Errorf("directories are left over: %+v", left)
			}
			return nil
		},
		Steps: []resource.TestStep{
			{
				Config: scimDirectory(srv),
				ConfigStateChecks: []statecheck.StateCheck{
					is("state", knownvalue.StringExact("validating")), is("enabled", knownvalue.Bool(true)), is("configurable", knownvalue.Bool(true)),
					is("default_role", knownvalue.StringExact("Member")), is("deprovision_action", knownvalue.StringExact("deactivate")),
					is("sync_groups_to_teams", knownvalue.Bool(true)), is("allowed_domains", knownvalue.Null()),
					is("unverified_attributes", knownvalue.SetSizeExact(0)), is("scim_endpoint", knownvalue.StringFunc(func(endpoint string) error {
						if !strings.HasPrefix(endpoint, srv.URL+"/scim/v2.0/") {
							return fmt.Errorf("the endpoint is %s", endpoint)
						}
						return nil
					})),
				},
				Check: func(*terraform.State) error {
					first = directories(srv)[0]
					return nil
				},
			},
			{
				Config:           scimDirectory(srv, full...),
				ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{
					is("state", knownvalue.StringExact("unlinked")), is("default_role", knownvalue.StringExact("Auditor")),
				},
				Check: func(*terraform.State) error {
					now := directories(srv)[0]
					if now.ID != first.ID || now.RoleID != srv.RoleID("Auditor") || now.Deprovision != "delete" || now.Teams || len(now.Domains) != 1 || now.Domains[0] != "acme.com" {
						return fmt.Errorf("after the update: %+v", now)
					}
					return nil
				},
			},
			{Config: scimDirectory(srv, byID...), PlanOnly: true}, // the same role by its id
			{
				ResourceName:            address,
				ImportState:             true,
				ImportStateId:           "Okta",
				ImportStateVerify:       true,
				ImportStateVerifyIgnore: []string{"allowed_domains"}, // the API has another spelling
			},
			{ // changed behind Terraform's back
				PreConfig:        behind(map[string]any{"deprovision_action": "deactivate", "state": "linked"}),
				Config:           scimDirectory(srv, full...),
				ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
				Check: func(*terraform.State) error {
					if now := directories(srv)[0]; now.Deprovision != "delete" || now.State != "unlinked" {
						return fmt.Errorf("the drift was not mended: %+v", now)
					}
					return nil
				},
			},
			{ // without allowed_domains all are allowed again
				Config: scimDirectory(srv, `enabled = true`),
				Check: func(*terraform.State) error {
					if now := directories(srv)[0]; now.Domains != nil || now.State != "validating" {
						return fmt.Errorf("after the update: %+v", now)
					}
					return nil
				},
			},
			{ // deleted behind Terraform's back; made anew, switched off from the start
				PreConfig: func() {
					srv.Call(acctest.OwnerKey, http.MethodDelete, "/sso/directories/"+first.ID, nil, nil)
				},
				Config:            scimDirectory(srv, `enabled = false`),
				ConfigPlanChecks:  planned(address, plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{is("state", knownvalue.StringExact("unlinked"))},
			},
		},
	})
}

func TestAccSCIMDirectoryBadInput(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/directories", map[string]any{"name": "Taken", "type": "okta scim v2.0"}, nil)
	var refused refusals
	for name, test := range map[string]struct{ arguments, want string }{
		"a type that does not push": {`type = "gsuite directory"`, `okta scim v2\.0`},
		"a role that is not there":  {`default_role = "Boss"`, `Unusable role.*Auditor`},
		"a domain not enabled":      {`allowed_domains = ["other.example"]`, `Could not create SCIM directory.*other\.example`},
		"no domain":                 {`allowed_domains = []`, `at least 1`},
		"no domain name":            {`allowed_domains = ["acme"]`, `Invalid email domain`},
		"an unknown action":         {`deprovision_action = "ban"`, `deactivate`},
		"a name that is taken":      {`name = "Taken"`, `SCIM directory exists already.*terraform import`},
	} {
		block := map[string]string{"name": `name = "New"`, "type": `type = "okta scim v2.0"`}
		argument, _, _ := strings.Cut(test.arguments, " ")
		block[argument] = test.arguments
		config := srv.Provider() + "resource \"prefectsso_scim_directory\" \"x\" {\n"
		for _, line := range block {
			config += line + "\n"
		}
		refused.add(name, resource.TestStep{Config: config + "}", ExpectError: spread(test.want)}, nil)
	}
	refused.run(t)
	t.Cleanup(func() {
		if left := directories(srv); len(left) != 1 {
			t.Errorf("refused applies left %+v", left)
		}
	})
}

// An account whose plan has no directory sync: the plan, not only the apply, says which plan has it.
func TestAccSCIMDirectoryPlanLimit(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.Crowd(1, "Member")) // has single sign-on only
	runSteps(t,
		resource.TestStep{Config: scimDirectory(srv), PlanOnly: true, ExpectError: spread(`Could not create SCIM directory.*"scim".*Enterprise`)},
		resource.TestStep{Config: srv.Provider() + `data "prefectsso_scim_directories" "all" {}`, ExpectError: spread(`"scim".*Enterprise`)},
		resource.TestStep{
			Config: srv.Provider() + `data "prefectsso_service_provider" "this" {}`,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("data.prefectsso_service_provider.this", tfjsonpath.New("scim_endpoints"), knownvalue.MapSizeExact(0)),
			},
		},
	)
}

// What a directory has pushed is found: who came, who is held and why, groups by their name. That the identity provider
// has called is no change.
func TestAccDirectoryDataSources(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	srv.SetDomains("acme.com")
	ada, _ := srv.Member("ada@acme.com")
	at := func(source, attribute string, check knownvalue.Check, keys ...string) statecheck.StateCheck {
		path := tfjsonpath.New(attribute)
		for _, key := range keys {
			path = path.AtMapKey(key)
		}
		return statecheck.ExpectKnownValue("data.prefectsso_"+source, path, check)
	}
	push := func(path string, resource map[string]any) {
		srv.Push(directories(srv)[0].SCIMEndpoint, scimSecret(1), path, resource)
	}
	runSteps(t,
		resource.TestStep{Config: scimToken(srv, 1)},
		resource.TestStep{
			PreConfig: func() {
				const user, group = "urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:Group"
				for _, name := range []string{"Ada@acme.com", "margaret@acme.com", "eve@elsewhere.example"} {
					push("/Users", map[string]any{"schemas": []string{user}, "userName": name, "externalId": "id of " + name, "name": map[string]string{"givenName": "A", "familyName": "B"}})
				}
				for _, name := range []string{"Engineers", "engineers", "The \"A\" team"} {
					push("/Groups", map[string]any{"schemas": []string{group}, "displayName": name})
				}
			},
			Config: scimToken(srv, 1) + `
data "prefectsso_scim_directories" "all" {}
data "prefectsso_service_provider" "this" {}
data "prefectsso_directory_users" "all" { directory_id = prefectsso_scim_directory.okta.id }
data "prefectsso_directory_users" "ada" {
  directory_id = prefectsso_scim_directory.okta.id
  filter       = "userName eq \"ADA@acme.com\""
}
data "prefectsso_directory_users" "held" {
  directory_id = prefectsso_scim_directory.okta.id
  held         = true
}
data "prefectsso_directory_groups" "all" { directory_id = prefectsso_scim_directory.okta.id }
data "prefectsso_directory_groups" "engineers" {
  directory_id = prefectsso_scim_directory.okta.id
  name         = "Engineers"
}
data "prefectsso_directory_groups" "a" {
  directory_id = prefectsso_scim_directory.okta.id
  name         = "The \"A\" team"
}
`,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("prefectsso_scim_directory.okta", plancheck.ResourceActionNoop),
				plancheck.ExpectResourceAction("prefectsso_scim_token.okta", plancheck.ResourceActionNoop),
			}},
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("prefectsso_scim_directory.okta", tfjsonpath.New("state"), knownvalue.StringExact("linked")),
				at("scim_directories.all", "configurable", knownvalue.Bool(true)),
				at("scim_directories.all", "scim_directories", knownvalue.StringExact("okta scim v2.0"), "Okta", "type"),
				at("scim_directories.all", "scim_directories", knownvalue.Int64Exact(3), "Okta", "active_users"),
				at("scim_directories.all", "scim_directories", knownvalue.Int64Exact(3), "Okta", "groups"),
				at("scim_directories.all", "scim_directories", knownvalue.NotNull(), "Okta", "last_synced_at"),
				at("service_provider.this", "scim_endpoints", knownvalue.MapSizeExact(1)),
				at("directory_users.all", "users", knownvalue.MapSizeExact(2)),
				at("directory_users.all", "users", knownvalue.StringExact("default"), "margaret@acme.com", "role_source"),
				at("directory_users.ada", "users", knownvalue.MapSizeExact(1)),
				at("directory_users.ada", "users", knownvalue.StringExact(ada.ID), "ada@acme.com", "account_membership_id"),
				at("directory_users.ada", "users", knownvalue.StringExact("manual"), "ada@acme.com", "role_source"),
				at("directory_users.ada", "users", knownvalue.StringExact("id of Ada@acme.com"), "ada@acme.com", "idp_id"),
				at("directory_users.held", "users", knownvalue.MapSizeExact(1)),
				at("directory_users.held", "users", knownvalue.NotNull(), "eve@elsewhere.example", "held_reason"),
				at("directory_users.held", "users", knownvalue.Null(), "eve@elsewhere.example", "account_membership_id"),
				at("directory_groups.all", "groups", knownvalue.MapSizeExact(3)),
				at("directory_groups.engineers", "groups", knownvalue.MapSizeExact(1)),
				at("directory_groups.a", "groups", knownvalue.MapSizeExact(1)),
			},
		},
		resource.TestStep{
			Config:      srv.Provider() + `data "prefectsso_directory_users" "x" { directory_id = "directory_01KABCDEFGHJKMNPQRSTVWXYZ0" }`,
			ExpectError: spread(`Could not list directory users`),
		},
		resource.TestStep{
			Config: scimToken(srv, 1) + `data "prefectsso_directory_users" "x" {
  directory_id = prefectsso_scim_directory.okta.id
  filter       = "userName is ada"
}`,
			ExpectError: spread(`Could not list directory users.*filter`),
		},
	)
}
