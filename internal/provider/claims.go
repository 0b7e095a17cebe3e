package provider

import (
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// The kinds of thing that resources claim.
const (
	claimDomain        = "domain"
	claimMemberRole    = "role of member"
	claimSessionPolicy = "session policy"
	claimConnection    = "identity provider"
	claimTeamRole      = "role of team"
	claimDirectory     = "SCIM directory"
)

// claims keeps two resources of one run from managing one thing. Create and Update claim what they are about to write;
// the second claimant of a thing fails, and the error names both resource types. Delete asks whether somebody took the
// thing over in the same run, and then leaves it alone. Claims live as long as the configured provider: one walk of
// Terraform. Across runs and states nothing can be seen here.
type claims struct {
	// deletes is held for reading by every Delete that is under way, and for writing while a claim is made: whoever
	// claims a thing finds all Deletes before it done, and every Delete after it finds the claim.
	deletes sync.RWMutex
	mu      sync.Mutex
	owners  map[claim]string // the resource type that holds it
}

// claim names one thing. Key "" is all things of the kind.
type claim struct {
	account, kind, key string
}

func newClaims() *claims {
	return &claims{owners: map[claim]string{}}
}

// take claims all keys for a resource of type owner, or none and reports the first that is taken.
func (c *claims) take(owner, account, kind string, at path.Path, diags *diag.Diagnostics, keys ...string) bool {
	c.deletes.Lock()
	defer c.deletes.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		if other, taken := c.holder(account, kind, key); taken {
			diags.Append(saysManagedTwice(kind, key, other, owner).error(at))
			return false
		}
	}
	for _, key := range keys {
		c.owners[claim{account, kind, key}] = owner
	}
	return true
}

// deleting begins a Delete; the function that it returns ends it. In between, nobody makes a claim.
func (c *claims) deleting() (done func()) {
	c.deletes.RLock()
	return c.deletes.RUnlock
}

// taken says whether anything in this run has claimed the key.
func (c *claims) taken(account, kind, key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, taken := c.holder(account, kind, key)
	return taken
}

// holder finds who holds key, or all of its kind; for key "", who holds any of the kind, the first one by name.
func (c *claims) holder(account, kind, key string) (string, bool) {
	if owner, ok := c.owners[claim{account, kind, key}]; ok {
		return owner, true
	}
	if key != "" {
		owner, ok := c.owners[claim{account, kind, ""}]
		return owner, ok
	}
	first, found := "", false
	for held, owner := range c.owners {
		if held.account == account && held.kind == kind && (!found || owner < first) {
			first, found = owner, true
		}
	}
	return first, found
}
