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
	return []router.Route{
		{Method: http.MethodPost, Path: path + "/filter", Access: router.ByMembers(store.ReadBot), Handle: listBots},
		{Method: http.MethodGet, Path: path + "/{id}", Access: router.ByMembers(store.ReadBot), Handle: readBot},
	}
}

// botBody is BotReadResponse.
type botBody struct {
	ID              uuid.UUID `json:"id"`
	Created         time.Time `json:"created"`
	Updated         time.Time `json:"updated"`
	ActorID         uuid.UUID `json:"actor_id"`
	AccountID       uuid.UUID `json:"account_id"`
	Name            string    `json:"name"`
	AccountRoleName string    `json:"account_role_name"`
	APIKey          keyBody   `json:"api_key"`
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

func toBot(r *store.Reader, b *store.Bot) (botBody, error) {
	m, err := r.MembershipOf(b.AccountID, b.ActorID)
	if err != nil {
		return botBody{}, err
	}
	role, err := r.Role(b.AccountID, m.RoleID)
	if err != nil {
		return botBody{}, err
	}
	out := botBody{
		ID: b.ID, Created: b.Created, Updated: b.Updated, ActorID: b.ActorID, AccountID: b.AccountID,
		Name: b.Name, AccountRoleName: role.Name,
	}
	if keys := r.Keys(b.ActorID); len(keys) > 0 {
		out.APIKey = toKey(keys[len(keys)-1]) // the newest is the one in use
	}
	return out, nil
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
	var rows []botBody
	err = c.View(func(r *store.Reader) error {
		bots := slices.DeleteFunc(slices.Clone(r.Bots(c.Account)), func(b *store.Bot) bool {
			return !body.filter.Matches(b)
		})
		var failed error
		rows = cut(bots, body.page, func(b *store.Bot) botBody {
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
	var out botBody
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
