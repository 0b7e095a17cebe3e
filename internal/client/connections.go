package client

import (
	"context"
	"net/http"
	"time"
)

// Connection is an identity provider's connection to an account: the vendor's
// object, and what the managed configuration adds to it.
type Connection struct {
	Origin
	ID               string             `json:"id"` // "conn_…"
	Name             string             `json:"name"`
	ConnectionType   string             `json:"connection_type"`
	State            string             `json:"state"`
	Domains          []ConnectionDomain `json:"domains"`
	OIDC             *ConnectionOIDC    `json:"oidc"`
	SAML             *ConnectionSAML    `json:"saml"`
	AttributeMapping AttributeMapping   `json:"attribute_mapping"`
	// LinkedPeopleCount is how many people are known by a subject; nil where the server
	// does not say.
	LinkedPeopleCount *int `json:"linked_people_count"`
}

// ConnectionDomain is a domain that a connection serves.
type ConnectionDomain struct {
	Domain string `json:"domain"`
}

// The states of a connection.
const (
	ConnectionDraft      = "draft"
	ConnectionValidating = "validating"
	ConnectionActive     = "active"
	ConnectionInactive   = "inactive"
)

// ConnectionOIDC is the OpenID Connect side of a connection. The client secret
// is written and never read back.
type ConnectionOIDC struct {
	Issuer      string   `json:"issuer"`
	ClientID    string   `json:"client_id"`
	Scopes      []string `json:"scopes"`
	RedirectURI string   `json:"redirect_uri"`
	// TokenEndpointAuthMethod is nil where none was chosen.
	TokenEndpointAuthMethod *string `json:"token_endpoint_auth_method"`
	// JWKSURI is where the keys for private_key_jwt are.
	JWKSURI         string `json:"jwks_uri"`
	ClientSecretSet bool   `json:"client_secret_set"`
}

// ConnectionSAML is the SAML side of a connection.
type ConnectionSAML struct {
	IDPMetadataURL *string `json:"idp_metadata_url"`
	// IDPMetadataEntityID chose one of several entities of the metadata.
	IDPMetadataEntityID *string `json:"idp_metadata_entity_id"`
	// IDPMetadataWarnings say what of the metadata was left out.
	IDPMetadataWarnings []string `json:"idp_metadata_warnings"`
	// MetadataFetchedAt is when the metadata was last taken over from its URL, or found
	// to be the same.
	MetadataFetchedAt *time.Time `json:"metadata_fetched_at"`
	// MetadataError says what went wrong at a fetch since; MetadataErrorID the same for
	// programs.
	MetadataError   *string `json:"metadata_error"`
	MetadataErrorID *string `json:"metadata_error_id"`
	// WantAuthnRequestsSigned is what the metadata says.
	WantAuthnRequestsSigned bool                    `json:"want_authn_requests_signed"`
	IDPEntityID             string                  `json:"idp_entity_id"`
	IDPSSOURL               string                  `json:"idp_sso_url"`
	IDPCertificates         []ConnectionCertificate `json:"idp_certificates"`
	NameIDFormat            *string                 `json:"name_id_format"`
	SignAuthnRequests       bool                    `json:"sign_authn_requests"`
	AllowIDPInitiated       bool                    `json:"allow_idp_initiated"`
	// WantAssertionsEncrypted refuses assertions that are not encrypted.
	WantAssertionsEncrypted bool   `json:"want_assertions_encrypted"`
	SPEntityID              string `json:"sp_entity_id"`
	ACSURL                  string `json:"acs_url"`
	SPMetadataURL           string `json:"sp_metadata_url"`
}

// ConnectionCertificate is a certificate that the identity provider signs with.
type ConnectionCertificate struct {
	PEM      string    `json:"pem"`
	NotAfter time.Time `json:"not_after"`
	SHA256   string    `json:"sha256"`
}

// AttributeMapping names the identity provider's claims or attributes.
type AttributeMapping struct {
	Subject   *string `json:"subject"`
	Email     *string `json:"email"`
	FirstName *string `json:"first_name"`
	LastName  *string `json:"last_name"`
	Groups    *string `json:"groups"`
}

// ConnectionWrite is a connection as it is written. Nil fields are left out: a
// PATCH leaves them as they are.
type ConnectionWrite struct {
	Name             *string              `json:"name,omitempty"`
	ConnectionType   string               `json:"connection_type,omitempty"` // only when it is made
	Domains          *[]string            `json:"domains,omitempty"`
	OIDC             *ConnectionOIDCWrite `json:"oidc,omitempty"`
	SAML             *ConnectionSAMLWrite `json:"saml,omitempty"`
	AttributeMapping *AttributeMapping    `json:"attribute_mapping,omitempty"`
}

// ConnectionOIDCWrite is the OpenID Connect side as it is written. Of the pointer without
// omitempty nil is null: the method is what the identity provider offers.
type ConnectionOIDCWrite struct {
	Issuer       string    `json:"issuer,omitempty"`
	ClientID     string    `json:"client_id,omitempty"`
	ClientSecret string    `json:"client_secret,omitempty"`
	Scopes       *[]string `json:"scopes,omitempty"`

	TokenEndpointAuthMethod *string `json:"token_endpoint_auth_method"`
}

// ConnectionSAMLWrite is the SAML side as it is written: metadata, its address,
// or the three values that it would hold. Of the pointers without omitempty nil is
// null: no format is asked for, and signing follows the metadata.
type ConnectionSAMLWrite struct {
	IDPMetadataXML      string    `json:"idp_metadata_xml,omitempty"`
	IDPMetadataURL      string    `json:"idp_metadata_url,omitempty"`
	IDPMetadataEntityID string    `json:"idp_metadata_entity_id,omitempty"`
	IDPEntityID         string    `json:"idp_entity_id,omitempty"`
	IDPSSOURL           string    `json:"idp_sso_url,omitempty"`
	IDPCertificates     *[]string `json:"idp_certificates,omitempty"`
	NameIDFormat        *string   `json:"name_id_format"`
	SignAuthnRequests   *bool     `json:"sign_authn_requests"`
	AllowIDPInitiated   *bool     `json:"allow_idp_initiated,omitempty"`

	WantAssertionsEncrypted *bool `json:"want_assertions_encrypted,omitempty"`
}

