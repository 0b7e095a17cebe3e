package oidc

import "github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/fetch"

// Pending is how many logins are kept.
func (rp *RelyingParty) Pending() int { return rp.pendings.len() }

// Providers is how many providers are kept.
func (rp *RelyingParty) Providers() int {
	rp.mu.RLock()
	defer rp.mu.RUnlock()
	return len(rp.providers)
}

// Fetcher is what the relying party fetches with.
func (rp *RelyingParty) Fetcher() *fetch.Client { return rp.fetcher }
