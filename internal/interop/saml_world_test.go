//go:build interop

package interop

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

// serviceProvider is what an identity provider is told of mockcloud.
type serviceProvider struct {
	EntityID    string `json:"sp_entity_id"`
	ACS         string `json:"acs_url"`
	MetadataURL string `json:"sp_metadata_url"`
}

func (w *world) serviceProvider() (us serviceProvider) {
	w.t.Helper()
	w.api(http.MethodGet, "/sso/service_provider", nil).Want(http.StatusOK).Into(&us)
	return us
}

// pair is a key and its certificate, as PEM.
type pair struct{ key, certificate string }

// pairs are made once, as they cost more than all the rest: the key that an identity
// provider signs with, the one that comes after it, and one that is nobody's.
var pairs = sync.OnceValue(func() (p struct{ own, next, foreign pair }) {
	for _, each := range []*pair{&p.own, &p.next, &p.foreign} {
		key, certificate, err := saml.NewKey("opponent", time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour))
		if err != nil {
			panic(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			panic(err)
		}
		each.key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
		each.certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
	}
	return p
})

// bare is the certificate as metadata has it.
func (p pair) bare() string {
	block, _ := pem.Decode([]byte(p.certificate))
	return base64.StdEncoding.EncodeToString(block.Bytes)
}

// post sends the form that an identity provider's page has, its answer changed. It fails
// where that changes nothing.
func post(t testing.TB, p *acctest.Page, change func(xml string) string) *acctest.Page {
	t.Helper()
	before := opened(t, p.Field("SAMLResponse"))
	after := change(before)
	if after == before {
		t.Fatalf("the answer was not changed: %s", before)
	}
	return p.Submit(url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString([]byte(after))}})
}

// opened is an answer's XML.
func opened(t testing.TB, answer string) string {
	t.Helper()
	xml, err := base64.StdEncoding.DecodeString(answer)
	if err != nil || len(xml) == 0 {
		t.Fatalf("no answer: %v %q", err, answer)
	}
	return string(xml)
}

// between returns what stands between two texts, both included.
func between(t testing.TB, s, from, to string) string {
	t.Helper()
	_, rest, found := strings.Cut(s, from)
	inner, _, ends := strings.Cut(rest, to)
	if !found || !ends {
		t.Fatalf("no %s…%s in %s", from, to, s)
	}
	return from + inner + to
}
