package oidc

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

const (
	// skew is how far the provider's clock may be from ours.
	skew = time.Minute
	// maxIDToken is well above what providers with hundreds of groups send.
	maxIDToken = 64 << 10
	// maxSubject is OpenID Connect Core 1.0 section 2's bound.
	maxSubject = 255
)

// claims are a JSON object's members under their exact names. encoding/json's
// structs would take Sub for sub.
type claims map[string]any

// expected is what an ID token has to fit.
type expected struct {
	provider    *provider
	clientID    string
	nonce       string
	accessToken string
	now         time.Time
}

// verify checks an ID token as OpenID Connect Core 1.0 section 3.1.3.7 says.
func (e expected) verify(ctx context.Context, raw string) (claims, error) {
	if refusal := e.checkHeader(raw); refusal != nil {
		return nil, refusal
	}
	signed := &signedBy{keys: e.provider.keys, algorithms: e.provider.algorithms}
	token, err := goidc.NewVerifier(e.provider.issuer, signed, &goidc.Config{
		ClientID:             e.clientID,
		SupportedSigningAlgs: e.provider.algorithms,
		Now:                  func() time.Time { return e.now.Add(-skew) },
	}).Verify(ctx, raw)
	if signed.refusal != nil {
		return nil, signed.refusal
	}
	if signed.payload == nil {
		return nil, reject(IDTokenMalformed, "The ID token cannot be read.").because(err)
	}
	// Our own checks come first only because they can say what is wrong; the
	// library's answer counts all the same.
	got, refusal := parseObject(signed.payload, "ID token")
	if refusal == nil {
		refusal = e.checkClaims(got)
	}
	if refusal != nil {
		return nil, refusal
	}
	if err != nil {
		return nil, reject(IDTokenMalformed, "The ID token is not valid.").because(err)
	}
	if hash, present := got["at_hash"]; present {
		if hash != token.AccessTokenHash || token.VerifyAccessToken(e.accessToken) != nil {
			return nil, reject(AccessTokenMismatch, "The ID token belongs to another access token (at_hash).")
		}
	}
	return got, nil
}

// signedBy hands go-oidc our keys, and keeps what it would not give back: the
// typed refusal, and the payload when it is the payload that is refused.
type signedBy struct {
	keys       keySet
	algorithms []string

	payload []byte
	refusal *Refusal
}

// VerifySignature implements go-oidc's KeySet.
func (s *signedBy) VerifySignature(_ context.Context, raw string) ([]byte, error) {
	algs := make([]jose.SignatureAlgorithm, len(s.algorithms))
	for i, alg := range s.algorithms {
		algs[i] = jose.SignatureAlgorithm(alg)
	}
	token, err := jose.ParseSignedCompact(raw, algs)
	if err != nil {
		return nil, fmt.Errorf("parse the ID token: %w", err)
	}
	s.payload, s.refusal = s.keys.verify(token)
	if s.refusal != nil {
		return nil, s.refusal
	}
	return s.payload, nil
}

// checkHeader looks at the JOSE header before anything is believed (RFC 8725).
func (e expected) checkHeader(raw string) *Refusal {
	if len(raw) > maxIDToken {
		return reject(IDTokenOversize, "The ID token is over 64 KiB. It is usually a person's groups that make it so: set the provider to send no groups, or only those that are assigned to this application.")
	}
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return reject(IDTokenMalformed, "The ID token is not a signed token of three parts.")
	}
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(parts[0])
	if err != nil {
		return reject(IDTokenMalformed, "The ID token's header cannot be read.").because(err)
	}
	header, refusal := parseObject(decoded, "ID token's header")
	if refusal != nil {
		return refusal
	}
	// A key in the token itself, or something that has to be understood and is not. Where
	// a key could be fetched (jku, x5u) and what certifies one (x5c, x5t) is never read.
	for _, name := range []string{"jwk", "crit", "b64"} {
		if _, there := header[name]; there {
			return reject(HeaderRefused, "The ID token's header has %s in it. Keys come from the provider's published set only.", name)
		}
	}
	if typ, there := header["typ"]; there {
		if text, ok := typ.(string); !ok || !strings.EqualFold(text, "JWT") {
			return reject(IDTokenType, "The ID token is a token of another type.")
		}
	}
	alg, ok := header["alg"].(string)
	switch {
	case !ok:
		return reject(IDTokenMalformed, "The ID token does not say how it is signed.")
	case strings.EqualFold(alg, "none"):
		return reject(AlgNone, "The ID token is not signed.")
	case !slices.Contains(e.provider.algorithms, alg):
		refusal := reject(AlgRefused, "The ID token is signed with %s. The provider's document lists, and this server accepts, %s.", quote(alg), strings.Join(e.provider.algorithms, ", "))
		refusal.outdated = slices.Contains(algorithms(), alg)
		return refusal
	}
	return nil
}

