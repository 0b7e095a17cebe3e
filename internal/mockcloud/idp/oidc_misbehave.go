package idp

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// What the discovery document can do wrong.
const (
	DiscoveryOtherIssuer     Mode = "discovery_other_issuer"
	DiscoveryMultiTenant     Mode = "discovery_multi_tenant" // as Entra ID's /common
	DiscoveryHTML            Mode = "discovery_html"
	DiscoveryBroken          Mode = "discovery_broken"
	DiscoveryError           Mode = "discovery_error"
	DiscoveryOversize        Mode = "discovery_oversize"
	DiscoverySlow            Mode = "discovery_slow" // never answers
	DiscoveryWithoutToken    Mode = "discovery_without_token_endpoint"
	DiscoveryPlainEndpoint   Mode = "discovery_plain_endpoint"   // http
	DiscoveryPrivateEndpoint Mode = "discovery_private_endpoint" // a cloud's metadata service
	DiscoveryPrivateRedirect Mode = "discovery_private_redirect"
	DiscoveryManyRedirects   Mode = "discovery_many_redirects"
	DiscoveryWithoutPKCE     Mode = "discovery_without_pkce"
	DiscoveryWeakAlgorithms  Mode = "discovery_weak_algorithms"             // HS256 and none
	DiscoveryOtherClientAuth Mode = "discovery_other_client_authentication" // none that is known here
)

// What the published keys can be.
const (
	KeysNone      Mode = "keys_none"
	KeysSymmetric Mode = "keys_symmetric"
)

// What the answer to the browser can do wrong.
const (
	AnswerOtherIssuer   Mode = "answer_other_issuer" // RFC 9207: a mix-up
	AnswerWithoutIssuer Mode = "answer_without_issuer"
	AnswerOtherState    Mode = "answer_other_state"
	AnswerWithoutState  Mode = "answer_without_state"
	AnswerWithoutCode   Mode = "answer_without_code"
	AnswerDenied        Mode = "answer_denied"
)

// What the answer of the token endpoint can do wrong.
const (
	TokensWithoutIDToken Mode = "tokens_without_id_token"
	TokensOtherType      Mode = "tokens_other_type"
	TokensTampered       Mode = "tokens_tampered" // another payload under the same signature
	TokensGarbage        Mode = "tokens_garbage"
	TokensOversize       Mode = "tokens_oversize"
)

// How an ID token can be signed wrongly.
const (
	SignedNone          Mode = "signed_none"
	SignedHMAC          Mode = "signed_hmac"           // HS256 with the public key as the secret
	SignedUnlisted      Mode = "signed_unlisted"       // an algorithm that discovery does not list
	SignedForeign       Mode = "signed_foreign_key"    // another key under the published key's id
	SignedUnnamed       Mode = "signed_without_key_id" // fine while there is one key
	SignedUnknownKey    Mode = "signed_unknown_key"
	SignedWeakKey       Mode = "signed_weak_key" // RSA with 1024 bits, published
	SignedEmbeddedKey   Mode = "signed_embedded_jwk"
	SignedKeyURL        Mode = "signed_jku"
	SignedCertificate   Mode = "signed_x5c"
	SignedCertURL       Mode = "signed_x5u"
	SignedThumbprint    Mode = "signed_x5t"
	SignedKeyHints      Mode = "signed_key_hints" // the right key, with others in the header: fine
	SignedUnencoded     Mode = "signed_b64"
	SignedCritical      Mode = "signed_critical_header"
	SignedAsAccessToken Mode = "signed_as_access_token" // typ at+jwt, RFC 9068
)

// What the claims of an ID token can do wrong.
const (
	ClaimsOtherIssuer      Mode = "claims_other_issuer"
	ClaimsStale            Mode = "claims_stale"             // a login of yesterday: accepted where the account asks for no recent one
	ClaimsWithoutAuthTime  Mode = "claims_without_auth_time" // likewise
	ClaimsAuthTimeText     Mode = "claims_auth_time_text"
	ClaimsAuthTimeAhead    Mode = "claims_auth_time_ahead"
	ClaimsOtherAudience    Mode = "claims_other_audience"
	ClaimsAudiences        Mode = "claims_several_audiences" // without azp
	ClaimsOtherParty       Mode = "claims_other_party"       // azp is another client
	ClaimsWithoutSubject   Mode = "claims_without_subject"
	ClaimsSpelledOtherwise Mode = "claims_spelled_otherwise" // Sub for sub
	ClaimsExpired          Mode = "claims_expired"
	ClaimsWithoutExpiry    Mode = "claims_without_expiry"
	ClaimsWithoutIssuedAt  Mode = "claims_without_issued_at"
	ClaimsNotYetValid      Mode = "claims_not_yet_valid"
	ClaimsFromTheFuture    Mode = "claims_from_the_future"
	ClaimsOtherNonce       Mode = "claims_other_nonce"
	ClaimsWithoutNonce     Mode = "claims_without_nonce"
	ClaimsOtherAccessToken Mode = "claims_other_access_token" // at_hash
	ClaimsUnverified       Mode = "claims_unverified_email"
	ClaimsUnverifiedText   Mode = "claims_unverified_email_text" // "false"
	ClaimsWithoutVerified  Mode = "claims_without_email_verified"
	ClaimsWithoutEmail     Mode = "claims_without_email"
	ClaimsTwoEmails        Mode = "claims_two_emails"
	ClaimsTwice            Mode = "claims_twice" // the same name twice in the JSON
)

