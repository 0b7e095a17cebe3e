package idp

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// publicClients is what the ids of public clients begin with: they have no secret.
const publicClients = "public-"

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	maxAssertion  = 5 * time.Minute
	maxKeys       = 1 << 20
)

func assertionAlgorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.RS256, jose.PS256}
}

// client returns which client sends a token request, if it proves that (OpenID Connect
// Core 1.0 section 9): by the secret, by a key of its own, or not at all where its id
// says that it is public. More than one proof is refused (RFC 6749 section 2.3).
func (p *IdP) client(r *http.Request) (string, bool) {
	if r.PostFormValue("client_assertion") != "" || r.PostFormValue("client_assertion_type") != "" {
		client, err := p.asserted(r)
		return client, err == nil
	}
	client, secret, given := credentials(r)
	if strings.HasPrefix(client, publicClients) {
		return client, !given
	}
	return client, given && client != "" && subtle.ConstantTimeCompare([]byte(secret), []byte(p.oidc.secret)) == 1
}

// asserted returns the client that a private_key_jwt proves (RFC 7523 section 3), and why
// it does not.
func (p *IdP) asserted(r *http.Request) (string, error) {
	client, _, secret := credentials(r)
	if secret || r.PostFormValue("client_assertion_type") != assertionType {
		return "", errors.New("another proof, or another type of assertion")
	}
	token, err := jose.ParseSignedCompact(r.PostFormValue("client_assertion"), assertionAlgorithms())
	if err != nil {
		return "", err
	}
	redirect, ok := p.mayRedirectTo(r.PostFormValue("redirect_uri"))
	if !ok {
		return "", errors.New("the redirect_uri is not known")
	}
	keys, err := p.oidc.clientKeys(r.Context(), redirect)
	if err != nil {
		return "", err
	}
	payload, err := verifyAssertion(keys, token)
	if err != nil {
		return "", err
	}
	var claims assertion
	if err := json.Unmarshal(payload, &claims); err != nil {
		return "", err
	}
	if client != "" && client != claims.Subject {
		return "", errors.New("the client_id is another client's")
	}
	return claims.Subject, p.checkAssertion(claims)
}

// assertion is what a client says of itself. An aud that is a list is not taken.
type assertion struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	ID       string `json:"jti"`
	Issued   int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

func (p *IdP) checkAssertion(a assertion) error {
	now := p.clock()
	expires := time.Unix(a.Expires, 0)
	switch {
	case a.Subject == "" || a.Issuer != a.Subject || strings.HasPrefix(a.Subject, publicClients):
		return errors.New("iss and sub are not one client")
	case a.Audience != p.base.String():
		return errors.New("it is for another audience")
	case !now.Before(expires) || expires.Sub(now) > maxAssertion || time.Unix(a.Issued, 0).After(now.Add(time.Minute)):
		return errors.New("it is not valid now")
	case a.ID == "" || !p.oidc.asserted.first(a.ID, now):
		return errors.New("it was used before")
	}
	return nil
}

// verifyAssertion finds the key by its id, as Entra ID does by the certificate's
// thumbprint: an assertion has to name both.
func verifyAssertion(keys jose.JSONWebKeySet, token *jose.JSONWebSignature) ([]byte, error) {
	header := token.Signatures[0].Protected
	for _, key := range keys.Key(header.KeyID) {
		thumbprint, _ := header.ExtraHeaders["x5t#S256"].(string)
		if header.KeyID == "" || len(key.CertificateThumbprintSHA256) == 0 || thumbprint != encode(string(key.CertificateThumbprintSHA256)) {
			continue
		}
		return token.Verify(key)
	}
	return nil, errors.New("it is signed with a key that the client does not publish")
}

// fetchClientKeys fetches a client's keys from beside its redirect URI, where mockcloud
// publishes them.
func (p *IdP) fetchClientKeys(ctx context.Context, redirect *url.URL) (set jose.JSONWebKeySet, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	at, found := strings.CutSuffix(redirect.Scheme+"://"+redirect.Host+redirect.Path, "/callback")
	if !found {
		return set, errors.New("no keys are published beside that redirect URI")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"/jwks", nil)
	if err != nil {
		return set, err
	}
	response, err := p.outside.Do(request)
	if err != nil {
		return set, err
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxKeys))
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return set, err
	}
	if response.StatusCode != http.StatusOK {
		return set, fmt.Errorf("the client's keys: status %d", response.StatusCode)
	}
	return set, json.Unmarshal(raw, &set)
}

// usedOnce are the ids of assertions that were used, until none of them would be taken any
// more.
type usedOnce struct {
	mu   sync.Mutex
	used map[string]time.Time
}

// first reports whether an id is new, and notes it.
func (u *usedOnce) first(id string, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	for old, at := range u.used {
		if now.Sub(at) > maxAssertion {
			delete(u.used, old)
		}
	}
	if _, used := u.used[id]; used || len(u.used) >= maxGrants {
		return false
	}
	if u.used == nil {
		u.used = make(map[string]time.Time)
	}
	u.used[id] = now
	return true
}
