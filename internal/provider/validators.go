package provider

import (
	"context"
	"fmt"

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
