package input_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

type request struct {
	Limit  int
	Active *bool
	Name   string
	IDs    []uuid.UUID
	Sort   string
	Link   store.Nullable[string]
	Extra  map[string]string
}

var decoder = input.Lenient(func(f *input.Fields) request {
	out := request{
		Limit:  input.Default(f, "limit", input.IntBetween(0, 200), 200),
		Active: input.Optional(f, "active", input.Bool),
		Name:   input.Required(f, "name", input.StringUpTo(5)),
		Sort:   input.Default(f, "sort", input.Enum("ASC", "DESC"), "ASC"),
		Link:   input.Nullable(f, "link", input.String),
		Extra:  input.Default(f, "extra", input.Map(input.String), nil),
	}
	input.Optional(f, "filter", input.Strict(func(f *input.Fields) struct{} {
		out.IDs = input.OptionalList(f, "any_", input.ListOf(input.UUID, 1, 2))
		return struct{}{}
	}))
	return out
})

// TestMistakes holds places, types and order of what is wrong with a body.
func TestMistakes(t *testing.T) {
	t.Parallel()
	const id = `"0c1f1d2e-0000-4000-8000-000000000001"`
	tests := map[string][]string{
		``:                           {"[body] missing"},
		`{"name":"a",}`:              {"[body 13] json_invalid"},
		`{"name":"a"`:                {"[body 11] json_invalid"},
		`{"name":"a"} {}`:            {"[body 14] json_invalid"},
		`[]`:                         {"[body] model_attributes_type"},
		`null`:                       {"[body] model_attributes_type"},
		`{}`:                         {"[body name] missing"},
		`{"name":5}`:                 {"[body name] string_type"},
		`{"name":null}`:              {"[body name] string_type"},
		`{"name":"abcdef"}`:          {"[body name] string_too_long"},
		`{"name":"äöüßé"}`:           nil,
		`{"name":"a","unknown":1}`:   nil,
		`{"name":"a","limit":201}`:   {"[body limit] less_than_equal"},
		`{"name":"a","limit":-1}`:    {"[body limit] greater_than_equal"},
		`{"name":"a","limit":"x"}`:   {"[body limit] int_parsing"},
		`{"name":"a","limit":" 7 "}`: nil,
		`{"name":"a","limit":7.0}`:   nil,
		`{"name":"a","limit":7.5}`:   {"[body limit] int_from_float"},
		`{"name":"a","limit":1e400}`: {"[body limit] int_parsing_size"},
		`{"name":"a","limit":null}`:  {"[body limit] int_type"},
		`{"name":"a","limit":true}`:  {"[body limit] int_type"},
		`{"name":"a","active":"on"}`: nil,
		`{"name":"a","active":2}`:    {"[body active] bool_parsing"},
		`{"name":"a","active":[]}`:   {"[body active] bool_type"},
		`{"name":"a","sort":"asc"}`:  {"[body sort] enum"},
		`{"name":"a","filter":[]}`:   {"[body filter] model_attributes_type"},
		`{"name":"a","filter":null}`: nil,
		`{"name":"a","filter":{"x":1,"any_":[` + id + `]}}`: {"[body filter x] extra_forbidden"},
		`{"name":"a","filter":{"any_":"x"}}`:                {"[body filter any_] list_type"},
		`{"name":"a","filter":{"any_":[]}}`:                 {"[body filter any_] too_short"},
		`{"name":"a","filter":{"any_":[1,2,3]}}`:            {"[body filter any_] too_long"},
		`{"name":"a","filter":{"any_":[` + id + `,"x"]}}`:   {"[body filter any_ 1] uuid_parsing"},
		`{"name":"a","filter":{"any_":[7]}}`:                {"[body filter any_ 0] uuid_type"},
		`{"name":"a","extra":{"b":1,"a":2}}`:                {"[body extra a] string_type", "[body extra b] string_type"},
		`{"limit":-1,"active":"?","link":1}`: {
			"[body limit] greater_than_equal", "[body active] bool_parsing", "[body name] missing", "[body link] string_type",
		},
	}
	for body, want := range tests {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			_, err := input.Body([]byte(body), true, false, decoder)
			if got := mistakes(t, err); !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}

func mistakes(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var invalid *store.Invalid
	if !errors.As(err, &invalid) {
		t.Fatal(err)
	}
	var out []string
	for _, p := range invalid.Problems {
		if p.Msg == "" {
			t.Errorf("%v has no message", p.Loc)
		}
		out = append(out, fmt.Sprintf("%v %s", append([]any{p.In}, p.Loc...), p.Type))
	}
	return out
}

func TestValues(t *testing.T) {
	t.Parallel()
	got, err := input.Body([]byte(`{"limit":"5","active":0,"name":"ab","sort":"DESC","link":null,
		"filter":{"any_":["0c1f1d2e-0000-4000-8000-000000000001"]}}`), true, false, decoder)
	if err != nil {
		t.Fatal(err)
	}
	if got.Limit != 5 || got.Active == nil || *got.Active || got.Name != "ab" || got.Sort != "DESC" || len(got.IDs) != 1 {
		t.Errorf("%+v", got)
	}
	if !got.Link.Set || got.Link.Value != nil {
		t.Errorf("null is not the same as nothing: %+v", got.Link)
	}
	if got, err = input.Body([]byte(`{"name":"a"}`), true, false, decoder); err != nil || got.Limit != 200 || got.Link.Set || got.IDs != nil {
		t.Errorf("defaults: %+v, %v", got, err)
	}
}

func TestOptionalBody(t *testing.T) {
	t.Parallel()
	limit := input.Lenient(func(f *input.Fields) int { return input.Default(f, "limit", input.Int, 200) })
	for _, body := range []string{"", " \n", "null", "{}"} {
		if n, err := input.Body([]byte(body), true, true, limit); n != 200 || err != nil {
			t.Errorf("%q: %d, %v", body, n, err)
		}
	}
	if _, err := input.Body([]byte(`{}`), false, true, limit); !slices.Equal(mistakes(t, err), []string{"[body] model_attributes_type"}) {
		t.Errorf("a form was read as JSON: %v", err)
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	read := func(text string) (time.Time, error) {
		return input.Query("since", text, true, input.Time)
	}
	noon := time.Date(2026, time.January, 2, 12, 0, 0, 0, time.UTC)
	for _, text := range []string{"2026-01-02T12:00:00Z", "2026-01-02T12:00:00.000+00:00", "2026-01-02T13:00:00+01:00", "2026-01-02 12:00:00Z", "2026-01-02T12:00:00"} {
		if got, err := read(text); err != nil || got != noon {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	if got, err := read("2026-01-02"); err != nil || got != noon.Add(-12*time.Hour) {
		t.Errorf("a date: %s, %v", got, err)
	}
	for _, text := range []string{"", "noon", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59-01:00", "1767355200"} {
		if _, err := read(text); err == nil || !slices.Equal(mistakes(t, err), []string{"[query since] datetime_from_date_parsing"}) {
			t.Errorf("%q: %v", text, err)
		}
	}
	_, err := input.Body([]byte("5"), true, false, input.Time)
	if got := mistakes(t, err); !slices.Equal(got, []string{"[body] datetime_type"}) {
		t.Error(got)
	}
}

func TestOneOrMore(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{`"a"`: {"a"}, `["a","b"]`: {"a", "b"}, `[]`: {}} {
		if got, err := input.Body([]byte(body), true, false, input.OneOrMore(input.String)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
	_, err := input.Body([]byte(`["a",1]`), true, false, input.OneOrMore(input.String))
	if got := mistakes(t, err); !slices.Equal(got, []string{"[body 1] string_type"}) {
		t.Error(got)
	}
}

func TestPathAndQuery(t *testing.T) {
	t.Parallel()
	_, err := input.PathID("account_id", "nonsense")
	if got := mistakes(t, err); !slices.Equal(got, []string{"[path account_id] uuid_parsing"}) {
		t.Error(got)
	}
	_, err = input.Query("permission", "", false, input.String)
	if got := mistakes(t, err); !slices.Equal(got, []string{"[query permission] missing"}) {
		t.Error(got)
	}
	if got, err := input.Query("permission", "x", true, input.Enum("x")); err != nil || got != "x" {
		t.Error(got, err)
	}
}

// FuzzBody: whatever is sent, it is read or it is refused with places that can
// be shown as JSON.
func FuzzBody(f *testing.F) {
	f.Add([]byte(`{"name":"a","limit":1e999999999,"filter":{"any_":[[]]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		_, err := input.Body(body, true, false, decoder)
		var invalid *store.Invalid
		if err != nil && !errors.As(err, &invalid) {
			t.Fatalf("%T", err)
		}
		if invalid != nil {
			if _, err := json.Marshal(invalid.Problems); err != nil || len(invalid.Problems) == 0 {
				t.Fatal(err, invalid)
			}
		}
	})
}
