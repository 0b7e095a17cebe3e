package store

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// ConnectionChange is what a write says of a connection: only what is not nil or is
// Set. A change speaks of one protocol, the one that fits the connection's type.
type ConnectionChange struct {
	Name    *string
	Type    *ConnectionType
	Domains *[]string
	// Deactivate switches the connection off.
	Deactivate bool
	OIDC       *OIDCChange
	SAML       *SAMLChange
	Mapping    MappingChange
}

// OIDCChange is a change of OIDC.
type OIDCChange struct {
	Issuer, ClientID *string
	// ClientSecret may be taken away: a public client has none.
	ClientSecret Nullable[string]
	Scopes       *[]string
	// ClientAuth is a choice, or with null none.
	ClientAuth Nullable[ClientAuth]
	Hosts      *[]string
}

// SAMLChange is a change of SAML.
type SAMLChange struct {
	MetadataURL, MetadataEntityID, EntityID, SSOURL *string
	SSOBinding                                      *SSOBinding
	Certificates                                    *[]Certificate
	MetadataWarnings                                *[]string
	Fetch                                           *MetadataFetch
	NameIDFormat                                    Nullable[string]
	WantsSignedRequests, AllowIDPInitiated          *bool
	WantEncrypted                                   *bool
	// SignAuthnRequests is a choice, or with null none: then it follows the metadata.
	SignAuthnRequests Nullable[bool]
}

// MappingChange is a change of AttributeMapping.
type MappingChange struct{ Subject, Email, FirstName, LastName, Groups Nullable[string] }

// DefaultScopes are asked for unless others are given.
func DefaultScopes() []string { return []string{"openid", "email", "profile"} }

// AddConnection makes a connection: a draft, or a validating one if nothing is
// missing. An account without an organization at the identity vendor gets one.
func (tx *Tx) AddConnection(accountID uuid.UUID, change ConnectionChange) (*Connection, error) {
	a, err := tx.Account(accountID)
	if err != nil {
		return nil, err
	}
	if change.Name == nil || change.Type == nil {
		return nil, invalid("a connection needs a name and a type", "name")
	}
	if err := checkKey(tx, connectionByKey, accountID.String(), func(c *Connection) string { return c.ID }); err != nil {
		return nil, err
	}
	c := &Connection{
		ID: connectionPrefix + ulid(tx.newULID()), Origin: tx.origin(), AccountID: accountID,
		Type: *change.Type, State: ConnectionDraft, Domains: []string{},
	}
	switch {
	case change.OIDC != nil && change.SAML != nil:
		return nil, invalid("give either oidc or saml, not both", "saml")
	case change.OIDC != nil:
		c.OIDC = &OIDC{Scopes: DefaultScopes()}
	case change.SAML != nil:
		c.SAML = &SAML{SSOBinding: RedirectBinding}
	default:
		return nil, invalid("give one of oidc and saml: the identity provider's side of the connection", "oidc")
	}
	if err := tx.applyConnection(c, change); err != nil {
		return nil, err
	}
	c.State = c.nextState()
	c.Created = tx.stamp()
	c.Updated = c.Created
	c.OrganizationID = valueOf(a.WorkOSOrganizationID)
	if c.OrganizationID == "" {
		c.OrganizationID = "org_" + ulid(tx.newULID())
	}
	connectionTable.Put(tx.db, c)
	cause := tx.record(c.subject(), created, c.payload(), uuid.Nil)
	tx.giveOrganization(a, c.OrganizationID, cause)
	return c, nil
}

// UpdateConnection changes a connection. It keeps its id and its state, so that
// no login fails while a certificate or a secret is rotated.
func (tx *Tx) UpdateConnection(accountID uuid.UUID, id string, change ConnectionChange) (*Connection, error) {
	old, err := tx.Connection(accountID, id)
	if err != nil {
		return nil, err
	}
	next := *old
	if err := tx.applyConnection(&next, change); err != nil {
		return nil, err
	}
	if next.nextState() == ConnectionActive {
		if domain, other := tx.routedElsewhere(&next); other != nil {
			return nil, routeTaken(domain, other, "take it out of that one first")
		}
	}
	return tx.putConnection(old, next, uuid.Nil), nil
}

