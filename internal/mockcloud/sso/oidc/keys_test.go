package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/fetch"
)

type testKeys struct {
	rsa, weak *rsa.PrivateKey
	ec        *ecdsa.PrivateKey
	ed        ed25519.PrivateKey
}

func makeKeys(t *testing.T) (k testKeys) {
	t.Helper()
	var errs [4]error
	k.rsa, errs[0] = rsa.GenerateKey(rand.Reader, 2048)
	k.weak, errs[1] = rsa.GenerateKey(rand.Reader, 1024)
	k.ec, errs[2] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, k.ed, errs[3] = ed25519.GenerateKey(rand.Reader)
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return k
}

// TestWhichKeysAreTaken: of a published set, only public keys for signatures.
func TestWhichKeysAreTaken(t *testing.T) {
	t.Parallel()
	k := makeKeys(t)
	raw, err := json.Marshal(map[string]any{"keys": []any{
		jose.JSONWebKey{Key: k.rsa.Public(), KeyID: "good", Use: "sig"},
		jose.JSONWebKey{Key: k.ec.Public(), KeyID: "no use said"},
		jose.JSONWebKey{Key: k.ec.Public(), KeyID: "for encryption", Use: "enc"},
		jose.JSONWebKey{Key: k.ed, KeyID: "private"},
		jose.JSONWebKey{Key: []byte("shared"), KeyID: "symmetric"},
		map[string]any{"kty": "AKP", "kid": "unheard of"},
		map[string]any{"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
		"not even an object",
	}})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := parseKeys(raw)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, key := range keys {
		ids = append(ids, key.KeyID)
	}
	if want := []string{"good", "no use said"}; !slices.Equal(ids, want) {
		t.Errorf("taken: %q, want %q", ids, want)
	}
}

func TestWhichKeyFitsWhichAlgorithm(t *testing.T) {
	t.Parallel()
	k := makeKeys(t)
	for name, row := range map[string]struct {
		key  any
		alg  string // of the key
		fits []string
	}{
		"RSA":           {k.rsa.Public(), "", []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}},
		"RSA for RS256": {k.rsa.Public(), "RS256", []string{"RS256"}},
		"P-256":         {k.ec.Public(), "", []string{"ES256"}},
		"Ed25519":       {k.ed.Public(), "", []string{"EdDSA"}},
		"shared secret": {[]byte("x"), "HS256", nil},
		"mislabeled":    {k.ec.Public(), "RS256", nil},
	} {
		var got []string
		for _, alg := range append(algorithms(), "HS256", "none", "") {
			if fits(jose.JSONWebKey{Key: row.key, Algorithm: row.alg}, alg) {
				got = append(got, alg)
			}
		}
		if !slices.Equal(got, row.fits) {
			t.Errorf("%s fits %q, want %q", name, got, row.fits)
		}
	}
	if !weak(jose.JSONWebKey{Key: k.weak.Public()}) || weak(jose.JSONWebKey{Key: k.rsa.Public()}) {
		t.Error("weak keys are not told from others")
	}
}

// TestRereadingOutlivesItsRequest: a browser that goes away must not leave everybody
// else without the new keys.
func TestRereadingOutlivesItsRequest(t *testing.T) {
	t.Parallel()
	k := makeKeys(t)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	serve := func(path string, v any) {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(raw) })
	}
	serve("/.well-known/openid-configuration", map[string]any{
		"issuer": server.URL, "authorization_endpoint": server.URL + "/a", "token_endpoint": server.URL + "/t", "jwks_uri": server.URL + "/k",
		"id_token_signing_alg_values_supported": []string{"ES256"},
	})
	serve("/k", jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: k.ec.Public(), KeyID: "new"}}})
	fetcher, err := fetch.New(fetch.Options{AllowOrigin: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fetcher.Close)
	rp, err := New(Config{Fetch: fetcher, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if p, err := rp.newer(gone, Connection{}, &provider{issuer: server.URL}); err != nil || len(p.keys) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestAudienceOfAssertions: only Entra ID's own token endpoint is named in the issuer's
// place.
func TestAudienceOfAssertions(t *testing.T) {
	t.Parallel()
	const entra, v1 = "https://login.microsoftonline.com/t/v2.0", "https://sts.windows.net/t/"
	for _, row := range []struct {
		issuer, token string
		entra         bool
	}{
		{"https://idp.example.com", "https://idp.example.com/token", false},
		{"https://idp.example.com", "https://login.microsoftonline.com/t/oauth2/v2.0/token", false},
		{entra, "https://login.microsoftonline.com/t/oauth2/v2.0/token", true},
		{v1, "https://login.microsoftonline.com/t/oauth2/token", true},
		{"https://x.ciamlogin.com/t/v2.0", "https://x.ciamlogin.com/t/oauth2/v2.0/token", true},
		{entra, "https://victim.example.com/token", false},
		{entra, "https://login.microsoftonline.com.victim.example/token", false},
		{"https://login.microsoftonline.com@idp.example.com", "https://login.microsoftonline.com/token", false},
	} {
		p := &provider{issuer: row.issuer, endpoint: oauth2.Endpoint{TokenURL: row.token}}
		want, alg := row.issuer, jose.RS256
		if row.entra {
			want, alg = row.token, jose.PS256
		}
		if got := p.audience(); got != want {
			t.Errorf("%s with %s: for %s", row.issuer, row.token, got)
		}
		if got := p.assertionAlg(); got != alg {
			t.Errorf("%s with %s: signed with %s", row.issuer, row.token, got)
		}
	}
}
