// Package router is everything between a connection and a handler: which routes
// there are, who may call them, what goes wrong on purpose, and how values and
// errors become answers. Other protocols (service.go) share the first half of the
// way with the API: they are counted and hit by faults alike.
//
// The way of a request: Host allow-list → request id → route → count → injected
// fault → key (401) → account (404) → rate limit (429) → single sign-on, permission
// and plan (403) → body (411, 413, 408) → handler → answer. A request that no route takes is
// loud: logged as a warning and counted as "unknown".
//
// Logs hold route patterns, never paths, queries, headers or bodies.
package router

import (
	"context"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sameorigin"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Unknown is the route by which requests that no route takes are counted.
const Unknown = "unknown"

// Route is one operation of the API.
type Route struct {
	Method string
	// Path is the document's, with its spelling of the trailing slash. Requests
	// may use either.
	Path   string
	Access Access
	Handle Handler
}

// Handler answers a call with a value or a typed error of package store.
type Handler func(*Call) (*Answer, error)

// Options are what a router takes from outside.
type Options struct {
	Store        *store.Store
	Logger       *slog.Logger
	Clock        func() time.Time
	AllowedHosts []string
	// PublicURL is what links to the server begin with; empty means as the caller
	// reached it.
	PublicURL string
	// Pace is how slowly a body may come; the zero value is the default.
	Pace request.Pace
}

// Router serves the API. Use New.
type Router struct {
	// Requests and Faults are steered by the control API.
	Requests *Requests
	Faults   *Faults
	// Limiter counts requests of accounts, and what services count. Reset forgets them.
	Limiter *Limiter

	store     *store.Store
	logger    *slog.Logger
	clock     func() time.Time
	hosts     hosts
	publicURL string
	pace      request.Pace
	mux       *http.ServeMux
	routes    []string // of the API
	others    []string // of services
	served    []string // what the paths of services begin with
	closing   context.Context
	close     context.CancelFunc
}

// New gives a router without routes.
func New(o Options) *Router {
	closing, cancel := context.WithCancel(context.Background())
	rt := &Router{
		Requests: newRequests(), Faults: newFaults(),
		store: o.Store, logger: o.Logger, clock: o.Clock, hosts: newHosts(o.AllowedHosts),
		publicURL: strings.TrimSuffix(o.PublicURL, "/"),
		Limiter:   newLimiter(o.Clock), pace: o.Pace, mux: http.NewServeMux(), closing: closing, close: cancel,
	}
	rt.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { rt.unknown(w, r, rt.methodsFor(r)) })
	return rt
}

// Close ends injected delays; what waits goes on at once.
func (rt *Router) Close() { rt.close() }

// Closing is closed by Close: answers without an end come to theirs then.
func (rt *Router) Closing() <-chan struct{} { return rt.closing.Done() }

// Add mounts API routes.
func (rt *Router) Add(routes ...Route) {
	for _, route := range routes {
		serve := func(w http.ResponseWriter, r *http.Request) { rt.serve(w, r, route) }
		bare := strings.TrimSuffix(route.Path, "/")
		rt.mux.HandleFunc(route.Method+" "+bare, serve)
		rt.mux.HandleFunc(route.Method+" "+bare+"/{$}", serve)
		rt.routes = append(rt.routes, route.Method+" "+route.Path)
	}
}

// Mount serves pages under a prefix by another handler, which keeps the Host
// allow-list and the request id and is neither counted nor hit by faults.
func (rt *Router) Mount(prefix string, h http.Handler) { rt.mux.Handle(prefix, h) }

// Routes lists the API routes, as "GET /api/accounts/{account_id}".
func (rt *Router) Routes() []string { return slices.Sorted(slices.Values(rt.routes)) }

// Reset forgets counts, faults and used-up rate limits.
func (rt *Router) Reset() {
	rt.Requests.Reset()
	rt.Faults.Clear()
	rt.Limiter.reset()
}

// ServeHTTP implements http.Handler.
func (rt *Router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := requestID(r)
	w.Header().Set(requestIDHeader, id)
	r = r.WithContext(sameorigin.WithPublic(context.WithValue(r.Context(), requestIDKey{}, id), rt.publicURL))
	rt.pace.Limit(w, r)
	host, ok := rt.hosts.allow(r.Host)
	if !ok {
		send(w, errorReply(http.StatusMisdirectedRequest,
			"This server does not answer for that host name. Use localhost or 127.0.0.1, or allow the name when you start it."))
		return
	}
	r.Host = host
	r = rt.singleSlashes(r)
	// The mux would redirect an unclean path; the API has no such route.
	if clean := path.Clean(r.URL.Path); clean != r.URL.Path && clean+"/" != r.URL.Path {
		rt.unknown(w, r, nil)
		return
	}
	rt.mux.ServeHTTP(w, r)
}

// serve answers one request of a known route.
func (rt *Router) serve(w http.ResponseWriter, r *http.Request, route Route) {
	started := rt.clock()
	rt.Requests.count(r.Method, route.Path)
	rt.respond(w, r, exchange{
		route: route.Path, started: started,
		answer:  func() Reply { return rt.answer(r, route) },
		failure: func(status int, detail string) Reply { return errorReply(status, detail) },
	})
}

func (rt *Router) log(r *http.Request, route string, status int, started time.Time) {
	rt.logger.LogAttrs(r.Context(), slog.LevelInfo, "request",
		slog.String("route", route), slog.String("method", r.Method), slog.Int("status", status),
		slog.Float64("ms", float64(rt.clock().Sub(started).Microseconds())/1000),
		slog.String("request_id", RequestID(r.Context())))
}

// unknown answers requests that no route takes: 405 where another method would
// do, else 404.
func (rt *Router) unknown(w http.ResponseWriter, r *http.Request, allowed []string) {
	answer := errorReply(http.StatusNotFound, "Not Found")
	if allowed != nil {
		answer = errorReply(http.StatusMethodNotAllowed, "Method Not Allowed")
		answer.Header.Set("Allow", strings.Join(allowed, ", "))
	}
	rt.loud(w, r, answer)
}

// loud answers a request that no route takes so that somebody notices.
func (rt *Router) loud(w http.ResponseWriter, r *http.Request, answer Reply) {
	rt.Requests.count(r.Method, Unknown)
	rt.logger.LogAttrs(r.Context(), slog.LevelWarn, "unknown route",
		slog.String("route", Unknown), slog.String("method", r.Method), slog.Int("status", answer.Status),
		slog.String("request_id", RequestID(r.Context())))
	send(w, answer)
}

func (rt *Router) methodsFor(r *http.Request) []string {
	var allowed []string
	for _, method := range []string{http.MethodDelete, http.MethodGet, http.MethodPatch, http.MethodPost, http.MethodPut} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := rt.mux.Handler(other); strings.HasPrefix(pattern, method+" ") {
			allowed = append(allowed, method)
		}
	}
	return allowed
}

const requestIDHeader = "X-Request-Id"

type requestIDKey struct{}

// RequestID gives the id by which a request is found in the logs.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// requestID takes the caller's id if it is harmless, else makes one.
func requestID(r *http.Request) string {
	given := r.Header.Get(requestIDHeader)
	harmless := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_.", c)
	}
	if given != "" && len(given) <= 128 && !strings.ContainsFunc(given, func(c rune) bool { return !harmless(c) }) {
		return given
	}
	return uuid.NewString()
}
