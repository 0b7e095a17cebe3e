// Package fetch makes the server's outgoing requests: to the issuers, key sets,
// token endpoints and metadata of identity providers. Their addresses are typed
// in by people, so a request may go only where it can do no harm:
//
//   - https only, and never through a proxy;
//   - only to public addresses, which is checked when the connection is made and
//     not before, so that a name cannot change its address in between;
//   - at most three redirects, each held to the same rules, never from https to
//     http, and none for anything but GET, so that a secret stays where it was sent;
//   - answers end after ten seconds and one MiB, or what a caller of Stream says.
//
// What was refused and why is a Refused; errors.As finds it in whatever error an
// http.Client gives. It names the host and never a path or a query.
package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/loopback"
)

// The bounds of every fetch.
const (
	DefaultTimeout = 10 * time.Second
	MaxBody        = 1 << 20
	maxRedirects   = 3
	maxURL         = 2048
)

// Options open what is closed otherwise. The zero value is right for a server
// that is reached by people who are not trusted.
type Options struct {
	// AllowOrigin is the one origin ("http://127.0.0.1:9000") that may be fetched
	// whatever its scheme and address: the bundled identity provider's.
	AllowOrigin string
	// AllowPrivate opens loopback and private addresses, and http on loopback, for
	// an identity provider on the operator's own machine or network.
	AllowPrivate bool
	// RootCAs are trusted instead of the system's, where set.
	RootCAs *x509.CertPool
	// Timeout bounds a fetch from the first byte to the last; zero means
	// DefaultTimeout.
	Timeout time.Duration
	// Resolver looks names up; nil means the system's.
	Resolver *net.Resolver
}

// Client makes outgoing requests. Use New.
type Client struct {
	http         *http.Client
	resolver     *net.Resolver
	allowOrigin  string
	allowPrivate bool
}

// New returns a client.
func New(options Options) (*Client, error) {
	c := &Client{allowPrivate: options.AllowPrivate, resolver: options.Resolver}
	if options.AllowOrigin != "" {
		u, err := url.Parse(options.AllowOrigin)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return nil, fmt.Errorf("the allowed origin %q has to be like https://idp.example.com", options.AllowOrigin)
		}
		c.allowOrigin = origin(u)
	}
	if options.Timeout == 0 {
		options.Timeout = DefaultTimeout
	}
	transport := func(scheme string) *http.Transport {
		return &http.Transport{
			Proxy:                  nil, // an environment's proxy would do the dialing, unchecked
			DialContext:            c.dial(scheme),
			TLSClientConfig:        &tls.Config{RootCAs: options.RootCAs, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			DisableCompression:     true, // small documents; and the bound is then the wire's
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    2,
			MaxIdleConns:           32,
			IdleConnTimeout:        30 * time.Second,
		}
	}
	c.http = &http.Client{
		Transport:     &bounded{client: c, secure: transport("https"), plain: transport("http")},
		CheckRedirect: redirect,
		Timeout:       options.Timeout,
	}
	return c, nil
}

// HTTP is the client for libraries that want one.
func (c *Client) HTTP() *http.Client { return c.http }

// Close closes connections that are kept for later.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Check reports whether a URL may be fetched as far as can be said without looking
// its name up. Use it for addresses that are stored or sent to a browser; fetches
// check by themselves.
func (c *Client) Check(raw string) error {
	if len(raw) > maxURL {
		return &Refused{Reason: BadURL, Detail: "the address is longer than 2,048 characters"}
	}
	u, err := url.Parse(raw)
	if err != nil {
		return &Refused{Reason: BadURL, Detail: "the address is not a URL"} // the parser's error would quote it
	}
	return c.check(u)
}

