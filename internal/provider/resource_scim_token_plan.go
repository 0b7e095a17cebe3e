package provider

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// What a plan finds out of a token: whether it can be made, rotated or replaced, and when it ends.

// needsSecret returns the error of a change that a token cannot take without another secret.
func needsSecret() diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("token_wo_version"), "A new token needs a new secret", "Another name or another directory takes another token, and the server takes no secret twice. Bring a new `token_wo`, and bump `token_wo_version` here and at the identity provider.")
}

// checkNew finds out while planning what would make the apply fail. That the server offers no tokens is an error, and so
// is a secret, where it is given, like that of the live token of the same name: a replacement would end that one first, and
// one that an identity provider has used does not free its secret.
// That there is no room now is a warning, because there may be until then; but not where both tokens are the resource's own,
// the last one and the one before it, and the overlap goes on.
func (r *scimTokenResource) checkNew(ctx context.Context, plan *scimTokenModel, secret string, diags *diag.Diagnostics, own ...string) {
	if plan.AccountID.IsUnknown() || !r.data.canPlan(diags) {
		return
	}
	if plan.DirectoryID.IsUnknown() {
		if err := r.data.checkOffered(ctx, plan.AccountID.ValueString()); err != nil {
			diags.Append(failure("Could not read SCIM tokens", err))
		}
		return
	}
	if r.data.run.Expired.Has(plan.secretOf(secret[max(0, len(secret)-4):])) {
		diags.Append(diag.NewAttributeErrorDiagnostic(path.Root("token_wo_version"), "A new token needs a new secret", fmt.Sprintf("The token %s of the directory %s has expired, and the server does not take its secret again. Bring a new `token_wo`, and bump `token_wo_version` here and at the identity provider.", plan.Name.ValueString(), plan.DirectoryID.ValueString())))
		return
	}
	live, err := r.data.client.ListSCIMTokens(ctx, plan.AccountID.ValueString(), plan.DirectoryID.ValueString())
	if client.IsNotFound(err) { // gone by now, or it comes until then
		diags.Append(saysDirectoryAbsent(plan.DirectoryID.ValueString(), plan.AccountID.ValueString()).warning(path.Root("directory_id")))
		return
	}
	if err != nil {
		diags.Append(failure("Could not read SCIM tokens", err))
		return
	}
	if slices.ContainsFunc(live, func(t client.SCIMToken) bool {
		return t.LastUsedAt != nil && t.Name == plan.Name.ValueString() && endsWith(secret, t.Suffix)
	}) {
		diags.AddAttributeError(path.Root("token_wo"), "Secret was used before", fmt.Sprintf("The directory %s has a live token %s whose secret ends with the same four characters, and the server takes no secret twice. A token is rotated, never replaced: that would end it first, and then fail. Bring a new `token_wo`, and bump `token_wo_version` here and at the identity provider; take `-replace` away, or a taint by `terraform untaint`.", plan.DirectoryID.ValueString(), plan.Name.ValueString()))
		return
	}
	if d := noRoom(live, plan.DirectoryID.ValueString()); d != nil {
		if !slices.ContainsFunc(live, func(t client.SCIMToken) bool {
			return !t.Run && (!slices.Contains(own, t.ID) || endsSoon(t.ExpiresAt))
		}) {
			diags.Append(d)
			return
		}
		diags.Append(asWarning(d, " Unless there is room by then, applying this plan fails."))
	}
}

// endsSoon reports whether something is over before a plan that is made now is likely to be applied.
func endsSoon(expires *time.Time) bool {
	return expires != nil && time.Until(*expires) < 5*time.Minute
}

// checkMove looks whether a token can go on whose directory is not known yet, and which brings no new secret: not where the
// plan replaces its directory, and an identity provider has used the token.
func (r *scimTokenResource) checkMove(ctx context.Context, prior *scimTokenModel, diags *diag.Diagnostics) {
	unless := asWarning(needsSecret(), " Unless the directory stays the same, applying this plan ends the token and then fails.")
	if r.data == nil || r.data.client == nil || !r.data.run.Ends.HasDirectory(prior.DirectoryID.ValueString()) {
		diags.Append(unless)
		return
	}
	live, err := r.data.client.ListSCIMTokens(ctx, prior.AccountID.ValueString(), prior.DirectoryID.ValueString())
	switch used := slices.ContainsFunc(live, func(t client.SCIMToken) bool { return t.ID == prior.ID.ValueString() && t.LastUsedAt != nil }); {
	case client.IsNotFound(err):
	case err != nil:
		diags.Append(failure("Could not read SCIM tokens", err))
	case used:
		diags.Append(needsSecret())
	default:
		diags.Append(unless)
	}
}

// noRoom returns the error of a token beside which there are too many already. A rotation without an overlap is no
// exception: it would end all of the directory's other tokens, somebody else's too.
func noRoom(live []client.SCIMToken, directoryID string) diag.Diagnostic {
	var names []string
	for _, token := range live {
		if token.Run {
			continue
		}
		expires := "never expires"
		if token.ExpiresAt != nil {
			expires = "expires " + token.ExpiresAt.UTC().Format(time.RFC3339)
		}
		names = append(names, fmt.Sprintf("%s (…%s, id %s, %s)", token.Name, token.Suffix, token.ID, expires))
	}
	if len(names) < client.MaxSCIMTokens {
		return nil
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("token_wo_version"), "Too many live tokens", fmt.Sprintf("The directory %s has %s. At most %d live at once: wait until one expires, destroy the resource that made it, or delete it.", directoryID, english.And(names), client.MaxSCIMTokens))
}

// warnOfTokenExpiry warns 30 days before a token ends, as warnOfExpiry does for certificates.
func warnOfTokenExpiry(m *scimTokenModel, now time.Time, diags *diag.Diagnostics) {
	if m.ExpiresAt.IsNull() {
		return
	}
	expires := parseTime(m.ExpiresAt.ValueString())
	if left := expires.Sub(now); left < expiresSoon {
		diags.Append(warns(actionNeeded, path.Root("token_wo_version"), "SCIM token expires soon", fmt.Sprintf("The token %s (…%s) expires on %s (%s from now); pushes of the identity provider fail after that. Rotate it: bring a new `token_wo`, and bump `token_wo_version` here and there.", m.Name.ValueString(), m.Suffix.ValueString(), expires.Format(time.DateOnly), english.Count(max(0, int(left.Hours()/24)), "day"))))
	}
}

// secretOf names a secret by what a state has of it.
func (m *scimTokenModel) secretOf(suffix string) string {
	return m.DirectoryID.ValueString() + "\n" + m.Name.ValueString() + "\n" + suffix
}

// noteExpired notes a token that is gone because it has expired, for the plan of its successor.
func (r *scimTokenResource) noteExpired(m *scimTokenModel) {
	if known(m.ExpiresAt) && time.Now().After(parseTime(m.ExpiresAt.ValueString())) {
		r.data.run.Expired.Note(m.secretOf(m.Suffix.ValueString()))
	}
}
