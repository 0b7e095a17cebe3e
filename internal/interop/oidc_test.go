//go:build interop

package interop

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// TestOpenIDLogins: whatever the provider signs with, how mockcloud has to say who it is
// and where the claims are, the member and somebody new are let in, and stay the same.
func TestOpenIDLogins(t *testing.T) {
	t.Parallel()
	clients := func(method string) func(*openID) {
		return func(o *openID) {
			o.client["token_endpoint_auth_method"] = method
			o.configuration["clientAuthMethods"] = []string{method}
		}
	}
	withoutSecret := func(method string, change func(*openID)) func(*openID) {
		return func(o *openID) {
			clients(method)(o)
			delete(o.client, "client_secret")
			change(o)
		}
	}
	for name, row := range map[string]struct {
		alg    string
		change func(*openID)
		// userinfo is how often it is asked for at a login.
		userinfo int
	}{
		"RS256, the rest by userinfo": {alg: "RS256", userinfo: 1},
		"ES256":                       {alg: "ES256", userinfo: 1},
		"ES384":                       {alg: "ES384", userinfo: 1, change: algorithm("ES384")},
		"PS256":                       {alg: "PS256", userinfo: 1},
		"EdDSA":                       {alg: "EdDSA", userinfo: 1},
		"RS256, all in the ID token":  {alg: "RS256", change: func(o *openID) { o.configuration["conformIdTokenClaims"] = false }},
		"the secret in the header":    {alg: "RS256", change: clients("client_secret_basic"), userinfo: 1},
		"the secret in the form":      {alg: "RS256", change: clients("client_secret_post"), userinfo: 1},
		"a key of the server's own": {alg: "RS256", userinfo: 1, change: withoutSecret("private_key_jwt", func(o *openID) {
			o.client["jwks"] = o.serverKeys()
		})},
		"a public client": {alg: "RS256", userinfo: 1, change: withoutSecret("none", func(o *openID) { o.method = "none" })},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOpenID(t, row.alg, row.change)
			known := o.MemberNamed(ada).UserID
			v := acctest.NewVisitor(t)
			if who := o.letIn(v, o.signIn(v, ada, "p-ada"), ada); who.ID != known {
				t.Errorf("%+v is not the member %s", who, known)
			}
			if asked := o.count("/me"); asked != row.userinfo {
				t.Errorf("userinfo was asked for %d times, want %d", asked, row.userinfo)
			}
			v = acctest.NewVisitor(t)
			first := o.letIn(v, o.signIn(v, grace, "p-grace"), grace)
			if first.FirstName != "Grace" || first.LastName != "Hopper" {
				t.Errorf("who is new is %+v", first)
			}
			// The provider's session is still there, so it asks nothing.
			p := o.login(v, grace)
			if again := o.letIn(v, p, grace); again.ID != first.ID {
				t.Errorf("the second time it is %+v, not %+v", again, first)
			}
			if reasons := o.refusals.take(); reasons != nil {
				t.Errorf("refused for %q", reasons)
			}
		})
	}
}

// algorithm has a provider offer an algorithm that it does not by itself.
func algorithm(alg string) func(*openID) {
	return func(o *openID) {
		o.configuration["enabledJWA"] = obj{"idTokenSigningAlgValues": []string{"RS256", alg}}
	}
}

// TestOpenIDKeyRotation: an unknown key is looked for once, and another one soon after is
// not; a key that the provider withdrew counts no longer once the keys were read anew.
func TestOpenIDKeyRotation(t *testing.T) {
	t.Parallel()
	o := newOpenID(t, "RS256", nil)
	signIn := func() (*acctest.Visitor, *acctest.Page) {
		v := acctest.NewVisitor(t)
		return v, o.signIn(v, ada, "p-ada")
	}
	v, p := signIn()
	id := o.letIn(v, p, ada).ID
	if reads := o.count("/jwks"); reads != 1 {
		t.Fatalf("the keys were read %d times before they changed", reads)
	}
	o.clock.stop()
	second, third := newKey(t, "RS256", "second"), newKey(t, "RS256", "third")
	old := o.key
	o.provide(second, old)
	v, p = signIn()
	if again := o.letIn(v, p, ada); again.ID != id || o.count("/jwks") != 2 {
		t.Errorf("%+v after %d reads", again, o.count("/jwks"))
	}
	// So soon after that, nothing is read again.
	o.provide(third)
	v, p = signIn()
	o.refused(v, p, "key_unknown")
	if reads := o.count("/jwks"); reads != 2 {
		t.Errorf("the keys were read %d times", reads)
	}
	o.clock.advance(11 * time.Second)
	v, p = signIn()
	if again := o.letIn(v, p, ada); again.ID != id || o.count("/jwks") != 3 {
		t.Errorf("%+v after %d reads", again, o.count("/jwks"))
	}
	// Who still signs with the first key is nobody now, and causes no more reads.
	o.forge(func(f *forgery) { f.key, f.header["kid"] = old.Key, old.KeyID })
	v, p = signIn()
	o.refused(v, p, "key_unknown")
}