func (c *Client) check(u *url.URL) error {
	host := u.Hostname()
	switch {
	case host == "" || u.Opaque != "":
		return &Refused{Reason: BadURL, Detail: "the address has no host"}
	case u.User != nil:
		return &Refused{Reason: BadURL, Host: u.Host, Detail: "the address has a user name or password in it"}
	case c.allowOrigin != "" && origin(u) == c.allowOrigin:
		return nil
	case u.Scheme != "https" && (u.Scheme != "http" || !c.allowPrivate || !loopback.IsName(host)):
		return &Refused{Reason: NotHTTPS, Host: u.Host, Detail: "only https is fetched"}
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return c.checkAddr(u.Host, u.Scheme, addr)
	}
	return nil
}

// checkAddr reports whether a connection may be made to an address.
func (c *Client) checkAddr(host, scheme string, addr netip.Addr) error {
	kind := classify(addr)
	allowed := kind == public
	if c.allowPrivate {
		allowed = kind == local || scheme == "https" && (kind == public || kind == private)
	}
	if allowed {
		return nil
	}
	return &Refused{Reason: BadAddress, Host: host, Detail: "it has " + string(kind) + " address"}
}

// dial returns the dialer for a scheme. Its Control sees the very address that the
// connection goes to, after all look-ups.
func (c *Client) dial(scheme string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, hostport string) (net.Conn, error) {
		dialer := net.Dialer{Timeout: DefaultTimeout, Resolver: c.resolver}
		if c.allowOrigin == "" || c.allowOrigin != originOf(scheme, hostport) {
			dialer.Control = func(_, address string, _ syscall.RawConn) error {
				resolved, err := netip.ParseAddrPort(address)
				if err != nil {
					return &Refused{Reason: BadAddress, Host: hostport, Detail: "it has an address that cannot be read"}
				}
				return c.checkAddr(hostport, scheme, resolved.Addr())
			}
		}
		return dialer.DialContext(ctx, network, hostport)
	}
}

// origin is the scheme, host and port of a URL, the port always spelled out.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return originOf(u.Scheme, net.JoinHostPort(u.Hostname(), port))
}

func originOf(scheme, hostport string) string { return scheme + "://" + strings.ToLower(hostport) }

func redirect(r *http.Request, via []*http.Request) error {
	first, last := via[0], via[len(via)-1]
	switch {
	case len(via) > maxRedirects:
		return &Refused{Reason: BadRedirect, Host: r.URL.Host, Detail: "it redirects more than three times"}
	case first.Method != http.MethodGet && first.Method != http.MethodHead:
		return &Refused{Reason: BadRedirect, Host: last.URL.Host, Detail: "it redirects a request that carries a secret"}
	case last.URL.Scheme == "https" && r.URL.Scheme != "https":
		return &Refused{Reason: BadRedirect, Host: last.URL.Host, Detail: "it redirects from https to something else"}
	}
	return nil // where to is checked as for every request
}

// bounded checks each request's URL, also those of redirects, and bounds answers.
type bounded struct {
	client        *Client
	secure, plain *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (b *bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := b.client.check(r.URL); err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // a RoundTripper has to; nothing was read from it
		}
		return nil, err
	}
	transport := b.secure
	if r.URL.Scheme == "http" {
		transport = b.plain
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	limit := int64(MaxBody)
	if own, ok := r.Context().Value(limitKey{}).(int64); ok {
		limit = own
	}
	resp.Body = &boundedBody{
		ReadCloser: resp.Body, left: limit,
		tooLarge: &Refused{Reason: TooLarge, Host: r.URL.Host, Detail: fmt.Sprintf("its answer is over %d MiB", limit>>20)},
	}
	return resp, nil
}

// CloseIdleConnections is what http.Client looks for.
func (b *bounded) CloseIdleConnections() {
	b.secure.CloseIdleConnections()
	b.plain.CloseIdleConnections()
}

// boundedBody fails, instead of ending, where there is more than the bound: half
// a document must not pass for a whole one.
type boundedBody struct {
	io.ReadCloser
	left     int64
	tooLarge error
}

func (b *boundedBody) Read(into []byte) (int, error) {
	if int64(len(into)) > b.left+1 {
		into = into[:b.left+1]
	}
	n, err := b.ReadCloser.Read(into)
	if int64(n) > b.left {
		return int(b.left), b.tooLarge
	}
	b.left -= int64(n)
	return n, err
}

