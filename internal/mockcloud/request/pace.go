package request

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// MaxHead is how long the head of a request may take.
const MaxHead = 30 * time.Second

// Pace is how slowly a body may come: by any time after Grace so much of it has to be
// there that BytesPerSecond is reached since then. The zero value is 16 KiB a second
// after ten seconds. It goes by the machine's time, as connections do.
type Pace struct {
	Grace          time.Duration
	BytesPerSecond int64
}

const (
	defaultGrace = 10 * time.Second
	defaultPace  = 16 << 10
)

// after is how long so many bytes may take.
func (p Pace) after(bytes int64) time.Duration {
	perSecond := cmp.Or(p.BytesPerSecond, defaultPace)
	whole, rest := bytes/perSecond, bytes%perSecond
	return cmp.Or(p.Grace, defaultGrace) + time.Duration(whole)*time.Second + time.Duration(rest)*time.Second/time.Duration(perSecond)
}

// Limit holds the body of a request to the pace, also the rest that no handler reads.
func (p Pace) Limit(w http.ResponseWriter, r *http.Request) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	body := &pacedBody{ReadCloser: r.Body, pace: p, begun: time.Now(), deadline: http.NewResponseController(w).SetReadDeadline}
	if body.extend() == nil { // else there is no connection
		r.Body = body
	}
}

// Handler is a handler whose requests are held to the pace.
func (p Pace) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.Limit(w, r)
		next.ServeHTTP(w, r)
	})
}

type pacedBody struct {
	io.ReadCloser
	pace     Pace
	begun    time.Time
	read     int64
	ended    bool
	deadline func(time.Time) error
}

func (b *pacedBody) extend() error { return b.deadline(b.begun.Add(b.pace.after(b.read))) }

func (b *pacedBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	b.read += int64(n)
	switch {
	case errors.Is(err, io.EOF):
		if !b.ended {
			b.ended = true
			// From here on the server only looks whether the caller is still there.
			_ = b.deadline(time.Time{})
		}
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = &Error{Status: http.StatusRequestTimeout, Detail: "The body came too slowly"}
	case err == nil && n > 0:
		err = b.extend()
	}
	return n, err
}
