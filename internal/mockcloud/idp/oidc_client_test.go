package idp_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
)

// client is a client that authenticates with a key of its own.
type client struct {
	key        *rsa.PrivateKey
	thumbprint []byte
	made       int
}

func newClient(t *testing.T) *client {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	// The provider compares what is published, and looks at no certificate itself.
	print := sha256.Sum256(key.N.Bytes())
	return &client{key: key, thumbprint: print[:]}
}

func (c *client) published(context.Context, *url.URL) (jose.JSONWebKeySet, error) {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{
		Key: c.key.Public(), KeyID: "one", Use: "sig", CertificateThumbprintSHA256: c.thumbprint,
	}}}, nil
}

// assertion makes one that is fine, but for the given changes; a nil takes a claim away.
func (c *client) assertion(t *testing.T, w *world, signedBy crypto.Signer, alg jose.SignatureAlgorithm, claims, header map[string]any) string {
	t.Helper()
	c.made++
	now := w.clock.Now()
	all := map[string]any{
		"iss": "app", "sub": "app", "aud": w.base, "jti": "assertion-" + strconv.Itoa(c.made), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	maps.Copy(all, claims)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	payload, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]any{"kid": "one", "x5t#S256": base64.RawURLEncoding.EncodeToString(c.thumbprint)}
	maps.Copy(fields, header)
	options := &jose.SignerOptions{}
	for name, value := range fields {
		if value != nil {
			options.WithHeader(jose.HeaderKey(name), value)
		}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: signedBy}, options)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// proves sends a token request in which there is an assertion in the secret's place.
func (w *world) proves(t *testing.T, assertion string, change ...string) (int, map[string]any) {
	t.Helper()
	form := url.Values{
		"grant_type": {"authorization_code"}, "redirect_uri": {callback},
		"code_verifier": {verifier}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	}
	for i := 0; i+1 < len(change); i += 2 {
		form.Set(change[i], change[i+1])
	}
	if !form.Has("code") {
		form.Set("code", w.logIn(t, w.request(), ada.Subject).Get("code"))
	}
	got := w.post(t, w.base+"/token", form)
	var body map[string]any
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	return got.status, body
}

