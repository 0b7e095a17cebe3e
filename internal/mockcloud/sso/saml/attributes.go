package saml

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/beevik/etree"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
)

// Identity is who logged in.
type Identity struct {
	// Subject is with the connection who the person is: the NameID, or the value of the
	// attribute that the mapping's Subject names; SubjectSource is that name.
	Subject, SubjectSource string
	// SubjectFolds reports whether the subject is an email address by its format, which some
	// write in another case each time.
	SubjectFolds bool
	// Carried is what else the same assertion calls the person: by "" the NameID unless
	// it is transient, and by its name each attribute of one value.
	Carried      map[string]string
	NameIDFormat string
	// Email is the identity key of the address.
	Email               string
	FirstName, LastName string
	// Authenticated is when the person proved who they are (AuthnInstant).
	Authenticated time.Time
	// SessionIndex names the session at the identity provider.
	SessionIndex string
	Issuer       string
	// AttributeNames are those of all attributes that came.
	AttributeNames []string
}

// AttributeMapping names the attributes to read, exactly; where one is empty, the
// names that identity providers usually send, whatever their case.
type AttributeMapping struct {
	// Subject is the attribute that says who the person is, in the NameID's place.
	Subject                    string
	Email, FirstName, LastName string
}

// What a claim's name begins with at Entra ID and AD FS, and an attribute's in the
// older of Shibboleth's two namings; the OIDs are those of the X.500 attribute profile
// (SAML Profiles 8.2), which Shibboleth and Keycloak send.
const (
	claimURI = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	maceURI  = "urn:mace:dir:attribute-def:"
)

// The usual names, in lower case. Only names that say what they are: one that is an
// email address at some and an account's name at others would let the wrong one in.
var (
	defaultEmails = []string{
		"email", "mail", "emailaddress", "email_address", "user.email", // Okta, Google, Keycloak, JumpCloud, Ping; OneLogin
		claimURI + "emailaddress", "http://schemas.xmlsoap.org/claims/emailaddress",
		"urn:oid:0.9.2342.19200300.100.1.3", "urn:oid:1.2.840.113549.1.9.1", maceURI + "mail",
	}
	defaultFirstNames = []string{
		"firstname", "first_name", "givenname", "given_name", "user.firstname",
		claimURI + "givenname", "urn:oid:2.5.4.42", maceURI + "givenname",
	}
	defaultLastNames = []string{
		"lastname", "last_name", "surname", "sn", "familyname", "family_name", "user.lastname",
		claimURI + "surname", "urn:oid:2.5.4.4", maceURI + "sn",
	}
)

// attribute is one of the assertion's (SAML Core 2.7.3.1): its name and its format say
// together which. Its FriendlyName is never read: it may say anything.
type attribute struct {
	name, format string
	values       []string
	// plain reports whether all values are text, without elements in it.
	plain bool
	// contradictory reports whether it came twice with other values.
	contradictory bool
}

// readAttributes reads all attributes. One that comes twice does no harm where it is not
// mapped (Keycloak's Role), or where both have the same values.
func readAttributes(assertion *etree.Element) []attribute {
	const unspecified = "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"
	var found []attribute
	for _, statement := range children(assertion, nsAssertion, "AttributeStatement") {
		for _, el := range children(statement, nsAssertion, "Attribute") {
			a := attribute{name: attr(el, "Name"), format: firstOf(attr(el, "NameFormat"), unspecified), plain: true}
			for _, value := range children(el, nsAssertion, "AttributeValue") {
				s, ok := text(value)
				s = trimmed(s)
				a.plain = a.plain && ok && !strings.ContainsFunc(s, unicode.IsControl)
				a.values = append(a.values, s)
			}
			same := slices.IndexFunc(found, func(b attribute) bool { return b.name == a.name && b.format == a.format })
			if same < 0 {
				found = append(found, a)
				continue
			}
			known := &found[same]
			known.plain = known.plain && a.plain
			known.contradictory = known.contradictory || !slices.Equal(known.values, a.values)
		}
	}
	return found
}

// attributeNames returns the names of an assertion's attributes, in their order.
func attributeNames(assertion *etree.Element) []string {
	var names []string
	for _, a := range readAttributes(assertion) {
		names = append(names, a.name)
	}
	return names
}

// Attribute is what an identity provider says of a person, as it came.
type Attribute struct {
	// Name is the attribute's; that of the name ID is NameID.
	Name   string
	Values []string
	// For says what it is used for: "subject", "email", "first_name", "last_name" or nothing.
	For string
}

// attributesOf returns all that a verified assertion says of a person, and what of it is
// used, whether it can be or not.
func attributesOf(assertion *etree.Element, mapping AttributeMapping) []Attribute {
	var out []Attribute
	if subject, ok := only(assertion, nsAssertion, "Subject"); ok {
		if el, ok := only(subject, nsAssertion, "NameID"); ok {
			name, _ := text(el)
			a := Attribute{Name: "NameID", Values: []string{trimmed(name)}}
			if mapping.Subject == "" {
				a.For = "subject"
			}
			out = append(out, a)
		}
	}
	for _, known := range readAttributes(assertion) {
		out = append(out, Attribute{Name: known.name, Values: known.values, For: mapping.use(known.name)})
	}
	return out
}

