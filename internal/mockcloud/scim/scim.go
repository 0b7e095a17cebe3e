// Package scim is the SCIM 2.0 service of each directory (RFC 7643, 7644 and 9865):
// what an identity provider pushes people and groups to. It reads requests, asks
// the pure packages beside it what they mean, and leaves all rules about people to
// package store.
//
// token.go is the OAuth 2.0 token endpoint beside it, where a directory's clients get
// the tokens to call with.
//
// The way of a request: bearer token (401) → directory (403 while it is unlinked)
// → route (404, 405) → media type and body (415, 413, 400) → handler → answer. A
// change is one transaction, in which the token is checked again. Errors have the
// RFC's body, whatever went wrong.
//
// Users and groups each have a file for their handlers and one for how they look;
// list.go finds and pages, bulk.go runs many requests in one.
package scim

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/patch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Prefix is where the SCIM services are; what names a directory follows.
const Prefix = "/scim/v2.0/"

// Endpoint is the address of a directory's SCIM service at a server with a base
// URL: what an identity provider is given together with a token.
func Endpoint(baseURL, opaque string) string { return baseURL + Prefix + opaque }

// Options are what the services take from outside.
type Options struct {
	Store  *store.Store
	Logger *slog.Logger
	// PublicURL is what addresses in answers begin with; empty means as the caller
	// reached the server.
	PublicURL string
	// Clients: directories have OAuth 2.0 clients, and their services a token endpoint.
	Clients bool
}

// Server serves the SCIM services of all directories. Use New.
type Server struct {
	Options
	routes map[string]methods
	// shownByDefault is what is seen of resources unless the caller says.
	shownByDefault map[*schema.ResourceType]*schema.Projection
	// computed, unless nil, is called between the computing of a change and its making.
	computed func()
	// limiter counts what clients ask the token endpoint for.
	limiter *router.Limiter
}

// methods are the handlers of one route by the method.
type methods map[string]handler

// handler answers a request with a value or an error that failure knows.
type handler func(*call) (*answer, error)

// handler is the one for a method, nil for none. HEAD is GET without the body.
func (m methods) handler(method string) handler { return m[asGet(method)] }

// has reports whether the route takes a method.
func (m methods) has(method string) bool {
	_, ok := m[asGet(method)]
	return ok
}

func asGet(method string) string {
	if method == http.MethodHead {
		return http.MethodGet
	}
	return method
}

var _ router.Service = (*Server)(nil)

// New gives the SCIM services of a store's directories.
func New(o Options) *Server {
	s := &Server{Options: o, shownByDefault: make(map[*schema.ResourceType]*schema.Projection), routes: map[string]methods{
		"":                       {http.MethodGet: search(users{}, groups{})},
		"/.search":               {http.MethodPost: searchByPost(users{}, groups{})},
		"/Bulk":                  {http.MethodPost: bulk},
		"/ServiceProviderConfig": {http.MethodGet: discovery(serviceProviderConfig)},
		"/ResourceTypes":         {http.MethodGet: discovery(resourceTypes)},
		"/ResourceTypes/{id}":    {http.MethodGet: discovery(resourceType)},
		"/Schemas":               {http.MethodGet: discovery(schemas)},
		"/Schemas/{id}":          {http.MethodGet: discovery(oneSchema)},
		"/Me": {
			http.MethodGet: notImplemented, http.MethodPost: notImplemented, http.MethodPut: notImplemented,
			http.MethodPatch: notImplemented, http.MethodDelete: notImplemented,
		},
	}}
	for _, k := range []kind{users{}, groups{}} {
		at := k.resourceType().Endpoint
		s.shownByDefault[k.resourceType()] = k.resourceType().Projection(nil, nil)
		s.routes[at] = methods{http.MethodGet: search(k), http.MethodPost: withBody(k.create)}
		s.routes[at+"/.search"] = methods{http.MethodPost: searchByPost(k)}
		s.routes[at+"/{id}"] = methods{
			http.MethodGet: k.read, http.MethodPut: withBody(k.replace),
			http.MethodPatch: withBody(k.patch), http.MethodDelete: k.remove,
		}
	}
	if o.Clients {
		s.routes[tokenPath] = methods{http.MethodPost: nil} // answers in another protocol
	}
	return s
}

