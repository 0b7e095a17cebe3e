package provider_test

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// The tests that do things side by side are those that `make test` runs under the race detector, by their names.
func TestSideBySideTestsAreRaced(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(acctest.Root(t), "GNUmakefile"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^SIDE_BY_SIDE := (\S+)$`).FindSubmatch(makefile)
	if found == nil {
		t.Fatal("GNUmakefile has no SIDE_BY_SIDE")
	}
	raced := regexp.MustCompile(strings.ReplaceAll(string(found[1]), "$$", "$"))
	names := strings.Split(strings.TrimSuffix(strings.TrimPrefix(string(found[1]), "^Test("), ")"), "|")
	matched := map[string]bool{}

	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	begins, calls := map[string]bool{}, map[string]map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(gotoken.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			name := f.Name.Name
			calls[name] = map[string]bool{}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.GoStmt:
					begins[name] = true
				case *ast.SelectorExpr:
					begins[name] = begins[name] || n.Sel.Name == "Go" // of sync.WaitGroup or errgroup.Group
					calls[name][n.Sel.Name] = true
				case *ast.Ident:
					calls[name][n.Name] = true
				}
				return true
			})
		}
	}
	var reaches func(name string, seen map[string]bool) bool
	reaches = func(name string, seen map[string]bool) bool {
		if begins[name] {
			return true
		}
		seen[name] = true
		for called := range calls[name] {
			if calls[called] != nil && !seen[called] && reaches(called, seen) {
				return true
			}
		}
		return false
	}
	for name := range calls {
		for _, beginning := range names {
			matched[beginning] = matched[beginning] || strings.HasPrefix(name, "Test"+beginning)
		}
		if strings.HasPrefix(name, "Test") && !strings.HasPrefix(name, "TestAcc") && !raced.MatchString(name) && reaches(name, map[string]bool{}) {
			t.Errorf("%s runs things side by side, and no name of SIDE_BY_SIDE in GNUmakefile", name)
		}
	}
	for _, beginning := range names {
		if !matched[beginning] {
			t.Errorf("SIDE_BY_SIDE has %q, by which no test's name begins", beginning)
		}
	}
}
