package client

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http/httpproxy"
)

// connectProxy is a real proxy: it lets CONNECT through to one server, whatever
// host is asked for, and wants credentials if it has some.
type connectProxy struct {
	*httptest.Server
	to          string // where it connects to
	credentials string // user:password, "" for none
	status      int    // refuses everything with this, unless 0
	mu          sync.Mutex
	asked       []string // hosts
}

func newConnectProxy(t *testing.T, to, credentials string) *connectProxy {
	t.Helper()
	p := &connectProxy{to: strings.TrimPrefix(to, "https://"), credentials: credentials}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

// ServeHTTP implements http.Handler.
func (p *connectProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.Host)
	p.mu.Unlock()
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(p.credentials))
	switch {
	case p.status != 0:
		w.WriteHeader(p.status)
		return
	case p.credentials != "" && r.Header.Get("Proxy-Authorization") != want:
		w.Header().Set("Proxy-Authenticate", `Basic realm="proxy"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	there, err := net.Dial("tcp", p.to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusOK)
	here, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = there.Close() // there is nobody to tell
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = io.Copy(there, buffered); _ = there.Close() }) // ends with either side
	wg.Go(func() { _, _ = io.Copy(here, there); _ = here.Close() })
	wg.Wait()
}

func (p *connectProxy) hosts() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// useProxies makes this the environment. Tests that do cannot run in parallel.
func useProxies(t *testing.T, https, http, no string) {
	t.Helper()
	for name, value := range map[string]string{"HTTPS_PROXY": https, "HTTP_PROXY": http, "NO_PROXY": no} {
		t.Setenv(name, value)
		t.Setenv(strings.ToLower(name), value)
	}
}

// tlsAPI answers as the account API does, with a certificate for example.com of
// an unknown authority.
func tlsAPI(t *testing.T) (server *httptest.Server, authority *x509.CertPool) {
	t.Helper()
	server = httptest.NewUnstartedServer(respond(http.StatusOK, "application/json", `{"id":"`+testAccount+`","name":"Acme"}`))
	server.Config.ErrorLog = quiet
	server.StartTLS()
	t.Cleanup(server.Close)
	authority = x509.NewCertPool()
	authority.AddCert(server.Certificate())
	return server, authority
}

// quiet drops what a server says of handshakes that are meant to fail.
var quiet = log.New(io.Discard, "", 0)

func mustBase(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestProxyFromTheEnvironment(t *testing.T) {
	server, authority := tlsAPI(t)
	proxy := newConnectProxy(t, server.URL, "ada:hunter2/%")
	at := strings.TrimPrefix(proxy.URL, "http://")
	useProxies(t, "http://ada:hunter2%2F%25@"+at, "", "")
	c, err := New(Config{Endpoint: "https://example.com", APIKey: testKey, RootCAs: authority})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	account, err := c.GetAccount(t.Context(), testAccount)
	if err != nil || account.Name != "Acme" {
		t.Fatalf("got %+v, %v", account, err)
	}
	if got := proxy.hosts(); len(got) != 1 || got[0] != "CONNECT example.com:443" {
		t.Errorf("the proxy was asked for %q", got)
	}
	if got := c.redact.text("a hunter2/% b hunter2%2F%25 c"); got != "a [redacted] b [redacted] c" {
		t.Errorf("redacted to %q", got)
	}
}

// A proxy's refusal says what to do, without its password, and is not repeated
// where it would be the same again.
func TestProxyRejects(t *testing.T) {
	server, authority := tlsAPI(t)
	for name, test := range map[string]struct {
		userInfo string
		status   int
		endpoint string
		attempts int
		want     []string
	}{
		"no password":            {"", 0, "https://example.com", 1, []string{"asks for a user name and password (407)", "HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"}},
		"a wrong password":       {"ada:hunter3@", 0, "https://example.com", 1, []string{"did not accept its user name and password (407)", "percent-encoded"}},
		"over plain http":        {"ada:hunter3@", 0, "http://example.com", 1, []string{"did not accept its user name and password (407)", "percent-encoded"}},
		"a host it does not let": {"", http.StatusForbidden, "https://example.com", 1, []string{"does not let it through (403 Forbidden)", "NO_PROXY"}},
		"a host it cannot reach": {"", http.StatusBadGateway, "https://example.com", 3, []string{"does not let it through (502 Bad Gateway)"}},
	} {
		t.Run(name, func(t *testing.T) {
			proxy := newConnectProxy(t, server.URL, "ada:hunter2")
			proxy.status = test.status
			at := "http://" + test.userInfo + strings.TrimPrefix(proxy.URL, "http://")
			useProxies(t, at, at, "")
			c, err := New(Config{Endpoint: test.endpoint, APIKey: testKey, RootCAs: authority, AllowInsecureHTTP: true, MaxRetries: 2})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.Close)
			c.retry.base, c.retry.maxWait = 1, 1
			_, err = c.GetAccount(t.Context(), testAccount)
			var failed *ConnectionError
			if !errors.As(err, &failed) || failed.Attempts != test.attempts || len(proxy.hosts()) != test.attempts {
				t.Fatalf("got %v, %d requests, want %d attempts", err, len(proxy.hosts()), test.attempts)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "hunter") {
				t.Errorf("the password is in %v", err)
			}
		})
	}
}

// A proxy that is not there is told as that, and tried again: nothing was sent.
func TestProxyIsDown(t *testing.T) {
	useProxies(t, "http://ada:hunter2@127.0.0.1:1", "", "")
	c, err := New(Config{Endpoint: "https://example.com", APIKey: testKey, MaxRetries: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.retry.base, c.retry.maxWait = 1, 1
	_, err = c.GetAccount(t.Context(), testAccount)
	var failed *ConnectionError
	if !errors.As(err, &failed) || failed.Attempts != 2 || !strings.Contains(failed.Fix, "HTTPS_PROXY") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func TestNoProxy(t *testing.T) {
	proxy := newConnectProxy(t, "https://127.0.0.1:1", "")
	useProxies(t, proxy.URL, proxy.URL, "example.com")
	c := strangersClient(t, httptest.NewServer(respond(http.StatusOK, "application/json", `{"id":"x"}`)))
	if _, err := c.GetAccount(t.Context(), testAccount); err != nil { // loopback goes through no proxy
		t.Fatal(err)
	}
	other, err := proxyFor(mustBase(t, "https://example.com/api"), httpproxy.FromEnvironment())
	if err != nil {
		t.Fatal(err)
	}
	for address, through := range map[string]bool{"https://example.com/api": false, "https://api.prefect.cloud/api": true, "http://api.prefect.cloud/api": true, "http://localhost:4200/api": false} {
		if at, err := other.pick(mustBase(t, address)); err != nil || (at != nil) != through {
			t.Errorf("%s goes through %v, %v", address, at, err)
		}
	}
	if n := len(proxy.hosts()); n != 0 {
		t.Errorf("the proxy was asked %d times", n)
	}
}

// A wrong address of a proxy is an error instead of a way around it, and only for
// what would go through it.
func TestWrongProxy(t *testing.T) {
	for name, test := range map[string]struct {
		https, http, no, endpoint, want string
	}{
		"a bare password":        {https: "http://ada:hun ter2@proxy:3128", endpoint: "https://api.prefect.cloud", want: "HTTPS_PROXY"},
		"an unescaped one":       {https: "http://ada:hunter2%@proxy:3128", endpoint: "https://api.prefect.cloud", want: "HTTPS_PROXY"},
		"no port number":         {https: "proxy:hunter2", endpoint: "https://api.prefect.cloud", want: "HTTPS_PROXY"},
		"another scheme":         {https: "ftp://hunter2", endpoint: "https://api.prefect.cloud", want: "HTTPS_PROXY"},
		"no host":                {http: "http://", endpoint: "http://api.example", want: "HTTP_PROXY"},
		"the other scheme's":     {http: "http://", endpoint: "https://api.prefect.cloud"},
		"not for this host":      {https: "http://", no: "prefect.cloud", endpoint: "https://api.prefect.cloud"},
		"not for this machine":   {http: "http://", endpoint: "http://localhost:4200"},
		"a host alone":           {https: "proxy.example", endpoint: "https://api.prefect.cloud"},
		"a host with a port":     {https: "proxy.example:3128", endpoint: "https://api.prefect.cloud"},
		"a SOCKS proxy":          {https: "socks5h://proxy.example", endpoint: "https://api.prefect.cloud"},
		"credentials, no scheme": {https: "ada:hunter2@proxy.example:3128", endpoint: "https://api.prefect.cloud"},
	} {
		t.Run(name, func(t *testing.T) {
			useProxies(t, test.https, test.http, test.no)
			c, err := New(Config{Endpoint: test.endpoint, APIKey: testKey, AllowInsecureHTTP: true})
			if err == nil {
				c.Close()
			}
			var wrong *ProxyError
			if errors.As(err, &wrong) != (test.want != "") || wrong != nil && wrong.Variable != test.want {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password is in %v", err)
			}
		})
	}
}

// What is wrong with a TLS connection is told with what to do about it.
func TestTLSTrouble(t *testing.T) {
	t.Parallel()
	server, authority := tlsAPI(t)
	plain := httptest.NewServer(respond(http.StatusOK, "application/json", `{}`))
	t.Cleanup(plain.Close)
	closing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closing.Close() }) // the test is over
	go func() {
		for {
			conn, err := closing.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1)) // as a server that expects a handshake
			_ = conn.Close()
		}
	}()
	port := func(url string) string { return url[strings.LastIndexByte(url, ':'):] }
	for name, test := range map[string]struct {
		endpoint string
		trusted  bool
		want     string
	}{
		"an unknown authority":        {server.URL, false, "SSL_CERT_FILE"},
		"another host's certificate":  {"https://localhost" + port(server.URL), true, "check the host in the endpoint"},
		"TLS to a plain server":       {"https://127.0.0.1" + port(plain.URL), false, "does not speak TLS"},
		"plain http to a TLS server":  {"http://127.0.0.1" + port(server.URL), false, "write https://"},
		"plain http to one that ends": {"http://" + closing.Addr().String(), false, "write https://"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := Config{Endpoint: test.endpoint, APIKey: testKey}
			if test.trusted {
				cfg.RootCAs = authority
			}
			c, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.Close)
			if _, err = c.GetAccount(t.Context(), testAccount); err == nil || !strings.Contains(err.Error(), test.want) || IsNotFound(err) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// Custom headers go to the API's host with every attempt, to its SCIM endpoint on
// that host, and nowhere else. No error and no log repeats their values.
func TestCustomHeaders(t *testing.T) {
	t.Parallel()
	const secret = "s3cret  value\"x"
	var at [2]atomic.Int32 // requests with the header, to the API and elsewhere
	count := func(i int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("CF-Access-Client-Secret") == secret {
				at[i].Add(1)
			}
			respond(http.StatusUnauthorized, "application/json", `{"detail":"I got s3cret  value\"x and `+testKey+`"}`)(w, r)
		}
	}
	api, elsewhere := httptest.NewServer(count(0)), httptest.NewServer(count(1))
	t.Cleanup(elsewhere.Close)
	t.Cleanup(api.Close)
	var logged struct {
		sync.Mutex
		text strings.Builder
	}
	c := newTestClient(t, nil, func(cfg *Config) {
		cfg.Endpoint, cfg.CustomHeaders = api.URL, map[string]string{"cf-access-client-secret": secret}
		cfg.Log = func(_ context.Context, _ Level, msg string, fields map[string]any) {
			logged.Lock()
			defer logged.Unlock()
			_, _ = fmt.Fprintln(&logged.text, msg, fields) // into memory
		}
	})
	_, err := c.GetAccount(t.Context(), testAccount)
	if !hasStatus(err, http.StatusUnauthorized) || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), redacted) {
		t.Errorf("got %v", err)
	}
	for endpoint, want := range map[string][2]int32{
		api.URL + "/scim/v2.0/dir": {2, 0}, elsewhere.URL + "/scim/v2.0/dir": {2, 0}, "http://localhost" + api.URL[strings.LastIndexByte(api.URL, ':'):] + "/scim": {2, 0},
	} {
		at[0].Store(1)
		scim, err := c.SCIM(endpoint, "token")
		if err != nil {
			t.Fatal(err)
		}
		if _, err = scim.UsersByName(t.Context(), "ada@acme.com"); err == nil {
			t.Error("the refusal is no error")
		}
		if !strings.HasPrefix(endpoint, api.URL) {
			want[0] = 1
		}
		if got := [2]int32{at[0].Load(), at[1].Load()}; got != want {
			t.Errorf("%s: the header went out %v times, want %v", endpoint, got, want)
		}
	}
	if text := logged.text.String(); strings.Contains(text, "s3cret") || text == "" {
		t.Errorf("logged %q", text)
	}
}
