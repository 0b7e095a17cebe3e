package provider

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestGuideHasEveryID: each id that a plan may report has its heading in the guide on guards, and nothing else has one.
// GitHub and the registry make the anchor of a heading from its text, so the heading is the id alone.
func TestGuideHasEveryID(t *testing.T) {
	t.Parallel()
	own, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	want := idsIn(t, append(own, "../access/finding.go"))
	if !slices.Contains(want, "people-lose-access") || !slices.Contains(want, "max-removals-exceeded") {
		t.Fatalf("the ids are not found: %q", want)
	}
	for _, file := range []string{"../../templates/guides/guards.md", "../../docs/guides/guards.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, section := range regexp.MustCompile(`(?m)^#+ `).Split(string(text), -1)[1:] {
			heading, body, _ := strings.Cut(section, "\n")
			id, isID := strings.CutPrefix(heading, "`")
			if !isID {
				continue
			}
			got = append(got, strings.TrimSuffix(id, "`"))
			for _, part := range []string{"**What it means.** ", "**What to do.** "} {
				if !strings.Contains(body, part) {
					t.Errorf("%s: %s does not say %q", file, heading, part)
				}
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s has the headings\n%s\nwant\n%s", file, strings.Join(got, " "), strings.Join(want, " "))
		}
	}
}

// idsIn returns the constants of type access.ID in Go files, sorted.
func idsIn(t *testing.T, files []string) (ids []string) {
	t.Helper()
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || !isIDType(spec.Type) {
				return true
			}
			for _, value := range spec.Values {
				if text, ok := value.(*ast.BasicLit); ok {
					id, err := strconv.Unquote(text.Value)
					if err != nil {
						t.Fatal(err)
					}
					ids = append(ids, id)
				}
			}
			return true
		})
	}
	slices.Sort(ids)
	return ids
}

func isIDType(typ ast.Expr) bool {
	switch typ := typ.(type) {
	case *ast.Ident:
		return typ.Name == "ID"
	case *ast.SelectorExpr:
		return typ.Sel.Name == "ID"
	}
	return false
}
