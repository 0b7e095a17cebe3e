package account

import (
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func botRoutes() []router.Route {
	const path = root + "/bots"
	update := router.ByMembers(store.UpdateBot)
	return []router.Route{
		{Method: http.MethodPost, Path: path + "/", Access: router.ByMembers(store.CreateBot), Handle: createBot},
		{Method: http.MethodPost, Path: path + "/filter", Access: router.ByMembers(store.ReadBot), Handle: listBots},
		{Method: http.MethodGet, Path: path + "/{id}", Access: router.ByMembers(store.ReadBot), Handle: readBot},
		{Method: http.MethodPatch, Path: path + "/{id}", Access: update, Handle: updateOne("id", readBotChange, (*store.Tx).UpdateBot)},
		{Method: http.MethodDelete, Path: path + "/{id}", Access: router.ByMembers(store.DeleteBot), Handle: deleteOne("id", (*store.Tx).DeleteBot)},
		{Method: http.MethodPost, Path: path + "/{id}/rotate_api_key", Access: update, Handle: rotateBotKey},
		{Method: http.MethodGet, Path: path + "/{id}/read_bot_api_keys", Access: router.ByMembers(store.ReadBot), Handle: listBotKeys},
		{Method: http.MethodDelete, Path: path + "/{id}/delete_bot_api_key/{api_key_id}", Access: update, Handle: deleteBotKey},
	}
}

// botBody is BotReadResponse and, with the key's secret, BotCreateResponse.
type botBody[K any] struct {
	ID              uuid.UUID `json:"id"`
	Created         time.Time `json:"created"`
	Updated         time.Time `json:"updated"`
	ActorID         uuid.UUID `json:"actor_id"`
	AccountID       uuid.UUID `json:"account_id"`
	Name            string    `json:"name"`
	AccountRoleName string    `json:"account_role_name"`
	APIKey          K         `json:"api_key"`
}

func toBot(r *store.Reader, b *store.Bot) (botBody[keyBody], error) {
	key, err := r.ActiveKey(b)
	if err != nil {
		return botBody[keyBody]{}, err
	}
	return withKey(r, b, toKey(key))
}

func withKey[K any](r *store.Reader, b *store.Bot, key K) (botBody[K], error) {
	m, err := r.MembershipOf(b.AccountID, b.ActorID)
	if err != nil {
		return botBody[K]{}, err
	}
	role, err := r.Role(b.AccountID, m.RoleID)
	if err != nil {
		return botBody[K]{}, err
	}
	return botBody[K]{
		ID: b.ID, Created: b.Created, Updated: b.Updated, ActorID: b.ActorID, AccountID: b.AccountID,
		Name: b.Name, AccountRoleName: role.Name, APIKey: key,
	}, nil
}

// readBotFilter reads BotFilter.
func readBotFilter(f *input.Fields) store.BotFilter {
	var out store.BotFilter
	out.IDs = filterPart(f, "id", anyID)
	out.Names = filterPart(f, "name", func(f *input.Fields) []string {
		out.Like = like(f)
		return anyOf(f, input.String)
	})
	return out
}

// listBots is POST /api/accounts/{account_id}/bots/filter.
func listBots(c *router.Call) (*router.Answer, error) {
	type listing struct {
		page
		filter store.BotFilter
	}
	body, err := router.OptionalBody(c, input.Lenient(func(f *input.Fields) listing {
		return listing{page: readPage(f), filter: filterPart(f, "service_accounts", readBotFilter)}
	}))
	if err != nil {
		return nil, err
	}
	var rows []botBody[keyBody]
	err = c.View(func(r *store.Reader) error {
		bots := slices.DeleteFunc(slices.Clone(r.Bots(c.Account)), func(b *store.Bot) bool {
			return !body.filter.Matches(b)
		})
		var failed error
		rows = cut(bots, body.page, func(b *store.Bot) botBody[keyBody] {
			out, err := toBot(r, b)
			if err != nil {
				failed = err
			}
			return out
		})
		return failed
	})
	return router.OK(rows), err
}

// readBot is GET /api/accounts/{account_id}/bots/{id}.
func readBot(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, err
	}
	var out botBody[keyBody]
	err = c.View(func(r *store.Reader) error {
		b, err := r.Bot(c.Account, id)
		if err != nil {
			return err
		}
		out, err = toBot(r, b)
		return err
	})
	return router.OK(out), err
}

