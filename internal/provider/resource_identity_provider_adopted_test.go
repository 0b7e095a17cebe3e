package provider_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
)

// configureByHand is a person in the configuration dashboard, from a setup link to a saved OpenID Connect connection
// that serves all enabled domains.
func configureByHand(t *testing.T, srv *acctest.Server, name string) {
	t.Helper()
	var link string
	srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/setup_url", nil, &link)
	person := acctest.NewVisitor(t)
	domains := person.Open(link).Submit(nil)
	provider := domains.Submit(url.Values{"domain": srv.Domains()})
	provider.Submit(url.Values{"type": {"GenericOIDC"}})
	person.Open(srv.URL+"/setup/details").Submit(url.Values{
		"name": {name}, "issuer": {srv.IdPURL()}, "client_id": {"prefect"}, "client_secret": {mockcloud.IdPClientSecret},
	}).Says(http.StatusOK, name)
}

// On a server that behaves like today's Prefect Cloud a person configures the connection; the resource adopts it, says
// what it cannot see, refuses what it cannot do, and forgets it in the end.
func TestAccIdentityProviderAdopted(t *testing.T) {
	t.Parallel()
	const address = "prefectsso_identity_provider.idp"
	srv := acctest.Start(t, acctest.PublishedOnly, acctest.BundledIdP)
	srv.SetDomains("acme.com")
	configureByHand(t, srv, "Corp")
	config := func(kind, domains, oidc string) string {
		return srv.Provider() + fmt.Sprintf(`
resource "prefectsso_identity_provider" "idp" {
  name            = "Corp"
  connection_type = %q
  domains         = [%s]
  oidc            = { issuer = %q, client_id = %q }
}
`, kind, domains, srv.IdPURL(), oidc)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		CheckDestroy: func(*terraform.State) error {
			if left := integrations(srv); len(left) != 1 {
				return fmt.Errorf("the adopted connection should stay; left are %+v", left)
			}
			return nil
		},
		Steps: []resource.TestStep{
			{Config: config("OktaOIDC", `"acme.com"`, "prefect"), ExpectError: spread(`Another type is configured.*GenericOIDC, not OktaOIDC`)},
			{
				Config: config("GenericOIDC", `"Acme.com"`, "prefect"),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("configurable"), knownvalue.Bool(false)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("state"), knownvalue.StringExact("validating")),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("unverified_attributes"), knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("oidc")})),
				},
			},
			{Config: config("GenericOIDC", `"acme.com"`, "prefect"), PlanOnly: true},
			{Config: config("GenericOIDC", `"acme.com"`, "other"), ExpectError: spread(`Only a person can change this.*.oidc.`)},
			{Config: config("GenericOIDC", `"acme.com", "other.example"`, "prefect"), ExpectError: spread(`Only a person can change this.*.domains.`)},
			{
				ResourceName:            address,
				ImportState:             true,
				ImportStateId:           "Corp",
				ImportStateVerify:       true,
				ImportStateVerifyIgnore: []string{"oidc", "unverified_attributes", "domains"}, // the API does not show them, or not in this spelling
			},
			{ // removed behind Terraform's back: nothing is left to adopt
				PreConfig: func() {
					srv.Call(acctest.OwnerKey, http.MethodDelete, "/sso/integrations/"+integrations(srv)[0].ID, nil, nil)
				},
				Config:      config("GenericOIDC", `"acme.com"`, "prefect"),
				ExpectError: spread(`No such identity provider to adopt`),
			},
			{
				PreConfig:        func() { configureByHand(t, srv, "Corp") },
				Config:           config("GenericOIDC", `"acme.com"`, "prefect"),
				ConfigPlanChecks: planned(address, plancheck.ResourceActionCreate),
			},
		},
	})
}

// integrations returns the connections as the published API shows them.
func integrations(srv *acctest.Server) []connection {
	var found struct {
		Connections []connection `json:"connections"`
	}
	srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/integrations", nil, &found)
	return found.Connections
}

// A link where everything is configured is no link, and no error.
func TestAccSetupLinkConfigured(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.PublishedOnly, acctest.BundledIdP)
	srv.SetDomains("acme.com")
	configureByHand(t, srv, "Corp")
	const address = "prefectsso_setup_link.sso"
	runSteps(t, resource.TestStep{
		Config: srv.Provider() + `resource "prefectsso_setup_link" "sso" { kind = "sso" }`,
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(address, tfjsonpath.New("url"), knownvalue.Null()),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("configured"), knownvalue.Bool(true)),
		},
	})
}
