package export

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/fixedseed"
)

func TestMain(m *testing.M) {
	fixedseed.Set()
	os.Exit(m.Run())
}

// hostile draws texts that are rich in what HCL reads as something else than text.
func hostile() *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.OneOf(
		rapid.SampledFrom([]string{"$", "%", "{", "}", `"`, `\`, "\n", "\r", "\t", "\x00", "EOT\n", "${x}", "$${", "%%{", "שלום", "\u202e", "🚀", "e\u0301", "#", "//", "/*"}),
		rapid.String(),
	), 0, 8), func(parts []string) string { return strings.ToValidUTF8(strings.Join(parts, ""), "?") })
}

// Whatever a text holds, it comes back from a formatted file as it was, as a value, as a key and in a list.
func TestAnyTextComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, other := hostile().Draw(t, "text"), hostile().Draw(t, "other")
		var f file
		f.block("locals",
			argument{"value", text(s)}, emptyLine, argument{"map", mapOf(map[string]expr{s: text(other)})},
			argument{"list", list(texts([]string{s, other}))}, argument{"row", row(argument{"a", text(s)}, argument{"b", text(other)})},
			argument{"pem", "[\n" + heredoc(s) + heredoc(s) + "]"})
		written := f.bytes()
		parsed, diags := hclsyntax.ParseConfig(written, "x.tf", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatalf("%v in\n%s", diags, written)
		}
		body, ok := parsed.Body.(*hclsyntax.Body)
		if !ok || len(body.Blocks) != 1 || len(body.Blocks[0].Body.Attributes) != 5 {
			t.Fatalf("another structure:\n%s", written)
		}
		pem := s
		if !strings.HasSuffix(pem, "\n") {
			pem += "\n"
		}
		want := map[string]cty.Value{
			"value": cty.StringVal(s), "map": cty.ObjectVal(map[string]cty.Value{cty.StringVal(s).AsString(): cty.StringVal(other)}),
			"list": cty.TupleVal([]cty.Value{cty.StringVal(s), cty.StringVal(other)}),
			"row":  cty.ObjectVal(map[string]cty.Value{"a": cty.StringVal(s), "b": cty.StringVal(other)}), "pem": cty.TupleVal([]cty.Value{cty.StringVal(pem), cty.StringVal(pem)}),
		}
		for name, attribute := range body.Blocks[0].Body.Attributes {
			got, diags := attribute.Expr.Value(nil)
			if diags.HasErrors() || !got.RawEquals(want[name]) {
				t.Errorf("%s is %#v, want %#v (%v) in\n%s", name, got, want[name], diags, written)
			}
		}
	})
}

var validLabel = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// Labels are valid, readable and unique, whatever the names are.
func TestLabels(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Okta": "okta", "acme.com": "acme_com", "Ärzte & Apotheker": "arzte_apotheker", "  --  ": "team", "שלום": "team", "": "team",
		"42": "team_42", "A/B": "a_b", "ﬁx": "fix", strings.Repeat("a", 99): strings.Repeat("a", 60),
	} {
		if got := label(name, "team"); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		taken := labels{}
		names := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]string{"a", "a 2", "A", "a_2", "é"}), hostile()), 0, 12).Draw(t, "names")
		seen := map[string]bool{}
		for _, name := range names {
			l := taken.take(name, "team")
			if seen[l] || !validLabel.MatchString(l) {
				t.Errorf("%q has the label %q", name, l)
			}
			seen[l] = true
		}
	})
}
