// Package sso logs people in: the pages and addresses between a browser, the store and
// the protocols in its folders.
//
//	fetch, oidc, saml   the protocols; they know neither the store nor these pages
//	sso.go              what is mounted where, and what every page says to browsers
//	login.go            GET and POST /login: which connection, and off to its provider
//	oidc_login.go       /sso/oidc/{account_id}/callback
//	saml_login.go       /sso/saml/{account_id}/acs, continue and metadata
//	code_login.go       codes by mail, for those who may bypass single sign-on
//	waiting.go          SAML answers on their way from …/acs to …/continue
//	session.go          what comes after: cookies, /logout, the page at /me
//
// A login belongs to the browser that began it, by a cookie that only /sso/ gets
// (HttpOnly, SameSite=Lax). OpenID Connect comes back by a GET, to which browsers send
// that cookie. SAML comes back by a POST of another site's page, to which they do not:
// so /acs judges the answer, creates no session, and redirects to …/continue, a GET to
// which the cookie comes. A login that the identity provider began cannot be bound to
// a browser; the person is asked on a page of ours before it counts.
//
// What a proven login means is decided in store.LogIn. What is refused leaves no
// session, a page that says what to do, and an event with the reason.
package sso
