package identity

import (
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

const (
	maxToken   = 512
	maxOverlap = 172_800 // seconds
)

// tokenBody is a SCIM token as it can be read.
type tokenBody struct {
	originBody
	ID       uuid.UUID  `json:"id"`
	Name     string     `json:"name"`
	Suffix   string     `json:"token_suffix"`
	Expires  *time.Time `json:"expires_at"`
	LastUsed *time.Time `json:"last_used_at"`
	Run      bool       `json:"run"`
	// Token is the secret, in the answer to its making and if the server made it.
	Token string `json:"token,omitempty"`
}

func toToken(t *store.SCIMToken) tokenBody {
	return tokenBody{
		originBody: toOrigin(t.Created, t.Origin), ID: t.ID, Name: t.Name, Suffix: t.Suffix,
		Expires: instant(t.Expires), LastUsed: instant(t.LastUsed), Run: t.Run,
	}
}

func readTokenBody(f *input.Fields) (out store.NewSCIMToken) {
	out.Name = input.Required(f, "name", input.NonEmpty(maxName))
	if token := input.Optional(f, "token", input.NonEmpty(maxToken)); token != nil {
		out.Token = *token
	}
	if expires := input.Optional(f, "expires_at", input.Time); expires != nil {
		out.Expires = *expires
	}
	if overlap := input.Optional(f, "old_token_expires_in_seconds", input.IntBetween(0, maxOverlap)); overlap != nil {
		lasts := time.Duration(*overlap) * time.Second
		out.OldExpiresIn = &lasts
	}
	if run := input.Optional(f, "run", input.Bool); run != nil {
		out.Run = *run
	}
	return out
}

// listTokens is GET
// /api/accounts/{account_id}/sso/directories/{id}/tokens.
func listTokens(c *router.Call) (*router.Answer, error) {
	out := []tokenBody{}
	err := c.View(func(r *store.Reader) error {
		rows, err := r.SCIMTokens(c.Account, vendorID(c))
		if err != nil {
			return err
		}
		rows, err = rowsOf(c, rows, func(key string) (*store.SCIMToken, bool) { return r.SCIMTokenCreatedWith(c.Actor, vendorID(c), key) })
		for _, row := range rows {
			out = append(out, toToken(row))
		}
		return err
	})
	return router.OK(out), err
}

// createToken is POST
// /api/accounts/{account_id}/sso/directories/{id}/tokens.
func createToken(c *router.Call) (*router.Answer, error) {
	body, err := router.Body(c, input.Strict(readTokenBody))
	if err != nil {
		return nil, err
	}
	return createOnce(c, func(tx *store.Tx) (any, error) {
		row, secret, err := tx.AddSCIMToken(c.Account, vendorID(c), body)
		if err != nil {
			return nil, err
		}
		out := toToken(row)
		if body.Token == "" {
			out.Token = secret
		}
		return out, nil
	})
}

// deleteToken is DELETE
// /api/accounts/{account_id}/sso/directories/{id}/tokens/{token_id}.
func deleteToken(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("token_id")
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error { return tx.DeleteSCIMToken(c.Account, vendorID(c), id) }))
}
