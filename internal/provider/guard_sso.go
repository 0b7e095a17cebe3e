package provider

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
)

// removal is the change that disables domains, to be judged.
func (s *session) removal(account string, domains []string, at path.Path) judging {
	return judging{
		account: account, policy: s.policy, changes: []access.Change{access.DisableDomains{Names: domains, DisableSSO: s.allowDisableSSO}},
		at: func(access.Finding) path.Path { return at },
	}
}

// checkRemoval judges domains that a plan disables. destroys reports that it destroys their resource: the deletion is
// judged again then.
func (s *session) checkRemoval(ctx context.Context, own types.String, domains []string, destroys bool, at path.Path, diags *diag.Diagnostics) {
	if len(domains) == 0 || diags.HasError() || s == nil || s.client == nil {
		return
	}
	account, ok := s.account(own, diags)
	if !ok {
		return
	}
	j := s.removal(account, domains, at)
	j.policy.Destroying = destroys
	s.judge(ctx, j, diags)
}

// plannedConnections are the connections that are to be active, as far as this run has planned them: a change of another
// connection counts on them. Whether they have become active is looked at before that change is made.
type plannedConnections struct {
	mu       sync.Mutex
	accounts map[string]map[string]access.PutConnection // account → name of the connection
}

func newPlannedConnections() *plannedConnections {
	return &plannedConnections{accounts: map[string]map[string]access.PutConnection{}}
}

// note notes a connection. What it routes it takes over: whether it may is judged with its own change.
func (p *plannedConnections) note(account string, put access.PutConnection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.accounts[account] == nil {
		p.accounts[account] = map[string]access.PutConnection{}
	}
	put.Activate, put.TakeOver = true, true
	p.accounts[account][put.Name] = put
}

// beside returns the connections but for one.
func (p *plannedConnections) beside(account, name string) (others []access.Change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, other := range slices.Sorted(maps.Keys(p.accounts[account])) {
		if other != name {
			others = append(others, p.accounts[account][other])
		}
	}
	return others
}

// notJudgedBecause warns that a check which the apply can do without could not be made.
func notJudgedBecause(at path.Path, id access.ID, err error) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, access.Finding{ID: id}.Summary(), id.Detail(reason(err)))
}
