package provider

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

const (
	defaultEndpoint              = "https://api.prefect.cloud/api"
	defaultRequestTimeout        = 30 * time.Second
	defaultMaxRetries            = 6
	defaultMaxConcurrentRequests = 10
)

// The environment variables are those of Prefect's own provider, so that one environment serves both.
const (
	envEndpoint  = "PREFECT_API_URL"
	envAPIKey    = "PREFECT_API_KEY"
	envAccountID = "PREFECT_CLOUD_ACCOUNT_ID"
)

type providerModel struct {
	Endpoint              types.String `tfsdk:"endpoint"`
	APIKey                types.String `tfsdk:"api_key"`
	AccountID             types.String `tfsdk:"account_id"`
	RequestTimeout        types.String `tfsdk:"request_timeout"`
	MaxRetries            types.Int64  `tfsdk:"max_retries"`
	MaxConcurrentRequests types.Int64  `tfsdk:"max_concurrent_requests"`
	AllowInsecureHTTP     types.Bool   `tfsdk:"allow_insecure_http"`
	LockoutProtection     types.Bool   `tfsdk:"lockout_protection"`
	AcknowledgeLockout    types.Set    `tfsdk:"acknowledge_lockout"`
}

// session is what one configured provider hands to its resources and data sources.
type session struct {
	client    *client.Client // nil while an argument that it needs is unknown
	accountID string         // the account of resources that name none; "" when there is none
	unknown   []string       // arguments of the provider block that are not known yet
	claims    *claims        // what resources of this run have taken hold of
	planned   *claims        // the same of those that are there, as planned
	guard     guard          // what this run may do to people's access
	self      self           // whose API key is in use
	ownership ownership      // which accounts have directories that govern members
	lastOut   *lastOut       // who gets in without single sign-on while roles change
	logins    *plannedLogins // which connections this run makes active
}

// newSession checks the whole provider block, reporting every mistake, and connects nothing: the first request is made
// by the first resource that needs one.
func newSession(m providerModel, version, terraformVersion string, after func(time.Duration) <-chan time.Time) (*session, diag.Diagnostics) {
	var diags diag.Diagnostics
	s := &session{claims: newClaims(), planned: newClaims(), lastOut: newLastOut(after), logins: newPlannedLogins()}
	known := func(name string, v attr.Value) bool {
		if v.IsUnknown() {
			s.unknown = append(s.unknown, name)
		}
		return !v.IsUnknown()
	}

	cfg := client.Config{
		UserAgent: fmt.Sprintf("terraform-provider-prefectsso/%s Terraform/%s", version, terraformVersion),
		Log:       logToTerraform,
	}
	if known("allow_insecure_http", m.AllowInsecureHTTP) {
		cfg.AllowInsecureHTTP = m.AllowInsecureHTTP.ValueBool()
	}
	if known("endpoint", m.Endpoint) {
		cfg.Endpoint = firstNonEmpty(m.Endpoint.ValueString(), os.Getenv(envEndpoint), defaultEndpoint)
		if _, err := client.ParseEndpoint(cfg.Endpoint, cfg.AllowInsecureHTTP || m.AllowInsecureHTTP.IsUnknown()); err != nil {
			diags.AddAttributeError(path.Root("endpoint"), "Invalid endpoint", sentence(err)+" The endpoint comes from the argument `endpoint`, else from the environment variable "+envEndpoint+".")
		}
	}
	if known("api_key", m.APIKey) {
		cfg.APIKey = firstNonEmpty(m.APIKey.ValueString(), os.Getenv(envAPIKey))
		if cfg.APIKey == "" {
			diags.AddAttributeError(path.Root("api_key"), "Missing API key", "Every request to Prefect Cloud needs an API key. Set the environment variable "+envAPIKey+" (it stays out of your files), or the argument `api_key` of the provider block.")
		}
	}
	if known("account_id", m.AccountID) {
		s.accountID = firstNonEmpty(m.AccountID.ValueString(), os.Getenv(envAccountID))
		if s.accountID != "" && uuid.Validate(s.accountID) != nil {
			diags.AddAttributeError(path.Root("account_id"), "Invalid account id", fmt.Sprintf("%q is no UUID. The account id stands in the address of your account's settings page; it comes from the argument `account_id`, else from the environment variable %s.", s.accountID, envAccountID))
		}
	}
	if known("request_timeout", m.RequestTimeout) {
		cfg.RequestTimeout = parseRequestTimeout(m.RequestTimeout, &diags)
	}
	if known("max_retries", m.MaxRetries) {
		cfg.MaxRetries = intBetween("max_retries", m.MaxRetries, defaultMaxRetries, 0, 50, &diags)
	}
	if known("max_concurrent_requests", m.MaxConcurrentRequests) {
		cfg.MaxConcurrentRequests = intBetween("max_concurrent_requests", m.MaxConcurrentRequests, defaultMaxConcurrentRequests, 1, 100, &diags)
	}
	s.guard = newGuard(m, &diags)

	if diags.HasError() || len(s.unknown) > 0 {
		return s, diags
	}
	c, err := client.New(cfg)
	if err != nil {
		diags.AddError("Invalid provider configuration", sentence(err))
		return s, diags
	}
	s.client = c
	return s, diags
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
