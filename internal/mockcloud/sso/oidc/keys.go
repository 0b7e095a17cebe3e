package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/fetch"
)

// refetchEvery is how often a key set is fetched again because of a token whose
// key is not in it.
const refetchEvery = time.Minute

// minRSABits is RFC 7518 section 3.3's lower bound.
const minRSABits = 2048

// keySet are a provider's keys. A token with an unknown key id makes it fetch
// them once more, at most once a minute; a token with a wrong signature does not,
// which is why this is not go-oidc's RemoteKeySet.
type keySet struct {
	fetcher *fetch.Client
	clock   func() time.Time
	address string

	fetching sync.Mutex // held while fetching, so that one fetch serves all

	mu        sync.RWMutex
	keys      []jose.JSONWebKey
	refetched time.Time
}

func (k *keySet) current() []jose.JSONWebKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.keys
}

// load fetches the keys.
func (k *keySet) load(ctx context.Context) error {
	got, err := k.fetcher.Get(ctx, k.address)
	if err != nil {
		return refuse(KeysUnreachable, "The provider's keys cannot be fetched: %s.", err).because(err)
	}
	keys, err := parseKeys(got.Body)
	if err != nil {
		return refuse(KeysUnusable, "The provider's keys are not the JSON that they have to be.").because(err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = keys
	return nil
}

// parseKeys reads a JWK set (RFC 7517 section 5). Keys that nobody here can use
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

// usable says whether any key could verify a token.
func (k *keySet) usable(algorithms []string) bool {
	keys := k.current()
	return slices.ContainsFunc(algorithms, func(alg string) bool {
		return slices.ContainsFunc(keys, func(key jose.JSONWebKey) bool { return fits(key, alg) && !weak(key) })
	})
}

// verify checks a token's signature and gives its payload. The algorithm has
// already been found to be one of the provider's.
func (k *keySet) verify(ctx context.Context, token *jose.JSONWebSignature) ([]byte, *Refusal) {
	payload, refusal := verifyWith(k.current(), token)
	// Without a key id a wrong signature is all that there is to see of a new key.
	unnamed := token.Signatures[0].Header.KeyID == ""
	if refusal == nil || refusal.Reason != KeyUnknown && (refusal.Reason != SignatureInvalid || !unnamed) {
		return payload, refusal
	}
	if err := k.refetch(ctx); err != nil {
		return nil, refusal.because(err)
	}
	return verifyWith(k.current(), token)
}

func verifyWith(keys []jose.JSONWebKey, token *jose.JSONWebSignature) ([]byte, *Refusal) {
	kid, alg := token.Signatures[0].Header.KeyID, token.Signatures[0].Header.Algorithm
	candidates := matching(keys, kid, alg)
	switch {
	case len(candidates) == 0:
		return nil, refuse(KeyUnknown, "The ID token is signed with a key that the provider does not publish.")
	case kid == "" && len(candidates) > 1:
		// OpenID Connect Core 1.0 section 10.1
		return nil, refuse(KeyUnnamed, "The ID token does not say which of the provider's keys it is signed with.")
	}
	for _, key := range candidates {
		if weak(key) {
			return nil, refuse(KeyWeak, "The ID token is signed with an RSA key of fewer than %d bits.", minRSABits)
		}
		if payload, err := token.Verify(key); err == nil {
			return payload, nil
		}
	}
	return nil, refuse(SignatureInvalid, "The ID token's signature is wrong.")
}

// refetch fetches the keys because of an unknown one, unless that was done less
// than a minute ago. Whoever comes while another fetches waits for those keys.
// If it fails the old keys stay.
func (k *keySet) refetch(ctx context.Context) error {
	k.fetching.Lock()
	defer k.fetching.Unlock()
	k.mu.Lock()
	now := k.clock()
	due := k.refetched.IsZero() || now.Sub(k.refetched) >= refetchEvery
	if due {
		k.refetched = now // failures count, too
	}
	k.mu.Unlock()
	if !due {
		return nil
	}
	// It is done for all who log in, so the one who asked first may not end it.
	return k.load(context.WithoutCancel(ctx))
}

// carryOver keeps the rate limit of an older set of the same address.
func (k *keySet) carryOver(from *keySet) {
	if from.address != k.address {
		return
	}
	from.mu.RLock()
	refetched := from.refetched
	from.mu.RUnlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.refetched = refetched
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

// fits says whether a key is for an algorithm (RFC 7518 section 3.1, RFC 8037).
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