// TestOpenIDAlgorithmRotation: the provider goes on to an algorithm that its document did
// not list before.
func TestOpenIDAlgorithmRotation(t *testing.T) {
	t.Parallel()
	o := newOpenID(t, "RS256", func(o *openID) {
		o.configuration["enabledJWA"] = obj{"idTokenSigningAlgValues": []string{"RS256"}}
	})
	v := acctest.NewVisitor(t)
	id := o.letIn(v, o.signIn(v, ada, "p-ada"), ada).ID
	o.client["id_token_signed_response_alg"] = "ES256"
	o.configuration["enabledJWA"] = obj{"idTokenSigningAlgValues": []string{"RS256", "ES256"}}
	o.key = newKey(t, "ES256", "curve")
	o.provide(o.key)
	v = acctest.NewVisitor(t)
	if again := o.letIn(v, o.signIn(v, ada, "p-ada"), ada); again.ID != id {
		t.Errorf("%+v is not %s", again, id)
	}
	const discovery = "/.well-known/openid-configuration"
	if reads := o.count(discovery); reads != 2 {
		t.Errorf("discovery was read %d times", reads)
	}
}

// TestOpenIDRecentLogin: where the account asks for recent logins, the provider has the
// person log in again after that time, and one that does not is not believed.
func TestOpenIDRecentLogin(t *testing.T) {
	t.Parallel()
	// Its clock is moved.
	alone := func() (*opponent, error) { return start("node", "oidc-provider.mjs") }
	o := prepareOpenID(t, newWorld(t), alone, "RS256", func(o *openID) { o.client["require_auth_time"] = true })
	o.connect("GenericOIDC", obj{"oidc": o.settings()})
	v := acctest.NewVisitor(t)
	id := o.letIn(v, o.signIn(v, ada, "p-ada"), ada).ID
	o.wantRecent(3600)
	again := func(p *acctest.Page) {
		t.Helper()
		if who := o.letIn(v, p, ada); who.ID != id {
			t.Errorf("%+v is not %s", who, id)
		}
	}
	o.later(50 * time.Minute)
	again(o.login(v, ada)) // by the session that the person has at the provider
	o.later(11 * time.Minute)
	p := o.login(v, ada)
	if p.Field("prompt") != "login" {
		t.Fatalf("the provider does not ask for a new login: %s", p.Text)
	}
	again(o.goOn(p, "p-ada"))

	o.later(2 * time.Hour)
	o.ask(func(u *url.URL) {
		query := u.Query()
		query.Del("max_age")
		u.RawQuery = query.Encode()
	})
	o.turnedAway(o.login(v, ada), "login_not_recent")
	// Nor is one that does not say when it was.
	o.client["require_auth_time"] = false
	o.provide(o.key)
	fresh := acctest.NewVisitor(t)
	o.refused(fresh, o.signIn(fresh, ada, "p-ada"), "login_not_recent")
}

