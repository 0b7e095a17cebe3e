package scim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/patch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// mediaType is that of all answers (RFC 7644, 8.1).
const mediaType = "application/scim+json"

// errorURN is the schema of errors (RFC 7644, 3.12).
const errorURN = "urn:ietf:params:scim:api:messages:2.0:Error"

// answer is what goes back: over HTTP, or as a part of a bulk response.
type answer struct {
	status int
	// location and version are of the resource that was read or changed.
	location, version string
	header            http.Header
	// body becomes JSON; nil for none.
	body any
}

// reply is the answer as it goes over the wire.
func (a *answer) reply() router.Reply {
	body, err := []byte(nil), error(nil)
	if a.body != nil {
		// What is sent was read from JSON, or is made of strings and numbers.
		if body, err = json.Marshal(a.body); err != nil {
			a = &answer{status: http.StatusInternalServerError}
		}
	}
	out := router.Reply{Status: a.status, Header: http.Header{}, MediaType: mediaType, Body: body}
	maps.Copy(out.Header, a.header)
	if a.version != "" {
		out.Header.Set("ETag", a.version)
	}
	if a.location != "" && (a.status == http.StatusOK || a.status == http.StatusCreated) {
		out.Header.Set("Location", a.location)
	}
	return out
}

// errorBody is RFC 7644, 3.12.
type errorBody struct {
	Schemas  []string     `json:"schemas"`
	ScimType scimerr.Type `json:"scimType,omitempty"`
	Detail   string       `json:"detail"`
	Status   string       `json:"status"`
}

func errorAnswer(status int, scimType scimerr.Type, detail string) *answer {
	return &answer{status: status, header: http.Header{}, body: errorBody{
		Schemas: []string{errorURN}, ScimType: scimType, Detail: detail, Status: strconv.Itoa(status),
	}}
}

// statusError is an error that is nothing but its status.
type statusError struct {
	status int
	detail string
	allow  string
}

func (e *statusError) Error() string { return e.detail }

func notAllowed(route methods) error {
	allow := strings.Join(slices.Sorted(maps.Keys(route)), ", ")
	return &statusError{status: http.StatusMethodNotAllowed, detail: "This endpoint takes " + allow + " only", allow: allow}
}

// panicked is a bug in a handler.
type panicked struct {
	value any
	stack string
}

func (e *panicked) Error() string { return fmt.Sprint("panic: ", e.value) }

// failure is the one place where errors become answers.
func (c *call) failure(err error) *answer {
	var (
		scim            *scimerr.Error
		status          *statusError
		unauthenticated *store.Unauthenticated
		forbidden       *store.Forbidden
		limit           *store.PlanLimit
		missing         *store.NotFound
		duplicate       *store.Duplicate
		conflict        *store.Conflict
		precondition    *store.PreconditionFailed
		invalid         *store.Invalid
		unavailable     *store.Unavailable
		tooLarge        *patch.TooLarge
	)
	switch {
	case errors.Is(err, context.Canceled):
		// Nobody is there to read it.
		return errorAnswer(http.StatusServiceUnavailable, "", "The caller left before the request was done; nothing was changed")
	case errors.As(err, &tooLarge):
		return errorAnswer(http.StatusRequestEntityTooLarge, "", err.Error())
	case errors.As(err, &scim):
		return errorAnswer(scim.Status(), scim.ScimType, scim.Error())
	case errors.As(err, &status):
		out := errorAnswer(status.status, "", status.detail)
		if status.allow != "" {
			out.header.Set("Allow", status.allow)
		}
		return out
	case errors.As(err, &unauthenticated):
		out := errorAnswer(http.StatusUnauthorized, "", "The bearer token is not one of this directory's live tokens, or there is no such directory")
		out.header.Set("WWW-Authenticate", `Bearer realm="SCIM"`)
		return out
	case errors.As(err, &forbidden), errors.As(err, &limit):
		return errorAnswer(http.StatusForbidden, "", err.Error())
	case errors.As(err, &missing):
		return errorAnswer(http.StatusNotFound, "", err.Error())
	case errors.As(err, &duplicate):
		return errorAnswer(http.StatusConflict, scimerr.Uniqueness, err.Error())
	case errors.As(err, &conflict):
		return errorAnswer(http.StatusConflict, "", err.Error())
	case errors.As(err, &precondition):
		return errorAnswer(http.StatusPreconditionFailed, "", err.Error())
	case errors.As(err, &invalid):
		return errorAnswer(http.StatusBadRequest, scimerr.InvalidValue, err.Error())
	case errors.As(err, &unavailable):
		return errorAnswer(http.StatusServiceUnavailable, "", err.Error())
	}
	c.log("unexpected error", err)
	return errorAnswer(http.StatusInternalServerError, "",
		"Internal server error; the server's log says more under request id "+router.RequestID(c.request.Context()))
}

func (c *call) log(what string, err error) {
	attributes := []slog.Attr{
		slog.String("route", Prefix), slog.String("request_id", router.RequestID(c.request.Context())), slog.Any("error", err),
	}
	var p *panicked
	if errors.As(err, &p) {
		attributes = append(attributes, slog.String("stack", p.stack))
	}
	c.server.Logger.LogAttrs(c.request.Context(), slog.LevelError, what, attributes...)
}
