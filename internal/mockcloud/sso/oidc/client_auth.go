package oidc

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"
)

// ClientAuth is how a client authenticates at the token endpoint (OpenID Connect Core 1.0
// section 9).
type ClientAuth string

// The ways of authenticating. A public client has only its PKCE verifier (RFC 7636), and
// that is never a fallback: an administrator has to choose it.
const (
	ClientSecretBasic ClientAuth = "client_secret_basic"
	ClientSecretPost  ClientAuth = "client_secret_post"
	PrivateKeyJWT     ClientAuth = "private_key_jwt"
	PublicClient      ClientAuth = "none"
)

// clientAuths returns the methods that are used where none is configured, the first one that
// the provider offers.
func clientAuths() []ClientAuth {
	return []ClientAuth{ClientSecretBasic, ClientSecretPost, PrivateKeyJWT}
}

// needsSecret reports whether the client proves itself with its secret.
func (a ClientAuth) needsSecret() bool { return a == ClientSecretBasic || a == ClientSecretPost }

// assertionLife is how long an assertion is good: only for the request that it is made for.
const assertionLife = time.Minute

// ClientKey is the key pair by which this server authenticates as a client.
type ClientKey struct {
	Private     crypto.Signer // RSA
	Certificate *x509.Certificate
}

// jwk returns the public half as identity providers fetch it (RFC 7517), with the
// certificate for those that want one. It names no algorithm, as PS256 and RS256 are both
// in use.
func (k ClientKey) jwk() (jose.JSONWebKey, error) {
	key := jose.JSONWebKey{Key: k.Private.Public(), Use: "sig", Certificates: []*x509.Certificate{k.Certificate}}
	thumbprint, err := key.Thumbprint(crypto.SHA256) // RFC 7638
	if err != nil {
		return key, fmt.Errorf("name the client's key: %w", err)
	}
	key.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	print := sha256.Sum256(k.Certificate.Raw)
	key.CertificateThumbprintSHA256 = print[:]
	return key, nil
}

// PublicKeys returns the key set to publish for identity providers.
func PublicKeys(keys ...ClientKey) (out jose.JSONWebKeySet, err error) {
	out.Keys = make([]jose.JSONWebKey, len(keys))
	for i, key := range keys {
		if out.Keys[i], err = key.jwk(); err != nil {
			return jose.JSONWebKeySet{}, err
		}
	}
	return out, nil
}

// clientAuth returns how a connection authenticates at its provider: as it is
// configured, else as the provider's document offers.
func (c Connection) clientAuth(p *provider) (ClientAuth, *Refusal) {
	auth, refusal := p.clientAuth(c.ClientAuth)
	if refusal == nil && auth.needsSecret() && c.ClientSecret == "" {
		return "", reject(ClientSecretMissing, "This connection authenticates with %s and has no client secret. Give it one, or choose private_key_jwt, or none for a public client.", auth)
	}
	return auth, refusal
}

func (p *provider) clientAuth(chosen ClientAuth) (ClientAuth, *Refusal) {
	if chosen != "" {
		return chosen, nil
	}
	for _, auth := range clientAuths() {
		if slices.Contains(p.clientAuths, string(auth)) && (auth != PrivateKeyJWT || p.assertionAlg() != "") {
			return auth, nil
		}
	}
	return "", reject(ClientAuthUnsupported, "%s lets clients authenticate with none of client_secret_basic, client_secret_post and private_key_jwt. If it knows this server as a public client, choose none.", quote(p.issuer))
}