// TestOpenIDReplay: what came back from the provider counts once, and in the browser that
// began.
func TestOpenIDReplay(t *testing.T) {
	t.Parallel()
	o := newOpenID(t, "RS256", nil)
	var callback, kept string
	o.lead(func(to *url.URL) {
		if strings.HasSuffix(to.Path, "/callback") {
			callback = to.String()
		}
	})
	v := acctest.NewVisitor(t)
	id := o.letIn(v, o.signIn(v, ada, "p-ada"), ada).ID
	thief := acctest.NewVisitor(t)
	o.refused(thief, thief.Open(callback), "state_replayed")

	// Not come back with yet: the thief's own login takes the place of the other's code.
	o.lead(func(to *url.URL) {
		if strings.HasSuffix(to.Path, "/callback") && kept == "" {
			kept = to.String()
			to.Path = "/nowhere"
		}
	})
	o.login(v, ada)
	o.refused(thief, thief.Open(kept), "browser_mismatch")
	o.refused(acctest.NewVisitor(t), thief.Open(kept), "state_replayed")
	o.lead(func(to *url.URL) {
		if strings.HasSuffix(to.Path, "/callback") {
			stolen, err := url.Parse(kept)
			if err != nil {
				t.Error(err)
				return
			}
			query := to.Query()
			query.Set("code", stolen.Query().Get("code"))
			to.RawQuery = query.Encode()
		}
	})
	// PKCE: the code of one login is no use in another.
	o.refused(thief, o.signIn(thief, grace, "p-grace"), "code_refused")
	o.lead(nil)
	if who := o.letIn(v, o.login(v, ada), ada); who.ID != id {
		t.Errorf("%+v is not %s", who, id)
	}
}

// TestOpenIDWrongConfiguration: a wrong secret, and what the provider does not offer.
func TestOpenIDWrongConfiguration(t *testing.T) {
	t.Parallel()
	o := newOpenID(t, "RS256", nil)
	secret := o.client["client_secret"]
	o.configure(obj{"oidc": obj{"client_secret": "another"}})
	v := acctest.NewVisitor(t)
	o.refused(v, o.signIn(v, ada, "p-ada"), "client_refused")
	o.configure(obj{"oidc": obj{"client_secret": secret}})
	v = acctest.NewVisitor(t)
	o.letIn(v, o.signIn(v, ada, "p-ada"), ada)

	const discovery = "/.well-known/openid-configuration"
	for name, change := range map[string]func(obj){
		"another issuer":   func(d obj) { d["issuer"] = "https://evil.example.com" },
		"no keys":          func(d obj) { delete(d, "jwks_uri") },
		"weak algorithms":  func(d obj) { d["id_token_signing_alg_values_supported"] = []string{"HS256", "none"} },
		"PKCE in plain":    func(d obj) { d["code_challenge_methods_supported"] = []string{"plain"} },
		"only tokens":      func(d obj) { d["response_types_supported"] = []string{"id_token"} },
		"foreign template": func(d obj) { d["issuer"] = "https://login.example.com/{tenantid}/v2.0" },
	} {
		o.changeJSON(t, discovery, change)
		o.api(http.MethodPatch, "/sso/connections/"+o.connection, obj{"oidc": obj{"issuer": o.issuer}}).Want(http.StatusUnprocessableEntity)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	o.change(discovery, nil)
	o.configure(obj{"oidc": obj{"issuer": o.issuer}})
}

// TestOpenIDClientAuthenticationNobodyHas: a provider that lets clients say who they are by
// none of the ways that mockcloud has is refused when it is saved.
func TestOpenIDClientAuthenticationNobodyHas(t *testing.T) {
	t.Parallel()
	o := prepareOpenID(t, newWorld(t), oidcProvider, "RS256", func(o *openID) {
		o.client["token_endpoint_auth_method"] = "client_secret_jwt"
		o.configuration["clientAuthMethods"] = []string{"client_secret_jwt"}
	})
	var answer mocktest.Detail
	o.api(http.MethodPost, "/sso/connections", obj{
		"name": "opponent", "domains": []string{"acme.example"}, "connection_type": "GenericOIDC", "oidc": o.settings(),
	}).Want(http.StatusUnprocessableEntity).Into(&answer)
	if len(answer.Detail) != 1 || !slices.Equal(answer.Detail[0].Loc, []any{"body", "oidc", "issuer"}) {
		t.Errorf("refused by %+v", answer)
	}
	var saved []mocktest.Row
	o.api(http.MethodGet, "/sso/connections", nil).Want(http.StatusOK).Into(&saved)
	if len(saved) != 0 {
		t.Errorf("saved all the same: %+v", saved)
	}
}
