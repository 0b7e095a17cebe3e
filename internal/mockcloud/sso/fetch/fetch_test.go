package fetch_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/fetch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// names is a name server: it answers every question about a name with its address.
func names(t *testing.T, addresses map[string]string) *net.Resolver {
	t.Helper()
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer func() { _ = theirs.Close() }()
			for {
				if err := answerName(theirs, addresses); err != nil {
					return
				}
			}
		}()
		return ours, nil
	}}
}

func answerName(conn net.Conn, addresses map[string]string) error {
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return err
	}
	raw := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, raw); err != nil {
		return err
	}
	var m dnsmessage.Message
	if err := m.Unpack(raw); err != nil {
		return err
	}
	m.Response, m.Additionals = true, nil
	asked := m.Questions[0]
	addr, err := netip.ParseAddr(addresses[strings.TrimSuffix(asked.Name.String(), ".")])
	head := dnsmessage.ResourceHeader{Name: asked.Name, Type: asked.Type, Class: asked.Class, TTL: 1}
	switch {
	case err != nil:
		m.RCode = dnsmessage.RCodeNameError
	case addr.Is4() && asked.Type == dnsmessage.TypeA:
		m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AResource{A: addr.As4()}}}
	case !addr.Is4() && asked.Type == dnsmessage.TypeAAAA:
		m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}}}
	}
	packed, err := m.Pack()
	if err != nil {
		return err
	}
	_, err = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packed))), packed...))
	return err
}

func client(t *testing.T, options fetch.Options) *fetch.Client {
	t.Helper()
	c, err := fetch.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func serve(t *testing.T, tls bool, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are expected
	if tls {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server
}

func pool(servers ...*httptest.Server) *x509.CertPool {
	p := x509.NewCertPool()
	for _, s := range servers {
		p.AddCert(s.Certificate())
	}
	return p
}

func hello(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/JSON; charset=utf-8")
	_, _ = io.WriteString(w, `"hello"`)
}

// refusal asserts that an error is a refusal for that reason.
func refusal(t *testing.T, err error, want fetch.Reason) fetch.Refused {
	t.Helper()
	var refused *fetch.Refused
	if !errors.As(err, &refused) {
		t.Fatalf("%v is no refusal", err)
	}
	if refused.Reason != want {
		t.Fatalf("%v: reason %s, want %s", err, refused.Reason, want)
	}
	return *refused
}

// TestAddressesAfterTheLookUp gives an innocent name each of the addresses that
// must not be reached. No server listens at them; the refusal comes before.
func TestAddressesAfterTheLookUp(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		addr    string
		private bool // AllowPrivate opens it
	}{
		"loopback":               {"127.0.0.1", true},
		"all of 127/8":           {"127.8.9.10", true},
		"loopback, IPv6":         {"::1", true},
		"10/8":                   {"10.1.2.3", true},
		"172.16/12":              {"172.31.255.254", true},
		"192.168/16":             {"192.168.1.1", true},
		"unique local":           {"fd12:3456::1", true},
		"mapped loopback":        {"::ffff:127.0.0.1", true},
		"mapped private":         {"::ffff:10.0.0.1", true},
		"a cloud's metadata":     {"169.254.169.254", false},
		"link-local, IPv6":       {"fe80::1", false},
		"carriers' shared":       {"100.64.0.1", false},
		"carriers' shared, end":  {"100.127.255.255", false},
		"unspecified":            {"0.0.0.0", false},
		"this network":           {"0.1.2.3", false},
		"unspecified, IPv6":      {"::", false},
		"multicast":              {"224.0.0.1", false},
		"multicast, IPv6":        {"ff02::1", false},
		"broadcast":              {"255.255.255.255", false},
		"reserved":               {"240.0.0.1", false},
		"documentation":          {"192.0.2.1", false},
		"benchmarks":             {"198.18.0.1", false},
		"mapped metadata":        {"::ffff:169.254.169.254", false},
		"mapped shared":          {"::ffff:100.64.0.1", false},
		"NAT64 of loopback":      {"64:ff9b::7f00:1", false},
		"NAT64 of private":       {"64:ff9b::a00:1", false},
		"NAT64 of metadata":      {"64:ff9b::a9fe:a9fe", false},
		"local NAT64":            {"64:ff9b:1::1", false},
		"6to4 of loopback":       {"2002:7f00:1::1", false},
		"Teredo":                 {"2001:0:4136:e378:8000:63bf:3fff:fdd2", false},
		"IPv4-compatible":        {"::7f00:1", false},
		"site-local":             {"fec0::1", false},
		"documentation, IPv6":    {"2001:db8::1", false},
		"discard":                {"100::1", false},
		"translated (RFC 2765)":  {"::ffff:0:7f00:1", false},
		"new documentation IPv6": {"3fff::1", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resolver := names(t, map[string]string{"idp.example.com": row.addr})
			ctx := t.Context()
			if row.private { // the dial is made, and need not be waited for
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
				defer cancel()
			}

			_, err := client(t, fetch.Options{Resolver: resolver}).Get(t.Context(), "https://idp.example.com:1/secret?token=hidden")
			refused := refusal(t, err, fetch.BadAddress)
			if refused.Host != "idp.example.com:1" || strings.Contains(err.Error(), "hidden") || strings.Contains(err.Error(), "secret") {
				t.Errorf("the refusal %q should name the host and no more", err)
			}

			// With private addresses open the dial is made, and fails.
			_, err = client(t, fetch.Options{Resolver: resolver, AllowPrivate: true}).Get(ctx, "https://idp.example.com:1/")
			var unreachable *fetch.Unreachable
			if opened := errors.As(err, &unreachable); opened != row.private {
				t.Errorf("with private addresses open: %v", err)
			}

			literal := row.addr
			if strings.Contains(literal, ":") {
				literal = "[" + literal + "]"
			}
			refusal(t, client(t, fetch.Options{}).Check("https://"+literal+"/"), fetch.BadAddress)
		})
	}
}

