package identity

import (
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// clientBody is a SCIM client as it can be read.
type clientBody struct {
	originBody
	ID            uuid.UUID  `json:"id"`
	ClientID      uuid.UUID  `json:"client_id"` // the id, by its name in OAuth
	Name          string     `json:"name"`
	Updated       time.Time  `json:"updated"`
	LastUsed      *time.Time `json:"last_used_at"`
	TokenEndpoint string     `json:"token_endpoint"`
	// Suffix is that of the newest secret.
	Suffix  string             `json:"secret_suffix"`
	Secrets []clientSecretBody `json:"secrets"`
	// Secret is in the answer to its making and if the server made it.
	Secret string `json:"client_secret,omitempty"`
}

// clientSecretBody is one of a client's live secrets, of which the newest comes first.
type clientSecretBody struct {
	Suffix   string     `json:"suffix"`
	Created  time.Time  `json:"created"`
	Expires  *time.Time `json:"expires_at"`
	LastUsed *time.Time `json:"last_used_at"`
}

func toClient(c *router.Call, r *store.Reader, d *store.Directory, row *store.SCIMClient) clientBody {
	out := clientBody{
		originBody: toOrigin(row.Created, row.Origin), ID: row.ID, ClientID: row.ID, Name: row.Name, Updated: row.Updated.UTC(),
		LastUsed: instant(row.LastUsed), TokenEndpoint: scim.TokenEndpoint(scim.Endpoint(c.BaseURL(), d.Endpoint)), Secrets: []clientSecretBody{},
	}
	for _, s := range r.SCIMClientSecrets(row) {
		out.Secrets = append(out.Secrets, clientSecretBody{s.Suffix, s.Created.UTC(), instant(s.Expires), instant(s.LastUsed)})
	}
	if len(out.Secrets) > 0 {
		out.Suffix = out.Secrets[0].Suffix
	}
	return out
}

// clientWrite is what makes or rotates a client. A new one has no older secret to end.
type clientWrite struct {
	Name         *string
	Secret       string
	OldExpiresIn *time.Duration
}

func readClientWrite(isNew bool) func(*input.Fields) clientWrite {
	return func(f *input.Fields) (out clientWrite) {
		if isNew {
			name := input.Required(f, "name", input.NonEmpty(maxName))
			out.Name = &name
		} else {
			out.Name = input.Optional(f, "name", input.NonEmpty(maxName))
		}
		if secret := input.Optional(f, "client_secret", input.NonEmpty(maxToken)); secret != nil {
			out.Secret = *secret
		}
		if overlap := input.Optional(f, "old_secret_expires_in_seconds", input.IntBetween(0, maxOverlap)); overlap != nil {
			lasts := time.Duration(*overlap) * time.Second
			out.OldExpiresIn = &lasts
		}
		return out
	}
}

// listClients is GET
// /api/accounts/{account_id}/sso/directories/{id}/clients.
func listClients(c *router.Call) (*router.Answer, error) {
	out := []clientBody{}
	err := c.View(func(r *store.Reader) error {
		rows, err := r.SCIMClients(c.Account, vendorID(c))
		if err != nil {
			return err
		}
		d, err := r.Directory(c.Account, vendorID(c))
		if err != nil {
			return err
		}
		rows, err = rowsOf(c, rows, func(key string) (*store.SCIMClient, bool) { return r.SCIMClientCreatedWith(c.Actor, vendorID(c), key) })
		for _, row := range rows {
			out = append(out, toClient(c, r, d, row))
		}
		return err
	})
	return router.OK(out), err
}

// createClient is POST
// /api/accounts/{account_id}/sso/directories/{id}/clients.
func createClient(c *router.Call) (*router.Answer, error) {
	body, err := router.Body(c, input.Strict(readClientWrite(true)))
	if err != nil {
		return nil, err
	}
	return createOnce(c, func(tx *store.Tx) (any, error) {
		row, secret, err := tx.AddSCIMClient(c.Account, vendorID(c), store.NewSCIMClient{Name: *body.Name, Secret: body.Secret})
		return shownOnce(c, tx, row, body, secret, err)
	})
}

// rotateClient is POST
// /api/accounts/{account_id}/sso/directories/{id}/clients/{client_id}/rotate.
func rotateClient(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("client_id")
	if err != nil {
		return nil, err
	}
	body, err := router.Body(c, input.Strict(readClientWrite(false)))
	if err != nil {
		return nil, err
	}
	return createOnce(c, func(tx *store.Tx) (any, error) {
		row, secret, err := tx.RotateSCIMClient(c.Account, vendorID(c), id, store.ClientRotation(body))
		return shownOnce(c, tx, row, body, secret, err)
	})
}

// shownOnce is the answer to what made a secret, with that secret if the server made it.
func shownOnce(c *router.Call, tx *store.Tx, row *store.SCIMClient, body clientWrite, secret string, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	d, err := tx.Directory(c.Account, row.DirectoryID)
	if err != nil {
		return nil, err
	}
	out := toClient(c, &tx.Reader, d, row)
	if body.Secret == "" {
		out.Secret = secret
	}
	return out, nil
}

// readClient is GET
// /api/accounts/{account_id}/sso/directories/{id}/clients/{client_id}.
func readClient(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("client_id")
	if err != nil {
		return nil, err
	}
	var out clientBody
	err = c.View(func(r *store.Reader) error {
		d, err := r.Directory(c.Account, vendorID(c))
		if err != nil {
			return err
		}
		row, err := r.SCIMClient(c.Account, d.ID, id)
		if err != nil {
			return err
		}
		out = toClient(c, r, d, row)
		return nil
	})
	return router.OK(out), err
}

// deleteClient is DELETE
// /api/accounts/{account_id}/sso/directories/{id}/clients/{client_id}.
func deleteClient(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("client_id")
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error { return tx.DeleteSCIMClient(c.Account, vendorID(c), id) }))
}
