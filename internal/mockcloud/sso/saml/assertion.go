package saml

import (
	"strings"
	"time"
	"unicode"

	"github.com/beevik/etree"
)

// expectation is what an assertion must be for.
type expectation struct {
	issuer, audience, recipient string
	// request is the one that the response answers; empty for none.
	request      string
	nameIDFormat string
	// transient reports whether a name which is another at each login will do.
	transient bool
	now       time.Time
}

// claims is what a verified assertion says.
type claims struct {
	id           string
	issuer       string
	nameID       string
	nameIDFormat string
	sessionIndex string
	// authenticated is when the person last proved who they are.
	authenticated time.Time
	// usableUntil is when none of its confirmations can be used any more.
	usableUntil time.Time
	attributes  []attribute
}

// readAssertion holds a signed assertion to SAML Core 2.3.3 to 2.7 and Profiles
// 4.1.4.2.
func readAssertion(el *etree.Element, want expectation) (*claims, error) {
	c := &claims{id: attr(el, "ID"), issuer: want.issuer}
	if attr(el, "Version") != "2.0" || c.id == "" {
		return nil, reject(WrongVersion, "The assertion is not SAML 2.0, or has no id.")
	}
	if err := checkIssuer(el, want.issuer); err != nil {
		return nil, err
	}
	if err := c.readSubject(el, want); err != nil {
		return nil, err
	}
	if err := checkConditions(el, want); err != nil {
		return nil, err
	}
	if err := c.readAuthnStatements(el, want); err != nil {
		return nil, err
	}
	c.attributes = readAttributes(el)
	return c, nil
}

// readSubject reads whom the assertion is about, and checks that its bearer may use it here
// and now (SAML Profiles 3.3).
func (c *claims) readSubject(assertion *etree.Element, want expectation) error {
	subject, ok := only(assertion, nsAssertion, "Subject")
	if !ok {
		return reject(WrongNameID, "The assertion does not say whom it is about.")
	}
	if err := c.readNameID(subject, want); err != nil {
		return err
	}
	return c.readConfirmations(subject, want)
}

// maxConfirmations bounds how many ways an assertion may offer to be used.
const maxConfirmations = 8

// readConfirmations looks for a confirmation that holds. One is enough (SAML Core
// 2.4.1), and nothing of another one is added to it. Where none holds, the first says
// why.
func (c *claims) readConfirmations(subject *etree.Element, want expectation) error {
	confirmations := children(subject, nsAssertion, "SubjectConfirmation")
	switch {
	case len(confirmations) == 0:
		return reject(WrongConfirmation, "The assertion has no bearer confirmation.")
	case len(confirmations) > maxConfirmations:
		return reject(WrongConfirmation, "The assertion has more than %d confirmations.", maxConfirmations)
	}
	var first error
	confirmed := false
	for _, el := range confirmations {
		until, err := checkConfirmation(el, want)
		confirmed = confirmed || err == nil
		if first == nil {
			first = err
		}
		// Also of those that do not hold now: they may later.
		if until.After(c.usableUntil) {
			c.usableUntil = until
		}
	}
	if !confirmed {
		return first
	}
	return nil
}

// checkConfirmation judges one confirmation by what it says itself (SAML Core 2.4.1.2,
// Profiles 3.3), and returns its end.
func checkConfirmation(confirmation *etree.Element, want expectation) (time.Time, error) {
	if attr(confirmation, "Method") != "urn:oasis:names:tc:SAML:2.0:cm:bearer" {
		return time.Time{}, reject(WrongConfirmation, "The assertion's confirmation is not for its bearer.")
	}
	data, ok := only(confirmation, nsAssertion, "SubjectConfirmationData")
	if !ok {
		return time.Time{}, reject(WrongConfirmation, "The assertion's bearer confirmation says nothing.")
	}
	until, ok, err := timeAttr(data, "NotOnOrAfter")
	if err != nil {
		return time.Time{}, err
	}
	if recipient := attr(data, "Recipient"); recipient != want.recipient {
		return until, reject(WrongRecipient, "The assertion is for %s, not for %s. Check the recipient at the identity provider.", shown(recipient), shown(want.recipient))
	}
	if !ok {
		return until, reject(WrongConfirmation, "The assertion's bearer confirmation has no end.")
	}
	if _, err := checkWindow(data, want.now); err != nil {
		return until, err
	}
	if attr(data, "InResponseTo") != want.request {
		return until, reject(RequestMismatch, "The answer and its assertion do not name the same request.")
	}
	return until, nil
}

