package store

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// Connection is how people of an account's domains log in at an identity provider
// of theirs (Connection in the vendor's document).
type Connection struct {
	// ID is "conn_" and a ULID.
	ID               string
	Created, Updated time.Time
	Origin
	AccountID      uuid.UUID
	OrganizationID string
	Name           string
	Type           ConnectionType
	State          ConnectionState
	// Domains are enabled domains of the account, normalised, in the order in which
	// they were given.
	Domains []string
	// Exactly one of OIDC and SAML is not nil, for good.
	OIDC    *OIDC
	SAML    *SAML
	Mapping AttributeMapping
}

var (
	connectionTable      = table.Declare(&tables, "connections", func(c *Connection) (uuid.UUID, time.Time) { return c.key(), c.Created }, table.Sealed)
	connectionByName     = table.Unique(connectionTable, func(c *Connection) (nameIn, bool) { return nameIn{c.AccountID, c.Name}, true })
	connectionByKey      = table.Unique(connectionTable, func(c *Connection) (createdIn, bool) { return c.in(c.AccountID.String()) })
	connectionsByAccount = table.Group(connectionTable, func(c *Connection) (uuid.UUID, bool) { return c.AccountID, true },
		table.DeletedWith(accountTable))
	connectionByDomain = table.Spread(connectionTable, (*Connection).routes) // active ones
	activeConnections  = table.Count(connectionTable, func(c *Connection) (uuid.UUID, bool) { return c.AccountID, c.State == ConnectionActive })
)

// OIDC is an identity provider that speaks OpenID Connect.
type OIDC struct {
	Issuer, ClientID string
	// ClientSecret is empty for a public client (RFC 6749, section 2.1). It leaves
	// the store only for the token request of a login.
	ClientSecret        string `secret:"true"`
	ClientSecretUpdated time.Time
	Scopes              []string
	// ClientAuth is empty where none was chosen: then it is what the provider offers.
	ClientAuth ClientAuth `json:",omitempty"`
	// Hosts are where the provider's endpoints were when the issuer was last saved. Logins
	// go to no others. Nil where that is not known.
	Hosts []string `json:",omitempty"`
}

// ClientAuth is how the server authenticates at an identity provider's token endpoint
// (OpenID Connect Core 1.0 section 9).
type ClientAuth string

// The ways of authenticating.
const (
	ClientSecretBasic ClientAuth = "client_secret_basic"
	ClientSecretPost  ClientAuth = "client_secret_post"
	PrivateKeyJWT     ClientAuth = "private_key_jwt"
	PublicClient      ClientAuth = "none"
)

// check refuses a secret's use where there is none: each login would fail.
func (o *OIDC) check() error {
	if (o.ClientAuth == ClientSecretBasic || o.ClientAuth == ClientSecretPost) && o.ClientSecret == "" {
		return invalid(fmt.Sprintf("%s needs a client_secret, and this connection has none", o.ClientAuth), "oidc", "token_endpoint_auth_method")
	}
	return nil
}

// SAML is an identity provider that speaks SAML 2.0.
type SAML struct {
	// MetadataURL is where the next three came from; empty where they were given.
	MetadataURL      string
	EntityID, SSOURL string
	// MetadataEntityID is the entity of metadata with several; empty where none was
	// chosen.
	MetadataEntityID string
	// MetadataWarnings say what of the metadata was left out, and why.
	MetadataWarnings []string
	// Fetch is how the last fetches of MetadataURL went.
	Fetch MetadataFetch `json:",omitzero"`
	// WantsSignedRequests is what the metadata says.
	WantsSignedRequests bool
	// SSOBinding is how requests get to SSOURL.
	SSOBinding SSOBinding
	// Certificates are those that may sign; several during a rollover.
	Certificates []Certificate
	// NameIDFormat is empty where any will do.
	NameIDFormat                         string
	SignAuthnRequests, AllowIDPInitiated bool
	// WantEncrypted refuses assertions that are not encrypted.
	WantEncrypted bool `json:",omitempty"`
	// SigningChosen says that somebody chose SignAuthnRequests; otherwise it follows
	// WantsSignedRequests.
	SigningChosen bool
}

// SSOBinding is a SAML binding (SAML Bindings 3.4, 3.5).
type SSOBinding string

// The bindings of requests.
const (
	RedirectBinding SSOBinding = "redirect"
	POSTBinding     SSOBinding = "post"
)

// Certificate is one of those by which an identity provider signs.
type Certificate struct {
	DER      []byte
	NotAfter time.Time
	// SHA256 is the fingerprint of DER, in lower-case hexadecimal.
	SHA256 string
}

// AttributeMapping says in which attributes an identity provider puts what is
// known of a person; empty for those where it is usual.
type AttributeMapping struct {
	// Subject is the attribute of a SAML answer that says who the person is, in the
	// NameID's place.
	Subject                    string
	Email, FirstName, LastName string
	// Groups is what older state files have. It does nothing, and is not taken any more.
	Groups string
}

// ConnectionState is how far a connection is.
type ConnectionState string

// The states of a connection. A draft lacks something, a validating one only its
// first login, an active one routes its domains' logins, an inactive one was
// switched off.
const (
	ConnectionDraft      ConnectionState = "draft"
	ConnectionValidating ConnectionState = "validating"
	ConnectionActive     ConnectionState = "active"
	ConnectionInactive   ConnectionState = "inactive"
)

// ConnectionType says which product the identity provider is. Its name ends with
// the protocol.
type ConnectionType string

