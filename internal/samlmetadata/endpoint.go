package samlmetadata

import (
	"net/url"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/loopback"
)

// The bindings that people are sent to log in by (SAML Bindings 3.4, 3.5).
const (
	HTTPRedirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
	HTTPPOST     = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
)

// maxURL is the longest address that people are sent to.
const maxURL = 2048

// Endpoint is a SingleSignOnService (SAML Metadata 2.4.3).
type Endpoint struct {
	Binding, Location string
	// Unusable is why users cannot be sent there, nil where they can.
	Unusable *Problem
}

// CheckSSOURL reports whether people may be sent to an address: https, or http on this
// machine itself.
func CheckSSOURL(location string) error {
	u, err := url.Parse(location)
	switch {
	case len(location) > maxURL:
		return reject(BadURL, "The single sign-on URL is longer than %d characters.", maxURL)
	case err != nil || u.Host == "" || u.Opaque != "":
		return reject(BadURL, "The single sign-on URL %s is no absolute URL.", shown(location))
	case u.User != nil || u.Fragment != "":
		return reject(BadURL, "The single sign-on URL must not have a user or a fragment in it.")
	case u.Scheme == "https", u.Scheme == "http" && loopback.IsHost(u.Hostname()):
		return nil
	}
	return reject(BadURL, "The single sign-on URL %s does not begin with https://, so logins would travel unencrypted.", shown(location))
}
