package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// call is one request of the API before it is sent.
type call struct {
	method string
	path   []string // elements after the endpoint, unescaped; a last "/" keeps the slash of the route
	query  url.Values
	body   any        // sent as JSON, unless nil
	form   url.Values // sent as a form, unless nil

	secrets []string // in the body: an answer may repeat them, an error must not

	ifMatch        string // the ETag to insist on, if any
	idempotencyKey string // makes a POST safe to repeat
	reads          bool   // a POST that changes nothing, and may be repeated
	repeatable     bool   // a POST that may be repeated, because the second changes nothing more
	probes         bool   // finds out who answers: its own failure is not looked into

	feature string  // of the account's plan that it needs; what a 403 may be about
	absent  absence // what a 404 may be about

	// staleAfter is when the body says something that may no longer hold: from then
	// on it is not sent, and it is never sent twice.
	staleAfter time.Time
	took       *time.Duration // receives how long the last attempt took

	doubt *doubt // receives what the attempts leave open
}

// account returns the id of the account that the call is about.
func (r call) account() string { return r.path[1] }

// reply is an answer that said yes.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// do sends a call and decodes the answer.
func do[T any](ctx context.Context, c *Client, r call) (T, error) {
	value, _, err := doTagged[T](ctx, c, r)
	return value, err
}

// doTagged is do for an answer whose ETag matters; "" where there is none.
func doTagged[T any](ctx context.Context, c *Client, r call) (value T, etag string, err error) {
	answer, err := c.send(ctx, r)
	if err != nil {
		return value, "", err
	}
	if err = json.Unmarshal(answer.body, &value); err != nil {
		var none T
		why := "the JSON is broken or has another form: " + err.Error()
		return none, "", c.unexpected(r, answer.status, answer.header, "", why, err)
	}
	c.identity.known.Store(true)
	return value, answer.header.Get("ETag"), nil
}

// What comes in place of the API's JSON.
const (
	webPage = "a web page came instead"
	notJSON = "the answer is not JSON"
)

// send sends a call and leaves the body of the answer alone: for routes whose
// documented answer is {} or 204. What a refusal means it says once (interpret.go).
func (c *Client) send(ctx context.Context, r call) (*reply, error) {
	answer, err := c.exchange(ctx, r)
	if err == nil {
		return answer, nil
	}
	if err = c.interpret(ctx, r, err); err != nil {
		return nil, err
	}
	return &reply{}, nil // gone, as it is meant to be
}

// exchange sends a call, and makes its error of an answer that is no success.
func (c *Client) exchange(ctx context.Context, r call) (*reply, error) {
	if c.closing.Err() != nil {
		return nil, ErrClosed
	}
	path, err := escapePath(r.path)
	if err != nil {
		return nil, err
	}
	state := &callState{
		idempotent: r.method != http.MethodPost || r.reads || r.repeatable || r.idempotencyKey != "",
		keyed:      r.idempotencyKey != "",
		staleAfter: r.staleAfter,
		redact:     c.redactFor(r),
	}
	req, err := c.request(withCallState(ctx, state), r, path)
	if err != nil {
		return nil, err
	}

	if r.writes() {
		defer c.wrote(r)
	}
	resp, err := c.http.Do(req)
	if r.took != nil {
		*r.took = state.took
	}
	if r.doubt != nil {
		*r.doubt = state.doubt
	}
	if resp != nil {
		defer func() { _ = resp.Body.Close() }() // bytes in memory: cannot fail
	}
	if err != nil {
		return nil, c.failed(ctx, r, state, err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, c.failed(ctx, r, state, err)
	}
	switch {
	case resp.StatusCode == http.StatusProxyAuthRequired:
		return nil, c.failed(ctx, r, state, c.asProxyRejection(resp))
	case resp.StatusCode >= http.StatusBadRequest:
		return nil, c.identify(ctx, r, c.statusError(r, state, resp.StatusCode, resp.Header, body))
	case resp.StatusCode >= http.StatusMultipleChoices:
		return nil, c.identify(ctx, r, c.unexpected(r, resp.StatusCode, resp.Header, StrangerRedirect, c.redirects(resp), nil))
	case isHTML(resp.Header.Get("Content-Type")):
		return nil, c.identify(ctx, r, c.unexpected(r, resp.StatusCode, resp.Header, StrangerPage, webPage+titled(body), nil))
	case foreign(resp.Header.Get("Content-Type"), body):
		return nil, c.identify(ctx, r, c.unexpected(r, resp.StatusCode, resp.Header, StrangerOther, notJSON+titled(body), nil))
	}
	c.noteGranted(r)
	return &reply{status: resp.StatusCode, header: resp.Header, body: body}, nil
}

// writes reports whether the call may change something.
func (r call) writes() bool { return r.method != http.MethodGet && !r.reads }

// wrote reports to Config.Wrote that an account may have been changed.
func (c *Client) wrote(r call) {
	if len(r.path) < 2 || r.path[0] != "accounts" {
		return
	}
	noun := ""
	if len(r.path) > 2 {
		noun = r.path[2]
	}
	c.config.Wrote(r.path[1], noun)
}

func (c *Client) request(ctx context.Context, r call, path string) (*retryablehttp.Request, error) {
	var payload any // a nil []byte in here would count as a body
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("could not encode the body of %s %s: %w", r.method, path, err)
		}
		payload = encoded // its length is known, so Content-Length is sent
	}
	if r.form != nil {
		payload = []byte(r.form.Encode())
	}
	target := c.base + path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, r.method, target, payload)
	if err != nil {
		return nil, fmt.Errorf("could not make the request %s %s: %w", r.method, path, err)
	}
	for name, value := range c.config.CustomHeaders {
		req.Header.Set(name, value)
	}
	req.Header.Set("Authorization", c.authorizes)
	req.Header.Set("Accept", c.dialect.media)
	req.Header.Set("User-Agent", c.userAgent)
	if r.body != nil {
		req.Header.Set("Content-Type", c.dialect.media)
	}
	if r.form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if r.ifMatch != "" {
		req.Header.Set("If-Match", r.ifMatch)
	}
	if r.idempotencyKey != "" {
		req.Header.Set("Idempotency-Key", r.idempotencyKey)
	}
	return req, nil
}

