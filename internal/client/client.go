package client

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/net/http/httpproxy"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/progress"
)

// What a Config means where it says nothing.
const (
	defaultRequestTimeout = 30 * time.Second
	defaultConcurrency    = 10
	defaultUserAgent      = "terraform-provider-prefectsso"
)

// ErrClosed is the error of a call on a client that has been closed.
var ErrClosed = errors.New("the API client is closed")

// Level says how much a log line matters.
type Level int

// The levels of Config.Log, least important first.
const (
	LevelTrace Level = iota
	LevelDebug
	LevelInfo
	LevelWarn
	LevelError
)

// dialect is what differs between the account API and a directory's SCIM
// endpoint.
type dialect struct {
	media      string // of the bodies
	credential string // what the bearer token is called
	example    string // of an endpoint
}

var accountAPI = dialect{media: "application/json", credential: "API key", example: "https://api.prefect.cloud/api"}

// Config is what a Client is made from.
type Config struct {
	// Endpoint is the address of the API; see ParseEndpoint.
	Endpoint string
	// APIKey goes out as a bearer token and shows up nowhere else.
	APIKey    string
	UserAgent string
	// RequestTimeout bounds one attempt, the body included. 0 means 30 s.
	RequestTimeout time.Duration
	// MaxRetries is how often a call is repeated. 0 means never.
	MaxRetries int
	// MaxConcurrentRequests bounds the attempts under way. 0 means 10.
	MaxConcurrentRequests int
	// AllowInsecureHTTP lets the key travel over plain http to other machines.
	AllowInsecureHTTP bool
	// CustomHeaders go out with every request to the API's own host, and their
	// values show up nowhere else.
	CustomHeaders map[string]string
	// RootCAs are the authorities that sign the server's certificate. nil means
	// those that the machine trusts.
	RootCAs *x509.CertPool
	// Transport makes the connections. nil means a pooled one of the client's
	// own, whose idle connections match MaxConcurrentRequests.
	Transport http.RoundTripper
	// Wrote is told after each request that may have changed an account, also one
	// that failed: noun is what comes after the account in its route, such as
	// "account_memberships" or "sso". nil is fine.
	Wrote func(accountID, noun string)
	// Progress is told how far listings are. nil means that nobody watches; else
	// a long listing of members costs one request more, for their count.
	Progress progress.Counter
	// Log receives what the client does, without secrets. nil means silence.
	Log func(ctx context.Context, level Level, msg string, fields map[string]any)
}

// Client calls the account API. It is safe for concurrent use, and one is
// meant to be shared: the bound on concurrency, the pause after a 429 and the
// caches of roles and members belong to it.
type Client struct {
	config     Config // as it was given, and filled
	dialect    dialect
	base       string // the endpoint, without a slash at its end
	basePath   string // the path part of base, escaped
	apiKey     string
	authorizes string // the Authorization header
	userAgent  string
	concurrent int
	secrets    []string // that no text may repeat
	redact     redactor
	identity   *identity
	log        func(ctx context.Context, level Level, msg string, fields map[string]any)
	retry      *retryPolicy
	http       *retryablehttp.Client
	transport  http.RoundTripper
	gather     gatherWindow
	progress   progress.Counter
	watched    bool // somebody watches the progress

	closing context.Context // ends when Close is called
	close   context.CancelFunc

	administers sync.Map // accounts, as calls name them, of which a request that needs administrate:sso was granted

	mu             sync.Mutex
	roles          map[string]*Roles
	workspaces     map[string]*Workspaces
	workspaceRoles map[string]*WorkspaceRoles
	members        map[string]*Members
}

// New makes a client. It sends nothing.
func New(cfg Config) (*Client, error) {
	c, err := newClient(cfg, accountAPI)
	if err != nil {
		return nil, err
	}
	c.closing, c.close = context.WithCancel(context.Background())
	return c, nil
}

