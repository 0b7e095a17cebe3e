package provider_test

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// samlConnection is what the server's extension says of a SAML connection.
type samlConnection struct {
	Name string `json:"name"`
	SAML struct {
		EntityID     string                    `json:"idp_entity_id"`
		SSOURL       string                    `json:"idp_sso_url"`
		Chosen       *string                   `json:"idp_metadata_entity_id"`
		Warnings     []string                  `json:"idp_metadata_warnings"`
		Certificates []struct{ SHA256 string } `json:"idp_certificates"`
		Signs        bool                      `json:"sign_authn_requests"`
		Wants        bool                      `json:"want_authn_requests_signed"`
		Format       *string                   `json:"name_id_format"`
	} `json:"saml"`
}

func samlConnections(srv *acctest.Server) map[string]samlConnection {
	var rows []samlConnection
	srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/connections", nil, &rows)
	out := map[string]samlConnection{}
	for _, row := range rows {
		out[row.Name] = row
	}
	return out
}

// onServer is a check of what the server has.
type onServer func() error

// CheckState implements [statecheck.StateCheck].
func (f onServer) CheckState(_ context.Context, _ statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	resp.Error = f()
}

// Every case from outside: what the function reads of it plans, applies, and is what the server has.
func TestAccSAMLMetadataCases(t *testing.T) {
	t.Parallel()
	const good = "71149d7b8b0d78cc7451b80babd722eeadd3840d2fb8ac7ceed5158a1a87f5ec"
	folder, err := filepath.Abs("../samlmetadata/testdata/cases")
	if err != nil {
		t.Fatal(err)
	}
	keysOf := func(name string) []string {
		if name == "ec-key-beside-rsa.xml" {
			return []string{"1df81f9c8e2e47ea88227ad91de4be37be2304baf60c4cbc98452507f64dae5c", good}
		}
		return []string{good}
	}
	files, err := filepath.Glob(folder + "/*.xml")
	if err != nil || len(files) < 13 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	warned := map[string]string{
		"short-rsa-key-beside-good.xml":     "key-too-short",
		"empty-certificate-beside-good.xml": "certificate-empty", "http-endpoint-beside-https.xml": "endpoint-url",
	}
	srv := acctest.Start(t)
	config := srv.Provider() + fmt.Sprintf(`
locals {
  # file() takes UTF-8 only, and two of them have another encoding.
  cases = { for name in fileset(%[1]q, "*.xml") : name => textdecodebase64(filebase64("%[1]s/${name}"), "ISO-8859-1") }
  read  = { for name, text in local.cases : name => provider::prefectsso::parse_saml_metadata(text) }
}
resource "prefectsso_domain" "corp" { name = "acme.com" }
resource "prefectsso_identity_provider" "case" {
  for_each        = local.cases
  name            = each.key
  connection_type = "GenericSAML"
  domains         = [prefectsso_domain.corp.name]
  saml            = { metadata_xml = each.value }
}
output "read" {
  value = { for name, m in local.read : name => join(" ", concat(
    [m.entity_id, m.sso_url], m.certificates[*].sha256, m.warnings[*].id, m.want_authn_requests_signed ? ["signed"] : [],
  )) }
}
output "agree" {
  value = alltrue([for name, idp in prefectsso_identity_provider.case :
    toset(keys(idp.certificates)) == toset(local.read[name].certificates[*].sha256) &&
    idp.saml.sign_requests == local.read[name].want_authn_requests_signed &&
    idp.want_authn_requests_signed == local.read[name].want_authn_requests_signed])
}
`, folder)
	want := map[string]knownvalue.Check{}
	for _, file := range files {
		name := filepath.Base(file)
		text := "https://idp.example https://idp.example/sso " + strings.Join(keysOf(name), " ")
		if id := warned[name]; id != "" {
			text += " " + id
		}
		if name == "want-authn-requests-signed.xml" {
			text += " signed"
		}
		want[name] = knownvalue.StringExact(text)
	}
	runSteps(t,
		resource.TestStep{
			Config: config,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownOutputValue("read", knownvalue.MapExact(want)),
				statecheck.ExpectKnownOutputValue("agree", knownvalue.Bool(true)),
				// Not a Check: those know no for_each.
				onServer(func() error {
					have := samlConnections(srv)
					for _, file := range files {
						name := filepath.Base(file)
						c := have[name]
						if c.SAML.EntityID != "https://idp.example" || c.SAML.SSOURL != "https://idp.example/sso" ||
							len(c.SAML.Certificates) != len(keysOf(name)) || c.SAML.Certificates[len(keysOf(name))-1].SHA256 != good || (len(c.SAML.Warnings) == 1) != (warned[name] != "") ||
							c.SAML.Signs != (name == "want-authn-requests-signed.xml") {
							return fmt.Errorf("%s: the server has %+v", name, c)
						}
					}
					return nil
				}),
			},
		},
		resource.TestStep{Config: srv.Provider() + "resource \"prefectsso_domain\" \"corp\" {\n  name = \"acme.com\"\n}\n"}, // the test's own end knows no for_each either
	)
}

