package scim

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
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
	// media is the body's media type where it is not SCIM's.
	media string
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
	out := router.Reply{Status: a.status, Header: http.Header{}, MediaType: cmp.Or(a.media, mediaType), Body: body}
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

func notAllowed(route methods) error {
	allow := strings.Join(slices.Sorted(maps.Keys(route)), ", ")
	return &request.Error{Status: http.StatusMethodNotAllowed, Detail: "This endpoint takes " + allow + " only", Header: http.Header{"Allow": {allow}}}
}

// failure is the one place where errors become answers.
func (c *call) failure(err error) *answer {
	var (
		scim            *scimerr.Error
		status          *request.Error
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
		// The client is gone.
		return errorAnswer(http.StatusServiceUnavailable, "", "The caller left before the request was done; nothing was changed")
	case errors.As(err, &tooLarge):
		return errorAnswer(http.StatusRequestEntityTooLarge, "", err.Error())
	case errors.As(err, &scim):
		return errorAnswer(scim.Status(), scim.ScimType, scim.Error())
	case errors.As(err, &status):
		out := errorAnswer(status.Status, "", status.Detail)
		maps.Copy(out.header, status.Header)
		return out
	case errors.As(err, &unauthenticated):
		out := errorAnswer(http.StatusUnauthorized, "", "The bearer token is not one of this directory's live tokens, or there is no such directory")
		challenge := `Bearer realm="SCIM"`
		if c.secret != "" { // RFC 6750, section 3.1
			challenge += `, error="invalid_token"`
		}
		out.header.Set("WWW-Authenticate", challenge)
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
	router.LogBug(c.request, c.server.Logger, Prefix, err)
	return errorAnswer(http.StatusInternalServerError, "",
		"Internal server error; the server's log says more under request id "+router.RequestID(c.request.Context()))
}