// escapePath joins elements so that none can reach beyond its own place: not
// by a slash, not by a dot, not by being empty.
func escapePath(elements []string) (string, error) {
	var b strings.Builder
	for i, element := range elements {
		switch {
		case element == "/" && i == len(elements)-1:
			b.WriteByte('/')
			continue
		case element == "" || element == "." || element == "..":
			return "", fmt.Errorf("%q cannot stand in the path of a request", element)
		}
		b.WriteByte('/')
		b.WriteString(url.PathEscape(element))
	}
	return b.String(), nil
}

// redactFor knows the client's own secrets, and the secrets that the call sends.
func (c *Client) redactFor(r call) redactor {
	if len(r.secrets) == 0 {
		return c.redact
	}
	return newRedactor(slices.Concat(c.secrets, r.secrets)...)
}

// shownPath returns the path as errors show it. Elements that do not escape
// never got as far as a request.
func (c *Client) shownPath(r call) string {
	path, err := escapePath(r.path)
	if err != nil {
		return c.basePath
	}
	return c.redactFor(r).words(c.basePath + path)
}

// failed makes the error of a call that got no usable answer.
func (c *Client) failed(ctx context.Context, r call, state *callState, err error) error {
	if ctx.Err() != nil {
		if errors.Is(context.Cause(ctx), ErrClosed) {
			return ErrClosed
		}
		return ctx.Err()
	}
	var answer *UnexpectedAnswerError
	if errors.As(err, &answer) {
		answer.Method, answer.Path, answer.Attempts = r.method, c.shownPath(r), state.attempts
		answer.ContentType = c.redactFor(r).words(answer.ContentType)
		return answer
	}
	failure := &ConnectionError{Method: r.method, Path: c.shownPath(r), Attempts: state.attempts, cause: cause{err}}
	var attempt *attemptError
	if errors.As(err, &attempt) {
		failure.Timeout, failure.cause = attempt.timeout, cause{attempt.err}
	}
	failure.Why = c.redactFor(r).words(failure.err.Error())
	failure.Fix = connectionFix(failure.err, c.base, attempt != nil && attempt.sent)
	return failure
}

// statusError makes the error of an answer that says no. Below 500, words that are
// not the API's own (a proxy's page) are no judgment on the thing asked for:
// taking its 404 for "gone" would drop things from state.
func (c *Client) statusError(r call, state *callState, status int, header http.Header, body []byte) error {
	message, fields, understood := parseDetail(body)
	if !understood && len(bytes.TrimSpace(body)) > 0 {
		kind, what := StrangerOther, notJSON
		if isHTML(header.Get("Content-Type")) {
			kind, what = StrangerPage, webPage
		}
		if message = what + titled(body); status < http.StatusInternalServerError && status != http.StatusTooManyRequests {
			return c.unexpected(r, status, header, kind, message, nil)
		}
	}
	shown := c.redactFor(r).words
	for i, field := range fields {
		fields[i] = FieldError{Loc: shown(field.Loc), Message: shown(field.Message), Type: shown(field.Type)}
	}
	return &APIError{
		Status:     status,
		Message:    shown(message),
		Fields:     fields,
		RequestID:  shown(header.Get(requestIDHeader)),
		Method:     r.method,
		Path:       c.shownPath(r),
		Attempts:   state.attempts,
		RetryAfter: state.retryAfter,
		ExistingID: shown(existingIDOf(body)),
		scimType:   shown(scimTypeOf(body)),
		tokenError: shown(tokenErrorOf(body)),
		selfHosted: isSelfHosted(status, body),
	}
}

func (c *Client) unexpected(r call, status int, header http.Header, kind Stranger, why string, err error) error {
	shown := c.redactFor(r).words
	return &UnexpectedAnswerError{
		kind:        kind,
		Method:      r.method,
		Path:        c.shownPath(r),
		Status:      status,
		ContentType: shown(header.Get("Content-Type")),
		Why:         shown(why),
		RequestID:   shown(header.Get(requestIDHeader)),
		cause:       cause{err},
	}
}

func (c *Client) redirects(resp *http.Response) string {
	to, err := resp.Location()
	if err != nil {
		return "the endpoint redirects, but does not say where to"
	}
	where := url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path}
	if base, err := url.Parse(c.base); err == nil && !strings.EqualFold(base.Hostname(), to.Hostname()) {
		return "the endpoint redirects to " + where.String() + ", another host, as a login page does, and the " + c.dialect.credential + " is not sent there"
	}
	return "the endpoint redirects to " + where.String() + ", and the " + c.dialect.credential + " is not sent there: set the endpoint to its own address"
}
