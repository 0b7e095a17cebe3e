package idp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/people"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/push"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sameorigin"
)

// registerDirectory mounts the API of the directory. It has no credentials, as
// the login has none: the provider listens on loopback, pages of other origins
// are refused, and what they could send without asking (no JSON) is not taken.
func (p *IdP) registerDirectory() {
	p.handle("GET", "/directory", p.guarded(p.readDirectory))
	p.handle("GET", "/directory/push", p.guarded(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, p.PushStatus())
	}))
	p.handle("DELETE", "/directory/target", p.guarded(func(w http.ResponseWriter, _ *http.Request) {
		p.Disconnect()
		w.WriteHeader(http.StatusNoContent)
	}))
	for route, change := range map[[2]string]change{
		{"PUT", "/directory/target"}:                           p.putTarget,
		{"POST", "/directory/people"}:                          p.postPeople,
		{"PATCH", "/directory/people/{email}"}:                 p.patchPerson,
		{"DELETE", "/directory/people/{email}"}:                p.deletePerson,
		{"POST", "/directory/leave"}:                           p.postLeave,
		{"POST", "/directory/return"}:                          p.postReturn,
		{"POST", "/directory/groups"}:                          p.postGroup,
		{"PATCH", "/directory/groups/{name}"}:                  p.patchGroup,
		{"DELETE", "/directory/groups/{name}"}:                 p.deleteGroup,
		{"POST", "/directory/groups/{name}/members"}:           p.postMembers,
		{"DELETE", "/directory/groups/{name}/members/{email}"}: p.deleteMember,
		{"POST", "/directory/resync"}:                          p.postResync,
	} {
		p.handle(route[0], route[1], p.guarded(p.changing(change)))
	}
}

// change changes the directory and says which people and groups have to be
// delivered for it: subjects and ids.
type change func(r *http.Request) (keys []string, err error)

// failure is the body of an error; its state is refused.
type failure struct {
	State  string `json:"state"`
	Detail string `json:"detail"`
}

func fail(w http.ResponseWriter, status int, detail string) {
	writeJSON(w, status, failure{"refused", detail})
}

// badRequest is a request that is not understood.
type badRequest struct {
	status int
	detail string
}

func (e *badRequest) Error() string { return e.detail }

func (p *IdP) guarded(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case sameorigin.Foreign(r):
			fail(w, http.StatusForbidden, "The directory does not answer to pages of other origins")
		case r.ContentLength != 0 && !sameorigin.IsJSON(r):
			fail(w, http.StatusUnsupportedMediaType, "The directory takes application/json only")
		default:
			h(w, r)
		}
	}
}

// delivery is the answer to a change.
type delivery struct {
	// State is what became of the change: delivered, pending, failed, quarantined,
	// or not_connected where there is no endpoint to push to.
	State string `json:"state"`
	// DeliveredMS is how long after the change the endpoint's answer to it came.
	DeliveredMS *float64 `json:"delivered_ms,omitempty"`
	Error       string   `json:"error,omitempty"`
}

// changing makes a change and, with ?wait=true, answers when the endpoint knows.
func (p *IdP) changing(c change) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		wait := r.URL.Query().Get("wait")
		if wait != "" && wait != "true" && wait != "false" {
			reject(w, &badRequest{http.StatusUnprocessableEntity, "wait is true or false"})
			return
		}
		keys, err := c(r)
		if err != nil {
			reject(w, err)
			return
		}
		if wait != "true" {
			if p.PushStatus().State == push.NotConnected {
				writeJSON(w, http.StatusOK, delivery{State: string(push.NotConnected)})
				return
			}
			writeJSON(w, http.StatusAccepted, delivery{State: "pending"})
			return
		}
		status, body := p.delivered(r.Context(), keys)
		writeJSON(w, status, body)
	}
}

func (p *IdP) delivered(ctx context.Context, keys []string) (int, delivery) {
	took, err := p.pusher.Wait(ctx, keys...)
	var quarantined *push.Quarantined
	switch {
	case err == nil:
		ms := push.Milliseconds(took)
		return http.StatusOK, delivery{State: "delivered", DeliveredMS: &ms}
	case errors.Is(err, push.ErrNotConnected):
		return http.StatusOK, delivery{State: string(push.NotConnected)}
	case errors.As(err, &quarantined):
		return http.StatusBadGateway, delivery{State: string(push.Quarantine), Error: err.Error()}
	}
	return http.StatusBadGateway, delivery{State: "failed", Error: err.Error()}
}

// reject says what is wrong with a change. Nothing was changed then.
func reject(w http.ResponseWriter, err error) {
	var (
		bad     *badRequest
		target  *push.BadTarget
		unknown people.Unknown
		taken   people.Taken
		invalid people.Invalid
	)
	status := http.StatusInternalServerError
	switch {
	case errors.As(err, &bad):
		status = bad.status
	case errors.As(err, &unknown):
		status = http.StatusNotFound
	case errors.As(err, &taken), errors.Is(err, push.ErrNotConnected):
		status = http.StatusConflict
	case errors.As(err, &invalid), errors.As(err, &target):
		status = http.StatusUnprocessableEntity
	}
	fail(w, status, err.Error())
}

// read reads a body, strictly.
func read(r *http.Request, into any) error {
	content, err := readAll(r)
	if err != nil {
		return err
	}
	return decode(content, into)
}

func readAll(r *http.Request) ([]byte, error) {
	content, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &badRequest{http.StatusRequestEntityTooLarge, "The body is over 256 KiB; send people in several requests"}
	case err != nil:
		return nil, &badRequest{http.StatusBadRequest, "The body could not be read"}
	}
	return content, nil
}

func decode(content []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return &badRequest{http.StatusUnprocessableEntity, "The body is not understood: " + err.Error()}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return &badRequest{http.StatusUnprocessableEntity, "The body is more than one JSON value"}
	}
	return nil
}
