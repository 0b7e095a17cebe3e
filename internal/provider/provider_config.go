package provider

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access/fetch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/settings"
)

const (
	defaultRequestTimeout        = 30 * time.Second
	defaultMaxRetries            = 6
	defaultMaxConcurrentRequests = 10
)

type providerModel struct {
	Endpoint              types.String `tfsdk:"endpoint"`
	APIKey                types.String `tfsdk:"api_key"`
	AccountID             types.String `tfsdk:"account_id"`
	Profile               types.String `tfsdk:"profile"`
	ProfilesFile          types.String `tfsdk:"profiles_file"`
	CustomHeaders         types.Map    `tfsdk:"custom_headers"`
	RequestTimeout        types.String `tfsdk:"request_timeout"`
	MaxRetries            types.Int64  `tfsdk:"max_retries"`
	MaxConcurrentRequests types.Int64  `tfsdk:"max_concurrent_requests"`
	AllowInsecureHTTP     types.Bool   `tfsdk:"allow_insecure_http"`
	LockoutProtection     types.Bool   `tfsdk:"lockout_protection"`
	AllowDisableSSO       types.Bool   `tfsdk:"allow_disable_sso"`
	AcknowledgeLockout    types.Set    `tfsdk:"acknowledge_lockout"`
	PlanPermissions       types.String `tfsdk:"plan_permissions"`
}

// newProviderData checks the whole provider block, reporting every mistake, and connects nothing: the first request is made
// by the first resource that needs one.
func newProviderData(m providerModel, version, terraformVersion string, after func(time.Duration) <-chan time.Time, transport http.RoundTripper) (*providerData, diag.Diagnostics) {
	var diags diag.Diagnostics
	p := &providerData{run: run.New(after)}
	known := func(name string, v attr.Value) bool {
		if v.IsUnknown() {
			p.unknown = append(p.unknown, name)
		}
		return !v.IsUnknown()
	}

	found, problems := settings.Resolve(m.arguments(known), os.Getenv)
	for _, problem := range problems {
		diags.Append(diagnosticOf(problem))
	}
	p.accountID, p.noAccount = found.AccountID, found.AccountUnknown
	cfg := found.Config
	cfg.UserAgent = settings.UserAgent(fmt.Sprintf("terraform-provider-prefectsso/%s Terraform/%s", version, terraformVersion), os.Getenv)
	cfg.Log = logToTerraform
	if known("request_timeout", m.RequestTimeout) {
		cfg.RequestTimeout = parseRequestTimeout(m.RequestTimeout, &diags)
	}
	if known("max_retries", m.MaxRetries) {
		cfg.MaxRetries = intBetween("max_retries", m.MaxRetries, defaultMaxRetries, 0, 50, &diags)
	}
	if known("max_concurrent_requests", m.MaxConcurrentRequests) {
		cfg.MaxConcurrentRequests = intBetween("max_concurrent_requests", m.MaxConcurrentRequests, defaultMaxConcurrentRequests, 1, 100, &diags)
	}
	p.policy = newPolicy(m, os.Getenv, &diags)
	p.permissionsAreErrors = m.PlanPermissions.ValueString() == permissionsError
	p.allowDisableSSO = m.AllowDisableSSO.ValueBool() // while it is unknown, the strict answer holds

	if diags.HasError() || len(p.unknown) > 0 {
		return p, diags
	}
	cfg.Wrote, cfg.Transport = p.wrote, transport
	c, err := client.New(cfg)
	if err != nil {
		diags.AddError("Invalid provider configuration", english.ErrorSentence(err))
		return p, diags
	}
	p.client, p.world = c, fetch.New(c)
	return p, diags
}

// wrote is told of each write of the client: what guards have read of the account may not hold any more.
func (p *providerData) wrote(accountID, noun string) {
	if noun == "account_memberships" {
		p.world.DropPeople(accountID)
		return
	}
	p.world.Drop(accountID)
}

// arguments returns those of the block that settings know. known notes which are not known yet.
func (m providerModel) arguments(known func(string, attr.Value) bool) settings.Arguments {
	args := settings.Arguments{
		Endpoint: m.Endpoint.ValueString(), APIKey: m.APIKey.ValueString(), AccountID: m.AccountID.ValueString(),
		Profile: m.Profile.ValueString(), ProfilesFile: m.ProfilesFile.ValueString(), AllowInsecureHTTP: m.AllowInsecureHTTP.ValueBool(),
	}
	check := func(name string, v attr.Value) bool {
		if !known(name, v) {
			args.Unknown = append(args.Unknown, name)
			return false
		}
		return true
	}
	check(settings.ArgAllowInsecureHTTP, m.AllowInsecureHTTP)
	check(settings.ArgEndpoint, m.Endpoint)
	check(settings.ArgAPIKey, m.APIKey)
	check(settings.ArgAccountID, m.AccountID)
	check(settings.ArgProfile, m.Profile)
	check(settings.ArgProfilesFile, m.ProfilesFile)
	if !check(settings.ArgCustomHeaders, m.CustomHeaders) || m.CustomHeaders.IsNull() {
		return args
	}
	args.CustomHeaders = map[string]string{}
	for name, value := range m.CustomHeaders.Elements() {
		text, ok := value.(types.String)
		if !ok || text.IsUnknown() {
			check(settings.ArgCustomHeaders, types.MapUnknown(types.StringType))
			return args
		}
		if !text.IsNull() { // as if it were left out
			args.CustomHeaders[name] = text.ValueString()
		}
	}
	return args
}

// diagnosticOf returns a problem of the settings on the argument that it belongs to.
func diagnosticOf(p settings.Problem) diag.Diagnostic {
	switch {
	case p.Warning && p.Argument == "":
		return warns(checkThis, path.Empty(), p.Summary, p.Detail)
	case p.Warning:
		return warns(checkThis, path.Root(p.Argument), p.Summary, p.Detail)
	case p.Argument == "":
		return diag.NewErrorDiagnostic(p.Summary, p.Detail)
	}
	return diag.NewAttributeErrorDiagnostic(path.Root(p.Argument), p.Summary, p.Detail)
}

// parseRequestTimeout takes a duration such as "45s", or a bare number of seconds.
func parseRequestTimeout(v types.String, diags *diag.Diagnostics) time.Duration {
	text := v.ValueString()
	if text == "" {
		return defaultRequestTimeout
	}
	d, err := time.ParseDuration(text)
	if seconds, numErr := strconv.ParseFloat(text, 64); numErr == nil {
		d, err = time.Duration(seconds*float64(time.Second)), nil
	}
	if err != nil || d <= 0 {
		diags.AddAttributeError(path.Root("request_timeout"), "Invalid request timeout", fmt.Sprintf("%q is no duration above zero. Write one with its unit, such as \"45s\" or \"2m\".", text))
	}
	return d
}

func intBetween(name string, v types.Int64, fallback, low, high int64, diags *diag.Diagnostics) int {
	if v.IsNull() {
		return int(fallback)
	}
	if n := v.ValueInt64(); n < low || n > high {
		diags.AddAttributeError(path.Root(name), "Number out of range", fmt.Sprintf("`%s` is %d; it takes %d to %d.", name, n, low, high))
	}
	return int(v.ValueInt64())
}

// logToTerraform hands the client's lines to Terraform's log. The client has redacted them.
func logToTerraform(ctx context.Context, level client.Level, msg string, fields map[string]any) {
	switch level {
	case client.LevelTrace:
		tflog.Trace(ctx, msg, fields)
	case client.LevelDebug:
		tflog.Debug(ctx, msg, fields)
	default:
		tflog.Warn(ctx, msg, fields)
	}
}
