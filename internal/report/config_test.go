package report

import (
	"encoding/json"
	"slices"
	"testing"
)

// What an argument refers to is followed through variables and outputs of modules; what a plan does not tell is no secret.
func TestRefers(t *testing.T) {
	t.Parallel()
	const text = `{"root_module":{
		"resources":[
			{"address":"a.x","expressions":{"direct":{"references":["b.y[\"k.1\"].id","b.y[\"k.1\"]","b.y"]},"local":{"references":["local.z"]},"output":{"references":["module.m.out","module.m"]},"constant":{"constant_value":1},"variable":{"references":["var.v"]},"each":{"references":["each.value.id","each.value"]}},"for_each_expression":{"references":["b.all"]}}
		],
		"module_calls":{"m":{"expressions":{"in":{"references":["c.z.id","c.z"]}},"count_expression":{"constant_value":2},"module":{
			"outputs":{"out":{"expression":{"references":["d.w.id","d.w"]}}},
			"resources":[{"address":"a.inner","expressions":{"up":{"references":["var.in"]},"own":{"references":["data.e.v.id","data.e.v"]}}}],
			"module_calls":{"n":{"expressions":{"in":{"references":["var.in"]}},"module":{"resources":[{"address":"a.deep","expressions":{"up":{"references":["var.in"]}}}]}}}
		}}}
	}}`
	var c Configuration
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		address, argument string
		want              []string
		whole             bool
	}{
		{"a.x", "direct", []string{"b.y"}, true},
		{`a.x["q"]`, "local", nil, false},
		{"a.x", "output", []string{"module.m.d.w"}, true},
		{"a.x", "constant", nil, true},
		{"a.x", "variable", nil, true},
		{"a.x", "absent", nil, true},
		{"a.x", "each", []string{"b.all"}, true},
		{"module.m[0].a.inner", "up", []string{"c.z"}, true},
		{"module.m[1].a.inner", "own", []string{"module.m.data.e.v"}, true},
		{`module.m[1].module.n["x"].a.deep`, "up", []string{"c.z"}, true},
	} {
		module, r, ok := c.Resource(tc.address)
		got, whole := c.Refers(module, r, r.Expressions[tc.argument])
		if !ok || !slices.Equal(got, tc.want) || whole != tc.whole {
			t.Errorf("%s of %s refers to %v (whole %t, found %t), want %v (%t)", tc.argument, tc.address, got, whole, ok, tc.want, tc.whole)
		}
	}
	if _, _, ok := c.Resource("module.other.a.x"); ok {
		t.Error("a resource of no module is found")
	}
	var all []string
	c.Each(func(module string, r ConfiguredResource, once bool) {
		if once {
			all = append(all, join(module, r.Address))
		}
	})
	if len(all) != 0 { // each has for_each, or is in a module with count
		t.Errorf("%v are there exactly once", all)
	}
}

// A value is found where the configuration says it, or a variable does.
func TestValue(t *testing.T) {
	t.Parallel()
	const text = `{"variables":{"v":{"value":"root"},"null":{"value":null}},"configuration":{"root_module":{"module_calls":{"m":{"expressions":{"in":{"references":["var.v"]},"fixed":{"constant_value":"fixed"}}}}}}}`
	var p Plan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		module, expression string
		want               any
		ok                 bool
	}{
		{"", `{"constant_value":false}`, false, true},
		{"", `{"references":["var.v"]}`, "root", true},
		{"", `{"references":["var.null"]}`, nil, true},
		{"", `{"references":["var.absent"]}`, nil, false},
		{"", `{"references":["local.x"]}`, nil, false},
		{"", `{"references":["var.v","var.w"]}`, nil, false},
		{"", `[{"nested":{}}]`, nil, false},
		{"", ``, nil, false},
		{"module.m", `{"references":["var.in"]}`, "root", true},
		{"module.m", `{"references":["var.fixed"]}`, "fixed", true},
		{"module.absent", `{"references":["var.fixed"]}`, nil, false},
	} {
		got, ok := p.Value(tc.module, json.RawMessage(tc.expression))
		if ok != tc.ok || ok && got != tc.want {
			t.Errorf("%s in %q is %v (%t), want %v (%t)", tc.expression, tc.module, got, ok, tc.want, tc.ok)
		}
	}
}

// Text from a plan or an account is no markup, whatever it is.
func TestEscape(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"plain": {"plain", "`plain`"}, "": {"", "(empty)"}, "a|b": {"a&#124;b", "<code>a&#124;b</code>"}, "</details>": {"&lt;/details&gt;", "<code>&lt;/details&gt;</code>"},
		"@x #1": {`&#64;x \#1`, "`@x #1`"}, "a\n\x1b[31mb": {`a \[31mb`, "`a [31mb`"}, "https://x": {"https&#58;//x", "`https://x`"},
	} {
		if got := [2]string{Escape(text), Code(text)}; got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	if shown, rest := Capped([]int{1, 2, 3}, 2); len(shown) != 2 || rest != "… and 1 more" {
		t.Errorf("%v %q", shown, rest)
	}
}