// DeleteConnection takes a connection away.
func (tx *Tx) DeleteConnection(accountID uuid.UUID, id string) error {
	c, err := tx.Connection(accountID, id)
	if err != nil {
		return err
	}
	waiting := tx.releasing(c.routes())
	connectionTable.Delete(tx.db, c.key())
	cause := tx.record(c.subject(), deleted, c.payload(), uuid.Nil)
	tx.finishRelease(accountID, waiting, cause)
	return nil
}

// ActivateConnection routes the logins of a connection's domains to it. Domains of
// other active connections are taken over only if that is asked for; a connection
// that loses its last one becomes inactive.
func (tx *Tx) ActivateConnection(accountID uuid.UUID, id string, takeOver bool) (*Connection, error) {
	old, err := tx.Connection(accountID, id)
	if err != nil {
		return nil, err
	}
	if lacks := old.lacks(); lacks != nil {
		return nil, &Conflict{Reason: fmt.Sprintf("The connection %s cannot be activated: it lacks %s", old.Name, strings.Join(lacks, " and "))}
	}
	if domain, other := tx.routedElsewhere(old); other != nil && !takeOver {
		return nil, routeTaken(domain, other, "ask for take_over to move it")
	}
	others := slices.Clone(tx.Connections(accountID))
	next := *old
	next.State = ConnectionActive
	c, cause := tx.putConnectionEvent(old, next, uuid.Nil)
	for _, other := range others {
		if other.ID != c.ID && other.State == ConnectionActive {
			tx.dropDomains(other, c.Domains, cause)
		}
	}
	return c, nil
}

// ConnectionLoggedIn notes that somebody logged in through a connection: its first
// login makes a validating connection active. While another connection has one of
// its domains it stays as it is: only an administrator moves a domain.
func (tx *Tx) ConnectionLoggedIn(id string) error {
	old, err := tx.ConnectionByID(id)
	if err != nil {
		return err
	}
	switch old.State {
	case ConnectionActive:
		return nil
	case ConnectionDraft, ConnectionInactive:
		return &Conflict{Reason: fmt.Sprintf("Nobody logs in through the connection %s: it is %s", old.Name, old.State)}
	}
	if _, other := tx.routedElsewhere(old); other != nil {
		return nil
	}
	next := *old
	next.State = ConnectionActive
	tx.putConnection(old, next, uuid.Nil)
	return nil
}

// setActiveConnections switches off the active connections that are not among ids,
// all of which have to be the account's own.
func (tx *Tx) setActiveConnections(accountID uuid.UUID, ids []string) error {
	if err := knownIDs("workos_connection_ids", "connection", ids, func(id string) error {
		_, err := tx.Connection(accountID, id)
		return err
	}); err != nil {
		return err
	}
	for _, old := range slices.Clone(tx.Connections(accountID)) {
		if old.State == ConnectionActive && !slices.Contains(ids, old.ID) {
			next := *old
			next.State = ConnectionInactive
			tx.putConnection(old, next, uuid.Nil)
		}
	}
	return nil
}

// dropDomains takes domains out of a connection.
func (tx *Tx) dropDomains(old *Connection, domains []string, follows uuid.UUID) {
	next := *old
	next.Domains = slices.DeleteFunc(slices.Clone(old.Domains), func(name string) bool { return slices.Contains(domains, name) })
	tx.putConnection(old, next, follows)
}

func (tx *Tx) putConnection(old *Connection, next Connection, follows uuid.UUID) *Connection {
	c, _ := tx.putConnectionEvent(old, next, follows)
	return c
}

// putConnectionEvent puts a connection that changed into the place of the old one
// and gives the event that tells of it.
func (tx *Tx) putConnectionEvent(old *Connection, next Connection, follows uuid.UUID) (*Connection, uuid.UUID) {
	next.State = next.nextState()
	if reflect.DeepEqual(*old, next) {
		return old, uuid.Nil
	}
	waiting := slices.DeleteFunc(tx.releasing(old.routes()), func(d *Domain) bool { return slices.Contains(next.routes(), d.Name) })
	next.Domains = slices.DeleteFunc(slices.Clone(next.Domains), func(name string) bool {
		return slices.ContainsFunc(waiting, func(d *Domain) bool { return d.Name == name })
	})
	next.Updated = tx.stamp()
	connectionTable.Put(tx.db, &next)
	event := tx.record(next.subject(), updated, withChanges(next.payload(), old.fields(), next.fields()), follows)
	tx.finishRelease(next.AccountID, waiting, event)
	return &next, event
}

