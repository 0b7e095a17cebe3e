package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
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

// parseTime reads a time that rfc3339Validator has accepted.
func parseTime(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{} // a value that was unknown when it was validated; the span is then empty, which is an error
	}
	return t
}
