package oidc_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/fetch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
)

type object = map[string]any

// shape is what a provider says of itself and of a person, from its documentation. What
// belongs to the login is added: who the token is for and until when.
type shape struct {
	// path is the issuer's below its host.
	path      string
	endpoints map[string]string // by their names in discovery, below the issuer
	discovery object
	// header and claims are the ID token's, extra is beside it in the token endpoint's answer.
	header, claims, extra, userinfo object
	// callback is what else the browser brings back; "{issuer}" stands for that.
	callback map[string]string
	// otherKeys are published beside the one that signs.
	otherKeys []object
	// key signs in the place of the published one.
	key     *rsa.PrivateKey
	mapping oidc.Mapping
}

// shapeKey is made once, as it costs more than all the rest.
var shapeKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// shapes are what the providers send that people run themselves, and Entra ID.
func shapes() map[string]shape {
	return map[string]shape{
		// Keycloak: all claims in the token too, keys for encryption beside, HMAC in its
		// list, session_state in the callback.
		"Keycloak": {
			path: "/realms/acme",
			endpoints: map[string]string{
				"authorization_endpoint": "/protocol/openid-connect/auth", "token_endpoint": "/protocol/openid-connect/token",
				"userinfo_endpoint": "/protocol/openid-connect/userinfo", "jwks_uri": "/protocol/openid-connect/certs",
			},
			discovery: object{
				"response_types_supported":                       []string{"code", "none", "id_token", "token", "id_token token", "code id_token"},
				"id_token_signing_alg_values_supported":          []string{"PS384", "RS384", "EdDSA", "ES384", "HS256", "HS512", "ES256", "RS256", "HS384", "ES512", "PS256", "PS512", "RS512"},
				"token_endpoint_auth_methods_supported":          []string{"private_key_jwt", "client_secret_basic", "client_secret_post", "tls_client_auth", "client_secret_jwt"},
				"code_challenge_methods_supported":               []string{"plain", "S256"},
				"authorization_response_iss_parameter_supported": true,
			},
			header: object{"typ": "JWT"},
			claims: object{
				"jti": "b6a5c0de", "typ": "ID", "azp": "app", "sid": "7e2f", "acr": "1", "auth_time": int64(0), "sub": "5b1d8f6e-2f44-4c1e-9c0e-0c7f6d1a2b3c",
				"email": "ada@acme.com", "email_verified": true, "name": "Ada Lovelace", "preferred_username": "ada", "given_name": "Ada", "family_name": "Lovelace",
			},
			extra:    object{"refresh_expires_in": 1800, "refresh_token": "r", "not-before-policy": 0, "session_state": "7e2f", "scope": "openid profile email"},
			userinfo: object{"sub": "5b1d8f6e-2f44-4c1e-9c0e-0c7f6d1a2b3c", "email": "ada@acme.com", "email_verified": true},
			callback: map[string]string{"session_state": "7e2f", "iss": "{issuer}"},
			otherKeys: []object{
				{"kid": "enc-1", "kty": "RSA", "alg": "RSA-OAEP", "use": "enc", "n": base64.RawURLEncoding.EncodeToString(shapeKey().N.Bytes()), "e": "AQAB"},
				{"kid": "odd-1", "kty": "OKP", "crv": "X448", "use": "sig", "x": "AA"},
			},
		},
		// AD FS: the email only by a rule, the name of the person never in standard claims but
		// by rules, userinfo that says nothing but who it is about, an issuer of access tokens
		// of its own, and the key by the thumbprint of its certificate.
		"AD FS": {
			path: "/adfs",
			endpoints: map[string]string{
				"authorization_endpoint": "/oauth2/authorize/", "token_endpoint": "/oauth2/token/",
				"userinfo_endpoint": "/userinfo", "jwks_uri": "/discovery/keys",
			},
			discovery: object{
				"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token", "code token", "code id_token token"},
				"id_token_signing_alg_values_supported": []string{"RS256"},
				"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic", "private_key_jwt", "windows_client_authentication"},
				"access_token_issuer":                   "http://fs.acme.com/adfs/services/trust",
				"subject_types_supported":               []string{"pairwise"},
				"capabilities":                          []string{"kdf_ver2"},
			},
			header: object{"typ": "JWT", "x5t": "AAECAwQFBgcICQoLDA0ODxAREhM"},
			claims: object{
				"sub": "o8jE0LJ2fPhH5X1C1L4xYk5c7Yp0Qk0=", "auth_time": int64(0), "sid": "S-1-5-21-1", "upn": "ada@acme.com", "unique_name": "ACME\\ada",
				"pwd_url": "https://fs.acme.com/adfs/portal/updatepassword/", "pwd_exp": 1209600, "apptype": "Confidential", "appid": "app", "ver": "1.0",
				"authmethod": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport", "scp": "email openid", "given_name": "Ada", "family_name": "Lovelace",
			},
			extra:    object{"resource": "urn:microsoft:userinfo", "refresh_token": "r", "refresh_token_expires_in": 28799, "scope": "email openid"},
			userinfo: object{"sub": "o8jE0LJ2fPhH5X1C1L4xYk5c7Yp0Qk0="},
			mapping:  oidc.Mapping{Email: "upn"},
		},
		// Shibboleth with its OP plugin: a thin token, the rest by userinfo, the audience as a
		// list of one.
		"Shibboleth": {
			endpoints: map[string]string{
				"authorization_endpoint": "/idp/profile/oidc/authorize", "token_endpoint": "/idp/profile/oidc/token",
				"userinfo_endpoint": "/idp/profile/oidc/userinfo", "jwks_uri": "/idp/profile/oidc/keyset",
			},
			discovery: object{
				"response_types_supported":              []string{"id_token", "code", "id_token token", "code id_token", "code token", "code id_token token"},
				"id_token_signing_alg_values_supported": []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "HS256", "HS384", "HS512", "none"},
				"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"},
				"code_challenge_methods_supported":      []string{"plain", "S256"},
			},
			header:   object{},
			claims:   object{"sub": "HKV3YXJZ2NT5", "auth_time": int64(0), "acr": "password", "aud": []string{"app"}},
			extra:    object{"scope": "openid profile email"},
			userinfo: object{"sub": "HKV3YXJZ2NT5", "email": "ada@acme.com", "given_name": "Ada", "family_name": "Lovelace", "eduperson_scoped_affiliation": []string{"staff@acme.com"}},
		},
		// Entra ID: no email_verified, and no email where the optional claim was not configured.
		"Entra ID": {
			path: "/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
			endpoints: map[string]string{
				"authorization_endpoint": "/oauth2/authorize", "token_endpoint": "/oauth2/token", "userinfo_endpoint": "/userinfo", "jwks_uri": "/discovery/keys",
			},
			discovery: object{
				"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
				"id_token_signing_alg_values_supported": []string{"RS256"},
				"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic", "self_signed_tls_client_auth"},
				"cloud_instance_name":                   "microsoftonline.com",
			},
			header: object{"typ": "JWT"},
			claims: object{
				"sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "oid": "00000000-0000-0000-66f3-3332eca7ea81", "tid": "9188040d-6c67-4c5b-b112-36a304b66dad",
				"ver": "2.0", "uti": "u", "rh": "0.A", "preferred_username": "Ada@Acme.com", "name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace",
				"groups": []string{"93e8f556"},
			},
			extra:    object{"ext_expires_in": 3599, "scope": "openid profile email"},
			userinfo: object{"sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "picture": "https://graph.example/photo"},
			mapping:  oidc.Mapping{Email: "preferred_username"},
		},
	}
}

