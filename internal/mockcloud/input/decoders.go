package input

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Any takes whatever is there.
func Any(v Value) any { return v.raw }

// String takes a string.
func String(v Value) string {
	s, ok := v.raw.(string)
	if !ok {
		v.fail("string_type", "Input should be a valid string")
	}
	return s
}

// StringUpTo takes a string of at most n characters.
func StringUpTo(n int) Decoder[string] {
	return func(v Value) string {
		s := String(v)
		if utf8.RuneCountInString(s) > n {
			v.fail("string_too_long", fmt.Sprintf("String should have at most %d characters", n))
		}
		return s
	}
}

// NonEmpty takes a string of one to n characters, not all of them white space.
func NonEmpty(n int) Decoder[string] {
	return func(v Value) string {
		noted := len(*v.problems)
		s := StringUpTo(n)(v)
		if len(*v.problems) == noted && strings.TrimSpace(s) == "" {
			v.fail("string_too_short", "String should have at least 1 character")
		}
		return s
	}
}

// Email takes an email address, with nothing around it.
func Email(v Value) string {
	noted := len(*v.problems)
	s := String(v)
	if len(*v.problems) > noted {
		return s
	}
	if err := store.CheckEmail(s); err != nil {
		v.fail("value_error", "value is not a valid email address: "+err.Error())
	}
	return address.Normal(s)
}

// Bool takes true and false and, as pydantic does, the usual words for them.
func Bool(v Value) bool {
	switch raw := v.raw.(type) {
	case bool:
		return raw
	case string:
		return boolWord(v, raw)
	case json.Number:
		return boolWord(v, raw.String())
	}
	v.fail("bool_type", "Input should be a valid boolean")
	return false
}

func boolWord(v Value, word string) bool {
	switch fold.Token(word) {
	case "true", "t", "yes", "y", "on", "1":
		return true
	case "false", "f", "no", "n", "off", "0":
		return false
	}
	v.fail("bool_parsing", "Input should be a valid boolean, unable to interpret input")
	return false
}

// Int takes a whole number, also as a string.
func Int(v Value) int {
	switch raw := v.raw.(type) {
	case json.Number:
		return wholeNumber(v, raw.String())
	case string:
		n, err := strconv.Atoi(strings.TrimSpace(raw))
		if err != nil {
			v.fail("int_parsing", "Input should be a valid integer, unable to parse string as an integer")
		}
		return n
	}
	v.fail("int_type", "Input should be a valid integer")
	return 0
}

// wholeNumber reads 5 and 5.0 and 5e0 alike, without ever building a number as
// long as a malicious exponent asks for.
func wholeNumber(v Value, text string) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	float, _, err := big.ParseFloat(text, 10, 64, big.ToNearestEven)
	switch {
	case err != nil:
		v.fail("int_parsing_size", "Unable to parse input string as an integer, exceeded maximum size")
		return 0
	case !float.IsInt():
		v.fail("int_from_float", "Input should be a valid integer, got a number with a fractional part")
		return 0
	}
	n, accuracy := float.Int64()
	if accuracy != big.Exact {
		v.fail("int_parsing_size", "Unable to parse input string as an integer, exceeded maximum size")
		return 0
	}
	return int(n)
}

// IntFrom takes a whole number that is at least low.
func IntFrom(low int) Decoder[int] {
	return func(v Value) int {
		noted := len(*v.problems)
		n := Int(v)
		if len(*v.problems) == noted && n < low {
			v.fail("greater_than_equal", fmt.Sprintf("Input should be greater than or equal to %d", low))
		}
		return n
	}
}

// IntBetween takes a whole number from low to high.
func IntBetween(low, high int) Decoder[int] {
	return func(v Value) int {
		n := IntFrom(low)(v)
		if n > high {
			v.fail("less_than_equal", fmt.Sprintf("Input should be less than or equal to %d", high))
		}
		return n
	}
}

