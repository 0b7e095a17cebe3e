package mockcloud

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/account"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/control"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scenario"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/setup"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Config says how a server behaves. Its zero value is a good one.
type Config struct {
	// Scenario is what the server starts with; nil means scenario.Default.
	Scenario *scenario.Scenario
	// PublishedOnly leaves out all that today's Prefect Cloud does not have.
	PublishedOnly bool
	// Logger is told of every request; nil means nobody is.
	Logger *slog.Logger
	// Clock gives the time; nil means time.Now.
	Clock func() time.Time
	// NewID gives ids of new things; nil means random ones.
	NewID func() uuid.UUID
	// AllowedHosts are Host names that are served besides the loopback ones.
	AllowedHosts []string
	// ControlToken, unless empty, has to come with every control call.
	ControlToken string
}

// Server is a running mock of Prefect Cloud. It is an http.Handler.
type Server struct {
	router *router.Router
}

var _ http.Handler = (*Server)(nil)

// New gives a server in the state that its scenario describes.
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
	state := store.New(store.Options{Clock: cfg.Clock, NewID: cfg.NewID})
	if err := state.Reset(cfg.Scenario.Seed); err != nil {
		return nil, err
	}
	rt := router.New(router.Options{
		Store: state, Logger: cfg.Logger, Clock: cfg.Clock, AllowedHosts: cfg.AllowedHosts,
	})
	rt.Add(account.Routes(account.Options{ETags: !cfg.PublishedOnly})...)
	steer := &control.Control{
		Router: rt, Token: cfg.ControlToken, Store: state,
		Restart: func() error { return state.Reset(cfg.Scenario.Seed) },
	}
	rt.Mount(control.Prefix, steer.Handler())
	rt.Mount(setup.Prefix, setup.Handler(state))
	return &Server{router: rt}, nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.router.ServeHTTP(w, r) }

// Routes lists the mounted API routes, as "GET /api/accounts/{account_id}".
func (s *Server) Routes() []string { return s.router.Routes() }

// Close ends what the server still does: injected delays end at once.
func (s *Server) Close() error {
	s.router.Close()
	return nil
}
