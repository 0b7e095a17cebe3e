package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// connection is what the server's extension says of one connection.
type connection struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	State string `json:"state"`
	OIDC  *struct {
		Issuer  string  `json:"issuer"`
		Updated *string `json:"client_secret_updated"`
	} `json:"oidc"`
	Domains []struct {
		Domain string `json:"domain"`
	} `json:"domains"`
}

func connections(srv *acctest.Server) []connection {
	var rows []connection
	srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/connections", nil, &rows)
	return rows
}

func oidcConfig(srv *acctest.Server, issuer string, version int, more ...string) string {
	return srv.Provider() + fmt.Sprintf(`
resource "prefectsso_domain" "corp" { name = "acme.com" }
resource "prefectsso_identity_provider" "idp" {
  name            = "Corp"
  connection_type = "GenericOIDC"
  domains         = [prefectsso_domain.corp.name]
  oidc = {
    issuer                   = %q
    client_id                = "prefect"
    client_secret_wo         = "%s-%d"
    client_secret_wo_version = %d
  }
  %s
}
`, issuer, acctest.ClientSecret, version, version, strings.Join(more, "\n  "))
}

func TestAccIdentityProviderOIDC(t *testing.T) {
	t.Parallel()
	const address = "prefectsso_identity_provider.idp"
	srv := acctest.Start(t, acctest.PrivateIssuers)
	_, issuer := acctest.StartIdP(t, srv)
	_, other := acctest.StartIdP(t, srv)
	var first connection
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		CheckDestroy: func(*terraform.State) error {
			if left := connections(srv); len(left) != 0 {
				return fmt.Errorf("connections are left over: %+v", left)
			}
			return nil
		},
		Steps: []resource.TestStep{
			{
				Config: oidcConfig(srv, issuer, 1),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("state"), knownvalue.StringExact("validating")),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("configurable"), knownvalue.Bool(true)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("redirect_uri"), knownvalue.StringExact(srv.URL+"/sso/oidc/"+acctest.AccountID+"/callback")),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("oidc").AtMapKey("client_secret_wo"), knownvalue.Null()),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("activation"), knownvalue.StringExact("none")),
				},
				Check: func(*terraform.State) error {
					first = connections(srv)[0]
					return nil
				},
			},
			{ // a new version of the secret rotates in place
				Config:           oidcConfig(srv, issuer, 2),
				ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
				Check: func(*terraform.State) error {
					now := connections(srv)[0]
					if now.ID != first.ID || *now.OIDC.Updated == *first.OIDC.Updated {
						return fmt.Errorf("the secret was not rotated in place: %+v, before %+v", now, first)
					}
					return nil
				},
			},
			{
				Config:           oidcConfig(srv, issuer, 2, `activation = "immediate"`),
				ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("state"), knownvalue.StringExact("active")),
				},
			},
			{ // another issuer, changed behind Terraform's back
				PreConfig: func() {
					srv.Call(acctest.OwnerKey, http.MethodPatch, "/sso/connections/"+first.ID, map[string]any{"oidc": map[string]any{"issuer": other}}, nil)
				},
				Config:           oidcConfig(srv, issuer, 2, `activation = "immediate"`),
				ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
				Check: func(*terraform.State) error {
					if now := connections(srv)[0]; now.OIDC.Issuer != issuer || now.State != "active" {
						return fmt.Errorf("after the apply: %+v", now)
					}
					return nil
				},
			},
			{ // switched off behind Terraform's back, and single sign-on with it
				PreConfig: func() {
					srv.Call(acctest.OwnerKey, http.MethodPatch, "/sso/connections/"+first.ID, map[string]any{"state": "inactive"}, nil)
				},
				Config:           oidcConfig(srv, issuer, 2, `activation = "immediate"`),
				ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("state"), knownvalue.StringExact("active")),
				},
			},
			{
				ResourceName:      address,
				ImportState:       true,
				ImportStateId:     "Corp",
				ImportStateVerify: true,
				// The API does not tell what was sent once, or how it was activated.
				ImportStateVerifyIgnore: []string{"activation", "oidc.client_secret_wo_version"},
			},
			{ // deleted behind Terraform's back
				PreConfig: func() {
					srv.Call(acctest.OwnerKey, http.MethodDelete, "/sso/connections/"+first.ID, nil, nil)
				},
				Config:           oidcConfig(srv, issuer, 2),
				ConfigPlanChecks: planned(address, plancheck.ResourceActionCreate),
			},
		},
	})
}

