package sso

import (
	"encoding/json"
	"net/http"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
)

// clientKeys returns the keys by which the server authenticates as a client of OpenID
// providers (private_key_jwt), the one that signs first.
func (s *SSO) clientKeys() ([]oidc.ClientKey, error) {
	pairs, err := s.keys.pairs(ClientAuthKey)
	if err != nil {
		return nil, err
	}
	out := make([]oidc.ClientKey, len(pairs))
	for i, pair := range pairs {
		out[i] = oidc.ClientKey{Private: pair.Key, Certificate: pair.Certificate}
	}
	return out, nil
}

// clientKey returns the key that signs.
func (s *SSO) clientKey() (oidc.ClientKey, error) {
	keys, err := s.clientKeys()
	if err != nil {
		return oidc.ClientKey{}, err
	}
	return keys[0], nil
}

// oidcKeys is GET /sso/oidc/{account_id}/jwks (RFC 7517 section 5): what identity
// providers verify the client's assertions with. It is the same for all accounts.
func (s *SSO) oidcKeys(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.account(w, r); !ok {
		return
	}
	keys, err := s.clientKeys()
	if err != nil {
		s.failed(w, r, err)
		return
	}
	set, err := oidc.PublicKeys(keys...)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	raw, err := json.Marshal(set)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	// Some identity providers read no other type than this.
	w.Header().Set("Content-Type", "application/json")
	// It fails only when the reader is gone, so there is no one to report it to.
	_, _ = w.Write(raw)
}
