package provider_test

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// metadataSite serves an identity provider's metadata, or a failure where there is none.
type metadataSite struct {
	*httptest.Server
	fetches  atomic.Int64
	document atomic.Pointer[string]
}

func newMetadataSite(t *testing.T) *metadataSite {
	t.Helper()
	site := &metadataSite{}
	site.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		site.fetches.Add(1)
		document := site.document.Load()
		if document == nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if _, err := w.Write([]byte(*document)); err != nil {
			t.Log(err) // the server has gone away; its own test says so
		}
	}))
	t.Cleanup(site.Close)
	return site
}

func (s *metadataSite) serve(document string) { s.document.Store(&document) }

// signingCertificate returns a certificate as metadata has it, and its fingerprint.
func signingCertificate(t *testing.T) (inMetadata, fingerprint string) {
	t.Helper()
	block, _ := pem.Decode([]byte(rsaCertificate(t, time.Now().AddDate(2, 0, 0))))
	certificate, err := samlmetadata.ParseDER(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(block.Bytes), samlmetadata.Fingerprint(certificate)
}

// An update fetches the metadata again: keys and signing demand follow it, what cannot be taken over changes nothing.
func TestAccSAMLMetadataRefresh(t *testing.T) {
	t.Parallel()
	const address, all = "prefectsso_identity_provider.idp", "data.prefectsso_identity_providers.all"
	const idp = "https://idp.example"
	first, firstPrint := signingCertificate(t)
	second, secondPrint := signingCertificate(t)
	site := newMetadataSite(t)
	site.serve(idpXML(idp, "", first))
	srv := acctest.Start(t, acctest.PrivateIssuers)
	config := func(firstName string) string {
		return srv.Provider() + fmt.Sprintf(`
resource "prefectsso_domain" "corp" { name = "acme.com" }
resource "prefectsso_identity_provider" "idp" {
  name              = "Corp"
  connection_type   = "GenericSAML"
  domains           = [prefectsso_domain.corp.name]
  saml              = { metadata_url = %q }
  attribute_mapping = { first_name = %q }
}
data "prefectsso_identity_providers" "all" { depends_on = [prefectsso_identity_provider.idp] }
`, site.URL, firstName)
	}
	certificates := func(prints ...string) statecheck.StateCheck {
		want := map[string]knownvalue.Check{}
		for _, print := range prints {
			want[print] = knownvalue.NotNull()
		}
		return statecheck.ExpectKnownValue(address, tfjsonpath.New("certificates"), knownvalue.MapExact(want))
	}
	signs := func(yes bool) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, tfjsonpath.New("saml").AtMapKey("sign_requests"), knownvalue.Bool(yes))
	}
	shows := func(attribute string, check knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(all, tfjsonpath.New("identity_providers").AtMapKey("Corp").AtMapKey(attribute), check)
	}
	fetched := func(want int64) func() {
		return func() {
			if n := site.fetches.Load(); n != want {
				t.Errorf("%d fetches, want %d", n, want)
			}
		}
	}
	runSteps(t,
		resource.TestStep{Config: config("given"), ConfigStateChecks: []statecheck.StateCheck{
			certificates(firstPrint), signs(false), shows("metadata_fetched_at", knownvalue.NotNull()), shows("metadata_error", knownvalue.Null()),
		}},
		resource.TestStep{PreConfig: func() { site.serve(idpXML(idp, wantsSigned, second)) }, Config: config("given"), ConfigPlanChecks: emptyPlan()},
		resource.TestStep{PreConfig: fetched(1), Config: config("first"), ConfigStateChecks: []statecheck.StateCheck{certificates(secondPrint), signs(true)}},
		resource.TestStep{PreConfig: fetched(2), Config: config("first"), ConfigPlanChecks: emptyPlan()},
		resource.TestStep{PreConfig: func() { site.document.Store(nil) }, Config: config("vorname"), ConfigStateChecks: []statecheck.StateCheck{
			certificates(secondPrint), signs(true), shows("metadata_error", knownvalue.NotNull()),
		}},
		resource.TestStep{PreConfig: func() { site.serve(idpXML("https://other.example", "", first)) }, Config: config("prenom"), ExpectError: spread(`other\.example.*ID: metadata-another-entity`)},
		// The rest of the update was made, and the connection is as it was.
		resource.TestStep{Config: config("prenom"), ConfigPlanChecks: emptyPlan(), ConfigStateChecks: []statecheck.StateCheck{certificates(secondPrint)}},
		resource.TestStep{PreConfig: func() { site.serve(idpXML(idp, "", first)) }, Config: config("nome"), ConfigStateChecks: []statecheck.StateCheck{
			certificates(firstPrint), signs(false), shows("metadata_error", knownvalue.Null()),
		}},
	)
}
