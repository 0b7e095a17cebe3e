package identity

import (
	"encoding/pem"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Connection is the vendor's object of a connection, as GET …/sso/integrations has
// it.
type Connection struct {
	Object         string                `json:"object"`
	ID             string                `json:"id"`
	OrganizationID string                `json:"organization_id"`
	Type           store.ConnectionType  `json:"connection_type"`
	Name           string                `json:"name"`
	State          store.ConnectionState `json:"state"`
	// Status is what State was before there were so many.
	Status    string             `json:"status"`
	Domains   []ConnectionDomain `json:"domains"`
	CreatedAt time.Time          `json:"created_at"`
	UpdatedAt time.Time          `json:"updated_at"`
}

// ConnectionDomain is the vendor's object of a domain of a connection.
type ConnectionDomain struct {
	ID     string `json:"id"`
	Object string `json:"object"`
	Domain string `json:"domain"`
}

// ToConnection returns the vendor's object of a connection.
func ToConnection(r *store.Reader, c *store.Connection) Connection {
	out := Connection{
		Object: "connection", ID: c.ID, OrganizationID: c.OrganizationID, Type: c.Type, Name: c.Name,
		State: c.State, Status: "unlinked", Domains: []ConnectionDomain{}, CreatedAt: c.Created, UpdatedAt: c.Updated,
	}
	if c.State == store.ConnectionActive {
		out.Status = "linked"
	}
	for _, d := range r.ConnectionDomains(c) {
		out.Domains = append(out.Domains, ConnectionDomain{ID: d.OrgDomainID(), Object: "connection_domain", Domain: d.Name})
	}
	return out
}

// managedConnection is the vendor's object with all that can be configured of it,
// but for the secret.
type managedConnection struct {
	Connection
	originBody
	OIDC    *oidcBody   `json:"oidc"`
	SAML    *samlBody   `json:"saml"`
	Mapping mappingBody `json:"attribute_mapping"`
	// LinkedPeople is how many people are known at the identity provider by a subject.
	LinkedPeople int `json:"linked_people_count"`
	// Warnings say what a change brings with it.
	Warnings []string `json:"warnings,omitempty"`
}

type oidcBody struct {
	Issuer      string   `json:"issuer"`
	ClientID    string   `json:"client_id"`
	Scopes      []string `json:"scopes"`
	RedirectURI string   `json:"redirect_uri"`
	// ClientAuth is null where the method is not configured.
	ClientAuth          *store.ClientAuth `json:"token_endpoint_auth_method"`
	JWKSURI             string            `json:"jwks_uri"`
	ClientSecretSet     bool              `json:"client_secret_set"`
	ClientSecretUpdated *time.Time        `json:"client_secret_updated"`
}

type samlBody struct {
	MetadataURL       *string           `json:"idp_metadata_url"`
	MetadataEntityID  *string           `json:"idp_metadata_entity_id"`
	MetadataWarnings  []string          `json:"idp_metadata_warnings"`
	MetadataFetched   *time.Time        `json:"metadata_fetched_at"`
	MetadataError     *string           `json:"metadata_error"`
	MetadataErrorID   *string           `json:"metadata_error_id"`
	EntityID          string            `json:"idp_entity_id"`
	SSOURL            string            `json:"idp_sso_url"`
	Certificates      []certificateBody `json:"idp_certificates"`
	NameIDFormat      *string           `json:"name_id_format"`
	SignAuthnRequests bool              `json:"sign_authn_requests"`
	WantsSigned       bool              `json:"want_authn_requests_signed"`
	AllowIDPInitiated bool              `json:"allow_idp_initiated"`
	WantEncrypted     bool              `json:"want_assertions_encrypted"`
	SPEntityID        string            `json:"sp_entity_id"`
	ACSURL            string            `json:"acs_url"`
	SPMetadataURL     string            `json:"sp_metadata_url"`
}

type certificateBody struct {
	PEM      string    `json:"pem"`
	NotAfter time.Time `json:"not_after"`
	SHA256   string    `json:"sha256"`
}

type mappingBody struct {
	Subject   *string `json:"subject"`
	Email     *string `json:"email"`
	FirstName *string `json:"first_name"`
	LastName  *string `json:"last_name"`
	Groups    *string `json:"groups"`
}

func toManaged(r *store.Reader, baseURL string, c *store.Connection) managedConnection {
	us := ServiceProviderOf(baseURL, c.AccountID)
	out := managedConnection{Connection: ToConnection(r, c), originBody: toOrigin(c.Created, c.Origin), Mapping: mappingBody{
		Subject: orNull(c.Mapping.Subject), Email: orNull(c.Mapping.Email), FirstName: orNull(c.Mapping.FirstName),
		LastName: orNull(c.Mapping.LastName), Groups: orNull(c.Mapping.Groups),
	}}
	out.LinkedPeople = r.LinkedPeople(c.ID)
	if o := c.OIDC; o != nil {
		out.OIDC = &oidcBody{
			Issuer: o.Issuer, ClientID: o.ClientID, Scopes: o.Scopes, RedirectURI: us.RedirectURI,
			ClientAuth: orNull(o.ClientAuth), JWKSURI: us.JWKSURI,
			ClientSecretSet: o.ClientSecret != "", ClientSecretUpdated: orNull(o.ClientSecretUpdated),
		}
	}
	if s := c.SAML; s != nil {
		out.SAML = &samlBody{
			MetadataURL: orNull(s.MetadataURL), MetadataEntityID: orNull(s.MetadataEntityID), MetadataWarnings: append([]string{}, s.MetadataWarnings...),
			MetadataFetched: orNull(s.Fetch.At), MetadataError: orNull(s.Fetch.Error), MetadataErrorID: orNull(s.Fetch.ErrorID),
			WantsSigned: s.WantsSignedRequests, EntityID: s.EntityID, SSOURL: s.SSOURL, Certificates: []certificateBody{},
			NameIDFormat: orNull(s.NameIDFormat), SignAuthnRequests: s.SignAuthnRequests, AllowIDPInitiated: s.AllowIDPInitiated, WantEncrypted: s.WantEncrypted,
			SPEntityID: us.EntityID, ACSURL: us.ACSURL, SPMetadataURL: us.MetadataURL,
		}
		for _, cert := range s.Certificates {
			out.SAML.Certificates = append(out.SAML.Certificates, certificateBody{
				PEM:      string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.DER})),
				NotAfter: cert.NotAfter.UTC(), SHA256: cert.SHA256,
			})
		}
	}
	return out
}

// orNull turns the absence of a value into JSON's null.
func orNull[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}
