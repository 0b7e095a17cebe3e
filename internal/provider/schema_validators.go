package provider

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// uuidValidator accepts UUIDs only.
type uuidValidator struct{}

func isUUID() []validator.String { return []validator.String{uuidValidator{}} }

// Description implements [validator.Describer].
func (uuidValidator) Description(context.Context) string { return "must be a UUID" }

// MarkdownDescription implements [validator.Describer].
func (v uuidValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements [validator.String].
func (uuidValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if known(req.ConfigValue) && uuid.Validate(req.ConfigValue.ValueString()) != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid id", fmt.Sprintf("%q is no UUID.", req.ConfigValue.ValueString()))
	}
}

// rfc3339Validator accepts times as RFC 3339 writes them.
type rfc3339Validator struct{}

// Description implements [validator.Describer].
func (rfc3339Validator) Description(context.Context) string {
	return "must be a time such as 2026-01-31T12:00:00Z"
}

// MarkdownDescription implements [validator.Describer].
func (v rfc3339Validator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements [validator.String].
func (rfc3339Validator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !known(req.ConfigValue) {
		return
	}
	if _, err := time.Parse(time.RFC3339, req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid time", fmt.Sprintf("%q is no time as RFC 3339 writes it. Write one such as \"2026-01-31T12:00:00Z\".", req.ConfigValue.ValueString()))
	}
}

// durationBetween accepts whole seconds in a range. What is no duration at all is reported by the type.
type durationBetween struct{ low, high time.Duration }

// Description implements [validator.Describer].
func (v durationBetween) Description(context.Context) string {
	return fmt.Sprintf("must be %s to %s, in whole seconds", v.low, v.high)
}

// MarkdownDescription implements [validator.Describer].
func (v durationBetween) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements [validator.String].
func (v durationBetween) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	d, err := time.ParseDuration(req.ConfigValue.ValueString())
	if known(req.ConfigValue) && err == nil && (d < v.low || d > v.high || d%time.Second != 0) {
		resp.Diagnostics.AddAttributeError(req.Path, "Duration out of range", fmt.Sprintf("%q %s.", req.ConfigValue.ValueString(), v.Description(ctx)))
	}
}

// parseDuration reads a duration that normalized.Duration has accepted.
func parseDuration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0 // null: none was given
	}
	return d
}

// bearerToken accepts what can be a SCIM token, or another secret of that form. It never repeats the text.
type bearerToken struct{ what string } // "" is a token

var bearerTokenForm = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

// Description implements [validator.Describer].
func (bearerToken) Description(context.Context) string {
	return "must have 32 to 512 of the characters A-Z a-z 0-9 . _ ~ + / -, and may end with ="
}

// MarkdownDescription implements [validator.Describer].
func (v bearerToken) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements [validator.String].
func (v bearerToken) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	secret := req.ConfigValue.ValueString()
	if known(req.ConfigValue) && (len(secret) < 32 || len(secret) > 512 || !bearerTokenForm.MatchString(secret)) {
		what := cmp.Or(v.what, "token")
		resp.Diagnostics.AddAttributeError(req.Path, "Unusable "+what, fmt.Sprintf("A SCIM %s %s. The one given has %s; it is not shown, because it may be a secret.", what, v.Description(ctx), english.Count(len(secret), "character")))
	}
}

// parseTime reads a time that rfc3339Validator has accepted.
func parseTime(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{} // a value that was unknown when it was validated; the span is then empty, which is an error
	}
	return t
}

// pastValidator accepts times that have passed. What is no time at all is reported by rfc3339Validator.
type pastValidator struct{}

// Description implements [validator.Describer].
func (pastValidator) Description(context.Context) string { return "must have passed" }

// MarkdownDescription implements [validator.Describer].
func (v pastValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements [validator.String].
func (pastValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if at := parseTime(req.ConfigValue.ValueString()); at.After(time.Now()) {
		resp.Diagnostics.AddAttributeError(req.Path, "A time in the future", fmt.Sprintf("Nothing has happened yet since %s. Give a time that has passed.", req.ConfigValue.ValueString()))
	}
}
