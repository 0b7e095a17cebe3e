package mockcloud

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/idpguide"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/account"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/console"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/control"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scenario"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/setup"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/fetch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/trial"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Config configures a server. Its zero value is a good one.
type Config struct {
	// Scenario is what the server starts with; nil means scenario.Default.
	Scenario *scenario.Scenario
	// StateFile, unless empty, keeps the state, so that a server that is started
	// with it again goes on where the last one was. The scenario then counts only
	// for a new file and for resets.
	StateFile string
	// StateKey encrypts the secrets in the state file, 16 characters or more; empty
	// means a key file beside it, which is made with it.
	StateKey string
	// StateNew begins anew where the state file is empty or damaged, and keeps what was
	// there under another name. A file that has a state is refused.
	StateNew bool
	// PublishedOnly leaves out all that today's Prefect Cloud does not have.
	PublishedOnly bool
	// Logger logs every request; nil logs nothing.
	Logger *slog.Logger
	// Clock returns the time; nil means time.Now.
	Clock func() time.Time
	// NewID returns ids of new things; nil means random ones.
	NewID func() uuid.UUID
	// AllowedHosts are Host names that are served besides the loopback ones.
	AllowedHosts []string
	// PublicURL is how people and identity providers reach the server, such as
	// https://mock.example.com; empty means whatever address they used.
	PublicURL string
	// AllowPrivateIssuers lets identity providers be on this machine or a private
	// network. Otherwise nothing there is ever fetched.
	AllowPrivateIssuers bool
	// IdP starts the test identity provider, on a loopback address of its own.
	IdP bool
	// IdPListen is that address; empty means 127.0.0.1 and a free port, which is
	// another one at each start.
	IdPListen string
	// IdPPushTo are origins ("https://scim.example.com") to which its directory may
	// be pushed besides this machine and PublicURL. Every caller of the provider
	// chooses among them, so there are none unless named here.
	IdPPushTo []string
	// IdPMisbehave lets control calls make it misbehave.
	IdPMisbehave bool
	// Checker looks at what connections are configured with; nil means one that goes
	// by what logins go by.
	Checker identity.Checker
	// ControlToken, unless empty, has to come with every control call and to the console.
	ControlToken string
}

// Server is a running mock of Prefect Cloud. It is an http.Handler.
type Server struct {
	router *router.Router
	state  *store.Store
	fetch  *fetch.Client
	idp    *testIdP // nil for none
	// rollover follows the metadata of identity providers.
	rollover *identity.Rollover
}

var _ http.Handler = (*Server)(nil)

