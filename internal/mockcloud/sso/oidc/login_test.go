package oidc_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			w := start(t, options{alg: alg})
			begun := w.begin(t)
			if want := w.clock.Now().Add(10 * time.Minute); !begun.Expires.Equal(want) {
				t.Errorf("expires %s, want %s", begun.Expires, want)
			}
			login, err := w.Finish(t.Context(), w.find, begun.BrowserSecret, w.answer(t, begun))
			if err != nil {
				t.Fatal(err)
			}
			if login.ConnectionID != "conn_1" || login.ReturnTo != "/workspaces?tab=2" || login.Issuer != w.conn.Issuer ||
				login.Subject != "ada-1" || login.Email != "ada@acme.com" || login.EmailVerified == nil || !*login.EmailVerified ||
				login.FirstName != "Ada" || login.LastName != "Lovelace" || !login.Authenticated.Equal(w.clock.Now()) {
				t.Errorf("%+v", login)
			}
			if login.Claims["name"] != "Ada Lovelace" {
				t.Errorf("claims %v", login.Claims)
			}
			if n := w.fetched("/userinfo"); n != 0 {
				t.Errorf("userinfo was asked %d times for what the ID token says", n)
			}
		})
	}
}

func TestAuthorizationRequest(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	w.conn.Scopes = []string{"groups", "email"}
	seen := map[string]bool{}
	for range 3 {
		begun := w.begin(t)
		u, err := url.Parse(begun.AuthURL)
		if err != nil {
			t.Fatal(err)
		}
		query := u.Query()
		for name, want := range map[string]string{
			"response_type": "code", "client_id": "app", "redirect_uri": w.conn.RedirectURI,
			"scope": "openid groups email", "code_challenge_method": "S256", "login_hint": "ada@acme.com",
		} {
			if query.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, query.Get(name), want)
			}
		}
		if len(query.Get("code_challenge")) != base64.RawURLEncoding.EncodedLen(sha256.Size) {
			t.Errorf("code_challenge %q is no SHA-256", query.Get("code_challenge"))
		}
		for _, value := range []string{query.Get("state"), query.Get("nonce"), query.Get("code_challenge"), begun.BrowserSecret} {
			if len(value) < 26 || seen[value] { // 26 characters of rand.Text have 130 bits
				t.Errorf("%q is too short, or was there before", value)
			}
			seen[value] = true
		}
		if strings.Contains(begun.AuthURL, begun.BrowserSecret) || strings.Contains(begun.AuthURL, url.QueryEscape(secret)) {
			t.Error("the URL tells a secret")
		}
	}
}

func TestMapping(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	w.conn.Mapping = oidc.Mapping{Email: "sub", FirstName: "name"}
	if err := w.idp.SetPerson(idp.Person{Subject: "ada-1", Email: "x@acme.com", FirstName: "Ada", LastName: "Love\u202elace"}); err != nil {
		t.Fatal(err)
	}
	_, err := w.login(t)
	rejected(t, err, oidc.EmailInvalid) // the subject is no address

	w.conn.Mapping.Email = "email"
	login, err := w.login(t)
	if err != nil {
		t.Fatal(err)
	}
	if login.Email != "x@acme.com" || !strings.HasPrefix(login.FirstName, "Ada Love") || login.LastName != "Lovelace" {
		t.Errorf("%+v", login.Identity)
	}
	w.conn.Mapping.Email = "upn"
	_, err = w.login(t)
	rejected(t, err, oidc.EmailMissing)
}

func TestUserinfoFillsThinTokens(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	w.idp.Misbehave(idp.ThinIDTokens)
	login, err := w.login(t)
	if err != nil {
		t.Fatal(err)
	}
	if login.Email != "ada@acme.com" || login.FirstName != "Ada" || login.EmailVerified == nil {
		t.Errorf("%+v", login.Identity)
	}
	if w.fetched("/userinfo") != 1 {
		t.Errorf("userinfo was asked %d times", w.fetched("/userinfo"))
	}
}

