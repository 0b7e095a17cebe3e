package idp

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/people"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/push"
)

// Person is a person in the provider's directory. One who has not left can log in.
type Person = people.Person

// Config is what an identity provider is made of.
type Config struct {
	// BaseURL is where browsers and servers reach the provider; it is the OIDC
	// issuer. Scheme and host, optionally a path, no slash at the end.
	BaseURL string
	// People are in the directory from the start, and after a Reset.
	People []Person
	// ClientSecret is the secret of every OIDC client: any client_id is accepted
	// with it, but those that begin with "public-": these clients have none. Empty
	// switches OIDC's token endpoint off.
	ClientSecret string
	// ClientKeys are the keys by which the client of a redirect URI may authenticate
	// instead (private_key_jwt); nil fetches them from …/jwks beside a redirect URI
	// …/callback.
	ClientKeys func(ctx context.Context, redirect *url.URL) (jose.JSONWebKeySet, error)
	// RedirectOrigins are the origins ("https://app.example.com") to which answers
	// are sent; a redirect_uri, or a SAML consumer URL, anywhere else is refused on
	// the page.
	RedirectOrigins []string
	// RedirectTo says of more places that answers may be sent there; nil means none.
	RedirectTo func(*url.URL) bool
	// SigningAlg is how ID tokens are signed: RS256 (also when empty), PS256,
	// ES256 or EdDSA.
	SigningAlg string
	// Clock returns the time; nil means time.Now.
	Clock func() time.Time
	// PushTo says of SCIM endpoints that are not on this machine that the directory
	// may be pushed to them; nil means none.
	PushTo func(*url.URL) bool
}

// IdP is an identity provider; it is an http.Handler. Use New, and Close it in the
// end.
type IdP struct {
	base         *url.URL
	clock        func() time.Time
	mux          *http.ServeMux
	pages        *template.Template
	crossOrigin  *http.CrossOriginProtection
	redirectable []string
	redirectTo   func(*url.URL) bool
	modes        []Mode // that there are
	oidc         *oidcState
	saml         *samlState
	directory    *people.Directory
	pusher       *push.Pusher
	first        []Person // of the directory
	outside      *http.Client

	mu          sync.RWMutex
	misbehavior Mode
}

// New returns an identity provider that behaves well.
func New(config Config) (*IdP, error) {
	base, err := url.Parse(config.BaseURL)
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") ||
		base.User != nil || base.RawQuery != "" || base.Fragment != "" || strings.HasSuffix(base.Path, "/") {
		return nil, fmt.Errorf("the base URL %q has to be like https://idp.example.com, without a slash at the end", config.BaseURL)
	}
	pages, err := parsePages()
	if err != nil {
		return nil, err
	}
	if config.Clock == nil {
		config.Clock = time.Now
	}
	p := &IdP{
		base:         base,
		clock:        config.Clock,
		mux:          http.NewServeMux(),
		pages:        pages,
		crossOrigin:  http.NewCrossOriginProtection(),
		redirectable: slices.Clone(config.RedirectOrigins),
		redirectTo:   config.RedirectTo,
		directory:    people.New(),
		first:        slices.Clone(config.People),
		outside: &http.Client{
			Transport:     &http.Transport{DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	p.pusher = push.New(push.Config{Directory: p.directory, Allow: config.PushTo})
	if err := p.directory.Replace(p.first); err != nil {
		return nil, err
	}
	p.registerPages()
	p.registerDirectory()
	// Each protocol mounts its own routes on the provider.
	for _, register := range []func(*IdP, Config) error{registerOIDC, registerSAML} {
		if err := register(p, config); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// url is the full address of one of the provider's own paths.
func (p *IdP) url(path string) string { return p.base.String() + path }

// handle mounts a handler at a path below the base URL.
func (p *IdP) handle(method, path string, h http.HandlerFunc) {
	p.mux.HandleFunc(method+" "+p.base.Path+path, h)
}

// mayRedirectTo reports whether answers may be sent to a URL.
func (p *IdP) mayRedirectTo(raw string) (*url.URL, bool) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, false
	}
	return u, slices.Contains(p.redirectable, origin(u)) || p.redirectTo != nil && p.redirectTo(u)
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// ServeHTTP answers requests to the base URL's own host only, so that another name that is
// pointed here gets no answer (DNS rebinding).
func (p *IdP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", policy("'self'"))
	if !strings.EqualFold(r.Host, p.base.Host) {
		p.problem(w, http.StatusMisdirectedRequest, "This identity provider answers only as "+p.base.Host+".")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	p.mux.ServeHTTP(w, r)
}

// maxRequest bounds what is read of a request: SAML's are the largest.
const maxRequest = 256 << 10

// policy is the Content-Security-Policy: no script at all, forms only to where
// they must go. Browsers hold the redirect after a form to the same list, so it
// has to name the origin to which the answer goes.
func policy(formAction string) string {
	return "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action " + formAction
}
