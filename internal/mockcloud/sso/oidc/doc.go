// Package oidc logs people in at OpenID Connect providers. It is the relying
// party of OpenID Connect Core 1.0's code flow and knows neither the store nor
// HTTP handlers:
//
//	Begin   discovery (cached) → state, nonce, PKCE → the URL for the browser
//	Finish  state → code → tokens → ID token → userinfo where needed → a Login
//
// coreos/go-oidc verifies ID tokens and x/oauth2 exchanges codes. What they leave
// open is checked here: that the state is used once and by the browser that began
// (RFC 9700 section 4.7), the nonce, azp, at_hash, times, RFC 9207's issuer in the
// callback, which keys and JOSE headers may be used, and what may be fetched.
//
// Everything that is refused is a Refusal, with a stable reason and a sentence
// for the person in front of the browser.
package oidc
