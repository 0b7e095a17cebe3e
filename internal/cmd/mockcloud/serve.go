package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/loopback"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/console"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scenario"
)

const (
	defaultListen    = "127.0.0.1:8787"
	freeIdPListen    = "127.0.0.1:0"             // where the server takes a free port, too
	defaultIdPListen = "127.0.0.1:8788"          // always the same, as it is the issuer
	tokenVariable    = "MOCKCLOUD_CONTROL_TOKEN" // the name of a variable, not a secret
	keyVariable      = "MOCKCLOUD_STATE_KEY"     // likewise

	// drainTime is how long requests under way may take once the server is told
	// to stop.
	drainTime = 5 * time.Second
)

type serveFlags struct {
	listen, scenario, state, logFormat, controlToken, publicURL string
	stateKey                                                    string
	publishedOnly, allowRemote, allowPrivateIssuers             bool
	idp, idpMisbehave, stateNew                                 bool
	idpListen                                                   string
	allowHosts, idpPushTo                                       []string
}

// parseServe reads the flags of "mockcloud serve".
func parseServe(args []string, getenv func(string) string, stdout io.Writer) (serveFlags, error) {
	f := serveFlags{controlToken: getenv(tokenVariable), stateKey: getenv(keyVariable)}
	set := flag.NewFlagSet("serve", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&f.listen, "listen", defaultListen, "`address` to listen on; port 0 takes a free one")
	set.StringVar(&f.scenario, "scenario", "", "YAML `file` that describes what the server starts with (default: a ready-made account)")
	set.StringVar(&f.state, "state", "", "`file` that stores the state from one start to the next; a new one starts with\nthe scenario, which otherwise counts only for a reset (default: nothing is stored). Its secrets\nare encrypted with "+keyVariable+", or with a key file that is made beside it")
	set.BoolVar(&f.stateNew, "state-new", false, "begin anew where the file of --state is empty or damaged, and keep what was there beside it;\na file that has a state is rejected")
	set.BoolVar(&f.publishedOnly, "published-only", false, "behave like today's Prefect Cloud, without our extension")
	set.StringVar(&f.logFormat, "log-format", "text", "`format` of the log on standard error: text or json")
	set.BoolVar(&f.allowRemote, "allow-remote", false, "allow to listen on an address that others can reach; needs a control token")
	set.Func("allow-host", "also answer for this Host `name`; may be given several times", func(name string) error {
		f.allowHosts = append(f.allowHosts, name)
		return nil
	})
	set.StringVar(&f.publicURL, "public-url", "", "`URL` by which people and identity providers reach the server (default: the one that they used)")
	set.BoolVar(&f.idp, "idp", false, "start a test identity provider, where people of the scenario log in without a password")
	set.StringVar(&f.idpListen, "idp-listen", "", "loopback `address` of the test identity provider (default "+defaultIdPListen+", or a free port where\n--listen takes a free port)")
	set.Func("idp-push-to", "`origin` such as https://scim.example.com to which its directory may be pushed besides\nthis machine and --public-url; may be given several times", func(origin string) error {
		if u, err := url.Parse(origin); err != nil || u.Host == "" || origin != u.Scheme+"://"+u.Host {
			return errors.New("it takes an origin such as https://scim.example.com")
		}
		f.idpPushTo = append(f.idpPushTo, origin)
		return nil
	})
	set.BoolVar(&f.idpMisbehave, "idp-misbehave", false, "let control calls make the test identity provider misbehave")
	set.BoolVar(&f.allowPrivateIssuers, "allow-private-issuers", false, "let identity providers be on this machine or a private network")
	set.Func("control-token", "`token` that /_mockcloud/ and the console ask for (or "+tokenVariable+")", func(token string) error {
		f.controlToken = token
		return nil
	})
	switch err := set.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		say(stdout, "Usage: mockcloud serve [flags]\n\n")
		set.SetOutput(stdout)
		set.PrintDefaults()
		return f, err
	case err != nil:
		return f, &usageError{err.Error() + "; see mockcloud serve -h"}
	case set.NArg() > 0:
		return f, &usageError{fmt.Sprintf("serve takes flags only, not %q", set.Arg(0))}
	case f.logFormat != "text" && f.logFormat != "json":
		return f, &usageError{fmt.Sprintf("--log-format is text or json, not %q", f.logFormat)}
	case f.stateNew && f.state == "":
		return f, &usageError{"--state-new is of use only with --state"}
	case f.idpPushTo != nil && !f.idp:
		return f, &usageError{"--idp-push-to is of use only with --idp"}
	case f.idpMisbehave && !f.idp:
		return f, &usageError{"--idp-misbehave is of use only with --idp"}
	}
	if err := f.checkPublicURL(); err != nil {
		return f, err
	}
	return f, f.checkListen()
}

