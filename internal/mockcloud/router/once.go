package router

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// maxIdempotencyKey is the longest Idempotency-Key that is taken.
const maxIdempotencyKey = 255

// CreateOnce makes something and answers 201 with it. With an Idempotency-Key the
// same call is answered like the first one for a day and makes nothing again.
//
// What takes time, such as asking an identity provider, belongs into prepare, which
// runs outside the transaction; what it gives is for create. The key is looked up
// before it, so that a repetition needs no identity provider.
func CreateOnce[T any](c *Call, prepare func() (T, error), create func(*store.Tx, T) (any, error)) (*Answer, error) {
	keys := c.Request.Header.Values("Idempotency-Key")
	call := store.CreateCall{AccountID: c.Account, By: c.Actor, Path: strings.TrimSuffix(c.Request.URL.Path, "/"), Body: c.body}
	var answer json.RawMessage
	known := false
	if len(keys) > 0 {
		var err error
		if call.Key, err = oneKey(keys, "header", "Idempotency-Key"); err != nil {
			return nil, err
		}
		err = c.View(func(r *store.Reader) (err error) {
			answer, known, err = r.AnswerTo(call)
			return err
		})
		if err != nil || known {
			return Created(answer), err
		}
	}
	prepared, err := prepare()
	if err != nil {
		return nil, err
	}
	err = c.Update(func(tx *store.Tx) error {
		if call.Key != "" {
			// The same call may have come in twice at once.
			var err error
			if answer, known, err = tx.AnswerTo(call); err != nil || known {
				return err
			}
			tx.UseKey(call.Key)
		}
		made, err := create(tx, prepared)
		if err != nil {
			return err
		}
		if answer, err = json.Marshal(made); err != nil {
			return fmt.Errorf("encode what was created: %w", err)
		}
		if call.Key != "" {
			tx.KeepAnswer(call, answer)
		}
		return nil
	})
	return Created(answer), err
}

// CreatedWith reads the Idempotency-Key in the query of a collection, which asks for what the caller made with it; given
// says whether it does.
func CreatedWith(c *Call) (key string, given bool, err error) {
	keys, given := c.Request.URL.Query()["idempotency_key"]
	if !given {
		return "", false, nil
	}
	key, err = oneKey(keys, "query", "idempotency_key")
	return key, true, err
}

func oneKey(keys []string, in, name string) (string, error) {
	if len(keys) != 1 || keys[0] == "" || len(keys[0]) > maxIdempotencyKey {
		return "", &store.Invalid{Problems: []store.Problem{{
			In: in, Loc: []any{name}, Type: "value_error",
			Msg: fmt.Sprintf("Value error, give one key of 1 to %d characters", maxIdempotencyKey),
		}}}
	}
	return keys[0], nil
}