// use returns what an attribute is used for, empty for nothing.
func (m AttributeMapping) use(name string) string {
	for _, meaning := range []struct {
		is, mapped string
		defaults   []string
	}{
		{"subject", m.Subject, nil},
		{"email", m.Email, defaultEmails},
		{"first_name", m.FirstName, defaultFirstNames},
		{"last_name", m.LastName, defaultLastNames},
	} {
		if meaning.mapped != "" && name == meaning.mapped || meaning.mapped == "" && slices.Contains(meaning.defaults, fold.Token(name)) {
			return meaning.is
		}
	}
	return ""
}

// witnessed adds to a refusal what a verified assertion says of the person.
func witnessed(err error, assertion *etree.Element, mapping AttributeMapping) error {
	var refused *Error
	if !errors.As(err, &refused) {
		return err
	}
	out := *refused
	out.AttributeNames, out.Attributes = attributeNames(assertion), attributesOf(assertion, mapping)
	return &out
}

// identity reads who it is out of the attributes.
func (c *claims) identity(conn Connection) (Identity, error) {
	mapping := conn.Attributes
	id := Identity{
		NameIDFormat: c.nameIDFormat, SessionIndex: c.sessionIndex, Issuer: c.issuer, Authenticated: c.authenticated,
	}
	var err error
	if id.Subject, err = c.subject(mapping.Subject); err != nil {
		return Identity{}, err
	}
	id.SubjectSource, id.Carried = mapping.Subject, c.carried()
	id.SubjectFolds = mapping.Subject == "" && c.nameIDFormat == NameIDEmail
	if id.Email, err = c.single(mapping.Email, defaultEmails, conn.Serves); err != nil {
		return Identity{}, err
	}
	if id.FirstName, err = c.single(mapping.FirstName, defaultFirstNames, nil); err != nil {
		return Identity{}, err
	}
	if id.LastName, err = c.single(mapping.LastName, defaultLastNames, nil); err != nil {
		return Identity{}, err
	}
	if id.Email == "" && mapping.Email == "" && (c.nameIDFormat == NameIDEmail || c.nameIDFormat == NameIDUnspecified && strings.Contains(c.nameID, "@")) {
		id.Email = c.nameID
	}
	if id.Email == "" {
		return Identity{}, reject(NoEmail, "The assertion has no email address of the person. Add an attribute %s at the identity provider.", shown(firstOf(mapping.Email, "email")))
	}
	if !isAddress(id.Email) {
		return Identity{}, reject(BadEmail, "The assertion's email %s is no address.", shown(id.Email))
	}
	id.Email = address.IdentityKey(id.Email)
	return id, nil
}

// subject is the NameID, or the value of the attribute that takes its place.
func (c *claims) subject(mapped string) (string, error) {
	if mapped == "" {
		return c.nameID, nil
	}
	value, err := c.single(mapped, nil, nil)
	if err == nil && value == "" {
		err = reject(NoSubject, "The assertion does not have the attribute %s, by which the connection's attribute mapping knows people. Add it at the identity provider.", shown(mapped))
	}
	return value, err
}

// carried returns what else the assertion could have called the person: the NameID by the
// name "", and each attribute of one value by its own.
func (c *claims) carried() map[string]string {
	out, several := map[string]string{}, map[string]bool{}
	for _, a := range c.attributes {
		if _, there := out[a.name]; there || !a.plain || a.contradictory || len(a.values) != 1 || a.values[0] == "" || a.name == "" {
			several[a.name] = true
			continue
		}
		out[a.name] = a.values[0]
	}
	for name := range several {
		delete(out, name)
	}
	if c.nameIDFormat != NameIDTransient {
		out[""] = c.nameID
	}
	return out
}

// named returns the attributes of those names.
func (c *claims) named(mapped string, defaults []string) ([]attribute, error) {
	var found []attribute
	for _, a := range c.attributes {
		switch {
		case mapped != "" && a.name != mapped, mapped == "" && !slices.Contains(defaults, fold.Token(a.name)):
			continue
		case !a.plain:
			return nil, reject(BadAttributeValue, "The attribute %s is not plain text.", shown(a.name))
		case a.contradictory:
			return nil, reject(RepeatedAttributeName, "The assertion has the attribute %s twice, with different values.", shown(a.name))
		}
		found = append(found, a)
	}
	return found, nil
}

// single returns the one value that all attributes of those names have. Of several values
// of one attribute, that one counts which alone is preferred.
func (c *claims) single(mapped string, defaults []string, prefer func(string) bool) (string, error) {
	found, err := c.named(mapped, defaults)
	if err != nil {
		return "", err
	}
	value := ""
	for _, a := range found {
		one, ok := a.one(prefer)
		switch {
		case !ok:
			return "", reject(SeveralValues, "The attribute %s has several values.", shown(a.name))
		case one == "":
			continue
		case value != "" && value != one:
			return "", reject(ContradictoryValues, "The attribute %s contradicts another of the same meaning. Say in the connection's attribute mapping which one counts.", shown(a.name))
		}
		value = one
	}
	return value, nil
}

// one returns an attribute's value: the only one, or the only one that is preferred.
func (a attribute) one(prefer func(string) bool) (string, bool) {
	switch {
	case len(a.values) == 0:
		return "", true
	case len(a.values) == 1:
		return a.values[0], true
	case prefer == nil:
		return "", false
	}
	preferred := slices.DeleteFunc(slices.Clone(a.values), func(value string) bool { return !isAddress(value) || !prefer(value) })
	if len(preferred) != 1 {
		return "", false
	}
	return preferred[0], true
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
	const maxAddress = 254 // RFC 5321 4.5.3.1.3
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || domain == "" || len(s) > maxAddress || strings.Contains(domain, "@") {
		return false
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),:;<>[\]`, c) >= 0 {
			return false
		}
	}
	return true
}