// routedElsewhere finds a domain of the connection that another one is active for.
func (r *Reader) routedElsewhere(c *Connection) (domain string, other *Connection) {
	for _, name := range c.Domains {
		if other, taken := connectionByDomain.Get(r.db, name); taken && other.ID != c.ID {
			return name, other
		}
	}
	return "", nil
}

func routeTaken(domain string, other *Connection, advice string) error {
	return &Conflict{Reason: fmt.Sprintf("The domain %s is served by the active connection %s (%s); %s", domain, other.Name, other.ID, advice)}
}

// applyConnection makes a change to a copy of a connection.
func (tx *Tx) applyConnection(c *Connection, change ConnectionChange) error {
	if change.Name != nil && *change.Name != c.Name {
		if strings.TrimSpace(*change.Name) == "" {
			return invalid("a connection needs a name", "name")
		}
		if other, taken := connectionByName.Get(tx.db, nameIn{c.AccountID, *change.Name}); taken {
			return &Conflict{Reason: "A connection named " + *change.Name + " exists already", ExistingID: other.ID}
		}
		c.Name = *change.Name
	}
	set(&c.Type, change.Type)
	if err := c.checkProtocol(change); err != nil {
		return err
	}
	if change.Domains != nil {
		domains, err := tx.enabledDomains(c.AccountID, *change.Domains, c.routes(), "domains")
		if err != nil {
			return err
		}
		c.Domains = domains
	}
	now := tx.Now().Truncate(time.Microsecond)
	if change.OIDC != nil {
		c.OIDC = change.OIDC.apply(*c.OIDC, now)
		if err := c.OIDC.check(); err != nil {
			return err
		}
	}
	if change.SAML != nil {
		applied, err := change.SAML.apply(*c.SAML, now)
		if err != nil {
			return err
		}
		c.SAML = applied
	}
	if err := change.Mapping.check(c); err != nil {
		return err
	}
	change.Mapping.apply(&c.Mapping)
	if change.Deactivate {
		c.State = ConnectionInactive
	}
	return nil
}

// checkProtocol holds a change to the connection's type and to the protocol that
// the connection has had from its beginning.
func (c *Connection) checkProtocol(change ConnectionChange) error {
	if !slices.Contains(ConnectionTypes(), c.Type) {
		return invalid(fmt.Sprintf("%s is not one of the connection types %v", c.Type, ConnectionTypes()), "connection_type")
	}
	if change.OIDC != nil && c.OIDC == nil {
		return invalid("this connection speaks SAML; another protocol needs another connection", "oidc")
	}
	if change.SAML != nil && c.SAML == nil {
		return invalid("this connection speaks OpenID Connect; another protocol needs another connection", "saml")
	}
	if takes := c.Type.IsSAML(); takes != (c.SAML != nil) {
		want, got := "saml", "oidc"
		if !takes {
			want, got = got, want
		}
		return invalid(fmt.Sprintf("the type %s takes %s, not %s", c.Type, want, got), "connection_type")
	}
	return nil
}

// enabledDomains normalises domains, all of which have to be enabled. Of those that
// are being released only the held ones are taken.
func (r *Reader) enabledDomains(accountID uuid.UUID, names, held []string, field string) ([]string, error) {
	out := []string{}
	var problems []Problem
	for i, name := range names {
		normal, err := NormalizeDomain(name)
		if err == nil {
			switch d, ok := domainByName.Get(r.db, normal); {
			case !ok || d.AccountID != accountID:
				err = fmt.Errorf("the domain %s is not enabled in this account; enable it first", normal)
			case d.Releasing && !slices.Contains(held, normal):
				err = fmt.Errorf("the domain %s is being released by the connection that serves it; enable it again first", normal)
			}
		}
		if err != nil {
			problems = append(problems, Problem{Loc: []any{field, i}, Msg: "Value error, " + err.Error(), Type: "value_error"})
			continue
		}
		if !slices.Contains(out, normal) {
			out = append(out, normal)
		}
	}
	if problems != nil {
		return nil, &Invalid{Problems: problems}
	}
	return out, nil
}

