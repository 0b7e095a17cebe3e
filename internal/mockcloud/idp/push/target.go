package push

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/loopback"
)

// Style is the product whose requests are sent.
type Style string

// The styles. Entra sends what the RFC has if the endpoint's URL ends in
// "?aadOptscim062020", as at Microsoft Entra ID itself, else its own older way:
// strings for booleans, and members removed by value.
const (
	Entra   Style = "entra"
	Okta    Style = "okta"     // deactivates by PATCH
	OktaPUT Style = "okta-put" // deactivates by PUT
)

// Styles are all there are.
func Styles() []Style { return []Style{Entra, Okta, OktaPUT} }

// Target is the endpoint to push to.
type Target struct {
	// Endpoint is the base URL: what is before /Users.
	Endpoint string
	// Token is the bearer token. It is in no answer, no error and no log.
	Token string
	Style Style
	// ClientID and ClientSecret, instead of a Token, get access tokens at the endpoint's
	// /oauth/token (RFC 6749, section 4.4). The secret is as secret as a token.
	ClientID, ClientSecret string
}

// BadTarget is a target that cannot be, or must not be, pushed to.
type BadTarget struct{ Reason string }

func (e *BadTarget) Error() string { return e.Reason }

// target is a Target that was checked.
type target struct {
	Target
	base    *url.URL // without query
	dialect dialect
	// local reports whether only addresses of this machine may be connected to.
	local  bool
	access access
}

// checkTarget reads a target. Every caller of the identity provider can name one, and has
// requests with a body of their making sent to it. So that a test tool does not become a
// way into the network that it runs in, requests go to this machine only, and to what was
// allowed at the start: the server's own public address.
func checkTarget(t Target, allowed func(*url.URL) bool) (*target, error) {
	u, err := url.Parse(t.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Fragment != "" {
		return nil, &BadTarget{"the endpoint has to be a URL such as http://127.0.0.1:8787/scim/v2.0/…"}
	}
	switch byClient := t.ClientID != "" || t.ClientSecret != ""; {
	case byClient && t.Token != "":
		return nil, &BadTarget{"there is a token and a client; one of the two is enough"}
	case byClient && (!isToken(t.ClientID) || !isToken(t.ClientSecret)):
		return nil, &BadTarget{"a client has an id and a secret, and one of them is not there or has characters that it cannot have"}
	case !byClient && !isToken(t.Token):
		return nil, &BadTarget{"there is no token, or it has characters that no token has"}
	}
	out := &target{Target: t, base: u}
	switch t.Style {
	case Entra:
		out.dialect = entra{compliant: strings.Contains(strings.ToLower(u.RawQuery), "aadoptscim062020")}
	case Okta, OktaPUT:
		out.dialect = okta{put: t.Style == OktaPUT}
	default:
		return nil, &BadTarget{fmt.Sprintf("the style %q is none of %v", t.Style, Styles())}
	}
	switch {
	case loopback.IsName(u.Hostname()):
		out.local = true
	case allowed == nil || !allowed(u):
		return nil, &BadTarget{u.Host + " is neither this machine nor the server's public address; a test tool sends requests nowhere else"}
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	u.RawPath, u.RawQuery = "", ""
	return out, nil
}

// transport makes connections for a target. No proxy: it would be told the token.
// Where a local name leads is looked at when the connection is made.
func (t *target) transport() *http.Transport {
	dialer := &net.Dialer{Timeout: requestTime}
	if t.local {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			if addr, err := netip.ParseAddrPort(address); err != nil || !addr.Addr().Unmap().IsLoopback() {
				return &BadTarget{"the endpoint's name leads to another machine"}
			}
			return nil
		}
	}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, addr)
		},
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    1,
		IdleConnTimeout:        30 * time.Second,
	}
}
