package account

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func keyRoutes() []router.Route {
	const path = "/api/users/{id}/api_keys"
	users := router.ByUsers()
	return []router.Route{
		{Method: http.MethodGet, Path: "/api/me/api_keys", Access: users, Handle: listMyKeys},
		{Method: http.MethodPost, Path: "/api/me/api_keys/filter", Access: users, Handle: filterMyKeys},
		{Method: http.MethodPost, Path: path, Access: users, Handle: createKey},
		{Method: http.MethodGet, Path: path, Access: users, Handle: listKeys},
		{Method: http.MethodGet, Path: path + "/{api_key_id}", Access: users, Handle: readKey},
		{Method: http.MethodDelete, Path: path + "/{api_key_id}", Access: users, Handle: deleteKey},
	}
}

// keyBody is APIKeyReadResponse.
type keyBody struct {
	ID         uuid.UUID  `json:"id"`
	Created    time.Time  `json:"created"`
	Name       string     `json:"name"`
	Expiration *time.Time `json:"expiration"`
	MaskedKey  string     `json:"masked_key"`
}

func toKey(k *store.APIKey) keyBody {
	return keyBody{ID: k.ID, Created: k.Created, Name: k.Name, Expiration: instant(k.Expiration), MaskedKey: k.Masked}
}

// newKeyBody is APIKeyCreateResponse, the only answer with a key's secret.
type newKeyBody struct {
	ID         uuid.UUID  `json:"id"`
	Created    time.Time  `json:"created"`
	Name       string     `json:"name"`
	Expiration *time.Time `json:"expiration"`
	Key        string     `json:"key"`
}

func toNewKey(k *store.IssuedKey) newKeyBody {
	return newKeyBody{ID: k.ID, Created: k.Created, Name: k.Name, Expiration: instant(k.Expiration), Key: k.Secret}
}

// listMyKeys is GET /api/me/api_keys.
func listMyKeys(c *router.Call) (*router.Answer, error) {
	query := c.Request.URL.Query()
	return myKeys(c, page{limit: 200}, func(k *store.APIKey) bool {
		return !query.Has("name") || k.Name == query.Get("name")
	})
}

// filterMyKeys is POST /api/me/api_keys/filter.
func filterMyKeys(c *router.Call) (*router.Answer, error) {
	type listing struct {
		page
		names []string
		like  *string
	}
	body, err := router.OptionalBody(c, input.Lenient(func(f *input.Fields) listing {
		out := listing{page: readPage(f)}
		input.Optional(f, "api_keys", input.Strict(func(f *input.Fields) struct{} {
			out.names = filterPart(f, "name", func(f *input.Fields) []string {
				out.like = like(f)
				return anyOf(f, input.String)
			})
			return struct{}{}
		}))
		return out
	}))
	if err != nil {
		return nil, err
	}
	return myKeys(c, body.page, func(k *store.APIKey) bool {
		return (body.names == nil || slices.Contains(body.names, k.Name)) &&
			(body.like == nil || strings.Contains(fold.Text(k.Name), fold.Text(*body.like)))
	})
}

func myKeys(c *router.Call, p page, wanted func(*store.APIKey) bool) (*router.Answer, error) {
	var out []keyBody
	err := c.View(func(r *store.Reader) error {
		keys := slices.DeleteFunc(slices.Clone(r.Keys(c.Actor.ActorID)), func(k *store.APIKey) bool { return !wanted(k) })
		out = cut(keys, p, toKey)
		return nil
	})
	return router.OK(out), err
}

// createKey is POST /api/users/{id}/api_keys.
func createKey(c *router.Call) (*router.Answer, error) {
	if err := oneself(c); err != nil {
		return nil, err
	}
	key, err := router.Body(c, input.Strict(func(f *input.Fields) store.NewAPIKey {
		return store.NewAPIKey{
			ActorID:    c.Actor.ActorID,
			Name:       input.Required(f, "name", input.StringUpTo(5000)),
			Expiration: valueOr(input.Optional(f, "expiration", input.Time), time.Time{}),
		}
	}))
	if err != nil {
		return nil, err
	}
	var out newKeyBody
	err = c.Update(func(tx *store.Tx) error {
		issued, err := tx.AddAPIKey(key)
		if err != nil {
			return err
		}
		out = toNewKey(issued)
		return nil
	})
	return router.Created(out), err
}

// listKeys is GET /api/users/{id}/api_keys.
func listKeys(c *router.Call) (*router.Answer, error) {
	if err := oneself(c); err != nil {
		return nil, err
	}
	return listMyKeys(c)
}

// readKey is GET /api/users/{id}/api_keys/{api_key_id}.
func readKey(c *router.Call) (*router.Answer, error) {
	id, err := ownKey(c)
	if err != nil {
		return nil, err
	}
	var out keyBody
	err = c.View(func(r *store.Reader) error {
		k, err := r.Key(c.Actor.ActorID, id)
		if err != nil {
			return err
		}
		out = toKey(k)
		return nil
	})
	return router.OK(out), err
}

// deleteKey is DELETE /api/users/{id}/api_keys/{api_key_id}.
func deleteKey(c *router.Call) (*router.Answer, error) {
	id, err := ownKey(c)
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error { return tx.DeleteKey(c.Actor.ActorID, id) }))
}

func ownKey(c *router.Call) (uuid.UUID, error) {
	if err := oneself(c); err != nil {
		return uuid.Nil, err
	}
	return c.ID("api_key_id")
}