func TestEmailVerifiedMayBeAbsent(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	w.idp.Misbehave(idp.ClaimsWithoutVerified)
	login, err := w.login(t)
	if err != nil {
		t.Fatal(err)
	}
	if login.EmailVerified != nil {
		t.Errorf("what the provider did not say is %t", *login.EmailVerified)
	}
}

// TestClockSkew: the provider's clock may be a minute off, either way, and no
// more.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	for shift, reason := range map[time.Duration]oidc.Reason{
		-time.Minute: "", time.Minute: "",
		-time.Minute - 5*time.Minute: oidc.Expired, // ID tokens live for five
		time.Minute + time.Second:    oidc.NotYetValid,
	} {
		w := start(t, options{})
		w.idpClock.advance(shift)
		_, err := w.login(t)
		if reason != "" {
			rejected(t, err, reason)
		} else if err != nil {
			t.Errorf("%s: %v", shift, err)
		}
	}
}

func TestSecretRotatesDuringALogin(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	w.conn.ClientSecret = "the old secret, which the provider no longer takes"
	begun := w.begin(t)
	answer := w.answer(t, begun)
	w.conn.ClientSecret = secret
	if _, err := w.Finish(t.Context(), w.find, begun.BrowserSecret, answer); err != nil {
		t.Error(err)
	}
}

