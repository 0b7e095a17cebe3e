package client

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// EndpointError says what is wrong with the address of the API and what to do.
type EndpointError struct {
	Endpoint string // as given, without user information
	Why      string
	Fix      string
}

// Error implements error.
func (e *EndpointError) Error() string {
	return fmt.Sprintf("the endpoint %q %s: %s", e.Endpoint, e.Why, e.Fix)
}

// ParseEndpoint checks the base address of the API, the part before
// /accounts. Plain http is for loopback only, because every request carries
// the key, unless allowInsecureHTTP says otherwise. Every error is an
// *EndpointError.
func ParseEndpoint(raw string, allowInsecureHTTP bool) (*url.URL, error) {
	return parseEndpoint(raw, allowInsecureHTTP, accountAPI)
}

func parseEndpoint(raw string, allowInsecureHTTP bool, d dialect) (*url.URL, error) {
	raw = strings.TrimSpace(raw)
	shown := raw
	if at := strings.LastIndexByte(shown, '@'); at >= 0 {
		shown = "…" + shown[at:] // what stands before the @ may be a password
	}
	fail := func(why, fix string) (*url.URL, error) {
		return nil, &EndpointError{Endpoint: shown, Why: why, Fix: fix}
	}

	scheme, _, found := strings.Cut(raw, "://")
	switch {
	case raw == "":
		return fail("is empty", "give an address such as "+d.example)
	case !found || scheme == "":
		return fail("has no scheme", "start it with https://, as in "+d.example)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		// The text of url.Parse repeats the whole address, passwords too.
		return fail("is not a valid URL", "give an address such as "+d.example)
	case u.Scheme != "https" && u.Scheme != "http":
		return fail("has the scheme "+u.Scheme, "use https://, as in "+d.example)
	case u.Hostname() == "":
		return fail("has no host", "give an address such as "+d.example)
	case u.User != nil:
		return fail("holds a user name", "take it out, the "+d.credential+" alone says who calls")
	case u.RawQuery != "" || u.ForceQuery:
		return fail("has a query", "take out the ? and what follows it")
	case u.Fragment != "" || strings.HasSuffix(raw, "#"):
		return fail("has a fragment", "take out the # and what follows it")
	case u.Scheme == "http" && !isLoopback(u.Hostname()) && !allowInsecureHTTP:
		return fail("uses plain http to a host that is not this machine",
			"use https://, or set allow_insecure_http if the "+d.credential+" may travel unencrypted")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}

// isLoopback reports whether host names this machine: localhost, 127.0.0.0/8
// or ::1. No name is looked up.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
