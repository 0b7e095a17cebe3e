package push

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	requestTime = 30 * time.Second // for one request, with its answer
	maxAnswer   = 64 << 20         // a group of 50,000 is 5 MB
	maxDetail   = 300              // of an error, in characters
)

const mediaType = "application/scim+json"

// request is one request to the endpoint.
type request struct {
	method, path string
	query        url.Values
	body         any
}

// answerError is an answer that is no success.
type answerError struct {
	status     int
	detail     string
	retryAfter time.Duration
	ofToken    bool // from the token endpoint
}

func (e *answerError) Error() string {
	if e.detail == "" {
		return fmt.Sprintf("the endpoint answered %d", e.status)
	}
	return fmt.Sprintf("the endpoint answered %d: %s", e.status, e.detail)
}

// unreachable is a request that got no answer.
type unreachable struct{ err error }

func (e *unreachable) Error() string {
	var timeout interface{ Timeout() bool }
	if errors.As(e.err, &timeout) && timeout.Timeout() {
		return "the endpoint did not answer in time"
	}
	return "the endpoint cannot be reached: " + e.err.Error()
}

func (e *unreachable) Unwrap() error { return e.err }

func hasStatus(err error, status int) bool {
	var answer *answerError
	return errors.As(err, &answer) && answer.status == status
}

// unauthorized reports whether the endpoint rejects this token or client; retrying with
// it is of no use.
func unauthorized(err error) bool {
	var answer *answerError
	if !errors.As(err, &answer) {
		return false
	}
	ofClient := answer.ofToken && answer.status >= 400 && answer.status < 500 && answer.status != http.StatusTooManyRequests
	return ofClient || answer.status == http.StatusUnauthorized || answer.status == http.StatusForbidden
}

// retriable says that the same request may work later, and how long the endpoint
// wants to be left alone until then.
func retriable(err error) (pause time.Duration, ok bool) {
	var answer *answerError
	if errors.As(err, &answer) {
		return answer.retryAfter, answer.status == http.StatusTooManyRequests || answer.status >= 500 && answer.status != http.StatusNotImplemented
	}
	var none *unreachable
	return 0, errors.As(err, &none)
}

// sendAs makes one request with a token.
func (p *Pusher) sendAs(ctx context.Context, t *target, client *http.Client, bearer string, r request, out any) error {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	u := t.base.JoinPath(r.path)
	u.RawQuery = r.query.Encode()
	var body io.Reader
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return fmt.Errorf("make a request: %w", err)
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), body)
	if err != nil {
		return fmt.Errorf("make a request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	req.Header.Set("Accept", mediaType)
	req.Header.Set("User-Agent", t.dialect.agent())
	if body != nil {
		req.Header.Set("Content-Type", mediaType)
	}
	return p.exchange(client, req, bearer, out, scimDetail)
}

// exchange sends a request and reads the answer. Errors do not repeat the secret.
func (p *Pusher) exchange(client *http.Client, req *http.Request, secret string, out any, detail func([]byte) string) error {
	answer, err := client.Do(req)
	if err != nil {
		var failed *url.Error // its text has the whole URL
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return &unreachable{err}
	}
	defer func() { _ = answer.Body.Close() }() // it was read as far as it is wanted
	content, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return &unreachable{err}
	case len(content) > maxAnswer:
		return fmt.Errorf("the endpoint's answer is over %d MiB", maxAnswer>>20)
	case answer.StatusCode < 200 || answer.StatusCode >= 300:
		// Redirects come here, too: the token is for this endpoint alone.
		return &answerError{
			status: answer.StatusCode, detail: shortened(detail(content), secret),
			retryAfter: retryAfter(answer.Header.Get("Retry-After"), p.now()),
		}
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(content, out); err != nil {
		return fmt.Errorf("the endpoint's answer is not understood: %w", err)
	}
	return nil
}

// scimDetail reads what an error says (RFC 7644, section 3.12).
func scimDetail(content []byte) string {
	var body struct {
		Detail   string `json:"detail"`
		ScimType string `json:"scimType"`
	}
	if json.Unmarshal(content, &body) != nil {
		return ""
	}
	if body.ScimType == "" {
		return body.Detail
	}
	return strings.TrimSpace(body.Detail + " (" + body.ScimType + ")")
}

// shortened is what an endpoint says, without a secret that it may repeat.
func shortened(text, secret string) string {
	text = strings.ReplaceAll(text, secret, "…")
	if cut := []rune(text); len(cut) > maxDetail {
		text = string(cut[:maxDetail]) + "…"
	}
	return text
}

// retryAfter reads the header of RFC 9110, section 10.2.3.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, int(maxPause/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil && at.After(now) {
		return min(at.Sub(now), maxPause)
	}
	return 0
}