func TestPublicAddressesAreOpen(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"} {
		host := addr
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		if err := client(t, fetch.Options{}).Check("https://" + host + "/"); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestURLs(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		url    string
		reason fetch.Reason
	}{
		{"http://idp.example.com/", fetch.NotHTTPS},
		{"http://localhost:1234/", fetch.NotHTTPS},
		{"ftp://idp.example.com/", fetch.NotHTTPS},
		{"file:///etc/passwd", fetch.BadURL},
		{"https:idp.example.com", fetch.BadURL},
		{"https:///path", fetch.BadURL},
		{"/path", fetch.BadURL},
		{"", fetch.BadURL},
		{"https://user:hidden@idp.example.com/", fetch.BadURL},
		{"https://idp.example.com:port/", fetch.BadURL},
		{"https://idp.example.com/\x7f", fetch.BadURL},
		{"https://idp.example.com/" + strings.Repeat("x", 2048), fetch.BadURL},
	} {
		refused := refusal(t, client(t, fetch.Options{}).Check(row.url), row.reason)
		if strings.Contains(refused.Detail+refused.Host, "hidden") {
			t.Errorf("%+v tells a password", refused)
		}
	}
	open := client(t, fetch.Options{AllowPrivate: true})
	for _, fine := range []string{"http://localhost:8080/realms/x", "http://idp.localhost/", "http://127.0.0.1/", "http://[::1]:80/", "https://10.0.0.1/"} {
		if err := open.Check(fine); err != nil {
			t.Errorf("%s: %v", fine, err)
		}
	}
	refusal(t, open.Check("http://10.0.0.1/"), fetch.NotHTTPS)
	refusal(t, open.Check("http://idp.example.com/"), fetch.NotHTTPS)
}

func TestHTTPOnlyWhereTheNameLeadsToLoopback(t *testing.T) {
	t.Parallel()
	c := client(t, fetch.Options{AllowPrivate: true, Resolver: names(t, map[string]string{"idp.localhost": "10.0.0.1"})})
	_, err := c.Get(t.Context(), "http://idp.localhost/")
	refusal(t, err, fetch.BadAddress)
}

