//go:build interop

package interop

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// openID is a world whose people log in at an oidc-provider.
type openID struct {
	*world
	*front
	provider *opponent
	// key is the one that ID tokens are signed with.
	key jose.JSONWebKey
	// people are by their subject what the provider says of them.
	people                obj
	client, configuration obj
	// method is how the connection says that it authenticates; empty to leave it to the
	// provider.
	method string
	// us is what the identity provider has to know of this side.
	us struct {
		RedirectURI string `json:"redirect_uri"`
		JWKSURI     string `json:"jwks_uri"`
	}
}

// newOpenID makes a provider that signs by the algorithm, and the connection to it. What
// the provider is otherwise is changed before that.
func newOpenID(t testing.TB, alg string, change func(*openID)) *openID {
	t.Helper()
	o := prepareOpenID(t, newWorld(t), oidcProvider, alg, change)
	o.connect("GenericOIDC", obj{"oidc": o.settings()})
	return o
}

// prepareOpenID is newOpenID before the connection, in whichever world and program.
func prepareOpenID(t testing.TB, w *world, program func() (*opponent, error), alg string, change func(*openID)) *openID {
	t.Helper()
	o := &openID{world: w, provider: get(t, program)}
	o.front = newFront(t, o.provider)
	o.key = newKey(t, alg, "first")
	o.people = obj{
		"p-ada":   obj{"email": ada, "email_verified": true, "given_name": "Ada", "family_name": "Lovelace"},
		"p-grace": obj{"email": grace, "email_verified": true, "given_name": "Grace", "family_name": "Hopper"},
	}
	us := &o.us
	o.api(http.MethodGet, "/sso/service_provider", nil).Want(http.StatusOK).Into(us)
	o.client = obj{
		"client_id": "mockcloud", "client_secret": rand.Text(), "redirect_uris": []string{us.RedirectURI},
		"id_token_signed_response_alg": alg, "response_types": []string{"code"}, "grant_types": []string{"authorization_code"},
	}
	o.configuration = obj{"cookies": obj{"keys": []string{rand.Text()}}}
	if change != nil {
		change(o)
	}
	o.provide(o.key)
	return o
}

// in is the same for a subtest.
func (o *openID) in(t testing.TB) *openID {
	other := *o
	other.world = o.world.in(t)
	return &other
}

// settings are those of the connection.
func (o *openID) settings() obj {
	out := obj{"issuer": o.issuer, "client_id": o.client["client_id"]}
	if secret, ok := o.client["client_secret"]; ok {
		out["client_secret"] = secret
	}
	if o.method != "" {
		out["token_endpoint_auth_method"] = o.method
	}
	return out
}

// serverKeys are the keys by which this side authenticates (private_key_jwt), as an
// administrator registers them.
func (o *openID) serverKeys() (keys obj) {
	o.t.Helper()
	resp, err := http.Get(o.us.JWKSURI) //nolint:noctx // of the test's own server
	if err != nil {
		o.t.Fatal(err)
	}
	err = json.NewDecoder(resp.Body).Decode(&keys)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		o.t.Fatal(err)
	}
	return keys
}

// provide has the provider be as it is configured, with these keys.
func (o *openID) provide(keys ...jose.JSONWebKey) {
	o.t.Helper()
	configuration := maps.Clone(o.configuration)
	configuration["clients"] = []obj{o.client}
	configuration["jwks"] = jose.JSONWebKeySet{Keys: keys}
	o.provider.must(o.t, obj{"issuer": o.issuer, "people": o.people, "configuration": configuration}, &obj{})
}

// later lets time pass, for the provider as well, which must be the test's own.
func (o *openID) later(d time.Duration) {
	o.t.Helper()
	o.clock.advance(d)
	o.provider.must(o.t, obj{"ahead": time.Until(o.clock.Now()).Round(time.Second) / time.Second}, &obj{})
}

// signIn logs a visitor in through the provider's own pages, as the person with this
// subject, and returns where that ends.
func (o *openID) signIn(v *acctest.Visitor, email, subject string) *acctest.Page {
	o.t.Helper()
	return o.goOn(o.login(v, email), subject)
}

// goOn fills in the provider's pages: who logs in, and that they consent.
func (o *openID) goOn(p *acctest.Page, subject string) *acctest.Page {
	o.t.Helper()
	for strings.HasPrefix(p.URL.String(), o.issuer+"/interaction/") {
		if p.Field("prompt") == "login" {
			p = p.Submit(map[string][]string{"login": {subject}, "password": {"any"}})
		} else {
			p = p.Submit(nil)
		}
	}
	return p
}

// newKey makes a key for an algorithm.
func newKey(t testing.TB, alg, id string) jose.JSONWebKey {
	t.Helper()
	var (
		key crypto.Signer
		err error
	)
	switch alg {
	case "ES256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "EdDSA":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		key, err = rsaKey(id)
	}
	if err != nil {
		t.Fatal(err)
	}
	return jose.JSONWebKey{Key: key, KeyID: id, Algorithm: alg, Use: "sig"}
}

// rsaKeys are made once, as they cost more than all the rest, by their names.
var rsaKeys sync.Map

func rsaKey(id string) (*rsa.PrivateKey, error) {
	made, _ := rsaKeys.LoadOrStore(id, sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }))
	get, ok := made.(func() (*rsa.PrivateKey, error))
	if !ok {
		return nil, errors.New("no key")
	}
	return get()
}

// forgery is an ID token that was changed on its way.
type forgery struct {
	claims obj
	header map[jose.HeaderKey]any
	alg    jose.SignatureAlgorithm
	key    any
	// raw, unless nil, changes the token as text, after or instead of signing anew.
	raw func(token string) string
	// keep leaves the provider's signature where it is.
	keep bool
}

// forge changes the ID tokens of the provider from now on.
func (o *openID) forge(change func(*forgery)) {
	o.t.Helper()
	t := o.t
	o.changeJSON(t, "/token", func(answer obj) {
		token, _ := answer["id_token"].(string)
		signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(o.key.Algorithm)})
		if err != nil {
			t.Errorf("the provider gave %v: %v", answer, err)
			return
		}
		f := &forgery{alg: jose.SignatureAlgorithm(o.key.Algorithm), key: o.key.Key, header: map[jose.HeaderKey]any{"kid": o.key.KeyID}}
		if err := json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &f.claims); err != nil {
			t.Error(err)
			return
		}
		change(f)
		if !f.keep {
			token = f.sign(t)
		}
		if f.raw != nil {
			token = f.raw(token)
		}
		answer["id_token"] = token
	})
}

func (f *forgery) sign(t testing.TB) string {
	t.Helper()
	payload, err := json.Marshal(f.claims)
	if err != nil {
		t.Error(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: f.alg, Key: f.key}, &jose.SignerOptions{ExtraHeaders: f.header})
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
