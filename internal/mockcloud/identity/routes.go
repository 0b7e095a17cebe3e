package identity

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Checker looks at what a connection is configured with. Its errors are sentences
// for the person who configures.
type Checker interface {
	// CheckIssuer fetches an issuer's discovery document and checks it (OpenID
	// Connect Discovery 1.0, section 4), for a client that authenticates in the given
	// way; empty is what the document offers. It returns the hosts of the endpoints.
	CheckIssuer(ctx context.Context, issuer string, auth store.ClientAuth) (hosts []string, err error)
	// FetchMetadata fetches the document behind a metadata URL and reads it. entityID
	// chooses one of several entities, and may be empty.
	FetchMetadata(ctx context.Context, url, entityID string) (Metadata, error)
	// ParseMetadata reads SAML metadata (SAML Metadata 2.4.3).
	ParseMetadata(xml, entityID string) (Metadata, error)
	// ParseCertificate reads one certificate, PEM or bare base64.
	ParseCertificate(text string) (store.Certificate, error)
	// CheckSSOURL reports whether people may be sent to a URL.
	CheckSSOURL(url string) error
}

// ClientAuthRefused is CheckIssuer's error where the way of authenticating is at fault.
type ClientAuthRefused struct{ Err error }

func (e *ClientAuthRefused) Error() string { return e.Err.Error() }

// Unwrap returns why.
func (e *ClientAuthRefused) Unwrap() error { return e.Err }

// Metadata is what a SAML identity provider says of itself.
type Metadata struct {
	EntityID, SSOURL string
	SSOBinding       store.SSOBinding
	Certificates     []store.Certificate
	// WantsSignedRequests reports whether unsigned requests are refused there.
	WantsSignedRequests bool
	// Warnings say what of it was left out, and why.
	Warnings []string
	// ValidUntil and CacheDuration are what the document says of itself; zero where it
	// does not.
	ValidUntil    time.Time
	CacheDuration time.Duration
	// ETag and LastModified come with a document that was fetched.
	ETag, LastModified string
}

// root is where the routes of one account's single sign-on begin.
const root = "/api/accounts/{account_id}/sso"

// Routes are the extension's routes.
func Routes(checker Checker, rollover *Rollover) []router.Route {
	return slices.Concat(connectionRoutes(checker, rollover), directoryRoutes())
}

func connectionRoutes(checker Checker, rollover *Rollover) []router.Route {
	const path, one = root + "/connections", root + "/connections/{id}"
	access := router.ByMembers(store.AdministrateSSO).With(store.FeatureSSO)
	c := connections{checker, rollover}
	return []router.Route{
		{Method: http.MethodGet, Path: root + "/service_provider", Access: access, Handle: readServiceProvider},
		{Method: http.MethodGet, Path: path, Access: access, Handle: listConnections},
		{Method: http.MethodPost, Path: path, Access: access, Handle: c.create},
		{Method: http.MethodGet, Path: one, Access: access, Handle: readConnection},
		{Method: http.MethodPatch, Path: one, Access: access, Handle: c.update},
		{Method: http.MethodDelete, Path: one, Access: access, Handle: deleteConnection},
		{Method: http.MethodPost, Path: one + "/activate", Access: access, Handle: activateConnection},
		{Method: http.MethodPost, Path: one + "/refresh", Access: access, Handle: c.refresh},
		{Method: http.MethodGet, Path: root + "/login_refusals", Access: access, Handle: listLoginRefusals},
		{Method: http.MethodGet, Path: root + "/login_refusals/{reference}", Access: access, Handle: readLoginRefusal},
		{Method: http.MethodPost, Path: root + "/members/{membership_id}/end_sessions", Access: access, Handle: endSessions},
	}
}