// ConnectionTypes lists the types that can be configured, those that speak SAML or
// OpenID Connect.
func ConnectionTypes() []ConnectionType {
	return []ConnectionType{
		"ADFSSAML", "AdpOidc", "Auth0SAML", "AzureSAML", "CasSAML", "ClassLinkSAML", "CleverOIDC", "CloudflareSAML",
		"CyberArkSAML", "DuoSAML", "EntraIdOIDC", "GenericOIDC", "GenericSAML", "GoogleOIDC", "GoogleSAML",
		"JumpCloudSAML", "KeycloakSAML", "LastPassSAML", "LoginGovOidc", "MiniOrangeSAML", "NetIqSAML", "OktaOIDC",
		"OktaSAML", "OneLoginSAML", "OracleSAML", "PingFederateSAML", "PingOneSAML", "RipplingSAML", "SalesforceSAML",
		"ShibbolethGenericSAML", "ShibbolethSAML", "SimpleSamlPhpSAML", "VMwareSAML",
	}
}

// IsSAML reports whether connections of the type speak SAML; the others speak OpenID
// Connect.
func (t ConnectionType) IsSAML() bool { return strings.HasSuffix(string(t), "SAML") }

const (
	connectionPrefix = "conn_"
	orgDomainPrefix  = "org_domain_"
)

// key is what the row is kept by: the ULID's bytes.
func (c *Connection) key() uuid.UUID {
	key, _ := connectionKey(c.ID)
	return key
}

func connectionKey(id string) (uuid.UUID, bool) {
	return parseID(connectionPrefix, id)
}

// OrgDomainID is the id that the domain has within connections.
func (d *Domain) OrgDomainID() string { return orgDomainPrefix + ulid(d.ID) }

// lacks says what a connection needs before anybody can log in through it.
func (c *Connection) lacks() []string {
	var out []string
	need := func(there bool, what string) {
		if !there {
			out = append(out, what)
		}
	}
	need(len(c.Domains) > 0, "a domain")
	if c.OIDC != nil {
		need(c.OIDC.Issuer != "", "the issuer")
		need(c.OIDC.ClientID != "", "the client id")
	}
	if c.SAML != nil {
		need(c.SAML.EntityID != "", "the identity provider's entity id")
		need(c.SAML.SSOURL != "", "the single sign-on URL")
		need(len(c.SAML.Certificates) > 0, "a certificate")
	}
	return out
}

// nextState is the state that a connection is in after a change. What was switched
// off stays off.
func (c *Connection) nextState() ConnectionState {
	complete := len(c.lacks()) == 0
	switch {
	case c.State == ConnectionActive && len(c.Domains) == 0:
		return ConnectionInactive
	case c.State == ConnectionDraft && complete:
		return ConnectionValidating
	case c.State == ConnectionValidating && !complete:
		return ConnectionDraft
	}
	return c.State
}

// routes are the domains whose logins go through the connection.
func (c *Connection) routes() []string {
	if c.State != ConnectionActive {
		return nil
	}
	return c.Domains
}

func (c *Connection) subject() subject {
	return subject{c.AccountID, kindConnection, c.key(), c.Name}
}

// payload is what events tell of a connection. It names each part, so that nothing
// secret gets into it by being added to a connection.
func (c *Connection) payload() map[string]any {
	return map[string]any{
		"connection_id": c.ID, "connection_type": string(c.Type), "state": string(c.State), "domains": c.Domains,
	}
}

// Connections returns an account's connections, oldest first.
func (r *Reader) Connections(accountID uuid.UUID) []*Connection {
	return connectionsByAccount.Get(r.db, accountID)
}

// Connection reads one of an account's connections.
func (r *Reader) Connection(accountID uuid.UUID, id string) (*Connection, error) {
	c, err := r.ConnectionByID(id)
	if err != nil || c.AccountID != accountID {
		return nil, &NotFound{What: "Connection"}
	}
	return c, nil
}

// ConnectionByID reads a connection of any account.
func (r *Reader) ConnectionByID(id string) (*Connection, error) {
	if key, ok := connectionKey(id); ok {
		if c, ok := connectionTable.Get(r.db, key); ok {
			return c, nil
		}
	}
	return nil, &NotFound{What: "Connection"}
}

// ActiveConnectionFor finds the connection through which people of a domain log in.
func (r *Reader) ActiveConnectionFor(domain string) (*Connection, bool) {
	name, err := NormalizeDomain(domain)
	if err != nil {
		return nil, false
	}
	return connectionByDomain.Get(r.db, name)
}

// ActiveConnectionIDs returns the ids of an account's active connections, oldest first.
func (r *Reader) ActiveConnectionIDs(accountID uuid.UUID) []string {
	ids := []string{}
	for _, c := range r.Connections(accountID) {
		if c.State == ConnectionActive {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// ConnectionDomains returns the domains of a connection.
func (r *Reader) ConnectionDomains(c *Connection) []*Domain {
	out := make([]*Domain, 0, len(c.Domains))
	for _, name := range c.Domains {
		// A domain that goes leaves its connections in the same transaction.
		if d, ok := domainByName.Get(r.db, name); ok {
			out = append(out, d)
		}
	}
	return out
}

// isConfigured reports whether a connection got beyond a draft.
func (r *Reader) isConfigured(accountID uuid.UUID) bool {
	return slices.ContainsFunc(r.Connections(accountID), func(c *Connection) bool { return c.State != ConnectionDraft })
}