func TestClientAssertions(t *testing.T) {
	t.Parallel()
	c, other := newClient(t), newClient(t)
	w := start(t, func(config *idp.Config) { config.ClientKeys = c.published })
	fine := func() string { return c.assertion(t, w, c.key, jose.RS256, nil, nil) }
	for name, assertion := range map[string]string{
		"RS256": fine(), "PS256": c.assertion(t, w, c.key, jose.PS256, nil, nil),
	} {
		if status, body := w.proves(t, assertion); status != http.StatusOK || body["id_token"] == nil {
			t.Fatalf("%s: %d %v", name, status, body)
		}
	}
	if status, _ := w.proves(t, fine(), "client_id", "app"); status != http.StatusOK {
		t.Errorf("with the id beside it: %d", status)
	}

	parts, others := strings.Split(fine(), "."), strings.Split(fine(), ".")
	changed := parts[0] + "." + others[1] + "." + parts[2]
	used := fine()
	w.proves(t, used)
	late := fine()
	now := w.clock.Now()
	for name, row := range map[string]struct {
		assertion string
		change    []string
	}{
		"replayed":              {assertion: used},
		"another key":           {assertion: c.assertion(t, w, other.key, jose.RS256, nil, nil)},
		"unknown key id":        {assertion: c.assertion(t, w, c.key, jose.RS256, nil, map[string]any{"kid": "two"})},
		"no key id":             {assertion: c.assertion(t, w, c.key, jose.RS256, nil, map[string]any{"kid": nil})},
		"another certificate":   {assertion: c.assertion(t, w, c.key, jose.RS256, nil, map[string]any{"x5t#S256": "x"})},
		"no certificate":        {assertion: c.assertion(t, w, c.key, jose.RS256, nil, map[string]any{"x5t#S256": nil})},
		"another algorithm":     {assertion: c.assertion(t, w, c.key, jose.RS512, nil, nil)},
		"for the token URL":     {assertion: c.assertion(t, w, c.key, jose.RS256, map[string]any{"aud": w.base + "/token"}, nil)},
		"for a list":            {assertion: c.assertion(t, w, c.key, jose.RS256, map[string]any{"aud": []string{w.base}}, nil)},
		"for nobody":            {assertion: c.assertion(t, w, c.key, jose.RS256, map[string]any{"aud": nil}, nil)},
		"issuer is another":     {assertion: c.assertion(t, w, c.key, jose.RS256, map[string]any{"iss": "other"}, nil)},
		"subject is another":    {assertion: c.assertion(t, w, c.key, jose.RS256, map[string]any{"sub": "other"}, nil)},
		"no id":                 {assertion: c.assertion(t, w, c.key, jose.RS256, map[string]any{"jti": nil}, nil)},
		"expired":               {assertion: c.assertion(t, w, c.key, jose.RS256, map[string]any{"exp": now.Unix()}, nil)},
		"never expires":         {assertion: c.assertion(t, w, c.key, jose.RS256, map[string]any{"exp": nil}, nil)},
		"for an hour":           {assertion: c.assertion(t, w, c.key, jose.RS256, map[string]any{"exp": now.Add(time.Hour).Unix()}, nil)},
		"of the future":         {assertion: c.assertion(t, w, c.key, jose.RS256, map[string]any{"iat": now.Add(time.Hour).Unix()}, nil)},
		"another type":          {fine(), []string{"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"}},
		"of no type":            {fine(), []string{"client_assertion_type", ""}},
		"a secret as well":      {fine(), []string{"client_secret", secret}},
		"another client's":      {fine(), []string{"client_id", "other"}},
		"sent back elsewhere":   {fine(), []string{"redirect_uri", "https://attacker.example/callback"}},
		"changed on its way":    {assertion: changed},
		"of a client without":   {assertion: c.assertion(t, w, c.key, jose.RS256, map[string]any{"iss": "public-app", "sub": "public-app"}, nil)},
		"no assertion whatever": {assertion: ""},
	} {
		if status, body := w.proves(t, row.assertion, row.change...); status != http.StatusUnauthorized || body["error"] != "invalid_client" {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
	w.clock.advance(time.Minute)
	if status, _ := w.proves(t, late); status != http.StatusUnauthorized {
		t.Errorf("a minute later: %d", status)
	}
}

// TestPublicClients say in their id that they are, and have no secret.
func TestPublicClients(t *testing.T) {
	t.Parallel()
	w := start(t)
	exchange := func(change ...string) (int, string) {
		code := w.logIn(t, w.request("client_id", "public-app"), ada.Subject).Get("code")
		form := url.Values{
			"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback},
			"code_verifier": {verifier}, "client_id": {"public-app"},
		}
		for i := 0; i+1 < len(change); i += 2 {
			form.Set(change[i], change[i+1])
		}
		got := w.post(t, w.base+"/token", form)
		return got.status, got.body
	}
	if status, body := exchange(); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	for name, change := range map[string][]string{
		"with a secret":        {"client_secret", secret},
		"with an empty secret": {"client_secret", ""},
		"as another client":    {"client_id", "app"},
		"as nobody":            {"client_id", ""},
	} {
		if status, _ := exchange(change...); status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, status)
		}
	}
	for name, change := range map[string][]string{"without PKCE": {"code_verifier", ""}, "another public one": {"client_id", "public-other"}} {
		if status, _ := exchange(change...); status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, status)
		}
	}
}

// TestClientKeysAreFetchedBesideTheRedirectURI is how mockcloud's own are found.
func TestClientKeysAreFetchedBesideTheRedirectURI(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/oidc/jwks", func(rw http.ResponseWriter, r *http.Request) {
		set, _ := c.published(r.Context(), nil) // it never fails
		if err := json.NewEncoder(rw).Encode(set); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("/moved/jwks", func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/oidc/jwks", http.StatusFound) })
	app := httptest.NewServer(mux)
	t.Cleanup(app.Close)
	w := start(t, func(config *idp.Config) { config.RedirectOrigins = []string{app.URL} })
	for path, want := range map[string]int{
		"/oidc/callback": http.StatusOK, "/moved/callback": http.StatusUnauthorized, "/none/callback": http.StatusUnauthorized, "/oidc/other": http.StatusUnauthorized,
	} {
		redirect := app.URL + path
		back, err := url.Parse(w.post(t, w.request("redirect_uri", redirect), url.Values{"person": {ada.Subject}}).header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		code := back.Query().Get("code")
		status, body := w.proves(t, c.assertion(t, w, c.key, jose.RS256, nil, nil), "redirect_uri", redirect, "code", code)
		if status != want {
			t.Errorf("%s: %d %v", strings.TrimPrefix(redirect, app.URL), status, body)
		}
	}
}