func TestAccIdentityProviderBadInput(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.PrivateIssuers)
	_, issuer := acctest.StartIdP(t, srv)
	html := acctest.ServePage(t, "<html>Sign in</html>")
	oidc := func(issuer, more string) string {
		return "oidc = {\n issuer = \"" + issuer + "\"\n client_id = \"c\"\n" + more + "\n}"
	}
	var refused refusals
	for name, test := range map[string]struct{ kind, domains, body, want string }{
		"neither":                {"GenericOIDC", "acme.com", "", `(?i)no attribute specified when one`},
		"both":                   {"GenericOIDC", "acme.com", oidc(issuer, "") + "\nsaml = { metadata_url = \"https://x.example\" }", `(?i)2 attributes specified when one`},
		"the other protocol":     {"OktaSAML", "acme.com", oidc(issuer, ""), `Type and protocol do not match.*GenericOIDC`},
		"an unknown type":        {"OktaOAuth", "acme.com", oidc(issuer, ""), `GenericSAML`},
		"an issuer without TLS":  {"GenericOIDC", "acme.com", oidc("http://idp.example", ""), `Not an https URL`},
		"an issuer that is away": {"GenericOIDC", "acme.com", oidc("https://127.0.0.1:1", ""), `Could not create identity provider`},
		"HTML":                   {"GenericOIDC", "acme.com", oidc(html, ""), `Could not create identity provider.*issuer`},
		"a secret alone":         {"GenericOIDC", "acme.com", oidc(issuer, `client_secret_wo = "x"`), `client_secret_wo_version`},
		"a domain not enabled":   {"GenericOIDC", "other.example", oidc(issuer, "client_secret_wo = \"x\"\nclient_secret_wo_version = 1"), `Could not create identity provider.*other\.example`},
		"metadata of nothing":    {"GenericSAML", "acme.com", "saml = { metadata_xml = \"<html/>\" }", `Invalid SAML metadata.*ID: metadata-other-document`},
		"a DOCTYPE":              {"GenericSAML", "acme.com", "saml = { metadata_xml = \"<!DOCTYPE a><a/>\" }", `Invalid SAML metadata.*DOCTYPE`},
		"no certificate":         {"GenericSAML", "acme.com", "saml = {\n entity_id = \"x\"\n sso_url = \"https://x.example\"\n certificates = [\"no PEM\"]\n}", `Invalid certificate.*PEM`},
	} {
		refused.add(name, resource.TestStep{
			Config:      srv.Provider() + fmt.Sprintf("resource \"prefectsso_identity_provider\" \"x\" {\n  name = %q\n  connection_type = %q\n  domains = [%q]\n%s\n}", name, test.kind, test.domains, test.body),
			ExpectError: spread(test.want),
		}, nil)
	}
	refused.run(t)
	t.Cleanup(func() {
		if left := connections(srv); len(left) != 0 {
			t.Errorf("refused applies left %+v", left)
		}
	})
}

func TestAccSetupLink(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, srv *acctest.Server) {
		config := func(trigger string) string {
			return srv.Provider() + `
resource "prefectsso_domain" "corp" { name = "acme.com" }
resource "prefectsso_setup_link" "sso" {
  kind       = "sso"
  triggers   = { round = "` + trigger + `" }
  depends_on = [prefectsso_domain.corp]
}`
		}
		const address = "prefectsso_setup_link.sso"
		url := statecheck.CompareValue(compare.ValuesDiffer())
		runSteps(t,
			resource.TestStep{Config: config("1"), ConfigStateChecks: []statecheck.StateCheck{
				url.AddStateValue(address, tfjsonpath.New("url")),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("configured"), knownvalue.Bool(false)),
				statecheck.ExpectSensitiveValue(address, tfjsonpath.New("url")),
			}},
			resource.TestStep{Config: config("2"), ConfigPlanChecks: planned(address, plancheck.ResourceActionReplace), ConfigStateChecks: []statecheck.StateCheck{
				url.AddStateValue(address, tfjsonpath.New("url")),
			}},
		)
	})
}

func TestAccServiceProvider(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	at := func(attribute, want string) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("data.prefectsso_service_provider.this", tfjsonpath.New(attribute), knownvalue.StringExact(srv.URL+want))
	}
	runSteps(t, resource.TestStep{
		Config: srv.Provider() + `data "prefectsso_service_provider" "this" {}`,
		ConfigStateChecks: []statecheck.StateCheck{
			at("acs_url", "/sso/saml/"+acctest.AccountID+"/acs"), at("sp_entity_id", "/sso/saml/"+acctest.AccountID+"/metadata"),
			at("redirect_uri", "/sso/oidc/"+acctest.AccountID+"/callback"),
		},
	})
}

