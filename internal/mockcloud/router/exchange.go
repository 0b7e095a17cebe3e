package router

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"
)

// exchange is a request that a route takes, in whichever protocol.
type exchange struct {
	route   string
	started time.Time
	// answer runs the handler.
	answer func() Reply
	// failure is an error in the protocol's words.
	failure func(status int, detail string) Reply
}

// respond answers a request, or lets go wrong what is to go wrong with it.
func (rt *Router) respond(w http.ResponseWriter, r *http.Request, x exchange) {
	fault := rt.Faults.hit(r.Method, x.route)
	if fault.Latency > 0 || fault.answers() {
		hold(r)
	}
	rt.delay(r.Context(), fault.Latency)
	if r.Context().Err() != nil {
		rt.log(r, x.route, 0, x.started)
		panic(http.ErrAbortHandler) // the caller is gone
	}

	var answer Reply
	if fault.needsHandler() {
		answer = x.answer()
	}
	if fault.Status != 0 {
		answer = fault.reply(x.failure)
	}
	status := answer.Status
	if fault.Drop {
		status = 0
	}
	rt.log(r, x.route, status, x.started)
	switch {
	case fault.Drop:
		panic(http.ErrAbortHandler)
	case fault.Truncate:
		truncate(w, answer)
	default:
		send(w, answer)
	}
}

// hold reads a body before its handler does, if it does at all. Only then does the
// server notice that a caller is gone, and a caller who still sends the answer.
func hold(r *http.Request) {
	// An error comes again when the handler reads on.
	head, _ := io.ReadAll(io.LimitReader(r.Body, maxBody))
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), r.Body), r.Body}
}

// delay waits, but not longer than the caller or the server.
func (rt *Router) delay(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-rt.closing.Done():
	}
}