// ListConnections reads the account's connections. Where the server does not
// offer the managed configuration the error is a *NotOfferedError.
//
// GET /api/accounts/{account_id}/sso/connections
func (c *Client) ListConnections(ctx context.Context, accountID string) ([]Connection, error) {
	return do[[]Connection](ctx, c, call{method: http.MethodGet, path: connectionPath(accountID), feature: featureSSO, absent: routeOrAccount})
}

// GetConnection reads one connection.
//
// GET /api/accounts/{account_id}/sso/connections/{id}
func (c *Client) GetConnection(ctx context.Context, accountID, id string) (*Connection, error) {
	return do[*Connection](ctx, c, call{method: http.MethodGet, path: connectionPath(accountID, id), feature: featureSSO, absent: thingOrAccount})
}

// CreateConnection makes a connection. The key makes the call safe to repeat:
// the same key and body give the first answer again.
//
// POST /api/accounts/{account_id}/sso/connections
func (c *Client) CreateConnection(ctx context.Context, accountID, idempotencyKey string, w ConnectionWrite) (*Connection, error) {
	return createOnce[Connection](ctx, c, call{
		method: http.MethodPost, path: connectionPath(accountID), body: w, secrets: w.secrets(), idempotencyKey: idempotencyKey, feature: featureSSO,
	})
}

// ConnectionCreatedWith returns the id of the connection that this caller made with an Idempotency-Key; "" where there is none, or
// none any more.
//
// GET /api/accounts/{account_id}/sso/connections
func (c *Client) ConnectionCreatedWith(ctx context.Context, accountID, key string) (string, error) {
	return createdID(ctx, c, call{path: connectionPath(accountID), feature: featureSSO, absent: routeOrAccount}, key)
}

// UpdateConnection changes what w holds, and keeps the id and the state.
//
// PATCH /api/accounts/{account_id}/sso/connections/{id}
func (c *Client) UpdateConnection(ctx context.Context, accountID, id string, w ConnectionWrite) (*Connection, error) {
	return do[*Connection](ctx, c, call{method: http.MethodPatch, path: connectionPath(accountID, id), body: w, secrets: w.secrets()})
}

// secrets returns those that an answer must not repeat into an error.
func (w ConnectionWrite) secrets() []string {
	if w.OIDC == nil {
		return nil
	}
	return []string{w.OIDC.ClientSecret}
}

// ActivateConnection lets people log in through a connection without waiting
// for a first login. takeOver moves its domains from the active connections
// that have them; without it those are a conflict.
//
// POST /api/accounts/{account_id}/sso/connections/{id}/activate
func (c *Client) ActivateConnection(ctx context.Context, accountID, id string, takeOver bool) (*Connection, error) {
	return do[*Connection](ctx, c, call{
		method: http.MethodPost, repeatable: true, // activating what is active changes nothing, so it may be repeated
		path: connectionPath(accountID, id, "activate"),
		body: struct {
			TakeOver bool `json:"take_over"`
		}{takeOver},
	})
}

// Some values of MetadataErrorID; the others are the ids of package samlmetadata.
const (
	// MetadataAnotherEntity is metadata of another identity provider than before.
	MetadataAnotherEntity = "metadata-another-entity"
	// MetadataUnreachable is a document that could not be fetched.
	MetadataUnreachable = "metadata-unreachable"
)

// RefreshConnection has the server fetch a connection's metadata from its URL now. What
// cannot be taken over changes nothing, and stands in the answer's MetadataError.
//
// POST /api/accounts/{account_id}/sso/connections/{id}/refresh
func (c *Client) RefreshConnection(ctx context.Context, accountID, id string) (*Connection, error) {
	return do[*Connection](ctx, c, call{
		method: http.MethodPost, repeatable: true, // a document that is fetched twice is the same
		path: connectionPath(accountID, id, "refresh"),
	})
}

// DeleteConnection removes a connection; one that is gone is success.
//
// DELETE /api/accounts/{account_id}/sso/connections/{id}
func (c *Client) DeleteConnection(ctx context.Context, accountID, id string) error {
	_, err := c.send(ctx, call{method: http.MethodDelete, path: connectionPath(accountID, id), absent: goneIsSuccess})
	return err
}

func connectionPath(accountID string, more ...string) []string {
	return append([]string{"accounts", accountID, "sso", "connections"}, more...)
}

// ServiceProvider is what an identity provider has to know of an account.
type ServiceProvider struct {
	SPEntityID    string `json:"sp_entity_id"`
	ACSURL        string `json:"acs_url"`
	SPMetadataURL string `json:"sp_metadata_url"`
	RedirectURI   string `json:"redirect_uri"`
	// JWKSURI is where the keys are by which the server authenticates as a client
	// (private_key_jwt).
	JWKSURI string `json:"jwks_uri"`
}

// GetServiceProvider reads what an identity provider has to know of an account,
// which is the same for each of its connections.
//
// GET /api/accounts/{account_id}/sso/service_provider
func (c *Client) GetServiceProvider(ctx context.Context, accountID string) (*ServiceProvider, error) {
	return do[*ServiceProvider](ctx, c, call{method: http.MethodGet, path: []string{"accounts", accountID, "sso", "service_provider"}, feature: featureSSO, absent: routeOrAccount})
}