// bareCertificate returns an RSA certificate as metadata has it.
func bareCertificate(t *testing.T) string {
	t.Helper()
	block, _ := pem.Decode([]byte(rsaCertificate(t, time.Now().AddDate(2, 0, 0))))
	return base64.StdEncoding.EncodeToString(block.Bytes)
}

// idpXML returns an identity provider in metadata.
func idpXML(id, attributes, certificate string) string {
	return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="` + id + `"><md:IDPSSODescriptor` + attributes + ` protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
		`<md:KeyDescriptor><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>` + certificate + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>` +
		`<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="` + id + `/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>`
}

const wantsSigned = ` WantAuthnRequestsSigned="true"`

func samlBlock(srv *acctest.Server, lines ...string) string {
	return srv.Provider() + fmt.Sprintf(`
resource "prefectsso_domain" "corp" { name = "acme.com" }
resource "prefectsso_identity_provider" "idp" {
  name            = "Corp"
  connection_type = "GenericSAML"
  domains         = [prefectsso_domain.corp.name]
  saml = {
    %s
  }
}
`, strings.Join(lines, "\n    "))
}

// Of a federation's metadata one entity is chosen, in the document and by URL; the choice may change in place.
func TestAccSAMLMetadataChoice(t *testing.T) {
	t.Parallel()
	const address = "prefectsso_identity_provider.idp"
	federation := `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">` + idpXML("https://a.example", "", bareCertificate(t)) +
		`<md:EntitiesDescriptor>` + idpXML("https://b.example", wantsSigned, bareCertificate(t)) + `</md:EntitiesDescriptor>`
	padded := federation + "<!--" + strings.Repeat("x", 3<<20) + "--></md:EntitiesDescriptor>"
	federation += `</md:EntitiesDescriptor>`
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, err := w.Write([]byte(padded)); err != nil {
			t.Log(err) // the server has gone away; its own test says so
		}
	}))
	t.Cleanup(web.Close)
	srv := acctest.Start(t, acctest.PrivateIssuers)
	xml, url := fmt.Sprintf("metadata_xml = %q", federation), fmt.Sprintf("metadata_url = %q", web.URL)
	choose := func(id string) string { return fmt.Sprintf("metadata_entity_id = %q", id) }
	has := func(id string, signs bool) resource.TestCheckFunc {
		return func(*terraform.State) error {
			c := samlConnections(srv)["Corp"]
			if c.SAML.EntityID != id || c.SAML.SSOURL != id+"/sso" || c.SAML.Chosen == nil || *c.SAML.Chosen != id || c.SAML.Signs != signs || c.SAML.Wants != signs {
				return fmt.Errorf("the server has %+v", c)
			}
			return nil
		}
	}
	runSteps(t,
		resource.TestStep{Config: samlBlock(srv, xml), ExpectError: spread(`a\.example.*b\.example.*ID: metadata-several-identity-providers`)},
		resource.TestStep{Config: samlBlock(srv, xml, choose("https://c.example")), ExpectError: spread(`ID: metadata-entity-missing`)},
		resource.TestStep{Config: samlBlock(srv, xml, choose("https://a.example")), Check: has("https://a.example", false)},
		resource.TestStep{Config: samlBlock(srv, xml, choose("https://b.example")), ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate), Check: has("https://b.example", true)},
		resource.TestStep{Config: samlBlock(srv, url), ExpectError: spread(`a\.example.*b\.example`)},
		resource.TestStep{Config: samlBlock(srv, url, choose("https://b.example")), ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate), Check: has("https://b.example", true)},
		resource.TestStep{ResourceName: address, ImportState: true, ImportStateId: "Corp", ImportStateVerify: true, ImportStateVerifyIgnore: []string{"activation"}},
		resource.TestStep{Config: samlBlock(srv, url, choose("https://a.example")), ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate), Check: has("https://a.example", false)},
	)
}

