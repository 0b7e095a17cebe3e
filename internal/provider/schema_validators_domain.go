package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/publicdomain"
)

// checkNotPublic refuses domains that no one company owns: public suffixes and webmail providers.
func checkNotPublic(name string, at path.Path, diags *diag.Diagnostics) {
	switch publicdomain.KindOf(normalized.Domain.Key(name)) {
	case publicdomain.Suffix:
		diags.AddAttributeError(at, "Public suffix", fmt.Sprintf("%q is a public suffix: organizations register names below it, and it has no owner. Name your own domain.", name))
	case publicdomain.Webmail:
		diags.AddAttributeError(at, "Public email provider", fmt.Sprintf("Anyone can get an address at %q. Enabling it for single sign-on would claim strangers' addresses for this account. Name a domain that your organization owns.", name))
	case publicdomain.None:
	}
}

// ownDomain is checkNotPublic as a validator of one name or of a set of names.
type ownDomain struct{}

var (
	_ validator.String = ownDomain{}
	_ validator.Set    = ownDomain{}
)

// Description implements [validator.Describer].
func (ownDomain) Description(context.Context) string {
	return "must not be a public suffix or a public email provider"
}

// MarkdownDescription implements [validator.Describer].
func (v ownDomain) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements [validator.String].
func (ownDomain) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if known(req.ConfigValue) {
		checkNotPublic(req.ConfigValue.ValueString(), req.Path, &resp.Diagnostics)
	}
}

// ValidateSet implements [validator.Set].
func (ownDomain) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	for _, name := range normalized.Domain.SetOf(req.ConfigValue).Written() {
		checkNotPublic(name, req.Path, &resp.Diagnostics)
	}
}
