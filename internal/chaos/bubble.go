package chaos

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing/synctest"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scenario"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// memory is a network within this process, which a bubble's clock takes for idle while everybody waits.
type memory struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	host   string
}

// hosts counts the servers of this process. Each has an address of its own: what the client keeps for the whole process,
// it keeps by address, and a bubble must not meet another one's channels there.
var hosts atomic.Int32

func newMemory() *memory {
	return &memory{conns: make(chan net.Conn), closed: make(chan struct{}), host: fmt.Sprintf("127.0.0.1:%d", 10_000+hosts.Add(1)%50_000)}
}

// Accept implements net.Listener.
func (m *memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.conns:
		return conn, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (m *memory) Close() error {
	m.once.Do(func() { close(m.closed) })
	return nil
}

// Addr implements net.Listener.
func (m *memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (m *memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case m.conns <- far:
		return near, nil
	case <-m.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// gate lets requests through one at a time, each as soon as everybody waits: for an answer, for a time, or here. Which of
// them, the seed says, so that a case takes the same course each time.
type gate struct {
	next http.RoundTripper
	dice *rand.Rand
	wake chan struct{}

	mu      sync.Mutex
	waiting []*ticket
	passed  int
	// Passing is told of each request just before it passes.
	passing func(n int)
}

// ticket is a request that waits.
type ticket struct {
	key  string
	pass chan struct{}
}

func newGate(next http.RoundTripper, seed uint64) *gate {
	return &gate{next: next, dice: rand.New(rand.NewPCG(seed, 41)), wake: make(chan struct{}, 1)}
}

// RoundTrip implements http.RoundTripper.
func (g *gate) RoundTrip(req *http.Request) (*http.Response, error) {
	sum := fnv.New64a()
	if req.GetBody != nil {
		if body, err := req.GetBody(); err == nil {
			_, _ = io.Copy(sum, body) // from memory
		}
	}
	t := &ticket{key: fmt.Sprintf("%s %s %x", req.Method, req.URL, sum.Sum64()), pass: make(chan struct{})}
	g.mu.Lock()
	g.waiting = append(g.waiting, t)
	g.mu.Unlock()
	select {
	case g.wake <- struct{}{}:
	default: // it is awake
	}
	select {
	case <-t.pass:
		return g.next.RoundTrip(req)
	case <-req.Context().Done():
		g.mu.Lock()
		g.waiting = slices.DeleteFunc(g.waiting, func(other *ticket) bool { return other == t })
		g.mu.Unlock()
		return nil, req.Context().Err()
	}
}

// open lets requests through until the channel is closed.
func (g *gate) open(until <-chan struct{}) {
	for {
		select {
		case <-g.wake:
		case <-until:
			return
		}
		for {
			synctest.Wait()
			g.mu.Lock()
			if len(g.waiting) == 0 {
				g.mu.Unlock()
				break
			}
			slices.SortStableFunc(g.waiting, func(a, b *ticket) int { return strings.Compare(a.key, b.key) })
			i := g.dice.IntN(len(g.waiting))
			t := g.waiting[i]
			g.waiting = slices.Delete(g.waiting, i, i+1)
			g.passed++
			n, tell := g.passed, g.passing
			g.mu.Unlock()
			if tell != nil {
				tell(n)
			}
			close(t.pass)
		}
	}
}

// count tells f of requests from now on, the first of which is 1.
func (g *gate) count(f func(n int)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.passed, g.passing = 0, f
}

// checker takes every issuer as it is: none can be reached from a bubble.
type checker struct{}

var errNoNetwork = errors.New("there is no network here")

func (checker) CheckIssuer(context.Context, string, store.ClientAuth) ([]string, error) {
	return nil, nil
}

func (checker) FetchMetadata(context.Context, string, string) (identity.Metadata, error) {
	return identity.Metadata{}, errNoNetwork
}

func (checker) ParseMetadata(string, string) (identity.Metadata, error) {
	return identity.Metadata{}, errNoNetwork
}

func (checker) ParseCertificate(text string) (store.Certificate, error) {
	cert, err := samlmetadata.ParseCertificate(text)
	if err != nil {
		return store.Certificate{}, err
	}
	return store.Certificate{DER: cert.Raw, SHA256: samlmetadata.Fingerprint(cert), NotAfter: cert.NotAfter.UTC()}, nil
}

func (checker) CheckSSOURL(string) error { return nil }

// served is a server in this process.
type served struct {
	mock   *mockcloud.Server
	server *http.Server
	over   *http.Transport
	api    *API
	ended  chan struct{}
}

// serve starts the server of a case.
func serve(c *Case, stateFile string, wrap func(http.Handler) http.Handler) (*served, error) {
	cfg, err := Configure(c, stateFile)
	if err != nil {
		return nil, err
	}
	return listen(cfg, wrap)
}

// Configure returns the configuration of a case's server. Where that is one like today's Prefect Cloud, its state is in
// the file, with a connection that a person made in the browser.
func Configure(c *Case, stateFile string) (mockcloud.Config, error) {
	parsed, err := scenario.Parse("case.yaml", []byte(c.Scenario()))
	cfg := mockcloud.Config{Scenario: parsed, Checker: checker{}}
	if err != nil || !c.Published {
		return cfg, err
	}
	cfg.StateFile = stateFile
	before, err := listen(cfg, nil)
	if err != nil {
		return cfg, err
	}
	err = before.api.call(http.MethodPost, "/sso/connections", map[string]any{
		"name": "Corp", "connection_type": "GenericOIDC", "domains": []string{"acme.com"}, "oidc": map[string]any{"issuer": "https://idp.example", "client_id": "prefect", "client_secret": "by-hand"},
	}, nil)
	cfg.PublishedOnly = true
	return cfg, errors.Join(err, before.close())
}

func listen(cfg mockcloud.Config, wrap func(http.Handler) http.Handler) (*served, error) {
	mock, err := mockcloud.New(cfg)
	if err != nil {
		return nil, err
	}
	var handler http.Handler = mock
	if wrap != nil {
		handler = wrap(mock)
	}
	network := newMemory()
	s := &served{
		mock: mock, server: &http.Server{Handler: handler}, ended: make(chan struct{}),
		over: &http.Transport{DialContext: network.dial, MaxIdleConnsPerHost: 16},
	}
	s.api = &API{URL: "http://" + network.host, Client: &http.Client{Transport: s.over}}
	go func() {
		defer close(s.ended)
		_ = s.server.Serve(network) // until it is closed
	}()
	return s, nil
}

func (s *served) close() error {
	s.over.CloseIdleConnections()
	err := s.server.Close()
	<-s.ended
	return errors.Join(err, s.mock.Close())
}