// New returns a server in the state that its scenario describes, or that its state
// file has. Close it in the end.
func New(cfg Config) (*Server, error) {
	if cfg.Scenario == nil {
		cfg.Scenario = scenario.Default()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	state, err := openState(cfg)
	if err != nil {
		return nil, err
	}
	s := &Server{state: state, router: router.New(router.Options{
		Store: state, Logger: cfg.Logger, Clock: state.Clock().Now, AllowedHosts: cfg.AllowedHosts, PublicURL: cfg.PublicURL,
	})}
	if err := s.mount(cfg); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// mount puts everything onto the router.
func (s *Server) mount(cfg Config) error {
	clock := s.state.Clock().Now
	outside := fetch.Options{AllowPrivate: cfg.AllowPrivateIssuers}
	steer := &control.Control{
		Router: s.router, Store: s.state, Token: cfg.ControlToken,
		Restart: func() error {
			if s.idp != nil {
				if err := s.idp.provider.Reset(); err != nil {
					return err
				}
			}
			return s.state.Reset(cfg.Scenario.Seed)
		},
	}
	var err error
	if cfg.IdP {
		if s.idp, err = startIdP(cfg, clock, s.router.AllowsHost); err != nil {
			return err
		}
		outside.AllowOrigin = s.idp.origin
		if cfg.IdPMisbehave {
			steer.IdP = s.idp.provider
		}
	}
	if s.fetch, err = fetch.New(outside); err != nil {
		return err
	}
	parties, err := oidc.New(oidc.Config{Fetch: s.fetch, Clock: clock})
	if err != nil {
		return err
	}
	s.router.Add(account.Routes(account.Options{ETags: !cfg.PublishedOnly})...)
	outward := checker{fetch: s.fetch, oidc: parties, clock: clock}
	if cfg.Checker == nil {
		cfg.Checker = outward
	}
	s.rollover = identity.NewRollover(s.state, outward, clock, cfg.Logger)
	if !cfg.PublishedOnly {
		s.router.Add(identity.Routes(cfg.Checker, s.rollover)...)
	}
	tests := trial.New(clock)
	logins := sso.New(sso.Options{
		Store: s.state, Parties: parties, Rollover: s.rollover, Clock: clock, Logger: cfg.Logger, PublicURL: cfg.PublicURL, Tests: tests,
	})
	steer.Keys = logins
	s.router.Mount(control.Prefix, steer.Handler())
	guides, err := idpguide.Load()
	if err != nil {
		return err
	}
	logins.Mount(s.router)
	dashboard := &setup.Dashboard{
		Store: s.state, Checker: cfg.Checker, Guides: guides, Tests: tests, Logins: logins, PublicURL: cfg.PublicURL, Logger: cfg.Logger,
	}
	s.router.Mount(setup.Prefix, dashboard.Handler())
	scim.New(scim.Options{Store: s.state, Logger: cfg.Logger, PublicURL: cfg.PublicURL, Clients: !cfg.PublishedOnly}).Mount(s.router)
	console.New(console.Options{Store: s.state, Token: cfg.ControlToken, Closing: s.router.Closing(), Logger: cfg.Logger}).Mount(s.router)
	return nil
}

func openState(cfg Config) (*store.Store, error) {
	options := store.Options{Clock: cfg.Clock, NewID: cfg.NewID, StateKey: cfg.StateKey, StateNew: cfg.StateNew, Logger: cfg.Logger}
	if cfg.StateFile == "" {
		state := store.New(options)
		return state, state.Reset(cfg.Scenario.Seed)
	}
	state, err := store.Open(cfg.StateFile, options)
	if err != nil {
		return nil, err
	}
	if !state.Blank() {
		cfg.Logger.Info("continuing from the state file; the scenario is only used for a reset", "file", cfg.StateFile)
		if err := logFindings(state, cfg.Logger); err != nil {
			return nil, errors.Join(err, state.Close())
		}
		return state, nil
	}
	if err := state.Reset(cfg.Scenario.Seed); err != nil {
		return nil, errors.Join(err, state.Close())
	}
	return state, nil
}

// logFindings logs what an older version let into the state file and this one would
// not. A log names no person: GET /_mockcloud/report has the addresses.
func logFindings(state *store.Store, logger *slog.Logger) error {
	return state.View(func(r *store.Reader) error {
		for _, f := range r.Findings() {
			logger.Warn("a row of the state file needs to be corrected; until then it cannot be used to log in, see GET "+control.Prefix+"report",
				"kind", f.Kind, "table", f.Table, "ids", f.IDs, "reason", f.Reason)
		}
		return nil
	})
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.router.ServeHTTP(w, r) }

// Routes lists the mounted API routes, as "GET /api/accounts/{account_id}".
func (s *Server) Routes() []string { return s.router.Routes() }

// Drain ends injected delays and streams at once, so that requests under way come to
// their end.
func (s *Server) Drain() { s.router.Close() }

// Close ends what the server still does. Changes that come later are refused.
func (s *Server) Close() error {
	s.Drain()
	var ended error
	if s.idp != nil {
		ended = s.idp.close()
	}
	if s.rollover != nil {
		s.rollover.Close()
	}
	if s.fetch != nil {
		s.fetch.Close()
	}
	return errors.Join(ended, s.state.Close())
}