// sign_requests follows the metadata where it is left out, by document and by URL, and comes back to that.
func TestAccSAMLSigningFollows(t *testing.T) {
	t.Parallel()
	const address = "prefectsso_identity_provider.idp"
	certificate := bareCertificate(t)
	served := idpXML("https://idp.example", wantsSigned, certificate)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, err := w.Write([]byte(served)); err != nil {
			t.Log(err) // the server has gone away; its own test says so
		}
	}))
	t.Cleanup(web.Close)
	srv := acctest.Start(t, acctest.PrivateIssuers)
	xml := func(attributes string) string {
		return fmt.Sprintf("metadata_xml = %q", idpXML("https://idp.example", attributes, certificate))
	}
	url := fmt.Sprintf("metadata_url = %q", web.URL)
	step := func(signs bool, lines ...string) resource.TestStep {
		return resource.TestStep{
			Config:            samlBlock(srv, lines...),
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(address, tfjsonpath.New("saml").AtMapKey("sign_requests"), knownvalue.Bool(signs))},
			Check: func(*terraform.State) error {
				if c := samlConnections(srv)["Corp"]; c.SAML.Signs != signs {
					return fmt.Errorf("the server has %+v", c)
				}
				return nil
			},
		}
	}
	parts := []string{`entity_id = "https://idp.example"`, `sso_url = "https://idp.example/sso"`, certificates(rsaCertificate(t, time.Now().AddDate(2, 0, 0)))}
	const no, yes = "sign_requests = false", "sign_requests = true"
	runSteps(t,
		step(false, xml("")),
		step(true, xml(wantsSigned)),
		step(false, xml(wantsSigned), no),
		step(true, xml(wantsSigned)),
		step(true, xml(""), yes), step(false, xml("")),
		step(true, url),
		step(false, url, no),
		step(true, url),
		step(true, url, yes),
		step(false, parts...),
		step(true, append(parts, yes)...),
		resource.TestStep{ // somebody switches it off elsewhere
			PreConfig: func() {
				var rows []connection
				srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/connections", nil, &rows)
				srv.Call(acctest.OwnerKey, http.MethodPatch, "/sso/connections/"+rows[0].ID, map[string]any{"saml": map[string]any{"idp_metadata_xml": served, "sign_authn_requests": false}}, nil)
			},
			Config: samlBlock(srv, xml(wantsSigned)), ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
		},
		step(true, xml(wantsSigned)),
	)
}

// What was asked for and is left out later goes from the server as well.
func TestAccSAMLNameIDFormatGoes(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	xml := fmt.Sprintf("metadata_xml = %q", idpXML("https://idp.example", "", bareCertificate(t)))
	runSteps(t,
		resource.TestStep{Config: samlBlock(srv, xml, `name_id_format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"`)},
		resource.TestStep{Config: samlBlock(srv, xml), Check: func(*terraform.State) error {
			if c := samlConnections(srv)["Corp"]; c.SAML.Format != nil {
				return fmt.Errorf("the server asks for %s", *c.SAML.Format)
			}
			return nil
		}},
	)
}

// What cannot be used fails the plan, at its attribute, with what to do.
func TestAccSAMLMetadataRejections(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	one, two := rsaCertificate(t, time.Now().AddDate(1, 0, 0)), rsaCertificate(t, time.Now().AddDate(2, 0, 0))
	parts := []string{`entity_id = "https://idp.example"`, `sso_url = "https://idp.example/sso"`}
	folder := t.TempDir()
	bundle := filepath.Join(folder, "bundle.pem")
	if err := os.WriteFile(bundle, []byte("# ours\n"+one+"\n"+two), 0o600); err != nil {
		t.Fatal(err)
	}
	var refused refusals
	for name, test := range map[string]struct {
		lines []string
		fails string
	}{
		"a bundle":            {append(parts, fmt.Sprintf("certificates = [file(%q)]", bundle)), `several certificates.*regexall`},
		"no usable key":       {[]string{fmt.Sprintf("metadata_xml = %q", idpXML("https://idp.example", "", "AAAA"))}, `ID: metadata-no-key`},
		"Entra's template":    {[]string{fmt.Sprintf("metadata_xml = %q", idpXML("https://sts.windows.net/{tenantid}/", "", bareCertificate(t)))}, `federationmetadata.*ID: metadata-tenantless`},
		"Entra's common":      {[]string{`metadata_url = "https://login.microsoftonline.com/common/federationmetadata/2007-06/federationmetadata.xml"`}, `appid=`},
		"a choice of nothing": {append(parts, certificates(one), `metadata_entity_id = "https://idp.example"`), `metadata_entity_id`},
	} {
		refused.add(name, resource.TestStep{Config: samlBlock(srv, test.lines...), PlanOnly: true, ExpectError: spread(test.fails)}, nil)
	}
	refused.run(t)
	t.Run("the bundle, split as advised", func(t *testing.T) {
		t.Parallel()
		runSteps(t, resource.TestStep{
			Config:            samlBlock(acctest.Start(t), append(parts, fmt.Sprintf(`certificates = regexall("(?s)-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", file(%q))`, bundle))...),
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue("prefectsso_identity_provider.idp", tfjsonpath.New("certificates"), knownvalue.MapSizeExact(2))},
		})
	})
	t.Run("OpenID Connect's common", func(t *testing.T) {
		t.Parallel()
		runSteps(t, resource.TestStep{
			Config:   oidcConfig(srv, "https://login.microsoftonline.com/common/v2.0", 1),
			PlanOnly: true, ExpectError: spread(`any tenant.*<tenant id>/v2\.0`),
		})
	})
}
