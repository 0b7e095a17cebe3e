package provider

import (
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// null, unknown and "" are handled here and nowhere else: the API's null and "" are Terraform's null, and an unknown
// value is never handed to the client.

// stringOrNull is null for nil and "".
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

// textOr is the value, or a fallback where it is null, unknown or "".
func textOr(v types.String, fallback string) types.String {
	return types.StringValue(firstNonEmpty(v.ValueString(), fallback))
}

// setOf is a set of plain strings.
func setOf(values []string) types.Set {
	elements := make([]attr.Value, len(values))
	for i, value := range values {
		elements[i] = types.StringValue(value)
	}
	return types.SetValueMust(types.StringType, elements)
}

// listOf is a list of plain strings.
func listOf(values []string) types.List {
	elements := make([]attr.Value, len(values))
	for i, value := range values {
		elements[i] = types.StringValue(value)
	}
	return types.ListValueMust(types.StringType, elements)
}

// stringsOf are the strings of a set, sorted; nil for null.
func stringsOf(set types.Set) *[]string {
	if set.IsNull() || set.IsUnknown() {
		return nil
	}
	out := spelledSetValue{SetValue: set}.names()
	return &out
}

// originFromAPI is what the server tells of a thing's making: the attributes created and created_by.
func originFromAPI(o client.Origin) (created, by types.String) {
	return timeOrNull(o.Created), stringOrNull(o.CreatedBy)
}

// timeOrNull is RFC 3339 in UTC, and null for nil and the zero time.
func timeOrNull(t *time.Time) types.String {
	if t == nil || t.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339Nano))
}

// millisecondsOrNull is a duration in milliseconds, rounded up; null for nil.
func millisecondsOrNull(d *time.Duration) types.Int64 {
	if d == nil {
		return types.Int64Null()
	}
	return types.Int64Value((*d + time.Millisecond - 1).Milliseconds())
}

func firstNonEmpty(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// quoteList reads `a`, `b` and `c`.
func quoteList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "`" + name + "`"
	}
	return joinAnd(quoted)
}

func joinAnd(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// someOf names up to 20 of many, sorted, and how many more there are.
func someOf(names []string) string {
	const most = 20
	sorted := append([]string(nil), names...)
	sort.Strings(sorted)
	if len(sorted) <= most {
		return strings.Join(sorted, ", ")
	}
	return strings.Join(sorted[:most], ", ") + ", and " + plural(len(sorted)-most, "more")
}

// plural counts things: "1 person", "2 people". Words without a special plural take an s, "more" stays.
func plural(n int, word string) string {
	switch {
	case word == "more" || n == 1:
	case word == "person":
		word = "people"
	default:
		word += "s"
	}
	return strconv.Itoa(n) + " " + word
}

// sentence is an error's text as one.
func sentence(err error) string { return asSentence(err.Error()) }

// asSentence makes a text start with a capital and end with a full stop.
func asSentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return text
	}
	first, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}
