package oidc

import "github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/fetch"

// Pending is how many logins are kept.
func (rp *RelyingParty) Pending() int { return rp.pendings.len() }

// Fetcher is what the relying party fetches with.
func (rp *RelyingParty) Fetcher() *fetch.Client { return rp.fetcher }
