package provider

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
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
	encrypted := err == nil && (u.Scheme == "https" || u.Scheme == "http" && isLoopbackHost(u.Hostname()))
	if !encrypted || u.Host == "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Not an https URL", fmt.Sprintf("%q is no https URL. Logins must not travel unencrypted; plain http is accepted on loopback only.", req.ConfigValue.ValueString()))
	}
}

func isLoopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// freshMetadata refuses metadata that has expired, and metadata whose certificates all have.
type freshMetadata struct{}

// Description implements [validator.Describer].
func (freshMetadata) Description(context.Context) string { return "must be SAML metadata in force" }

// MarkdownDescription implements [validator.Describer].
func (v freshMetadata) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements [validator.String].
func (freshMetadata) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !known(req.ConfigValue) {
		return
	}
	now := time.Now()
	metadata, err := parseSAMLMetadata(req.ConfigValue.ValueString(), time.Time{})
	if err != nil {
		return // the type says what is wrong with it
	}
	if !metadata.ValidUntil.IsZero() && !now.Before(metadata.ValidUntil) {
		resp.Diagnostics.AddAttributeError(req.Path, "Metadata has expired", fmt.Sprintf("The metadata was valid until %s. Fetch it anew from the identity provider.", metadata.ValidUntil.Format(time.RFC3339)))
	}
	for _, certificate := range metadata.Certificates {
		if now.Before(certificate.NotAfter) {
			return
		}
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Certificate has expired", fmt.Sprintf("No certificate of the metadata is valid any more; the last one ended on %s. Fetch the metadata anew from the identity provider.", metadata.Certificates[len(metadata.Certificates)-1].NotAfter.Format(time.DateOnly)))
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
	for _, text := range (spelledSetValue{req.ConfigValue, certificateSpelling}).names() {
		certificate, err := parseCertificate(text)
		if err == nil && time.Now().After(certificate.NotAfter) {
			resp.Diagnostics.AddAttributeError(req.Path, "Certificate has expired", fmt.Sprintf("The certificate of %s ended on %s; no login could be verified with it. Take it out, or put its successor here.", certificate.Subject, certificate.NotAfter.Format(time.DateOnly)))
		}
	}
}
