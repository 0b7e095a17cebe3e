package provider_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// rsaCertificate makes a self-signed certificate that ends then, as PEM.
func rsaCertificate(t *testing.T, expires time.Time) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp.example"}, NotBefore: expires.AddDate(-3, 0, 0), NotAfter: expires}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func samlConfig(srv *acctest.Server, saml string) string {
	return srv.Provider() + fmt.Sprintf(`
resource "prefectsso_domain" "corp" { name = "acme.com" }
resource "prefectsso_identity_provider" "idp" {
  name            = "Corp"
  connection_type = "GenericSAML"
  domains         = [prefectsso_domain.corp.name]
  saml = {
    entity_id = "https://idp.example/entity"
    sso_url   = "https://idp.example/sso"
    %s
  }
}
`, saml)
}

func certificates(texts ...string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = fmt.Sprintf("%q", text)
	}
	return "certificates = [" + strings.Join(quoted, ", ") + "]"
}

// Certificates are compared by what they are, roll over in place, and a plan warns of their end.
func TestAccIdentityProviderSAML(t *testing.T) {
	t.Parallel()
	const address = "prefectsso_identity_provider.idp"
	srv := acctest.Start(t, acctest.PrivateIssuers)
	_, issuer := acctest.StartIdP(t, srv)
	old, next := rsaCertificate(t, time.Now().AddDate(0, 0, 20)), rsaCertificate(t, time.Now().AddDate(2, 0, 0))
	sameID, otherID := statecheck.CompareValue(compare.ValuesSame()), statecheck.CompareValue(compare.ValuesDiffer())
	id := tfjsonpath.New("id")
	expires := func(n int) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, tfjsonpath.New("certificates"), knownvalue.MapSizeExact(n))
	}
	runSteps(t,
		resource.TestStep{
			Config: samlConfig(srv, certificates(old)),
			ConfigStateChecks: []statecheck.StateCheck{
				expires(1), sameID.AddStateValue(address, id),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("acs_url"), knownvalue.StringExact(srv.URL+"/sso/saml/"+acctest.AccountID+"/acs")),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("redirect_uri"), knownvalue.Null()),
			},
		},
		resource.TestStep{Config: samlConfig(srv, certificates("\n\n  "+strings.ReplaceAll(old, "\n", "\n\n"))), PlanOnly: true},
		resource.TestStep{
			Config:            samlConfig(srv, certificates(next, old)),
			ConfigPlanChecks:  planned(address, plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{expires(2), sameID.AddStateValue(address, id)},
		},
		resource.TestStep{Config: samlConfig(srv, certificates(old, next)), PlanOnly: true},
		resource.TestStep{
			Config:            samlConfig(srv, certificates(next)+"\nallow_idp_initiated = true\nwant_assertions_encrypted = true"),
			ConfigPlanChecks:  planned(address, plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(address, tfjsonpath.New("saml").AtMapKey("want_assertions_encrypted"), knownvalue.Bool(true)), expires(1), sameID.AddStateValue(address, id), otherID.AddStateValue(address, id)},
		},
		resource.TestStep{
			ResourceName: address, ImportState: true, ImportStateId: "Corp", ImportStateVerify: true,
			ImportStateVerifyIgnore: []string{"activation"},
		},
		resource.TestStep{ // the other protocol is another connection
			Config:            oidcConfig(srv, issuer, 1),
			ConfigPlanChecks:  planned(address, plancheck.ResourceActionReplace),
			ConfigStateChecks: []statecheck.StateCheck{otherID.AddStateValue(address, id)},
		},
	)
}

func TestAccIdentityProviderExpiredCertificate(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	runSteps(t, resource.TestStep{
		Config:      samlConfig(srv, certificates(rsaCertificate(t, time.Now().AddDate(0, 0, -1)))),
		ExpectError: spread(`Certificate has expired.*idp\.example ended on`),
	})
}

// A change of protocol with create_before_destroy and take_over_domains: the successor has the domain before the old
// connection goes, so at no moment nobody serves it. Names are unique, so the successor has another one.
func TestAccIdentityProviderChangesProtocolWithoutAGap(t *testing.T) {
	t.Parallel()
	const address = "prefectsso_identity_provider.idp"
	srv := acctest.Start(t, acctest.PrivateIssuers)
	_, issuer := acctest.StartIdP(t, srv)
	config := func(name, kind, protocol string) string {
		return srv.Provider() + fmt.Sprintf(`
resource "prefectsso_domain" "corp" { name = "acme.com" }
resource "prefectsso_identity_provider" "idp" {
  name              = %q
  connection_type   = %q
  domains           = [prefectsso_domain.corp.name]
  activation        = "immediate"
  take_over_domains = true
  %s
  lifecycle { create_before_destroy = true }
}
`, name, kind, protocol)
	}
	saml := "saml = {\n entity_id = \"https://idp.example/entity\"\n sso_url = \"https://idp.example/sso\"\n" + certificates(rsaCertificate(t, time.Now().AddDate(2, 0, 0))) + "\n}"
	runSteps(t,
		resource.TestStep{Config: config("OpenID Connect", "GenericOIDC", fmt.Sprintf("oidc = {\n issuer = %q\n client_id = \"x\"\n}", issuer))},
		resource.TestStep{
			Config:           config("SAML", "GenericSAML", saml),
			ConfigPlanChecks: planned(address, plancheck.ResourceActionCreateBeforeDestroy),
			Check: func(*terraform.State) error {
				rows := connections(srv)
				if len(rows) != 1 || rows[0].Name != "SAML" || rows[0].State != "active" || len(rows[0].Domains) != 1 {
					return fmt.Errorf("left are %+v", rows)
				}
				return nil
			},
		},
		resource.TestStep{ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"activation", "take_over_domains"}},
	)
}
