package oidc_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
)

// byKey has the connection authenticate with a key of its own.
func (w *world) byKey(tb testing.TB) {
	tb.Helper()
	w.key = newKey(tb)
	w.conn.ClientSecret, w.conn.ClientAuth = "", oidc.PrivateKeyJWT
	w.conn.Key = func() (oidc.ClientKey, error) { return w.key, nil }
}

// sent is the last token request.
func (w *world) sent(tb testing.TB) tokenRequest {
	tb.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.tokens) == 0 {
		tb.Fatal("nothing was sent to the token endpoint")
	}
	return w.tokens[len(w.tokens)-1]
}

// offering is a provider whose document offers these ways of authenticating.
func offering(t *testing.T, auths ...string) options {
	t.Helper()
	return options{bend: answerJSON(t, "/openid-configuration", func(d map[string]any) {
		if auths == nil {
			delete(d, "token_endpoint_auth_methods_supported")
			return
		}
		d["token_endpoint_auth_methods_supported"] = auths
	})}
}

// TestClientAuthentication: a method that was not chosen is one that the provider offers, in one order and
// never without a proof; what somebody chose is done. Only what is asked for is sent.
func TestClientAuthentication(t *testing.T) {
	t.Parallel()
	const basic, post, key, none = oidc.ClientSecretBasic, oidc.ClientSecretPost, oidc.PrivateKeyJWT, oidc.PublicClient
	for name, row := range map[string]struct {
		offers       []string
		chosen, want oidc.ClientAuth
	}{
		"nothing offered":         {nil, "", basic},
		"all offered":             {[]string{"none", "private_key_jwt", "client_secret_post", "client_secret_basic"}, "", basic},
		"post before a key":       {[]string{"private_key_jwt", "none", "client_secret_post"}, "", post},
		"only a key":              {[]string{"tls_client_auth", "private_key_jwt", "none"}, "", key},
		"post chosen":             {[]string{"client_secret_basic", "client_secret_post"}, post, post},
		"basic chosen":            {[]string{"client_secret_post", "client_secret_basic"}, basic, basic},
		"a key chosen":            {[]string{"client_secret_basic", "private_key_jwt"}, key, key},
		"a key, nothing offered":  {nil, key, key},
		"public":                  {[]string{"client_secret_basic", "none"}, none, none},
		"public, and not offered": {[]string{"client_secret_basic"}, none, none},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, offering(t, row.offers...))
			w.byKey(t)
			w.conn.ClientSecret, w.conn.ClientAuth = secret, row.chosen
			if row.want == none {
				w.conn.ClientID = "public-app"
			}
			if _, err := w.RelyingParty.Discover(t.Context(), w.conn.Issuer, row.chosen); err != nil {
				t.Fatal(err)
			}
			if _, err := w.login(t); err != nil {
				t.Fatal(err)
			}
			sent := w.sent(t)
			for _, is := range []struct {
				what        string
				there, want bool
			}{
				{"a header", sent.authorization != "", row.want == basic},
				{"a secret", sent.form.Has("client_secret"), row.want == post},
				{"an assertion", sent.form.Has("client_assertion"), row.want == key},
				{"an id", sent.form.Get("client_id") == w.conn.ClientID, row.want != basic},
				{"PKCE's verifier", sent.form.Get("code_verifier") != "", true},
			} {
				if is.there != is.want {
					t.Errorf("%s in the token request: %t, want %t", is.what, is.there, is.want)
				}
			}
		})
	}
}

