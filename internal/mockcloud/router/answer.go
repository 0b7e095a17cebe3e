package router

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Answer is what a handler gives back when all went well.
type Answer struct {
	Status int
	Header http.Header
	// Body becomes JSON; it is left out for 204 and 307.
	Body any
}

// OK answers 200 with a value.
func OK(body any) *Answer { return &Answer{Status: http.StatusOK, Body: body} }

// Created answers 201 with a value.
func Created(body any) *Answer { return &Answer{Status: http.StatusCreated, Body: body} }

// Redirect answers 307: the same request is to be made there.
func Redirect(location string) *Answer {
	return &Answer{Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {location}}}
}

// NoContent answers 204.
func NoContent() *Answer { return &Answer{Status: http.StatusNoContent} }

// Done answers 204 unless there is an error.
func Done(err error) (*Answer, error) {
	if err != nil {
		return nil, err
	}
	return NoContent(), nil
}

// Reply is an answer as it goes over the wire. It is complete before its first
// byte is sent, so that a fault can hold it back or cut it.
type Reply struct {
	Status int
	Header http.Header
	// MediaType is the body's; empty means plain JSON.
	MediaType string
	// Body is nil for none.
	Body []byte
}

// errorBody is FastAPI's shape of an error.
type errorBody struct {
	Detail any `json:"detail"`
	// ExistingID is what is in the way of a create, in our extension.
	ExistingID string `json:"existing_id,omitempty"`
}

// Problem is one entry of FastAPI's list (ValidationError in the document).
type Problem struct {
	Loc  []any  `json:"loc"`
	Msg  string `json:"msg"`
	Type string `json:"type"`
}

func errorReply(status int, detail any) Reply {
	return errorBodyReply(status, errorBody{Detail: detail})
}

func errorBodyReply(status int, what errorBody) Reply {
	// Only strings and problems come here, which always become JSON.
	body, _ := json.Marshal(what)
	return Reply{Status: status, Header: http.Header{}, Body: body}
}

// failed is the one place where errors become answers.
func (rt *Router) failed(r *http.Request, route string, err error) Reply {
	var (
		status          *request.Error
		unauthenticated *store.Unauthenticated
		forbidden       *store.Forbidden
		planLimit       *store.PlanLimit
		notFound        *store.NotFound
		conflict        *store.Conflict
		precondition    *store.PreconditionFailed
		invalid         *store.Invalid
		unavailable     *store.Unavailable
	)
	switch {
	case errors.As(err, &status):
		out := errorReply(status.Status, status.Detail)
		maps.Copy(out.Header, status.Header)
		return out
	case errors.As(err, &unauthenticated):
		out := errorReply(http.StatusUnauthorized, err.Error())
		out.Header.Set("WWW-Authenticate", "Bearer")
		return out
	case errors.As(err, &forbidden), errors.As(err, &planLimit):
		return errorReply(http.StatusForbidden, err.Error())
	case errors.As(err, &notFound):
		return errorReply(http.StatusNotFound, err.Error())
	case errors.As(err, &conflict):
		return errorBodyReply(http.StatusConflict, errorBody{Detail: err.Error(), ExistingID: conflict.ExistingID})
	case errors.As(err, &precondition):
		return errorReply(http.StatusPreconditionFailed, err.Error())
	case errors.As(err, &invalid):
		return errorReply(http.StatusUnprocessableEntity, Problems(invalid))
	case errors.As(err, &unavailable):
		return errorReply(http.StatusServiceUnavailable, err.Error())
	}
	LogBug(r, rt.logger, route, err)
	return internalError(r)
}

// LogBug logs an unexpected error, with the stack of a panic.
func LogBug(r *http.Request, logger *slog.Logger, route string, err error) {
	what := "unexpected error"
	attributes := []slog.Attr{slog.String("route", route), slog.String("request_id", RequestID(r.Context())), slog.Any("error", err)}
	var p *request.Panic
	if errors.As(err, &p) {
		what, attributes = "panic", append(attributes, slog.String("stack", p.Stack))
	}
	logger.LogAttrs(r.Context(), slog.LevelError, what, attributes...)
}

func internalError(r *http.Request) Reply {
	return errorReply(http.StatusInternalServerError,
		"Internal Server Error; the server's log says more under request id "+RequestID(r.Context()))
}

// Problems gives what is wrong as it goes over the wire.
func Problems(e *store.Invalid) []Problem {
	out := make([]Problem, len(e.Problems))
	for i, p := range e.Problems {
		in := p.In
		if in == "" {
			in = "body"
		}
		out[i] = Problem{Loc: append([]any{in}, p.Loc...), Msg: p.Msg, Type: p.Type}
	}
	return out
}

func (rt *Router) succeeded(r *http.Request, route string, a *Answer) Reply {
	out := Reply{Status: a.Status, Header: a.Header}
	if out.Header == nil {
		out.Header = http.Header{}
	}
	if a.Status == http.StatusNoContent || a.Status == http.StatusTemporaryRedirect {
		return out
	}
	body, err := json.Marshal(a.Body)
	if err != nil {
		return rt.failed(r, route, fmt.Errorf("encode answer: %w", err))
	}
	out.Body = body
	return out
}

// seconds rounds up: a caller that waits as long as told must not be too early.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

func writeHead(w http.ResponseWriter, a Reply) {
	for name, values := range a.Header {
		w.Header()[name] = values
	}
	if a.Body != nil {
		w.Header().Set("Content-Type", cmp.Or(a.MediaType, "application/json"))
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	}
	w.WriteHeader(a.Status)
}

func send(w http.ResponseWriter, a Reply) {
	writeHead(w, a)
	// A write fails only when the caller is gone.
	_, _ = w.Write(a.Body)
}

// truncate sends the first half of a body and closes the connection.
func truncate(w http.ResponseWriter, a Reply) {
	if len(a.Body) > 0 {
		writeHead(w, a)
		_, _ = w.Write(a.Body[:len(a.Body)/2]) // as in send
		_ = http.NewResponseController(w).Flush()
	}
	panic(http.ErrAbortHandler)
}

// maxBody is the published limit of a request body.
const maxBody = 5 << 20

// readBody reads a request's body. It insists on knowing the length beforehand,
// as Prefect Cloud does.
func readBody(r *http.Request) ([]byte, error) {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		if r.ContentLength < 0 || r.ContentLength == 0 && r.Header.Get("Content-Length") == "" {
			return nil, &request.Error{Status: http.StatusLengthRequired, Detail: "Content-Length is required"}
		}
	}
	return request.Body(r, maxBody)
}
