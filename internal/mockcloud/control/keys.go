package control

import (
	"encoding/json"
	"net/http"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso"
)

// Keys are the server's own keys, each with a rollover of two steps.
type Keys interface {
	// PublishNextKey puts a second key into the metadata, or into the client's key set.
	PublishNextKey(use sso.KeyUse) error
	// WithdrawOldKey leaves the second alone there.
	WithdrawOldKey(use sso.KeyUse) error
}

// rotateKey is POST /_mockcloud/service_provider_keys: {"use":"encryption","step":"publish"},
// then, when the identity providers have the new one, "withdraw".
func (c *Control) rotateKey(w http.ResponseWriter, r *http.Request) {
	body, ok := readBody(w, r)
	if !ok {
		return
	}
	var given struct {
		Use  sso.KeyUse `json:"use"`
		Step string     `json:"step"`
	}
	err := json.Unmarshal(body, &given)
	step := map[string]func(sso.KeyUse) error{"publish": c.Keys.PublishNextKey, "withdraw": c.Keys.WithdrawOldKey}[given.Step]
	if err != nil || step == nil || !sso.IsKeyUse(given.Use) {
		fail(w, http.StatusUnprocessableEntity, `The body has to be like {"use":"signing","step":"publish"}; uses are signing, encryption and client_authentication, steps publish and withdraw`)
		return
	}
	if err := step(given.Use); err != nil {
		reject(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