// TestClientAuthenticationIsCheckedWhenSaved: what a provider says that it does not take is
// refused before anybody logs in.
func TestClientAuthenticationIsCheckedWhenSaved(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		offers  []string
		algs    []string
		chosen  oidc.ClientAuth
		refused bool
	}{
		"basic is not offered":      {[]string{"client_secret_post"}, nil, oidc.ClientSecretBasic, true},
		"post is not offered":       {[]string{"client_secret_basic"}, nil, oidc.ClientSecretPost, true},
		"a key is not offered":      {[]string{"client_secret_basic"}, nil, oidc.PrivateKeyJWT, true},
		"a key, EC only":            {[]string{"private_key_jwt"}, []string{"ES256", "EdDSA"}, oidc.PrivateKeyJWT, true},
		"EC only, nobody chose":     {[]string{"private_key_jwt"}, []string{"ES256"}, "", true},
		"EC, but secrets as well":   {[]string{"private_key_jwt", "client_secret_post"}, []string{"ES256"}, "", false},
		"a key, PS256 only":         {[]string{"private_key_jwt"}, []string{"ES256", "PS256"}, oidc.PrivateKeyJWT, false},
		"nothing offered, a key":    {nil, nil, oidc.PrivateKeyJWT, false},
		"nothing offered, post":     {nil, nil, oidc.ClientSecretPost, false},
		"public is never in a list": {[]string{"client_secret_basic"}, nil, oidc.PublicClient, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, options{bend: answerJSON(t, "/openid-configuration", func(d map[string]any) {
				d["token_endpoint_auth_methods_supported"], d["token_endpoint_auth_signing_alg_values_supported"] = row.offers, row.algs
			})})
			_, err := w.RelyingParty.Discover(t.Context(), w.conn.Issuer, row.chosen)
			if row.refused {
				rejected(t, err, oidc.ClientAuthUnsupported)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// readAssertion verifies an assertion by the published keys and returns header and claims.
func (w *world) readAssertion(t *testing.T, raw string) (jose.Header, map[string]any) {
	t.Helper()
	token, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256, jose.PS256})
	if err != nil {
		t.Fatal(err)
	}
	published, err := oidc.PublicKeys(w.key)
	if err != nil || len(published.Keys) != 1 {
		t.Fatal(published, err)
	}
	payload, err := token.Verify(published.Keys[0])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return token.Signatures[0].Protected, claims
}

// TestAssertion: it is for the issuer alone, for a minute and for one request.
func TestAssertion(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	w.byKey(t)
	seen := map[any]bool{}
	for range 2 {
		if _, err := w.login(t); err != nil {
			t.Fatal(err)
		}
		form := w.sent(t).form
		header, claims := w.readAssertion(t, form.Get("client_assertion"))
		now := w.clock.Now().Unix()
		for name, want := range map[string]any{
			"iss": "app", "sub": "app", "aud": w.conn.Issuer, "iat": float64(now), "exp": float64(now + 60),
		} {
			if claims[name] != want {
				t.Errorf("%s is %v, want %v", name, claims[name], want)
			}
		}
		if id, _ := claims["jti"].(string); len(id) < 26 || seen[id] {
			t.Errorf("the id %q is too short, or was there before", id)
		}
		seen[claims["jti"]] = true
		published, err := oidc.PublicKeys(w.key)
		if err != nil {
			t.Fatal(err)
		}
		if header.KeyID != published.Keys[0].KeyID || header.KeyID == "" || header.Algorithm != "RS256" || header.ExtraHeaders["typ"] != "JWT" {
			t.Errorf("header %+v", header)
		}
		if form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
			t.Errorf("type %q", form.Get("client_assertion_type"))
		}
	}
}

// TestAssertionFollowsWhatIsListed: RS256 is taken by all that list nothing.
func TestAssertionFollowsWhatIsListed(t *testing.T) {
	t.Parallel()
	for want, listed := range map[string][]string{"RS256": {"PS256", "RS256"}, "PS256": {"ES256", "PS256"}} {
		w := start(t, options{bend: answerJSON(t, "/openid-configuration", func(d map[string]any) {
			d["token_endpoint_auth_signing_alg_values_supported"] = listed
		})})
		w.byKey(t)
		if _, err := w.login(t); err != nil {
			t.Fatal(err)
		}
		if header, _ := w.readAssertion(t, w.sent(t).form.Get("client_assertion")); header.Algorithm != want {
			t.Errorf("of %v: %s", listed, header.Algorithm)
		}
	}
}

