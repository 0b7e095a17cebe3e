package provider

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/settings"
)

// newPolicy reads and checks what the provider block says about changes that take people's access away:
// lockout_protection, which has its default from the environment, and acknowledge_lockout. While they are unknown, the
// strict answer holds.
func newPolicy(m providerModel, getenv func(string) string, diags *diag.Diagnostics) access.Policy {
	p := access.Policy{Protect: m.LockoutProtection.IsUnknown() || m.LockoutProtection.ValueBool()}
	if m.LockoutProtection.IsNull() {
		p.Protect = defaultProtection(getenv, diags)
	}
	if m.AcknowledgeLockout.IsNull() || m.AcknowledgeLockout.IsUnknown() {
		return p
	}
	at := path.Root("acknowledge_lockout")
	for _, entry := range normalized.Email.SetOf(m.AcknowledgeLockout).Written() {
		key, err := "", error(nil)
		if domain, all := strings.CutPrefix(entry, "*@"); all {
			key, err = client.NormalizeDomain(domain)
			key = "*@" + key
		} else {
			key, err = client.NormalizeEmail(entry)
		}
		if err != nil {
			diags.AddAttributeError(at, "Invalid acknowledgement", fmt.Sprintf("%q is neither an email address nor `*@domain`. %s", entry, english.ErrorSentence(err)))
			continue
		}
		p.Acknowledged = append(p.Acknowledged, key)
	}
	slices.Sort(p.Acknowledged)
	p.Acknowledged = slices.Compact(p.Acknowledged)
	return p
}

// defaultProtection returns what lockout_protection is where the block does not say.
func defaultProtection(getenv func(string) string, diags *diag.Diagnostics) bool {
	text := getenv(settings.EnvLockoutProtection)
	if text == "" {
		return true
	}
	protect, err := strconv.ParseBool(text)
	if err != nil {
		diags.AddError("Invalid provider configuration", fmt.Sprintf("The environment variable %s is %q; it takes true or false.", settings.EnvLockoutProtection, text))
		return true
	}
	return protect
}