// What the userinfo endpoint can do. ThinIDTokens is no attack: some providers
// leave everything but the subject to userinfo. The others do that, too.
const (
	ThinIDTokens         Mode = "thin_id_tokens"
	UserinfoOtherSubject Mode = "userinfo_other_subject"
	UserinfoUnverified   Mode = "userinfo_unverified_email"
)

func oidcModes() []Mode {
	return []Mode{
		DiscoveryOtherIssuer, DiscoveryMultiTenant, DiscoveryHTML, DiscoveryBroken,
		DiscoveryError, DiscoveryOversize, DiscoverySlow, DiscoveryWithoutToken,
		DiscoveryPlainEndpoint, DiscoveryPrivateEndpoint, DiscoveryPrivateRedirect, DiscoveryManyRedirects,
		DiscoveryWithoutPKCE, DiscoveryWeakAlgorithms, DiscoveryOtherClientAuth, KeysNone, KeysSymmetric,
		AnswerOtherIssuer, AnswerWithoutIssuer, AnswerOtherState, AnswerWithoutState,
		AnswerWithoutCode, AnswerDenied, TokensWithoutIDToken, TokensOtherType,
		TokensTampered, TokensGarbage, TokensOversize, SignedNone,
		SignedHMAC, SignedUnlisted, SignedForeign, SignedUnnamed, SignedUnknownKey,
		SignedWeakKey, SignedEmbeddedKey, SignedKeyURL, SignedCertificate,
		SignedCertURL, SignedThumbprint, SignedKeyHints, SignedUnencoded, SignedCritical, SignedAsAccessToken, ClaimsOtherIssuer,
		ClaimsOtherAudience, ClaimsAudiences, ClaimsOtherParty, ClaimsWithoutSubject,
		ClaimsSpelledOtherwise, ClaimsExpired, ClaimsWithoutExpiry, ClaimsWithoutIssuedAt,
		ClaimsNotYetValid, ClaimsFromTheFuture, ClaimsOtherNonce, ClaimsWithoutNonce,
		ClaimsOtherAccessToken, ClaimsStale, ClaimsWithoutAuthTime, ClaimsAuthTimeText, ClaimsAuthTimeAhead, ClaimsUnverified, ClaimsUnverifiedText, ClaimsWithoutVerified,
		ClaimsWithoutEmail, ClaimsTwoEmails, ClaimsTwice, ThinIDTokens,
		UserinfoOtherSubject, UserinfoUnverified,
	}
}

const elsewhere = "https://attacker.example"

// bendDiscovery changes the document, or answers in its place and returns true.
func (p *IdP) bendDiscovery(w http.ResponseWriter, r *http.Request, m *metadata) bool {
	switch p.mode() {
	case DiscoveryOtherIssuer:
		m.Issuer = elsewhere
	case DiscoveryMultiTenant:
		m.Issuer = origin(p.base) + "/{tenantid}/v2.0"
	case DiscoveryWithoutToken:
		m.Token = ""
	case DiscoveryPlainEndpoint:
		m.Token = "http://idp.example.com/token"
	case DiscoveryPrivateEndpoint:
		m.JWKS = "https://169.254.169.254/latest/meta-data"
	case DiscoveryWithoutPKCE:
		m.ChallengeMethods = []string{"plain"}
	case DiscoveryWeakAlgorithms:
		m.Algorithms = []string{"HS256", "none"}
	case DiscoveryOtherClientAuth:
		m.ClientAuth = []string{"tls_client_auth", "client_secret_jwt", "none"}
	case DiscoveryHTML:
		p.problem(w, http.StatusOK, "This is a page, not a discovery document.")
		return true
	case DiscoveryBroken:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"issuer":`))
		return true
	case DiscoveryError:
		p.problem(w, http.StatusInternalServerError, "Out of order.")
		return true
	case DiscoveryOversize:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"padding":"` + strings.Repeat("x", 2<<20) + `"}`))
		return true
	case DiscoverySlow:
		<-r.Context().Done()
		return true
	case DiscoveryPrivateRedirect:
		http.Redirect(w, r, "https://169.254.169.254/latest/meta-data", http.StatusFound)
		return true
	case DiscoveryManyRedirects:
		http.Redirect(w, r, p.url("/.well-known/openid-configuration"), http.StatusFound)
		return true
	}
	return false
}