// checkClientAuth refuses, when a connection is saved, what the provider says that it does
// not take. That a public client may come is often left out of the document.
func (p *provider) checkClientAuth(chosen ClientAuth) *Refusal {
	auth, refusal := p.clientAuth(chosen)
	switch {
	case refusal != nil:
		return refusal
	case auth != PublicClient && !p.clientAuthsUnsaid && !slices.Contains(p.clientAuths, string(auth)):
		return reject(ClientAuthUnsupported, "%s does not let clients authenticate with %s. Its document lists %s.", quote(p.issuer), auth, quote(strings.Join(p.clientAuths, ", ")))
	case auth == PrivateKeyJWT && p.assertionAlg() == "":
		return reject(ClientAuthUnsupported, "%s takes assertions of clients only with algorithms that this server's RSA key does not sign with.", quote(p.issuer))
	}
	return nil
}

// exchange returns what the token request needs besides the code: the client's settings,
// and its assertion if it makes one.
func (c Connection) exchange(p *provider, now time.Time) (*oauth2.Config, []oauth2.AuthCodeOption, error) {
	auth, refusal := c.clientAuth(p)
	if refusal != nil {
		return nil, nil, refusal
	}
	config := c.config(p)
	switch auth {
	case ClientSecretBasic:
		config.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
		return config, nil, nil
	case ClientSecretPost:
		return config, nil, nil
	}
	config.ClientSecret = "" // these methods do not send it
	if auth == PublicClient {
		return config, nil, nil
	}
	key, err := c.Key()
	if err != nil {
		return nil, nil, reject(ClientKeyUnusable, "This server's own key cannot be used.").because(err)
	}
	assertion, err := p.assertion(key, c.ClientID, now)
	if err != nil {
		return nil, nil, reject(ClientKeyUnusable, "This server's own key cannot be used.").because(err)
	}
	return config, []oauth2.AuthCodeOption{
		oauth2.SetAuthURLParam("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
		oauth2.SetAuthURLParam("client_assertion", assertion),
	}, nil
}

// assertion is a JWT by which the client authenticates (RFC 7523 section 3).
func (p *provider) assertion(key ClientKey, clientID string, now time.Time) (string, error) {
	public, err := key.jwk()
	if err != nil {
		return "", err
	}
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", public.KeyID).
		WithHeader("x5t#S256", base64.RawURLEncoding.EncodeToString(public.CertificateThumbprintSHA256))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: p.assertionAlg(), Key: key.Private}, options)
	if err != nil {
		return "", fmt.Errorf("sign the client's assertion: %w", err)
	}
	payload, err := json.Marshal(map[string]any{
		"iss": clientID, "sub": clientID, "aud": p.audience(), "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("encode the client's assertion: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign the client's assertion: %w", err)
	}
	return signed.CompactSerialize()
}

// audience is whom an assertion is for: the issuer alone. A provider whose document names
// another's token endpoint would else be given what passes there. Entra ID takes only its
// token endpoint, which then has to be Entra ID's, too.
func (p *provider) audience() string {
	if p.isEntra() {
		return p.endpoint.TokenURL
	}
	return p.issuer
}

// assertionAlg is what assertions are signed with, empty where the provider takes nothing
// that an RSA key of 2048 bits does. All that list nothing take RS256 (OpenID Connect
// Discovery 1.0 section 3); Entra ID asks for PS256.
func (p *provider) assertionAlg() jose.SignatureAlgorithm {
	switch {
	case p.isEntra():
		return jose.PS256
	case len(p.assertionAlgs) == 0:
		return jose.RS256
	}
	for _, alg := range []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.RS384, jose.PS384, jose.RS512, jose.PS512} {
		if slices.Contains(p.assertionAlgs, string(alg)) {
			return alg
		}
	}
	return ""
}

// isEntra reports whether issuer and token endpoint are both Microsoft Entra ID's.
func (p *provider) isEntra() bool { return isEntra(p.issuer) && isEntra(p.endpoint.TokenURL) }

func isEntra(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" {
		return false
	}
	host := strings.ToLower(u.Host)
	return strings.HasSuffix(host, ".ciamlogin.com") || slices.Contains([]string{
		"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn", "login.microsoft.com", "login.windows.net", "sts.windows.net",
	}, host)
}
