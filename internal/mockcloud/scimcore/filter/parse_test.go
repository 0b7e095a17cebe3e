package filter_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/filter"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
)

const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// TestParse holds the plainest form of filters, which shows how they were read:
// those of RFC 7644, figure 2 first, then the corners of the grammar.
func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		`userName eq "bjensen"`:                       ``,
		`name.familyName co "O'Malley"`:               ``,
		`userName sw "J"`:                             ``,
		userURN + `:userName sw "J"`:                  ``,
		`title pr`:                                    ``,
		`meta.lastModified gt "2011-05-13T04:42:34Z"`: ``,
		`title pr and userType eq "Employee"`:         ``,
		`title pr or userType eq "Intern"`:            ``,
		`schemas eq "` + enterpriseURN + `"`:          ``,
		`userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")`:       ``,
		`userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")`:   ``,
		`userType eq "Employee" and (emails.type eq "work")`:                                          `userType eq "Employee" and emails.type eq "work"`,
		`userType eq "Employee" and emails[type eq "work" and value co "@example.com"]`:               ``,
		`emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@x"]`: ``,

		` USERNAME  EQ "x" And  NOT(a Pr) `:                        `USERNAME eq "x" and not (a pr)`,
		`a pr or b pr and c pr`:                                    ``,
		`(a pr or b pr) and c pr`:                                  ``,
		`(a pr and b pr) or c pr`:                                  `a pr and b pr or c pr`,
		`a pr and (b pr and c pr)`:                                 ``,
		`((a pr and b pr) and c pr)`:                               `a pr and b pr and c pr`,
		`not (not (a pr))`:                                         ``,
		`not pr and and eq 1`:                                      ``,
		`a eq TRUE or a eq False or a ne null`:                     `a eq true or a eq false or a ne null`,
		`a ge -1.50e+3`:                                            ``,
		`a eq "\"\\\/\u00e9\n"`:                                    `a eq "\"\\/é\n"`,
		`a eq "] and ) ("`:                                         ``,
		`manager.$ref pr`:                                          ``,
		enterpriseURN + ` pr`:                                      ``,
		enterpriseURN + `:manager.displayName pr`:                  ``,
		`emails[not (type eq "a") or (value pr)]`:                  `emails[not (type eq "a") or value pr]`,
		`emails[type eq "work"].value eq "x" and a pr`:             `emails[type eq "work" and value eq "x"] and a pr`,
		`x:y[a pr or b pr].c pr`:                                   `x:y[(a pr or b pr) and c pr]`,
		strings.Repeat("a pr or ", 500) + "a pr":                   ``,
		strings.Repeat("(", 32) + "a pr" + strings.Repeat(")", 32): "a pr",
	}
	for source, want := range tests {
		e, err := filter.Parse(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if want == "" {
			want = source
		}
		if e.String() != want {
			t.Errorf("%s\n got %s\nwant %s", source, e, want)
		}
	}
}

// TestPrecedence holds the tree itself: "and" binds tighter, chains read from the left.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	pr := func(name string) filter.Expr {
		return filter.Compare{Path: filter.Path{Name: name}, Op: filter.Pr}
	}
	got, err := filter.Parse(`a pr or b pr and c pr and not (d pr) or x:e.f ge 5`)
	want := filter.Or{
		Left: filter.Or{
			Left:  pr("a"),
			Right: filter.And{Left: filter.And{Left: pr("b"), Right: pr("c")}, Right: filter.Not{Filter: pr("d")}},
		},
		Right: filter.Compare{Path: filter.Path{URI: "x", Name: "e", Sub: "f"}, Op: filter.Ge, Value: json.Number("5")},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, %v\nwant %#v", got, err, want)
	}
}

