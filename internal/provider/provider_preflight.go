package provider

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// Whether the key can do what is planned is found out once a run, by one request at most, and none where other requests have
// shown it: a key that the API does not know, and an account that is not the key's, end the plan with one error, however
// many resources come upon it. A permission that only the apply needs is a warning, because pull requests are planned with
// keys that may only read.

// The values of plan_permissions.
const (
	permissionsWarning = "warning"
	permissionsError   = "error"
)

// preflight is what a run has said of its key. The zero value is ready.
type preflight struct {
	mu       sync.Mutex
	rejected map[string]error // by account, "" for the key itself: what ends the run
	said     map[string]bool  // what is said once
}

// once reports whether it is the first to say something.
func (f *preflight) once(what string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.said == nil {
		f.said = map[string]bool{}
	}
	first := !f.said[what]
	f.said[what] = true
	return first
}

// reject notes that a plan ends because of the key, and reports whether it is the first to say so of this account.
func (f *preflight) reject(err error) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rejected == nil {
		f.rejected = map[string]error{}
	}
	account := rejectedAccount(err)
	_, before := f.rejected[account]
	f.rejected[account] = err
	return !before
}

// rejection returns why nothing can be done in an account; nil where that is not known. Once a refresh or a plan was told
// no error because another one was, nothing of the run may go on.
func (f *preflight) rejection(account string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err, all := f.rejected[""]; all {
		return err
	}
	return f.rejected[account]
}

// rejectedAccount returns the account that is not the key's; "" for a key that the API does not know.
func rejectedAccount(err error) string {
	var account *client.AccountNotFoundError
	if errors.As(err, &account) {
		return strings.ToLower(account.AccountID)
	}
	return ""
}

// keyDiagnostic is an error that is about the key and not about what was asked for.
type keyDiagnostic struct {
	diag.DiagnosticWithPath
	err error
}

// ofKey marks a diagnostic whose error is about the key.
func ofKey(d diag.Diagnostic, err error) diag.Diagnostic {
	var account *client.AccountNotFoundError
	if !client.IsUnauthorized(err) && !errors.As(err, &account) {
		return d
	}
	if errors.As(err, new(*client.SCIMError)) || errors.As(err, new(*client.TokenError)) {
		return d // a token's or a client's, not the API key
	}
	at, ok := d.(diag.DiagnosticWithPath)
	if !ok {
		at = diag.WithPath(path.Empty(), d)
	}
	return keyDiagnostic{at, err}
}

// errNoAccount is that neither a resource nor the provider block names an account.
var errNoAccount = errors.New("no account was named")

// saysFirst reports whether an error about the key is the first of its kind in this run.
func (f *preflight) saysFirst(err error) bool {
	if errors.Is(err, errNoAccount) {
		return f.once("no account")
	}
	return f.reject(err)
}

// says returns the error as it is said once.
func (d keyDiagnostic) says() diag.Diagnostic {
	if errors.Is(d.err, errNoAccount) {
		return d.DiagnosticWithPath
	}
	return saysKeyRejected(d.err).error(path.Empty())
}

// sayKeyOnce keeps one of all errors about the key, however many refreshes and plans of the run come upon them, and has it
// say what is wrong. Whatever is to be changed later in the run fails on it (see [providerData.scope]).
func (p *providerData) sayKeyOnce(diags *diag.Diagnostics) {
	p.sayKey(diags, func(keyDiagnostic) diag.Diagnostics { return nil })
}

// sayKeyShortly is sayKeyOnce for data sources and ephemeral resources. Terraform takes no answer of them that has neither
// values nor an error, so what was said already they say in a sentence.
func (p *providerData) sayKeyShortly(diags *diag.Diagnostics) {
	p.sayKey(diags, func(d keyDiagnostic) diag.Diagnostics {
		return diag.Diagnostics{diag.NewErrorDiagnostic(d.says().Summary(), "Not read, for the reason that another error of this run says.")}
	})
}

// sayKey says an error about the key once, and otherwise what again returns.
func (p *providerData) sayKey(diags *diag.Diagnostics, again func(keyDiagnostic) diag.Diagnostics) {
	if p == nil {
		return
	}
	var kept diag.Diagnostics
	for _, d := range *diags {
		about, ok := d.(keyDiagnostic)
		switch {
		case !ok:
			kept = append(kept, d)
		case p.preflight.saysFirst(about.err):
			kept = append(kept, about.says())
		default:
			kept.Append(again(about)...)
		}
	}
	*diags = kept
}

// endRead ends a refresh: see sayKeyOnce. What stays as it is needs an identity, too, which Terraform before 1.12 keeps none of.
func (p *providerData) endRead(ctx context.Context, resp *resource.ReadResponse) {
	p.sayKeyOnce(&resp.Diagnostics)
	if resp.Diagnostics.HasError() || resp.Identity == nil || resp.State.Raw.IsNull() || !resp.Identity.Raw.IsFullyNull() {
		return
	}
	var state map[string]tftypes.Value
	if err := resp.State.Raw.As(&state); err != nil {
		resp.Diagnostics.AddError("Could not read state", english.ErrorSentence(err))
		return
	}
	values := map[string]tftypes.Value{}
	for name := range resp.Identity.Schema.GetAttributes() {
		values[name] = state[name]
	}
	resp.Identity.Raw = tftypes.NewValue(resp.Identity.Schema.Type().TerraformType(ctx), values)
}

// need finds out whether the key has a permission without which what is planned cannot be applied. What the server does not
// say is not claimed.
func (p *providerData) need(ctx context.Context, own types.String, permission string, diags *diag.Diagnostics) {
	if p == nil || p.client == nil || own.IsUnknown() {
		return
	}
	account, ok := p.account(own, diags)
	if !ok || permission == client.PermissionAdministrateSSO && p.client.Administers(account) {
		return
	}
	permissions, known, err := p.world.Permissions(ctx, account)
	p.lacks(permission, "account "+account, permissions, known, err, diags)
}

// needScope is need for a scope in a workspace.
func (p *providerData) needScope(ctx context.Context, workspaceID types.String, scope string, diags *diag.Diagnostics) {
	if p == nil || p.client == nil || diags.HasError() || !known(workspaceID) {
		return
	}
	scopes, told, err := p.world.Scopes(ctx, workspaceID.ValueString())
	p.lacks(scope, "the workspace "+workspaceID.ValueString(), scopes, told, err, diags)
}

// lacks says, once a run, what the key may not do: permissions are those that it has somewhere.
func (p *providerData) lacks(permission, where string, permissions []string, known bool, err error, diags *diag.Diagnostics) {
	switch {
	case err != nil:
		d := failure("Could not read what the key may do", err)
		if _, about := d.(keyDiagnostic); about {
			diags.Append(d)
		} else if p.preflight.once("not checked in " + where) {
			diags.Append(saysKeyNotChecked(where, err).warning(path.Empty()))
		}
	case known && !slices.Contains(permissions, permission) && p.preflight.once(permission+" in "+where):
		says := saysPermissionMissing(permission, where, p.permissionsAreErrors)
		if p.permissionsAreErrors {
			diags.Append(says.error(path.Empty()))
		} else {
			diags.Append(says.warning(path.Empty()))
		}
	}
}
