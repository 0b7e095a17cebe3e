package mockcloud

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
)

// IdPClientSecret is the secret of every OpenID Connect client at the test identity
// provider. It authenticates no one: a person who reaches it is who they say they are.
const IdPClientSecret = "mockcloud-idp"

// testIdP is the test identity provider on an address of its own: what the server
// fetches from there can never be one of its own routes.
type testIdP struct {
	origin   string
	provider *idp.IdP
	http     *http.Server
	done     chan struct{}
}

// startIdP starts it with the scenario's people. Answers go to hosts that this server
// answers for.
func startIdP(cfg Config, clock func() time.Time, allows func(host string) bool) (*testIdP, error) {
	address := cfg.IdPListen
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("start the test identity provider: %w", err)
	}
	t := &testIdP{origin: "http://" + listener.Addr().String(), done: make(chan struct{})}
	if tcp, ok := listener.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return nil, errors.Join(errors.New("the test identity provider signs people in without a password, so it listens on loopback only"), listener.Close())
	}
	public, err := url.Parse(cfg.PublicURL)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the public URL: %w", err), listener.Close())
	}
	config := idp.Config{
		BaseURL: t.origin, People: cfg.Scenario.People(), ClientSecret: IdPClientSecret, Clock: clock,
		PushTo: func(u *url.URL) bool {
			return u.Scheme == public.Scheme && u.Host == public.Host || slices.Contains(cfg.IdPPushTo, u.Scheme+"://"+u.Host)
		},
		RedirectTo: func(u *url.URL) bool {
			return (u.Scheme == "http" || u.Scheme == "https") && (allows(u.Host) || u.Host == public.Host)
		},
	}
	if t.provider, err = idp.New(config); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	t.http = &http.Server{
		Handler: request.Pace{}.Handler(t.provider), ReadHeaderTimeout: request.MaxHead, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(cfg.Logger.Handler(), slog.LevelWarn),
	}
	go func() {
		defer close(t.done)
		if err := t.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			cfg.Logger.Error("the test identity provider stopped", "error", err)
		}
	}()
	return t, nil
}

func (t *testIdP) close() error {
	t.provider.Close()
	err := t.http.Close()
	<-t.done
	return err
}

// IdP is the test identity provider; nil if Config did not ask for it.
func (s *Server) IdP() *idp.IdP {
	if s.idp == nil {
		return nil
	}
	return s.idp.provider
}

// IdPURL is where the test identity provider is, its OpenID Connect issuer; empty if
// there is none.
func (s *Server) IdPURL() string {
	if s.idp == nil {
		return ""
	}
	return s.idp.origin
}
