package provider

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/loopback"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// httpsURL accepts https URLs, and plain http on loopback for trying things out on one's own machine.
type httpsURL struct{}

// Description implements [validator.Describer].
func (httpsURL) Description(context.Context) string { return "must be an https URL" }

// MarkdownDescription implements [validator.Describer].
func (v httpsURL) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements [validator.String].
func (httpsURL) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !known(req.ConfigValue) {
		return
	}
	u, err := url.Parse(req.ConfigValue.ValueString())
	encrypted := err == nil && (u.Scheme == "https" || u.Scheme == "http" && loopback.IsHost(u.Hostname()))
	if !encrypted || u.Host == "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Not an https URL", fmt.Sprintf("%q is no https URL. Logins must not travel unencrypted; plain http is accepted on loopback only.", req.ConfigValue.ValueString()))
	}
}

// checked is a validator that asks the reader of metadata.
type checked struct {
	what, summary string
	check         func(string) error
}

var (
	ssoURL     = checked{"an https URL that people can be sent to", "Unusable single sign-on URL", samlmetadata.CheckSSOURL}
	idpEntity  = checked{"the entity id of one identity provider", "Unusable entity id", samlmetadata.CheckEntityID}
	oneTenant  = checked{"the issuer of one tenant", "An issuer of any tenant", checkTenant}
	entraByURL = checked{"the metadata of one tenant", "Metadata of any tenant", checkTenantOfMetadata}
)

// Description implements [validator.Describer].
func (v checked) Description(context.Context) string { return "must be " + v.what }

// MarkdownDescription implements [validator.Describer].
func (v checked) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements [validator.String].
func (v checked) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !known(req.ConfigValue) {
		return
	}
	if err := v.check(req.ConfigValue.ValueString()); err != nil {
		detail := english.ErrorSentence(err)
		if id := samlmetadata.IDOf(err); id != "" {
			detail = problemDetail(err.Error(), id)
		}
		resp.Diagnostics.AddAttributeError(req.Path, v.summary, detail)
	}
}

// entraHosts are where Microsoft Entra ID is, in each of its clouds.
var entraHosts = []string{
	"login.microsoftonline.com", "login.microsoftonline.us", "login.microsoftonline.de", "login.partner.microsoftonline.cn",
	"login.chinacloudapi.cn", "login.windows.net", "login.microsoft.com", "sts.windows.net",
}

// entraTenant reads an address of Entra ID: the tenant is the first part of its path.
func entraTenant(address string) (tenant string, u *url.URL, ok bool) {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains(entraHosts, strings.ToLower(u.Hostname())) {
		return "", nil, false
	}
	tenant, _, _ = strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return tenant, u, true
}

// anyTenant reports whether a tenant's name stands for any of them.
func anyTenant(tenant string) bool {
	name := strings.ToLower(tenant)
	return slices.Contains([]string{"common", "organizations", "consumers"}, name) || strings.HasPrefix(name, "{tenant")
}

func checkTenant(issuer string) error {
	if tenant, u, ok := entraTenant(issuer); ok && anyTenant(tenant) {
		return fmt.Errorf("the issuer %q is that of any tenant of Microsoft Entra ID, so people of every company could log in, and no token names it. Write the tenant of your own company instead: https://%s/<tenant id>/v2.0 (the directory id on the overview page of Entra ID)", issuer, u.Host)
	}
	return nil
}

func checkTenantOfMetadata(address string) error {
	if tenant, u, ok := entraTenant(address); ok && anyTenant(tenant) {
		return fmt.Errorf("the metadata at %q is a template for any tenant of Microsoft Entra ID. Write the tenant of your own company and the application: https://%s/<tenant id>/federationmetadata/2007-06/federationmetadata.xml?appid=<application id>", address, u.Host)
	}
	return nil
}

// isEntraWithoutApp reports whether an address is that of a tenant's metadata which names no application.
func isEntraWithoutApp(address string) bool {
	tenant, u, ok := entraTenant(address)
	if !ok || anyTenant(tenant) || !strings.Contains(strings.ToLower(u.Path), "/federationmetadata/") {
		return false
	}
	for name, values := range u.Query() {
		if strings.EqualFold(name, "appid") && slices.ContainsFunc(values, func(app string) bool { return app != "" }) {
			return false
		}
	}
	return true
}

// liveCertificates refuses certificates that have ended.
type liveCertificates struct{}

// Description implements [validator.Describer].
func (liveCertificates) Description(context.Context) string {
	return "must be certificates that have not ended"
}

// MarkdownDescription implements [validator.Describer].
func (v liveCertificates) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateSet implements [validator.Set].
func (liveCertificates) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	for _, text := range certificateKind.SetOf(req.ConfigValue).Written() {
		certificate, err := samlmetadata.ParseCertificate(text)
		if err == nil && time.Now().After(certificate.NotAfter) {
			resp.Diagnostics.AddAttributeError(req.Path, "Certificate has expired", problemDetail(fmt.Sprintf("The certificate of %s ended on %s (%s); no login could be verified with it. Take it out, or put its successor here.", certificate.Subject, certificate.NotAfter.Format(time.DateOnly), samlmetadata.Name(certificate)), samlmetadata.KeyExpired))
		}
	}
}
