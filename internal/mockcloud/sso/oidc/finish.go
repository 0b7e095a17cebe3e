package oidc

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/fetch"
)

// maxParameter bounds each parameter of a callback; the longest are Entra ID's
// codes with some 2,000 characters.
const maxParameter = 8 << 10

// Login is a finished login.
type Login struct {
	Identity
	ConnectionID string
	// ReturnTo is Start's, a path of this server.
	ReturnTo string
}

// Find gives a connection as it is configured now.
type Find func(ctx context.Context, connectionID string) (Connection, error)

// Finish finishes a login with what the browser brought back to the redirect URI:
// its cookie's BrowserSecret, and the callback's parameters. The secret and the
// mapping may have changed since Begin, issuer and client may not. Errors are
// Refusals; a state is used up by whatever comes of it.
func (rp *RelyingParty) Finish(ctx context.Context, find Find, browserSecret string, callback url.Values) (*Login, error) {
	if refusal := checkCallback(callback); refusal != nil {
		return nil, refusal
	}
	login, refusal := rp.pendings.take(callback.Get("state"), browserSecret)
	if refusal != nil {
		return nil, about(login.connection, login.returnTo, refusal)
	}
	identity, err := rp.finish(ctx, find, login, callback)
	if err != nil {
		return nil, about(login.connection, login.returnTo, err)
	}
	return &Login{Identity: *identity, ConnectionID: login.connection, ReturnTo: login.returnTo}, nil
}

// checkCallback looks at a callback's form (RFC 6749 section 3.1: no parameter
// more than once).
func checkCallback(callback url.Values) *Refusal {
	for _, name := range []string{"state", "code", "iss", "error", "error_description", "error_uri"} {
		values := callback[name]
		switch {
		case len(values) > 1:
			return reject(ParameterRepeated, "The provider's answer has %s in it twice.", name)
		case len(values) == 1 && len(values[0]) > maxParameter:
			return reject(ParameterOversize, "The provider's answer has more in %s than is read.", name)
		}
	}
	if callback.Get("state") == "" {
		return reject(StateMissing, "The provider's answer does not say which login it belongs to. Please start again.")
	}
	return nil
}

func (rp *RelyingParty) finish(ctx context.Context, find Find, login pending, callback url.Values) (*Identity, error) {
	conn, err := find(ctx, login.connection)
	if err != nil {
		return nil, reject(ConnectionGone, "The connection of this login is not there any more.").because(err)
	}
	if conn.ID != login.connection || conn.Issuer != login.issuer || conn.ClientID != login.clientID || conn.RedirectURI != login.redirectURI {
		return nil, reject(ConnectionChanged, "The connection was changed during this login. Please start again.")
	}
	p, err := rp.provider(ctx, conn)
	if err != nil {
		return nil, err
	}
	if refusal := checkAnswer(p, callback); refusal != nil {
		return nil, refusal
	}

	ctx = goidc.ClientContext(ctx, rp.fetcher.HTTP())
	client, proof, err := conn.exchange(p, rp.clock())
	if err != nil {
		return nil, err
	}
	tokens, err := client.Exchange(ctx, callback.Get("code"), append(proof, oauth2.VerifierOption(login.verifier))...)
	if err != nil {
		return nil, exchangeFailed(err)
	}
	if !strings.EqualFold(tokens.TokenType, "Bearer") {
		return nil, reject(TokenTypeRefused, "The provider gave an access token of another type than Bearer.")
	}
	raw, _ := tokens.Extra("id_token").(string)
	if raw == "" {
		return nil, reject(IDTokenMissing, "The provider gave no ID token. Is the client allowed the scope openid?")
	}
	got, err := rp.verify(ctx, conn, expected{
		provider: p, clientID: conn.ClientID, nonce: login.nonce,
		accessToken: tokens.AccessToken, now: rp.clock(),
	}, raw)
	if err != nil {
		return nil, err
	}
	mapping := conn.Mapping.withDefaults()
	if p.userinfo != "" && mapping.incomplete(got) {
		err := rp.addUserinfo(ctx, p, tokens.AccessToken, got)
		// What it would have added to a token that has the email is not worth a login.
		if _, has := got[mapping.Email]; err != nil && (!has || !unanswered(err)) {
			return nil, naming(err, got)
		}
	}
	identity, refusal := mapping.identity(p.issuer, got)
	if refusal != nil {
		refusal.Claims, refusal.Mapping = got, mapping
		return nil, naming(refusal, got)
	}
	identity.Mapping = mapping
	return identity, nil
}

