// Package idp is the identity provider that comes with the server, so that a
// configuration of single sign-on can be proven by a login without anybody
// else's service. It is for tests and demonstrations: there are no passwords,
// the visitor of its page says who they are.
//
//	idp.go     the provider itself: people, routes, what every answer carries
//	page.go    the page that asks who is logging in
//	oidc*.go   OpenID Connect: discovery, authorize, token, userinfo, keys
//	saml*.go   SAML 2.0
//	directory.go, api*.go, page_home.go
//	          who works there: as Go, as JSON, and on the first page; package people holds
//	          them and package push carries them to a SCIM endpoint
//	mode.go    the ways in which it can be made to misbehave
//
// To show that a relying party refuses what it must, the provider can be told to
// misbehave. Only Go code can tell it (IdP.Misbehave); no request can.
package idp
