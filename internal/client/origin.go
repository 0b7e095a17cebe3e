package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// Origin is what the managed configuration tells of a thing's making. Both are nil where the server does not say: the
// published API does not, and what was not made over the API has no maker.
type Origin struct {
	Created   *time.Time `json:"created"`
	CreatedBy *string    `json:"created_by"` // an actor's id
}

// UncertainWriteError says that it is not known whether a create has made something: no answer told, not even after all
// retries, nor did one to the question what is there now. What comes of it is asked later, where it was sent with a key
// by that (the methods …CreatedWith), else by reading.
type UncertainWriteError struct {
	Key string // the Idempotency-Key of the create; "" for none
	Err error  // how the last attempt ended
}

// Error implements error.
func (e *UncertainWriteError) Error() string {
	return e.Err.Error() + "; whether it was made is not known"
}

// Unwrap returns how the last attempt ended.
func (e *UncertainWriteError) Unwrap() error { return e.Err }

// UncertainKey returns the Idempotency-Key of a create with an unknown outcome; else "".
func UncertainKey(err error) string {
	var uncertain *UncertainWriteError
	if errors.As(err, &uncertain) {
		return uncertain.Key
	}
	return ""
}

// IsUncertain reports whether it is unknown if what failed has taken effect: no answer told, and none told of what is there.
func IsUncertain(err error) bool {
	var uncertain *UncertainWriteError
	return errors.As(err, &uncertain)
}

// lookUpTimeout is how long a create whose outcome is not known is looked up.
const lookUpTimeout = 10 * time.Second

// knowsMaker reports whether the server says who made the thing, as one that knows keys does.
func (o Origin) knowsMaker() bool { return o.CreatedBy != nil }

// row is a pointer to a thing of the managed configuration.
type row[T any] interface {
	*T
	knowsMaker() bool
}

// createOnce sends a create with an Idempotency-Key. Where no answer tells whether it was made, not even after all
// retries, or the caller gave up meanwhile, it asks for what this caller made with the key, so that nothing is left
// over that no state knows of. What only looks the same is never taken for it.
func createOnce[T any, R row[T]](ctx context.Context, c *Client, r call) (R, error) {
	var left doubt
	r.doubt = &left
	created, err := do[R](ctx, c, r)
	if err == nil || !isUncertain(err, left) {
		return created, err
	}
	// The caller's end ends the create, not the look for what became of it.
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookUpTimeout)
	defer cancel()
	found, lookErr := createdWith[T, R](look, c, call{path: r.path, feature: r.feature, secrets: r.secrets}, r.idempotencyKey)
	switch {
	case found != nil:
		return found, nil
	case lookErr != nil && !IsNotFound(lookErr), left.underway:
		return nil, &UncertainWriteError{Key: r.idempotencyKey, Err: err}
	}
	return nil, err
}

// createdWith asks a collection for what this caller made with an Idempotency-Key; nil where it made nothing, or that is
// gone.
func createdWith[T any, R row[T]](ctx context.Context, c *Client, r call, key string) (R, error) {
	r.method, r.query = http.MethodGet, url.Values{"idempotency_key": {key}}
	found, err := do[[]T](ctx, c, r)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if made := R(&found[0]); len(found) == 1 && made.knowsMaker() {
		return made, nil
	}
	// A server that does not know the parameter lists everything, or has no maker to tell.
	return nil, fmt.Errorf("the server does not tell what an Idempotency-Key made: %s lists %s", c.shownPath(r), english.Count(len(found), "thing"))
}

// createdID asks a collection for the id of what this caller made with an Idempotency-Key; "" for nothing.
func createdID(ctx context.Context, c *Client, r call, key string) (string, error) {
	type identified struct {
		Origin
		ID string `json:"id"`
	}
	made, err := createdWith[identified](ctx, c, r, key)
	if made == nil {
		return "", err
	}
	return made.ID, nil
}

// isUncertain reports an error after which a write may have been made or not. A conflict and a value that is refused are
// certain: the server looks for the key before it looks at anything else.
func isUncertain(err error, left doubt) bool {
	var apiError *APIError
	var answer *UnexpectedAnswerError
	switch {
	case errors.As(err, &apiError) && (apiError.Status == http.StatusConflict || apiError.Status == http.StatusUnprocessableEntity):
		return false
	case errors.As(err, &answer) && answer.Status < http.StatusMultipleChoices:
		return true
	}
	return left.written
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