// with returns the shape with other claims.
func (s shape) with(change func(*shape)) shape {
	s.claims, s.userinfo, s.callback, s.discovery = maps.Clone(s.claims), maps.Clone(s.userinfo), maps.Clone(s.callback), maps.Clone(s.discovery)
	change(&s)
	return s
}

// login logs somebody in at a provider of the shape.
func (s shape) login(t *testing.T) (*oidc.Login, string, error) {
	t.Helper()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	issuer := server.URL + s.path
	answer := func(path string, say func() any) {
		mux.HandleFunc(s.path+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if err := json.NewEncoder(w).Encode(say()); err != nil {
				t.Error(err)
			}
		})
	}
	discovery := object{"issuer": issuer}
	for name, path := range s.endpoints {
		discovery[name] = issuer + path
	}
	maps.Copy(discovery, s.discovery)
	nonce := ""
	answer("/.well-known/openid-configuration", func() any { return discovery })
	answer(s.endpoints["jwks_uri"], func() any {
		keys := []any{jose.JSONWebKey{Key: shapeKey().Public(), KeyID: "k1", Algorithm: "RS256", Use: "sig"}}
		for _, other := range s.otherKeys {
			keys = append([]any{other}, keys...)
		}
		return object{"keys": keys}
	})
	answer(s.endpoints["userinfo_endpoint"], func() any { return s.userinfo })
	answer(s.endpoints["token_endpoint"], func() any {
		const access = "an access token"
		hash := sha256.Sum256([]byte(access))
		claims := object{
			"iss": issuer, "aud": "app", "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(), "nonce": nonce,
			"at_hash": base64.RawURLEncoding.EncodeToString(hash[:16]),
		}
		maps.Copy(claims, s.claims)
		if _, says := claims["auth_time"]; says {
			claims["auth_time"] = now.Add(-time.Minute).Unix()
		}
		out := object{"access_token": access, "token_type": "bearer", "expires_in": 3600, "id_token": s.sign(t, claims)}
		maps.Copy(out, s.extra)
		return out
	})

	fetcher, err := fetch.New(fetch.Options{AllowPrivate: true}) // so that whatever is asked for is fetched
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fetcher.Close)
	party, err := oidc.New(oidc.Config{Fetch: fetcher, Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	conn := oidc.Connection{ID: "conn_1", Issuer: issuer, ClientID: "app", ClientSecret: secret, RedirectURI: application + "/callback", Mapping: s.mapping}
	begun, err := party.Begin(t.Context(), conn, oidc.Start{})
	if err != nil {
		return nil, issuer, err
	}
	asked, err := url.Parse(begun.AuthURL)
	if err != nil {
		t.Fatal(err)
	}
	nonce = asked.Query().Get("nonce")
	callback := url.Values{"code": {"c"}, "state": {asked.Query().Get("state")}}
	for name, value := range s.callback {
		callback.Set(name, strings.ReplaceAll(value, "{issuer}", issuer))
	}
	find := func(context.Context, string) (oidc.Connection, error) { return conn, nil }
	login, err := party.Finish(t.Context(), find, begun.BrowserSecret, callback)
	return login, issuer, err
}

func (s shape) sign(t *testing.T, claims object) string {
	t.Helper()
	headers := &jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{"kid": "k1"}}
	for name, value := range s.header {
		headers.ExtraHeaders[jose.HeaderKey(name)] = value
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Error(err)
	}
	key := s.key
	if key == nil {
		key = shapeKey()
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, headers)
	if err != nil {
		t.Error(err)
		return ""
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Error(err)
		return ""
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Error(err)
	}
	return token
}

