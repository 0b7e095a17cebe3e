package truth_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/fetch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

const (
	ownOrigin    = "http://localhost" // the server's, which has no socket
	clientSecret = "the-secret-of-the-test"
)

// provider is an identity provider at which everybody of all worlds can log in. One serves all worlds: it keeps nothing of
// a login, and its keys are what takes longest.
type provider struct {
	*idp.IdP
	origin      string
	certificate store.Certificate
	fetch       *fetch.Client
}

// newProvider starts one. Servers fetch its documents and tokens over a socket; browsers reach it by the same address.
func newProvider(t *testing.T, clock *mocktest.Clock) *provider {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	server := httptest.NewUnstartedServer(nil)
	p := &provider{origin: "http://" + server.Listener.Addr().String()}
	var err error
	p.IdP, err = idp.New(idp.Config{
		BaseURL: p.origin, People: everyEmployee(), ClientSecret: clientSecret, RedirectOrigins: []string{ownOrigin}, SigningAlg: "ES256", Clock: clock.Now,
	})
	must(err)
	t.Cleanup(p.Close)
	server.Config.Handler = p.IdP
	server.Start()
	t.Cleanup(server.Close)
	certificates, err := p.SAMLCertificates()
	must(err)
	cert := certificates[0]
	p.certificate = store.Certificate{DER: cert.Raw, NotAfter: cert.NotAfter.UTC(), SHA256: samlmetadata.Fingerprint(cert)}
	p.fetch, err = fetch.New(fetch.Options{AllowOrigin: p.origin})
	must(err)
	t.Cleanup(p.fetch.Close)
	return p
}

// everyEmployee are all whom a world may have.
func everyEmployee() (all []idp.Person) {
	for _, email := range everyAddress() {
		all = append(all, idp.Person{Subject: "subject of " + email, Email: email})
	}
	return all
}

// connection is what a connection to the provider is configured with.
func (p *provider) connection(saml bool) (kind store.ConnectionType, change store.ConnectionChange) {
	if saml {
		entity, sso := p.SAMLEntityID(), p.SAMLSSOURL()
		return "GenericSAML", store.ConnectionChange{SAML: &store.SAMLChange{EntityID: &entity, SSOURL: &sso, Certificates: &[]store.Certificate{p.certificate}}}
	}
	id, secret := "client", clientSecret
	return "GenericOIDC", store.ConnectionChange{OIDC: &store.OIDCChange{
		Issuer: &p.origin, ClientID: &id, ClientSecret: store.Nullable[string]{Set: true, Value: &secret},
	}}
}

// mountLogins puts the login pages onto the scene's router.
func (s *scene) mountLogins() {
	parties, err := oidc.New(oidc.Config{Fetch: s.idp.fetch, Clock: s.clock.Now})
	s.must(err)
	sso.New(sso.Options{Store: s.store, Parties: parties, Clock: s.clock.Now, Logger: quiet}).Mount(s.router)
}

// everyAddress are the addresses of all whom a world may have, in a fixed order.
func everyAddress() (all []string) {
	for i := range 8 {
		for _, domain := range allDomains {
			for _, local := range []string{fmt.Sprintf("p%d", i), fmt.Sprintf("n0%d", i), fmt.Sprintf("n1%d", i)} {
				all = append(all, local+"@"+domain)
			}
		}
	}
	return all
}

// drawLogins makes it likely that single sign-on is enforced, and says which connections speak SAML.
func drawLogins(t *rapid.T, p *plan) {
	isActive := func(c planConnection) bool { return c.State == "active" && len(c.Domains) > 0 }
	if len(p.Domains) > 0 && !slices.ContainsFunc(p.Connections, isActive) && chance(t, "enforced", 60) {
		p.Connections = append(p.Connections, planConnection{State: "active", Domains: p.Domains[:number(t, "serving", 1, len(p.Domains))]})
	}
	for i := range p.Connections {
		p.Connections[i].SAML = chance(t, "SAML", 50)
	}
}

func domainOf(email string) string { return email[strings.LastIndex(email, "@")+1:] }
