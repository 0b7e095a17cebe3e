package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/fetch"
)

const fuzzIssuer = "https://idp.invalid"

// offline is a relying party that knows one provider and can reach none.
func offline(tb testing.TB) (rp *RelyingParty, sign func(header map[jose.HeaderKey]any, payload string) string) {
	tb.Helper()
	fetcher, err := fetch.New(fetch.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(fetcher.Close)
	clock := func() time.Time { return time.Unix(1_800_000_000, 0) }
	if rp, err = New(Config{Fetch: fetcher, Clock: clock}); err != nil {
		tb.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	// Nothing is ever fetched from loopback: every fetch of this fetcher fails.
	const nowhere = "https://127.0.0.1/"
	rp.providers[fuzzIssuer] = &provider{
		issuer: fuzzIssuer, algorithms: []string{"ES256"}, fetched: clock(),
		endpoint: oauth2.Endpoint{AuthURL: nowhere, TokenURL: nowhere}, clientAuths: []string{"client_secret_basic"},
		keys: keySet{{Key: key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}},
	}
	return rp, func(header map[jose.HeaderKey]any, payload string) string {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, &jose.SignerOptions{ExtraHeaders: header})
		if err != nil {
			tb.Fatal(err)
		}
		signed, err := signer.Sign([]byte(payload))
		if err != nil {
			tb.Fatal(err)
		}
		raw, err := signed.CompactSerialize()
		if err != nil {
			tb.Fatal(err)
		}
		return raw
	}
}

const goodClaims = `{"iss":"https://idp.invalid","sub":"1","aud":"app","exp":1800000060,"iat":1800000000,"nonce":"n","email":"a@b.example"}`

func (rp *RelyingParty) expect() expected {
	return expected{provider: rp.providers[fuzzIssuer], clientID: "app", nonce: "n", accessToken: "t", now: rp.clock()}
}

// FuzzIDToken: no token but the provider's own is accepted, and none panics.
func FuzzIDToken(f *testing.F) {
	rp, sign := offline(f)
	good := sign(map[jose.HeaderKey]any{"kid": "1"}, goodClaims)
	if _, err := rp.expect().verify(f.Context(), good); err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("eyJhbGciOiJub25lIn0." + strings.Split(good, ".")[1] + ".")
	f.Add("..")
	f.Add(`{"payload":"","signatures":[]}`)
	f.Fuzz(func(t *testing.T, raw string) {
		_, err := rp.expect().verify(t.Context(), raw)
		var refusal *Refusal
		if err != nil && !errors.As(err, &refusal) {
			t.Errorf("%v is no refusal", err)
		}
		head, _, _ := cutLast(raw, ".")
		if wanted, _, _ := cutLast(good, "."); err == nil && head != wanted {
			t.Errorf("%q was accepted", raw)
		}
	})
}

// TestTheLibrarysWordCounts: what go-oidc refuses is refused, also where our own
// checks find nothing. Entra ID's way of saying "too many groups" is fine.
func TestTheLibrarysWordCounts(t *testing.T) {
	t.Parallel()
	rp, sign := offline(t)
	for extra, want := range map[string]Reason{
		`"_claim_names":{"groups":"src1"},"_claim_sources":{"src1":{"endpoint":"https://graph.example"}}`: "",
		`"_claim_names":{"groups":"src1"}`:                 IDTokenMalformed,
		`"_claim_names":{"groups":"src1"},"at_hash":"x"`:   IDTokenMalformed,
		`"_claim_names":{"groups":"src1"},"AT_HASH":"x"`:   IDTokenMalformed,
		`"AT_HASH":"x","at_hash":"jOtI0BRtehlR8c_4tq5PYA"`: AccessTokenMismatch,
		`"at_hash":1`: IDTokenMalformed,
		`"NONCE":"another","Iss":"https://attacker.example"`: IDTokenMalformed,
	} {
		payload := strings.TrimSuffix(goodClaims, "}") + "," + extra + "}"
		_, err := rp.expect().verify(t.Context(), sign(map[jose.HeaderKey]any{"kid": "1"}, payload))
		var refusal *Refusal
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", extra, err)
		case want != "" && (!errors.As(err, &refusal) || refusal.Reason != want):
			t.Errorf("%s: %v, want %s", extra, err, want)
		}
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// FuzzClaims: whatever a provider signs, it becomes an identity or a refusal. An
// identity always has a subject, one address, and nothing unverified.
func FuzzClaims(f *testing.F) {
	rp, sign := offline(f)
	f.Add(goodClaims)
	f.Add(strings.Replace(goodClaims, `"app"`, `["app","b"]`, 1))
	f.Add(strings.Replace(goodClaims, `{`, `{"email_verified":"no",`, 1))
	f.Add(strings.Replace(goodClaims, `1800000060`, `1e400`, 1))
	f.Add(strings.Replace(goodClaims, `{`, `{"_claim_names":{"a":"b"},"SUB":"2","groups":[1,{}],`, 1))
	f.Fuzz(func(t *testing.T, payload string) {
		got, err := rp.expect().verify(t.Context(), sign(map[jose.HeaderKey]any{"kid": "1"}, payload))
		if err != nil {
			return
		}
		identity, refusal := Mapping{}.withDefaults().identity(fuzzIssuer, got)
		if refusal != nil {
			return
		}
		if identity.Subject == "" || !isAddress(identity.Email) || identity.EmailVerified != nil && !*identity.EmailVerified {
			t.Errorf("%s became %+v", payload, identity)
		}
	})
}

// FuzzCallback: a callback's query is refused without a panic, also where the
// state in it is real ("STATE" stands for it).
func FuzzCallback(f *testing.F) {
	rp, _ := offline(f)
	conn := Connection{ID: "conn_1", Issuer: fuzzIssuer, ClientID: "app", ClientSecret: "x", RedirectURI: "https://app.example/callback"}
	find := func(context.Context, string) (Connection, error) { return conn, nil }
	f.Add("state=STATE&code=x&iss=https://idp.invalid")
	f.Add("state=STATE&error=access_denied&error_description=%00%ff")
	f.Add("state=STATE&state=STATE")
	f.Add("code=x;state=STATE&%zz")
	f.Fuzz(func(t *testing.T, query string) {
		begun, err := rp.Begin(t.Context(), conn, Start{})
		if err != nil {
			t.Fatal(err)
		}
		auth, err := url.Parse(begun.AuthURL)
		if err != nil {
			t.Fatal(err)
		}
		// What can be read of a broken query is what a handler would see.
		callback, _ := url.ParseQuery(strings.ReplaceAll(query, "STATE", auth.Query().Get("state")))
		_, err = rp.Finish(t.Context(), find, begun.BrowserSecret, callback)
		var refusal *Refusal
		if !errors.As(err, &refusal) {
			t.Errorf("%q: %v", query, err)
		}
	})
}