// TestPublishedKeys: nothing of the private half is in it, and the certificate is for
// those that take nothing else.
func TestPublishedKeys(t *testing.T) {
	t.Parallel()
	first, second := newKey(t), newKey(t)
	set, err := oidc.PublicKeys(first, second)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Keys []map[string]any }
	if err := json.Unmarshal(raw, &got); err != nil || len(got.Keys) != 2 {
		t.Fatalf("%s: %v", raw, err)
	}
	for _, key := range got.Keys {
		var names []string
		for name := range key {
			names = append(names, name)
		}
		slices.Sort(names)
		if want := []string{"e", "kid", "kty", "n", "use", "x5c", "x5t#S256"}; !slices.Equal(names, want) {
			t.Errorf("%q, want %q", names, want)
		}
	}
	if got.Keys[0]["kid"] == got.Keys[1]["kid"] {
		t.Error("two keys have one id")
	}
}

// TestKeyThatCannotBeRead refuses the login, and sends nothing.
func TestKeyThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	w.byKey(t)
	broken := errors.New("the store is broken")
	w.conn.Key = func() (oidc.ClientKey, error) { return oidc.ClientKey{}, broken }
	_, err := w.login(t)
	rejected(t, err, oidc.ClientKeyUnusable)
	if !errors.Is(err, broken) || w.fetched("/token") != 0 {
		t.Errorf("%v; %d token requests", err, w.fetched("/token"))
	}
}

// TestClientAuthenticationChangesDuringALogin: it rotates as a secret does.
func TestClientAuthenticationChangesDuringALogin(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	begun := w.begin(t)
	answer := w.answer(t, begun)
	w.byKey(t)
	if _, err := w.Finish(t.Context(), w.find, begun.BrowserSecret, answer); err != nil {
		t.Error(err)
	}
}

// TestOnlyTheSaverFollows: endpoints that moved are followed by the connection that was
// saved since. Neither another's save nor a server that knows nothing any more moves the
// others, with a new key or without.
func TestOnlyTheSaverFollows(t *testing.T) {
	t.Parallel()
	moved := false
	w := start(t, options{bend: answerJSON(t, "/openid-configuration", func(d map[string]any) {
		if moved {
			d["authorization_endpoint"] = "https://elsewhere.example.com/authorize"
		}
	})})
	hosts, err := w.RelyingParty.Discover(t.Context(), w.conn.Issuer, "")
	if err != nil {
		t.Fatal(err)
	}
	w.conn.Hosts = hosts
	begun := w.begin(t)
	answer := w.answer(t, begun)

	moved = true
	after, err := w.RelyingParty.Discover(t.Context(), w.conn.Issuer, "")
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(hosts, after) || !slices.Contains(after, "elsewhere.example.com") {
		t.Fatalf("hosts %q, then %q", hosts, after)
	}
	_, err = w.Begin(t.Context(), w.conn, oidc.Start{})
	rejected(t, err, oidc.EndpointMoved)
	_, err = w.Finish(t.Context(), w.find, begun.BrowserSecret, answer)
	rejected(t, err, oidc.EndpointMoved)
	if n := w.fetched("/token"); n != 0 {
		t.Errorf("%d token requests", n)
	}

	fresh, err := oidc.New(oidc.Config{Fetch: w.Fetcher(), Clock: w.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	_, err = fresh.Begin(t.Context(), w.conn, oidc.Start{})
	rejected(t, err, oidc.EndpointMoved)

	w.conn.Hosts = after
	if begun := w.begin(t); !strings.HasPrefix(begun.AuthURL, "https://elsewhere.example.com/") {
		t.Errorf("after a save: %s", begun.AuthURL)
	}
}

// TestRejectedSaveFollowsNothing: a save that is refused has not saved.
func TestRejectedSaveFollowsNothing(t *testing.T) {
	t.Parallel()
	moved := false
	w := start(t, options{bend: answerJSON(t, "/openid-configuration", func(d map[string]any) {
		if moved {
			d["authorization_endpoint"] = "https://elsewhere.example.com/authorize"
			d["token_endpoint_auth_methods_supported"] = []string{"none"}
		}
	})})
	w.begin(t)
	moved = true
	rejected(t, w.Discover(t.Context(), w.conn.Issuer), oidc.ClientAuthUnsupported)
	if begun := w.begin(t); strings.HasPrefix(begun.AuthURL, "https://elsewhere.example.com/") {
		t.Errorf("after a refused save: %s", begun.AuthURL)
	}
}
