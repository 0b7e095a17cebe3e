package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/hashicorp/go-cleanhttp"
	"golang.org/x/net/http/httpproxy"
)

// newTransport makes the connections of a client that is given none: pooled,
// through the proxy that the environment names for the endpoint, trusting what
// the machine trusts and the authorities in rootCAs.
func newTransport(cfg *Config, proxy *proxy) *http.Transport {
	pooled := cleanhttp.DefaultPooledTransport()
	pooled.MaxIdleConnsPerHost = cfg.MaxConcurrentRequests
	pooled.Proxy = func(req *http.Request) (*url.URL, error) { return proxy.pick(req.URL) }
	pooled.OnProxyConnectResponse = func(_ context.Context, at *url.URL, _ *http.Request, resp *http.Response) error {
		if resp.StatusCode == http.StatusOK {
			return nil
		}
		return &proxyRejection{status: resp.StatusCode, proxy: at}
	}
	if cfg.RootCAs != nil {
		pooled.TLSClientConfig = &tls.Config{RootCAs: cfg.RootCAs, MinVersion: tls.VersionTLS12}
	}
	return pooled
}

// proxy is what the environment says of proxies: HTTPS_PROXY, HTTP_PROXY and
// NO_PROXY, in either case.
type proxy struct {
	pick    func(*url.URL) (*url.URL, error)
	secrets []string // user names with passwords, in the spellings that errors may repeat
}

// ProxyError says that a variable of the environment holds no address of a proxy.
// It does not repeat the address, which may hold a password.
type ProxyError struct{ Variable string }

// Error implements error.
func (e *ProxyError) Error() string {
	return fmt.Sprintf("the environment variable %s is no address of a proxy: write it like http://proxy.example:3128, or http://USER:PASSWORD@proxy.example:3128 with special characters of the password percent-encoded", e.Variable)
}

// proxyFor reads the environment. A wrong address is an error where a request to
// the endpoint would go through it; net/http would leave the proxy out.
func proxyFor(endpoint *url.URL, env *httpproxy.Config) (*proxy, error) {
	p := &proxy{pick: env.ProxyFunc()}
	for _, variable := range []struct{ name, scheme, value string }{
		{"HTTPS_PROXY", "https", env.HTTPSProxy}, {"HTTP_PROXY", "http", env.HTTPProxy},
	} {
		if variable.value == "" {
			continue
		}
		at, ok := parseProxy(variable.value)
		if !ok {
			if variable.scheme == endpoint.Scheme && goesThrough(env, endpoint) {
				return nil, &ProxyError{Variable: variable.name}
			}
			continue
		}
		if password, has := at.User.Password(); has {
			p.secrets = append(p.secrets, at.User.String(), password, strings.TrimPrefix(url.UserPassword("", password).String(), ":"))
		}
	}
	return p, nil
}

// goesThrough reports whether requests to the endpoint go through a proxy,
// wherever that is.
func goesThrough(env *httpproxy.Config, endpoint *url.URL) bool {
	any := *env
	any.HTTPSProxy, any.HTTPProxy = "http://proxy.invalid", "http://proxy.invalid"
	through, err := any.ProxyFunc()(endpoint)
	return err == nil && through != nil
}

// parseProxy reads the address of a proxy as net/http does: without a scheme it
// is an http proxy.
func parseProxy(raw string) (*url.URL, bool) {
	if !strings.Contains(raw, "://") {
		raw = "http://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return nil, false
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return u, true
	}
	return nil, false
}

// proxyRejection is a proxy's answer that it does not let a request through.
type proxyRejection struct {
	status int
	proxy  *url.URL // nil where it is not known
}

// Error implements error.
func (e *proxyRejection) Error() string {
	who := "the proxy"
	if e.proxy != nil {
		who += " " + e.proxy.Host
	}
	if e.status == http.StatusProxyAuthRequired {
		if e.proxy != nil && e.proxy.User != nil {
			return who + " did not accept its user name and password (407)"
		}
		return who + " asks for a user name and password (407)"
	}
	return fmt.Sprintf("%s does not let it through (%s)", who, statusLine(e.status))
}

// permanent reports whether the proxy would say the same again.
func (e *proxyRejection) permanent() bool {
	return e.status < http.StatusInternalServerError && !retryStatus(e.status, &callState{idempotent: true})
}

// asProxyRejection reads a 407 that came as an answer: from a proxy that plain http
// goes through.
func (c *Client) asProxyRejection(resp *http.Response) *attemptError {
	rejection := &proxyRejection{status: resp.StatusCode}
	if t, ok := c.transport.(*http.Transport); ok && t.Proxy != nil && resp.Request != nil {
		if at, err := t.Proxy(resp.Request); err == nil {
			rejection.proxy = at
		}
	}
	return &attemptError{err: rejection, permanent: true}
}

// connectionFix returns what to do about a connection that did not come about,
// "" where that is unknown. It goes by the kind of the error.
func connectionFix(err error, endpoint string, sent bool) string {
	var (
		rejection *proxyRejection
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		dial      *net.OpError
		lookup    *net.DNSError
	)
	switch {
	case errors.As(err, &rejection) && rejection.status == http.StatusProxyAuthRequired:
		return "put them into the proxy's address, HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT with special characters percent-encoded, or name the API's host in NO_PROXY"
	case errors.As(err, &rejection):
		return "let the proxy allow the API's host, or name that in NO_PROXY"
	case errors.As(err, &dial) && dial.Op == "proxyconnect":
		return "the proxy cannot be reached: check its address in HTTPS_PROXY or HTTP_PROXY, or name the API's host in NO_PROXY"
	case errors.As(err, &authority):
		return "if a proxy or an authority of your own signs the certificate, put the authority's certificate into a PEM file and name that in SSL_CERT_FILE"
	case errors.As(err, &name):
		return "check the host in the endpoint: its certificate is for another one"
	case errors.As(err, &invalid):
		return "the server's certificate cannot be used as it is; check the clock of this machine, too"
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		return "the server does not speak TLS there: check the port of the endpoint, or write http:// for a server on this machine"
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return "check the host in the endpoint; where only a proxy knows it, set HTTPS_PROXY"
	case strings.HasPrefix(endpoint, "http://") && sent && brokeOff(err):
		return "where the server speaks TLS, write https:// in the endpoint"
	}
	return ""
}

// brokeOff reports that a server closed a connection instead of answering, as one
// that expects TLS does.
func brokeOff(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)
}
