package router

import (
	"net/http"
	"slices"
	"strings"
)

// Service answers the requests of another protocol than the API's, such as SCIM.
// Each of its routes is counted and hit by faults as the API's are.
type Service interface {
	// Routes lists what there is, as "GET /scim/v2.0/{endpoint}/Users".
	Routes() []string
	// Route is the pattern of the route that takes a request; empty for none.
	Route(*http.Request) string
	// Answer answers a request, also one that no route takes.
	Answer(*http.Request) Reply
	// Failure is an error in the protocol's words.
	Failure(status int, detail string) Reply
}

// Serve mounts a service under a prefix.
func (rt *Router) Serve(prefix string, s Service) {
	rt.others = append(rt.others, s.Routes()...)
	rt.served = append(rt.served, prefix)
	rt.mux.HandleFunc(prefix, func(w http.ResponseWriter, r *http.Request) {
		started, route := rt.clock(), s.Route(r)
		if route == "" {
			rt.loud(w, r, s.Answer(r))
			return
		}
		rt.Requests.count(r.Method, route)
		rt.respond(w, r, exchange{
			route: route, started: started,
			answer: func() Reply { return s.Answer(r) }, failure: s.Failure,
		})
	})
}

// Reaches says whether a fault is for any route that there is.
func (rt *Router) Reaches(f Fault) bool {
	return slices.ContainsFunc(slices.Concat(rt.routes, rt.others), func(route string) bool {
		method, path, _ := strings.Cut(route, " ")
		return f.Matches(method, path)
	})
}

// singleSlashes gives a request to a service without empty elements in its path, which
// clients make of an endpoint with a slash at its end.
func (rt *Router) singleSlashes(r *http.Request) *http.Request {
	for _, prefix := range rt.served {
		below, ok := strings.CutPrefix(r.URL.Path, prefix)
		if !ok || !strings.Contains(below, "//") {
			continue
		}
		elements := strings.FieldsFunc(below, func(c rune) bool { return c == '/' })
		r = r.Clone(r.Context())
		r.URL.Path, r.URL.RawPath = prefix+strings.Join(elements, "/"), ""
		return r
	}
	return r
}