// checkPublicURL also lets the server answer for the URL's host.
func (f *serveFlags) checkPublicURL() error {
	if f.publicURL == "" {
		return nil
	}
	u, err := url.Parse(f.publicURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return &usageError{fmt.Sprintf("--public-url takes a URL without a path, such as https://mock.example.com, not %q", f.publicURL)}
	}
	f.allowHosts = append(f.allowHosts, u.Hostname())
	return nil
}

// checkListen refuses what others could reach, unless that is meant.
func (f *serveFlags) checkListen() error {
	host, port, err := net.SplitHostPort(f.listen)
	if err != nil {
		return &usageError{fmt.Sprintf("--listen takes an address such as %s, not %q", defaultListen, f.listen)}
	}
	if f.idpListen == "" {
		if f.idpListen = defaultIdPListen; port == "0" {
			f.idpListen = freeIdPListen
		}
	}
	if f.allowRemote && f.controlToken == "" {
		return &usageError{"--allow-remote needs --control-token or " + tokenVariable}
	}
	addr, err := netip.ParseAddr(host)
	if loopback.IsHost(host) {
		return nil
	}
	if !f.allowRemote {
		return &usageError{fmt.Sprintf("--listen %s can be reached by others; that needs --allow-remote and a control token", f.listen)}
	}
	if host != "" && (err != nil || !addr.IsUnspecified()) {
		f.allowHosts = append(f.allowHosts, host)
	}
	return nil
}

// serve runs the server until ctx ends.
func serve(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	f, err := parseServe(args, getenv, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	cfg := mockcloud.Config{
		StateFile: f.state, StateKey: f.stateKey, StateNew: f.stateNew, PublishedOnly: f.publishedOnly, Logger: newLogger(f.logFormat, stderr),
		AllowedHosts: f.allowHosts, ControlToken: f.controlToken, PublicURL: f.publicURL, AllowPrivateIssuers: f.allowPrivateIssuers,
		IdP: f.idp, IdPListen: f.idpListen, IdPPushTo: f.idpPushTo, IdPMisbehave: f.idpMisbehave,
	}
	if f.allowPrivateIssuers {
		cfg.Logger.Warn("users who configure single sign-on here can make this server fetch from private networks (--allow-private-issuers)")
	}
	if f.allowRemote && f.publicURL == "" {
		cfg.Logger.Warn("without --public-url the URLs of this server, and for whom answers of identity providers have to be, go by the Host of each request (--allow-remote)")
	}
	if f.scenario != "" {
		data, err := os.ReadFile(f.scenario)
		if err != nil {
			return fmt.Errorf("the scenario cannot be read: %w", err)
		}
		if cfg.Scenario, err = scenario.Parse(f.scenario, data); err != nil {
			return fmt.Errorf("the scenario has mistakes:\n%w", err)
		}
	}
	server, err := mockcloud.New(cfg)
	if err != nil {
		return fmt.Errorf("the server cannot be set up: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return errors.Join(err, server.Close())
	}
	return errors.Join(serveOn(ctx, listener, server, cfg.Logger, stdout), server.Close())
}

func newLogger(format string, w io.Writer) *slog.Logger {
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// serveOn serves until ctx ends, then lets requests under way come to their end.
func serveOn(ctx context.Context, listener net.Listener, server *mockcloud.Server, logger *slog.Logger, stdout io.Writer) error {
	h := newHTTPServer(server, logger)
	served := make(chan error, 1)
	go func() { served <- h.Serve(listener) }()
	if err := announce(stdout, listener.Addr(), server.IdPURL()); err != nil {
		return errors.Join(err, h.Close())
	}
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	server.Drain() // the delays of faults would only hold up the end
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := h.Shutdown(drain); err != nil {
		return errors.Join(fmt.Errorf("requests under way did not end: %w", err), h.Close())
	}
	return nil
}

// newHTTPServer returns what keeps connections. How long a body may take depends on its
// length, so the handler sees to it; an answer may take long, since an injected delay may.
func newHTTPServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: request.MaxHead,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}

// announce prints the one line by which others learn where the server is.
func announce(w io.Writer, addr net.Addr, idpURL string) error {
	host := addr.String()
	// Who listens on all addresses is reached here by the loopback one.
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		host = net.JoinHostPort("127.0.0.1", fmt.Sprint(tcp.Port))
	}
	base := "http://" + host
	return json.NewEncoder(w).Encode(struct {
		URL        string `json:"url"`
		APIURL     string `json:"api_url"`
		ConsoleURL string `json:"console_url"`
		IdPURL     string `json:"idp_url,omitempty"`
	}{base, base + "/api", base + console.Prefix, idpURL})
}