func (change *OIDCChange) apply(o OIDC, now time.Time) *OIDC {
	set(&o.Issuer, change.Issuer)
	set(&o.ClientID, change.ClientID)
	set(&o.Scopes, change.Scopes)
	set(&o.Hosts, change.Hosts)
	if change.ClientAuth.Set {
		o.ClientAuth = valueOf(change.ClientAuth.Value)
	}
	if secret := valueOf(change.ClientSecret.Value); change.ClientSecret.Set && secret != o.ClientSecret {
		o.ClientSecret, o.ClientSecretUpdated = secret, now
	}
	return &o
}

func (change *SAMLChange) apply(s SAML, now time.Time) (*SAML, error) {
	if err := change.checkEntity(&s); err != nil {
		return nil, err
	}
	set(&s.MetadataURL, change.MetadataURL)
	set(&s.EntityID, change.EntityID)
	set(&s.SSOURL, change.SSOURL)
	set(&s.SSOBinding, change.SSOBinding)
	set(&s.MetadataEntityID, change.MetadataEntityID)
	set(&s.MetadataWarnings, change.MetadataWarnings)
	change.fetched(&s, now)
	change.signing(&s)
	set(&s.AllowIDPInitiated, change.AllowIDPInitiated)
	set(&s.WantEncrypted, change.WantEncrypted)
	setText(&s.NameIDFormat, change.NameIDFormat)
	if change.Certificates == nil {
		return &s, nil
	}
	s.Certificates = nil
	alive := false
	for _, cert := range *change.Certificates {
		if slices.ContainsFunc(s.Certificates, func(known Certificate) bool { return known.SHA256 == cert.SHA256 }) {
			continue
		}
		s.Certificates = append(s.Certificates, cert)
		alive = alive || !ended(cert.NotAfter, now)
	}
	if len(s.Certificates) == 0 {
		return nil, invalid("at least one certificate is needed", "saml", "idp_certificates")
	}
	if !alive {
		latest := slices.MaxFunc(s.Certificates, func(a, b Certificate) int { return a.NotAfter.Compare(b.NotAfter) })
		return nil, invalid("no certificate is valid any more: the last one expired on "+latest.NotAfter.UTC().Format(time.RFC3339),
			"saml", "idp_certificates")
	}
	return &s, nil
}

// signing decides whether requests are signed: as somebody chose, else as the metadata
// wants it (SAML Metadata 2.4.3, WantAuthnRequestsSigned).
func (change *SAMLChange) signing(s *SAML) {
	set(&s.WantsSignedRequests, change.WantsSignedRequests)
	if chosen := change.SignAuthnRequests; chosen.Set {
		s.SigningChosen = chosen.Value != nil
		set(&s.SignAuthnRequests, chosen.Value)
	}
	if follows := change.SignAuthnRequests.Set || change.WantsSignedRequests != nil; follows && !s.SigningChosen {
		s.SignAuthnRequests = s.WantsSignedRequests
	}
}

// check refuses what no login would heed.
func (change MappingChange) check(c *Connection) error {
	var problems []Problem
	refuse := func(msg, field string) {
		problems = append(problems, Problem{Loc: []any{"attribute_mapping", field}, Msg: "Value error, " + msg, Type: "value_error"})
	}
	if valueOf(change.Groups.Value) != "" {
		refuse("groups of a login give nobody a role or a team; let a directory bring the groups, and map them with group_role_mappings", "groups")
	}
	if valueOf(change.Subject.Value) != "" && c.SAML == nil {
		refuse("OpenID Connect has one claim for who somebody is, sub; only SAML needs to be told", "subject")
	}
	if problems != nil {
		return &Invalid{Problems: problems}
	}
	return nil
}

func (change MappingChange) apply(to *AttributeMapping) {
	setText(&to.Subject, change.Subject)
	setText(&to.Email, change.Email)
	setText(&to.FirstName, change.FirstName)
	setText(&to.LastName, change.LastName)
	setText(&to.Groups, change.Groups)
}

// setText changes a text that null makes empty.
func setText(to *string, given Nullable[string]) {
	if given.Set {
		*to = valueOf(given.Value)
	}
}

func valueOf[T any](given *T) (v T) {
	if given != nil {
		v = *given
	}
	return v
}
