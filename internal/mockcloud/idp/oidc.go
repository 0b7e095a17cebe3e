package idp

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// How long things last. All of them are short: a login takes seconds.
const (
	codeLife    = time.Minute
	tokenLife   = 5 * time.Minute
	retiredLife = time.Hour // of a key that was rotated out
	maxGrants   = 1000      // codes and access tokens kept at a time, each
)

// oidcState is what the OpenID Connect half keeps.
type oidcState struct {
	secret string
	keys   *keyRing
	codes  expiring[grant]
	tokens expiring[grant]
	// clientKeys are the keys of the client that answers go to.
	clientKeys func(ctx context.Context, redirect *url.URL) (jose.JSONWebKeySet, error)
	asserted   usedOnce
	weak       atomic.Pointer[rsa.PrivateKey] // published under SignedWeakKey only
}

// grant is what a person agreed to by logging in: first behind a code, then
// behind an access token.
type grant struct {
	subject     string
	client      string
	redirectURI string
	nonce       string
	challenge   string // PKCE, S256
	at          time.Time
}

func registerOIDC(p *IdP, config Config) error {
	alg := jose.SignatureAlgorithm(config.SigningAlg)
	if alg == "" {
		alg = jose.RS256
	}
	keys, err := newKeyRing(alg)
	if err != nil {
		return err
	}
	p.oidc = &oidcState{
		secret: config.ClientSecret,
		keys:   keys,
		codes:  expiring[grant]{clock: p.clock},
		tokens: expiring[grant]{clock: p.clock},

		clientKeys: config.ClientKeys,
	}
	if p.oidc.clientKeys == nil {
		p.oidc.clientKeys = p.fetchClientKeys
	}
	p.modes = append(p.modes, oidcModes()...)
	p.handle("GET", "/.well-known/openid-configuration", p.discovery)
	p.handle("GET", "/jwks", p.jwks)
	p.handle("GET", "/authorize", p.authorize)
	p.handle("POST", "/authorize", p.form(p.authorize))
	p.handle("POST", "/token", p.token)
	p.handle("GET", "/userinfo", p.userinfo)
	p.handle("POST", "/userinfo", p.userinfo)
	p.handle("GET", "/logout", p.logout)
	p.handle("POST", "/logout", p.form(p.logout))
	return nil
}

// RotateKeys makes a new key that signs from now on. The old one stays published
// for an hour, so that ID tokens under way are still accepted.
func (p *IdP) RotateKeys() error { return p.oidc.keys.rotate(p.clock()) }

// metadata is OpenID Connect Discovery 1.0 section 3, with RFC 8414's and RFC
// 9207's additions.
type metadata struct {
	Issuer             string                    `json:"issuer"`
	Authorization      string                    `json:"authorization_endpoint,omitempty"`
	Token              string                    `json:"token_endpoint,omitempty"`
	Userinfo           string                    `json:"userinfo_endpoint"`
	JWKS               string                    `json:"jwks_uri"`
	EndSession         string                    `json:"end_session_endpoint"`
	ResponseTypes      []string                  `json:"response_types_supported"`
	ResponseModes      []string                  `json:"response_modes_supported"`
	GrantTypes         []string                  `json:"grant_types_supported"`
	SubjectTypes       []string                  `json:"subject_types_supported"`
	Algorithms         []string                  `json:"id_token_signing_alg_values_supported"`
	Scopes             []string                  `json:"scopes_supported"`
	Claims             []string                  `json:"claims_supported"`
	ClientAuth         []string                  `json:"token_endpoint_auth_methods_supported"`
	AssertionAlgs      []jose.SignatureAlgorithm `json:"token_endpoint_auth_signing_alg_values_supported"`
	ChallengeMethods   []string                  `json:"code_challenge_methods_supported"`
	IssuerInAuthAnswer bool                      `json:"authorization_response_iss_parameter_supported"`
}

func (p *IdP) metadata() metadata {
	return metadata{
		Issuer:        p.base.String(),
		Authorization: p.url("/authorize"),
		Token:         p.url("/token"),
		Userinfo:      p.url("/userinfo"),
		JWKS:          p.url("/jwks"),
		EndSession:    p.url("/logout"),
		ResponseTypes: []string{"code"},
		ResponseModes: []string{"query"},
		GrantTypes:    []string{"authorization_code"},
		SubjectTypes:  []string{"public"},
		Algorithms:    []string{string(p.oidc.keys.alg)},
		Scopes:        []string{"openid", "profile", "email", "groups"},
		Claims: []string{
			"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash",
			"email", "email_verified", "given_name", "family_name", "name", "groups",
		},
		ClientAuth:         []string{"client_secret_basic", "client_secret_post", "private_key_jwt", "none"},
		AssertionAlgs:      assertionAlgorithms(),
		ChallengeMethods:   []string{"S256"},
		IssuerInAuthAnswer: true,
	}
}

func (p *IdP) discovery(w http.ResponseWriter, r *http.Request) {
	document := p.metadata()
	if p.bendDiscovery(w, r, &document) {
		return
	}
	writeJSON(w, http.StatusOK, document)
}

func (p *IdP) jwks(w http.ResponseWriter, _ *http.Request) {
	set, err := p.oidc.keys.public(p.clock())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	p.bendKeys(&set)
	writeJSON(w, http.StatusOK, set)
}

// person's claims, in the ID token and from the userinfo endpoint alike
// (OpenID Connect Core 1.0 section 5.1). Scopes beyond openid make no difference.
func personClaims(person Person) map[string]any {
	groups := person.Groups
	if groups == nil {
		groups = []string{}
	}
	return map[string]any{
		"sub":            person.Subject,
		"email":          person.Email,
		"email_verified": true,
		"given_name":     person.FirstName,
		"family_name":    person.LastName,
		"name":           person.Name(),
		"groups":         groups,
	}
}

// idToken makes the ID token of OpenID Connect Core 1.0 section 2.
func (p *IdP) idToken(person Person, g grant, accessToken string) (string, error) {
	now := p.clock()
	claims := personClaims(person)
	claims["iss"] = p.base.String()
	claims["aud"] = g.client
	claims["iat"] = now.Unix()
	claims["exp"] = now.Add(tokenLife).Unix()
	claims["auth_time"] = g.at.Unix()
	claims["at_hash"] = accessTokenHash(p.oidc.keys.alg, accessToken)
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	p.bendClaims(claims)
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode the ID token: %w", err)
	}
	if token, bent, err := p.bendSignature(payload); bent {
		return token, err
	}
	return p.oidc.keys.sign(payload)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "The answer could not be encoded.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // fails only when the caller is gone
}
