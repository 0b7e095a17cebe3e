package patch_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/fixedseed"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/patch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
)

// TestMain fixes what rapid draws, so that a failure is of the change at hand. Others are
// drawn with -rapid.seed=0.
func TestMain(m *testing.M) {
	fixedseed.Set()
	os.Exit(m.Run())
}

// phrase is a piece of a request that is repeated, with the number of the repetition in
// the place of "#".
func phrase(t *rapid.T) string {
	one := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
	attribute := one("attribute", "emails", "emails", "phoneNumbers", "addresses", "groups", "schemas", "roles")
	value := one("value", "v#", "v#", "same", "v1", "2020-01-01T00:00:00Z")
	kind := one("type", "", `,"type":"work"`, `,"type":"t#"`, `,"type":""`)
	primary := one("primary", "", "", `,"primary":true`, `,"primary":false`)
	entry := `{"value":"` + value + `","locality":"` + value + `"` + kind + primary + `}`
	if attribute == "schemas" {
		entry = `"urn:` + value + `"`
	}
	list := "[" + strings.Join(repeated(entry, rapid.IntRange(1, 4).Draw(t, "entries")), ",") + "]"
	chosen := one("filter",
		`value eq \"`+value+`\"`, `value eq \"v#\" and type pr`, `type eq \"work\"`, `type eq \"t#\"`, `display ne \"d#\"`,
		`value co \"v\" or display pr or type pr`, `not (value eq \"v#\")`, `primary eq true`)
	sub := one("sub", "value", "type", "display", "primary")
	op := one("op", "add", "replace", "remove")
	scalar := one("scalar", `"s#"`, `"work"`, `true`, `""`, `null`)
	return one("shape",
		`{"op":"`+op+`","path":"`+attribute+`","value":`+list+`}`,
		`{"op":"add","path":"`+attribute+`","value":`+list+`}`,
		`{"op":"`+op+`","path":"`+attribute+`[`+chosen+`].`+sub+`","value":`+scalar+`}`,
		`{"op":"`+op+`","path":"`+attribute+`[`+chosen+`]","value":`+entry+`}`,
		`{"op":"`+op+`","path":"`+attribute+`.`+sub+`","value":`+scalar+`}`,
		`{"op":"replace","value":{"`+attribute+`":`+list+`,"`+attribute+`[`+chosen+`].display":"d#","title":`+scalar+`}}`,
		`{"op":"`+op+`","path":"`+one("single", "userName", "title", "name.givenName", extURN+":manager", extURN)+`","value":`+scalar+`}`,
	)
}

func repeated(text string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = text
		if i > 0 {
			out[i] = strings.ReplaceAll(text, "#", fmt.Sprintf("#%d", i))
		}
	}
	return out
}

// worstOf is a request that says phrases again and again, one bad operation last if bad.
func worstOf(phrases []string, times int, bad bool) string {
	var out []string
	for i := range times {
		out = append(out, strings.ReplaceAll(phrases[i%len(phrases)], "#", fmt.Sprint(i)))
	}
	if bad {
		out = append(out, `{"op":"add","path":"nothing","value":1}`)
	}
	return `{"schemas":["` + patch.Message + `"],"Operations":[` + strings.Join(out, ",") + `]}`
}

// cost is what a request takes: memory, in pieces and in bytes, and what it counted itself.
type cost struct{ pieces, bytes, spent int }

func costOf(before, body map[string]any) cost {
	var from, to runtime.MemStats
	work := patch.NewWork(context.Background())
	runtime.ReadMemStats(&from)
	operations, err := patch.Parse(body)
	if err == nil {
		var result patch.Result
		result, err = patch.Apply(before, operations, patch.Rules{Type: schema.User(), Creates: true, Work: work})
		if err == nil {
			if _, err = schema.User().Validate(result.Resource); err != nil {
				result.Guilty()
			}
		}
	}
	runtime.ReadMemStats(&to)
	return cost{int(to.Mallocs - from.Mallocs), int(to.TotalAlloc - from.TotalAlloc), work.Spent()}
}

// TestLinear looks for requests whose cost grows faster than they do: four times the
// operations take four times the memory, but for what they count and what is bounded.
// It looks at no clock, and is not parallel since it counts what the process allocates.
func TestLinear(t *testing.T) {
	// A counted look at a value, and its change, takes so much.
	const few, pieces, bytes = 200, 12, 1_000
	rapid.Check(t, func(t *rapid.T) {
		var phrases []string
		for range rapid.IntRange(1, 4).Draw(t, "phrases") {
			phrases = append(phrases, phrase(t))
		}
		bad, start := rapid.Bool().Draw(t, "bad"), rapid.IntRange(0, 1).Draw(t, "start")
		measure := func(times int) (cost, int) {
			var emails []string
			for i := range start * times {
				emails = append(emails, fmt.Sprintf(`{"value":"v%d","type":"work"}`, i))
			}
			resource := `{"schemas":["` + coreURN + `"],"id":"1","userName":"u","groups":[{"value":"v1"}],"emails":[` + strings.Join(emails, ",") + `]}`
			text := worstOf(phrases, times, bad)
			return costOf(decode(t, resource), decode(t, text)), len(text) + len(resource)
		}
		measure(few) // what is made once is made now
		small, _ := measure(few)
		large, size := measure(4 * few)
		if large.pieces-pieces*large.spent > 5*small.pieces+size/4 || large.bytes-bytes*large.spent > 5*small.bytes+16*size {
			t.Fatalf("%+v for %d operations, %+v for %d, of %d bytes:\n%s", small, few, large, 4*few, size, strings.Join(phrases, "\n"))
		}
	})
}

