package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"golang.org/x/net/publicsuffix"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

// webmail are providers where anybody gets an address. Enabling one for single sign-on would claim strangers' mail.
// Names without a dot stand for all their country forms ("yahoo" for yahoo.com, yahoo.co.uk, …).
var webmail = map[string]bool{
	"gmail.com": true, "googlemail.com": true, "outlook.com": true, "outlook.de": true, "outlook.fr": true,
	"outlook.es": true, "outlook.it": true, "outlook.jp": true, "hotmail": true, "live.com": true, "live.co.uk": true,
	"live.de": true, "live.fr": true, "live.nl": true, "live.it": true, "msn.com": true,
	"yahoo": true, "ymail.com": true, "rocketmail.com": true, "icloud.com": true, "me.com": true, "mac.com": true,
	"aol": true, "proton.me": true, "protonmail.com": true, "pm.me": true, "gmx": true, "web.de": true, "mail.com": true,
	"t-online.de": true, "freenet.de": true, "zoho.com": true, "zohomail.com": true, "yandex": true, "mail.ru": true,
	"bk.ru": true, "inbox.ru": true, "list.ru": true, "qq.com": true, "163.com": true, "126.com": true, "yeah.net": true,
	"sina.com": true, "naver.com": true, "daum.net": true, "hanmail.net": true, "fastmail.com": true, "fastmail.fm": true,
	"hey.com": true, "tutanota.com": true, "tuta.com": true, "tuta.io": true, "mailbox.org": true, "posteo.de": true,
	"orange.fr": true, "wanadoo.fr": true, "free.fr": true, "laposte.net": true, "sfr.fr": true, "libero.it": true,
	"virgilio.it": true, "rediffmail.com": true, "uol.com.br": true, "bol.com.br": true, "terra.com.br": true,
	"comcast.net": true, "verizon.net": true, "att.net": true, "btinternet.com": true, "rambler.ru": true,
	"seznam.cz": true, "wp.pl": true, "o2.pl": true, "onet.pl": true, "interia.pl": true,
}

// checkNotPublic refuses domains that no one company owns: public suffixes and webmail providers.
func checkNotPublic(name string, at path.Path, diags *diag.Diagnostics) {
	domain := normalized.Domain.Key(name)
	suffix, _ := publicsuffix.PublicSuffix(domain)
	owner := strings.TrimSuffix(strings.TrimSuffix(domain, suffix), ".")
	switch {
	case owner == "":
		diags.AddAttributeError(at, "Public suffix", fmt.Sprintf("%q is a public suffix: organizations register names below it, and it has no owner. Name your own domain.", name))
	case webmail[domain], !strings.Contains(owner, ".") && webmail[owner]:
		diags.AddAttributeError(at, "Public email provider", fmt.Sprintf("Anyone can get an address at %q. Enabling it for single sign-on would claim strangers' addresses for this account. Name a domain that your organization owns.", name))
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
