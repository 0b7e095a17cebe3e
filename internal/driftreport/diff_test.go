package driftreport

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

func TestDifferences(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change string
		want   []string
	}{
		"one attribute": {
			`{"before":{"role":"Admin","email":"a@x.io"},"after":{"role":"Member","email":"a@x.io"}}`,
			[]string{`role: "Admin" → "Member"`},
		},
		"nothing": {`{"before":{"a":[1,{"b":null}]},"after":{"a":[1,{"b":null}]}}`, nil},
		"null": {
			`{"before":{"n":null,"m":3600,"b":true},"after":{"n":1,"m":null,"b":false}}`,
			[]string{`b: true → false`, `m: 3600 → nothing`, `n: nothing → 1`},
		},
		"a map": {
			`{"before":{"roles":{"a@x.io":"Member","b@x.io":"Admin","same":"x"}},"after":{"roles":{"a@x.io":"Owner","c@x.io":"Admin","same":"x"}}}`,
			[]string{`roles["a@x.io"]: "Member" → "Owner"`, `roles["b@x.io"]: "Admin" → nothing`, `roles["c@x.io"]: nothing → "Admin"`},
		},
		"a set": {
			`{"before":{"members":["a","b"]},"after":{"members":["b","c"]}}`,
			[]string{`members: "a" removed`, `members: "c" added`},
		},
		"a list that has something twice": {`{"before":{"l":["a","a"]},"after":{"l":["a"]}}`, []string{`l: "a" removed`}},
		"another order":                   {`{"before":{"l":["a","b"]},"after":{"l":["b","a"]}}`, []string{`l: ["a","b"] → ["b","a"]`}},
		"another order, and more":         {`{"before":{"l":["a","b"]},"after":{"l":["b","a","c"]}}`, []string{`l: "c" added`, `l: ["a","b"] → ["b","a","c"]`}},
		"an object of a list":             {`{"before":{"l":[{"k":1},{"k":2,"n":"x"}]},"after":{"l":[{"k":1},{"k":3,"n":"x"}]}}`, []string{`l[1].k: 2 → 3`}},
		"a list that comes":               {`{"before":{"l":null},"after":{"l":["a"]}}`, []string{`l: "a" added`}},
		"a block that comes": {
			`{"before":{"oidc":null},"after":{"oidc":{"issuer":"https://x","scopes":null}}}`,
			[]string{`oidc.issuer: nothing → "https://x"`},
		},
		"another type":            {`{"before":{"a":"1"},"after":{"a":{"b":1}}}`, []string{`a: "1" → {"b":1}`}},
		"a sensitive value":       {`{"before":{"k":"canary"},"after":{"k":"canary2"},"before_sensitive":{"k":true},"after_sensitive":{}}`, []string{`k: changed (a sensitive value)`}},
		"sensitive from now":      {`{"before":{"k":"canary"},"after":{"k":"canary2"},"before_sensitive":{},"after_sensitive":{"k":true}}`, []string{`k: changed (a sensitive value)`}},
		"sensitive, but the same": {`{"before":{"k":"canary"},"after":{"k":"canary"},"before_sensitive":{"k":true}}`, nil},
		"a sensitive element": {
			`{"before":{"l":["x","canary"]},"after":{"l":["x"]},"before_sensitive":{"l":[false,true]},"after_sensitive":{"l":[false]}}`,
			[]string{`l: changed (a sensitive value)`},
		},
		"sensitive deep down": {
			`{"before":{"o":{"p":{"k":"canary","n":1}}},"after":{"o":{"p":{"k":"canary2","n":2}}},"before_sensitive":{"o":{"p":{"k":true}}},"after_sensitive":{"o":{"p":{"k":true}}}}`,
			[]string{`o.p.k: changed (a sensitive value)`, `o.p.n: 1 → 2`},
		},
		"sensitive as a whole":        {`{"before":{"a":"canary"},"after":{"a":"canary2"},"before_sensitive":true}`, []string{`a: changed (a sensitive value)`}},
		"sensitive in another type":   {`{"before":{"a":{"k":"canary"}},"after":{"a":"x"},"before_sensitive":{"a":{"k":true}}}`, []string{`a: changed (a sensitive value)`}},
		"what steers a terminal":      {`{"before":{"a":"x"},"after":{"a":"\u001b[31m\n\u202e"}}`, []string{`a: "x" → "\x1b[31m\n\u202e"`}},
		"a long value":                {`{"before":{"a":"x"},"after":{"a":"` + strings.Repeat("é", 200) + `"}}`, []string{`a: "x" → "` + strings.Repeat("é", 80) + `"…`}},
		"a number that floats do not": {`{"before":{"a":9007199254740993},"after":{"a":9007199254740992}}`, []string{`a: 9007199254740993 → 9007199254740992`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, d := range differences(decodeChange(t, tc.change)) {
				got = append(got, d.words())
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

// What is known only after apply is marked, whatever it was.
func TestDifferencesUnknown(t *testing.T) {
	t.Parallel()
	c := decodeChange(t, `{"before":{"id":"1","role":"a"},"after":{"role":"b"},"after_unknown":{"id":true,"new":true}}`)
	var got []string
	for _, d := range differences(c) {
		if d.unknown {
			got = append(got, d.path)
		}
	}
	if !slices.Equal(got, []string{"id", "new"}) {
		t.Errorf("unknown are %q", got)
	}
}

func decodeChange(t *testing.T, text string) report.Change {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var c report.Change
	if err := decoder.Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c
}
