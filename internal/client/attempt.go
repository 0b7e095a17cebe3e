package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// How much of an answer is read.
const (
	maxBody      = 32 << 20
	maxErrorBody = 64 << 10
)

// requestIDHeader is where the API names a request.
const requestIDHeader = "X-Request-Id"

// attempts is the transport under the retries. It makes single attempts: each
// waits for the gate, holds one slot while it is under way (not while a
// backoff runs), has a time limit of its own, and ends with the body in
// memory, so that a body that breaks off is a failed attempt like any other.
type attempts struct {
	base    http.RoundTripper
	slots   chan struct{}
	timeout time.Duration
	retry   *retryPolicy
	log     func(ctx context.Context, level Level, msg string, fields map[string]any)
}

func newAttempts(c *Client, timeout time.Duration) *attempts {
	return &attempts{
		base:    c.transport,
		slots:   make(chan struct{}, c.concurrent),
		timeout: timeout,
		retry:   c.retry,
		log:     c.log,
	}
}

// errStale says that an attempt was not made because it would have come too late.
var errStale = errors.New("what the request is based on was read too long ago")

// attemptError is an attempt that ended without a usable answer.
type attemptError struct {
	err       error
	sent      bool // something may have reached the server
	permanent bool // another attempt cannot end differently
	timeout   bool // the attempt's own time limit was over
}

func (e *attemptError) Error() string { return e.err.Error() }
func (e *attemptError) Unwrap() error { return e.err }

// RoundTrip implements http.RoundTripper.
func (t *attempts) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if err := t.enter(ctx); err != nil {
		if req.Body != nil {
			_ = req.Body.Close() // a reader over bytes in memory: cannot fail
		}
		return nil, err
	}
	defer func() { <-t.slots }()

	state := callStateOf(ctx)
	state.attempts++
	fields := map[string]any{"method": req.Method, "path": req.URL.EscapedPath(), "attempt": state.attempts}
	start := time.Now()
	if !state.staleAfter.IsZero() && start.After(state.staleAfter) {
		if req.Body != nil {
			_ = req.Body.Close() // as above
		}
		return nil, &attemptError{err: errStale, permanent: true}
	}
	resp, err := t.try(ctx, req)
	state.took = time.Since(start)
	fields["duration_ms"] = state.took.Milliseconds()
	if err != nil {
		fields["error"] = err.Error()
		t.log(ctx, LevelDebug, "request failed", fields)
		return nil, err
	}
	fields["status"], fields["request_id"] = resp.StatusCode, resp.Header.Get(requestIDHeader)
	t.log(ctx, LevelDebug, "request", fields)
	t.retry.observe(ctx, resp)
	return resp, nil
}

// enter waits until the gate is open and a slot is free, both at once.
func (t *attempts) enter(ctx context.Context) error {
	for {
		if err := t.retry.gate.wait(ctx); err != nil {
			return err
		}
		select {
		case t.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		if t.retry.gate.left() <= 0 {
			return nil
		}
		<-t.slots // the gate was shut while this attempt stood in line
	}
}

// try makes one attempt under the time limit, and reads the whole answer.
func (t *attempts) try(ctx context.Context, req *http.Request) (*http.Response, error) {
	limited, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	wire := &wireTrace{}
	resp, err := t.base.RoundTrip(req.WithContext(wire.watch(limited)))
	status := 0
	if err == nil {
		status, err = resp.StatusCode, readAll(resp)
	}
	if err == nil || wire.sent() && !isDialError(err) {
		callStateOf(ctx).doubt.note(status, err)
	}
	var rejected *attemptError
	var proxy *proxyRejection
	switch {
	case err == nil:
		return resp, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case limited.Err() != nil:
		return nil, &attemptError{err: fmt.Errorf("no complete answer within %s", t.timeout), sent: wire.sent(), timeout: true}
	case errors.As(err, &rejected):
		return nil, rejected
	case errors.As(err, &proxy):
		return nil, &attemptError{err: proxy, permanent: proxy.permanent()}
	default:
		return nil, &attemptError{err: err, sent: wire.sent() && !isDialError(err), permanent: isTLSRejection(err)}
	}
}

// readAll replaces the body by its bytes in memory. An error answer speaks by
// its status, so what can be had of its body is enough; of JSON that broke off
// there is nothing to be had, and half of it would pass for another server's.
func readAll(resp *http.Response) error {
	defer func() { _ = resp.Body.Close() }() // read to its end or given up: nothing to learn
	limit := int64(maxBody)
	if resp.StatusCode >= http.StatusBadRequest {
		limit = maxErrorBody
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	oversize := int64(len(body)) > limit
	if resp.StatusCode < http.StatusBadRequest && (err != nil || oversize) {
		answer := &UnexpectedAnswerError{Status: resp.StatusCode, ContentType: resp.Header.Get("Content-Type"), cause: cause{err}}
		if answer.Why = "the body broke off"; oversize {
			answer.Why = fmt.Sprintf("the body is larger than %d MiB", maxBody>>20)
		}
		return &attemptError{err: answer, sent: true, permanent: oversize}
	}
	if err != nil && isJSON(resp.Header.Get("Content-Type")) {
		body = nil
	}
	resp.Body = io.NopCloser(bytes.NewReader(body[:min(int64(len(body)), limit)]))
	return nil
}

// wireTrace learns whether an attempt ever had a connection to write on.
type wireTrace struct {
	asked, got atomic.Bool
}

func (w *wireTrace) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { w.got.Store(true) },
	})
}

// sent returns true where it is not known: a transport that does not report its
// connections may have sent anything.
func (w *wireTrace) sent() bool {
	return w.got.Load() || !w.asked.Load()
}

func isDialError(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// isTLSRejection reports a certificate that does not convince or a server that
// does not speak TLS: no repetition mends that.
func isTLSRejection(err error) bool {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	return errors.As(err, &certificate) || errors.As(err, &record) || errors.Is(err, http.ErrSchemeMismatch)
}
