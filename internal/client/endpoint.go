package client

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/loopback"
)

// EndpointError says what is wrong with the address of the API and what to do.
type EndpointError struct {
	Endpoint  string // as given, without user information
	Why       string
	Fix       string
	PlainHTTP bool // all that is wrong is that the key would travel unencrypted
}

// Error implements error.
func (e *EndpointError) Error() string {
	return fmt.Sprintf("the endpoint %q %s: %s", e.Endpoint, e.Why, e.Fix)
}

// Endpoint is an address of the account API, taken apart.
type Endpoint struct {
	// Base is what stands before /accounts, without a slash at its end.
	Base string
	// AccountID is the account that the address names, "" where it names none.
	AccountID string
}

// ParseEndpoint reads the address of the API in every form that Prefect's tools
// take: the host alone, which means its /api; the base address; and the address
// of an account or of one of its workspaces, as `prefect cloud login` writes it.
//
// Plain http is for loopback only, because every request carries the key, unless
// allowInsecureHTTP says otherwise. Every error is an *EndpointError.
func ParseEndpoint(raw string, allowInsecureHTTP bool) (Endpoint, error) {
	u, fail, err := parseAddress(raw, allowInsecureHTTP, accountAPI)
	if err != nil {
		return Endpoint{}, err
	}
	base, accountID, why, fix := splitAccount(u)
	if why != "" {
		return Endpoint{}, fail(why, fix)
	}
	if base == "" {
		base = "/api"
	}
	return Endpoint{Base: u.Scheme + "://" + u.Host + base, AccountID: accountID}, nil
}

// splitAccount takes the account off the path of an address: "/api/accounts/{id}"
// and "/api/accounts/{id}/workspaces/{id}" are the base "/api" and the account.
func splitAccount(u *url.URL) (base, accountID, why, fix string) {
	elements := strings.Split(u.EscapedPath(), "/")
	if id, browser := browserAccount(u, elements); browser {
		return "", "", "is the address of a page for the browser", "the API is at " + accountAPI.example + id
	}
	at := slices.Index(elements, "accounts")
	if at < 0 {
		return u.EscapedPath(), "", "", ""
	}
	base, rest := strings.Join(elements[:at], "/"), elements[at+1:]
	example := "write it like " + accountAPI.example + "/accounts/<account id>"
	switch {
	case len(rest) == 0 || !isUUID(rest[0]):
		return "", "", "names no account id after /accounts", example
	case len(rest) == 1:
	case rest[1] != "workspaces" || len(rest) > 3:
		return "", "", "goes on after the account", example + ", or let it end with /workspaces/<workspace id>"
	case len(rest) == 2 || !isUUID(rest[2]):
		return "", "", "names no workspace id after /workspaces", example
	}
	return base, strings.ToLower(rest[0]), "", ""
}

// browserAccount recognizes what people copy from their browser, such as
// https://app.prefect.cloud/account/{id}/workspace/{id}, and gives the account
// in it as the API writes it.
func browserAccount(u *url.URL, elements []string) (path string, browser bool) {
	at := slices.Index(elements, "account")
	if at >= 0 && at+1 < len(elements) && isUUID(elements[at+1]) {
		return "/accounts/" + strings.ToLower(elements[at+1]), true
	}
	return "", strings.EqualFold(u.Hostname(), "app.prefect.cloud")
}

func isUUID(text string) bool { return len(text) == 36 && uuid.Validate(text) == nil }

// parseAddress checks what all addresses have in common. The path loses the
// slashes at its end. With fail the caller says what else is wrong.
func parseAddress(raw string, allowInsecureHTTP bool, d dialect) (u *url.URL, fail func(why, fix string) error, err error) {
	raw = strings.TrimSpace(raw)
	shown := raw
	if at := strings.LastIndexByte(shown, '@'); at >= 0 {
		shown = "…" + shown[at:] // what stands before the @ may be a password
	}
	fail = func(why, fix string) error { return &EndpointError{Endpoint: shown, Why: why, Fix: fix} }

	scheme, _, found := strings.Cut(raw, "://")
	switch {
	case raw == "":
		return nil, nil, fail("is empty", "give an address such as "+d.example)
	case !found || scheme == "":
		return nil, nil, fail("has no scheme", "start it with https://, as in "+d.example)
	}
	u, parseErr := url.Parse(raw)
	switch {
	case parseErr != nil:
		// The text of url.Parse repeats the whole address, passwords too.
		return nil, nil, fail("is not a valid URL", "give an address such as "+d.example)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, nil, fail("has the scheme "+u.Scheme, "use https://, as in "+d.example)
	case u.Hostname() == "":
		return nil, nil, fail("has no host", "give an address such as "+d.example)
	case u.User != nil:
		return nil, nil, fail("holds a user name", "take it out, the "+d.credential+" alone says who calls")
	case u.RawQuery != "" || u.ForceQuery:
		return nil, nil, fail("has a query", "take out the ? and what follows it")
	case u.Fragment != "" || strings.HasSuffix(raw, "#"):
		return nil, nil, fail("has a fragment", "take out the # and what follows it")
	case u.Scheme == "http" && !loopback.IsHost(u.Hostname()) && !allowInsecureHTTP:
		return nil, nil, &EndpointError{
			Endpoint: shown, Why: "uses plain http to a host that is not this machine", PlainHTTP: true,
			Fix: "use https://, or set allow_insecure_http if the " + d.credential + " may travel unencrypted",
		}
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, fail, nil
}
