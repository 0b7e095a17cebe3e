package provider_test

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What the sources make an error of is none of the ids that only warn, so it has a row in rejections, or a reason why not.
func TestOnlyWarnIsNeverAnError(t *testing.T) {
	t.Parallel()
	var s sources
	for _, folder := range []string{".", "../access"} {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(gotoken.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			s.files = append(s.files, parsed)
		}
	}
	errs := s.errors(t)
	for _, id := range []string{"max-removals-exceeded", "permission-missing", "outcome-unknown", "caller-demoted", "people-lose-access"} {
		if !slices.Contains(errs, id) { // one of each way to make an error
			t.Errorf("%s is not found among the errors: %q", id, errs)
		}
	}
	for _, id := range onlyWarn {
		if slices.Contains(errs, id) {
			t.Errorf("%s can be an error, and wants a row in rejections", id)
		}
	}
}

// sources are Go files that make findings.
type sources struct{ files []*ast.File }

// errors returns the ids of which an error is made: as saysThis(…).error(…) or .failure(), also by way of a variable,
// or as a Finding whose severity is not always Warning.
func (s sources) errors(t *testing.T) (ids []string) {
	t.Helper()
	values, notices := map[string]string{}, map[string]string{} // ids by the names of constants, and those by functions
	s.inspect(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.ValueSpec:
			for k, value := range n.Values {
				if text, ok := value.(*ast.BasicLit); ok && text.Kind == gotoken.STRING && k < len(n.Names) {
					unquoted, err := strconv.Unquote(text.Value)
					if err != nil {
						t.Fatal(err)
					}
					values[n.Names[k].Name] = unquoted
				}
			}
		case *ast.FuncDecl:
			ast.Inspect(n, func(inner ast.Node) bool {
				if made, ok := inner.(*ast.CompositeLit); ok && nameOf(made.Type) == "notice" && len(made.Elts) > 0 {
					notices[n.Name.Name] = nameOf(made.Elts[0])
				}
				return true
			})
		}
	})
	add := func(constant string) {
		if id, ok := values[constant]; ok {
			ids = append(ids, id)
		}
	}
	s.inspect(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if id, severity := field(n, "ID"), field(n, "Severity"); nameOf(n.Type) == "Finding" && id != nil && severity != nil && nameOf(severity) != "Warning" {
				add(nameOf(id))
			}
		case *ast.FuncDecl:
			variables := map[string][]string{} // the functions whose notices they hold
			ast.Inspect(n, func(inner ast.Node) bool {
				switch inner := inner.(type) {
				case *ast.AssignStmt:
					for k, value := range inner.Rhs {
						if call, ok := value.(*ast.CallExpr); ok && len(inner.Lhs) == len(inner.Rhs) {
							name := nameOf(inner.Lhs[k])
							variables[name] = append(variables[name], nameOf(call.Fun))
						}
					}
				case *ast.CallExpr:
					method, ok := inner.Fun.(*ast.SelectorExpr)
					if !ok || method.Sel.Name != "error" && method.Sel.Name != "failure" {
						return true
					}
					says := variables[nameOf(method.X)]
					if call, ok := method.X.(*ast.CallExpr); ok {
						says = []string{nameOf(call.Fun)}
					}
					if len(says) == 0 {
						t.Errorf("what %s makes an error of is not found", n.Name.Name)
					}
					for _, function := range says {
						add(notices[function])
					}
				}
				return true
			})
		}
	})
	return ids
}

func (s sources) inspect(visit func(ast.Node)) {
	for _, file := range s.files {
		ast.Inspect(file, func(n ast.Node) bool {
			visit(n)
			return true
		})
	}
}

// nameOf returns the name of an identifier, also of one of another package; "" for any other expression.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// field returns the value of a field of a literal; nil for none.
func field(of *ast.CompositeLit, name string) ast.Expr {
	for _, element := range of.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok && nameOf(pair.Key) == name {
			return pair.Value
		}
	}
	return nil
}
