package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

func TestClaims(t *testing.T) {
	t.Parallel()
	type take struct {
		owner, account, kind string
		keys                 []string
		ok                   bool
	}
	for name, takes := range map[string][]take{
		"different keys": {{"a", "1", claimDomain, []string{"x"}, true}, {"a", "1", claimDomain, []string{"y"}, true}},
		"one key twice":  {{"a", "1", claimDomain, []string{"x"}, true}, {"b", "1", claimDomain, []string{"x"}, false}},
		"other accounts": {{"a", "1", claimDomain, []string{"x"}, true}, {"b", "2", claimDomain, []string{"x"}, true}},
		"other kinds":    {{"a", "1", claimDomain, []string{"x"}, true}, {"b", "1", claimMemberRole, []string{"x"}, true}},
		"all after one":  {{"a", "1", claimDomain, []string{"x"}, true}, {"b", "1", claimDomain, []string{""}, false}},
		"one after all":  {{"a", "1", claimDomain, []string{""}, true}, {"b", "1", claimDomain, []string{"x"}, false}},
		"all or nothing": {{"a", "1", claimDomain, []string{"x"}, true}, {"b", "1", claimDomain, []string{"y", "x"}, false}, {"c", "1", claimDomain, []string{"y"}, true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClaims()
			for i, step := range takes {
				var diags diag.Diagnostics
				if got := c.take(step.owner, step.account, step.kind, path.Root("name"), &diags, step.keys...); got != step.ok || diags.HasError() == got {
					t.Errorf("take %d: %t with %v, want %t", i, got, diags, step.ok)
				}
			}
		})
	}
}
