package table

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"unicode"
)

// Describe returns a row's fields by their names in snake case, as values for
// encoding/json, without those that are zero or tagged `secret:"true"`.
func Describe(row any) any { return describeValue(reflect.ValueOf(row)) }

func describeValue(v reflect.Value) any {
	switch v.Interface().(type) {
	case json.Marshaler, encoding.TextMarshaler, []byte:
		return v.Interface()
	}
	switch v.Kind() {
	case reflect.Pointer:
		return describeValue(v.Elem()) // never nil: zero fields are left out
	case reflect.Slice:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = describeValue(v.Index(i))
		}
		return out
	case reflect.Struct:
		out := make(map[string]any)
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if field.Tag.Get("secret") == "" && !v.Field(i).IsZero() {
				out[snakeCase(field.Name)] = describeValue(v.Field(i))
			}
		}
		return out
	}
	return v.Interface()
}

// snakeCase makes account_id of AccountID.
func snakeCase(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, c := range runes {
		startsWord := i > 0 && unicode.IsUpper(c) &&
			(unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if startsWord {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
