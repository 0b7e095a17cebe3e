package oidc

import (
	"container/list"
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/fetch"
)

const (
	// providerLife is how long a discovery document and its keys are used. A key
	// that a provider has withdrawn verifies nothing here after that.
	providerLife = time.Hour
	// rereadEvery is how often they are fetched again because of a token that they do
	// not fit.
	rereadEvery = 10 * time.Second
	// maxProviders bounds the discovery documents that are kept.
	maxProviders = 256
)

// Connection is what a login needs to know of a connection.
type Connection struct {
	ID           string
	Issuer       string
	ClientID     string
	ClientSecret string
	// ClientAuth is how to authenticate at the token endpoint; empty for what the provider
	// offers, but never for a public client.
	ClientAuth ClientAuth
	// Key returns the key for private_key_jwt; it is asked for with that only.
	Key func() (ClientKey, error)
	// Hosts are where the provider's endpoints were when the connection was saved, as
	// Discover returned them; nil where that is not known.
	Hosts []string
	// RedirectURI is where the provider sends the browser back to. One of its own
	// for each connection is best (RFC 9700 section 4.4).
	RedirectURI string
	// Scopes are asked for besides openid; none means profile and email.
	Scopes  []string
	Mapping Mapping
}

// Config is what a relying party is made of.
type Config struct {
	// Fetch makes all outgoing requests.
	Fetch *fetch.Client
	// Clock returns the time.
	Clock func() time.Time
	// MaxPending bounds the logins between Begin and Finish; zero means
	// DefaultMaxPending.
	MaxPending int
}

// RelyingParty logs people in. Use New.
type RelyingParty struct {
	fetcher  *fetch.Client
	clock    func() time.Time
	pendings *pendings

	flight    singleflight.Group
	mu        sync.RWMutex
	providers map[string]*provider // by issuer
}

// New returns a relying party.
func New(config Config) (*RelyingParty, error) {
	if config.Fetch == nil || config.Clock == nil || config.MaxPending < 0 {
		return nil, errors.New("a relying party needs a fetch client and a clock")
	}
	if config.MaxPending == 0 {
		config.MaxPending = DefaultMaxPending
	}
	return &RelyingParty{
		fetcher:   config.Fetch,
		clock:     config.Clock,
		pendings:  &pendings{clock: config.Clock, limit: config.MaxPending, byState: make(map[digest]*list.Element)},
		providers: make(map[string]*provider),
	}, nil
}

// Discover fetches and checks an issuer's discovery document and keys now, and
// uses them from now on: call it when a connection is saved that authenticates in the
// chosen way. It returns the hosts of the endpoints. The error is a Refusal with one of
// Discover's reasons.
func (rp *RelyingParty) Discover(ctx context.Context, issuer string, chosen ClientAuth) (hosts []string, err error) {
	fresh, err := discover(ctx, rp.fetcher, rp.clock, issuer)
	if err != nil {
		return nil, err
	}
	if refusal := fresh.checkClientAuth(chosen); refusal != nil {
		return nil, refusal
	}
	return fresh.hosts, rp.keep(fresh, true)
}

// provider returns what is known of a connection's issuer, fetched at most an hour ago.
func (rp *RelyingParty) provider(ctx context.Context, conn Connection) (*provider, error) {
	known := rp.known(conn.Issuer)
	if known != nil && rp.clock().Sub(known.fetched) < providerLife {
		return conn.follows(known)
	}
	// Many logins at once fetch once, and go on when the first of them gives up.
	fresh, err := rp.once(conn.Issuer, func() (*provider, error) {
		return rp.refresh(context.WithoutCancel(ctx), conn.Issuer)
	})
	if err != nil {
		return nil, err
	}
	return conn.follows(fresh)
}

// follows returns a provider whose endpoints are where they were when the connection was
// saved. It is not enough that another connection was saved since, or that the provider
// was no longer cached.
func (c Connection) follows(p *provider) (*provider, error) {
	if c.Hosts != nil && !slices.Equal(c.Hosts, p.hosts) {
		return nil, moved(c.Issuer)
	}
	return p, nil
}

func moved(issuer string) *Refusal {
	return reject(EndpointMoved, "The endpoints of %s are at another host than before. Save the connection again if that is right.", quote(issuer))
}

// newer returns what is known of an issuer now that a token does not fit what was known.
// That is fetched again at most once in rereadEvery, whether it succeeds or not.
func (rp *RelyingParty) newer(ctx context.Context, conn Connection, old *provider) (*provider, error) {
	fresh, err := rp.once("again "+old.issuer, func() (*provider, error) {
		if known := rp.known(old.issuer); known != nil && known != old {
			return known, nil // another login fetched it meanwhile
		}
		if !rp.mayReread(old) {
			return old, nil
		}
		// It is done for all who log in, so the one who asked first may not end it.
		return rp.refresh(context.WithoutCancel(ctx), old.issuer)
	})
	if err != nil {
		return nil, err
	}
	return conn.follows(fresh)
}

// mayReread reports whether it is time to, and notes that it is done.
func (rp *RelyingParty) mayReread(old *provider) bool {
	rp.mu.Lock()
	defer rp.mu.Unlock()
	known := rp.providers[old.issuer]
	if known == nil {
		known = old // no longer kept; the note then is the one of those who still use it
	}
	now := rp.clock()
	if !known.reread.IsZero() && now.Sub(known.reread) < rereadEvery {
		return false
	}
	known.reread = now
	return true
}