// TestShapes: what Keycloak, AD FS, Shibboleth and Entra ID send lets in whom it says.
func TestShapes(t *testing.T) {
	t.Parallel()
	for name, s := range shapes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			login, issuer, err := s.login(t)
			if err != nil {
				t.Fatal(err)
			}
			email := "ada@acme.com"
			if name == "Entra ID" {
				email = "Ada@Acme.com" // as it spells it
			}
			if login.Subject != s.claims["sub"] || login.Email != email || login.FirstName != "Ada" || login.LastName != "Lovelace" || login.Issuer != issuer {
				t.Errorf("%+v", login.Identity)
			}
			if _, says := s.claims["auth_time"]; login.Authenticated.IsZero() == says {
				t.Errorf("authenticated %s", login.Authenticated)
			}
		})
	}
}

// TestShapesThatNeedASetting: what these providers send before somebody sets them up for
// us, or of whom they say no more than that, and what the refusal says is wrong.
func TestShapesThatNeedASetting(t *testing.T) {
	t.Parallel()
	all := shapes()
	for name, row := range map[string]struct {
		of     string
		change func(*shape)
		want   oidc.Reason
	}{
		"Keycloak, a person whose email nobody verified": {"Keycloak", func(s *shape) { s.claims["email_verified"] = false }, oidc.EmailUnverified},
		"Keycloak, a person without an email": {"Keycloak", func(s *shape) {
			delete(s.claims, "email")
			delete(s.userinfo, "email")
		}, oidc.EmailMissing},
		"Keycloak with the audience of other clients": {"Keycloak", func(s *shape) { s.claims["aud"] = []string{"account", "realm-management"} }, oidc.AudienceMismatch},
		"Keycloak with a token for another client":    {"Keycloak", func(s *shape) { s.claims["azp"] = "another" }, oidc.PartyMismatch},
		"Keycloak whose host name differs inside":     {"Keycloak", func(s *shape) { s.claims["iss"] = "http://keycloak:8080/realms/acme" }, oidc.TokenIssuerMismatch},
		"Keycloak's answer without the issuer":        {"Keycloak", func(s *shape) { delete(s.callback, "iss") }, oidc.CallbackIssuerMissing},
		"Keycloak's access token as the ID token":     {"Keycloak", func(s *shape) { s.header = object{"typ": "at+jwt"} }, oidc.IDTokenType},
		"AD FS without a rule for the email":          {"AD FS", func(s *shape) { s.mapping = oidc.Mapping{} }, oidc.EmailMissing},
		"AD FS's account name as the email":           {"AD FS", func(s *shape) { s.mapping.Email = "unique_name" }, oidc.EmailInvalid},
		"AD FS with its issuer of access tokens":      {"AD FS", func(s *shape) { s.claims["iss"] = "http://fs.acme.com/adfs/services/trust" }, oidc.TokenIssuerMismatch},
		"Shibboleth that does not release the email":  {"Shibboleth", func(s *shape) { delete(s.userinfo, "email") }, oidc.EmailMissing},
		"Shibboleth's userinfo of another person":     {"Shibboleth", func(s *shape) { s.userinfo["sub"] = "x" }, oidc.UserinfoMismatch},
		"Entra ID without the optional claim":         {"Entra ID", func(s *shape) { s.mapping = oidc.Mapping{} }, oidc.EmailMissing},
		"Entra ID for every tenant": {"Entra ID", func(s *shape) {
			s.discovery["issuer"] = "https://login.microsoftonline.com/{tenantid}/v2.0"
		}, oidc.IssuerMultiTenant},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := all[row.of].with(row.change).login(t)
			rejected(t, err, row.want)
		})
	}
}

// TestNoKeyIsFetchedFromWhereATokenSays: neither for a token that is right without it nor
// for one that is right only with it.
func TestNoKeyIsFetchedFromWhereATokenSays(t *testing.T) {
	t.Parallel()
	foreign, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	attacker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if err := json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: foreign.Public(), KeyID: "k1"}}}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(attacker.Close)
	for _, header := range []object{
		{"jku": attacker.URL + "/keys"},
		{"x5u": attacker.URL + "/certificate"},
		{"jku": attacker.URL + "/keys", "kid": "unknown"},
		{"jku": attacker.URL + "/keys", "x5u": attacker.URL + "/certificate", "x5t": "x"},
	} {
		s := shapes()["Keycloak"]
		s.header = header
		_, known := header["kid"]
		if login, _, err := s.login(t); !known && (err != nil || login.Subject != s.claims["sub"]) {
			t.Errorf("%v by the provider's key: %+v, %v", header, login, err)
		}
		s.key = foreign
		want := oidc.SignatureInvalid
		if known {
			want = oidc.KeyUnknown
		}
		_, _, err := s.login(t)
		rejected(t, err, want)
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the attacker was asked %d times", n)
	}
}
