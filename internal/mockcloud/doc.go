// Package mockcloud is a server that behaves like Prefect Cloud's account API:
// a library for tests (New gives an http.Handler) and, through
// internal/cmd/mockcloud, a program.
//
// The rooms:
//
//	scenario  what the server starts with, from YAML
//	store     all state and every rule, no HTTP: one transaction is a change and its audit events;
//	          store/table is its tables, store/eventlog the audit trail, store/journal keeps both in a file
//	scimcore  SCIM's filters, schemas and errors, pure, below the store
//	input     reading of bodies, paths and queries, with FastAPI's answers to mistakes
//	router    hosts, request ids, keys, rate limits, permissions, faults; values and errors become answers
//	account   the published account API, one file a noun
//	identity  the managed-configuration extension: connections, directories, tokens, mappings
//	setup     the dashboard behind a setup link
//	sso       /login and what identity providers answer to; sso/oidc, sso/saml and sso/fetch
//	          are the protocols
//	idp       a test identity provider, on an address of its own; idp/people is its directory,
//	          idp/push carries that to a SCIM endpoint
//	scim      SCIM 2.0 of each directory; scim/patch is pure
//	console   the page at /: the account, who signs in how, the audit trail as it happens
//	control   /_mockcloud/: requests, faults, reset, outbox, clock, snapshot
//
// The way of a request: router finds the route and the caller → a handler of
// account reads the input → store runs it as one transaction, in which the
// caller's right to it is checked once more → the answer becomes JSON in router.
//
// Nothing here imports the client or the provider: the two halves of the project
// share nothing but HTTP.
package mockcloud
