// Package control is the API under /_mockcloud/ by which tests and people steer
// the server: what was requested, what shall go wrong, back to the start.
//
//	GET  requests         how often each route was called, of the API and of SCIM
//	POST requests/reset   count from zero
//	GET, POST, DELETE faults
//	GET  outbox           the mails that were sent, newest last
//	POST reset            back to the scenario
//	GET, POST clock       the server's time; {"advance":"24h"} moves it ahead
//	GET, POST idp         how the test identity provider misbehaves, with --idp-misbehave
//	POST service_provider_keys  a rollover of the server's own keys: SAML's, and the client's
//	GET  snapshot         the whole state as JSON, without secrets
//	GET  report           what an older version let into the state and this one would not
//
// Web pages of other origins are refused, since a browser would let them send
// some requests here without asking; bodies have to be JSON for the same reason.
// With a control token every call needs "Authorization: Bearer <token>".
package control

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sameorigin"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Prefix is where the control API is mounted.
const Prefix = "/_mockcloud/"

// maxBody bounds what a control call may send.
const maxBody = 1 << 20

// Control serves the control API.
type Control struct {
	// Router and Store are what is steered.
	Router *router.Router
	Store  *store.Store
	// Token, unless empty, has to come with every call.
	Token string
	// IdP is the test identity provider if it may be made to misbehave, else nil.
	IdP *idp.IdP
	// Keys are the server's own.
	Keys Keys
	// Restart puts the state back to the scenario.
	Restart func() error
}

// Handler returns the control API.
func (c *Control) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix+"requests", c.requests)
	mux.HandleFunc("POST "+Prefix+"requests/reset", c.resetRequests)
	mux.HandleFunc("GET "+Prefix+"faults", c.listFaults)
	mux.HandleFunc("POST "+Prefix+"faults", c.addFault)
	mux.HandleFunc("DELETE "+Prefix+"faults", c.clearFaults)
	mux.HandleFunc("GET "+Prefix+"outbox", c.outbox)
	mux.HandleFunc("POST "+Prefix+"reset", c.reset)
	mux.HandleFunc("GET "+Prefix+"clock", c.readClock)
	mux.HandleFunc("POST "+Prefix+"clock", c.advanceClock)
	mux.HandleFunc("GET "+Prefix+"snapshot", c.snapshot)
	mux.HandleFunc("GET "+Prefix+"report", c.report)
	mux.HandleFunc("GET "+Prefix+"idp", c.idpModes)
	mux.HandleFunc("POST "+Prefix+"idp", c.misbehave)
	mux.HandleFunc("POST "+Prefix+"service_provider_keys", c.rotateKey)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusNotFound, "There is no such control call")
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		switch {
		case sameorigin.Foreign(r):
			fail(w, http.StatusForbidden, "The control API does not answer to pages of other origins")
		case !c.authorized(r):
			w.Header().Set("WWW-Authenticate", "Bearer")
			fail(w, http.StatusUnauthorized, "The control API needs its token: Authorization: Bearer <token>")
		case r.ContentLength != 0 && !sameorigin.IsJSON(r):
			fail(w, http.StatusUnsupportedMediaType, "The control API takes application/json only")
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

func (c *Control) authorized(r *http.Request) bool {
	if c.Token == "" {
		return true
	}
	return router.IsSecret(request.Bearer(r), c.Token)
}

func fail(w http.ResponseWriter, status int, detail any) {
	reply(w, status, map[string]any{"detail": detail})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// It fails only when the caller is gone, so there is no one to report it to.
	_ = json.NewEncoder(w).Encode(body)
}

type requestCount struct {
	Method string `json:"method"`
	Route  string `json:"route"`
	Count  int    `json:"count"`
}

func (c *Control) requests(w http.ResponseWriter, _ *http.Request) {
	total, routes := 0, []requestCount{}
	for _, n := range c.Router.Requests.List() {
		total += n.Count
		routes = append(routes, requestCount{Method: n.Method, Route: n.Route, Count: n.Count})
	}
	reply(w, http.StatusOK, map[string]any{"total": total, "routes": routes})
}

func (c *Control) resetRequests(w http.ResponseWriter, _ *http.Request) {
	c.Router.Requests.Reset()
	w.WriteHeader(http.StatusNoContent)
}

// reset forgets what was requested and what shall go wrong, too: as if started
// anew.
func (c *Control) reset(w http.ResponseWriter, _ *http.Request) {
	if err := c.Restart(); err != nil {
		reject(w, err)
		return
	}
	c.Router.Reset()
	w.WriteHeader(http.StatusNoContent)
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	body, err := request.Body(r, maxBody)
	var refused *request.Error
	if errors.As(err, &refused) {
		fail(w, refused.Status, refused.Detail)
	}
	return body, err == nil
}

// reject answers 422 with everything that is wrong, or says what else went wrong.
func reject(w http.ResponseWriter, err error) {
	var problems *store.Invalid
	var unavailable *store.Unavailable
	var conflict *store.Conflict
	switch {
	case errors.As(err, &conflict):
		fail(w, http.StatusConflict, conflict.Reason)
	case errors.As(err, &problems):
		fail(w, http.StatusUnprocessableEntity, router.Problems(problems))
	case errors.As(err, &unavailable):
		fail(w, http.StatusServiceUnavailable, unavailable.Cause.Error())
	default:
		fail(w, http.StatusInternalServerError, err.Error())
	}
}