func (p *IdP) bendKeys(set *jose.JSONWebKeySet) {
	switch p.mode() {
	case KeysNone:
		set.Keys = []jose.JSONWebKey{}
	case KeysSymmetric:
		set.Keys = []jose.JSONWebKey{{Key: []byte("a secret that everybody can read"), KeyID: "shared", Algorithm: "HS256", Use: "sig"}}
	case SignedWeakKey:
		if weak := p.oidc.weak.Load(); weak != nil {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: weak.Public(), KeyID: "weak", Algorithm: "RS256", Use: "sig"})
		}
	}
}

func (p *IdP) bendAnswer(values url.Values) {
	switch p.mode() {
	case AnswerOtherIssuer:
		values.Set("iss", elsewhere)
	case AnswerWithoutIssuer:
		values.Del("iss")
	case AnswerOtherState:
		values.Set("state", rand.Text())
	case AnswerWithoutState:
		values.Del("state")
	case AnswerWithoutCode:
		values.Del("code")
	case AnswerDenied:
		values.Del("code")
		values.Set("error", "access_denied")
		values.Set("error_description", "The person may not use this application")
	}
}

func (p *IdP) bendTokens(t *tokenAnswer) {
	switch p.mode() {
	case TokensWithoutIDToken:
		t.IDToken = ""
	case TokensOtherType:
		t.TokenType = "mac"
	case TokensGarbage:
		t.IDToken = "not.a.token"
	case TokensOversize:
		t.IDToken = strings.Repeat("x", 512<<10)
	case TokensTampered:
		if parts := strings.Split(t.IDToken, "."); len(parts) == 3 {
			raw, _ := base64.RawURLEncoding.DecodeString(parts[1]) // it was just encoded
			changed := strings.Replace(string(raw), `"email":"`, `"email":"x`, 1)
			parts[1] = base64.RawURLEncoding.EncodeToString([]byte(changed))
			t.IDToken = strings.Join(parts, ".")
		}
	}
}

func (p *IdP) bendUserinfo(claims map[string]any) {
	switch p.mode() {
	case UserinfoOtherSubject:
		claims["sub"] = "somebody-else"
	case UserinfoUnverified:
		claims["email_verified"] = false
	}
}

func (p *IdP) bendClaims(claims map[string]any) {
	now := p.clock()
	switch p.mode() {
	case ClaimsStale:
		claims["auth_time"] = p.clock().Add(-24 * time.Hour).Unix()
	case ClaimsWithoutAuthTime:
		delete(claims, "auth_time")
	case ClaimsAuthTimeText:
		claims["auth_time"] = "now"
	case ClaimsAuthTimeAhead:
		claims["auth_time"] = p.clock().Add(2 * time.Minute).Unix()
	case ClaimsOtherIssuer:
		claims["iss"] = elsewhere
	case ClaimsOtherAudience:
		claims["aud"] = "another-client"
	case ClaimsAudiences:
		claims["aud"] = []any{claims["aud"], "another-client"}
	case ClaimsOtherParty:
		claims["azp"] = "another-client"
	case ClaimsWithoutSubject:
		delete(claims, "sub")
	case ClaimsSpelledOtherwise:
		claims["Sub"] = claims["sub"]
		delete(claims, "sub")
	case ClaimsExpired:
		claims["exp"] = now.Add(-2 * time.Minute).Unix()
	case ClaimsWithoutExpiry:
		delete(claims, "exp")
	case ClaimsWithoutIssuedAt:
		delete(claims, "iat")
	case ClaimsNotYetValid:
		claims["nbf"] = now.Add(2 * time.Minute).Unix()
	case ClaimsFromTheFuture:
		claims["iat"] = now.Add(2 * time.Minute).Unix()
	case ClaimsOtherNonce:
		claims["nonce"] = rand.Text()
	case ClaimsWithoutNonce:
		delete(claims, "nonce")
	case ClaimsOtherAccessToken:
		claims["at_hash"] = accessTokenHash(p.oidc.keys.alg, "another token")
	case ClaimsUnverified:
		claims["email_verified"] = false
	case ClaimsUnverifiedText:
		claims["email_verified"] = "false"
	case ClaimsWithoutVerified:
		delete(claims, "email_verified")
	case ClaimsWithoutEmail:
		claims["email"] = ""
	case ClaimsTwoEmails:
		claims["email"] = fmt.Sprint(claims["email"], ",owner@victim.example")
	case ThinIDTokens, UserinfoOtherSubject, UserinfoUnverified:
		for _, name := range []string{"email", "email_verified", "given_name", "family_name", "name", "groups"} {
			delete(claims, name)
		}
	}
}