// createBot is POST /api/accounts/{account_id}/bots/.
func createBot(c *router.Call) (*router.Answer, error) {
	bot, err := router.Body(c, input.Strict(func(f *input.Fields) store.NewBot {
		return store.NewBot{
			AccountID:     c.Account,
			Name:          input.Required(f, "name", input.StringUpTo(5000)),
			RoleID:        valueOr(input.Optional(f, "account_role_id", input.UUID), store.MemberRoleID),
			KeyExpiration: valueOr(input.Optional(f, "api_key_expiration", input.Time), time.Time{}),
		}
	}))
	if err != nil {
		return nil, err
	}
	var out botBody[newKeyBody]
	err = c.Update(func(tx *store.Tx) error {
		b, key, err := tx.AddBot(bot)
		if err != nil {
			return err
		}
		out, err = withKey(&tx.Reader, b, toNewKey(key))
		return err
	})
	return router.Created(out), err
}

// readBotChange is the body of PATCH /api/accounts/{account_id}/bots/{id}.
func readBotChange(f *input.Fields) store.BotChange {
	return store.BotChange{
		Name:   input.Optional(f, "name", input.StringUpTo(5000)),
		RoleID: input.Optional(f, "account_role_id", input.UUID),
	}
}

// maxOverlap is how long two keys of a service account may work at once.
const maxOverlap = 48 * 60 * 60

// rotateBotKey is POST /api/accounts/{account_id}/bots/{id}/rotate_api_key.
func rotateBotKey(c *router.Call) (*router.Answer, error) {
	type rotation struct {
		expiration time.Time
		overlap    *time.Duration
	}
	id, err := c.ID("id")
	if err != nil {
		return nil, err
	}
	body, err := router.OptionalBody(c, input.Strict(func(f *input.Fields) rotation {
		out := rotation{expiration: valueOr(input.Optional(f, "api_key_expiration", input.Time), time.Time{})}
		if seconds := input.Optional(f, "old_key_expires_in_seconds", input.IntBetween(0, maxOverlap)); seconds != nil {
			overlap := time.Duration(*seconds) * time.Second
			out.overlap = &overlap
		}
		return out
	}))
	if err != nil {
		return nil, err
	}
	var out botBody[newKeyBody]
	err = c.Update(func(tx *store.Tx) error {
		key, err := tx.RotateKey(c.Account, id, body.expiration, body.overlap)
		if err != nil {
			return err
		}
		b, err := tx.Bot(c.Account, id)
		if err != nil {
			return err
		}
		out, err = withKey(&tx.Reader, b, toNewKey(key))
		return err
	})
	return router.Created(out), err
}

// botKeysBody is BotAPIKeyReadResponse.
type botKeysBody struct {
	ActiveKey    keyBody   `json:"active_key"`
	RotatingKeys []keyBody `json:"rotating_keys"`
}

func toBotKeys(r *store.Reader, account, bot uuid.UUID) (botKeysBody, error) {
	out := botKeysBody{RotatingKeys: []keyBody{}}
	b, err := r.Bot(account, bot)
	if err != nil {
		return out, err
	}
	active, err := r.ActiveKey(b)
	if err != nil {
		return out, err
	}
	out.ActiveKey = toKey(active)
	for _, k := range r.RotatingKeys(b) {
		out.RotatingKeys = append(out.RotatingKeys, toKey(k))
	}
	return out, nil
}

// listBotKeys is GET /api/accounts/{account_id}/bots/{id}/read_bot_api_keys.
func listBotKeys(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, err
	}
	var out botKeysBody
	err = c.View(func(r *store.Reader) error {
		out, err = toBotKeys(r, c.Account, id)
		return err
	})
	return router.OK(out), err
}

// deleteBotKey is DELETE /api/accounts/{account_id}/bots/{id}/delete_bot_api_key/{api_key_id}.
// It answers with the keys that are left.
func deleteBotKey(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, err
	}
	key, err := c.ID("api_key_id")
	if err != nil {
		return nil, err
	}
	var out botKeysBody
	err = c.Update(func(tx *store.Tx) error {
		if err := tx.DeleteRotatingKey(c.Account, id, key); err != nil {
			return err
		}
		out, err = toBotKeys(&tx.Reader, c.Account, id)
		return err
	})
	return router.OK(out), err
}