// Document is what was fetched.
type Document struct {
	Body []byte
	// MediaType is the Content-Type without parameters, lower-case.
	MediaType string
}

// Get fetches a document. Anything but 200 is a StatusError.
func (c *Client) Get(ctx context.Context, address string) (*Document, error) {
	if err := c.Check(address); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, &Refused{Reason: BadURL, Detail: "the address is not a URL"}
	}
	return c.Do(r)
}

// Do sends a request and reads the whole answer. Anything but 200 is a StatusError.
func (c *Client) Do(r *http.Request) (*Document, error) {
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, plainError(r.URL.Host, err)
	}
	defer func() { _ = resp.Body.Close() }() // all that is wanted has been read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, plainError(r.URL.Host, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, &StatusError{Host: r.URL.Host, Status: resp.StatusCode}
	}
	mediaType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		mediaType = "" // there is none, or it is malformed
	}
	return &Document{Body: body, MediaType: mediaType}, nil
}

// limitKey is where a request's context has the bound of its answer.
type limitKey struct{}

// Validators tell one state of a document from the next (RFC 9110, section 8.8).
type Validators struct{ ETag, LastModified string }

// Stream fetches a document of at most so many bytes and gives it to a function as it
// comes. Anything but 200 is a StatusError; a failure to read is given to the function
// and from it to the caller, without the URL in it.
func (c *Client) Stream(ctx context.Context, address string, limit int64, read func(io.Reader) error) error {
	_, _, err := c.StreamChanged(ctx, address, Validators{}, limit, read)
	return err
}

// StreamChanged is Stream for a document that was fetched before. It returns the
// validators of what was read; where the document is still the one that is known (304) it
// reads nothing and reports false.
func (c *Client) StreamChanged(ctx context.Context, address string, known Validators, limit int64, read func(io.Reader) error) (Validators, bool, error) {
	if err := c.Check(address); err != nil {
		return Validators{}, false, err
	}
	r, err := http.NewRequestWithContext(context.WithValue(ctx, limitKey{}, limit), http.MethodGet, address, nil)
	if err != nil {
		return Validators{}, false, &Refused{Reason: BadURL, Detail: "the address is not a URL"}
	}
	known.ask(r.Header)
	resp, err := c.http.Do(r)
	if err != nil {
		return Validators{}, false, plainError(r.URL.Host, err)
	}
	defer func() { _ = resp.Body.Close() }() // all that is wanted has been read
	switch {
	case resp.StatusCode == http.StatusNotModified && known != Validators{}:
		return known, false, nil
	case resp.StatusCode != http.StatusOK:
		return Validators{}, false, &StatusError{Host: r.URL.Host, Status: resp.StatusCode}
	}
	body := &failing{in: resp.Body}
	if err = read(body); body.err != nil {
		err = plainError(r.URL.Host, body.err)
	}
	return validators(resp.Header), true, err
}

// ask makes a request conditional (RFC 9110, sections 13.1.2 and 13.1.3).
func (v Validators) ask(h http.Header) {
	if v.ETag != "" {
		h.Set("If-None-Match", v.ETag)
	}
	if v.LastModified != "" {
		h.Set("If-Modified-Since", v.LastModified)
	}
}

// validators are those of an answer; what is too long to be kept is left out.
func validators(h http.Header) Validators {
	const maxValidator = 1024
	short := func(name string) string {
		if value := h.Get(name); len(value) <= maxValidator {
			return value
		}
		return ""
	}
	return Validators{ETag: short("ETag"), LastModified: short("Last-Modified")}
}

// failing remembers the failure of a reader.
type failing struct {
	in  io.Reader
	err error
}

// Read implements io.Reader.
func (f *failing) Read(into []byte) (int, error) {
	n, err := f.in.Read(into)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// plainError takes the URL out of an http.Client's error: a query may have a
// secret in it.
func plainError(host string, err error) error {
	var refused *Refused
	if errors.As(err, &refused) {
		return refused
	}
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	return &Unreachable{Host: host, Err: err}
}