// TestKeyRotation counts how often the keys are fetched.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	login := func() error { _, err := w.login(t); return err }
	if err := login(); err != nil {
		t.Fatal(err)
	}
	expect := func(fetches int, when string) {
		t.Helper()
		if n := w.fetched("/jwks"); n != fetches {
			t.Errorf("%s: the keys were fetched %d times, want %d", when, n, fetches)
		}
	}
	expect(1, "after the first login")

	begun := w.begin(t)
	if err := w.idp.RotateKeys(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Finish(t.Context(), w.find, begun.BrowserSecret, w.answer(t, begun)); err != nil {
		t.Errorf("after a rotation: %v", err)
	}
	expect(2, "after a rotation")
	if err := login(); err != nil {
		t.Error(err)
	}
	expect(2, "with known keys")

	w.clock.advance(time.Minute)
	w.idp.Misbehave(idp.SignedForeign)
	rejected(t, login(), oidc.SignatureInvalid)
	expect(2, "after a wrong signature by a known key")

	w.idp.Misbehave(idp.SignedUnknownKey)
	for range 3 {
		rejected(t, login(), oidc.KeyUnknown)
	}
	expect(3, "for unknown keys within ten seconds")
	w.clock.advance(10 * time.Second)
	for range 3 {
		rejected(t, login(), oidc.KeyUnknown)
	}
	expect(4, "ten seconds later")

	// Saving the connection anew fetches, but does not lift the limit.
	if err := w.Discover(t.Context(), w.conn.Issuer); err != nil {
		t.Fatal(err)
	}
	expect(5, "after the connection was saved")
	rejected(t, login(), oidc.KeyUnknown)
	expect(5, "still within the ten seconds")

	w.idp.Misbehave(idp.Honest)
	if err := login(); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

// TestUnnamedKeyRotation: a provider with one key that has no id may rotate, too.
func TestUnnamedKeyRotation(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	w.idp.Misbehave(idp.SignedUnnamed)
	if _, err := w.login(t); err != nil {
		t.Fatal(err)
	}
	if err := w.idp.RotateKeys(); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(time.Hour - time.Second) // the document is still good, and then the old key is gone
	w.idpClock.advance(time.Second)
	if _, err := w.login(t); err != nil {
		t.Errorf("after the rotation: %v", err)
	}
	if n := w.fetched("/jwks"); n != 2 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

// TestWithdrawnKeysEnd: what the provider no longer publishes verifies nothing
// after an hour.
func TestWithdrawnKeysEnd(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	if _, err := w.login(t); err != nil {
		t.Fatal(err)
	}
	w.idp.Misbehave(idp.KeysNone)
	if _, err := w.login(t); err != nil {
		t.Errorf("within the hour: %v", err)
	}
	w.clock.advance(time.Hour)
	_, err := w.login(t)
	rejected(t, err, oidc.KeysUnusable)
}

// TestManyLoginsFetchOnce: discovery is shared, also while it is under way.
func TestManyLoginsFetchOnce(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := w.login(t); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := w.fetched("/.well-known/openid-configuration"); n != 1 {
		t.Errorf("the document was fetched %d times", n)
	}
	if n := w.fetched("/jwks"); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}

	// After a rotation one of them fetches the new keys, and the others wait.
	if err := w.idp.RotateKeys(); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		all.Go(func() {
			if _, err := w.login(t); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := w.fetched("/jwks"); n != 2 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

// answerJSON changes the JSON that the provider answers with at a path.
func answerJSON(t *testing.T, path string, change func(map[string]any)) func(http.Handler) http.Handler {
	t.Helper()
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, path) {
				h.ServeHTTP(w, r)
				return
			}
			recorded := httptest.NewRecorder()
			h.ServeHTTP(recorded, r)
			var doc map[string]any
			if err := json.Unmarshal(recorded.Body.Bytes(), &doc); err != nil {
				t.Error(err)
			}
			change(doc)
			maps.Copy(w.Header(), recorded.Header())
			if err := json.NewEncoder(w).Encode(doc); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestDocumentsThatDiffer are providers as they are: what may be left out, and
// what must not be.
func TestDocumentsThatDiffer(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(map[string]any)
		alg    string
		reason oidc.Reason // empty: a login passes
	}{
		"no list of challenge methods": {change: func(d map[string]any) { delete(d, "code_challenge_methods_supported") }},
		"an empty list of them":        {change: func(d map[string]any) { d["code_challenge_methods_supported"] = []string{} }, reason: oidc.PKCEUnsupported},
		"no list of algorithms":        {change: func(d map[string]any) { delete(d, "id_token_signing_alg_values_supported") }, alg: "RS256"},
		"and keys for none of RS256":   {change: func(d map[string]any) { delete(d, "id_token_signing_alg_values_supported") }, reason: oidc.KeysUnusable},
		"no list of client auth":       {change: func(d map[string]any) { delete(d, "token_endpoint_auth_methods_supported") }},
		"client_secret_post only":      {change: func(d map[string]any) { d["token_endpoint_auth_methods_supported"] = []string{"client_secret_post"} }},
		"certificates of TLS only": {
			change: func(d map[string]any) { d["token_endpoint_auth_methods_supported"] = []string{"tls_client_auth"} },
			reason: oidc.ClientAuthUnsupported,
		},
		"public clients only": {
			change: func(d map[string]any) { d["token_endpoint_auth_methods_supported"] = []string{"none"} },
			reason: oidc.ClientAuthUnsupported,
		},
		"implicit flow only": {change: func(d map[string]any) { d["response_types_supported"] = []string{"id_token"} }, reason: oidc.FlowUnsupported},
		"no userinfo":        {change: func(d map[string]any) { delete(d, "userinfo_endpoint") }},
		"no promise of iss":  {change: func(d map[string]any) { delete(d, "authorization_response_iss_parameter_supported") }},
		"endpoint that is no URL": {
			change: func(d map[string]any) { d["authorization_endpoint"] = "javascript:alert(1)" }, reason: oidc.EndpointRefused,
		},
		"an issuer with a slash":  {change: func(d map[string]any) { d["issuer"] = fmt.Sprint(d["issuer"], "/") }, reason: oidc.DiscoveryOtherIssuer},
		"lists of the wrong type": {change: func(d map[string]any) { d["response_types_supported"] = "code" }, reason: oidc.DiscoveryMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, options{alg: row.alg, bend: answerJSON(t, "/openid-configuration", row.change)})
			_, err := w.login(t)
			if row.reason != "" {
				rejected(t, err, row.reason)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestUserinfoVerifiesItsOwnAddressOnly: email_verified of userinfo says nothing
// about another address in the ID token.
func TestUserinfoVerifiesItsOwnAddressOnly(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		email    string
		verified bool
	}{"same": {"ada@acme.com", true}, "other": {"ada@elsewhere.example", false}} {
		w := start(t, options{bend: answerJSON(t, "/userinfo", func(d map[string]any) { d["email"] = row.email })})
		w.idp.Misbehave(idp.ClaimsWithoutVerified)
		w.conn.Mapping.FirstName = "nickname" // which is what userinfo is asked for
		login, err := w.login(t)
		if err != nil {
			t.Fatal(err)
		}
		if login.Email != "ada@acme.com" || (login.EmailVerified != nil) != row.verified {
			t.Errorf("%s address: %+v", name, login.Identity)
		}
	}
}

// TestProvidersAreBounded: a user who may save connections may name any number of
// issuers.
func TestProvidersAreBounded(t *testing.T) {
	t.Parallel()
	w := start(t, options{bend: func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			tenant, _, found := strings.Cut(r.URL.Path, "/.well-known/")
			if found {
				r.URL.Path = strings.TrimPrefix(r.URL.Path, tenant)
			}
			answerJSON(t, "/openid-configuration", func(d map[string]any) {
				d["issuer"] = fmt.Sprint(d["issuer"], tenant)
			})(h).ServeHTTP(rw, r)
		})
	}})
	first := w.conn
	for i := range 300 {
		w.clock.advance(time.Second)
		if err := w.Discover(t.Context(), fmt.Sprint(first.Issuer, "/", i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.Providers(); n != 256 {
		t.Errorf("%d providers are kept", n)
	}
}

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for path, fine := range map[string]bool{
		"": true, "/": true, "/a/b?c=d#e": true, "/a?next=https://x.example": true, "/a//b": true,
		"a": false, "//x": false, "///x": false, `\\x`: false, `/\x`: false, `/a\b`: false, "/ /x": false,
		"/\n/x": false, "/\x00": false, "/ä": false, "https:/x": false, "http://x": false, "mailto:x": false,
		"/%zz": false, "/" + strings.Repeat("x", 2048): false,
	} {
		got, ok := oidc.LocalPath(path)
		if ok != fine {
			t.Errorf("%q: %t", path, ok)
		}
		if ok && got != path && (path != "" || got != "/") {
			t.Errorf("%q became %q", path, got)
		}
	}
}

// TestRereadingFollowsAlgorithms: a provider that begins to sign otherwise is asked again
// for its document, at most once in ten seconds, and an algorithm that is never accepted
// asks for nothing.
func TestRereadingFollowsAlgorithms(t *testing.T) {
	t.Parallel()
	listed := []string{"RS256"}
	w := start(t, options{bend: answerJSON(t, "/.well-known/openid-configuration", func(d map[string]any) {
		d["id_token_signing_alg_values_supported"] = append([]string{"ES256"}, listed...)
		if len(listed) == 0 {
			delete(d, "token_endpoint")
		}
	})})
	const document = "/.well-known/openid-configuration"
	if _, err := w.login(t); err != nil {
		t.Fatal(err)
	}
	w.idp.Misbehave(idp.SignedHMAC)
	_, err := w.login(t)
	rejected(t, err, oidc.AlgRefused)
	if n := w.fetched(document); n != 1 {
		t.Errorf("for an algorithm that is never accepted: fetched %d times", n)
	}
	w.idp.Misbehave(idp.SignedUnlisted)
	for range 3 {
		_, err = w.login(t)
		rejected(t, err, oidc.AlgRefused)
	}
	if n := w.fetched(document); n != 2 {
		t.Errorf("for an unlisted algorithm: fetched %d times", n)
	}
	// Failures count, too, and what is known stays.
	listed = nil
	w.clock.advance(10 * time.Second)
	for range 3 {
		_, err = w.login(t)
		rejected(t, err, oidc.AlgRefused)
	}
	if n := w.fetched(document); n != 3 {
		t.Errorf("when it fails: fetched %d times", n)
	}
	w.idp.Misbehave(idp.Honest)
	if _, err := w.login(t); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

// TestEndpointsOfAnotherHostNeedASave: a document that was tampered with sends no login elsewhere.
func TestEndpointsOfAnotherHostNeedASave(t *testing.T) {
	t.Parallel()
	moved := false
	w := start(t, options{bend: answerJSON(t, "/.well-known/openid-configuration", func(d map[string]any) {
		if moved {
			d["authorization_endpoint"] = "https://elsewhere.example.com/authorize"
		}
	})})
	if _, err := w.login(t); err != nil {
		t.Fatal(err)
	}
	moved = true
	if err := w.idp.RotateKeys(); err != nil {
		t.Fatal(err)
	}
	_, err := w.login(t)
	rejected(t, err, oidc.KeyUnknown)
	w.clock.advance(time.Hour)
	_, err = w.login(t)
	rejected(t, err, oidc.EndpointMoved)
	if err := w.Discover(t.Context(), w.conn.Issuer); err != nil {
		t.Fatal(err)
	}
	if begun := w.begin(t); !strings.HasPrefix(begun.AuthURL, "https://elsewhere.example.com/authorize?") {
		t.Errorf("after a save: %s", begun.AuthURL)
	}
}

// TestUserinfoThatFails refuses no login whose ID token has the email.
func TestUserinfoThatFails(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer func(http.ResponseWriter)
		want   oidc.Reason // empty for a login
		thin   oidc.Reason // where the ID token has no email
	}{
		"an error":    {func(rw http.ResponseWriter) { rw.WriteHeader(http.StatusInternalServerError) }, "", oidc.UserinfoFailed},
		"not allowed": {func(rw http.ResponseWriter) { rw.WriteHeader(http.StatusForbidden) }, "", oidc.UserinfoFailed},
		"too large": {func(rw http.ResponseWriter) {
			_, _ = rw.Write([]byte(`{"sub":"ada-1","x":"` + strings.Repeat("x", 2<<20) + `"}`))
		}, "", oidc.UserinfoFailed},
		"cut off": {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, "", oidc.UserinfoFailed},
		"of another": {func(rw http.ResponseWriter) {
			_, _ = rw.Write([]byte(`{"sub":"owner-1","email":"owner@acme.com"}`))
		}, oidc.UserinfoMismatch, oidc.UserinfoMismatch},
		"of nobody": {func(rw http.ResponseWriter) { _, _ = rw.Write([]byte(`{}`)) }, oidc.UserinfoMismatch, oidc.UserinfoMismatch},
		"no JSON":   {func(rw http.ResponseWriter) { _, _ = rw.Write([]byte(`<html>`)) }, oidc.UserinfoFailed, oidc.UserinfoFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, options{bend: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/userinfo" {
						row.answer(rw)
						return
					}
					next.ServeHTTP(rw, r)
				})
			}})
			w.conn.Mapping.FirstName = "nickname" // which is what userinfo is asked for
			login, err := w.login(t)
			if row.want != "" {
				rejected(t, err, row.want)
			} else if err != nil || login.Email != ada().Email {
				t.Errorf("%+v, %v", login, err)
			}
			w.idp.Misbehave(idp.ThinIDTokens)
			_, err = w.login(t)
			rejected(t, err, row.thin)
		})
	}
}

// TestMaxAge is asked for where the account wants a recent login.
func TestMaxAge(t *testing.T) {
	t.Parallel()
	w := start(t, options{})
	for _, seconds := range []*int{nil, new(int)} {
		want := ""
		if seconds != nil {
			*seconds, want = 900, "900"
		}
		begun, err := w.Begin(t.Context(), w.conn, oidc.Start{MaxAge: seconds})
		if err != nil {
			t.Fatal(err)
		}
		if u, err := url.Parse(begun.AuthURL); err != nil || u.Query().Get("max_age") != want {
			t.Errorf("max_age in %s, want %q", begun.AuthURL, want)
		}
	}
}