func (rp *RelyingParty) known(issuer string) *provider {
	rp.mu.RLock()
	defer rp.mu.RUnlock()
	return rp.providers[issuer]
}

// once fetches once for all who want the same.
func (rp *RelyingParty) once(key string, fetch func() (*provider, error)) (*provider, error) {
	fresh, err, _ := rp.flight.Do(key, func() (any, error) { return fetch() })
	if err != nil {
		return nil, err
	}
	p, ok := fresh.(*provider)
	if !ok {
		return nil, errors.New("no provider was discovered")
	}
	return p, nil
}

// refresh fetches what is to be known of an issuer.
func (rp *RelyingParty) refresh(ctx context.Context, issuer string) (*provider, error) {
	fresh, err := discover(ctx, rp.fetcher, rp.clock, issuer)
	if err != nil {
		return nil, err
	}
	return fresh, rp.keep(fresh, false)
}

// keep takes over what was fetched. Endpoints that have moved to another host are followed
// only when a connection is saved.
func (rp *RelyingParty) keep(fresh *provider, saved bool) error {
	rp.mu.Lock()
	defer rp.mu.Unlock()
	if known := rp.providers[fresh.issuer]; known != nil {
		if !saved && !slices.Equal(known.hosts, fresh.hosts) {
			return moved(fresh.issuer)
		}
		fresh.reread = known.reread
	} else if len(rp.providers) >= maxProviders {
		var oldest *provider
		for _, p := range rp.providers {
			if oldest == nil || p.fetched.Before(oldest.fetched) {
				oldest = p
			}
		}
		delete(rp.providers, oldest.issuer)
	}
	rp.providers[fresh.issuer] = fresh
	return nil
}

// Start is what a login begins with besides its connection.
type Start struct {
	// LoginHint is the email address that the person typed, if any.
	LoginHint string
	// ReturnTo is the path of this server to go to after the login; empty is "/".
	// Anything that leads elsewhere is refused.
	ReturnTo string
	// MaxAge asks for a login of at most so many seconds ago; nil for any (OpenID Connect
	// Core 1.0 section 3.1.2.1, max_age).
	MaxAge *int
}

// Begun is a login that has begun.
type Begun struct {
	// AuthURL is where to send the browser.
	AuthURL string
	// BrowserSecret binds the login to the browser: set it as a cookie (HttpOnly,
	// SameSite=Lax, Secure over https) and give it to Finish. A later login's
	// replaces it.
	BrowserSecret string
	// Expires is when the cookie is of no more use.
	Expires time.Time
}

// Begin begins a login. Errors are Refusals.
func (rp *RelyingParty) Begin(ctx context.Context, conn Connection, start Start) (*Begun, error) {
	returnTo, ok := LocalPath(start.ReturnTo)
	if !ok {
		return nil, about(conn.ID, start.ReturnTo, reject(ReturnToRefused, "The address to go to after the login is not a path of this server."))
	}
	p, err := rp.provider(ctx, conn)
	if err != nil {
		return nil, about(conn.ID, start.ReturnTo, err)
	}
	if _, refusal := conn.clientAuth(p); refusal != nil {
		return nil, about(conn.ID, start.ReturnTo, refusal)
	}
	state, browser := rand.Text(), rand.Text()
	login := pending{
		connection:  conn.ID,
		issuer:      conn.Issuer,
		clientID:    conn.ClientID,
		redirectURI: conn.RedirectURI,
		returnTo:    returnTo,
		nonce:       rand.Text(),
		verifier:    oauth2.GenerateVerifier(),
		browser:     digestOf(browser),
	}
	options := []oauth2.AuthCodeOption{goidc.Nonce(login.nonce), oauth2.S256ChallengeOption(login.verifier)}
	if start.LoginHint != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", start.LoginHint))
	}
	if start.MaxAge != nil {
		options = append(options, oauth2.SetAuthURLParam("max_age", strconv.Itoa(*start.MaxAge)))
	}
	rp.pendings.add(state, login)
	return &Begun{
		AuthURL:       conn.config(p).AuthCodeURL(state, options...),
		BrowserSecret: browser,
		Expires:       rp.clock().Add(pendingLife),
	}, nil
}

func (c Connection) config(p *provider) *oauth2.Config {
	scopes := c.Scopes
	if len(scopes) == 0 {
		scopes = []string{"profile", "email"}
	}
	if !slices.Contains(scopes, goidc.ScopeOpenID) {
		scopes = append([]string{goidc.ScopeOpenID}, scopes...)
	}
	return &oauth2.Config{
		ClientID: c.ClientID, ClientSecret: c.ClientSecret, RedirectURL: c.RedirectURI,
		Endpoint: p.endpoint, Scopes: scopes,
	}
}

// LocalPath reports whether a path leads to this server and to nowhere else, however
// a browser reads it, and returns it; "" stands for "/".
func LocalPath(path string) (string, bool) {
	if path == "" {
		return "/", true
	}
	if len(path) > 2048 || path[0] != '/' || strings.HasPrefix(path, "//") ||
		strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r == '\\' || r >= 0x7f }) {
		return "", false
	}
	u, err := url.Parse(path)
	return path, err == nil && u.Scheme == "" && u.Host == "" && u.User == nil
}

// about returns which connection and login a refusal is about. Other errors become
// Refusals.
func about(connection, returnTo string, err error) error {
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		refusal = reject(IssuerUnreachable, "The login did not work.").because(err)
	}
	out := *refusal // the original may be shared by several logins
	out.ConnectionID, out.ReturnTo = connection, returnTo
	return &out
}