func (c *claims) readNameID(subject *etree.Element, want expectation) error {
	const maxNameID = 256 // SAML Core 8.3.7
	el, ok := only(subject, nsAssertion, "NameID")
	if !ok {
		return reject(WrongNameID, "The assertion has no single NameID.")
	}
	name, ok := text(el)
	name = trimmed(name)
	if !ok || name == "" || len(name) > maxNameID || strings.TrimSpace(name) != name || strings.ContainsFunc(name, unicode.IsControl) {
		return reject(WrongNameID, "The assertion's NameID is empty, too long, or not plain text.")
	}
	c.nameID, c.nameIDFormat = name, attr(el, "Format")
	if c.nameIDFormat == "" {
		c.nameIDFormat = NameIDUnspecified
	}
	if c.nameIDFormat == NameIDTransient && !want.transient {
		return reject(WrongNameIDFormat, "The identity provider sends a new name for the person at each login (a transient NameID). Set it to a persistent one or the email address, or say in the connection's attribute mapping which attribute is the subject.")
	}
	if want.nameIDFormat != "" && want.nameIDFormat != NameIDUnspecified && c.nameIDFormat != want.nameIDFormat {
		return reject(WrongNameIDFormat, "The NameID's format is %s; the connection asks for %s.", shown(c.nameIDFormat), shown(want.nameIDFormat))
	}
	return nil
}

// checkConditions reads SAML Core 2.5: times, audiences, and nothing unknown.
func checkConditions(assertion *etree.Element, want expectation) error {
	conditions, ok := only(assertion, nsAssertion, "Conditions")
	if !ok {
		return reject(WrongAudience, "The assertion does not say for whom it is.")
	}
	if _, err := checkWindow(conditions, want.now); err != nil {
		return err
	}
	restricted := false
	for _, el := range conditions.ChildElements() {
		switch {
		case is(el, nsAssertion, "AudienceRestriction"):
			// Every restriction must hold; within one, any audience will do.
			if !hasAudience(el, want.audience) {
				return reject(WrongAudience, "The assertion is not for %s. Check the audience (entity id) at the identity provider.", shown(want.audience))
			}
			restricted = true
		case is(el, nsAssertion, "OneTimeUse"), is(el, nsAssertion, "ProxyRestriction"):
			// Every assertion is used once here, and none is passed on.
		default:
			return reject(UnknownCondition, "The assertion has a condition that is not known here: %s.", shown(el.Tag))
		}
	}
	if !restricted {
		return reject(WrongAudience, "The assertion does not say for whom it is.")
	}
	return nil
}

func hasAudience(restriction *etree.Element, want string) bool {
	for _, el := range children(restriction, nsAssertion, "Audience") {
		if audience, ok := text(el); ok && audience == want {
			return true
		}
	}
	return false
}

// readAuthnStatements reads SAML Core 2.7.2; without one the assertion does not say that
// the person logged in.
func (c *claims) readAuthnStatements(assertion *etree.Element, want expectation) error {
	statements := children(assertion, nsAssertion, "AuthnStatement")
	if len(statements) == 0 {
		return reject(NoAuthnStatement, "The assertion does not say that the person logged in.")
	}
	for _, el := range statements {
		until, ok, err := timeAttr(el, "SessionNotOnOrAfter")
		if err != nil {
			return err
		}
		if ok && !want.now.Before(until.Add(skew)) {
			return reject(SessionOver, "The person's session at the identity provider is over. Log in again.")
		}
		authenticated, ok, err := timeAttr(el, "AuthnInstant")
		switch {
		case err != nil:
			return err
		case !ok:
			return reject(NoAuthnStatement, "The assertion does not say when the person logged in.")
		case authenticated.After(want.now.Add(skew)):
			return reject(NotYetValid, "The person logged in at %s, which is yet to come. Are the clocks right?", authenticated.UTC().Format(time.RFC3339))
		case authenticated.After(c.authenticated):
			c.authenticated = authenticated
		}
		if c.sessionIndex == "" {
			c.sessionIndex = attr(el, "SessionIndex")
		}
	}
	return nil
}

// checkWindow checks NotBefore and NotOnOrAfter, and returns the latter.
func checkWindow(el *etree.Element, now time.Time) (time.Time, error) {
	from, ok, err := timeAttr(el, "NotBefore")
	if err != nil {
		return time.Time{}, err
	}
	if ok && now.Add(skew).Before(from) {
		return time.Time{}, reject(NotYetValid, "The assertion is valid only from %s on. Are the clocks right?", from.UTC().Format(time.RFC3339))
	}
	until, ok, err := timeAttr(el, "NotOnOrAfter")
	if err != nil {
		return time.Time{}, err
	}
	if ok && !now.Before(until.Add(skew)) {
		return time.Time{}, reject(Expired, "The assertion was valid until %s. Log in again.", until.UTC().Format(time.RFC3339))
	}
	return until, nil
}

// parseTime reads an xs:dateTime, which assertions have in UTC (SAML Core 1.3.3).
func parseTime(value string) (time.Time, error) {
	return time.Parse(time.RFC3339Nano, value)
}

// timeAttr reads a time where there is one.
func timeAttr(el *etree.Element, key string) (time.Time, bool, error) {
	value := attr(el, key)
	if value == "" {
		return time.Time{}, false, nil
	}
	t, err := parseTime(value)
	if err != nil {
		return time.Time{}, false, reject(BadTime, "The assertion's %s %s is no time.", key, shown(value))
	}
	return t, true, nil
}
