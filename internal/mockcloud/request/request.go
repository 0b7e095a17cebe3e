// Package request is what all protocols of the server take from a request in one and the
// same way: the token, the body within its bounds of size and time, and what a handler
// that panics comes to. How a refusal looks is for each protocol to say.
package request

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
)

// Error is a refusal that is nothing but its status.
type Error struct {
	Status int
	Detail string
	// Header goes with the answer; nil for none.
	Header http.Header
}

func (e *Error) Error() string { return e.Detail }

// Bearer returns the token of the Authorization header (RFC 6750, section 2.1), empty for
// none.
func Bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !fold.SameToken(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// Body reads a body to its end. Its error is an *Error: 413 for one over the limit, which
// an answer may say more of, 408 for one that came too slowly, else 400.
func Body(r *http.Request, limit int64) ([]byte, error) {
	var raw []byte
	var err error
	if r.ContentLength <= limit {
		raw, err = io.ReadAll(io.LimitReader(r.Body, limit+1))
	}
	var slow *Error
	switch {
	case r.ContentLength > limit || int64(len(raw)) > limit:
		// Without reading on for a while many clients fail to see the answer.
		_, _ = io.CopyN(io.Discard, r.Body, 4*limit)
		return nil, &Error{Status: http.StatusRequestEntityTooLarge, Detail: "The body is over the limit of " + size(limit)}
	case errors.As(err, &slow):
		return nil, slow
	case err != nil:
		return nil, &Error{Status: http.StatusBadRequest, Detail: "The body could not be read to its end"}
	}
	return raw, nil
}

func size(bytes int64) string {
	text := fmt.Sprintf("%d bytes", bytes)
	if bytes%(1<<20) == 0 {
		text += fmt.Sprintf(" (%d MiB)", bytes>>20)
	}
	return text
}

// Media returns what a body is said to be, in lower case, and in which charset; both are
// empty where nothing is said. It reports whether that can be read.
func Media(r *http.Request) (kind, charset string, ok bool) {
	given := r.Header.Get("Content-Type")
	if given == "" {
		return "", "", true
	}
	kind, parameters, err := mime.ParseMediaType(given)
	return kind, fold.Token(parameters["charset"]), err == nil
}

// Panic is the error of a handler that panicked, a bug.
type Panic struct {
	Value any
	Stack string
}

func (e *Panic) Error() string { return fmt.Sprint("panic: ", e.Value) }

// Guard runs a handler and returns its error, or that it panicked.
func Guard(handle func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Panic{Value: p, Stack: string(debug.Stack())}
		}
	}()
	return handle()
}