// bendSignature signs a payload wrongly, or gives false to have it signed well.
func (p *IdP) bendSignature(payload []byte) (token string, bent bool, err error) {
	key, err := p.oidc.keys.current()
	if err != nil {
		return "", false, err
	}
	alg := p.oidc.keys.alg
	fields := header{"kid": key.id, "typ": "JWT"}
	var signer any = key.private
	switch p.mode() {
	default:
		return "", false, nil
	case SignedNone:
		return encode(`{"alg":"none","typ":"JWT"}`) + "." + encode(string(payload)) + ".", true, nil
	case SignedHMAC:
		// The public key is known to all; a verifier that takes alg from the token
		// would use it as the shared secret.
		alg = jose.HS256
		signer, err = x509.MarshalPKIXPublicKey(key.private.Public())
	case SignedUnlisted:
		alg, signer, err = otherAlgorithm(alg, key.private)
	case SignedForeign:
		signer, err = newSigner(alg)
	case SignedUnnamed:
		delete(fields, "kid")
	case SignedUnknownKey:
		fields["kid"] = rand.Text()
		signer, err = newSigner(alg)
	case SignedWeakKey:
		fields["kid"] = "weak"
		alg = jose.RS256
		signer, err = p.weakKey()
	case SignedEmbeddedKey:
		var fresh crypto.Signer
		if fresh, err = newSigner(alg); err == nil {
			fields["jwk"] = jose.JSONWebKey{Key: fresh.Public(), KeyID: key.id, Algorithm: string(alg)}
			signer = fresh
		}
	case SignedKeyURL:
		fields["jku"] = elsewhere + "/jwks"
		signer, err = newSigner(alg)
	case SignedCertificate:
		var own crypto.Signer
		if own, err = newSigner(alg); err == nil {
			signer = own
			fields["x5c"], err = certified(own)
		}
	case SignedKeyHints:
		fields["jku"], fields["x5u"], fields["x5t"] = elsewhere+"/jwks", elsewhere+"/certificate", "x"
		var other crypto.Signer
		if other, err = newSigner(alg); err == nil {
			fields["x5c"], err = certified(other)
		}
	case SignedCertURL:
		fields["x5u"] = elsewhere + "/certificate"
		signer, err = newSigner(alg)
	case SignedThumbprint:
		fields["x5t"] = "of-another-certificate"
		signer, err = newSigner(alg)
	case SignedUnencoded:
		fields["b64"] = false
	case SignedCritical:
		fields["crit"] = []string{"urn:example:unheard-of"}
		fields["urn:example:unheard-of"] = true
	case SignedAsAccessToken:
		fields["typ"] = "at+jwt"
	case ClaimsTwice:
		payload = append([]byte(`{"email":"owner@victim.example",`), payload[1:]...)
	}
	if err != nil {
		return "", true, err
	}
	token, err = signWith(jose.SigningKey{Algorithm: alg, Key: signer}, payload, fields)
	return token, true, err
}

func encode(part string) string { return base64.RawURLEncoding.EncodeToString([]byte(part)) }

// otherAlgorithm is a sound algorithm that the provider does not list.
func otherAlgorithm(listed jose.SignatureAlgorithm, key crypto.Signer) (jose.SignatureAlgorithm, any, error) {
	if _, isRSA := key.(*rsa.PrivateKey); isRSA {
		return jose.RS512, key, nil
	}
	if listed == jose.EdDSA {
		other, err := newSigner(jose.ES256)
		return jose.ES256, other, err
	}
	other, err := newSigner(jose.EdDSA)
	return jose.EdDSA, other, err
}

// weakKey makes the key of SignedWeakKey once.
func (p *IdP) weakKey() (*rsa.PrivateKey, error) {
	if weak := p.oidc.weak.Load(); weak != nil {
		return weak, nil
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		return nil, fmt.Errorf("make a weak key: %w", err)
	}
	p.oidc.weak.CompareAndSwap(nil, weak)
	return p.oidc.weak.Load(), nil
}

// certified returns a certificate that a key made for itself, as x5c has it (RFC 7515
// section 4.1.6).
func certified(key crypto.Signer) ([]string, error) {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "of its own"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return []string{base64.StdEncoding.EncodeToString(der)}, nil
}
