package provider

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

// null, unknown and "" are handled here and nowhere else: the API's null and "" are Terraform's null, and an unknown
// value is never handed to the client.

// stringOrNull returns null for nil and "".
func stringOrNull(s *string) types.String {
	if s == nil || *s == "" {
		return types.StringNull()
	}
	return types.StringValue(*s)
}

// textOrNull is stringOrNull for a plain string.
func textOrNull(s string) types.String {
	return stringOrNull(&s)
}

// textOr returns the value, or a fallback where it is null, unknown or "".
func textOr(v types.String, fallback string) types.String {
	return types.StringValue(cmp.Or(v.ValueString(), fallback))
}

// setOf returns a set of plain strings.
func setOf(values []string) types.Set {
	elements := make([]attr.Value, len(values))
	for i, value := range values {
		elements[i] = types.StringValue(value)
	}
	return types.SetValueMust(types.StringType, elements)
}

// listOf returns a list of plain strings.
func listOf(values []string) types.List {
	elements := make([]attr.Value, len(values))
	for i, value := range values {
		elements[i] = types.StringValue(value)
	}
	return types.ListValueMust(types.StringType, elements)
}

// stringsOf returns the strings of a set, sorted; nil for null.
func stringsOf(set types.Set) *[]string {
	if set.IsNull() || set.IsUnknown() {
		return nil
	}
	out := normalized.Set{SetValue: set}.Written()
	return &out
}

// originFromAPI returns what the server tells of a thing's making: the attributes created and created_by.
func originFromAPI(o client.Origin) (created, by types.String) {
	return timeOrNull(o.Created), stringOrNull(o.CreatedBy)
}

// timeOrNull returns RFC 3339 in UTC, and null for nil and the zero time.
func timeOrNull(t *time.Time) types.String {
	if t == nil || t.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339Nano))
}

// millisecondsOrNull returns a duration in milliseconds, rounded up; null for nil.
func millisecondsOrNull(d *time.Duration) types.Int64 {
	if d == nil {
		return types.Int64Null()
	}
	return types.Int64Value((*d + time.Millisecond - 1).Milliseconds())
}

// privateText returns a text as the private state takes it, and textFrom reads it; "" where there is none.
func privateText(text string) []byte {
	encoded, _ := json.Marshal(text) // a string can always be encoded
	return encoded
}

func textFrom(private []byte) (text string) {
	_ = json.Unmarshal(private, &text) // nothing, or what privateText has made
	return text
}
