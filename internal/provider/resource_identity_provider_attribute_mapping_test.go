package provider_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// What a login is told by: an attribute as the subject comes, changes and goes; groups fail the plan, and a value that is
// not known yet and turns out to be none does not.
func TestAccAttributeMapping(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	certificate := bareCertificate(t)
	metadata := idpXML("https://idp.example/mapping", "", certificate)
	config := func(mapping string) string {
		return srv.Provider() + `
resource "prefectsso_domain" "corp" { name = "acme.com" }
resource "terraform_data" "none" { input = null }
resource "prefectsso_identity_provider" "it" {
  name            = "it"
  connection_type = "GenericSAML"
  domains         = [prefectsso_domain.corp.name]
  saml            = { metadata_xml = ` + "<<-EOT\n" + metadata + "\nEOT\n" + ` }
  ` + mapping + `
}
`
	}
	subject := func(want string) statecheck.StateCheck {
		return onServer(func() error {
			var rows []struct {
				Mapping struct{ Subject, Groups *string } `json:"attribute_mapping"`
			}
			srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/connections", nil, &rows)
			got := ""
			if len(rows) == 1 && rows[0].Mapping.Subject != nil {
				got = *rows[0].Mapping.Subject
			}
			if len(rows) != 1 || got != want || rows[0].Mapping.Groups != nil {
				t.Errorf("the server has %+v, want the subject %q", rows, want)
			}
			return nil
		})
	}
	at := tfjsonpath.New("attribute_mapping").AtMapKey("subject")
	runSteps(t,
		resource.TestStep{Config: config(`attribute_mapping = { groups = "groups" }`), ExpectError: regexp.MustCompile(`Groups of a login do nothing`)},
		resource.TestStep{Config: config(`attribute_mapping = { subject = "id", groups = terraform_data.none.output }`), ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue("prefectsso_identity_provider.it", at, knownvalue.StringExact("id")), subject("id"),
		}},
		resource.TestStep{Config: config(`attribute_mapping = { subject = "id" }`), PlanOnly: true},
		resource.TestStep{Config: config(`attribute_mapping = { subject = "uid" }`), ConfigStateChecks: []statecheck.StateCheck{subject("uid")}},
		resource.TestStep{ResourceName: "prefectsso_identity_provider.it", ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"saml", "activation", "timeouts", "take_over_domains"}},
		resource.TestStep{Config: config(``), ConfigStateChecks: []statecheck.StateCheck{subject("")}},
	)
}
