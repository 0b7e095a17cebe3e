package control

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
)

// idpModes is GET /_mockcloud/idp: how the test identity provider can misbehave.
func (c *Control) idpModes(w http.ResponseWriter, _ *http.Request) {
	if !c.mayMisbehave(w) {
		return
	}
	reply(w, http.StatusOK, map[string]any{"modes": c.IdP.Modes()})
}

// misbehave is POST /_mockcloud/idp: {"mode":"…"} from now on, {"mode":""} no more.
func (c *Control) misbehave(w http.ResponseWriter, r *http.Request) {
	if !c.mayMisbehave(w) {
		return
	}
	body, ok := readBody(w, r)
	if !ok {
		return
	}
	var given struct {
		Mode *idp.Mode `json:"mode"`
	}
	if err := json.Unmarshal(body, &given); err != nil || given.Mode == nil {
		fail(w, http.StatusUnprocessableEntity, `The body has to be like {"mode":"claims_expired"}`)
		return
	}
	if *given.Mode != idp.Honest && !slices.Contains(c.IdP.Modes(), *given.Mode) {
		fail(w, http.StatusUnprocessableEntity, "There is no such mode; GET /_mockcloud/idp lists them")
		return
	}
	c.IdP.Misbehave(*given.Mode)
	w.WriteHeader(http.StatusNoContent)
}

func (c *Control) mayMisbehave(w http.ResponseWriter) bool {
	if c.IdP == nil {
		fail(w, http.StatusNotFound, "The test identity provider misbehaves only on a server that was started with --idp and --idp-misbehave")
	}
	return c.IdP != nil
}
