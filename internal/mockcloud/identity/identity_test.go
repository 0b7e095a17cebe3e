package identity_test

import (
	"context"
	"encoding/pem"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/account"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scenario"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type obj = map[string]any

const (
	path        = mocktest.Root + "/sso/connections"
	goodIssuer  = "https://idp.example"
	metadataURL = "https://idp.example/metadata"
	goodSSOURL  = "https://idp.example/sso"
	theSecret   = "the client's secret"
	// signingIdP is an identity provider that refuses unsigned requests.
	signingIdP = "https://signing.example"
)

// provider is the identity provider's side: what a Checker finds there.
type provider struct {
	clock *mocktest.Clock
	// asked counts what was fetched.
	asked atomic.Int64
	// entity is whose the metadata is, where none is chosen.
	entity atomic.Value
}

func (p *provider) CheckIssuer(_ context.Context, issuer string, auth store.ClientAuth) ([]string, error) {
	if p.asked.Add(1); issuer != goodIssuer {
		return nil, errors.New("nobody answers there")
	}
	if auth == store.ClientSecretPost {
		return nil, &identity.ClientAuthRefused{Err: errors.New("not in that way")}
	}
	return []string{"idp.example"}, nil
}

func (p *provider) FetchMetadata(_ context.Context, url, entityID string) (identity.Metadata, error) {
	if p.asked.Add(1); url != metadataURL {
		return identity.Metadata{}, errors.New("no metadata there")
	}
	return p.ParseMetadata("<good/>", entityID)
}

func (p *provider) RefetchMetadata(ctx context.Context, source identity.MetadataSource) (identity.Metadata, bool, error) {
	m, err := p.FetchMetadata(ctx, source.URL, source.EntityID)
	return m, true, err
}

func (p *provider) ParseMetadata(xml, entityID string) (identity.Metadata, error) {
	if xml != "<good/>" {
		return identity.Metadata{}, errors.New("that is no metadata")
	}
	if entityID == "" {
		entityID = "https://idp.example/saml"
		if other, ok := p.entity.Load().(string); ok {
			entityID = other
		}
	}
	return identity.Metadata{
		EntityID: entityID, SSOURL: goodSSOURL, SSOBinding: store.POSTBinding,
		Certificates:        []store.Certificate{p.certificate("metadata", time.Hour)},
		WantsSignedRequests: entityID == signingIdP, Warnings: []string{"a key was left out"},
	}, nil
}

func (p *provider) ParseCertificate(text string) (store.Certificate, error) {
	name, ok := strings.CutPrefix(text, "cert ")
	if !ok {
		return store.Certificate{}, errors.New("that is no certificate")
	}
	return p.certificate(name, time.Hour), nil
}

func (p *provider) CheckSSOURL(url string) error {
	if url != goodSSOURL {
		return errors.New("nobody can be sent there")
	}
	return nil
}

func (p *provider) certificate(name string, life time.Duration) store.Certificate {
	return store.Certificate{DER: []byte(name), NotAfter: p.clock.Now().Add(life), SHA256: name}
}

func pemOf(name string) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte(name)}))
}

// cloud is the account API with the extension, and the store behind it.
type cloud struct {
	*mocktest.Server
	t        testing.TB
	state    *store.Store
	clock    *mocktest.Clock
	provider *provider
	account  uuid.UUID
}

// newCloud has the ready-made scenario with the domains acme.com and b.example.
func newCloud(t testing.TB) *cloud {
	t.Helper()
	clock := mocktest.NewClock()
	state := store.New(store.Options{Clock: clock.Now})
	if err := state.Reset(scenario.Default().Seed); err != nil {
		t.Fatal(err)
	}
	rt := router.New(router.Options{Store: state, Logger: slog.New(slog.DiscardHandler), Clock: clock.Now})
	t.Cleanup(rt.Close)
	p := &provider{clock: clock}
	rt.Add(account.Routes(account.Options{ETags: true})...)
	rollover := identity.NewRollover(state, p, clock.Now, slog.New(slog.DiscardHandler))
	t.Cleanup(rollover.Close)
	rt.Add(identity.Routes(p, rollover)...)
	c := &cloud{Server: mocktest.Serve(t, rt), t: t, state: state, clock: clock, provider: p, account: uuid.MustParse(mocktest.Account)}
	c.Call("PATCH", mocktest.Root+"/domains", mocktest.Owner, obj{"domain_names": []string{"acme.com", "b.example"}}).Want(204)
	return c
}

// connection is what the tests read of a connection.
type connection struct {
	ID, Name, State, Status string
	Domains                 []struct{ ID, Domain string }
	OIDC                    *struct {
		ClientSecretSet     bool       `json:"client_secret_set"`
		ClientSecretUpdated *time.Time `json:"client_secret_updated"`
	}
	SAML *struct {
		MetadataURL  *string `json:"idp_metadata_url"`
		Certificates []struct {
			PEM, SHA256 string
			NotAfter    time.Time `json:"not_after"`
		} `json:"idp_certificates"`
	}
}

func oidcBody(name string, domains ...string) obj {
	return obj{
		"name": name, "connection_type": "OktaOIDC", "domains": append([]string{}, domains...),
		"oidc": obj{"issuer": goodIssuer, "client_id": "client", "client_secret": theSecret},
	}
}

func samlBody(name string, domains ...string) obj {
	return obj{
		"name": name, "connection_type": "OktaSAML", "domains": append([]string{}, domains...),
		"saml": obj{"idp_metadata_xml": "<good/>"},
	}
}

// create makes a connection in the Owner's name.
func (c *cloud) create(body obj) (out connection) {
	c.t.Helper()
	c.Call("POST", path, mocktest.Owner, body).Want(201).Into(&out)
	return out
}

func (c *cloud) activate(id string) {
	c.t.Helper()
	c.Call("POST", path+"/"+id+"/activate", mocktest.Owner, nil).Want(200)
}