func TestAllowOriginIsOneOrigin(t *testing.T) {
	t.Parallel()
	allowed, other := serve(t, false, hello), serve(t, false, hello)
	c := client(t, fetch.Options{AllowOrigin: allowed.URL})
	got, err := c.Get(t.Context(), allowed.URL+"/path")
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Body) != `"hello"` || got.MediaType != "application/json" {
		t.Errorf("%s %q", got.MediaType, got.Body)
	}
	_, err = c.Get(t.Context(), other.URL)
	refusal(t, err, fetch.NotHTTPS)
	_, err = c.Get(t.Context(), strings.Replace(allowed.URL, "http://", "https://", 1))
	refusal(t, err, fetch.BadAddress)
	_, err = c.Get(t.Context(), strings.Replace(allowed.URL, "127.0.0.1", "localhost", 1))
	refusal(t, err, fetch.NotHTTPS)

	// Other names are held to their addresses all the same.
	c = client(t, fetch.Options{AllowOrigin: allowed.URL, Resolver: names(t, map[string]string{"idp.example.com": "127.0.0.1"})})
	_, err = c.Get(t.Context(), "https://idp.example.com/")
	refusal(t, err, fetch.BadAddress)

	for _, wrong := range []string{"idp.example.com", "ftp://idp.example.com", "https://"} {
		if _, err := fetch.New(fetch.Options{AllowOrigin: wrong}); err == nil {
			t.Errorf("%q was taken for an origin", wrong)
		}
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	var plainHits atomic.Int32
	plain := serve(t, false, func(w http.ResponseWriter, r *http.Request) { plainHits.Add(1); hello(w, r) })
	var secure *httptest.Server
	secure = serve(t, true, func(w http.ResponseWriter, r *http.Request) {
		n := 0
		if _, err := fmt.Sscanf(r.URL.Path, "/hops/%d", &n); err == nil && n > 0 {
			http.Redirect(w, r, fmt.Sprintf("/hops/%d", n-1), http.StatusFound)
			return
		}
		switch r.URL.Path {
		case "/down":
			http.Redirect(w, r, plain.URL, http.StatusFound)
		case "/metadata":
			http.Redirect(w, r, "https://169.254.169.254/latest", http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/keep":
			http.Redirect(w, r, secure.URL+"/hops/0", http.StatusTemporaryRedirect)
		default:
			hello(w, r)
		}
	})
	c := client(t, fetch.Options{AllowPrivate: true, RootCAs: pool(secure)})
	if _, err := c.Get(t.Context(), secure.URL+"/hops/3"); err != nil {
		t.Errorf("three redirects: %v", err)
	}
	for path, reason := range map[string]fetch.Reason{
		"/hops/4": fetch.BadRedirect, "/down": fetch.BadRedirect,
		"/metadata": fetch.BadAddress, "/file": fetch.BadRedirect,
	} {
		_, err := c.Get(t.Context(), secure.URL+path)
		refusal(t, err, reason)
	}
	if plainHits.Load() != 0 {
		t.Error("a redirect led from https to http")
	}
	resp, err := c.HTTP().PostForm(secure.URL+"/keep", url.Values{"client_secret": {"hidden"}})
	if err == nil {
		_ = resp.Body.Close()
	}
	refusal(t, err, fetch.BadRedirect)
}

func TestSizeIsBounded(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte("x"), fetch.MaxBody+1)
	server := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/exact":
			_, _ = w.Write(body[1:])
		case "/over":
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			_, _ = w.Write(body)
		case "/chunks":
			_, _ = w.Write(body[:1000])
			_ = http.NewResponseController(w).Flush() // from here on no length is known
			_, _ = w.Write(body[1000:])
		}
	})
	c := client(t, fetch.Options{AllowOrigin: server.URL})
	if got, err := c.Get(t.Context(), server.URL+"/exact"); err != nil || len(got.Body) != fetch.MaxBody {
		t.Errorf("exactly the bound: %v", err)
	}
	for _, path := range []string{"/over", "/chunks"} {
		_, err := c.Get(t.Context(), server.URL+path)
		refusal(t, err, fetch.TooLarge)
	}
}

// TestStream: a caller's own bound holds for its request alone, and a failure is no shorter document.
func TestStream(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte("x"), 3<<20)
	server := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/missing" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write(body)
	})
	c := client(t, fetch.Options{AllowOrigin: server.URL})
	var n int64
	count := func(r io.Reader) (err error) {
		n, err = io.Copy(io.Discard, r)
		return err
	}
	if err := c.Stream(t.Context(), server.URL, 3<<20, count); err != nil || n != 3<<20 {
		t.Errorf("exactly the bound: %d bytes, %v", n, err)
	}
	refusal(t, c.Stream(t.Context(), server.URL, 3<<20-1, count), fetch.TooLarge)
	// Whatever the function makes of a failure, it is the failure that counts.
	swallow := func(r io.Reader) error { _ = count(r); return nil }
	refusal(t, c.Stream(t.Context(), server.URL, 1<<20, swallow), fetch.TooLarge)
	_, err := c.Get(t.Context(), server.URL)
	refusal(t, err, fetch.TooLarge)
	var status *fetch.StatusError
	if err := c.Stream(t.Context(), server.URL+"/missing", 3<<20, count); !errors.As(err, &status) || status.Status != http.StatusNotFound {
		t.Errorf("missing: %v", err)
	}
	refusal(t, c.Stream(t.Context(), "http://idp.example.com/metadata", 3<<20, count), fetch.NotHTTPS)
	mine := errors.New("not what I wanted")
	if err := c.Stream(t.Context(), server.URL, 3<<20, func(io.Reader) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("the function's own: %v", err)
	}
}