// verify checks an ID token, and once more where the provider's keys or algorithms may
// have changed since they were fetched.
func (rp *RelyingParty) verify(ctx context.Context, conn Connection, want expected, raw string) (claims, error) {
	got, err := want.verify(ctx, raw)
	var refusal *Refusal
	if !errors.As(err, &refusal) || !refusal.outdated {
		return got, err
	}
	newer, failed := rp.newer(ctx, conn, want.provider)
	if failed != nil {
		return nil, refusal.because(failed)
	}
	if newer == want.provider {
		return nil, err
	}
	want.provider = newer
	return want.verify(ctx, raw)
}

// checkAnswer looks at an authorization response whose state is known.
func checkAnswer(p *provider, callback url.Values) *Refusal {
	// RFC 9207 section 2.4, also for errors.
	switch {
	case callback.Has("iss") && callback.Get("iss") != p.issuer:
		return reject(CallbackIssuerMismatch, "The answer comes from another provider than the one that was asked.")
	case !callback.Has("iss") && p.issuerInAnswer:
		return reject(CallbackIssuerMissing, "The answer does not say which provider it comes from, though this one always does.")
	case callback.Has("error"):
		sentence := "The provider refused the login: " + quote(callback.Get("error"))
		if description := callback.Get("error_description"); description != "" {
			sentence += ", " + quote(description)
		}
		return &Refusal{Reason: ProviderDenied, Sentence: sentence + "."}
	case callback.Get("code") == "":
		return reject(CodeMissing, "The provider's answer has no code in it.")
	}
	return nil
}

// exchangeFailed returns why there are no tokens. The endpoint's own words stay out
// of it, but for RFC 6749 section 5.2's codes.
func exchangeFailed(err error) *Refusal {
	var answered *oauth2.RetrieveError
	if errors.As(err, &answered) {
		switch answered.ErrorCode {
		case "invalid_grant":
			return reject(CodeRefused, "The provider does not accept the code: it was used before, has expired, or belongs to another login.")
		case "invalid_client", "unauthorized_client":
			return reject(ClientRefused, "The provider does not accept this connection's client: its id, its secret or key, or the way in which it authenticates.")
		}
		return reject(TokenEndpointFailed, "The provider's token endpoint answered with an error (status %d).", answered.Response.StatusCode)
	}
	var refused *fetch.Refused
	if errors.As(err, &refused) {
		return reject(TokenEndpointFailed, "The provider's token endpoint cannot be used: %s.", refused).because(refused)
	}
	// An http.Client's error has a URL in it, and x/oauth2's may have a body.
	return reject(TokenEndpointFailed, "The provider's token endpoint cannot be reached, or its answer cannot be read.")
}

// unanswered reports whether userinfo failed by its transport, status or size, so that
// nothing at all is known from it.
func unanswered(err error) bool {
	var refusal *Refusal
	return errors.As(err, &refusal) && refusal.Reason == UserinfoFailed && refusal.cause != nil
}

// addUserinfo adds the claims that the ID token does not have (OpenID Connect
// Core 1.0 section 5.3).
func (rp *RelyingParty) addUserinfo(ctx context.Context, p *provider, accessToken string, got claims) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.userinfo, nil)
	if err != nil {
		return reject(UserinfoFailed, "The provider's userinfo endpoint has no usable address.").because(err)
	}
	r.Header.Set("Authorization", "Bearer "+accessToken)
	answer, err := rp.fetcher.Do(r)
	if err != nil {
		return reject(UserinfoFailed, "The provider's userinfo endpoint failed: %s.", err).because(err)
	}
	info, refusal := parseObject(answer.Body, "answer of the userinfo endpoint")
	if refusal != nil {
		return reject(UserinfoFailed, "%s", refusal.Sentence)
	}
	// Section 5.3.2: without this, one person's token could be answered with
	// another person's claims.
	if info["sub"] != got["sub"] {
		return reject(UserinfoMismatch, "The provider's userinfo endpoint answered about another person.")
	}
	if _, refusal := emailVerified(info); refusal != nil {
		return refusal
	}
	if email, there := got["email"]; there && email != info["email"] {
		delete(info, "email_verified") // it is about another address
	}
	for name, value := range info {
		if _, there := got[name]; !there {
			got[name] = value
		}
	}
	return nil
}
