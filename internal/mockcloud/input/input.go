// Package input reads what callers send: JSON bodies, path elements and query
// parameters. It answers mistakes the way FastAPI with pydantic v2 does, with
// the place, a sentence and a type for each, and it reports all of them at once.
//
// A Decoder turns one JSON value into a Go value. Small decoders make bigger
// ones (List, Object), and an object's fields are asked for one by one:
//
//	limit := input.Default(o, "limit", input.IntBetween(0, 200), 200)
//
// so that a handler's reading of a body looks like the document's schema of it.
package input

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Where values come from; the first element of FastAPI's loc.
const (
	inBody  = "body"
	inPath  = "path"
	inQuery = "query"
)

const notAnObject = "Input should be a valid dictionary or object to extract fields from"

// Value is a JSON value and the place where it was found.
type Value struct {
	raw      any
	in       string
	loc      []any
	problems *[]store.Problem
}

func (v Value) at(loc any, raw any) Value {
	v.loc = append(slices.Clip(v.loc), loc)
	v.raw = raw
	return v
}

func (v Value) fail(kind, msg string) {
	*v.problems = append(*v.problems, store.Problem{In: v.in, Loc: v.loc, Msg: msg, Type: kind})
}

// Decoder reads a value. Where it cannot, it notes why and gives a zero value.
type Decoder[T any] func(Value) T

// Body reads a request's JSON body. An empty one is fine where optional, and
// then reads like an empty object. What is not said to be JSON is not read.
func Body[T any](raw []byte, isJSON, optional bool, decode Decoder[T]) (T, error) {
	var zero T
	var problems []store.Problem
	v := Value{in: inBody, problems: &problems}
	switch {
	case len(bytes.TrimSpace(raw)) == 0 && optional:
		v.raw = map[string]any{}
	case len(bytes.TrimSpace(raw)) == 0:
		v.fail("missing", "Field required")
	case !isJSON:
		v.fail("model_attributes_type", notAnObject)
	default:
		parsed, at, err := parse(raw)
		if err != nil {
			v.loc = []any{at}
			v.fail("json_invalid", "JSON decode error: "+err.Error())
		}
		if v.raw = parsed; parsed == nil && optional {
			v.raw = map[string]any{}
		}
	}
	if problems != nil {
		return zero, &store.Invalid{Problems: problems}
	}
	out := decode(v)
	if problems != nil {
		return zero, &store.Invalid{Problems: problems}
	}
	return out, nil
}

// parse reads exactly one JSON value. With an error comes how far it got.
func parse(raw []byte) (any, int64, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, syntax.Offset, errors.New("not valid JSON")
		}
		return nil, int64(len(raw)), errors.New("the document is cut off")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, d.InputOffset(), errors.New("extra data")
	}
	return v, 0, nil
}

// PathID reads an element of the path that is an id.
func PathID(name, raw string) (uuid.UUID, error) {
	return single(Value{in: inPath, loc: []any{name}, raw: raw}, UUID)
}

// Query reads a required query parameter.
func Query[T any](name, raw string, present bool, decode Decoder[T]) (T, error) {
	v := Value{in: inQuery, loc: []any{name}, raw: raw}
	if !present {
		decode = func(v Value) (zero T) {
			v.fail("missing", "Field required")
			return zero
		}
	}
	return single(v, decode)
}

func single[T any](v Value, decode Decoder[T]) (T, error) {
	var problems []store.Problem
	v.problems = &problems
	out := decode(v)
	if problems != nil {
		return out, &store.Invalid{Problems: problems}
	}
	return out, nil
}

// Fields are the fields of a JSON object.
type Fields struct {
	value Value
	raw   map[string]any
	asked map[string]bool
}

// Lenient reads an object and ignores unknown fields, as the
// document's schemas without additionalProperties do.
func Lenient[T any](read func(*Fields) T) Decoder[T] { return object(read, false) }

// Strict reads an object and rejects unknown fields
// (additionalProperties: false).
func Strict[T any](read func(*Fields) T) Decoder[T] { return object(read, true) }

func object[T any](read func(*Fields) T, strict bool) Decoder[T] {
	return func(v Value) T {
		raw, ok := v.raw.(map[string]any)
		if !ok {
			v.fail("model_attributes_type", notAnObject)
			var zero T
			return zero
		}
		f := &Fields{value: v, raw: raw, asked: make(map[string]bool)}
		out := read(f)
		if strict {
			for _, name := range slices.Sorted(maps.Keys(raw)) {
				if !f.asked[name] {
					v.at(name, nil).fail("extra_forbidden", "Extra inputs are not permitted")
				}
			}
		}
		return out
	}
}

func (f *Fields) take(name string) (Value, bool) {
	f.asked[name] = true
	raw, ok := f.raw[name]
	return f.value.at(name, raw), ok
}

// Required reads a field that has to be there.
func Required[T any](f *Fields, name string, decode Decoder[T]) T {
	v, ok := f.take(name)
	if !ok {
		v.fail("missing", "Field required")
		var zero T
		return zero
	}
	return decode(v)
}

// Default reads a field that may be left out.
func Default[T any](f *Fields, name string, decode Decoder[T], otherwise T) T {
	v, ok := f.take(name)
	if !ok {
		return otherwise
	}
	return decode(v)
}

// Optional reads a field that may be left out or null: nil then.
func Optional[T any](f *Fields, name string, decode Decoder[T]) *T {
	v, ok := f.take(name)
	if !ok || v.raw == nil {
		return nil
	}
	out := decode(v)
	return &out
}

// OptionalList is Optional for a list: nil for none.
func OptionalList[T any](f *Fields, name string, decode Decoder[[]T]) []T {
	if list := Optional(f, name, decode); list != nil {
		return *list
	}
	return nil
}

// Nullable reads a field for which null means something else than its absence.
func Nullable[T any](f *Fields, name string, decode Decoder[T]) store.Nullable[T] {
	_, present := f.raw[name]
	return store.Nullable[T]{Set: present, Value: Optional(f, name, decode)}
}

// Mistake is a problem with the body that no decoder can see.
func Mistake(msg string, loc ...any) error {
	return &store.Invalid{Problems: []store.Problem{{Loc: loc, Msg: "Value error, " + msg, Type: "value_error"}}}
}