func TestTimeIsBounded(t *testing.T) {
	t.Parallel()
	server := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/trickle" {
			_, _ = io.WriteString(w, "{")
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	})
	c := client(t, fetch.Options{AllowOrigin: server.URL, Timeout: 50 * time.Millisecond})
	for _, path := range []string{"/", "/trickle"} {
		_, err := c.Get(t.Context(), server.URL+path)
		var unreachable *fetch.Unreachable
		if !errors.As(err, &unreachable) || !unreachable.Slow() || !strings.Contains(err.Error(), "in time") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestNoProxy(t *testing.T) {
	proxied := serve(t, false, func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") })
	t.Setenv("HTTP_PROXY", proxied.URL)
	t.Setenv("HTTPS_PROXY", proxied.URL)
	t.Setenv("ALL_PROXY", proxied.URL)
	server := serve(t, true, hello)
	c := client(t, fetch.Options{AllowPrivate: true, RootCAs: pool(server)})
	if _, err := c.Get(t.Context(), server.URL); err != nil {
		t.Error(err)
	}
}

func TestOtherFailures(t *testing.T) {
	t.Parallel()
	server := serve(t, true, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	_, err := client(t, fetch.Options{AllowPrivate: true, RootCAs: pool(server)}).Get(t.Context(), server.URL)
	var status *fetch.StatusError
	if !errors.As(err, &status) || status.Status != http.StatusTeapot {
		t.Errorf("status: %v", err)
	}
	var unreachable *fetch.Unreachable
	_, err = client(t, fetch.Options{AllowPrivate: true}).Get(t.Context(), server.URL+"/?secret=hidden")
	if !errors.As(err, &unreachable) || strings.Contains(err.Error(), "hidden") {
		t.Errorf("a certificate that nobody vouches for: %v", err)
	}
	_, err = client(t, fetch.Options{Resolver: names(t, nil)}).Get(t.Context(), "https://nowhere.example.com/")
	if !errors.As(err, &unreachable) {
		t.Errorf("no such name: %v", err)
	}
}

// TestStreamChanged: a document that is known is asked for by its validators, and one that is the same is not read.
func TestStreamChanged(t *testing.T) {
	t.Parallel()
	const etag, date = `"2"`, "Thu, 01 Jan 2026 12:00:00 GMT"
	server := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag)
		w.Header().Set("Last-Modified", date)
		if r.Header.Get("If-None-Match") == etag || r.Header.Get("If-Modified-Since") == date || r.URL.Path == "/always" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if r.URL.Path == "/long" {
			w.Header().Set("ETag", `"`+strings.Repeat("x", 2000)+`"`)
		}
		_, _ = io.WriteString(w, "document")
	})
	c := client(t, fetch.Options{AllowOrigin: server.URL})
	both := fetch.Validators{ETag: etag, LastModified: date}
	for name, test := range map[string]struct {
		path    string
		known   fetch.Validators
		now     fetch.Validators
		changed bool
	}{
		"never fetched":          {"/", fetch.Validators{}, both, true},
		"another one is known":   {"/", fetch.Validators{ETag: `"1"`}, both, true},
		"the same, by its tag":   {"/", fetch.Validators{ETag: etag}, fetch.Validators{ETag: etag}, false},
		"the same, by its date":  {"/", fetch.Validators{LastModified: date}, fetch.Validators{LastModified: date}, false},
		"a tag that is too long": {"/long", fetch.Validators{}, fetch.Validators{LastModified: date}, true},
	} {
		read := ""
		now, changed, err := c.StreamChanged(t.Context(), server.URL+test.path, test.known, 100, func(r io.Reader) error {
			all, err := io.ReadAll(r)
			read = string(all)
			return err
		})
		if err != nil || now != test.now || changed != test.changed || (read == "document") != test.changed {
			t.Errorf("%s: %+v, %t, %v, read %q", name, now, changed, err, read)
		}
	}
	var status *fetch.StatusError
	if err := c.Stream(t.Context(), server.URL+"/always", 100, func(io.Reader) error { return nil }); !errors.As(err, &status) || status.Status != http.StatusNotModified {
		t.Errorf("the same as nothing: %v", err)
	}
}