// kind is the handlers of a resource type.
type kind interface {
	resourceType() *schema.ResourceType
	create(*call, map[string]any) (*answer, error)
	read(*call) (*answer, error)
	replace(*call, map[string]any) (*answer, error)
	patch(*call, map[string]any) (*answer, error)
	remove(*call) (*answer, error)
	// candidates are the rows that a query may find, by an index where there is one.
	candidates(*store.Reader, *store.Directory, *query) rows
}

// Mount puts the services onto a router.
func (s *Server) Mount(rt *router.Router) {
	s.limiter = rt.Limiter
	rt.Serve(Prefix, s)
}

// endpointPattern is what patterns of routes begin with.
const endpointPattern = Prefix + "{endpoint}"

// Routes implements router.Service.
func (s *Server) Routes() (out []string) {
	for pattern, handlers := range s.routes {
		for method := range handlers {
			out = append(out, method+" "+endpointPattern+pattern)
		}
	}
	return out
}

// Route implements router.Service.
func (s *Server) Route(r *http.Request) string {
	_, path := cut(r)
	pattern, _ := split(path)
	if !s.routes[pattern].has(r.Method) {
		return ""
	}
	return endpointPattern + pattern
}

// Failure implements router.Service (RFC 7644, 3.12).
func (s *Server) Failure(status int, detail string) router.Reply {
	return errorAnswer(status, "", detail).reply()
}

// Answer implements router.Service.
func (s *Server) Answer(r *http.Request) router.Reply {
	opaque, path := cut(r)
	pattern, id := split(path)
	if pattern == tokenPath && s.Clients {
		return s.issueToken(r, opaque).reply()
	}
	c := &call{
		server: s, request: r, endpoint: opaque, secret: request.Bearer(r), id: id, work: patch.NewWork(r.Context()),
		base:    Endpoint(router.BaseURL(s.PublicURL, r), opaque),
		ifMatch: strings.Join(r.Header.Values("If-Match"), ","), ifNoneMatch: strings.Join(r.Header.Values("If-None-Match"), ","),
	}
	found, known := s.routes[pattern]
	var a *answer
	if err := request.Guard(func() (err error) {
		a, err = c.serve(found, known)
		return err
	}); err != nil {
		a = c.failure(err)
	}
	return a.reply()
}

// cut gives what names the directory, and the path below its endpoint.
func cut(r *http.Request) (opaque, path string) {
	opaque, path, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
	return opaque, path
}

// split gives the pattern of a path below an endpoint, and the id in it.
func split(path string) (pattern, id string) {
	path = strings.Trim(path, "/")
	if path == "" {
		return "", ""
	}
	head, rest, below := strings.Cut(path, "/")
	if !below || rest == ".search" || "/"+path == tokenPath {
		return "/" + path, ""
	}
	if head == "Me" {
		return "/Me", ""
	}
	return "/" + head + "/{id}", rest
}

// serve runs the handler for a caller with the directory's token.
func (c *call) serve(route methods, known bool) (a *answer, err error) {
	if err := c.admit(); err != nil {
		return nil, err
	}
	if !known {
		return nil, &request.Error{Status: http.StatusNotFound, Detail: "There is no such endpoint; /ResourceTypes and /ServiceProviderConfig say what there is"}
	}
	handle := route.handler(c.request.Method)
	if handle == nil {
		return nil, notAllowed(route)
	}
	if c.values, err = url.ParseQuery(c.request.URL.RawQuery); err != nil {
		return nil, &request.Error{Status: http.StatusBadRequest, Detail: "The query string cannot be read: an escape in it is wrong, or a semicolon is not escaped"}
	}
	c.attributes, c.excluded = names(c.values.Get("attributes")), names(c.values.Get("excludedAttributes"))
	return handle(c)
}

// names splits attributes and excludedAttributes (RFC 7644, 3.9).
func names(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// notImplemented is /Me: a directory's token is no user (RFC 7644, 3.11).
func notImplemented(*call) (*answer, error) {
	return nil, &request.Error{Status: http.StatusNotImplemented, Detail: "/Me is not offered: a directory's token stands for no user"}
}