// TestTooMuch: what would take more than a request may is refused before it is done.
func TestTooMuch(t *testing.T) {
	t.Parallel()
	var emails []string
	for i := range 2_000 {
		emails = append(emails, fmt.Sprintf(`{"value":"v%d"}`, i))
	}
	fill := `{"op":"add","path":"emails","value":[` + strings.Join(emails, ",") + `]}`
	for name, test := range map[string]struct {
		phrase string
		times  int
		fits   bool
	}{
		"each chosen by value":     {`{"op":"replace","path":"emails[value eq \"v#\"].display","value":"d"}`, 2_000, true},
		"each removed by value":    {`{"op":"remove","path":"emails","value":[{"value":"v#"}]}`, 2_000, true},
		"a few looks at all":       {`{"op":"replace","path":"emails[display pr].type","value":"work"}`, 20, true},
		"a look at all each time":  {`{"op":"remove","path":"emails[display eq \"d#\"]"}`, 1_000, false},
		"all changed each time":    {`{"op":"replace","path":"emails.display","value":"d#"}`, 1_000, false},
		"as many as there may be":  {`{"op":"replace","path":"title","value":"t"}`, patch.MaxOperations - 1, true},
		"more than there may be":   {`{"op":"replace","path":"title","value":"t"}`, patch.MaxOperations, false},
		"each a double":            {`{"op":"add","path":"emails","value":[{"value":"v#"}]}`, 2_000, true},
		"each of another type":     {`{"op":"add","path":"emails","value":[{"value":"v1","type":"t#"}]}`, 2_000, true},
		"each the primary in turn": {`{"op":"replace","path":"emails[value eq \"v#\"].primary","value":true}`, 2_000, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := decode(t, strings.Replace(worstOf([]string{test.phrase}, test.times, false), `"Operations":[`, `"Operations":[`+fill+",", 1))
			operations, err := patch.Parse(body)
			if err == nil {
				_, err = patch.Apply(map[string]any{}, operations, patch.Rules{Type: schema.User(), Work: patch.NewWork(t.Context())})
			}
			var tooLarge *patch.TooLarge
			if test.fits && err != nil && !isNoTarget(err) || !test.fits && !errors.As(err, &tooLarge) {
				t.Error(err)
			}
		})
	}
}

func isNoTarget(err error) bool { return strings.Contains(err.Error(), "no value matches") }

// TestTooMuchOfReadOnly: what is too much is said to be too much, and who is gone is gone,
// also where an attribute could not be changed anyway.
func TestTooMuchOfReadOnly(t *testing.T) {
	t.Parallel()
	groups := make([]any, 2_000)
	for i := range groups {
		groups[i] = map[string]any{"value": fmt.Sprintf("g%d", i), "display": "d"}
	}
	ops := make([]string, 1_000)
	for i := range ops {
		ops[i] = `{"op":"remove","path":"groups[display eq \"x\" or display eq \"y\"]"}`
	}
	ctx, leave := context.WithCancel(t.Context())
	leave()
	for name, test := range map[string]struct {
		ctx  context.Context
		want func(error) bool
	}{
		"too much": {t.Context(), func(err error) bool { var e *patch.TooLarge; return errors.As(err, &e) }},
		"gone":     {ctx, func(err error) bool { return errors.Is(err, context.Canceled) }},
	} {
		_, err := patch.Apply(map[string]any{"groups": groups}, operations(t, strings.Join(ops, ",")), patch.Rules{Type: schema.User(), Work: patch.NewWork(test.ctx)})
		if !test.want(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestGone: a caller who is gone ends the work.
func TestGone(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	leave()
	ops := operations(t, `{"op":"add","path":"emails","value":[{"value":"a"}]}`)
	if _, err := patch.Apply(map[string]any{}, ops, patch.Rules{Type: schema.User(), Work: patch.NewWork(ctx)}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestGuilty: a result that is not a resource is the fault of the operation since which
// it is not.
func TestGuilty(t *testing.T) {
	t.Parallel()
	const (
		noName   = `{"op":"remove","path":"userName"}`
		name     = `{"op":"add","path":"userName","value":"u"}`
		title    = `{"op":"replace","path":"title","value":"t"}`
		alien    = `{"op":"replace","path":"schemas","value":["urn:x"]}`
		nameless = `{"op":"add","path":"emails[type eq \"work\"].display","value":"d"}`
		valued   = `{"op":"replace","path":"emails[type eq \"work\"].value","value":"v"}`
	)
	for list, want := range map[string]int{
		noName:                                          0,
		title + "," + noName + "," + title:              1,
		noName + "," + name + "," + noName:              2,
		noName + "," + noName + "," + title:             0,
		title + "," + alien + "," + title:               1,
		alien + "," + noName:                            1,
		title + "," + nameless + "," + title:            1,
		nameless + "," + valued + "," + noName:          2,
		nameless + "," + alien + "," + title:            0,
		title + "," + title + "," + nameless:            2,
		nameless + "," + nameless + "," + title:         0,
		title + "," + noName + "," + nameless:           1,
		alien + "," + title + "," + alien:               0,
		title + "," + alien + "," + alien + "," + title: 1,
	} {
		before := decode(t, `{"schemas":["`+coreURN+`"],"userName":"u"}`)
		result, err := patch.Apply(before, operations(t, list), patch.Rules{Type: schema.User(), Creates: true})
		if err != nil {
			t.Fatalf("%s: %v", list, err)
		}
		if _, err := schema.User().Validate(result.Resource); err == nil || result.Guilty() != want {
			t.Errorf("%s: operation %d, want %d: %v", list, result.Guilty(), want, err)
		}
	}
}
