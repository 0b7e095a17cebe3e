package oidc_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/fixedseed"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/fetch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

func TestMain(m *testing.M) {
	fixedseed.Set()
	goleak.VerifyTestMain(m)
}

const (
	application = "https://app.example.com"
	secret      = "the client's secret"
)

func ada() idp.Person {
	return idp.Person{Subject: "ada-1", Email: "ada@acme.com", FirstName: "Ada", LastName: "Lovelace", Groups: []string{"Engineers", "Founders"}}
}

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// offset is a clock that is ahead of another one, or behind.
type offset struct {
	clock
	of *clock
}

func (o *offset) Now() time.Time {
	return o.of.Now().Add(o.clock.Now().Sub(time.Time{}))
}

// world is a relying party and the identity provider that it talks to over HTTP.
type world struct {
	*oidc.RelyingParty
	idp   *idp.IdP
	clock *clock
	// idpClock is the provider's; it goes with clock unless it is moved.
	idpClock *offset
	conn     oidc.Connection

	browser *http.Client // follows no redirect

	// key is what the client authenticates with by private_key_jwt.
	key oidc.ClientKey

	mu     sync.Mutex
	hits   map[string]int // by path
	tokens []tokenRequest
}

// tokenRequest is what came to the token endpoint.
type tokenRequest struct {
	authorization string
	form          url.Values
}

// newKey makes a key pair of a client.
func newKey(tb testing.TB) oidc.ClientKey {
	tb.Helper()
	key, certificate, err := saml.NewKey("client", time.Now(), time.Now().Add(time.Hour))
	if err != nil {
		tb.Fatal(err)
	}
	return oidc.ClientKey{Private: key, Certificate: certificate}
}

// Discover is as a connection is saved for which no way of authenticating was chosen.
func (w *world) Discover(ctx context.Context, issuer string) error {
	_, err := w.RelyingParty.Discover(ctx, issuer, "")
	return err
}

type options struct {
	alg     string        // ES256 unless said
	timeout time.Duration // fetch's unless said
	bend    func(http.Handler) http.Handler
}

func start(tb testing.TB, o options) *world {
	tb.Helper()
	w := &world{clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, hits: make(map[string]int)}
	w.idpClock = &offset{of: w.clock}
	var provider http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.hits[r.URL.Path]++
		w.mu.Unlock()
		if r.URL.Path == "/token" && r.ParseForm() == nil {
			w.mu.Lock()
			w.tokens = append(w.tokens, tokenRequest{r.Header.Get("Authorization"), r.PostForm})
			w.mu.Unlock()
		}
		provider.ServeHTTP(rw, r)
	}))
	tb.Cleanup(server.Close)
	if o.alg == "" {
		o.alg = "ES256"
	}
	var err error
	w.idp, err = idp.New(idp.Config{
		BaseURL: server.URL, ClientSecret: secret, RedirectOrigins: []string{application},
		People:     []idp.Person{ada(), {Subject: "owner-1", Email: "owner@acme.com", FirstName: "Olive", LastName: "Owner"}},
		SigningAlg: o.alg, Clock: w.idpClock.Now,
		ClientKeys: func(context.Context, *url.URL) (jose.JSONWebKeySet, error) { return oidc.PublicKeys(w.key) },
	})
	if err != nil {
		tb.Fatal(err)
	}
	provider = w.idp
	if o.bend != nil {
		provider = o.bend(w.idp)
	}
	fetcher, err := fetch.New(fetch.Options{AllowOrigin: server.URL, Timeout: o.timeout})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(fetcher.Close)
	if w.RelyingParty, err = oidc.New(oidc.Config{Fetch: fetcher, Clock: w.clock.Now}); err != nil {
		tb.Fatal(err)
	}
	w.conn = oidc.Connection{
		ID: "conn_1", Issuer: server.URL, ClientID: "app", ClientSecret: secret,
		RedirectURI: application + "/sso/oidc/callback/conn_1",
	}
	w.browser = &http.Client{
		Transport:     server.Client().Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return w
}

func (w *world) fetched(path string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hits[path]
}

// find knows the one connection.
func (w *world) find(_ context.Context, id string) (oidc.Connection, error) {
	if id != w.conn.ID {
		return oidc.Connection{}, errors.New("no such connection")
	}
	return w.conn, nil
}

// begin begins a login; if it is refused the test fails.
func (w *world) begin(tb testing.TB) *oidc.Begun {
	tb.Helper()
	begun, err := w.Begin(tb.Context(), w.conn, oidc.Start{LoginHint: "ada@acme.com", ReturnTo: "/workspaces?tab=2"})
	if err != nil {
		tb.Fatal(err)
	}
	return begun
}

// answer lets Ada log in at the provider and returns what her browser brings back.
func (w *world) answer(tb testing.TB, begun *oidc.Begun) url.Values {
	tb.Helper()
	form := url.Values{"person": {ada().Subject}}
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, begun.AuthURL, strings.NewReader(form.Encode()))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := w.browser.Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		tb.Fatal(err)
	}
	location, err := resp.Location()
	if err != nil {
		tb.Fatalf("status %d: %v", resp.StatusCode, err)
	}
	if location.Scheme+"://"+location.Host+location.Path != w.conn.RedirectURI {
		tb.Fatalf("the provider sends the browser to %s", location)
	}
	return location.Query()
}

// login is a whole login. Each step of tamper may change what comes back.
func (w *world) login(tb testing.TB, tamper ...func(url.Values)) (*oidc.Login, error) {
	tb.Helper()
	begun, err := w.Begin(tb.Context(), w.conn, oidc.Start{})
	if err != nil {
		return nil, err
	}
	answer := w.answer(tb, begun)
	for _, change := range tamper {
		change(answer)
	}
	return w.Finish(tb.Context(), w.find, begun.BrowserSecret, answer)
}

// rejected asserts that an error is a refusal for that reason, with a sentence.
func rejected(tb testing.TB, err error, want oidc.Reason) oidc.Refusal {
	tb.Helper()
	var refusal *oidc.Refusal
	if !errors.As(err, &refusal) {
		tb.Fatalf("%v is no refusal, want %s", err, want)
	}
	if refusal.Reason != want {
		tb.Fatalf("%s: %v, want reason %s", refusal.Reason, refusal, want)
	}
	if !strings.HasSuffix(refusal.Sentence, ".") && !strings.HasSuffix(refusal.Sentence, "?") {
		tb.Errorf("%q is no sentence", refusal.Sentence)
	}
	if strings.Contains(refusal.Sentence, secret) {
		tb.Errorf("%q tells a secret", refusal.Sentence)
	}
	return *refusal
}
