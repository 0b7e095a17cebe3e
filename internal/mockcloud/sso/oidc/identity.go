package oidc

import (
	"net/mail"
	"strings"
	"time"
	"unicode"
)

// Identity is who logged in, as the provider says. A person is known by Issuer
// and Subject together, or by connection and Subject; never by Email, which may
// come to belong to another person.
type Identity struct {
	Issuer  string
	Subject string
	// Email is one address, spelled as the provider spells it.
	Email string
	// EmailVerified is nil where the provider does not say, as Entra ID does not.
	// It is never false: such logins are refused.
	EmailVerified *bool
	FirstName     string
	LastName      string
	// Authenticated is when the person last proved who they are (auth_time); zero where
	// the provider does not say.
	Authenticated time.Time
	// Claims are all the provider's claims, those of userinfo included. Numbers
	// are json.Number.
	Claims map[string]any
	// Mapping is by which they were read.
	Mapping Mapping
}

// Mapping names the claims in which a provider tells about a person. Empty names
// stand for email, given_name and family_name.
type Mapping struct {
	Email     string
	FirstName string
	LastName  string
}

func (m Mapping) withDefaults() Mapping {
	for _, field := range []struct {
		name     *string
		standard string
	}{{&m.Email, "email"}, {&m.FirstName, "given_name"}, {&m.LastName, "family_name"}} {
		if *field.name == "" {
			*field.name = field.standard
		}
	}
	return m
}

// For returns what a claim is used for, empty for nothing.
func (m Mapping) For(claim string) string {
	switch m = m.withDefaults(); claim {
	case "sub":
		return "subject"
	case m.Email:
		return "email"
	case m.FirstName:
		return "first_name"
	case m.LastName:
		return "last_name"
	}
	return ""
}

// incomplete reports whether the claims lack something about the person that
// userinfo may have.
func (m Mapping) incomplete(got claims) bool {
	for _, name := range []string{m.Email, m.FirstName, m.LastName} {
		if _, there := got[name]; !there {
			return true
		}
	}
	return false
}

// identity makes an identity of verified claims.
func (m Mapping) identity(issuer string, got claims) (*Identity, *Refusal) {
	verified, refusal := emailVerified(got)
	if refusal != nil {
		return nil, refusal
	}
	subject, _ := got["sub"].(string) // checked before
	out := &Identity{
		Issuer: issuer, Subject: subject, EmailVerified: verified,
		FirstName: name(got[m.FirstName]), LastName: name(got[m.LastName]),
		Claims: got,
	}
	out.Authenticated, _ = got.time("auth_time") // checked before
	addresses, ok := texts(got[m.Email])
	switch {
	case got[m.Email] == nil || ok && (len(addresses) == 0 || addresses[0] == ""):
		return nil, reject(EmailMissing, "The provider did not say what your email address is. It has to send the claim %s.", quote(m.Email))
	case !ok || len(addresses) != 1 || !isAddress(addresses[0]):
		return nil, reject(EmailInvalid, "What the provider sent as your email address (the claim %s) is not one address.", quote(m.Email))
	}
	out.Email = addresses[0]
	return out, nil
}

// emailVerified reads email_verified, which some providers send as a string.
// What is there and is not plainly true counts as false.
func emailVerified(got claims) (*bool, *Refusal) {
	value := got["email_verified"]
	if value == nil {
		return nil, nil
	}
	if value != true && value != "true" {
		return nil, reject(EmailUnverified, "The provider has not verified your email address.")
	}
	verified := true
	return &verified, nil
}

// isAddress reports whether s is an email address and nothing besides.
func isAddress(s string) bool {
	const maxAddress = 254 // RFC 5321 section 4.5.3.1.3, without the brackets
	parsed, err := mail.ParseAddress(s)
	return err == nil && parsed.Address == s && len(s) <= maxAddress && strings.Count(s, "@") == 1 &&
		!strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) })
}

// name reads a part of a person's name: one short line.
func name(v any) string {
	text, ok := v.(string)
	if !ok {
		return ""
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, text)
	const maxRunes = 200
	if runes := []rune(text); len(runes) > maxRunes {
		text = string(runes[:maxRunes])
	}
	return strings.TrimSpace(text)
}