// TestParseMistakes holds where reading stops and what the message says.
func TestParseMistakes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		position int
		detail   string
	}{
		``:                             {1, "expected an attribute, found the end"},
		`userName`:                     {9, "expected an operator"},
		`userName is "x"`:              {10, `after "userName", found "is"`},
		`userName eq`:                  {12, "expected a value"},
		`userName eq bjensen`:          {13, "in double quotes"},
		`userName eq "bjensen`:         {13, "no closing"},
		`userName eq "\`:               {13, "no closing"},
		`userName eq "\x"`:             {13, "not a valid JSON string"},
		`userName eq "é" nor a pr`:     {17, `"and", "or" or the end of the filter, found "nor"`},
		`userName eq 1and a pr`:        {13, "expected a value"},
		`emails[type pr].`:             {17, "expected the name of a sub-attribute"},
		`emails[type pr].a.b eq 1`:     {17, "expected the name of a sub-attribute"},
		`emails[type pr].value`:        {22, "expected an operator"},
		`userName eq 01`:               {13, "expected a value"},
		`a pr and`:                     {9, "expected an attribute, found the end"},
		`a pr or or b pr`:              {12, "expected an operator"},
		`(a pr`:                        {6, `expected ")" for the "(" at character 1`},
		`a pr)`:                        {5, `found ")"`},
		`()`:                           {2, `expected an attribute, found ")"`},
		`emails[type eq "work"`:        {22, `expected "]"`},
		`emails[type eq "work")`:       {22, `expected "]"`},
		`emails[]`:                     {8, "expected an attribute"},
		`emails[a[b pr]]`:              {9, "cannot be inside another"},
		`name.a[b pr]`:                 {7, "choose values of an attribute"},
		`1a pr`:                        {1, `found "1a"`},
		`a.b.c pr`:                     {1, `found "a.b.c"`},
		`a. pr`:                        {1, `found "a."`},
		`:a pr`:                        {1, `found ":a"`},
		`urn:a: pr`:                    {1, `found "urn:a:"`},
		`active gt true`:               {11, "gt cannot be held against true"},
		`a co 5`:                       {6, "co cannot be held against 5"},
		`a lt null`:                    {6, "lt cannot be held against null"},
		"a eq \"\xff\"":                {0, "UTF-8"},
		strings.Repeat("a", 4097):      {0, "4097 bytes, at most 4096"},
		strings.Repeat("(", 33):        {33, "at most 32 levels"},
		strings.Repeat("not(", 33):     {132, "at most 32 levels"},
		strings.Repeat("(", 32) + "a[": {34, "at most 32 levels"},
	}
	for source, want := range tests {
		_, err := filter.Parse(source)
		check(t, source, err, scimerr.InvalidFilter, want.position, want.detail)
	}
}

func check(t *testing.T, source string, err error, kind scimerr.Type, position int, detail string) {
	t.Helper()
	var e *scimerr.Error
	if !errors.As(err, &e) || e.ScimType != kind || e.Position != position || !strings.Contains(e.Detail, detail) {
		t.Errorf("%.60s: got %+v, want %s at %d: …%s…", source, e, kind, position, detail)
	}
}

// TestParsePath holds the paths of RFC 7644, figure 7 and of Entra ID.
func TestParsePath(t *testing.T) {
	t.Parallel()
	work, err := filter.Parse(`type eq "work"`)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]filter.Target{
		`members`:                                 {Path: filter.Path{Name: "members"}},
		`name.familyName`:                         {Path: filter.Path{Name: "name", Sub: "familyName"}},
		`addresses[type eq "work"]`:               {Path: filter.Path{Name: "addresses"}, Filter: work},
		`emails[type eq "work"].value`:            {Path: filter.Path{Name: "emails", Sub: "value"}, Filter: work},
		enterpriseURN:                             {Path: filter.Path{URI: enterpriseURN}},
		enterpriseURN + `:manager`:                {Path: filter.Path{URI: enterpriseURN, Name: "manager"}},
		userURN + `:emails[type eq "work"].value`: {Path: filter.Path{URI: userURN, Name: "emails", Sub: "value"}, Filter: work},
	}
	for source, want := range tests {
		got, err := filter.ParsePath(source)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v, want %+v", source, got, err, want)
		}
		if got.String() != source {
			t.Errorf("%s prints as %s", source, got)
		}
	}
}

// TestParsePathMistakes holds which type a mistake has: the filter's is its own.
func TestParsePathMistakes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		kind     scimerr.Type
		position int
		detail   string
	}{
		``:                        {scimerr.InvalidPath, 1, "expected an attribute"},
		`a b`:                     {scimerr.InvalidPath, 3, "end of the path"},
		`emails[type eq "a"]x`:    {scimerr.InvalidPath, 20, "end of the path"},
		`emails[type eq "a"].`:    {scimerr.InvalidPath, 21, "name of a sub-attribute"},
		`emails[type eq "a"].b.c`: {scimerr.InvalidPath, 21, "name of a sub-attribute"},
		`emails[type eq a]`:       {scimerr.InvalidFilter, 16, "expected a value"},
		`emails[type eq "a"`:      {scimerr.InvalidFilter, 19, `expected "]"`},
		enterpriseURN + `[a pr]`:  {scimerr.InvalidFilter, len(enterpriseURN) + 1, "choose values"},
	}
	for source, want := range tests {
		_, err := filter.ParsePath(source)
		check(t, source, err, want.kind, want.position, want.detail)
	}
}

var (
	// Drawing from one generator in two tests at once is a race inside rapid, so the property tests of this package are
	// not parallel.
	nameGen   = rapid.SampledFrom([]string{"a", "B", "not", "and", "or", "pr", "$ref", "value", "x-y_1"})
	schemaGen = rapid.SampledFrom([]string{"", "", "urn:x:y", userURN})
	valueGen  = rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.SampledFrom([]string{"0", "-1.5e3", "42"}), func(s string) any { return json.Number(s) }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Just[any](nil),
	)
)

// exprGen makes any filter of a depth, also such as no person would write.
func exprGen(depth int, inValue bool) *rapid.Generator[filter.Expr] {
	return rapid.Custom(func(t *rapid.T) filter.Expr {
		kind := 0
		if depth > 0 {
			kind = rapid.IntRange(0, 4).Draw(t, "kind")
		}
		inner := func(inValue bool) filter.Expr { return exprGen(depth-1, inValue).Draw(t, "inner") }
		path := filter.Path{URI: schemaGen.Draw(t, "schema"), Name: nameGen.Draw(t, "name")}
		switch {
		case kind == 1:
			return filter.And{Left: inner(inValue), Right: inner(inValue)}
		case kind == 2:
			return filter.Or{Left: inner(inValue), Right: inner(inValue)}
		case kind == 3:
			return filter.Not{Filter: inner(inValue)}
		case kind == 4 && !inValue:
			return filter.ValuePath{Path: path, Filter: inner(true)}
		}
		path.Sub = rapid.OneOf(rapid.Just(""), nameGen).Draw(t, "sub")
		op := rapid.SampledFrom([]filter.Op{filter.Pr, filter.Eq, filter.Ne, filter.Co, filter.Le}).Draw(t, "op")
		switch op {
		case filter.Pr:
			return filter.Compare{Path: path, Op: op}
		case filter.Eq, filter.Ne:
			return filter.Compare{Path: path, Op: op, Value: valueGen.Draw(t, "value")}
		default:
			return filter.Compare{Path: path, Op: op, Value: rapid.String().Draw(t, "value")}
		}
	})
}

// TestRoundTrip holds that every filter reads back as the tree it was printed from.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := exprGen(4, false).Draw(t, "filter")
		if len(want.String()) > filter.MaxLength {
			t.Skip("too long to be read")
		}
		got, err := filter.Parse(want.String())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: got %#v, %v", want, got, err)
		}
	})
}

// FuzzParse looks for filters and paths that crash the parser, stop it outside
// of its input, or do not print as what they are.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`userName eq "bjensen"`, `not(a pr) or emails[type eq "work"] and x:y.z le -1e5`,
		`a eq "\u00e9`, `((a pr)`, `members[value eq "1"].display`, `a[b pr].c eq "x"`, enterpriseURN,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := filter.Parse(s)
		if err == nil && len(e.String()) <= filter.MaxLength {
			again, err := filter.Parse(e.String())
			if err != nil || !reflect.DeepEqual(e, again) {
				t.Errorf("%q prints as %q, which is %v, %v", s, e, again, err)
			}
			filter.Match(e, map[string]any{"a": []any{json.Number("1"), "x", map[string]any{"value": true}}}, nil)
		}
		position(t, s, err)
		target, err := filter.ParsePath(s)
		if err == nil && len(target.String()) <= filter.MaxLength {
			again, err := filter.ParsePath(target.String())
			if err != nil || !reflect.DeepEqual(target, again) {
				t.Errorf("%q prints as %q, which is %v, %v", s, target, again, err)
			}
		}
		position(t, s, err)
	})
}

func position(t *testing.T, source string, err error) {
	t.Helper()
	var e *scimerr.Error
	if err != nil && (!errors.As(err, &e) || e.Detail == "" || e.Position < 0 || e.Position > len([]rune(source))+1) {
		t.Errorf("%q: %#v", source, err)
	}
}