// Where the configuration is not offered nothing can be made, and the error says where to go on.
func TestAccIdentityProviderPublishedOnly(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.PublishedOnly)
	runSteps(t,
		resource.TestStep{
			Config:      oidcConfig(srv, "https://idp.example", 1),
			ExpectError: spread(`No such identity provider to adopt.*prefectsso_setup_link`),
		},
		resource.TestStep{
			Config:      srv.Provider() + `data "prefectsso_service_provider" "this" {}`,
			ExpectError: spread(`Could not read service provider.*does not offer`),
		},
		resource.TestStep{
			Config: srv.Provider() + `data "prefectsso_identity_providers" "all" {}`,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("data.prefectsso_identity_providers.all", tfjsonpath.New("configurable"), knownvalue.Bool(false)),
			},
		},
	)
}

// The plan says who would be locked out, before it happens, and the account keeps its word afterwards.
func TestAccIdentityProviderPreflight(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.PrivateIssuers)
	_, issuer := acctest.StartIdP(t, srv)
	config := func(domains, activation string, arguments ...string) string {
		return srv.Provider(arguments...) + fmt.Sprintf(`
resource "prefectsso_domains" "all" { names = ["acme.com", "other.example"] }
resource "prefectsso_identity_provider" "idp" {
  name            = "Corp"
  connection_type = "GenericOIDC"
  domains         = [%s]
  activation      = %q
  oidc = {
    issuer                   = %q
    client_id                = "prefect"
    client_secret_wo         = %q
    client_secret_wo_version = 1
  }
  depends_on = [prefectsso_domains.all]
}
`, domains, activation, issuer, acctest.ClientSecret)
	}
	const both, other = `"acme.com", "other.example"`, `"other.example"`
	runSteps(t,
		resource.TestStep{
			Config:      config(other, "immediate"),
			ExpectError: spread(`4 people.*ada@acme\.com, admin@acme\.com, grace@acme\.com, linus@acme\.com.*Guard: people-lose-access`),
		},
		resource.TestStep{Config: config(other, "none")}, // validating: nobody is kept out
		resource.TestStep{
			Config:      config(other, "immediate", `acknowledge_lockout = ["ada@acme.com"]`),
			ExpectError: spread(`3 people.*admin@acme\.com, grace@acme\.com, linus@acme\.com.*Guard: people-lose-access`),
		},
		resource.TestStep{Config: config(both, "immediate")},
		resource.TestStep{
			Config:      config(other, "immediate"),
			ExpectError: spread(`4 people.*Guard: people-lose-access`),
		},
		resource.TestStep{
			Config:      strings.Replace(config(both, "immediate"), `names = ["acme.com", "other.example"]`, `names = ["other.example"]`, 1),
			ExpectError: acctest.Finding("people-lose-access"),
		},
		resource.TestStep{
			Config: config(other, "immediate", `acknowledge_lockout = ["*@acme.com"]`),
			Check: func(*terraform.State) error {
				if status := srv.Status("pnu_ada", http.MethodGet, ""); status != http.StatusForbidden {
					return fmt.Errorf("ada, who has not logged in, gets %d", status)
				}
				if status := srv.Status(acctest.OwnerKey, http.MethodGet, ""); status != http.StatusOK {
					return fmt.Errorf("an Owner gets %d", status)
				}
				return nil
			},
		},
	)
}

// A domain moves from one provider to another without a moment in which nobody serves it.
func TestAccIdentityProviderTakesOver(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.PrivateIssuers)
	_, issuer := acctest.StartIdP(t, srv)
	provider := func(name, more string) string {
		return fmt.Sprintf(`
resource "prefectsso_identity_provider" %[1]q {
  name            = %[1]q
  connection_type = "GenericOIDC"
  domains         = ["acme.com"]
  activation      = "immediate"
  oidc = {
    issuer                   = %[2]q
    client_id                = %[1]q
    client_secret_wo         = %[3]q
    client_secret_wo_version = 1
  }
  %[4]s
}
`, name, issuer, acctest.ClientSecret, more)
	}
	domain := srv.Provider() + `resource "prefectsso_domains" "all" { names = ["acme.com"] }` + "\n"
	after := "depends_on = [prefectsso_domains.all]"
	runSteps(t,
		resource.TestStep{Config: domain + provider("old", after)},
		resource.TestStep{
			Config:      domain + provider("old", after) + provider("new", after),
			ExpectError: spread(`Could not activate identity provider.*acme\.com`),
		},
		resource.TestStep{
			Config: domain + provider("new", after+"\ntake_over_domains = true"),
			Check: func(*terraform.State) error {
				rows := connections(srv)
				if len(rows) != 1 || rows[0].Name != "new" || rows[0].State != "active" {
					return fmt.Errorf("left are %+v", rows)
				}
				return nil
			},
		},
	)
}
