package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/fetch"
)

// minRSABits is RFC 7518 section 3.3's lower bound.
const minRSABits = 2048

// keySet are a provider's keys, as they were fetched once.
type keySet []jose.JSONWebKey

// fetchKeys fetches a provider's keys.
func fetchKeys(ctx context.Context, fetcher *fetch.Client, address string) (keySet, error) {
	got, err := fetcher.Get(ctx, address)
	if err != nil {
		return nil, reject(KeysUnreachable, "The provider's keys cannot be fetched: %s.", err).because(err)
	}
	keys, err := parseKeys(got.Body)
	if err != nil {
		return nil, reject(KeysUnusable, "The provider's keys are not the JSON that they have to be.").because(err)
	}
	return keys, nil
}

// parseKeys reads a JWK set (RFC 7517 section 5). Keys that cannot be used here
// are left out, as the section says.
func parseKeys(raw []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, err
	}
	var keys []jose.JSONWebKey
	for _, one := range set.Keys {
		var key jose.JSONWebKey
		if err := json.Unmarshal(one, &key); err != nil {
			continue
		}
		if key.IsPublic() && key.Valid() && (key.Use == "" || key.Use == "sig") {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// usable reports whether any key could verify a token.
func (k keySet) usable(algorithms []string) bool {
	return slices.ContainsFunc(algorithms, func(alg string) bool {
		return slices.ContainsFunc(k, func(key jose.JSONWebKey) bool { return fits(key, alg) && !weak(key) })
	})
}

// verify checks a token's signature and returns its payload. The algorithm has already
// been found to be one of the provider's. A refusal says whether newer keys could help:
// they can where the key is unknown, not where a known key's signature is wrong. Without
// a key id, a wrong signature is all that there is to see of a new key.
func (k keySet) verify(token *jose.JSONWebSignature) ([]byte, *Refusal) {
	payload, refusal := verifyWith(k, token)
	if refusal != nil {
		unnamed := token.Signatures[0].Header.KeyID == ""
		refusal.outdated = refusal.Reason == KeyUnknown || refusal.Reason == SignatureInvalid && unnamed
	}
	return payload, refusal
}

func verifyWith(keys []jose.JSONWebKey, token *jose.JSONWebSignature) ([]byte, *Refusal) {
	kid, alg := token.Signatures[0].Header.KeyID, token.Signatures[0].Header.Algorithm
	candidates := matching(keys, kid, alg)
	switch {
	case len(candidates) == 0:
		return nil, reject(KeyUnknown, "The ID token is signed with a key that the provider does not publish.")
	case kid == "" && len(candidates) > 1:
		// OpenID Connect Core 1.0 section 10.1
		return nil, reject(KeyUnnamed, "The ID token does not say which of the provider's keys it is signed with.")
	}
	for _, key := range candidates {
		if weak(key) {
			return nil, reject(KeyWeak, "The ID token is signed with an RSA key of fewer than %d bits.", minRSABits)
		}
		if payload, err := token.Verify(key); err == nil {
			return payload, nil
		}
	}
	return nil, reject(SignatureInvalid, "The ID token's signature is wrong.")
}

func matching(keys []jose.JSONWebKey, kid, alg string) []jose.JSONWebKey {
	var out []jose.JSONWebKey
	for _, key := range keys {
		if (kid == "" || key.KeyID == kid) && fits(key, alg) {
			out = append(out, key)
		}
	}
	return out
}

// fits reports whether a key is for an algorithm (RFC 7518 section 3.1, RFC 8037).
func fits(key jose.JSONWebKey, alg string) bool {
	if key.Algorithm != "" && key.Algorithm != alg {
		return false
	}
	switch public := key.Key.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS")
	case *ecdsa.PublicKey:
		return alg == map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[public.Curve.Params().Name]
	case ed25519.PublicKey:
		return alg == "EdDSA"
	}
	return false
}

func weak(key jose.JSONWebKey) bool {
	public, isRSA := key.Key.(*rsa.PublicKey)
	return isRSA && public.N.BitLen() < minRSABits
}
