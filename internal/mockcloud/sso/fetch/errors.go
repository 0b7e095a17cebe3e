package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// Reason is a stable word for why a fetch was rejected.
type Reason string

// The reasons of a Refused.
const (
	BadURL      Reason = "bad_url"
	NotHTTPS    Reason = "not_https"
	BadAddress  Reason = "address_refused"
	BadRedirect Reason = "redirect_refused"
	TooLarge    Reason = "too_large"
)

// Refused is a fetch that must not be made, or an answer that must not be read.
type Refused struct {
	Reason Reason
	Host   string // and port, where there is one; never more of a URL
	Detail string
}

func (e *Refused) Error() string {
	if e.Host == "" {
		return e.Detail
	}
	return fmt.Sprintf("%s is not fetched: %s", e.Host, e.Detail)
}

// StatusError is an answer with another status than 200.
type StatusError struct {
	Host   string
	Status int
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("%s answered with status %d", e.Host, e.Status)
}

// Unreachable is a fetch that failed: an unknown name, a refused connection, a certificate
// that is not trusted, no answer in time.
type Unreachable struct {
	Host string
	Err  error
}

func (e *Unreachable) Error() string {
	if e.Slow() {
		return e.Host + " did not answer in time"
	}
	return fmt.Sprintf("%s cannot be reached: %v", e.Host, e.Err)
}

// Unwrap returns the cause.
func (e *Unreachable) Unwrap() error { return e.Err }

// Slow reports whether time ran out.
func (e *Unreachable) Slow() bool {
	var timeout net.Error
	return errors.Is(e.Err, context.DeadlineExceeded) || errors.As(e.Err, &timeout) && timeout.Timeout()
}
