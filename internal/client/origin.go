package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Origin is what the managed configuration tells of a thing's making. Both are nil where the server does not say: the
// published API does not, and what was not made over the API has no maker.
type Origin struct {
	Created   *time.Time `json:"created"`
	CreatedBy *string    `json:"created_by"` // an actor's id
}

// lookUpTimeout is how long a create whose outcome is not known is looked up.
const lookUpTimeout = 10 * time.Second

// createOnce sends a create with an Idempotency-Key. Where no answer tells whether it was made, not even after all
// retries, or the caller gave up meanwhile, it asks for what this caller made with the key, so that nothing is left
// over that no state knows of. What only looks the same is never taken for it. made gives the part of a row that proves
// that the server knows keys.
func createOnce[T any](ctx context.Context, c *Client, r call, made func(*T) Origin) (*T, error) {
	created, err := do[*T](ctx, c, r)
	if err == nil || !isUncertain(err) {
		return created, err
	}
	// The caller's end ends the create, not the look for what became of it.
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookUpTimeout)
	defer cancel()
	found, lookErr := do[[]T](look, c, call{
		method: http.MethodGet, path: r.path, query: url.Values{"idempotency_key": {r.idempotencyKey}}, secrets: r.secrets,
	})
	// A server that does not know the parameter lists everything, and has no maker to tell.
	if lookErr != nil || len(found) != 1 || made(&found[0]).CreatedBy == nil {
		return nil, err
	}
	return &found[0], nil
}

// isUncertain reports an error after which a write may have been made or not.
func isUncertain(err error) bool {
	var apiError *APIError
	var silence *ConnectionError
	var answer *UnexpectedAnswerError
	switch {
	case errors.As(err, &apiError):
		return apiError.Status >= http.StatusInternalServerError
	case errors.As(err, &answer):
		return answer.Status < http.StatusMultipleChoices || answer.Status >= http.StatusInternalServerError
	}
	return errors.As(err, &silence) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// ExistingID returns the id of what is in the way of a create, after a 409 that says so; else "".
func ExistingID(err error) string {
	var apiError *APIError
	if errors.As(err, &apiError) && apiError.Status == http.StatusConflict {
		return apiError.ExistingID
	}
	return ""
}

// existingIDOf reads the existing_id of an error body.
func existingIDOf(body []byte) string {
	var answer struct {
		ExistingID string `json:"existing_id"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	return answer.ExistingID
}
