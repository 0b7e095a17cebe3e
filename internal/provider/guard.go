package provider

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// guard is what the provider block says about changes that take people's access away.
type guard struct {
	protect      bool            // lockout_protection
	acknowledged map[string]bool // acknowledge_lockout: normalised addresses, and "*@domain"
}

// newGuard reads and checks the guard's arguments. While they are unknown, the strict answer holds.
func newGuard(m providerModel, diags *diag.Diagnostics) guard {
	g := guard{protect: m.LockoutProtection.IsNull() || m.LockoutProtection.IsUnknown() || m.LockoutProtection.ValueBool(), acknowledged: map[string]bool{}}
	if m.AcknowledgeLockout.IsNull() || m.AcknowledgeLockout.IsUnknown() {
		return g
	}
	at := path.Root("acknowledge_lockout")
	for _, entry := range (spelledSetValue{m.AcknowledgeLockout, emailSpelling}).names() {
		key, err := "", error(nil)
		if domain, all := strings.CutPrefix(entry, "*@"); all {
			key, err = client.NormalizeDomain(domain)
			key = "*@" + key
		} else {
			key, err = client.NormalizeEmail(entry)
		}
		if err != nil {
			diags.AddAttributeError(at, "Invalid acknowledgement", fmt.Sprintf("%q is neither an email address nor `*@domain`. %s", entry, sentence(err)))
			continue
		}
		g.acknowledged[key] = true
	}
	return g
}

// bypassing are the ids of the roles that have bypass:sso.
func bypassing(roles []client.AccountRole) (ids []string) {
	for _, role := range roles {
		if role.Has(client.PermissionBypassSSO) {
			ids = append(ids, role.ID)
		}
	}
	return ids
}
