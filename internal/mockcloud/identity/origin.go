package identity

import (
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// originBody is what every object of the extension tells of its making.
type originBody struct {
	Created time.Time `json:"created"`
	// CreatedBy is an actor's id; null for what no caller of the API made.
	CreatedBy *uuid.UUID `json:"created_by"`
}

func toOrigin(created time.Time, o store.Origin) originBody {
	return originBody{created.UTC(), orNull(o.CreatedBy)}
}

// createOnce is router.CreateOnce for what needs no preparation.
func createOnce(c *router.Call, create func(*store.Tx) (any, error)) (*router.Answer, error) {
	return router.CreateOnce(c,
		func() (struct{}, error) { return struct{}{}, nil },
		func(tx *store.Tx, _ struct{}) (any, error) { return create(tx) })
}

// rowsOf returns all rows of a collection or, with ?idempotency_key, the one that the caller made with that key, if it
// still lives.
func rowsOf[R any](c *router.Call, all []*R, made func(key string) (*R, bool)) ([]*R, error) {
	key, given, err := router.CreatedWith(c)
	if err != nil || !given {
		return all, err
	}
	if row, ok := made(key); ok {
		return []*R{row}, nil
	}
	return nil, nil
}