// newClient makes all of a client but how it is closed.
func newClient(cfg Config, d dialect) (*Client, error) {
	base, err := baseOf(cfg, d)
	if err != nil {
		return nil, err
	}
	if err := cfg.check(d); err != nil {
		return nil, err
	}
	proxy, err := proxyFor(base, httpproxy.FromEnvironment())
	if err != nil {
		return nil, err
	}
	cfg.fill(proxy)
	secrets := append([]string{cfg.APIKey}, append(headerSecrets(cfg.CustomHeaders), proxy.secrets...)...)

	c := &Client{
		config:     cfg,
		dialect:    d,
		base:       base.String(),
		basePath:   base.EscapedPath(),
		apiKey:     cfg.APIKey,
		authorizes: "Bearer " + cfg.APIKey,
		userAgent:  cfg.UserAgent,
		concurrent: cfg.MaxConcurrentRequests,
		secrets:    secrets,
		redact:     newRedactor(secrets...),
		identity:   newIdentity(),
		transport:  cfg.Transport,
		gather:     gatherWindow{quiet: 80 * time.Millisecond, enough: 5 * time.Millisecond, max: 400 * time.Millisecond},
		progress:   cfg.Progress,
		watched:    cfg.Progress != progress.Silent{},
		roles:      map[string]*Roles{},
		members:    map[string]*Members{},

		workspaces:     map[string]*Workspaces{},
		workspaceRoles: map[string]*WorkspaceRoles{},
	}
	c.log = func(ctx context.Context, level Level, msg string, fields map[string]any) {
		redact := c.redact
		if call := callStateOf(ctx).redact; call.replace != nil {
			redact = call
		}
		for name, value := range fields {
			if s, ok := value.(string); ok {
				fields[name] = redact.words(s)
			}
		}
		cfg.Log(ctx, level, msg, fields)
	}
	c.retry = newRetryPolicy(c.log)
	c.http = &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport: newAttempts(c, cfg.RequestTimeout),
			// The key must not follow a redirect, wherever it leads.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		RetryMax:     cfg.MaxRetries,
		CheckRetry:   c.retry.check,
		Backoff:      c.retry.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	return c, nil
}

// baseOf returns the base address of the endpoint: of the API without the
// account that it may name.
func baseOf(cfg Config, d dialect) (*url.URL, error) {
	if d != accountAPI {
		base, _, err := parseAddress(cfg.Endpoint, cfg.AllowInsecureHTTP, d)
		return base, err
	}
	endpoint, err := ParseEndpoint(cfg.Endpoint, cfg.AllowInsecureHTTP)
	if err != nil {
		return nil, err
	}
	return url.Parse(endpoint.Base)
}

func (cfg *Config) check(d dialect) error {
	if wrong := CheckHeaders(cfg.CustomHeaders); len(wrong) > 0 {
		return wrong[0]
	}
	switch {
	case cfg.APIKey == "":
		return fmt.Errorf("the %s is empty", d.credential)
	case strings.ContainsFunc(cfg.APIKey, func(r rune) bool { return r <= ' ' || r > '~' }):
		return fmt.Errorf("the %s holds a space, a line break or another character that none has", d.credential)
	case cfg.RequestTimeout < 0:
		return fmt.Errorf("the request timeout is negative: %s", cfg.RequestTimeout)
	case cfg.MaxRetries < 0:
		return fmt.Errorf("the number of retries is negative: %d", cfg.MaxRetries)
	case cfg.MaxConcurrentRequests < 0:
		return fmt.Errorf("the number of concurrent requests is negative: %d", cfg.MaxConcurrentRequests)
	}
	return nil
}

func (cfg *Config) fill(proxy *proxy) {
	if cfg.UserAgent == "" {
		cfg.UserAgent = defaultUserAgent
	}
	if cfg.RequestTimeout == 0 {
		cfg.RequestTimeout = defaultRequestTimeout
	}
	if cfg.MaxConcurrentRequests == 0 {
		cfg.MaxConcurrentRequests = defaultConcurrency
	}
	if cfg.Transport == nil {
		cfg.Transport = newTransport(cfg, proxy)
	}
	if cfg.Wrote == nil {
		cfg.Wrote = func(string, string) {}
	}
	if cfg.Progress == nil {
		cfg.Progress = progress.Silent{}
	}
	if cfg.Log == nil {
		cfg.Log = func(context.Context, Level, string, map[string]any) {}
	}
}

// Progress returns who is told how far things are, for what asks the client
// many times.
func (c *Client) Progress() progress.Counter { return c.progress }

// Close ends shared reads under way and closes idle connections. Calls made
// afterwards fail with ErrClosed.
func (c *Client) Close() {
	c.close()
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// sharedContext makes the context of work that several callers wait for. It
// keeps the values of the first caller, such as its logger, but does not end
// with it: it ends when the returned function is called or the client closes.
func (c *Client) sharedContext(ctx context.Context) (context.Context, context.CancelFunc) {
	shared, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(c.closing, func() { cancel(ErrClosed) })
	return shared, func() {
		stop()
		cancel(context.Canceled)
	}
}
