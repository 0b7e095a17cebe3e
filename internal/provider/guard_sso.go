package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
)

// removal returns the change that disables domains, to be judged.
func (p *providerData) removal(account string, domains []string, at path.Path) judging {
	return judging{
		account: account, policy: p.policy, changes: []access.Change{access.DisableDomains{Names: domains, DisableSSO: p.allowDisableSSO}},
		at: func(access.Finding) path.Path { return at },
	}
}

// checkRemoval judges domains that a plan disables. destroys reports that it destroys their resource: the deletion is
// judged again then.
func (p *providerData) checkRemoval(ctx context.Context, own types.String, domains []string, destroys bool, at path.Path, diags *diag.Diagnostics) {
	if len(domains) == 0 || diags.HasError() || p == nil || p.client == nil {
		return
	}
	account, ok := p.account(own, diags)
	if !ok {
		return
	}
	j := p.removal(account, domains, at)
	if j.policy.Destroying = destroys; destroys {
		j.settled = p.run.Ends.Of(account)
	}
	p.judge(ctx, j, diags)
}

// notJudgedBecause warns that a check which the apply can do without could not be made.
func notJudgedBecause(at path.Path, id access.ID, err error) diag.Diagnostic {
	return warns(leadOf(id), at, access.Finding{ID: id}.Summary(), id.Detail(reason(err)))
}
