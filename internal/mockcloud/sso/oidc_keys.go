package sso

import (
	"encoding/json"
	"net/http"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
)

// clientKey returns the key by which the server authenticates as a client of OpenID
// providers (private_key_jwt). It is a pair of its own: what the SAML service provider
// signs is no assertion of a client.
func (s *SSO) clientKey() (oidc.ClientKey, error) {
	key, certificate, err := s.key(clientKeyName, "mockcloud client")
	return oidc.ClientKey{Private: key, Certificate: certificate}, err
}

// oidcKeys is GET /sso/oidc/{account_id}/jwks (RFC 7517 section 5): what identity
// providers verify the client's assertions with. It is the same for all accounts.
func (s *SSO) oidcKeys(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.account(w, r); !ok {
		return
	}
	key, err := s.clientKey()
	if err != nil {
		s.failed(w, r, err)
		return
	}
	keys, err := oidc.PublicKeys(key)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	raw, err := json.Marshal(keys)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	// Some identity providers read no other type than this.
	w.Header().Set("Content-Type", "application/json")
	// It fails only when the reader is gone, so there is no one to report it to.
	_, _ = w.Write(raw)
}
