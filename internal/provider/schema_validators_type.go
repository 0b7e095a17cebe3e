package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// oneOfTypes accepts the types that it lists, and asks whether a type that is close to what was written was meant.
type oneOfTypes struct{ types []string }

var _ validator.String = oneOfTypes{}

// Description is for the documentation.
func (v oneOfTypes) Description(context.Context) string {
	return "must be one of " + strings.Join(v.types, ", ")
}

// MarkdownDescription is for the documentation.
func (v oneOfTypes) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString fails for a type that is not listed.
func (v oneOfTypes) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !known(req.ConfigValue) || slices.Contains(v.types, req.ConfigValue.ValueString()) {
		return
	}
	written := req.ConfigValue.ValueString()
	detail := fmt.Sprintf("%q is no type.", written)
	if meant := v.closest(written); meant != "" {
		detail = fmt.Sprintf("%q is no type. Did you mean %q?", written, meant)
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Unknown type", detail+" The types are: "+strings.Join(v.types, ", ")+".")
}

// closest returns the type that is most like what was written, whatever its case and punctuation; "" where none is like it.
func (v oneOfTypes) closest(written string) string {
	best, least := "", 4
	lower := strings.ToLower //nolint:forbidigo // names of types, of which one is only suggested
	plain := strings.NewReplacer("-", "", "_", "", " ", "")
	for _, kind := range v.types {
		distance := levenshtein.Distance(lower(plain.Replace(written)), lower(kind), nil)
		if distance < least && distance*2 < len(kind) {
			best, least = kind, distance
		}
	}
	return best
}