func directoryRoutes() []router.Route {
	const path, one = root + "/directories", root + "/directories/{id}"
	const tokens, clients, mappings = one + "/tokens", one + "/clients", one + "/group_role_mappings"
	access := router.ByMembers(store.AdministrateSSO).With(store.FeatureSCIM)
	return []router.Route{
		{Method: http.MethodGet, Path: path, Access: access, Handle: listDirectories},
		{Method: http.MethodPost, Path: path, Access: access, Handle: createDirectory},
		{Method: http.MethodGet, Path: one, Access: access, Handle: readDirectory},
		{Method: http.MethodPatch, Path: one, Access: access, Handle: updateDirectory},
		{Method: http.MethodDelete, Path: one, Access: access, Handle: deleteDirectory},
		{Method: http.MethodGet, Path: tokens, Access: access, Handle: listTokens},
		{Method: http.MethodPost, Path: tokens, Access: access, Handle: createToken},
		{Method: http.MethodDelete, Path: tokens + "/{token_id}", Access: access, Handle: deleteToken},
		{Method: http.MethodGet, Path: clients, Access: access, Handle: listClients},
		{Method: http.MethodPost, Path: clients, Access: access, Handle: createClient},
		{Method: http.MethodGet, Path: clients + "/{client_id}", Access: access, Handle: readClient},
		{Method: http.MethodDelete, Path: clients + "/{client_id}", Access: access, Handle: deleteClient},
		{Method: http.MethodPost, Path: clients + "/{client_id}/rotate", Access: access, Handle: rotateClient},
		{Method: http.MethodGet, Path: mappings, Access: access, Handle: listMappings},
		{Method: http.MethodPost, Path: mappings, Access: access, Handle: createMapping},
		{Method: http.MethodGet, Path: mappings + "/{mapping_id}", Access: access, Handle: readGroupMapping},
		{Method: http.MethodPatch, Path: mappings + "/{mapping_id}", Access: access, Handle: updateMapping},
		{Method: http.MethodDelete, Path: mappings + "/{mapping_id}", Access: access, Handle: deleteMapping},
		{Method: http.MethodGet, Path: one + "/users", Access: access, Handle: listDirectoryUsers},
		{Method: http.MethodGet, Path: one + "/groups", Access: access, Handle: listDirectoryGroups},
	}
}

// ServiceProvider is this server as an account's identity providers see it. It is
// the same for all of an account's connections, so that an identity provider can be
// set up before there is a connection.
type ServiceProvider struct {
	EntityID    string `json:"sp_entity_id"`
	ACSURL      string `json:"acs_url"`
	MetadataURL string `json:"sp_metadata_url"`
	RedirectURI string `json:"redirect_uri"`
	// JWKSURI is where the keys are by which this server authenticates as a client.
	JWKSURI string `json:"jwks_uri"`
}

// ServiceProviderOf returns an account's values at a server with a base URL.
func ServiceProviderOf(baseURL string, account uuid.UUID) ServiceProvider {
	saml, oidc := baseURL+"/sso/saml/"+account.String(), baseURL+"/sso/oidc/"+account.String()
	return ServiceProvider{
		EntityID: saml + "/metadata", ACSURL: saml + "/acs", MetadataURL: saml + "/metadata",
		RedirectURI: oidc + "/callback", JWKSURI: oidc + "/jwks",
	}
}

// ReadConnection reads and checks what POST …/sso/connections takes, for a caller
// that takes it in another way, and for a connection that may be there already.
func ReadConnection(ctx context.Context, checker Checker, is *store.Connection, body []byte) (store.ConnectionChange, error) {
	read, err := input.Body(body, true, false, input.Strict(readConnectionBody(true)))
	if err != nil {
		return store.ConnectionChange{}, err
	}
	return read.checked(ctx, checker, is)
}

// readServiceProvider is GET /api/accounts/{account_id}/sso/service_provider.
func readServiceProvider(c *router.Call) (*router.Answer, error) {
	return router.OK(ServiceProviderOf(c.BaseURL(), c.Account)), nil
}
