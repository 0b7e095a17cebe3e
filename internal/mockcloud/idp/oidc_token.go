package idp

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
)

type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int64  `json:"expires_in"`
	Scope       string `json:"scope"`
	IDToken     string `json:"id_token,omitempty"`
}

// oauthError is the body of RFC 6749 section 5.2.
type oauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// token is the token endpoint (OpenID Connect Core 1.0 section 3.1.3).
func (p *IdP) token(w http.ResponseWriter, r *http.Request) {
	if err := readForm(r); err != nil { // RFC 6749 section 3.2
		writeJSON(w, http.StatusBadRequest, oauthError{"invalid_request", err.Error()})
		return
	}
	client, ok := p.client(r)
	if !ok || p.oidc.secret == "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="token"`)
		writeJSON(w, http.StatusUnauthorized, oauthError{"invalid_client", "Unknown client, wrong secret or wrong assertion"})
		return
	}
	if r.PostFormValue("grant_type") != "authorization_code" {
		writeJSON(w, http.StatusBadRequest, oauthError{"unsupported_grant_type", "Only authorization codes are exchanged"})
		return
	}
	// A code is gone with its first use, whatever comes of it.
	g, ok := p.oidc.codes.take(r.PostFormValue("code"))
	person, exists := p.employed(g.subject)
	if !ok || !exists || g.client != client || g.redirectURI != r.PostFormValue("redirect_uri") ||
		!verifies(r.PostFormValue("code_verifier"), g.challenge) {
		writeJSON(w, http.StatusBadRequest, oauthError{"invalid_grant", "The code is unknown, used or expired, or was given for another request"})
		return
	}
	access := p.oidc.tokens.add(g, tokenLife)
	id, err := p.idToken(person, g, access)
	if err != nil {
		writeJSON(w, http.StatusInternalServerError, oauthError{"server_error", "The ID token could not be created"})
		return
	}
	answer := tokenAnswer{AccessToken: access, TokenType: "Bearer", ExpiresIn: int64(tokenLife.Seconds()), Scope: "openid profile email groups", IDToken: id}
	p.bendTokens(&answer)
	writeJSON(w, http.StatusOK, answer)
}

// credentials reads client_secret_basic or client_secret_post. Both at once are no
// client's (RFC 6749 section 2.3). Without a secret there is only what the client calls
// itself.
func credentials(r *http.Request) (client, secret string, given bool) {
	name, password, basic := r.BasicAuth()
	if !basic {
		return r.PostFormValue("client_id"), r.PostFormValue("client_secret"), r.PostForm.Has("client_secret")
	}
	// Both are form-encoded before they are joined (section 2.3.1).
	client, err := url.QueryUnescape(name)
	if err != nil || r.PostFormValue("client_secret") != "" {
		return "", "", true
	}
	secret, err = url.QueryUnescape(password)
	if err != nil {
		return "", "", true
	}
	return client, secret, true
}

// verifies is PKCE's S256 (RFC 7636 section 4.6).
func verifies(verifier, challenge string) bool {
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// userinfo is OpenID Connect Core 1.0 section 5.3.
func (p *IdP) userinfo(w http.ResponseWriter, r *http.Request) {
	g, ok := p.oidc.tokens.get(request.Bearer(r))
	person, exists := p.employed(g.subject)
	if !ok || !exists {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		writeJSON(w, http.StatusUnauthorized, oauthError{"invalid_token", "The access token is unknown or expired"})
		return
	}
	claims := personClaims(person)
	p.bendUserinfo(claims)
	writeJSON(w, http.StatusOK, claims)
}
