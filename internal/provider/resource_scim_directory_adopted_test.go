package provider_test

import (
	"fmt"
	"net/http"
	"net/url"
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

// configureDirectoryByHand is a person in the configuration dashboard, from a setup link to a directory with its endpoint
// and token.
func configureDirectoryByHand(t *testing.T, srv *acctest.Server, name string) {
	t.Helper()
	var link string
	srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/dsync_setup_url", nil, &link)
	kinds := acctest.NewVisitor(t).Open(link).Submit(nil)
	naming := kinds.Submit(url.Values{"type": {"okta scim v2.0"}})
	naming.Submit(url.Values{"name": {name}}).Says(http.StatusOK, "/scim/v2.0/")
}

// publishedDirectories returns the directories as the published API shows them.
func publishedDirectories(srv *acctest.Server) []directory {
	var found struct {
		Directories []directory `json:"directories"`
	}
	srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/integrations", nil, &found)
	return found.Directories
}

// On a server that behaves like today's Prefect Cloud a person configures the directory; the resource adopts it, says
// what it cannot see, refuses what it cannot do, and forgets it in the end.
func TestAccSCIMDirectoryAdopted(t *testing.T) {
	t.Parallel()
	const address = "prefectsso_scim_directory.okta"
	srv := acctest.Start(t, acctest.PublishedOnly)
	is := func(attribute string, check knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), check)
	}
	remove := func() {
		srv.Call(acctest.OwnerKey, http.MethodDelete, "/sso/integrations/"+publishedDirectories(srv)[0].ID, nil, nil)
	}
	hidden := []string{"default_role", "deprovision_action", "sync_groups_to_teams", "allowed_domains"}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		CheckDestroy: func(*terraform.State) error {
			if left := publishedDirectories(srv); len(left) != 1 {
				return fmt.Errorf("the adopted directory should stay; left are %+v", left)
			}
			return nil
		},
		Steps: []resource.TestStep{
			{Config: scimDirectory(srv), ExpectError: spread(`No such SCIM directory to adopt.*nor any other.*prefectsso_setup_link.*directory_sync`)},
			{
				PreConfig:   func() { configureDirectoryByHand(t, srv, "Other") },
				Config:      scimDirectory(srv),
				ExpectError: spread(`No such SCIM directory to adopt.*it has Other`),
			},
			{
				PreConfig: func() {
					remove()
					configureDirectoryByHand(t, srv, "Okta")
				},
				Config:      strings.Replace(scimDirectory(srv, `enabled = false`), "okta scim", "azure scim", 1),
				ExpectError: spread(`Another type is configured.*Another state is configured`),
			},
			{
				Config: scimDirectory(srv, `default_role = "Admin"`),
				ConfigStateChecks: []statecheck.StateCheck{
					is("configurable", knownvalue.Bool(false)), is("state", knownvalue.StringExact("validating")), is("enabled", knownvalue.Bool(true)),
					is("scim_endpoint", knownvalue.Null()), is("default_role", knownvalue.StringExact("Admin")),
					is("unverified_attributes", knownvalue.SetSizeExact(len(hidden))),
				},
			},
			{Config: scimDirectory(srv, `deprovision_action = "delete"`), ExpectError: spread(`Only a person can change this.*.default_role. and .deprovision_action.*does not show ..default_role. and .deprovision_action.., take the resource out of the state`)},
			{Config: scimDirectory(srv, `default_role = "Admin"`, `enabled = false`), ExpectError: spread(`Only a person can change this.*.enabled.. Change that in the configuration dashboard .*, or let the configuration say what is there.\n`)},
			{
				ResourceName:            address,
				ImportState:             true,
				ImportStateId:           "Okta",
				ImportStateVerify:       true,
				ImportStateVerifyIgnore: hidden,
			},
			{
				Config: srv.Provider() + `
data "prefectsso_scim_directories" "all" {}
resource "prefectsso_setup_link" "sync" { kind = "directory_sync" }
` + strings.TrimPrefix(scimDirectory(srv, `default_role = "Admin"`), srv.Provider()),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue("data.prefectsso_scim_directories.all", tfjsonpath.New("configurable"), knownvalue.Bool(false)),
					statecheck.ExpectKnownValue("data.prefectsso_scim_directories.all", tfjsonpath.New("scim_directories"), knownvalue.MapSizeExact(1)),
					statecheck.ExpectKnownValue("prefectsso_setup_link.sync", tfjsonpath.New("url"), knownvalue.Null()),
					statecheck.ExpectKnownValue("prefectsso_setup_link.sync", tfjsonpath.New("configured"), knownvalue.Bool(true)),
				},
			},
			{ // removed behind Terraform's back: nothing is left to adopt
				PreConfig:   remove,
				Config:      scimDirectory(srv),
				ExpectError: spread(`No such SCIM directory to adopt`),
			},
			{
				PreConfig:        func() { configureDirectoryByHand(t, srv, "Okta") },
				Config:           scimDirectory(srv),
				ConfigPlanChecks: planned(address, plancheck.ResourceActionCreate),
			},
		},
	})
}

// What was imported and could never be seen is taken from the configuration as it is.
func TestAccSCIMDirectoryAdoptedByImport(t *testing.T) {
	t.Parallel()
	const address = "prefectsso_scim_directory.okta"
	srv := acctest.Start(t, acctest.PublishedOnly)
	configureDirectoryByHand(t, srv, "Okta")
	config := scimDirectory(srv, `deprovision_action = "delete"`, `allowed_domains = ["acme.com"]`)
	runSteps(t,
		resource.TestStep{Config: config, ResourceName: address, ImportState: true, ImportStateId: "Okta", ImportStatePersist: true},
		resource.TestStep{
			Config:           config,
			ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("deprovision_action"), knownvalue.StringExact("delete")),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("configurable"), knownvalue.Bool(false)),
			},
		},
	)
}

// The link for directory sync leads to its pages.
func TestAccSetupLinkDirectorySync(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, srv *acctest.Server) {
		runSteps(t, resource.TestStep{
			Config: srv.Provider() + `resource "prefectsso_setup_link" "sync" { kind = "directory_sync" }`,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("prefectsso_setup_link.sync", tfjsonpath.New("configured"), knownvalue.Bool(false)),
				statecheck.ExpectKnownValue("prefectsso_setup_link.sync", tfjsonpath.New("url"), knownvalue.StringFunc(func(link string) error {
					acctest.NewVisitor(t).Open(link).Submit(nil).Says(http.StatusOK, "okta scim v2.0")
					return nil
				})),
			},
		})
	})
}
