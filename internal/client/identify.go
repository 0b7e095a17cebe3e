package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
)

// NotAccountAPIError says that what answers at the endpoint is not Prefect Cloud's
// account API. It says nothing about the account, the key or the thing asked for.
type NotAccountAPIError struct {
	Endpoint string
	Kind     Stranger
	What     string // what answers there
	Fix      string
	Err      error // the answer that showed it
}

// Stranger is a kind of server that is not the account API.
type Stranger string

// The kinds of strangers.
const (
	StrangerPage       Stranger = "page"        // a web page: a browser's address, a proxy's or a login page
	StrangerRedirect   Stranger = "redirect"    // leads elsewhere
	StrangerSelfHosted Stranger = "self-hosted" // a self-hosted Prefect server
	StrangerNothing    Stranger = "nothing"     // a server that knows none of the API's routes
	StrangerOther      Stranger = "other"       // answers in another form
)

// Error implements error.
func (e *NotAccountAPIError) Error() string {
	return fmt.Sprintf("what answers at %s is not Prefect Cloud's account API: %s. %s%s", e.Endpoint, e.What, e.Fix, e.seenIn())
}

// seenIn names the answer that showed it.
func (e *NotAccountAPIError) seenIn() string {
	var apiError *APIError
	var unexpected *UnexpectedAnswerError
	switch {
	case errors.As(e.Err, &apiError):
		return fmt.Sprintf(" (%s %s answered %s)", apiError.Method, apiError.Path, statusLine(apiError.Status))
	case errors.As(e.Err, &unexpected):
		return fmt.Sprintf(" (%s %s answered %s)", unexpected.Method, unexpected.Path, statusLine(unexpected.Status))
	}
	return ""
}

// Unwrap returns the answer, unless that is a refusal: the 404 of a stranger
// must not count as one of the API.
func (e *NotAccountAPIError) Unwrap() error {
	var answer *UnexpectedAnswerError
	if errors.As(e.Err, &answer) {
		return answer
	}
	return nil
}

const (
	strangerFix = "Check `endpoint` in the provider block, the environment variable PREFECT_API_URL, or the profile; Prefect Cloud's is https://api.prefect.cloud/api"
	betweenFix  = strangerFix + ". If that is right, a proxy answers in its place: it may want HTTPS_PROXY, or a header in `custom_headers`"
)

// identity is what a client knows of the server it talks to.
type identity struct {
	known   atomic.Bool         // it has answered as the account API does
	turn    chan struct{}       // held by the one call that asks
	verdict *NotAccountAPIError // what asking came to; its Err is another call's. The holder of the turn may look
}

func newIdentity() *identity { return &identity{turn: make(chan struct{}, 1)} }

// identify judges a failure of a server that has not answered as the account API
// does so far. A 404 is taken for what it says only once the server is known:
// others say 404, too. That costs one or two requests, once, on the way of a
// failure.
func (c *Client) identify(ctx context.Context, r call, err error) error {
	if r.probes || c.dialect != accountAPI || c.identity.known.Load() {
		return err
	}
	var unexpected *UnexpectedAnswerError
	if errors.As(err, &unexpected) {
		return c.strangeAnswer(unexpected)
	}
	var apiError *APIError
	switch {
	case !errors.As(err, &apiError):
	case apiError.selfHosted:
		return c.stranger(StrangerSelfHosted, "a self-hosted Prefect server answers there, which has no accounts", strangerFix, err)
	case apiError.Status == http.StatusNotFound || apiError.Status == http.StatusMethodNotAllowed:
		return c.askWho(ctx, err)
	}
	return err
}

// strangeAnswer judges an answer that is not the API's.
func (c *Client) strangeAnswer(answer *UnexpectedAnswerError) error {
	switch answer.kind {
	case "":
		return answer // the API's own, broken
	case StrangerOther:
		if answer.Status == http.StatusBadRequest && strings.HasPrefix(c.base, "http://") {
			return c.stranger(StrangerOther, "it rejects plain http", "Where the server speaks TLS, write https:// in the endpoint", answer)
		}
	}
	return c.stranger(answer.kind, answer.Why, betweenFix, answer)
}

// askWho finds out after a 404 whether it is the API's.
//
// GET /api/me/accounts
func (c *Client) askWho(ctx context.Context, notFound error) error {
	select {
	case c.identity.turn <- struct{}{}:
		defer func() { <-c.identity.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	switch verdict := c.identity.verdict; {
	case c.identity.known.Load():
		return notFound
	case verdict != nil:
		return c.stranger(verdict.Kind, verdict.What, verdict.Fix, notFound)
	}
	_, err := c.send(ctx, call{method: http.MethodGet, path: []string{"me", "accounts"}, probes: true})
	var answer *APIError
	var unexpected *UnexpectedAnswerError
	switch {
	case err == nil, IsForbidden(err): // every account API has this route
		c.identity.known.Store(true)
		return notFound
	case errors.As(err, &unexpected):
		return c.strangeAnswer(unexpected)
	case errors.As(err, &answer) && (answer.Status == http.StatusNotFound || answer.Status == http.StatusMethodNotAllowed):
		c.identity.verdict = c.nameStranger(ctx, notFound)
		return c.identity.verdict
	}
	return err // whose 404 it was is unknown
}

// nameStranger tells a self-hosted Prefect server from one that knows no route
// at all. It has its version at /admin/version.
func (c *Client) nameStranger(ctx context.Context, notFound error) *NotAccountAPIError {
	answer, err := c.send(ctx, call{method: http.MethodGet, path: []string{"admin", "version"}, probes: true})
	var version string
	if err == nil && json.Unmarshal(answer.body, &version) == nil {
		what := "a self-hosted Prefect server (version " + c.redact.words(version) + ") answers there, which has no accounts"
		return c.stranger(StrangerSelfHosted, what, strangerFix, notFound)
	}
	return c.stranger(StrangerNothing, "it has none of the API's routes", strangerFix, notFound)
}

func (c *Client) stranger(kind Stranger, what, fix string, err error) *NotAccountAPIError {
	return &NotAccountAPIError{Endpoint: c.base, Kind: kind, What: what, Fix: fix, Err: err}
}