// FloatBetween takes a number from low to high.
func FloatBetween(low, high float64) Decoder[float64] {
	return func(v Value) float64 {
		number, ok := v.raw.(json.Number)
		if !ok {
			v.fail("float_type", "Input should be a valid number")
			return 0
		}
		n, err := number.Float64()
		switch {
		case err != nil:
			v.fail("float_parsing", "Input should be a valid number, unable to parse it")
		case n < low:
			v.fail("greater_than_equal", fmt.Sprintf("Input should be greater than or equal to %g", low))
		case n > high:
			v.fail("less_than_equal", fmt.Sprintf("Input should be less than or equal to %g", high))
		}
		return n
	}
}

// UUID takes an id.
func UUID(v Value) uuid.UUID {
	s, ok := v.raw.(string)
	if !ok {
		v.fail("uuid_type", "UUID input should be a string, bytes or UUID object")
		return uuid.Nil
	}
	id, err := uuid.Parse(s)
	if err != nil {
		v.fail("uuid_parsing", "Input should be a valid UUID, unable to parse it")
	}
	return id
}

// Time takes an instant (RFC 3339); without an offset it is in UTC, and a date
// alone is its midnight.
func Time(v Value) time.Time {
	s, ok := v.raw.(string)
	if !ok {
		v.fail("datetime_type", "Input should be a valid datetime")
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
		// A year of five digits, as an offset may make one, cannot be told in an answer.
		if t, err := time.Parse(layout, s); err == nil && t.UTC().Year() <= 9999 && t.UTC().Year() >= 0 {
			return t.UTC()
		}
	}
	v.fail("datetime_from_date_parsing", "Input should be a valid datetime or date, unable to parse it")
	return time.Time{}
}

// Enum takes one of the values.
func Enum[T ~string](values ...T) Decoder[T] {
	return func(v Value) T {
		s, ok := v.raw.(string)
		if !ok || !slices.Contains(values, T(s)) {
			v.fail("enum", "Input should be "+alternatives(values))
		}
		return T(s)
	}
}

func alternatives[T ~string](values []T) string {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = "'" + string(value) + "'"
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}

// List takes a list.
func List[T any](decode Decoder[T]) Decoder[[]T] {
	return func(v Value) []T {
		raw, ok := v.raw.([]any)
		if !ok {
			v.fail("list_type", "Input should be a valid list")
			return nil
		}
		out := make([]T, len(raw))
		for i, element := range raw {
			out[i] = decode(v.at(i, element))
		}
		return out
	}
}

// ListOf takes a list of least to most elements.
func ListOf[T any](decode Decoder[T], minItems, maxItems int) Decoder[[]T] {
	return func(v Value) []T {
		if raw, ok := v.raw.([]any); ok {
			switch n := len(raw); {
			case n < minItems:
				v.fail("too_short", fmt.Sprintf("List should have at least %d item%s after validation, not %d", minItems, plural(minItems), n))
				return nil
			case n > maxItems:
				v.fail("too_long", fmt.Sprintf("List should have at most %d item%s after validation, not %d", maxItems, plural(maxItems), n))
				return nil
			}
		}
		return List(decode)(v)
	}
}

// OneOrMore takes a list, or one value that stands for a list of itself.
func OneOrMore[T any](decode Decoder[T]) Decoder[[]T] {
	return func(v Value) []T {
		if _, isList := v.raw.([]any); isList {
			return List(decode)(v)
		}
		return []T{decode(v)}
	}
}

// IsList reports whether a value is a list, for what has to know which of the two
// OneOrMore took.
func IsList(v Value) bool {
	_, isList := v.raw.([]any)
	return isList
}

// Map takes an object whose values are all of one kind.
func Map[T any](decode Decoder[T]) Decoder[map[string]T] {
	return func(v Value) map[string]T {
		raw, ok := v.raw.(map[string]any)
		if !ok {
			v.fail("dict_type", "Input should be a valid dictionary")
			return nil
		}
		out := make(map[string]T, len(raw))
		for _, name := range slices.Sorted(maps.Keys(raw)) {
			out[name] = decode(v.at(name, raw[name]))
		}
		return out
	}
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// JSON keeps a value as it is.
func JSON(v Value) json.RawMessage {
	// What was read from JSON always becomes JSON again.
	out, _ := json.Marshal(v.raw)
	return out
}
