package saml

import (
	"slices"
	"strings"
	"unicode"

	"github.com/beevik/etree"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
)

// Identity is who logged in.
type Identity struct {
	// Subject is the NameID: with the connection, who the person is.
	Subject      string
	NameIDFormat string
	// Email is the identity key of the address.
	Email               string
	FirstName, LastName string
	Groups              []string
	// SessionIndex names the session at the identity provider.
	SessionIndex string
	Issuer       string
}

// AttributeMapping names the attributes to read; where one is empty, the names
// that Okta, Entra ID, Google and Keycloak use.
type AttributeMapping struct {
	Email, FirstName, LastName, Groups string
}

// usualNames are tried where a mapping says nothing. The claim URIs are Entra
// ID's, the OIDs those of the X.500 attribute profile (SAML Profiles 8.2).
func usualNames() (email, first, last, groups []string) {
	const claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	email = []string{"email", "Email", "mail", "emailAddress", "user.email", claims + "emailaddress", "urn:oid:0.9.2342.19200300.100.1.3", "urn:oid:1.2.840.113549.1.9.1"}
	first = []string{"firstName", "first_name", "FirstName", "givenName", "user.firstName", claims + "givenname", "urn:oid:2.5.4.42"}
	last = []string{"lastName", "last_name", "LastName", "surname", "sn", "user.lastName", claims + "surname", "urn:oid:2.5.4.4"}
	groups = []string{"groups", "Groups", "group", "memberOf", "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups", "http://schemas.xmlsoap.org/claims/Group"}
	return email, first, last, groups
}

// attribute is one of the assertion's (SAML Core 2.7.3.1). Its FriendlyName is
// never read: it may say anything.
type attribute struct {
	name   string
	values []string
	// plain says that all values are text, without elements in it.
	plain bool
}

// readAttributes refuses a name that comes twice: which of them counts would be
// anybody's guess.
func readAttributes(assertion *etree.Element) ([]attribute, error) {
	var found []attribute
	for _, statement := range children(assertion, nsAssertion, "AttributeStatement") {
		for _, el := range children(statement, nsAssertion, "Attribute") {
			a := attribute{name: attr(el, "Name"), plain: true}
			for _, value := range children(el, nsAssertion, "AttributeValue") {
				s, ok := text(value)
				a.plain = a.plain && ok && !strings.ContainsFunc(strings.TrimSpace(s), unicode.IsControl)
				a.values = append(a.values, strings.TrimSpace(s))
			}
			if slices.ContainsFunc(found, func(b attribute) bool { return b.name == a.name }) {
				return nil, refuse(RepeatedAttributeName, "The assertion has the attribute %s twice.", shown(a.name))
			}
			found = append(found, a)
		}
	}
	return found, nil
}

// identity reads who it is out of the attributes.
func (c *claims) identity(mapping AttributeMapping) (Identity, error) {
	id := Identity{Subject: c.nameID, NameIDFormat: c.nameIDFormat, SessionIndex: c.sessionIndex, Issuer: c.issuer}
	emails, firsts, lasts, groups := usualNames()
	var err error
	if id.Email, err = c.single(mapping.Email, emails); err != nil {
		return Identity{}, err
	}
	if id.FirstName, err = c.single(mapping.FirstName, firsts); err != nil {
		return Identity{}, err
	}
	if id.LastName, err = c.single(mapping.LastName, lasts); err != nil {
		return Identity{}, err
	}
	if id.Groups, err = c.several(mapping.Groups, groups); err != nil {
		return Identity{}, err
	}
	if id.Email == "" && mapping.Email == "" && (c.nameIDFormat == NameIDEmail || c.nameIDFormat == NameIDUnspecified && strings.Contains(c.nameID, "@")) {
		id.Email = c.nameID
	}
	if id.Email == "" {
		return Identity{}, refuse(NoEmail, "The assertion has no email address of the person. Add an attribute %s at the identity provider.", shown(firstOf(mapping.Email, "email")))
	}
	if !isAddress(id.Email) {
		return Identity{}, refuse(BadEmail, "The assertion's email %s is no address.", shown(id.Email))
	}
	id.Email = address.IdentityKey(id.Email)
	return id, nil
}

// named gives the attributes of those names.
func (c *claims) named(mapped string, usual []string) ([]attribute, error) {
	if mapped != "" {
		usual = []string{mapped}
	}
	var found []attribute
	for _, a := range c.attributes {
		if !slices.Contains(usual, a.name) {
			continue
		}
		if !a.plain {
			return nil, refuse(BadAttributeValue, "The attribute %s is not plain text.", shown(a.name))
		}
		found = append(found, a)
	}
	return found, nil
}

// single gives the one value that all attributes of those names have.
func (c *claims) single(mapped string, usual []string) (string, error) {
	found, err := c.named(mapped, usual)
	if err != nil {
		return "", err
	}
	value := ""
	for _, a := range found {
		switch {
		case len(a.values) > 1:
			return "", refuse(SeveralValues, "The attribute %s has several values.", shown(a.name))
		case len(a.values) == 0 || a.values[0] == "":
			continue
		case value != "" && value != a.values[0]:
			return "", refuse(ContradictoryValues, "The attribute %s contradicts another of the same meaning. Say in the connection's attribute mapping which one counts.", shown(a.name))
		}
		value = a.values[0]
	}
	return value, nil
}

// several gives all values, each once.
func (c *claims) several(mapped string, usual []string) ([]string, error) {
	found, err := c.named(mapped, usual)
	if err != nil {
		return nil, err
	}
	var values []string
	for _, a := range found {
		for _, value := range a.values {
			if value != "" && !slices.Contains(values, value) {
				values = append(values, value)
			}
		}
	}
	return values, nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// isAddress tells addresses that can be compared and shown from the rest: one @
// with something on both sides, printable ASCII, no quoting.
func isAddress(s string) bool {
	const longest = 254 // RFC 5321 4.5.3.1.3
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || domain == "" || len(s) > longest || strings.Contains(domain, "@") {
		return false
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),:;<>[\]`, c) >= 0 {
			return false
		}
	}
	return true
}
