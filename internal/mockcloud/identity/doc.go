// Package identity is the managed-configuration extension: what today's Prefect
// Cloud configures by hand in a browser, under /api/accounts/{account_id}/sso. One
// file a noun, and as in package account neither state nor rules: both live in
// package store.
//
// A directory's people and groups are found by SCIM filters, some at a time, so that
// long lists hold up no writer.
//
// Saving a connection asks its identity provider's side whether it makes sense, by
// a Checker. That takes as long as it takes, so it never happens in a transaction.
package identity