// checkClaims is section 3.1.3.7 from its second step on.
func (e expected) checkClaims(got claims) *Refusal {
	if got["iss"] != e.provider.issuer {
		return reject(TokenIssuerMismatch, "The ID token is by another issuer, not by %s.", quote(e.provider.issuer))
	}
	audience, ok := texts(got["aud"])
	if !ok || !slices.Contains(audience, e.clientID) {
		return reject(AudienceMismatch, "The ID token is for another application.")
	}
	party, hasParty := got["azp"]
	switch {
	case hasParty && party != e.clientID:
		return reject(PartyMismatch, "The ID token was given to another application (azp).")
	case !hasParty && len(audience) > 1:
		return reject(PartyMissing, "The ID token is for several applications and does not say which of them it was given to (azp).")
	}
	if subject, ok := got["sub"].(string); !ok || subject == "" || len(subject) > maxSubject {
		return reject(SubjectMissing, "The ID token does not say who logged in (sub).")
	}
	expires, ok := got.time("exp")
	switch {
	case !ok:
		return reject(ExpiryMissing, "The ID token does not say until when it is valid.")
	case !e.now.Add(-skew).Before(expires):
		return reject(Expired, "The ID token has expired. Are both clocks right?")
	}
	issued, ok := got.time("iat")
	switch {
	case !ok:
		return reject(IssuedAtMissing, "The ID token does not say when it was made.")
	case issued.After(e.now.Add(skew)):
		return reject(NotYetValid, "The ID token was made in the future. Are both clocks right?")
	}
	if _, there := got["nbf"]; there {
		if from, ok := got.time("nbf"); !ok || from.After(e.now.Add(skew)) {
			return reject(NotYetValid, "The ID token is not valid yet. Are both clocks right?")
		}
	}
	if _, there := got["auth_time"]; there {
		if at, ok := got.time("auth_time"); !ok || at.After(e.now.Add(skew)) {
			return reject(NotYetValid, "The ID token does not say rightly when the person logged in (auth_time). Are both clocks right?")
		}
	}
	nonce, ok := got["nonce"].(string)
	switch {
	case !ok || nonce == "":
		return reject(NonceMissing, "The ID token does not say which login it belongs to (nonce).")
	case subtle.ConstantTimeCompare([]byte(nonce), []byte(e.nonce)) != 1:
		return reject(NonceMismatch, "The ID token belongs to another login (nonce).")
	}
	return nil
}

// time reads a NumericDate (RFC 7519 section 2).
func (c claims) time(name string) (time.Time, bool) {
	number, ok := c[name].(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := number.Float64()
	// Until the year 9999: beyond, time's arithmetic would wrap around.
	if err != nil || seconds < 0 || seconds > 253402300799 {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}

// texts reads a string or a list of strings.
func texts(v any) ([]string, bool) {
	if one, ok := v.(string); ok {
		return []string{one}, true
	}
	list, ok := v.([]any)
	if !ok {
		return nil, false
	}
	out := make([]string, len(list))
	for i, item := range list {
		if out[i], ok = item.(string); !ok {
			return nil, false
		}
	}
	return out, true
}

// parseObject reads a JSON object in which no name is there twice: of two values
// one reader takes the first and the next one the last (RFC 7519 section 4).
func parseObject(raw []byte, what string) (claims, *Refusal) {
	malformed := func(err error) (claims, *Refusal) {
		return nil, reject(IDTokenMalformed, "The %s is not the JSON that it has to be.", what).because(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return malformed(err)
	}
	out := claims{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return malformed(err)
		}
		name, ok := token.(string)
		if !ok {
			return malformed(nil)
		}
		if _, twice := out[name]; twice {
			return nil, reject(ClaimRepeated, "The %s has %s in it twice.", what, quote(name))
		}
		var value any
		if err := decoder.Decode(&value); err != nil {
			return malformed(err)
		}
		out[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return malformed(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return malformed(err)
	}
	return out, nil
}
